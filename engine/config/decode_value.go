package config

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// expr decodes an expression as a type. A literal object or list is decoded
// element by element, so that all its errors come in one run and each element
// has its place; anything else is evaluated, and then its value is decoded.
func (d *decoder) expr(e hclsyntax.Expression, s *scope, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	switch x := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return d.expr(x.Expression, s, row, t)
	case *hclsyntax.ConditionalExpr:
		taken, other, ok := d.l.branch(x, s)
		if !ok {
			d.l.check(x.TrueResult, s)
			d.l.check(x.FalseResult, s)
			return resource.Null(), false
		}
		d.l.check(other, s)
		return d.expr(taken, s, row, t)
	case *hclsyntax.ObjectConsExpr:
		switch t.Kind {
		case resource.TObject:
			return d.objectExpr(x, s, t)
		case resource.TMap:
			return d.mapExpr(x, s, row, t)
		case resource.TOneOf:
			return d.oneOf(t, func(c *resource.Type) bool { return c.Kind == resource.TObject || c.Kind == resource.TMap },
				func(c *resource.Type) (resource.Value, bool) { return d.expr(e, s, row, c) },
				func() { d.wrongType(d.l.at(x.SrcRange), resource.Object(), t) })
		}
	case *hclsyntax.TupleConsExpr:
		switch t.Kind {
		case resource.TList:
			return d.listExpr(x, s, row, t)
		case resource.TOneOf:
			return d.oneOf(t, func(c *resource.Type) bool { return c.Kind == resource.TList },
				func(c *resource.Type) (resource.Value, bool) { return d.expr(e, s, row, c) },
				func() { d.wrongType(d.l.at(x.SrcRange), resource.List(), t) })
		}
	}
	var tr trace
	in := *s
	in.trace = &tr
	v, ok := d.l.eval(e, &in)
	tr.each(func(r read) {
		if r.on != d.inst.addr {
			d.dep(r.on, r.at)
		}
	})
	if !ok {
		return v, false
	}
	v = v.At(d.l.at(e.Range()))
	return d.value(v, row, t)
}

func (d *decoder) dep(on resource.Address, at *resource.Range) {
	d.deps = append(d.deps, resource.Dep{Part: d.part, On: on, At: at})
}

func (d *decoder) objectExpr(e *hclsyntax.ObjectConsExpr, s *scope, t *resource.Type) (resource.Value, bool) {
	// What is written, by row: on a stack that all objects share, as there are many rows and few are used.
	base := len(d.l.written)
	d.l.written = append(d.l.written, make([]entry, len(t.Attrs))...)
	defer func() {
		clear(d.l.written[base:])
		d.l.written = d.l.written[:base]
	}()
	good, count := true, 0
	d.l.entries(e, s, d.sink, func(f resource.Field, x hclsyntax.Expression) {
		i := rowIndex(t.Attrs, f.Name)
		if i < 0 {
			good = false
			d.unknown(f.At, f.Name, t.Attrs, nil, "attribute")
			d.l.check(x, s)
			return
		}
		d.l.written[base+i] = entry{f.At, x}
		count++
	}, func() { good = false })
	at := d.l.at(e.SrcRange)
	fields := make([]resource.Field, 0, count)
	for i := range t.Attrs {
		w := d.l.written[base+i]
		f, ok := d.member(&t.Attrs[i], w.at, at, w.expr != nil, func(row *resource.Attr) (resource.Value, bool) {
			return d.expr(w.expr, s, row, &row.Type)
		})
		good = good && ok
		if !f.Value.IsNull() {
			fields = append(fields, f)
		}
	}
	return resource.Object(fields...).At(at), good
}

// entry is an attribute of an object as it is written.
type entry struct {
	at   *resource.Range
	expr hclsyntax.Expression
}

