package config

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// maxDepth bounds how deep expressions may nest, chains of references
// included. Each level takes a few hundred bytes of stack.
const maxDepth = 200_000

// maxIterations bounds the rounds of all for expressions together.
const maxIterations = 1_000_000

// eval gives the value of an expression. It is false if there is none; then
// the reason has been reported.
//
// A hole passes wherever a value is only carried: a literal, a template, a
// condition's branch, a for expression's result. Everything that must look at
// a value calls known first.
func (l *loader) eval(e hclsyntax.Expression, s *scope) (resource.Value, bool) {
	if l.depth++; l.depth > maxDepth {
		l.depth--
		return l.tooDeep(e, s)
	}
	defer func() { l.depth-- }()

	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return l.literal(e, s)
	case *hclsyntax.TemplateExpr:
		return l.template(e, s)
	case *hclsyntax.TemplateWrapExpr:
		return l.eval(e.Wrapped, s)
	case *hclsyntax.TemplateJoinExpr:
		return l.joined(e, s)
	case *hclsyntax.ParenthesesExpr:
		return l.eval(e.Expression, s)
	case *hclsyntax.ScopeTraversalExpr:
		return l.traversal(e.Traversal, s)
	case *hclsyntax.RelativeTraversalExpr:
		return l.relative(e, s)
	case *hclsyntax.IndexExpr:
		return l.index(e, s)
	case *hclsyntax.TupleConsExpr:
		return l.tuple(e, s)
	case *hclsyntax.ObjectConsExpr:
		return l.object(e, s)
	case *hclsyntax.ObjectConsKeyExpr:
		return l.eval(e.Wrapped, s)
	case *hclsyntax.ConditionalExpr:
		return l.conditional(e, s)
	case *hclsyntax.FunctionCallExpr:
		return l.call(e, s)
	case *hclsyntax.ForExpr:
		return l.forExpr(e, s)
	case *hclsyntax.SplatExpr:
		return l.splat(e, s)
	case *hclsyntax.AnonSymbolExpr:
		return l.item(e, s)
	case *hclsyntax.BinaryOpExpr:
		return l.binary(e, s)
	case *hclsyntax.UnaryOpExpr:
		return l.unary(e, s)
	default:
		// ExprSyntaxError: the parser has reported it.
		l.broken = true
		return resource.Null(), false
	}
}

func (l *loader) literal(e *hclsyntax.LiteralValueExpr, s *scope) (resource.Value, bool) {
	if !e.Val.IsKnown() { // what the parser puts where it found an error
		l.broken = true
		return resource.Null(), false
	}
	v, err := fromCty(e.Val)
	if err != nil {
		s.sink.fail(l.at(e.SrcRange), "the number cannot be used", err.Error(), "write a number of reasonable size")
		return resource.Null(), false
	}
	return v, true
}

func (l *loader) joined(e *hclsyntax.TemplateJoinExpr, s *scope) (resource.Value, bool) {
	v, ok := l.eval(e.Tuple, s)
	if !ok {
		return v, false
	}
	var t text
	for _, item := range v.Items() {
		ok = t.add(l, item, e.Tuple, s) && ok
	}
	return t.value(), ok
}

func (l *loader) relative(e *hclsyntax.RelativeTraversalExpr, s *scope) (resource.Value, bool) {
	v, ok := l.eval(e.Source, s)
	if !ok {
		return v, false
	}
	return l.steps(cursor{value: v, label: l.text(e.Source.Range())}, e.Traversal, s)
}

func (l *loader) tuple(e *hclsyntax.TupleConsExpr, s *scope) (resource.Value, bool) {
	items, good := make([]resource.Value, 0, len(e.Exprs)), true
	for _, x := range e.Exprs {
		v, ok := l.eval(x, s)
		good = good && ok
		items = append(items, v.At(l.at(x.Range())))
	}
	return resource.List(items...), good
}

func (l *loader) object(e *hclsyntax.ObjectConsExpr, s *scope) (resource.Value, bool) {
	fields, good := make([]resource.Field, 0, len(e.Items)), true
	l.entries(e, s, s.sink, func(f resource.Field, x hclsyntax.Expression) {
		v, ok := l.eval(x, s)
		good = good && ok
		f.Value = v.At(l.at(x.Range()))
		fields = append(fields, f)
	}, func() { good = false })
	return resource.Object(fields...), good
}

