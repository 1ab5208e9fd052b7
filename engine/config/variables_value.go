package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// variable gives the value of a variable, computed once.
func (l *loader) variable(v *variable, at *resource.Range, s *scope) (resource.Value, bool) {
	if s.reveal == v {
		return s.revealValue, true
	}
	switch v.state {
	case running:
		l.circle(v, "var."+v.name, at)
		return resource.Null(), false
	case untouched:
		v.state = running
		v.trace = &trace{}
		l.enter(v, "var."+v.name, at)
		v.value, v.ok = l.assign(v)
		l.leave()
		v.state = done
	}
	if v.sensitive && at != nil {
		v.value.Holes(func(h resource.Hole) bool {
			if h.IsSecret() {
				l.secret(h.Secret, at)
			}
			return true
		})
	}
	s.trace.join(v.trace)
	return v.value, v.ok
}

// assign finds the value of a variable: --var, else TELLR_VAR_name, else the
// environment block, else the default. null means not given.
func (l *loader) assign(v *variable) (resource.Value, bool) {
	if text, ok := l.opts.Vars[v.name]; ok {
		return l.assignText(v, text, "--var")
	}
	if l.opts.Getenv != nil {
		if text, ok := l.opts.Getenv("TELLR_VAR_" + v.name); ok {
			return l.assignText(v, text, "TELLR_VAR_"+v.name)
		}
	}
	if obj := l.givenVariables(); obj != nil {
		for _, it := range obj.Items {
			if name, ok := l.key(it.KeyExpr, l.givenScope(nil)); ok && name == v.name {
				x, given, ok := l.assignExpr(v, it.ValueExpr, l.givenScope(v.trace), "environment")
				if given || !ok {
					return x, ok
				}
			}
		}
	}
	if a, ok := v.body.Attributes["default"]; ok {
		s := &scope{sink: &l.diags, trace: v.trace, only: "a default must be the same for everyone"}
		x, given, ok := l.assignExpr(v, a.Expr, s, "default")
		if !given && ok {
			v.from = "default" // null: the variable is optional
		}
		return x, ok
	}
	if v.misspelt {
		return resource.Null(), false
	}
	l.diags.fail(v.at, "variable "+quoted(v.name)+" has no value", "it has no default, and nothing gives it one",
		"add it to variables of the environment block, or set TELLR_VAR_"+v.name+", or give --var "+v.name+"=…")
	return resource.Null(), false
}

func (l *loader) givenScope(t *trace) *scope {
	return &scope{sink: &l.diags, trace: t, noEach: "the environment block has no for_each"}
}

// givenVariables is the literal map of the environment block.
func (l *loader) givenVariables() *hclsyntax.ObjectConsExpr {
	if l.header == nil {
		return nil
	}
	a, ok := l.header.body.Attributes["variables"]
	if !ok {
		return nil
	}
	obj, _ := a.Expr.(*hclsyntax.ObjectConsExpr)
	return obj
}

// assignText takes a value from the command line or the environment: a text as
// it is, anything else as it would be written in a file.
func (l *loader) assignText(v *variable, text, from string) (resource.Value, bool) {
	v.from = from
	hole := resource.Secret("var." + v.name)
	name := from
	if from == "--var" {
		name = "--var " + v.name
	}
	fail := func(why string) (resource.Value, bool) {
		what := name + "=" + text
		if r := []rune(what); len(r) > 80 {
			what = string(r[:77]) + "…"
		}
		if v.sensitive {
			what, why = name, "the value is not shown, as the variable is sensitive"
		}
		l.diags.fail(nil, what+" is not "+article(typeexpr.TypeString(v.typ)), why, fmt.Sprintf("give a value of the type that variable %q has at %s", v.name, v.at))
		return hole, false
	}
	var x resource.Value
	if v.typ.IsPrimitiveType() || v.typ == cty.DynamicPseudoType {
		x = resource.String(text)
	} else {
		if _, deep := tooDeep([]byte(text), "", hclsyntax.LexExpression); deep || len(text) > maxFile {
			return fail("it is nested too deeply")
		}
		e, ds := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
		if ds.HasErrors() {
			return fail(sentence(ds[0].Detail))
		}
		if !constant(e) {
			return fail(`it must be made of literals, such as ["a", "b"] or { a = 1 }`)
		}
		private := &sink{}
		var ok bool
		if x, ok = l.eval(e, &scope{sink: private}); !ok {
			why := "it cannot be evaluated"
			if len(private.list) > 0 {
				why = private.list[0].Detail
			}
			return fail(why)
		}
		x = placeless(x)
	}
	x, err := convertTo(x, v.typ, v.defaults)
	if err != nil {
		return fail(err.Error())
	}
	if v.sensitive {
		v.real = x
		return hole, true
	}
	return x, true
}

