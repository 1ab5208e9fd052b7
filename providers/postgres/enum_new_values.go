package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// newValues puts what uses a value that the plan adds to an enum behind the transaction that adds it: Postgres refuses the
// use of such a value (55P04) until that has committed. What is built on those steps follows them.
func (p *planner) newValues() {
	added := p.added
	if len(added) == 0 {
		return
	}
	late := map[*resource.Step]bool{}
	var queue []*resource.Step
	move := func(s *resource.Step, why string) {
		if late[s] || s.Stage != resource.Database {
			return
		}
		if m := p.remade.members[s.Address]; m != nil && m.drop != nil && !isDrop(s) && s.Blocked == nil {
			s.Blocked = &resource.Block{Reason: fmt.Sprintf("%s, and would be missing until then: apply the value first, then this", why)}
		}
		late[s] = true
		s.Stage = resource.Online
		if s.Reason == "" {
			s.Reason = why
		}
		queue = append(queue, s)
	}
	for _, s := range p.steps {
		if v := p.usesAdded(s); v != nil {
			move(s, "it uses the value "+sqltext.Literal(v.value)+", which can be used when the transaction that adds it is done")
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
			case after && s.Address == first.Address && !p.onlyDefault[first], slices.Contains(s.Needs, first.ID), len(first.Path) == 0 && p.refersTo(s, first.Address):
				move(s, "it comes after "+first.ID)
			}
		}
	}
	for _, s := range p.steps {
		if late[s] && s.Action == resource.Create && len(s.Path) == 0 {
			p.afterLate(s)
		}
	}
}

// afterLate lets what runs while the database is used, and names a thing that is made late, wait for it: an index of a
// partitioned table is built in each partition.
func (p *planner) afterLate(made *resource.Step) {
	at := p.wanted(p.deltas[made.Address])
	for _, s := range p.steps {
		if s.Stage == resource.Online && s.Address != made.Address && !slices.Contains(made.Needs, s.ID) && slices.Contains(namedPlaces(statementText(s)), at) {
			need(s, made.ID)
		}
	}
}

// defaultsLast puts a default that is a value which the plan adds behind the other changes of its table: nothing is built
// on a default, and the others need not wait for the value.
func (p *planner) defaultsLast() {
	p.added = p.addedValues()
	for _, s := range slices.Clone(p.steps) {
		if p.usesAdded(s) == nil || !p.onlyDefault[s] {
			continue
		}
		p.asides[s] = true
		i := slices.Index(p.steps, s)
		last := i
		for j := i + 1; j < len(p.steps); j++ {
			if p.steps[j].Address == s.Address {
				last = j
			}
		}
		copy(p.steps[i:last], p.steps[i+1:last+1])
		p.steps[last] = s
	}
}

// usesAdded is a value that the plan adds to an enum and a step of another thing uses; nil if there is none.
func (p *planner) usesAdded(s *resource.Step) *addedValue {
	for i := range p.added {
		if v := &p.added[i]; s.Address != v.of && p.usesValue(s, *v) {
			return v
		}
	}
	return nil
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
// table that is named, or that the step is about, has a column of it. Of a query there is what the server makes of it.
func (p *planner) usesValue(s *resource.Step, v addedValue) bool {
	text, value := statementText(s), sqltext.Literal(v.value)
	if isView(s.Address.Kind) || s.Address.Kind == "rule" {
		if f, why := p.builtFact(builtID(s.Address)); why == "" {
			text += strings.Join(append([]string{"", f.Query, f.Where}, f.Commands...), "\n")
		}
	}
	if !strings.Contains(text, value) && !inArray(text, v.value) {
		return false
	}
	named := namedPlaces(text)
	if d := p.deltas[s.Address]; d != nil && d.Desired != nil && s.Address.Kind == "table" {
		named = append(named, p.wanted(d))
	}
	return slices.ContainsFunc(named, func(at place) bool { return p.isOf(at, v.at) || p.hasColumnOf(at, v.at) })
}

// inArray tells whether a value is an element of an array that is written as one text: '{a,b}'.
func inArray(text, value string) bool {
	for {
		i := strings.Index(text, "'{")
		if i < 0 {
			return false
		}
		text = text[i+2:]
		end := strings.IndexByte(text, '\'')
		if end < 0 {
			return false
		}
		for _, e := range strings.FieldsFunc(text[:end], func(r rune) bool { return strings.ContainsRune("{},", r) }) {
			if strings.Trim(strings.TrimSpace(e), `"`) == value {
				return true
			}
		}
		text = text[end:]
	}
}

// hasColumnOf tells whether the table at a place, or one that it has its columns from, has a column of a type, or of an
// array of it.
func (p *planner) hasColumnOf(at, typ place) bool {
	found := false
	p.index.above(at, 0, func(r *resource.Resource) {
		for _, f := range r.Attrs.Get("columns").Fields() {
			text, _ := p.index.typeText(f.Value.Get("type"))
			found = found || slices.ContainsFunc(namedPlaces(text), func(at place) bool { return p.isOf(at, typ) })
		}
	})
	return found
}

// isOf tells whether a type is another one, or a domain of it.
func (p *planner) isOf(at, typ place) bool {
	return at == typ || slices.ContainsFunc(p.index.at(at), func(a resource.Address) bool {
		if a.Kind != "domain" || p.index.desired[a] == nil {
			return false
		}
		of, _ := p.index.typeText(p.index.desired[a].Attrs.Get("type"))
		return slices.ContainsFunc(namedPlaces(of), func(of place) bool { return of != at && p.isOf(of, typ) })
	})
}

// refersTo tells whether a step is about something that refers to a thing.
func (p *planner) refersTo(s *resource.Step, to resource.Address) bool {
	d := p.deltas[s.Address]
	if d == nil || d.Desired == nil || s.Action == resource.Delete {
		return false
	}
	return slices.ContainsFunc(d.Desired.Deps, func(dep resource.Dep) bool { return dep.On == to && dep.Part == s.Node.Part })
}
