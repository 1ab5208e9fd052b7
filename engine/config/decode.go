package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// The attributes that every block has.
var meta = []string{"for_each", "depends_on", "ignore_changes"}

// decoder decodes one attribute of one thing by its row in the kind's table.
type decoder struct {
	l    *loader
	inst *instance
	sink *sink
	path resource.Path // for messages
	part string        // the part of the thing that references order
	// deps are noted when the attribute is right; a choice among types may
	// try some and drop them.
	deps []resource.Dep
	left int // how many more elements the attribute may have
}

// maxElements bounds one attribute: values can share what they are made of.
const maxElements = 500_000

// resource decodes all of a thing. It is nil if something is wrong with it,
// which has been reported.
func (l *loader) resource(inst *instance) *resource.Resource {
	b := inst.block
	d := &decoder{l: l, inst: inst, sink: &l.diags}
	b.settle(l, inst)
	body := b.syntax(l)
	ok := b.settled || l.names(inst, body)
	count := 0
	for i := range b.kind.Attrs {
		v, good := l.slot(inst, i, b.at)
		ok = ok && good
		if !v.IsNull() {
			count++
		}
	}
	fields := make([]resource.Field, 0, count)
	for i := range b.kind.Attrs {
		if s := &inst.slots[i]; !s.value.IsNull() {
			fields = append(fields, resource.Field{Name: b.kind.Attrs[i].Name, Value: s.value, At: s.at})
		}
	}
	ignore, good := d.metas(body)
	ok = ok && good
	b.trace.each(func(r read) { inst.addDep("", r.on, r.at) })
	r := &resource.Resource{
		Address: inst.addr, Kind: b.kind, Range: b.at, Deps: inst.deps, Ignore: ignore,
		Attrs: resource.Object(fields...).At(b.at),
	}
	inst.known = nil
	if !ok || inst.bad {
		return nil
	}
	if b.kind.Check != nil {
		for _, x := range b.kind.Check(r) {
			if x.Address.IsZero() {
				x.Address = inst.addr
			}
			if x.Range.IsZero() {
				x.Range = b.at
			}
			l.diags.add(x)
		}
	}
	return r
}

// names checks the names at the top of a block.
func (l *loader) names(inst *instance, body *hclsyntax.Body) bool {
	d := &decoder{l: l, inst: inst, sink: &l.diags}
	return d.names(body, inst.block.kind.Attrs, meta)
}

// names reports what is written in a body but is not in the table, or is
// written in the wrong form.
func (d *decoder) names(body *hclsyntax.Body, rows []resource.Attr, also []string) bool {
	ok := true
	unknown := func(r hcl.Range, name, what string) {
		ok = false
		d.unknown(d.l.at(r), name, rows, also, what)
	}
	for name, a := range body.Attributes {
		if i := rowIndex(rows, name); i >= 0 {
			if rows[i].Block {
				ok = false
				d.fail(d.l.at(a.NameRange), name+" is a block", "it is written without an equal sign", "write "+name+" { … }")
			}
		} else if !slices.Contains(also, name) {
			unknown(a.NameRange, name, "attribute")
		}
	}
	for _, b := range body.Blocks {
		if i := rowIndex(rows, b.Type); i < 0 {
			unknown(b.TypeRange, b.Type, "block")
		} else if !rows[i].Block {
			ok = false
			cure := "write " + b.Type + " = …"
			if k := rows[i].Type.Kind; k == resource.TObject || k == resource.TMap {
				cure = "write " + b.Type + " = { … }"
			}
			d.fail(d.l.at(b.TypeRange), b.Type+" is an attribute, not a block", "it is written with an equal sign", cure)
		}
	}
	return ok
}

