package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// variable is a declared variable. Its value is computed when it is first
// asked for: the value that the environment block gives may use others.
type variable struct {
	name      string
	body      *hclsyntax.Body
	at        *resource.Range
	typ       cty.Type
	defaults  *typeexpr.Defaults
	sensitive bool
	misspelt  bool // an attribute is, so that it may have a default
	doc       string

	state state
	ok    bool
	value resource.Value
	real  resource.Value // of a sensitive one, for its validation only
	from  string
	given *resource.Range // where the value stands, if it stands in a file
	trace *trace
}

// local is one entry of a locals block.
type local struct {
	name  string
	expr  hclsyntax.Expression
	at    *resource.Range
	state state
	ok    bool
	value resource.Value
	trace *trace
}

func (l *loader) declareLocals(b *hclsyntax.Block) {
	if len(b.Labels) > 0 {
		l.diags.fail(l.at(b.DefRange()), "a locals block has no label", "this one has "+plural(len(b.Labels), "label"), "write locals { … }")
	}
	for _, x := range b.Body.Blocks {
		l.diags.fail(l.at(x.TypeRange), "a locals block has no blocks", "it has attributes, each of which names an expression", "write "+x.Type+" = { … }")
	}
	for _, a := range sortedAttributes(b.Body) {
		at := l.at(a.NameRange)
		if first, dup := l.locals[a.Name]; dup {
			l.diags.fail(at, "local."+a.Name+" is declared twice", "the first stands at "+first.at.String(), "give one of them another name, or remove it")
			continue
		}
		l.locals[a.Name] = &local{name: a.Name, expr: a.Expr, at: at}
	}
}

func (l *loader) sortedLocals() []*local {
	return slices.SortedFunc(maps.Values(l.locals), func(a, b *local) int {
		if a.at.File != b.at.File {
			return slices.Compare([]string{a.at.File}, []string{b.at.File})
		}
		return int(a.at.Byte - b.at.Byte)
	})
}

// local gives the value of a local, evaluated once.
func (l *loader) local(x *local, at *resource.Range, s *scope) (resource.Value, bool) {
	switch x.state {
	case running:
		l.circle(x, "local."+x.name, at)
		return resource.Null(), false
	case untouched:
		x.state = running
		x.trace = &trace{}
		l.enter(x, "local."+x.name, at)
		x.value, x.ok = l.eval(x.expr, &scope{sink: &l.diags, trace: x.trace, noEach: "a local is the same everywhere"})
		l.leave()
		x.state = done
	}
	s.trace.join(x.trace)
	return x.value, x.ok
}

// The attributes of a variable block.
var variableAttrs = []string{"type", "default", "description", "sensitive"}

func (l *loader) declareVariable(b *hclsyntax.Block) {
	name, ok := l.oneLabel(b)
	if !ok {
		return
	}
	at := l.at(b.DefRange())
	if first, dup := l.vars[name]; dup {
		l.diags.fail(at, "variable "+quoted(name)+" is declared twice", "the first stands at "+first.at.String(), "give one of them another name, or remove it")
		return
	}
	v := &variable{name: name, body: b.Body, at: at, typ: cty.DynamicPseudoType}
	l.vars[name] = v
	for _, a := range sortedAttributes(b.Body) {
		if !slices.Contains(variableAttrs, a.Name) {
			v.misspelt = true
			l.diags.fail(l.at(a.NameRange), "variable has no attribute "+quoted(a.Name), "every name is checked, so that a misspelt one is not overlooked", l.didYouMean(a.Name, append(slices.Clone(variableAttrs), "validation"), "allowed here: "+among(append(slices.Clone(variableAttrs), "validation"))))
		}
	}
	for _, x := range b.Body.Blocks {
		if x.Type != "validation" {
			l.diags.fail(l.at(x.TypeRange), "variable has no block "+quoted(x.Type), "every name is checked, so that a misspelt one is not overlooked", l.didYouMean(x.Type, []string{"validation"}, "allowed here: validation"))
		}
	}
	literal := &scope{sink: &l.diags, only: "a variable is declared before anything has a value"}
	if a, ok := b.Body.Attributes["type"]; ok {
		v.typ, v.defaults = l.typeOf(a.Expr)
	}
	if a, ok := b.Body.Attributes["description"]; ok {
		if x, ok := l.eval(a.Expr, literal); ok {
			v.doc = x.Str()
		}
	}
	if a, ok := b.Body.Attributes["sensitive"]; ok {
		// Whatever is written here, a variable that is meant to be a secret is
		// never shown.
		v.sensitive = true
		if x, ok := l.eval(a.Expr, literal); ok {
			v.sensitive = x.Kind() != resource.KindBool || x.Bool()
			if x.Kind() != resource.KindBool {
				l.diags.fail(l.at(a.Expr.Range()), "sensitive wants a bool", "this is "+aKind(x), "write true or false")
			}
		}
	}
	if v.sensitive && !v.typ.IsPrimitiveType() && v.typ != cty.DynamicPseudoType {
		l.diags.fail(at, "a sensitive variable must be a text", "variable "+quoted(name)+" is "+article(typeexpr.TypeString(v.typ))+", and a secret is filled into one place, as a whole", "make a variable of each secret in it, with type = string")
		v.typ = cty.String
	}
}

