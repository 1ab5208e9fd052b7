package config

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// branch evaluates the condition and says which result counts.
func (l *loader) branch(e *hclsyntax.ConditionalExpr, s *scope) (taken, other hclsyntax.Expression, ok bool) {
	c, ok := l.condition(e.Condition, s, "a condition")
	switch {
	case !ok:
		return nil, nil, false
	case c:
		return e.TrueResult, e.FalseResult, true
	default:
		return e.FalseResult, e.TrueResult, true
	}
}

func (l *loader) condition(e hclsyntax.Expression, s *scope, what string) (value, ok bool) {
	v, ok := l.eval(e, s)
	if !ok || !l.known(v, e, s, what) {
		return false, false
	}
	if v.Kind() == resource.KindBool {
		return v.Bool(), true
	}
	if v.Str() == "true" || v.Str() == "false" {
		return v.Str() == "true", true
	}
	s.sink.fail(l.at(e.Range()), what+" must be true or false", "this is "+aKind(v), `compare it with something: x == "y", x != null`)
	return false, false
}

func (l *loader) binary(e *hclsyntax.BinaryOpExpr, s *scope) (resource.Value, bool) {
	if e.Op == hclsyntax.OpLogicalAnd || e.Op == hclsyntax.OpLogicalOr {
		left, ok := l.condition(e.LHS, s, "an operator")
		if !ok || left == (e.Op == hclsyntax.OpLogicalOr) {
			l.check(e.RHS, s)
			return resource.Bool(left), ok
		}
		right, ok := l.condition(e.RHS, s, "an operator")
		return resource.Bool(right), ok
	}
	x, ok := l.eval(e.LHS, s)
	y, ok2 := l.eval(e.RHS, s)
	if !ok || !ok2 {
		return resource.Null(), false
	}
	ok = l.known(x, e.LHS, s, "an operator")
	if !l.known(y, e.RHS, s, "an operator") || !ok {
		return resource.Null(), false
	}
	switch e.Op {
	case hclsyntax.OpEqual:
		return resource.Bool(x.Equal(y)), true
	case hclsyntax.OpNotEqual:
		return resource.Bool(!x.Equal(y)), true
	}
	return l.operate(e.Op, e, s, []resource.Value{x, y}, []hclsyntax.Expression{e.LHS, e.RHS})
}

func (l *loader) operate(op *hclsyntax.Operation, e hclsyntax.Expression, s *scope, vals []resource.Value, exprs []hclsyntax.Expression) (resource.Value, bool) {
	params := op.Impl.Params()
	args := make([]cty.Value, len(vals))
	for i, v := range vals {
		c, err := toCty(v)
		if err == nil {
			c, err = convertCty(c, params[i].Type)
		}
		if err != nil || c.IsNull() {
			s.sink.fail(l.at(exprs[i].Range()), "the operator needs a "+params[i].Type.FriendlyName(), "this is "+aKind(v), "give it a value of that type")
			return resource.Null(), false
		}
		args[i] = c
	}
	out, err := op.Impl.Call(args)
	var v resource.Value
	if err == nil {
		v, err = fromCty(out)
	}
	if err != nil {
		s.sink.fail(l.at(e.Range()), "the operation failed", err.Error(), "correct its operands")
		return resource.Null(), false
	}
	return v, true
}