// unknown reports a name that the table does not have.
func (d *decoder) unknown(at *resource.Range, name string, rows []resource.Attr, also []string, what string) {
	var can []string
	for _, r := range rows {
		if !r.Computed && !r.Derived {
			can = append(can, r.Name)
		}
	}
	where := d.inst.addr.Kind
	if len(d.path) > 0 {
		where = d.path.String() + " of " + article(where)
	}
	cure := d.l.didYouMean(name, append(slices.Clone(can), also...), "allowed here: "+among(can))
	if len(d.path) == 0 {
		switch name {
		case "count":
			cure = "write for_each: the things are then named by keys, not by numbers"
		case "lifecycle":
			cure = "write ignore_changes in the block itself; data is protected without being asked"
		case "dynamic":
			cure = "write a for expression, or for_each on the block"
		case "provider":
			cure = "leave it out"
		}
	}
	d.fail(at, where+" has no "+what+" "+quoted(name), "every name is checked, so that a misspelt one is not overlooked", cure)
}

// fail reports an error in the thing.
func (d *decoder) fail(at *resource.Range, summary, detail, cure string) {
	d.sink.fail(at, summary, detail, cure).Address = d.inst.addr
}

// decodeRow decodes a top-level attribute.
func (l *loader) decodeRow(inst *instance, row *resource.Attr) (resource.Value, *resource.Range, bool) {
	d := &decoder{l: l, inst: inst, sink: &l.diags, path: resource.Path{row.Name}, left: maxElements}
	v, at, ok := d.row(inst.block.syntax(l), row, inst.block.at, d.scope())
	for _, x := range d.deps {
		inst.addDep(x.Part, x.On, x.At)
	}
	return v, at, ok
}

func (d *decoder) scope() *scope { return &scope{sink: &d.l.diags, each: d.inst.each} }

// row decodes one attribute or nested block of a body.
func (d *decoder) row(body *hclsyntax.Body, row *resource.Attr, owner *resource.Range, s *scope) (resource.Value, *resource.Range, bool) {
	if row.Part != "" {
		defer func(p string) { d.part = p }(d.part)
		d.part = row.Part
	}
	if row.Block {
		return d.blocks(body, row, owner, s)
	}
	a, written := body.Attributes[row.Name]
	if !written {
		v, ok := d.absent(row, owner)
		return v, owner, ok
	}
	at := d.l.at(a.SrcRange)
	if unwritable(row) {
		d.refuse(row, d.l.at(a.NameRange))
		d.l.check(a.Expr, s)
		return resource.Null(), at, false
	}
	v, ok := d.expr(a.Expr, s, row, &row.Type)
	if !ok {
		return v, at, false
	}
	if v.IsNull() {
		v, ok = d.absent(row, at)
		return v, at, ok
	}
	return v, at, d.checked(row, v)
}

// absent is the value of an attribute that is not written, or is null.
func (d *decoder) absent(row *resource.Attr, owner *resource.Range) (resource.Value, bool) {
	if row.Required && !d.l.broken {
		where := d.inst.addr.String()
		if len(d.path) > 1 {
			where = d.path[:len(d.path)-1].String() + " of " + where
		}
		why := sentence(row.Doc)
		if why == "" {
			why = "every " + d.inst.addr.Kind + " block has it"
			if len(d.path) > 1 {
				why = "it cannot be left out there"
			}
		}
		d.fail(owner, where+" needs "+quoted(row.Name), why, "add "+example(row))
		return resource.Null(), false
	}
	if row.Default.IsNull() {
		return resource.Null(), !row.Required
	}
	return row.Default.At(nil), !row.Required
}

// unwritable tells whether an attribute is not for the files to say.
func unwritable(row *resource.Attr) bool { return row.Computed || row.Derived }

func (d *decoder) refuse(row *resource.Attr, at *resource.Range) {
	why := "the live system decides it"
	if row.Derived {
		why = "it follows from other attributes"
	}
	d.fail(at, d.path.String()+" of "+d.inst.addr.String()+" cannot be written", why, "take it out; refer to it as "+d.inst.addr.String()+"."+d.path.String())
}

