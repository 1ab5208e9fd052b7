package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// lineage checks what a table says of partitions and parents. inherits tells that it has columns from elsewhere.
func (c *checker) lineage(w resource.Value, columns []string) (inherits bool) {
	by, of, values, parents := w.Get("partition_by"), w.Get("partition_of"), w.Get("values"), w.Get("inherits")
	a := c.r.Address
	if !of.IsNull() && !parents.IsNull() {
		c.errorf(parents.Range(), fmt.Sprintf("%s is a partition and inherits", a), "take one of the two out", "a partition has one parent, the table that it is part of")
	}
	if !by.IsNull() && !parents.IsNull() {
		c.errorf(by.Range(), fmt.Sprintf("%s inherits and is partitioned", a), "take one of the two out", "Postgres does not divide a child table")
	}
	switch {
	case of.IsNull() && !values.IsNull():
		c.errorf(values.Range(), fmt.Sprintf("%s has values, but is no partition", a), "write partition_of, or take values out", "values say which rows of the parent a partition holds")
	case !of.IsNull() && values.IsNull():
		c.errorf(of.Range(), fmt.Sprintf("%s does not say which rows it holds", a), `write values = "FROM (…) TO (…)", "IN (…)", "WITH (MODULUS n, REMAINDER m)" or "DEFAULT"`, "a partition holds the rows of some values")
	}
	if of.IsNull() && parents.IsNull() && w.Get("columns").IsNull() {
		c.errorf(c.r.Range, fmt.Sprintf("%s has no columns", a), "write columns = { … }", "only a partition and a child have those of their parents")
	}
	if by.Kind() == resource.KindString {
		c.expression("the partition key", by)
		method, _, ok := cutPartitionKey(strings.TrimSpace(by.Str()))
		if !ok {
			c.errorf(by.Range(), fmt.Sprintf("%q is not a partition key", by.Str()), didYouMean(method, partitionMethods), "write RANGE (…), LIST (…) or HASH (…), with columns or expressions")
		}
		c.partitionKey(w, by, columns)
	}
	if values.Kind() == resource.KindString {
		c.expression("values", values)
		word, _, _ := strings.Cut(strings.ToUpper(decodeBounds(values.Str()))+" ", " ")
		word, _, _ = strings.Cut(word, "(")
		if !slices.Contains([]string{"FROM", "IN", "WITH", "DEFAULT"}, word) {
			c.errorf(values.Range(), fmt.Sprintf("%q are no values of a partition", values.Str()), `write "FROM (…) TO (…)", "IN (…)", "WITH (MODULUS n, REMAINDER m)" or "DEFAULT"`,
				"a range has bounds, a list has items, a hash has a remainder")
		}
	}
	return !of.IsNull() || !parents.IsNull()
}

// partitionKey refuses a key of a partitioned table that Postgres cannot watch over: one that lacks columns of the
// partition key.
func (c *checker) partitionKey(w, by resource.Value, columns []string) {
	need := partitionKeyColumns(by.Str())
	for _, name := range need {
		if len(columns) > 0 && w.Get("partition_of").IsNull() && !slices.Contains(columns, name) {
			c.errorf(by.Range(), fmt.Sprintf("the partition key names column %q, which the table does not have", name), didYouMean(name, columns), "its columns are %s", strings.Join(columns, ", "))
		}
	}
	whole := func(what string, have []string, at *resource.Range) {
		for _, name := range need {
			if len(have) > 0 && !slices.Contains(have, name) {
				c.errorf(at, fmt.Sprintf("%s lacks column %q of the partition key", what, name), "add the column to it", "each partition can only tell of its own rows that they are unique")
			}
		}
	}
	key := w.Get("primary_key")
	whole("the primary key", primaryKeyColumns(key), key.Range())
	for _, f := range w.Get("uniques").Fields() {
		whole(fmt.Sprintf("unique constraint %q", f.Name), f.Value.Get("columns").StringList(), rangeOf(f))
	}
}
