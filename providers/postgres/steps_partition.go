package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// circularParents refuses tables that are their own parents.
func circularParents(things []*resource.Resource, x *index) resource.Diagnostics {
	var ds resource.Diagnostics
	for _, r := range things {
		if r.Kind.Name != "table" {
			continue
		}
		seen := map[resource.Address]bool{}
		var climb func(r *resource.Resource)
		climb = func(r *resource.Resource) {
			for _, v := range append([]resource.Value{r.Attrs.Get("partition_of")}, r.Attrs.Get("inherits").Items()...) {
				if v.IsNull() {
					continue
				}
				up := x.tables[x.placeOf(v, x.schemaOf(r.Attrs.Get("schema")))]
				if above := x.desired[up]; above != nil && !seen[up] {
					seen[up] = true
					climb(above)
				}
			}
		}
		climb(r)
		if seen[r.Address] {
			ds.Errorf(r.Range, fmt.Sprintf("%s is its own parent", r.Address), "take one of the references out", "its columns come from itself, over partition_of or inherits")
		}
	}
	return ds
}

// runCreate adds the statement that makes a table, and what it does not say of a partition.
func (p *planner) runCreate(s *resource.Step, t *table) {
	e, on := effort{}, t.place
	if of := t.partitionOf; of != nil {
		on = *of
		if p.made[on] == nil {
			e.lock = lockAccessExclusive
		}
		p.entering[on] = append(p.entering[on], s)
	}
	runOn(s, nil, on, e, t.createTable())
	if t.partitionOf == nil {
		if clauses := t.ownOfInherited(); len(clauses) > 0 {
			run(s, t.alter(clauses))
		}
		return
	}
	for i := range t.columns {
		c := &t.columns[i]
		if up := t.inherit(c.name); up != nil && c.def == "" && (up.def != "" || isSerialWord(up.typ)) {
			run(s, "ALTER TABLE "+t.place.String()+" ALTER COLUMN "+sqltext.Ident(c.name)+" DROP DEFAULT")
		}
	}
}

// parentIndexes are, by the name that a new partition gives an index which its parent has too, the names under which it is
// made with the partition: it is there once.
func (p *planner) parentIndexes(d *resource.Delta, t *table) map[string]string {
	if t.partitionOf == nil || len(t.indexes) == 0 {
		return nil
	}
	r := p.index.desired[p.index.tables[*t.partitionOf]]
	if r == nil {
		return nil
	}
	out := map[string]string{}
	parent := normalizeTable(p.quiet(), r).Get("indexes")
	up := decodeTable(p.index, *t.partitionOf, r.Attrs)
	for _, own := range normalizeTable(p.quiet(), d.Desired).Get("indexes").Fields() {
		for i := range up.indexes {
			x := &up.indexes[i]
			name := catalog.ObjectName(t.name, strings.Join(x.keyNames(), "_"), "idx")
			if bare(parent.Get(x.name)).Equal(bare(own.Value)) && t.index(name) == nil {
				out[own.Name] = name
				break
			}
		}
	}
	return out
}

// dropFromTree says what goes with a partitioned table, and how a partition could stay.
func (p *planner) dropFromTree(d *resource.Delta, s *resource.Step) {
	at := livePlace(d.Live)
	if of := d.Live.Attrs.Get("partition_of").Str(); of != "" {
		parent := parsePlace(of, "")
		p.leaving[parent] = append(p.leaving[parent], s)
		if p.gone[parent] == nil && !p.req.Destroy {
			p.goingPartitions = append(p.goingPartitions, goingPartition{s, parent, at})
			s.Reason = d.Reason + "; to keep its rows in a table of their own, declare that with all its columns and without partition_of: then it is detached"
		}
	}
	for _, v := range d.Live.Attrs.Get("inherits").StringList() {
		parent := parsePlace(v, "")
		p.leaving[parent] = append(p.leaving[parent], s)
	}
	var others []string
	for _, x := range p.facts.Partitions[at.String()] {
		if at := parsePlace(x.Name, ""); p.gone[at] == nil && p.index.tables[at].IsZero() {
			others = append(others, x.Name)
		}
	}
	if len(others) > 0 && d.Live.Attrs.Has("partition_by") {
		s.Reason = fmt.Sprintf("%s; %d of its partitions, which no file declares, go with it: %s", d.Reason, len(others), some(others))
		for _, other := range others {
			at := parsePlace(other, "")
			s.Takes = append(s.Takes, resource.Undeclared{Kind: "partition", Where: at.schema, Names: []string{at.name}})
		}
	}
}

