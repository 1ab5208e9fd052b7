package catalog

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// ofView are the attributes that a view and a materialised view have alike.
func (s *shaper) ofView(t *relationRow) fields {
	var f fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	f.text("query", t.view.query)
	var comments fields
	for _, c := range t.columns {
		if c.comment != "" {
			comments.put(c.name, resource.String(c.comment))
		}
	}
	f.object("column_comments", comments)
	f.text("comment", t.comment)
	f.text("owner", s.roleName(t.owner))
	return f
}

func (s *shaper) view(t *relationRow) resource.Value {
	f := s.ofView(t)
	var defaults fields
	for _, c := range t.columns {
		if c.hasExpr {
			defaults.put(c.name, resource.String(c.expr))
		}
	}
	f.object("column_defaults", defaults)
	for _, o := range t.view.options {
		name, value, _ := strings.Cut(o, "=")
		switch {
		case name == "check_option":
			f.text("check_option", value)
		default:
			f.flag(name, on(value))
		}
	}
	return resource.Object(f...)
}

// on tells whether a boolean storage option is on: it is kept as it was written.
func on(value string) bool {
	v := strings.ToLower(value)
	return v == "1" || v == "on" || v != "" && (strings.HasPrefix("true", v) || strings.HasPrefix("yes", v))
}

func (s *shaper) materialized(t *relationRow) resource.Value {
	f := s.ofView(t)
	var indexes, with fields
	for _, i := range t.indexes {
		indexes.put(i.name, index(t, i))
	}
	for _, o := range t.view.options {
		name, value, _ := strings.Cut(o, "=")
		with.put(name, resource.String(value))
	}
	f.object("indexes", indexes)
	f.object("with", with)
	if t.view.method != "heap" {
		f.text("method", t.view.method)
	}
	f.text("tablespace", t.view.tablespace)
	if !t.view.populated {
		f.put("with_data", resource.Bool(false))
	}
	return resource.Object(f...)
}

var ruleEvents = map[byte]string{'2': "UPDATE", '3': "INSERT", '4': "DELETE"}

func (s *shaper) rule(t *relationRow, r *ruleRow) resource.Value {
	var f fields
	f.text("table", qualified(s.schemaOf[t.schema].name, t.name))
	f.text("name", r.name)
	f.text("event", ruleEvents[r.event])
	f.text("where", r.where)
	f.flag("instead", r.instead)
	f.list("commands", r.commands)
	f.text("enabled", map[byte]string{'R': "replica", 'A': "always", 'D': "disabled"}[r.enabled])
	f.text("comment", r.comment)
	return resource.Object(f...)
}

func (s *shaper) eventTrigger(e *eventTriggerRow) resource.Value {
	var f fields
	f.text("name", e.name)
	f.text("event", e.event)
	tags := slices.Clone(e.tags)
	slices.Sort(tags)
	f.list("tags", tags)
	f.text("function", qualified(e.fnSchema, e.fn))
	f.text("enabled", map[byte]string{'R': "replica", 'A': "always", 'D': "disabled"}[e.enabled])
	f.text("comment", e.comment)
	f.text("owner", s.roleName(e.owner))
	return resource.Object(f...)
}

// locateRelation finds a relation of one kind: v or m.
func locateRelation(kind byte, word string, shape func(*shaper, *relationRow) resource.Value) func(*snapshot, resource.Address, resource.Value) *resource.Live {
	return func(s *snapshot, a resource.Address, at resource.Value) *resource.Live {
		in, ok := s.within(at)
		if !ok {
			return nil
		}
		t := s.named[in]
		switch {
		case t == nil && s.indexed[in] != nil:
			table := s.indexed[in]
			return s.instead(a, in, 0, "an index of "+qualified(s.schemaOf[table.schema].name, table.name))
		case t == nil && s.typed[in] != nil:
			return s.instead(a, in, s.typed[in].oid, typeWord(s.typed[in].kind))
		case t == nil:
			return nil
		case t.kind != kind || t.view == nil:
			return s.instead(a, in, t.oid, relationWord(t.kind))
		}
		what := qualified(s.schemaOf[t.schema].name, t.name)
		l := s.found(a, t.oid, t.owner, word+" "+what, shape(s.shape, t))
		if kind == 'm' {
			l.Rows, l.Bytes = t.rows, t.bytes
			for _, i := range t.indexes {
				l.Bytes += i.bytes
			}
			if t.view.peculiar && l.Blocked == "" {
				l.Blocked = what + " has settings that no attribute is for, and that would be lost: storage, compression or statistics of a column, " +
					"or the index that it is clustered on; ALTER MATERIALIZED VIEW sets them back"
			}
		}
		s.rows[a] = t
		return l
	}
}

