package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
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
	var names []notNullRename
	for i := range c.want.columns {
		w := &c.want.columns[i]
		live := orElse(c.renames[w.name], w.name)
		h := c.have.column(live)
		if h == nil || c.remade[w.name] || !c.want.refusesNull(w) {
			continue
		}
		r := notNullRename{from: notNullName(c.want.name, w.name), to: orElse(w.notNullName, notNullName(c.want.name, w.name))}
		if r.stays = c.have.refusesNull(h); r.stays {
			r.from = orElse(h.notNullName, notNullName(c.liveName, live))
		}
		if r.from == r.to {
			continue
		}
		if made := c.madeOnline(w.name); made != nil {
			c.run(made, exclusive, c.renameConstraint(r.from, r.to))
			c.takes(made, c.want.constraintName(r.to))
			continue
		}
		names = append(names, r)
	}
	if len(names) == 0 {
		return
	}
	s := c.step(resource.Path{"not_null_names"}, resource.Update, "name not-null constraints")
	for _, ch := range c.d.Changes {
		if len(ch.Path) > 2 && ch.Path[2] == "not_null_name" {
			s.Changes = append(s.Changes, ch)
		}
	}
	for len(names) > 0 {
		next := slices.IndexFunc(names, func(r notNullRename) bool {
			return !slices.ContainsFunc(names, func(other notNullRename) bool { return other.from == r.to })
		})
		r := notNullRename{from: names[0].from, to: c.asideName([]naming{c.want.constraintName(names[0].from)}, names[0].from), stays: names[0].stays}
		if next >= 0 {
			r = names[next]
			names = slices.Delete(names, next, next+1)
		} else { // they go in a circle
			names[0].from, names[0].stays = r.to, false
		}
		x := &release{called: r.from, what: "not-null constraint", lock: exclusive, on: c.want.place, live: c.d.Live, rename: c.renameConstraint}
		if r.stays {
			x.names = []naming{c.want.constraintName(r.from)}
		}
		c.renaming(s, x, r.to, c.want.constraintName(r.to))
	}
}

// notNullRename is a not-null constraint that gets another name, and whether it has the former one before the plan runs.
type notNullRename struct {
	from, to string
	stays    bool
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
