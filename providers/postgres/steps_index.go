package postgres

import (
	"github.com/tellr-dev/tellr/engine/resource"
)

// dropIndexes drops what is not wanted any more; what is replaced goes where it comes back, unless columns change.
func (c *tableChange) dropIndexes() {
	for _, name := range c.entries("indexes") {
		h, w := c.have.index(name), c.want.index(name)
		if w == nil && c.claimed[place{c.have.schema, name}] {
			continue
		}
		if h == nil || w != nil && (c.indexStays(h, w) || c.onlyTouch("indexes", name)) || w == nil && c.busy && c.onItsWay(name) {
			continue
		}
		if w == nil && c.busy && !c.goesAlong(h) {
			c.dropIndexOnline(h)
			continue
		}
		s := c.step(resource.Path{"indexes", name}, resource.Delete, "drop index "+name)
		if w != nil {
			s.ID += "/drop"
			s.Changes = nil
			s.Reason = "it must make way for changes of columns"
		}
		c.run(s, exclusive, "DROP INDEX "+c.have.indexPlace(name))
		hazard(s, resource.HazardIndexDropped, unneeded)
		undo(s, h.createIndex(c.have.place))
		c.frees(s, name)
		c.building = append(c.building, taking{s, c.have.place})
	}
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
		undo(s, "DROP INDEX "+c.want.indexPlace(name))
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
				c.building = append(c.building, taking{s, c.have.place})
				c.run(s, exclusive, "DROP INDEX "+c.have.indexPlace(name))
				s.Undo = append(s.Undo, resource.RawSQL(h.createIndex(c.have.place)))
			}
			c.run(s, effort{lock: lockShare, scan: true}, w.createIndex(c.want.place))
		}
		if h != nil && c.busy {
			c.building = append(c.building, taking{s, c.have.place})
		}
		c.retarget(s, w, nil)
		if w.comment != "" {
			run(s, commentOn(what, w.comment))
		}
		c.needs(s, name)
	}
}

// goesAlong tells whether an index is on columns that go, and must go before them.
func (c *tableChange) goesAlong(h *indexDef) bool { return !c.stays(h.mentions(), nil) }

// indexStays tells whether an index need not make way for changes of columns.
func (c *tableChange) indexStays(h, w *indexDef) bool {
	return c.stays(h.mentions(), w.mentions()) && (!c.reshaped || h.method == w.method)
}

// frees notes that a step gives a name of the schema free.
func (c *tableChange) frees(s *resource.Step, name string) {
	at := place{c.have.schema, name}
	c.freed[at] = append(c.freed[at], s.ID)
}

// needs notes that a step takes a name of the schema.
func (p *planner) needs(s *resource.Step, schema, name string) {
	p.taking = append(p.taking, taking{s, place{schema, name}})
}

func (c *tableChange) needs(s *resource.Step, name string) { c.planner.needs(s, c.want.schema, name) }

// needFree notes all names of the schema that a new table takes.
func (p *planner) needFree(s *resource.Step, t *table) {
	p.needs(s, t.schema, t.name)
	if t.primaryKey != nil {
		p.needs(s, t.schema, t.primaryKey.name)
	}
	for i := range t.uniques {
		p.needs(s, t.schema, t.uniques[i].name)
	}
	for i := range t.exclusions {
		p.needs(s, t.schema, t.exclusions[i].name)
	}
	for i := range t.indexes {
		p.needs(s, t.schema, t.indexes[i].name)
	}
}
