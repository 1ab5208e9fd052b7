package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// pairs gives a collection's elements with their keys: numbers of a list,
// names of an object in alphabetical order.
func (l *loader) pairs(v resource.Value, e hclsyntax.Expression, s *scope, what string) ([]resource.Field, bool) {
	switch v.Kind() {
	case resource.KindList, resource.KindNull:
		out := make([]resource.Field, len(v.Items()))
		for i, x := range v.Items() {
			out[i] = resource.F(strconv.Itoa(i), x)
		}
		if v.IsNull() {
			break
		}
		return out, true
	case resource.KindObject:
		out := slices.Clone(v.Fields())
		slices.SortFunc(out, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
		return out, true
	case resource.KindTemplate:
		l.known(v, e, s, what)
		return nil, false
	}
	s.sink.fail(l.at(e.Range()), what+" needs a list or a map", "this is "+aKind(v), "give it a list [ … ] or a map { … }")
	return nil, false
}

func (l *loader) forExpr(e *hclsyntax.ForExpr, s *scope) (resource.Value, bool) {
	coll, ok := l.eval(e.CollExpr, s)
	var pairs []resource.Field
	if ok {
		pairs, ok = l.pairs(coll, e.CollExpr, s, "a for expression")
	}
	if !ok || len(pairs) == 0 {
		l.checkFor(e, s, 0)
		if e.KeyExpr == nil {
			return resource.List(), ok
		}
		return resource.Object(), ok
	}
	isList := coll.Kind() == resource.KindList
	good := true
	var items []resource.Value
	var fields []resource.Field
	place := map[string]int{}
	for i, p := range pairs {
		if l.iterations++; l.iterations > maxIterations {
			s.sink.fail(l.at(e.SrcRange), "the for expressions take too long", "all together they went through "+strconv.Itoa(maxIterations)+" elements", "nest fewer of them, or over less")
			return resource.Null(), false
		}
		in := s
		if e.KeyVar != "" {
			k := resource.String(p.Name)
			if isList {
				k = resource.Int(int64(i))
			}
			in = in.bind(e.KeyVar, k, true)
		}
		in = in.bind(e.ValVar, p.Value, true)
		if e.CondExpr != nil {
			take, ok := l.condition(e.CondExpr, in, "the condition of a for expression")
			if !ok {
				good = false
			}
			if !take {
				l.check(e.ValExpr, in)
				continue
			}
		}
		v, ok := l.eval(e.ValExpr, in)
		good = good && ok
		if !ok {
			continue
		}
		v = v.At(l.at(e.ValExpr.Range()))
		if e.KeyExpr == nil {
			items = append(items, v)
			continue
		}
		name, ok := l.key(e.KeyExpr, in)
		if !ok {
			good = false
			continue
		}
		at, dup := place[name]
		switch {
		case !dup && e.Group:
			v = resource.List(v)
			fallthrough
		case !dup:
			place[name] = len(fields)
			fields = append(fields, resource.Field{Name: name, Value: v, At: l.at(e.ValExpr.Range())})
		case e.Group:
			fields[at].Value = resource.List(append(fields[at].Value.Items(), v)...)
		default:
			s.sink.fail(l.at(e.KeyExpr.Range()), "the for expression gives the key "+quoted(name)+" twice", "the keys of a map are unique", "make the key unique, or collect the values of a key in a list: => value...")
			good = false
		}
	}
	if e.KeyExpr == nil {
		return resource.List(items...), good
	}
	return resource.Object(fields...), good
}

func (l *loader) splat(e *hclsyntax.SplatExpr, s *scope) (resource.Value, bool) {
	v, ok := l.eval(e.Source, s)
	if !ok {
		return v, false
	}
	items := v.Items()
	switch v.Kind() {
	case resource.KindNull, resource.KindList:
	case resource.KindTemplate:
		return resource.Null(), l.known(v, e.Source, s, "[*]")
	case resource.KindObject:
		if group, isGroup := l.groupOf(e.Source, s); isGroup {
			for _, inst := range group.instances {
				items = append(items, resource.Ref(inst.addr))
			}
			break
		}
		fallthrough
	default:
		items = []resource.Value{v}
	}
	out, good := make([]resource.Value, 0, len(items)), true
	for _, x := range items {
		y, ok := l.eval(e.Each, s.bindItem(e.Item, x))
		good = good && ok
		out = append(out, y.At(l.at(e.SrcRange)))
	}
	return resource.List(out...), good
}
