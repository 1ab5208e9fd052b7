package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// An index of a partitioned table is made of one index for each partition. While the table is used, the parent's is made
// alone, which reads nothing and is not valid; then each partition's is built CONCURRENTLY and attached; with the last one
// the parent's becomes valid. So whatever is left by a change that was killed is known by an index, or a key, of the parent
// that is not valid, or that has the name of one on its way.

// growth is an index, or a key, of a partitioned table in the making.
type growth struct {
	*tableChange
	s     *resource.Step
	index *indexDef
	// key and word are set if it is that of a constraint.
	key  *key
	word string
	like func(*catalog.PartitionIndex) bool
	// goes are the indexes of partitions that go with the one that this replaces, and give their names free.
	goes map[place]bool
	// back is set if what it replaces is gone by then.
	back bool
	// built are the indexes that stand ready for a key, by partition, and renames what is to be done when names are free.
	built   map[place]string
	named   map[place][2]string
	renames []relabel
}

type relabel struct {
	from place
	to   string
}

func (c *tableChange) grow(s *resource.Step, x *indexDef) *growth {
	g := &growth{tableChange: c, s: s, index: x, like: likeIndex(desiredEntry(c.d, "indexes", x.name)),
		named: map[place][2]string{}, goes: map[place]bool{}}
	for _, q := range c.planner.remade.parts[c.d.Address] {
		if slices.Equal(q.path, resource.Path{"indexes", x.name}) { // it went before, and comes back
			g.replaces(c.have.place, x.name)
			g.back = true
		}
	}
	return g
}

func (c *tableChange) growKey(s *resource.Step, k *key, word string) *growth {
	return &growth{tableChange: c, s: s, index: k.index(k.name), key: k, word: word, like: likeKey(k, word),
		built: map[place]string{}, named: map[place][2]string{}, goes: map[place]bool{}}
}

// replaces notes what goes with an index of a partitioned table.
func (g *growth) replaces(on place, name string) {
	for _, x := range g.partsOf(on) {
		if i := x.partIndex(name); i != nil {
			g.goes[place{x.schema, i.Name}] = true
			g.replaces(x.place, i.Name)
		}
	}
}

// names are those of a partition's index: the final one, and the one on its way there, which differs while another index
// has the final one.
func (g *growth) names(x partition) (final, first string) {
	if n, done := g.named[x.place]; done {
		return n[0], n[1]
	}
	like := x.like(g.like)
	fits := func(name string) bool { return like != nil && like.Name == name }
	final = g.partName(x, g.columnNames(), g.label(), func(name string) bool { return g.goes[place{x.schema, name}] || fits(name) })
	first = final
	if g.isTakenBy(x, final) && !fits(final) && !g.back {
		first = wayName(wayIndex, final)
	}
	g.named[x.place] = [2]string{final, first}
	return final, first
}

func (g *growth) label() string {
	switch g.word {
	case "PRIMARY KEY":
		return "pkey"
	case "UNIQUE":
		return "key"
	default:
		return "idx"
	}
}

func (g *growth) columnNames() []string {
	if g.word == "PRIMARY KEY" {
		return nil
	}
	return g.index.keyNames()
}

// lone makes the index of a partitioned table by itself. It reads nothing.
func (g *growth) lone(on place, live *resource.Live, name string) {
	if g.key != nil {
		k := *g.key
		k.name = name
		runOn(g.s, live, on, effort{lock: lockAccessExclusive}, "ALTER TABLE ONLY "+on.String()+" ADD "+k.ddl(g.word))
		return
	}
	x := *g.index
	x.name = name
	runOn(g.s, live, on, effort{lock: lockShare}, x.createIndexOn("", "ONLY ", on))
}

// ready builds the indexes of which the partitions' keys are made, before the parent's key, or the one before, is touched:
// rows that are twice there stop it here.
func (g *growth) ready(on place, live string) {
	for _, x := range g.partsOf(on) {
		have := x.partIndex(live)
		if x.isNew && live != "" || have != nil && !have.Invalid {
			continue
		}
		like := x.like(g.like)
		if x.by != "" {
			switch {
			case have != nil:
				g.ready(x.place, have.Name)
			case like != nil:
				g.ready(x.place, like.Name)
			default:
				g.ready(x.place, "")
			}
			continue
		}
		if like != nil && (like.Constraint != "" || !like.Invalid) {
			g.built[x.place] = like.Name
			continue
		}
		_, first := g.names(x)
		if like != nil {
			g.dropPart(x, like.Name)
			first = like.Name
		}
		g.buildPart(x, first)
		g.built[x.place] = first
	}
}

func (g *growth) dropPart(x partition, name string) {
	runOn(g.s, x.estate, x.place, effort{lock: lockShareUpdateExcl}, "DROP INDEX "+concurrently+place{x.schema, name}.String())
}

