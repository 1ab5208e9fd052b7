package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// decodeTable reads a table's attributes, written or live.
func decodeTable(x *index, p place, attrs resource.Value) *table {
	t := &table{place: p, lineage: decodeLineage(x, p.schema, attrs), comment: attrs.Get("comment").Str(), tableStorage: decodeTableStorage(attrs)}
	t.columns = make([]column, 0, len(attrs.Get("columns").Fields()))
	for _, f := range attrs.Get("columns").Fields() {
		t.columns = append(t.columns, decodeColumn(x, p.schema, f))
	}
	if v := attrs.Get("primary_key"); len(primaryKeyColumns(v)) > 0 {
		k := decodeKey(resource.Field{Name: v.Get("name").Str(), Value: v, At: v.Range()})
		if k.name == "" {
			k.name = catalog.ObjectName(p.name, "", "pkey")
		}
		if v.Kind() == resource.KindList {
			k.columns = v.StringList()
		}
		t.primaryKey = &k
	}
	for _, f := range attrs.Get("uniques").Fields() {
		t.uniques = append(t.uniques, decodeKey(f))
	}
	for _, f := range attrs.Get("checks").Fields() {
		c := check{name: f.Name, expr: f.Value.Str(), at: rangeOf(f)}
		if f.Value.Kind() == resource.KindObject {
			c.expr = f.Value.Get("expression").Str()
			c.noInherit = f.Value.Get("no_inherit").Bool()
			c.notEnforced = f.Value.Get("not_enforced").Bool()
			c.notValid = f.Value.Get("not_valid").Bool() && !c.notEnforced
			c.comment = f.Value.Get("comment").Str()
		}
		t.checks = append(t.checks, c)
	}
	for _, f := range attrs.Get("indexes").Fields() {
		t.indexes = append(t.indexes, decodeIndex(f))
	}
	for _, f := range attrs.Get("foreign_keys").Fields() {
		t.foreignKeys = append(t.foreignKeys, decodeForeignKey(x, p.schema, f))
	}
	for _, f := range attrs.Get("exclusions").Fields() {
		t.exclusions = append(t.exclusions, decodeExclusion(f))
	}
	for _, f := range attrs.Get("statistics").Fields() {
		t.statistics = append(t.statistics, decodeStatistic(f))
	}
	return t
}

func rangeOf(f resource.Field) *resource.Range {
	if f.At != nil {
		return f.At
	}
	return f.Value.Range()
}

func decodeColumn(x *index, schema string, f resource.Field) column {
	v := f.Value
	c := column{
		name:        f.Name,
		notNull:     v.Get("not_null").Bool(),
		def:         v.Get("default").Str(),
		generated:   v.Get("generated").Str(),
		virtual:     v.Get("virtual").Bool(),
		inherited:   v.Get("inherited").Bool(),
		collation:   x.collationText(v.Get("collation")),
		comment:     v.Get("comment").Str(),
		renamedFrom: v.Get("renamed_from").Str(),
		using:       v.Get("using").Str(),
		at:          rangeOf(f),
	}
	c.typ, c.enum = x.typeText(v.Get("type"))
	if ref, ok := v.Get("type").Ref(); ok && ref.Kind == "enum" && x.desired[ref] != nil {
		c.values = x.desired[ref].Attrs.Get("values").StringList()
	}
	c.columnStorage = decodeColumnStorage(v, c.typ)
	switch id := v.Get("identity"); id.Kind() {
	case resource.KindString:
		c.identity = &identity{always: identityWord(id.Str()) == identityAlways}
	case resource.KindObject:
		c.identity = &identity{always: id.Get("always").Bool(), seqOptions: decodeSeqOptions(id)}
		if name := id.Get("sequence").Str(); name != "" {
			c.identity.sequence = place{schema, name}
		}
	}
	return c
}

// The two kinds of identity, as words.
const (
	identityAlways    = "always"
	identityByDefault = "by default"
)

