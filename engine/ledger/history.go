package ledger

import (
	"context"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// History gives the last runs of the scopes' environment, the latest first and
// at most limit, if that is not 0: those of all databases together, since a run
// is remembered by each that it changed.
func History(ctx context.Context, scopes []resource.Scope, providers []resource.Provider, svc resource.Services, limit int) ([]resource.Run, error) {
	var all []resource.Run
	for _, scope := range scopes {
		k := keeper(providers, scope)
		if k == nil {
			continue
		}
		runs, err := k.History(ctx, scope, limit, svc)
		if err != nil {
			return nil, err
		}
		all = merge(all, runs)
	}
	slices.SortStableFunc(all, func(a, b resource.Run) int { return b.Started.Compare(a.Started) })
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all, nil
}

// Find gives the runs in full whose ID begins so; one alone, if it is its whole
// ID.
func Find(ctx context.Context, scopes []resource.Scope, providers []resource.Provider, svc resource.Services, id string) ([]resource.Run, error) {
	var all []resource.Run
	for _, scope := range scopes {
		k := keeper(providers, scope)
		if k == nil {
			continue
		}
		runs, err := k.RunsOf(ctx, scope, id, svc)
		if err != nil {
			return nil, err
		}
		all = merge(all, runs)
	}
	if i := slices.IndexFunc(all, func(r resource.Run) bool { return r.ID == id }); i >= 0 {
		return all[i : i+1], nil
	}
	return all, nil
}

// merge puts together what several databases remember of one run.
func merge(all, more []resource.Run) []resource.Run {
	for _, r := range more {
		i := slices.IndexFunc(all, func(o resource.Run) bool { return o.ID == r.ID })
		if i < 0 {
			all = append(all, r)
			continue
		}
		o := &all[i]
		if o.Ended.IsZero() || worse(r.Outcome, o.Outcome) {
			o.Ended, o.Outcome = r.Ended, r.Outcome
		}
		for action, n := range r.Changed {
			if o.Changed == nil {
				o.Changed = map[resource.Action]int{}
			}
			o.Changed[action] += n
		}
		o.Steps = append(o.Steps, r.Steps...)
		slices.SortStableFunc(o.Steps, func(a, b resource.RunStep) int { return a.N - b.N })
		o.Changes = append(o.Changes, r.Changes...)
		slices.SortStableFunc(o.Changes, func(a, b resource.RunChange) int { return strings.Compare(a.Address.String(), b.Address.String()) })
	}
	return all
}

// worse: one database may not have heard how the run ended.
func worse(a, b resource.Outcome) bool {
	return a == resource.InDoubt && b == resource.Running
}
