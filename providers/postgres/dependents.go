package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// dependents are what is built on a live thing and stays: what this plan drops is waited for.
func (p *planner) dependents(d *resource.Delta, s *resource.Step) []catalog.Dependent {
	var out []catalog.Dependent
	for _, on := range p.facts.Dependents[d.Address.String()] {
		if p.goes(on, s) {
			continue
		}
		out = append(out, on)
	}
	return out
}

// goes tells whether the plan takes a dependent away as a whole: the step then waits for that.
func (p *planner) goes(on catalog.Dependent, s *resource.Step) bool {
	for _, d := range p.req.Deltas {
		if d.Live == nil || d.Address == s.Address {
			continue
		}
		if p.remade.members[d.Address] != nil && livePlace(d.Live).String() == on.Table {
			return true // it goes before, and comes back after
		}
		same := d.Live.Identity == on.OID && dependentClass[d.Address.Kind] == on.Class
		whole := on.Table != "" && relations[d.Address.Kind] && livePlace(d.Live).String() == on.Table
		switch {
		case d.Action == resource.Delete && (same || whole):
			p.after = append(p.after, waiting{s, d.Address.String()})
			return true
		case s.Action == resource.Delete && (same && d.Action != resource.NoOp || whole && touches(d, on)):
			return true // what goes, goes after all that changes; if it is still in use then, the server refuses
		}
	}
	return false
}

// touches tells whether a difference is about the part of a relation that a dependent is.
func touches(d *resource.Delta, on catalog.Dependent) bool {
	if on.Class == "pg_rewrite" {
		return d.Action != resource.NoOp
	}
	return slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return len(c.Path) > 1 && c.Path[1] == on.Part })
}

// relations are the kinds whose things have columns, or attributes.
var relations = map[string]bool{"table": true, "view": true, "materialized_view": true, "foreign_table": true, "composite_type": true}

// waiting is a step that waits for another one, if that is in the plan.
type waiting struct {
	step *resource.Step
	on   string
}

// dependentClass is the catalog in which the things of a kind stand.
var dependentClass = map[string]string{
	"table": "pg_class", "trigger": "pg_trigger", "policy": "pg_policy",
	"view": "pg_class", "materialized_view": "pg_class", "rule": "pg_rewrite", "event_trigger": "pg_event_trigger",
	"function": "pg_proc", "procedure": "pg_proc", "aggregate": "pg_proc",
	"enum": "pg_type", "domain": "pg_type", "composite_type": "pg_type", "range_type": "pg_type", "collation": "pg_collation",
}

// hold blocks a step that would need a CASCADE, and names what it would take along.
func (p *planner) hold(d *resource.Delta, s *resource.Step, how string) {
	p.holdBy(s, p.dependents(d, s), how)
}

func (p *planner) holdBy(s *resource.Step, on []catalog.Dependent, how string) {
	if len(on) == 0 || s.Blocked != nil {
		return
	}
	names := make([]string, 0, len(on))
	for _, one := range on {
		names = append(names, one.What)
	}
	more := ""
	if len(names) > 5 {
		more = fmt.Sprintf(" and %d more", len(names)-5)
		names = names[:5]
	}
	way := "declare the new one under another name beside the old one, give what uses it the new one, apply, then take the old one out"
	if s.Action == resource.Delete {
		way = "take what uses it out of the database first"
	}
	s.Blocked = &resource.Block{Reason: fmt.Sprintf("it cannot be %s while something is built on it: %s%s. To get there, %s",
		how, strings.Join(names, "; "), more, way)}
}

// mostDependents is how many of them the catalog's reader tells for certain.
const mostDependents = 100

// around lets what is built on a function go before it is dropped and puts it back when the new one is there, as far as
// that loses nothing (triggers, defaults of columns); the rest blocks the step. Who may call the old one may call the new
// one, which is what, as in GRANT.
func (p *planner) around(d *resource.Delta, s *resource.Step, what string, remake func()) {
	var back []string
	var stuck []catalog.Dependent
	if all := p.dependents(d, s); len(all) > mostDependents {
		stuck = all
	}
	for _, on := range p.dependents(d, s) {
		if on.Drop == "" {
			stuck = append(stuck, on)
			continue
		}
		runOn(s, nil, parsePlace(on.Table, ""), exclusive, on.Drop)
		if !p.redefines(on) {
			back = append(back, on.Restore...)
		}
	}
	remake()
	p.regrant(d, s, what)
	for _, sql := range back {
		run(s, sql)
	}
	p.holdBy(s, stuck, "made anew")
}

// regrant gives a function that was made anew the privileges that the old one had.
func (p *planner) regrant(d *resource.Delta, s *resource.Step, what string) {
	word, name, _ := strings.Cut(what, " ")
	if word == "AGGREGATE" {
		word = "FUNCTION"
		name = strings.Replace(strings.Replace(strings.Replace(name, "(*)", "()", 1), " ORDER BY ", ", ", 1), "ORDER BY ", "", 1)
	}
	public := false
	callers, known := p.facts.Callers[d.Address.String()]
	for _, c := range callers {
		role := roleName{resource.String(c.Role)}
		public = public || c.Role == catalog.Public
		if c.Role == d.Live.Attrs.Get("owner").Str() || c.Role == catalog.Public {
			continue
		}
		sql := "GRANT EXECUTE ON " + word + " " + name + " TO " + role.sql()
		if c.GrantOption {
			sql += " WITH GRANT OPTION"
		}
		run(s, sql)
	}
	if known && !public {
		run(s, "REVOKE EXECUTE ON "+word+" "+name+" FROM PUBLIC")
	}
}

// redefines tells whether the plan itself sets the default that a dependent is: then the old one need not come back, and
// may not fit the new function any more.
func (p *planner) redefines(on catalog.Dependent) bool {
	if on.Class != "pg_attrdef" {
		return false
	}
	for _, d := range p.req.Deltas {
		if d.Address.Kind == "table" && d.Live != nil && livePlace(d.Live).String() == on.Table {
			return changed(d, "columns", on.Part, "default")
		}
	}
	return false
}

// settleWaits writes the Needs that could be known only when all steps were there.
func (p *planner) settleWaits() {
	for _, w := range p.after {
		if slices.ContainsFunc(p.steps, func(s *resource.Step) bool { return s.ID == w.on }) {
			need(w.step, w.on)
		}
	}
}
