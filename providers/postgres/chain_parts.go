package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// piece is a part of a table or a domain that cannot stay while something below it changes: a default, a check, an index.
// It goes by a step of its own, and from then on the table is planned as if it had never had it: so it comes back in the
// way in which a new one comes, as the files have it by now, or not at all.
type piece struct {
	d      *resource.Delta
	path   resource.Path // in the live attributes
	kind   string        // as in catalog.Dependency
	reason string
	cause  resource.Cause
	drop   *resource.Step
}

// part decides about a part of a table or domain that hangs on something that goes for a while.
func (f *chainFinder) part(r *chainRoot, d *resource.Delta, dep catalog.Dependency, reason string) {
	if dep.Kind == "index" && d.Live.Attrs.Get("exclusions").Has(dep.Part) {
		dep.Kind = "exclusion" // whose index it is
	}
	path := partPath(d, dep)
	if path == nil {
		r.obstacle(dep)
		return
	}
	for _, q := range f.remade.parts[d.Address] {
		if slices.Equal(q.path, path) {
			r.addPart(q)
			return
		}
	}
	if at(d.Live.Attrs, path).IsNull() {
		if d.Live.Attrs.Get("partition_of").IsNull() && d.Live.Attrs.Get("inherits").IsNull() {
			r.obstacle(dep)
		}
		return // it goes with the part of the table above, which has it from there
	}
	q := &piece{d: d, path: path, kind: dep.Kind, reason: reason, cause: f.causeOf(r.d)}
	f.remade.parts[d.Address] = append(f.remade.parts[d.Address], q)
	r.addPart(q)
	if dep.Kind != "generated" {
		return
	}
	if users := decodeTable(f.index, livePlace(d.Live), d.Live.Attrs).builtOn(dep.Part); len(users) > 0 {
		r.blockedBy("column " + dep.Part + " of " + d.Address.String() + " is computed by it, and with the column would go " + strings.Join(users, ", ") +
			": take these out of the file and apply, then change it and put them back")
	}
	f.changes(&chainRoot{d: d, path: path}, dep.Part, "it reads column "+dep.Part+" of "+f.written(d)+", which is made anew")
}

func (r *chainRoot) addPart(q *piece) {
	if !slices.Contains(r.parts, q) {
		r.parts = append(r.parts, q)
	}
}

// partPath leads to a part in the attributes of what it is part of; nil if it is none that can go and come back.
func partPath(d *resource.Delta, dep catalog.Dependency) resource.Path {
	attrs := map[string]string{"check": "checks", "exclusion": "exclusions", "index": "indexes", "statistics": "statistics"}
	switch {
	case d.Address.Kind == "domain" && dep.Part == "":
		return resource.Path{"default"}
	case d.Address.Kind == "domain" && dep.Kind != "check":
		return nil
	case dep.Kind == "default":
		return resource.Path{"columns", dep.Part, "default"}
	case dep.Kind == "generated":
		return columnPath(dep.Part)
	case attrs[dep.Kind] != "":
		return resource.Path{attrs[dep.Kind], dep.Part}
	default:
		return nil
	}
}

// aroundParts makes the steps of a thing of which parts go for a while.
func (p *planner) aroundParts(d *resource.Delta, s spec) {
	parts := p.remade.parts[d.Address]
	rest := d
	for _, q := range parts {
		rest = withoutPart(rest, q)
	}
	from := len(p.steps)
	s.steps(p, rest)
	var moved []string // the thing gets its new name before
	for _, s := range p.steps[from:] {
		if len(s.Path) == 1 && (s.Path[0] == "name" || s.Path[0] == "schema") {
			moved = append(moved, s.ID)
		}
		for _, q := range parts {
			if q.isOf(s) && !hasOwnChange(d, s) {
				s.Reason, s.Cause, s.Changes = q.reason, q.cause, nil
			}
		}
	}
	for _, q := range parts {
		p.dropPart(q)
		need(q.drop, moved...)
	}
}

// isOf tells whether a step is about the part.
func (q *piece) isOf(s *resource.Step) bool {
	n := min(len(s.Path), len(q.path))
	return s.Address == q.d.Address && n > 0 && slices.Equal(s.Path[:n], q.path[:n]) && (n > 1 || len(q.path) == 1)
}

// hasOwnChange tells whether a step has something to do besides bringing a part back.
func hasOwnChange(d *resource.Delta, s *resource.Step) bool { return changed(d, s.Path...) }

// withoutPart is a difference as if the part had never been there.
func withoutPart(d *resource.Delta, q *piece) *resource.Delta {
	out, live := *d, *d.Live
	out.Live, out.Action = &live, resource.Update
	live.Attrs = withoutAt(live.Attrs, q.path)
	out.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(c resource.Change) bool {
		return len(c.Path) >= len(q.path) && slices.Equal(c.Path[:len(q.path)], q.path)
	})
	if want := at(d.Desired.Attrs, q.path); !want.IsNull() {
		out.Changes = append(out.Changes, resource.Change{Path: q.path, Desired: want, At: want.Range()})
	}
	return &out
}

