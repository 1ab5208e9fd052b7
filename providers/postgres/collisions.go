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

// namespaces are those of one database.
type namespaces struct {
	index                                                    *index
	relations, types, schemas, functions, triggers, policies names
	extensions, collations, rules, eventTriggers, roles      names
}

// collisions finds names that two things of one database would have. Tables, indexes and sequences share one namespace,
// and so do the constraints that have an index; tables and enums share that of types.
func collisions(x *index, things []*resource.Resource) resource.Diagnostics {
	var ds resource.Diagnostics
	space := func(rule string) names { return names{rule, map[string]taken{}, &ds} }
	n := &namespaces{
		index:     x,
		relations: names{"tables, indexes, sequences, primary keys and unique constraints of a schema share their names", make(map[string]taken, 4*len(things)), &ds},
		types:     space("a table is a type too"),
		schemas:   space("a database has each schema once"),
		functions: space("functions of one name differ in their arguments' types"),
		roles:     space("a cluster has each role once"),
		triggers:  space("a table has each trigger once"),
		policies:  space("a table has each policy once"),

		extensions: space("a database has each extension once"),
		collations: space("a schema has each collation once"),
		rules:      space("a table has each rule once"),

		eventTriggers: space("a database has each event trigger once"),
	}
	for _, r := range things {
		if take := specs[r.Kind.Name].take; take != nil {
			take(n, r)
		}
	}
	return ds
}

// named is who takes the name of a thing itself, and where that name is written.
func named(r *resource.Resource) taken {
	at := r.Range
	if n := r.Attrs.Get("name").Range(); n != nil {
		at = n
	}
	return taken{"the name", r.Address, at}
}

// of is the name of a thing with its schema.
func (n *namespaces) of(r *resource.Resource) string { return n.index.places[r.Address].String() }

func takeSchema(n *namespaces, r *resource.Resource)   { n.schemas.take(n.of(r), named(r)) }
func takeRole(n *namespaces, r *resource.Resource)     { n.roles.take(n.of(r), named(r)) }
func takeEnum(n *namespaces, r *resource.Resource)     { n.types.take(n.of(r), named(r)) }
func takeSequence(n *namespaces, r *resource.Resource) { n.relations.take(n.of(r), named(r)) }

func takeTrigger(n *namespaces, r *resource.Resource) {
	t := decodeTrigger(n.index, r.Name(), r.Attrs)
	n.triggers.take(t.table.String()+"."+t.name, named(r))
}

func takeTable(n *namespaces, r *resource.Resource) {
	n.relations.take(n.of(r), named(r))
	n.types.take(n.of(r), named(r))
	n.relations.takeOfTable(n.index.places[r.Address], r)
}

// takeOfTable takes the names that the indexes of a table have, be they its own or a constraint's.
func (n names) takeOfTable(p place, r *resource.Resource) {
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
	for _, f := range r.Attrs.Get("exclusions").Fields() {
		take("the exclusion constraint", f.Name, rangeOf(f))
	}
	for _, f := range r.Attrs.Get("indexes").Fields() {
		take("the index", f.Name, rangeOf(f))
	}
}
