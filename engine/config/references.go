package config

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// cursor is where the steps of a reference have come to.
type cursor struct {
	value resource.Value
	label string // as the user wrote it so far, for messages
	// typ is what the kind's table says of the value, if it is an attribute.
	typ *resource.Type
}

// traversal evaluates a reference such as var.x, local.y.z, each.key or
// table.t["k"].name.
func (l *loader) traversal(t hcl.Traversal, s *scope) (resource.Value, bool) {
	c, rest, ok := l.root(t, s, true)
	if !ok {
		return resource.Null(), false
	}
	return l.steps(c, rest, s)
}

// root finds what a reference begins with. Without eval it only checks that it
// is there.
func (l *loader) root(t hcl.Traversal, s *scope, eval bool) (cursor, hcl.Traversal, bool) {
	name := t.RootName()
	if b := s.lookup(name); b != nil {
		return cursor{value: b.value, label: name}, t[1:], b.ok
	}
	at := func() *resource.Range { return l.at(t.SourceRange()) }
	if s.only != "" {
		l.unknownRoot(t, s)
		return cursor{}, nil, false
	}
	_, isKind := l.opts.Kinds[name]
	if !isKind && name != "var" && name != "local" && name != "each" {
		l.unknownRoot(t, s)
		return cursor{}, nil, false
	}
	if len(t) < 2 {
		s.sink.fail(at(), quoted(name)+" alone is not a reference", "it needs the name of one thing", "write "+name+".NAME")
		return cursor{}, nil, false
	}
	step, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		s.sink.fail(at(), quoted(name)+" needs a name, not an index", "a reference is written with a dot", "write "+name+".NAME")
		return cursor{}, nil, false
	}
	label := name + "." + step.Name
	switch name {
	case "var":
		v, ok := l.vars[step.Name]
		if !ok {
			l.missing(s, at(), "there is no variable "+quoted(step.Name), "no file of this environment declares it",
				step.Name, slices.Collect(maps.Keys(l.vars)), "declare it: variable "+quoted(step.Name)+" { type = string }")
			return cursor{}, nil, false
		}
		if !eval {
			return cursor{}, nil, false
		}
		value, ok := l.variable(v, at(), s)
		return cursor{value: value, label: label}, t[2:], ok
	case "local":
		x, ok := l.locals[step.Name]
		if !ok {
			l.missing(s, at(), "there is no local value "+quoted(step.Name), "no locals block of this environment has it",
				step.Name, slices.Collect(maps.Keys(l.locals)), "add it: locals { "+step.Name+" = … }")
			return cursor{}, nil, false
		}
		if !eval {
			return cursor{}, nil, false
		}
		value, ok := l.local(x, at(), s)
		return cursor{value: value, label: label}, t[2:], ok
	case "each":
		if s.each == nil {
			s.sink.fail(at(), label+" is not there", s.noEachWhy(), "add for_each to the block, or take the reference out")
			return cursor{}, nil, false
		}
		switch step.Name {
		case "key":
			return cursor{value: resource.String(s.each.key), label: label}, t[2:], eval && s.each.ok
		case "value":
			return cursor{value: s.each.value, label: label}, t[2:], eval && s.each.ok
		}
		s.sink.fail(at(), "there is no "+label, "each has the key and the value of the instance", l.didYouMean(step.Name, []string{"key", "value"}, "write each.key or each.value"))
		return cursor{}, nil, false
	}
	return l.thing(t, s, eval)
}

func (s *scope) noEachWhy() string {
	if s.noEach != "" {
		return s.noEach
	}
	return "each.key and each.value belong to a block with for_each"
}

// missing reports a name that is not there, unless a file could not be read
// whole: then it may well be there.
func (l *loader) missing(s *scope, at *resource.Range, summary, detail, name string, candidates []string, cure string) {
	if l.broken {
		return
	}
	s.sink.fail(at, summary, detail, l.didYouMean(name, candidates, cure))
}

func (l *loader) unknownRoot(t hcl.Traversal, s *scope) {
	name, at := t.RootName(), l.at(t.SourceRange())
	if s.only != "" {
		var bound []string
		for b := s.bound; b != nil; b = b.next {
			bound = append(bound, b.name)
		}
		if near := l.suggest(name, bound); near != "" {
			s.sink.fail(at, "there is nothing called "+quoted(name), s.only, "did you mean "+quoted(near)+"?")
			return
		}
		s.sink.fail(at, l.text(t.SourceRange())+" cannot be used here", s.only, "write the value itself")
		return
	}
	kinds := l.opts.Kinds.Names()
	words := append(kinds, "var", "local", "each")
	for b := s.bound; b != nil; b = b.next {
		if b.item == nil {
			words = append(words, b.name)
		}
	}
	if len(t) == 1 {
		cure := "write it in quotes if it is a text: " + quoted(name)
		if near := l.suggest(name, words[len(kinds):]); near != "" {
			cure = "did you mean " + quoted(near) + "? Or " + cure
		}
		s.sink.fail(at, quoted(name)+" is not a reference", "a word without quotes refers to something: var.x, local.x, instance.main", cure)
		return
	}
	s.sink.fail(at, "there is nothing called "+quoted(name), "a reference begins with var, local, each or the kind of a thing", l.didYouMean(name, words, "the kinds are: "+among(l.opts.Kinds.Names())))
}

