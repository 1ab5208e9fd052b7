package postgres

import (
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// composite is a composite type as written, or as it is.
type composite struct {
	place
	attributes []attribute
	comment    string
}

type attribute struct {
	name      string
	typ       string
	declared  bool // typ is the name of a declared type
	collation string
	comment   string
	at        *resource.Range
}

func decodeComposite(x *index, p place, attrs resource.Value) *composite {
	c := &composite{place: p, comment: attrs.Get("comment").Str()}
	for _, f := range attrs.Get("attributes").Fields() {
		a := attribute{name: f.Name, collation: x.collationText(f.Value.Get("collation")), comment: f.Value.Get("comment").Str(), at: rangeOf(f)}
		a.typ, a.declared = x.typeText(f.Value.Get("type"))
		c.attributes = append(c.attributes, a)
	}
	return c
}

func (c *composite) attribute(name string) *attribute {
	return byName(c.attributes, name, func(a *attribute) string { return a.name })
}

func (c *composite) sites(of resource.Address, have *composite) []site {
	var out []site
	for i := range c.attributes {
		a, live := &c.attributes[i], ""
		if a.declared {
			continue
		}
		if have != nil {
			if h := have.attribute(a.name); h != nil {
				live = h.typ
			}
		}
		static, ok := staticType(a.typ)
		out = append(out, site{of: of, expr: catalog.Expr{Kind: catalog.Type, Column: a.name, Text: a.typ}, text: &a.typ, live: live, at: a.at, static: static, isStatic: ok})
	}
	return out
}

func askComposite(a *asker, r *resource.Resource) {
	c := decodeComposite(a.index, a.index.places[r.Address], r.Attrs)
	a.in(r.Address, c.place, nil, c.sites(r.Address, nil))
}

func normalizeComposite(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	c := decodeComposite(n.index, n.place(r), w)
	var have *composite
	if live := n.live[r.Address]; live != nil {
		have = decodeComposite(n.index, c.place, live.Attrs)
	}
	n.canonical(r.Address, c.sites(r.Address, have))
	var o object
	o.text("schema", c.schema, w.Get("schema"))
	o.text("name", c.name, w.Get("name"))
	o.objects("attributes", encodeMap(c.attributes, w.Get("attributes"), (*attribute).entry), w.Get("attributes"))
	o.text("comment", c.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

func (a *attribute) entry(w resource.Value) resource.Field {
	var o object
	o.text("type", a.typ, w.Get("type"))
	o.text("collation", a.collation, w.Get("collation"))
	o.text("comment", a.comment, w.Get("comment"))
	return resource.Field{Name: a.name, Value: o.done().At(w.Range()), At: a.at}
}

func (a *attribute) ddl() string {
	text := sqltext.Ident(a.name) + " " + a.typ
	if a.collation != "" {
		text += " COLLATE " + collationName(a.collation)
	}
	return text
}

func (c *composite) create() string {
	items := make([]string, len(c.attributes))
	for i := range c.attributes {
		items[i] = c.attributes[i].ddl()
	}
	return wrapped("CREATE TYPE "+c.place.String()+" AS (", items, ")")
}

func (c *composite) attributeComment(name, text string) string {
	return commentOn("COLUMN "+c.place.String()+"."+sqltext.Ident(name), text)
}

func compositeSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createComposite(d)
	case resource.Delete:
		have := decodeComposite(p.index, livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop composite type "+have.name)
		run(s, "DROP TYPE "+have.place.String())
		undoing(s, func(back *resource.Step) {
			run(back, have.create())
			p.asBefore(d, back, "TYPE "+have.place.String())
			have.commentAttributes(back)
		})
		p.hold(d, s, "dropped")
	default:
		p.alterComposite(d)
	}
}

func (p *planner) createComposite(d *resource.Delta) {
	c := decodeComposite(p.index, p.wanted(d), d.Desired.Attrs)
	what := "TYPE " + c.place.String()
	s := p.step(d, nil, resource.Create, "create composite type "+c.name)
	run(s, c.create())
	if c.comment != "" {
		run(s, commentOn(what, c.comment))
	}
	c.commentAttributes(s)
	p.owner(d, s, what)
	undo(s, "DROP "+what)
	p.mayCreate(s, c.schema)
}

func (c *composite) commentAttributes(s *resource.Step) {
	for _, a := range c.attributes {
		if a.comment != "" {
			run(s, c.attributeComment(a.name, a.comment))
		}
	}
}

// lostAttributes are the attributes that go, or get another type: nothing may read them meanwhile.
func (p *planner) lostAttributes(d *resource.Delta) []string {
	var out []string
	for _, f := range d.Live.Attrs.Get("attributes").Fields() {
		if !d.Desired.Attrs.Get("attributes").Has(f.Name) || changed(d, "attributes", f.Name, "type") || changed(d, "attributes", f.Name, "collation") {
			out = append(out, f.Name)
		}
	}
	return out
}

// orderAttributes lets attributes come when what is built on the type, and is made anew, is gone: taken back, they then go
// before that comes as it was.
func (p *planner) orderAttributes(steps map[resource.Address][]*resource.Step) {
	for _, d := range p.req.Deltas {
		if d.Address.Kind != compositeKind.Name || d.Action != resource.Update || d.Live == nil {
			continue
		}
		for _, on := range p.hanging[objectOf(d)] {
			user := p.things[on.By]
			if user == nil {
				continue
			}
			m := p.remade.members[user.Address]
			if m == nil || m.drop == nil {
				continue
			}
			for _, s := range steps[d.Address] {
				if s.Action == resource.Create && len(s.Path) == 2 {
					need(s, m.drop.ID)
				}
			}
		}
	}
}

// alterComposite changes attributes one by one. Nothing is written with CASCADE: Postgres refuses to change the type of
// an attribute whose values are in a table.
func (p *planner) alterComposite(d *resource.Delta) {
	at := p.renamed(d, "TYPE")
	want, have := decodeComposite(p.index, at, d.Desired.Attrs), decodeComposite(p.index, at, d.Live.Attrs)
	alter := "ALTER TYPE " + at.String() + " "
	for i := range have.attributes {
		h := &have.attributes[i]
		if want.attribute(h.name) != nil {
			continue
		}
		s := p.step(d, resource.Path{"attributes", h.name}, resource.Delete, "drop attribute "+h.name)
		run(s, alter+"DROP ATTRIBUTE "+sqltext.Ident(h.name))
		s.NoUndo = "the attribute's values are gone from every column of the type"
		s.Destroys = len(p.dependents(d, s)) > 0
	}
	for i := range want.attributes {
		w := &want.attributes[i]
		path, h := resource.Path{"attributes", w.name}, have.attribute(w.name)
		switch {
		case h == nil:
			s := p.step(d, path, resource.Create, "add attribute "+w.name)
			run(s, alter+"ADD ATTRIBUTE "+w.ddl())
			if w.comment != "" {
				run(s, want.attributeComment(w.name, w.comment))
			}
			undo(s, alter+"DROP ATTRIBUTE "+sqltext.Ident(w.name))
		case changed(d, "attributes", w.name, "type") || changed(d, "attributes", w.name, "collation"):
			s := p.step(d, path, resource.Update, "change attribute "+w.name)
			run(s, alter+"ALTER ATTRIBUTE "+retypeAttribute(w))
			undo(s, alter+"ALTER ATTRIBUTE "+retypeAttribute(h))
			p.recommentAttribute(s, want, w, h)
			p.hold(d, s, "given another type of attribute")
		case changed(d, "attributes", w.name):
			p.recommentAttribute(p.step(d, path, resource.Update, "set the comment of attribute "+w.name), want, w, h)
		}
	}
	p.simple(d, "TYPE "+at.String())
}

func retypeAttribute(a *attribute) string {
	text := sqltext.Ident(a.name) + " TYPE " + a.typ
	if a.collation != "" {
		text += " COLLATE " + collationName(a.collation)
	}
	return text
}

func (p *planner) recommentAttribute(s *resource.Step, c *composite, w, h *attribute) {
	if w.comment != h.comment {
		run(s, c.attributeComment(w.name, w.comment))
		undo(s, c.attributeComment(w.name, h.comment))
	}
}
