package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/tellr-dev/tellr/engine/resource"
)

// attribute reads an attribute of a thing: what the files say of it, or a hole
// for what the live system decides.
func (l *loader) attribute(addr resource.Address, name string, r hcl.Range, s *scope) (cursor, bool) {
	kind, label := l.opts.Kinds[addr.Kind], addr.String()+"."+name
	i := rowIndex(kind.Attrs, name)
	if i < 0 {
		s.sink.fail(l.at(r), "there is no "+label, article(kind.Name)+" has no attribute "+quoted(name), l.didYouMean(name, rowNames(kind.Attrs), "it has: "+among(rowNames(kind.Attrs))))
		return cursor{}, false
	}
	row := &kind.Attrs[i]
	if row.Computed {
		return cursor{value: resource.Unknown(resource.AttrRef{Address: addr, Attr: name}), label: label}, true
	}
	if row.Derived {
		s.sink.fail(l.at(r), label+" cannot be referred to", "it is made of other attributes when the plan is computed", "refer to those")
		return cursor{}, false
	}
	inst := l.things[addr]
	v, ok := l.slot(inst, i, l.at(r))
	if !ok {
		return cursor{}, false
	}
	s.trace.read(addr, l.at(r))
	if name == "name" && v.IsNull() {
		v = resource.String(addr.Name)
	}
	return cursor{value: v, label: label, typ: &row.Type}, true
}

// field finds an entry; of a large object by an index that is made once.
func (l *loader) field(v resource.Value, name string) (resource.Value, bool) {
	fields := v.Fields()
	if len(fields) < 32 {
		return v.Get(name), v.Has(name)
	}
	index, ok := l.indexes[&fields[0]]
	if !ok {
		index = make(map[string]int, len(fields))
		for i, f := range fields {
			index[f.Name] = i
		}
		l.indexes[&fields[0]] = index
	}
	i, ok := index[name]
	if !ok {
		return resource.Null(), false
	}
	return fields[i].Value, true
}

func inner(t *resource.Type, name string) *resource.Type {
	if t == nil {
		return nil
	}
	switch t.Kind {
	case resource.TList, resource.TMap:
		return t.Elem
	case resource.TObject:
		if row, ok := t.Attr(name); ok {
			return &row.Type
		}
	}
	return nil
}

func rowIndex(rows []resource.Attr, name string) int {
	return slices.IndexFunc(rows, func(a resource.Attr) bool { return a.Name == name })
}

func rowNames(rows []resource.Attr) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Name
	}
	return out
}

func fieldNames(v resource.Value) []string {
	out := make([]string, len(v.Fields()))
	for i, f := range v.Fields() {
		out[i] = f.Name
	}
	return out
}
