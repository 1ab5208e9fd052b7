package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

var headerAttrs = []string{"description", "profile", "host", "include", "variables"}

// readHeader reads the environment block.
func (l *loader) readHeader() {
	if l.header == nil {
		if !l.broken {
			l.diags.fail(l.start(), l.env.File+" has no environment block", "the file that a command names must say which environment it is", `add environment "NAME" { … }, or name the file that includes this one`)
		}
		return
	}
	body := l.header.body
	for _, a := range sortedAttributes(body) {
		if !slices.Contains(headerAttrs, a.Name) {
			l.diags.fail(l.at(a.NameRange), "environment has no attribute "+quoted(a.Name), "every name is checked, so that a misspelt one is not overlooked", l.didYouMean(a.Name, headerAttrs, "allowed here: "+among(headerAttrs)))
		}
	}
	for _, b := range body.Blocks {
		cure := l.didYouMean(b.Type, headerAttrs, "allowed here: "+among(headerAttrs))
		if slices.Contains(headerAttrs, b.Type) {
			cure = "write " + b.Type + " = …"
		} else if _, ok := l.opts.Kinds[b.Type]; ok {
			cure = "move it out of the environment block, below it"
		}
		l.diags.fail(l.at(b.TypeRange), "environment has no block "+quoted(b.Type), "it has attributes only", cure)
	}
	if a, ok := body.Attributes["variables"]; ok {
		if _, literal := a.Expr.(*hclsyntax.ObjectConsExpr); !literal {
			l.diags.fail(l.at(a.Expr.Range()), "variables wants a map written out", "it is read entry by entry, so that one value may use another", "write variables = { NAME = … }")
		}
	}
	if obj := l.givenVariables(); obj != nil {
		l.entries(obj, l.givenScope(nil), &l.diags, func(resource.Field, hclsyntax.Expression) {}, func() {})
	}
	l.env.Description = l.headerText("description")
	l.env.Profile = l.headerText("profile")
	l.env.Host = l.headerText("host")
}

func (l *loader) headerText(name string) string {
	a, ok := l.header.body.Attributes[name]
	if !ok {
		return ""
	}
	v, ok := l.eval(a.Expr, l.givenScope(nil))
	if !ok || v.IsNull() {
		return ""
	}
	at := l.at(a.Expr.Range())
	if v.Kind() == resource.KindTemplate {
		l.diags.fail(at, name+" of the environment must be known", "it is needed before anything is read", "write it out, or use a variable; without profile and host the SDK finds them itself (DATABRICKS_HOST, DATABRICKS_CONFIG_PROFILE)")
		return ""
	}
	if v.Kind() != resource.KindString {
		l.diags.fail(at, name+" of the environment wants a string", "this is "+aKind(v), "write a text in quotes")
	}
	return v.Str()
}

func (l *loader) start() *resource.Range {
	return &resource.Range{File: l.env.File, Line: 1, Column: 1, EndLine: 1, EndColumn: 1}
}

// findCycles reports things that need each other in a circle. A part of a
// thing needs the thing; so two tables may refer to each other by foreign
// keys, which are a part.
func (l *loader) findCycles() {
	type edge struct {
		to resource.Node
		at *resource.Range
	}
	edges := make(map[resource.Node][]edge, len(l.things))
	nodes := make([]resource.Node, 0, 2*len(l.things))
	for _, b := range l.order {
		for _, inst := range b.instances {
			main := resource.Node{Address: inst.addr}
			nodes = append(nodes, main)
			for _, d := range inst.deps {
				n := resource.Node{Address: inst.addr, Part: d.Part}
				if _, ok := edges[n]; !ok && n != main {
					nodes = append(nodes, n)
					edges[n] = append(edges[n], edge{to: main})
				}
				edges[n] = append(edges[n], edge{resource.Node{Address: d.On, Part: d.OnPart}, d.At})
			}
		}
	}
	// A walk in depth with its own stack, as chains may be long.
	color := make(map[resource.Node]state, len(nodes))
	type frame struct {
		node resource.Node
		next int
	}
	for _, n := range nodes {
		if color[n] != untouched {
			continue
		}
		color[n] = running
		path := []frame{{node: n}}
		for len(path) > 0 {
			top := &path[len(path)-1]
			out := edges[top.node]
			if top.next == len(out) {
				color[top.node] = done
				path = path[:len(path)-1]
				continue
			}
			e := out[top.next]
			top.next++
			switch color[e.to] {
			case untouched:
				color[e.to] = running
				path = append(path, frame{node: e.to})
			case running:
				start := slices.IndexFunc(path, func(f frame) bool { return f.node == e.to })
				var text string
				var first *resource.Range
				reported := false
				for i := start; i < len(path); i++ {
					from := path[i].node
					step := edges[from][path[i].next-1]
					reported = reported || l.circular[from.Address]
					text += "\n  " + from.String() + " needs " + step.to.String()
					if step.at != nil {
						text += " (" + step.at.String() + ")"
						if first == nil {
							first = step.at
						}
					}
				}
				if reported {
					continue
				}
				for i := start; i < len(path); i++ {
					l.circular[path[i].node.Address] = true
				}
				summary := "things refer to each other in a circle"
				if len(path)-start == 1 {
					summary = e.to.Address.String() + " refers to itself"
				}
				l.diags.fail(first, summary, "none of them can be made first:"+text, "take one of the references out, or write a name as text where a reference is not needed")
			}
		}
	}
}
