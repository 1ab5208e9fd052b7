package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// A plan is bound to what it read. All of it is compared before the first
// change, and what a stage's steps read once more when the stage begins, since
// an earlier one may have taken an hour. What this very apply changed does not
// count as moved: a database is read again when its stage is done, and is from
// then on what it was left as; of the workspace, whose answers may lag behind
// what was just done, things that the apply touched are no longer compared.

// reading is one fingerprint of one step.
type reading struct {
	step string
	n    int
}

// checkAll compares all that the plan read, and first of all whether it is the
// same workspace and the same databases.
func (r *run) checkAll(ctx context.Context) error {
	p := r.req.Plan
	snaps, err := plan.Reread(ctx, p.Scopes, r.req.Providers, r.svc, r.req.Emit)
	if err != nil {
		return elsewhere(err)
	}
	for i, s := range snaps {
		if err := p.Scopes[i].Meets(s.Scope.Identity); err != nil {
			return err
		}
		r.seen[s.Scope.System.Name] = true
	}
	c := r.comparison(snaps)
	for _, f := range p.Hosts {
		c.compare(f)
	}
	for _, s := range p.Steps {
		for _, f := range s.Reads {
			c.compare(f)
		}
	}
	return c.verdict()
}

// elsewhere keeps an error by which a caller decides; others are worded.
func elsewhere(err error) error {
	var e *resource.Elsewhere
	if errors.As(err, &e) {
		return e
	}
	return plan.Diagnose(err)
}

// checkStage compares what the steps of a stage read with the systems as they
// are now. A system that was read since anything was done is not read again.
func (r *run) checkStage(ctx context.Context, steps []*resource.Step) error {
	var systems []string
	for _, s := range steps {
		for _, f := range s.Reads {
			if !r.seen[f.System] && !slices.Contains(systems, f.System) && !r.ours(f) {
				systems = append(systems, f.System)
			}
		}
	}
	if len(systems) == 0 {
		return nil
	}
	snaps, err := r.read(ctx, systems)
	if err != nil {
		return err
	}
	c := r.comparison(snaps)
	for _, s := range steps {
		for i, f := range s.Reads {
			if base, ok := r.base[reading{s.ID, i}]; ok {
				f = base
			}
			if slices.Contains(systems, f.System) && !r.ours(f) {
				c.compare(f)
			}
		}
	}
	return c.verdict()
}

// ours tells whether a thing of the workspace was changed by this apply.
func (r *run) ours(f resource.Fingerprint) bool {
	if r.isDatabase(f.System) {
		return false
	}
	return slices.ContainsFunc(r.req.Plan.Steps, func(s *resource.Step) bool { return s.Address == f.Address && r.is(s.ID, done) })
}

func (r *run) isDatabase(system string) bool {
	return slices.ContainsFunc(r.req.Plan.Scopes, func(s resource.Scope) bool { return s.System.Name == system && !s.System.Host.IsZero() })
}

// rebase takes the databases of a stage that is done for what they are now,
// where later stages go on in them.
func (r *run) rebase(ctx context.Context, stage resource.Stage, steps []*resource.Step) error {
	clear(r.seen)
	later := map[string][]*resource.Step{}
	var systems []string
	for _, s := range r.req.Plan.Steps {
		if s.Stage == stage || r.is(s.ID, done) {
			continue
		}
		for _, f := range s.Reads {
			if !r.isDatabase(f.System) || !slices.ContainsFunc(steps, func(o *resource.Step) bool { return o.System == f.System }) {
				continue
			}
			if later[f.System] == nil {
				systems = append(systems, f.System)
			}
			later[f.System] = append(later[f.System], s)
		}
	}
	if len(systems) == 0 {
		return nil
	}
	snaps, err := r.read(ctx, systems)
	if err != nil {
		return err
	}
	c := r.comparison(snaps)
	for _, system := range systems {
		for _, s := range later[system] {
			for i, f := range s.Reads {
				if k := c.kinds[f.Address.Kind]; k != nil && f.System == system {
					r.base[reading{s.ID, i}] = plan.Fingerprint(k, c.live[f.Address], f)
				}
			}
		}
	}
	clear(r.seen)
	return nil
}

// read reads some systems again.
func (r *run) read(ctx context.Context, systems []string) ([]*resource.Snapshot, error) {
	var out []*resource.Snapshot
	for _, name := range systems {
		p, scope, err := r.provider(name)
		if err != nil {
			return nil, err
		}
		snap, err := p.Read(ctx, scope, r.svc)
		if err != nil {
			return nil, elsewhere(err)
		}
		r.seen[name] = true
		out = append(out, snap)
	}
	return out, nil
}

// comparison compares fingerprints with some snapshots.
type comparison struct {
	run   *run
	kinds map[string]*resource.Kind
	live  map[resource.Address]*resource.Live
	known map[string]bool // fingerprints that were compared
	stale Stale
}

func (r *run) comparison(snaps []*resource.Snapshot) *comparison {
	c := &comparison{run: r, kinds: map[string]*resource.Kind{}, live: map[resource.Address]*resource.Live{}, known: map[string]bool{}}
	for _, p := range r.req.Providers {
		for _, k := range p.Kinds() {
			c.kinds[k.Name] = k
		}
	}
	for _, s := range snaps {
		for _, o := range s.Objects {
			c.live[o.Address] = o
		}
	}
	return c
}

func (c *comparison) compare(f resource.Fingerprint) {
	key := f.Address.String() + " " + f.SHA256
	k := c.kinds[f.Address.Kind]
	if c.known[key] || k == nil {
		return
	}
	c.known[key] = true
	for _, m := range moved(f, k, c.live[f.Address]) {
		// A thing that one step is about and another refers to moved once.
		if !slices.ContainsFunc(c.stale.Moved, func(o Moved) bool { return o.What == m.What }) {
			c.stale.Moved = append(c.stale.Moved, m)
		}
	}
}

// verdict is the error that says what moved; nil if nothing did.
func (c *comparison) verdict() error {
	if len(c.stale.Moved) == 0 {
		return nil
	}
	for _, s := range c.run.req.Plan.Steps {
		c.stale.Begun = c.stale.Begun || c.run.is(s.ID, done)
	}
	return &c.stale
}
