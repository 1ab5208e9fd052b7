package postgres

import (
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// What is kept inside other values, in the elements of an array or the fields of a composite type, Postgres neither reads
// nor writes anew when its type changes: it refuses the change.

// holder is a column that stays after a step and keeps values of a domain inside others, or rows of a table as values. The
// values of a domain that are a column by themselves do not count: inside tells that all do.
func (p *planner) holder(d *resource.Delta, s *resource.Step, inside bool) *catalog.Dependency {
	seen := map[catalog.Object]bool{}
	var find func(of catalog.Object, inside bool) *catalog.Dependency
	find = func(of catalog.Object, inside bool) *catalog.Dependency {
		if seen[of] {
			return nil
		}
		seen[of] = true
		for _, on := range p.hanging[of] {
			inside := inside || on.Array
			other := p.things[on.By]
			switch {
			case on.Kind != "column" && on.Kind != "attribute" && on.Kind != "type" || p.goes(on, s):
				continue
			case on.Kind == "column":
				if inside {
					return &on
				}
				inside = true // in the rows of a table, which may be values, too
			case on.Kind == "attribute" || other == nil || other.Address.Kind != "domain":
				inside = true
			}
			if found := find(on.By, inside); found != nil {
				return found
			}
		}
		return nil
	}
	return find(objectOf(d), inside)
}

// asValues says which column keeps rows of the table as values, so that what would write them anew is refused; "" for none.
func (c *tableChange) asValues(s *resource.Step) string {
	if on := c.holder(c.d, s, true); on != nil {
		return fmt.Sprintf("rows of the table are values of %s, and Postgres does not write those anew: "+
			"let the column go, or give it another type, in an apply before this one", on.What)
	}
	return ""
}

// keptAsValues blocks a step that Postgres refuses where rows of the table are values of columns.
func (c *tableChange) keptAsValues(s *resource.Step) bool {
	if why := c.asValues(s); why != "" && s.Blocked == nil {
		s.Blocked = &resource.Block{Reason: why}
	}
	return s.Blocked != nil
}

// divides says which table is divided by a column, so that its type stays; "" for none. A partition may be divided by
// another column than its parent, which has its type from there.
func (p *planner) divides(at place, column, by string) string {
	if by != "" && mentionsColumn(by, column) {
		return fmt.Sprintf("table %s is divided by column %s (PARTITION BY %s), and Postgres cannot change its type: "+
			"declare a table with the new type beside it, move the rows, and drop the old one", at, column, by)
	}
	for _, part := range p.facts.Partitions[at.String()] {
		if why := p.divides(parsePlace(part.Name, ""), column, part.By); why != "" {
			return why
		}
	}
	return ""
}

// refusesValues tells whether the type of a new column is a declared domain that says something of its values.
func (c *tableChange) refusesValues(w *column) bool {
	ref, ok := c.d.Desired.Attrs.Get("columns").Get(w.name).Get("type").Ref()
	d := c.deltas[ref]
	if !ok || d == nil || d.Desired == nil || ref.Kind != "domain" {
		return false
	}
	return d.Desired.Attrs.Get("not_null").Bool() || len(d.Desired.Attrs.Get("checks").Fields()) > 0
}
