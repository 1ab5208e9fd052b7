package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// reader is how the catalog tells of the things of one kind.
type reader struct {
	// locate finds one thing by the attributes that a plan or the ledger has;
	// nil if it is not there.
	locate func(*snapshot, resource.Address, resource.Value) *resource.Live
	// list gives all things of the kind in the schemas in scope, in order; nil
	// for a kind whose things are no objects of their own.
	list func(*snapshot) []thing
	// rename lets the snapshot call a thing what the plan will call it, so that
	// all that refers to it is told under that name; nil for a kind to which
	// nothing refers by name.
	rename func(s *snapshot, l *resource.Live, to home)
}

// thing is one object as a list gives it.
type thing struct {
	oid    uint32
	schema uint32
	// name is how people are told of it: "orders", "touch(integer)",
	// "orders.orders_touch".
	name string
	// at holds the attributes by which locate finds it.
	at resource.Value
}

var readers = map[string]reader{
	"schema":   {locate: (*snapshot).locateSchema, list: (*snapshot).listSchemas, rename: renameSchemaRow},
	"grants":   {locate: (*snapshot).locateGrants},
	"role":     {locate: (*snapshot).locateRole},
	"table":    {locate: (*snapshot).locateTable, list: (*snapshot).listTables, rename: renameRelation},
	"sequence": {locate: (*snapshot).locateSequence, list: (*snapshot).listSequences, rename: renameRelation},
	"enum":     {locate: (*snapshot).locateType, list: (*snapshot).listEnums, rename: renameType},
	"function": {locate: (*snapshot).locateRoutine, list: (*snapshot).listFunctions, rename: renameFunctionRow},
	"trigger":  {locate: (*snapshot).locateTrigger, list: (*snapshot).listTriggers, rename: renameTriggerRow},
	"policy":   {locate: (*snapshot).locatePolicy, list: (*snapshot).listPolicies},

	"domain":         {locate: (*snapshot).locateType, list: (*snapshot).listDomains, rename: renameType},
	"composite_type": {locate: (*snapshot).locateType, list: (*snapshot).listComposites, rename: renameType},
	"range_type":     {locate: (*snapshot).locateType, list: (*snapshot).listRanges, rename: renameType},
	"collation":      {locate: (*snapshot).locateCollation, list: (*snapshot).listCollations},
	"extension":      {locate: (*snapshot).locateExtension, list: (*snapshot).listExtensions},
	"procedure":      {locate: (*snapshot).locateRoutine, list: (*snapshot).listProcedures, rename: renameFunctionRow},
	"aggregate":      {locate: (*snapshot).locateRoutine, list: (*snapshot).listAggregates, rename: renameFunctionRow},

	"view":              {locate: locateRelation('v', "VIEW", (*shaper).view), list: (*snapshot).listViews, rename: renameRelation},
	"materialized_view": {locate: locateRelation('m', "MATERIALIZED VIEW", (*shaper).materialized), list: (*snapshot).listMaterialized, rename: renameRelation},
	"rule":              {locate: (*snapshot).locateRule, list: (*snapshot).listRules},
	"event_trigger":     {locate: (*snapshot).locateEventTrigger, list: (*snapshot).listEventTriggers},
}

// within reads the place of a thing that stands in a schema; ok is false where
// that schema is not there.
func (s *snapshot) within(at resource.Value) (in place, ok bool) {
	n := s.schemaNamed(at.Get("schema").Str())
	if n == nil {
		return place{}, false
	}
	return place{n.oid, at.Get("name").Str()}, true
}

// inSchemaNamed makes the attributes by which most things are found.
func (s *snapshot) inSchemaNamed(schema uint32, name string) resource.Value {
	return resource.Object(resource.F("schema", resource.String(s.schemaOf[schema].name)), resource.F("name", resource.String(name)))
}

func (s *snapshot) locateSchema(a resource.Address, at resource.Value) *resource.Live {
	n := s.schema[at.Get("name").Str()]
	if n == nil {
		return nil
	}
	return s.found(a, n.oid, n.owner, "SCHEMA "+sqltext.Ident(cmp.Or(n.was, n.name)), s.shape.schema(n))
}

func (s *snapshot) listSchemas() []thing {
	var out []thing
	for _, n := range s.schemas {
		out = append(out, thing{oid: n.oid, schema: n.oid, name: n.name, at: resource.Object(resource.F("name", resource.String(n.name)))})
	}
	return out
}

func (s *snapshot) locateGrants(a resource.Address, at resource.Value) *resource.Live {
	if at.Get("schema").Str() == "" {
		effective := s.databaseGrants(questionOf(at, s.former[a].attrs))
		if effective.IsNull() {
			return nil
		}
		return &resource.Live{Address: a, Attrs: resource.Object(resource.F("effective", effective))}
	}
	n := s.schema[at.Get("schema").Str()]
	if n == nil {
		return nil
	}
	effective := s.grants(n, questionOf(at, s.former[a].attrs))
	if effective.IsNull() {
		return nil
	}
	return &resource.Live{Address: a, Identity: oidText(n.oid), Attrs: resource.Object(
		resource.F("schema", resource.String(n.name)), resource.F("effective", effective))}
}

// relationsOf lists the relations of some kinds.
func (s *snapshot) relationsOf(kinds string, pick func(*relationRow) bool) []thing {
	var out []thing
	for _, t := range s.relations {
		if strings.IndexByte(kinds, t.kind) >= 0 && (pick == nil || pick(t)) {
			out = append(out, thing{oid: t.oid, schema: t.schema, name: t.name, at: s.inSchemaNamed(t.schema, t.name)})
		}
	}
	return out
}

