package config

import (
	"strconv"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// text builds a string out of parts, holes among them.
type text struct {
	parts []resource.Part
	size  int
}

func (t *text) value() resource.Value { return resource.Template(t.parts...) }

func (t *text) add(l *loader, v resource.Value, e hclsyntax.Expression, s *scope) bool {
	at := func() *resource.Range { return l.at(e.Range()) }
	switch v.Kind() {
	case resource.KindNull:
		s.sink.fail(at(), "null cannot stand in a text", l.text(e.Range())+" has no value", `give it one, or write coalesce(…, "")`)
		return false
	case resource.KindBool:
		v = resource.String(strconv.FormatBool(v.Bool()))
	case resource.KindRef:
		name, _ := v.Ref()
		s.sink.fail(at(), name.String()+" is a thing, not a text", "a text can hold an attribute of a thing, not the thing itself", "write the attribute: ${"+name.String()+".name}")
		return false
	case resource.KindList, resource.KindObject:
		s.sink.fail(at(), aKind(v)+" cannot stand in a text", l.text(e.Range())+" is "+aKind(v)+", and a text is made of strings, numbers and bools", `write join(", ", …) or jsonencode(…)`)
		return false
	}
	for _, p := range v.Parts() {
		t.parts = append(t.parts, p)
		t.size += len(p.Text) + 16
	}
	if t.size > maxText {
		s.sink.fail(at(), "the text is too long", "it has more than 16 MB", "read it from a file where it is used")
		return false
	}
	return true
}

func (l *loader) template(e *hclsyntax.TemplateExpr, s *scope) (resource.Value, bool) {
	if v, ok := literalText(e); ok {
		return v, true
	}
	var t text
	good := true
	for _, p := range e.Parts {
		if lit, ok := p.(*hclsyntax.LiteralValueExpr); ok && lit.Val.Type() == cty.String && !lit.Val.IsNull() {
			t.parts = append(t.parts, resource.Part{Text: lit.Val.AsString()})
			continue
		}
		v, ok := l.eval(p, s)
		good = ok && t.add(l, v, p, s) && good
		if t.size > maxText {
			return resource.Null(), false
		}
	}
	return t.value(), good
}

// literalText is the text of a quoted string without anything in it.
func literalText(e *hclsyntax.TemplateExpr) (resource.Value, bool) {
	if len(e.Parts) == 0 {
		return resource.String(""), true
	}
	if len(e.Parts) > 1 {
		return resource.Null(), false
	}
	lit, ok := e.Parts[0].(*hclsyntax.LiteralValueExpr)
	if !ok || lit.Val.IsNull() || lit.Val.Type() != cty.String {
		return resource.Null(), false
	}
	return resource.String(lit.Val.AsString()), true
}
