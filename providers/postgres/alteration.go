package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// alteration is the change of one column that stays.
type alteration struct {
	*tableChange
	name string
	// want is as written, for statements; canonical is the same in the server's form, for comparison with have.
	want, have, canonical *column

	clauses []string
	effort  effort
	// later are the clauses that need the column to refuse nulls, which it does only after the table was read.
	later []string
}

// settingExpression is the version from which a generated column's expression can be changed in place.
const settingExpression = 170000

func (a *alteration) plan() {
	if why := a.impossible(); why != "" {
		a.remade[a.name] = true
		s := a.step(columnPath(a.name), resource.Update, "change column "+a.name)
		s.Blocked = &resource.Block{Reason: why}
		return
	}
	if a.refusesCast() {
		return
	}
	a.computedAbove()
	if a.comesAnew() {
		a.remake()
		return
	}
	a.effort = exclusive
	if up := a.retypedAbove(); up != nil {
		a.followParent(up)
	}
	toSerial, fromSerial := isSerial(a.canonical.typ) && !isSerial(a.have.typ), !isSerial(a.canonical.typ) && isSerial(a.have.typ)
	a.drops()
	var first string
	losesIdentity := a.have.identity != nil && a.canonical.identity == nil
	if toSerial && a.have.identity != nil || fromSerial && a.canonical.identity != nil || a.retyped() && (a.losesExpression() || losesIdentity) {
		// The new sequence wants the name of the old one, which goes first. What is computed is not converted, and what numbers
		// itself only to another integer.
		first, a.clauses = a.statement(), nil
	}
	a.retype()
	a.nulls()
	a.numbering()
	a.defaults()
	defer a.refuseNulls()
	comment := a.canonical.comment != a.have.comment
	if first == "" && len(a.clauses) == 0 && !comment && !toSerial {
		return
	}
	s := a.step(columnPath(a.name), resource.Update, a.title())
	if first != "" {
		a.run(s, exclusive, first)
	}
	if fromSerial && first != "" && !a.keepsOldSequence() {
		a.dropOldSequence(s)
	}
	if a.have.identity != nil && a.canonical.identity == nil {
		a.freesSequence(s, a.liveSequence())
	}
	if a.have.identity == nil && a.canonical.identity != nil {
		a.takesSequence(s)
	}
	adopted := (*sequence)(nil)
	stands := toSerial && a.standsApart(a.newSequence())
	if toSerial && !stands {
		adopted = a.adopted()
		a.takesSequence(s)
	}
	switch {
	case stands: // its own steps say the rest of it
		run(s, "ALTER SEQUENCE "+a.newSequence().String()+" OWNED BY "+a.tableChange.want.columnPlace(a.name))
	case adopted != nil:
		a.adopt(s, adopted)
	case toSerial:
		run(s, "CREATE SEQUENCE "+a.newSequence().String()+" AS "+serialInteger[a.canonical.typ]+" OWNED BY "+a.tableChange.want.columnPlace(a.name))
	}
	if w, h := a.canonical.identity, a.have.identity; w != nil && h != nil {
		if sql := w.within(a.liveSequence(), baseType(a.canonical.typ), h.seqOptions, baseType(a.have.typ)); sql != "" {
			run(s, sql)
		}
	}
	if len(a.clauses) > 0 {
		a.run(s, a.effort, a.statement())
		if slices.Contains(a.clauses, a.refusingNulls(a.want)) {
			a.refuses(s, a.want)
		}
		if slices.Contains(a.clauses, a.allowingNulls()) {
			a.allowNullsBelow(s, a.name)
		}
		if a.retyped() {
			a.building = append(a.building, building{s, a.tableChange.have.place})
			a.invalidates(s, a.name, "get another type, and may fail")
		}
	}
	if a.counts() && len(a.later) == 0 || toSerial && adopted == nil && !stands {
		a.count(s)
	}
	if fromSerial && first == "" && !a.keepsOldSequence() {
		a.dropOldSequence(s)
	}
	if isSerial(a.canonical.typ) && isSerial(a.have.typ) && a.canonical.typ != a.have.typ {
		run(s, "ALTER SEQUENCE "+a.newSequence().String()+" AS "+serialInteger[a.canonical.typ])
	}
	if comment {
		run(s, commentOn("COLUMN "+a.tableChange.want.columnPlace(a.name), a.want.comment))
	}
	if a.retyped() || a.effort.rewrite {
		a.keptAsValues(s)
	}
	a.judge(s)
	if a.canonical.def != a.have.def || a.canonical.generated != a.have.generated {
		a.keepBelow(s, exclusive, a.have, a.canonical, (*below).ownDefault)
	}
}