// thing resolves kind.label and an index, if the block has for_each.
func (l *loader) thing(t hcl.Traversal, s *scope, eval bool) (cursor, hcl.Traversal, bool) {
	kind, label := t.RootName(), t[1].(hcl.TraverseAttr).Name
	at := l.at(t[:2].SourceRange())
	b, ok := l.blocks[blockKey{kind, label}]
	if !ok {
		if !l.broken {
			cure := ""
			if near := l.suggest(label, l.labels(kind)); near != "" {
				cure = "did you mean " + quoted(near) + "?"
			} else {
				cure = l.elsewhere(kind, label)
			}
			s.sink.fail(at, "there is no "+kind+" "+quoted(label), "no file of this environment declares it", cure)
		}
		return cursor{}, nil, false
	}
	name := kind + "." + label
	rest := t[2:]
	index, hasIndex := hcl.TraverseIndex{}, false
	if len(rest) > 0 {
		index, hasIndex = rest[0].(hcl.TraverseIndex)
	}
	if !b.many(l) {
		if hasIndex {
			s.sink.fail(l.at(t[:3].SourceRange()), name+" is one thing, without keys", "its block has no for_each (it stands at "+b.at.String()+")", "write "+name)
			return cursor{}, nil, false
		}
		if !b.expand(l, at) {
			return cursor{}, nil, false
		}
		return cursor{value: resource.Ref(b.instances[0].addr), label: name}, rest, true
	}
	if !hasIndex {
		if len(rest) > 0 {
			if _, isSplat := rest[0].(hcl.TraverseSplat); !isSplat {
				b.expand(l, at)
				l.needsIndex(b, at, s.sink)
				return cursor{}, nil, false
			}
		}
		if !eval || !b.expand(l, at) {
			return cursor{}, nil, false
		}
		return cursor{value: b.group(), label: name}, rest, true
	}
	if !b.expand(l, at) {
		return cursor{}, nil, false
	}
	k, ok := literalKey(index.Key)
	if !ok {
		s.sink.fail(l.at(t[:3].SourceRange()), "this is not a key", "the number is too large", "write the key in quotes")
		return cursor{}, nil, false
	}
	key := k.Str()
	v, ok := l.instance(b, key, l.at(t[:3].SourceRange()), s)
	return cursor{value: v, label: name + "[" + strconv.Quote(key) + "]"}, rest[1:], ok
}

// elsewhere is the cure for a thing that is not there: the same label under
// another kind, or what there is.
func (l *loader) elsewhere(kind, label string) string {
	for _, k := range l.opts.Kinds.Names() {
		if _, ok := l.blocks[blockKey{k, label}]; ok {
			return "did you mean " + k + "." + label + "?"
		}
	}
	if names := l.labels(kind); len(names) > 0 {
		return "there is: " + among(names[:min(len(names), 20)])
	}
	return "declare it: " + kind + " " + quoted(label) + " { … }, or include the file that does"
}

func (l *loader) needsIndex(b *block, at *resource.Range, k *sink) {
	name, key := b.kind.Name+"."+b.label, "KEY"
	if len(b.instances) > 0 {
		key = b.instances[0].addr.Key
	}
	k.fail(at, name+" is many things", "its block has for_each (it stands at "+b.at.String()+"), so a reference must say which", "write "+name+"["+strconv.Quote(key)+"]")
}

func (l *loader) instance(b *block, key string, at *resource.Range, s *scope) (resource.Value, bool) {
	inst, ok := b.keyed[key]
	if ok {
		return resource.Ref(inst.addr), true
	}
	keys := make([]string, len(b.instances))
	for i, x := range b.instances {
		keys[i] = x.addr.Key
	}
	otherwise := "the keys are: " + among(keys)
	if len(keys) == 0 {
		otherwise = "its for_each is empty"
	}
	s.sink.fail(at, b.kind.Name+"."+b.label+" has no key "+quoted(key), "the keys come from its for_each, at "+l.at(b.forEach.Range()).String(), l.didYouMean(key, keys, otherwise))
	return resource.Null(), false
}

// groupOf tells whether an expression names a whole block with for_each.
func (l *loader) groupOf(e hclsyntax.Expression, s *scope) (*block, bool) {
	t, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(t.Traversal) != 2 || s.only != "" || s.lookup(t.Traversal.RootName()) != nil {
		return nil, false
	}
	step, ok := t.Traversal[1].(hcl.TraverseAttr)
	if !ok {
		return nil, false
	}
	b, ok := l.blocks[blockKey{t.Traversal.RootName(), step.Name}]
	return b, ok && b.many(l)
}

