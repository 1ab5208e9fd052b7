package postgres

import (
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// fillPages is how many pages of a table one batch goes through: some thousand rows, and some ten milliseconds in which
// they are locked.
const fillPages = 64

// fillable tells whether a new column whose value differs from row to row can be added empty and filled afterwards. What
// is generated Postgres fills only while it copies the table.
func (c *column) fillable() bool {
	return c.generated == "" && c.fillsByRow()
}

// fillsOnline tells whether a new column is filled while the table is used. An identity of a partitioned table is one of all
// its partitions, from Postgres 17 on, and not made of anything.
func (c *tableChange) fillsOnline(w *column) bool {
	return c.busy && w.fillable() && (w.identity == nil || !c.inTrees())
}

// wayIdentity is the sequence that numbers a column until it is full and becomes an identity.
func (c *tableChange) wayIdentity(w *column) place {
	return place{c.want.schema, wayName(wayFill, catalog.ObjectName(c.want.name, w.name, "seq"))}
}

// becomeIdentity makes a column that is full an identity. It goes on where the sequence is that filled it; nobody gets a
// number between the two, as they change at once.
func (c *tableChange) becomeIdentity(s *resource.Step, w *column) {
	way, own := c.wayIdentity(w), place{c.want.schema, catalog.ObjectName(c.want.name, w.name, "seq")}
	if w.identity.sequence != (place{}) {
		own = w.identity.sequence
	}
	column := "ALTER COLUMN " + sqltext.Ident(w.name)
	c.run(s, exclusive, c.want.alter([]string{column + " DROP DEFAULT", column + " ADD " + w.identity.ddl()})+
		";\nSELECT setval("+sqltext.Literal(own.String())+", nextval("+sqltext.Literal(way.String())+"), false);\nDROP SEQUENCE "+way.String())
}

// isFilling tells whether an earlier apply began to fill a column and did not end.
func (c *tableChange) isFilling(name string) bool {
	w, h := c.want.column(name), c.have.column(name)
	check := wayName(wayFill, name)
	return w != nil && h != nil && c.have.check(check) != nil && c.want.check(check) == nil
}

// addFilling adds a column that is empty in the rows that are there, and a step that fills it while the table is used. New
// rows have the default from the first moment on. A check that is always true marks the column until it is full, so that
// the next plan goes on where this one was stopped.
func (c *tableChange) addFilling(s *resource.Step, w *column) {
	empty := *w
	empty.def, empty.notNull, empty.identity = "", false, nil
	def, path := w.def, sqltext.Ident(w.name)
	var sequence place
	if isSerialWord(w.typ) {
		canonical, _ := staticType(w.typ)
		empty.typ = serialInteger[canonical]
		sequence = place{c.want.schema, catalog.ObjectName(c.want.name, w.name, "seq")}
		def = "nextval(" + sqltext.Literal(sequence.String()) + "::regclass)"
		run(s, "CREATE SEQUENCE "+sequence.String()+" AS "+empty.typ)
	}
	if w.identity != nil {
		sequence = c.wayIdentity(w)
		def = "nextval(" + sqltext.Literal(sequence.String()) + "::regclass)"
		run(s, strings.Join(append([]string{"CREATE SEQUENCE " + sequence.String() + " AS " + w.typ}, w.identity.seqOptions.ddl()...), " "))
	}
	c.run(s, exclusive, "ALTER TABLE "+c.want.place.String()+"\n  ADD COLUMN "+empty.ddl(false)+
		",\n  ADD CONSTRAINT "+sqltext.Ident(wayName(wayFill, w.name))+" CHECK ("+path+" IS NULL OR true) NOT VALID")
	c.run(s, exclusive, c.alter("ALTER COLUMN "+path+" SET DEFAULT "+def))
	if sequence.name != "" {
		run(s, "ALTER SEQUENCE "+sequence.String()+" OWNED BY "+c.want.columnPlace(w.name))
	}
	if w.comment != "" {
		run(s, commentOn("COLUMN "+c.want.columnPlace(w.name), w.comment))
	}
	f := c.fill(w)
	f.At = s.At
	need(f, s.ID)
}

// fill makes the step that gives a column its default in the rows that have nothing there.
func (c *tableChange) fill(w *column) *resource.Step {
	s := online(c.step(columnPath(w.name), resource.Update, "fill column "+w.name))
	s.ID += "/fill"
	s.Changes = nil
	s.Reason = "each row has a value of its own; the rows are filled while the table is used, and triggers of the table see it"
	if c.inTrees() {
		for _, x := range c.leavesOf(c.want.place) {
			if !x.isNew {
				fillTable(s, w, x.place, x.estate)
			}
		}
	} else {
		fillTable(s, w, c.want.place, c.d.Live)
	}
	h := c.have.column(w.name)
	if c.want.refusesNull(w) && (h == nil || !c.have.refusesNull(h)) {
		c.notNull(s, w.name)
	}
	if w.identity != nil && (h == nil || h.identity == nil) {
		c.becomeIdentity(s, w)
	}
	mark := wayName(wayFill, w.name)
	c.run(s, exclusive, c.alter("DROP CONSTRAINT "+sqltext.Ident(mark)))
	c.used = append(c.used, mark)
	s.NoUndo = "the column itself can go"
	return s
}

// fillTable adds the statement that fills the rows of one table; the rows of a partitioned one are in its partitions.
func fillTable(s *resource.Step, w *column, on place, live *resource.Live) {
	name, table := sqltext.Ident(w.name), on.String()
	runOn(s, live, on, effort{lock: "ROW EXCLUSIVE", scan: true}, fmt.Sprintf("UPDATE ONLY %s SET %s = DEFAULT\n"+
		"WHERE ctid >= format('(%%s,0)', $1::bigint)::tid AND ctid < format('(%%s,0)', $2::bigint)::tid AND %s IS NULL", table, name, name))
	s.Statements[len(s.Statements)-1].Batch = &resource.Batch{
		End:  resource.RawSQL(fmt.Sprintf("SELECT pg_relation_size(%s) / current_setting('block_size')::bigint", sqltext.Literal(table))),
		Size: fillPages,
	}
}

// goOnFilling ends what an earlier apply began.
func (c *tableChange) goOnFilling() {
	for i := range c.want.columns {
		if w := &c.want.columns[i]; c.isFilling(w.name) {
			s := c.fill(w)
			s.Cause = resource.CauseDrift
			s.Reason = "an earlier apply began it and did not end; " + s.Reason
		}
	}
}

// filled is a live column as it is when it is full: what an alteration need not do.
func (a *alteration) filled() *column {
	h := *a.have
	if isSerial(a.canonical.typ) && h.typ == serialInteger[a.canonical.typ] && h.def != "" {
		h.typ, h.def = a.canonical.typ, ""
	}
	h.notNull = a.canonical.notNull
	if a.canonical.identity != nil && h.identity == nil {
		h.identity, h.def = a.canonical.identity, ""
	}
	return &h
}