// withoutAt is a value without what stands at a path.
func withoutAt(v resource.Value, path resource.Path) resource.Value {
	if len(path) == 1 {
		return v.Without(path[0])
	}
	return v.With(path[0], withoutAt(v.Get(path[0]), path[1:]))
}

// dropPart makes the step by which a part goes, under the name that its table has by then.
func (p *planner) dropPart(q *piece) {
	at := p.wanted(q.d)
	name := q.path[len(q.path)-1]
	var what, sql string
	var back func(s *resource.Step)
	says := func(sql string) func(*resource.Step) { return func(s *resource.Step) { undo(s, sql) } }
	if q.d.Address.Kind == "domain" {
		have, alter := decodeDomain(p.index, at, q.d.Live.Attrs), "ALTER DOMAIN "+at.String()+" "
		what, sql, back = "the default of domain "+at.name, alter+"DROP DEFAULT", says(alter+domainDefault(have.def))
		if q.kind == "check" {
			what, sql, back = "check "+name, alter+"DROP CONSTRAINT "+sqltext.Ident(name), func(s *resource.Step) {
				undoing(s, func(back *resource.Step) { have.makeCheck(back, have.check(name)) })
			}
		}
	} else {
		have, alter := decodeTable(p.index, at, q.d.Live.Attrs), "ALTER TABLE "+at.String()+" "
		drop := alter + "DROP CONSTRAINT " + sqltext.Ident(name)
		switch q.kind {
		case "default":
			column := "ALTER COLUMN " + sqltext.Ident(q.path[1])
			what, sql, back = "the default of column "+q.path[1], alter+column+" DROP DEFAULT", says(alter+column+" SET DEFAULT "+have.column(q.path[1]).def)
		case "generated":
			what, sql, back = "column "+name, alter+"DROP COLUMN "+sqltext.Ident(name), func(s *resource.Step) { have.undoColumnDrop(s, have.column(name)) }
		case "check":
			what, sql, back = "check "+name, drop, func(s *resource.Step) { have.undoConstraintDrop(s, q.path, name, have.check(name).ddl()) }
		case "exclusion":
			what, sql, back = "exclusion constraint "+name, drop, func(s *resource.Step) { have.undoConstraintDrop(s, q.path, name, have.exclusion(name).ddl()) }
		case "index":
			what, sql, back = "index "+name, "DROP INDEX "+have.indexPlace(name), func(s *resource.Step) { have.undoIndexDrop(s, have.index(name), "") }
		default:
			what, sql, back = "statistics "+name, "DROP STATISTICS "+place{at.schema, name}.String(), func(s *resource.Step) { have.undoStatisticsDrop(s, have.statistic(name)) }
		}
	}
	s := p.step(q.d, q.path, resource.Delete, "drop "+what+" for now")
	s.ID += "/drop"
	s.Changes, s.Reason, s.Cause = nil, q.reason, q.cause
	p.early(q.d, s)
	if q.d.Address.Kind == "domain" {
		run(s, sql)
	} else {
		runOn(s, nil, at, exclusive, sql)
	}
	if q.kind == "index" || q.kind == "exclusion" {
		hazard(s, resource.HazardIndexDropped, "queries that use it take another way until it is there again")
		p.frees(s, relationName(place{at.schema, name}))
	}
	back(s)
	q.drop = s
}

// routineRemake is how a function, procedure or aggregate is called before and after it is made anew, as in COMMENT ON, and
// the statement that made it as it was.
type routineRemake struct{ want, have, was string }

// aroundPlain lets what nobody declared go before a function is dropped, and puts it back when the new one is there. Who
// may call the old one may call the new one.
func (p *planner) aroundPlain(d *resource.Delta, drop, make *resource.Step, r routineRemake, remake func()) {
	plain := p.remade.plain[d.Address]
	for _, on := range plain {
		run(drop, on.Drop)
	}
	remake()
	p.regrant(d, make, r.want)
	restore := func(s *resource.Step) {
		for _, on := range plain {
			for _, sql := range on.Restore {
				run(s, sql)
			}
		}
	}
	restore(make)
	drop.Undo, make.Undo = nil, nil
	undoing(drop, func(back *resource.Step) {
		run(back, r.was)
		p.asBefore(d, back, r.have)
		restore(back)
	})
	undoing(make, func(back *resource.Step) {
		for _, on := range plain {
			run(back, on.Drop)
		}
		run(back, "DROP "+r.want)
	})
}
