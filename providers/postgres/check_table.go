package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// maxIndexColumns is INDEX_MAX_KEYS, and maxColumns what fits into a table.
const (
	maxIndexColumns = 32
	maxColumns      = 1600
)

func checkTable(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("table")
	w := r.Attrs
	var columns []string
	seen := map[string]bool{}
	for _, f := range w.Get("columns").Fields() {
		if seen[f.Name] {
			c.errorf(rangeOf(f), fmt.Sprintf("column %q stands twice in %s", f.Name, r.Address), "take one of the two out", "each column has one type")
		}
		seen[f.Name] = true
		columns = append(columns, f.Name)
	}
	if len(columns) > maxColumns {
		c.errorf(w.Get("columns").Range(), fmt.Sprintf("%s has %d columns", r.Address, len(columns)), "put some into another table", "Postgres takes %d", maxColumns)
	}
	own := columns
	if c.lineage(w, columns) {
		columns = nil // the parents have some more
	}
	key := primaryKeyColumns(w.Get("primary_key"))
	for _, f := range w.Get("columns").Fields() {
		c.column(f, own)
	}
	c.primaryKey(w.Get("primary_key"), columns)
	constraints := map[string]string{}
	take := func(what, name string, at *resource.Range) {
		if was, twice := constraints[name]; twice {
			c.errorf(at, fmt.Sprintf("%s %q: the name is taken", what, name), "give one of the two another name", "%s of the same table has it already", was)
		}
		constraints[name] = what
	}
	if len(key) > 0 {
		name := w.Get("primary_key").Get("name").Str()
		if name == "" {
			name = catalog.ObjectName(r.Name(), "", "pkey")
		}
		take("the primary key", name, w.Get("primary_key").Range())
	}
	for _, f := range w.Get("uniques").Fields() {
		what := fmt.Sprintf("unique constraint %q", f.Name)
		c.ident("a unique constraint", f.Name, rangeOf(f))
		take("the unique constraint", f.Name, rangeOf(f))
		c.columns(what, f.Value.Get("columns"), columns, rangeOf(f))
		c.include(what, f.Value, columns)
	}
	for _, f := range w.Get("checks").Fields() {
		c.ident("a check", f.Name, rangeOf(f))
		take("the check", f.Name, rangeOf(f))
		c.expression(fmt.Sprintf("check %q", f.Name), checkExpression(f.Value))
	}
	for _, f := range w.Get("exclusions").Fields() {
		take("the exclusion constraint", f.Name, rangeOf(f))
		c.exclusion(f, columns)
	}
	c.storage(columns)
	for _, f := range w.Get("indexes").Fields() {
		c.index(f, columns)
	}
	c.checkRenamedEntries()
	for _, f := range w.Get("foreign_keys").Fields() {
		c.ident("a foreign key", f.Name, rangeOf(f))
		take("the foreign key", f.Name, rangeOf(f))
		c.foreignKey(f, columns)
	}
	return c.ds
}

func checkExpression(v resource.Value) resource.Value {
	if v.Kind() == resource.KindObject {
		return v.Get("expression")
	}
	return v
}

func (c *checker) column(f resource.Field, columns []string) {
	v, name := f.Value, f.Name
	c.ident("a column", name, rangeOf(f))
	what := fmt.Sprintf("column %q", name)
	typ := v.Get("type")
	c.expression("the type of "+what, typ)
	if guess := mysqlTypes[strings.ToLower(strings.TrimSpace(typ.Str()))]; guess != "" {
		c.errorf(typ.Range(), fmt.Sprintf("%s: Postgres has no type %s", what, typ.Str()), "write "+guess, "it is a word of another database")
	}
	serial := isSerialWord(typ.Str())
	def, gen, id := v.Get("default"), v.Get("generated"), v.Get("identity")
	for _, x := range []struct {
		both      bool
		a, b, why string
		at        resource.Value
	}{
		{serial && !def.IsNull(), "serial", "a default", "serial is a default: the next value of its sequence", def},
		{serial && !id.IsNull(), "serial", "an identity", "both number the column; identity is the newer one, with an integer type", id},
		{serial && !gen.IsNull(), "serial", "generated", "a generated column is computed, not numbered", gen},
		{!id.IsNull() && !def.IsNull(), "an identity", "a default", "an identity is the default already", def},
		{!gen.IsNull() && !def.IsNull(), "generated", "a default", "a generated column is always computed", def},
		{!gen.IsNull() && !id.IsNull(), "generated", "an identity", "a generated column is computed, not numbered", id},
	} {
		if x.both {
			c.errorf(x.at.Range(), fmt.Sprintf("%s is %s and has %s", what, x.a, x.b), "take one of the two out", "%s", x.why)
		}
	}
	if gen.IsNull() && v.Get("virtual").Bool() {
		c.errorf(v.Get("virtual").Range(), what+" is virtual but not generated", "write generated = \"expression\", or take virtual out", "only a generated column can be virtual")
	}
	if from := c.r.Attrs.Get("inherits"); v.Get("inherited").Bool() && from.IsNull() {
		c.errorf(v.Get("inherited").Range(), what+" is inherited, and the table is no child", "take inherited out, or write inherits",
			"only a child has columns of its parents")
	}
	c.expression("the default of "+what, def)
	c.expression("the expression of "+what, gen)
	c.expression("using of "+what, v.Get("using"))
	switch id.Kind() {
	case resource.KindString:
		if word := identityWord(id.Str()); word != identityAlways && word != identityByDefault {
			c.errorf(id.Range(), fmt.Sprintf("%q is not a kind of identity", id.Str()), didYouMean(word, []string{identityAlways, identityByDefault}),
				`it is "always", "by default", or an object with the options of its sequence`)
		}
	case resource.KindObject:
		c.seqOptions(id)
	}
	if canonical, ok := staticType(typ.Str()); ok && !id.IsNull() && !slices.Contains([]string{"smallint", "integer", "bigint"}, canonical) && !serial {
		c.errorf(typ.Range(), fmt.Sprintf("%s has an identity, but is %s", what, canonical), "write smallint, integer or bigint", "an identity counts in whole numbers")
	}
	if from := v.Get("renamed_from"); from.Str() != "" && slices.Contains(columns, from.Str()) && c.r.Attrs.Get("columns").Get(from.Str()).Get("renamed_from").IsNull() {
		c.errorf(from.Range(), fmt.Sprintf("%s was renamed from %q, which is still a column", what, from.Str()), "take renamed_from out, or the other column",
			"a column cannot live on under two names")
	}
}

