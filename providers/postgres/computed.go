package postgres

import (
	"iter"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// A column becomes computed, or computed otherwise than Postgres changes in place, by being made anew. Where a table has it
// from parents, it goes and comes with theirs. Where it has it by itself too, Postgres drops it once the parents' is gone, and
// gives the parents' to it once it is there again: so these have a step for the one and a step for the other.

// remaking is a column that is made anew: the steps before which, and behind which, the tables below do so.
type remaking struct{ drop, add *resource.Step }

// comesAnew tells whether the column is to be computed otherwise, and cannot be in place.
func (a *alteration) comesAnew() bool {
	want, have := a.canonical, a.have
	switch {
	case want.generated == have.generated && want.virtual == have.virtual:
		return false
	case want.generated == "":
		return have.virtual
	case have.generated == "":
		return true
	default:
		// Postgres 18 sets the expression of a virtual column only where no check might have to be looked at again.
		return want.virtual != have.virtual || a.facts.ServerVersion < settingExpression || have.virtual && len(a.tableChange.have.checks) > 0
	}
}

// computedAbove takes the column for what its parents make it, if that comes before what is its own.
func (a *alteration) computedAbove() {
	made := a.inheritedColumn(a.tableChange.want.parents(), a.name)
	if made.IsNull() || a.above(inTransaction, a.name, "generated", "virtual") == nil {
		return
	}
	is := decodeColumn(a.index, a.tableChange.want.schema, resource.F(a.name, made))
	switch {
	case len(a.remadeAbove()) > 0 && !a.isOwn():
		a.have = &is
	case is.generated == "" && a.have.generated != "": // which all below lose with it
		have := *a.have
		have.generated, have.virtual = "", false
		a.have = &have
	}
}

// isOwn tells whether a child has the live column by itself, too.
func (a *alteration) isOwn() bool {
	said := a.d.Live.Attrs.Get("columns").Get(a.have.name).Get("inherited")
	return !said.IsNull() && !said.Bool()
}

// isParents tells whether the live table has the column from parents that it keeps.
func (a *alteration) isParents() bool {
	t := &a.tableChange.tree
	if a.tableChange.want.partitionOf != nil {
		return t.attach == nil
	}
	had := decodeLineage(a.index, a.tableChange.want.schema, t.before)
	return !a.d.Live.Attrs.Get("columns").Get(a.have.name).Get("inherited").IsNull() && len(had.inherits) > len(t.leave)
}

// remadeAbove are the columns of parents with which this one is made anew.
func (a *alteration) remadeAbove() []remaking {
	var out []remaking
	var climb func(parents []place)
	climb = func(parents []place) {
		for _, at := range parents {
			d := a.deltas[a.index.tables[at]]
			if d == nil || d.Live == nil || d.Desired == nil {
				continue
			}
			if r, ok := a.remakings[d.Address][a.name]; ok {
				out = append(out, r)
			}
			up := decodeLineage(a.index, livePlace(d.Live).schema, d.Live.Attrs)
			climb(up.parents())
		}
	}
	if a.isParents() {
		climb(a.tableChange.want.parents())
	}
	return out
}

// below tells of the tables below that have the column, too: whether one has it by itself, and one that has it from here,
// would lose how it is computed there, and keeps that. nil if there is none.
func (a *alteration) below() (own bool, loses *below) {
	for _, b := range a.belowOf(a.have.name) {
		if !a.isAbove(b.d) {
			continue // it comes to be below when that is done
		}
		said := b.d.Live.Attrs.Get("columns").Get(a.have.name).Get("inherited")
		switch {
		case !said.IsNull() && !said.Bool():
			own = true
		case b.own.generated != a.have.generated && !changed(b.d, "columns", a.name):
			loses = &b
		}
	}
	return own, loses
}

// remake drops the column and adds it again.
func (a *alteration) remake() {
	a.remade[a.name] = true
	s := a.step(columnPath(a.name), resource.Replace, "replace column "+a.name)
	s.Reason = "Postgres cannot make a column generated, or change its expression, in place"
	above := a.remadeAbove()
	if a.isParents() && (len(above) == 0 || !a.isOwn()) {
		s.Blocked = &resource.Block{Reason: "the table has column " + a.name + " from its parents, and cannot drop it: change the parents' in the same way, or take the table from them for the time"}
		return
	}
	own, loses := a.below()
	if loses != nil {
		s.Blocked = &resource.Block{Reason: loses.at.String() + " has column " + a.name + " from its parents, but computes it otherwise, and would lose that: let it compute it as its parents do, and apply that first"}
		return
	}
	add := s
	if own {
		add = a.step(columnPath(a.name), resource.Replace, "add column "+a.name+" again")
		add.ID, add.Changes, add.Reason = s.ID+"/again", nil, "the tables below that have it by themselves, too, have theirs again before"
		need(add, s.ID)
	}
	for _, up := range above {
		s.Node, add.Node = up.drop.Node, up.drop.Node
		need(s, up.drop.ID)
		need(up.add, add.ID)
	}
	if a.remakings[a.d.Address] == nil {
		a.remakings[a.d.Address] = map[string]remaking{}
	}
	a.remakings[a.d.Address][a.name] = remaking{s, add}
	drop := a.alter("DROP COLUMN " + sqltext.Ident(a.name))
	tied := a.tiedSequences()
	tie := func(s *resource.Step, to string) {
		for _, at := range tied {
			run(s, "ALTER SEQUENCE "+at.String()+" OWNED BY "+to)
		}
	}
	tie(s, "NONE") // or they would go with the column
	a.run(s, exclusive, drop)
	a.addColumn(add, a.want)
	tie(add, a.tableChange.want.columnPlace(a.name))
	if a.have.generated == "" {
		s.Destroys = true
		s.NoUndo = "the values of the column are gone"
		add.NoUndo = s.NoUndo
		return
	}
	// They are computed, before and after.
	takeBack := func(back *resource.Step) {
		tie(back, "NONE")
		run(back, drop)
	}
	undoing(s, func(back *resource.Step) {
		if add == s {
			takeBack(back)
		}
		a.addColumn(back, a.have)
		tie(back, a.tableChange.want.columnPlace(a.name))
	})
	if add != s {
		undoing(add, takeBack)
	}
}

// dropExpression is the clause by which the column is no more computed, here and in all below. One below that has it from
// another parent, too, may have lost it with that one's.
func (a *alteration) dropExpression() string {
	for _, l := range a.lineagesBelow() {
		if len(l.inherits) > 1 {
			return "DROP EXPRESSION IF EXISTS"
		}
	}
	return "DROP EXPRESSION"
}

// deepBelow is a live table that has its columns from a table that has them from this one; nil if there is none.
func (a *alteration) deepBelow() *place {
	here := livePlace(a.d.Live)
	for at, l := range a.lineagesBelow() {
		if !slices.Contains(l.parents(), here) {
			return &at
		}
	}
	for _, x := range a.facts.Partitions[here.String()] {
		for _, y := range a.facts.Partitions[x.Name] {
			at := parsePlace(y.Name, "")
			return &at
		}
	}
	return nil
}

// lineagesBelow are the declared live tables below this one, with what they have their columns from.
func (a *alteration) lineagesBelow() iter.Seq2[place, *lineage] {
	return func(yield func(place, *lineage) bool) {
		for _, d := range a.req.Deltas {
			if d.Address.Kind != "table" || d.Live == nil || d.Live.Instead || !a.isAbove(d) {
				continue
			}
			at := livePlace(d.Live)
			if l := decodeLineage(a.index, at.schema, d.Live.Attrs); !yield(at, &l) {
				return
			}
		}
	}
}
