package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

type blockKey struct{ kind, label string }

// block is one block of a kind as it stands in a file.
type block struct {
	kind  *resource.Kind
	label string
	at    *resource.Range // of the header
	// body is nil while the block has not been parsed, or has been decoded;
	// text is where it stands.
	body    *hclsyntax.Body
	source  source
	piece   piece
	forEach hclsyntax.Expression

	settled   bool
	state     state
	instances []*instance
	keyed     map[string]*instance
	whole     resource.Value
	trace     *trace // what for_each reads
	constant  []slot // by row: attributes that are the same in every instance
	varies    []bool // by row: attributes that are not
}

// instance is one thing of a block.
type instance struct {
	block *block
	addr  resource.Address
	each  *each
	slots []slot // by row of the kind's table
	deps  []resource.Dep
	known map[depKey]bool // the deps, to have each once
	bad   bool
}

type depKey struct {
	part string
	on   resource.Address
}

// slot is one attribute, decoded when it is first asked for.
type slot struct {
	state state
	ok    bool
	value resource.Value
	at    *resource.Range // of the whole attribute
}

// state is how far a lazy value has come.
type state uint8

const (
	untouched state = iota
	running
	done
)

// link is one value in the making, for reporting circles.
type link struct {
	id   any
	name string
	at   *resource.Range // where it was referred to
}

// enter notes that a value is being made.
func (l *loader) enter(id any, name string, at *resource.Range) {
	l.chain = append(l.chain, link{id, name, at})
}

func (l *loader) leave() { l.chain = l.chain[:len(l.chain)-1] }

// circle reports that a value in the making needs itself.
func (l *loader) circle(id any, name string, at *resource.Range) {
	start := slices.IndexFunc(l.chain, func(k link) bool { return k.id == id })
	if start < 0 {
		return
	}
	path := append(slices.Clone(l.chain[start:]), link{id, name, at})
	var b strings.Builder
	for i := 1; i < len(path); i++ {
		if len(path) > 14 && i == 7 {
			b.WriteString("\n  …")
			i = len(path) - 6
		}
		b.WriteString("\n  " + path[i-1].name + " refers to " + path[i].name)
		if s := path[i].at.String(); s != "" {
			b.WriteString(" (" + s + ")")
		}
		if k, ok := path[i].id.(slotID); ok {
			l.circular[k.inst.addr] = true
		}
	}
	l.diags.fail(at, "values refer to each other in a circle", "none of them can be known first:"+b.String(), "write one of them out instead of referring to another")
}

// expand makes the instances of the block.
func (b *block) expand(l *loader, at *resource.Range) bool {
	switch b.state {
	case done:
		return b.instances != nil
	case running:
		l.circle(b, "for_each of "+b.kind.Name+"."+b.label, at)
		return false
	}
	if !b.many(l) {
		b.state = done
		b.add(l, &instance{block: b, addr: resource.Address{Kind: b.kind.Name, Name: b.label}})
		return true
	}
	b.state = running
	l.enter(b, "for_each of "+b.kind.Name+"."+b.label, at)
	b.trace = &trace{}
	pairs, ok := l.forEachPairs(b, &scope{sink: &l.diags, trace: b.trace, noEach: "for_each itself decides which instances there are"})
	l.leave()
	b.state = done
	if !ok {
		return false
	}
	b.keyed = make(map[string]*instance, len(pairs))
	b.instances = make([]*instance, 0, len(pairs))
	for _, p := range pairs {
		inst := &instance{
			block: b, each: &each{key: p.Name, value: p.Value, ok: true},
			addr: resource.Address{Kind: b.kind.Name, Name: b.label, Key: p.Name, Keyed: true},
		}
		b.keyed[p.Name] = inst
		b.add(l, inst)
	}
	return true
}

func (b *block) add(l *loader, inst *instance) {
	inst.slots = make([]slot, len(b.kind.Attrs))
	b.instances = append(b.instances, inst)
	l.things[inst.addr] = inst
}

