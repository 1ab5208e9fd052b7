package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// metas decodes what every block has besides for_each.
func (d *decoder) metas(body *hclsyntax.Body) (ignore []resource.Ignore, ok bool) {
	ok = true
	if a, written := body.Attributes["depends_on"]; written {
		ok = d.dependsOn(a.Expr)
	}
	if a, written := body.Attributes["ignore_changes"]; written {
		good := false
		ignore, good = d.ignoreChanges(a.Expr)
		ok = ok && good
	}
	return ignore, ok
}

// dependsOn orders the thing after others that it does not refer to.
func (d *decoder) dependsOn(e hclsyntax.Expression) bool {
	v, ok := d.l.eval(e, d.scope())
	if !ok {
		return false
	}
	const cure = "write a list of things: depends_on = [table.orders]"
	if v.Kind() != resource.KindList {
		d.fail(d.l.at(e.Range()), "depends_on wants a list of things", "this is "+aKind(v), cure)
		return false
	}
	for _, x := range v.Items() {
		at := x.Range()
		if at == nil {
			at = d.l.at(e.Range())
		}
		things := []resource.Value{x}
		if x.Kind() == resource.KindObject { // all of a block with for_each
			things = nil
			for _, f := range x.Fields() {
				things = append(things, f.Value)
			}
		}
		for _, t := range things {
			addr, isRef := t.Ref()
			if !isRef {
				d.fail(at, "depends_on wants a list of things", show(t)+" is "+aKind(t), cure)
				ok = false
				break
			}
			d.inst.addDep("", addr, at)
		}
	}
	return ok
}

// ignoreChanges names attributes whose differences are shown but not
// repaired, each with the reason.
func (d *decoder) ignoreChanges(e hclsyntax.Expression) (ignore []resource.Ignore, ok bool) {
	const cure = `write each attribute with its reason: ignore_changes = { description = "edited by hand" }`
	obj, isMap := e.(*hclsyntax.ObjectConsExpr)
	if !isMap {
		what := "this is neither a map nor a list"
		if _, isList := e.(*hclsyntax.TupleConsExpr); isList {
			what = "this is a list of attributes without reasons; what is ignored is still shown, and whoever reads it asks why"
		}
		d.fail(d.l.at(e.Range()), "ignore_changes wants a reason for each attribute", what, cure)
		return nil, false
	}
	ok = true
	for _, item := range obj.Items {
		path, at := "", d.l.at(item.KeyExpr.Range())
		if k, isKey := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); isKey {
			if t, isRef := k.Wrapped.(*hclsyntax.ScopeTraversalExpr); isRef { // without quotes
				path = d.l.text(t.SrcRange)
			}
		}
		if path == "" {
			var good bool
			if path, good = d.l.key(item.KeyExpr, d.scope()); !good {
				ok = false
				continue
			}
		}
		why, good := d.l.eval(item.ValueExpr, d.scope())
		if good && (why.Kind() != resource.KindString || why.Str() == "") {
			d.fail(d.l.at(item.ValueExpr.Range()), "the reason for ignoring "+path+" is missing", "ignored differences are still shown, with the reason", `write it: `+path+` = "edited by hand"`)
			good = false
		}
		if !d.ignorable(path, at) || !good {
			ok = false
			continue
		}
		ignore = append(ignore, resource.Ignore{Path: path, Reason: why.Str(), At: at})
	}
	return ignore, ok
}

// ignorable checks a path against the kind's table, as far as it has names.
func (d *decoder) ignorable(path string, at *resource.Range) bool {
	steps, ds := hclsyntax.ParseTraversalAbs([]byte(path), at.File, hcl.InitialPos)
	if ds.HasErrors() {
		d.fail(at, quoted(path)+" is not the path of an attribute", "a path is names with dots between them", `write "description" or "autoscaling.max_cu"`)
		return false
	}
	rows := d.inst.block.kind.Attrs
	where := d.inst.addr.Kind
	for _, step := range steps {
		name := ""
		switch s := step.(type) {
		case hcl.TraverseRoot:
			name = s.Name
		case hcl.TraverseAttr:
			name = s.Name
		default:
			return true
		}
		i := rowIndex(rows, name)
		if i < 0 {
			d.fail(at, article(where)+" has no attribute "+quoted(name), "ignore_changes names attributes of the thing", d.l.didYouMean(name, rowNames(rows), "it has: "+among(rowNames(rows))))
			return false
		}
		if rows[i].Type.Kind != resource.TObject {
			return true
		}
		where, rows = name, rows[i].Type.Attrs
	}
	return true
}

// checkBlock checks the names in a block that has no instances.
func (l *loader) checkBlock(b *block) {
	inst := &instance{block: b, addr: resource.Address{Kind: b.kind.Name, Name: b.label}, each: &each{}}
	d := &decoder{l: l, inst: inst, sink: &l.diags}
	body := b.syntax(l)
	d.names(body, b.kind.Attrs, meta)
	l.checkBody(body, d.scope(), 0)
}

func (l *loader) checkBody(body *hclsyntax.Body, s *scope, depth int) {
	for _, a := range body.Attributes {
		if depth == 0 && (a.Name == "for_each" || a.Name == "ignore_changes") {
			continue
		}
		l.check(a.Expr, s)
	}
	for _, b := range body.Blocks {
		l.checkBody(b.Body, s, depth+1)
	}
}

// constantRow tells whether an attribute is the same in every instance of its
// block: it refers to nothing and calls nothing.
func constantRow(body *hclsyntax.Body, row *resource.Attr) bool {
	if row.Block {
		for _, b := range body.Blocks {
			if b.Type == row.Name && !constantBody(b.Body) {
				return false
			}
		}
		return true
	}
	a, ok := body.Attributes[row.Name]
	return !ok || constant(a.Expr)
}

func constantBody(body *hclsyntax.Body) bool {
	for _, a := range body.Attributes {
		if !constant(a.Expr) {
			return false
		}
	}
	for _, b := range body.Blocks {
		if !constantBody(b.Body) {
			return false
		}
	}
	return true
}

// constant tells whether an expression is made of literals only.
func constant(e hclsyntax.Expression) bool {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return true
	case *hclsyntax.TemplateExpr:
		for _, p := range e.Parts {
			if !constant(p) {
				return false
			}
		}
		return true
	case *hclsyntax.TupleConsExpr:
		for _, x := range e.Exprs {
			if !constant(x) {
				return false
			}
		}
		return true
	case *hclsyntax.ObjectConsExpr:
		for _, it := range e.Items {
			k, ok := it.KeyExpr.(*hclsyntax.ObjectConsKeyExpr)
			if !ok || k.ForceNonLiteral || hcl.ExprAsKeyword(k.Wrapped) == "" && !constant(k.Wrapped) || !constant(it.ValueExpr) {
				return false
			}
		}
		return true
	}
	return false
}
