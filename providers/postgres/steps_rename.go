package postgres

import (
	"fmt"
	"slices"
	"strconv"

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
	key := func(w resource.Wanted) string {
		return w.Address.Kind + " " + w.Locate.Without(catalog.Former, catalog.Values, "owner", "to").Show()
	}
	by := map[string]resource.Address{}
	for _, w := range wanted {
		by[key(w)] = w.Address
	}
	for _, w := range wanted {
		former := w.Locate.Get(catalog.Former)
		if former.IsNull() {
			continue
		}
		was := w
		for _, f := range former.Fields() {
			was.Locate = was.Locate.With(f.Name, f.Value)
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
	if from.name != to.name {
		runOn(s, nil, at, e, "ALTER "+word+" "+written(at)+" RENAME TO "+sqltext.Ident(to.name))
		undo(s, "ALTER "+word+" "+written(to)+" RENAME TO "+sqltext.Ident(from.name))
	}
	p.freed[from] = append(p.freed[from], s.ID)
	p.needs(s, to.schema, to.name)
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
	run(s, "ALTER SCHEMA "+sqltext.Ident(from)+" RENAME TO "+sqltext.Ident(to))
	undo(s, "ALTER SCHEMA "+sqltext.Ident(to)+" RENAME TO "+sqltext.Ident(from))
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
	on := " ON " + want.table.String() + " RENAME TO "
	runOn(s, nil, want.table, exclusive, "ALTER TRIGGER "+sqltext.Ident(have.name)+on+sqltext.Ident(want.name))
	undo(s, "ALTER TRIGGER "+sqltext.Ident(want.name)+on+sqltext.Ident(have.name))
}

// renameValues gives values of an enum their new names, and tells what is left to change.
func (p *planner) renameValues(d *resource.Delta, at place) *resource.Delta {
	have := slices.Clone(d.Live.Attrs.Get("values").StringList())
	var s *resource.Step
	for _, f := range d.Desired.Attrs.Get("renamed").Fields() {
		from, to := f.Value.Str(), f.Name
		i := slices.Index(have, from)
		if i < 0 {
			continue
		}
		if slices.Contains(have, to) {
			p.ds.Errorf(rangeOf(f), fmt.Sprintf("%s has the value %q and its former name %q", d.Address, to, from),
				"write both values and take the line out of renamed", "Postgres cannot make two values of an enum one")
			return d
		}
		if s == nil {
			s = p.step(d, resource.Path{"values"}, resource.Update, "rename values of enum "+at.name)
			s.ID += "/rename"
			s.Reason = "renamed says so"
			p.early(d, s)
		}
		have[i] = to
		run(s, "ALTER TYPE "+at.String()+" RENAME VALUE "+sqltext.Literal(from)+" TO "+sqltext.Literal(to))
		undo(s, "ALTER TYPE "+at.String()+" RENAME VALUE "+sqltext.Literal(to)+" TO "+sqltext.Literal(from))
	}
	if s == nil {
		return d
	}
	out, live := *d, *d.Live
	live.Attrs = live.Attrs.With("values", resource.Strings(have...))
	out.Live = &live
	if slices.Equal(have, d.Desired.Attrs.Get("values").StringList()) {
		out.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(c resource.Change) bool { return c.Path[0] == "values" })
	}
	return &out
}

// sameBut tells whether two values are equal but for some fields.
func sameBut(a, b resource.Value, names ...string) bool {
	return a.Without(names...).Show() == b.Without(names...).Show()
}
