package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// dropIndexes drops what is not wanted any more; what is replaced goes where it comes back, unless columns change.
func (c *tableChange) dropIndexes() {
	for _, name := range c.entries("indexes") {
		h, w := c.have.index(name), c.want.index(name)
		if w == nil && c.claimed[place{c.have.schema, name}] {
			continue
		}
		if h == nil || w != nil && (c.indexStays(h, w) || c.onlyTouch("indexes", name)) || w == nil && c.busy && c.onItsWay(name) && !c.goesAlong(h) {
			continue
		}
		if w == nil && c.busy && !c.goesAlong(h) && !c.losesExtension(name) {
			c.dropIndexOnline(h)
			continue
		}
		s := c.step(resource.Path{"indexes", name}, resource.Delete, "drop index "+name)
		if w != nil {
			s.ID += "/drop"
			s.Changes = nil
			s.Reason = "it must make way for changes of columns"
		}
		drop := func(called string) string { return "DROP INDEX " + c.have.indexPlace(called) }
		c.run(s, exclusive, drop(name))
		c.freesIndex(s, name, "index", c.have.indexNames(name), drop)
		hazard(s, resource.HazardIndexDropped, unneeded)
		c.have.undoIndexDrop(s, h, "")
		c.building = append(c.building, building{s, c.have.place})
	}
}

// losesExtension tells whether an index is of a method or an operator class that goes with its extension in the transaction.
func (c *tableChange) losesExtension(name string) bool {
	for _, d := range c.req.Deltas {
		if d.Address.Kind == "extension" && d.Action == resource.Delete && slices.ContainsFunc(c.hanging[objectOf(d)], func(on catalog.Dependency) bool {
			return on.By == objectOf(c.d) && on.Part == name
		}) {
			return true
		}
	}
	return false
}

func (c *tableChange) addIndexes() {
	for _, name := range c.entries("indexes") {
		h, w := c.have.index(name), c.want.index(name)
		if w == nil {
			continue
		}
		what := "INDEX " + c.want.indexPlace(name)
		path := resource.Path{"indexes", name}
		if h != nil && c.onlyTouch("indexes", name) {
			c.touchIndex(w, h)
			continue
		}
		s := c.step(path, resource.Create, "create index "+name)
		if w.at != nil {
			s.At = w.at
		}
		stays := h != nil && c.indexStays(h, w)
		if h != nil {
			s.Action, s.Title = resource.Update, "replace index "+name
			if h.invalid {
				s.Reason = "the live one is left over from a build that failed, and serves no query"
			}
		}
		switch {
		case c.busy:
			if !stays {
				h = nil
			}
			if c.inTrees() {
				c.putTreeIndex(s, w, h)
			} else {
				c.putIndexOnline(s, w, h)
			}
			if columns := w.keyColumns(); columns != nil {
				c.keysDone = append(c.keysDone, keyDone{s, c.have.place, columns})
			}
		default:
			if stays {
				c.building = append(c.building, building{s, c.have.place})
				c.run(s, exclusive, "DROP INDEX "+c.have.indexPlace(name))
				c.have.undoIndexDrop(s, h, "")
			}
			c.run(s, effort{lock: lockShare, scan: true}, w.createIndex(c.want.place))
			undo(s, "DROP INDEX "+c.want.indexPlace(name))
		}
		if h != nil && c.busy {
			c.building = append(c.building, building{s, c.have.place})
		}
		c.retarget(s, w, nil)
		if w.comment != "" {
			run(s, commentOn(what, w.comment))
		}
		c.takes(s, c.want.indexNames(name)...)
	}
}

// goesAlong tells whether an index is on columns that go, and must go before them.
func (c *tableChange) goesAlong(h *indexDef) bool { return !c.stays(h.mentions(), nil) }

// left is a live index that a change while the table is used can go on with, or must take away: not one that goes before.
func (c *tableChange) left(name string) *indexDef {
	if h := c.have.index(name); h != nil && !c.goesAlong(h) {
		return h
	}
	return nil
}

// indexStays tells whether an index need not make way for changes of columns.
func (c *tableChange) indexStays(h, w *indexDef) bool {
	return c.stays(h.mentions(), w.mentions()) && (!c.reshaped || h.method == w.method)
}

// freesIndex notes that a statement of a step drops an index, or the constraint of one, of the table.
func (c *tableChange) freesIndex(s *resource.Step, name, what string, names []naming, says func(called string) string) {
	c.releases(&release{step: s, names: names, called: name, what: what, rename: c.renameIndex, lock: effort{lock: lockShareUpdateExcl},
		on: place{c.have.schema, name}, says: says, at: len(s.Statements) - 1})
}

// renameIndex gives an index another name, and with it the constraint that it is of.
func (c *tableChange) renameIndex(from, to string) string {
	return "ALTER INDEX " + c.have.indexPlace(from) + " RENAME TO " + sqltext.Ident(to)
}

// renameConstraint gives a constraint another name.
func (c *tableChange) renameConstraint(from, to string) string {
	return c.alter("RENAME CONSTRAINT " + sqltext.Ident(from) + " TO " + sqltext.Ident(to))
}

// indexNames are those of an index of a table.
func (t *table) indexNames(name string) []naming {
	return []naming{relationName(place{t.schema, name})}
}
