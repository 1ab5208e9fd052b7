package postgres

import (
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// taken is who has a name, and where that is written.
type taken struct {
	what string
	by   resource.Address
	at   *resource.Range
}

// names are the names of one namespace of a database.
type names struct {
	space string
	taken map[string]taken
	ds    *resource.Diagnostics
}

func (n names) take(key string, t taken) {
	was, twice := n.taken[key]
	if !twice {
		n.taken[key] = t
		return
	}
	where := ""
	if at := was.at.String(); at != "" {
		where = " (" + at + ")"
	}
	n.ds.Errorf(t.at, fmt.Sprintf("%s of %s: the name %s is taken", t.what, t.by, key),
		"give one of the two another name", "%s of %s has it already%s; %s", was.what, was.by, where, n.space)
}

// collisions finds names that two things of one database would have. Tables, indexes and sequences share one namespace,
// and so do the constraints that have an index; tables and enums share that of types.
func collisions(x *index, things []*resource.Resource) resource.Diagnostics {
	var ds resource.Diagnostics
	relations := names{"tables, indexes, sequences, primary keys and unique constraints of a schema share their names", make(map[string]taken, 4*len(things)), &ds}
	types := names{"a table is a type too", map[string]taken{}, &ds}
	schemas := names{"a database has each schema once", map[string]taken{}, &ds}
	functions := names{"functions of one name differ in their arguments' types", map[string]taken{}, &ds}
	triggers := names{"a table has each trigger once", map[string]taken{}, &ds}
	for _, r := range things {
		p := x.places[r.Address]
		nameAt := r.Range
		if at := r.Attrs.Get("name").Range(); at != nil {
			nameAt = at
		}
		self := taken{"the name", r.Address, nameAt}
		switch r.Kind.Name {
		case "schema":
			schemas.take(p.String(), self)
		case "enum":
			types.take(p.String(), self)
		case "sequence":
			relations.take(p.String(), self)
		case "function":
			f := decodeFunction(p, r.Attrs)
			for i := range f.arguments {
				if typ, ok := staticBareType(f.arguments[i].typ); ok {
					f.arguments[i].typ = typ
				}
			}
			functions.take(f.signature(), self)
		case "trigger":
			t := decodeTrigger(x, r.Name(), r.Attrs)
			triggers.take(t.table.String()+"."+t.name, self)
		case "table":
			relations.take(p.String(), self)
			types.take(p.String(), self)
			relations.takeOfTable(x, p, r)
		}
	}
	return ds
}

// takeOfTable takes the names that the indexes of a table have, be they its own or a constraint's.
func (n names) takeOfTable(x *index, p place, r *resource.Resource) {
	take := func(what, name string, at *resource.Range) {
		n.take(place{p.schema, name}.String(), taken{what + " " + name, r.Address, at})
	}
	if v := r.Attrs.Get("primary_key"); len(primaryKeyColumns(v)) > 0 {
		name := v.Get("name").Str()
		if name == "" {
			name = catalog.ObjectName(p.name, "", "pkey")
		}
		take("the primary key", name, v.Range())
	}
	for _, f := range r.Attrs.Get("uniques").Fields() {
		take("the unique constraint", f.Name, rangeOf(f))
	}
	for _, f := range r.Attrs.Get("indexes").Fields() {
		take("the index", f.Name, rangeOf(f))
	}
}
