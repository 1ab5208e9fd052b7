package postgres

import (
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func domainSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createDomain(d, nil)
	case resource.Delete:
		have := decodeDomain(p.index, livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop domain "+have.name)
		run(s, "DROP DOMAIN "+have.place.String())
		p.undoDomainDrop(d, s, have)
		p.hold(d, s, "dropped")
	default:
		p.alterDomain(d)
	}
}

// createDomain makes a domain; was is the one of the same name that goes before.
func (p *planner) createDomain(d *resource.Delta, was *domain) {
	want := decodeDomain(p.index, p.wanted(d), d.Desired.Attrs)
	what := "DOMAIN " + want.place.String()
	s := p.step(d, nil, resource.Create, "create domain "+want.name)
	if was != nil {
		s.Action, s.Title = resource.Replace, "replace domain "+want.name
		s.Reason = "Postgres cannot change the type of a domain's values in place"
		run(s, "DROP "+what)
	}
	want.make(s)
	if want.comment != "" {
		run(s, commentOn(what, want.comment))
	}
	p.owner(d, s, what)
	if was != nil {
		s.Undo = nil
		p.regrant(d, s, what)
		p.undoDomainDrop(d, s, was)
		p.hold(d, s, "made anew")
	}
	undo(s, "DROP "+what)
	p.mayCreate(s, want.schema)
}

// make adds the statements that make a domain with its checks.
func (d *domain) make(s *resource.Step) {
	run(s, d.create())
	for i := range d.checks {
		c := &d.checks[i]
		if c.notValid {
			run(s, d.add(c))
		}
		if c.comment != "" {
			run(s, d.checkComment(c.name, c.comment))
		}
	}
}

// undoDomainDrop writes how to get a domain back that a step drops.
func (p *planner) undoDomainDrop(d *resource.Delta, s *resource.Step, was *domain) {
	undoing(s, func(back *resource.Step) {
		was.make(back)
		p.asBefore(d, back, "DOMAIN "+was.place.String())
	})
}

// makeCheck adds a check to a domain that is there.
func (d *domain) makeCheck(s *resource.Step, c *domainCheck) {
	run(s, d.add(c))
	if c.comment != "" {
		run(s, d.checkComment(c.name, c.comment))
	}
}

func (p *planner) alterDomain(d *resource.Delta) {
	if isRefounded(d) {
		have := decodeDomain(p.index, p.wanted(d), d.Live.Attrs)
		p.createDomain(d, have)
		return
	}
	at := p.renamed(d, "DOMAIN")
	want, have := decodeDomain(p.index, at, d.Desired.Attrs), decodeDomain(p.index, at, d.Live.Attrs)
	alter := "ALTER DOMAIN " + at.String() + " "
	for _, c := range have.checks {
		if want.check(c.name) == nil {
			s := p.step(d, resource.Path{"checks", c.name}, resource.Delete, "drop check "+c.name)
			run(s, alter+"DROP CONSTRAINT "+sqltext.Ident(c.name))
			undoing(s, func(back *resource.Step) { have.makeCheck(back, &c) })
		}
	}
	if changed(d, "default") {
		s := p.step(d, resource.Path{"default"}, resource.Update, "change the default of domain "+at.name)
		run(s, alter+domainDefault(want.def))
		undo(s, alter+domainDefault(have.def))
	}
	if changed(d, "not_null") {
		words := map[bool]string{true: "SET NOT NULL", false: "DROP NOT NULL"}
		s := p.step(d, resource.Path{"not_null"}, resource.Update, map[bool]string{true: "refuse nulls", false: "take nulls"}[want.notNull])
		run(s, alter+words[want.notNull])
		p.looks(d, s, 0, want.notNull)
		undo(s, alter+words[have.notNull])
	}
	for i := range want.checks {
		p.alterCheck(d, want, have, &want.checks[i])
	}
	p.simple(d, "DOMAIN "+at.String())
}

func domainDefault(def string) string {
	if def == "" {
		return "DROP DEFAULT"
	}
	return "SET DEFAULT " + def
}

// alterCheck brings one check to what is wanted. The values that are there are looked at by a statement that reads every
// table with a column of the domain.
func (p *planner) alterCheck(d *resource.Delta, want, have *domain, c *domainCheck) {
	path := resource.Path{"checks", c.name}
	h := have.check(c.name)
	if h == nil {
		s := p.step(d, path, resource.Create, "add check "+c.name)
		want.makeCheck(s, c)
		p.looks(d, s, 0, !c.notValid)
		undo(s, "ALTER DOMAIN "+want.place.String()+" DROP CONSTRAINT "+sqltext.Ident(c.name))
		return
	}
	if !changed(d, "checks", c.name) {
		return
	}
	drop := "ALTER DOMAIN " + want.place.String() + " DROP CONSTRAINT " + sqltext.Ident(c.name)
	validates := !c.notValid && h.notValid && !changed(d, "checks", c.name, "expression")
	switch {
	case validates:
		s := p.step(d, path, resource.Update, "validate check "+c.name)
		run(s, "ALTER DOMAIN "+want.place.String()+" VALIDATE CONSTRAINT "+sqltext.Ident(c.name))
		p.looks(d, s, 0, true)
		s.NoUndo = "what holds for all values needs no way back"
		p.recomment(d, s, want, c, h)
	case changed(d, "checks", c.name, "expression") || c.notValid != h.notValid:
		s := p.step(d, path, resource.Update, "replace check "+c.name)
		run(s, drop)
		want.makeCheck(s, c)
		p.looks(d, s, 1, !c.notValid)
		undoing(s, func(back *resource.Step) { have.makeCheck(back, h) })
		undo(s, drop)
	default:
		p.recomment(d, p.step(d, path, resource.Update, "set the comment of check "+c.name), want, c, h)
	}
}

func (p *planner) recomment(d *resource.Delta, s *resource.Step, want *domain, c, h *domainCheck) {
	if c.comment != h.comment {
		run(s, want.checkComment(c.name, c.comment))
		undo(s, want.checkComment(c.name, h.comment))
	}
}

// looks says that a statement reads the values that are there, which Postgres can do only where they are columns by
// themselves.
func (p *planner) looks(d *resource.Delta, s *resource.Step, n int, does bool) {
	if !does {
		return
	}
	s.Statements[n].Scan = true
	if on := p.holder(d, s, false); on != nil && s.Blocked == nil {
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("Postgres does not look into arrays, ranges and composite values, and %s is of a type with the domain in it: "+
			"write not_valid = true for a check, which then holds for new values, and instead of not_null a check VALUE IS NOT NULL", on.What)}
	}
}
