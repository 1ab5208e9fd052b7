package postgres

import (
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

var extensionSpec = spec{
	kind:      extensionKind,
	normalize: normalizeExtension,
	steps:     extensionSteps,
	stand:     (*index).inItsSchema,
	take:      func(n *namespaces, r *resource.Resource) { n.extensions.take(sqltext.Ident(r.Name()), named(r)) },
}

var extensionKind = &resource.Kind{
	Name: "extension",
	Doc: "An extension that is installed in the database. What belongs to it (types, functions, operators) is its own, and is " +
		"neither declared nor listed.",
	Order: orderExtension,
	Data:  true,
	Stage: resource.Database,
	Example: `extension "pg_trgm" {
  schema  = schema.app_data
  version = "1.6"
}
`,
	Attrs: []resource.Attr{
		{
			Name: "schema", Type: inSchema, Required: true,
			Doc: "Schema that its things stand in: a reference, or a name such as \"public\". Extensions that are not relocatable stay where they are.",
		},
		{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the extension. Default: the block's label."},
		{
			Name: "version", Type: resource.Text, Unset: resource.Unmanaged,
			Doc: "Version to install, or to update to. Default: the server's own choice, and never changed.",
		},
		{
			Name: "comment", Type: resource.Text, Unset: resource.Unmanaged,
			Doc: "Comment on the extension. Default: the one that it brings along.",
		},
		{Name: "relocatable", Type: resource.Flag, Computed: true, Shape: "text", Doc: "Whether it can be moved to another schema."},
	},
	Check: func(r *resource.Resource) resource.Diagnostics {
		c := &checker{r: r}
		c.label("extension")
		return c.ds
	},
}

func normalizeExtension(n *normalizer, r *resource.Resource) resource.Value {
	w, at := r.Attrs, n.place(r)
	var o object
	o.text("schema", at.schema, w.Get("schema"))
	o.text("name", at.name, w.Get("name"))
	o.text("version", w.Get("version").Str(), w.Get("version"))
	o.text("comment", w.Get("comment").Str(), w.Get("comment"))
	return o.done()
}

func extensionSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createExtension(d)
	case resource.Delete:
		at := livePlace(d.Live)
		s := p.step(d, nil, resource.Delete, "drop extension "+at.name)
		run(s, "DROP EXTENSION "+sqltext.Ident(at.name))
		s.Destroys = true
		s.NoUndo = "what the extension's own tables held is gone"
		p.hold(d, s, "dropped")
	default:
		p.alterExtension(d)
	}
}

func (p *planner) createExtension(d *resource.Delta) {
	at, what := p.wanted(d), "EXTENSION "+sqltext.Ident(d.Desired.Name())
	s := p.step(d, nil, resource.Create, "create extension "+at.name)
	sql := "CREATE " + what + " WITH SCHEMA " + sqltext.Ident(at.schema)
	if v := d.Desired.Attrs.Get("version").Str(); v != "" {
		sql += " VERSION " + sqltext.Literal(v)
	}
	run(s, sql)
	if c := d.Desired.Attrs.Get("comment").Str(); c != "" {
		run(s, commentOn(what, c))
	}
	undo(s, "DROP "+what)
}

func (p *planner) alterExtension(d *resource.Delta) {
	from, to := livePlace(d.Live), p.wanted(d)
	what := "EXTENSION " + sqltext.Ident(from.name)
	if changed(d, "name") {
		s := p.step(d, resource.Path{"name"}, resource.Update, "rename the extension")
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("extension %s is another one than %s: give the new one a block of its own, and take this one out", to.name, from.name)}
		return
	}
	if changed(d, "schema") {
		s := p.step(d, resource.Path{"schema"}, resource.Update, "move to schema "+to.schema)
		run(s, "ALTER "+what+" SET SCHEMA "+sqltext.Ident(to.schema))
		undo(s, "ALTER "+what+" SET SCHEMA "+sqltext.Ident(from.schema))
		if !d.Live.Attrs.Get("relocatable").Bool() {
			s.Blocked = &resource.Block{Reason: fmt.Sprintf("extension %s is not relocatable: write schema = %q, or drop it and create it "+
				"in the other schema, with everything that uses it", from.name, from.schema)}
		}
	}
	if changed(d, "version") {
		to := d.Desired.Attrs.Get("version").Str()
		s := p.step(d, resource.Path{"version"}, resource.Update, "update to version "+to)
		run(s, "ALTER "+what+" UPDATE TO "+sqltext.Literal(to))
		s.NoUndo = fmt.Sprintf("an extension has no way back to version %s unless it brings one along", d.Live.Attrs.Get("version").Str())
	}
	p.simple(d, what)
}
