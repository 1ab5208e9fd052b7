package postgres

import "fmt"

// computedOf says why a column cannot get another type while others are computed of it.
func (a *alteration) computedOf() string {
	if baseType(a.canonical.typ) == baseType(a.have.typ) {
		return ""
	}
	to := map[string]string{a.have.name: a.have.name + "?"}
	for i := range a.tableChange.have.columns {
		g := &a.tableChange.have.columns[i]
		if g.generated == "" || renamedText(g.generated, to) == g.generated {
			continue
		}
		for j := range a.tableChange.want.columns {
			w := &a.tableChange.want.columns[j]
			if orElse(a.renames[w.name], w.name) == g.name && w.generated != "" {
				return fmt.Sprintf("column %s is computed of %s, whose type Postgres does not change meanwhile: take %s out of the file and apply, "+
					"then change the type and put %s back", w.name, a.have.name, w.name, w.name)
			}
		}
	}
	return ""
}

// dropRank puts generated columns before those that they may read.
func (c *tableChange) dropRank(name string) int {
	if h := c.have.column(name); h != nil && h.generated != "" {
		return 0
	}
	return 1
}

// isRead tells whether a live column is read by a generated one that stays.
func (c *tableChange) isRead(name string) bool {
	for i := range c.have.columns {
		g := &c.have.columns[i]
		if g.generated != "" && mentionsColumn(g.generated, name) && (c.want.column(g.name) != nil || c.isRenamed(g.name)) {
			return true
		}
	}
	return false
}

// readsNew tells whether a desired column is generated of one that the plan adds.
func (c *tableChange) readsNew(w *column) bool {
	if w.generated == "" {
		return false
	}
	for i := range c.want.columns {
		n := c.want.columns[i].name
		if c.have.column(n) == nil && c.renames[n] == "" && mentionsColumn(w.generated, n) {
			return true
		}
	}
	return false
}

func mentionsColumn(expr, name string) bool {
	return renamedText(expr, map[string]string{name: name + "?"}) != expr
}