func (s *snapshot) locateRule(a resource.Address, at resource.Value) *resource.Live {
	schema, table, ok := sqltext.SplitQualified(at.Get("table").Str())
	n := s.schema[schema]
	if !ok || n == nil {
		return nil
	}
	t := s.named[place{n.oid, table}]
	if t == nil {
		return nil
	}
	for _, r := range t.rules {
		if r.name == at.Get("name").Str() {
			return s.found(a, r.oid, t.owner, "TABLE "+qualified(schema, table), s.shape.rule(t, r))
		}
	}
	return nil
}

func (s *snapshot) listRules() []thing {
	var out []thing
	for _, t := range s.relations {
		for _, r := range t.rules {
			at := resource.Object(resource.F("table", resource.String(qualified(s.schemaOf[t.schema].name, t.name))),
				resource.F("name", resource.String(r.name)))
			out = append(out, thing{oid: r.oid, schema: t.schema, name: t.name + "." + r.name, at: at})
		}
	}
	return out
}

func (s *snapshot) locateEventTrigger(a resource.Address, at resource.Value) *resource.Live {
	for _, e := range s.eventTriggers {
		if e.name == at.Get("name").Str() {
			return s.found(a, e.oid, e.owner, "EVENT TRIGGER "+sqltext.Ident(e.name), s.shape.eventTrigger(e))
		}
	}
	return nil
}

// listEventTriggers lists those whose function stands in a schema in scope: others are somebody else's, such as the
// platform's own.
func (s *snapshot) listEventTriggers() []thing {
	var out []thing
	for _, e := range s.eventTriggers {
		if s.schemaOf[e.schema] != nil && !PlatformRole(s.roleName(e.owner)) {
			out = append(out, thing{oid: e.oid, schema: e.schema, name: e.name, at: resource.Object(resource.F("name", resource.String(e.name)))})
		}
	}
	return out
}

// toldDependencies are those of live things, in the words of the names that these are to have.
func (s *snapshot) toldDependencies() []Dependency {
	if !s.renames.any() {
		return s.dependencies
	}
	out := slices.Clone(s.dependencies)
	for i := range out {
		d := &out[i]
		d.What, d.Drop, d.Restore = s.renames.forward.text(d.What), s.renames.forward.text(d.Drop), slices.Clone(d.Restore)
		for j := range d.Restore {
			d.Restore[j] = s.renames.forward.text(d.Restore[j])
		}
	}
	return out
}

// toldCasts are those of the types of columns, under the names that the types are to have.
func (s *snapshot) toldCasts() map[string]string {
	if !s.renames.any() {
		return s.casts
	}
	out := make(map[string]string, len(s.casts))
	for from, to := range s.casts {
		out[s.renames.forward.text(from)] = s.renames.forward.text(to)
	}
	return out
}

// viewFacts are what the re-creation of each existing view must bring back.
func (s *snapshot) viewFacts() map[string]ViewFact {
	out := map[string]ViewFact{}
	for _, t := range s.relations {
		if t.view == nil {
			continue
		}
		f := ViewFact{Columns: liveColumns(t), Grants: t.view.grants}
		for _, g := range t.triggers {
			f.Triggers = append(f.Triggers, g.name)
			if !s.taken[g.oid] {
				f.Own = append(f.Own, OwnFact{"trigger", s.shape.trigger(t, g)})
			}
		}
		for _, r := range t.rules {
			f.Rules = append(f.Rules, r.name)
			if !s.taken[r.oid] {
				f.Own = append(f.Own, OwnFact{"rule", s.shape.rule(t, r)})
			}
		}
		out[qualified(s.schemaOf[t.schema].name, t.name)] = f
	}
	return out
}

func liveColumns(t *relationRow) []BuiltColumn {
	var out []BuiltColumn
	for _, c := range t.columns {
		out = append(out, BuiltColumn{Name: c.name, Type: c.typ, Collation: c.collation})
	}
	return out
}
