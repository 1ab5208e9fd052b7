package postgres

import "github.com/tellr-dev/tellr/engine/resource"

// object collects the fields of a canonical value. What is empty or false is left out: so that two values are equal
// exactly when they mean the same.
type object struct{ fields []resource.Field }

func (o *object) value(name string, v resource.Value, at resource.Value) {
	if !v.IsNull() {
		o.fields = append(o.fields, resource.F(name, v.At(at.Range())))
	}
}

func (o *object) text(name, s string, at resource.Value) {
	if s != "" {
		o.value(name, resource.String(s), at)
	}
}

func (o *object) flag(name string, b bool, at resource.Value) {
	if b {
		o.value(name, resource.Bool(true), at)
	}
}

func (o *object) texts(name string, list []string, at resource.Value) {
	if len(list) > 0 {
		o.value(name, resource.Strings(list...), at)
	}
}

// number takes the decimal text of a whole number.
func (o *object) number(name, digits string, at resource.Value) {
	if digits != "" {
		o.value(name, resource.Number(digits), at)
	}
}

// objects adds a map of objects, unless there are none.
func (o *object) objects(name string, fields []resource.Field, at resource.Value) {
	if len(fields) > 0 {
		o.value(name, resource.Object(fields...), at)
	}
}

func (o *object) done() resource.Value { return resource.Object(o.fields...) }

// encode writes a table in the shape of the kind's rows, canonically, each value at its place in the written attributes.
func (t *table) encode(written resource.Value) resource.Value {
	var o object
	o.text("schema", t.schema, written.Get("schema"))
	o.text("name", t.name, written.Get("name"))
	t.lineage.encode(&o, written)
	cols := written.Get("columns")
	fields := make([]resource.Field, len(t.columns))
	byName := make(map[string]resource.Value, len(t.columns))
	for _, f := range cols.Fields() {
		byName[f.Name] = f.Value
	}
	for i := range t.columns {
		c := &t.columns[i]
		fields[i] = resource.Field{Name: c.name, Value: c.encode(byName[c.name], t.inPrimaryKey(c.name)), At: c.at}
		if c.renamedFrom != "" && t.column(c.renamedFrom) != nil { // for the ledger, which tells whether they have swapped their names
			fields[i].Value = fields[i].Value.With("renamed_from", resource.String(c.renamedFrom))
		}
	}
	o.objects("columns", fields, cols)
	if k := t.primaryKey; k != nil {
		w := written.Get("primary_key")
		o.value("primary_key", k.encode(w, true), w)
	}
	o.objects("uniques", encodeMap(t.uniques, written.Get("uniques"), (*key).entry), written.Get("uniques"))
	o.objects("checks", encodeMap(t.checks, written.Get("checks"), (*check).entry), written.Get("checks"))
	o.objects("indexes", encodeMap(t.indexes, written.Get("indexes"), (*indexDef).entry), written.Get("indexes"))
	o.objects("foreign_keys", encodeMap(t.foreignKeys, written.Get("foreign_keys"), (*foreignKey).entry), written.Get("foreign_keys"))
	o.objects("exclusions", encodeMap(t.exclusions, written.Get("exclusions"), (*exclusion).entry), written.Get("exclusions"))
	o.objects("statistics", encodeMap(t.statistics, written.Get("statistics"), (*statistic).entry), written.Get("statistics"))
	o.text("comment", t.comment, written.Get("comment"))
	t.tableStorage.encode(&o, written)
	return o.done()
}

func encodeMap[T any](list []T, written resource.Value, entry func(*T, resource.Value) resource.Field) []resource.Field {
	out := make([]resource.Field, len(list))
	for i, f := range written.Fields() { // one entry each, in the same order
		out[i] = entry(&list[i], f.Value)
	}
	return out
}

func (c *column) encode(w resource.Value, inKey bool) resource.Value {
	var o object
	o.text("type", c.typ, w.Get("type"))
	o.flag("not_null", c.notNull && !inKey && !isSerial(c.typ) && c.identity == nil, w.Get("not_null"))
	o.text("default", c.def, w.Get("default"))
	o.text("generated", c.generated, w.Get("generated"))
	o.flag("virtual", c.virtual, w.Get("virtual"))
	if w.Has("inherited") { // it is one of the three: so, not so, and as it is
		o.value("inherited", resource.Bool(c.inherited), w.Get("inherited"))
	}
	if c.identity != nil {
		o.value("identity", c.identity.encode(w.Get("identity")), w.Get("identity"))
	}
	o.text("collation", c.collation, w.Get("collation"))
	c.columnStorage.encode(&o, w)
	o.text("comment", c.comment, w.Get("comment"))
	return o.done().At(w.Range())
}