// some lists a few of many names.
func some(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// orderTrees lets what leaves a table go before what enters it, as the bounds of the two may overlap, and before the table
// goes itself.
func (p *planner) orderTrees() {
	for _, parent := range sortedPlaces(p.leaving) {
		for _, out := range p.leaving[parent] {
			for _, in := range p.entering[parent] {
				if in.Address != out.Address || in.ID != out.ID {
					need(in, out.ID)
				}
			}
			for _, s := range p.steps {
				if s.Address == p.index.tables[parent] && p.parts(out, s.Address) && s.Node.Address == s.Address {
					need(s, out.ID) // what the parent gets now is not for it
				}
				if d := p.deltas[s.Address]; d != nil && s.Action == resource.Delete && len(s.Path) == 0 && s.Address.Kind == "table" &&
					s.ID != out.ID && livePlace(d.Live) == parent {
					need(s, out.ID)
				}
			}
		}
	}
}

// orderBelow lets a table wait for the parents that it names as texts, as it waits for those that it refers to: it is made of
// their columns, and an undo knows of parents nothing but their names.
func (p *planner) orderBelow() {
	var steps map[resource.Address][]*resource.Step // of a table as a whole, in the transaction
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Desired == nil || d.Action == resource.NoOp ||
			d.Desired.Attrs.Get("partition_of").IsNull() && d.Desired.Attrs.Get("inherits").IsNull() {
			continue
		}
		lineage := decodeLineage(p.index, p.wanted(d).schema, d.Desired.Attrs)
		for _, at := range lineage.parents() {
			parent := p.index.tables[at]
			if parent.IsZero() || parent == d.Address || slices.ContainsFunc(d.Desired.Deps, func(dep resource.Dep) bool { return dep.On == parent }) {
				continue
			}
			if steps == nil {
				steps = map[resource.Address][]*resource.Step{}
				for _, s := range p.steps {
					if s.Stage == resource.Database && s.Node == (resource.Node{Address: s.Address}) && !isDrop(s) {
						steps[s.Address] = append(steps[s.Address], s)
					}
				}
			}
			for _, s := range steps[d.Address] {
				for _, up := range steps[parent] {
					need(s, up.ID)
				}
			}
		}
	}
}

// parts tells whether a table leaves a parent for good, and waits for nothing of it.
func (p *planner) parts(out *resource.Step, parent resource.Address) bool {
	d := p.deltas[out.Address]
	return out.Address != parent && d != nil && d.Desired != nil &&
		!slices.ContainsFunc(d.Desired.Deps, func(dep resource.Dep) bool { return dep.Part == "" && dep.On == parent })
}

