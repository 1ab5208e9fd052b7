package catalog

import (
	"encoding/hex"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func (w *raw) roleName(oid uint32) string {
	if r := w.roles[oid]; r != nil {
		return r.name
	}
	return ""
}

func (s *shaper) schema(n *schemaRow) resource.Value {
	var f fields
	f.text("name", n.name)
	f.text("comment", n.comment)
	f.text("owner", s.roleName(n.owner))
	return resource.Object(f...)
}

func (s *shaper) sequence(t *relationRow) resource.Value {
	q := t.sequence
	var f fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	if q.typ != "bigint" {
		f.text("type", q.typ)
	}
	f = append(f, sequenceOptions(q)...)
	if owner := s.relation[q.table]; owner != nil && q.dep == 'a' {
		for _, column := range names(owner, []int16{q.column}) {
			f.text("owned_by", qualified(s.schemaOf[owner.schema].name, owner.name)+"."+sqltext.Ident(column))
		}
	}
	f.flag("unlogged", t.storage.unlogged)
	f.text("comment", t.comment)
	f.text("owner", s.roleName(t.owner))
	return resource.Object(f...)
}

// sequenceOptions are those that differ from what CREATE SEQUENCE takes when
// nothing is said.
func sequenceOptions(q *sequenceRow) fields {
	bits := map[string]uint{"smallint": 15, "integer": 31, "bigint": 63}[q.typ]
	least, most, start := int64(1), int64(1)<<bits-1, q.min
	if q.increment < 0 {
		least, most, start = -(int64(1)<<(bits-1))*2, -1, q.max
	}
	var f fields
	number := func(name string, v, def int64) {
		if v != def {
			f.put(name, resource.Int(v))
		}
	}
	number("start", q.start, start)
	number("increment", q.increment, 1)
	number("min", q.min, least)
	number("max", q.max, most)
	number("cache", q.cache, 1)
	f.flag("cycle", q.cycle)
	return f
}

func (s *shaper) enum(t *typeRow) resource.Value {
	var f fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	f.put("values", resource.Strings(t.labels...))
	f.text("comment", t.comment)
	f.text("owner", s.roleName(t.owner))
	return resource.Object(f...)
}

func (s *shaper) function(p *functionRow) resource.Value {
	var f fields
	f.text("schema", s.schemaOf[p.schema].name)
	f.text("name", p.name)
	f.list("arguments", p.arguments())
	f.text("returns", p.result)
	f.text("language", p.language)
	f.put("body", resource.String(p.body))
	f.text("volatility", map[byte]string{'i': "immutable", 's': "stable"}[p.volatility])
	f.flag("strict", p.strict)
	f.flag("security_definer", p.definer)
	f.flag("leakproof", p.leakproof)
	f.text("parallel", map[byte]string{'r': "restricted", 's': "safe"}[p.parallel])
	cost := "100"
	if p.language == "c" || p.language == "internal" {
		cost = "1"
	}
	if p.cost != cost {
		f.put("cost", resource.Number(p.cost))
	}
	if p.set && p.rows != "1000" {
		f.put("rows", resource.Number(p.rows))
	}
	f.flag("window", p.kind == 'w')
	f.text("support", p.support)
	f.object("set", p.settings())
	f.text("comment", p.comment)
	f.text("owner", s.roleName(p.owner))
	return resource.Object(f...)
}

// settings are those that hold while a function runs.
func (p *functionRow) settings() fields {
	var set fields
	for _, c := range p.config {
		name, value, _ := strings.Cut(c, "=")
		set.put(name, resource.String(value))
	}
	return set
}

// arguments are written as in CREATE FUNCTION; the columns of RETURNS TABLE
// are in the result.
func (p *functionRow) arguments() []string {
	var out []string
	for _, a := range p.args {
		part := func(i int) string {
			if a[i] == nil {
				return ""
			}
			return *a[i]
		}
		mode, ok := map[string]string{"i": "", "o": "OUT ", "b": "INOUT ", "v": "VARIADIC "}[part(0)]
		if !ok {
			continue
		}
		text := mode
		if name := part(1); name != "" {
			text += sqltext.Ident(name) + " "
		}
		text += part(2)
		if def := part(3); def != "" {
			text += " DEFAULT " + def
		}
		out = append(out, text)
	}
	return out
}

// signature names a function among its overloads.
func (p *functionRow) signature() string { return p.name + "(" + p.argTypes + ")" }

// The bits of pg_trigger.tgtype.
const (
	triggerRowLevel = 1 << iota
	triggerBefore
	triggerInsert
	triggerDelete
	triggerUpdate
	triggerTruncate
	triggerInstead
)

func (s *shaper) trigger(t *relationRow, g *triggerRow) resource.Value {
	var f fields
	f.text("table", qualified(s.schemaOf[t.schema].name, t.name))
	f.text("name", g.name)
	switch {
	case g.typ&triggerInstead != 0:
		f.text("timing", "INSTEAD OF")
	case g.typ&triggerBefore != 0:
		f.text("timing", "BEFORE")
	default:
		f.text("timing", "AFTER")
	}
	var events []string
	if g.typ&triggerInsert != 0 {
		events = append(events, "INSERT")
	}
	if g.typ&triggerUpdate != 0 {
		event := "UPDATE"
		if len(g.columns) > 0 {
			event += " OF " + sqltext.Idents(names(t, g.columns))
		}
		events = append(events, event)
	}
	if g.typ&triggerDelete != 0 {
		events = append(events, "DELETE")
	}
	if g.typ&triggerTruncate != 0 {
		events = append(events, "TRUNCATE")
	}
	f.list("events", events)
	if g.typ&triggerRowLevel != 0 {
		f.text("level", "ROW")
	}
	f.text("when", g.when)
	f.text("function", qualified(g.fnSchema, g.fn))
	f.list("arguments", g.args)
	f.flag("constraint", g.constraint)
	f.text("from", g.from)
	f.flag("deferrable", g.deferrable)
	f.flag("initially_deferred", g.deferred)
	f.text("old_table", g.oldTable)
	f.text("new_table", g.newTable)
	f.text("enabled", map[byte]string{'R': "replica", 'A': "always", 'D': "disabled"}[g.enabled])
	f.text("comment", g.comment)
	return resource.Object(f...)
}

// triggerArgs takes apart pg_trigger.tgargs: texts that end in a zero byte.
func triggerArgs(n int, encoded []byte) []string {
	b, err := hex.DecodeString(string(encoded))
	if err != nil || n == 0 {
		return nil
	}
	return strings.SplitN(strings.TrimSuffix(string(b), "\x00"), "\x00", n)
}
