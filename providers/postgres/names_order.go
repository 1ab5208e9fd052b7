package postgres

import (
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// settleNames lets the steps that take names wait for those that give them free. Where these would have to wait for the
// former in their turn, the thing that has the name is called otherwise at first: what is swapped, or passed round, needs a
// place to stand. The same goes for what is dropped after the transaction, when its name is wanted in it.
func (p *planner) settleNames() {
	waits := p.nameWaits()
	if len(waits) == 0 {
		return
	}
	p.hoist(waits)
	for {
		n := p.knot(waits)
		if n < 0 {
			break
		}
		p.stepAside(waits[n].holder)
		waits = p.nameWaits()
	}
	for _, w := range waits {
		need(w.step, w.on())
	}
}

// nameWait is a step that takes a name, and what has it.
type nameWait struct {
	step   *resource.Step
	holder *release
	put    *resource.Step // by which that is called otherwise already
}

// on is the step after which the name is free.
func (w *nameWait) on() string {
	if w.put != nil {
		return w.put.ID
	}
	return w.holder.step.ID
}

func (p *planner) nameWaits() []nameWait {
	var out []nameWait
	seen := map[[2]string]bool{}
	for _, t := range p.taking {
		for _, n := range t.names {
			if p.interim[n] {
				continue // it is nobody's when the plan begins, nor when it ends
			}
			for _, r := range p.freed[n] {
				w := nameWait{t.step, r, p.put[r]}
				if key := [2]string{t.step.ID, w.on()}; r.step != t.step && w.put != t.step && !seen[key] {
					seen[key] = true
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// hoist brings the drop of a part of a thing before the step of the same thing that takes its name.
func (p *planner) hoist(waits []nameWait) {
	for _, w := range waits {
		s := w.holder.step
		if s.Action != resource.Delete || len(s.Path) != 2 || s.Stage != w.step.Stage || s.Node != w.step.Node || s.ID != s.Address.String()+"/"+s.Path.String() {
			continue
		}
		i, j := slices.Index(p.steps, w.step), slices.Index(p.steps, s)
		if i > j || slices.ContainsFunc(p.steps[i:j], func(o *resource.Step) bool { return o.Node != s.Node || slices.Contains(s.Needs, o.ID) }) {
			continue
		}
		p.steps = slices.Insert(slices.Delete(p.steps, j, j+1), i, s)
	}
}

// knot finds a step that waits for a name that is only free after it, and that can be so before; -1 if there is none.
func (p *planner) knot(waits []nameWait) int {
	canPut := func(w *nameWait) bool { return w.put == nil && w.holder.rename != nil }
	for i := range waits {
		if w := &waits[i]; canPut(w) && w.holder.step.Stage == resource.Online && w.step.Stage == resource.Database {
			return i
		}
	}
	g := p.stepGraph()
	for i := range waits {
		w := &waits[i]
		g.edge(g.at[w.step.ID], g.at[w.on()])
	}
	in := circles(len(g.after), func(v int) []int { return g.after[v] })
	return slices.IndexFunc(waits, func(w nameWait) bool {
		return canPut(&w) && in[g.at[w.step.ID]] == in[g.at[w.on()]]
	})
}

// stepGraph is what must come after what: by the needs of steps, by their order within a node, and by the nodes' order.
type stepGraph struct {
	after [][]int
	at    map[string]int // by the steps' ids
	nodes map[resource.Node][2]int
}

func (g *stepGraph) edge(v, after int) { g.after[v] = append(g.after[v], after) }

func (g *stepGraph) vertex() int {
	g.after = append(g.after, nil)
	return len(g.after) - 1
}

// node is where a node begins and ends.
func (g *stepGraph) node(n resource.Node) (first, last int) {
	if ends, ok := g.nodes[n]; ok {
		return ends[0], ends[1]
	}
	first, last = g.vertex(), g.vertex()
	g.nodes[n] = [2]int{first, last}
	g.edge(last, first)
	if n.Part != "" {
		_, main := g.node(resource.Node{Address: n.Address})
		g.edge(first, main)
	}
	return first, last
}

func (p *planner) stepGraph() *stepGraph {
	g := &stepGraph{at: map[string]int{}, nodes: map[resource.Node][2]int{}}
	for _, s := range p.steps {
		g.at[s.ID] = g.vertex()
	}
	var before *resource.Step
	for _, s := range p.steps {
		v := g.at[s.ID]
		for _, id := range s.Needs {
			if on, ok := g.at[id]; ok {
				g.edge(v, on)
			}
		}
		if before != nil && p.follows(s, before) {
			g.edge(v, g.at[before.ID])
		}
		before = s
		if s.Action == resource.Delete && len(s.Path) == 0 {
			continue // what goes as a whole is in no node
		}
		first, last := g.node(s.Node)
		if s.Stage == resource.Online {
			g.edge(v, last)
			continue
		}
		g.edge(v, first)
		g.edge(last, v)
	}
	for _, d := range p.req.Deltas {
		if d.Desired == nil {
			continue
		}
		for _, dep := range d.Desired.Deps {
			from, to := resource.Node{Address: d.Address, Part: dep.Part}, resource.Node{Address: dep.On, Part: dep.OnPart}
			if from != to {
				first, _ := g.node(from)
				_, last := g.node(to)
				g.edge(first, last)
			}
		}
	}
	return g
}

// stepAside makes the step that calls something otherwise until its own step comes.
func (p *planner) stepAside(r *release) {
	to := p.asideName(r.names, r.called)
	d := p.deltas[r.step.Address]
	id := r.step.ID + "/aside"
	var s *resource.Step
	if i := slices.IndexFunc(p.steps, func(s *resource.Step) bool { return s.ID == id }); i >= 0 {
		s = p.steps[i]
		s.Title += ", " + r.called + " to " + to
	} else {
		s = p.step(d, r.step.Path, resource.Update, fmt.Sprintf("rename %s %s to %s for a while", r.what, r.called, to))
		s.ID, s.Changes, s.Node = id, nil, resource.Node{Address: r.step.Address}
		s.Blocked = r.step.Blocked
		s.Reason = "another thing takes its name before it goes"
		if r.back != nil {
			s.Reason = "another thing takes its name, and it takes another's"
		}
		if d.Desired != nil {
			p.early(d, s)
		}
		p.asides[s] = true
		if moved := p.relocated[r.step.Address]; moved != nil && moved != r.step {
			need(s, moved.ID)
		}
		if r.names[0].in != "" {
			if renamed := p.renamedSchemas[r.names[0].in]; renamed != nil {
				need(s, renamed.ID)
			}
		}
	}
	runOn(s, r.live, r.on, r.lock, r.rename(r.called, to))
	if r.back == nil {
		s.NoUndo = "what goes comes back under its own name"
	} else {
		undo(s, r.rename(to, r.called))
		for i, sql := range r.step.Undo {
			if sql.String() == r.back(r.called) {
				r.step.Undo[i] = resource.RawSQL(r.back(to))
			}
		}
	}
	if r.says != nil {
		r.step.Statements[r.at].SQL = resource.RawSQL(r.says(to))
	}
	need(r.step, s.ID)
	p.put[r] = s
}

// asideName is the name of a thing whose own another one takes.
func (p *planner) asideName(names []naming, called string) string {
	out := wayName(wayAside, called)
	for n := 2; slices.ContainsFunc(names, func(x naming) bool { return p.isLiveName(naming{x.space, x.in, out}) }); n++ {
		out = wayName(wayAside, fmt.Sprint(called, "_", n))
	}
	for _, x := range names {
		p.liveNames[naming{x.space, x.in, out}] = true
		p.interim[naming{x.space, x.in, out}] = true
	}
	return out
}

// isLiveName tells whether a thing has a name, before the plan runs or while it does.
func (p *planner) isLiveName(n naming) bool {
	if p.liveNames == nil {
		p.liveNames = map[naming]bool{}
		for _, d := range p.req.Deltas {
			switch {
			case d.Live == nil:
			case d.Address.Kind == "table" && !d.Live.Instead:
				for _, n := range decodeTable(p.index, livePlace(d.Live), d.Live.Attrs).heldNames() {
					p.liveNames[n] = true
				}
			default:
				for _, n := range namesOf(d.Address.Kind, livePlace(d.Live)) {
					p.liveNames[n] = true
				}
			}
		}
	}
	return p.liveNames[n]
}
