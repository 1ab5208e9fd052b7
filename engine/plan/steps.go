package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// work is one system with its share of the plan.
type work struct {
	snap   *resource.Snapshot
	deltas []*resource.Delta
	steps  []*resource.Step
}

// steps asks each provider to word the differences of its systems. Workspaces
// come first: what is in a database that goes with its host needs no steps.
func (b *builder) steps() {
	bySnap := map[*resource.Snapshot]*work{}
	for _, snap := range b.snaps {
		w := &work{snap: snap}
		bySnap[snap] = w
		b.work = append(b.work, w)
	}
	for _, a := range b.order {
		if w := bySnap[b.system[a]]; w != nil && b.deltas[a] != nil {
			w.deltas = append(w.deltas, b.deltas[a])
		}
	}
	gone := map[resource.Address]*resource.Step{}
	for _, w := range b.work {
		sys := w.snap.Scope.System
		if host := gone[sys.Host]; host != nil && !sys.Host.IsZero() {
			b.goesAlong(host, w)
			continue
		}
		steps, ds := provider(b.req.Providers, sys.Provider).Steps(resource.StepsRequest{
			Environment: b.req.Environment.Name,
			Deltas:      w.deltas,
			Live:        w.snap,
			Destroy:     b.req.Destroy,
			Undo:        b.req.Undo != nil,
			AtOnce:      b.req.AtOnce,
			Lookup:      b.lookup,
			Resource:    func(a resource.Address) *resource.Resource { return b.world.desired[a] },
			Dir:         b.req.Dir,
		})
		b.ds = append(b.ds, ds...)
		for _, s := range steps {
			s.System = sys.Name
			b.complete(s)
			if s.Action == resource.Delete && len(s.Path) == 0 {
				gone[s.Address] = s
			}
		}
		w.steps = steps
	}
}

// goesAlong says on the step that destroys a host what is destroyed with it,
// and takes the rest of that database out of the plan.
func (b *builder) goesAlong(host *resource.Step, w *work) {
	counts := map[string]int{}
	var kinds []string
	var rows int64
	for _, d := range w.deltas {
		if d.Live == nil {
			continue
		}
		if counts[d.Address.Kind]++; counts[d.Address.Kind] == 1 {
			kinds = append(kinds, d.Address.Kind)
		}
		if d.Live.Rows > 0 {
			rows += d.Live.Rows
		}
		d.Action = resource.NoOp
	}
	slices.Sort(kinds)
	list := ""
	for i, k := range kinds {
		if i > 0 {
			list += ", "
		}
		list += fmt.Sprintf("%d %s", counts[k], k)
		if counts[k] > 1 && !strings.HasSuffix(k, "s") {
			list += "s"
		}
	}
	if list != "" {
		host.Reason += "; all that is in it goes too: " + list
		if rows > 0 {
			host.Reason += fmt.Sprintf(", about %d rows", rows)
		}
	}
}

// complete fills in what the engine decides of a step: its cause, its
// fingerprint, and whether it may run.
func (b *builder) complete(s *resource.Step) {
	d := b.deltas[s.Address]
	if d == nil {
		return
	}
	if s.Node.Address.IsZero() {
		s.Node = resource.Node{Address: s.Address}
	}
	if s.Cause == "" {
		s.Cause = d.Cause()
		if len(s.Changes) > 0 {
			s.Cause = (&resource.Delta{Changes: s.Changes}).Cause()
		}
		if d.Action == resource.Create && d.Last != nil {
			s.Cause = resource.CauseDrift
		}
	}
	if s.Reason == "" {
		s.Reason = d.Reason
	}
	if s.At == nil && d.Desired != nil {
		s.At = d.Desired.Range
	}
	if s.Cause != resource.CauseConfig && d.Last != nil && !b.req.Destroy && (d.Last.By != "" || d.Last.At != "") {
		s.Applied = &resource.Applied{By: d.Last.By, At: d.Last.At, Run: d.Last.Run}
	}
	b.bind(s, d)
	if (s.Action == resource.Delete || s.Action == resource.Replace) && len(s.Path) == 0 && (d.Kind.Data || d.Last != nil && d.Last.Protected) {
		s.Destroys = true
	}
	b.judge(s)
}
