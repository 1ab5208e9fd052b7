package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// from18 is the version that has periods, constraints that nobody enforces, and virtual columns.
const from18 = 180000

// tooOld blocks the change of a table that wants what the server does not have.
func (p *planner) tooOld(d *resource.Delta, t *table) bool {
	if v := p.facts.ServerVersion; v == 0 || v >= from18 {
		return false
	}
	what := t.needs18()
	if what == "" {
		return false
	}
	s := p.step(d, nil, d.Action, "needs Postgres 18")
	s.Blocked = &resource.Block{Reason: what + " is there from Postgres 18, and this server is older: take it out, or upgrade the server"}
	return true
}

// needs18 names what only Postgres 18 has.
func (t *table) needs18() string {
	for i := range t.columns {
		if t.columns[i].virtual {
			return "virtual of column " + t.columns[i].name
		}
	}
	keys := slices.Clone(t.uniques)
	if t.primaryKey != nil {
		keys = append(keys, *t.primaryKey)
	}
	for i := range keys {
		if keys[i].withoutOverlaps {
			return "without_overlaps of " + keys[i].name
		}
	}
	for i := range t.checks {
		if t.checks[i].notEnforced {
			return "not_enforced of check " + t.checks[i].name
		}
	}
	for i := range t.foreignKeys {
		switch k := &t.foreignKeys[i]; {
		case k.period:
			return "period of foreign key " + k.name
		case k.notEnforced:
			return "not_enforced of foreign key " + k.name
		}
	}
	return ""
}

// dress lists the statements that follow CREATE TABLE and its indexes: what neither says.
func (t *table) dress() []string {
	var out []string
	alter := "ALTER TABLE " + t.place.String() + " "
	for i := range t.columns {
		c, made := &t.columns[i], columnStorage{}
		if up := t.inherit(c.name); up != nil && c.inherited {
			made.storage, made.compression = up.storage, up.compression // by CREATE, and nothing else
		}
		if clauses, _ := c.stores(c.name, made); len(clauses) > 0 {
			out = append(out, t.alter(clauses))
		}
	}
	for i := range t.indexes {
		x := &t.indexes[i]
		for _, f := range x.statistics {
			out = append(out, x.target(t, f.Name, f.Value.Str()))
		}
	}
	for _, n := range t.notes() {
		out = append(out, n.set()...)
	}
	for i := range t.statistics {
		out = append(out, t.statistics[i].make(t)...)
	}
	if t.replicaIdentity != "" {
		out = append(out, alter+replicaIdentity(t.replicaIdentity))
	}
	if t.cluster != "" {
		out = append(out, alter+clusterOn(t.cluster))
	}
	if clauses := rowSecurity(t.rowSecurity, ""); len(clauses) > 0 {
		out = append(out, t.alter(clauses))
	}
	return out
}

// alter puts clauses into one ALTER TABLE.
func (t *table) alter(clauses []string) string {
	head := "ALTER TABLE " + t.place.String()
	if len(clauses) == 1 {
		return head + " " + clauses[0]
	}
	return head + "\n" + indent(clauses)
}

// storeTable changes how the table is kept, when its indexes and keys are there.
func (c *tableChange) storeTable() {
	w, h := &c.want.tableStorage, &c.have.tableStorage
	if changed(c.d, "unlogged") {
		c.log(w.unlogged)
	}
	if changed(c.d, "with") {
		clauses, names := parameterChanges(w.with, h.with)
		s := c.step(resource.Path{"with"}, resource.Update, "set storage parameters")
		c.run(s, effort{lock: parameterLock(names)}, c.want.alter(clauses))
		back, _ := parameterChanges(h.with, w.with)
		undo(s, c.want.alter(back))
	}
	copies := effort{lock: lockAccessExclusive, rewrite: true}
	for _, x := range []struct{ attr, title, to, from string }{
		{"tablespace", "move the table to another tablespace", "SET TABLESPACE " + c.tablespace(w.tablespace), "SET TABLESPACE " + c.tablespace(h.tablespace)},
		{"access_method", "change the access method", accessMethod(w.accessMethod), accessMethod(h.accessMethod)},
	} {
		if changed(c.d, x.attr) {
			s := c.step(resource.Path{x.attr}, resource.Update, x.title)
			c.run(s, copies, c.alter(x.to))
			undo(s, c.alter(x.from))
			if x.attr == "access_method" { // a tablespace has the table as it is
				c.keptAsValues(s)
			}
		}
	}
	c.identify(true)
	c.name("cluster", "set the order of CLUSTER", lockShareUpdateExcl, w.cluster, h.cluster, clusterOn)
	if changed(c.d, "row_security") {
		s := c.step(resource.Path{"row_security"}, resource.Update, "set row security to "+orElse(w.rowSecurity, rowSecurityOff))
		if w.rowSecurity == rowEnabled || w.rowSecurity == rowForced {
			s.Reason = "rows that no policy lets through are hidden from whom it holds for"
		}
		c.run(s, exclusive, c.want.alter(rowSecurity(w.rowSecurity, h.rowSecurity)))
		undo(s, c.want.alter(rowSecurity(h.rowSecurity, w.rowSecurity)))
	}
}

