package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// What Postgres changes of a column of a parent, it changes in all tables below, whether that was their own or not; and their
// type they get from there alone.

// overrides turns a column of a partition or a child that comes or goes into a change of the column that it has from its
// parents.
func (c *tableChange) overrides(d *resource.Delta) {
	parents := slices.DeleteFunc(slices.Clone(c.want.parents()), func(p place) bool { return slices.Contains(c.tree.enter, p) })
	if len(parents) == 0 || c.tree.blocked != "" {
		return
	}
	c.tree.natural = map[string]resource.Value{}
	var changes []resource.Change
	for _, ch := range d.Changes {
		if len(ch.Path) != 2 || ch.Path[0] != "columns" {
			changes = append(changes, ch)
			continue
		}
		up := c.inheritedColumn(parents, ch.Path[1])
		switch {
		case up.IsNull() && c.want.partitionOf != nil && ch.Desired.IsNull() && c.index.declares(parents):
			// it goes with the parent's
		case up.IsNull() && c.want.partitionOf != nil:
			c.tree.blocked = fmt.Sprintf("column %s differs from that of the parent %s, and what that has is not known: declare the parent too", ch.Path[1], c.want.partitionOf)
		case up.IsNull(), c.comesFirst(parents, ch):
			changes = append(changes, ch)
		default:
			c.tree.natural[ch.Path[1]] = up
			from, to := ch, ch
			from.Live, to.Desired = withoutInherited(from.Live), withoutInherited(to.Desired)
			if from.Live.IsNull() {
				from.Live = up
			}
			if to.Desired.IsNull() {
				to.Desired = up
			}
			changes = append(changes, fieldChanges(from, to)...)
		}
	}
	d.Changes = changes
}

// below is a table below another one, whose column differs from its parent's.
type below struct {
	d   *resource.Delta
	at  place
	own column
}

// belowOf are the declared tables below this one, to stay there or to come, that have a column of a name which is in part
// their own.
func (c *tableChange) belowOf(name string) []below {
	var out []below
	for _, d := range c.req.Deltas {
		if d.Address.Kind != "table" || d.Live == nil || d.Desired == nil || d.Live.Instead || d.Action == resource.Replace {
			continue
		}
		at, v := c.planner.wanted(d), resource.Null()
		switch of := d.Desired.Attrs.Get("partition_of"); {
		case c.isAbove(d) && !c.leavesFirst(d, at):
			v = d.Live.Attrs.Get("columns").Get(name)
		case !of.IsNull() && c.index.placeOf(of, at.schema) == c.want.place: // it comes with this plan
			v = d.Desired.Attrs.Get("columns").Get(name)
		}
		if !v.IsNull() {
			out = append(out, below{d, at, decodeColumn(c.index, at.schema, resource.F(name, v))})
		}
	}
	return out
}

// leavesFirst tells whether a child is no child of this one any more when its columns change.
func (c *tableChange) leavesFirst(d *resource.Delta, at place) bool {
	have := decodeLineage(c.index, livePlace(d.Live).schema, d.Live.Attrs)
	want := decodeLineage(c.index, at.schema, d.Desired.Attrs)
	above := func(p place) bool { return p == c.have.place || p == c.want.place }
	return slices.ContainsFunc(have.inherits, above) && !slices.ContainsFunc(have.inherits, func(p place) bool { return !above(p) && c.leadsHere(p) }) &&
		!slices.ContainsFunc(want.parents(), above)
}

// leadsHere tells whether a live table is this one, or below it.
func (c *tableChange) leadsHere(p place) bool {
	up := c.deltas[c.index.tables[p]]
	return up != nil && up.Live != nil && !up.Live.Instead && c.isAbove(up)
}

// isAbove tells whether a live table is below this one.
func (c *tableChange) isAbove(d *resource.Delta) bool {
	lineage := decodeLineage(c.index, livePlace(d.Live).schema, d.Live.Attrs)
	return slices.ContainsFunc(lineage.parents(), func(p place) bool {
		if p == c.have.place || p == c.want.place {
			return true
		}
		up := c.deltas[c.index.tables[p]]
		return up != nil && up != d && up.Live != nil && !up.Live.Instead && c.isAbove(up)
	})
}

// keepBelow lets the tables below have again what was their own in a column, behind the statement by which that of their
// parent comes to be to, and behind the one by which it is was again. words are what then keeps a column as it is, as behind
// ALTER COLUMN.
func (c *tableChange) keepBelow(s *resource.Step, e effort, was, to *column, words func(b *below, up *column) []string) {
	for _, b := range c.belowOf(to.name) {
		if keep := words(&b, to); len(keep) > 0 {
			runOn(s, b.d.Live, b.at, e, b.alter(keep))
		}
		if keep := words(&b, was); len(keep) > 0 && s.NoUndo == "" && c.isAbove(b.d) {
			s.Undo = append(s.Undo, resource.RawSQL(b.alter(keep)))
		}
	}
}

func (b *below) alter(words []string) string {
	clauses := make([]string, len(words))
	for i, w := range words {
		clauses[i] = "ALTER COLUMN " + sqltext.Ident(b.own.name) + " " + w
	}
	return (&table{place: b.at}).alter(clauses)
}

