package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// A sequence that a column owns has the owner of the column's table, and goes with the column. And the sequence of a serial
// column is no thing of its own until something of it is unusual: then a block declares it, and it must neither be dropped
// when the column stops being serial, nor made when it becomes so.

// untied is a sequence that is taken from its column, by a step before the column goes.
type untied struct {
	step   string
	table  place
	column string
}

// untie takes a sequence from its column first if the column, or its table, goes.
func (p *planner) untie(d *resource.Delta, at place, was string) *resource.Step {
	if p.goesWith(was) == "" {
		return nil
	}
	parts := splitIdents(was)
	table := place{parts[0], parts[1]}
	s := p.step(d, resource.Path{partOwnedBy}, resource.Update, "untie sequence "+at.name+" first")
	s.ID += "/untie"
	s.Changes = nil
	s.Reason = "it would go with " + was
	run(s, "ALTER SEQUENCE "+at.String()+" OWNED BY NONE")
	undo(s, "ALTER SEQUENCE "+at.String()+" OWNED BY "+was)
	p.unties = append(p.unties, untied{s.ID, table, parts[2]})
	return s
}

// goesWith is what takes a sequence along that is tied to a column, "schema.table.column": its table, its column, or nothing.
func (p *planner) goesWith(ownedBy string) string {
	parts := splitIdents(ownedBy)
	if len(parts) != 3 {
		return ""
	}
	d := p.tableAt(place{parts[0], parts[1]})
	switch {
	case d == nil:
		return ""
	case d.Action == resource.Delete:
		return "table"
	case d.Desired == nil:
		return ""
	}
	column := d.Desired.Attrs.Get("columns").Get(parts[2])
	if column.IsNull() || !column.Get("generated").IsNull() && changed(d, "columns", parts[2], "generated") { // which makes it anew
		return "column"
	}
	return ""
}

// tiedSequences are those that are tied to the column, and are to stay so.
func (a *alteration) tiedSequences() []place {
	var out []place
	for _, d := range a.req.Deltas {
		if d.Address.Kind != "sequence" || d.Live == nil || d.Desired == nil || changed(d, "owned_by") {
			continue
		}
		if decodeSequence(livePlace(d.Live), d.Live.Attrs).ownedBy == a.tableChange.have.columnPlace(a.have.name) {
			out = append(out, a.wanted(d))
		}
	}
	return out
}

// countsElsewhere tells whether a column counts by a sequence that is tied to another one, which then cannot go first.
func (p *planner) countsElsewhere(q *sequence) bool {
	if p.counting == nil {
		p.counting = p.findCounting()
	}
	return slices.ContainsFunc(p.counting, func(c counting) bool { return c.column != q.ownedBy && countsBy(c.live, q.place) })
}

// counting is a live column whose default counts by a sequence.
type counting struct {
	column string // "schema.table.column"
	live   resource.Value
}

func (p *planner) findCounting() []counting {
	out := []counting{}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Live == nil {
			continue
		}
		for _, f := range d.Live.Attrs.Get("columns").Fields() {
			if strings.Contains(f.Value.Get("default").Str(), "nextval(") {
				out = append(out, counting{livePlace(d.Live).String() + "." + sqltext.Ident(f.Name), f.Value})
			}
		}
	}
	return out
}

// countsBy tells whether the default of a live column counts by a sequence.
func countsBy(column resource.Value, sequence place) bool {
	return strings.Contains(column.Get("default").Str(), sqltext.Literal(sequence.String()))
}

// orderUnties lets columns and tables wait for sequences that would go with them.
func (p *planner) orderUnties() {
	for _, u := range p.unties {
		on := p.tableAt(u.table)
		for _, s := range p.steps {
			if s.Address == on.Address && (s.Action == resource.Delete && len(s.Path) == 0 || s.Path.String() == columnPath(u.column).String()) {
				need(s, u.step)
			}
		}
	}
}

// orderUses lets a sequence go when no default of a column counts by it any more.
func (p *planner) orderUses() {
	for _, s := range p.steps {
		if s.Address.Kind != "sequence" || s.Action != resource.Delete || len(s.Path) > 0 {
			continue
		}
		sequence := livePlace(p.deltas[s.Address].Live)
		for _, o := range p.steps {
			d := p.deltas[o.Address]
			if o.Address.Kind != "table" || d.Live == nil || o.Stage != resource.Database || len(o.Path) != 2 || o.Path[0] != "columns" {
				continue
			}
			if countsBy(d.Live.Attrs.Get("columns").Get(o.Path[1]), sequence) {
				need(s, o.ID)
			}
		}
	}
}

