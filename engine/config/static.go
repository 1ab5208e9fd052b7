package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// check looks at an expression that is not evaluated (the other branch of a
// condition, the body of a for over nothing) and reports names in it that do
// not exist.
func (l *loader) check(e hclsyntax.Expression, s *scope) { l.checkDepth(e, s, 0) }

// maxChecked bounds the nesting that is looked at; deeper is never right.
const maxChecked = 10_000

func (l *loader) checkDepth(e hclsyntax.Expression, s *scope, depth int) {
	if depth++; depth > maxChecked {
		return
	}
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		for _, p := range e.Parts {
			l.checkDepth(p, s, depth)
		}
	case *hclsyntax.TemplateWrapExpr:
		l.checkDepth(e.Wrapped, s, depth)
	case *hclsyntax.TemplateJoinExpr:
		l.checkDepth(e.Tuple, s, depth)
	case *hclsyntax.ParenthesesExpr:
		l.checkDepth(e.Expression, s, depth)
	case *hclsyntax.ScopeTraversalExpr:
		l.checkTraversal(e.Traversal, s)
	case *hclsyntax.RelativeTraversalExpr:
		l.checkDepth(e.Source, s, depth)
	case *hclsyntax.IndexExpr:
		l.checkDepth(e.Collection, s, depth)
		l.checkDepth(e.Key, s, depth)
	case *hclsyntax.TupleConsExpr:
		for _, x := range e.Exprs {
			l.checkDepth(x, s, depth)
		}
	case *hclsyntax.ObjectConsExpr:
		for _, it := range e.Items {
			if k, ok := it.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); !ok || k.ForceNonLiteral || hcl.ExprAsKeyword(k.Wrapped) == "" {
				l.checkDepth(it.KeyExpr, s, depth)
			}
			l.checkDepth(it.ValueExpr, s, depth)
		}
	case *hclsyntax.ObjectConsKeyExpr:
		l.checkDepth(e.Wrapped, s, depth)
	case *hclsyntax.ConditionalExpr:
		l.checkDepth(e.Condition, s, depth)
		l.checkDepth(e.TrueResult, s, depth)
		l.checkDepth(e.FalseResult, s, depth)
	case *hclsyntax.FunctionCallExpr:
		if !isFunction(e.Name) {
			l.unknownFunction(e, s)
		}
		for _, x := range e.Args {
			l.checkDepth(x, s, depth)
		}
	case *hclsyntax.ForExpr:
		l.checkDepth(e.CollExpr, s, depth)
		l.checkFor(e, s, depth)
	case *hclsyntax.SplatExpr:
		l.checkDepth(e.Source, s, depth)
	case *hclsyntax.BinaryOpExpr:
		l.checkDepth(e.LHS, s, depth)
		l.checkDepth(e.RHS, s, depth)
	case *hclsyntax.UnaryOpExpr:
		l.checkDepth(e.Val, s, depth)
	}
}

// checkFor looks at the inside of a for expression.
func (l *loader) checkFor(e *hclsyntax.ForExpr, s *scope, depth int) {
	in := s.bind(e.ValVar, resource.Null(), false)
	if e.KeyVar != "" {
		in = in.bind(e.KeyVar, resource.Null(), false)
	}
	for _, x := range []hclsyntax.Expression{e.KeyExpr, e.ValExpr, e.CondExpr} {
		if x != nil {
			l.checkDepth(x, in, depth)
		}
	}
}

func (l *loader) checkTraversal(t hcl.Traversal, s *scope) {
	c, rest, ok := l.root(t, s, false)
	if !ok || len(rest) == 0 {
		return
	}
	addr, isRef := c.value.Ref()
	step, isAttr := rest[0].(hcl.TraverseAttr)
	if !isRef || !isAttr {
		return
	}
	kind := l.opts.Kinds[addr.Kind]
	if rowIndex(kind.Attrs, step.Name) < 0 {
		l.attribute(addr, step.Name, step.SrcRange, s)
	}
}