func (g *growth) buildPart(x partition, name string) {
	def := *g.index
	def.name = name
	if x.isNew {
		run(g.s, def.createIndex(x.place))
	} else {
		runOn(g.s, x.estate, x.place, effort{lock: lockShareUpdateExcl, scan: true}, def.createIndexAs(concurrently, x.place))
		g.s.Statements[len(g.s.Statements)-1].Cleanup = resource.RawSQL("DROP INDEX " + concurrently + "IF EXISTS " + place{x.schema, name}.String())
	}
	g.relations[place{x.schema, name}] = true
}

// spread gives each partition its part of an index of its parent, the name of which is up now; live is the name by which
// the partitions know it already, "" if it is new.
func (g *growth) spread(on place, up, live string) {
	for _, x := range g.partsOf(on) {
		if x.isNew && live != "" {
			continue // it is made with all that its parent has
		}
		final, first := g.names(x)
		if have := x.partIndex(live); have != nil && live != "" {
			if x.by != "" {
				g.spread(x.place, have.Name, have.Name)
			}
			g.finally(x, have.Name)
			continue
		}
		like, name := x.like(g.like), first
		switch {
		case like != nil && x.by != "":
			name = like.Name
			g.spread(x.place, name, name)
		case x.by != "":
			g.lone(x.place, x.estate, name)
			g.relations[place{x.schema, name}] = true
			g.spread(x.place, name, "")
		case g.key != nil:
			name = g.addPartKey(x, like, final)
		case like != nil && !like.Invalid:
			name = like.Name
		case like != nil:
			name = like.Name
			g.dropPart(x, name)
			g.buildPart(x, name)
		default:
			g.buildPart(x, name)
		}
		if name != final && !g.isTakenBy(x, final) && !g.declares(x, name) {
			g.rename(x, name, final)
			name = final
		}
		runOn(g.s, x.estate, x.place, exclusive, "ALTER INDEX "+place{on.schema, up}.String()+" ATTACH PARTITION "+place{x.schema, name}.String())
		if name != final && !g.declares(x, name) {
			g.renames = append(g.renames, relabel{place{x.schema, name}, final})
		}
	}
}

// finally notes the name that an index is to have which was attached under the one on its way.
func (g *growth) finally(x partition, name string) {
	final := g.partName(x, g.columnNames(), g.label(), func(n string) bool { return n == name || g.goes[place{x.schema, n}] })
	if name == wayName(wayIndex, final) {
		g.renames = append(g.renames, relabel{place{x.schema, name}, final})
	}
}

// addPartKey makes a partition's key of the index that stands ready for it.
func (g *growth) addPartKey(x partition, like *catalog.PartitionIndex, final string) string {
	from := g.built[x.place]
	if like != nil && like.Constraint != "" {
		return like.Name
	}
	k := *g.key
	k.name = final
	runOn(g.s, x.estate, x.place, exclusive, "ALTER TABLE "+x.String()+" ADD "+k.ddlUsing(g.word, from))
	g.relations[place{x.schema, final}] = true
	return final
}

// declares tells whether a partition's own block has an index or a key by this name.
func (g *growth) declares(x partition, name string) bool {
	d := g.planner.view.index.desired[g.planner.view.index.tables[x.place]]
	return d != nil && (d.Attrs.Get("indexes").Has(name) || d.Attrs.Get("uniques").Has(name) || d.Attrs.Get("primary_key").Get("name").Str() == name)
}

func (g *growth) rename(x partition, from, to string) {
	runOn(g.s, x.estate, x.place, effort{lock: lockShareUpdateExcl}, "ALTER INDEX "+place{x.schema, from}.String()+" RENAME TO "+sqltext.Ident(to))
	g.relations[place{x.schema, to}] = true
}

// settleNames gives the indexes of partitions the names that were not free before.
func (g *growth) settleNames() {
	for _, r := range g.renames {
		run(g.s, "ALTER INDEX "+r.from.String()+" RENAME TO "+sqltext.Ident(r.to))
		g.relations[place{r.from.schema, r.to}] = true
	}
}

// unfinished tells whether an index that is not valid becomes so when the partitions have their parts of it.
func (p *planner) unfinished(on place, live string) bool {
	for _, x := range p.partsOf(on) {
		have := x.partIndex(live)
		if have == nil && !x.isNew || have != nil && have.Invalid && x.by != "" && p.unfinished(x.place, have.Name) {
			return true
		}
	}
	return false
}

