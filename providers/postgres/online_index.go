package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

const concurrently = "CONCURRENTLY "

// unneeded words what the loss of an index means.
const unneeded = "queries that use it take another way"

// dropIndexOnline drops an index that is not wanted any more.
func (c *tableChange) dropIndexOnline(h *indexDef) {
	s := online(c.step(resource.Path{"indexes", h.name}, resource.Delete, "drop index "+h.name))
	if base := c.replacing(h.name); base != "" {
		s.Reason = "it is left over from a replacement of index " + base + " that did not end"
	}
	if c.isAside(h.name) {
		s.Reason = "another thing has taken its name, and the change did not end"
	}
	have := *c.have
	if c.knownByIndexNoMore() {
		have.replicaIdentity = "" // the step of that takes itself back, when its columns refuse nulls again
	}
	if c.inTrees() {
		c.dropTreeIndex(s, h)
		have.undoIndexDrop(s, h, "")
		c.frees(s, c.have.indexNames(h.name)...)
	} else {
		c.dropConcurrently(s, h)
		have.undoIndexDrop(s, h, concurrently)
		c.freesIndex(s, h.name, "index", c.have.indexNames(h.name), func(called string) string {
			return "DROP INDEX " + concurrently + c.have.indexPlace(called)
		})
	}
	c.building = append(c.building, building{s, c.have.place})
}

func (c *tableChange) dropConcurrently(s *resource.Step, h *indexDef) {
	c.run(s, effort{lock: lockShareUpdateExcl}, "DROP INDEX "+concurrently+c.have.indexPlace(h.name))
	if !h.invalid && c.replacing(h.name) == "" && !c.isAside(h.name) {
		hazard(s, resource.HazardIndexDropped, unneeded)
	}
}

// replacing is the index, or the key, that a live index was to replace; "" if none.
func (c *tableChange) replacing(name string) string {
	for _, t := range []*table{c.want, c.have} {
		for i := range t.indexes {
			if wayName(wayIndex, t.indexes[i].name) == name {
				return t.indexes[i].name
			}
		}
		for i := range t.uniques {
			if wayName(wayIndex, t.uniques[i].name) == name {
				return t.uniques[i].name
			}
		}
		if k := t.primaryKey; k != nil && wayName(wayIndex, k.name) == name {
			return k.name
		}
	}
	return ""
}

// isAside tells whether a live index is one that was to go and whose name another thing has taken.
func (c *tableChange) isAside(name string) bool {
	return strings.HasPrefix(name, wayAside) && c.want.index(name) == nil
}

// onItsWay tells whether a live index that nobody declares is used by the change of another index, or of a key.
func (c *tableChange) onItsWay(name string) bool {
	for _, x := range c.entries("indexes") {
		if c.want.index(x) != nil && wayName(wayIndex, x) == name && !c.onlyTouch("indexes", x) {
			return true
		}
	}
	return !c.inTrees() && c.want.index(name) == nil && slices.ContainsFunc(c.constraints(), func(k constraint) bool {
		return k.key != nil && k.want != "" && (k.key.name == name || k.have != "" && wayName(wayIndex, k.key.name) == name)
	})
}

// build adds the statements that build an index, under a name of its own. What a failure leaves is taken away at once: an
// invalid index serves no query, but costs each write, and a unique one refuses rows.
func (c *tableChange) build(s *resource.Step, x *indexDef) {
	c.whileUsed(s, x.createIndexAs(concurrently, c.want.place))
	s.Statements[len(s.Statements)-1].Cleanup = resource.RawSQL("DROP INDEX " + concurrently + "IF EXISTS " + c.want.indexPlace(x.name))
}

// settle makes an index that is left by an interrupted change good for use, or takes it away; it tells whether it is good.
func (c *tableChange) settle(s *resource.Step, left *indexDef, good bool) bool {
	if left == nil {
		return false
	}
	if good && !left.invalid {
		return true
	}
	c.dropConcurrently(s, left)
	return false
}

// putIndexOnline makes a new index, or replaces one: the new one is valid before the old one goes.
func (c *tableChange) putIndexOnline(s *resource.Step, w, h *indexDef) {
	online(s)
	s.Undo = []resource.SQL{resource.RawSQL("DROP INDEX " + concurrently + c.want.indexPlace(w.name))}
	way := wayName(wayIndex, w.name)
	left := c.left(way)
	if left != nil {
		s.Reason = "an earlier replacement did not end"
	}
	ready := c.settle(s, left, left != nil && c.sameIndex(w.name, way))
	renamed := func() {
		run(s, "ALTER INDEX "+c.want.indexPlace(way)+" RENAME TO "+sqltext.Ident(w.name))
	}
	switch {
	case h != nil && h.invalid && !ready:
		c.dropConcurrently(s, h)
		c.build(s, w)
	case h != nil:
		if !ready {
			fresh := *w
			fresh.name = way
			c.build(s, &fresh)
		}
		c.run(s, effort{lock: lockShareUpdateExcl}, "DROP INDEX "+concurrently+c.have.indexPlace(h.name))
		renamed()
		s.Undo = nil
		c.have.undoIndexReplace(s, h, w.name)
	case ready:
		renamed()
	default:
		c.build(s, w)
	}
}

// sameIndex tells whether a live index is what an index is to be, but for its name and comment.
func (c *tableChange) sameIndex(name, live string) bool {
	return bare(desiredEntry(c.d, "indexes", name)).Equal(bare(c.d.Live.Attrs.Get("indexes").Get(live)))
}

// bare is an index without what does not say what it is on.
func bare(v resource.Value) resource.Value { return v.Without("comment", "invalid", "columns") }

// keyIndexIs tells whether a live index can become a key as it is.
func (c *tableChange) keyIndexIs(k *key, x *indexDef) bool {
	want := k.index(x.name)
	return x.unique && x.method == "" && x.where == "" && len(x.with) == 0 && x.nullsNotDistinct == want.nullsNotDistinct &&
		slices.Equal(x.on, want.on) && slices.Equal(x.include, want.include)
}
