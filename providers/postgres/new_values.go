package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// newValues puts what uses a value that the plan adds to an enum behind the transaction that adds it: Postgres refuses the
// use of such a value (55P04) until that has committed. What is built on those steps follows them.
func (p *planner) newValues() {
	added := p.addedValues()
	if len(added) == 0 {
		return
	}
	late := map[*resource.Step]bool{}
	var queue []*resource.Step
	move := func(s *resource.Step, why string) {
		if late[s] || s.Stage != resource.Database {
			return
		}
		late[s] = true
		s.Stage = resource.Online
		if s.Reason == "" {
			s.Reason = why
		}
		queue = append(queue, s)
	}
	for _, s := range p.steps {
		for _, v := range added {
			if s.Address != v.of && p.usesValue(s, v) {
				move(s, "it uses the value "+sqltext.Literal(v.value)+", which can be used when the transaction that adds it is done")
			}
		}
	}
	for len(queue) > 0 {
		first := queue[0]
		queue = queue[1:]
		after := false
		for _, s := range p.steps {
			switch {
			case s == first:
				after = true
			case after && s.Address == first.Address, slices.Contains(s.Needs, first.ID), len(first.Path) == 0 && p.refersTo(s, first.Address):
				move(s, "it comes after "+first.ID)
			}
		}
	}
}

// addedValue is a value that the plan adds to an enum that is there.
type addedValue struct {
	of    resource.Address
	at    place
	value string
}

func (p *planner) addedValues() []addedValue {
	var out []addedValue
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "enum" || d.Action != resource.Update || !changed(d, "values") {
			continue
		}
		have := d.Live.Attrs.Get("values").StringList()
		for _, v := range d.Desired.Attrs.Get("values").StringList() {
			if !slices.Contains(have, v) {
				out = append(out, addedValue{d.Address, p.wanted(d), v})
			}
		}
	}
	return out
}

// usesValue tells whether a step has the value as a text, where it can be of the enum: the enum is named beside it, or a
// column of the table is of it.
func (p *planner) usesValue(s *resource.Step, v addedValue) bool {
	text := statementText(s)
	if !strings.Contains(text, sqltext.Literal(v.value)) {
		return false
	}
	if slices.Contains(namedPlaces(text), v.at) {
		return true
	}
	d := p.deltas[s.Address]
	if d == nil || d.Desired == nil || s.Address.Kind != "table" {
		return false
	}
	for _, f := range d.Desired.Attrs.Get("columns").Fields() {
		typ, _ := p.index.typeText(f.Value.Get("type"))
		if slices.Contains(namedPlaces(typ), v.at) {
			return true
		}
	}
	return false
}

// refersTo tells whether a step is about something that refers to a thing.
func (p *planner) refersTo(s *resource.Step, to resource.Address) bool {
	d := p.deltas[s.Address]
	if d == nil || d.Desired == nil || s.Action == resource.Delete {
		return false
	}
	return slices.ContainsFunc(d.Desired.Deps, func(dep resource.Dep) bool { return dep.On == to && dep.Part == s.Node.Part })
}
