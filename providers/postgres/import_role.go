package postgres

import (
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// importRole declares a role. A membership stands with the role that has the member, where that is imported; the
// deployer's own are left out, and those that the platform makes.
func importRole(d *declarer, l *resource.Live) []*resource.Resource {
	if why := l.Attrs.Get("unsaid").Str(); why != "" {
		d.ds.Warnf(nil, "role "+l.Attrs.Get("name").Str()+" is not imported", "", "%s", why)
		return nil
	}
	attrs := l.Attrs
	list := func(attr string, leave func(string) bool) {
		var items []resource.Value
		for _, f := range attrs.Get("effective_" + attr).Fields() {
			if leave(f.Name) {
				continue
			}
			options := []resource.Field{resource.F("role", resource.String(f.Name))}
			for _, o := range f.Value.Fields() {
				if o.Name != "member" {
					options = append(options, o)
				}
			}
			if len(options) == 1 {
				items = append(items, options[0].Value)
			} else {
				items = append(items, resource.Object(options...))
			}
		}
		if len(items) > 0 {
			attrs = attrs.With(attr, resource.List(items...))
		}
	}
	list("members", func(name string) bool { return name == d.facts.CurrentUser || catalog.PlatformRole(name) })
	list("member_of", d.isImportedRole)
	with := *l
	with.Attrs = attrs
	return []*resource.Resource{d.declare(spec{kind: roleKind}, &with)}
}

// isImportedRole tells whether this import makes a block for a role.
func (d *declarer) isImportedRole(name string) bool {
	l := d.live[d.names[calling{"role", name}]]
	return l != nil && l.Undeclared && l.Attrs.Get("unsaid").IsNull()
}
