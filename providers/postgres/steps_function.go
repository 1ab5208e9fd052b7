package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func functionSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createFunction(d)
	case resource.Delete:
		f := decodeFunction(livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop function "+f.name)
		run(s, "DROP FUNCTION "+f.signature())
		undo(s, f.create("CREATE"))
	default:
		p.alterFunction(d)
	}
}

// create writes the whole statement; verb is CREATE or CREATE OR REPLACE.
func (f *function) create(verb string) string {
	args := make([]string, len(f.arguments))
	for i, a := range f.arguments {
		args[i] = a.String()
	}
	lines := []string{verb + " FUNCTION " + f.place.String() + "(" + strings.Join(args, ", ") + ")"}
	if f.returns != "" {
		lines[0] += " RETURNS " + f.returns
	}
	options := []string{"LANGUAGE " + sqltext.Ident(f.language)}
	if f.volatility != "" {
		options = append(options, strings.ToUpper(f.volatility))
	}
	if f.leakproof {
		options = append(options, "LEAKPROOF")
	}
	if f.strict {
		options = append(options, "STRICT")
	}
	if f.definer {
		options = append(options, "SECURITY DEFINER")
	}
	if f.parallel != "" {
		options = append(options, "PARALLEL "+strings.ToUpper(f.parallel))
	}
	if f.cost != "" {
		options = append(options, "COST "+f.cost)
	}
	if f.rows != "" {
		options = append(options, "ROWS "+f.rows)
	}
	lines = append(lines, "  "+strings.Join(options, " "))
	for _, s := range f.set {
		lines = append(lines, "  SET "+settingClause(s.Name, s.Value.Str()))
	}
	return strings.Join(lines, "\n") + "\nAS " + sqltext.Dollar(f.body)
}

func settingClause(name, value string) string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = sqltext.Ident(p)
	}
	if isListSetting(name) {
		return strings.Join(parts, ".") + " TO " + value // a list of identifiers already
	}
	return strings.Join(parts, ".") + " TO " + sqltext.Literal(value)
}

func (p *planner) createFunction(d *resource.Delta) {
	f := decodeFunction(p.wanted(d), d.Desired.Attrs)
	s := p.step(d, nil, resource.Create, "create function "+f.name)
	run(s, f.create("CREATE"))
	p.finishFunction(d, s, f)
	undo(s, "DROP FUNCTION "+f.signature())
	p.mayCreate(s, f.schema)
}

// finishFunction adds what CREATE does not say.
func (p *planner) finishFunction(d *resource.Delta, s *resource.Step, f *function) {
	if f.comment != "" {
		run(s, commentOn("FUNCTION "+f.signature(), f.comment))
	}
	p.owner(d, s, "FUNCTION "+f.signature())
}

func (p *planner) alterFunction(d *resource.Delta) {
	want := decodeFunction(p.wanted(d), d.Desired.Attrs)
	have := decodeFunction(livePlace(d.Live), d.Live.Attrs)
	arguments := strings.TrimPrefix(have.signature(), have.place.String())
	have.place = p.relocate(d, "FUNCTION", func(at place) string { return at.String() + arguments })
	inPlace := []string{"schema", "name", "comment", "owner"}
	if !slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return !slices.Contains(inPlace, c.Path[0]) }) {
		p.simple(d, "FUNCTION "+want.signature())
		return
	}
	if p.replaceable(d, want, have) {
		s := p.step(d, nil, resource.Update, "replace function "+want.name)
		run(s, want.create("CREATE OR REPLACE"))
		undo(s, have.create("CREATE OR REPLACE"))
		if changed(d, "comment") {
			run(s, commentOn("FUNCTION "+want.signature(), want.comment))
		}
		if changed(d, "owner") {
			p.owner(d, s, "FUNCTION "+want.signature())
		}
		return
	}
	s := p.step(d, nil, resource.Replace, "replace function "+want.name)
	s.Reason = "Postgres cannot change a function's arguments or result in place"
	run(s, "DROP FUNCTION "+have.signature())
	run(s, want.create("CREATE"))
	p.finishFunction(d, s, want)
	undo(s, have.create("CREATE"))
	undo(s, "DROP FUNCTION "+want.signature())
}

// replaceable tells whether CREATE OR REPLACE takes the change: what callers see stays as it is.
func (p *planner) replaceable(d *resource.Delta, want, have *function) bool {
	if changed(d, "returns") || len(want.arguments) != len(have.arguments) {
		return false
	}
	if !changed(d, "arguments") {
		return true
	}
	for i, w := range want.arguments {
		h := have.arguments[i]
		typ, _ := staticBareType(w.typ)
		if typ != h.typ || w.mode != h.mode || h.name != "" && w.name != h.name || h.def != "" && w.def == "" {
			return false
		}
	}
	return true
}
