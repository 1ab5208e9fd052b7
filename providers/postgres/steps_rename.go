package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// formerly are the fields by which the catalog finds a thing that has another name yet.
func formerly(x *index, r *resource.Resource) []resource.Field {
	var out []resource.Field
	if from := r.Attrs.Get("renamed_from").Str(); from != "" {
		former := []resource.Field{resource.F("name", resource.String(from))}
		if in := r.Attrs.Get("schema"); !in.IsNull() {
			at := parseFormer(from, x.schemaOf(in))
			former = []resource.Field{resource.F("schema", resource.String(at.schema)), resource.F("name", resource.String(at.name))}
		}
		out = append(out, resource.F(catalog.Former, resource.Object(former...)))
	}
	if v := r.Attrs.Get("renamed"); len(v.Fields()) > 0 {
		out = append(out, resource.F(catalog.Values, v))
	}
	return out
}

// liveOn refuses a former name that another block still has: one thing cannot live on under two names.
func liveOn(wanted []resource.Wanted, x *index) resource.Diagnostics {
	var ds resource.Diagnostics
	if !slices.ContainsFunc(wanted, func(w resource.Wanted) bool { return !w.Locate.Get(catalog.Former).IsNull() }) {
		return nil
	}
	key := func(w resource.Wanted) string {
		return w.Address.Kind + " " + w.Locate.Without(catalog.Former, catalog.Values, "owner", "to").Show()
	}
	by := map[string]resource.Address{}
	for _, w := range wanted {
		by[key(w)] = w.Address
	}
	formerly := map[resource.Address]resource.Address{} // who has the former name now
	for _, w := range wanted {
		former := w.Locate.Get(catalog.Former)
		if former.IsNull() {
			continue
		}
		was := w
		for _, f := range former.Fields() {
			was.Locate = was.Locate.With(f.Name, f.Value)
		}
		if other, has := by[key(was)]; has {
			formerly[w.Address] = other
		}
		from := x.desired[w.Address].Attrs.Get("renamed_from")
		switch other, has := by[key(was)]; {
		case has && other == w.Address:
			ds.Errorf(from.Range(), fmt.Sprintf("%s was renamed from its own name", w.Address), "take renamed_from out, or write the former name", "%q is what it is called", from.Str())
		case has && x.desired[other].Attrs.Get("renamed_from").IsNull(): // else it takes the name that this one gives up
			ds.Errorf(from.Range(), fmt.Sprintf("%s was renamed from %q, which %s is called", w.Address, from.Str(), other),
				"take renamed_from out once the rename is applied everywhere, or give the other another name", "a thing cannot live on under two names")
		}
	}
	for _, w := range wanted {
		at, ok := formerly[w.Address]
		for n := 0; ok && at != w.Address && n < len(formerly); n++ {
			at, ok = formerly[at]
		}
		if from := x.desired[w.Address].Attrs.Get("renamed_from"); ok && at == w.Address && formerly[at] != at {
			ds.Errorf(from.Range(), fmt.Sprintf("%s and %s have each other's names by renamed_from", w.Address, formerly[at]),
				"take renamed_from out of all of them, and swap what their blocks say of name: the ledger knows which is which",
				"what is there does not tell whether they have swapped them already")
		}
	}
	return ds
}

// notBoth refuses to guess which of two things is meant.
func (n *normalizer) notBoth(r *resource.Resource) {
	was, both := n.facts.Both[r.Address.String()]
	if !both {
		return
	}
	from := r.Attrs.Get("renamed_from")
	n.ds.Errorf(from.Range(), fmt.Sprintf("%s is there under its name and under its former one", r.Address),
		"drop or rename one of the two by hand; or take renamed_from out, and the one under the former name is no longer meant",
		"%s is still there, and so is %s: which of them holds the data, only you know", was, n.index.places[r.Address].orName(r.Name()))
}

func (p place) orName(name string) string {
	if p.name == "" {
		return sqltext.Ident(name)
	}
	return p.String()
}

// renamed makes the step of a changed name or schema, and tells where the thing stands for the steps that follow. word is
// as in ALTER.
func (p *planner) renamed(d *resource.Delta, word string) place {
	return p.relocate(d, word, place.String)
}

