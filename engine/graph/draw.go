package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Mermaid draws the graph as a flowchart that GitHub shows in Markdown. An
// arrow goes from what is made first to what needs it.
func (g *Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	id := g.ids()
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", id[n], strings.NewReplacer(`"`, "#quot;", "<", "#lt;", ">", "#gt;").Replace(n.String()))
	}
	for _, n := range g.Nodes {
		for _, m := range g.Needs[n] {
			fmt.Fprintf(&b, "  %s --> %s\n", id[m], id[n])
		}
	}
	return b.String()
}

// DOT draws the graph for Graphviz.
func (g *Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph tellr {\n  rankdir = LR\n  node [shape = box, fontname = \"sans-serif\"]\n")
	id := g.ids()
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "  %s [label = %s]\n", id[n], strconv.Quote(n.String()))
	}
	for _, n := range g.Nodes {
		for _, m := range g.Needs[n] {
			fmt.Fprintf(&b, "  %s -> %s\n", id[m], id[n])
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func (g *Graph) ids() map[resource.Node]string {
	ids := make(map[resource.Node]string, len(g.Nodes))
	for i, n := range g.Nodes {
		ids[n] = "n" + strconv.Itoa(i+1)
	}
	return ids
}
