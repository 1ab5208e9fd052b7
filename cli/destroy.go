package cli

import "github.com/spf13/cobra"

func newDestroyCommand(p *program) *cobra.Command {
	o := applyOptions{Destroy: true}
	cmd := &cobra.Command{
		Use:        "destroy ENV.hcl",
		Short:      "Take an environment down",
		SuggestFor: []string{"down", "delete", "remove", "teardown"},
		Long: `destroy plans the removal of all that the environment declares, in reverse order,
shows the plan, asks, and runs it. Data stays protected: an instance, a schema or
a table is removed only if --allow-destroy names it.

--json and --json-into FILE write events as JSON lines, as tellr apply does.`,
		Example: `  # what would go
  tellr plan environments/dev.hcl --destroy

  # take it down, the data of the instance included
  tellr destroy environments/dev.hcl --allow-destroy instance.main`,
		Annotations:       applyExits("destroyed, or nothing was there").annotations(),
		Args:              one("an environment file", "tellr destroy environments/dev.hcl"),
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return p.runApply(cmd.Context(), o)
		},
	}
	o.flags(cmd)
	return cmd
}