func (l *loader) conditional(e *hclsyntax.ConditionalExpr, s *scope) (resource.Value, bool) {
	taken, other, ok := l.branch(e, s)
	if !ok {
		l.check(e.TrueResult, s)
		l.check(e.FalseResult, s)
		return resource.Null(), false
	}
	l.check(other, s)
	return l.eval(taken, s)
}

func (l *loader) item(e *hclsyntax.AnonSymbolExpr, s *scope) (resource.Value, bool) {
	for b := s.bound; b != nil; b = b.next {
		if b.item == e {
			return b.value, b.ok
		}
	}
	return resource.Null(), false
}

func (l *loader) unary(e *hclsyntax.UnaryOpExpr, s *scope) (resource.Value, bool) {
	v, ok := l.eval(e.Val, s)
	if !ok || !l.known(v, e.Val, s, "an operator") {
		return resource.Null(), false
	}
	return l.operate(e.Op, e, s, []resource.Value{v}, []hclsyntax.Expression{e.Val})
}

func (l *loader) tooDeep(e hclsyntax.Expression, s *scope) (resource.Value, bool) {
	s.sink.fail(l.at(e.Range()), "the expression is nested too deeply", "it, and what it refers to, goes "+strconv.Itoa(maxDepth)+" levels deep", "name parts of it with locals, or break the chain of references")
	return resource.Null(), false
}

// entries calls yield for each entry of an object literal, in source order,
// and bad for each that has no usable key.
func (l *loader) entries(e *hclsyntax.ObjectConsExpr, s *scope, k *sink, yield func(resource.Field, hclsyntax.Expression), bad func()) {
	seen := newSeen(len(e.Items))
	for i, it := range e.Items {
		name, ok := l.key(it.KeyExpr, s)
		if !ok {
			bad()
			l.check(it.ValueExpr, s)
			continue
		}
		kr := it.KeyExpr.Range()
		if first, dup := seen.before(name, i); dup {
			at := l.at(e.Items[first].KeyExpr.Range())
			k.fail(l.at(kr), quoted(name)+" is written twice", "the first stands at "+at.String(), "remove one of the two")
			bad()
			l.check(it.ValueExpr, s)
			continue
		}
		yield(resource.Field{Name: name, At: l.at(hcl.RangeBetween(kr, it.ValueExpr.Range()))}, it.ValueExpr)
	}
}

// seen holds the names of an object's entries so far, with their numbers. Most objects are small, and
// there are many of them.
type seen struct {
	few  []entryName
	many map[string]int
}

type entryName struct {
	name   string
	number int
}

func newSeen(entries int) seen {
	switch {
	case entries < 2:
		return seen{}
	case entries <= 16:
		return seen{few: make([]entryName, 0, entries)}
	}
	return seen{many: make(map[string]int, entries)}
}

// before notes the name of an entry, and gives the number of an earlier one that has it.
func (x *seen) before(name string, number int) (int, bool) {
	if x.many != nil {
		first, dup := x.many[name]
		if !dup {
			x.many[name] = number
		}
		return first, dup
	}
	for _, e := range x.few {
		if e.name == name {
			return e.number, true
		}
	}
	x.few = append(x.few, entryName{name, number})
	return 0, false
}

// key gives the name of an object literal's entry. A bare word is the name
// itself; an expression in parentheses is evaluated.
func (l *loader) key(e hclsyntax.Expression, s *scope) (string, bool) {
	k, ok := e.(*hclsyntax.ObjectConsKeyExpr)
	if ok && !k.ForceNonLiteral {
		if word := hcl.ExprAsKeyword(k.Wrapped); word != "" {
			return word, true
		}
		if t, ok := k.Wrapped.(*hclsyntax.ScopeTraversalExpr); ok {
			s.sink.fail(l.at(t.SrcRange), l.text(t.SrcRange)+" is not a name", "a key is a word, a quoted text, or an expression in parentheses", "write it in quotes if it is a name, in parentheses if it is a reference")
			return "", false
		}
	}
	v, ok := l.eval(e, s)
	if !ok || !l.known(v, e, s, "a key") {
		return "", false
	}
	switch v.Kind() {
	case resource.KindString, resource.KindNumber:
		return v.Str(), true
	case resource.KindBool:
		return strconv.FormatBool(v.Bool()), true
	}
	s.sink.fail(l.at(e.Range()), "a key must be a text", "this is "+aKind(v), "write a word, a quoted text, or an expression in parentheses that gives one")
	return "", false
}
