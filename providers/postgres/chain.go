package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// chain is what cannot stay while something below it changes: Postgres refuses to drop or retype a column that a view
// reads, and to drop what something refers to. What is declared goes before the change and comes back after it; what is
// not is in the way, and the change is blocked until somebody has decided about it.
type chain struct {
	members map[resource.Address]*member
	parts   map[resource.Address][]*piece // by the table or domain that they are of
	// plain are things that nobody declared, and that go and come back by the words of the server, by what they hang on.
	plain map[resource.Address][]catalog.Dependency
	roots []*chainRoot
}

// member is a declared thing that is made again though perhaps nothing of it changes.
type member struct {
	reason string
	cause  resource.Cause
	along  bool // it goes with its view, without a DROP of its own
	drop   *resource.Step
	make   *resource.Step
}

// chainRoot is a change from which a chain begins.
type chainRoot struct {
	d *resource.Delta
	// path leads to the steps of the change; empty for those of the whole thing.
	path resource.Path
	// members come back after the change; first are things whose own steps must be done before it.
	members, first []resource.Address
	parts          []*piece
	along          []catalog.Dependency // rules and policies of tables that go too
	inTheWay       []string
}

// findChain looks for what this plan's changes would take along, by what the catalog says of the live objects.
func (p *planner) findChain() {
	f := &chainFinder{planner: p}
	p.remade.members, p.remade.parts = map[resource.Address]*member{}, map[resource.Address][]*piece{}
	p.remade.plain = map[resource.Address][]catalog.Dependency{}
	for _, dep := range p.facts.Dependencies {
		p.hanging[dep.On] = append(p.hanging[dep.On], dep)
	}
	for _, d := range p.req.Deltas {
		if p.real(d) {
			if o := objectOf(d); o != "" {
				p.things[o] = d
			}
		}
	}
	for _, d := range p.req.Deltas {
		if !p.real(d) {
			continue
		}
		switch kind := d.Address.Kind; {
		case d.Action == resource.Delete && p.successors[d.Address] != nil && dependentClass[kind] != "pg_type":
			f.becomes(d, p.successors[d.Address])
		case d.Action == resource.Delete && (kind == "table" || isRoutine(kind) || isView(kind)):
			f.goes(d)
		case d.Action != resource.Update:
		case kind == "table":
			for _, l := range p.lostColumns(d) {
				f.changes(&chainRoot{d: d, path: columnPath(l.path)}, l.live, "it reads column "+l.live+" of "+p.wanted(d).String()+", which "+l.what)
			}
		case kind == compositeKind.Name:
			for _, name := range p.lostAttributes(d) {
				f.changes(&chainRoot{d: d, path: resource.Path{"attributes", name}}, name, "it reads attribute "+name+" of "+p.wanted(d).String()+", which goes or gets another type")
			}
		case isView(kind) && p.mustRemake(d):
			r := &chainRoot{d: d}
			reason := "Postgres cannot change the columns of a view in place, but for new ones at the end"
			if kind == materializedViewKind.Name {
				reason = "another query makes other rows"
			}
			f.add(r, d, reason)
			p.remade.roots = append(p.remade.roots, r)
		case isRoutine(kind) && p.routineRemade(d):
			f.changes(&chainRoot{d: d}, "", "it uses "+kind+" "+p.written(d)+", which is made anew")
		}
	}
}

// changes begins a chain around a change of a thing, or of one of its columns.
func (f *chainFinder) changes(r *chainRoot, column, reason string) {
	f.remade.roots = append(f.remade.roots, r)
	f.follow(r, objectOf(r.d), column, reason)
}

func isRoutine(kind string) bool {
	return kind == "function" || kind == "procedure" || kind == "aggregate"
}

