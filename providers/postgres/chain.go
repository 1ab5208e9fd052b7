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
	roots   []*chainRoot
	byKey   map[string]*member // by liveKey; made when first asked for
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
	inTheWay       []string
}

// findChain looks for what this plan's changes would take along, by what the catalog says of the live objects.
func (p *planner) findChain() {
	f := &chainFinder{planner: p, live: map[string]*resource.Delta{}, on: map[string][]catalog.Dependency{}}
	p.remade.members = map[resource.Address]*member{}
	for _, dep := range p.facts.Dependencies {
		f.on[dep.On] = append(f.on[dep.On], dep)
	}
	for _, d := range p.req.Deltas {
		if f.real(d) {
			if key := p.liveKey(d); key != "" {
				f.live[key] = d
			}
		}
	}
	for _, d := range p.req.Deltas {
		if !f.real(d) {
			continue
		}
		key := p.liveKey(d)
		switch {
		case d.Action == resource.Delete && (d.Address.Kind == "table" || d.Address.Kind == "function" || isView(d.Address.Kind)):
			f.goes(d, key)
		case d.Action != resource.Update:
		case d.Address.Kind == "table":
			for _, l := range p.lostColumns(d) {
				r := &chainRoot{d: d, path: columnPath(l.path)}
				f.follow(r, key, l.live, "it reads column "+l.live+" of "+key+", which "+l.what)
				p.remade.roots = append(p.remade.roots, r)
			}
		case isView(d.Address.Kind) && p.mustRemake(d):
			r := &chainRoot{d: d}
			reason := "Postgres cannot change the columns of a view in place, but for new ones at the end"
			if d.Address.Kind == materializedViewKind.Name {
				reason = "another query makes other rows"
			}
			f.add(r, d, reason)
			p.remade.roots = append(p.remade.roots, r)
		case d.Address.Kind == "function" && p.functionRemade(d):
			r := &chainRoot{d: d}
			f.follow(r, key, "", "it uses function "+key+", which is made anew")
			p.remade.roots = append(p.remade.roots, r)
		}
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

type chainFinder struct {
	*planner
	live map[string]*resource.Delta      // what is declared or remembered, by liveKey
	on   map[string][]catalog.Dependency // by what they depend on
}

// real tells whether a delta is about a live thing, and not about one that another address means by now.
func (p *planner) real(d *resource.Delta) bool {
	return d.Live != nil && !isInstead(d.Live) && (d.Action != resource.Delete || !p.kept[d.Address.Kind+" "+d.Live.Identity])
}

// liveKey names a live thing as the catalog does for what hangs on it: by the name that it keeps, or gets.
func (p *planner) liveKey(d *resource.Delta) string {
	attrs, at := d.Live.Attrs, livePlace(d.Live)
	if d.Desired != nil && d.Action != resource.Delete {
		at = p.wanted(d)
	}
	switch d.Address.Kind {
	case "table", viewKind.Name, materializedViewKind.Name:
		return at.String()
	case "function", "procedure":
		return decodeFunction(p.index, at, attrs).signature()
	case "rule", "trigger":
		return d.Address.Kind + " " + sqltext.Ident(attrs.Get("name").Str()) + " on " + attrs.Get("table").Str()
	}
	return ""
}

func dependentKey(d catalog.Dependency) string {
	if d.Kind == "rule" || d.Kind == "trigger" {
		return d.Kind + " " + sqltext.Ident(d.Name) + " on " + d.By
	}
	return d.By
}

// follow adds what depends on a relation, or on one column of it, or on a function.
func (f *chainFinder) follow(r *chainRoot, key, column, reason string) {
	for _, dep := range f.on[key] {
		switch {
		case column != "" && dep.Column != column:
		case dep.By == key && (column == "" || dep.Kind != "rule" && dep.Kind != "trigger"):
			// A rule or trigger of what goes as a whole goes with it.
		default:
			f.meet(r, dependentKey(dep), dep.Kind, reason)
		}
	}
}

// meet decides about one dependent.
func (f *chainFinder) meet(r *chainRoot, key, kind, reason string) {
	d := f.live[key]
	switch {
	case d == nil || d.Action == resource.Replace:
		r.obstacle(key, kind)
	case d.Action == resource.Delete:
		r.first = append(r.first, d.Address)
	default:
		f.add(r, d, reason)
	}
}

// obstacle notes something that nobody declared.
func (r *chainRoot) obstacle(key, kind string) {
	name := strings.ReplaceAll(kind, "_", " ") + " " + strings.TrimPrefix(strings.TrimPrefix(key, "rule "), "trigger ")
	cure := fmt.Sprintf("declare it, or drop it by hand: DROP %s %s", strings.ToUpper(strings.ReplaceAll(kind, "_", " ")),
		strings.TrimPrefix(strings.TrimPrefix(key, "rule "), "trigger "))
	switch kind {
	case "view", "materialized_view", "function":
	case "rule", "trigger":
		cure = strings.Replace(cure, " on ", " ON ", 1)
	default:
		name, cure = key, "take that reference away by hand"
	}
	text := name + ", which no file declares, depends on it and would be lost: " + cure
	if !slices.Contains(r.inTheWay, text) {
		r.inTheWay = append(r.inTheWay, text)
	}
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
	key := f.liveKey(d)
	if d.Address.Kind != "function" && !isView(d.Address.Kind) {
		return
	}
	f.follow(r, key, "", "it depends on "+key+", which is made anew")
	for _, part := range []struct {
		kind  string
		names []string
	}{{"rule", f.facts.Views[key].Rules}, {"trigger", f.facts.Views[key].Triggers}} {
		for _, name := range part.names {
			at := part.kind + " " + sqltext.Ident(name) + " on " + key
			f.meet(r, at, part.kind, "it goes with "+key+", which is made anew")
			if of := f.live[at]; of != nil && f.remade.members[of.Address] != nil {
				f.remade.members[of.Address].along = true
			}
		}
	}
}

// goes is for what is dropped for good: whoever depends on it must be gone or changed by then.
func (f *chainFinder) goes(d *resource.Delta, key string) {
	r := &chainRoot{d: d}
	for _, dep := range f.on[key] {
		if dep.By == key {
			continue
		}
		switch of := f.live[dependentKey(dep)]; {
		case of == nil:
			r.obstacle(dependentKey(dep), dep.Kind)
		case of.Action == resource.NoOp:
			r.inTheWay = append(r.inTheWay, fmt.Sprintf("%s depends on it: change that first, or take it out too", of.Address))
		default:
			r.first = append(r.first, of.Address)
		}
	}
	f.remade.roots = append(f.remade.roots, r)
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
			if p.columnLost(ch, live.Get(name)) {
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
			if !part.Desired.Equal(part.Live) && p.columnLost(part, was) {
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

// columnLost tells whether Postgres refuses a change of a column while a view reads it.
func (p *planner) columnLost(ch resource.Change, was resource.Value) bool {
	switch ch.Path[2] {
	case "type":
		return baseType(ch.Desired.Str()) != baseType(ch.Live.Str())
	case "collation":
		return true
	case "generated": // dropped and added again, but where the expression can be set or dropped in place
		if ch.Desired.IsNull() {
			return was.Get("virtual").Bool()
		}
		return ch.Live.IsNull() || p.facts.ServerVersion < settingExpression
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
	have := p.facts.Views[p.liveKey(d)].Columns
	return why != "" || len(have) > len(f.Columns) || !slices.Equal(have, f.Columns[:len(have)])
}

// functionRemade tells whether a function is dropped and created by its own steps.
func (p *planner) functionRemade(d *resource.Delta) bool {
	inPlace := []string{"name", "comment", "owner"}
	if !slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return !slices.Contains(inPlace, c.Path[0]) }) {
		return false
	}
	return !p.replaceable(d, decodeFunction(p.index, p.wanted(d), d.Desired.Attrs), decodeFunction(p.index, livePlace(d.Live), d.Live.Attrs))
}
