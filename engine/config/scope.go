package config

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// scope is what an expression can see besides the environment's own names.
type scope struct {
	bound *binding
	each  *each
	// trace records what is read on the way.
	trace *trace
	sink  *sink
	// reveal is the sensitive variable whose validation is evaluated: there,
	// and only there, var.NAME is its value. The sink is then a private one.
	reveal      *variable
	revealValue resource.Value
	// only says why nothing but constants and bound names can be used, "" if
	// everything can.
	only string
	// noEach says why each is not there, for the message.
	noEach string
}

// binding is a name bound by a for expression or handed to a template, or the
// item of a splat.
type binding struct {
	name  string
	item  *hclsyntax.AnonSymbolExpr
	value resource.Value
	ok    bool
	next  *binding
}

// each is the pair of a for_each instance.
type each struct {
	key   string
	value resource.Value
	ok    bool // false: only names are checked
}

func (s *scope) bind(name string, v resource.Value, ok bool) *scope {
	t := *s
	t.bound = &binding{name: name, value: v, ok: ok, next: s.bound}
	return &t
}

func (s *scope) bindItem(item *hclsyntax.AnonSymbolExpr, v resource.Value) *scope {
	t := *s
	t.bound = &binding{item: item, value: v, ok: true, next: s.bound}
	return &t
}

func (s *scope) lookup(name string) *binding {
	for b := s.bound; b != nil; b = b.next {
		if b.item == nil && b.name == name {
			return b
		}
	}
	return nil
}

// trace lists the things whose configured attributes were read, directly or
// by way of locals and variables. It is a graph of shared pieces: a chain of
// locals must not copy it at every link.
type trace struct {
	reads []read
	via   []*trace
}

type read struct {
	on resource.Address
	at *resource.Range
}

func (t *trace) read(on resource.Address, at *resource.Range) {
	if t != nil {
		t.reads = append(t.reads, read{on, at})
	}
}

func (t *trace) join(u *trace) {
	if t != nil && u != nil && len(u.reads)+len(u.via) > 0 {
		t.via = append(t.via, u)
	}
}

// each calls yield for every read, once for each piece.
func (t *trace) each(yield func(read)) {
	if t == nil || len(t.reads)+len(t.via) == 0 {
		return
	}
	if len(t.via) == 0 {
		for _, r := range t.reads {
			yield(r)
		}
		return
	}
	seen := map[*trace]bool{t: true}
	for todo := []*trace{t}; len(todo) > 0; {
		u := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, r := range u.reads {
			yield(r)
		}
		for _, v := range u.via {
			if !seen[v] {
				seen[v] = true
				todo = append(todo, v)
			}
		}
	}
}
