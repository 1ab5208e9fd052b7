package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// partition is one as the steps of the Online stage find it.
type partition struct {
	place
	by     string // its own partition key
	live   *catalog.Partition
	isNew  bool // this plan makes it, and it is empty
	estate *resource.Live
}

// partsOf are the partitions that a table has when the transaction is done: those that stay, and those that the plan makes.
func (p *planner) partsOf(at place) []partition {
	var out []partition
	facts := p.facts.Partitions[at.String()]
	for i := range facts {
		f := &facts[i]
		on := parsePlace(f.Name, "")
		if p.leaves(on) {
			continue
		}
		out = append(out, partition{place: on, by: f.By, live: f, estate: &resource.Live{Rows: f.Rows, Bytes: f.Bytes}})
	}
	for _, on := range sortedPlaces(p.made) {
		d := p.made[on]
		if of := d.Desired.Attrs.Get("partition_of"); d.Address.Kind == "table" && !of.IsNull() && p.index.placeOf(of, on.schema) == at {
			out = append(out, partition{place: on, by: strings.TrimSpace(d.Desired.Attrs.Get("partition_by").Str()), live: p.born(on, at), isNew: true, estate: &resource.Live{}})
		}
	}
	return out
}

// born is what a partition gets when it is made: its part of each index that its parent has then.
func (p *planner) born(on, parent place) *catalog.Partition {
	var out catalog.Partition
	d := p.deltas[p.index.tables[parent]]
	if d == nil || d.Live == nil {
		return &out
	}
	have := decodeTable(p.index, parent, d.Live.Attrs)
	add := func(of, label string, columns []string) {
		name := catalog.ObjectName(on.name, strings.Join(columns, "_"), label)
		for n := 1; byName(out.Indexes, name, partIndexName) != nil; n++ {
			name = catalog.ObjectName(on.name, strings.Join(columns, "_"), label+strconv.Itoa(n))
		}
		out.Indexes = append(out.Indexes, catalog.PartitionIndex{Name: name, Of: of})
	}
	if k := have.primaryKey; k != nil {
		add(k.name, "pkey", nil)
	}
	for i := range have.uniques {
		add(have.uniques[i].name, "key", have.uniques[i].index("").keyNames())
	}
	for i := range have.indexes {
		add(have.indexes[i].name, "idx", have.indexes[i].keyNames())
	}
	return &out
}

func partIndexName(i *catalog.PartitionIndex) string { return i.Name }

// named is an index of a partition by its name.
func (x *partition) named(name string) *catalog.PartitionIndex {
	return byName(x.live.Indexes, name, partIndexName)
}

// leaves tells whether a partition is none of its parent's any more when the transaction is done.
func (p *planner) leaves(on place) bool {
	if p.gone[on] != nil {
		return true
	}
	d := p.deltas[p.index.tables[on]]
	return d != nil && d.Live != nil && changed(d, "partition_of")
}

// leavesOf are the partitions of a table that have rows themselves, at any depth.
func (p *planner) leavesOf(at place) []partition {
	var out []partition
	for _, x := range p.partsOf(at) {
		if x.by != "" {
			out = append(out, p.leavesOf(x.place)...)
		} else {
			out = append(out, x)
		}
	}
	return out
}

// reachable tells whether all partitions of a table are known, so that each can be changed by itself. A foreign table cannot,
// nor one in a schema that no file names; and while tables come into the tree, or move in it, what they have is not known.
func (p *planner) reachable(at place) bool {
	for _, f := range p.facts.Partitions[at.String()] {
		if f.Outside || f.Pending || f.By != "" && !p.reachable(parsePlace(f.Name, "")) {
			return false
		}
	}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Live == nil || d.Desired == nil || !changed(d, "partition_of") && !changed(d, "values") {
			continue
		}
		if of := d.Desired.Attrs.Get("partition_of"); !of.IsNull() && p.index.placeOf(of, p.wanted(d).schema) == at {
			return false
		}
	}
	return true
}

// partIndex is the index of a partition that is part of one of its parent's.
func (x *partition) partIndex(of string) *catalog.PartitionIndex {
	return byName(x.live.Indexes, of, func(i *catalog.PartitionIndex) string {
		if i.Of == "" {
			return "\x00"
		}
		return i.Of
	})
}

// like is an index of a partition that is like one which its parent is to have, and part of none yet.
func (x *partition) like(match func(*catalog.PartitionIndex) bool) *catalog.PartitionIndex {
	var found *catalog.PartitionIndex
	for i := range x.live.Indexes {
		y := &x.live.Indexes[i]
		if y.Of == "" && match(y) && (found == nil || found.Invalid && !y.Invalid) {
			found = y
		}
	}
	return found
}

// likeIndex matches an index that is not of a constraint; want is in the server's form.
func likeIndex(want resource.Value) func(*catalog.PartitionIndex) bool {
	want = bare(want)
	return func(x *catalog.PartitionIndex) bool { return x.Constraint == "" && bare(x.Index).Equal(want) }
}