// name makes the step of an attribute that names an index. It is said anew where that index is made anew.
func (c *tableChange) name(attr, title, lock, want, have string, clause func(string) string) {
	if !changed(c.d, attr) && (want == "" || !c.rebuilt(want)) {
		return
	}
	s := c.step(resource.Path{attr}, resource.Update, title)
	if !changed(c.d, attr) {
		s.Reason = "index " + want + " is made anew, and forgets it"
	}
	c.run(s, effort{lock: lock}, c.alter(clause(want)))
	c.afterBuild(s, want)
	switch {
	case changed(c.d, attr) && c.isGoneBy(s, have):
		undo(s, c.alter(clause(""))) // the step that drops it says it again
	case changed(c.d, attr):
		undo(s, c.alter(clause(have)))
	default:
		s.NoUndo = "it is as it was"
	}
}

// identify says by what replication knows rows. Where that is an index no more it comes before the changes of columns, of which
// those of the index can allow nulls only then; else late, when the index is there.
func (c *tableChange) identify(late bool) {
	if c.knownByIndexNoMore() != late {
		c.name("replica_identity", "set the replica identity", lockAccessExclusive, c.want.replicaIdentity, c.have.replicaIdentity, replicaIdentity)
	}
}

func (c *tableChange) knownByIndexNoMore() bool {
	index := func(s string) bool { return s != "" && s != identityFull && s != identityNothing }
	return changed(c.d, "replica_identity") && index(c.have.replicaIdentity) && !index(c.want.replicaIdentity)
}

// isGoneBy tells whether the index, or that of a constraint, by a name goes by a step before another one.
func (c *tableChange) isGoneBy(s *resource.Step, name string) bool {
	return name != "" && slices.ContainsFunc(c.steps, func(b *resource.Step) bool {
		drops := b.Action == resource.Delete || b.Action == resource.Update && c.rebuilt(name)
		if b.Address != c.d.Address || !drops || b.Stage == resource.Online && s.Stage != resource.Online {
			return false
		}
		switch {
		case len(b.Path) == 1 && b.Path[0] == "primary_key":
			return c.have.primaryKey != nil && c.have.primaryKey.name == name
		case len(b.Path) == 2:
			return slices.Contains([]string{"indexes", "uniques", "exclusions"}, b.Path[0]) && b.Path[1] == name
		default:
			return false
		}
	})
}

// afterBuild puts a step that names an index behind the one that builds it while the table is used.
func (c *tableChange) afterBuild(s *resource.Step, index string) {
	for _, b := range c.steps {
		builds := b.Stage == resource.Online && b.Address == c.d.Address && b.Action != resource.Delete
		if !builds || len(b.Path) == 0 {
			continue
		}
		key := b.Path[0] == "primary_key" && c.want.primaryKey != nil && c.want.primaryKey.name == index
		made := len(b.Path) == 2 && (b.Path[0] == "indexes" || b.Path[0] == "uniques") && b.Path[1] == index
		// The columns by which replication is to know a row refuse nulls before.
		refuses := len(b.Path) == 2 && b.Path[0] == "columns" && s.Path[0] == "replica_identity" && c.want.isKey(index, b.Path[1])
		if key || made || refuses {
			online(s)
			need(s, b.ID)
		}
	}
}

// isKey tells whether a column is a key of an index, or of a unique constraint.
func (t *table) isKey(index, column string) bool {
	if x := t.index(index); x != nil {
		return slices.Contains(x.on, sqltext.Ident(column)) || slices.Contains(x.on, column)
	}
	k := byName(t.uniques, index, func(k *key) string { return k.name })
	return k != nil && slices.Contains(k.columns, column)
}

// rebuilt tells whether the plan makes an index or a constraint anew that is there.
func (c *tableChange) rebuilt(name string) bool {
	if w, h := c.want.index(name), c.have.index(name); w != nil && h != nil {
		return changed(c.d, "indexes", name) && !c.onlyTouch("indexes", name)
	}
	return slices.ContainsFunc(c.constraints(), func(k constraint) bool {
		return k.want != "" && k.have != "" && k.what != "check" && c.addedName(k) == name
	})
}

