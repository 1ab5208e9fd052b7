package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// eventTrigger is an event trigger as written, or as it is.
type eventTrigger struct {
	name     string
	event    string
	tags     []string
	function place
	enabled  string // "" is origin
	comment  string
}

func decodeEventTrigger(x *index, name string, attrs resource.Value) *eventTrigger {
	e := &eventTrigger{name: name, event: attrs.Get("event").Str(), function: x.placeOf(attrs.Get("function"), ""), comment: attrs.Get("comment").Str()}
	for _, t := range attrs.Get("tags").StringList() {
		e.tags = append(e.tags, strings.ToUpper(strings.Join(strings.Fields(t), " ")))
	}
	slices.Sort(e.tags)
	if v := attrs.Get("enabled").Str(); v != "origin" {
		e.enabled = v
	}
	return e
}

func takeEventTrigger(n *namespaces, r *resource.Resource) {
	n.eventTriggers.take(sqltext.Ident(r.Name()), named(r))
}

func normalizeEventTrigger(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	e := decodeEventTrigger(n.index, r.Name(), w)
	var o object
	o.text("name", e.name, w.Get("name"))
	o.text("event", e.event, w.Get("event"))
	o.texts("tags", e.tags, w.Get("tags"))
	o.text("function", e.function.String(), w.Get("function"))
	o.text("enabled", e.enabled, w.Get("enabled"))
	o.text("comment", e.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

func (e *eventTrigger) what() string { return "EVENT TRIGGER " + sqltext.Ident(e.name) }

func (e *eventTrigger) create() string {
	sql := "CREATE " + e.what() + " ON " + e.event
	if len(e.tags) > 0 {
		sql += "\n  WHEN TAG IN (" + sqltext.Literals(e.tags) + ")"
	}
	return sql + "\n  EXECUTE FUNCTION " + e.function.String() + "()"
}

func (e *eventTrigger) enable() string {
	word := map[string]string{"": "ENABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS", "disabled": "DISABLE"}[e.enabled]
	return "ALTER " + e.what() + " " + word
}

func eventTriggerSteps(p *planner, d *resource.Delta) {
	if d.Action == resource.Delete {
		e := decodeEventTrigger(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop event trigger "+e.name)
		run(s, "DROP "+e.what())
		p.undoEventTriggerDrop(d, s, e)
		p.needSuperuser(s)
		return
	}
	want := decodeEventTrigger(p.index, d.Desired.Name(), d.Desired.Attrs)
	if d.Action == resource.Create {
		s := p.step(d, nil, resource.Create, "create event trigger "+want.name)
		p.makeEventTrigger(d, s, want)
		undo(s, "DROP "+want.what())
		p.needSuperuser(s)
		return
	}
	have := decodeEventTrigger(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
	if want.name != have.name {
		s := p.step(d, resource.Path{"name"}, resource.Update, "rename event trigger "+have.name+" to "+want.name)
		run(s, "ALTER "+have.what()+" RENAME TO "+sqltext.Ident(want.name))
		undo(s, "ALTER "+want.what()+" RENAME TO "+sqltext.Ident(have.name))
		have.name = want.name
	}
	if changed(d, "event") || changed(d, "tags") || changed(d, "function") {
		s := p.step(d, nil, resource.Replace, "replace event trigger "+want.name)
		run(s, "DROP "+have.what())
		p.makeEventTrigger(d, s, want)
		s.Undo = nil
		p.undoEventTriggerDrop(d, s, have)
		undo(s, "DROP "+want.what())
		p.needSuperuser(s)
		return
	}
	if changed(d, "enabled") {
		s := p.step(d, resource.Path{"enabled"}, resource.Update, "switch event trigger "+want.name)
		run(s, want.enable())
		undo(s, have.enable())
	}
	p.simple(d, want.what())
}

// undoEventTriggerDrop writes how to get an event trigger back that a step drops.
func (p *planner) undoEventTriggerDrop(d *resource.Delta, s *resource.Step, e *eventTrigger) {
	undoing(s, func(back *resource.Step) {
		run(back, e.create())
		if e.enabled != "" {
			run(back, e.enable())
		}
		p.asBefore(d, back, e.what())
	})
}

func (p *planner) makeEventTrigger(d *resource.Delta, s *resource.Step, e *eventTrigger) {
	run(s, e.create())
	if e.enabled != "" {
		run(s, e.enable())
	}
	if e.comment != "" {
		run(s, commentOn(e.what(), e.comment))
	}
	p.owner(d, s, e.what())
}

// needSuperuser blocks what the server would refuse.
func (p *planner) needSuperuser(s *resource.Step) {
	if p.facts.Superuser || p.facts.CurrentUser == "" || s.Blocked != nil {
		return
	}
	statements := make([]string, len(s.Statements))
	for i, st := range s.Statements {
		statements[i] = st.SQL.String()
	}
	s.Blocked = &resource.Block{Reason: fmt.Sprintf("only a superuser may do this with an event trigger, and %s is none: a superuser of this server runs\n%s\n"+
		"or, where the platform has no superuser for you, take the block out", p.facts.CurrentUser, strings.Join(statements, ";\n"))}
}