// likeKey matches what can be part of a key: a constraint of its kind, or a unique index that can become one.
func likeKey(k *key, word string) func(*catalog.PartitionIndex) bool {
	return func(x *catalog.PartitionIndex) bool {
		if x.Constraint != "" {
			have := decodeKey(resource.Field{Value: x.Index})
			return x.Constraint == word && slices.Equal(have.columns, k.columns) && slices.Equal(have.include, k.include) &&
				have.nullsNotDistinct == k.nullsNotDistinct && have.deferrable == k.deferrable && have.initiallyDeferred == k.initiallyDeferred
		}
		have := decodeIndex(resource.Field{Value: x.Index})
		want := k.index("")
		return have.unique && have.method == "" && have.where == "" && have.nullsNotDistinct == k.nullsNotDistinct &&
			slices.Equal(have.on, want.on) && slices.Equal(have.include, want.include)
	}
}

// noteClaims finds the indexes and foreign keys of partitions that become part of what their parents get, so that those of
// declared partitions are not dropped before.
func (p *planner) noteClaims() {
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Action != resource.Update || !p.online(d.Live) || d.Live.Attrs.Get("partition_by").IsNull() {
			continue
		}
		at := p.wanted(d)
		for _, ch := range d.Changes {
			switch attr := ch.Path[0]; {
			case attr == "indexes" && len(ch.Path) > 1:
				if want := desiredEntry(d, attr, ch.Path[1]); !want.IsNull() {
					p.claimIndexes(at, likeIndex(want))
				}
			case attr == "uniques" && len(ch.Path) > 1 && d.Desired.Attrs.Get(attr).Has(ch.Path[1]), attr == "primary_key":
				t := decodeTable(p.index, at, d.Desired.Attrs)
				if attr == "primary_key" && t.primaryKey != nil {
					p.claimIndexes(at, likeKey(t.primaryKey, "PRIMARY KEY"))
				} else if attr == "uniques" {
					p.claimIndexes(at, likeKey(t.unique(ch.Path[1]), "UNIQUE"))
				}
			case attr == partForeignKeys && len(ch.Path) > 1:
				if want := desiredEntry(d, attr, ch.Path[1]); !want.IsNull() {
					p.claimKeys(at, want)
				}
			}
		}
	}
}

func (p *planner) claimIndexes(at place, match func(*catalog.PartitionIndex) bool) {
	for _, x := range p.partsOf(at) {
		if like := x.like(match); like != nil {
			p.claimed[place{x.schema, like.Name}] = true
		}
		p.claimIndexes(x.place, match)
	}
}

func (p *planner) claimKeys(at place, want resource.Value) {
	for _, x := range p.leavesOf(at) {
		if k := p.likeForeignKey(&x, want); k != nil {
			p.claimed[place{x.String(), k.Name}] = true
		}
	}
}

// likeForeignKey is a foreign key of a partition that can become part of its parent's.
func (p *planner) likeForeignKey(x *partition, want resource.Value) *catalog.PartitionForeignKey {
	own := p.index.desired[p.index.tables[x.place]]
	for i := range x.live.ForeignKeys {
		k := &x.live.ForeignKeys[i]
		if sameBut(k.Key, want, "not_valid", "comment") && (own == nil || !own.Attrs.Get(partForeignKeys).Has(k.Name)) {
			return k
		}
	}
	return nil
}

// desiredEntry is an entry of a table in the server's form, as the changes make it; null if they take it away.
func desiredEntry(d *resource.Delta, attr, name string) resource.Value {
	want := resource.Object()
	if v := d.Live.Attrs.Get(attr).Get(name); !v.IsNull() {
		want = v
	}
	for _, ch := range d.Changes {
		if len(ch.Path) < 2 || ch.Path[0] != attr || ch.Path[1] != name {
			continue
		}
		if len(ch.Path) == 2 {
			want = ch.Desired
		} else {
			want = want.With(ch.Path[2], ch.Desired)
		}
	}
	return want
}

// isTaken tells whether a relation has a name, or gets it by this plan.
func (p *planner) isTaken(at place) bool {
	if p.relations == nil {
		p.relations = map[place]bool{}
		for schema, f := range p.facts.Schemas {
			for _, o := range slices.Concat(f.Tables, f.Sequences) {
				p.relations[place{schema, o.Name}] = true
			}
		}
		for _, parts := range p.facts.Partitions {
			for _, x := range parts {
				for _, i := range x.Indexes {
					p.relations[place{parsePlace(x.Name, "").schema, i.Name}] = true
				}
			}
		}
	}
	return p.relations[at] || p.isLiveName(relationName(at))
}

// isTakenBy tells whether a name is taken in the schema of a partition, be it by what that is made with.
func (p *planner) isTakenBy(x partition, name string) bool {
	return p.isTaken(place{x.schema, name}) || x.named(name) != nil
}

// partName is the name that Postgres gives to an index of a partition: the first that is free, but for what goes.
func (p *planner) partName(x partition, columns []string, label string, goes func(string) bool) string {
	name := catalog.ObjectName(x.name, strings.Join(columns, "_"), label)
	for n := 1; p.isTakenBy(x, name) && !goes(name); n++ {
		name = catalog.ObjectName(x.name, strings.Join(columns, "_"), label+strconv.Itoa(n))
	}
	return name
}