// counts tells whether a new identity has to go on where the values that are there end.
func (a *alteration) counts() bool {
	id := a.canonical.identity
	return id != nil && a.have.identity == nil && id.start == "" && !strings.HasPrefix(id.increment, "-")
}

func (a *alteration) count(s *resource.Step) {
	a.run(s, effort{scan: true}, fmt.Sprintf("SELECT setval(%s, coalesce(max(%s), 0) + 1, false) FROM %s",
		sqltext.Literal(a.newSequence().String()), sqltext.Ident(a.name), a.tableChange.want.place))
}

// refuseNulls makes the step after which the column refuses nulls, with what needs that.
func (a *alteration) refuseNulls() {
	if a.later == nil {
		return
	}
	s := online(a.step(columnPath(a.name), resource.Update, "set not null of column "+a.name))
	if len(a.steps) > 1 && slices.ContainsFunc(a.steps, func(o *resource.Step) bool { return o != s && o.ID == s.ID }) {
		s.ID += "/not_null"
		s.Changes = nil
		need(s, strings.TrimSuffix(s.ID, "/not_null"))
	}
	a.notNull(s, a.name)
	undo(s, a.alter("ALTER COLUMN "+sqltext.Ident(a.name)+" DROP NOT NULL"))
	if a.clauses = a.later; len(a.clauses) > 0 {
		a.run(s, exclusive, a.statement())
		undo(s, a.alter("ALTER COLUMN "+sqltext.Ident(a.name)+" DROP IDENTITY"))
	}
	if len(a.clauses) > 0 {
		a.takesSequence(s)
	}
	if a.counts() {
		a.count(s)
	}
}

// takesSequence notes that a step makes the sequence of the column.
func (a *alteration) takesSequence(s *resource.Step) { a.takes(s, relationName(a.newSequence())) }

func (a *alteration) dropOldSequence(s *resource.Step) {
	at := a.oldSequence()
	drop := func(called string) string { return "DROP SEQUENCE " + place{at.schema, called}.String() }
	run(s, drop(at.name))
	a.releases(&release{step: s, names: []naming{relationName(at)}, called: at.name, what: "sequence", rename: renameIn("SEQUENCE", at.schema),
		says: drop, at: len(s.Statements) - 1})
}

// newSequence and oldSequence are where the sequence of a serial column stands after, and before.
func (a *alteration) newSequence() place {
	if id := a.canonical.identity; id != nil && id.sequence != (place{}) {
		return id.sequence
	}
	return place{a.tableChange.want.schema, catalog.ObjectName(a.tableChange.want.name, a.name, "seq")}
}

// liveSequence is where the sequence of an identity stands when the column changes.
func (a *alteration) liveSequence() place {
	if id := a.have.identity; id.sequence != (place{}) {
		return id.sequence
	}
	return place{a.tableChange.want.schema, catalog.ObjectName(a.tableChange.want.name, a.name, "seq")}
}

func (a *alteration) oldSequence() place {
	if a.name != a.have.name {
		return a.newSequence() // renamed with its column, before
	}
	return a.serialSequence(a.have.name)
}

// statement puts all clauses into one ALTER TABLE, so that the table is written at most once.
func (a *alteration) statement() string {
	head := "ALTER TABLE " + a.tableChange.want.place.String()
	if len(a.clauses) == 1 {
		return head + " " + a.clauses[0]
	}
	return head + "\n" + indent(a.clauses)
}

func (a *alteration) clause(text string) {
	a.clauses = append(a.clauses, "ALTER COLUMN "+sqltext.Ident(a.name)+" "+text)
}

// baseType is the type that a column's values have.
func baseType(typ string) string {
	if b := serialInteger[typ]; b != "" {
		return b
	}
	return typ
}

func (a *alteration) retyped() bool {
	return baseType(a.canonical.typ) != baseType(a.have.typ) || a.canonical.collation != a.have.collation
}

// losesExpression tells whether the column is to be computed no more.
func (a *alteration) losesExpression() bool {
	return a.have.generated != "" && a.canonical.generated == ""
}

// hadDefault tells whether the live column has a default, be it that of a serial.
func (a *alteration) hadDefault() bool { return a.have.def != "" || isSerial(a.have.typ) }

// drops takes away what stands in the way of the rest, and what is not wanted any more.
func (a *alteration) drops() {
	if a.have.identity != nil && a.canonical.identity == nil {
		a.clause("DROP IDENTITY")
	}
	if a.losesExpression() {
		a.clause(a.dropExpression())
	}
	keeps := a.canonical.def != "" || isSerial(a.canonical.typ)
	if a.hadDefault() && (!keeps || a.retyped() && a.have.def != "") {
		a.clause("DROP DEFAULT") // a default of the old type may not fit the new one
	}
}

