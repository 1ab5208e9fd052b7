package cli

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

type planOptions struct {
	File         string
	Vars         variables
	Format       string
	Out          string
	Summary      bool
	Destroy      bool
	Undo         string
	DetailedExit bool
	Permits      permits
	From         string
	SaveSnapshot string
	JSONInto     string
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

What is there as declared and not yet known is adopted: the plan lists it, and as
nothing in the world changes by it, it is no change for --detailed-exitcode.

A plan saved with --out is applied byte for byte by tellr apply PLANFILE, or not
at all, if the world has moved since.

With --undo, plan shows the way back to before a run that tellr history lists, and
so before those that came after it: from what is live now, with the same care for
data. It says what does not come back. What these runs did not touch is left
alone, and so are the files: change them too, or the next apply does it again.

--json-into FILE writes what happens as JSON lines, as tellr apply does: the
reading, the "plan", each "diagnostic" and the "result".`,
		Example: `  # what would change
  tellr plan environments/dev.hcl

  # review in one job, apply in another
  tellr plan environments/prod.hcl --out prod.plan
  tellr show prod.plan
  tellr apply prod.plan

  # in a nightly job: does the world still match the files?
  tellr plan environments/prod.hcl --detailed-exitcode --summary

  # back to before a run
  tellr history environments/dev.hcl
  tellr plan environments/dev.hcl --undo 3f9a12 --out back.plan
  tellr apply back.plan

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
	summaryFlag(cmd, &o.Summary)
	f.BoolVar(&o.Destroy, "destroy", false, "plan to take the environment down")
	f.StringVar(&o.Undo, "undo", "", undoUsage)
	f.BoolVar(&o.DetailedExit, "detailed-exitcode", false, "exit with 2 if changes are pending")
	f.StringVar(&o.From, "from", "", "plan offline against the world recorded in `SNAPSHOT`")
	f.StringVar(&o.SaveSnapshot, "save-snapshot", "", "record the live world in `FILE`")
	jsonIntoFlag(cmd, &o.JSONInto)
	o.Permits.flags(cmd)
	o.Vars.flag(cmd)
	cmd.MarkFlagsMutuallyExclusive("from", "save-snapshot")
	cmd.MarkFlagsMutuallyExclusive("undo", "destroy", "from")
	return cmd
}

// permits are what the user allows a plan to do.
type permits struct {
	Destroy, Rewrite, Check []string
	AtOnce                  bool
}

func (o *permits) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.Destroy, resource.AllowDestroy, nil, "allow to destroy `ADDRESS` with its data, as the plan shows it; may be repeated")
	f.StringArrayVar(&o.Rewrite, resource.AllowRewrite, nil, "allow to copy the large table that `ADDRESS` changes, as the plan shows it; may be repeated")
	f.StringArrayVar(&o.Check, resource.AllowCheck, nil, "do not keep to the check block `NAME` this time; may be repeated")
	f.BoolVar(&o.AtOnce, "at-once", false, "change tables in one transaction, plainly; whoever uses them waits")
}

// given names a flag that was given; "" if none was.
func (o *permits) given() string {
	switch {
	case len(o.Destroy) > 0:
		return resource.AllowDestroy
	case len(o.Rewrite) > 0:
		return resource.AllowRewrite
	case len(o.Check) > 0:
		return resource.AllowCheck
	case o.AtOnce:
		return "at-once"
	}
	return ""
}

func (p *program) runPlan(ctx context.Context, o planOptions) error {
	lines, err := p.linesInto(o.JSONInto, o.File, o.Out, o.From, o.SaveSnapshot)
	if err != nil {
		return err
	}
	return lines.end(ctx, p, p.plan(ctx, o, lines), render.Outcome{})
}

func (p *program) plan(ctx context.Context, o planOptions, lines *lines) error {
	progress := p.progress()
	defer progress.Close()
	made, err := p.makePlan(ctx, planning{
		file: o.File, vars: o.Vars, destroy: o.Destroy, undo: o.Undo, permits: o.Permits, from: o.From, save: o.SaveSnapshot, verb: "plan",
	}, lines.tee(progress))
	progress.Close()
	if err != nil {
		return err
	}
	lines.Plan(made.plan)
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

func summaryFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "summary", false, "list what changes, without statements and calls")
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
