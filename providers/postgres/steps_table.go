package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func tableSteps(p *planner, d *resource.Delta) {
	if d.Action == resource.Delete {
		p.dropTable(d)
		return
	}
	t := decodeTable(p.index, p.wanted(d), d.Desired.Attrs)
	switch {
	case p.tooOld(d, t):
	case d.Action == resource.Create:
		p.createTable(d, t)
	default:
		newTableChange(p, d).plan()
	}
}

func (p *planner) createTable(d *resource.Delta, t *table) {
	what := "TABLE " + t.place.String()
	s := p.step(d, nil, resource.Create, "create table "+t.name)
	p.runCreate(s, t)
	for i := range t.checks {
		if t.checks[i].notValid {
			run(s, "ALTER "+what+" ADD "+t.checks[i].ddl())
		}
	}
	parents := p.parentIndexes(d, t)
	for i := range t.indexes {
		if made := parents[t.indexes[i].name]; made != "" {
			run(s, "ALTER INDEX "+t.indexPlace(made)+" RENAME TO "+sqltext.Ident(t.indexes[i].name))
			continue
		}
		run(s, t.indexes[i].createIndex(t.place))
	}
	if t.comment != "" {
		run(s, commentOn(what, t.comment))
	}
	for i := range t.columns {
		if c := &t.columns[i]; c.comment != "" {
			run(s, commentOn("COLUMN "+t.columnPlace(c.name), c.comment))
		}
	}
	for i := range t.indexes {
		if x := &t.indexes[i]; x.comment != "" {
			run(s, commentOn("INDEX "+t.indexPlace(x.name), x.comment))
		}
	}
	for _, sql := range t.dress() {
		run(s, sql)
	}
	p.owner(d, s, what)
	p.ownStatistics(d, s, t)
	undo(s, "DROP "+what)
	p.mayCreate(s, t.schema)
	p.takes(s, t.heldNames()...)
	for i := range t.foreignKeys {
		p.addForeignKey(d, t, &t.foreignKeys[i], nil)
	}
}

// dropTable drops a table. What refers to it is dropped by steps of its own before, so that no CASCADE takes more along
// than the plan shows.
func (p *planner) dropTable(d *resource.Delta) {
	at := livePlace(d.Live)
	s := p.step(d, nil, resource.Delete, "drop table "+at.name)
	runOn(s, nil, at, effort{lock: lockAccessExclusive}, "DROP TABLE "+at.String())
	s.Statements[0].Rows, s.Statements[0].Bytes = max(d.Live.Rows, 0), max(d.Live.Bytes, 0)
	s.Destroys = true
	s.NoUndo = "the rows are gone"
	p.dropFromTree(d, s)
}

// addForeignKey makes the step of one foreign key. was is the one that it replaces, to be dropped by the same statement.
func (p *planner) addForeignKey(d *resource.Delta, t *table, k *foreignKey, was *foreignKey) {
	s := p.step(d, resource.Path{partForeignKeys, k.name}, resource.Create, "add foreign key "+k.name)
	s.Node.Part = partForeignKeys
	if k.at != nil {
		s.At = k.at
	}
	made := *k
	busy := p.online(d.Live) && !k.notEnforced
	if d.Live != nil && t.partitionBy != "" {
		p.separateAgain(s, t.place, desiredEntry(d, partForeignKeys, k.name))
	}
	if busy && t.partitionBy != "" && p.facts.ServerVersion < from18 {
		if p.reachable(t.place) && !k.notValid {
			p.putTreeForeignKey(s, d, t, k, was)
			return
		}
		busy = false // before Postgres 18 a foreign key of a partitioned table is always valid
	}
	made.notValid = k.notValid || busy
	sql := "ALTER TABLE " + t.place.String() + " ADD " + made.ddl()
	if was != nil {
		s.Action, s.Title = resource.Update, "replace foreign key "+k.name
		sql = "ALTER TABLE " + t.place.String() + "\n  DROP CONSTRAINT " + sqltext.Ident(was.name) + ",\n  ADD " + made.ddl()
	}
	e, on := effort{}, t.place
	switch {
	case d.Live != nil:
		e = effort{lock: lockShareRowExcl, scan: !made.notValid && !k.notEnforced}
		if was != nil {
			e.lock = lockAccessExclusive
		}
	case p.made[k.references] == nil && k.references != t.place:
		e, on = effort{lock: lockShareRowExcl}, k.references
	}
	runOn(s, d.Live, on, e, sql)
	if k.comment != "" {
		run(s, commentOn(k.on(t), k.comment))
	}
	if was != nil {
		t.undoForeignKeyDrop(s, was)
	}
	undo(s, "ALTER TABLE "+t.place.String()+" DROP CONSTRAINT "+sqltext.Ident(k.name))
	p.relyOnKey(s, k)
	p.takes(s, t.constraintName(k.name))
	steps := []*resource.Step{s}
	if made.notValid && !k.notValid {
		steps = append(steps, p.validate(d, s, t.place, "foreign key", k.name))
	}
	p.referring = append(p.referring, referring{k, steps})
}

