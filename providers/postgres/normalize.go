package postgres

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// normalizer puts desired things into the form of live ones.
type normalizer struct {
	*view
	ds resource.Diagnostics
}

// place finds out where a thing stands, from its attributes.
func (n *normalizer) place(r *resource.Resource) place {
	return place{n.index.schemaOf(r.Attrs.Get("schema")), r.Name()}
}

// owner adds the owner, if the configuration names one.
func (n *normalizer) owner(o *object, r *resource.Resource) {
	if w := r.Attrs.Get("owner"); !w.IsNull() {
		o.value("owner", n.role(n.index.role(w)).Value, w)
	}
}

// canonical replaces the texts of some sites by what the server would print. What is live at the same place and reads the
// same is the same; otherwise the server was asked when the snapshot was read. What nobody can tell stays as it is
// written; that is said where it matters, which is where something live is compared with it.
func (n *normalizer) canonical(a resource.Address, sites []site) {
	for i := range sites {
		s := &sites[i]
		if s.expr.Text == s.live {
			continue
		}
		if s.isStatic {
			*s.text = s.static
			continue
		}
		id := s.id()
		c, ok, why := n.canon(id, s.expr.Text)
		switch {
		case ok:
			*s.text = c
		case n.neverThere(s, why):
			n.misnamed(a, s, why)
		case s.live != "" && !n.warned[id]:
			n.warned[id] = true
			cure := "plan against the live database, or write it as the server prints it"
			if asked, known := n.asked[id]; known && asked == s.expr.Text { // which the server refused
				cure = "if it needs what this plan changes first, there is nothing to do; else correct it"
			}
			d := &resource.Diagnostic{
				Severity: resource.Warning, Address: a, Range: s.at,
				Summary: fmt.Sprintf("%s of %s is compared as it is written", siteName(s), a),
				Detail:  fmt.Sprintf("the server's own form of %q is not known (%s); live is %q", s.expr.Text, why, s.live),
				Cure:    cure,
			}
			n.ds = append(n.ds, d)
		}
	}
}

// unknownName is what the server says of a name that it does not know; in what stands before a list of arguments it has no
// quotes.
var unknownName = regexp.MustCompile(`^(type|function|collation|schema) (?:"(.*?)"|([^("]+))(?:\(.*\))?(?: for encoding .*)? does not exist$`)

// neverThere tells whether the server was asked about a text and knows nothing of a name in it that this plan does not make
// either: what a plan makes has a schema, but for what comes with an extension.
func (n *normalizer) neverThere(s *site, why string) bool {
	asked, known := n.asked[s.id()]
	_, name := misses(why)
	if !known || asked != s.expr.Text || name == "" {
		return false
	}
	return !n.makes(name) && !n.makesExtension()
}

// misses names what the server does not know, and what it would be.
func misses(why string) (what, name string) {
	if m := unknownName.FindStringSubmatch(why); m != nil {
		return m[1], m[2] + m[3]
	}
	return "", ""
}

// makes tells whether something is declared by a name as the server writes it in its errors, without quotes. A range type
// comes with its multirange type, each type with that of its arrays.
func (n *normalizer) makes(name string) bool {
	name, _, _ = strings.Cut(name, "[")
	for a, at := range n.index.places {
		switch a.Kind {
		case "schema":
			if at.name == name {
				return true
			}
		case "range_type":
			if at.schema+"."+decodeRange(n.index, at, n.index.desired[a].Attrs).multirangeName() == name {
				return true
			}
		}
		if at.schema+"."+at.name == name || at.schema+"._"+at.name == name {
			return true
		}
	}
	return false
}

// makesExtension tells whether an extension is new, gets another version or moves: what comes with it then, and where it
// stands, is known to nobody yet.
func (n *normalizer) makesExtension() bool {
	for a, r := range n.index.desired {
		if a.Kind != "extension" {
			continue
		}
		live := n.live[a]
		if live == nil || live.Attrs.Get("schema").Str() != n.index.places[a].schema {
			return true
		}
		if v := r.Attrs.Get("version").Str(); v != "" && v != live.Attrs.Get("version").Str() {
			return true
		}
	}
	return false
}