// placeless drops places in a text that is no file.
func placeless(v resource.Value) resource.Value {
	switch v.Kind() {
	case resource.KindList:
		items := slices.Clone(v.Items())
		for i := range items {
			items[i] = placeless(items[i])
		}
		return resource.List(items...)
	case resource.KindObject:
		fields := slices.Clone(v.Fields())
		for i := range fields {
			fields[i].Value, fields[i].At = placeless(fields[i].Value), nil
		}
		return resource.Object(fields...)
	}
	return v.At(nil)
}

// assignExpr takes a value that stands in a file.
func (l *loader) assignExpr(v *variable, e hclsyntax.Expression, s *scope, from string) (x resource.Value, given, ok bool) {
	x, ok = l.eval(e, s)
	if !ok {
		return x, false, false
	}
	at := l.at(e.Range())
	if x.IsNull() {
		return x, false, true
	}
	v.from, v.given = from, at
	if v.sensitive && x.Known() && x.Kind() != resource.KindRef {
		d := l.diags.fail(at, "the value of the sensitive variable "+quoted(v.name)+" must not stand in a file", "files are shared, reviewed and kept",
			`write env("NAME"), or leave it out and set TELLR_VAR_`+v.name)
		d.Source = l.redacted(at)
		return resource.Secret("var." + v.name), true, false
	}
	y, err := convertTo(x, v.typ, v.defaults)
	if err != nil {
		where := at
		if err, ok := err.(*convertError); ok && err.at != nil {
			where = err.at
		}
		l.diags.fail(where, "the value of variable "+quoted(v.name)+" must be "+article(typeexpr.TypeString(v.typ)), err.Error(), fmt.Sprintf("give a value of the type that the variable has at %s", v.at))
		return y, true, false
	}
	return y, true, true
}

// convertError says which part of a value has the wrong type.
type convertError struct {
	path string
	at   *resource.Range
	why  string
}

func (e *convertError) Error() string {
	if e.path == "" {
		return e.why
	}
	return strings.TrimPrefix(e.path, ".") + ": " + e.why
}

// convertTo gives a value the type of a variable. Places, holes and source
// order stay.
func convertTo(v resource.Value, t cty.Type, defaults *typeexpr.Defaults) (resource.Value, error) {
	n := maxNodes
	return convertPart(v, t, defaults, "", &n)
}

