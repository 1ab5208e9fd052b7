package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// viewDef is a view or materialised view as written, or as it is.
type viewDef struct {
	place
	materialized   bool
	query          string
	columns        []string
	columnComments []resource.Field
	defaults       []resource.Field
	barrier        bool
	invoker        bool
	checkOption    string
	indexes        []indexDef
	with           []resource.Field
	method         string // "" is heap
	tablespace     string
	noData         bool
	comment        string
}

func isView(kind string) bool { return kind == viewKind.Name || kind == materializedViewKind.Name }

func decodeView(kind string, p place, attrs resource.Value) *viewDef {
	v := &viewDef{
		place: p, materialized: kind == materializedViewKind.Name, query: sqltext.TrimQuery(attrs.Get("query").Str()),
		columns: attrs.Get("columns").StringList(), columnComments: byFieldName(attrs.Get("column_comments")),
		defaults: byFieldName(attrs.Get("column_defaults")), barrier: attrs.Get("security_barrier").Bool(),
		invoker: attrs.Get("security_invoker").Bool(), checkOption: attrs.Get("check_option").Str(),
		with: byFieldName(attrs.Get("with")), tablespace: attrs.Get("tablespace").Str(), comment: attrs.Get("comment").Str(),
	}
	for _, f := range attrs.Get("indexes").Fields() {
		v.indexes = append(v.indexes, decodeIndex(f))
	}
	if m := attrs.Get("method").Str(); m != "heap" {
		v.method = m
	}
	if d := attrs.Get("with_data"); !d.IsNull() && !d.Bool() {
		v.noData = true
	}
	return v
}