func (a *alteration) retype() {
	if !a.retyped() {
		return
	}
	typ := a.want.typ
	if isSerialWord(typ) {
		typ = baseType(a.canonical.typ)
	}
	text := "TYPE " + typ
	switch {
	case a.want.collation != "":
		text += " COLLATE " + collationName(a.want.collation)
	case a.have.collation != "" && baseType(a.canonical.typ) == baseType(a.have.typ):
		text += ` COLLATE "default"`
	}
	from, to := baseType(a.have.typ), baseType(a.canonical.typ)
	switch {
	case a.want.using != "":
		text += " USING " + a.want.using
	case needsUsing(from, to) && (a.have.generated == "" || a.losesExpression()): // else it is computed, whatever the type
		text += " USING " + sqltext.Ident(a.name) + "::" + typ
	}
	a.clause(text)
	if rewrites(from, to) || a.want.using != "" && a.want.using != sqltext.Ident(a.name) {
		a.effort.rewrite = true
	} else if from != to {
		a.effort.scan = !sameBase(from, to)
	}
	if a.effort.rewrite {
		a.effort.scan = false
	}
}

func (a *alteration) nulls() {
	w, h := a.tableChange.want, a.tableChange.have
	wants := a.canonical.notNull || isSerial(a.canonical.typ) || a.canonical.identity != nil
	had := h.refusesNull(a.have)
	switch {
	case wants && !had && a.canonical.notNull && a.refusesAbove(a.name): // the parent's statement says it for all
	case wants && !had && a.busy && !a.effort.rewrite:
		a.later = []string{}
	case wants && !had:
		a.clauses = append(a.clauses, a.refusingNulls(a.want))
		a.effort.scan = !a.effort.rewrite
	case !wants && had && !w.inPrimaryKey(a.name) && (!h.inPrimaryKey(a.have.name) || w.primaryKey == nil && (isSerial(a.have.typ) || a.have.identity != nil)):
		a.clauses = append(a.clauses, a.allowingNulls())
	}
}

func (a *alteration) allowingNulls() string {
	return "ALTER COLUMN " + sqltext.Ident(a.name) + " DROP NOT NULL"
}

// numbering changes identities.
func (a *alteration) numbering() {
	w, h := a.canonical.identity, a.have.identity
	switch {
	case w == nil:
	case h == nil && a.later != nil:
		a.later = append(a.later, "ALTER COLUMN "+sqltext.Ident(a.name)+" ADD "+a.want.identity.ddl())
	case h == nil:
		a.clause("ADD " + a.want.identity.ddl())
	case *w != *h:
		if w.always != h.always {
			kind := "BY DEFAULT"
			if w.always {
				kind = "ALWAYS"
			}
			a.clause("SET GENERATED " + kind)
		}
		if sets := w.seqOptions.sets(h.seqOptions); len(sets) > 0 {
			clause := "SET " + strings.Join(sets, " SET ")
			if w.restarts(a.canonical.typ, h.seqOptions, a.have.typ) {
				clause += " RESTART" // where it was is not where it may go
			}
			a.clause(clause)
		}
	}
}

func (a *alteration) defaults() {
	switch {
	case isSerial(a.canonical.typ) && !isSerial(a.have.typ):
		a.clause("SET DEFAULT nextval(" + sqltext.Literal(a.newSequence().String()) + "::regclass)")
	case a.canonical.def != "" && (a.canonical.def != a.have.def || a.retyped()):
		a.clause("SET DEFAULT " + a.want.def)
	case a.canonical.generated != a.have.generated && a.canonical.generated != "":
		a.clause("SET EXPRESSION AS (" + a.want.generated + ")")
		a.effort.rewrite = !a.canonical.virtual
	}
}

// title words the change in a few words.
func (a *alteration) title() string {
	switch {
	case a.canonical.typ != a.have.typ:
		return fmt.Sprintf("change type of column %s from %s to %s", a.name, a.have.typ, a.want.typ)
	case len(a.clauses) == 0:
		return "set the comment of column " + a.name
	case len(a.clauses) == 1 && strings.HasPrefix(a.clauses[0], "ADD CONSTRAINT"):
		return "set not null of column " + a.name
	case len(a.clauses) == 1:
		text := strings.TrimPrefix(a.clauses[0], "ALTER COLUMN "+sqltext.Ident(a.name)+" ")
		for _, verb := range []string{"SET NOT NULL", "DROP NOT NULL", "DROP DEFAULT", "DROP IDENTITY", "DROP EXPRESSION", "SET DEFAULT"} {
			if strings.HasPrefix(text, verb) {
				return strings.ToLower(verb) + " of column " + a.name
			}
		}
	}
	return "change column " + a.name
}

