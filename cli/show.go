package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/plan"
)

type showOptions struct {
	File    string
	Format  string
	Summary bool
}

func newShowCommand(p *program) *cobra.Command {
	o := showOptions{Format: "text"}
	cmd := &cobra.Command{
		Use:   "show PLANFILE",
		Short: "Show a saved plan",
		Long: `show prints a plan that tellr plan --out saved, offline: the file holds all that
is needed. It also checks that the file was not changed after it was written.`,
		Example: `  tellr show prod.plan
  tellr show prod.plan --summary
  tellr show prod.plan --format json | jq '.steps[] | select(.destroys)'`,
		Annotations: exits{
			exitDone:  "done",
			exitError: "the file is not a plan that this tellr can run",
		}.annotations(),
		Args: one("a saved plan", "tellr show prod.plan"),
		RunE: func(_ *cobra.Command, args []string) error {
			o.File = args[0]
			return p.runShow(o)
		},
	}
	cmd.Flags().Var(&choice{&o.Format, []string{"text", "json"}}, "format", "how to show it: `FORMAT` is text or json")
	summaryFlag(cmd, &o.Summary)
	return cmd
}

func (p *program) runShow(o showOptions) error {
	saved, err := p.savedPlan(o.File, "show")
	if err != nil {
		return err
	}
	return p.show(saved, o.Format, o.Summary)
}

// savedPlan reads and checks a plan file.
func (p *program) savedPlan(file, verb string) (*plan.Plan, error) {
	data, err := readPlanFile(file, verb)
	if err != nil {
		return nil, err
	}
	saved, err := plan.Decode(data)
	if err != nil {
		cure := "tellr plan ENV.hcl --out FILE saves a plan"
		if !isPlanFile(file) {
			cure = "to see what an environment file would change: tellr plan " + file
		}
		return nil, fail(fmt.Sprintf("cannot use %s", file), err.Error(), cure)
	}
	return saved, nil
}