// forEachPairs gives the instances' keys and values, in the order of keys.
func (l *loader) forEachPairs(b *block, s *scope) ([]resource.Field, bool) {
	v, ok := l.eval(b.forEach, s)
	if !ok {
		return nil, false
	}
	at := l.at(b.forEach.Range())
	const cure = `write a map { key = … }, or a list of texts ["a", "b"]`
	switch v.Kind() {
	case resource.KindObject:
		pairs := slices.Clone(v.Fields())
		slices.SortFunc(pairs, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
		return pairs, true
	case resource.KindList:
	case resource.KindTemplate:
		return nil, l.known(v, b.forEach, s, "for_each")
	default:
		s.sink.fail(at, "for_each needs a map, or a list of texts", "this is "+aKind(v), cure)
		return nil, false
	}
	if !l.known(v, b.forEach, s, "for_each") {
		return nil, false
	}
	pairs := make([]resource.Field, 0, len(v.Items()))
	seen := make(map[string]bool, len(v.Items()))
	for _, x := range v.Items() {
		where := at
		if x.Range() != nil {
			where = x.Range()
		}
		if x.Kind() != resource.KindString {
			s.sink.fail(where, "for_each needs a map, or a list of texts", "one element of the list is "+aKind(x), cure)
			return nil, false
		}
		if seen[x.Str()] {
			s.sink.fail(where, "for_each has "+quoted(x.Str())+" twice", "each key makes one thing", "remove one of the two, or write distinct(…)")
			return nil, false
		}
		seen[x.Str()] = true
		pairs = append(pairs, resource.F(x.Str(), x))
	}
	slices.SortFunc(pairs, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return pairs, true
}

// group is what a reference to the whole block gives: its things by key.
func (b *block) group() resource.Value {
	if b.whole.IsNull() {
		fields := make([]resource.Field, len(b.instances))
		for i, inst := range b.instances {
			fields[i] = resource.F(inst.addr.Key, resource.Ref(inst.addr))
		}
		b.whole = resource.Object(fields...)
	}
	return b.whole
}

// slotID names one attribute of one thing in a chain of references.
type slotID struct {
	inst *instance
	row  int
}

// slot decodes an attribute of a thing, once.
func (l *loader) slot(inst *instance, i int, at *resource.Range) (resource.Value, bool) {
	s := &inst.slots[i]
	row := &inst.block.kind.Attrs[i]
	switch s.state {
	case done:
		return s.value, s.ok
	case running:
		l.circle(slotID{inst, i}, inst.addr.String()+"."+row.Name, at)
		return resource.Null(), false
	}
	b := inst.block
	if b.constant != nil && b.constant[i].state == done {
		*s = b.constant[i]
		return s.value, s.ok
	}
	if b.settle(l, inst); s.state == done {
		return s.value, s.ok
	}
	s.state = running
	l.enter(slotID{inst, i}, inst.addr.String()+"."+row.Name, at)
	s.value, s.at, s.ok = l.decodeRow(inst, row)
	l.leave()
	s.state = done
	if !s.ok {
		inst.bad = true
	} else if b.forEach != nil {
		if b.constant == nil {
			b.constant = make([]slot, len(b.kind.Attrs))
			b.varies = make([]bool, len(b.kind.Attrs))
		}
		if !b.varies[i] {
			if b.varies[i] = !constantRow(b.syntax(l), row); !b.varies[i] {
				b.constant[i] = *s
			}
		}
	}
	return s.value, s.ok
}

// addDep notes that a part of the thing needs another thing.
func (inst *instance) addDep(part string, on resource.Address, at *resource.Range) {
	if on == inst.addr && part != "" {
		return // a table's foreign key to itself needs no order
	}
	key := depKey{part, on}
	if inst.known[key] {
		return
	}
	if inst.known == nil {
		inst.known = map[depKey]bool{}
	}
	inst.known[key] = true
	inst.deps = append(inst.deps, resource.Dep{Part: part, On: on, At: at})
}
