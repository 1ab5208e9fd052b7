package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func triggerSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createTrigger(d)
	case resource.Delete:
		t := decodeTrigger(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop trigger "+t.name)
		p.dropTrigger(s, t)
		p.frees(s, t.naming(t.name))
		undoing(s, func(back *resource.Step) { p.makeTrigger(back, t, "CREATE") })
	default:
		p.alterTrigger(d)
	}
}

// create writes the whole statement; verb is CREATE or CREATE OR REPLACE.
func (t *trigger) create(verb string) string {
	head := verb + " TRIGGER "
	if t.constraint {
		head = verb + " CONSTRAINT TRIGGER "
	}
	lines := []string{
		head + sqltext.Ident(t.name),
		t.timing + " " + strings.Join(t.events, " OR ") + " ON " + t.table.String(),
	}
	if t.from.name != "" {
		lines = append(lines, "FROM "+t.from.String())
	}
	if t.constraint && t.deferrable {
		lines = append(lines, strings.TrimSpace(deferral(t.deferrable, t.initiallyDeferred)))
	}
	var tables []string
	if t.oldTable != "" {
		tables = append(tables, "OLD TABLE AS "+sqltext.Ident(t.oldTable))
	}
	if t.newTable != "" {
		tables = append(tables, "NEW TABLE AS "+sqltext.Ident(t.newTable))
	}
	if len(tables) > 0 {
		lines = append(lines, "REFERENCING "+strings.Join(tables, " "))
	}
	each := "FOR EACH STATEMENT"
	if t.row {
		each = "FOR EACH ROW"
	}
	if t.when != "" {
		each += " WHEN (" + t.when + ")"
	}
	lines = append(lines, each, "EXECUTE FUNCTION "+t.function.String()+"("+sqltext.Literals(t.arguments)+")")
	return strings.Join(lines, "\n  ")
}

func (p *planner) dropTrigger(s *resource.Step, t *trigger) {
	runOn(s, nil, t.table, exclusive, "DROP TRIGGER "+sqltext.Ident(t.name)+" ON "+t.table.String())
}

func (p *planner) createTrigger(d *resource.Delta) {
	t := decodeTrigger(p.index, d.Desired.Name(), d.Desired.Attrs)
	s := p.step(d, nil, resource.Create, "create trigger "+t.name+" on "+t.table.name)
	p.makeTrigger(s, t, "CREATE")
	p.takes(s, t.naming(t.name))
	undo(s, "DROP TRIGGER "+sqltext.Ident(t.name)+" ON "+t.table.String())
}

// makeTrigger adds the statement, and what it does not say.
func (p *planner) makeTrigger(s *resource.Step, t *trigger, verb string) {
	e := effort{lock: lockShareRowExcl}
	if p.made[t.table] != nil {
		e = effort{}
	}
	runOn(s, nil, t.table, e, t.create(verb))
	if t.enabled != "" {
		p.enableTrigger(s, t)
	}
	if t.comment != "" {
		run(s, commentOn("TRIGGER "+sqltext.Ident(t.name)+" ON "+t.table.String(), t.comment))
	}
}

// replaceTrigger makes of a trigger another one in its place, which would keep the comment.
func (p *planner) replaceTrigger(s *resource.Step, to, from *trigger) {
	p.makeTrigger(s, to, "CREATE OR REPLACE")
	if to.comment == "" && from.comment != "" {
		run(s, commentOn("TRIGGER "+sqltext.Ident(to.name)+" ON "+to.table.String(), ""))
	}
}

func (p *planner) enableTrigger(s *resource.Step, t *trigger) {
	runOn(s, nil, t.table, effort{lock: lockShareRowExcl}, t.enable())
}

func (t *trigger) enable() string {
	word := map[string]string{"": "ENABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS", "disabled": "DISABLE"}[t.enabled]
	return "ALTER TABLE " + t.table.String() + " " + word + " TRIGGER " + sqltext.Ident(t.name)
}

func (p *planner) alterTrigger(d *resource.Delta) {
	want := decodeTrigger(p.index, d.Desired.Name(), d.Desired.Attrs)
	have := decodeTrigger(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
	if have.name != want.name && have.table == want.table {
		p.renameTrigger(d, want, have)
		have.name = want.name
	}
	rest := slices.DeleteFunc(slices.Clone(d.Changes), func(c resource.Change) bool {
		return c.Path[0] == "comment" || c.Path[0] == "enabled" || c.Path[0] == "name" && want.name == have.name
	})
	switch {
	case len(rest) == 0:
		p.touchTrigger(d, want, have)
	case !want.constraint && !have.constraint && want.table == have.table && want.name == have.name:
		s := p.step(d, nil, resource.Update, "replace trigger "+want.name+" on "+want.table.name)
		p.replaceTrigger(s, want, have)
		undoing(s, func(back *resource.Step) { p.replaceTrigger(back, have, want) })
	default:
		s := p.step(d, nil, resource.Replace, "replace trigger "+want.name+" on "+want.table.name)
		p.dropTrigger(s, have)
		p.makeTrigger(s, want, "CREATE")
		undoing(s, func(back *resource.Step) { p.makeTrigger(back, have, "CREATE") })
		undo(s, "DROP TRIGGER "+sqltext.Ident(want.name)+" ON "+want.table.String())
	}
}

// touchTrigger changes what can be changed without making the trigger anew.
func (p *planner) touchTrigger(d *resource.Delta, want, have *trigger) {
	if changed(d, "enabled") {
		s := p.step(d, resource.Path{"enabled"}, resource.Update, "switch trigger "+want.name)
		p.enableTrigger(s, want)
		undo(s, have.enable())
	}
	if changed(d, "comment") {
		s := p.step(d, resource.Path{"comment"}, resource.Update, "set the comment")
		what := "TRIGGER " + sqltext.Ident(want.name) + " ON " + want.table.String()
		run(s, commentOn(what, want.comment))
		undo(s, commentOn(what, have.comment))
	}
}