// relyOnKey binds a step that adds a foreign key to the key that it refers to, if that is there already.
func (p *planner) relyOnKey(s *resource.Step, k *foreignKey) {
	address, declared := p.index.tables[k.references]
	if !declared || p.deltas[address] == nil || p.deltas[address].Live == nil {
		return
	}
	r := resource.Reliance{Address: address}
	for _, c := range k.refColumns {
		r.Paths = append(r.Paths, resource.Path{"columns", c, "type"})
	}
	attrs := p.deltas[address].Live.Attrs
	if sameSet(attrs.Get("primary_key").Get("columns").StringList(), k.refColumns) {
		r.Paths = append(r.Paths, resource.Path{"primary_key", "columns"})
	}
	for _, f := range attrs.Get("uniques").Fields() {
		if sameSet(f.Value.Get("columns").StringList(), k.refColumns) {
			r.Paths = append(r.Paths, resource.Path{"uniques", f.Name, "columns"})
		}
	}
	s.Relies = append(s.Relies, r)
}

// tableChange is the way from a live table to the desired one.
type tableChange struct {
	*planner
	d *resource.Delta
	// want is written as in the files, have as the server prints it; both stand where the live table stands, under the
	// desired name.
	want, have *table
	// reshaped: columns go or change type, so that constraints that change must go before that and come after.
	reshaped bool
	// busy: the table has rows, and is changed while it is used.
	busy    bool
	used    []string          // checks that an interrupted change left and this one goes on with
	renames map[string]string // live names of columns by desired ones
	// columnRenames are all columns that get other names; where one takes another's, the live table has the new names.
	columnRenames []columnRename
	remade        map[string]bool // columns that go and come again
	namedNotNulls map[string]bool // columns that refuse nulls by a constraint that got its name with that
	// renamedEntries are the constraints and indexes that live on under another name.
	renamedEntries []entryRename
	// tree is how the table's place among others changes, and whole are all changes, those of its place too.
	tree     treeChange
	whole    []resource.Change
	liveName string // of the table
}

func newTableChange(p *planner, d *resource.Delta) *tableChange {
	from := livePlace(d.Live)
	at := p.renamed(d, "TABLE")
	c := &tableChange{planner: p, d: d, renames: map[string]string{}, remade: map[string]bool{}, namedNotNulls: map[string]bool{}, liveName: from.name, want: decodeTable(p.index, at, d.Desired.Attrs)}
	d = c.findRenames(d)
	c.d = c.inTree(c.matchEntries(d))
	c.have = decodeTable(p.index, at, c.d.Live.Attrs)
	c.busy = p.online(c.d.Live) && (c.want.partitionBy == "" || p.reachable(at))
	if from != at {
		c.renameAlong(p.steps[len(p.steps)-1])
	}
	c.nameInherited()
	for _, ch := range c.d.Changes {
		if len(ch.Path) >= 2 && ch.Path[0] == "columns" && reshapes(ch) && !c.isRenamed(ch.Path[1]) {
			c.reshaped = true
		}
	}
	return c
}

// reshapes tells whether a change of a column may take along, or be refused by, what is built on the column.
func reshapes(ch resource.Change) bool {
	if len(ch.Path) == 2 {
		return !ch.Live.IsNull() // a new column is in nobody's way
	}
	switch ch.Path[2] {
	case "comment", "default", "not_null", "identity", "compression", "storage", "statistics", "with", "not_null_name":
		return false
	default:
		return true
	}
}

// plan makes the steps in the order in which they can run: what is in the way goes first, what builds on columns comes
// last.
func (c *tableChange) plan() {
	if !c.moveInTree() {
		return
	}
	c.renameColumns()
	c.renameEntries()
	c.dropForeignKeys()
	c.dropStatistics()
	c.dropIndexes()
	c.dropConstraints()
	c.dropColumns(false)
	c.identify(false)
	c.alterColumns(false)
	c.addColumns()
	c.alterColumns(true)
	c.dropColumns(true)
	c.goOnFilling()
	c.addConstraints()
	c.addIndexes()
	c.addStatistics()
	c.storeColumns()
	c.nameNotNulls()
	c.touchConstraints()
	c.storeTable()
	c.dropLeft()
	c.enterTree()
	c.simple(c.d, "TABLE "+c.want.place.String())
	if changed(c.d, "owner") {
		c.ownStatistics(c.d, c.steps[len(c.steps)-1], c.want)
	}
	c.addForeignKeys()
	c.suggestRenames()
}

// entries lists the names below an attribute that have a change, in the order of the changes.
func (c *tableChange) entries(attr string) []string {
	var out []string
	for _, ch := range c.d.Changes {
		if len(ch.Path) >= 2 && ch.Path[0] == attr && !slices.Contains(out, ch.Path[1]) {
			out = append(out, ch.Path[1])
		}
	}
	return out
}

// inTrees tells whether the table's indexes are made of those of its partitions.
func (c *tableChange) inTrees() bool { return c.want.partitionBy != "" }

func (c *tableChange) alter(clause string) string {
	return "ALTER TABLE " + c.want.place.String() + " " + clause
}

func (c *tableChange) step(path resource.Path, action resource.Action, title string) *resource.Step {
	return c.planner.step(c.d, path, action, title)
}

func (c *tableChange) run(s *resource.Step, e effort, sql string) {
	runOn(s, c.d.Live, c.want.place, e, sql)
}

// exclusive is a statement that changes the catalog only: short, but nobody may be using the table.
var exclusive = effort{lock: lockAccessExclusive}
