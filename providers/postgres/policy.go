package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// policy is a policy as written, or as it is.
type policy struct {
	table       place
	name        string
	restrictive bool
	command     string     // "" is ALL
	to          []roleName // none is PUBLIC
	using       string
	withCheck   string
	comment     string
}

func decodePolicy(x *index, name string, attrs resource.Value) *policy {
	p := &policy{
		table: x.placeOf(attrs.Get("table"), ""), name: name, restrictive: attrs.Get("restrictive").Bool(),
		command: attrs.Get("command").Str(), using: attrs.Get("using").Str(), withCheck: attrs.Get("with_check").Str(),
		comment: attrs.Get("comment").Str(),
	}
	if p.command == allCommands {
		p.command = ""
	}
	for _, it := range attrs.Get("to").Items() {
		p.to = append(p.to, roleName{x.role(it)})
	}
	p.settle()
	return p
}

// settle puts the roles in order. Whatever stands beside PUBLIC is part of it.
func (p *policy) settle() {
	slices.SortStableFunc(p.to, func(a, b roleName) int { return strings.Compare(a.String(), b.String()) })
	p.to = slices.CompactFunc(p.to, func(a, b roleName) bool { return a.String() == b.String() })
	if slices.ContainsFunc(p.to, func(r roleName) bool { return r.Str() == catalog.Public }) {
		p.to = nil
	}
}

func (p *policy) sites(a resource.Address, have *policy) []site {
	var out []site
	if have == nil {
		have = &policy{}
	}
	for n, x := range []struct{ text, live *string }{{&p.using, &have.using}, {&p.withCheck, &have.withCheck}} {
		if *x.text != "" {
			e := catalog.Expr{Kind: catalog.Policy, Name: p.name, N: n, Text: *x.text}
			out = append(out, site{of: a, expr: e, text: x.text, live: *x.live})
		}
	}
	return out
}

func normalizePolicy(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	p := decodePolicy(n.index, r.Name(), w)
	var have *policy
	if live := n.live[r.Address]; live != nil {
		have = decodePolicy(n.index, p.name, live.Attrs)
	}
	n.canonical(r.Address, p.sites(r.Address, have))
	for i := range p.to {
		p.to[i] = n.role(p.to[i].Value)
	}
	p.settle()
	var o object
	o.text("table", p.table.String(), w.Get("table"))
	o.text("name", p.name, w.Get("name"))
	o.flag("restrictive", p.restrictive, w.Get("restrictive"))
	o.text("command", p.command, w.Get("command"))
	if len(p.to) > 0 {
		to := make([]resource.Value, len(p.to))
		for i := range p.to {
			to[i] = p.to[i].Value
		}
		o.value("to", resource.List(to...), w.Get("to"))
	}
	o.text("using", p.using, w.Get("using"))
	o.text("with_check", p.withCheck, w.Get("with_check"))
	o.text("comment", p.comment, w.Get("comment"))
	return o.done()
}

// askPolicy asks in a table with the columns of the policy's.
func askPolicy(a *asker, r *resource.Resource) {
	p := decodePolicy(a.index, r.Name(), r.Attrs)
	var columns []column
	address := r.Address
	if ref, ok := r.Attrs.Get("table").Ref(); ok && a.index.desired[ref] != nil {
		address, columns = ref, decodeTable(a.index, p.table, a.index.desired[ref].Attrs).columns
	}
	a.in(address, p.table, columns, p.sites(r.Address, nil))
}

func locatePolicy(x *index, r *resource.Resource) []resource.Field {
	fields := []resource.Field{resource.F("table", resource.String(x.placeOf(r.Attrs.Get("table"), "").String())), locateName(x, r)}
	if to := r.Attrs.Get("to"); !to.IsNull() {
		fields = append(fields, resource.F("to", resource.List(x.roles(to)...)))
	}
	return fields
}

func takePolicy(n *namespaces, r *resource.Resource) {
	p := decodePolicy(n.index, r.Name(), r.Attrs)
	n.policies.take(p.table.String()+"."+p.name, named(r))
}

func checkPolicy(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	w := r.Attrs
	if !w.Has("name") {
		c.ident("the policy", r.Address.Name, r.Range)
	}
	c.expression("the condition", w.Get("using"))
	c.expression("the condition on new rows", w.Get("with_check"))
	command := orElse(w.Get("command").Str(), allCommands)
	if v := w.Get("using"); command == "INSERT" && !v.IsNull() {
		c.errorf(v.Range(), "a policy for INSERT has no using", "write with_check", "there are no rows yet to look at")
	}
	if v := w.Get("with_check"); (command == "SELECT" || command == "DELETE") && !v.IsNull() {
		c.errorf(v.Range(), "a policy for "+command+" has no with_check", "write using", "no new rows come")
	}
	if v := w.Get("to"); v.Kind() == resource.KindList && len(v.Items()) == 0 {
		c.errorf(v.Range(), "the policy is for nobody", "name one or more roles, or take to out for PUBLIC", "the list is empty")
	}
	return c.ds
}