func identityWord(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

func decodeSeqOptions(v resource.Value) seqOptions {
	return seqOptions{
		start: v.Get("start").Str(), increment: v.Get("increment").Str(),
		min: v.Get("min").Str(), max: v.Get("max").Str(), cache: v.Get("cache").Str(),
		cycle: v.Get("cycle").Bool(),
	}
}

func decodeKey(f resource.Field) key {
	v := f.Value
	return key{
		name: f.Name, columns: v.Get("columns").StringList(), include: v.Get("include").StringList(),
		nullsNotDistinct: v.Get("nulls_not_distinct").Bool(), withoutOverlaps: v.Get("without_overlaps").Bool(),
		constraintIndex: decodeConstraintIndex(v), invalid: v.Get("invalid").Bool(),
		deferrable: v.Get("deferrable").Bool() || v.Get("initially_deferred").Bool(), initiallyDeferred: v.Get("initially_deferred").Bool(),
		at: rangeOf(f),
	}
}

func decodeIndex(f resource.Field) indexDef {
	v := f.Value
	i := indexDef{
		name: f.Name, columns: v.Get("columns").StringList(), on: v.Get("on").StringList(),
		unique: v.Get("unique").Bool(), where: v.Get("where").Str(), include: v.Get("include").StringList(),
		nullsNotDistinct: v.Get("nulls_not_distinct").Bool(), with: decodeOptions(v.Get("with")),
		tablespace: v.Get("tablespace").Str(), statistics: decodeOptions(v.Get("statistics")),
		comment: v.Get("comment").Str(), invalid: v.Get("invalid").Bool(), at: rangeOf(f),
	}
	if m := strings.ToLower(v.Get("method").Str()); m != "btree" {
		i.method = m
	}
	if len(i.on) == 0 {
		for _, c := range i.columns {
			i.on = append(i.on, sqltext.Ident(c))
		}
	}
	return i
}

func decodeForeignKey(x *index, schema string, f resource.Field) foreignKey {
	v := f.Value
	k := foreignKey{
		name: f.Name, columns: v.Get("columns").StringList(),
		references: x.placeOf(v.Get("references"), schema), refColumns: v.Get("ref_columns").StringList(),
		onDelete: decodeAction(v.Get("on_delete").Str()), onUpdate: decodeAction(v.Get("on_update").Str()),
		matchFull:  v.Get("match").Str() == "FULL",
		deferrable: v.Get("deferrable").Bool() || v.Get("initially_deferred").Bool(), initiallyDeferred: v.Get("initially_deferred").Bool(),
		notEnforced: v.Get("not_enforced").Bool(), period: v.Get("period").Bool(), comment: v.Get("comment").Str(), at: rangeOf(f),
	}
	k.notValid = v.Get("not_valid").Bool() && !k.notEnforced
	if len(k.refColumns) == 0 {
		k.refColumns = x.keys[k.references]
	}
	return k
}

// decodeAction puts a foreign key's action in the server's words; the one that is meant anyway is left out. A list of
// columns behind SET NULL or SET DEFAULT is kept.
func decodeAction(s string) string {
	word, columns, has := strings.Cut(strings.TrimSpace(s), "(")
	word = strings.Join(strings.Fields(strings.ToUpper(word)), " ")
	switch {
	case word == "NO ACTION":
		return ""
	case has:
		return word + " (" + sqltext.Idents(splitColumns(strings.TrimSuffix(strings.TrimSpace(columns), ")"))) + ")"
	default:
		return word
	}
}

// splitColumns reads a comma-separated list of identifiers.
func splitColumns(list string) []string {
	var out []string
	quoted := false
	for _, item := range strings.FieldsFunc(list, func(r rune) bool {
		quoted = quoted != (r == '"')
		return r == ',' && !quoted
	}) {
		item = strings.TrimSpace(item)
		if _, name, ok := sqltext.SplitQualified(item); ok {
			item = name
		}
		out = append(out, item)
	}
	return out
}