func (s *snapshot) listViews() []thing        { return s.relationsOf("v", nil) }
func (s *snapshot) listMaterialized() []thing { return s.relationsOf("m", nil) }

func (s *snapshot) listSequences() []thing {
	return s.relationsOf("S", func(t *relationRow) bool { return !s.ofColumn(t) })
}

// typesOf lists the types of one kind.
func (s *snapshot) typesOf(kind byte) []thing {
	var out []thing
	for _, t := range s.types {
		if t.kind == kind {
			out = append(out, thing{oid: t.oid, schema: t.schema, name: t.name, at: s.inSchemaNamed(t.schema, t.name)})
		}
	}
	return out
}

func (s *snapshot) listEnums() []thing { return s.typesOf('e') }

// functionsOf lists the functions of some kinds.
func (s *snapshot) functionsOf(kinds string) []thing {
	var out []thing
	for _, p := range s.functions {
		if strings.IndexByte(kinds, p.kind) < 0 {
			continue
		}
		at := s.inSchemaNamed(p.schema, p.name)
		out = append(out, thing{oid: p.oid, schema: p.schema, name: p.signature(), at: at.With("types", resource.Strings(p.argTypes))})
	}
	return out
}

func (s *snapshot) listFunctions() []thing { return s.functionsOf("fw") }

// listTriggers lists those of tables that somebody declared: the others go
// with their tables.
func (s *snapshot) listTriggers() []thing {
	var out []thing
	for _, t := range s.relations {
		for _, g := range t.triggers {
			at := resource.Object(resource.F("table", resource.String(qualified(s.schemaOf[t.schema].name, t.name))),
				resource.F("name", resource.String(g.name)))
			out = append(out, thing{oid: g.oid, schema: t.schema, name: t.name + "." + g.name, at: at})
		}
	}
	return out
}

// undeclared lists by name what nobody declared and the ledger does not know,
// so that nothing is passed over in silence, and of that what goes with
// something else.
func (s *snapshot) undeclared() ([]resource.Undeclared, []Attached) {
	found := map[[2]string][]string{}
	var attached []Attached
	attach := func(kind string, t thing) {
		if on, column := s.goesWith(kind, t); on != "" && !s.taken[t.oid] {
			attached = append(attached, Attached{Kind: kind, Schema: s.schemaOf[t.schema].name, Name: t.name, On: on, Column: column})
		}
	}
	add := func(kind string, t thing) {
		attach(kind, t)
		if !s.taken[t.oid] && !s.ignored[s.schemaOf[t.schema].name].match(kind, t.name) {
			at := [2]string{s.schemaOf[t.schema].name, kind}
			found[at] = append(found[at], t.name)
		}
	}
	for kind, r := range readers {
		if r.list == nil || kind == "schema" {
			continue
		}
		for _, t := range r.list(s) {
			if kind == "table" && s.relation[t.oid].partition {
				add("partition", t) // a partition manager makes and drops them
			} else if !t.at.Has("table") || s.onTaken(t) {
				add(kind, t)
			} else if s.onGoing(t) {
				attach(kind, t)
			}
		}
	}
	for kind, things := range s.unread() {
		for _, t := range things {
			add(kind, t)
		}
	}
	var out []resource.Undeclared
	for at, names := range found {
		slices.Sort(names)
		out = append(out, resource.Undeclared{Kind: at[1], Where: at[0], Names: names})
	}
	slices.SortFunc(out, func(a, b resource.Undeclared) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(attached, func(a, b Attached) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out, attached
}

// goesWith is what takes a thing along: the relation that a trigger, policy or
// rule is on, or the column that a sequence is tied to.
func (s *snapshot) goesWith(kind string, t thing) (on, column string) {
	if on := t.at.Get("table").Str(); on != "" {
		return on, ""
	}
	if kind != "sequence" {
		return "", ""
	}
	seq := s.relation[t.oid].sequence
	owner := s.relation[seq.table]
	if owner == nil || !s.taken[owner.oid] {
		return "", ""
	}
	for _, c := range owner.columns {
		if c.number == seq.column {
			column = c.name
		}
	}
	return qualified(s.schemaOf[owner.schema].name, owner.name), column
}

// onTaken tells whether the table of a trigger or policy is one that somebody declared.
func (s *snapshot) onTaken(t thing) bool {
	_, table, _ := sqltext.SplitQualified(t.at.Get("table").Str())
	on := s.named[place{t.schema, table}]
	return on != nil && s.taken[on.oid] && !s.going[on.oid]
}

// onGoing tells whether it is one that nobody declared and an exclusive schema
// does not want.
func (s *snapshot) onGoing(t thing) bool {
	_, table, _ := sqltext.SplitQualified(t.at.Get("table").Str())
	on := s.named[place{t.schema, table}]
	return on != nil && s.going[on.oid]
}

// unread lists what no kind is for, by the word for it.
func (s *snapshot) unread() map[string][]thing {
	out := map[string][]thing{
		"foreign table": s.relationsOf("f", nil),
	}
	for _, o := range s.rest {
		out[o.word] = append(out[o.word], thing{oid: o.oid, schema: o.schema, name: o.name})
	}
	for _, t := range s.relations {
		for _, k := range t.special {
			if s.taken[t.oid] {
				const word = "not-null constraint that is not valid, not inherited, or has a comment"
				out[word] = append(out[word], thing{oid: k.oid, schema: t.schema, name: t.name + "." + k.name})
			}
		}
		for _, x := range t.statistics {
			if x.elsewhere && s.taken[t.oid] { // a table's own stand in its schema
				out["statistics"] = append(out["statistics"], thing{oid: x.oid, schema: t.schema, name: qualified(x.schema, x.name)})
			}
		}
	}
	return out
}
