package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// attrs are the attributes of a block.
func (g *grantsImport) attrs(d *draft, to []string) resource.Value {
	values := map[string]resource.Value{}
	put := func(name string, v resource.Value) {
		if a, ok := g.attr(name); ok && !v.IsNull() {
			values[name] = g.refer(a.Type, v)
		}
	}
	names := func(list []string) resource.Value {
		if len(list) == 1 {
			return resource.String(list[0])
		}
		return resource.Strings(list...)
	}
	put("schema", resource.Null())
	if g.schema != "" {
		put("schema", resource.String(g.schema))
	} else {
		values[g.snap.Scope.System.Host.Kind] = resource.Ref(g.snap.Scope.System.Host)
	}
	if len(to) > 0 {
		put("to", names(to))
	}
	optional, plain := 0, !d.columns.IsNull()
	lists := map[string][]string{}
	for _, p := range privilegeAttrs {
		privs, written := d.given[p.kind]
		if !written {
			continue
		}
		lists[p.attr] = words(p.kind, privs, g.facts.ServerVersion)
		for _, w := range lists[p.attr] {
			if strings.HasSuffix(w, catalog.GrantOption) {
				optional++
			} else {
				plain = true
			}
		}
	}
	if optional > 0 && !plain {
		values["with_grant_option"] = resource.Bool(true)
	}
	for attr, list := range lists {
		for i := range list {
			if optional > 0 && !plain {
				list[i] = strings.TrimSuffix(list[i], catalog.GrantOption)
			}
		}
		values[attr] = resource.Strings(list...)
	}
	put("columns", d.columns)
	if d.on != nil {
		values["on"] = resource.List(d.on...)
	}
	if len(d.makers) > 0 {
		put("for", resource.Strings(d.makers...))
	}
	if g.grantor != "" {
		put("grantor", resource.String(g.grantor))
	}
	var fields []resource.Field
	for _, a := range grantsKind.Attrs {
		if v, has := values[a.Name]; has {
			fields = append(fields, resource.F(a.Name, v))
		}
	}
	return resource.Object(fields...)
}

func (g *grantsImport) attr(name string) (resource.Attr, bool) {
	i := slices.IndexFunc(grantsKind.Attrs, func(a resource.Attr) bool { return a.Name == name })
	if i < 0 {
		return resource.Attr{}, false
	}
	return grantsKind.Attrs[i], true
}

// write makes a block of a draft.
func (g *grantsImport) write(d *draft, to []string) {
	parts := []string{granteeLabel(to)}
	switch {
	case g.schema == "":
		parts = []string{"database", parts[0]}
	case g.isOneOfSeveral():
		parts = []string{catalog.LabelOf(g.schema), parts[0]}
	}
	if g.grantor != "" {
		parts = append(parts, "by", catalog.LabelOf(g.grantor))
	}
	if d.suffix != "" {
		parts = append(parts, d.suffix)
	}
	g.out = append(g.out, &resource.Resource{Address: g.unused(strings.Join(parts, "_")), Kind: grantsKind, Attrs: g.attrs(d, to)})
}

// isOneOfSeveral tells whether a label has to say which schema it is. The one that every database has does not count.
func (g *grantsImport) isOneOfSeveral() bool {
	for name := range g.facts.Schemas {
		if name != g.schema && name != "public" {
			return true
		}
	}
	return g.schema == "public" && len(g.facts.Schemas) > 1
}

func granteeLabel(to []string) string {
	switch {
	case to[0] == catalog.Public:
		return "everyone"
	case len(to) == 1:
		return catalog.LabelOf(to[0])
	case len(to) == 2:
		return catalog.LabelOf(to[0]) + "_and_" + catalog.LabelOf(to[1])
	}
	return catalog.LabelOf(to[0]) + "_and_others"
}

// unused makes an address that nothing else has.
func (d *declarer) unused(label string) resource.Address {
	for n := 1; ; n++ {
		a := resource.Address{Kind: "grants", Name: label}
		if n > 1 {
			a.Name = fmt.Sprintf("%s_%d", label, n)
		}
		if _, taken := d.index.desired[a]; !taken && !d.used[a] {
			d.used[a] = true
			return a
		}
	}
}

// close says, where what is imported is to be all, that nobody else has anything in the schema.
func (g *grantsImport) close() {
	if !g.exclusive || g.schema == "" || g.grantor != "" {
		return
	}
	if len(g.out) == 0 {
		d := newDraft("")
		d.given[onTables] = nil
		if g.schema == "public" {
			d.given[onSchema] = []string{"USAGE"}
		}
		g.write(d, []string{catalog.Public})
	}
	for _, r := range g.out {
		r.Attrs = r.Attrs.With("exclusive", resource.Bool(true))
	}
}
