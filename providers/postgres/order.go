package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// building is a step that changes a key of a table.
type building struct {
	step *resource.Step
	at   place
}

// order writes the Needs that the graph of references does not give.
func (p *planner) order() {
	p.orderDrops()
	p.orderLogging()
	p.orderUnties()
	p.orderUses()
	p.orderColumnsAbove()
	p.orderViews()
	p.orderHandedOn()
	p.orderRenames()
	p.orderTrees()
	p.orderBelow()
	for _, t := range p.building {
		need(t.step, p.unreferenced[t.at]...)
	}
	p.settleLastUses()
	p.settleWaits()
	p.orderSuccessors()
	p.orderMentions()
	p.orderRestoredKeys()
	p.settleNames()
	p.chain()
	p.detachDropped()
}

func need(s *resource.Step, ids ...string) {
	for _, id := range ids {
		if !slices.Contains(s.Needs, id) {
			s.Needs = append(s.Needs, id)
		}
	}
}

// follows tells whether a step that stands behind another one must come after it: it is of the same thing, and runs with it.
func (p *planner) follows(s, before *resource.Step) bool {
	return s.Node == before.Node && s.Address == before.Address && !p.asides[s] && !p.asides[before]
}

// chain keeps the steps of a thing in their order when one of them must wait for another thing's.
func (p *planner) chain() {
	for i := 0; i < len(p.steps); {
		j, waits := i+1, len(p.steps[i].Needs) > 0
		for ; j < len(p.steps) && p.follows(p.steps[j], p.steps[i]); j++ {
			waits = waits || len(p.steps[j].Needs) > 0
		}
		for k := i + 1; k < j && waits; k++ {
			need(p.steps[k], p.steps[k-1].ID)
		}
		i = j
	}
}

// orderDrops lets a table go when nothing refers to it any more. Tables that refer to each other in a circle lose their
// foreign keys first.
func (p *planner) orderDrops() {
	type drop struct {
		n     int
		step  *resource.Step
		table *table
		d     *resource.Delta
	}
	drops := map[place]*drop{}
	var order []*drop
	for _, s := range p.steps {
		d := p.deltas[s.Address]
		if s.Address.Kind != "table" || s.Action != resource.Delete || len(s.Path) > 0 || d == nil {
			continue
		}
		x := &drop{n: len(order), step: s, table: decodeTable(p.index, livePlace(d.Live), d.Live.Attrs), d: d}
		drops[x.table.place] = x
		order = append(order, x)
		p.frees(s, x.table.heldNames()...)
	}
	circle := circles(len(order), func(i int) []int {
		var out []int
		for _, k := range order[i].table.foreignKeys {
			if on := drops[k.references]; on != nil {
				out = append(out, on.n)
			}
		}
		return out
	})
	for i, x := range order {
		need(x.step, p.unreferenced[x.table.place]...)
		for k := range x.table.foreignKeys {
			key := &x.table.foreignKeys[k]
			on := drops[key.references]
			switch {
			case on == nil:
				p.unreferenced[key.references] = append(p.unreferenced[key.references], x.step.ID)
			case on == x:
			case circle[i] != circle[on.n]:
				need(on.step, x.step.ID)
			default:
				need(on.step, p.dropKey(x.d, x.table, key).ID)
			}
		}
	}
}

// orderRestoredKeys lets foreign keys that an undo brings back wait for the tables that it makes: what they refer to are names
// there, and no references.
func (p *planner) orderRestoredKeys() {
	if !p.req.Undo {
		return
	}
	made := map[place]*resource.Step{}
	for _, s := range p.steps {
		if s.Address.Kind == "table" && s.Action == resource.Create && len(s.Path) == 0 {
			made[p.wanted(p.deltas[s.Address])] = s
		}
	}
	for _, s := range p.steps {
		if s.Action == resource.Delete || len(s.Path) == 0 || s.Path[0] != partForeignKeys {
			continue
		}
		for _, at := range namedPlaces(statementText(s)) {
			if on := made[at]; on != nil {
				need(s, on.ID)
			}
		}
	}
}

func (p *planner) dropKey(d *resource.Delta, t *table, k *foreignKey) *resource.Step {
	s := p.step(d, resource.Path{partForeignKeys, k.name}, resource.Delete, "drop foreign key "+k.name)
	s.Reason = "its table and the one that it refers to go, and refer to each other"
	runOn(s, nil, t.place, exclusive, "ALTER TABLE "+t.place.String()+" DROP CONSTRAINT "+sqltext.Ident(k.name))
	undo(s, "ALTER TABLE "+t.place.String()+" ADD "+k.ddl())
	return s
}

// circles numbers the vertices of a graph so that two have the same number exactly when each can be reached from the
// other (Tarjan's algorithm).
func circles(n int, next func(int) []int) []int {
	index, low, number := make([]int, n), make([]int, n), make([]int, n)
	var stack []int
	count, found := 0, 0
	var visit func(v int)
	visit = func(v int) {
		count++
		index[v], low[v] = count, count
		stack = append(stack, v)
		for _, w := range next(v) {
			switch {
			case index[w] == 0:
				visit(w)
				low[v] = min(low[v], low[w])
			case number[w] == 0:
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] != index[v] {
			return
		}
		found++
		for {
			w := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			number[w] = found
			if w == v {
				return
			}
		}
	}
	for v := range n {
		if index[v] == 0 {
			visit(v)
		}
	}
	return number
}
