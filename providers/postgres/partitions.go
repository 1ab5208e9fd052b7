package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// lineageAttrs are the attributes of a table that is partitioned, a partition, or a child of others.
func lineageAttrs() []resource.Attr {
	parent := resource.OneOf(resource.RefTo("table"), resource.Text)
	return []resource.Attr{
		{
			Name: "partition_by", Type: resource.Text,
			Doc: `Makes the table a partitioned one: RANGE, LIST or HASH with the key, "RANGE (created)". Postgres cannot change it later. Default: none.`,
		},
		{
			Name: "partition_of", Type: parent,
			Doc: `Partitioned table whose partition this is: a reference, or "schema.table". Its columns, keys and indexes come from there: what the block has is its own. Writing it attaches a table that is there, taking it out detaches it. Default: none.`,
		},
		{
			Name: "values", Type: resource.Text,
			Doc: `Rows that the partition holds: "FROM ('2026-01-01') TO ('2027-01-01')", "IN ('de', 'at')", "WITH (MODULUS 4, REMAINDER 0)" or "DEFAULT". Default: none; a partition needs it.`,
		},
		{
			Name: "inherits", Type: resource.SetOf(parent),
			Doc: `Tables that this one is a child of, by inheritance: references, or "schema.table". Their columns and checks need no mention here. Default: none.`,
		},
	}
}

// lineage is what a table is part of, and how it is divided.
type lineage struct {
	partitionBy string
	partitionOf *place
	values      string
	inherits    []place
	// inherited are the columns that the parents have, as the files say.
	inherited []column
	// by is how the parent is partitioned, as the files say.
	by string
}

// parents are the tables that a table has its columns from.
func (l *lineage) parents() []place {
	if l.partitionOf != nil {
		return []place{*l.partitionOf}
	}
	return l.inherits
}

func decodeLineage(x *index, schema string, attrs resource.Value) lineage {
	l := lineage{partitionBy: strings.TrimSpace(attrs.Get("partition_by").Str()), values: decodeBounds(attrs.Get("values").Str())}
	if v := attrs.Get("partition_of"); !v.IsNull() {
		at := x.placeOf(v, schema)
		l.partitionOf = &at
	}
	for _, v := range attrs.Get("inherits").Items() {
		l.inherits = append(l.inherits, x.placeOf(v, schema))
	}
	for _, at := range l.parents() {
		x.above(at, 0, func(r *resource.Resource) {
			if l.by == "" {
				l.by = strings.TrimSpace(r.Attrs.Get("partition_by").Str())
			}
			for _, f := range r.Attrs.Get("columns").Fields() {
				if !slices.ContainsFunc(l.inherited, func(c column) bool { return c.name == f.Name }) {
					l.inherited = append(l.inherited, decodeColumn(x, x.places[r.Address].schema, f))
				}
			}
		})
	}
	return l
}

// above visits the declared table at a place, and those that it has its columns from.
func (x *index) above(at place, depth int, visit func(*resource.Resource)) {
	r := x.desired[x.tables[at]]
	if r == nil || depth > 32 { // a table that is its own parent, by texts; the server refuses it
		return
	}
	visit(r)
	for _, v := range append([]resource.Value{r.Attrs.Get("partition_of")}, r.Attrs.Get("inherits").Items()...) {
		if !v.IsNull() {
			x.above(x.placeOf(v, at.schema), depth+1, visit)
		}
	}
}

// decodeBounds gives the bounds of a partition without the words before them.
func decodeBounds(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), catalog.DetachPending)
	words := strings.Fields(s)
	if len(words) > 2 && strings.EqualFold(words[0], "for") && strings.EqualFold(words[1], "values") {
		s = strings.TrimSpace(s[strings.Index(strings.ToLower(s), "values")+len("values"):])
	}
	if strings.EqualFold(s, "default") {
		return "DEFAULT"
	}
	return s
}

func (l *lineage) encode(o *object, written resource.Value) {
	o.text("partition_by", l.partitionBy, written.Get("partition_by"))
	if l.partitionOf != nil {
		o.text("partition_of", l.partitionOf.String(), written.Get("partition_of"))
	}
	o.text("values", l.values, written.Get("values"))
	var parents []string
	for _, p := range l.inherits {
		parents = append(parents, p.String())
	}
	o.texts("inherits", parents, written.Get("inherits"))
}