// index evaluates x[y] where y is more than a literal.
func (l *loader) index(e *hclsyntax.IndexExpr, s *scope) (resource.Value, bool) {
	k, ok := l.eval(e.Key, s)
	if b, isGroup := l.groupOf(e.Collection, s); isGroup {
		if !ok || !l.known(k, e.Key, s, "an index") || !b.expand(l, l.at(e.Collection.Range())) {
			return resource.Null(), false
		}
		return l.instance(b, k.Str(), l.at(e.SrcRange), s)
	}
	v, ok2 := l.eval(e.Collection, s)
	if !ok || !ok2 || !l.known(k, e.Key, s, "an index") {
		return resource.Null(), false
	}
	c, ok := l.at1(cursor{value: v, label: l.text(e.Collection.Range())}, k, e.SrcRange, s)
	return c.value, ok
}

// steps follows .name and [key] from a value on.
func (l *loader) steps(c cursor, t hcl.Traversal, s *scope) (resource.Value, bool) {
	for _, step := range t {
		ok := false
		switch step := step.(type) {
		case hcl.TraverseAttr:
			c, ok = l.dot(c, step.Name, step.SrcRange, s)
		case hcl.TraverseIndex:
			var k resource.Value
			if k, ok = literalKey(step.Key); ok {
				c, ok = l.at1(c, k, step.SrcRange, s)
			}
		default:
			s.sink.fail(l.at(step.SourceRange()), "this form of reference is not supported", "only names, indexes and [*] can be followed", "write a for expression")
		}
		if !ok {
			return resource.Null(), false
		}
	}
	return c.value, true
}

func literalKey(k cty.Value) (resource.Value, bool) {
	v, err := fromCty(k)
	return v, err == nil
}

// dot follows .name.
func (l *loader) dot(c cursor, name string, r hcl.Range, s *scope) (cursor, bool) {
	label := c.label + "." + name
	switch c.value.Kind() {
	case resource.KindRef:
		addr, _ := c.value.Ref()
		return l.attribute(addr, name, r, s)
	case resource.KindObject:
		v, ok := l.field(c.value, name)
		if !ok && c.typ != nil && c.typ.Kind == resource.TObject {
			row, known := c.typ.Attr(name)
			if known && !row.Computed && !row.Derived {
				return cursor{value: resource.Null(), label: label, typ: &row.Type}, true
			}
			if known {
				s.sink.fail(l.at(r), label+" cannot be referred to", "the live system decides it, and only attributes of the thing itself can be waited for", "write the value here too")
				return cursor{}, false
			}
			l.missing(s, l.at(r), "there is no "+label, c.label+" has no attribute "+quoted(name), name, rowNames(c.typ.Attrs), "it has: "+among(rowNames(c.typ.Attrs)))
			return cursor{}, false
		}
		if !ok {
			names := fieldNames(c.value)
			l.missing(s, l.at(r), "there is no "+label, c.label+" has no entry "+quoted(name), name, names, "it has: "+among(names))
			return cursor{}, false
		}
		return cursor{value: v, label: label, typ: inner(c.typ, name)}, true
	case resource.KindTemplate:
		s.sink.fail(l.at(r), label+" is not there", c.label+" is a text that is filled in later; it has no parts", "use "+c.label+" as it is")
	case resource.KindNull:
		s.sink.fail(l.at(r), "there is no "+label, c.label+" is null", "give "+c.label+" a value, or test it first: "+c.label+" == null ? … : "+label)
	default:
		s.sink.fail(l.at(r), "there is no "+label, c.label+" is "+aKind(c.value)+", which has no parts", "use "+c.label+" as it is")
	}
	return cursor{}, false
}

// at1 follows [key].
func (l *loader) at1(c cursor, key resource.Value, r hcl.Range, s *scope) (cursor, bool) {
	switch c.value.Kind() {
	case resource.KindList:
		i, ok := key.Int()
		if !ok {
			if n, err := strconv.ParseInt(key.Str(), 10, 64); err == nil {
				i, ok = n, true
			}
		}
		if !ok {
			s.sink.fail(l.at(r), "an index of a list must be a whole number", "this is "+show(key), "write the position of an element, from 0")
			return cursor{}, false
		}
		if items := c.value.Items(); i >= 0 && i < int64(len(items)) {
			return cursor{value: items[i], label: c.label + "[" + strconv.FormatInt(i, 10) + "]", typ: inner(c.typ, "")}, true
		}
		s.sink.fail(l.at(r), c.label+" has no element "+strconv.FormatInt(i, 10), "it has "+strconv.Itoa(len(c.value.Items()))+" elements, counted from 0", "write a smaller index, or make the list longer")
		return cursor{}, false
	case resource.KindObject, resource.KindNull, resource.KindTemplate:
		if k := key.Kind(); k == resource.KindString || k == resource.KindNumber {
			return l.dot(c, key.Str(), r, s)
		}
		s.sink.fail(l.at(r), "an index of a map must be a text", "this is "+aKind(key), "write the name of an entry")
		return cursor{}, false
	case resource.KindRef:
		s.sink.fail(l.at(r), c.label+" is one thing, without keys", "only a block with for_each has keys", "write "+c.label)
		return cursor{}, false
	}
	s.sink.fail(l.at(r), c.label+" has no elements", "it is "+aKind(c.value), "use it as it is")
	return cursor{}, false
}
