package postgres

import (
	"slices"

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

// refusingNulls is the clause by which a column refuses nulls. What has a name gets it with that: it could not be renamed
// afterwards where a child has its own name for the same.
func (c *tableChange) refusingNulls(w *column) string {
	if c.namesNotNull(w) {
		return "ADD CONSTRAINT " + sqltext.Ident(w.notNullName) + " NOT NULL " + sqltext.Ident(w.name)
	}
	return "ALTER COLUMN " + sqltext.Ident(w.name) + " SET NOT NULL"
}

func (c *tableChange) namesNotNull(w *column) bool {
	return w.notNullName != "" && c.facts.ServerVersion >= from18
}

// refuses notes that a step lets a column refuse nulls.
func (c *tableChange) refuses(s *resource.Step, w *column) {
	if c.namesNotNull(w) {
		c.namedNotNulls[w.name] = true
		c.takes(s, c.want.constraintName(w.notNullName))
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
		if h == nil || c.remade[w.name] || c.namedNotNulls[w.name] || !c.want.refusesNull(w) {
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
		if up := c.above(inTransaction, w.name, "not_null"); up != nil && r.stays { // what is inherited has its parent's name
			c.leaveNotNull(up, w, r)
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

// leaveNotNull makes way for the constraint that a column gets of a parent: what a child says by itself goes, if no file
// says it any more, or has its name before it is inherited.
func (c *tableChange) leaveNotNull(up *resource.Step, w *column, r notNullRename) {
	s := c.step(resource.Path{"not_null_names"}, resource.Update, "leave it to the parent that column "+w.name+" is not null")
	s.ID, s.Node = s.ID+"/"+w.name, up.Node
	own := c.want.partitionOf != nil || c.d.Desired.Attrs.Get("columns").Get(w.name).Get("not_null").Bool()
	sql, back := c.renameConstraint(r.from, r.to), c.renameConstraint(r.to, r.from)
	if !own {
		column := "ALTER COLUMN " + sqltext.Ident(w.name)
		sql, back = c.alter(column+" DROP NOT NULL"), c.alter("ADD CONSTRAINT "+sqltext.Ident(r.from)+" NOT NULL "+sqltext.Ident(w.name))
	}
	c.run(s, exclusive, sql)
	undo(s, back)
	need(up, s.ID)
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

// ownNotNulls gives the not-null constraints that a partition had of its parent the names that they would have without it.
func (c *tableChange) ownNotNulls(s *resource.Step) {
	for _, sql := range c.notNullNames(true) {
		c.run(s, exclusive, sql)
	}
}

// notNullNames are the statements that give them these names, or those that they had.
func (c *tableChange) notNullNames(own bool) []string {
	live := c.partitionAt(c.want.place)
	if live == nil || c.tree.attach != nil {
		return nil
	}
	var out []string
	for _, column := range sortedKeys(live.NotNulls) {
		from, to := live.NotNulls[column], notNullName(c.liveName, column)
		if !own {
			from, to = to, from
		}
		out = append(out, c.alter("RENAME CONSTRAINT "+sqltext.Ident(from)+" TO "+sqltext.Ident(to)))
	}
	return out
}

// allowNullsBelow lets nulls into the partitions that refuse them by themselves, too, and are not to: from Postgres 18 a key
// that is made of keys of partitions leaves them so, and the parent's statement does not change it.
func (c *tableChange) allowNullsBelow(s *resource.Step, column string) {
	var below func(parent place)
	below = func(parent place) {
		for _, x := range c.facts.Partitions[parent.String()] {
			at := parsePlace(x.Name, "")
			r := c.index.desired[c.index.tables[at]]
			if slices.Contains(x.OwnNotNulls, column) && (r == nil || !r.Attrs.Get("columns").Get(column).Get("not_null").Bool()) {
				runOn(s, nil, at, exclusive, (&table{place: at}).alter([]string{"ALTER COLUMN " + sqltext.Ident(column) + " DROP NOT NULL"}))
			}
			below(at)
		}
	}
	below(c.have.place)
}
