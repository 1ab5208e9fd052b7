package plan

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/graph"
	"github.com/tellr-dev/tellr/engine/resource"
)

// arrange puts all steps in an order in which they can run one after the
// other: by stage, by the graph of references, and with things that go last
// and in reverse. It also writes the graph's orderings into the Needs of the
// steps that may run side by side.
func (b *builder) arrange() []*resource.Step {
	count := 0
	for _, w := range b.work {
		count += len(w.steps)
	}
	steps := make([]*resource.Step, 0, count)
	byID := make(map[string]int, count)
	for _, w := range b.work {
		for _, s := range w.steps {
			if _, twice := byID[s.ID]; twice {
				b.ds.Errorf(s.At, "two steps have the same id "+s.ID, "report this as a bug of tellr", "")
				continue
			}
			byID[s.ID] = len(steps)
			steps = append(steps, s)
		}
	}
	v := newVertices(len(steps))
	for i, s := range steps {
		v.place(i, s)
		for _, need := range s.Needs {
			if j, ok := byID[need]; ok {
				v.edge(i, j)
			} else {
				b.ds.Errorf(s.At, "step "+s.ID+" needs "+need+", which is not in the plan", "report this as a bug of tellr", "")
			}
		}
	}
	for _, r := range b.req.Desired {
		v.resource(r)
	}
	rank := b.ranks(steps)
	order, cycle := graph.Sort(v.n, func(x int) []int { return v.after[x] }, func(x, y int) bool {
		// Vertices that are not steps only carry order: as early as possible.
		if x >= len(steps) || y >= len(steps) {
			if (x >= len(steps)) != (y >= len(steps)) {
				return x >= len(steps)
			}
			return x < y
		}
		if c := slices.Compare(rank[x][:], rank[y][:]); c != 0 {
			return c < 0
		}
		return x < y
	})
	if cycle != nil {
		ids := ""
		for _, x := range cycle {
			if x < len(steps) {
				ids += "\n  " + steps[x].ID
			}
		}
		b.ds.Errorf(nil, "the steps of the plan need each other in a circle", "report this as a bug of tellr", "%s", ids)
		return nil
	}
	out := make([]*resource.Step, 0, len(steps))
	for _, x := range order {
		if x < len(steps) {
			out = append(out, steps[x])
		}
	}
	v.writeNeeds(steps)
	b.goneNeeds(steps)
	return out
}

// goneNeeds lets things that go wait for those of a higher order that go too:
// an app before the instance that it is bound to. What a ledger remembers has
// no references any more, so the kinds' order decides.
func (b *builder) goneNeeds(steps []*resource.Step) {
	order := func(s *resource.Step) int {
		if d := b.deltas[s.Address]; d != nil && d.Kind != nil {
			return d.Kind.Order
		}
		return 0
	}
	var gone []*resource.Step
	for _, s := range steps {
		if isGone(s) && s.Stage == resource.Workspace && b.deltas[s.Address] != nil && b.deltas[s.Address].Action == resource.Delete {
			gone = append(gone, s)
		}
	}
	for _, s := range gone {
		for _, o := range gone {
			if order(o) > order(s) && !slices.Contains(s.Needs, o.ID) {
				s.Needs = append(s.Needs, o.ID)
			}
		}
		slices.Sort(s.Needs)
	}
}

// ranks gives each step its place among those that are free: stage, things
// that go after things that come, the kind's order, the order in the files.
func (b *builder) ranks(steps []*resource.Step) [][4]int {
	place := make(map[resource.Address]int, len(b.order))
	for i, a := range b.order {
		place[a] = i
	}
	rank := make([][4]int, len(steps))
	for i, s := range steps {
		stage := slices.Index(resource.Stages, s.Stage)
		order := 0
		if d := b.deltas[s.Address]; d != nil && d.Kind != nil {
			order = d.Kind.Order
			if p, ok := d.Kind.Part(s.Node.Part); ok {
				order = p.Order
			}
		}
		at, gone := place[s.Address], 0
		if isGone(s) {
			order, at, gone = -order, -at, 1
		}
		if b.req.Destroy {
			stage = -stage
		}
		rank[i] = [4]int{stage, gone, order, at}
	}
	return rank
}

// isGone tells whether a step takes a whole thing away.
func isGone(s *resource.Step) bool { return s.Action == resource.Delete && len(s.Path) == 0 }

// vertices is the graph of steps. Besides the steps it has two vertices for
// each node of the resource graph, before and behind all its steps, so that an
// ordering of nodes costs one edge and not one for each pair of steps.
type vertices struct {
	n       int
	after   [][]int
	first   map[resource.Node]int // all steps of the node come after it; the next one comes after all of them
	members map[resource.Node][]int
	needs   map[resource.Node][]resource.Node
}

func newVertices(steps int) *vertices {
	return &vertices{
		n: steps, after: make([][]int, steps),
		first: make(map[resource.Node]int, steps), members: make(map[resource.Node][]int, steps), needs: make(map[resource.Node][]resource.Node, steps),
	}
}

func (v *vertices) edge(x, after int) { v.after[x] = append(v.after[x], after) }

func (v *vertices) node(n resource.Node) (first, last int) {
	if first, ok := v.first[n]; ok {
		return first, first + 1
	}
	first, last = v.n, v.n+1
	v.first[n] = first
	v.after = append(v.after, nil, nil)
	v.n += 2
	v.edge(last, first)
	if n.Part != "" {
		_, main := v.node(resource.Node{Address: n.Address})
		v.edge(first, main)
		v.needs[n] = append(v.needs[n], resource.Node{Address: n.Address})
	}
	return first, last
}

func (v *vertices) place(i int, s *resource.Step) {
	if isGone(s) || s.Action.OnlyLedger() {
		return // things that go are ordered by rank and by their provider; what the ledger is told needs no order
	}
	first, last := v.node(s.Node)
	switch s.Stage {
	case resource.Prepare: // before the transaction: it can wait for nothing in there
		v.edge(last, i)
		return
	case resource.Online:
		// It comes after the transaction, and nothing in a transaction can wait for it: what must come after it says so.
		v.edge(i, last)
		return
	}
	v.edge(i, first)
	v.edge(last, i)
	v.members[s.Node] = append(v.members[s.Node], i)
}

func (v *vertices) resource(r *resource.Resource) {
	for _, d := range r.Deps {
		from, to := resource.Node{Address: r.Address, Part: d.Part}, resource.Node{Address: d.On, Part: d.OnPart}
		if from == to {
			continue
		}
		first, _ := v.node(from)
		_, last := v.node(to)
		v.edge(first, last)
		v.needs[from] = append(v.needs[from], to)
	}
}

// writeNeeds spells the graph's orderings out for steps that run side by side.
// A node without steps passes on what it needs itself.
func (v *vertices) writeNeeds(steps []*resource.Step) {
	for _, s := range steps {
		if (s.Stage != resource.Workspace && s.Stage != resource.Release) || isGone(s) {
			continue
		}
		seen := map[resource.Node]bool{s.Node: true}
		var visit func(n resource.Node)
		visit = func(n resource.Node) {
			for _, m := range v.needs[n] {
				if seen[m] {
					continue
				}
				seen[m] = true
				for _, j := range v.members[m] {
					if steps[j].Stage == s.Stage && !slices.Contains(s.Needs, steps[j].ID) {
						s.Needs = append(s.Needs, steps[j].ID)
					}
				}
				if len(v.members[m]) == 0 {
					visit(m)
				}
			}
		}
		visit(s.Node)
		slices.Sort(s.Needs)
	}
}