func sortedPlaces[V any](m map[place]V) []place {
	out := make([]place, 0, len(m))
	for at := range m {
		out = append(out, at)
	}
	slices.SortFunc(out, func(a, b place) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// treeChange is how a table's place among others changes.
type treeChange struct {
	blocked      string
	detach       *place                    // the parent that it leaves
	attach       *place                    // the parent that it comes to
	was, is      string                    // FOR VALUES …, of the one and of the other
	leave, enter []place                   // by inheritance
	natural      map[string]resource.Value // columns that are as the parents make them, in the server's form
	before       resource.Value            // the live table, with what its parent has too
	// columns and checks are those of new parents by inheritance, which the table must have before it is their child.
	columns, checks map[string]resource.Value
}

// inTree finds out how the place of the table among others changes, and gives the rest of the difference: what comes from a
// parent is none.
func (c *tableChange) inTree(d *resource.Delta) *resource.Delta {
	c.whole = d.Changes
	c.tree.before = d.Live.Attrs
	have := decodeLineage(c.index, c.want.schema, d.Live.Attrs)
	want := &c.want.lineage
	t := &c.tree
	switch {
	case changed(d, "partition_by"):
		t.blocked = fmt.Sprintf("Postgres cannot change how a table is divided: it is %s. Make a new table next to it, partitioned as wanted, move the rows "+
			"with INSERT … SELECT in batches, then give the two each other's names", orWord(have.partitionBy, "not partitioned"))
	case have.partitionOf != nil && (want.partitionOf == nil || *want.partitionOf != *have.partitionOf || changed(d, "values")):
		t.detach, t.was = have.partitionOf, have.bounds()
	}
	if want.partitionOf != nil && (have.partitionOf == nil || t.detach != nil) {
		t.attach, t.is = want.partitionOf, want.bounds()
	}
	if t.detach != nil && t.attach == nil {
		d = c.withoutIdentities(d)
	}
	for _, p := range have.inherits {
		if !slices.Contains(want.inherits, p) {
			t.leave = append(t.leave, p)
		}
	}
	for _, p := range want.inherits {
		if !slices.Contains(have.inherits, p) {
			t.enter = append(t.enter, p)
		}
	}
	out := *d
	out.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(ch resource.Change) bool {
		return slices.Contains([]string{"partition_by", "partition_of", "values", "inherits"}, ch.Path[0])
	})
	if t.attach != nil && (have.partitionOf == nil || *have.partitionOf != *t.attach) {
		c.absorb(&out)
	}
	c.overrides(&out)
	if len(t.enter) > 0 && t.blocked == "" {
		c.becomeChild(&out)
	}
	return &out
}

// becomeChild turns the columns and checks that the table is to have of new parents into its own: Postgres takes a table
// for a child that has them already.
func (c *tableChange) becomeChild(d *resource.Delta) {
	t := &c.tree
	t.columns, t.checks = map[string]resource.Value{}, map[string]resource.Value{}
	for _, at := range t.enter {
		r := c.index.desired[c.index.tables[at]]
		if r == nil {
			continue // the server tells what is missing
		}
		up := normalizeTable(c.quiet(), r)
		names := up.Get("columns").Fields()
		for _, in := range decodeLineage(c.index, at.schema, r.Attrs).inherited {
			names = append(names, resource.F(in.name, resource.Null()))
		}
		for _, f := range names {
			t.columns[f.Name] = c.inheritedColumn(t.enter, f.Name)
		}
		for _, f := range up.Get("checks").Fields() {
			if !f.Value.Get("no_inherit").Bool() {
				t.checks[f.Name] = f.Value.Without("comment")
			}
		}
	}
	wanted := normalizeTable(c.quiet(), d.Desired)
	for name := range t.columns {
		if wanted.Get("columns").Has(name) {
			delete(t.columns, name) // which it says itself
		}
	}
	checks := resource.Object()
	for _, name := range sortedKeys(t.checks) {
		if wanted.Get("checks").Has(name) {
			delete(t.checks, name)
			continue
		}
		checks = checks.With(name, t.checks[name])
	}
	d.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(ch resource.Change) bool { return len(ch.Path) > 1 && t.needs(ch.Path[0], ch.Path[1]) })
	changes := func(attr string, ups map[string]resource.Value) {
		for _, name := range sortedKeys(ups) {
			ch := resource.Change{Path: resource.Path{attr, name}, Desired: ups[name], Live: d.Live.Attrs.Get(attr).Get(name), Cause: resource.CauseConfig}
			if ch.Live.IsNull() {
				d.Changes = append(d.Changes, ch)
				continue
			}
			d.Changes = append(d.Changes, fieldChanges(ch, ch)...)
		}
	}
	changes("columns", t.columns)
	changes("checks", t.checks)
	c.want.checks = append(c.want.checks, decodeTable(c.index, c.want.place, resource.Object(resource.F("checks", checks))).checks...)
	for _, name := range sortedKeys(t.columns) {
		c.want.columns = append(c.want.columns, decodeColumn(c.index, c.want.schema, resource.F(name, t.columns[name])))
	}
}

// identityOfTree is the version from which the identities of a partitioned table are those of its partitions, and a
// partition has none of its own.
const identityOfTree = 170000

