package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// moved is one moved block: what had the one address has the other one now.
type moved struct {
	from, to     resource.Address
	at           *resource.Range // of the block
	fromAt, toAt *resource.Range
}

var movedAttrs = []string{"from", "to"}

// declareMoved reads a moved block. Its addresses are names and no values:
// nothing is declared under the former one any more.
func (l *loader) declareMoved(b *hclsyntax.Block) {
	const cure = "write moved { from = table.orders, to = table.purchases }"
	m := &moved{at: l.at(b.DefRange())}
	if len(b.Labels) > 0 {
		l.diags.fail(m.at, "a moved block has no label", "this one has "+plural(len(b.Labels), "label"), cure)
	}
	for _, x := range b.Body.Blocks {
		l.diags.fail(l.at(x.TypeRange), "a moved block has no blocks", "it has from and to", cure)
	}
	for _, a := range sortedAttributes(b.Body) {
		at := l.at(a.Expr.Range())
		switch a.Name {
		case "from":
			m.from, m.fromAt = l.address(a.Expr), at
		case "to":
			m.to, m.toAt = l.address(a.Expr), at
		default:
			l.diags.fail(l.at(a.NameRange), "moved has no attribute "+quoted(a.Name), "it has from and to", l.didYouMean(a.Name, movedAttrs, cure))
		}
	}
	if m.fromAt == nil || m.toAt == nil {
		l.diags.fail(m.at, "a moved block says from where and to where", "one of from and to is missing", cure)
		return
	}
	if !m.from.IsZero() && !m.to.IsZero() {
		l.moved = append(l.moved, m)
	}
}

// address reads table.orders or table.orders["eu"].
func (l *loader) address(e hclsyntax.Expression) resource.Address {
	at := l.at(e.Range())
	bad := func(why string) resource.Address {
		l.diags.fail(at, l.text(e.Range())+" is not an address", why, "write kind.label, or kind.label[\"key\"] of a block with for_each")
		return resource.Address{}
	}
	t, ds := hcl.AbsTraversalForExpr(e)
	if ds.HasErrors() {
		return bad("moved takes addresses as they are written in references, without quotes")
	}
	a := resource.Address{Kind: t.RootName()}
	if kind, ok := l.opts.Kinds[a.Kind]; !ok || kind.Rule {
		l.diags.fail(at, "there is no kind "+quoted(a.Kind)+" of things", "an address begins with the kind", l.didYouMean(a.Kind, l.opts.Kinds.Names(), "the kinds are: "+among(l.opts.Kinds.Names())))
		return resource.Address{}
	}
	if len(t) < 2 || len(t) > 3 {
		return bad("it has a kind and a label, and for one of many a key")
	}
	label, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		return bad("behind the kind stands a dot and the label")
	}
	a.Name = label.Name
	if len(t) == 3 {
		key, ok := t[2].(hcl.TraverseIndex)
		if !ok || key.Key.Type() != cty.String {
			return bad("a key is a text in brackets")
		}
		a.Key, a.Keyed = key.Key.AsString(), true
	}
	return a
}

// readMoved checks the moved blocks, and joins chains of them.
func (l *loader) readMoved() {
	from := map[resource.Address]*moved{}
	for _, m := range l.moved {
		switch first := from[m.from]; {
		case m.from.Kind != m.to.Kind:
			l.diags.fail(m.toAt, m.from.String()+" cannot become "+m.to.String(), "a thing keeps its kind", "declare it as "+article(m.from.Kind)+", or plan the one to go and the other to come: take the moved block out")
		case m.from == m.to:
			l.diags.fail(m.toAt, m.from.String()+" moves to where it is", "from and to are the same address", "take the moved block out")
		case first != nil:
			l.diags.fail(m.fromAt, m.from.String()+" moves twice", "the first stands at "+first.at.String(), "keep one of the two")
		case l.declared(m.from):
			l.diags.fail(m.fromAt, m.from.String()+" is still declared", "what moved away is not declared under its former address; the block stands at "+l.where(m.from).String(), "rename that block to "+m.to.String()+", or take the moved block out")
		default:
			from[m.from] = m
		}
	}
	ends, circle := map[resource.Address]*moved{}, map[*moved]bool{}
	for _, m := range l.moved {
		if from[m.from] != m {
			continue
		}
		end, seen := m, map[*moved]bool{m: true}
		for next := from[end.to]; next != nil && !seen[next]; next = from[end.to] {
			seen[next], end = true, next
		}
		if from[end.to] != nil {
			if !circle[end] {
				l.diags.fail(m.fromAt, "the moved blocks lead in a circle", m.from.String()+" comes back to where it was", "take one of them out")
			}
			for x := range seen {
				circle[x] = true
			}
			continue
		}
		if !l.declared(end.to) {
			if !l.broken {
				l.diags.fail(end.toAt, end.to.String()+" is not declared", "a thing moves to an address that some block has", l.didYouMean(end.to.Name, l.labels(end.to.Kind), "declare it, or take the moved block out"))
			}
			continue
		}
		// Two may lead to one only by the same chain.
		if other := ends[end.to]; other != nil && other != end {
			l.diags.fail(end.toAt, "two things move to "+end.to.String(), "the other stands at "+other.at.String(), "give one of them another address")
			continue
		}
		ends[end.to] = end
		l.env.Moved = append(l.env.Moved, resource.Moved{From: m.from, To: end.to, Keyed: l.things[end.to] == nil, At: m.at})
	}
}

// declared tells whether a block has an address; for one without a key, also a
// block with for_each.
func (l *loader) declared(a resource.Address) bool {
	if l.things[a] != nil {
		return true
	}
	return !a.Keyed && l.blocks[blockKey{a.Kind, a.Name}] != nil
}

func (l *loader) where(a resource.Address) *resource.Range {
	return l.blocks[blockKey{a.Kind, a.Name}].at
}
