package catalog

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// inheritance is what a table has of others.
type inheritance struct {
	key     string // as pg_get_partkeydef prints it; "" for a table that is not partitioned
	bound   string // as in the server's FOR VALUES …, or DEFAULT
	parents []parentRow
	// columns, constraints and indexes that come from a parent, by number and OID.
	columns     map[int16]bool
	constraints map[uint32]bool
	indexes     map[uint32]string // with the names of those that they are part of
	children    []*relationRow
	outside     []string // partitions that are not read
	pending     bool     // its parent was about to detach it
	notNulls    map[string]string
	ownNotNulls []string
}

type parentRow struct {
	oid          uint32
	schema, name string
}

// noInheritance stands for that of most tables.
var noInheritance inheritance

func (t *relationRow) of() *inheritance {
	if t.inherited == nil {
		return &noInheritance
	}
	return t.inherited
}

func (w *raw) inheritanceOf(oid uint32) *inheritance {
	t := w.relation[oid]
	if t == nil {
		return &inheritance{}
	}
	if t.inherited == nil {
		t.inherited = &inheritance{columns: map[int16]bool{}, constraints: map[uint32]bool{}, indexes: map[uint32]string{}}
	}
	return t.inherited
}

// partitionTakers take the rows of read_partitions.sql.
func (w *raw) partitionTakers(take map[string]func(row)) {
	take["partitions"] = func(r row) {
		in := w.inheritanceOf(r.oid(0))
		in.bound, in.key = strings.TrimPrefix(r.text(1), "FOR VALUES "), r.text(2)
	}
	take["parents"] = func(r row) {
		in := w.inheritanceOf(r.oid(0))
		in.parents = append(in.parents, parentRow{oid: r.oid(1), schema: r.text(2), name: r.text(3)})
		in.pending = in.pending || r.flag(4)
		if parent := w.relation[r.oid(1)]; parent != nil {
			up := w.inheritanceOf(parent.oid)
			up.children = append(up.children, w.relation[r.oid(0)])
		}
	}
	take["inherited_columns"] = func(r row) { w.inheritanceOf(r.oid(0)).columns[int16(r.number(1))] = true }
	take["inherited_constraints"] = func(r row) { w.inheritanceOf(r.oid(0)).constraints[r.oid(1)] = true }
	take["inherited_indexes"] = func(r row) { w.inheritanceOf(r.oid(0)).indexes[r.oid(1)] = r.text(2) }
	take["outside_partitions"] = func(r row) {
		in := w.inheritanceOf(r.oid(0))
		in.outside = append(in.outside, qualified(r.text(1), r.text(2)))
	}
}

// parentName is what a parent is called, be it in the scope or not.
func (s *shaper) parentName(p parentRow) string {
	if t := s.relation[p.oid]; t != nil {
		return qualified(s.schemaOf[t.schema].name, t.name)
	}
	return qualified(p.schema, p.name)
}

// parentNames are those of all parents, in order.
func (s *shaper) parentNames(t *relationRow) []string {
	var out []string
	for _, p := range t.of().parents {
		out = append(out, s.parentName(p))
	}
	return out
}

// keptParents are those of a table's parents that it is to keep: what comes
// from the others is its own soon.
func (s *shaper) keptParents(t *relationRow, wanted []string) []parentRow {
	var out []parentRow
	for _, p := range t.of().parents {
		if slices.Contains(wanted, s.parentName(p)) {
			out = append(out, p)
		}
	}
	return out
}

// lineage puts in what a table is part of.
func (s *shaper) lineage(f *fields, t *relationRow) {
	f.text("partition_by", t.of().key)
	switch parents := s.parentNames(t); {
	case len(parents) == 0:
	case t.partition:
		f.text("partition_of", parents[0])
		bound := t.of().bound
		if t.of().pending {
			bound += DetachPending
		}
		f.text("values", bound)
	default:
		f.list("inherits", parents)
	}
}

// comesFrom tells whether a column is what one of the parents makes it.
func (s *shaper) comesFrom(parents []parentRow, t *relationRow, c columnRow) bool {
	if !t.of().columns[c.number] {
		return false
	}
	for _, p := range parents {
		parent := s.relation[p.oid]
		if parent == nil {
			return true // its parent is not read; what differs cannot be told
		}
		for _, pc := range parent.columns {
			if pc.name == c.name {
				return sameAsParent(c, pc)
			}
		}
	}
	return false
}

// isParents tells whether one of the parents has a column of a child that is no
// partition.
func (s *shaper) isParents(parents []parentRow, t *relationRow, c columnRow) bool {
	return !t.partition && slices.ContainsFunc(parents, func(p parentRow) bool {
		parent := s.relation[p.oid]
		return parent != nil && slices.ContainsFunc(parent.columns, func(pc columnRow) bool { return pc.name == c.name })
	})
}

func sameAsParent(c, parent columnRow) bool {
	same := c.typ == parent.typ && c.collation == parent.collation && c.generated == parent.generated && c.expr == parent.expr &&
		(c.notNull == parent.notNull) && c.comment == "" && c.storage.asOf(parent.storage)
	// Before Postgres 17 a partition has no share in the identity of its parent, and a child never has.
	return same && (c.identity == parent.identity || c.identity == 0)
}

