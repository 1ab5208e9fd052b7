package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// What of a constraint, an index or a statistics object can be changed without making it anew: comments, storage
// parameters, the tablespace, targets.

// touchable are the fields that can.
var touchable = map[string][]string{
	"primary_key": {"with", "tablespace", "comment", "index_comment"}, "uniques": {"with", "tablespace", "comment", "index_comment"},
	"exclusions": {"with", "tablespace", "comment", "index_comment"}, "checks": {"comment"}, partForeignKeys: {"comment"},
	"indexes": {"with", "tablespace", "statistics", "comment"}, "statistics": {"target", "comment"},
}

// onlyTouch tells whether nothing else changes of what is at a path.
func (c *tableChange) onlyTouch(path ...string) bool {
	return !slices.ContainsFunc(c.d.Changes, func(ch resource.Change) bool {
		return len(ch.Path) >= len(path) && slices.Equal(ch.Path[:len(path)], path) &&
			(len(ch.Path) == len(path) || !slices.Contains(touchable[path[0]], ch.Path[len(path)]))
	})
}

// withoutTouched leaves out the constraints that stay as they are.
func (c *tableChange) withoutTouched(list []constraint) []constraint {
	return slices.DeleteFunc(list, func(k constraint) bool { return k.want != "" && k.have != "" && c.onlyTouch(k.path...) })
}

// note is what is said of a constraint besides its definition.
type note struct {
	table   *table
	path    resource.Path
	what    string // "check"
	name    string
	comment string
	// index is nil for a constraint without one.
	index *constraintIndex
}

// notes lists those of all constraints.
func (t *table) notes() []note {
	var out []note
	if k := t.primaryKey; k != nil {
		out = append(out, note{t, resource.Path{"primary_key"}, "primary key", k.name, k.comment, &k.constraintIndex})
	}
	for i := range t.uniques {
		k := &t.uniques[i]
		out = append(out, note{t, resource.Path{"uniques", k.name}, "unique constraint", k.name, k.comment, &k.constraintIndex})
	}
	for i := range t.exclusions {
		k := &t.exclusions[i]
		out = append(out, note{t, resource.Path{"exclusions", k.name}, "exclusion constraint", k.name, k.comment, &k.constraintIndex})
	}
	for i := range t.checks {
		k := &t.checks[i]
		out = append(out, note{t, resource.Path{"checks", k.name}, "check", k.name, k.comment, nil})
	}
	return out
}

func (t *table) noteAt(path resource.Path) (note, bool) {
	all := t.notes()
	if i := slices.IndexFunc(all, func(n note) bool { return slices.Equal(n.path, path) }); i >= 0 {
		return all[i], true
	}
	return note{}, false
}

// on names the constraint in COMMENT ON.
func (n note) on() string {
	return "CONSTRAINT " + sqltext.Ident(n.name) + " ON " + n.table.place.String()
}

// set lists the statements that a new constraint needs.
func (n note) set() []string {
	var out []string
	if n.comment != "" {
		out = append(out, commentOn(n.on(), n.comment))
	}
	if n.index != nil && n.index.indexComment != "" {
		out = append(out, commentOn("INDEX "+n.table.indexPlace(n.name), n.index.indexComment))
	}
	return out
}

// dressConstraint says what is said of a constraint that a step makes.
func (c *tableChange) dressConstraint(s *resource.Step, k constraint) {
	if n, ok := c.want.noteAt(k.path); ok {
		for _, sql := range n.set() {
			run(s, sql)
		}
	}
}

