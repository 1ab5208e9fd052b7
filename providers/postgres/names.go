package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// A name that a plan gives to one thing may be another's yet, which is dropped, moved or renamed by the same plan. Each
// step tells here which names it takes and which it gives free; see settleNames for what follows from that.

// space is a namespace: in it a name is that of one thing at a time.
type space string

const (
	spaceRelations   space = "relations"   // of a schema: tables, views, sequences, indexes, constraints that have an index
	spaceTypes       space = "types"       // of a schema: tables and views have a type, too
	spaceRoutines    space = "routines"    // by their identity: names alone do not tell them apart
	spaceConstraints space = "constraints" // of a table
	spaceTriggers    space = "triggers"    // of a table
	spacePolicies    space = "policies"    // of a table
	spaceSchemas     space = "schemas"     // of the database
	spaceStatistics  space = "statistics"  // of a schema
)

// naming is a name in its namespace.
type naming struct {
	space space
	in    string // the schema, or the table
	name  string
}

func relationName(at place) naming { return naming{spaceRelations, at.schema, at.name} }
func typeName(at place) naming     { return naming{spaceTypes, at.schema, at.name} }

func schemaName(name string) naming { return naming{space: spaceSchemas, name: name} }

// rowNames are those of a table or a view.
func rowNames(at place) []naming { return []naming{relationName(at), typeName(at)} }

// namesOf are the names of a thing by its kind; none if the kind's names cannot be in the way of another kind's.
func namesOf(kind string, at place) []naming {
	switch kind {
	case "table", "view", "materialized_view", "composite_type":
		return rowNames(at)
	case "sequence":
		return []naming{relationName(at)}
	case "enum", "domain", "range_type":
		return []naming{typeName(at)}
	default:
		return nil
	}
}

// taking is a step that takes names.
type taking struct {
	step  *resource.Step
	names []naming
}

// release is a step that gives names free.
type release struct {
	step  *resource.Step
	names []naming
	// called is the thing's name until then, and what the word for it.
	called, what string
	// rename is the statement by which the thing can be called otherwise before, so that the name is free at once; nil if
	// there is none.
	rename func(from, to string) string
	lock   effort
	live   *resource.Live
	on     place
	// says is what the step's statement at says of the thing, if that is called otherwise by then, and back what its undo
	// says; nil where they do not name it.
	says, back func(called string) string
	at         int
}

// takes notes that a step takes names.
func (p *planner) takes(s *resource.Step, names ...naming) {
	p.taking = append(p.taking, taking{s, names})
}

// frees notes that a step gives names free.
func (p *planner) frees(s *resource.Step, names ...naming) {
	p.releases(&release{step: s, names: names})
}

func (p *planner) releases(r *release) {
	for _, n := range r.names {
		p.freed[n] = append(p.freed[n], r)
	}
}

// heldNames are the names that a live or desired table takes: its own, and those of its indexes and of the sequences of its columns.
func (t *table) heldNames() []naming {
	out := rowNames(t.place)
	add := func(name string) { out = append(out, relationName(place{t.schema, name})) }
	if t.primaryKey != nil {
		add(t.primaryKey.name)
	}
	for i := range t.uniques {
		add(t.uniques[i].name)
	}
	for i := range t.exclusions {
		add(t.exclusions[i].name)
	}
	for i := range t.indexes {
		add(t.indexes[i].name)
	}
	for i := range t.columns {
		if at, ok := t.sequenceOf(&t.columns[i]); ok {
			out = append(out, relationName(at))
		}
	}
	for i := range t.statistics {
		out = append(out, t.statisticsName(t.statistics[i].name))
	}
	return out
}

func (t *table) statisticsName(name string) naming { return naming{spaceStatistics, t.schema, name} }

// sequenceOf is where the sequence of a column stands that numbers itself.
func (t *table) sequenceOf(c *column) (place, bool) {
	switch {
	case c.identity != nil && c.identity.sequence != (place{}):
		return c.identity.sequence, true
	case c.identity != nil, isSerialWord(c.typ):
		return place{t.schema, catalog.ObjectName(t.name, c.name, "seq")}, true
	default:
		return place{}, false
	}
}

// keyNames are those of a constraint that has an index.
func (t *table) keyNames(name string) []naming {
	return []naming{relationName(place{t.schema, name}), t.constraintName(name)}
}

func (t *table) constraintName(name string) naming {
	return naming{spaceConstraints, t.place.String(), name}
}

