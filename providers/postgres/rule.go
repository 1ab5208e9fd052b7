package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// rule is a rewrite rule as written, or as it is.
type rule struct {
	table    place
	name     string
	event    string
	where    string
	instead  bool
	commands []string
	enabled  string // "" is origin
	comment  string
}

func decodeRule(x *index, name string, attrs resource.Value) *rule {
	r := &rule{
		table: x.placeOf(attrs.Get("table"), ""), name: name, event: attrs.Get("event").Str(), where: attrs.Get("where").Str(),
		instead: attrs.Get("instead").Bool(), comment: attrs.Get("comment").Str(),
	}
	for _, c := range attrs.Get("commands").StringList() {
		r.commands = append(r.commands, sqltext.TrimQuery(c))
	}
	if e := attrs.Get("enabled").Str(); e != "origin" {
		r.enabled = e
	}
	return r
}

func (r *rule) built(a resource.Address) catalog.Built {
	return catalog.Built{ID: builtID(a), Kind: catalog.BuiltRule, Schema: r.table.schema, Name: r.table.name, Rule: &catalog.BuiltRuleText{
		Event: r.event, Where: r.where, Instead: r.instead, Commands: r.commands,
	}}
}

func askRule(a *asker, r *resource.Resource) {
	a.ask.Built = append(a.ask.Built, decodeRule(a.index, r.Name(), r.Attrs).built(r.Address))
}

func takeRule(n *namespaces, r *resource.Resource) {
	d := decodeRule(n.index, r.Name(), r.Attrs)
	n.rules.take(d.table.String()+"."+d.name, named(r))
}

func normalizeRule(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	d := decodeRule(n.index, r.Name(), w)
	live := n.live[r.Address]
	differs := live != nil && (live.Attrs.Get("where").Str() != d.where || !slices.Equal(live.Attrs.Get("commands").StringList(), d.commands))
	if f, ok := n.builtForm(r, differs); ok {
		d.where, d.commands = f.Where, f.Commands
	}
	var o object
	o.text("table", d.table.String(), w.Get("table"))
	o.text("name", d.name, w.Get("name"))
	o.text("event", d.event, w.Get("event"))
	o.text("where", d.where, w.Get("where"))
	o.flag("instead", d.instead, w.Get("instead"))
	o.texts("commands", d.commands, w.Get("commands"))
	o.text("enabled", d.enabled, w.Get("enabled"))
	o.text("comment", d.comment, w.Get("comment"))
	return o.done()
}

// create writes the whole statement; verb is CREATE or CREATE OR REPLACE.
func (r *rule) create(verb string) string {
	head := verb + " RULE " + sqltext.Ident(r.name) + " AS\n  ON " + r.event + " TO " + r.table.String()
	if r.where != "" {
		head += "\n  WHERE (" + r.where + ")"
	}
	head += "\n  DO "
	if r.instead {
		head += "INSTEAD "
	}
	switch len(r.commands) {
	case 0:
		return head + "NOTHING"
	case 1:
		return strings.TrimRight(head, " ") + "\n  " + r.commands[0]
	default:
		return head + "(\n  " + strings.Join(r.commands, ";\n  ") + "\n)"
	}
}

func (r *rule) what() string { return "RULE " + sqltext.Ident(r.name) + " ON " + r.table.String() }

func (r *rule) enable() string {
	word := map[string]string{"": "ENABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS", "disabled": "DISABLE"}[r.enabled]
	return "ALTER TABLE " + r.table.String() + " " + word + " RULE " + sqltext.Ident(r.name)
}

func ruleSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		r := decodeRule(p.index, d.Desired.Name(), d.Desired.Attrs)
		s := p.step(d, nil, resource.Create, "create rule "+r.name+" on "+r.table.name)
		p.makeRule(s, r, "CREATE")
		undo(s, "DROP "+r.what())
	case resource.Delete:
		r := decodeRule(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop rule "+r.name)
		runOn(s, nil, r.table, exclusive, "DROP "+r.what())
		undoing(s, func(back *resource.Step) { p.makeRule(back, r, "CREATE") })
	default:
		p.alterRule(d)
	}
}

// makeRule adds the statement, and what it does not say.
func (p *planner) makeRule(s *resource.Step, r *rule, verb string) {
	e := exclusive
	if p.made[r.table] != nil {
		e = effort{}
	}
	runOn(s, nil, r.table, e, r.create(verb))
	if r.enabled != "" {
		runOn(s, nil, r.table, effort{lock: lockShareRowExcl}, r.enable())
	}
	if r.comment != "" {
		run(s, commentOn(r.what(), r.comment))
	}
}

func (p *planner) alterRule(d *resource.Delta) {
	want := decodeRule(p.index, d.Desired.Name(), d.Desired.Attrs)
	have := decodeRule(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
	if want.name != have.name && want.table == have.table {
		s := p.step(d, resource.Path{"name"}, resource.Update, "rename rule "+have.name+" to "+want.name)
		runOn(s, nil, have.table, exclusive, "ALTER "+have.what()+" RENAME TO "+sqltext.Ident(want.name))
		undo(s, "ALTER "+want.what()+" RENAME TO "+sqltext.Ident(have.name))
		have.name = want.name
	}
	touches := []string{"name", "table", "enabled", "comment"}
	if slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return !slices.Contains(touches, c.Path[0]) }) {
		s := p.step(d, nil, resource.Update, "replace rule "+want.name+" on "+want.table.name)
		// A rule that is replaced keeps its comment and whether it is on.
		runOn(s, nil, want.table, exclusive, want.create("CREATE OR REPLACE"))
		undo(s, have.create("CREATE OR REPLACE"))
	}
	if want.table != have.table {
		s := p.step(d, nil, resource.Replace, "move rule "+want.name+" to "+want.table.name)
		runOn(s, nil, have.table, exclusive, "DROP "+have.what())
		p.makeRule(s, want, "CREATE")
		undoing(s, func(back *resource.Step) { p.makeRule(back, have, "CREATE") })
		undo(s, "DROP "+want.what())
		return
	}
	if changed(d, "enabled") {
		s := p.step(d, resource.Path{"enabled"}, resource.Update, "switch rule "+want.name)
		runOn(s, nil, want.table, effort{lock: lockShareRowExcl}, want.enable())
		undo(s, have.enable())
	}
	if changed(d, "comment") {
		s := p.step(d, resource.Path{"comment"}, resource.Update, "set the comment")
		run(s, commentOn(want.what(), want.comment))
		undo(s, commentOn(want.what(), have.comment))
	}
}
