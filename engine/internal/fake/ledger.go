package fake

import (
	"context"
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

var _ resource.Keeper = (*World)(nil)

// Hold makes the world a Keeper: every database has the same ledger.
func (w *World) Hold(_ context.Context, scope resource.Scope, _ resource.Services) (resource.Ledger, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.Things[scope.System.Host]; !ok {
		return nil, nil
	}
	if w.Locked {
		return nil, fmt.Errorf("held by somebody: %w", resource.ErrLocked)
	}
	w.held++
	return &ledger{w: w}, nil
}

type ledger struct {
	w      *World
	closed bool
}

func (l *ledger) Open(ctx context.Context, stage resource.Stage) (resource.Session, error) {
	return l.w.Open(ctx, resource.Scope{}, stage, resource.Services{})
}

func (l *ledger) Write(_ context.Context, m resource.Memory) (bool, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if len(m.Entries) == 0 && len(l.w.Ledger) == 0 && len(l.w.Runs) == 0 {
		return false, nil
	}
	l.w.remember(m)
	return true, nil
}

func (l *ledger) Close() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.w.held--
	}
}

// remember is what a ledger does with what it is told.
func (w *World) remember(m resource.Memory) {
	w.Ledger = slices.DeleteFunc(w.Ledger, func(e resource.Entry) bool {
		return slices.Contains(m.Gone, e.Address) ||
			slices.ContainsFunc(m.Entries, func(n resource.Entry) bool { return n.Address == e.Address })
	})
	w.Ledger = append(w.Ledger, m.Entries...)
	if m.Settle {
		for i := range w.Runs {
			if r := &w.Runs[i]; r.ID != m.Run.ID && r.Outcome == resource.Running {
				r.Outcome = resource.InDoubt
			}
		}
	}
	if m.Run.ID == "" {
		return
	}
	i := slices.IndexFunc(w.Runs, func(r resource.Run) bool { return r.ID == m.Run.ID })
	if i < 0 {
		i = len(w.Runs)
		w.Runs = append(w.Runs, m.Run)
	}
	r := &w.Runs[i]
	r.Ended, r.Outcome = m.Run.Ended, m.Run.Outcome
	for _, s := range m.Steps {
		r.Steps = slices.DeleteFunc(r.Steps, func(o resource.RunStep) bool { return o.N == s.N })
		r.Steps = append(r.Steps, s)
	}
	slices.SortFunc(r.Steps, func(a, b resource.RunStep) int { return a.N - b.N })
	r.Changes = append(r.Changes, m.Changes...)
}

// doubts are the runs that are not over while nobody has the lock.
func (w *World) doubts() []resource.Doubt {
	var out []resource.Doubt
	for _, r := range w.Runs {
		if w.held > 0 || r.Outcome != resource.Running {
			continue
		}
		d := resource.Doubt{Run: r.ID, By: r.By(), Started: "2026-01-02T03:04:05Z"}
		for _, s := range r.Steps {
			if s.Outcome == resource.Running {
				d.Steps = append(d.Steps, resource.DoubtStep{Address: s.Address, Title: s.Title, Action: s.Action, Started: "2026-01-02T03:04:06Z"})
			}
		}
		out = append(out, d)
	}
	return out
}

// History implements [resource.Keeper].
func (w *World) History(_ context.Context, _ resource.Scope, limit int, _ resource.Services) ([]resource.Run, error) {
	runs := slices.Clone(w.Runs)
	slices.Reverse(runs)
	if limit > 0 && len(runs) > limit {
		runs = runs[:limit]
	}
	return runs, nil
}

// RunsOf implements [resource.Keeper].
func (w *World) RunsOf(context.Context, resource.Scope, string, resource.Services) ([]resource.Run, error) {
	return slices.Clone(w.Runs), nil
}

// Holder implements [resource.Keeper].
func (w *World) Holder(_ context.Context, scope resource.Scope, _ resource.Services) (*resource.Holder, error) {
	if !w.Locked {
		return nil, nil
	}
	return &resource.Holder{Environment: scope.Environment, System: scope.System.Name, Session: 1, Name: "somebody", Quiet: -1}, nil
}

// Evict implements [resource.Keeper].
func (w *World) Evict(context.Context, resource.Scope, resource.Holder, resource.Services) error {
	w.Locked = false
	return nil
}