// typeOf reads a type such as string or map(object({ a = optional(number) })).
func (l *loader) typeOf(e hclsyntax.Expression) (cty.Type, *typeexpr.Defaults) {
	if t, ok := e.(*hclsyntax.TemplateExpr); ok {
		if s, ok := literalText(t); ok {
			l.diags.fail(l.at(e.Range()), "a type is written without quotes", quoted(s.Str())+" is a text", "write type = "+s.Str())
			return cty.DynamicPseudoType, nil
		}
	}
	t, defaults, ds := typeexpr.TypeConstraintWithDefaults(e)
	for _, d := range ds {
		at := l.at(e.Range())
		if d.Subject != nil {
			at = l.at(*d.Subject)
		}
		cure := "write string, number, bool, any, list(…), set(…), map(…), tuple([…]) or object({ … })"
		if word := hcl.ExprAsKeyword(e); word != "" {
			if near := resource.Nearest(word, []string{"string", "number", "bool", "any", "list", "set", "map", "object"}); near != "" {
				cure = "did you mean " + quoted(near) + "?"
			}
		}
		l.diags.fail(at, "this is not a type", sentence(d.Detail), cure)
	}
	if ds.HasErrors() {
		return cty.DynamicPseudoType, nil
	}
	return t, defaults
}

// readVariables gives every variable its value and checks it.
func (l *loader) readVariables() {
	l.unknownVariables()
	names := slices.Sorted(maps.Keys(l.vars))
	for _, name := range names {
		v := l.vars[name]
		l.variable(v, nil, &scope{sink: &l.diags})
		l.env.Variables = append(l.env.Variables, Variable{
			Name: name, Type: typeexpr.TypeString(v.typ), Description: v.doc, Sensitive: v.sensitive,
			Value: v.value, From: v.from, At: v.at,
		})
	}
	for _, name := range names {
		if v := l.vars[name]; v.ok {
			l.validate(v)
		}
	}
}

// unknownVariables reports values for variables that nobody declares. The
// values are not shown: one may be a secret.
func (l *loader) unknownVariables() {
	declared := slices.Collect(maps.Keys(l.vars))
	if obj := l.givenVariables(); obj != nil {
		for _, it := range obj.Items {
			name, ok := l.key(it.KeyExpr, l.givenScope(nil))
			if _, known := l.vars[name]; ok && !known {
				l.missing(&scope{sink: &l.diags}, l.at(it.KeyExpr.Range()), "there is no variable "+quoted(name), "no file of this environment declares it", name, declared,
					"declare it: variable "+quoted(name)+" { type = string }, or take it out")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.opts.Vars)) {
		if _, known := l.vars[name]; !known {
			l.missing(&scope{sink: &l.diags}, nil, "there is no variable "+quoted(name)+", which --var gives a value", "no file of this environment declares it", name, declared,
				"declare it: variable "+quoted(name)+" { type = string }, or leave --var "+name+"=… out")
		}
	}
}

// validate evaluates the conditions that a variable's value must meet.
func (l *loader) validate(v *variable) {
	for _, b := range v.body.Blocks {
		if b.Type != "validation" {
			continue
		}
		for _, a := range sortedAttributes(b.Body) {
			if a.Name != "condition" && a.Name != "error_message" {
				l.diags.fail(l.at(a.NameRange), "validation has no attribute "+quoted(a.Name), "it has a condition and an error_message", l.didYouMean(a.Name, []string{"condition", "error_message"}, "take it out"))
			}
		}
		c, ok := b.Body.Attributes["condition"]
		m, ok2 := b.Body.Attributes["error_message"]
		if !ok || !ok2 {
			if !l.broken {
				l.diags.fail(l.at(b.DefRange()), "validation needs a condition and an error_message", "the one says when a value is allowed, the other what to tell the user otherwise", `add condition = … and error_message = "…"`)
			}
			continue
		}
		s := &scope{sink: &l.diags}
		private := &sink{}
		if v.sensitive && !v.real.IsNull() {
			s = &scope{sink: private, reveal: v, revealValue: v.real}
		}
		good, ok := l.condition(c.Expr, s, "the condition of a validation")
		at := l.at(c.Expr.Range())
		switch {
		case !ok && s.reveal != nil:
			l.diags.fail(at, "the validation of var."+v.name+" failed", "its condition cannot be evaluated; the variable is sensitive, so the reason is not shown", "try the condition with a value that is no secret")
		case ok && !good:
			l.invalid(v, m.Expr, at)
		}
	}
}

// invalid reports a value that its variable does not allow.
func (l *loader) invalid(v *variable, message hclsyntax.Expression, at *resource.Range) {
	text, ok := l.eval(message, &scope{sink: &l.diags})
	if !ok {
		return
	}
	why := text.Str()
	if !text.Known() || why == "" {
		why = "its validation at " + at.String() + " says no"
	}
	where, given := v.given, ""
	if where == nil {
		where = v.at
	}
	if v.from != "default" && v.from != "environment" {
		given = ", given by " + v.from + ","
	}
	if !v.sensitive {
		given = " " + show(v.value) + given
	}
	l.diags.fail(where, "the value"+given+" of variable "+quoted(v.name)+" is not allowed", why, "give a value that meets the condition at "+at.String())
}
