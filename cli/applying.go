package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

// applying is one apply from its plan to its last line.
type applying struct {
	*program
	o      applyOptions
	lines  *lines
	made   *planned
	result *apply.Result
}

func (a *applying) inText(ctx context.Context) error {
	progress := a.progress()
	err := a.prepare(ctx, a.lines.tee(progress))
	progress.Close()
	if err != nil {
		return err
	}
	a.lines.Plan(a.made.plan)
	if err := a.show(a.made.plan, "text", a.o.Summary); err != nil {
		return err
	}
	if err := a.admit(); err != nil {
		return err
	}
	if a.made.plan.Idle() {
		return a.settle(ctx, nil)
	}
	if err := a.confirm(ctx); err != nil {
		return err
	}
	progress = a.program.progress()
	err = a.run(ctx, a.lines.tee(progress))
	progress.Close()
	if a.result == nil || a.untouched(err) {
		return err
	}
	return errors.Join(render.Applied(a.Out, a.made.plan, a.outcome(), a.rendering()), err)
}

// inJSON is inText for a program to read.
func (a *applying) inJSON(ctx context.Context) error {
	if err := a.prepare(ctx, a.lines.Event); err != nil {
		return err
	}
	a.lines.Plan(a.made.plan)
	if err := a.admit(); err != nil {
		return err
	}
	if a.made.plan.Idle() {
		return a.settle(ctx, a.lines.Event)
	}
	return a.run(ctx, a.lines.Event)
}

// prepare makes the plan, or reads it.
func (a *applying) prepare(ctx context.Context, emit resource.Emit) error {
	if a.o.Destroy || a.o.Forget != nil || !isPlanFile(a.o.File) {
		verb := "apply"
		switch {
		case a.o.Destroy:
			verb = "destroy"
		case a.o.Forget != nil:
			verb = "forget"
		}
		made, err := a.makePlan(ctx, planning{file: a.o.File, vars: a.o.Vars, destroy: a.o.Destroy, undo: a.o.Undo, forget: a.o.Forget, permits: a.o.Permits, verb: verb}, emit)
		if err != nil {
			return err
		}
		a.made = made
		return nil
	}
	flag := a.o.Permits.given()
	if a.o.Undo != "" {
		flag = "undo"
	}
	if flag != "" {
		return fail("--"+flag+" cannot change a saved plan", "a saved plan runs as it was reviewed, or not at all",
			"say it where the plan is made: tellr plan ENV.hcl --out FILE --"+flag+" …")
	}
	saved, err := a.savedPlan(a.o.File, "apply")
	if err != nil {
		return err
	}
	vars, err := a.o.Vars.parse()
	if err != nil {
		return err
	}
	sec := secrets{a.Getenv, vars, a.redact}
	uses := planSecrets(saved)
	if err := onlySecrets(vars, uses); err != nil {
		return err
	}
	if ds := sec.check(uses); len(ds) > 0 {
		return ds
	}
	a.made = &planned{
		plan:      saved,
		providers: a.program.providers(saved.Environment, a.Build.Version),
		services:  a.services(sec, filepath.Dir(saved.Environment.File)),
	}
	return nil
}

// admit refuses a plan that may not run, or is not the expected one. A plan
// without steps is always admitted.
func (a *applying) admit() error {
	if a.made.plan.Idle() {
		return nil
	}
	want := strings.ToLower(strings.TrimPrefix(a.o.Expect, "sha256:"))
	if !strings.HasPrefix(a.made.plan.SHA256, want) {
		return fail("this is not the plan that was expected, so nothing was applied",
			fmt.Sprintf("expected sha256:%s, and the plan is sha256:%s: the files or the world changed since the review", want, render.ShortHash(a.made.plan)),
			"review the plan above, and expect its hash")
	}
	blocked := &apply.Blocked{}
	for _, s := range a.made.plan.Steps {
		if s.Blocked != nil {
			blocked.Steps = append(blocked.Steps, s)
		}
	}
	if len(blocked.Steps) > 0 {
		return blocked
	}
	return nil
}

// confirm asks, if it has to.
func (a *applying) confirm(ctx context.Context) error {
	if a.o.Yes {
		return nil
	}
	what := "Apply this plan to " + a.made.plan.Environment.Name
	switch {
	case a.o.Forget != nil:
		what = "Forget this in " + a.made.plan.Environment.Name
	case a.made.plan.Empty():
		what = "Write this into the ledger of " + a.made.plan.Environment.Name
	}
	if a.made.plan.Destroy {
		what = "Destroy environment " + a.made.plan.Environment.Name
	}
	return a.ask(ctx, what, "nothing was applied")
}

// ask asks for a yes; without one, none is what was done.
func (p *program) ask(ctx context.Context, what, none string) error {
	fmt.Fprintf(p.Err, "\n%s? Only \"yes\" goes on: ", what)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(p.In).ReadString('\n') // no answer is not yes
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case s := <-answer:
		if s == "yes" {
			return nil
		}
		return fail("the answer was not yes, so "+none, "", "")
	}
}

// settle tells the ledger that what an earlier apply left in doubt was looked
// at, where a plan has nothing else to do.
func (a *applying) settle(ctx context.Context, emit resource.Emit) error {
	if len(a.made.plan.Doubts) == 0 {
		return nil
	}
	return a.run(ctx, emit)
}

func (a *applying) run(ctx context.Context, emit resource.Emit) error {
	var err error
	a.made.services.LockTimeout = a.o.LockTimeout
	a.result, err = apply.Run(ctx, apply.Request{
		Plan: a.made.plan, Providers: a.made.providers, Services: a.made.services, Emit: emit, Parallel: a.o.Parallel, Now: a.Now,
	})
	return err
}

// untouched tells whether an error says that nothing was begun, so that a list
// of what was not started would say nothing.
func (a *applying) untouched(err error) bool {
	return err != nil && len(a.result.Done)+len(a.result.Failed)+len(a.result.InDoubt) == 0
}

// outcome words the result for the printers.
func (a *applying) outcome() render.Outcome {
	r := a.result
	if r == nil {
		return render.Outcome{}
	}
	o := render.Outcome{Done: r.Done, Failed: r.Failed, NotStarted: r.NotStarted, InDoubt: r.InDoubt, Elapsed: r.Elapsed}
	for _, s := range a.made.plan.Steps {
		for _, y := range s.Yields {
			if v, ok := r.Yields[resource.AttrRef{Address: s.Address, Attr: y.Attr}]; ok && y.Shape == "url" {
				o.URLs = append(o.URLs, v.Str())
			}
		}
	}
	return o
}
