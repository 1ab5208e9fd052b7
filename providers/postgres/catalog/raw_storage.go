package catalog

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// storageRow is how a relation is kept; zero is the default.
type storageRow struct {
	unlogged          bool
	options, toast    []string
	tablespace        string
	method            string
	replicaIdentity   byte // d f n i
	security, forced  bool
	clusterOn, knowBy string // names of indexes
}

// columnStorageRow is comparable, as equal columns share their shape.
type columnStorageRow struct {
	compression, storage string
	target, options      string
	notNull              string // name of the constraint, where it is not the usual one
}

// specialNotNull is a not-null constraint that says more than a column can.
type specialNotNull struct {
	oid  uint32
	name string
}

func (w *raw) takeNotNull(r row) {
	t := w.relation[r.oid(1)]
	if t == nil {
		return
	}
	number, name := int16(r.number(2)), r.text(3)
	if !r.flag(5) { // a partition has it of its parent
		for _, column := range names(t, []int16{number}) {
			in := w.inheritanceOf(t.oid)
			if in.notNulls == nil {
				in.notNulls = map[string]string{}
			}
			in.notNulls[column] = name
		}
		return
	}
	if t.partition {
		in := w.inheritanceOf(t.oid)
		in.ownNotNulls = append(in.ownNotNulls, names(t, []int16{number})...)
	}
	for i := range t.columns {
		if c := &t.columns[i]; c.number == number && name != ObjectName(t.name, c.name, "not_null") {
			form := *c.columnForm
			form.storage.notNull = name
			c.columnForm = w.form(form)
		}
	}
	if r.flag(4) {
		t.special = append(t.special, specialNotNull{r.oid(0), name})
	}
}

type indexStorageRow struct {
	tablespace string
	targets    map[string]int64 // by the number of the key
	order      []string
}

func (w *raw) takeStorage(r row) {
	t := w.relation[r.oid(0)]
	if t == nil {
		return
	}
	t.storage = storageRow{unlogged: r.flag(1), tablespace: r.text(4), method: r.text(5), replicaIdentity: r.char(6),
		security: r.flag(7), forced: r.flag(8)}
	decode(r.values[2], &t.storage.options)
	decode(r.values[3], &t.storage.toast)
}

// columnStorage reads what the columns' query tells of a column that is not
// kept as its type is: compression, storage, target, options.
func columnStorage(text []byte) columnStorageRow {
	var parts [4]*string
	decode(text, &parts)
	part := func(i int) string {
		if parts[i] == nil {
			return ""
		}
		return *parts[i]
	}
	return columnStorageRow{compression: part(0), storage: part(1), target: part(2), options: part(3)}
}

func (w *raw) takeIndexStorage(r row) {
	t := w.relation[r.oid(0)]
	if t == nil {
		return
	}
	oid := r.oid(1)
	for _, i := range t.indexes {
		if i.oid != oid {
			continue
		}
		i.storage.tablespace = r.text(2)
		if r.flag(3) {
			t.storage.clusterOn = i.name
		}
		if r.flag(4) {
			t.storage.knowBy = i.name
		}
		decode(r.values[5], &i.storage.targets)
		for n := range i.keys {
			if number := strconv.Itoa(n + 1); has(i.storage.targets, number) {
				i.storage.order = append(i.storage.order, number)
			}
		}
	}
}

func has(m map[string]int64, key string) bool {
	_, ok := m[key]
	return ok
}

func (w *raw) takeConstraintNotes(r row) {
	t := w.relation[r.oid(0)]
	if t == nil {
		return
	}
	oid := r.oid(1)
	for _, k := range t.constraints {
		if k.oid == oid {
			k.comment, k.period, k.notEnforced = r.text(2), r.flag(3), r.flag(4)
		}
	}
}

// parameters reads options as the server keeps them: name=value.
func parameters(options []string, prefix string) fields {
	var out fields
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		out.put(prefix+name, resource.String(value))
	}
	return out
}

// storage puts in how a table is kept.
func (s *shaper) storage(f *fields, t *relationRow) {
	x := &t.storage
	f.flag("unlogged", x.unlogged)
	f.object("with", append(parameters(x.options, ""), parameters(x.toast, "toast.")...))
	f.text("tablespace", x.tablespace)
	f.text("access_method", x.method)
	switch x.replicaIdentity {
	case 'f':
		f.text("replica_identity", "full")
	case 'i':
		if x.knowBy != "" {
			f.text("replica_identity", x.knowBy)
			break
		}
		f.text("replica_identity", "nothing") // the index is gone, and this is what remains
	case 'n':
		f.text("replica_identity", "nothing")
	}
	f.text("cluster", x.clusterOn)
	f.text("row_security", map[[2]bool]string{{true, false}: "enabled", {true, true}: "forced", {false, true}: "off, forced"}[[2]bool{x.security, x.forced}])
}

func (x columnStorageRow) shape(f *fields) {
	f.text("compression", map[string]string{"p": "pglz", "l": "lz4"}[x.compression])
	f.text("storage", map[string]string{"p": "plain", "e": "external", "x": "extended", "m": "main"}[x.storage])
	if x.target != "" {
		f.put("statistics", resource.Number(x.target))
	}
	var options []string
	if x.options != "" {
		_ = json.Unmarshal([]byte(x.options), &options) // the server wrote it
	}
	f.object("with", parameters(options, ""))
	f.text("not_null_name", x.notNull)
}

func (x *indexStorageRow) shape(f *fields) {
	f.text("tablespace", x.tablespace)
	var targets fields
	for _, number := range x.order {
		targets.put(number, resource.Int(x.targets[number]))
	}
	f.object("statistics", targets)
}

// constraintIndex puts in what the index of a constraint has of its own, and
// what all such constraints share.
func (s *shaper) constraintIndex(f *fields, t *relationRow, k *constraintRow) {
	var own fields
	for _, i := range t.indexes {
		if i.oid != k.index {
			continue
		}
		f.list("include", names(t, i.columns[min(i.keys, len(i.columns)):]))
		f.flag("nulls_not_distinct", i.nullsNotDistinct)
		own.object("with", parameters(i.options, ""))
		own.text("tablespace", i.storage.tablespace)
		own.text("index_comment", i.comment)
	}
	f.flag("deferrable", k.deferrable)
	f.flag("initially_deferred", k.deferred)
	*f = append(*f, own...)
	f.text("comment", k.comment)
}

func (s *shaper) exclusion(t *relationRow, k *constraintRow) resource.Value {
	var f fields
	on, where := exclusionDef(k.expr)
	f.list("on", on)
	for _, i := range t.indexes {
		if i.oid == k.index && i.method != "btree" {
			f.text("method", i.method)
		}
	}
	f.text("where", where)
	s.constraintIndex(&f, t, k)
	return resource.Object(f...)
}
