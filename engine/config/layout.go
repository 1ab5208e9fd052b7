package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Written is one file of declarations.
type Written struct {
	Name string // orders.hcl
	Text []byte
	// Resources are those in it, in order.
	Resources []*resource.Resource
}

// Layout spreads resources over files as people look for them: each thing that
// holds data has a file, with what is part of it; the rest stand together by
// kind. With a name for one file, all stand in that. In a file, what others
// refer to comes before them.
func Layout(resources []*resource.Resource, one string) []Written {
	sorted := inOrder(resources)
	own := ownFiles(sorted)
	byName := map[string]*Written{}
	var names []string
	for _, r := range sorted {
		name := one
		if name == "" {
			name = fileOf(r, own)
		}
		if byName[name] == nil {
			byName[name] = &Written{Name: name}
			names = append(names, name)
		}
		byName[name].Resources = append(byName[name].Resources, r)
	}
	slices.Sort(names)
	out := make([]Written, 0, len(names))
	for _, name := range names {
		w := byName[name]
		w.Text = Write(w.Resources)
		out = append(out, *w)
	}
	return out
}

// ownFiles names the file of each thing that has one: things of a kind that
// holds data and has columns' worth of lines, so that a change of it is read by
// itself.
func ownFiles(resources []*resource.Resource) map[resource.Address]string {
	out := map[resource.Address]string{}
	used := map[string]bool{}
	for _, r := range resources {
		if r.Kind.Data && len(r.Attrs.Fields()) > 0 && hasMap(r.Kind) {
			name := strings.ToLower(r.Address.Name)
			for used[name] || isPlural(name, resources) {
				name += "_"
			}
			used[name] = true
			out[r.Address] = name + ".hcl"
		}
	}
	return out
}

// hasMap tells whether the things of a kind have parts of their own.
func hasMap(k *resource.Kind) bool {
	return slices.ContainsFunc(k.Attrs, func(a resource.Attr) bool { return a.Data && a.Type.Kind == resource.TMap })
}

func isPlural(name string, resources []*resource.Resource) bool {
	return slices.ContainsFunc(resources, func(r *resource.Resource) bool { return kindFile(r.Kind.Name) == name })
}

func kindFile(kind string) string {
	switch {
	case strings.HasSuffix(kind, "s"):
		return kind
	case strings.HasSuffix(kind, "y"):
		return strings.TrimSuffix(kind, "y") + "ies"
	default:
		return kind + "s"
	}
}

// fileOf is where a thing stands: in its own file, in that of the thing that it
// is required to name, or with its like.
func fileOf(r *resource.Resource, own map[resource.Address]string) string {
	if name := own[r.Address]; name != "" {
		return name
	}
	for _, a := range r.Kind.Attrs {
		if on, ok := r.Attrs.Get(a.Name).Ref(); ok && a.Required && own[on] != "" {
			return own[on]
		}
	}
	return kindFile(r.Kind.Name) + ".hcl"
}

// inOrder puts what is referred to before what refers to it, kinds in their
// order, the rest by name. Things that refer to each other stay by name.
func inOrder(resources []*resource.Resource) []*resource.Resource {
	sorted := slices.Clone(resources)
	slices.SortStableFunc(sorted, func(a, b *resource.Resource) int {
		return cmp.Or(cmp.Compare(a.Kind.Order, b.Kind.Order), a.Address.Compare(b.Address))
	})
	byAddress := make(map[resource.Address]*resource.Resource, len(sorted))
	for _, r := range sorted {
		byAddress[r.Address] = r
	}
	seen := map[resource.Address]bool{}
	out := make([]*resource.Resource, 0, len(sorted))
	var visit func(r *resource.Resource)
	visit = func(r *resource.Resource) {
		if seen[r.Address] {
			return
		}
		seen[r.Address] = true
		r.Attrs.Refs(func(a resource.Address, _ *resource.Range) {
			if on := byAddress[a]; on != nil {
				visit(on)
			}
		})
		out = append(out, r)
	}
	for _, r := range sorted {
		visit(r)
	}
	return out
}