// locateTable adds the parents that the table is to have: by them the catalog tells what is its own.
func locateTable(x *index, r *resource.Resource) []resource.Field {
	fields := locateInSchema(x, r)
	in := x.schemaOf(r.Attrs.Get("schema"))
	if of := r.Attrs.Get("partition_of"); !of.IsNull() {
		fields = append(fields, resource.F("partition_of", resource.String(x.placeOf(of, in).String())))
	}
	var parents []string
	for _, v := range r.Attrs.Get("inherits").Items() {
		parents = append(parents, x.placeOf(v, in).String())
	}
	if len(parents) > 0 {
		fields = append(fields, resource.F("inherits", resource.Strings(parents...)))
	}
	return fields
}

// allColumns are the columns that a table has, its own first.
func (t *table) allColumns() []column {
	out := slices.Clip(t.columns)
	for _, c := range t.inherited {
		if t.column(c.name) == nil {
			out = append(out, c)
		}
	}
	return out
}

func (t *table) inherit(name string) *column {
	return byName(t.inherited, name, func(c *column) string { return c.name })
}

// lineageSites are the texts of a partition's place in the tree.
func (t *table) lineageSites(a resource.Address, have *table) []site {
	var out []site
	if t.partitionBy != "" {
		s := site{of: a, expr: catalog.Expr{Kind: catalog.PartitionKey, Text: t.partitionBy}, text: &t.partitionBy, live: have.partitionBy}
		s.static, s.isStatic = staticPartitionKey(t.partitionBy)
		out = append(out, s)
	}
	if t.partitionOf != nil && t.values != "" && t.values != "DEFAULT" {
		e := catalog.Expr{Kind: catalog.PartitionBound, Text: t.values, Name: t.partitionOf.String(), By: t.by}
		out = append(out, site{of: a, expr: e, text: &t.values, live: have.values})
	}
	return out
}

// staticPartitionKey gives what the server prints for a key of plain columns.
func staticPartitionKey(text string) (string, bool) {
	method, list, ok := cutPartitionKey(text)
	if !ok {
		return text, false
	}
	var columns []string
	for _, item := range strings.Split(list, ",") {
		schema, name, ok := sqltext.SplitQualified(strings.TrimSpace(item))
		if !ok || schema != "" {
			return text, false
		}
		columns = append(columns, sqltext.Ident(name))
	}
	return method + " (" + strings.Join(columns, ", ") + ")", true
}

// cutPartitionKey takes "RANGE (a, b)" apart.
func cutPartitionKey(text string) (method, list string, ok bool) {
	open := strings.IndexByte(text, '(')
	if open < 0 || !strings.HasSuffix(text, ")") {
		return "", "", false
	}
	method = strings.ToUpper(strings.TrimSpace(text[:open]))
	return method, text[open+1 : len(text)-1], slices.Contains(partitionMethods, method)
}

var partitionMethods = []string{"RANGE", "LIST", "HASH"}

// partitionKeyColumns are the names of the columns of a key that is made of plain columns.
func partitionKeyColumns(text string) []string {
	static, ok := staticPartitionKey(strings.TrimSpace(text))
	if !ok {
		return nil
	}
	_, list, _ := cutPartitionKey(static)
	return splitColumns(list)
}

// bounds writes what a partition holds as ATTACH and CREATE have it.
func (l *lineage) bounds() string {
	if l.values == "DEFAULT" {
		return "DEFAULT"
	}
	return "FOR VALUES " + l.values
}

// create writes CREATE TABLE around the lines of columns and constraints.
func (t *table) create(lines []string) string {
	text := "CREATE TABLE "
	if t.unlogged {
		text = "CREATE UNLOGGED TABLE "
	}
	text += t.place.String()
	if t.partitionOf != nil {
		text += " PARTITION OF " + t.partitionOf.String()
	}
	if len(lines) > 0 {
		text += " (\n" + indent(lines) + "\n)"
	} else if t.partitionOf == nil {
		text += " ()"
	}
	if t.partitionOf != nil {
		text += " " + t.bounds()
	}
	if len(t.inherits) > 0 {
		names := make([]string, len(t.inherits))
		for i, p := range t.inherits {
			names[i] = p.String()
		}
		text += " INHERITS (" + strings.Join(names, ", ") + ")"
	}
	if t.partitionBy != "" {
		text += " PARTITION BY " + t.partitionBy
	}
	return text + t.tableStorage.ddl()
}

