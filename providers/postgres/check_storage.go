package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// maxTarget is how much ANALYZE gathers at most.
const maxTarget = 10000

func checkTarget(v resource.Value) error {
	if n, ok := v.Int(); ok && (n < 0 || n > maxTarget) {
		return fmt.Errorf("%d is not a target: it is from 0 to %d", n, maxTarget)
	}
	return nil
}

// storage checks how a table is kept. columns are the names of its columns.
func (c *checker) storage(columns []string) {
	w := c.r.Attrs
	c.parameters("a storage parameter", w.Get("with"))
	for _, f := range w.Get("with").Fields() {
		if strings.HasPrefix(strings.ToLower(f.Name), "toast.") && neverToasted(w.Get("columns")) {
			c.errorf(rangeOf(f), fmt.Sprintf("%s is about long values, and %s has no column for any", f.Name, c.r.Address), "take it out",
				"Postgres keeps no table for long values where all columns are short, and forgets the parameter")
		}
	}
	indexes := indexNames(c.r)
	for _, attr := range []string{"replica_identity", "cluster"} {
		v := w.Get(attr)
		word := attr == "replica_identity" && (v.Str() == identityFull || v.Str() == identityNothing)
		if v.Kind() == resource.KindString && !word && !slices.Contains(indexes, v.Str()) {
			c.errorf(v.Range(), fmt.Sprintf("%s: %q is not an index of %s", attr, v.Str(), c.r.Address), didYouMean(v.Str(), indexes), "its indexes and keys are: %s", strings.Join(indexes, ", "))
		}
	}
	for _, f := range w.Get("columns").Fields() {
		c.columnStorage(f)
	}
	c.parameters("a storage parameter", w.Get("primary_key").Get("with"))
	for _, attr := range []string{"uniques", "exclusions", "indexes"} {
		for _, f := range w.Get(attr).Fields() {
			c.parameters("a storage parameter", f.Value.Get("with"))
		}
	}
	for _, attr := range []string{"checks", "foreign_keys"} {
		for _, f := range w.Get(attr).Fields() {
			if f.Value.Get("not_valid").Bool() && f.Value.Get("not_enforced").Bool() {
				c.errorf(f.Value.Get("not_valid").Range(), fmt.Sprintf("%q is not_valid and not_enforced", f.Name), "take not_valid out", "what nobody enforces holds for no row anyway")
			}
		}
	}
	for _, f := range w.Get("statistics").Fields() {
		c.statistic(f, columns)
	}
}

// parameters refuses names of storage parameters that are none: they are letters, digits and _.
func (c *checker) parameters(what string, v resource.Value) {
	for _, f := range v.Fields() {
		if f.Name == "" || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != "" {
			c.errorf(rangeOf(f), fmt.Sprintf("%q is not the name of %s", f.Name, what), "write a name such as fillfactor", "such names are of letters, digits and _")
		}
	}
}

// indexNames are the names of what has an index.
func indexNames(r *resource.Resource) []string {
	var out []string
	if v := r.Attrs.Get("primary_key"); len(primaryKeyColumns(v)) > 0 {
		out = append(out, orElse(v.Get("name").Str(), catalog.ObjectName(r.Name(), "", "pkey")))
	}
	for _, attr := range []string{"uniques", "exclusions", "indexes"} {
		for _, f := range r.Attrs.Get(attr).Fields() {
			out = append(out, f.Name)
		}
	}
	return out
}

// toastBytes is how long a row must be able to get for a table to have room for long values.
const toastBytes = 2000

// neverToasted tells whether no row of these columns can be long, so that the table has no other for long values.
func neverToasted(columns resource.Value) bool {
	sum := 0
	for _, f := range columns.Fields() {
		typ, ok := staticType(f.Value.Get("type").Str())
		base, mods := typeShape(typ)
		switch {
		case ok && fixedSize(typ) > 0:
			sum += fixedSize(typ)
		case ok && (base == "character varying" || base == "character") && len(mods) == 1:
			sum += 4*mods[0] + 4 // bytes of UTF-8, at most
		case ok && base == "numeric" && len(mods) == 2:
			sum += mods[0] + 10
		default:
			return false
		}
	}
	return sum < toastBytes
}