// written names a thing in messages; a routine with its arguments.
func (p *planner) written(d *resource.Delta) string {
	at := livePlace(d.Live)
	if d.Desired != nil {
		at = p.wanted(d)
	}
	switch d.Address.Kind {
	case "function", "procedure":
		return decodeRoutine(p.index, d.Address.Kind, at, d.Live.Attrs).signature()
	case "aggregate":
		return decodeAggregate(p.index, at, d.Live.Attrs).signature()
	default:
		return at.String()
	}
}

// causeOf is the cause of a thing's change. A view whose file stays the same moves because of what it reads.
func (p *planner) causeOf(d *resource.Delta) resource.Cause {
	if cause := d.Cause(); cause != resource.CauseDrift || d.Desired == nil || !isView(d.Address.Kind) || !changed(d, "query") {
		return cause
	}
	for _, a := range p.reads(d) {
		if on := p.deltas[a]; on != nil && (on.Action == resource.Create || on.Action == resource.Update && p.causeOf(on) != resource.CauseDrift) {
			return resource.CauseConfig
		}
	}
	return resource.CauseDrift
}

type chainFinder struct{ *planner }

// real tells whether a delta is about a live thing, and not about one that another address means by now.
func (p *planner) real(d *resource.Delta) bool {
	return d.Live != nil && !d.Live.Instead && (d.Action != resource.Delete || !p.kept[d.Address.Kind+" "+d.Live.Identity])
}

// objectOf names a live thing as the catalog does for what hangs on it; "" if nothing can.
func objectOf(d *resource.Delta) catalog.Object {
	return catalog.ObjectOf(dependentClass[d.Address.Kind], d.Live.Identity)
}

// follow adds what depends on a thing, or on one column of it.
func (f *chainFinder) follow(r *chainRoot, on catalog.Object, column, reason string) {
	hanging := f.hanging[on]
	if len(hanging) > mostDependents && strings.HasPrefix(string(on), "pg_proc ") {
		r.blockedBy(fmt.Sprintf("more than %d things are built on it: declare the new one under another name beside the old one, "+
			"give what uses it the new one, apply, then take the old one out", mostDependents))
		return
	}
	for _, dep := range hanging {
		switch {
		case column != "" && dep.Column != column:
		case column == "" && dep.In == on || dep.By == on:
			// A rule, trigger or policy of what goes as a whole goes with it.
		default:
			f.meet(r, dep, reason)
		}
	}
}

// meet decides about one dependent.
func (f *chainFinder) meet(r *chainRoot, dep catalog.Dependency, reason string) {
	d, in := f.things[dep.By], f.things[dep.In]
	switch {
	case d == nil && in != nil && in.Action == resource.Delete && dep.Drop != "":
		r.along = append(r.along, dep)
	case d == nil && len(dep.Restore) > 0:
		on := f.things[dep.On].Address
		if !slices.ContainsFunc(f.remade.plain[on], func(p catalog.Dependency) bool { return p.Drop == dep.Drop }) {
			f.remade.plain[on] = append(f.remade.plain[on], dep)
		}
	case d == nil || d.Action == resource.Replace:
		r.obstacle(dep)
	case d.Action == resource.Delete:
		r.first = append(r.first, d.Address)
	case d.Address.Kind == "table" || d.Address.Kind == "domain":
		f.part(r, d, dep, reason)
	case remakeable[d.Address.Kind]:
		f.add(r, d, reason)
	default:
		r.obstacle(dep)
	}
}

// remakeable are the kinds whose things lose nothing when they go and come back.
var remakeable = map[string]bool{
	"view": true, "materialized_view": true, "rule": true, "trigger": true, "policy": true,
	"function": true, "procedure": true, "aggregate": true,
}

func (r *chainRoot) blockedBy(text string) {
	if !slices.Contains(r.inTheWay, text) {
		r.inTheWay = append(r.inTheWay, text)
	}
}

// calledPlainly names a dependent as people do: the catalog knows a view by the rule that it is.
func calledPlainly(dep catalog.Dependency) string {
	return strings.Replace(dep.What, "rule _RETURN on ", "", 1)
}

