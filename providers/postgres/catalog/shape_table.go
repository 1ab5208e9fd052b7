package catalog

import (
	"cmp"
	"unicode/utf8"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func qualified(schema, name string) string { return sqltext.Qualified(schema, name) }

// fields gathers an object without its absent attributes.
type fields []resource.Field

func (f *fields) put(name string, v resource.Value) { *f = append(*f, resource.F(name, v)) }

func (f *fields) text(name, v string) {
	if v != "" {
		f.put(name, resource.String(v))
	}
}

func (f *fields) flag(name string, v bool) {
	if v {
		f.put(name, resource.Bool(true))
	}
}

func (f *fields) list(name string, v []string) {
	if len(v) > 0 {
		f.put(name, resource.Strings(v...))
	}
}

func (f *fields) object(name string, v fields) {
	if len(v) > 0 {
		f.put(name, resource.Object(v...))
	}
}

// shaper gives rows the canonical shape of their kinds. Equal columns are one
// value: thousands of tables have the same few.
type shaper struct {
	*raw
	columns map[columnForm]resource.Value
}

// table is the canonical shape of a table; see doc.go.
func (s *shaper) table(t *relationRow, parents []string) resource.Value {
	var f fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	kept := s.keptParents(t, parents)
	s.lineage(&f, t)
	columns := make(fields, 0, len(t.columns))
	key := primaryKey(t)
	for _, c := range t.columns {
		if s.comesFrom(kept, t, c) {
			continue
		}
		column := s.column(t, c, key)
		if s.isParents(kept, t, c) {
			column = column.With("inherited", resource.Bool(t.of().columns[c.number]))
		}
		columns.put(c.name, column)
	}
	if len(columns) > 0 || len(kept) == 0 {
		f.put("columns", resource.Object(columns...))
	}

	var uniques, checks, indexes, keys, exclusions fields
	for _, k := range t.constraints {
		if t.of().foreign(kept, k.oid) {
			continue
		}
		switch k.kind {
		case 'p':
			var p fields
			p.text("name", k.name)
			s.keyed(&p, t, k)
			f.put("primary_key", resource.Object(p...))
		case 'u':
			var u fields
			s.keyed(&u, t, k)
			uniques.put(k.name, resource.Object(u...))
		case 'c':
			var c fields
			c.text("expression", k.expr)
			c.flag("no_inherit", k.noInherit)
			c.flag("not_valid", !k.valid && !k.notEnforced)
			c.flag("not_enforced", k.notEnforced)
			c.text("comment", k.comment)
			checks.put(k.name, resource.Object(c...))
		case 'f':
			keys.put(k.name, s.foreignKey(t, k))
		case 'x':
			exclusions.put(k.name, s.exclusion(t, k))
		}
	}
	for _, i := range t.indexes {
		if !i.backs && !t.of().foreign(kept, i.oid) {
			indexes.put(i.name, index(t, i))
		}
	}
	f.object("uniques", uniques)
	f.object("checks", checks)
	f.object("indexes", indexes)
	f.object("foreign_keys", keys)
	f.object("exclusions", exclusions)
	f.object("statistics", s.statistics(t))
	f.text("comment", t.comment)
	s.storage(&f, t)
	f.text("owner", s.roleName(t.owner))
	return resource.Object(f...)
}

func primaryKey(t *relationRow) *constraintRow {
	for _, k := range t.constraints {
		if k.kind == 'p' {
			return k
		}
	}
	return nil
}

func (s *shaper) column(t *relationRow, row columnRow, key *constraintRow) resource.Value {
	c := *row.columnForm
	if s.serial(t, row) {
		c.typ = map[string]string{"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}[c.typ]
		c.notNull, c.expr, c.hasExpr = false, "", false
	}
	if c.identity != 0 {
		c.notNull = false
	}
	if key != nil {
		for _, n := range key.columns {
			if n == row.number {
				c.notNull = false
			}
		}
	}
	if c.identity == 0 {
		if v, ok := s.columns[c]; ok {
			return v
		}
	}
	var f fields
	f.text("type", c.typ)
	f.flag("not_null", c.notNull)
	switch c.generated {
	case 0:
		f.text("default", c.expr)
	case 'v': // from Postgres 18
		f.text("generated", c.expr)
		f.flag("virtual", true)
	default:
		f.text("generated", c.expr)
	}
	if c.identity != 0 {
		f.put("identity", s.identity(t, row.number, c.identity))
	}
	f.text("collation", c.collation)
	c.storage.shape(&f)
	f.text("comment", c.comment)
	v := resource.Object(f...)
	if c.identity == 0 {
		s.columns[c] = v
	}
	return v
}

// serial tells whether a column is exactly what "serial" makes: an integer
// that is not null, with the next value of a sequence of the usual name and
// plain options, which is owned by the column.
func (s *shaper) serial(t *relationRow, c columnRow) bool {
	return c.notNull && c.hasExpr && c.generated == 0 && s.serialSequence(t, c) != nil
}

func (s *shaper) serialSequence(t *relationRow, c columnRow) *relationRow {
	if c.typ != "integer" && c.typ != "bigint" && c.typ != "smallint" {
		return nil
	}
	var found *relationRow
	for _, q := range t.sequences {
		if q.sequence.column != c.number {
			continue
		}
		if found != nil {
			return nil
		}
		found = q
	}
	if found == nil || found.schema != t.schema || found.sequence.dep != 'a' || found.sequence.nextval != c.expr ||
		found.sequence.typ != c.typ || found.comment != "" || found.storage.unlogged != t.storage.unlogged || found.name != ObjectName(cmp.Or(t.was, t.name), c.name, "seq") {
		return nil
	}
	if len(sequenceOptions(found.sequence)) > 0 {
		return nil
	}
	return found
}

func (s *shaper) identity(t *relationRow, column int16, kind byte) resource.Value {
	var f fields
	f.flag("always", kind == 'a')
	for _, q := range t.sequences {
		if q.sequence.column == column && q.sequence.dep == 'i' {
			for _, name := range names(t, []int16{column}) {
				if q.name != ObjectName(t.name, name, "seq") {
					f.text("sequence", q.name)
				}
			}
			f = append(f, sequenceOptions(q.sequence)...)
		}
	}
	if len(f) == 0 {
		return resource.String("by default") // an object without fields is easily taken for none
	}
	return resource.Object(f...)
}

// keyed puts in what primary keys and unique constraints share.
func (s *shaper) keyed(f *fields, t *relationRow, k *constraintRow) {
	f.list("columns", names(t, k.columns))
	f.flag("without_overlaps", k.period)
	s.constraintIndex(f, t, k)
	for _, i := range t.indexes {
		if i.oid == k.index {
			f.flag("invalid", !i.valid)
		}
	}
}

func (s *shaper) foreignKey(t *relationRow, k *constraintRow) resource.Value {
	var f fields
	f.list("columns", names(t, k.columns))
	ref, schema := s.outside[k.refTable], ""
	if ref != nil {
		schema = ref.schemaName
	} else if ref = s.relation[k.refTable]; ref != nil {
		schema = s.schemaOf[ref.schema].name
	} else {
		ref = &relationRow{} // a member of an extension
	}
	f.text("references", qualified(schema, ref.name))
	f.list("ref_columns", names(ref, k.refColumns))
	f.text("on_delete", action(k.onDelete, names(t, k.setColumns)))
	f.text("on_update", action(k.onUpdate, nil))
	f.text("match", map[byte]string{'f': "FULL", 'p': "PARTIAL"}[k.match])
	f.flag("deferrable", k.deferrable)
	f.flag("initially_deferred", k.deferred)
	f.flag("not_valid", !k.valid && !k.notEnforced)
	f.flag("not_enforced", k.notEnforced)
	f.flag("period", k.period)
	f.text("comment", k.comment)
	return resource.Object(f...)
}

func action(c byte, columns []string) string {
	word := map[byte]string{'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT", 'r': "RESTRICT"}[c]
	if len(columns) > 0 {
		word += " (" + sqltext.Idents(columns) + ")"
	}
	return word
}

func index(t *relationRow, i *indexRow) resource.Value {
	var f fields
	f.list("on", i.on)
	f.flag("unique", i.unique)
	if i.method != "btree" {
		f.text("method", i.method)
	}
	f.text("where", i.where)
	f.list("include", names(t, i.columns[min(i.keys, len(i.columns)):]))
	f.flag("nulls_not_distinct", i.nullsNotDistinct)
	f.object("with", parameters(i.options, ""))
	i.storage.shape(&f)
	f.text("comment", i.comment)
	f.flag("invalid", !i.valid)
	return resource.Object(f...)
}

// names gives the columns of some numbers. Rows come in order of number, and
// only dropped columns make gaps.
func names(t *relationRow, numbers []int16) []string {
	if len(numbers) == 0 {
		return nil
	}
	out := make([]string, 0, len(numbers))
	for _, n := range numbers {
		for i := min(int(n), len(t.columns)) - 1; i >= 0; i-- {
			if t.columns[i].number == n {
				out = append(out, t.columns[i].name)
				break
			}
		}
	}
	return out
}

// ObjectName is the name that Postgres gives to what belongs to a table and,
// unless column is "", a column: table_column_label, the parts shortened so
// that it fits into 63 bytes (makeObjectName in the server's source).
func ObjectName(table, column, label string) string {
	overhead := 0
	if column != "" {
		overhead++
	}
	if label != "" {
		overhead += len(label) + 1
	}
	t, c := len(table), len(column)
	for t+c > 63-overhead {
		if t > c {
			t--
		} else {
			c--
		}
	}
	name := clip(table, t)
	if column != "" {
		name += "_" + clip(column, c)
	}
	if label != "" {
		name += "_" + label
	}
	return name
}

// clip cuts at n bytes, not in the middle of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