// asOf tells whether a column is kept as one that came with its parent, or as
// the parent's statements have left it: nothing is said of it, or the same.
func (x columnStorageRow) asOf(parent columnStorageRow) bool {
	return (x.storage == "" || x.storage == parent.storage) && (x.compression == "" || x.compression == parent.compression) &&
		(x.target == "" || x.target == parent.target) && x.options == ""
}

// foreign tells whether a constraint or an index of a table is one of the
// parents' that it keeps.
func (in *inheritance) foreign(kept []parentRow, oid uint32) bool {
	return len(kept) > 0 && (in.constraints[oid] || in.indexes[oid] != "")
}

// wantedParents are the parents that a table is to have, as a plan says.
func wantedParents(at resource.Value) []string {
	if of := at.Get("partition_of").Str(); of != "" {
		return []string{of}
	}
	return at.Get("inherits").StringList()
}

// ofTree adds up the estimates of a table with those of its partitions.
func (t *relationRow) ofTree() (rows, bytes int64) {
	rows, bytes = t.rows, t.bytes
	for _, i := range t.indexes {
		bytes += i.bytes
	}
	if t.kind != 'p' {
		return rows, bytes
	}
	rows = max(rows, 0)
	sum := int64(0)
	for _, child := range t.of().children {
		r, b := child.ofTree()
		sum, bytes = sum+max(r, 0), bytes+b
	}
	return max(rows, sum), bytes
}

// partitionsOf lists the partitions of the partitioned tables, whoever
// declared them.
func (s *snapshot) partitionsOf() map[string][]Partition {
	out := map[string][]Partition{}
	for _, t := range s.relations {
		if t.kind != 'p' {
			continue
		}
		at := qualified(s.schemaOf[t.schema].name, t.name)
		for _, child := range t.of().children {
			out[at] = append(out[at], s.partition(child))
		}
		for _, name := range t.of().outside {
			out[at] = append(out[at], Partition{Name: name, Outside: true})
		}
	}
	return out
}

func (s *snapshot) partition(t *relationRow) Partition {
	p := Partition{Name: qualified(s.schemaOf[t.schema].name, t.name), By: t.of().key, Values: t.of().bound, Outside: t.kind == 'f', Pending: t.of().pending, NotNulls: t.of().notNulls, OwnNotNulls: t.of().ownNotNulls}
	p.Rows, p.Bytes = t.ofTree()
	backed := map[uint32]*constraintRow{}
	for _, k := range t.constraints {
		switch k.kind {
		case 'p', 'u', 'x':
			backed[k.index] = k
		case 'c':
			p.Checks = append(p.Checks, PartitionCheck{Name: k.name, NotValid: !k.valid})
		case 'f':
			if !t.of().constraints[k.oid] {
				p.ForeignKeys = append(p.ForeignKeys, PartitionForeignKey{Name: k.name, Key: s.shape.foreignKey(t, k)})
			}
		}
	}
	for _, i := range t.indexes {
		x := PartitionIndex{Name: i.name, Of: t.of().indexes[i.oid], Invalid: !i.valid}
		if k := backed[i.oid]; k != nil {
			x.Constraint = map[byte]string{'p': "PRIMARY KEY", 'u': "UNIQUE", 'x': "EXCLUDE"}[k.kind]
		}
		if k := backed[i.oid]; x.Of == "" && k != nil && k.kind != 'x' {
			var f fields
			s.shape.keyed(&f, t, k)
			x.Index = resource.Object(f...)
		} else if x.Of == "" && k == nil {
			x.Index = index(t, i)
		}
		p.Indexes = append(p.Indexes, x)
	}
	return p
}

// listTables lists tables with the parents by which their shape is told.
func (s *snapshot) listTables() []thing {
	out := s.relationsOf("rp", nil)
	for i := range out {
		t := s.relation[out[i].oid]
		if parents := s.shape.parentNames(t); t.partition && len(parents) > 0 {
			out[i].at = out[i].at.With("partition_of", resource.String(parents[0]))
		} else if len(parents) > 0 {
			out[i].at = out[i].at.With("inherits", resource.Strings(parents...))
		}
	}
	return out
}

// partitioned makes a temporary table that is partitioned by a key.
func partitioned(t *AskTable, by string) (setup, name string) {
	setup, name = table(t, Expr{Text: by})
	return setup + " PARTITION BY " + by, name
}

// forValues writes the bounds of a partition as a statement has them.
func forValues(values string) string {
	if strings.EqualFold(strings.TrimSpace(values), "default") {
		return "DEFAULT"
	}
	return "FOR VALUES " + values
}

// withParent puts the key and the columns of the live parent into a question
// about a partition's bounds, where the files do not declare that.
func (s *snapshot) withParent(t *AskTable, e Expr) (*AskTable, Expr) {
	if e.Kind != PartitionBound || e.By != "" || t == nil {
		return t, e
	}
	schema, name, _ := sqltext.SplitQualified(e.Name)
	n := s.schemaNamed(schema)
	if n == nil || s.named[place{n.oid, name}] == nil {
		return t, e
	}
	parent := s.named[place{n.oid, name}]
	e.By = parent.of().key
	out := *t
	out.Columns = nil
	for _, c := range parent.columns {
		out.Columns = append(out.Columns, AskColumn{Name: c.name, Type: c.typ, Collation: c.collation})
	}
	return &out, e
}
