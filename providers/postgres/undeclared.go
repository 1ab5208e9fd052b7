package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// Triggers, policies and rules go with the table or view that they are on, and a sequence with the column that it is tied to.
// What of that is declared has steps of its own; the rest is named where it goes.

// takeAttached says on each step that drops something what goes with it that no file declares.
func (p *planner) takeAttached() {
	if len(p.facts.Attached) == 0 {
		return
	}
	for _, s := range p.steps {
		d := p.deltas[s.Address]
		if s.Stage != resource.Database || d == nil || d.Live == nil || p.inChain(d) || !holdsOthers[s.Address.Kind] {
			continue
		}
		on, column := livePlace(d.Live).String(), ""
		switch {
		case len(s.Path) == 0 && (s.Action == resource.Delete || s.Action == resource.Replace):
		case len(s.Path) == 2 && s.Path[0] == "columns" && (s.Action == resource.Delete || s.Action == resource.Replace):
			column = s.Path[1]
		default:
			continue
		}
		p.take(s, on, column)
	}
}

// holdsOthers are the kinds of things that others can be on.
var holdsOthers = map[string]bool{"table": true, "view": true, "materialized_view": true}

// take notes on a step what goes with a relation, or with one column of it.
func (p *planner) take(s *resource.Step, on, column string) {
	var names []string
	for _, x := range p.facts.Attached {
		if x.On != on || column != "" && x.Column != column {
			continue
		}
		names = append(names, x.Kind+" "+x.Name)
		i := slices.IndexFunc(s.Takes, func(u resource.Undeclared) bool { return u.Kind == x.Kind && u.Where == x.Schema })
		if i < 0 {
			i, s.Takes = len(s.Takes), append(s.Takes, resource.Undeclared{Kind: x.Kind, Where: x.Schema})
		}
		s.Takes[i].Names = append(s.Takes[i].Names, x.Name)
	}
	if len(names) == 0 || len(s.Statements) == 0 {
		return
	}
	i := slices.IndexFunc(s.Statements, func(st resource.Statement) bool { return strings.Contains(st.SQL.String(), "DROP ") })
	st := &s.Statements[max(i, 0)]
	st.Hazards = append(st.Hazards, resource.Hazard{
		Kind: resource.HazardUndeclaredDropped, Detail: some(names) + ": no file declares it, and it goes too",
	})
}

// leftIn are the things of a schema that nobody declared, and that go with nothing of this plan's drops.
func (p *planner) leftIn(schema string) (kind, name string) {
	for _, u := range p.snap.Undeclared {
		for _, name := range u.Names {
			if u.Where == schema && !slices.ContainsFunc(p.facts.Attached, func(x catalog.Attached) bool {
				return x.Kind == u.Kind && x.Schema == schema && x.Name == name && p.gone[parsePlace(x.On, "")] != nil
			}) {
				return u.Kind, name
			}
		}
	}
	return "", ""
}
