package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// mentions orders steps by what their texts name.
type mentions struct {
	p *planner
	// makers are the steps that make a thing as a whole, by where it stands; adders those that add columns to a table.
	makers, adders map[place][]*resource.Step
	waits          map[string][]string // what is said here, by step
}

// orderMentions lets things that the server reads when they are made wait for what their texts name: an SQL-standard body
// for its tables, a default for its function. The kinds' order has most of it right already; where something of an early
// kind names something of a later one, it does not, and what uses that must wait too.
func (p *planner) orderMentions() {
	m := &mentions{p: p, makers: map[place][]*resource.Step{}, adders: map[place][]*resource.Step{}, waits: map[string][]string{}}
	var readers []*resource.Step
	for _, s := range p.steps {
		d := p.deltas[s.Address]
		if d == nil || d.Desired == nil || s.Stage != resource.Database || s.Address.Kind == "grants" || s.Address.Kind == "schema" {
			continue
		}
		at := p.wanted(d)
		switch {
		case s.Action == resource.Delete:
			continue
		case len(s.Path) == 0 && s.Action != resource.Update:
			m.makers[at] = append(m.makers[at], s)
		case s.Action == resource.Create && s.Path[0] == "columns":
			m.adders[at] = append(m.adders[at], s)
		}
		readers = append(readers, s)
	}
	if !p.remakesRoutine() && !m.early(readers) {
		return
	}
	for _, s := range readers {
		named := namedPlaces(statementText(s))
		for _, at := range named {
			for _, on := range m.makers[at] {
				m.wait(s, on)
			}
		}
		if !p.readsBody(s) {
			continue
		}
		for _, at := range named {
			for _, on := range m.adders[at] {
				m.wait(s, on)
			}
		}
	}
}

// remakesRoutine tells whether a routine goes and comes back: what is made of it meanwhile would hang on the one that goes.
func (p *planner) remakesRoutine() bool {
	return slices.ContainsFunc(p.remade.roots, func(r *chainRoot) bool { return isRoutine(r.d.Address.Kind) && r.d.Action == resource.Update })
}

func (m *mentions) wait(s, on *resource.Step) {
	if on.Address == s.Address || m.reaches(on.ID, s.ID, map[string]bool{}) {
		return
	}
	m.waits[s.ID] = append(m.waits[s.ID], on.ID)
	need(s, on.ID)
}

// reaches tells whether a step waits for another one, so that this cannot wait for it.
func (m *mentions) reaches(from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	seen[from] = true
	for _, next := range m.waits[from] {
		if !seen[next] && m.reaches(next, to, seen) {
			return true
		}
	}
	return false
}

// early tells whether a thing names one of a kind that is made later than its own.
func (m *mentions) early(steps []*resource.Step) bool {
	for _, s := range steps {
		if s.Address.Kind == "trigger" || s.Address.Kind == "table" && !m.namesRows(s) {
			continue
		}
		order := m.p.deltas[s.Address].Kind.Order
		for _, at := range namedPlaces(statementText(s)) {
			for _, on := range m.makers[at] {
				if on.Address != s.Address && m.p.deltas[on.Address].Kind.Order >= order {
					return true
				}
			}
			if len(m.adders[at]) > 0 && m.p.readsBody(s) {
				return true
			}
		}
	}
	return false
}

// namesRows tells whether a table has a column whose values are rows of what the plan makes.
func (m *mentions) namesRows(s *resource.Step) bool {
	for _, f := range m.p.deltas[s.Address].Desired.Attrs.Get("columns").Fields() {
		typ := f.Value.Get("type")
		if typ.Kind() != resource.KindString || !strings.Contains(typ.Str(), ".") {
			continue
		}
		for _, at := range namedPlaces(typ.Str()) {
			if len(m.makers[at]) > 0 {
				return true
			}
		}
	}
	return false
}

// readsBody tells whether a step makes a function whose body the server reads at once.
func (p *planner) readsBody(s *resource.Step) bool {
	if s.Address.Kind != "function" && s.Address.Kind != "procedure" {
		return false
	}
	d := p.deltas[s.Address]
	return decodeRoutine(p.index, s.Address.Kind, p.wanted(d), d.Desired.Attrs).standardBody()
}

// statementText is what the server reads at once: not the bodies that it keeps as text.
func statementText(s *resource.Step) string {
	var b strings.Builder
	for _, st := range s.Statements {
		text := st.SQL.String()
		if i := strings.Index(text, "\nAS $"); i >= 0 && (s.Address.Kind == "function" || s.Address.Kind == "procedure") {
			text = text[:i]
		}
		b.WriteString(text)
		b.WriteString("\n")
	}
	return b.String()
}

// namedPlaces lists the names with a schema that stand in a text, outside strings.
func namedPlaces(text string) []place {
	names := sqltext.Names(text)
	out := make([]place, len(names))
	for i, n := range names {
		out[i] = place{n.Schema, n.Name}
	}
	return out
}