// relocate is renamed for things that are written with more than their place: a function with its arguments.
func (p *planner) relocate(d *resource.Delta, word string, written func(place) string) place {
	from, to := livePlace(d.Live), p.wanted(d)
	if from == to {
		return to
	}
	title, path := "rename "+from.name+" to "+to.name, resource.Path{"name"}
	if from.schema != to.schema {
		title, path = "move "+from.name+" to schema "+to.schema, resource.Path{"schema"}
		if from.name != to.name {
			title += " as " + to.name
		}
	}
	s := p.step(d, path, resource.Update, title)
	if from.schema != to.schema && from.name != to.name {
		for _, c := range d.Changes {
			if c.Path[0] == "name" {
				s.Changes = append(s.Changes, c)
			}
		}
	}
	if why := d.Desired.Attrs.Get("renamed_from"); !why.IsNull() {
		s.Reason = "renamed_from = " + strconv.Quote(why.Str())
	}
	p.early(d, s)
	e := effort{}
	if word == "TABLE" {
		e.lock = lockAccessExclusive
	}
	at := from
	if from.schema != to.schema {
		at.schema = to.schema
		runOn(s, nil, from, e, "ALTER "+word+" "+written(from)+" SET SCHEMA "+sqltext.Ident(to.schema))
		undo(s, "ALTER "+word+" "+written(at)+" SET SCHEMA "+sqltext.Ident(from.schema))
		p.mayCreate(s, to.schema)
	}
	names := func(at place) []naming { return namesOf(d.Address.Kind, at) }
	if word == "FUNCTION" || word == "PROCEDURE" || word == "AGGREGATE" {
		names = func(at place) []naming { return []naming{{spaceRoutines, "", written(at)}} }
	}
	if from.name != to.name {
		p.renaming(s, &release{names: names(from), called: from.name, what: strings.ToLower(word), lock: e, on: at,
			rename: func(was, is string) string {
				return "ALTER " + word + " " + written(place{at.schema, was}) + " RENAME TO " + sqltext.Ident(is)
			}}, to.name, names(to)...)
	} else {
		p.frees(s, names(from)...)
		p.takes(s, names(to)...)
	}
	if at != from && at != to {
		p.takes(s, names(at)...) // on its way it has its name in the schema it goes to
		p.frees(s, names(at)...)
	}
	p.relocated[d.Address] = s
	if why := p.facts.Taken[d.Address.String()]; why != "" && !slices.ContainsFunc(names(to), func(n naming) bool { return p.vacated[n] }) {
		s.Blocked = &resource.Block{Reason: why}
	}
	return to
}

// early lets a step run with the schema that its thing stands in, before the steps of all else in it: those speak of the
// thing by its new name.
func (p *planner) early(d *resource.Delta, s *resource.Step) {
	if a, ok := d.Desired.Attrs.Get("schema").Ref(); ok {
		s.Node = resource.Node{Address: a}
	} else {
		s.Node = aheadOf(p.wanted(d).schema)
	}
}

// aheadOf is a place in the order before all that stands in a schema that no file declares.
func aheadOf(schema string) resource.Node {
	return resource.Node{Address: resource.Address{Kind: "schema", Name: schema}}
}

// renameSchema gives a schema its new name, and tells it.
func (p *planner) renameSchema(d *resource.Delta) string {
	from, to := d.Live.Attrs.Get("name").Str(), p.wanted(d).name
	if from == to {
		return to
	}
	s := p.step(d, resource.Path{"name"}, resource.Update, "rename schema "+from+" to "+to)
	if why := d.Desired.Attrs.Get("renamed_from"); !why.IsNull() {
		s.Reason = "renamed_from = " + strconv.Quote(why.Str())
	}
	p.renaming(s, &release{names: []naming{schemaName(from)}, called: from, what: "schema", rename: func(from, to string) string {
		return "ALTER SCHEMA " + sqltext.Ident(from) + " RENAME TO " + sqltext.Ident(to)
	}}, to, schemaName(to))
	p.renamedSchemas[to] = s
	return to
}

// orderRenames lets what is dropped from a renamed schema wait until it has the name by which the drop speaks of it.
func (p *planner) orderRenames() {
	if len(p.renamedSchemas) == 0 {
		return
	}
	for _, s := range p.steps {
		d := p.deltas[s.Address]
		if d == nil || d.Action != resource.Delete || d.Live == nil {
			continue
		}
		in := livePlace(d.Live).schema
		if on := d.Live.Attrs.Get("table").Str(); in == "" && on != "" {
			in = parsePlace(on, "").schema
		}
		if rename := p.renamedSchemas[in]; rename != nil {
			need(s, rename.ID)
		}
	}
}