// member decodes one attribute of an object.
func (d *decoder) member(row *resource.Attr, at, owner *resource.Range, written bool, decode func(*resource.Attr) (resource.Value, bool)) (resource.Field, bool) {
	if !written && !row.Required && row.Default.IsNull() {
		return resource.Field{}, true
	}
	d.path = append(d.path, row.Name)
	part := d.part
	if row.Part != "" {
		d.part = row.Part
	}
	defer func() {
		d.path = d.path[:len(d.path)-1]
		d.part = part
	}()
	f, ok := resource.Field{Name: row.Name, At: at}, true
	if written {
		if unwritable(row) {
			d.refuse(row, f.At)
			return f, false
		}
		if f.Value, ok = decode(row); !ok {
			return f, false
		}
	}
	if f.Value.IsNull() {
		if f.At == nil {
			f.At = owner
		}
		f.Value, ok = d.absent(row, owner)
		return f, ok
	}
	return f, d.checked(row, f.Value)
}

func (d *decoder) mapExpr(e *hclsyntax.ObjectConsExpr, s *scope, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	fields := make([]resource.Field, 0, len(e.Items))
	good := true
	d.l.entries(e, s, d.sink, func(f resource.Field, x hclsyntax.Expression) {
		d.path = append(d.path, f.Name)
		var ok bool
		f.Value, ok = d.expr(x, s, row, t.Elem)
		d.path = d.path[:len(d.path)-1]
		good = good && ok
		if !f.Value.IsNull() {
			fields = append(fields, f)
		}
	}, func() { good = false })
	return resource.Object(fields...).At(d.l.at(e.SrcRange)), good
}

func (d *decoder) listExpr(e *hclsyntax.TupleConsExpr, s *scope, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	items := make([]resource.Value, 0, len(e.Exprs))
	good := true
	for i, x := range e.Exprs {
		d.path = append(d.path, strconv.Itoa(i))
		v, ok := d.expr(x, s, row, t.Elem)
		if ok && v.IsNull() {
			ok = d.nullItem(d.l.at(x.Range()))
		}
		d.path = d.path[:len(d.path)-1]
		good = good && ok
		items = append(items, v)
	}
	v := resource.List(items...).At(d.l.at(e.SrcRange))
	return v, good && d.unique(v, t)
}

func (d *decoder) nullItem(at *resource.Range) bool {
	d.fail(at, d.path.String()+" is null", "a list has no gaps", "take the element out, or filter it: [for x in … : x if x != null]")
	return false
}

// unique reports an element of a set that is written twice.
func (d *decoder) unique(v resource.Value, t *resource.Type) bool {
	if !t.Set || t.Elem.Kind == resource.TObject || t.Elem.Kind == resource.TList || t.Elem.Kind == resource.TMap {
		return true
	}
	seen := make(map[string]bool, len(v.Items()))
	for _, x := range v.Items() {
		key := x.Show()
		if x.Known() && seen[key] {
			d.fail(x.Range(), key+" stands twice in "+d.path.String(), "order does not count here, and each element counts once", "remove one of the two")
			return false
		}
		seen[key] = true
	}
	return true
}

// oneOf tries the choices that can be what is given. What it reports is what
// the only choice, or the one that came closest, says.
func (d *decoder) oneOf(t *resource.Type, fits func(*resource.Type) bool, decode func(*resource.Type) (resource.Value, bool), none func()) (resource.Value, bool) {
	outer, deps := d.sink, len(d.deps)
	var best *sink
	var bestDeps []resource.Dep
	defer func() { d.sink = outer }()
	tried := false
	for i := range t.Any {
		c := &t.Any[i]
		if !fits(c) {
			continue
		}
		tried = true
		d.sink, d.deps = &sink{}, d.deps[:deps:deps]
		v, ok := decode(c)
		if ok {
			for _, x := range d.sink.list {
				outer.add(x)
			}
			return v, true
		}
		if best == nil || len(d.sink.list) < len(best.list) {
			best, bestDeps = d.sink, slices.Clone(d.deps[deps:])
		}
	}
	d.sink = outer
	if !tried {
		none()
		return resource.Null(), false
	}
	for _, x := range best.list {
		outer.add(x)
	}
	d.deps = append(d.deps[:deps], bestDeps...)
	return resource.Null(), false
}

