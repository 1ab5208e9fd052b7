package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func viewSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		v := decodeView(d.Address.Kind, p.wanted(d), d.Desired.Attrs)
		s := p.step(d, nil, resource.Create, "create "+strings.ToLower(v.word())+" "+v.name)
		p.makeView(d, s, v)
		undo(s, "DROP "+v.what())
		p.mayCreate(s, v.schema)
	case resource.Delete:
		v := decodeView(d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop "+strings.ToLower(v.word())+" "+v.name)
		p.dropView(d, s, v)
	default:
		p.alterView(d)
	}
}

// create writes the whole statement; verb is CREATE or CREATE OR REPLACE.
func (v *viewDef) create(verb string) string {
	head := verb + " " + v.what()
	if len(v.columns) > 0 {
		head += " (" + sqltext.Idents(v.columns) + ")"
	}
	if v.method != "" {
		head += " USING " + sqltext.Ident(v.method)
	}
	if options := v.options(); len(options) > 0 {
		head += "\n  WITH (" + strings.Join(options, ", ") + ")"
	}
	if v.tablespace != "" {
		head += "\n  TABLESPACE " + sqltext.Ident(v.tablespace)
	}
	sql := head + " AS\n" + v.query
	if v.noData {
		sql += "\nWITH NO DATA"
	}
	return sql
}

// options are all storage parameters, as WITH and SET have them: CREATE OR REPLACE takes away those that it does not name.
func (v *viewDef) options() []string {
	var out []string
	if v.barrier {
		out = append(out, "security_barrier = true")
	}
	if v.invoker {
		out = append(out, "security_invoker = true")
	}
	if v.checkOption != "" {
		out = append(out, "check_option = "+v.checkOption)
	}
	for _, f := range v.with {
		out = append(out, storageParameter(f))
	}
	return out
}

func storageParameter(f resource.Field) string {
	return storageName(f.Name) + " = " + sqltext.Literal(f.Value.Str())
}

// storageName may have a namespace: toast.autovacuum_enabled.
func storageName(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		parts[i] = sqltext.Ident(part)
	}
	return strings.Join(parts, ".")
}

func (v *viewDef) columnPlace(column string) string {
	return v.place.String() + "." + sqltext.Ident(column)
}

// statements make a view and all that its block says of it but its owner.
func (v *viewDef) statements() []string {
	out := []string{v.create("CREATE")}
	for _, f := range v.defaults {
		out = append(out, "ALTER VIEW "+v.place.String()+" ALTER COLUMN "+sqltext.Ident(f.Name)+" SET DEFAULT "+f.Value.Str())
	}
	for i := range v.indexes {
		out = append(out, v.indexes[i].createIndex(v.place))
	}
	if v.comment != "" {
		out = append(out, commentOn(v.what(), v.comment))
	}
	for _, f := range v.columnComments {
		out = append(out, commentOn("COLUMN "+v.columnPlace(f.Name), f.Value.Str()))
	}
	for i := range v.indexes {
		if x := &v.indexes[i]; x.comment != "" {
			out = append(out, commentOn("INDEX "+place{v.schema, x.name}.String(), x.comment))
		}
	}
	return out
}

// makeView adds the statements that make a view.
func (p *planner) makeView(d *resource.Delta, s *resource.Step, v *viewDef) {
	for _, sql := range v.statements() {
		run(s, sql)
	}
	if d.Live != nil && v.materialized && !v.noData {
		s.Statements[0].Rows, s.Statements[0].Bytes = max(d.Live.Rows, 0), max(d.Live.Bytes, 0) // about as many are computed again
	}
	p.owner(d, s, v.what())
	p.takes(s, v.heldNames()...)
}

// dropView adds the statement that drops a view, without CASCADE: what would go along has steps of its own.
func (p *planner) dropView(d *resource.Delta, s *resource.Step, v *viewDef) {
	runOn(s, nil, v.place, exclusive, "DROP "+v.what())
	if v.materialized {
		s.Statements[0].Rows, s.Statements[0].Bytes = max(d.Live.Rows, 0), max(d.Live.Bytes, 0)
	}
	p.undoViewDrop(d, s, v)
	p.frees(s, v.heldNames()...)
}

// undoViewDrop writes how to get a view back that a step drops, with all that the drop takes along.
func (p *planner) undoViewDrop(d *resource.Delta, s *resource.Step, v *viewDef) {
	undoing(s, func(back *resource.Step) {
		for _, sql := range v.statements() {
			run(back, sql)
		}
		p.ownedBefore(d, back, v.what())
		p.grantView(back, v.place, func(catalog.GrantFact) bool { return true })
		p.remakeAlong(back, v.place)
		for _, f := range p.facts.Views[v.place.String()].Own {
			p.remakeOn(back, f.Kind, f.Attrs)
		}
	})
}

