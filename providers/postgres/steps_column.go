package postgres

import (
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func columnPath(name string) resource.Path { return resource.Path{"columns", name} }

// renameColumns gives columns their new names before anything else speaks of them, and their serial sequences too: by its
// name a sequence is known as a serial column's own.
func (c *tableChange) renameColumns() {
	for _, r := range c.unknottedColumns() {
		s := c.step(columnPath(r.is), resource.Update, "rename column "+r.from+" to "+r.to)
		s.ID += "/rename"
		s.Changes = nil
		if at := c.want.column(r.is).at; at != nil {
			s.At = at
		}
		s.Reason = "renamed_from = " + sqltext.Quoted(c.want.column(r.is).renamedFrom)
		if r.to != r.is {
			s.ID += "/aside"
			s.Reason = "its name is another's before it has that of another"
		}
		c.run(s, exclusive, c.alter("RENAME COLUMN "+sqltext.Ident(r.from)+" TO "+sqltext.Ident(r.to)))
		if r.to == r.is {
			c.invalidates(s, c.want.column(r.is).renamedFrom, "fail from then on: it is called "+r.to)
		}
		undo(s, c.alter("RENAME COLUMN "+sqltext.Ident(r.to)+" TO "+sqltext.Ident(r.from)))
		h := c.have.column(r.is)
		if h == nil {
			h = c.have.column(c.renames[r.is])
		}
		if h.numbersItself() {
			c.renameSerial(s, c.serialSequence(r.from), catalog.ObjectName(c.want.name, r.to, "seq"))
		}
	}
}

// unknottedColumns are the renames of columns in an order in which each finds its name free.
func (c *tableChange) unknottedColumns() []columnRename {
	var out []columnRename
	for left := slices.Clone(c.columnRenames); len(left) > 0; {
		n := slices.IndexFunc(left, func(r columnRename) bool {
			return !slices.ContainsFunc(left, func(o columnRename) bool { return o.from == r.to })
		})
		if n < 0 { // they go in a circle
			aside := wayName(wayAside, left[0].from)
			c.interim[relationName(place{c.want.schema, catalog.ObjectName(c.want.name, aside, "seq")})] = true
			out = append(out, columnRename{left[0].from, aside, left[0].is})
			left[0].from = aside
			continue
		}
		out = append(out, left[n])
		left = slices.Delete(left, n, n+1)
	}
	return out
}

func (c *tableChange) renameSerial(s *resource.Step, from place, to string) {
	if from.name == to {
		return
	}
	c.renaming(s, &release{called: from.name, what: "sequence", rename: renameIn("SEQUENCE", from.schema), names: []naming{relationName(from)}}, to,
		relationName(place{from.schema, to}))
}

// freesSequence notes that a step drops a column's sequence.
func (p *planner) freesSequence(s *resource.Step, at place) {
	p.releases(&release{step: s, names: []naming{relationName(at)}, called: at.name, what: "sequence", rename: renameIn("SEQUENCE", at.schema)})
}

// serialSequence is where the sequence of a live serial column stands, after a change of the table's name.
func (c *tableChange) serialSequence(column string) place {
	return place{c.have.schema, catalog.ObjectName(c.have.name, column, "seq")}
}

// renameAlong gives the sequences of serial columns the names that go with the table's new one.
func (c *tableChange) renameAlong(s *resource.Step) {
	for i := range c.have.columns {
		if h := &c.have.columns[i]; h.numbersItself() {
			from := place{c.have.schema, catalog.ObjectName(c.liveName, h.name, "seq")}
			c.renameSerial(s, from, catalog.ObjectName(c.have.name, h.name, "seq"))
		}
	}
}

// dropColumns drops what the files do not have, unless it lives on under another name.
//
// A column that a generated one reads goes after that one, and after it reads another: that is late.
func (c *tableChange) dropColumns(late bool) {
	names := c.entries("columns")
	slices.SortStableFunc(names, func(a, b string) int { return c.dropRank(a) - c.dropRank(b) })
	for _, name := range names {
		if c.want.column(name) != nil || c.have.column(name) == nil || c.isRenamed(name) || c.isRead(name) != late {
			continue
		}
		s := c.step(columnPath(name), resource.Delete, "drop column "+name)
		drop := "DROP COLUMN "
		if up := c.above(inTransaction, name); up != nil && up.Action == resource.Delete {
			need(s, up.ID)
			drop = "DROP COLUMN IF EXISTS " // it went with its parent's, unless it is the child's by itself, too
		}
		c.run(s, exclusive, c.alter(drop+sqltext.Ident(name)))
		if at, ok := c.have.sequenceOf(c.have.column(name)); ok {
			c.freesSequence(s, at)
		}
		c.invalidates(s, name, "fail from then on")
		s.Statements[0].Rows = max(c.d.Live.Rows, 0)
		s.Destroys = true
		s.NoUndo = "the values of the column are gone"
	}
}

func (c *tableChange) isRenamed(live string) bool {
	for _, from := range c.renames {
		if from == live {
			return true
		}
	}
	return false
}

// addColumns adds what the table does not have; a generated column may read another that is new.
func (c *tableChange) addColumns() {
	names := c.entries("columns")
	slices.SortStableFunc(names, func(a, b string) int { return c.addRank(a) - c.addRank(b) })
	for _, name := range names {
		w := c.want.column(name)
		if w == nil || c.have.column(name) != nil || c.renames[name] != "" {
			continue
		}
		s := c.step(columnPath(name), resource.Create, "add column "+name)
		if up := c.above(inTransaction, name); up != nil {
			s.Node = up.Node
			need(up, s.ID) // or it would be its parents' only
		}
		c.addColumn(s, w)
		undo(s, c.alter("DROP COLUMN "+sqltext.Ident(name)))
	}
}

func (c *tableChange) addRank(column string) int {
	if w := c.want.column(column); w != nil && w.generated != "" {
		return 1
	}
	return 0
}

func (c *tableChange) addColumn(s *resource.Step, w *column) {
	if at, ok := c.want.sequenceOf(w); ok {
		c.takes(s, relationName(at))
	}
	values := c.asValues(s)
	if c.fillsOnline(w) || values != "" && w.def != "" && !c.refusesValues(w) {
		c.addFilling(s, w)
		return
	}
	if values != "" && (w.fillsByRow() || c.refusesValues(w)) {
		s.Blocked = &resource.Block{Reason: values}
	}
	// A column that is to be in the primary key becomes not null with it.
	c.run(s, effort{lock: lockAccessExclusive, rewrite: w.fillsByRow()}, c.alter("ADD COLUMN "+w.ddl(c.want.inPrimaryKey(w.name))))
	if clauses, _ := w.stores(w.name, columnStorage{}); len(clauses) > 0 {
		c.run(s, exclusive, c.want.alter(clauses))
	}
	if w.comment != "" {
		run(s, commentOn("COLUMN "+c.want.columnPlace(w.name), w.comment))
	}
	if c.want.refusesNull(w) && w.def == "" && w.generated == "" && w.identity == nil && !isSerialWord(w.typ) && c.d.Live.Rows > 0 {
		c.ds = append(c.ds, &resource.Diagnostic{
			Severity: resource.Warning, Address: c.d.Address, Range: w.at,
			Summary: fmt.Sprintf("column %s of %s cannot be null and has no default, but the table has about %d rows", w.name, c.d.Address, c.d.Live.Rows),
			Detail:  "Postgres refuses to add such a column to a table that is not empty",
			Cure:    "give it a default, or add it without not_null, fill it, and set not_null in a second apply",
		})
	}
}

// fillsByRow tells whether adding the column writes each row anew: where its value differs by row. A default that is the
// same for all rows is kept in the catalog since Postgres 11.
func (c *column) fillsByRow() bool {
	if c.generated != "" && !c.virtual || c.identity != nil || isSerialWord(c.typ) {
		return true
	}
	return isVolatile(c.def)
}

// alterColumns changes what stays, one step a column; late are those that are generated of columns that are new.
func (c *tableChange) alterColumns(late bool) {
	names := c.entries("columns")
	for _, name := range c.keyColumns() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return c.computedNoMore(a) - c.computedNoMore(b) })
	for _, name := range names {
		live := name
		if from := c.renames[name]; from != "" {
			live = from
		}
		w, h := c.want.column(name), c.have.column(live)
		if w == nil || h == nil || c.readsNew(w) != late {
			continue
		}
		a := alteration{tableChange: c, name: name, want: w, have: h, canonical: c.canonicalColumn(name, h)}
		if c.isFilling(name) {
			a.have = a.filled()
		}
		a.plan()
	}
}

