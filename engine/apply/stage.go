package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// stage runs the steps of one stage.
func (r *run) stage(ctx context.Context, stage resource.Stage) error {
	var steps []*resource.Step
	for _, s := range r.req.Plan.Steps {
		if s.Stage == stage {
			steps = append(steps, s)
		}
	}
	if len(steps) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.emit(resource.Event{Kind: resource.StageStarted, Stage: stage, Total: len(steps)})
	var err error
	if stage.InDatabase() {
		err = r.oneByOne(ctx, stage, steps)
	} else {
		err = r.sideBySide(ctx, stage, steps)
	}
	if err == nil {
		err = r.rebase(ctx, stage, steps)
	}
	r.emit(resource.Event{Kind: resource.StageDone, Stage: stage, Err: err})
	return err
}

// oneByOne runs the steps of each database in order, in one session.
func (r *run) oneByOne(ctx context.Context, stage resource.Stage, steps []*resource.Step) error {
	var systems []string
	for _, s := range steps {
		if !slices.Contains(systems, s.System) {
			systems = append(systems, s.System)
		}
	}
	for _, system := range systems {
		p, scope, err := r.provider(system)
		if err != nil {
			return err
		}
		svc := r.svc
		if svc.Ledger, err = r.book.Hold(ctx, system); err != nil {
			return plan.Diagnose(err)
		}
		session, err := p.Open(ctx, scope, stage, svc)
		if err != nil {
			return plan.Diagnose(err)
		}
		// Once more, now that no other apply can be at work: the one that held
		// the lock a moment ago may have done what this plan is about.
		r.seen[system] = false
		mine := slices.DeleteFunc(slices.Clone(steps), func(s *resource.Step) bool { return s.System != system })
		if err := r.checkStage(ctx, mine); err != nil {
			_ = session.Rollback(context.WithoutCancel(ctx)) // nothing was done in it
			return err
		}
		if stage == resource.Database {
			err = r.inTransaction(ctx, session, system, mine)
		} else {
			err = r.oneAtATime(ctx, session, system, mine)
		}
		if err != nil {
			return plan.Diagnose(err)
		}
	}
	return nil
}

// inTransaction runs steps, tells the ledger, and commits. If anything fails,
// what was done is undone and counts as not started.
func (r *run) inTransaction(ctx context.Context, session resource.Session, system string, steps []*resource.Step) error {
	undo := func() {
		// The context may be the reason for the failure; the rollback must
		// still be sent.
		_ = session.Rollback(context.WithoutCancel(ctx)) // the first error is the one to report
		for _, s := range steps {
			if r.is(s.ID, done) {
				r.set(s, waiting)
			}
		}
		r.undone(system, resource.RolledBack)
	}
	for _, s := range steps {
		if err := r.do(ctx, session, s); err != nil {
			undo()
			return err
		}
	}
	memory := r.memory(system)
	told := memory
	told.Steps = r.rows[system]
	if err := session.Record(ctx, r.book.Memory(system, told)); err != nil {
		undo()
		return err
	}
	if err := session.Commit(ctx); err != nil {
		for _, s := range steps {
			r.set(s, doubt)
		}
		r.undone(system, resource.InDoubt)
		return err
	}
	r.book.Committed(system)
	r.told(memory)
	return nil
}

// oneAtATime runs steps that stay, each as soon as it is done.
func (r *run) oneAtATime(ctx context.Context, session resource.Session, system string, steps []*resource.Step) error {
	for _, s := range steps {
		if err := r.do(ctx, session, s); err != nil {
			_ = session.Rollback(context.WithoutCancel(ctx)) // it only closes
			return err
		}
	}
	if err := session.Commit(ctx); err != nil {
		return err
	}
	return r.tell(ctx, system)
}

func (r *run) deleted(host resource.Address) bool {
	return slices.ContainsFunc(r.req.Plan.Steps, func(s *resource.Step) bool {
		return s.Address == host && s.Action == resource.Delete && len(s.Path) == 0
	})
}

// sideBySide runs API steps as soon as what they need is done, at most
// Parallel at once. After a failure nothing new is started.
func (r *run) sideBySide(ctx context.Context, stage resource.Stage, steps []*resource.Step) error {
	if err := r.checkStage(ctx, steps); err != nil {
		return err
	}
	sessions := map[string]resource.Session{}
	for _, s := range steps {
		if sessions[s.System] != nil {
			continue
		}
		p, scope, err := r.provider(s.System)
		if err != nil {
			return err
		}
		session, err := p.Open(ctx, scope, stage, r.svc)
		if err != nil {
			return plan.Diagnose(err)
		}
		defer session.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // closes what Commit did not
		sessions[s.System] = session
	}
	var (
		wg       sync.WaitGroup
		finished = make(chan error)
		pending  = slices.Clone(steps)
		active   int
		errs     []error
	)
	for {
		for i := 0; i < len(pending) && active < r.req.Parallel && len(errs) == 0 && ctx.Err() == nil; {
			s := pending[i]
			if !r.ready(s, steps) {
				i++
				continue
			}
			pending = slices.Delete(pending, i, i+1)
			active++
			wg.Add(1)
			go func() {
				defer wg.Done()
				finished <- r.do(ctx, sessions[s.System], s)
			}()
		}
		if active == 0 {
			break
		}
		if err := <-finished; err != nil {
			errs = append(errs, err)
		}
		active--
	}
	wg.Wait()
	if len(errs) > 0 {
		var ds resource.Diagnostics
		for _, err := range errs {
			ds = append(ds, plan.Diagnose(err)...)
		}
		return ds
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("step %s waits for something that never comes; report this as a bug of tellr", pending[0].ID)
	}
	for _, session := range sessions {
		if err := session.Commit(ctx); err != nil {
			return plan.Diagnose(err)
		}
	}
	return nil
}

// ready tells whether all that a step needs of its own stage is done.
func (r *run) ready(s *resource.Step, stage []*resource.Step) bool {
	for _, need := range s.Needs {
		if slices.ContainsFunc(stage, func(o *resource.Step) bool { return o.ID == need }) && !r.is(need, done) {
			return false
		}
	}
	return true
}