// touchConstraints changes what is said of constraints that stay.
func (c *tableChange) touchConstraints() {
	for _, w := range c.want.notes() {
		h, ok := c.have.noteAt(w.path)
		if !ok || !changed(c.d, w.path...) || !c.onlyTouch(w.path...) {
			continue
		}
		s := c.step(w.path, resource.Update, "change "+w.what+" "+w.name)
		if w.comment != h.comment {
			run(s, commentOn(w.on(), w.comment))
			undo(s, commentOn(w.on(), h.comment))
		}
		if w.index == nil {
			continue
		}
		what := "INDEX " + c.want.indexPlace(w.name)
		c.keepIndex(s, what, w.index.with, h.index.with, w.index.tablespace, h.index.tablespace)
		if w.index.indexComment != h.index.indexComment {
			run(s, commentOn(what, w.index.indexComment))
			undo(s, commentOn(what, h.index.indexComment))
		}
	}
	for i := range c.want.foreignKeys {
		w := &c.want.foreignKeys[i]
		path := resource.Path{partForeignKeys, w.name}
		if h := c.have.foreignKey(w.name); h != nil && c.whyDisplaced(w.name) == "" && changed(c.d, path...) && c.onlyTouch(path...) {
			s := c.step(path, resource.Update, "set the comment of foreign key "+w.name)
			run(s, commentOn(w.on(c.want), w.comment))
			undo(s, commentOn(w.on(c.want), h.comment))
		}
	}
}

func (k *foreignKey) on(t *table) string {
	return "CONSTRAINT " + sqltext.Ident(k.name) + " ON " + t.place.String()
}

// keepIndex changes how an index is kept. What is in it stays as it is until it is built anew.
func (c *tableChange) keepIndex(s *resource.Step, what string, with, hadWith []resource.Field, tablespace, hadTablespace string) {
	if clauses, _ := parameterChanges(with, hadWith); len(clauses) > 0 {
		for _, clause := range clauses { // ALTER INDEX takes one at a time
			runOn(s, nil, c.want.place, effort{}, "ALTER "+what+" "+clause)
		}
		back, _ := parameterChanges(hadWith, with)
		for _, clause := range back {
			undo(s, "ALTER "+what+" "+clause)
		}
		s.Reason = "pages that are there keep their form until the index is built anew (REINDEX)"
	}
	if tablespace != hadTablespace {
		runOn(s, c.d.Live, c.want.place, effort{lock: lockAccessExclusive, scan: true}, "ALTER "+what+" SET TABLESPACE "+c.tablespace(tablespace))
		undo(s, "ALTER "+what+" SET TABLESPACE "+c.tablespace(hadTablespace))
	}
}

// touchIndex changes what can be changed of an index that stays.
func (c *tableChange) touchIndex(w, h *indexDef) {
	what := "INDEX " + c.want.indexPlace(w.name)
	title := "change index " + w.name
	if c.only("indexes", w.name, "comment") {
		title = "set the comment of index " + w.name
	}
	s := c.step(resource.Path{"indexes", w.name}, resource.Update, title)
	c.keepIndex(s, what, w.with, h.with, w.tablespace, h.tablespace)
	c.retarget(s, w, h)
	if w.comment != h.comment {
		run(s, commentOn(what, w.comment))
		undo(s, commentOn(what, h.comment))
	}
}

// retarget changes how much is gathered of an index's expressions; h is nil for a new index.
func (c *tableChange) retarget(s *resource.Step, w, h *indexDef) {
	was := map[string]string{}
	if h != nil {
		for _, f := range h.statistics {
			was[f.Name] = f.Value.Str()
		}
	}
	for _, f := range w.statistics {
		if from, ok := was[f.Name]; !ok || from != f.Value.Str() {
			run(s, w.target(c.want, f.Name, f.Value.Str()))
			if h != nil {
				undo(s, w.target(c.want, f.Name, from))
			}
		}
		delete(was, f.Name)
	}
	for _, n := range sortedKeys(was) {
		run(s, w.target(c.want, n, ""))
		undo(s, w.target(c.want, n, was[n]))
	}
}

// target writes how much is gathered of a key; "" is what the server takes.
func (i *indexDef) target(t *table, key, target string) string {
	return "ALTER INDEX " + t.indexPlace(i.name) + " ALTER COLUMN " + key + " SET STATISTICS " + orElse(target, "-1")
}