func (c *checker) columnStorage(f resource.Field) {
	v, what := f.Value, fmt.Sprintf("column %q", f.Name)
	c.parameters("an option", v.Get("with"))
	c.expression("using of "+what, v.Get("using"))
	typ, ok := staticType(v.Get("type").Str())
	if !ok || fixedSize(typ) == 0 {
		return
	}
	if x := v.Get("compression"); !x.IsNull() {
		c.errorf(x.Range(), what+" is never compressed", "take compression out", "values of type %s are short", typ)
	}
	if x := v.Get("storage"); !x.IsNull() && x.Str() != "plain" {
		c.errorf(x.Range(), fmt.Sprintf("%s cannot have storage %s", what, x.Str()), "take storage out", "values of type %s are short, and stand in their row", typ)
	}
}

func (c *checker) exclusion(f resource.Field, columns []string) {
	v, what := f.Value, fmt.Sprintf("exclusion constraint %q", f.Name)
	c.ident("an exclusion constraint", f.Name, rangeOf(f))
	on := v.Get("on")
	if on.Kind() == resource.KindList && len(on.Items()) == 0 {
		c.errorf(on.Range(), what+" is on nothing", `write one or more elements: on = ["room WITH ="]`, "the list is empty")
	}
	for _, e := range on.Items() {
		c.expression("an element of "+what, e)
		if e.Known() && !strings.Contains(strings.ToUpper(e.Str()), " WITH ") {
			c.errorf(e.Range(), fmt.Sprintf("%s: element %q has no operator", what, e.Str()), `write "column WITH operator"`, "two rows exclude each other when all operators are true")
		}
	}
	c.include(what, v, columns)
	c.expression("the condition of "+what, v.Get("where"))
}

func (c *checker) statistic(f resource.Field, columns []string) {
	v, what := f.Value, fmt.Sprintf("statistics %q", f.Name)
	c.ident("statistics", f.Name, rangeOf(f))
	on := v.Get("on").Items()
	plain := 0
	for _, key := range on {
		c.expression("a key of "+what, key)
		schema, name, ok := sqltext.SplitQualified(key.Str())
		if !ok || schema != "" {
			continue
		}
		plain++
		if !slices.Contains(columns, name) {
			c.errorf(key.Range(), fmt.Sprintf("%s names column %q, which the table does not have", what, name), didYouMean(name, columns), "its columns are %s", strings.Join(columns, ", "))
		}
	}
	kinds := v.Get("kinds").Items()
	switch {
	case len(on) == plain && plain < 2:
		c.errorf(rangeOf(f), what+" is on fewer than two columns", "name two or more columns, or an expression", "of one column the server gathers all by itself")
	case len(on) == 1 && len(kinds) > 0:
		c.errorf(v.Get("kinds").Range(), what+" is on one expression and has kinds", "take kinds out", "kinds are about values that go together")
	}
	for _, k := range kinds {
		if k.Known() && !slices.Contains(statisticKinds, strings.ToLower(k.Str())) {
			c.errorf(k.Range(), fmt.Sprintf("%s: %q is not a kind", what, k.Str()), didYouMean(k.Str(), statisticKinds), "it is one of %s", strings.Join(statisticKinds, ", "))
		}
	}
	if err := checkTarget(v.Get("target")); err != nil {
		c.errorf(v.Get("target").Range(), "bad target of "+what, "write another number", "%s", err)
	}
}

// targets checks how much is gathered of an index's keys.
func (c *checker) targets(what string, v resource.Value) {
	keys := len(v.Get("on").Items())
	for _, f := range v.Get("statistics").Fields() {
		n, err := strconv.Atoi(f.Name)
		switch {
		case err != nil || n < 1 || n > keys || strconv.Itoa(n) != f.Name:
			c.errorf(rangeOf(f), fmt.Sprintf("%s has no key %q", what, f.Name), "write the number of a key of on that is an expression, from 1", "it has %d", keys)
		case checkTarget(f.Value) != nil:
			c.errorf(rangeOf(f), "bad target of a key of "+what, "write another number", "%s", checkTarget(f.Value))
		}
	}
}
