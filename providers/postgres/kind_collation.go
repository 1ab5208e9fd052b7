package postgres

import (
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

var collationSpec = spec{
	kind:      collationKind,
	declare:   declareCollation,
	normalize: normalizeCollation,
	steps:     collationSteps,
	stand:     (*index).inItsSchema,
	take:      func(n *namespaces, r *resource.Resource) { n.collations.take(n.of(r), named(r)) },
}

var collationKind = &resource.Kind{
	Name:  "collation",
	Doc:   "A collation: how texts are ordered and compared.",
	Order: orderCollation,
	Stage: resource.Database,
	Example: `collation "case_insensitive" {
  schema        = schema.app_data
  provider      = "icu"
  locale        = "und-u-ks-level2"
  deterministic = false
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("collation"),
		nameAttr("collation"),
		qualifiedRenamedFromAttr("collation"),
		{
			Name: "provider", Type: resource.Text, Enum: []string{"icu", "libc", "builtin"},
			Doc: "Library that does the work; builtin from Postgres 17. Default: libc.", Reason: collationFixed,
		},
		{Name: "locale", Type: resource.Text, Doc: "Locale as the provider names it: de-DE, und-u-ks-level2, C.UTF-8. Exactly one of locale and the two of libc.", Reason: collationFixed},
		{Name: "lc_collate", Type: resource.Text, Doc: "Locale of the order, where libc is to have another one for lc_ctype. Default: locale.", Reason: collationFixed},
		{Name: "lc_ctype", Type: resource.Text, Doc: "Locale of the classes of letters, for libc. Default: locale.", Reason: collationFixed},
		{
			Name: "deterministic", Type: resource.Flag,
			Doc: "Texts are equal only if their bytes are; false lets texts of one rank be equal (icu only). Default: true.", Reason: collationFixed,
		},
		{Name: "rules", Type: resource.Text, Doc: "Rules of order that come on top of the locale's, in ICU's words; from Postgres 16. Default: none.", Reason: collationFixed},
		commentAttr("collation"),
		ownerAttr("collation"),
		{Name: "version", Type: resource.Text, Computed: true, Shape: "text", Doc: "Version of the locale by which indexes were built."},
		{Name: "actual_version", Type: resource.Text, Computed: true, Shape: "text", Doc: "Version of the locale that the server has now."},
	},
	Check: checkCollation,
}

const collationFixed = "Postgres cannot change it in place"

func checkCollation(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("collation")
	w := r.Attrs
	lc := !w.Get("lc_collate").IsNull() || !w.Get("lc_ctype").IsNull()
	provider := w.Get("provider").Str()
	switch {
	case lc && !w.Get("locale").IsNull():
		c.errorf(w.Get("locale").Range(), fmt.Sprintf("%s has a locale and lc_collate or lc_ctype", r.Address), "write locale, or both of the others", "locale stands for both")
	case lc && (w.Get("lc_collate").IsNull() || w.Get("lc_ctype").IsNull()):
		c.errorf(r.Range, fmt.Sprintf("%s has one of lc_collate and lc_ctype", r.Address), "write both, or locale", "each is needed where there is no locale")
	case lc && provider != "" && provider != "libc":
		c.errorf(w.Get("provider").Range(), fmt.Sprintf("%s is of provider %s and has lc_collate and lc_ctype", r.Address, provider), "write locale", "only libc has the two")
	case !lc && w.Get("locale").IsNull():
		c.errorf(r.Range, fmt.Sprintf("%s has no locale", r.Address), `write locale = "…"`, "a collation orders as a locale does")
	}
	for _, attr := range []string{"deterministic", "rules"} {
		if v := w.Get(attr); !v.IsNull() && provider != "icu" && !(attr == "deterministic" && v.Bool()) {
			c.errorf(v.Range(), fmt.Sprintf("%s has %s, but is not of provider icu", r.Address, attr), `write provider = "icu", or take it out`, "only ICU can do that")
		}
	}
	return c.ds
}

func normalizeCollation(n *normalizer, r *resource.Resource) resource.Value {
	w, at := r.Attrs, n.place(r)
	var o object
	o.text("schema", at.schema, w.Get("schema"))
	o.text("name", at.name, w.Get("name"))
	provider := w.Get("provider").Str()
	if provider == "" {
		provider = "libc"
	}
	o.text("provider", provider, w.Get("provider"))
	locale, collate, ctype := w.Get("locale").Str(), w.Get("lc_collate").Str(), w.Get("lc_ctype").Str()
	if collate != "" && collate == ctype {
		locale, collate, ctype = collate, "", ""
	}
	live := n.live[r.Address]
	if live != nil && provider == "icu" && strings.EqualFold(live.Attrs.Get("locale").Str(), locale) {
		locale = live.Attrs.Get("locale").Str() // the server writes a language tag in its own case
	}
	o.text("locale", locale, w.Get("locale"))
	o.text("lc_collate", collate, w.Get("lc_collate"))
	o.text("lc_ctype", ctype, w.Get("lc_ctype"))
	if d := w.Get("deterministic"); !d.IsNull() && !d.Bool() {
		o.value("deterministic", resource.Bool(false), d)
	}
	o.text("rules", w.Get("rules").Str(), w.Get("rules"))
	o.text("comment", w.Get("comment").Str(), w.Get("comment"))
	n.owner(&o, r)
	if live != nil {
		n.collationVersion(r, live.Attrs)
	}
	return o.done()
}

// collationVersion warns where the order of texts may have changed under the indexes.
func (n *normalizer) collationVersion(r *resource.Resource, live resource.Value) {
	was, is := live.Get("version").Str(), live.Get("actual_version").Str()
	if was == is || is == "" {
		return
	}
	at := sqltext.Qualified(live.Get("schema").Str(), live.Get("name").Str())
	n.ds = append(n.ds, &resource.Diagnostic{
		Severity: resource.Warning, Address: r.Address, Range: r.Range,
		Summary: fmt.Sprintf("%s was made with version %s of its locale, and the server has %s now", r.Address, was, is),
		Detail:  "texts may be ordered otherwise than when the indexes on them were built, so that rows are not found",
		Cure:    fmt.Sprintf("REINDEX what uses it, then run ALTER COLLATION %s REFRESH VERSION", at),
	})
}

func createCollation(at place, v resource.Value) string {
	options := []string{"PROVIDER = " + v.Get("provider").Str()}
	if v.Get("provider").IsNull() {
		options[0] = "PROVIDER = libc"
	}
	for _, o := range []struct{ word, attr string }{{"LOCALE", "locale"}, {"LC_COLLATE", "lc_collate"}, {"LC_CTYPE", "lc_ctype"}, {"RULES", "rules"}} {
		if s := v.Get(o.attr).Str(); s != "" {
			options = append(options, o.word+" = "+sqltext.Literal(s))
		}
	}
	if d := v.Get("deterministic"); !d.IsNull() && !d.Bool() {
		options = append(options, "DETERMINISTIC = false")
	}
	return wrapped("CREATE COLLATION "+at.String()+" (", options, ")")
}

func collationSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.makeCollation(d, resource.Create)
	case resource.Delete:
		at := livePlace(d.Live)
		s := p.step(d, nil, resource.Delete, "drop collation "+at.name)
		run(s, "DROP COLLATION "+at.String())
		p.undoCollationDrop(d, s)
		p.hold(d, s, "dropped")
	default:
		for _, attr := range []string{"provider", "locale", "lc_collate", "lc_ctype", "deterministic", "rules"} {
			if changed(d, attr) {
				p.makeCollation(d, resource.Replace)
				return
			}
		}
		p.simple(d, "COLLATION "+p.renamed(d, "COLLATION").String())
	}
}

// undoCollationDrop writes how to get a collation back that a step drops.
func (p *planner) undoCollationDrop(d *resource.Delta, s *resource.Step) {
	undoing(s, func(back *resource.Step) {
		at := livePlace(d.Live)
		run(back, createCollation(at, d.Live.Attrs))
		p.asBefore(d, back, "COLLATION "+at.String())
	})
}

// makeCollation makes a collation, or makes it anew.
func (p *planner) makeCollation(d *resource.Delta, action resource.Action) {
	at := p.wanted(d)
	what := "COLLATION " + at.String()
	s := p.step(d, nil, action, "create collation "+at.name)
	if action == resource.Replace {
		s.Title, s.Reason = "replace collation "+at.name, collationFixed
		run(s, "DROP COLLATION "+livePlace(d.Live).String())
	}
	run(s, createCollation(at, d.Desired.Attrs))
	if c := d.Desired.Attrs.Get("comment").Str(); c != "" {
		run(s, commentOn(what, c))
	}
	p.owner(d, s, what)
	if action == resource.Replace {
		s.Undo = nil
		p.undoCollationDrop(d, s)
		p.hold(d, s, "made anew")
	}
	undo(s, "DROP "+what)
	p.mayCreate(s, at.schema)
}