// checked applies the row's own check.
func (d *decoder) checked(row *resource.Attr, v resource.Value) bool {
	if row.Check == nil || v.IsNull() || !v.Known() {
		return true
	}
	err := row.Check(v)
	if err == nil {
		return true
	}
	why := row.Doc
	if row.Reason != "" {
		why = row.Reason
	}
	if why == "" {
		why = "it is checked before anything is called, as the platform would refuse it"
	}
	d.fail(v.Range(), err.Error(), sentence(why), "correct "+d.path.String()+" of "+d.inst.addr.String())
	return false
}

// blocks decodes nested blocks: one for an object, any number for a list of
// objects, and labelled ones for a map of objects.
func (d *decoder) blocks(body *hclsyntax.Body, row *resource.Attr, owner *resource.Range, s *scope) (resource.Value, *resource.Range, bool) {
	var found []*hclsyntax.Block
	for _, b := range body.Blocks {
		if b.Type == row.Name {
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		if _, wrongForm := body.Attributes[row.Name]; wrongForm {
			return resource.Null(), owner, false
		}
		v, ok := d.absent(row, owner)
		return v, owner, ok
	}
	at := d.l.at(hcl.RangeBetween(found[0].TypeRange, found[0].CloseBraceRange))
	t, labels := &row.Type, 0
	switch {
	case t.Kind == resource.TMap && t.Elem.Kind == resource.TObject:
		t, labels = t.Elem, 1
	case t.Kind == resource.TList && t.Elem.Kind == resource.TObject:
		t = t.Elem
	case len(found) > 1:
		d.fail(d.l.at(found[1].DefRange()), quoted(row.Name)+" is written twice", "the first stands at "+at.String()+", and there can be one", "move everything into one block")
		return resource.Null(), at, false
	}
	good := true
	var items []resource.Value
	var fields []resource.Field
	for _, b := range found {
		place := d.l.at(hcl.RangeBetween(b.TypeRange, b.CloseBraceRange))
		if len(b.Labels) != labels {
			cure := "write " + row.Name + " { … }"
			if labels == 1 {
				cure = "write " + row.Name + ` "NAME" { … }`
			}
			d.fail(d.l.at(b.DefRange()), "a block "+quoted(row.Name)+" has "+map[int]string{0: "no label", 1: "one label"}[labels], "this one has "+plural(len(b.Labels), "label"), cure)
			good = false
			continue
		}
		v, ok := d.body(b.Body, t, place, s)
		good = good && ok
		v = v.At(place)
		if labels == 0 {
			items = append(items, v)
			continue
		}
		if slices.ContainsFunc(fields, func(f resource.Field) bool { return f.Name == b.Labels[0] }) {
			d.fail(d.l.at(b.LabelRanges[0]), row.Name+" "+quoted(b.Labels[0])+" is written twice", "each label makes one entry", "remove one of the two")
			good = false
			continue
		}
		fields = append(fields, resource.Field{Name: b.Labels[0], Value: v, At: place})
	}
	var v resource.Value
	switch {
	case labels == 1:
		v = resource.Object(fields...)
	case t == &row.Type && len(items) == 0:
		return v, at, false
	case t == &row.Type:
		v = items[0]
	default:
		v = resource.List(items...)
	}
	v = v.At(at)
	return v, at, good && d.checked(row, v)
}

// body decodes the inside of a nested block.
func (d *decoder) body(body *hclsyntax.Body, t *resource.Type, owner *resource.Range, s *scope) (resource.Value, bool) {
	ok := d.names(body, t.Attrs, nil)
	var fields []resource.Field
	for i := range t.Attrs {
		row := &t.Attrs[i]
		d.path = append(d.path, row.Name)
		v, at, good := d.row(body, row, owner, s)
		d.path = d.path[:len(d.path)-1]
		ok = ok && good
		if !v.IsNull() {
			fields = append(fields, resource.Field{Name: row.Name, Value: v, At: at})
		}
	}
	return resource.Object(fields...), ok
}
