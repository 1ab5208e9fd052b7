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
		f := decodeRoutine(p.index, d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop "+d.Address.Kind+" "+f.name)
		run(s, "DROP "+f.word+" "+f.signature())
		hazard(s, resource.HazardInvalidates, "whatever calls "+f.signature()+" fails from then on")
		undoing(s, func(back *resource.Step) {
			run(back, f.create("CREATE"))
			p.asBefore(d, back, f.word+" "+f.signature())
		})
	default:
		p.alterFunction(d)
	}
}

// create writes the whole statement; verb is CREATE or CREATE OR REPLACE.
func (f *function) create(verb string) string {
	return verb + " " + f.word + " " + f.place.String() + f.definition()
}

// definition is what follows the function's name.
func (f *function) definition() string {
	lines := []string{f.head()}
	options := []string{"LANGUAGE " + sqltext.Ident(f.language)}
	if f.window {
		options = append(options, "WINDOW")
	}
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
	if f.support != "" {
		options = append(options, "SUPPORT "+f.support)
	}
	lines = append(lines, "  "+strings.Join(options, " "))
	for _, s := range f.set {
		lines = append(lines, "  SET "+settingClause(s.Name, s.Value.Str()))
	}
	if f.standardBody() {
		return strings.Join(lines, "\n") + "\n" + strings.TrimSpace(f.body)
	}
	return strings.Join(lines, "\n") + "\nAS " + sqltext.Dollar(f.body)
}

func settingClause(name, value string) string {
	if isListSetting(name) && value != `""` { // an empty list has no words of its own
		return settingName(name) + " TO " + value // a list of identifiers already
	}
	return settingName(name) + " TO " + sqltext.Literal(strings.TrimPrefix(value, `""`))
}

func settingName(name string) string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = sqltext.Ident(p)
	}
	return strings.Join(parts, ".")
}

func (p *planner) createFunction(d *resource.Delta) {
	f := decodeRoutine(p.index, d.Address.Kind, p.wanted(d), d.Desired.Attrs)
	s := p.step(d, nil, resource.Create, "create "+d.Address.Kind+" "+f.name)
	run(s, f.create("CREATE"))
	p.finishFunction(d, s, f)
	undo(s, "DROP "+f.word+" "+f.signature())
	p.mayCreate(s, f.schema)
}

// finishFunction adds what CREATE does not say.
func (p *planner) finishFunction(d *resource.Delta, s *resource.Step, f *function) {
	if f.comment != "" {
		run(s, commentOn(f.word+" "+f.signature(), f.comment))
	}
	p.owner(d, s, f.word+" "+f.signature())
}

func (p *planner) alterFunction(d *resource.Delta) {
	want := decodeRoutine(p.index, d.Address.Kind, p.wanted(d), d.Desired.Attrs)
	have := decodeRoutine(p.index, d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
	arguments := strings.TrimPrefix(have.signature(), have.place.String())
	have.place = p.relocate(d, want.word, func(at place) string { return at.String() + arguments })
	inPlace := []string{"schema", "name", "comment", "owner"}
	if !slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return !slices.Contains(inPlace, c.Path[0]) }) {
		p.simple(d, want.word+" "+want.signature())
		return
	}
	if p.replaceable(d, want, have) {
		s := p.step(d, nil, resource.Update, "replace "+d.Address.Kind+" "+want.name)
		run(s, want.create("CREATE OR REPLACE"))
		undo(s, have.create("CREATE OR REPLACE"))
		if changed(d, "comment") {
			run(s, commentOn(want.word+" "+want.signature(), want.comment))
			undo(s, commentOn(have.word+" "+have.signature(), have.comment))
		}
		if changed(d, "owner") {
			p.owner(d, s, want.word+" "+want.signature())
		}
		return
	}
	s := p.step(d, nil, resource.Replace, "replace "+d.Address.Kind+" "+want.name)
	s.Reason = "Postgres cannot change a function's arguments or result in place"
	p.aroundPlain(d, s, s, routineRemake{want.word + " " + want.signature(), have.word + " " + have.signature(), have.create("CREATE")}, func() {
		run(s, "DROP "+have.word+" "+have.signature())
		hazard(s, resource.HazardInvalidates, "whatever calls "+have.signature()+" as it was fails from then on")
		run(s, want.create("CREATE"))
		p.finishFunction(d, s, want)
	})
}

// replaceable tells whether CREATE OR REPLACE takes the change: what callers see stays as it is.
func (p *planner) replaceable(d *resource.Delta, want, have *function) bool {
	if changed(d, "returns") || changed(d, "window") || len(want.arguments) != len(have.arguments) {
		return false
	}
	if !changed(d, "arguments") {
		return true
	}
	for _, c := range d.Changes {
		if len(c.Path) == 1 && c.Path[0] == "arguments" && sameCalls(c.Desired.StringList(), have.arguments) {
			return true
		}
	}
	return false
}

// sameCalls tells whether callers of the live function can go on: the canonical arguments differ in new defaults and in
// names that were none before.
func sameCalls(want []string, have []argument) bool {
	for i, text := range want {
		w, h := parseArgument(text), have[i]
		if w.typ != h.typ || w.mode != h.mode || h.name != "" && w.name != h.name || h.def != "" && w.def == "" {
			return false
		}
	}
	return true
}
