package postgres

import (
	"reflect"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// stands adds to what is asked the declared things that views and rules name, directly or through others.
func (a *asker) stands() {
	if len(a.ask.Built) == 0 {
		return
	}
	known := map[place][]catalog.Stand{}
	for _, r := range a.things {
		p := a.index.places[r.Address]
		s := catalog.Stand{Schema: p.schema, Name: p.name}
		switch r.Kind.Name {
		case "table":
			t := decodeTable(a.index, p, r.Attrs)
			columns, ok := a.index.columnsOf(r)
			if !ok {
				continue
			}
			s.Kind = catalog.StandTable
			for _, c := range columns {
				s.Columns = append(s.Columns, catalog.StandColumn{From: c.renamedFrom,
					AskColumn: catalog.AskColumn{Name: c.name, Type: c.typ, Collation: c.collation}})
			}
			if t.primaryKey != nil {
				s.Key = t.primaryKey.columns
			}
		case "enum":
			s.Kind, s.Values = catalog.StandEnum, r.Attrs.Get("values").StringList()
		case "function":
			s.Kind, s.Create = catalog.StandFunction, decodeFunction(a.index, p, r.Attrs).definition()
		default:
			continue
		}
		known[p] = append(known[p], s)
	}
	seen := map[place]bool{}
	var visit func(text string)
	visit = func(text string) {
		for _, n := range sqltext.Names(text) {
			p := place{n.Schema, n.Name}
			if seen[p] {
				continue
			}
			seen[p] = true
			for _, s := range known[p] {
				a.ask.Stands = append(a.ask.Stands, s)
				visit(s.Create)
				for _, c := range s.Columns {
					visit(c.Type)
				}
			}
		}
	}
	for i := range a.ask.Built {
		for _, t := range builtTexts(&a.ask.Built[i]) {
			visit(t)
		}
	}
}

// columnsOf are all columns that a table is to have, in the order in which Postgres makes them: those of its parents first.
// ok is false if the files do not say them all.
func (x *index) columnsOf(r *resource.Resource) (out []column, ok bool) {
	return x.columnsBelow(r, 0)
}

func (x *index) columnsBelow(r *resource.Resource, depth int) (out []column, ok bool) {
	if depth > 32 || slices.ContainsFunc(r.Ignore, func(i resource.Ignore) bool { return i.Path == "columns" || strings.HasPrefix(i.Path, "columns.") }) {
		return nil, false
	}
	add := func(columns []column) {
		for _, c := range columns {
			if i := slices.IndexFunc(out, func(have column) bool { return have.name == c.name }); i < 0 {
				out = append(out, c)
			}
		}
	}
	t := decodeTable(x, x.places[r.Address], r.Attrs)
	for _, at := range t.parents() {
		parent := x.desired[x.tables[at]]
		if parent == nil {
			return nil, false
		}
		above, ok := x.columnsBelow(parent, depth+1)
		if !ok {
			return nil, false
		}
		add(above)
	}
	add(t.columns)
	return out, true
}

// builtTexts are the texts of a view or rule in which names may stand, that of a rule's relation included.
func builtTexts(b *catalog.Built) []string {
	out := []string{b.Query}
	for _, d := range b.Defaults {
		out = append(out, d.Text)
	}
	for _, x := range b.Indexes {
		out = append(append(out, x.On...), x.Where)
	}
	if b.Rule != nil {
		out = append(append(out, sqltext.Qualified(b.Schema, b.Name), b.Rule.Where), b.Rule.Commands...)
	}
	return out
}

// builtFact gives the server's form of a view or rule; why says why there is none. A recorded state is good for as long
// as it was asked the same: a text that takes whatever columns there are means something else where those change.
func (v *view) builtFact(id string) (f catalog.BuiltFact, why string) {
	const unasked = "the recorded state does not have it"
	byID := func(b catalog.Built) bool { return b.ID == id }
	now := v.index.asks[v.snap.Scope.System.Name].questions
	i, j := slices.IndexFunc(now.Built, byID), slices.IndexFunc(v.ask.Built, byID)
	if i < 0 || j < 0 || !reflect.DeepEqual(now.Built[i], v.ask.Built[j]) {
		return f, unasked
	}
	if sqltext.HasStar(now.Built[i].Query) && now.BuiltKey(i) != v.ask.BuiltKey(j) {
		return f, "what it reads has changed since the state was recorded"
	}
	f, ok := v.facts.Built[id]
	switch {
	case !ok:
		return f, unasked
	case f.Error != "":
		return f, f.Error
	}
	return f, ""
}

// mentioned lists the declared things whose names stand in some texts, each once.
func (x *index) mentioned(texts []string) []resource.Address {
	var out []resource.Address
	for _, t := range texts {
		for _, n := range sqltext.Names(t) {
			for _, a := range x.at(place{n.Schema, n.Name}) {
				if !slices.Contains(out, a) {
					out = append(out, a)
				}
			}
		}
	}
	return out
}

// at lists what is declared to stand at a place.
func (x *index) at(p place) []resource.Address {
	if x.byPlace == nil {
		x.byPlace = map[place][]resource.Address{}
		for a, at := range x.places {
			if at.schema != "" {
				x.byPlace[at] = append(x.byPlace[at], a)
			}
		}
		for _, list := range x.byPlace {
			slices.SortFunc(list, resource.Address.Compare)
		}
	}
	return x.byPlace[p]
}
