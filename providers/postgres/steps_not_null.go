package postgres

import (
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// notNullName is the name that Postgres 18 gives to the constraint that a column is not null.
func notNullName(table, column string) string { return catalog.ObjectName(table, column, "not_null") }

// settleNotNull leaves a name out that is the usual one, or that the server has no place for.
func (t *table) settleNotNull(c *column, version int) {
	if version != 0 && version < from18 || c.notNullName == notNullName(t.name, c.name) || !t.refusesNull(c) {
		c.notNullName = ""
	}
}

// nameNotNulls gives the not-null constraints of columns that stay the names that they are to have: Postgres 18 names them
// by table and column, and leaves them their names when those change.
func (c *tableChange) nameNotNulls() {
	if c.facts.ServerVersion < from18 {
		return
	}
	var s *resource.Step
	for i := range c.want.columns {
		w := &c.want.columns[i]
		live := orElse(c.renames[w.name], w.name)
		h := c.have.column(live)
		if h == nil || c.remade[w.name] || !c.want.refusesNull(w) {
			continue
		}
		from, to := notNullName(c.want.name, w.name), orElse(w.notNullName, notNullName(c.want.name, w.name))
		if c.have.refusesNull(h) {
			from = orElse(h.notNullName, notNullName(c.liveName, live))
		}
		if from == to {
			continue
		}
		rename := c.alter("RENAME CONSTRAINT " + sqltext.Ident(from) + " TO " + sqltext.Ident(to))
		if made := c.madeOnline(w.name); made != nil {
			c.run(made, exclusive, rename)
			continue
		}
		if s == nil {
			s = c.step(resource.Path{"not_null_names"}, resource.Update, "name not-null constraints")
			for _, ch := range c.d.Changes {
				if len(ch.Path) > 2 && ch.Path[2] == "not_null_name" {
					s.Changes = append(s.Changes, ch)
				}
			}
		}
		c.run(s, exclusive, rename)
		undo(s, c.alter("RENAME CONSTRAINT "+sqltext.Ident(to)+" TO "+sqltext.Ident(from)))
	}
}

// madeOnline is the step by which a column is changed while the table is used; nil if none is.
func (c *tableChange) madeOnline(column string) *resource.Step {
	for _, s := range c.steps {
		if s.Address == c.d.Address && s.Stage == resource.Online && len(s.Path) == 2 && s.Path[0] == "columns" && s.Path[1] == column {
			return s
		}
	}
	return nil
}
