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
	// taker is what takes the name before this one gets another; to is then a name for a while.
	taker string
}

// renamable is an attribute of a table whose entries can be renamed, and the word for one.
type renamable struct{ attr, what string }

var renamables = []renamable{
	{"primary_key", "primary key"}, {"uniques", "unique constraint"}, {"exclusions", "exclusion constraint"}, {"checks", "check"},
	{partForeignKeys, "foreign key"}, {"indexes", "index"},
}

func (r *entryRename) what() string {
	i := slices.IndexFunc(renamables, func(e renamable) bool { return e.attr == r.attr })
	return renamables[i].what
}

// names are the names that it has as long as it is called so.
func (r *entryRename) names(t *table, called string) []naming {
	switch r.attr {
	case "indexes":
		return t.indexNames(called)
	case "checks", partForeignKeys:
		return []naming{t.constraintName(called)}
	default:
		return t.keyNames(called)
	}
}

// matchEntries finds the constraints and indexes that only have another name, and gives the difference without them: those
// that say renamed_from, and those whose definition another name has by now. A name may pass from one to the other.
func (c *tableChange) matchEntries(d *resource.Delta) *resource.Delta {
	d = c.matchKey(d)
	for _, e := range renamables[1:] {
		entries := entriesOf(d, e.attr)
		said := formerNames(entries.names, func(name string) string {
			return d.Desired.Attrs.Get(e.attr).Get(name).Get("renamed_from").Str()
		}, func(name string) bool { return !entries.was[name].IsNull() })
		if e.attr == "uniques" {
			entries.becoming = c.becoming(d)
		}
		if e.attr == "indexes" && c.inTrees() {
			entries.builtAs = func(name string) string { return wayName(wayIndex, name) }
		}
		renamed := entries.match(said)
		if len(renamed) == 0 {
			continue
		}
		for _, to := range entries.names {
			from, ok := renamed[to]
			if !ok {
				continue
			}
			r := entryRename{attr: e.attr, from: from, to: to, reason: "only the name differs", at: entries.at[to]}
			if said[to] != "" {
				r.reason = "renamed_from = " + sqltext.Quoted(from)
			}
			c.renamedEntries = append(c.renamedEntries, r)
		}
		d = entries.renamed(d, renamed)
	}
	return c.followIndexes(d)
}

// followIndexes is a difference in which what names an index of the table names it as it is called by now.
func (c *tableChange) followIndexes(d *resource.Delta) *resource.Delta {
	out, live := *d, *d.Live
	for _, x := range []struct{ attr, want string }{{"replica_identity", c.want.replicaIdentity}, {"cluster", c.want.cluster}} {
		was := live.Attrs.Get(x.attr).Str()
		i := slices.IndexFunc(c.renamedEntries, func(r entryRename) bool {
			return r.from == was && slices.Contains([]string{"indexes", "uniques", "primary_key"}, r.attr)
		})
		if i < 0 {
			continue
		}
		is := resource.String(c.renamedEntries[i].to)
		ch := resource.Change{Path: resource.Path{x.attr}, Cause: resource.CauseConfig, At: c.renamedEntries[i].at}
		if at := slices.IndexFunc(out.Changes, func(ch resource.Change) bool { return ch.Path[0] == x.attr }); at >= 0 {
			ch = out.Changes[at]
			out.Changes = slices.Delete(slices.Clone(out.Changes), at, at+1)
		}
		live.Attrs = live.Attrs.With(x.attr, is)
		if x.want != is.Str() {
			ch.Desired, ch.Live = d.Desired.Attrs.Get(x.attr), is
			out.Changes = append(slices.Clone(out.Changes), ch)
		}
	}
	out.Live = &live
	return &out
}

// matchKey is matchEntries for the primary key, of which there is one, whatever its name.
func (c *tableChange) matchKey(d *resource.Delta) *resource.Delta {
	name := slices.IndexFunc(d.Changes, func(ch resource.Change) bool {
		return len(ch.Path) == 2 && ch.Path[0] == "primary_key" && ch.Path[1] == "name"
	})
	if name < 0 || slices.ContainsFunc(d.Changes, func(ch resource.Change) bool {
		return ch.Path[0] == "primary_key" && (len(ch.Path) < 2 || ch.Path[1] != "name" && !slices.Contains(touchable["primary_key"], ch.Path[1]))
	}) {
		return d
	}
	from, to := decodeTable(c.index, c.want.place, d.Live.Attrs).primaryKey.name, c.want.primaryKey.name
	c.renamedEntries = append(c.renamedEntries, entryRename{attr: "primary_key", from: from, to: to, reason: "only the name differs", at: c.want.primaryKey.at})
	out, live := *d, *d.Live
	out.Live = &live
	live.Attrs = live.Attrs.With("primary_key", live.Attrs.Get("primary_key").With("name", resource.String(to)))
	out.Changes = slices.Delete(slices.Clone(d.Changes), name, name+1)
	return &out
}

