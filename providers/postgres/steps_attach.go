package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// absorb leaves out of a difference what a table that becomes a partition has like its parent: its columns, keys, indexes
// and checks are the parent's then. Where it lacks something that Postgres wants to be there, it says so and does nothing:
// that is an apply of its own.
func (c *tableChange) absorb(d *resource.Delta) {
	r := c.index.desired[c.index.tables[*c.tree.attach]]
	if r == nil {
		c.tree.blocked = fmt.Sprintf("whether its columns and indexes are those of %s is not known: declare that table too", c.tree.attach)
		return
	}
	parent := normalizeTable(c.quiet(), r)
	live := *d.Live
	d.Live = &live
	var lacks []string
	want := parent.Get("columns")
	if up := decodeLineage(c.index, c.tree.attach.schema, r.Attrs); len(up.inherited) > 0 {
		for i := range up.inherited {
			name := up.inherited[i].name
			if !want.Has(name) {
				want = want.With(name, c.inheritedColumn([]place{*c.tree.attach}, name))
			}
		}
	}
	own := live.Attrs.Get("columns")
	for _, f := range want.Fields() {
		has, up := own.Get(f.Name), c.inheritedColumn([]place{*c.tree.attach}, f.Name)
		switch {
		case has.IsNull():
			lacks = append(lacks, "column "+f.Name+" is missing")
		case baseType(has.Get("type").Str()) != baseType(up.Get("type").Str()):
			lacks = append(lacks, fmt.Sprintf("column %s is %s, not %s", f.Name, has.Get("type").Str(), up.Get("type").Str()))
		case !has.Get("collation").Equal(up.Get("collation")):
			lacks = append(lacks, fmt.Sprintf("column %s is ordered by collation %s, not %s", f.Name, collationOf(has), collationOf(up)))
		case has.Get("generated").IsNull() != up.Get("generated").IsNull() || has.Get("virtual").Bool() != up.Get("virtual").Bool():
			lacks = append(lacks, "column "+f.Name+" is computed in one and not in the other")
		case !has.Get("identity").IsNull() && c.facts.ServerVersion >= identityOfTree:
			lacks = append(lacks, "column "+f.Name+" is an identity")
		case refusesNull(parent, f.Name) && !refusesNull(live.Attrs, f.Name):
			lacks = append(lacks, "column "+f.Name+" may be null")
		}
		if refusesNull(parent, f.Name) {
			has, up = has.Without("not_null"), up.Without("not_null")
		}
		if has.Equal(up) {
			own = own.Without(f.Name)
		}
	}
	for _, f := range live.Attrs.Get("columns").Fields() {
		if !want.Has(f.Name) {
			lacks = append(lacks, "column "+f.Name+" is not one of the parent's")
		}
	}
	checks := live.Attrs.Get("checks")
	for _, f := range parent.Get("checks").Fields() {
		if f.Value.Get("no_inherit").Bool() {
			continue
		}
		if !checks.Get(f.Name).Get("expression").Equal(f.Value.Get("expression")) {
			lacks = append(lacks, "check "+f.Name+" is missing, or another one")
		}
		checks = checks.Without(f.Name)
	}
	if len(lacks) > 0 {
		c.tree.blocked = fmt.Sprintf("it cannot be a partition of %s yet: %s; make it so first, in an apply without partition_of", c.tree.attach, strings.Join(lacks, "; "))
		return
	}
	live.Attrs = live.Attrs.With("columns", own).With("checks", checks)
	if k := parent.Get("primary_key"); !k.IsNull() && sameBut(k, live.Attrs.Get("primary_key"), "name") {
		live.Attrs = live.Attrs.Without("primary_key")
	}
	for _, attr := range []string{"uniques", "indexes", partForeignKeys} {
		live.Attrs = live.Attrs.With(attr, unlike(live.Attrs.Get(attr), parent.Get(attr)))
	}
	wanted := normalizeTable(c.quiet(), d.Desired)
	var changes []resource.Change
	for _, attr := range []string{"columns", "primary_key", "uniques", "checks", "indexes", partForeignKeys} {
		if attr == "primary_key" {
			if w, h := wanted.Get(attr), live.Attrs.Get(attr); !w.Equal(h) {
				changes = append(changes, resource.Change{Path: resource.Path{attr}, Desired: w, Live: h, Cause: resource.CauseConfig, At: w.Range()})
			}
			continue
		}
		changes = append(changes, entryChanges(attr, wanted.Get(attr), live.Attrs.Get(attr))...)
	}
	for _, ch := range d.Changes {
		if ch.Path[0] == "comment" || ch.Path[0] == "owner" || ch.Path[0] == "name" || ch.Path[0] == "schema" {
			changes = append(changes, ch)
		}
	}
	d.Changes = changes
}

// collationOf names the collation of a column in the server's form.
func collationOf(c resource.Value) string {
	return orElse(c.Get("collation").Str(), "that of its type")
}

// unlike leaves out the entries of a partition that are like one of the parent's, whatever their names: each stands for one.
func unlike(own, parent resource.Value) resource.Value {
	fields := slices.Clone(own.Fields())
	for _, up := range parent.Fields() {
		if i := slices.IndexFunc(fields, func(f resource.Field) bool { return sameBut(f.Value, up.Value, "comment") }); i >= 0 {
			fields = slices.Delete(fields, i, i+1)
		}
	}
	return resource.Object(fields...)
}

// entryChanges compares the entries of two maps.
func entryChanges(attr string, want, live resource.Value) []resource.Change {
	var out []resource.Change
	for _, f := range want.Fields() {
		ch := resource.Change{Path: resource.Path{attr, f.Name}, Desired: f.Value, Live: live.Get(f.Name), Cause: resource.CauseConfig, At: f.Value.Range()}
		switch {
		case ch.Live.IsNull():
			out = append(out, ch)
		default:
			out = append(out, fieldChanges(ch, ch)...)
		}
	}
	for _, f := range live.Fields() {
		if !want.Has(f.Name) {
			out = append(out, resource.Change{Path: resource.Path{attr, f.Name}, Live: f.Value, Cause: resource.CauseConfig})
		}
	}
	return out
}

// refusesNull tells whether a column of a table in the server's form is not null, whoever says so.
func refusesNull(t resource.Value, name string) bool {
	c := t.Get("columns").Get(name)
	return c.Get("not_null").Bool() || isSerial(c.Get("type").Str()) || !c.Get("identity").IsNull() ||
		slices.Contains(t.Get("primary_key").Get("columns").StringList(), name)
}
