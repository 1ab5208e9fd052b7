package cli

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/render"
)

type planOptions struct {
	File         string
	Vars         variables
	Format       string
	Out          string
	Summary      bool
	Destroy      bool
	DetailedExit bool
	Allow        []string
	From         string
	SaveSnapshot string
}

func newPlanCommand(p *program) *cobra.Command {
	o := planOptions{Format: "text"}
	cmd := &cobra.Command{
		Use:        "plan ENV.hcl",
		Short:      "Show what would change, exactly as it would run",
		SuggestFor: []string{"preview", "diff", "dry-run"},
		Long: `plan reads the files and the live world, and shows every step that leads from one
to the other: the SQL, the API calls, the files. Nothing is changed. What would
destroy data is shown as blocked until --allow-destroy names it.

A plan saved with --out is applied byte for byte by tellr apply PLANFILE, or not
at all, if the world has moved since.`,
		Example: `  # what would change
  tellr plan environments/dev.hcl

  # review in one job, apply in another
  tellr plan environments/prod.hcl --out prod.plan
  tellr show prod.plan
  tellr apply prod.plan

  # in a nightly job: does the world still match the files?
  tellr plan environments/prod.hcl --detailed-exitcode --summary

  # offline, against a world recorded earlier
  tellr plan environments/dev.hcl --save-snapshot dev.json
  tellr plan environments/dev.hcl --from dev.json`,
		Annotations: exits{
			exitDone:        "done; with --detailed-exitcode: no changes",
			exitError:       "error",
			exitChanges:     "changes are pending (only with --detailed-exitcode)",
			exitInterrupted: "interrupted",
		}.annotations(),
		Args:              one("an environment file", "tellr plan environments/dev.hcl"),
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return p.runPlan(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.Var(&choice{&o.Format, []string{"text", "json"}}, "format", "how to show it: `FORMAT` is text or json")
	f.StringVar(&o.Out, "out", "", "save the plan to `FILE`, for tellr apply and tellr show")
	f.BoolVar(&o.Summary, "summary", false, "list what changes, without statements and calls")
	f.BoolVar(&o.Destroy, "destroy", false, "plan to take the environment down")
	f.BoolVar(&o.DetailedExit, "detailed-exitcode", false, "exit with 2 if changes are pending")
	f.StringVar(&o.From, "from", "", "plan offline against the world recorded in `SNAPSHOT`")
	f.StringVar(&o.SaveSnapshot, "save-snapshot", "", "record the live world in `FILE`")
	allowFlag(cmd, &o.Allow)
	o.Vars.flag(cmd)
	cmd.MarkFlagsMutuallyExclusive("from", "save-snapshot")
	return cmd
}

func allowFlag(cmd *cobra.Command, to *[]string) {
	cmd.Flags().StringArrayVar(to, "allow-destroy", nil, "allow to destroy `ADDRESS` with its data, as the plan shows it; may be repeated")
}

func (p *program) runPlan(ctx context.Context, o planOptions) error {
	progress := p.progress()
	defer progress.Close()
	made, err := p.makePlan(ctx, planning{
		file: o.File, vars: o.Vars, destroy: o.Destroy, allow: o.Allow, from: o.From, save: o.SaveSnapshot, verb: "plan",
	}, progress.Event)
	progress.Close()
	if err != nil {
		return err
	}
	if o.Out != "" {
		data, err := plan.Encode(made.plan)
		if err != nil {
			return err
		}
		if err := writeFile(o.Out, data, private); err != nil {
			return err
		}
	}
	if err := p.show(made.plan, o.Format, o.Summary); err != nil {
		return err
	}
	if o.DetailedExit && !made.plan.Empty() {
		return status(exitChanges)
	}
	return nil
}

// show prints a plan on standard output.
func (p *program) show(pl *plan.Plan, format string, summary bool) error {
	if format != "json" {
		o := p.rendering()
		o.Summary = summary
		return render.Text(p.Out, pl, o)
	}
	data, err := plan.Encode(pl)
	if err != nil {
		return err
	}
	_, err = p.Out.Write(append(bytes.TrimRight(data, "\n"), '\n'))
	return err
}
