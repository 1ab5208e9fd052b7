package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// checker gathers what is wrong with one thing, offline.
type checker struct {
	r  *resource.Resource
	ds resource.Diagnostics
}

func (c *checker) errorf(at *resource.Range, summary, cure, detail string, args ...any) {
	if at == nil {
		at = c.r.Range
	}
	c.ds.Errorf(at, summary, cure, detail, args...)
}

// ident refuses what cannot be a name.
func (c *checker) ident(what, name string, at *resource.Range) {
	if err := identProblem(name); err != nil {
		c.errorf(at, "bad name for "+what, "choose another name", "%s", err)
	}
}

// label checks the block's label where it is the name.
func (c *checker) label(what string) {
	if !c.r.Attrs.Has("name") {
		c.ident("the "+what, c.r.Address.Name, c.r.Range)
	}
	c.schemaName()
}

// schemaName checks a schema that is written as text.
func (c *checker) schemaName() {
	if v := c.r.Attrs.Get("schema"); v.Kind() == resource.KindString {
		c.ident("the schema", v.Str(), v.Range())
	}
}

// columns checks a list of columns of a key or index: there are some, none twice, and each is one of the table's.
func (c *checker) columns(what string, v resource.Value, known []string, at *resource.Range) {
	items := v.Items()
	if len(items) == 0 && v.Kind() == resource.KindList {
		c.errorf(v.Range(), what+" has no columns", "name one or more columns, or take it out", "the list is empty")
	}
	seen := map[string]bool{}
	for _, it := range items {
		if !it.Known() {
			continue
		}
		name, where := it.Str(), it.Range()
		if where == nil {
			where = at
		}
		switch {
		case seen[name]:
			c.errorf(where, fmt.Sprintf("%s names column %q twice", what, name), "name it once", "a column counts once")
		case known != nil && !slices.Contains(known, name):
			c.errorf(where, fmt.Sprintf("%s names column %q, which the table does not have", what, name), didYouMean(name, known),
				"its columns are %s", strings.Join(known, ", "))
		}
		seen[name] = true
	}
}

// expression refuses a text that cannot stand inside a statement. Whether it means something, only the server knows.
func (c *checker) expression(what string, v resource.Value) {
	if v.Kind() != resource.KindString {
		return
	}
	if err := sqltext.Fragment(v.Str()); err != nil {
		c.errorf(v.Range(), what+" cannot stand in a statement", "write it as Postgres wants it, or take it out", "%s: %q", err, v.Str())
	}
}

func checkSchemaName(v resource.Value) error {
	if err := checkIdent(v); err != nil {
		return err
	}
	switch name := v.Str(); {
	case strings.HasPrefix(name, "pg_"):
		return fmt.Errorf("%q is not a name for a schema: Postgres keeps names that begin with pg_ for itself", name)
	case name == "information_schema":
		return errors.New(`"information_schema" is not a name for a schema: it is the server's own`)
	case name == "tellr":
		return errors.New(`"tellr" is not a name for a schema: tellr keeps its ledger there`)
	default:
		return nil
	}
}

func checkSchema(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	if !r.Attrs.Has("name") {
		if err := checkSchemaName(resource.String(r.Address.Name)); err != nil {
			c.errorf(r.Range, "bad name for the schema", "give it another label, or write name = …", "%s", err)
		}
	}
	c.standsOnce("a schema is part of the database of one instance or branch")
	return c.ds
}

func checkEnum(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("enum")
	values := r.Attrs.Get("values")
	seen := map[string]bool{}
	for _, v := range values.Items() {
		if !v.Known() {
			continue
		}
		c.ident("a value of the enum", v.Str(), v.Range())
		if seen[v.Str()] {
			c.errorf(v.Range(), fmt.Sprintf("%s has the value %q twice", r.Address, v.Str()), "take one of the two out", "each value counts once")
		}
		seen[v.Str()] = true
	}
	c.renamedValues(seen)
	return c.ds
}

func checkSequence(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("sequence")
	if v := r.Attrs.Get("type"); !v.IsNull() && v.Known() {
		if typ, _ := staticType(v.Str()); typ != "smallint" && typ != "integer" && typ != "bigint" {
			c.errorf(v.Range(), fmt.Sprintf("%q is not a type for a sequence", v.Str()), "write smallint, integer or bigint", "a sequence counts in whole numbers")
		}
	}
	c.seqOptions(r.Attrs)
	if v := r.Attrs.Get("owned_by"); v.Kind() == resource.KindString {
		if n := len(splitIdents(v.Str())); n != 2 && n != 3 {
			c.errorf(v.Range(), fmt.Sprintf("%q does not name a column", v.Str()), `write "table.column", or "schema.table.column"`, "a sequence is dropped with the column that owns it")
		}
	}
	return c.ds
}

