package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// A child that is no partition has columns of its parents only, which go with theirs, and columns that are its own, which its
// parents may have too. A column says which by inherited: true, false, and as it is.

// ownOfInherited is what a new child has of its own in columns that are its parents', as clauses of ALTER TABLE; how it
// keeps their values is not among it.
func (t *table) ownOfInherited() []string {
	var out []string
	for i := range t.columns {
		c := &t.columns[i]
		if !c.inherited {
			continue
		}
		up := t.inherit(c.name)
		if up == nil {
			up = &column{} // no file says what it is
		}
		alter := "ALTER COLUMN " + sqltext.Ident(c.name) + " "
		switch {
		case c.generated != "" && c.generated != up.generated:
			out = append(out, alter+"SET EXPRESSION AS ("+c.generated+")")
		case c.def != "" && c.def != up.def:
			out = append(out, alter+"SET DEFAULT "+c.def)
		case c.def == "" && c.generated == "" && (up.def != "" || isSerialWord(up.typ)):
			out = append(out, alter+"DROP DEFAULT")
		}
		switch {
		case c.notNull && c.notNullName != "":
			out = append(out, "ADD CONSTRAINT "+sqltext.Ident(c.notNullName)+" NOT NULL "+sqltext.Ident(c.name))
		case c.notNull && !up.notNull:
			out = append(out, alter+"SET NOT NULL")
		}
	}
	return out
}

// nothingOfItsOwn takes out of a child's columns those that are its parents' only, and just what they make them.
func (n *normalizer) nothingOfItsOwn(r *resource.Resource, attrs resource.Value) resource.Value {
	var parents []place
	for _, v := range r.Attrs.Get("inherits").Items() {
		parents = append(parents, n.index.placeOf(v, n.index.schemaOf(r.Attrs.Get("schema"))))
	}
	if len(parents) == 0 {
		return attrs
	}
	columns := attrs.Get("columns")
	for _, f := range columns.Fields() {
		if f.Value.Get("inherited").Bool() && n.view.inheritedColumn(parents, f.Name).Equal(withoutInherited(f.Value)) {
			attrs = attrs.With("columns", attrs.Get("columns").Without(f.Name))
		}
	}
	return attrs
}

func withoutInherited(column resource.Value) resource.Value {
	if !column.Has("inherited") {
		return column
	}
	return column.Without("inherited")
}

// alsoInherited leaves to a child what nothing but making it anew would change: whether a column is also its own, and the
// checks that it has by itself and of a parent, too: a table that became a child has them twice, and Postgres drops neither.
func (n *normalizer) alsoInherited(r *resource.Resource, attrs resource.Value) resource.Value {
	live := n.live[r.Address]
	if live == nil || r.Attrs.Get("inherits").IsNull() {
		return attrs
	}
	for _, f := range attrs.Get("columns").Fields() {
		column, said := f.Value, f.Value.Get("inherited")
		switch is := live.Attrs.Get("columns").Get(f.Name).Get("inherited"); {
		case !is.IsNull() && said.IsNull():
			column = column.With("inherited", is)
		case is.IsNull() && !said.IsNull() && !said.Bool(): // it becomes a child now, or its parent has the column now
			column = column.Without("inherited")
		default:
			continue
		}
		attrs = attrs.With("columns", attrs.Get("columns").With(f.Name, column))
	}
	own := live.Attrs.Get("checks")
	for _, v := range r.Attrs.Get("inherits").Items() {
		up := n.live[n.index.tables[n.index.placeOf(v, n.index.schemaOf(r.Attrs.Get("schema")))]]
		if up == nil {
			continue
		}
		for _, f := range up.Attrs.Get("checks").Fields() {
			if has := own.Get(f.Name); !attrs.Get("checks").Has(f.Name) && !has.IsNull() && has.Get("expression").Equal(f.Value.Get("expression")) {
				attrs = attrs.With("checks", attrs.Get("checks").With(f.Name, has))
			}
		}
	}
	return attrs
}

// comesFirst tells whether a change gives a child a column of its own that its parents get, too: if it has it before, it
// stays its own.
func (c *tableChange) comesFirst(parents []place, ch resource.Change) bool {
	return c.want.partitionOf == nil && ch.Live.IsNull() && !ch.Desired.IsNull() && !ch.Desired.Get("inherited").Bool() &&
		!slices.ContainsFunc(parents, func(at place) bool { return c.mayHave(at, ch.Path[1]) })
}

// mayHave tells whether a table has a column now, by itself or from its parents, as far as that is known.
func (p *planner) mayHave(at place, column string) bool {
	d := p.deltas[p.index.tables[at]]
	if d == nil || d.Live == nil || d.Live.Attrs.Get("columns").Has(column) {
		return true
	}
	lineage := decodeLineage(p.index, livePlace(d.Live).schema, d.Live.Attrs)
	return slices.ContainsFunc(lineage.parents(), func(up place) bool { return p.mayHave(up, column) })
}
