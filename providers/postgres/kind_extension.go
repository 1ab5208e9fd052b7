package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

var extensionSpec = spec{
	kind:      extensionKind,
	normalize: normalizeExtension,
	ask:       askExtension,
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

func askExtension(a *asker, r *resource.Resource) {
	a.ask.Extensions = append(a.ask.Extensions, catalog.AskExtension{Name: r.Name(), Version: r.Attrs.Get("version").Str()})
}

func normalizeExtension(n *normalizer, r *resource.Resource) resource.Value {
	n.offers(r)
	w, at := r.Attrs, n.place(r)
	var o object
	o.text("schema", at.schema, w.Get("schema"))
	o.text("name", at.name, w.Get("name"))
	o.text("version", w.Get("version").Str(), w.Get("version"))
	o.text("comment", w.Get("comment").Str(), w.Get("comment"))
	return o.done()
}

// offers refuses an extension that the server cannot install, or not bring to the version that is wanted.
func (n *normalizer) offers(r *resource.Resource) {
	name, version := r.Name(), r.Attrs.Get("version")
	has, asked := n.facts.Extensions[name]
	if !slices.Contains(n.ask.Extensions, catalog.AskExtension{Name: name, Version: version.Str()}) {
		return // the snapshot is a recorded one, and the configuration a later one
	}
	refuse := func(at *resource.Range, summary, cure, detail string, args ...any) {
		n.ds = append(n.ds, &resource.Diagnostic{Severity: resource.Error, Address: r.Address, Range: at, Summary: summary, Detail: fmt.Sprintf(detail, args...), Cure: cure})
	}
	switch to := version.Str(); {
	case !asked:
	case len(has.Versions) == 0:
		at := r.Range
		if w := r.Attrs.Get("name"); w.Range() != nil {
			at = w.Range()
		}
		refuse(at, fmt.Sprintf("the server has no extension %q", name), orElse(didYouMean(name, has.Others), "take it out, or have it installed on the server"),
			"of those whose files it has, none has this name")
	case to == "" || slices.Contains(has.Versions, to) && has.Installed == "" || has.Path != "":
	case has.Installed != "":
		refuse(version.Range(), fmt.Sprintf("extension %s cannot become version %q", name, to), fmt.Sprintf("keep version %q, or write one that it can become", has.Installed),
			"the server has no way to it from version %s, which is installed; it has the versions %s", has.Installed, strings.Join(has.Versions, ", "))
	default:
		refuse(version.Range(), fmt.Sprintf("extension %s has no version %q", name, to), fmt.Sprintf("write version = %q, or leave the choice to the server", has.Default),
			"the server has the versions %s", strings.Join(has.Versions, ", "))
	}
	for _, other := range has.Requires {
		if n.extension(other) == nil {
			refuse(r.Range, fmt.Sprintf("extension %s needs extension %s", name, other), fmt.Sprintf("declare extension %q, too", other), "it is not installed, and no file declares it")
		}
	}
}

// extension is the address of a declared one, by its name; nil if there is none.
func (v *view) extension(name string) *resource.Address {
	for a, at := range v.index.places {
		if a.Kind == "extension" && at.name == name {
			return &a
		}
	}
	return nil
}

// waitForExtensions lets a step wait for the extensions that must be there before.
func (p *planner) waitForExtensions(s *resource.Step, name string) {
	for _, other := range p.facts.Extensions[name].Requires {
		if a := p.extension(other); a != nil {
			p.waitings = append(p.waitings, waiting{s, []resource.Address{*a}, false})
		}
	}
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
	p.waitForExtensions(s, at.name)
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
		p.waitForExtensions(s, from.name)
		s.NoUndo = fmt.Sprintf("an extension has no way back to version %s unless it brings one along", d.Live.Attrs.Get("version").Str())
	}
	p.simple(d, what)
}