// judge says what is lost by the change, and how to go back.
func (a *alteration) judge(s *resource.Step) {
	from, to := baseType(a.have.typ), baseType(a.canonical.typ)
	if a.retyped() && a.want.using != "" {
		s.Destroys = true // who can tell what an expression leaves of a value
		s.NoUndo = "what the values were cannot be told from what " + a.want.using + " makes of them"
		return
	}
	if from != to && narrows(from, to) {
		s.Destroys = true
		s.NoUndo = fmt.Sprintf("a %s that does not fit into %s is cut or rounded, or stops the statement", from, to)
		return
	}
	if isSerial(a.canonical.typ) != isSerial(a.have.typ) {
		s.NoUndo = "the sequence of the column would have to be counted anew"
		return
	}
	if a.losesExpression() {
		s.NoUndo = "a column comes to be generated only by being made anew: what it holds by then would be lost"
		return
	}
	plainly, done := *a.tableChange, *a.canonical
	plainly.busy = false
	if a.later != nil { // that is undone with the step that does it
		done.notNull, done.identity = false, a.have.identity
	}
	back := alteration{tableChange: &plainly, name: a.name, want: a.have, have: &done, canonical: a.have}
	back.drops()
	back.retype()
	back.nulls()
	if refuse := a.refusingNulls(a.have); slices.Contains(a.clauses, a.allowingNulls()) && !slices.Contains(back.clauses, refuse) {
		back.clauses = append(back.clauses, refuse) // the primary key, by which it did, comes back later
	}
	back.numbering()
	back.defaults()
	if a.canonical.comment != a.have.comment {
		undo(s, commentOn("COLUMN "+a.tableChange.want.columnPlace(a.name), a.have.comment))
	}
	if back.counts() {
		undoing(s, back.count)
	}
	if len(back.clauses) > 0 {
		undo(s, back.statement())
	}
	if isSerial(a.have.typ) && a.have.typ != a.canonical.typ {
		undo(s, "ALTER SEQUENCE "+a.newSequence().String()+" AS "+from)
	}
}

// impossible says why the column cannot be changed as wanted, with the way there.
func (a *alteration) impossible() string {
	if changed(a.d, "columns", a.name, "inherited") {
		if a.want.inherited {
			return fmt.Sprintf("the table has column %s by itself, too, and keeps it when its parents' goes: take inherited out", a.name)
		}
		return fmt.Sprintf("the table has column %s from its parents only: take inherited out", a.name)
	}
	if why := a.computedOf(); why != "" {
		return why
	}
	if a.losesExpression() && !a.comesAnew() {
		if at := a.deepBelow(); at != nil {
			return fmt.Sprintf("Postgres does not drop the expression of a column where children have children, such as %s: take %s from its parent first, and apply; "+
				"or give the table another column, with the values of this one", at, at)
		}
	}
	if a.retyped() {
		if why := a.divides(a.tableChange.have.place, a.have.name, a.tableChange.have.partitionBy); why != "" {
			return why
		}
	}
	if !a.comesAnew() {
		return ""
	}
	users := a.tableChange.have.builtOn(a.have.name)
	if len(users) == 0 {
		return ""
	}
	return fmt.Sprintf("the expression of column %s can only be changed by dropping the column and adding it again, and with it would go %s: "+
		"take these out of the file and apply, then change the column and put them back", a.name, strings.Join(users, ", "))
}

// builtOn lists the indexes and constraints that would go with a column.
func (t *table) builtOn(column string) []string {
	var users []string
	for _, x := range t.indexes {
		if slices.ContainsFunc(x.on, func(k string) bool { return mentionsColumn(k, column) }) || mentionsColumn(x.where, column) {
			users = append(users, "index "+x.name)
		}
	}
	for _, k := range t.uniques {
		if slices.Contains(k.columns, column) {
			users = append(users, "unique constraint "+k.name)
		}
	}
	for _, k := range t.checks {
		if mentionsColumn(k.expr, column) {
			users = append(users, "check "+k.name)
		}
	}
	for _, x := range t.exclusions {
		if slices.ContainsFunc(x.on, func(k string) bool { return mentionsColumn(k, column) }) || mentionsColumn(x.where, column) {
			users = append(users, "exclusion constraint "+x.name)
		}
	}
	for _, x := range t.statistics {
		if slices.ContainsFunc(x.on, func(k string) bool { return mentionsColumn(k, column) }) {
			users = append(users, "statistics "+x.name)
		}
	}
	if t.inPrimaryKey(column) {
		users = append(users, "the primary key")
	}
	return users
}