// encode writes an identity without any option as the words that make one: an empty object would be like none at all.
func (id *identity) encode(w resource.Value) resource.Value {
	if *id == (identity{}) {
		return resource.String(identityByDefault)
	}
	var o object
	o.flag("always", id.always, w)
	o.text("sequence", id.sequence.name, w.Get("sequence"))
	id.seqOptions.encode(&o, w)
	return o.done()
}

func (s seqOptions) encode(o *object, w resource.Value) {
	o.number("start", s.start, w.Get("start"))
	o.number("increment", s.increment, w.Get("increment"))
	o.number("min", s.min, w.Get("min"))
	o.number("max", s.max, w.Get("max"))
	o.number("cache", s.cache, w.Get("cache"))
	o.flag("cycle", s.cycle, w.Get("cycle"))
}

func (k *key) entry(w resource.Value) resource.Field {
	return resource.Field{Name: k.name, Value: k.encode(w, false), At: k.at}
}

func (k *key) encode(w resource.Value, named bool) resource.Value {
	var o object
	if named {
		o.text("name", k.name, w.Get("name"))
	}
	o.texts("columns", k.columns, w.Get("columns"))
	o.texts("include", k.include, w.Get("include"))
	o.flag("nulls_not_distinct", k.nullsNotDistinct, w.Get("nulls_not_distinct"))
	o.flag("deferrable", k.deferrable, w.Get("deferrable"))
	o.flag("initially_deferred", k.initiallyDeferred, w.Get("initially_deferred"))
	o.flag("without_overlaps", k.withoutOverlaps, w.Get("without_overlaps"))
	o.flag("invalid", k.invalid, w)
	k.constraintIndex.encode(&o, w)
	return o.done().At(w.Range())
}

func (c *check) entry(w resource.Value) resource.Field {
	var o object
	o.text("expression", c.expr, w)
	o.flag("no_inherit", c.noInherit, w.Get("no_inherit"))
	o.flag("not_valid", c.notValid, w.Get("not_valid"))
	o.flag("not_enforced", c.notEnforced, w.Get("not_enforced"))
	o.text("comment", c.comment, w.Get("comment"))
	return resource.Field{Name: c.name, Value: o.done().At(w.Range()), At: c.at}
}

func (i *indexDef) entry(w resource.Value) resource.Field {
	var o object
	o.texts("on", i.on, w)
	o.flag("unique", i.unique, w.Get("unique"))
	o.text("method", i.method, w.Get("method"))
	o.text("where", i.where, w.Get("where"))
	o.texts("include", i.include, w.Get("include"))
	o.flag("nulls_not_distinct", i.nullsNotDistinct, w.Get("nulls_not_distinct"))
	o.objects("with", i.with, w.Get("with"))
	o.text("tablespace", i.tablespace, w.Get("tablespace"))
	o.objects("statistics", i.statistics, w.Get("statistics"))
	o.text("comment", i.comment, w.Get("comment"))
	o.flag("invalid", i.invalid, w)
	return resource.Field{Name: i.name, Value: o.done().At(w.Range()), At: i.at}
}

func (k *foreignKey) entry(w resource.Value) resource.Field {
	var o object
	o.texts("columns", k.columns, w.Get("columns"))
	o.text("references", k.references.String(), w.Get("references"))
	o.texts("ref_columns", k.refColumns, w.Get("ref_columns"))
	o.text("on_delete", k.onDelete, w.Get("on_delete"))
	o.text("on_update", k.onUpdate, w.Get("on_update"))
	if k.matchFull {
		o.text("match", "FULL", w.Get("match"))
	}
	o.flag("deferrable", k.deferrable, w.Get("deferrable"))
	o.flag("initially_deferred", k.initiallyDeferred, w.Get("initially_deferred"))
	o.flag("not_valid", k.notValid, w.Get("not_valid"))
	o.flag("not_enforced", k.notEnforced, w.Get("not_enforced"))
	o.flag("period", k.period, w.Get("period"))
	o.text("comment", k.comment, w.Get("comment"))
	return resource.Field{Name: k.name, Value: o.done().At(w.Range()), At: k.at}
}
