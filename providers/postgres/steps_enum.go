package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func enumSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createEnum(d)
	case resource.Delete:
		at := livePlace(d.Live)
		s := p.step(d, nil, resource.Delete, "drop enum "+at.name)
		run(s, "DROP TYPE "+at.String())
		undoing(s, func(back *resource.Step) {
			run(back, createEnum(at, d.Live.Attrs.Get("values").StringList()))
			p.asBefore(d, back, "TYPE "+at.String())
		})
		p.hold(d, s, "dropped")
	default:
		p.alterEnum(d)
	}
}

func createEnum(at place, values []string) string {
	items := make([]string, len(values))
	for i, v := range values {
		items[i] = sqltext.Literal(v)
	}
	return wrapped("CREATE TYPE "+at.String()+" AS ENUM (", items, ")")
}

func (p *planner) createEnum(d *resource.Delta) {
	at, what := p.wanted(d), "TYPE "+p.wanted(d).String()
	s := p.step(d, nil, resource.Create, "create enum "+at.name)
	run(s, createEnum(at, d.Desired.Attrs.Get("values").StringList()))
	if c := d.Desired.Attrs.Get("comment").Str(); c != "" {
		run(s, commentOn(what, c))
	}
	p.owner(d, s, what)
	undo(s, "DROP "+what)
	p.mayCreate(s, at.schema)
}

func (p *planner) alterEnum(d *resource.Delta) {
	at := p.renamed(d, "TYPE")
	was := d.Live.Attrs.Get("values").StringList()
	if d = p.renameValues(d, at); changed(d, "values") {
		p.alterValues(d, was)
	}
	p.simple(d, "TYPE "+at.String())
}

// alterValues adds values where they belong. Postgres can neither remove nor move one. They come before the transaction, as
// it can use them only when they are committed (55P04); so the type and its values, which were was, have the names there that
// they have now.
func (p *planner) alterValues(d *resource.Delta, was []string) {
	want, have := d.Desired.Attrs.Get("values").StringList(), d.Live.Attrs.Get("values").StringList()
	var gone []string
	for _, v := range have {
		if !slices.Contains(want, v) {
			gone = append(gone, v)
		}
	}
	kept := slices.DeleteFunc(slices.Clone(want), func(v string) bool { return !slices.Contains(have, v) })
	if p.req.Undo && len(gone) > 0 && slices.Equal(kept, want) {
		p.ds = append(p.ds, &resource.Diagnostic{
			Severity: resource.Warning, Address: d.Address,
			Summary: fmt.Sprintf("%s stays in %s", sqltext.Literals(gone), d.Address),
			Detail:  "Postgres cannot remove a value from an enum",
			Cure:    "let the file keep it; or make a new enum without, and change the columns to that",
		})
		return
	}
	s := p.step(d, resource.Path{"values"}, resource.Update, "add values")
	switch {
	case len(gone) > 0:
		s.Title = "remove " + strings.Join(gone, ", ")
		s.Blocked = &resource.Block{Reason: suggestValue(gone, want, have) + fmt.Sprintf("Postgres cannot remove a value from an enum: keep %s; or make a new enum without, "+
			"change the columns to it with ALTER TABLE … TYPE … USING column::text::new_enum, then drop the old one", sqltext.Literals(gone))}
		return
	case !slices.Equal(kept, have):
		s.Title = "reorder values"
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("Postgres cannot reorder the values of an enum: write them in the order %s", sqltext.Literals(have))}
		return
	}
	at := livePlace(d.Live)
	s.Title = "add values to enum " + at.name
	s.NoUndo = "Postgres cannot remove a value from an enum"
	s.Stage = resource.Prepare
	was = slices.Clone(was)
	for i, v := range want {
		if slices.Contains(have, v) {
			continue
		}
		sql := "ALTER TYPE " + at.String() + " ADD VALUE " + sqltext.Literal(v)
		switch {
		case i == len(have): // at the end, where it goes without a word
		case i > 0:
			sql += " AFTER " + sqltext.Literal(was[i-1])
		default:
			sql += " BEFORE " + sqltext.Literal(was[0])
		}
		run(s, sql)
		have, was = slices.Insert(slices.Clone(have), i, v), slices.Insert(was, i, v)
	}
}