// withoutIdentities is the difference of a partition that leaves: the identities of its columns are the parent's (from
// Postgres 17 on), and stay there.
func (c *tableChange) withoutIdentities(d *resource.Delta) *resource.Delta {
	out, live := *d, *d.Live
	wanted := normalizeTable(c.quiet(), d.Desired).Get("columns")
	for _, f := range d.Live.Attrs.Get("columns").Fields() {
		if f.Value.Get("identity").IsNull() {
			continue
		}
		has := f.Value.Without("identity")
		if !slices.Contains(d.Live.Attrs.Get("primary_key").Get("columns").StringList(), f.Name) {
			has = has.With("not_null", resource.Bool(true))
		}
		live.Attrs = live.Attrs.With("columns", live.Attrs.Get("columns").With(f.Name, has))
		w := wanted.Get(f.Name)
		if w.IsNull() {
			continue // it goes
		}
		out.Changes = slices.DeleteFunc(slices.Clone(out.Changes), func(ch resource.Change) bool {
			return len(ch.Path) > 1 && ch.Path[0] == "columns" && ch.Path[1] == f.Name
		})
		ch := resource.Change{Path: resource.Path{"columns", f.Name}, Desired: w, Live: has, Cause: resource.CauseConfig, At: w.Range()}
		out.Changes = append(out.Changes, fieldChanges(ch, ch)...)
	}
	out.Live = &live
	return &out
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// declares tells whether files say what some tables and all that they have their columns from are.
func (x *index) declares(tables []place) bool {
	return !slices.ContainsFunc(tables, func(at place) bool {
		r := x.desired[x.tables[at]]
		if r == nil {
			return true
		}
		up := decodeLineage(x, at.schema, r.Attrs)
		return !x.declares(up.parents())
	})
}

// nameInherited lets the steps of columns find those that are changed but not declared, or not live.
func (c *tableChange) nameInherited() {
	for _, name := range sortedKeys(c.tree.natural) {
		col := decodeColumn(c.index, c.want.schema, resource.F(name, c.tree.natural[name]))
		if c.want.column(name) == nil {
			c.want.columns = append(c.want.columns, col)
		}
		if c.have.column(name) == nil {
			c.have.columns = append(c.have.columns, col)
		}
	}
}

// moveInTree makes the steps of a changed place among other tables; false if nothing can be done.
func (c *tableChange) moveInTree() bool {
	t := &c.tree
	if t.blocked != "" {
		path := resource.Path{"partition_by"}
		if !changed(c.d, "partition_by") && c.want.partitionOf != nil {
			path = resource.Path{"partition_of"}
		}
		s := c.step(path, resource.Update, "change the place of "+c.want.name+" among partitions")
		s.Blocked = &resource.Block{Reason: t.blocked}
		return false
	}
	me := c.want.place.String()
	out := func(parent place) string { return "ALTER TABLE " + parent.String() + " DETACH PARTITION " + me }
	in := func(parent place, bounds string) string {
		return "ALTER TABLE " + parent.String() + " ATTACH PARTITION " + me + " " + bounds
	}
	if t.detach != nil {
		s := c.treeStep("partition_of", "detach "+c.want.name+" from "+t.detach.String())
		if t.attach != nil && *t.attach == *t.detach {
			s.Reason = "it comes back with other values; a row that does not fit then stops the apply, and nothing is changed"
		}
		plainly := func(s *resource.Step) {
			runOn(s, c.d.Live, *t.detach, effort{lock: lockAccessExclusive}, out(*t.detach))
			c.ownNotNulls(s)
		}
		live := c.partitionAt(c.want.place)
		switch {
		case live != nil && live.Pending:
			plainly = nil
			c.detachOnline(s, live, *t.detach, c.want.place, func(name string) bool { return c.have.check(name) != nil })
			c.ownNotNulls(s)
			if t.attach != nil || len(c.d.Changes) > 0 {
				s.Stage = resource.Database
			}
		case live != nil && t.attach == nil && len(c.d.Changes) == 0 && c.detachesOnline(*t.detach):
			c.plainDetach[s.ID] = plainly
			c.detachOnline(s, live, *t.detach, c.want.place, func(name string) bool { return c.have.check(name) != nil })
			c.ownNotNulls(s)
		default:
			plainly(s)
		}
		undo(s, in(*t.detach, t.was))
		for _, sql := range c.notNullNames(false) { // before it comes back, for then they are its parent's
			undo(s, sql)
		}
		c.leaving[*t.detach] = append(c.leaving[*t.detach], s)
	}
	if t.attach != nil {
		s := c.treeStep("values", "attach "+c.want.name+" to "+t.attach.String())
		if holds := c.attachesOnline(); holds != "" {
			c.attachOnline(s, holds, in(*t.attach, t.is))
		} else {
			c.attachPlainly(s, in(*t.attach, t.is))
		}
		undo(s, out(*t.attach))
		c.entering[*t.attach] = append(c.entering[*t.attach], s)
	}
	for _, parent := range t.leave {
		s := c.treeStep("inherits", "take "+c.want.name+" off "+parent.String())
		s.ID += "/" + parent.String()
		c.run(s, exclusive, c.alter("NO INHERIT "+parent.String()))
		undo(s, c.alter("INHERIT "+parent.String()))
		c.leaving[parent] = append(c.leaving[parent], s)
	}
	return true
}

// enterTree makes the table a child of others, when it has all that they have.
func (c *tableChange) enterTree() {
	for _, parent := range c.tree.enter {
		s := c.treeStep("inherits", "make "+c.want.name+" a child of "+parent.String())
		s.ID += "/" + parent.String()
		c.run(s, exclusive, c.alter("INHERIT "+parent.String()))
		for _, first := range c.steps { // what the parent refuses must be refused, and looked at, before
			if first.Stage == resource.Online && first.Address == c.d.Address && len(first.Path) == 2 && c.tree.needs(first.Path[0], first.Path[1]) {
				online(s)
				need(s, first.ID)
			}
		}
		undo(s, c.alter("NO INHERIT "+parent.String()))
	}
}

// needs tells whether a table must have a column or check before it is a child of its new parents.
func (t *treeChange) needs(attr, name string) bool {
	_, column := t.columns[name]
	_, check := t.checks[name]
	return attr == "columns" && column || attr == "checks" && check
}

// treeStep makes a step that shows the changes of the table's place.
func (c *tableChange) treeStep(attr, title string) *resource.Step {
	s := c.step(resource.Path{attr}, resource.Update, title)
	s.Changes = nil
	for _, ch := range c.whole {
		if ch.Path[0] == attr || ch.Path[0] == "partition_of" && c.tree.detach == nil {
			s.Changes = append(s.Changes, ch)
		}
	}
	return s
}