// remakeAlong makes the rules and triggers of a relation again that go with it, and have no DROP of their own.
func (p *planner) remakeAlong(s *resource.Step, at place) {
	for _, d := range p.req.Deltas {
		if d.Live == nil || d.Action == resource.Delete || !p.real(d) || d.Live.Attrs.Get("table").Str() != at.String() {
			continue
		}
		if m := p.remade.members[d.Address]; m != nil && !m.along {
			continue
		}
		p.remakeOn(s, d.Address.Kind, d.Live.Attrs)
	}
}

// remakeOn makes a rule or trigger of a relation again as it was.
func (p *planner) remakeOn(s *resource.Step, kind string, attrs resource.Value) {
	switch name := attrs.Get("name").Str(); kind {
	case "rule":
		p.makeRule(s, decodeRule(p.index, name, attrs), "CREATE")
	case "trigger":
		p.makeTrigger(s, decodeTrigger(p.index, name, attrs), "CREATE")
	}
}

// heldNames are the names that a view takes, and its indexes.
func (v *viewDef) heldNames() []naming {
	out := rowNames(v.place)
	for i := range v.indexes {
		out = append(out, relationName(place{v.schema, v.indexes[i].name}))
	}
	return out
}

// alterView changes in place what can be.
func (p *planner) alterView(d *resource.Delta) {
	want := decodeView(d.Address.Kind, p.wanted(d), d.Desired.Attrs)
	have := decodeView(d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
	have.place = p.renamed(d, have.word())
	c := &viewChange{planner: p, d: d, want: want, have: have}
	if changed(d, "query") {
		s := p.step(d, nil, resource.Update, "replace view "+want.name)
		if s.Cause = p.causeOf(d); s.Cause != d.Cause() {
			s.Reason = "what it reads changes"
			for i := range s.Changes {
				s.Changes[i].Cause = s.Cause
			}
		}
		runOn(s, nil, want.place, exclusive, want.create("CREATE OR REPLACE"))
		if f, why := p.builtFact(builtID(d.Address)); why == "" && len(f.Columns) == len(p.facts.Views[p.wanted(d).String()].Columns) {
			undo(s, have.create("CREATE OR REPLACE"))
		} else {
			p.shrinkView(d, s, want, have)
		}
	} else {
		c.parameters()
	}
	c.defaults()
	c.storage()
	c.indexes()
	c.comments()
	p.simple(d, want.what())
}

// shrinkView takes the columns off a view again that it gets at its end: Postgres does so only by making it anew, which
// what is built on it stands in the way of.
func (p *planner) shrinkView(d *resource.Delta, s *resource.Step, want, have *viewDef) {
	self := objectOf(d)
	for _, dep := range p.hanging[self] {
		if dep.By != self && dep.In != self {
			s.NoUndo = "Postgres takes no column off a view while something is built on it, as " + calledPlainly(dep) + " is"
			return
		}
	}
	p.undoViewDrop(d, s, have)
	undo(s, "DROP "+want.what())
}

type viewChange struct {
	*planner
	d          *resource.Delta
	want, have *viewDef
}

// run adds a statement that changes the catalog only, and the one that goes back.
func (c *viewChange) run(s *resource.Step, sql, back string) {
	runOn(s, nil, c.want.place, exclusive, "ALTER "+c.want.what()+" "+sql)
	undo(s, "ALTER "+c.want.what()+" "+back)
}

// parameters sets and resets storage parameters, those of a view included.
func (c *viewChange) parameters() {
	attrs := []string{"security_barrier", "security_invoker", "check_option", "with"}
	if !slices.ContainsFunc(attrs, func(a string) bool { return changed(c.d, a) }) {
		return
	}
	s := c.planner.step(c.d, resource.Path{"with"}, resource.Update, "set the parameters of "+c.want.name)
	for _, attr := range attrs {
		for _, ch := range c.d.Changes {
			if ch.Path[0] == attr && attr != "with" {
				s.Changes = append(s.Changes, ch)
			}
		}
	}
	set := func(from, to *viewDef) string {
		var sets, resets []string
		had := from.options()
		for _, o := range to.options() {
			if !slices.Contains(had, o) {
				sets = append(sets, o)
			}
		}
		names := make([]string, 0, len(had))
		for _, o := range to.options() {
			name, _, _ := strings.Cut(o, " = ")
			names = append(names, name)
		}
		for _, o := range had {
			if name, _, _ := strings.Cut(o, " = "); !slices.Contains(names, name) {
				resets = append(resets, name)
			}
		}
		switch {
		case len(resets) == 0:
			return "SET (" + strings.Join(sets, ", ") + ")"
		case len(sets) == 0:
			return "RESET (" + strings.Join(resets, ", ") + ")"
		default:
			return "SET (" + strings.Join(sets, ", ") + ")\x00RESET (" + strings.Join(resets, ", ") + ")"
		}
	}
	forward, back := strings.Split(set(c.have, c.want), "\x00"), strings.Split(set(c.want, c.have), "\x00")
	for _, sql := range forward {
		runOn(s, nil, c.want.place, exclusive, "ALTER "+c.want.what()+" "+sql)
	}
	for _, sql := range back {
		undo(s, "ALTER "+c.want.what()+" "+sql)
	}
}

func (c *viewChange) defaults() {
	for _, name := range changedEntries(c.d, "column_defaults") {
		s := c.planner.step(c.d, resource.Path{"column_defaults", name}, resource.Update, "set the default of column "+name)
		alter := func(fields []resource.Field) string {
			sql := "ALTER COLUMN " + sqltext.Ident(name)
			if text := fieldText(fields, name); text != "" {
				return sql + " SET DEFAULT " + text
			}
			return sql + " DROP DEFAULT"
		}
		c.run(s, alter(c.want.defaults), alter(c.have.defaults))
	}
}

func fieldText(fields []resource.Field, name string) string {
	if f := byName(fields, name, func(f *resource.Field) string { return f.Name }); f != nil {
		return f.Value.Str()
	}
	return ""
}

// changedEntries lists the names below an attribute that have a change, in the order of the changes.
func changedEntries(d *resource.Delta, attr string) []string {
	var out []string
	for _, ch := range d.Changes {
		if len(ch.Path) >= 2 && ch.Path[0] == attr && !slices.Contains(out, ch.Path[1]) {
			out = append(out, ch.Path[1])
		}
	}
	return out
}

// storage changes how and where the rows of a materialised view are kept; each copies them.
func (c *viewChange) storage() {
	copies := func(attr, title, sql, back string) {
		s := c.planner.step(c.d, resource.Path{attr}, resource.Update, title)
		runOn(s, c.d.Live, c.want.place, effort{lock: lockAccessExclusive, rewrite: true}, "ALTER "+c.want.what()+" "+sql)
		undo(s, "ALTER "+c.want.what()+" "+back)
	}
	or := func(a, b string) string {
		if a == "" {
			return b
		}
		return sqltext.Ident(a)
	}
	if changed(c.d, "method") {
		copies("method", "change the access method", "SET ACCESS METHOD "+or(c.want.method, "heap"), "SET ACCESS METHOD "+or(c.have.method, "heap"))
	}
	if changed(c.d, "tablespace") {
		copies("tablespace", "move to another tablespace", "SET TABLESPACE "+or(c.want.tablespace, "pg_default"), "SET TABLESPACE "+or(c.have.tablespace, "pg_default"))
	}
	if changed(c.d, "with_data") {
		s := c.planner.step(c.d, resource.Path{"with_data"}, resource.Update, "compute the rows of "+c.want.name)
		s.Reason = "it was made without data, and cannot be read until it has some"
		runOn(s, nil, c.want.place, exclusive, "REFRESH "+c.want.what())
		undo(s, "REFRESH "+c.want.what()+" WITH NO DATA")
	}
}

func (c *viewChange) indexes() {
	for _, name := range changedEntries(c.d, "indexes") {
		h, w := c.have.index(name), c.want.index(name)
		at := place{c.want.schema, name}
		path, what := resource.Path{"indexes", name}, "INDEX "+at.String()
		onlyComment := !slices.ContainsFunc(c.d.Changes, func(ch resource.Change) bool {
			return len(ch.Path) >= 2 && ch.Path[0] == "indexes" && ch.Path[1] == name && (len(ch.Path) != 3 || ch.Path[2] != "comment")
		})
		if h != nil && w != nil && onlyComment {
			s := c.planner.step(c.d, path, resource.Update, "set the comment of index "+name)
			run(s, commentOn(what, w.comment))
			undo(s, commentOn(what, h.comment))
			continue
		}
		action, title := resource.Create, "create index "+name
		switch {
		case w == nil:
			action, title = resource.Delete, "drop index "+name
		case h != nil:
			action, title = resource.Update, "replace index "+name
		}
		s := c.planner.step(c.d, path, action, title)
		if h != nil {
			runOn(s, nil, c.want.place, exclusive, "DROP "+what)
			undoing(s, func(back *resource.Step) {
				run(back, h.createIndex(c.want.place))
				if h.comment != "" {
					run(back, commentOn(what, h.comment))
				}
			})
			if w == nil {
				c.releases(&release{step: s, names: []naming{relationName(at)}, called: name, what: "index", rename: renameIn("INDEX", at.schema),
					lock: effort{lock: lockShareUpdateExcl}, on: at, says: func(called string) string { return "DROP INDEX " + place{at.schema, called}.String() }})
			}
		}
		if w != nil {
			runOn(s, c.d.Live, c.want.place, effort{lock: lockShare, scan: true}, w.createIndex(c.want.place))
			if w.comment != "" {
				run(s, commentOn(what, w.comment))
			}
			undo(s, "DROP "+what)
			if h == nil {
				c.takes(s, relationName(at))
			}
		}
	}
}

func (c *viewChange) comments() {
	names := changedEntries(c.d, "column_comments")
	if len(names) == 0 {
		return
	}
	s := c.planner.step(c.d, resource.Path{"column_comments"}, resource.Update, "set comments of columns")
	for _, name := range names {
		what := "COLUMN " + c.want.columnPlace(name)
		run(s, commentOn(what, fieldText(c.want.columnComments, name)))
		undo(s, commentOn(what, fieldText(c.have.columnComments, name)))
	}
}
