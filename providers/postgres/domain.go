package postgres

import (
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// domain is a domain as written, or as it is.
type domain struct {
	place
	typ       string
	declared  bool // typ is the name of a declared type
	collation string
	notNull   bool
	def       string
	checks    []domainCheck
	comment   string
}

type domainCheck struct {
	name     string
	expr     string
	notValid bool
	comment  string
	at       *resource.Range
}

func decodeDomain(x *index, p place, attrs resource.Value) *domain {
	d := &domain{
		place: p, collation: x.collationText(attrs.Get("collation")), notNull: attrs.Get("not_null").Bool(),
		def: attrs.Get("default").Str(), comment: attrs.Get("comment").Str(),
	}
	d.typ, d.declared = x.typeText(attrs.Get("type"))
	for _, f := range attrs.Get("checks").Fields() {
		c := domainCheck{name: f.Name, expr: checkExpression(f.Value).Str(), at: rangeOf(f)}
		if f.Value.Kind() == resource.KindObject {
			c.notValid, c.comment = f.Value.Get("not_valid").Bool(), f.Value.Get("comment").Str()
		}
		d.checks = append(d.checks, c)
	}
	return d
}

func (d *domain) check(name string) *domainCheck {
	return byName(d.checks, name, func(c *domainCheck) string { return c.name })
}

// valueColumn stands for the domain's values where the server is asked: a column of the base type.
const valueColumn = "value"

func (d *domain) sites(a resource.Address, have *domain) []site {
	if have == nil {
		have = &domain{}
	}
	var out []site
	if !d.declared {
		static, ok := staticType(d.typ)
		out = append(out, site{of: a, expr: catalog.Expr{Kind: catalog.Type, Column: valueColumn, Text: d.typ}, text: &d.typ, live: have.typ, static: static, isStatic: ok})
	}
	if d.def != "" {
		typ, _ := staticType(d.typ)
		static, ok := staticDefault(d.def, typ)
		out = append(out, site{of: a, expr: catalog.Expr{Kind: catalog.Default, Column: valueColumn, Text: d.def}, text: &d.def, live: have.def, static: static, isStatic: ok})
	}
	for i := range d.checks {
		c, live := &d.checks[i], ""
		if h := have.check(c.name); h != nil {
			live = h.expr
		}
		out = append(out, site{of: a, expr: catalog.Expr{Kind: catalog.DomainRule, Name: c.name, Column: valueColumn, Text: c.expr}, text: &c.expr, live: live, at: c.at})
	}
	return out
}

func askDomain(a *asker, r *resource.Resource) {
	d := decodeDomain(a.index, a.index.places[r.Address], r.Attrs)
	a.in(r.Address, d.place, []column{{name: valueColumn, typ: d.typ, collation: d.collation}}, d.sites(r.Address, nil))
}

func normalizeDomain(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	d := decodeDomain(n.index, n.place(r), w)
	var have *domain
	if live := n.live[r.Address]; live != nil {
		have = decodeDomain(n.index, d.place, live.Attrs)
	}
	n.canonical(r.Address, d.sites(r.Address, have))
	var o object
	o.text("schema", d.schema, w.Get("schema"))
	o.text("name", d.name, w.Get("name"))
	o.text("type", d.typ, w.Get("type"))
	o.text("collation", d.collation, w.Get("collation"))
	o.flag("not_null", d.notNull, w.Get("not_null"))
	o.text("default", d.def, w.Get("default"))
	o.objects("checks", encodeMap(d.checks, w.Get("checks"), (*domainCheck).entry), w.Get("checks"))
	o.text("comment", d.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

func (c *domainCheck) entry(w resource.Value) resource.Field {
	var o object
	o.text("expression", c.expr, w)
	o.flag("not_valid", c.notValid, w.Get("not_valid"))
	o.text("comment", c.comment, w.Get("comment"))
	return resource.Field{Name: c.name, Value: o.done().At(w.Range()), At: c.at}
}

// create writes the whole statement.
func (d *domain) create() string {
	text := "CREATE DOMAIN " + d.place.String() + " AS " + d.typ
	if d.collation != "" {
		text += " COLLATE " + collationName(d.collation)
	}
	if d.def != "" {
		text += "\n  DEFAULT " + d.def
	}
	if d.notNull {
		text += "\n  NOT NULL"
	}
	for i := range d.checks {
		if c := &d.checks[i]; !c.notValid {
			text += "\n  " + c.ddl()
		}
	}
	return text
}

func (c *domainCheck) ddl() string {
	return "CONSTRAINT " + sqltext.Ident(c.name) + " CHECK (" + c.expr + ")"
}

// add is the statement that adds a check to a domain that is there.
func (d *domain) add(c *domainCheck) string {
	text := "ALTER DOMAIN " + d.place.String() + " ADD " + c.ddl()
	if c.notValid {
		text += " NOT VALID"
	}
	return text
}

func (d *domain) checkComment(name, text string) string {
	return commentOn("CONSTRAINT "+sqltext.Ident(name)+" ON DOMAIN "+d.place.String(), text)
}
