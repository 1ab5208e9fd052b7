package plan

import (
	"github.com/tellr-dev/tellr/engine/resource"
)

// world answers questions about desired and live things by address.
type world struct {
	desired map[resource.Address]*resource.Resource
	live    map[resource.Address]*resource.Live
	last    map[resource.Address]*resource.Entry
	snap    map[resource.Address]*resource.Snapshot // the snapshot a live or remembered thing is in
	// remembers is the snapshot whose ledger has a thing.
	remembers map[resource.Address]*resource.Snapshot
	derived   map[resource.Address][]resource.Field
}

func newWorld(desired []*resource.Resource, snaps []*resource.Snapshot) *world {
	objects, entries := 0, 0
	for _, s := range snaps {
		objects, entries = objects+len(s.Objects), entries+len(s.Ledger)
	}
	w := &world{
		desired:   make(map[resource.Address]*resource.Resource, len(desired)),
		live:      make(map[resource.Address]*resource.Live, objects),
		last:      make(map[resource.Address]*resource.Entry, entries),
		snap:      make(map[resource.Address]*resource.Snapshot, objects),
		derived:   map[resource.Address][]resource.Field{},
		remembers: make(map[resource.Address]*resource.Snapshot, entries),
	}
	for _, r := range desired {
		w.desired[r.Address] = r
		if r.Kind.Derive != nil {
			w.derived[r.Address] = r.Kind.Derive(r)
		}
	}
	for _, s := range snaps {
		for i := range s.Ledger {
			e := &s.Ledger[i]
			w.last[e.Address], w.remembers[e.Address] = e, s
			if w.snap[e.Address] == nil {
				w.snap[e.Address] = s
			}
		}
	}
	for _, s := range snaps {
		for _, o := range s.Objects {
			w.live[o.Address] = o
			w.snap[o.Address] = s
		}
	}
	return w
}

// configured gives an attribute that the files or the kind's derivation decide.
func (w *world) configured(ref resource.AttrRef) (resource.Value, bool) {
	r := w.desired[ref.Address]
	if r == nil {
		return resource.Value{}, false
	}
	if a, ok := r.Kind.Attr(ref.Attr); ok && !a.Computed {
		v := r.Attrs.Get(ref.Attr)
		if v.IsNull() && ref.Attr == "name" {
			v = resource.String(r.Name())
		}
		return v, true
	}
	for _, f := range w.derived[ref.Address] {
		if f.Name == ref.Attr && !f.Value.IsNull() {
			return f.Value, true
		}
	}
	return resource.Value{}, false
}

// liveHole resolves a hole from the files and the live world, without asking
// whether the thing is about to be replaced.
func (w *world) liveHole(h resource.Hole) (resource.Value, bool) {
	if h.IsSecret() {
		return resource.Value{}, false
	}
	if v, ok := w.configured(h.Ref); ok {
		return v, true
	}
	if o := w.live[h.Ref.Address]; o != nil {
		if v := o.Attrs.Get(h.Ref.Attr); !v.IsNull() {
			return v, true
		}
	}
	return resource.Value{}, false
}
