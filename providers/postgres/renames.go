package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// findRenames matches renamed_from with what is there, and gives the difference in which columns whose names others take
// have their new ones.
func (c *tableChange) findRenames(d *resource.Delta) *resource.Delta {
	live, renamed := d.Live.Attrs.Get("columns"), c.columnsRenamed[d.Address]
	passes := c.passesColumns(d)
	for i := range c.want.columns {
		w := &c.want.columns[i]
		from, ok := renamed[w.name]
		switch {
		case ok:
			c.columnRenames = append(c.columnRenames, columnRename{from, w.name, w.name})
			if !passes {
				c.renames[w.name] = from
			}
		case w.renamedFrom != "" && live.Has(w.name) && live.Has(w.renamedFrom) && c.want.column(w.renamedFrom) == nil:
			c.planner.ds.Errorf(w.at, fmt.Sprintf("%s has the column %q and its former name %q", c.d.Address, w.name, w.renamedFrom),
				"drop or rename one of the two by hand; or take renamed_from out, and the former one is dropped when you allow it",
				"which of them holds the data, only you know")
		}
	}
	if !passes {
		return d
	}
	e := entriesOf(d, "columns")
	for to, from := range renamed {
		e.add(d, to)
		e.add(d, from)
		if c.facts.ServerVersion >= from18 && e.was[from].Get("not_null_name").IsNull() {
			e.was[from] = e.was[from].With("not_null_name", resource.String(notNullName(c.liveName, from)))
		}
	}
	return e.renamed(d, renamed)
}

// columnRename is a column that gets another name; is is the one that it has in the end.
type columnRename struct{ from, to, is string }

// passesColumns tells whether a table has a column that takes the name of another one.
func (p *planner) passesColumns(d *resource.Delta) bool {
	if d.Live == nil {
		return false
	}
	live := d.Live.Attrs.Get("columns")
	for to := range p.columnsRenamed[d.Address] {
		if live.Has(to) {
			return true
		}
	}
	return false
}

// noteColumns notes the columns of a table that live on under another name, before any step is made: other tables' foreign
// keys and triggers speak of them too.
func (p *planner) noteColumns(d *resource.Delta) {
	if d.Address.Kind != "table" || d.Desired == nil || d.Live == nil || d.Live.Instead {
		return
	}
	live, want := d.Live.Attrs.Get("columns"), d.Desired.Attrs.Get("columns")
	var names []string
	for _, f := range want.Fields() {
		names = append(names, f.Name)
	}
	said := func(name string) string { return want.Get(name).Get("renamed_from").Str() }
	renamed := formerNames(names, said, live.Has)
	p.swapColumns(d, names, said, renamed)
	if len(renamed) == 0 {
		return
	}
	p.columnsRenamed[d.Address] = renamed
	at := p.wanted(d)
	p.renamedColumns[at] = map[string]string{}
	for to, from := range renamed {
		p.renamedColumns[at][from] = to
	}
}

// swapColumns adds the columns that pass their names round in a circle, of which what is there does not tell whether they
// have done so already: the ledger does.
func (p *planner) swapColumns(d *resource.Delta, names []string, said func(string) string, renamed map[string]string) {
	live, want := d.Live.Attrs.Get("columns"), d.Desired.Attrs.Get("columns")
	seen := map[string]bool{}
	for _, name := range names {
		var circle []string
		for at := name; at != "" && live.Has(at) && want.Has(at) && renamed[at] == "" && !seen[at]; at = said(at) {
			seen[at] = true
			circle = append(circle, at)
		}
		if len(circle) < 2 || said(circle[len(circle)-1]) != name {
			continue
		}
		done := 0
		last := resource.Null()
		if d.Last != nil {
			if was, err := d.Last.Attrs.Value(); err == nil {
				last = was.Get("columns")
			}
		}
		for _, c := range circle {
			if last.Get(c).Get("renamed_from").Str() == said(c) {
				done++
			}
		}
		switch {
		case done == len(circle):
		case last.IsNull() || done > 0:
			p.ds.Errorf(rangeOf(resource.Field{Value: want.Get(name).Get("renamed_from")}), fmt.Sprintf("columns of %s have each other's names by renamed_from: %s", d.Address, strings.Join(circle, ", ")),
				"take renamed_from out if they have; if not, do it by hand, or apply the files as they were first", "the ledger does not tell whether they have swapped their names already")
		default:
			for _, c := range circle {
				renamed[c] = said(c)
			}
			p.swapped[d.Address] = circle
		}
	}
}

