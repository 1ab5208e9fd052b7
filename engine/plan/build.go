package plan

import (
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/diff"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Request is what a plan is made of.
type Request struct {
	Environment Environment
	Desired     []*resource.Resource
	Providers   []resource.Provider
	Snapshots   []*resource.Snapshot
	Destroy     bool
	// Moved are the moved blocks of the files.
	Moved []resource.Moved
	// Forget are things that the ledger is to forget. The plan then does
	// nothing else.
	Forget []resource.Address
	// Undo is the way back to before a run; Desired is then what it makes of the
	// files. nil plans what the files say.
	Undo *Reversal
	// Allow names the destructive steps that may run, one guard each;
	// AllowRewrite those that copy a large table.
	Allow, AllowRewrite []string
	// Rules are the check blocks of the files, and AllowCheck names those that
	// this plan need not keep.
	Rules      []*resource.Resource
	AllowCheck []string
	// AtOnce wants changes of existing tables in one transaction, whoever
	// waits for it.
	AtOnce bool
	// Dir is the folder of the environment file.
	Dir     string
	Version string
	Meta    Meta
}

// Build makes the plan. It reads nothing: the same request gives the same
// bytes.
func Build(req Request) (*Plan, resource.Diagnostics) {
	b := &builder{req: req, deltas: make(map[resource.Address]*resource.Delta, len(req.Desired)), norm: map[resource.Address]resource.Value{}}
	scopes, ds := Scopes(req.Environment.Name, req.Desired, req.Providers)
	b.ds = ds
	if b.ds.HasErrors() {
		return nil, b.ds
	}
	b.readRules()
	if b.ds.HasErrors() {
		return nil, b.ds.Sort()
	}
	b.match(scopes)
	b.world = newWorld(req.Desired, b.snaps)
	b.checkMoved()
	if len(req.Forget) > 0 {
		b.forgetNamed()
	} else {
		b.emptyReplaced()
		b.compare()
	}
	if b.ds.HasErrors() {
		return nil, b.ds.Sort()
	}
	b.steps()
	b.remember()
	if b.ds.HasErrors() {
		return nil, b.ds.Sort()
	}
	return b.finish()
}

type builder struct {
	req   Request
	snaps []*resource.Snapshot // one per scope, in the scopes' order
	world *world
	ds    resource.Diagnostics
	rules []rule

	system map[resource.Address]*resource.Snapshot // where each desired thing stands
	deltas map[resource.Address]*resource.Delta
	norm   map[resource.Address]resource.Value // desired in canonical form
	order  []resource.Address                  // of deltas: desired in file order, then those that go
	work   []*work

	ignored []resource.Ignored
	forgets []forget // what the ledger is to forget
}

// match finds the snapshot of each scope; a system that was not read is taken
// as absent. Snapshots keep the scope under which they were read, which knows
// names that the workspace filled in.
func (b *builder) match(scopes []resource.Scope) {
	b.system = make(map[resource.Address]*resource.Snapshot, len(b.req.Desired))
	for _, scope := range scopes {
		i := slices.IndexFunc(b.req.Snapshots, func(s *resource.Snapshot) bool {
			return s.Scope.System.Name == scope.System.Name && s.Scope.System.Provider == scope.System.Provider
		})
		var snap *resource.Snapshot
		if i >= 0 {
			snap = b.req.Snapshots[i]
		} else {
			snap = &resource.Snapshot{Scope: scope, Absent: true}
		}
		b.snaps = append(b.snaps, snap)
		for _, w := range scope.Wanted {
			b.system[w.Address] = snap
		}
	}
}

// emptyReplaced takes the databases of a host that is to be replaced for what
// they will be when their turn comes: not there yet.
func (b *builder) emptyReplaced() {
	replaced := false
	for i, snap := range b.snaps {
		host := snap.Scope.System.Host
		if host.IsZero() || b.world.desired[host] == nil || b.system[host] == nil {
			continue
		}
		if d := b.delta(host); d == nil || d.Action != resource.Replace {
			continue
		}
		replaced = true
		b.snaps[i] = &resource.Snapshot{Scope: snap.Scope, Absent: true}
		for a, s := range b.system {
			if s == snap {
				b.system[a] = b.snaps[i]
			}
		}
	}
	if replaced {
		// The ledger went with the old host; what was compared stands.
		b.world = newWorld(b.req.Desired, b.snaps)
	}
}

// compare makes a delta of every desired and every remembered thing.
func (b *builder) compare() {
	for _, r := range b.req.Desired {
		b.order = append(b.order, r.Address)
		b.delta(r.Address)
	}
	for _, s := range b.snaps {
		for _, e := range s.Ledger {
			if b.world.desired[e.Address] != nil || b.deltas[e.Address] != nil || b.req.Undo != nil && !b.unmade(e.Address) {
				continue
			}
			if why := b.notOurs(e); why != "" {
				if !b.req.Destroy {
					b.forgets = append(b.forgets, forget{address: e.Address, reason: why})
				}
				continue
			}
			if b.world.live[e.Address] != nil {
				b.order = append(b.order, e.Address)
				b.remove(e.Address)
			}
		}
		for _, o := range s.Objects {
			if o.Unwanted && b.req.Undo == nil && b.deltas[o.Address] == nil {
				b.order = append(b.order, o.Address)
				if d := b.remove(o.Address); !b.req.Destroy {
					d.Reason = "no file declares it, and what it stands in is exclusive"
				}
			}
		}
	}
}

// delta compares one desired thing; it is asked again for things whose holes
// other things refer to, so the answer is kept.
func (b *builder) delta(a resource.Address) *resource.Delta {
	if d, ok := b.deltas[a]; ok {
		return d
	}
	b.deltas[a] = nil // being made: a thing that refers to itself sees its live value
	r, live := b.world.desired[a], b.world.live[a]
	if b.req.Destroy {
		return b.remove(a)
	}
	snap := b.system[a]
	if snap == nil {
		b.ds.Errorf(r.Range, fmt.Sprintf("no provider knows where %s stands", a), "report this as a bug of tellr", "")
		return nil
	}
	filled := *r
	filled.Attrs = r.Attrs.Fill(b.hole)
	d := &resource.Delta{Address: a, Kind: r.Kind, Desired: &filled, Live: live, Last: b.world.last[a]}
	p := provider(b.req.Providers, snap.Scope.System.Provider)
	want, ds := p.Normalize(&filled, snap)
	if b.unsay(&filled, want) {
		want, ds = p.Normalize(&filled, snap)
	}
	b.ds = append(b.ds, ds...)
	switch {
	case live == nil:
		d.Action = resource.Create
		if d.Last != nil {
			d.Reason = "it was deleted outside of tellr"
		}
	default:
		in := diff.Input{Kind: r.Kind, Want: want, Live: live.Attrs, Ignore: r.Ignore}
		var ignored []resource.Ignored
		d.Changes, ignored = diff.Split(in)
		// What was applied last, and whether the files moved since, is asked of
		// what differs only: for everything it would be most of the work of an
		// empty plan.
		if len(d.Changes)+len(ignored) > 0 && d.Last != nil {
			var err error
			if in.Last, err = d.Last.Attrs.Value(); err != nil {
				b.ds.Errorf(r.Range, fmt.Sprintf("what the ledger remembers of %s cannot be read", a), "report this as a bug of tellr", "%v", err)
			}
			in.Same = d.Last.Source == r.Attrs.Fingerprint()
			d.Changes, ignored = diff.Split(in)
		}
		for _, x := range ignored {
			x.Address = a
			b.ignored = append(b.ignored, x)
		}
		d.Action = resource.NoOp
		if len(d.Changes) > 0 {
			d.Action = resource.Update
		}
		if slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return c.Replaces }) {
			d.Action = resource.Replace
		}
	}
	if b.req.Undo != nil {
		b.back(d)
	}
	if d.Action != resource.NoOp || b.req.Undo != nil {
		b.norm[a] = want
	}
	b.deltas[a] = d
	return d
}