// make lists the statements that make a statistics object.
func (s *statistic) make(t *table) []string {
	out := []string{s.create(t)}
	if s.target != "" {
		out = append(out, s.retarget(t))
	}
	if s.comment != "" {
		out = append(out, commentOn("STATISTICS "+place{t.schema, s.name}.String(), s.comment))
	}
	return out
}

// undoStatisticsDrop writes how to get a statistics object back that a step drops.
func (t *table) undoStatisticsDrop(s *resource.Step, was *statistic) {
	undoing(s, func(back *resource.Step) {
		for _, sql := range was.make(t) {
			run(back, sql)
		}
	})
}

func (s *statistic) retarget(t *table) string {
	return "ALTER STATISTICS " + place{t.schema, s.name}.String() + " SET STATISTICS " + orElse(s.target, "-1")
}

func (s *statistic) drop(t *table) string {
	return "DROP STATISTICS " + place{t.schema, s.name}.String()
}

// gathering is the lock of whatever is about statistics.
var gathering = effort{lock: lockShareUpdateExcl}

// dropStatistics drops what is not wanted any more; what changes goes where it comes back, unless columns change.
func (c *tableChange) dropStatistics() {
	for _, name := range c.entries("statistics") {
		h, w := c.have.statistic(name), c.want.statistic(name)
		if h == nil || w != nil && (!c.reshaped || c.onlyTouch("statistics", name)) {
			continue
		}
		s := c.step(resource.Path{"statistics", name}, resource.Delete, "drop statistics "+name)
		if w != nil {
			s.ID += "/drop"
			s.Changes = nil
			s.Reason = "they must make way for changes of columns"
		}
		c.run(s, gathering, h.drop(c.have))
		c.frees(s, c.have.statisticsName(name))
		c.have.undoStatisticsDrop(s, h)
	}
}

func (c *tableChange) addStatistics() {
	for _, name := range c.entries("statistics") {
		h, w := c.have.statistic(name), c.want.statistic(name)
		path := resource.Path{"statistics", name}
		switch {
		case w == nil:
		case h != nil && c.onlyTouch("statistics", name):
			s := c.step(path, resource.Update, "change statistics "+name)
			if w.target != h.target {
				run(s, w.retarget(c.want))
				undo(s, h.retarget(c.want))
			}
			if w.comment != h.comment {
				run(s, commentOn("STATISTICS "+place{c.want.schema, name}.String(), w.comment))
				undo(s, commentOn("STATISTICS "+place{c.want.schema, name}.String(), h.comment))
			}
		default:
			s := c.step(path, resource.Create, "create statistics "+name)
			if h != nil {
				s.Action, s.Title = resource.Update, "replace statistics "+name
				if !c.reshaped {
					c.run(s, gathering, h.drop(c.have))
					c.have.undoStatisticsDrop(s, h)
				}
			}
			for i, sql := range w.make(c.want) {
				if e := gathering; i == 0 {
					c.run(s, e, sql)
				} else {
					run(s, sql)
				}
			}
			c.takes(s, c.want.statisticsName(name))
			undo(s, w.drop(c.want))
			if owner := c.d.Desired.Attrs.Get("owner"); !owner.IsNull() {
				runSQL(s, (&sqlText{}).text("ALTER STATISTICS "+place{c.want.schema, name}.String()+" OWNER TO ").role(c.currentRole(owner)).sql)
			}
		}
	}
}

// ownStatistics gives the statistics objects of a table the owner that the table gets: unlike its indexes they have one of
// their own.
func (p *planner) ownStatistics(d *resource.Delta, s *resource.Step, t *table) {
	owner := d.Desired.Attrs.Get("owner")
	if owner.IsNull() {
		return
	}
	for i := range t.statistics {
		what := "STATISTICS " + place{t.schema, t.statistics[i].name}.String()
		runSQL(s, (&sqlText{}).text("ALTER "+what+" OWNER TO ").role(p.currentRole(owner)).sql)
	}
}