// seqOptions checks the options of a sequence or an identity.
func (c *checker) seqOptions(v resource.Value) {
	number := func(name string) (int64, bool) { return v.Get(name).Int() }
	if n, ok := number("increment"); ok && n == 0 {
		c.errorf(v.Get("increment").Range(), "a sequence cannot count in steps of 0", "write 1, or another step", "it would give one value for ever")
	}
	if n, ok := number("cache"); ok && n < 1 {
		c.errorf(v.Get("cache").Range(), fmt.Sprintf("a sequence cannot take %d values in one go", n), "write 1 or more", "cache is how many values a session takes at once")
	}
	least, hasLeast := number("min")
	most, hasMost := number("max")
	if hasLeast && hasMost && least >= most {
		c.errorf(v.Get("max").Range(), fmt.Sprintf("min %d is not below max %d", least, most), "", "a sequence needs room to count")
	}
	if start, ok := number("start"); ok && (hasLeast && start < least || hasMost && start > most) {
		c.errorf(v.Get("start").Range(), fmt.Sprintf("start %d is outside of what the sequence may give", start), "choose a start from min to max", "its first value is its start")
	}
}

func checkFunction(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label(r.Kind.Name)
	c.arguments("arguments")
	c.standardBody()
	c.expression("the result", r.Attrs.Get("returns"))
	for _, f := range r.Attrs.Get("set").Fields() {
		c.setting(f)
	}
	return c.ds
}

func checkTrigger(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	w := r.Attrs
	if !w.Has("name") {
		c.ident("the trigger", r.Address.Name, r.Range)
	}
	c.events(w.Get("events"))
	c.expression("the condition", w.Get("when"))
	row, after := w.Get("level").Str() == "ROW", w.Get("timing").Str() == "AFTER"
	if w.Get("constraint").Bool() && !(row && after) {
		c.errorf(w.Get("constraint").Range(), "a constraint trigger runs AFTER each ROW", `write timing = "AFTER" and level = "ROW"`, "only then can it be deferred")
	}
	if from := w.Get("from"); !from.IsNull() && !w.Get("constraint").Bool() {
		c.errorf(from.Range(), "only a constraint trigger has another table", "write constraint = true, or take from out", "from is set")
	}
	for _, name := range []string{"deferrable", "initially_deferred"} {
		if w.Get(name).Bool() && !w.Get("constraint").Bool() {
			c.errorf(w.Get(name).Range(), "only a constraint trigger can be deferred", "write constraint = true", "%s is set", name)
		}
	}
	for _, name := range []string{"old_table", "new_table"} {
		if !w.Get(name).IsNull() && !after {
			c.errorf(w.Get(name).Range(), "only an AFTER trigger sees tables of old and new rows", `write timing = "AFTER"`, "before the change there are none")
		}
	}
	c.onView()
	if w.Get("timing").Str() == "INSTEAD OF" && !row {
		c.errorf(w.Get("timing").Range(), "an INSTEAD OF trigger runs for each ROW", `write level = "ROW"`, "it stands in for the change of a row")
	}
	return c.ds
}

func (c *checker) events(v resource.Value) {
	if v.Kind() == resource.KindList && len(v.Items()) == 0 {
		c.errorf(v.Range(), fmt.Sprintf("%s runs on no event", c.r.Address), "write INSERT, UPDATE, DELETE or TRUNCATE", "the list is empty")
	}
	words := []string{"INSERT", "UPDATE", "DELETE", "TRUNCATE"}
	seen := map[string]bool{}
	for _, e := range v.Items() {
		if !e.Known() {
			continue
		}
		word, columns := splitEvent(e.Str())
		switch {
		case !slices.Contains(words, word):
			c.errorf(e.Range(), fmt.Sprintf("%q is not an event", e.Str()), didYouMean(word, words), "a trigger runs on INSERT, UPDATE, UPDATE OF columns, DELETE or TRUNCATE")
		case len(columns) > 0 && word != "UPDATE":
			c.errorf(e.Range(), fmt.Sprintf("%s of columns is not an event", word), "write "+word+", or UPDATE OF columns", "only an update is of columns")
		case seen[word]:
			c.errorf(e.Range(), fmt.Sprintf("%s stands twice among the events", word), "name it once; UPDATE OF takes several columns: UPDATE OF a, b", "")
		case word == "TRUNCATE" && c.r.Attrs.Get("level").Str() == "ROW":
			c.errorf(e.Range(), "a trigger on TRUNCATE runs once for each STATEMENT", `leave level out, or write level = "STATEMENT"`, "TRUNCATE looks at no row")
		}
		seen[word] = true
	}
}
