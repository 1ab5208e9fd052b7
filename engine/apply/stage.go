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
	if stage == resource.Database || stage == resource.Online {
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
		session, err := p.Open(ctx, scope, stage, r.svc)
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
		if err := r.inSession(ctx, session, system, mine); err != nil {
			return plan.Diagnose(err)
		}
	}
	return nil
}

// inSession runs steps, tells the ledger, and commits. If anything fails, what
// was done in the session is undone and counts as not started.
func (r *run) inSession(ctx context.Context, session resource.Session, system string, steps []*resource.Step) error {
	undo := func() {
		// The context may be the reason for the failure; the rollback must
		// still be sent.
		_ = session.Rollback(context.WithoutCancel(ctx)) // the first error is the one to report
		for _, s := range steps {
			if r.is(s.ID, done) {
				r.set(s, waiting)
			}
		}
	}
	for _, s := range steps {
		if err := r.do(ctx, session, s); err != nil {
			undo()
			return err
		}
	}
	if err := r.record(ctx, session, system); err != nil {
		undo()
		return err
	}
	if err := session.Commit(ctx); err != nil {
		for _, s := range steps {
			r.set(s, doubt)
		}
		return err
	}
	return nil
}

// record tells the ledger what is true by now.
func (r *run) record(ctx context.Context, session resource.Session, system string) error {
	var entries []resource.Entry
	var gone []resource.Address
	for _, rec := range r.pending(system) {
		if rec.Attrs.IsNull() {
			gone = append(gone, rec.Address)
		} else {
			entries = append(entries, resource.Entry{
				Address: rec.Address, Source: rec.Source, Identity: r.identity(rec.Identity), Protected: rec.Data, By: r.svc.Who, At: r.started.UTC().Format("2006-01-02T15:04:05Z"),
				Attrs: resource.Remember(rec.Attrs.Fill(func(h resource.Hole) (resource.Value, bool) {
					if h.IsSecret() {
						return resource.Value{}, false
					}
					v, err := r.fill(h)
					return v, err == nil
				})),
			})
		}
	}
	if len(entries)+len(gone) == 0 {
		return nil
	}
	if err := session.Record(ctx, entries, gone); err != nil {
		return err
	}
	for _, e := range entries {
		r.recorded[e.Address] = true
	}
	for _, a := range gone {
		r.recorded[a] = true
	}
	return nil
}

// identity is what a thing is known by; "" if no step told it.
func (r *run) identity(v resource.Value) string {
	v = v.Fill(func(h resource.Hole) (resource.Value, bool) {
		v, err := r.fill(h)
		return v, err == nil
	})
	if !v.Known() {
		return ""
	}
	return v.Str()
}

// pending are the records of a system that are true now and not yet told.
func (r *run) pending(system string) []plan.Record {
	var out []plan.Record
	for _, rec := range r.req.Plan.Records {
		if rec.System == system && !r.recorded[rec.Address] &&
			!slices.ContainsFunc(rec.After, func(id string) bool { return !r.is(id, done) }) {
			out = append(out, rec)
		}
	}
	return out
}

// recordRest tells the ledgers what only the last stages made true. A database
// whose host is gone has no ledger any more.
func (r *run) recordRest(ctx context.Context) error {
	for _, scope := range r.req.Plan.Scopes {
		system := scope.System
		if system.Host.IsZero() || len(r.pending(system.Name)) == 0 || r.deleted(system.Host) {
			continue
		}
		p, scope, err := r.provider(system.Name)
		if err != nil {
			return err
		}
		session, err := p.Open(ctx, scope, resource.Database, r.svc)
		if err != nil {
			return plan.Diagnose(err)
		}
		if err := r.inSession(ctx, session, system.Name, nil); err != nil {
			return plan.Diagnose(err)
		}
	}
	return nil
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
