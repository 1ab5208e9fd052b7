package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// What goes back for the parts of a table: each part comes again with all that was said of it, which went with it.

// undoIndexDrop writes how to get an index back that a step drops; word is as for createIndexAs.
func (t *table) undoIndexDrop(s *resource.Step, x *indexDef, word string) {
	undoing(s, func(back *resource.Step) {
		run(back, x.createIndexAs(word, t.place))
		t.dressAgain(back, x)
	})
}

// undoIndexReplace writes how to get an index back that another one replaces while the table is used: it is there again
// before the other one goes.
func (t *table) undoIndexReplace(s *resource.Step, x *indexDef, by string) {
	undoing(s, func(back *resource.Step) {
		was := *x
		was.name = wayName(wayIndex, x.name)
		run(back, was.createIndexAs(concurrently, t.place))
		run(back, "DROP INDEX "+concurrently+t.indexPlace(by))
		run(back, "ALTER INDEX "+t.indexPlace(was.name)+" RENAME TO "+sqltext.Ident(x.name))
		t.dressAgain(back, x)
	})
}

// dressAgain says of an index that comes again what was said of it.
func (t *table) dressAgain(s *resource.Step, x *indexDef) {
	for _, f := range x.statistics {
		run(s, x.target(t, f.Name, f.Value.Str()))
	}
	if x.comment != "" {
		run(s, commentOn("INDEX "+t.indexPlace(x.name), x.comment))
	}
	t.nameAgain(s, x.name)
}

// nameAgain says what names an index: an index that goes takes it along.
func (t *table) nameAgain(s *resource.Step, index string) {
	if t.replicaIdentity == index {
		run(s, t.alter([]string{replicaIdentity(index)}))
	}
	if t.cluster == index {
		run(s, t.alter([]string{clusterOn(index)}))
	}
}

// undoConstraintDrop writes how to get a constraint back that a step drops; ddl is as behind ADD.
func (t *table) undoConstraintDrop(s *resource.Step, path resource.Path, name, ddl string) {
	undoing(s, func(back *resource.Step) {
		run(back, t.alter([]string{"ADD " + ddl}))
		t.dressConstraintAgain(back, path, name)
	})
}

// dressConstraintAgain says of a constraint that comes again what was said of it.
func (t *table) dressConstraintAgain(s *resource.Step, path resource.Path, name string) {
	if n, ok := t.noteAt(path); ok {
		for _, sql := range n.set() {
			run(s, sql)
		}
	}
	if path[0] != "checks" {
		t.nameAgain(s, name)
	}
}

// undoConstraintReplace writes how to get a constraint back that another one replaces. Of a key whose table is used, the
// index is there again before the other key goes.
func (c *tableChange) undoConstraintReplace(s *resource.Step, k constraint) {
	undoing(s, func(back *resource.Step) {
		again := k.have
		if c.busy && !c.inTrees() && k.liveKey != nil && !k.liveKey.withoutOverlaps {
			way := wayName(wayIndex, k.liveKey.name)
			run(back, k.liveKey.index(way).createIndexAs(concurrently, c.have.place))
			again = k.liveKey.ddlUsing(k.word, way)
		}
		run(back, c.have.alter([]string{"DROP CONSTRAINT " + sqltext.Ident(c.addedName(k)), "ADD " + again}))
		c.have.dressConstraintAgain(back, k.path, k.name)
	})
}

// undoForeignKeyDrop writes how to get a foreign key back that a step drops.
func (t *table) undoForeignKeyDrop(s *resource.Step, k *foreignKey) {
	undoing(s, func(back *resource.Step) {
		run(back, t.alter([]string{"ADD " + k.ddl()}))
		if k.comment != "" {
			run(back, commentOn(k.on(t), k.comment))
		}
	})
}

// undoColumnDrop writes how to get a column back that a step drops, and that lost no values by it.
func (t *table) undoColumnDrop(s *resource.Step, c *column) {
	undoing(s, func(back *resource.Step) {
		run(back, t.alter([]string{"ADD COLUMN " + c.ddl(false)}))
		if clauses, _ := c.stores(c.name, columnStorage{}); len(clauses) > 0 {
			run(back, t.alter(clauses))
		}
		if c.comment != "" {
			run(back, commentOn("COLUMN "+t.columnPlace(c.name), c.comment))
		}
	})
}

// separateAgain gives partitions back the foreign keys of their own that become part of a new one of their parent, and go
// with it.
func (p *planner) separateAgain(s *resource.Step, at place, want resource.Value) {
	for _, x := range p.leavesOf(at) {
		if like := p.likeForeignKey(&x, want); like != nil {
			k := decodeForeignKey(p.index, x.schema, resource.F(like.Name, like.Key))
			(&table{place: x.place}).undoForeignKeyDrop(s, &k)
		}
	}
}

// referrer is a foreign key that stays, with its table.
type referrer struct {
	of  *table
	key *foreignKey
}

// referrers are the foreign keys that stay and refer to some columns of a table.
func (p *planner) referrers(to place, columns []string) []referrer {
	var out []referrer
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Live == nil || d.Desired == nil || d.Live.Instead || d.Action == resource.Replace {
			continue
		}
		d = p.carried(d)
		t := decodeTable(p.index, p.wanted(d), d.Live.Attrs)
		for i := range t.foreignKeys {
			k := &t.foreignKeys[i]
			if k.references == to && sameSet(k.refColumns, columns) && p.displaced[t.place][k.name] == "" && !changed(d, partForeignKeys, k.name) {
				out = append(out, referrer{t, k})
			}
		}
	}
	return out
}

// undoKey takes a new key away again, with the foreign keys that have come to rely on it, and brings back the index that
// became its own, or that made way for it.
func (c *tableChange) undoKey(s *resource.Step, k *key) {
	x := c.left(k.name)
	if x == nil || x.invalid || !c.busy || c.inTrees() {
		undo(s, c.alter("DROP CONSTRAINT "+sqltext.Ident(k.name)))
		return
	}
	var relying []referrer
	if c.keyIndexIs(k, x) {
		relying = c.referrers(c.have.place, k.columns)
	}
	for _, r := range slices.Backward(relying) {
		r.of.undoForeignKeyDrop(s, r.key)
	}
	c.have.undoIndexDrop(s, x, concurrently)
	undo(s, c.alter("DROP CONSTRAINT "+sqltext.Ident(k.name)))
	for _, r := range relying {
		undo(s, r.of.alter([]string{"DROP CONSTRAINT " + sqltext.Ident(r.key.name)}))
	}
}