// entries are those of an attribute that change: as they are, and as they are to be, in the server's form.
type entries struct {
	attr     string
	names    []string
	was, is  map[string]resource.Value
	at       map[string]*resource.Range
	template map[string]resource.Change
	becoming []string                 // names whose entries are made of something else
	builtAs  func(name string) string // by what name an entry is built whose parts get names of their own when it is whole
}

func entriesOf(d *resource.Delta, attr string) *entries {
	e := &entries{attr: attr, was: map[string]resource.Value{}, is: map[string]resource.Value{}, at: map[string]*resource.Range{}, template: map[string]resource.Change{}}
	for _, ch := range d.Changes {
		if len(ch.Path) < 2 || ch.Path[0] != attr {
			continue
		}
		name := ch.Path[1]
		e.add(d, name)
		e.template[name] = resource.Change{Path: resource.Path{attr, name}, Cause: ch.Cause, At: ch.At}
		if e.at[name] == nil {
			e.at[name] = ch.At
		}
		if v := put(e.is[name], ch.Path[2:], ch.Desired); v.IsNull() {
			delete(e.is, name)
		} else {
			e.is[name] = v
		}
	}
	return e
}

// becoming are the unique constraints that an index of their name becomes.
func (c *tableChange) becoming(d *resource.Delta) []string {
	have := decodeTable(c.index, c.want.place, d.Live.Attrs)
	var out []string
	for i := range c.want.uniques {
		k := &c.want.uniques[i]
		if x := have.index(k.name); x != nil && c.keyIndexIs(k, x) {
			out = append(out, k.name)
		}
	}
	return out
}

// add adds an entry as it is.
func (e *entries) add(d *resource.Delta, name string) {
	if slices.Contains(e.names, name) {
		return
	}
	e.names = append(e.names, name)
	e.template[name] = resource.Change{Path: resource.Path{e.attr, name}, Cause: resource.CauseConfig}
	if v := d.Live.Attrs.Get(e.attr).Get(name); !v.IsNull() {
		e.was[name], e.is[name] = v, v
	}
}

// put is a value with another one at a path; null takes away what is there.
func put(v resource.Value, path resource.Path, to resource.Value) resource.Value {
	switch {
	case len(path) == 0:
		return to
	case v.Kind() != resource.KindObject:
		v = resource.Object()
	}
	inner := put(v.Get(path[0]), path[1:], to)
	if inner.IsNull() {
		return v.Without(path[0])
	}
	return v.With(path[0], inner)
}

// match finds the former names of entries that are renamed, by the new ones.
func (e *entries) match(said map[string]string) map[string]string {
	out, used := map[string]string{}, map[string]bool{}
	for to, from := range said {
		out[to], used[from] = from, true
	}
	same := func(from, to string) bool { return sameBut(e.was[from], e.is[to], "comment", "renamed_from") }
	stays := func(name string) bool {
		return !e.was[name].IsNull() && !e.is[name].IsNull() && same(name, name)
	}
	for _, to := range e.names {
		if e.is[to].IsNull() || out[to] != "" || stays(to) || slices.Contains(e.becoming, to) {
			continue
		}
		for _, from := range e.names {
			if e.builtAs != nil && e.builtAs(to) == from {
				continue // its partitions' have names to get, too
			}
			if from != to && !used[from] && !e.was[from].IsNull() && !stays(from) && same(from, to) {
				out[to], used[from] = from, true
				break
			}
		}
	}
	// What is there under a new name must get another one in its turn.
	for again := true; again; {
		again = false
		for _, to := range e.names {
			if from := out[to]; from != "" && !e.was[to].IsNull() && !used[to] {
				delete(out, to)
				used[from] = false
				again = true
			}
		}
	}
	return out
}