// log changes whether a table is logged. Its sequences go along, but those that stand for themselves are to stay as they
// are declared.
func (c *tableChange) log(unlogged bool) {
	word := func(unlogged bool) string {
		if unlogged {
			return "SET UNLOGGED"
		}
		return "SET LOGGED"
	}
	title := "log the table"
	if unlogged {
		title = "stop logging the table"
	}
	s := c.step(resource.Path{"unlogged"}, resource.Update, title)
	if unlogged {
		s.Reason = "its rows will be gone after a crash, and are not on replicas"
	}
	c.run(s, effort{lock: lockAccessExclusive, rewrite: true}, c.alter(word(unlogged)))
	undo(s, c.alter(word(!unlogged)))
	c.keptAsValues(s)
	for _, d := range c.req.Deltas {
		if d.Address.Kind != "sequence" || d.Live == nil || d.Desired == nil {
			continue
		}
		q := decodeSequence(livePlace(d.Live), d.Live.Attrs)
		if parts := splitIdents(q.ownedBy); len(parts) == 3 && parts[0] == c.want.schema && (parts[1] == c.want.name || parts[1] == c.liveName) && q.unlogged != unlogged {
			run(s, "ALTER SEQUENCE "+q.place.String()+" "+word(q.unlogged))
		}
	}
	c.logging = append(c.logging, logging{s, c.want, unlogged})
}

// logging is a step that changes whether a table is logged.
type logging struct {
	step     *resource.Step
	table    *table
	unlogged bool
}

// orderLogging lets a table that others refer to be logged before those, and go unlogged after them: a logged table
// cannot refer to an unlogged one.
func (p *planner) orderLogging() {
	for _, s := range p.logging {
		for _, on := range p.logging {
			refers := slices.ContainsFunc(s.table.foreignKeys, func(k foreignKey) bool { return k.references == on.table.place })
			switch {
			case !refers || s.step == on.step || s.unlogged != on.unlogged:
			case s.unlogged:
				need(on.step, s.step.ID)
			default:
				need(s.step, on.step.ID)
			}
		}
	}
}

func (c *tableChange) tablespace(name string) string {
	return sqltext.Ident(orElse(name, c.facts.DefaultTablespace()))
}

// orElse gives a text, or another one for none.
func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func accessMethod(name string) string {
	return "SET ACCESS METHOD " + sqltext.Ident(orElse(name, "heap"))
}

func replicaIdentity(s string) string {
	switch s {
	case "":
		return "REPLICA IDENTITY DEFAULT"
	case identityFull:
		return "REPLICA IDENTITY FULL"
	case identityNothing:
		return "REPLICA IDENTITY NOTHING"
	default:
		return "REPLICA IDENTITY USING INDEX " + sqltext.Ident(s)
	}
}

func clusterOn(index string) string {
	if index == "" {
		return "SET WITHOUT CLUSTER"
	}
	return "CLUSTER ON " + sqltext.Ident(index)
}

// rowSecurity lists the clauses that lead from one state of row security to another.
func rowSecurity(to, from string) []string {
	flags := func(s string) (enabled, forced bool) {
		return s == rowEnabled || s == rowForced, s == rowForced || s == rowOffForced
	}
	enabled, forced := flags(to)
	wasEnabled, wasForced := flags(from)
	var out []string
	if enabled != wasEnabled {
		out = append(out, map[bool]string{true: "ENABLE", false: "DISABLE"}[enabled]+" ROW LEVEL SECURITY")
	}
	if forced != wasForced {
		out = append(out, map[bool]string{true: "FORCE", false: "NO FORCE"}[forced]+" ROW LEVEL SECURITY")
	}
	return out
}

// parameterChanges lists the clauses that lead from some storage parameters to others, and the names that they mention.
func parameterChanges(to, from []resource.Field) (clauses, names []string) {
	value := func(fields []resource.Field, name string) (string, bool) {
		i := slices.IndexFunc(fields, func(f resource.Field) bool { return f.Name == name })
		if i < 0 {
			return "", false
		}
		return fields[i].Value.Str(), true
	}
	var sets []resource.Field
	var resets []string
	for _, f := range to {
		if was, ok := value(from, f.Name); !ok || was != f.Value.Str() {
			sets, names = append(sets, f), append(names, f.Name)
		}
	}
	for _, f := range from {
		if _, ok := value(to, f.Name); !ok {
			resets, names = append(resets, optionName(f.Name)), append(names, f.Name)
		}
	}
	if len(sets) > 0 {
		clauses = append(clauses, "SET ("+options(sets)+")")
	}
	if len(resets) > 0 {
		clauses = append(clauses, "RESET ("+strings.Join(resets, ", ")+")")
	}
	return clauses, names
}

