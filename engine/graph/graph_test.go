package graph_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tellr-dev/tellr/engine/graph"
	"github.com/tellr-dev/tellr/engine/resource"
)

var (
	place = &resource.Kind{Name: "place", Order: 1}
	thing = &resource.Kind{Name: "thing", Order: 2, Parts: []resource.KindPart{{Name: "links", Order: 3}}}
)

func make1(k *resource.Kind, name string, line int, deps ...resource.Dep) *resource.Resource {
	for i := range deps {
		deps[i].At = &resource.Range{File: "a.hcl", Line: int32(line + i)}
	}
	return &resource.Resource{Address: resource.Address{Kind: k.Name, Name: name}, Kind: k, Deps: deps}
}

func on(part, kind, name string) resource.Dep {
	return resource.Dep{Part: part, On: resource.Address{Kind: kind, Name: name}}
}

func names(g *graph.Graph) string {
	var out []string
	for _, n := range g.Nodes {
		out = append(out, n.String())
	}
	return strings.Join(out, " ")
}

func TestPartsBreakCirclesThatTheLanguageAllows(t *testing.T) {
	g, ds := graph.New([]*resource.Resource{
		make1(thing, "a", 1, on("links", "thing", "b"), on("", "place", "p")),
		make1(thing, "b", 5, on("links", "thing", "a"), on("links", "thing", "b")),
		make1(place, "p", 9),
	})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	if got, want := names(g), "place.p thing.a thing.b thing.a/links thing.b/links"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

func TestACircleIsPrintedWithItsPlaces(t *testing.T) {
	_, ds := graph.New([]*resource.Resource{
		make1(thing, "a", 1, on("", "thing", "b")),
		make1(thing, "b", 5, on("", "thing", "c")),
		make1(thing, "c", 8, on("", "thing", "a")),
		make1(thing, "d", 9, on("", "thing", "a")),
	})
	if !ds.HasErrors() {
		t.Fatal("no error")
	}
	msg := ds.Error()
	for _, want := range []string{"thing.a needs thing.b (a.hcl:1)", "thing.b needs thing.c (a.hcl:5)", "thing.c needs thing.a (a.hcl:8)"} {
		if !strings.Contains(msg, want) {
			t.Errorf("%q is not in\n%s", want, msg)
		}
	}
	if strings.Contains(msg, "thing.d") {
		t.Errorf("thing.d is not in the circle:\n%s", msg)
	}
}

func TestDrawingsNameEveryNodeAndEdge(t *testing.T) {
	g, _ := graph.New([]*resource.Resource{make1(place, `p"<x>`, 1), make1(thing, "a", 2, on("", "place", `p"<x>`))})
	if got, want := g.Mermaid(), "flowchart LR\n  n1[\"place.p#quot;#lt;x#gt;\"]\n  n2[\"thing.a\"]\n  n1 --> n2\n"; got != want {
		t.Errorf("mermaid:\n%s\nwant:\n%s", got, want)
	}
	if got := g.DOT(); !strings.Contains(got, `n1 [label = "place.p\"<x>"]`) || !strings.Contains(got, "n1 -> n2") {
		t.Errorf("dot:\n%s", got)
	}
}

// Any graph is either sorted so that everything stands after what it needs, or
// has a circle that is really there.
func TestSortOrFindACircle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		after := make([][]int, n)
		for v := range after {
			after[v] = rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 3).Draw(t, "after")
		}
		order, cycle := graph.Sort(n, func(v int) []int { return after[v] }, func(a, b int) bool { return a < b })
		if cycle != nil {
			for i, v := range cycle {
				if !slices.Contains(after[v], cycle[(i+1)%len(cycle)]) {
					t.Fatalf("%v is not a circle of %v", cycle, after)
				}
			}
			return
		}
		at := make([]int, n)
		for i, v := range order {
			at[v] = i
		}
		for v := range after {
			for _, u := range after[v] {
				if at[u] >= at[v] {
					t.Fatalf("%d stands before %d in %v", v, u, order)
				}
			}
		}
	})
}
