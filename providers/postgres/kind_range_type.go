package postgres

import (
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

var rangeSpec = spec{
	kind:      rangeKind,
	declare:   declareRange,
	normalize: normalizeRange,
	steps:     rangeSteps,
	ask:       askRange,
	stand:     standType,
	take:      takeRange,
}

var rangeKind = &resource.Kind{
	Name:  "range_type",
	Doc:   "A range type: from one value of another type to a later one. With it comes a multirange type.",
	Order: orderRange,
	Stage: resource.Database,
	Example: `range_type "floatrange" {
  schema  = schema.app_data
  subtype = "float8"
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("range type"),
		nameAttr("range type"),
		qualifiedRenamedFromAttr("range type"),
		{Name: "subtype", Type: anyType, Required: true, Doc: "Type of the two ends: a type of Postgres, or one that a file declares.", Reason: rangeFixed},
		{Name: "operator_class", Type: resource.Text, Doc: "Operator class of btree that orders the ends. Default: the subtype's.", Reason: rangeFixed},
		{Name: "collation", Type: anyCollation, Doc: "Collation that orders the ends. Default: the subtype's.", Reason: rangeFixed},
		{
			Name: "difference", Type: anyFunction, Reason: rangeFixed,
			Doc: `Function that gives the distance of two ends, as float8: a reference, or "schema.function" (without a schema, of pg_catalog). Default: none.`,
		},
		{
			Name: "multirange_name", Type: resource.Text, Check: checkIdent,
			Doc: "Name of the multirange type. Default: the name with multirange for range, or with _multirange behind it.",
		},
		commentAttr("range type"),
		ownerAttr("range type"),
	},
	Check: func(r *resource.Resource) resource.Diagnostics {
		c := &checker{r: r}
		c.label("range type")
		c.expression("the subtype", r.Attrs.Get("subtype"))
		return c.ds
	},
}

const rangeFixed = "Postgres cannot change it in place"

// anyFunction is a function by reference or by name.
var anyFunction = resource.OneOf(resource.RefTo("function"), resource.Text)

// rangeType is a range type as written, or as it is.
type rangeType struct {
	place
	subtype             string
	declared            bool // subtype is the name of a declared type
	opclass, collation  string
	difference          string
	multirange, comment string
}

func decodeRange(x *index, p place, attrs resource.Value) *rangeType {
	t := &rangeType{
		place: p, opclass: catalogName(attrs.Get("operator_class").Str()), collation: x.collationText(attrs.Get("collation")),
		difference: x.functionName(attrs.Get("difference")), multirange: attrs.Get("multirange_name").Str(), comment: attrs.Get("comment").Str(),
	}
	t.subtype, t.declared = x.typeText(attrs.Get("subtype"))
	if t.multirange == catalog.MultirangeName(p.name) {
		t.multirange = ""
	}
	return t
}

// functionName names a function as the catalog's reader does: one of pg_catalog by its name alone.
func (x *index) functionName(v resource.Value) string {
	if a, ok := v.Ref(); ok {
		return x.places[a].String()
	}
	return catalogName(x.text(v, ""))
}

func catalogName(text string) string {
	schema, name, ok := sqltext.SplitQualified(text)
	switch {
	case !ok:
		return text
	case schema == "pg_catalog":
		return sqltext.Ident(name)
	default:
		return sqltext.Qualified(schema, name)
	}
}

func (t *rangeType) sites(a resource.Address, have *rangeType) []site {
	if t.declared {
		return nil
	}
	live := ""
	if have != nil {
		live = have.subtype
	}
	static, ok := staticBareType(t.subtype)
	return []site{{of: a, expr: catalog.Expr{Kind: catalog.RegType, Text: t.subtype}, text: &t.subtype, live: live, static: static, isStatic: ok}}
}

func askRange(a *asker, r *resource.Resource) {
	for _, s := range decodeRange(a.index, a.index.places[r.Address], r.Attrs).sites(r.Address, nil) {
		if !s.isStatic {
			a.ask.Exprs = append(a.ask.Exprs, s.asked())
		}
	}
}

func normalizeRange(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	t := decodeRange(n.index, n.place(r), w)
	var have *rangeType
	if live := n.live[r.Address]; live != nil {
		have = decodeRange(n.index, t.place, live.Attrs)
	}
	n.canonical(r.Address, t.sites(r.Address, have))
	var o object
	o.text("schema", t.schema, w.Get("schema"))
	o.text("name", t.name, w.Get("name"))
	o.text("subtype", t.subtype, w.Get("subtype"))
	o.text("operator_class", t.opclass, w.Get("operator_class"))
	o.text("collation", t.collation, w.Get("collation"))
	o.text("difference", t.difference, w.Get("difference"))
	o.text("multirange_name", t.multirange, w.Get("multirange_name"))
	o.text("comment", t.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

func (t *rangeType) create() string {
	options := []string{"SUBTYPE = " + t.subtype}
	if t.opclass != "" {
		options = append(options, "SUBTYPE_OPCLASS = "+t.opclass)
	}
	if t.collation != "" {
		options = append(options, "COLLATION = "+collationName(t.collation))
	}
	if t.difference != "" {
		options = append(options, "SUBTYPE_DIFF = "+t.difference)
	}
	if t.multirange != "" {
		options = append(options, "MULTIRANGE_TYPE_NAME = "+place{t.schema, t.multirange}.String())
	}
	return wrapped("CREATE TYPE "+t.place.String()+" AS RANGE (", options, ")")
}

func takeRange(n *namespaces, r *resource.Resource) {
	takeType(n, r)
	t := decodeRange(n.index, n.index.places[r.Address], r.Attrs)
	n.types.take(place{t.schema, t.multirangeName()}.String(), taken{"the multirange type", r.Address, r.Range})
}

func rangeSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.makeRange(d, resource.Create)
	case resource.Delete:
		have := decodeRange(p.index, livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop range type "+have.name)
		run(s, "DROP TYPE "+have.place.String())
		p.undoRangeDrop(d, s, have)
		p.hold(d, s, "dropped")
	default:
		if isRefounded(d) {
			p.makeRange(d, resource.Replace)
			return
		}
		at := p.renamed(d, "TYPE")
		p.renameMultirange(d, at)
		p.simple(d, "TYPE "+at.String())
	}
}

// renameMultirange gives the multirange type the name that is wanted: it keeps its own when the range type is renamed.
func (p *planner) renameMultirange(d *resource.Delta, at place) {
	have := decodeRange(p.index, livePlace(d.Live), d.Live.Attrs).multirangeName()
	want := decodeRange(p.index, at, d.Desired.Attrs).multirangeName()
	if have == want {
		return
	}
	s := p.step(d, resource.Path{"multirange_name"}, resource.Update, "rename "+have+" to "+want)
	run(s, "ALTER TYPE "+place{at.schema, have}.String()+" RENAME TO "+sqltext.Ident(want))
	undo(s, "ALTER TYPE "+place{at.schema, want}.String()+" RENAME TO "+sqltext.Ident(have))
}

func (t *rangeType) multirangeName() string {
	if t.multirange != "" {
		return t.multirange
	}
	return catalog.MultirangeName(t.name)
}

// undoRangeDrop writes how to get a range type back that a step drops.
func (p *planner) undoRangeDrop(d *resource.Delta, s *resource.Step, was *rangeType) {
	undoing(s, func(back *resource.Step) {
		run(back, was.create())
		p.asBefore(d, back, "TYPE "+was.place.String())
	})
}

// makeRange makes a range type, or makes it anew.
func (p *planner) makeRange(d *resource.Delta, action resource.Action) {
	t := decodeRange(p.index, p.wanted(d), d.Desired.Attrs)
	what := "TYPE " + t.place.String()
	s := p.step(d, nil, action, "create range type "+t.name)
	if action == resource.Replace {
		s.Title, s.Reason = "replace range type "+t.name, rangeFixed
		run(s, "DROP TYPE "+livePlace(d.Live).String())
	}
	run(s, t.create())
	if t.comment != "" {
		run(s, commentOn(what, t.comment))
	}
	p.owner(d, s, what)
	if action == resource.Replace {
		p.regrant(d, s, what)
		s.Undo = nil
		p.undoRangeDrop(d, s, decodeRange(p.index, livePlace(d.Live), d.Live.Attrs))
		p.hold(d, s, "made anew")
	}
	undo(s, "DROP "+what)
	p.mayCreate(s, t.schema)
}
