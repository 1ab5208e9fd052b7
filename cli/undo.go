package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

const undoUsage = "go back to before `RUN`, of which the first digits are enough; tellr history lists runs"

// reverse finds the way back to before a run, and what is desired on it.
func (p *program) reverse(ctx context.Context, o planning, env *config.Environment, with *planned) (*plan.Reversal, []*resource.Resource, error) {
	m, err := remembering(plan.Environment{Name: env.Name, File: env.File}, env.Resources, with.providers, with.services)
	if err != nil {
		return nil, nil, err
	}
	first, err := m.find(ctx, o.undo)
	if err != nil {
		return nil, nil, err
	}
	all, err := ledger.History(ctx, m.scopes, m.providers, m.services, 0)
	if err != nil {
		return nil, nil, err
	}
	last := slices.IndexFunc(all, func(r resource.Run) bool { return r.ID == first.ID })
	var runs []resource.Run
	for _, r := range all[:last+1] {
		if r.Outcome == resource.Running {
			return nil, nil, fail(fmt.Sprintf("run %s is at work now, so it is too early to say what goes back", r.ID), "by "+r.By(), "wait until it ends: tellr history "+o.file)
		}
		full, err := m.find(ctx, r.ID)
		if err != nil {
			return nil, nil, err
		}
		runs = append(runs, full)
	}
	back, err := plan.Reverse(runs)
	if err != nil {
		return nil, nil, err
	}
	desired, ds := back.Desired(env.Resources, with.providers, m.scopes)
	if ds.HasErrors() {
		return nil, nil, ds
	}
	return back, desired, nil
}