func byFieldName(v resource.Value) []resource.Field {
	out := slices.Clone(v.Fields())
	slices.SortFunc(out, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// word is the kind as statements have it.
func (v *viewDef) word() string {
	if v.materialized {
		return "MATERIALIZED VIEW"
	}
	return "VIEW"
}

func (v *viewDef) what() string { return v.word() + " " + v.place.String() }

func (v *viewDef) index(name string) *indexDef {
	return byName(v.indexes, name, func(i *indexDef) string { return i.name })
}

// built is the question of what the server makes of the view. Keys that are plain columns print as they are.
func (v *viewDef) built(a resource.Address) catalog.Built {
	b := catalog.Built{ID: builtID(a), Kind: catalog.BuiltView, Schema: v.schema, Name: v.name, Query: v.query, Columns: v.columns}
	if v.materialized {
		b.Kind = catalog.BuiltMaterialized
	}
	for _, d := range v.defaults {
		b.Defaults = append(b.Defaults, catalog.BuiltText{Column: d.Name, Text: d.Value.Str()})
	}
	for i := range v.indexes {
		if x := &v.indexes[i]; len(x.columns) == 0 || x.where != "" {
			b.Indexes = append(b.Indexes, catalog.BuiltIndex{Name: x.name, Method: x.method, On: x.on, Where: x.where})
		}
	}
	return b
}

func builtID(a resource.Address) string { return a.String() + " built" }

// canonical puts the texts of a view into the server's form.
func (v *viewDef) canonical(f catalog.BuiltFact) {
	v.query = f.Query
	for i, d := range v.defaults {
		if c, ok := f.Defaults[d.Name]; ok {
			v.defaults[i].Value = resource.String(c).At(d.Value.Range())
		}
	}
	for i := range v.indexes {
		if c, ok := f.Indexes[v.indexes[i].name]; ok && len(c.On) == len(v.indexes[i].on) {
			v.indexes[i].on, v.indexes[i].where = c.On, c.Where
		}
	}
}

func normalizeView(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	v := decodeView(r.Kind.Name, n.place(r), w)
	live := n.live[r.Address]
	written := v.query
	asLive := live != nil && live.Attrs.Get("query").Str() == written
	if f, ok := n.builtForm(r, live != nil && !asLive); ok {
		v.canonical(f)
	}
	if asLive && !sqltext.HasStar(written) {
		// The server prints some conditions in a form that it prints differently when it reads it.
		v.query = written
	}
	var o object
	o.text("schema", v.schema, w.Get("schema"))
	o.text("name", v.name, w.Get("name"))
	o.text("query", v.query, w.Get("query"))
	o.objects("column_comments", v.columnComments, w.Get("column_comments"))
	o.objects("column_defaults", v.defaults, w.Get("column_defaults"))
	o.flag("security_barrier", v.barrier, w.Get("security_barrier"))
	o.flag("security_invoker", v.invoker, w.Get("security_invoker"))
	o.text("check_option", v.checkOption, w.Get("check_option"))
	o.objects("indexes", encodeMap(v.indexes, w.Get("indexes"), (*indexDef).entry), w.Get("indexes"))
	o.objects("with", v.with, w.Get("with"))
	o.text("method", v.method, w.Get("method"))
	o.text("tablespace", v.tablespace, w.Get("tablespace"))
	// Rows that a REFRESH brought in are not taken away.
	if v.noData && (live == nil || live.Attrs.Has("with_data")) {
		o.value("with_data", resource.Bool(false), w.Get("with_data"))
	}
	o.text("comment", v.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

// unknownColumn and unknownRelation are what the server says of a query among tables that are as this configuration wants
// them: no plan helps, unless it makes an extension.
var (
	unknownColumn   = regexp.MustCompile(`^column "?(?:.*\.)?(.*?)"? does not exist$`)
	unknownRelation = regexp.MustCompile(`^relation "(.*)" does not exist$`)
)

// misnames tells what a view or rule names that is not there and will not be, and the cure, by what the server says of it.
func (n *normalizer) misnames(a resource.Address, why string) (what, cure string) {
	if m := unknownColumn.FindStringSubmatch(why); m != nil {
		known, all := n.knowsColumns(a, map[place]bool{})
		if !all {
			return "", ""
		}
		return "a column", orElse(didYouMean(m[1], known), "name one that the tables of its query have, as they are declared")
	}
	m := unknownRelation.FindStringSubmatch(why)
	if m == nil || n.makesExtension() {
		return "", ""
	}
	var known []string
	for d, at := range n.index.places {
		if dependentClass[d.Kind] == "pg_class" {
			known = append(known, at.schema+"."+at.name)
		}
	}
	if slices.Contains(known, m[1]) {
		return "", ""
	}
	return "a relation", orElse(didYouMean(m[1], known), "declare it, or name one that is there, with its schema")
}

// knowsColumns are the columns of the tables that a view or rule reads; and whether the server was told those of all that it
// reads, as they are to be: those of a table that the files say only in part, and those of a function's result or of a
// composite type, it was not.
func (n *normalizer) knowsColumns(a resource.Address, seen map[place]bool) (known []string, all bool) {
	built := n.index.asks[n.snap.Scope.System.Name].questions.Built
	i := slices.IndexFunc(built, func(b catalog.Built) bool { return b.ID == builtID(a) })
	if i < 0 {
		return nil, false
	}
	for _, text := range builtTexts(&built[i]) {
		for _, name := range sqltext.Names(text) {
			at := place{name.Schema, name.Name}
			if seen[at] {
				continue
			}
			seen[at] = true
			for _, of := range n.index.at(at) {
				switch r := n.index.desired[of]; {
				case r == nil, isRoutine(of.Kind), of.Kind == "composite_type":
					return nil, false
				case isView(of.Kind):
					its, all := n.knowsColumns(of, seen)
					if !all {
						return nil, false
					}
					known = append(known, its...)
				case of.Kind == "table":
					columns, all := n.index.columnsOf(r)
					if !all {
						return nil, false
					}
					for _, c := range columns {
						known = append(known, c.name)
					}
				}
			}
		}
	}
	return known, true
}

// builtForm gives the server's form of a view or rule, and says so where it matters that there is none: something is live,
// and it differs from what is written.
func (n *normalizer) builtForm(r *resource.Resource, differs bool) (catalog.BuiltFact, bool) {
	id := builtID(r.Address)
	f, why := n.builtFact(id)
	switch {
	case why == "":
		return f, true
	case n.warned[id]:
	case f.Error != "":
		n.warned[id] = true
		d := &resource.Diagnostic{
			Severity: resource.Warning, Address: r.Address, Range: r.Attrs.Get("query").Range(),
			Summary: fmt.Sprintf("the server cannot tell what %s will be", r.Address),
			Detail:  why,
			Cure:    "see that each name stands with its schema, and is there or declared; what is live is then made anew",
		}
		if what, cure := n.misnames(r.Address, f.Error); what != "" {
			d.Severity, d.Summary = resource.Error, fmt.Sprintf("%s names %s that is not there, and will not be", r.Address, what)
			d.Detail, d.Cure = "the server says: "+why, cure
		}
		n.ds = append(n.ds, d)
	case differs:
		n.warned[id] = true
		n.ds = append(n.ds, &resource.Diagnostic{
			Severity: resource.Warning, Address: r.Address, Range: r.Attrs.Get("query").Range(),
			Summary: fmt.Sprintf("%s is compared as it is written", r.Address),
			Detail:  "the server's own form of it is not known: " + why,
			Cure:    "plan against the live database, or write it as the server prints it",
		})
	}
	return catalog.BuiltFact{}, false
}

func askView(a *asker, r *resource.Resource) {
	a.ask.Built = append(a.ask.Built, decodeView(r.Kind.Name, a.index.places[r.Address], r.Attrs).built(r.Address))
}

func standView(x *index, r *resource.Resource) {
	x.inItsSchema(r)
	p := x.places[r.Address]
	x.grantable(p.schema, onTables, p.name)
}

func takeView(n *namespaces, r *resource.Resource) {
	n.relations.take(n.of(r), named(r))
	n.types.take(n.of(r), named(r))
	n.relations.takeOfTable(n.index.places[r.Address], r) // the indexes of a materialised view
}