// renamed is a difference in which live entries have their new names already: what is left of it are the fields that differ.
func (e *entries) renamed(d *resource.Delta, names map[string]string) *resource.Delta {
	to := map[string]string{}
	for is, was := range names {
		to[was] = is
	}
	out, live := *d, *d.Live
	out.Live = &live
	fields := slices.Clone(live.Attrs.Get(e.attr).Fields())
	for i := range fields {
		if is, ok := to[fields[i].Name]; ok {
			fields[i].Name = is
		}
	}
	live.Attrs = live.Attrs.With(e.attr, resource.Object(fields...))
	out.Changes = nil
	seen := map[string]bool{}
	settle := func(name string) {
		from, comes := names[name]
		switch {
		case seen[name]:
		case comes:
			out.Changes = append(out.Changes, fieldsBetween(e.was[from], e.template[name], e.is[name])...)
		case !e.is[name].IsNull(): // its name is a new one's
			whole := e.template[name]
			whole.Desired = e.is[name]
			out.Changes = append(out.Changes, whole)
		}
		seen[name] = true
	}
	for _, ch := range d.Changes {
		if len(ch.Path) > 1 && ch.Path[0] == e.attr && (names[ch.Path[1]] != "" || to[ch.Path[1]] != "") {
			settle(ch.Path[1])
		} else {
			out.Changes = append(out.Changes, ch)
		}
	}
	for _, name := range e.names {
		if names[name] != "" || to[name] != "" {
			settle(name)
		}
	}
	return &out
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
	return fieldsBetween(from.Live, to, to.Desired)
}

// fieldsBetween are the fields in which a live entry and a desired one differ, as changes of the latter.
func fieldsBetween(from resource.Value, to resource.Change, is resource.Value) []resource.Change {
	var out []resource.Change
	add := func(name string, want, live resource.Value) {
		if !want.Equal(live) {
			ch := to
			ch.Path = append(slices.Clone(to.Path), name)
			ch.Desired, ch.Live, ch.Last = want, live, resource.Null()
			out = append(out, ch)
		}
	}
	for _, f := range is.Fields() {
		add(f.Name, f.Value, from.Get(f.Name))
	}
	for _, f := range from.Fields() {
		if !is.Has(f.Name) {
			add(f.Name, resource.Null(), f.Value)
		}
	}
	return out
}

// renameEntries gives constraints and indexes their new names before anything else speaks of them.
func (c *tableChange) renameEntries() {
	for _, r := range c.unknotted() {
		what := r.what()
		path := resource.Path{r.attr}
		if r.attr != "primary_key" {
			path = append(path, orElse(r.taker, r.to))
		}
		s := c.step(path, resource.Update, "rename "+what+" "+r.from+" to "+r.to)
		s.ID += "/rename"
		if r.taker != "" {
			s.ID += "/aside"
		}
		s.Changes = []resource.Change{{Path: path, Desired: resource.String(r.to), Live: resource.String(r.from), Cause: resource.CauseConfig, At: r.at}}
		s.Reason = r.reason
		if r.at != nil {
			s.At = r.at
		}
		x := &release{names: r.names(c.have, r.from), called: r.from, what: what, lock: exclusive, on: c.want.place, live: c.d.Live, rename: c.renameConstraint}
		if r.attr == "indexes" {
			x.lock, x.on, x.live, x.rename = effort{lock: lockShareUpdateExcl}, place{c.have.schema, r.from}, nil, c.renameIndex
		}
		c.renaming(s, x, r.to, r.names(c.have, r.to)...)
	}
}

// unknotted are the renames of the table's entries in an order in which each finds its name free.
func (c *tableChange) unknotted() []entryRename {
	inTheWay := func(a, b entryRename) bool {
		has := a.names(c.have, a.from)
		return slices.ContainsFunc(b.names(c.have, b.to), func(n naming) bool { return slices.Contains(has, n) })
	}
	var out []entryRename
	for left := slices.Clone(c.renamedEntries); len(left) > 0; {
		free := slices.IndexFunc(left, func(b entryRename) bool {
			return !slices.ContainsFunc(left, func(a entryRename) bool { return inTheWay(a, b) })
		})
		if free < 0 {
			// They go in a circle: one of them stands aside.
			r := left[0]
			r.taker, r.to = r.to, c.asideName(r.names(c.have, r.from), r.from)
			r.reason = "its name is another's before it has that of another"
			left[0].from = r.to
			out = append(out, r)
			continue
		}
		out = append(out, left[free])
		left = slices.Delete(left, free, free+1)
	}
	return out
}

// checkRenamedEntries refuses a former name that another entry still has, offline.
func (c *checker) checkRenamedEntries() {
	for _, e := range renamables[1:] {
		entries := c.r.Attrs.Get(e.attr)
		for _, f := range entries.Fields() {
			if from := f.Value.Get("renamed_from"); from.Str() != "" && entries.Has(from.Str()) && entries.Get(from.Str()).Get("renamed_from").IsNull() {
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
		case values[f.Value.Str()] && c.r.Attrs.Get("renamed").Get(f.Value.Str()).IsNull():
			c.errorf(f.Value.Range(), fmt.Sprintf("%s: value %q was renamed from %q, which is still a value", c.r.Address, f.Name, f.Value.Str()),
				"take the line out of renamed, or the other value", "it cannot live on under two names")
		}
	}
}