// oneTransaction refuses what would run after the transaction in a plan that swaps columns of the table: only when all of a
// table is done does the ledger know of the swap, and without that the next plan would swap them back.
func (p *planner) oneTransaction() {
	for _, s := range p.steps {
		if circle := p.swapped[s.Address]; s.Stage == resource.Online && circle != nil && s.Blocked == nil {
			s.Blocked = &resource.Block{Reason: fmt.Sprintf("columns %s swap their names, and this runs after the transaction in which they do: if it failed, "+
				"nothing would tell that they have; apply the swap by itself, then the rest", strings.Join(circle, ", "))}
		}
	}
}

// carried is a delta without what a renaming of columns brings about by itself: keys, indexes and checks go along, as
// Postgres knows columns by number.
func (p *planner) carried(d *resource.Delta) *resource.Delta {
	if len(p.renamedColumns) == 0 || d.Live == nil || d.Desired == nil {
		return d
	}
	own := place{}
	if d.Address.Kind == "table" {
		own = p.wanted(d)
	} else if on := d.Live.Attrs.Get("table").Str(); on != "" {
		own = parsePlace(on, "") // of which the thing is part
	}
	r := columnRenames{own: maps.Clone(p.renamedColumns[own]), all: p.renamedColumns}
	if up := p.renamedAbove(d); len(up) > 0 {
		d = followColumns(d, up)
		if r.own == nil {
			r.own = map[string]string{}
		}
		maps.Copy(r.own, up)
	}
	out, live := *d, *d.Live
	out.Live = &live
	for _, f := range live.Attrs.Fields() {
		if f.Name != "columns" && f.Name != "name" && f.Name != "comment" {
			live.Attrs = live.Attrs.With(f.Name, r.value(f.Name, f.Value))
		}
	}
	out.Changes = nil
	for _, ch := range d.Changes {
		if ch.Path[0] != "columns" && !ch.Live.IsNull() {
			ch.Live = at(live.Attrs, ch.Path)
			if ch.Live.Equal(ch.Desired) {
				continue
			}
		}
		out.Changes = append(out.Changes, ch)
	}
	if p.passesColumns(d) {
		out.Changes = append(out.Changes, uncovered(d, &out)...)
	}
	return &out
}

// uncovered are the changes that are needed because columns pass their names on: what is built on one of them stays with it,
// and is wanted on the one that has its name.
func uncovered(d, carried *resource.Delta) []resource.Change {
	want := d.Live.Attrs
	for _, ch := range d.Changes {
		want = put(want, ch.Path, ch.Desired)
	}
	var out []resource.Change
	add := func(path resource.Path, is, was resource.Value) {
		covered := func(ch resource.Change) bool {
			n := min(len(ch.Path), len(path))
			return slices.Equal(ch.Path[:n], path[:n])
		}
		if !is.Equal(was) && !slices.ContainsFunc(carried.Changes, covered) {
			out = append(out, resource.Change{Path: path, Desired: is, Live: was, Cause: resource.CauseConfig})
		}
	}
	fields := func(path resource.Path, is, was resource.Value) {
		if is.Kind() != resource.KindObject || was.Kind() != resource.KindObject {
			add(path, is, was)
			return
		}
		for _, f := range is.Fields() {
			add(append(slices.Clone(path), f.Name), f.Value, was.Get(f.Name))
		}
		for _, f := range was.Fields() {
			if !is.Has(f.Name) {
				add(append(slices.Clone(path), f.Name), resource.Null(), f.Value)
			}
		}
	}
	for _, e := range renamables {
		is, was := want.Get(e.attr), carried.Live.Attrs.Get(e.attr)
		if e.attr == "primary_key" {
			fields(resource.Path{e.attr}, is, was)
			continue
		}
		for _, f := range is.Fields() {
			fields(resource.Path{e.attr, f.Name}, f.Value, was.Get(f.Name))
		}
	}
	return out
}

