package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// dependents are what is built on a live thing and stays: what this plan drops is waited for.
func (p *planner) dependents(d *resource.Delta, s *resource.Step) []catalog.Dependency {
	var out []catalog.Dependency
	for _, on := range p.hanging[objectOf(d)] {
		attribute := on.Column != "" && d.Address.Kind == compositeKind.Name // its users are among the type's
		if !attribute && !p.goes(on, s) {
			out = append(out, on)
		}
	}
	return out
}

// goes tells whether the plan takes a dependent away as a whole: the step then waits for that.
func (p *planner) goes(on catalog.Dependency, s *resource.Step) bool {
	for _, o := range []catalog.Object{on.By, on.In} {
		d := p.things[o]
		switch {
		case d == nil || d.Address == s.Address:
		case p.inChain(d):
			return true // it goes before, and comes back after
		case d.Action == resource.Delete:
			p.waitings = append(p.waitings, waiting{s, []resource.Address{d.Address}, true})
			return true
		case s.Action == resource.Delete && o == on.By && touches(d, on):
			if on.Part != "" && len(s.Path) == 0 {
				p.lastUses = append(p.lastUses, lastUse{s, d.Address, on.Part})
			}
			return true // what goes, goes after all that changes; if it is still in use then, the server refuses
		}
	}
	return false
}

// touches tells whether a difference is about what a dependent is.
func touches(d *resource.Delta, on catalog.Dependency) bool {
	if on.Part == "" {
		return d.Action != resource.NoOp
	}
	return slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return len(c.Path) > 1 && c.Path[1] == on.Part })
}

// lastUse is what goes, and an index of a table that is built on it and goes, or gets another definition.
type lastUse struct {
	gone  *resource.Step
	of    resource.Address
	index string
}

// settleLastUses lets a type or a collation go when the last index on it has gone while its table is used.
func (p *planner) settleLastUses() {
	for _, u := range p.lastUses {
		for _, s := range p.steps {
			if s.Address == u.of && s.Stage == resource.Online && len(s.Path) == 2 && s.Path[0] == "indexes" && s.Path[1] == u.index {
				online(u.gone)
				need(u.gone, s.ID)
			}
		}
	}
}

// waiting is a step that waits until some things are gone, or until they are made or changed, if the plan does that.
type waiting struct {
	step *resource.Step
	on   []resource.Address
	gone bool
}

// dependentClass is the catalog in which the things of a kind stand.
var dependentClass = map[string]string{
	"table": "pg_class", "sequence": "pg_class", "trigger": "pg_trigger", "policy": "pg_policy",
	"view": "pg_class", "materialized_view": "pg_class", "rule": "pg_rewrite", "event_trigger": "pg_event_trigger",
	"function": "pg_proc", "procedure": "pg_proc", "aggregate": "pg_proc",
	"enum": "pg_type", "domain": "pg_type", "composite_type": "pg_type", "range_type": "pg_type", "collation": "pg_collation",
	"extension": "pg_extension",
}

// hold blocks a step that would need a CASCADE, and names what it would take along.
func (p *planner) hold(d *resource.Delta, s *resource.Step, how string) {
	on := p.dependents(d, s)
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

// mostDependents is how many of a function's, type's or collation's the catalog's reader tells for certain.
const mostDependents = 100

// settleWaits writes the Needs that could be known only when all steps were there.
func (p *planner) settleWaits() {
	for _, w := range p.waitings {
		for _, s := range p.steps {
			if s.Stage == resource.Database && isDrop(s) == w.gone && s.Node.Part == "" && slices.Contains(w.on, s.Address) {
				need(w.step, s.ID)
			}
		}
	}
}
