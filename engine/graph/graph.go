package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Graph is the things of an environment with their references.
type Graph struct {
	Nodes []resource.Node // in creation order
	// Needs lists, for each node, the nodes that must be made before it.
	Needs map[resource.Node][]resource.Node
}

// New builds the graph of some resources and orders it. A cycle is an error
// that prints the way round with the place of each reference. References to
// things that are not among the resources are left out.
func New(resources []*resource.Resource) (*Graph, resource.Diagnostics) {
	g := &Graph{Needs: map[resource.Node][]resource.Node{}}
	index := map[resource.Node]int{}
	var nodes []resource.Node
	var weight [][2]int // kind's or part's order, place in the files
	add := func(n resource.Node, order, place int) {
		if _, ok := index[n]; !ok {
			index[n] = len(nodes)
			nodes = append(nodes, n)
			weight = append(weight, [2]int{order, place})
		}
	}
	for i, r := range resources {
		add(resource.Node{Address: r.Address}, r.Kind.Order, i)
		for _, d := range r.Deps {
			if p, ok := r.Kind.Part(d.Part); ok {
				add(resource.Node{Address: r.Address, Part: p.Name}, p.Order, i)
			}
		}
	}
	needs := make([][]int, len(nodes))
	at := map[[2]int]*resource.Range{}
	edge := func(from, to int, r *resource.Range) {
		if from != to && !slices.Contains(needs[from], to) {
			needs[from] = append(needs[from], to)
			at[[2]int{from, to}] = r
		}
	}
	for _, r := range resources {
		main := index[resource.Node{Address: r.Address}]
		for _, d := range r.Deps {
			from, ok := index[resource.Node{Address: r.Address, Part: d.Part}]
			if !ok {
				from = main
			}
			if from != main {
				edge(from, main, r.Range)
			}
			to, ok := index[resource.Node{Address: d.On, Part: d.OnPart}]
			if !ok {
				to, ok = index[resource.Node{Address: d.On}]
			}
			if ok {
				edge(from, to, d.At)
			}
		}
	}
	order, cycle := Sort(len(nodes), func(v int) []int { return needs[v] }, func(a, b int) bool {
		if weight[a] != weight[b] {
			return slices.Compare(weight[a][:], weight[b][:]) < 0
		}
		return a < b
	})
	if cycle != nil {
		return nil, cycleError(nodes, cycle, at)
	}
	for _, v := range order {
		g.Nodes = append(g.Nodes, nodes[v])
		for _, u := range needs[v] {
			g.Needs[nodes[v]] = append(g.Needs[nodes[v]], nodes[u])
		}
	}
	return g, nil
}

func cycleError(nodes []resource.Node, cycle []int, at map[[2]int]*resource.Range) resource.Diagnostics {
	var b strings.Builder
	var first *resource.Range
	for i, v := range cycle {
		u := cycle[(i+1)%len(cycle)]
		r := at[[2]int{v, u}]
		if first == nil {
			first = r
		}
		fmt.Fprintf(&b, "\n  %s needs %s", nodes[v], nodes[u])
		if s := r.String(); s != "" {
			b.WriteString(" (" + s + ")")
		}
	}
	var ds resource.Diagnostics
	ds.Errorf(first, "things refer to each other in a circle",
		"take one of the references out, or write a name as text where a reference is not needed",
		"none of them can be made first:%s", b.String())
	return ds
}