// value decodes a value as a type.
func (d *decoder) value(v resource.Value, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	if d.left--; d.left < 0 {
		d.fail(v.Range(), d.path[:1].String()+" is too large", "it has more than "+strconv.Itoa(maxElements)+" elements", "split it")
		return v, false
	}
	if v.IsNull() {
		return v, true
	}
	switch t.Kind {
	case resource.TOneOf:
		return d.oneOf(t, func(c *resource.Type) bool { return fitsValue(c, v) },
			func(c *resource.Type) (resource.Value, bool) { return d.value(v, row, c) },
			func() { d.wrongType(v.Range(), v, t) })
	case resource.TObject:
		if v.Kind() == resource.KindObject {
			return d.objectValue(v, t)
		}
	case resource.TMap:
		if v.Kind() == resource.KindObject {
			return d.mapValue(v, row, t)
		}
	case resource.TList:
		if v.Kind() == resource.KindList {
			return d.listValue(v, row, t)
		}
	case resource.TRef:
		return d.reference(v, row, t)
	default:
		return d.scalar(v, row, t)
	}
	d.wrongType(v.Range(), v, t)
	return v, false
}

// fitsValue tells whether a value has the form that a choice needs.
func fitsValue(t *resource.Type, v resource.Value) bool {
	switch t.Kind {
	case resource.TObject, resource.TMap:
		return v.Kind() == resource.KindObject
	case resource.TList:
		return v.Kind() == resource.KindList
	case resource.TRef:
		return v.Kind() == resource.KindRef
	case resource.TOneOf:
		return slices.ContainsFunc(t.Any, func(c resource.Type) bool { return fitsValue(&c, v) })
	default:
		switch v.Kind() {
		case resource.KindBool, resource.KindNumber, resource.KindString, resource.KindTemplate:
			return true
		}
		return false
	}
}

func (d *decoder) objectValue(v resource.Value, t *resource.Type) (resource.Value, bool) {
	good := true
	given := make([]*resource.Field, len(t.Attrs))
	for i, f := range v.Fields() {
		j := rowIndex(t.Attrs, f.Name)
		if j < 0 {
			good = false
			d.unknown(place(f, v), f.Name, t.Attrs, nil, "attribute")
			continue
		}
		given[j] = &v.Fields()[i]
	}
	var fields []resource.Field
	for i := range t.Attrs {
		f := resource.Field{}
		if given[i] != nil {
			f = *given[i]
		}
		x := f.Value
		if x.Range() == nil {
			x = x.At(v.Range())
		}
		f, ok := d.member(&t.Attrs[i], f.At, v.Range(), given[i] != nil, func(row *resource.Attr) (resource.Value, bool) {
			return d.value(x, row, &row.Type)
		})
		good = good && ok
		if !f.Value.IsNull() {
			fields = append(fields, f)
		}
	}
	return resource.Object(fields...).At(v.Range()), good
}

// place is where an entry stands, or else the whole that it is part of.
func place(f resource.Field, whole resource.Value) *resource.Range {
	if f.At != nil {
		return f.At
	}
	return whole.Range()
}

func (d *decoder) mapValue(v resource.Value, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	fields := make([]resource.Field, 0, len(v.Fields()))
	good := true
	for _, f := range v.Fields() {
		d.path = append(d.path, f.Name)
		x := f.Value
		if x.Range() == nil {
			x = x.At(v.Range())
		}
		y, ok := d.value(x, row, t.Elem)
		d.path = d.path[:len(d.path)-1]
		good = good && ok
		if !y.IsNull() {
			fields = append(fields, resource.Field{Name: f.Name, Value: y, At: place(f, v)})
		}
	}
	return resource.Object(fields...).At(v.Range()), good
}

func (d *decoder) listValue(v resource.Value, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	items := make([]resource.Value, 0, len(v.Items()))
	good := true
	for i, x := range v.Items() {
		d.path = append(d.path, strconv.Itoa(i))
		if x.Range() == nil {
			x = x.At(v.Range())
		}
		y, ok := d.value(x, row, t.Elem)
		if ok && y.IsNull() {
			ok = d.nullItem(x.Range())
		}
		d.path = d.path[:len(d.path)-1]
		good = good && ok
		items = append(items, y)
	}
	out := resource.List(items...).At(v.Range())
	return out, good && d.unique(out, t)
}