// obstacle notes something that nobody declared, or that would be lost.
func (r *chainRoot) obstacle(dep catalog.Dependency) {
	cure := "take that reference away by hand"
	switch dep.Kind {
	case "view", "materialized_view", "function", "procedure", "aggregate", "rule", "trigger", "policy":
		word := strings.ReplaceAll(dep.Kind, "_", " ")
		what := strings.Replace(calledPlainly(dep), " on table ", " on ", 1)
		what = word + " " + strings.TrimPrefix(what, word+" ")
		cure = "declare it, or drop it by hand: DROP " + strings.ToUpper(word) + strings.Replace(strings.TrimPrefix(what, word), " on ", " ON ", 1)
		r.blockedBy(what + ", which no file declares, depends on it and would be lost: " + cure)
		return
	}
	r.blockedBy(dep.What + " depends on it and would be lost: " + cure)
}

// add makes a declared thing go and come back, and with it all that hangs on it.
func (f *chainFinder) add(r *chainRoot, d *resource.Delta, reason string) {
	if slices.Contains(r.members, d.Address) {
		return
	}
	r.members = append(r.members, d.Address)
	if f.remade.members[d.Address] == nil {
		f.remade.members[d.Address] = &member{reason: reason, cause: f.causeOf(r.d)}
	}
	if !isRoutine(d.Address.Kind) && !isView(d.Address.Kind) {
		return
	}
	key := f.written(d)
	f.follow(r, objectOf(d), "", "it depends on "+key+", which is made anew")
	for _, part := range []struct {
		kind  string
		names []string
	}{{"rule", f.facts.Views[key].Rules}, {"trigger", f.facts.Views[key].Triggers}} {
		for _, name := range part.names {
			of := f.partOf(key, part.kind, name)
			if of == nil {
				r.obstacle(catalog.Dependency{Kind: part.kind, What: part.kind + " " + sqltext.Ident(name) + " on " + key})
				continue
			}
			f.meet(r, catalog.Dependency{By: objectOf(of)}, "it goes with "+key+", which is made anew")
			if m := f.remade.members[of.Address]; m != nil {
				m.along = true
			}
		}
	}
}

// partOf finds a declared or remembered rule or trigger of a relation.
func (f *chainFinder) partOf(relation, kind, name string) *resource.Delta {
	for _, d := range f.req.Deltas {
		if d.Address.Kind == kind && f.real(d) && d.Live.Attrs.Get("table").Str() == relation && d.Live.Attrs.Get("name").Str() == name {
			return d
		}
	}
	return nil
}

// goes is for what is dropped for good: whoever depends on it must be gone or changed by then.
func (f *chainFinder) goes(d *resource.Delta) {
	r := &chainRoot{d: d}
	for _, dep := range f.hanging[objectOf(d)] {
		if dep.By == objectOf(d) || dep.In == objectOf(d) {
			continue
		}
		switch of, in := f.things[dep.By], f.things[dep.In]; {
		case of == nil && in != nil && in.Action == resource.Delete:
			r.along = append(r.along, dep)
		case of == nil:
			r.obstacle(dep)
		case of.Action == resource.NoOp || of.Action == resource.Update && !touches(of, dep):
			r.blockedBy(fmt.Sprintf("%s depends on it: change that first, or take it out too", of.Address))
		case of.Address.Kind == "policy" && of.Action == resource.Update:
			// Its new conditions may need what can change only when this is gone.
			f.add(r, of, "it looks up "+f.written(d)+", which goes")
		case isView(of.Address.Kind) && of.Action == resource.Update && slices.ContainsFunc(f.reads(of), f.isNew):
			// What it is to read may be made only when what it reads now is out of the way.
			f.add(r, of, "it reads "+f.written(d)+", which goes")
		default:
			r.first = append(r.first, of.Address)
		}
	}
	f.remade.roots = append(f.remade.roots, r)
}

