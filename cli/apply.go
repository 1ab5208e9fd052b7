package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/resource"
)

type applyOptions struct {
	File     string // an environment or a saved plan
	Destroy  bool
	Forget   []resource.Address // plan nothing but this
	Vars     variables
	Permits  permits
	Yes      bool
	Expect   string
	Undo     string
	Summary  bool // show the plan without statements
	Parallel int
	// LockTimeout is how long to wait for another apply to end.
	LockTimeout time.Duration
	JSON        bool
	JSONInto    string
}

func newApplyCommand(p *program) *cobra.Command {
	o := applyOptions{}
	cmd := &cobra.Command{
		Use:        "apply ENV.hcl | PLANFILE",
		Short:      "Make the world match the files",
		SuggestFor: []string{"deploy", "up", "run"},
		Long: `apply plans, shows the plan, asks, and runs that very plan; or it runs a plan that
tellr plan --out saved. It refuses a plan with blocked steps, and one that the
world has moved away from. Database changes are one transaction: they happen
together or not at all. What would keep an application from its tables is done
after it, while they are used: indexes, validation, the filling of new columns.
--at-once puts that into the transaction too.

It may be killed at any moment: the next plan says what is left, and the next
apply finishes it.

With --json, standard output is one JSON object a line: a "plan", events
(read_started, read_done, stage_started, stage_done, step_started,
step_progress, step_done, step_failed, step_skipped, step_in_doubt, apply_done),
each "diagnostic", and at the end a "result". An event has type and time, and
where they apply stage, system, step, address, action, title, n, total,
elapsed_ms, message and error. --json-into FILE writes the same lines into a
file, beside the output for people; each is there, whole, as soon as it
happened, and FILE is readable by its owner alone.`,
		Example: `  # plan, look, answer yes
  tellr apply environments/dev.hcl

  # in CI: exactly what was reviewed
  tellr apply prod.plan --yes

  # in CI, without a file: only if it is still the plan that was reviewed
  tellr apply environments/prod.hcl --yes --expect ab12cd34

  # take back what a run did, and what came after it
  tellr apply environments/dev.hcl --undo 3f9a12

  # in CI: a log to read, and the events for the next job
  tellr apply prod.plan --yes --json-into events.jsonl

  # drop a column, data and all
  tellr apply environments/dev.hcl --allow-destroy table.orders.columns.total`,
		Annotations:       applyExits("applied, or nothing to do").annotations(),
		Args:              one("an environment file or a saved plan", "tellr apply environments/dev.hcl"),
		ValidArgsFunction: completeFiles("hcl", "plan", "json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return p.runApply(cmd.Context(), o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.Expect, "expect", "", "apply only the plan whose `SHA` this is, at least 8 digits, as every rendering shows it")
	cmd.Flags().StringVar(&o.Undo, "undo", "", undoUsage)
	return cmd
}

func (o *applyOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	f.IntVar(&o.Parallel, "parallel", 8, "at most `N` API calls side by side; a database is always changed one statement at a time")
	f.DurationVar(&o.LockTimeout, "lock-timeout", 0, "wait up to `TIME`, such as 10m, for another apply of this environment to end")
	summaryFlag(cmd, &o.Summary)
	f.BoolVar(&o.JSON, "json", false, "print events as JSON lines; needs --yes")
	jsonIntoFlag(cmd, &o.JSONInto)
	cmd.MarkFlagsMutuallyExclusive("json", "json-into")
	o.Permits.flags(cmd)
	o.Vars.flag(cmd)
}

func applyExits(done string) exits {
	return exits{
		exitDone:        done,
		exitError:       "error, or the answer was not yes, or not the plan that --expect names",
		exitStale:       "the world moved since the plan was made; nothing was applied",
		exitLocked:      "another apply of this environment is at work, and did not end in time; it is named",
		exitBlocked:     "the plan has blocked steps; nothing was applied",
		exitInterrupted: "interrupted; what was done and what was not is listed",
	}
}

func (p *program) runApply(ctx context.Context, o applyOptions) error {
	if err := o.check(p); err != nil {
		return err
	}
	lines, err := p.linesInto(o.JSONInto, o.File)
	if err != nil {
		return err
	}
	run := &applying{program: p, o: o, lines: lines}
	if o.JSON {
		run.lines = p.linesTo(p.Out)
		err = run.inJSON(ctx)
	} else {
		err = run.inText(ctx)
	}
	return run.lines.end(ctx, p, err, run.outcome())
}

// check refuses what cannot work, before anything is read.
func (o *applyOptions) check(p *program) error {
	switch {
	case o.Parallel < 1:
		return fail("--parallel must be at least 1", "", "leave it out for 8")
	case o.LockTimeout < 0:
		return fail("--lock-timeout must not be negative", "", "write how long to wait, such as 10m, or leave it out")
	case o.Expect != "" && len(o.Expect) < 8:
		return fail("--expect needs at least 8 digits of the plan's hash", "", "copy it from the last line of the plan: sha256:…")
	case !o.Yes && o.JSON:
		return fail("--json does not ask, so it needs --yes", "", "add --yes, with --expect SHA to be sure what is applied")
	case !o.Yes && !p.InTerminal:
		return fail("nobody can be asked: standard input is not a terminal", "nothing was read or changed",
			"add --yes, or review first: tellr plan --out FILE, then tellr apply FILE --yes")
	}
	return nil
}