// misnamed refuses such a text.
func (n *normalizer) misnamed(a resource.Address, s *site, why string) {
	if id := s.id(); !n.warned[id] {
		n.warned[id] = true
		what, name := misses(why)
		cure := "write it with its schema, if it stands in one"
		if what == "schema" {
			cure = "declare that schema, or name one that is there"
		}
		if what == "type" {
			known := sortedKeys(builtinTypes)
			for d, at := range n.index.places {
				if dependentClass[d.Kind] == "pg_type" {
					known = append(known, at.String())
				}
			}
			cure = orElse(didYouMean(name, known), cure)
		}
		n.ds = append(n.ds, &resource.Diagnostic{
			Severity: resource.Error, Address: a, Range: s.at,
			Summary: fmt.Sprintf("%s of %s cannot be %q", siteName(s), a, s.expr.Text), Detail: "the server says: " + why, Cure: cure,
		})
	}
}

func siteName(s *site) string {
	switch e := s.expr; {
	case e.Kind == catalog.PartitionKey:
		return "the partition key"
	case e.Kind == catalog.PartitionBound:
		return "what the partition holds"
	case e.Column != "":
		return fmt.Sprintf("the %s of column %s", e.Kind, e.Column)
	case e.Name != "":
		return fmt.Sprintf("the expression of %s", e.Name)
	default:
		return "a type"
	}
}

// namesRoles are the attributes that may be known later: names of roles, and a password, which is never read at all.
var namesRoles = map[string]bool{
	"to": true, "owner": true, "for": true, "grantor": true, "reassign_to": true, "members": true, "member_of": true, "password": true,
}

// known refuses values that are known only after an earlier step, or never: names, types and expressions decide what the
// plan is.
func (n *normalizer) known(r *resource.Resource) bool {
	ok := true
	for _, f := range r.Attrs.Fields() {
		if namesRoles[f.Name] || f.Value.Known() {
			continue
		}
		ok = false
		f.Value.Holes(func(h resource.Hole) bool {
			if h.IsSecret() {
				n.ds.Errorf(f.Value.Range(), fmt.Sprintf("a secret stands in %s.%s", r.Address, f.Name),
					"take it out: what is in the database's schema can be read by everyone who may connect", "it comes from %s", h)
			} else {
				n.ds.Errorf(f.Value.Range(), fmt.Sprintf("%s.%s is known only after an apply", r.Address, f.Name),
					"write the value itself, or refer to an attribute that a file decides", "it depends on %s", h)
			}
			return true
		})
	}
	return ok
}

func normalizeTable(n *normalizer, r *resource.Resource) resource.Value {
	t := decodeTable(n.index, n.place(r), r.Attrs)
	var have *table
	if live := n.live[r.Address]; live != nil {
		have = decodeTable(n.index, t.place, live.Attrs)
	}
	n.canonical(r.Address, t.sites(r.Address, have))
	for i := range t.foreignKeys {
		// The primary key of a table that no file declares is not known; what is live refers to it.
		if k := &t.foreignKeys[i]; len(k.refColumns) == 0 && have != nil {
			if h := have.foreignKey(k.name); h != nil && h.references == k.references {
				k.refColumns = h.refColumns
			}
		}
	}
	for i := range t.columns {
		t.columns[i].identity.settle(t.columns[i].typ)
		t.columns[i].identity.settleName(t.name, t.columns[i].name)
		t.settleNotNull(&t.columns[i], n.facts.ServerVersion)
	}
	t.settleTablespaces(n.facts.DefaultTablespace())
	o := object{fields: t.encode(r.Attrs).Fields()}
	n.owner(&o, r)
	return n.natural(r, o.done())
}

func normalizeSchema(n *normalizer, r *resource.Resource) resource.Value {
	var o object
	o.text("name", r.Name(), r.Attrs.Get("name"))
	o.text("comment", r.Attrs.Get("comment").Str(), r.Attrs.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

func normalizeEnum(n *normalizer, r *resource.Resource) resource.Value {
	p := n.place(r)
	var o object
	o.text("schema", p.schema, r.Attrs.Get("schema"))
	o.text("name", p.name, r.Attrs.Get("name"))
	o.value("values", resource.Strings(r.Attrs.Get("values").StringList()...), r.Attrs.Get("values"))
	o.text("comment", r.Attrs.Get("comment").Str(), r.Attrs.Get("comment"))
	n.owner(&o, r)
	return o.done()
}