// renamedAbove are the columns that the parents of a live table rename: in the table they get the new name too.
func (p *planner) renamedAbove(d *resource.Delta) map[string]string {
	if d.Address.Kind != "table" {
		return nil
	}
	up := map[string]string{}
	lives := decodeLineage(p.index, "", d.Live.Attrs)
	for _, parent := range lives.parents() {
		p.index.above(parent, 0, func(r *resource.Resource) { maps.Copy(up, p.renamedColumns[p.index.places[r.Address]]) })
	}
	return up
}

// followColumns gives the columns that a partition or a child has for itself the names that the parent gives them.
func followColumns(d *resource.Delta, up map[string]string) *resource.Delta {
	for _, from := range sortedKeys(up) {
		to := up[from]
		if !d.Live.Attrs.Get("columns").Has(from) {
			continue
		}
		change := func(name string) resource.Change {
			for _, ch := range d.Changes {
				if len(ch.Path) == 2 && ch.Path[0] == "columns" && ch.Path[1] == name {
					return ch
				}
			}
			return resource.Change{}
		}
		was, is := change(from), change(to)
		if was.Path == nil {
			continue
		}
		if is.Path != nil {
			d = renamedEntry(d, entryRename{attr: "columns", from: from, to: to}, was, is)
			continue
		}
		out, live := *d, *d.Live
		out.Live, out.Changes = &live, slices.Clone(d.Changes)
		fields := slices.Clone(live.Attrs.Get("columns").Fields())
		for i := range fields {
			if fields[i].Name == from {
				fields[i].Name = to
			}
		}
		live.Attrs = live.Attrs.With("columns", resource.Object(fields...))
		for i := range out.Changes {
			if len(out.Changes[i].Path) == 2 && out.Changes[i].Path[0] == "columns" && out.Changes[i].Path[1] == from {
				out.Changes[i].Path = columnPath(to)
			}
		}
		d = &out
	}
	return d
}

// at is what stands at a path.
func at(v resource.Value, path resource.Path) resource.Value {
	for _, name := range path {
		v = v.Get(name)
	}
	return v
}

// columnRenames are the new names of columns, of one table and of all.
type columnRenames struct {
	own map[string]string
	all map[place]map[string]string
}

// value gives a value with columns under other names, wherever its texts mention them.
func (r columnRenames) value(field string, v resource.Value) resource.Value {
	switch v.Kind() {
	case resource.KindString:
		return resource.String(renamedText(v.Str(), r.own))
	case resource.KindList:
		items := make([]resource.Value, len(v.Items()))
		for i, it := range v.Items() {
			if to, ok := r.own[it.Str()]; ok && (field == "columns" || field == "include") {
				items[i] = resource.String(to)
			} else if field == "columns" || field == "include" {
				items[i] = it
			} else {
				items[i] = r.value("", it)
			}
		}
		return resource.List(items...)
	case resource.KindObject:
		fields := slices.Clone(v.Fields())
		for i, f := range fields {
			switch f.Name {
			case "references", "comment", "index_comment": // people's words stay
			case "ref_columns":
				on := columnRenames{own: r.all[parsePlace(v.Get("references").Str(), "")]}
				fields[i].Value = on.value("columns", f.Value)
			default:
				fields[i].Value = r.value(f.Name, f.Value)
			}
		}
		return resource.Object(fields...)
	default:
		return v
	}
}

// renamedText replaces identifiers in an expression as the server prints it. Strings are left alone.
func renamedText(text string, to map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		switch {
		case c == '\'':
			for end < len(text) && text[end] != '\'' {
				end++
			}
			end = min(end+1, len(text))
			b.WriteString(text[i:end])
			i = end
			continue
		case c == '"':
			for end < len(text) && text[end] != '"' {
				end++
			}
			end = min(end+1, len(text))
		case isNameByte(c):
			for end < len(text) && isNameByte(text[end]) {
				end++
			}
		}
		word := text[i:end]
		if _, name, ok := sqltext.SplitQualified(word); ok && to[name] != "" {
			word = sqltext.Ident(to[name])
		}
		b.WriteString(word)
		i = end
	}
	return b.String()
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