// isNew tells whether the plan makes a view.
func (p *planner) isNew(a resource.Address) bool {
	d := p.deltas[a]
	return d != nil && d.Action == resource.Create && isView(a.Kind)
}

// lostColumn is a live column that views must not read while the plan changes it.
type lostColumn struct {
	live string
	path string // its name in the steps' paths
	what string
}

// lostColumns lists the columns of a table that are dropped, or get another type, by the changes of the plan.
func (p *planner) lostColumns(d *resource.Delta) []lostColumn {
	live, want := d.Live.Attrs.Get("columns"), d.Desired.Attrs.Get("columns")
	from := p.columnsRenamed[d.Address]
	var out []lostColumn
	add := func(live, path, what string) {
		if !slices.ContainsFunc(out, func(l lostColumn) bool { return l.live == live }) {
			out = append(out, lostColumn{live, path, what})
		}
	}
	for _, ch := range d.Changes {
		if len(ch.Path) < 2 || ch.Path[0] != "columns" {
			continue
		}
		name := ch.Path[1]
		was, now := ch.Live, ch.Desired
		switch {
		case len(ch.Path) > 2:
			if p.columnLost(d, ch, live.Get(name)) {
				add(name, name, "changes")
			}
			continue
		case was.IsNull() && from[name] != "":
			was = live.Get(from[name])
		case was.IsNull():
			continue
		case now.IsNull():
			if !slices.ContainsFunc(want.Fields(), func(f resource.Field) bool { return from[f.Name] == name }) {
				add(name, name, "is dropped")
			}
			continue
		}
		for _, attr := range []string{"type", "collation", "generated", "virtual"} {
			part := resource.Change{Path: resource.Path{"columns", name, attr}, Desired: now.Get(attr), Live: was.Get(attr)}
			if !part.Desired.Equal(part.Live) && p.columnLost(d, part, was) {
				add(or(from[name], name), name, "changes")
			}
		}
	}
	return out
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// columnLost tells whether Postgres refuses a change of a column of a table while a view reads it.
func (p *planner) columnLost(d *resource.Delta, ch resource.Change, was resource.Value) bool {
	switch ch.Path[2] {
	case "type":
		return baseType(ch.Desired.Str()) != baseType(ch.Live.Str())
	case "collation":
		return true
	case "generated": // dropped and added again, but where the expression can be set or dropped in place
		if ch.Desired.IsNull() {
			return was.Get("virtual").Bool()
		}
		return ch.Live.IsNull() || p.facts.ServerVersion < settingExpression || was.Get("virtual").Bool() && len(d.Live.Attrs.Get("checks").Fields()) > 0
	case "virtual":
		return true
	}
	return false
}

// mustRemake tells whether a view's change is more than CREATE OR REPLACE takes: its columns must stay, with their names,
// types and order, and new ones come last. What nobody knows is taken to be more.
func (p *planner) mustRemake(d *resource.Delta) bool {
	if !changed(d, "query") {
		return false
	}
	if d.Address.Kind == materializedViewKind.Name {
		return true
	}
	f, why := p.builtFact(builtID(d.Address))
	have := p.facts.Views[p.wanted(d).String()].Columns
	return why != "" || len(have) > len(f.Columns) || !slices.Equal(have, f.Columns[:len(have)])
}

// routineRemade tells whether a function, procedure or aggregate is dropped and created by its own steps.
func (p *planner) routineRemade(d *resource.Delta) bool {
	inPlace := []string{"schema", "name", "comment", "owner"}
	if !slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return !slices.Contains(inPlace, c.Path[0]) }) {
		return false
	}
	if d.Address.Kind == "aggregate" {
		return !p.aggregateStays(d)
	}
	return !p.replaceable(d, decodeRoutine(p.index, d.Address.Kind, p.wanted(d), d.Desired.Attrs),
		decodeRoutine(p.index, d.Address.Kind, livePlace(d.Live), d.Live.Attrs))
}
