package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

func sequenceSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createSequence(d)
	case resource.Delete:
		p.dropSequence(d)
	default:
		p.alterSequence(d)
	}
}

// create writes CREATE SEQUENCE, an option a line.
func (s *sequence) create() string {
	var opts []string
	if s.typ != "" {
		opts = append(opts, "AS "+s.typ)
	}
	opts = append(opts, s.seqOptions.ddl()...)
	text := "CREATE SEQUENCE " + s.place.String()
	if s.unlogged {
		text = "CREATE UNLOGGED SEQUENCE " + s.place.String()
	}
	if len(opts) > 0 {
		text += " " + strings.Join(opts, " ")
	}
	return text
}

func (p *planner) createSequence(d *resource.Delta) {
	q := decodeSequence(p.wanted(d), d.Desired.Attrs)
	what := "SEQUENCE " + q.place.String()
	s := p.step(d, nil, resource.Create, "create sequence "+q.name)
	run(s, q.create())
	if q.comment != "" {
		run(s, commentOn(what, q.comment))
	}
	p.owner(d, s, what)
	undo(s, "DROP "+what)
	p.mayCreate(s, q.schema)
	p.takes(s, relationName(q.place))
	if q.ownedBy != "" {
		p.ownSequence(d, q.place, q.ownedBy, "")
	}
}

// ownSequence ties a sequence to a column, when the tables are there.
func (p *planner) ownSequence(d *resource.Delta, at place, by, was string) {
	s := p.step(d, resource.Path{partOwnedBy}, resource.Update, "tie sequence "+at.name+" to "+by)
	s.Node.Part = partOwnedBy
	none := func(column string) string {
		if column == "" {
			return "NONE"
		}
		return column
	}
	if by == "" {
		s.Title = "untie sequence " + at.name
	}
	run(s, "ALTER SEQUENCE "+at.String()+" OWNED BY "+none(by))
	undo(s, "ALTER SEQUENCE "+at.String()+" OWNED BY "+none(was))
}

// dropSequence drops a sequence. One that is tied to a table of this plan's drops has gone with it.
func (p *planner) dropSequence(d *resource.Delta) {
	q := decodeSequence(livePlace(d.Live), d.Live.Attrs)
	if p.isAdopted(q) {
		p.along[d.Address] = true // a column that becomes serial has it
		return
	}
	with := p.goesWith(q.ownedBy)
	var untied *resource.Step
	if with != "" && p.countsElsewhere(q) {
		untied = p.untie(d, q.place, q.ownedBy)
	}
	s := p.step(d, nil, resource.Delete, "drop sequence "+q.name)
	s.NoUndo = "how far it had counted is gone"
	sql := "DROP SEQUENCE "
	switch {
	case untied != nil:
		need(s, untied.ID)
	case with != "":
		sql += "IF EXISTS "
		s.Reason = "it goes with its " + with + ", if that goes first"
	}
	drop := func(called string) string { return sql + place{q.schema, called}.String() }
	run(s, drop(q.name))
	p.releases(&release{step: s, names: []naming{relationName(q.place)}, called: q.name, what: "sequence",
		rename: renameIn("SEQUENCE", q.schema), says: drop})
}

func (p *planner) alterSequence(d *resource.Delta) {
	at := p.renamed(d, "SEQUENCE")
	want, have := decodeSequence(at, d.Desired.Attrs), decodeSequence(at, d.Live.Attrs)
	alter := func(to, from *sequence) string {
		opts := to.seqOptions.sets(from.seqOptions)
		if to.typ != from.typ {
			typ := to.typ
			if typ == "" {
				typ = "bigint"
			}
			opts = append([]string{"AS " + typ}, opts...)
		}
		if len(opts) == 0 {
			return ""
		}
		if to.restarts(to.typ, from.seqOptions, from.typ) {
			opts = append(opts, "RESTART") // where it was is not where it may go
		}
		return "ALTER SEQUENCE " + at.String() + " " + strings.Join(opts, " ")
	}
	if sql := alter(want, have); sql != "" {
		s := p.step(d, resource.Path{"options"}, resource.Update, "change sequence "+at.name)
		for _, c := range d.Changes {
			switch c.Path[0] {
			case "type", "start", "increment", "min", "max", "cache", "cycle":
				s.Changes = append(s.Changes, c)
			}
		}
		if set := want.within(at, want.typ, have.seqOptions, have.typ); set != "" {
			run(s, set)
		}
		run(s, sql)
		undo(s, alter(have, want))
	}
	if changed(d, "unlogged") {
		s := p.step(d, resource.Path{"unlogged"}, resource.Update, "change whether sequence "+at.name+" is logged")
		word := map[bool]string{true: "SET UNLOGGED", false: "SET LOGGED"}
		run(s, "ALTER SEQUENCE "+at.String()+" "+word[want.unlogged])
		undo(s, "ALTER SEQUENCE "+at.String()+" "+word[have.unlogged])
	}
	if changed(d, "owned_by") {
		p.untie(d, at, have.ownedBy)
		p.ownSequence(d, at, want.ownedBy, have.ownedBy)
	}
	if p.ownerFollows(d, want, have) {
		rest := *d
		rest.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(c resource.Change) bool { return c.Path[0] == "owner" })
		d = &rest
	}
	p.simple(d, "SEQUENCE "+at.String())
}

// sets lists the clauses that lead from other options to these.
func (s seqOptions) sets(from seqOptions) []string {
	var out []string
	for _, o := range []struct{ word, to, was, reset string }{
		{"INCREMENT BY", s.increment, from.increment, "INCREMENT BY 1"},
		{"MINVALUE", s.min, from.min, "NO MINVALUE"},
		{"MAXVALUE", s.max, from.max, "NO MAXVALUE"},
		{"START WITH", s.start, from.start, s.firstValue()},
		{"CACHE", s.cache, from.cache, "CACHE 1"},
	} {
		switch {
		case o.word == "START WITH" && o.to == "" && o.was == "" && s.firstValue() != from.firstValue():
			out = append(out, o.reset) // it follows the bounds, but not by itself
		case strings.HasSuffix(o.word, "VALUE") && o.to == "" && s.down() != from.down():
			out = append(out, o.reset) // the bounds that are meant depend on the direction
		case o.to == o.was:
		case o.to == "":
			out = append(out, o.reset)
		default:
			out = append(out, o.word+" "+o.to)
		}
	}
	switch {
	case s.cycle && !from.cycle:
		out = append(out, "CYCLE")
	case !s.cycle && from.cycle:
		out = append(out, "NO CYCLE")
	}
	return out
}

// firstValue writes the start that is meant when none is written.
func (s seqOptions) firstValue() string {
	switch {
	case strings.HasPrefix(s.increment, "-") && s.max != "":
		return "START WITH " + s.max
	case strings.HasPrefix(s.increment, "-"):
		return "START WITH -1"
	case s.min != "":
		return "START WITH " + s.min
	default:
		return "START WITH 1"
	}
}
