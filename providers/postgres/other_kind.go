package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// A name may go from a thing of one kind to a thing of another: a view becomes a materialized view, a function a procedure.
// That is a drop and a creation, in this order, and what hangs on the name goes before and comes back after.

// succeed makes creations of the differences whose name is taken by what the plan drops.
func (p *planner) succeed() {
	p.req.Deltas = slices.Clone(p.req.Deltas)
	for i, d := range p.req.Deltas {
		stands := p.stoodInstead[d.Address]
		if d.Live != nil && d.Desired != nil && d.Live.Instead {
			stands = d.Live
		}
		if stands == nil {
			continue
		}
		for _, gone := range p.req.Deltas {
			if gone.Action == resource.Delete && p.gives(gone, d.Address.Kind, stands) {
				made := *d
				made.Live, made.Changes, made.Action = nil, nil, resource.Create
				p.req.Deltas[i] = &made
				p.successors[gone.Address] = &made
				break
			}
		}
	}
}

// gives tells whether a thing that goes is what stands under the name that one of another kind wants.
func (p *planner) gives(gone *resource.Delta, kind string, stands *resource.Live) bool {
	if gone.Live == nil || gone.Live.Instead || gone.Address.Kind == kind || livePlace(gone.Live) != livePlace(stands) {
		return false
	}
	// A composite type is known by its type, and stands in the way by its relation.
	return gone.Live.Identity == stands.Identity || gone.Address.Kind == "composite_type"
}

// becomes begins a chain around a thing whose name another kind of thing gets.
func (f *chainFinder) becomes(d, next *resource.Delta) {
	what := strings.ReplaceAll(next.Address.Kind, "_", " ")
	r := &chainRoot{d: d}
	f.changes(r, "", "it uses "+f.written(d)+", which becomes a "+what)
	at := livePlace(d.Live).String()
	for _, of := range f.req.Deltas {
		if on := f.deltas[of.Address]; on == nil || of.Live == nil || !partOfRelation[of.Address.Kind] || !f.real(of) || of.Live.Attrs.Get("table").Str() != at {
			continue
		}
		if of.Action == resource.Delete {
			r.first = append(r.first, of.Address)
			continue
		}
		f.add(r, of, "it goes with "+at+", which becomes a "+what)
		f.remade.members[of.Address].along = true
	}
}

// partOfRelation are the kinds whose things go with the relation that they are of.
var partOfRelation = map[string]bool{"rule": true, "trigger": true, "policy": true}

// orderSuccessors lets what gets a name wait until what had it is gone, and gives it the privileges that the other had.
func (p *planner) orderSuccessors() {
	for _, d := range p.req.Deltas {
		next := p.successors[d.Address]
		if next == nil {
			continue
		}
		for _, s := range p.steps {
			if s.Address == next.Address && s.Action == resource.Create && len(s.Path) == 0 {
				need(s, d.Address.String())
				p.inherit(d, next, s)
			}
		}
	}
}

// comesAnew tells whether a relation is dropped and made under the same name.
func (p *planner) comesAnew(at place) bool {
	for _, next := range p.successors {
		if p.wanted(next) == at {
			return true
		}
	}
	for a := range p.remade.members {
		if isView(a.Kind) && p.wanted(p.deltas[a]) == at {
			return true
		}
	}
	return false
}

// inherit gives a new thing the privileges on the one that it succeeds, where both are of kinds with the same ones.
func (p *planner) inherit(was, next *resource.Delta, s *resource.Step) {
	switch {
	case isView(was.Address.Kind) && isView(next.Address.Kind):
		p.regrantView(s, p.wanted(next))
	case was.Address.Kind == "function" && next.Address.Kind == "procedure":
		p.regrant(was, s, "PROCEDURE "+decodeRoutine(p.index, "procedure", p.wanted(next), next.Desired.Attrs).signature())
	case was.Address.Kind == "procedure" && next.Address.Kind == "function":
		p.regrant(was, s, "FUNCTION "+decodeRoutine(p.index, "function", p.wanted(next), next.Desired.Attrs).signature())
	}
}