func convertPart(v resource.Value, t cty.Type, defaults *typeexpr.Defaults, path string, n *int) (resource.Value, error) {
	bad := func(why string) (resource.Value, error) {
		return v, &convertError{path: path, at: v.Range(), why: why}
	}
	if *n--; *n < 0 {
		return bad("the value is too large")
	}
	child := func(name string) *typeexpr.Defaults {
		if defaults == nil {
			return nil
		}
		return defaults.Children[name]
	}
	given := aKind(v)
	if k := v.Kind(); k == resource.KindString || k == resource.KindNumber || k == resource.KindBool {
		given = show(v) + " is " + given
	} else {
		given = "this is " + given
	}
	switch {
	case v.IsNull() || t == cty.DynamicPseudoType:
		return v, nil
	case t.IsPrimitiveType():
		if v.Kind() == resource.KindTemplate && (t == cty.String || len(v.Parts()) == 1) {
			return v, nil
		}
		c, err := toCty(v)
		if err == nil && v.Kind() != resource.KindRef {
			c, err = convertCty(c, t)
		}
		if err != nil || v.Kind() == resource.KindRef {
			return bad(given)
		}
		out, err := fromCty(c)
		if err != nil {
			return bad(err.Error())
		}
		return out.At(v.Range()), nil
	case t.IsListType() || t.IsSetType() || t.IsTupleType():
		if v.Kind() != resource.KindList {
			return bad(given)
		}
		if t.IsTupleType() && t.Length() != len(v.Items()) {
			return bad(fmt.Sprintf("it needs %s, and has %d", plural(t.Length(), "element"), len(v.Items())))
		}
		items := make([]resource.Value, 0, len(v.Items()))
		for i, x := range v.Items() {
			var elem cty.Type
			name := ""
			if t.IsTupleType() {
				elem, name = t.TupleElementType(i), fmt.Sprint(i)
			} else {
				elem = t.ElementType()
			}
			y, err := convertPart(x, elem, child(name), fmt.Sprintf("%s.%d", path, i), n)
			if err != nil {
				return v, err
			}
			if t.IsSetType() && slices.ContainsFunc(items, y.Equal) {
				continue
			}
			items = append(items, y)
		}
		return resource.List(items...).At(v.Range()), nil
	case t.IsMapType():
		if v.Kind() != resource.KindObject {
			return bad(given)
		}
		fields := make([]resource.Field, 0, len(v.Fields()))
		for _, f := range v.Fields() {
			y, err := convertPart(f.Value, t.ElementType(), child(""), path+"."+f.Name, n)
			if err != nil {
				return v, err
			}
			f.Value = y
			fields = append(fields, f)
		}
		return resource.Object(fields...).At(v.Range()), nil
	case t.IsObjectType():
		return convertObject(v, t, defaults, path, n, given)
	}
	return bad("the type cannot be used")
}

func convertObject(v resource.Value, t cty.Type, defaults *typeexpr.Defaults, path string, n *int, given string) (resource.Value, error) {
	if v.Kind() != resource.KindObject {
		return v, &convertError{path: path, at: v.Range(), why: given}
	}
	types := t.AttributeTypes()
	names := make([]string, 0, len(types))
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	fields := make([]resource.Field, 0, len(names))
	for _, f := range v.Fields() {
		if _, ok := types[f.Name]; !ok {
			why := "there is no attribute " + quoted(f.Name) + "; the type has " + among(names)
			if near := resource.Nearest(f.Name, names); near != "" {
				why = "there is no attribute " + quoted(f.Name) + "; did you mean " + quoted(near) + "?"
			}
			return v, &convertError{path: path, at: place(f, v), why: why}
		}
		var inner *typeexpr.Defaults
		if defaults != nil {
			inner = defaults.Children[f.Name]
		}
		y, err := convertPart(f.Value, types[f.Name], inner, path+"."+f.Name, n)
		if err != nil {
			return v, err
		}
		f.Value = y
		fields = append(fields, f)
	}
	for _, name := range names {
		if !v.Get(name).IsNull() {
			continue
		}
		var missing resource.Value
		if defaults != nil {
			if c, ok := defaults.DefaultValues[name]; ok {
				missing, _ = fromCty(c)
			}
		}
		if !v.Has(name) {
			if missing.IsNull() && !t.AttributeOptional(name) {
				return v, &convertError{path: path, at: v.Range(), why: "the attribute " + quoted(name) + " is missing"}
			}
			fields = append(fields, resource.F(name, missing))
			continue
		}
		i := slices.IndexFunc(fields, func(f resource.Field) bool { return f.Name == name })
		fields[i].Value = missing
	}
	return resource.Object(fields...).At(v.Range()), nil
}