// parameterLock is the lock that a change of storage parameters of a table takes.
func parameterLock(names []string) string {
	if slices.Contains(names, "user_catalog_table") {
		return lockAccessExclusive
	}
	return lockShareUpdateExcl
}

// stores lists the clauses that lead to how a column is to be kept, and whether one of them needs the table for itself.
func (s *columnStorage) stores(column string, from columnStorage) (clauses []string, alone bool) {
	add := func(text string) { clauses = append(clauses, "ALTER COLUMN "+sqltext.Ident(column)+" "+text) }
	if s.storage != from.storage {
		add("SET STORAGE " + strings.ToUpper(orElse(s.storage, "default")))
		alone = true
	}
	if s.compression != from.compression {
		add("SET COMPRESSION " + orElse(s.compression, "default"))
		alone = true
	}
	if s.statistics != from.statistics {
		add("SET STATISTICS " + orElse(s.statistics, "-1"))
	}
	sets, _ := parameterChanges(s.options, from.options)
	for _, text := range sets {
		add(text)
	}
	return clauses, alone
}

// storeColumns changes how columns are kept that were there and stay.
func (c *tableChange) storeColumns() {
	for _, name := range c.entries("columns") {
		live := name
		if from := c.renames[name]; from != "" {
			live = from
		}
		w, h := c.want.column(name), c.have.column(live)
		if w == nil || h == nil || c.remade[name] {
			continue
		}
		c.renameIdentity(w, h)
		was, canonical := h.columnStorage, c.canonicalColumn(name, h)
		if baseType(canonical.typ) != baseType(h.typ) || canonical.collation != h.collation {
			was.storage, was.compression = "", "" // a new type comes with its own
		}
		to := w.columnStorage
		to.storage, was.storage = c.storageWord(to.storage, canonical.typ, was.storage)
		clauses, alone := to.stores(name, was)
		if len(clauses) == 0 {
			continue
		}
		s := c.step(columnPath(name), resource.Update, "change how column "+name+" is kept")
		s.ID += "/storage"
		c.shareChanges(s, "compression", "storage", "statistics", "with", "not_null_name")
		e := effort{lock: lockShareUpdateExcl}
		if alone {
			e = exclusive
		}
		c.run(s, e, c.want.alter(clauses))
		if back, _ := was.stores(name, to); len(back) > 0 {
			undo(s, c.want.alter(back))
		}
		if storage, statistics := to.storage != was.storage, to.statistics != was.statistics; storage || statistics {
			c.keepBelow(s, e, h, w, func(b *below, up *column) []string { return b.ownStorage(up, storage, statistics) })
		}
	}
}

// storageWord spells the storage that is meant by default out for servers before 16, which have no word for it.
func (c *tableChange) storageWord(to, typ, from string) (string, string) {
	if to == from || c.facts.ServerVersion >= 160000 {
		return to, from
	}
	return orElse(to, storageOf(typ)), orElse(from, storageOf(typ))
}

// shareChanges leaves to a step the changes of some fields of a column, and takes them from the step of the rest.
func (c *tableChange) shareChanges(s *resource.Step, fields ...string) {
	mine := func(ch resource.Change) bool { return len(ch.Path) > 2 && slices.Contains(fields, ch.Path[2]) }
	s.Changes = slices.DeleteFunc(slices.Clone(s.Changes), func(ch resource.Change) bool { return !mine(ch) })
	for _, other := range c.steps {
		if other != s && other.Address == s.Address && slices.Equal(other.Path, s.Path) {
			other.Changes = slices.DeleteFunc(slices.Clone(other.Changes), mine)
		}
	}
}

// renameIdentity gives the sequence of an identity another name.
func (c *tableChange) renameIdentity(w, h *column) {
	if w.identity == nil || h.identity == nil {
		return
	}
	at := func(id *identity) place {
		if id.sequence != (place{}) {
			return id.sequence
		}
		return place{c.want.schema, catalog.ObjectName(c.want.name, w.name, "seq")}
	}
	from, to := at(h.identity), at(w.identity)
	if from == to {
		return
	}
	s := c.step(columnPath(w.name), resource.Update, "rename the sequence of column "+w.name)
	s.ID += "/sequence"
	c.renameSerial(s, from, to.name)
}
