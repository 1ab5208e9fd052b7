package cli

import (
	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/resource"
)

func newForgetCommand(p *program) *cobra.Command {
	o := applyOptions{Parallel: 8}
	cmd := &cobra.Command{
		Use:        "forget ENV.hcl ADDRESS…",
		Short:      "Let things stay that no file declares any more",
		SuggestFor: []string{"untrack", "unmanage", "release", "state"},
		Long: `forget takes things out of the ledger whose blocks are gone from the files. They
stay as they are, with their data: nothing live is touched, and no later plan
drops or manages them. Without it, what the files no longer have is planned for
removal.

It makes a plan of that alone, shows it, asks, and runs it. To have a thing back,
declare it again: the next apply adopts it.`,
		Example: `  # the table belongs to another team now
  tellr forget environments/dev.hcl table.invoices

  # one instance of a block with for_each
  tellr forget environments/dev.hcl 'table.events["eu"]'`,
		Annotations:       applyExits("forgotten").annotations(),
		Args:              forgetArguments,
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			for _, arg := range args[1:] {
				a, err := resource.ParseAddress(arg)
				if err != nil {
					return fail(err.Error(), "", "the plan shows the addresses of what no file declares any more")
				}
				o.Forget = append(o.Forget, a)
			}
			return p.runApply(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.JSON, "json", false, "print events as JSON lines; needs --yes")
	o.Vars.flag(cmd)
	return cmd
}

func forgetArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return nil
	}
	return fail(cmd.CommandPath()+" needs an environment file and an address", "", "for example: tellr forget environments/dev.hcl table.invoices")
}