// tableAt is what becomes of the live table at a place; nil if that is nothing of this plan's.
func (p *planner) tableAt(at place) *resource.Delta {
	for _, d := range p.req.Deltas {
		if d.Address.Kind == "table" && d.Live != nil && livePlace(d.Live) == at && !d.Live.Instead {
			return d
		}
	}
	return nil
}

// sequenceAt is what becomes of the live sequence at a place, if it is a thing of its own.
func (p *planner) sequenceAt(at place) *resource.Delta {
	for _, d := range p.req.Deltas {
		if d.Address.Kind == "sequence" && d.Live != nil && livePlace(d.Live) == at && !d.Live.Instead {
			return d
		}
	}
	return nil
}

// keepsSequence tells whether the sequence of a column that is serial no more stays as a thing of its own.
func (p *planner) keepsSequence(at place) bool {
	d := p.sequenceAt(at)
	return d != nil && d.Desired != nil
}

// keepsOldSequence tells whether the sequence of a column that is serial no more stays: as a thing of its own, or because the
// column goes on taking its numbers from there.
func (a *alteration) keepsOldSequence() bool {
	return a.keepsSequence(a.oldSequence()) || strings.Contains(a.canonical.def, sqltext.Literal(a.oldSequence().String()))
}

// standsApart tells whether a live sequence is to be a thing of its own besides being that of a serial column, as in an undo
// of what made it one.
func (p *planner) standsApart(at place) bool {
	d := p.sequenceAt(at)
	return d != nil && d.Desired != nil && d.Live != nil && !d.Live.Instead && livePlace(d.Live) == at
}

// isAdopted tells whether a sequence that no file declares any more is that of a column that becomes serial.
func (p *planner) isAdopted(q *sequence) bool {
	parts := splitIdents(q.ownedBy)
	if len(parts) != 3 {
		return false
	}
	d := p.tableAt(place{parts[0], parts[1]})
	if d == nil || d.Action != resource.Update || p.wanted(d) != (place{parts[0], parts[1]}) {
		return false
	}
	return isSerialWord(d.Desired.Attrs.Get("columns").Get(parts[2]).Get("type").Str()) &&
		q.place == place{parts[0], catalog.ObjectName(parts[1], parts[2], "seq")}
}

// adopted is the sequence that a column finds when it becomes serial; nil if one is to be made.
func (a *alteration) adopted() *sequence {
	d := a.sequenceAt(a.newSequence())
	if d == nil || d.Action != resource.Delete {
		return nil
	}
	if q := decodeSequence(livePlace(d.Live), d.Live.Attrs); a.isAdopted(q) {
		return q
	}
	return nil
}

// adopt gives a sequence the options that that of a serial column has.
func (a *alteration) adopt(s *resource.Step, q *sequence) {
	typ := serialInteger[a.canonical.typ]
	var plain seqOptions
	opts := append([]string{"AS " + typ}, plain.sets(q.seqOptions)...)
	if plain.restarts(typ, q.seqOptions, q.typ) {
		opts = append(opts, "RESTART")
	}
	run(s, "ALTER SEQUENCE "+q.place.String()+" "+strings.Join(opts, " ")+" OWNED BY "+a.tableChange.want.columnPlace(a.name))
	if q.comment != "" {
		run(s, commentOn("SEQUENCE "+q.place.String(), ""))
	}
	if q.unlogged && !a.tableChange.want.unlogged {
		run(s, "ALTER SEQUENCE "+q.place.String()+" SET LOGGED")
	}
}

// ownerFollows tells whether a sequence gets its new owner with the table of the column that owns it.
func (p *planner) ownerFollows(d *resource.Delta, want, have *sequence) bool {
	parts := splitIdents(have.ownedBy)
	if len(parts) != 3 || want.ownedBy != have.ownedBy {
		return false
	}
	on := p.tableAt(place{parts[0], parts[1]})
	return on != nil && on.Desired != nil && changed(on, "owner") && on.Desired.Attrs.Get("owner").Equal(d.Desired.Attrs.Get("owner"))
}