// mysqlTypes are words that other databases have for types, with what Postgres calls the same.
var mysqlTypes = map[string]string{
	"datetime": "timestamp", "tinyint": "smallint", "mediumint": "integer", "longtext": "text", "mediumtext": "text", "tinytext": "text",
	"blob": "bytea", "longblob": "bytea", "binary": "bytea", "varbinary": "bytea", "double": "double precision", "string": "text",
	"nvarchar": "varchar", "varchar2": "varchar", "clob": "text", "number": "numeric", "uniqueidentifier": "uuid",
}

func (c *checker) primaryKey(v resource.Value, columns []string) {
	switch v.Kind() {
	case resource.KindList:
		c.columns("the primary key", v, columns, v.Range())
	case resource.KindObject:
		c.columns("the primary key", v.Get("columns"), columns, v.Range())
		c.include("the primary key", v, columns)
	}
}

func (c *checker) include(what string, v resource.Value, columns []string) {
	if in := v.Get("include"); len(in.Items()) > 0 {
		c.columns(what+": include", in, columns, in.Range())
	}
}

func (c *checker) index(f resource.Field, columns []string) {
	v, what := f.Value, fmt.Sprintf("index %q", f.Name)
	c.ident("an index", f.Name, rangeOf(f))
	cols, on := v.Get("columns"), v.Get("on")
	switch {
	case !cols.IsNull() && !on.IsNull():
		c.errorf(on.Range(), what+" has columns and on", "write columns for plain columns, on for anything else", "both say what the index is on")
	case cols.IsNull() && on.IsNull():
		c.errorf(rangeOf(f), what+" does not say what it is on", `write columns = ["name"], or on = ["lower(name)"]`, "an index needs a key")
	case !cols.IsNull():
		c.columns(what, cols, columns, rangeOf(f))
	case on.Kind() == resource.KindList && len(on.Items()) == 0:
		c.errorf(on.Range(), what+" has no keys", `write one or more: on = ["lower(name)"]`, "the list is empty")
	}
	for _, k := range on.Items() {
		c.expression("a key of "+what, k)
	}
	if n := len(cols.Items()) + len(on.Items()) + len(v.Get("include").Items()); n > maxIndexColumns {
		c.errorf(rangeOf(f), fmt.Sprintf("%s has %d columns", what, n), "take some out", "Postgres takes %d", maxIndexColumns)
	}
	c.include(what, v, columns)
	c.targets(what, v)
	c.expression("the condition of "+what, v.Get("where"))
	method := strings.ToLower(v.Get("method").Str())
	if v.Get("unique").Bool() && method != "" && method != "btree" {
		c.errorf(v.Get("method").Range(), fmt.Sprintf("%s is unique, but of method %s", what, method), "use btree, or leave unique out", "only a btree can tell that a key is there already")
	}
	if v.Get("nulls_not_distinct").Bool() && !v.Get("unique").Bool() {
		c.errorf(v.Get("nulls_not_distinct").Range(), what+" has nulls_not_distinct, but is not unique", "write unique = true, or take it out", "it says which rows a unique index refuses")
	}
}

func (c *checker) foreignKey(f resource.Field, columns []string) {
	v, what := f.Value, fmt.Sprintf("foreign key %q", f.Name)
	cols, refs := v.Get("columns"), v.Get("ref_columns")
	c.columns(what, cols, columns, rangeOf(f))
	if !refs.IsNull() && len(refs.Items()) != len(cols.Items()) {
		c.errorf(refs.Range(), fmt.Sprintf("%s has %d columns and refers to %d", what, len(cols.Items()), len(refs.Items())), "name as many of both",
			"each column refers to one")
	}
	words := []string{"NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}
	for _, attr := range []string{"on_delete", "on_update"} {
		a := v.Get(attr)
		if a.Kind() != resource.KindString {
			continue
		}
		word, list, has := strings.Cut(decodeAction(a.Str()), " (")
		switch {
		case word != "" && !slices.Contains(words, word):
			c.errorf(a.Range(), fmt.Sprintf("%s: %q is not an action", what, a.Str()), didYouMean(word, words), "it is one of %s", strings.Join(words, ", "))
		case has && (attr == "on_update" || !strings.HasPrefix(word, "SET ")):
			c.errorf(a.Range(), fmt.Sprintf("%s: %s takes no columns", what, a.Str()), "leave the columns out", "only on_delete with SET NULL or SET DEFAULT may name some")
		case has:
			for _, name := range splitColumns(strings.TrimSuffix(list, ")")) {
				if !slices.Contains(cols.StringList(), name) {
					c.errorf(a.Range(), fmt.Sprintf("%s: %s names %q, which is not one of its columns", what, attr, name), didYouMean(name, cols.StringList()), "its columns are %s", strings.Join(cols.StringList(), ", "))
				}
			}
		}
	}
	if a, ok := v.Get("references").Ref(); ok && a == c.r.Address {
		c.columns(what+": ref_columns", refs, columns, refs.Range())
	}
}