func (p *planner) renameTrigger(d *resource.Delta, want, have *trigger) {
	s := p.step(d, resource.Path{"name"}, resource.Update, "rename trigger "+have.name+" to "+want.name)
	if why := d.Desired.Attrs.Get("renamed_from"); !why.IsNull() {
		s.Reason = "renamed_from = " + strconv.Quote(why.Str())
	}
	p.renaming(s, &release{names: []naming{want.naming(have.name)}, called: have.name, what: "trigger", lock: exclusive, on: want.table,
		rename: func(from, to string) string {
			return "ALTER TRIGGER " + sqltext.Ident(from) + " ON " + want.table.String() + " RENAME TO " + sqltext.Ident(to)
		}}, want.name, want.naming(want.name))
}

func (t *trigger) naming(name string) naming { return naming{spaceTriggers, t.table.String(), name} }

// renameValues gives values of an enum their new names, and tells what is left to change.
func (p *planner) renameValues(d *resource.Delta, at place) *resource.Delta {
	have := slices.Clone(d.Live.Attrs.Get("values").StringList())
	want := d.Desired.Attrs.Get("values").StringList()
	if slices.Equal(have, want) {
		return d
	}
	said := d.Desired.Attrs.Get("renamed")
	renamed := formerNames(want, func(name string) string { return said.Get(name).Str() }, func(name string) bool { return slices.Contains(have, name) })
	var left [][2]string // from, to
	for _, f := range said.Fields() {
		from, to := f.Value.Str(), f.Name
		switch {
		case renamed[to] != "", passesRound(said, to, want, have):
			left = append(left, [2]string{from, to})
		case slices.Contains(have, from) && slices.Contains(have, to) && !slices.Contains(want, from):
			p.ds.Errorf(rangeOf(f), fmt.Sprintf("%s has the value %q and its former name %q", d.Address, to, from),
				"write both values and take the line out of renamed", "Postgres cannot make two values of an enum one")
			return d
		}
	}
	if len(left) == 0 {
		return d
	}
	s := p.step(d, resource.Path{"values"}, resource.Update, "rename values of enum "+at.name)
	s.ID += "/rename"
	s.Reason = "renamed says so"
	p.early(d, s)
	for len(left) > 0 {
		n := slices.IndexFunc(left, func(r [2]string) bool { return !slices.Contains(have, r[1]) })
		from, to := left[0][0], wayName(wayAside, left[0][0])
		if n >= 0 {
			from, to = left[n][0], left[n][1]
			left = slices.Delete(left, n, n+1)
		} else { // they go in a circle
			left[0][0] = to
		}
		have[slices.Index(have, from)] = to
		run(s, "ALTER TYPE "+at.String()+" RENAME VALUE "+sqltext.Literal(from)+" TO "+sqltext.Literal(to))
		undo(s, "ALTER TYPE "+at.String()+" RENAME VALUE "+sqltext.Literal(to)+" TO "+sqltext.Literal(from))
	}
	out, live := *d, *d.Live
	live.Attrs = live.Attrs.With("values", resource.Strings(have...))
	out.Live = &live
	if slices.Equal(have, d.Desired.Attrs.Get("values").StringList()) {
		out.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(c resource.Change) bool { return c.Path[0] == "values" })
	}
	return &out
}

// passesRound tells whether a value gets its name in a circle of renamed values that have yet to get theirs: where each
// stands among the others tells, as Postgres cannot move one.
func passesRound(said resource.Value, value string, want, have []string) bool {
	is := value
	for range said.Fields() {
		was := said.Get(is).Str()
		if was == "" || !slices.Contains(have, is) || !slices.Contains(have, was) || slices.Index(among(want, have), is) != slices.Index(among(have, want), was) {
			return false
		}
		if is = was; is == value {
			return true
		}
	}
	return false
}

// among are the values of a list that another one has too.
func among(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return !slices.Contains(other, v) })
}

// sameBut tells whether two values are equal but for some fields.
func sameBut(a, b resource.Value, names ...string) bool {
	return a.Without(names...).Show() == b.Without(names...).Show()
}