// changesType tells whether the column itself gets another type, too, and its default again with that.
func (b *below) changesType() bool {
	return changed(b.d, "columns", b.own.name, "type") || changed(b.d, "columns", b.own.name, "collation")
}

// ownDefault keeps the default of a column, or its expression, where the parent's is another one.
func (b *below) ownDefault(up *column) []string {
	switch {
	case b.changesType() || b.own.def == up.def && b.own.generated == up.generated || b.own.identity != nil:
		return nil
	case b.own.generated != "" && up.generated == "":
		return nil // it is computed no more than the parent's
	case b.own.generated != "":
		return []string{"SET EXPRESSION AS (" + b.own.generated + ")"}
	case b.own.def != "":
		return []string{"SET DEFAULT " + b.own.def}
	default:
		return []string{"DROP DEFAULT"}
	}
}

// ownStorage keeps the storage and the statistics of a column, of what the parent changes, where the parent's are others.
func (b *below) ownStorage(up *column, storage, statistics bool) []string {
	var words []string
	if storage && b.own.storage != up.storage {
		words = append(words, "SET STORAGE "+strings.ToUpper(orElse(b.own.storage, "default")))
	}
	if statistics && b.own.statistics != up.statistics {
		words = append(words, "SET STATISTICS "+orElse(b.own.statistics, "-1"))
	}
	return words
}

// retypedAbove is the step of a parent that gives the column its new type in this table too; nil if there is none.
func (a *alteration) retypedAbove() *resource.Step {
	if !a.retyped() || isSerial(a.have.typ) || isSerial(a.canonical.typ) {
		return nil
	}
	return a.above(inTransaction, a.name, "type", "collation")
}

// above is the step by which a table that this one has its columns from, before and after, changes an attribute of a
// column in all of them, or without attributes the column as a whole; nil if none does in one of the stages.
func (c *tableChange) above(stages []resource.Stage, column string, attrs ...string) *resource.Step {
	had := decodeLineage(c.index, c.want.schema, c.tree.before)
	parents := slices.DeleteFunc(c.want.parents(), func(p place) bool { return !slices.Contains(had.parents(), p) })
	return c.changedBy(parents, stages, column, attrs)
}

// inTransaction are the stages of a step that other steps of the transaction can wait for.
var inTransaction = []resource.Stage{resource.Database}

// refusesAbove tells whether the plan lets a column refuse nulls in a table that this one has it from.
func (c *tableChange) refusesAbove(column string) bool {
	return c.above(resource.Stages, column, "not_null") != nil && c.inheritedColumn(c.want.parents(), column).Get("not_null").Bool()
}

// changedBy is the step that changes an attribute of a column in a table and in all that inherit from it.
func (p *planner) changedBy(parents []place, stages []resource.Stage, column string, attrs []string) *resource.Step {
	for _, at := range parents {
		d := p.deltas[p.index.tables[at]]
		if d == nil || d.Desired == nil {
			continue
		}
		up := decodeLineage(p.index, at.schema, d.Desired.Attrs)
		if s := p.changedBy(up.parents(), stages, column, attrs); s != nil {
			return s
		}
		whole := len(attrs) == 0 && changed(d, "columns", column)
		if !whole && !slices.ContainsFunc(attrs, func(attr string) bool { return changed(d, "columns", column, attr) }) {
			continue
		}
		for _, s := range p.steps {
			if s.Address == d.Address && slices.Equal(s.Path, columnPath(column)) && slices.Contains(stages, s.Stage) {
				return s
			}
		}
	}
	return nil
}

// followParent leaves the type to the step of a parent. A default of the column's own makes way for it.
func (a *alteration) followParent(up *resource.Step) {
	have := *a.have
	if have.def != "" {
		s := a.step(columnPath(a.name), resource.Update, "drop default of column "+a.name)
		s.ID, s.Node, s.Changes = s.ID+"/default", up.Node, nil
		s.Reason = "its default may not fit the new type, which it gets with its parent"
		a.run(s, exclusive, a.alter("ALTER COLUMN "+sqltext.Ident(a.name)+" DROP DEFAULT"))
		undo(s, a.alter("ALTER COLUMN "+sqltext.Ident(a.name)+" SET DEFAULT "+have.def))
		need(up, s.ID)
		have.def = ""
	}
	have.typ, have.collation = a.canonical.typ, a.canonical.collation
	a.have = &have
}

// orderColumnsAbove lets a table get a column when the children that go are gone: one of them may have such a column by
// itself, of another type.
func (p *planner) orderColumnsAbove() {
	for _, gone := range p.steps {
		if gone.Address.Kind != "table" || gone.Action != resource.Delete || len(gone.Path) > 0 {
			continue
		}
		child := p.deltas[gone.Address].Live
		lineage := decodeLineage(p.index, livePlace(child).schema, child.Attrs)
		if len(lineage.inherits) == 0 {
			continue
		}
		for _, s := range p.steps {
			if s.Address.Kind == "table" && s.Action == resource.Create && len(s.Path) == 2 && s.Path[0] == "columns" && child.Attrs.Get("columns").Has(s.Path[1]) &&
				slices.Contains(lineage.inherits, livePlace(p.deltas[s.Address].Live)) {
				need(s, gone.ID)
			}
		}
	}
}