// normal is a desired thing in canonical form. Of what is as desired it is not
// kept, which is most of the memory of a plan that changes little, but made
// again for the few of which the ledger is told.
func (b *builder) normal(d *resource.Delta) resource.Value {
	if v, ok := b.norm[d.Address]; ok {
		return v
	}
	snap := b.system[d.Address]
	v, _ := provider(b.req.Providers, snap.Scope.System.Provider).Normalize(d.Desired, snap)
	return v
}

// remove plans that a thing goes; nothing if it is not there.
func (b *builder) remove(a resource.Address) *resource.Delta {
	live := b.world.live[a]
	d := &resource.Delta{Address: a, Live: live, Last: b.world.last[a], Action: resource.NoOp}
	if r := b.world.desired[a]; r != nil {
		d.Kind = r.Kind
	} else {
		d.Kind = b.kind(a.Kind)
	}
	if live != nil && d.Kind != nil {
		d.Action = resource.Delete
		switch d.Reason = "no file declares it any more"; {
		case b.req.Destroy:
			d.Reason = "the environment is destroyed"
		case b.req.Undo != nil:
			d.Reason = "it was not there before run " + b.req.Undo.undo.Run
		}
		if snap := b.world.snap[a]; b.system[a] == nil {
			b.system[a] = snap
		}
	}
	b.deltas[a] = d
	return d
}

func (b *builder) kind(name string) *resource.Kind { return kindOf(b.req.Providers, name) }

// hole resolves an attribute of another thing: from the files, or from the
// live thing if it stays the thing it is. Otherwise it remains a hole.
func (b *builder) hole(h resource.Hole) (resource.Value, bool) {
	if h.IsSecret() {
		return resource.Value{}, false
	}
	if v, ok := b.world.configured(h.Ref); ok {
		return v.Fill(b.hole), true
	}
	if b.world.desired[h.Ref.Address] == nil {
		return b.world.liveHole(h)
	}
	if d := b.delta(h.Ref.Address); d != nil && (d.Action == resource.Create || d.Action == resource.Replace) {
		return resource.Value{}, false
	}
	return b.world.liveHole(h)
}

func (b *builder) lookup(ref resource.AttrRef) resource.Value {
	if v, ok := b.hole(resource.Hole{Ref: ref}); ok {
		return v
	}
	return resource.Unknown(ref)
}