// dropTreeIndex drops an index of a partitioned table, which Postgres does not do CONCURRENTLY, with what a change that did
// not end has built for it on partitions that no file declares.
func (c *tableChange) dropTreeIndex(s *resource.Step, h *indexDef) {
	c.run(s, exclusive, "DROP INDEX "+c.have.indexPlace(h.name))
	if !h.invalid && c.replacing(h.name) == "" {
		hazard(s, resource.HazardIndexDropped, unneeded)
	}
	if !h.invalid {
		return
	}
	like := likeIndex(c.d.Live.Attrs.Get("indexes").Get(h.name))
	g := c.grow(s, h)
	for _, x := range c.leavesOf(c.have.place) {
		if i := x.like(like); i != nil && c.index.tables[x.place].IsZero() && !c.claimed[place{x.schema, i.Name}] &&
			(i.Name == catalog.ObjectName(x.name, strings.Join(h.keyNames(), "_"), "idx") || i.Name == wayName(wayIndex, catalog.ObjectName(x.name, strings.Join(h.keyNames(), "_"), "idx"))) {
			g.dropPart(x, i.Name)
		}
	}
}

// putTreeIndex makes a new index of a partitioned table, or replaces one: the new one is valid before the old one goes.
func (c *tableChange) putTreeIndex(s *resource.Step, w, h *indexDef) {
	online(s)
	undo(s, "DROP INDEX "+c.want.indexPlace(w.name))
	g := c.grow(s, w)
	c.isTaken(place{})
	name, live := w.name, ""
	way := wayName(wayIndex, w.name)
	if left := c.have.index(way); left != nil {
		s.Reason = "an earlier change did not end"
		if c.sameIndex(w.name, way) && (!left.invalid || c.unfinished(c.have.place, c.liveEntry("indexes", way))) {
			name, live = way, way
		} else {
			c.dropTreeIndex(s, left)
		}
	}
	switch {
	case h == nil:
	case h.invalid && live == "" && c.sameIndex(w.name, h.name) && c.unfinished(c.have.place, c.liveEntry("indexes", h.name)):
		s.Title, s.Reason = "finish index "+w.name, "an earlier change did not end: not every partition has its part of it"
		live, h = c.liveEntry("indexes", h.name), nil
	case h.invalid && live == "":
		c.dropTreeIndex(s, h)
		h = nil
	default:
		g.replaces(c.want.place, c.liveEntry("indexes", h.name))
		if live == "" {
			name = way
		}
	}
	if live == "" {
		g.lone(c.want.place, c.d.Live, name)
	}
	g.spread(c.want.place, name, live)
	if h != nil {
		c.run(s, exclusive, "DROP INDEX "+c.have.indexPlace(h.name))
	}
	g.settleNames()
	if name != w.name {
		run(s, "ALTER INDEX "+c.want.indexPlace(name)+" RENAME TO "+sqltext.Ident(w.name))
	}
	if h != nil {
		s.Undo, s.NoUndo = nil, "to go back, declare the index as it was"
	}
}

// putTreeKey adds a primary key or a unique constraint to a partitioned table, or replaces one, by indexes that are built
// while the table is used. The old one goes when the indexes of the new one are there, and refuse what it refuses.
func (c *tableChange) putTreeKey(s *resource.Step, k constraint) {
	online(s)
	if k.word == "PRIMARY KEY" {
		for _, name := range k.key.columns {
			c.noNulls(s, name)
		}
	}
	g := c.growKey(s, k.key, k.word)
	c.isTaken(place{})
	replaces, live := k.have != "" && c.constraintStays(&k), ""
	if replaces && k.liveKey.invalid && c.onlyInvalid(k) && c.unfinished(c.have.place, k.liveKey.name) {
		s.Title, s.Reason = "finish "+k.what+" "+k.name, "an earlier change did not end: not every partition has its part of it"
		live, replaces = k.liveKey.name, false
	}
	if replaces {
		g.replaces(c.want.place, k.liveKey.name)
	}
	g.ready(c.want.place, live)
	if replaces {
		c.run(s, exclusive, c.alter("DROP CONSTRAINT "+sqltext.Ident(k.name)))
		s.NoUndo = "to go back, declare the " + k.what + " as it was"
	}
	if live == "" {
		g.lone(c.want.place, c.d.Live, k.key.name)
	}
	g.spread(c.want.place, k.key.name, live)
	g.settleNames()
	if k.word == "PRIMARY KEY" && replaces {
		c.dropNotNullAfterKey(s)
	}
	c.keysDone = append(c.keysDone, keyDone{s, c.have.place, k.key.columns})
}

// onlyInvalid tells whether a live key is what is wanted, but for the partitions that lack their part of it.
func (c *tableChange) onlyInvalid(k constraint) bool {
	for _, ch := range c.d.Changes {
		if len(ch.Path) < len(k.path) || ch.Path[0] != k.path[0] || len(k.path) > 1 && ch.Path[1] != k.path[1] {
			continue
		}
		if len(ch.Path) == len(k.path) || ch.Path[len(k.path)] != "invalid" {
			return false
		}
	}
	return true
}

// liveEntry is the name that a constraint or an index has before the plan renames it.
func (c *tableChange) liveEntry(attr, name string) string {
	for _, r := range c.renamedEntries {
		if r.attr == attr && r.to == name {
			return r.from
		}
	}
	return name
}
