package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// begin writes that the run begins; one that has nothing to do only settles
// what was in doubt.
func (r *run) begin(ctx context.Context) error {
	if !r.req.Plan.Idle() {
		return r.book.Begin(ctx)
	}
	err := r.book.Settle(ctx)
	r.book.Close()
	r.book = nil
	return err
}

// row is a step as the ledger remembers it.
func (r *run) row(s *resource.Step, start time.Time) resource.RunStep {
	row := ledger.Step(s, r.number[s])
	row.Started, row.Outcome = start, resource.Running
	return row
}

// ended remembers how a step ended: of a transaction when that ends, else at
// once.
func (r *run) ended(ctx context.Context, s *resource.Step, row resource.RunStep, err error) {
	row.Ended, row.Outcome = r.now(), resource.Done
	switch {
	case r.is(s.ID, doubt):
		row.Ended, row.Outcome = time.Time{}, resource.InDoubt
	case err != nil:
		row.Outcome = resource.Failed
	}
	if err != nil {
		row.Error = r.redact(err.Error())
	}
	if s.Stage != resource.Database {
		r.book.Ended(ctx, row)
		return
	}
	r.rows[s.System] = append(r.rows[s.System], row)
}

func (r *run) redact(text string) string {
	if r.svc.Redact == nil {
		return text
	}
	return r.svc.Redact(text)
}

// undone keeps what became of the steps of a transaction that failed.
func (r *run) undone(system string, done resource.Outcome) {
	rows := r.rows[system]
	for i := range rows {
		if rows[i].Outcome == resource.Done {
			rows[i].Outcome = done
		}
	}
	r.book.Undone(system, rows)
}

// memory is what is true of a system by now and not told yet.
func (r *run) memory(system string) resource.Memory {
	var m resource.Memory
	for _, rec := range r.pending(system) {
		after := rec.Attrs
		if after.IsNull() {
			m.Gone = append(m.Gone, rec.Address)
		} else {
			after = after.Fill(r.known)
			m.Entries = append(m.Entries, resource.Entry{
				Address: rec.Address, Source: rec.Source, Identity: r.identity(rec.Identity), Protected: rec.Data, By: r.svc.Run.By(), At: r.started.UTC().Format("2006-01-02T15:04:05Z"),
				Attrs: resource.Remember(after),
			})
		}
		if len(rec.After) > 0 {
			m.Changes = append(m.Changes, ledger.Change(rec.Address, r.steps(rec.Address), rec.Before, after))
		}
	}
	return m
}

// identity is what a thing is known by; "" if no step told it.
func (r *run) identity(v resource.Value) string {
	if v = v.Fill(r.known); !v.Known() {
		return ""
	}
	return v.Str()
}

// known fills a hole that is no secret.
func (r *run) known(h resource.Hole) (resource.Value, bool) {
	if h.IsSecret() {
		return resource.Value{}, false
	}
	v, err := r.fill(h)
	return v, err == nil
}

// steps are those of the plan about one thing.
func (r *run) steps(a resource.Address) []*resource.Step {
	var out []*resource.Step
	for _, s := range r.req.Plan.Steps {
		if s.Address == a {
			out = append(out, s)
		}
	}
	return out
}

// told notes what the ledger knows.
func (r *run) told(m resource.Memory) {
	for _, e := range m.Entries {
		r.recorded[e.Address] = true
	}
	for _, a := range m.Gone {
		r.recorded[a] = true
	}
}

// tell writes what is true of a system by now.
func (r *run) tell(ctx context.Context, system string) error {
	m := r.memory(system)
	if len(m.Entries)+len(m.Gone) == 0 {
		return nil
	}
	if err := r.book.Write(ctx, system, m); err != nil {
		return plan.Diagnose(err)
	}
	r.told(m)
	return nil
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

// recordRest tells the ledgers what only the last stages made true, also after
// a failure. A database whose host is gone has no ledger any more.
func (r *run) recordRest(ctx context.Context) error {
	limit := restTimeout
	if ctx.Err() != nil {
		limit /= 6 // somebody waits for the end
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var errs []error
	for _, scope := range r.req.Plan.Scopes {
		if system := scope.System; !system.Host.IsZero() && !r.deleted(system.Host) {
			errs = append(errs, r.tell(ctx, system.Name), r.book.Write(ctx, system.Name, resource.Memory{Changes: r.partly(system.Name)}))
		}
	}
	return errors.Join(errs...)
}

// partly are the things of which something was done, but not all.
func (r *run) partly(system string) []resource.RunChange {
	var out []resource.RunChange
	for _, rec := range r.req.Plan.Records {
		if rec.System != system || r.recorded[rec.Address] || !slices.ContainsFunc(rec.After, func(id string) bool { return r.is(id, done) }) {
			continue
		}
		c := ledger.Change(rec.Address, r.steps(rec.Address), rec.Before, rec.Attrs)
		c.After, c.Partial = resource.Remembered{}, true
		out = append(out, c)
	}
	return out
}

// restTimeout bounds what is written at the end, also after an interrupt.
const restTimeout = time.Minute

// end writes how the run ended.
func (r *run) end(ctx context.Context, err error) error {
	outcome := resource.Done
	switch {
	case err == nil:
	case ctx.Err() != nil:
		outcome = resource.Interrupted
	default:
		outcome = resource.Failed
	}
	var rest []resource.RunStep
	for _, s := range r.result.NotStarted {
		if !slices.ContainsFunc(r.rows[s.System], func(row resource.RunStep) bool { return row.ID == s.ID }) {
			row := r.row(s, time.Time{})
			row.Outcome = resource.NotStarted
			rest = append(rest, row)
		}
	}
	if err := r.book.End(ctx, outcome, r.now(), rest); err != nil {
		return plan.Diagnose(err)
	}
	return nil
}
