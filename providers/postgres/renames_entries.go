package postgres

import (
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// entryRename is a constraint or an index that lives on under another name.
type entryRename struct {
	attr, from, to string
	reason         string
	at             *resource.Range
}

// The attributes of a table whose entries can be renamed, with the words for one.
var renamedEntries = []struct{ attr, what string }{
	{"uniques", "unique constraint"}, {"checks", "check"}, {partForeignKeys, "foreign key"}, {"indexes", "index"},
}

// matchEntries finds the constraints and indexes that only have another name, and gives the difference without them: those
// that say renamed_from, and those of which one goes and one with the same definition comes.
func (c *tableChange) matchEntries(d *resource.Delta) *resource.Delta {
	for _, e := range renamedEntries {
		var gone, come []resource.Change
		for _, ch := range d.Changes {
			switch {
			case len(ch.Path) != 2 || ch.Path[0] != e.attr:
			case ch.Desired.IsNull():
				gone = append(gone, ch)
			case ch.Live.IsNull():
				come = append(come, ch)
			}
		}
		taken := map[string]bool{}
		pair := func(to resource.Change, said bool) bool {
			name := to.Path[1]
			former := d.Desired.Attrs.Get(e.attr).Get(name).Get("renamed_from")
			for _, from := range gone {
				was := from.Path[1]
				same := sameBut(from.Live, to.Desired, "comment")
				if taken[was] || said && former.Str() != was || !said && !same {
					continue
				}
				if !said && e.attr != "checks" && e.attr != partForeignKeys && c.hasLive(place{c.want.schema, name}) {
					continue // the name is not free yet: what has it may wait for this one in its turn
				}
				taken[was] = true
				r := entryRename{attr: e.attr, from: was, to: name, reason: "only the name differs", at: to.At}
				if said {
					r.reason = "renamed_from = " + sqltext.Quoted(was)
				}
				c.renamedEntries = append(c.renamedEntries, r)
				d = renamedEntry(d, r, from, to)
				return true
			}
			return false
		}
		come = slices.DeleteFunc(come, func(to resource.Change) bool { return pair(to, true) })
		for _, to := range come {
			pair(to, false)
		}
	}
	return d
}

// hasLive tells whether an index or a constraint of a table has a name, before the plan runs.
func (p *planner) hasLive(at place) bool {
	if p.liveNames == nil {
		p.liveNames = map[place]bool{}
		for _, d := range p.req.Deltas {
			if d.Address.Kind != "table" || d.Live == nil {
				continue
			}
			t := decodeTable(p.index, livePlace(d.Live), d.Live.Attrs)
			for i := range t.uniques {
				p.liveNames[place{t.schema, t.uniques[i].name}] = true
			}
			for i := range t.indexes {
				p.liveNames[place{t.schema, t.indexes[i].name}] = true
			}
			if t.primaryKey != nil {
				p.liveNames[place{t.schema, t.primaryKey.name}] = true
			}
		}
	}
	return p.liveNames[at]
}

// renamedEntry is a difference in which a live entry has its new name already: what is left of it are the fields that
// differ.
func renamedEntry(d *resource.Delta, r entryRename, from, to resource.Change) *resource.Delta {
	out, live := *d, *d.Live
	out.Live = &live
	entries := slices.Clone(live.Attrs.Get(r.attr).Fields())
	for i := range entries {
		if entries[i].Name == r.from {
			entries[i].Name = r.to
		}
	}
	live.Attrs = live.Attrs.With(r.attr, resource.Object(entries...))
	out.Changes = nil
	for _, ch := range d.Changes {
		switch {
		case len(ch.Path) == 2 && ch.Path[0] == r.attr && ch.Path[1] == r.from:
		case len(ch.Path) == 2 && ch.Path[0] == r.attr && ch.Path[1] == r.to:
			out.Changes = append(out.Changes, fieldChanges(from, to)...)
		default:
			out.Changes = append(out.Changes, ch)
		}
	}
	return &out
}

// fieldChanges are the fields in which two entries differ, as changes of the second.
func fieldChanges(from, to resource.Change) []resource.Change {
	var out []resource.Change
	add := func(name string, want, live resource.Value) {
		if !want.Equal(live) {
			ch := to
			ch.Path = append(slices.Clone(to.Path), name)
			ch.Desired, ch.Live, ch.Last = want, live, resource.Null()
			out = append(out, ch)
		}
	}
	for _, f := range to.Desired.Fields() {
		add(f.Name, f.Value, from.Live.Get(f.Name))
	}
	for _, f := range from.Live.Fields() {
		if !to.Desired.Has(f.Name) {
			add(f.Name, resource.Null(), f.Value)
		}
	}
	return out
}

// renameEntries gives constraints and indexes their new names before anything else speaks of them.
func (c *tableChange) renameEntries() {
	for _, r := range c.renamedEntries {
		what := ""
		for _, e := range renamedEntries {
			if e.attr == r.attr {
				what = e.what
			}
		}
		s := c.step(resource.Path{r.attr, r.to}, resource.Update, "rename "+what+" "+r.from+" to "+r.to)
		s.ID += "/rename"
		s.Changes = []resource.Change{{Path: resource.Path{r.attr, r.to}, Desired: resource.String(r.to), Live: resource.String(r.from), Cause: resource.CauseConfig, At: r.at}}
		s.Reason = r.reason
		if r.at != nil {
			s.At = r.at
		}
		if r.attr == "indexes" {
			at := func(name string) string { return "ALTER INDEX " + place{c.have.schema, name}.String() + " RENAME TO " }
			runOn(s, nil, place{c.have.schema, r.from}, effort{lock: lockShareUpdateExcl}, at(r.from)+sqltext.Ident(r.to))
			undo(s, at(r.to)+sqltext.Ident(r.from))
		} else {
			c.run(s, exclusive, c.alter("RENAME CONSTRAINT "+sqltext.Ident(r.from)+" TO "+sqltext.Ident(r.to)))
			undo(s, c.alter("RENAME CONSTRAINT "+sqltext.Ident(r.to)+" TO "+sqltext.Ident(r.from)))
		}
		if r.attr == "indexes" || r.attr == "uniques" {
			c.frees(s, r.from)
			if c.hasLive(place{c.want.schema, r.to}) {
				c.needs(s, r.to)
			}
		}
	}
}

// checkRenamedEntries refuses a former name that another entry still has, offline.
func (c *checker) checkRenamedEntries() {
	for _, e := range renamedEntries {
		entries := c.r.Attrs.Get(e.attr)
		for _, f := range entries.Fields() {
			if from := f.Value.Get("renamed_from"); from.Str() != "" && entries.Has(from.Str()) {
				c.errorf(from.Range(), fmt.Sprintf("%s %q was renamed from %q, which is still there", e.what, f.Name, from.Str()),
					"take renamed_from out, or the other one", "it cannot live on under two names")
			}
		}
	}
}

// renamedValues refuses new names that are no values of the enum, and former ones that still are.
func (c *checker) renamedValues(values map[string]bool) {
	for _, f := range c.r.Attrs.Get("renamed").Fields() {
		switch {
		case !values[f.Name]:
			c.errorf(rangeOf(f), fmt.Sprintf("%s: renamed speaks of %q, which is not among the values", c.r.Address, f.Name),
				"write { new = \"former\" }, the new one as in values", "it gives the former name of a value")
		case values[f.Value.Str()]:
			c.errorf(f.Value.Range(), fmt.Sprintf("%s: value %q was renamed from %q, which is still a value", c.r.Address, f.Name, f.Value.Str()),
				"take the line out of renamed, or the other value", "it cannot live on under two names")
		}
	}
}