// letIn takes what stands under a desired name instead for gone where this plan makes it go, or gives it another name: the
// thing is made, when the name is free. It tells what stood there, too.
func letIn(v *view, deltas []*resource.Delta, vacated map[naming]bool) (_ []*resource.Delta, stood map[resource.Address]*resource.Live) {
	stood = map[resource.Address]*resource.Live{}
	out := slices.Clone(deltas)
	for i, d := range deltas {
		if d.Live == nil || d.Desired == nil || !d.Live.Instead || d.Last != nil || !d.Desired.Attrs.Get("renamed_from").IsNull() {
			continue // there may be such a thing under another name
		}
		mine := namesOf(d.Address.Kind, livePlace(d.Live))
		mine = append(mine, naming{space: spaceRoutines, name: d.Live.Identity})
		if slices.ContainsFunc(mine, func(n naming) bool { return vacated[n] }) {
			fresh := *d
			fresh.Live, fresh.Changes, fresh.Action = nil, nil, resource.Create
			stood[d.Address] = d.Live
			out[i] = &fresh
		}
	}
	return out, stood
}

// vacatedNames are the names that live things have and that the plan makes free.
func vacatedNames(v *view, deltas []*resource.Delta) map[naming]bool {
	if len(v.facts.Taken) == 0 && !slices.ContainsFunc(deltas, func(d *resource.Delta) bool { return d.Live != nil && d.Live.Instead }) {
		return nil // nobody asks
	}
	vacated, kept := map[naming]bool{}, map[naming]bool{}
	for _, d := range deltas {
		if d.Live == nil || d.Live.Instead {
			continue
		}
		at := livePlace(d.Live)
		has := append(namesOf(d.Address.Kind, at), naming{space: spaceRoutines, name: d.Live.Identity})
		var keeps []naming
		goes := d.Desired == nil || d.Action == resource.Delete
		to := place{}
		if !goes {
			to = v.index.standsAt(d)
			keeps = namesOf(d.Address.Kind, to)
			if to == at {
				keeps = append(keeps, has[len(has)-1])
			}
		}
		switch d.Address.Kind {
		case "table":
			has = append(has, decodeTable(v.index, at, d.Live.Attrs).heldNames()...)
			if !goes {
				keeps = append(keeps, decodeTable(v.index, to, d.Desired.Attrs).heldNames()...)
			}
		case "materialized_view":
			for _, f := range d.Live.Attrs.Get("indexes").Fields() {
				has = append(has, relationName(place{at.schema, f.Name}))
			}
			if !goes {
				for _, f := range d.Desired.Attrs.Get("indexes").Fields() {
					keeps = append(keeps, relationName(place{to.schema, f.Name}))
				}
			}
		}
		for _, n := range has {
			vacated[n] = true
		}
		for _, n := range keeps {
			if slices.Contains(has, n) {
				kept[n] = true
			}
		}
	}
	for n := range kept {
		delete(vacated, n)
	}
	return vacated
}

// renaming adds the statement by which a step gives something another name.
func (p *planner) renaming(s *resource.Step, r *release, to string, takes ...naming) {
	r.step, r.at = s, len(s.Statements)
	r.says = func(called string) string { return r.rename(called, to) }
	r.back = func(called string) string { return r.rename(to, called) }
	runOn(s, r.live, r.on, r.lock, r.says(r.called))
	undo(s, r.back(r.called))
	p.releases(r)
	p.takes(s, takes...)
}

// renameIn is how something is renamed by ALTER.
func renameIn(word, schema string) func(from, to string) string {
	return func(from, to string) string {
		return "ALTER " + word + " " + place{schema, from}.String() + " RENAME TO " + sqltext.Ident(to)
	}
}

// noteNames notes the names that the steps of a thing take and give free, where that goes by its kind alone.
func (p *planner) noteNames(d *resource.Delta, steps []*resource.Step) {
	for _, s := range steps {
		if len(s.Path) > 0 || s.Address != d.Address {
			continue
		}
		switch s.Action {
		case resource.Create:
			p.takes(s, typesOf(d.Address.Kind, p.wanted(d))...)
			if stood := p.stoodInstead[d.Address]; stood != nil {
				p.takes(s, naming{space: spaceRoutines, name: stood.Identity})
			}
		case resource.Delete:
			p.frees(s, append(typesOf(d.Address.Kind, livePlace(d.Live)), naming{space: spaceRoutines, name: d.Live.Identity})...)
		}
	}
}

// typesOf are the names of a type that is a thing by itself.
func typesOf(kind string, at place) []naming {
	switch kind {
	case "enum", "domain", "range_type", "composite_type":
		return namesOf(kind, at)
	default:
		return nil
	}
}

// formerNames are the former names of what is renamed, by the new ones: a thing that is said to have had another name has
// it yet, and nothing has the new one, or what has that is renamed in its turn. Where names go round in a circle, what is
// there does not tell whether they have gone already.
func formerNames(wanted []string, said func(name string) string, isLive func(name string) bool) map[string]string {
	out, given := map[string]string{}, map[string]bool{}
	for again := true; again; {
		again = false
		for _, to := range wanted {
			from := said(to)
			if from == "" || out[to] != "" || !isLive(from) || given[from] || isLive(to) && !given[to] {
				continue
			}
			out[to], given[from], again = from, true, true
		}
	}
	return out
}