// override writes what a partition's column has that its parent's has not; any is false if that is nothing that CREATE says.
func (c *column) override() (text string, any bool) {
	text = sqltext.Ident(c.name)
	if c.def != "" {
		text += " DEFAULT " + c.def
	}
	if c.notNull {
		text += " NOT NULL"
	}
	return text, c.def != "" || c.notNull
}

// natural takes out of a partition's columns those that are just what the parent makes them.
func (n *normalizer) natural(r *resource.Resource, attrs resource.Value) resource.Value {
	of := r.Attrs.Get("partition_of")
	if of.IsNull() {
		return n.alsoInherited(r, n.nothingOfItsOwn(r, attrs))
	}
	attrs = n.attached(r, attrs)
	if !attrs.Has("columns") {
		return attrs
	}
	parent := n.index.placeOf(of, n.index.schemaOf(r.Attrs.Get("schema")))
	var own []resource.Field
	for _, f := range attrs.Get("columns").Fields() {
		if from := n.view.inheritedColumn([]place{parent}, f.Name); from.IsNull() || !from.Equal(f.Value) {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return attrs.Without("columns")
	}
	return attrs.With("columns", resource.Object(own...).At(attrs.Get("columns").Range()))
}

// attached takes out of a partition's indexes and keys those that are there as parts of its parent's.
func (n *normalizer) attached(r *resource.Resource, attrs resource.Value) resource.Value {
	live := n.partitionAt(n.place(r))
	if live == nil {
		return attrs
	}
	of := func(name, constraint string) bool {
		x := byName(live.Indexes, name, partIndexName)
		return x != nil && x.Of != "" && x.Constraint == constraint
	}
	for attr, constraint := range map[string]string{"indexes": "", "uniques": "UNIQUE"} {
		var own []resource.Field
		for _, f := range attrs.Get(attr).Fields() {
			if !of(f.Name, constraint) {
				own = append(own, f)
			}
		}
		switch {
		case len(own) == len(attrs.Get(attr).Fields()):
		case len(own) == 0:
			attrs = attrs.Without(attr)
		default:
			attrs = attrs.With(attr, resource.Object(own...).At(attrs.Get(attr).Range()))
		}
	}
	if k := attrs.Get("primary_key"); !k.IsNull() && of(k.Get("name").Str(), "PRIMARY KEY") {
		attrs = attrs.Without("primary_key")
	}
	return attrs
}

// partitionAt is the live partition at a place; nil if none is there.
func (v *view) partitionAt(at place) *catalog.Partition {
	if v.partitions == nil {
		v.partitions = map[string]*catalog.Partition{}
		for _, parts := range v.facts.Partitions {
			for i := range parts {
				v.partitions[parts[i].Name] = &parts[i]
			}
		}
	}
	return v.partitions[at.String()]
}

// quiet is a normalizer whose warnings nobody hears: they are given where the thing itself is compared.
func (v *view) quiet() *normalizer {
	silent := *v
	silent.warned = map[string]bool{}
	return &normalizer{view: &silent}
}

// inheritedColumn is what the parents make a column, in the server's form; null if they do not have it, or no file declares
// them.
func (v *view) inheritedColumn(parents []place, name string) resource.Value {
	for _, at := range parents {
		r := v.index.desired[v.index.tables[at]]
		if r == nil {
			continue
		}
		columns, known := v.columnsOf[r.Address]
		if !known {
			columns = normalizeTable(v.quiet(), r).Get("columns")
			v.columnsOf[r.Address] = columns
		}
		c := columns.Get(name)
		if c.IsNull() {
			t := decodeTable(v.index, at, r.Attrs)
			if c = v.inheritedColumn(t.parents(), name); !c.IsNull() {
				return c
			}
			continue
		}
		c = c.Without("comment")
		if typ := c.Get("type").Str(); isSerial(typ) {
			seq := place{at.schema, catalog.ObjectName(at.name, name, "seq")}
			c = resource.Object(resource.F("type", resource.String(serialInteger[typ])), resource.F("not_null", resource.Bool(true)),
				resource.F("default", resource.String("nextval("+sqltext.Literal(seq.String())+"::regclass)")))
		}
		return c
	}
	return resource.Null()
}