// computedNoMore ranks a column that stops being computed before those that it is computed of, whose types Postgres does
// not change until then.
func (c *tableChange) computedNoMore(name string) int {
	w, h := c.want.column(name), c.have.column(orElse(c.renames[name], name))
	if w != nil && h != nil && h.generated != "" && w.generated == "" {
		return 0
	}
	return 1
}

// keyColumns are the columns that leave the primary key, and those whose nulls it must not refuse any more.
func (c *tableChange) keyColumns() []string {
	if c.have.primaryKey == nil || !changed(c.d, "primary_key") {
		return nil
	}
	return c.have.primaryKey.columns
}

// canonicalColumn is a desired column in the server's form: live, with the changes done.
func (c *tableChange) canonicalColumn(name string, live *column) *column {
	out := *live
	out.name = name
	fields := resource.Object()
	for _, ch := range c.d.Changes {
		if len(ch.Path) < 2 || ch.Path[0] != "columns" || ch.Path[1] != name {
			continue
		}
		if len(ch.Path) == 2 {
			whole := decodeColumn(c.index, c.want.schema, resource.F(name, ch.Desired))
			return &whole
		}
		fields = fields.With(ch.Path[2], ch.Desired)
		switch ch.Path[2] {
		case "type":
			out.typ = ch.Desired.Str()
		case "not_null":
			out.notNull = ch.Desired.Bool()
		case "default":
			out.def = ch.Desired.Str()
		case "generated":
			out.generated = ch.Desired.Str()
		case "virtual":
			out.virtual = ch.Desired.Bool()
		case "identity":
			out.identity = c.want.column(name).identity
			out.identity.settle(out.typ)
			out.identity.settleName(c.want.name, name)
		case "collation":
			out.collation = ch.Desired.Str()
		case "comment":
			out.comment = ch.Desired.Str()
		}
	}
	return &out
}
