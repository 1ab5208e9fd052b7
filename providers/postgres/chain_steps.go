package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// inChain tells whether a thing goes and comes back, so that its own changes need no steps.
func (p *planner) inChain(d *resource.Delta) bool { return p.remade.members[d.Address] != nil }

// remake makes the steps by which a member of the chain goes, and comes back as the files have it.
func (p *planner) remake(d *resource.Delta) {
	m := p.remade.members[d.Address]
	name := d.Live.Attrs.Get("name").Str()
	what := strings.ReplaceAll(d.Address.Kind, "_", " ")
	if !m.along {
		m.drop = p.step(d, nil, resource.Delete, "drop "+what+" "+name+" for now")
		m.drop.ID += "/drop"
		m.drop.Changes, m.drop.Reason = nil, m.reason
		m.drop.Cause = m.cause
	}
	m.make = p.step(d, nil, resource.Replace, "make "+what+" "+d.Desired.Name()+" again")
	m.make.Reason, m.make.Cause = m.reason, m.cause
	switch d.Address.Kind {
	case "rule":
		want, have := decodeRule(p.index, d.Desired.Name(), d.Desired.Attrs), decodeRule(p.index, name, d.Live.Attrs)
		if !m.along {
			runOn(m.drop, nil, have.table, exclusive, "DROP "+have.what())
			undo(m.drop, have.create("CREATE"))
		}
		p.makeRule(m.make, want, "CREATE")
		undo(m.make, "DROP "+want.what())
	case "trigger":
		want, have := decodeTrigger(p.index, d.Desired.Name(), d.Desired.Attrs), decodeTrigger(p.index, name, d.Live.Attrs)
		if !m.along {
			p.dropTrigger(m.drop, have)
			undo(m.drop, have.create("CREATE"))
		}
		p.makeTrigger(m.make, want, "CREATE")
		undo(m.make, "DROP TRIGGER "+sqltext.Ident(want.name)+" ON "+want.table.String())
	case "function":
		want, have := decodeFunction(p.index, p.wanted(d), d.Desired.Attrs), decodeFunction(p.index, livePlace(d.Live), d.Live.Attrs)
		run(m.drop, "DROP FUNCTION "+have.signature())
		undo(m.drop, have.create("CREATE"))
		run(m.make, want.create("CREATE"))
		p.finishFunction(d, m.make, want)
		p.restore(d, m.make, "FUNCTION", want.signature())
		m.make.Undo = nil
		undo(m.make, "DROP FUNCTION "+want.signature())
	default:
		want := decodeView(d.Address.Kind, p.wanted(d), d.Desired.Attrs)
		have := decodeView(d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
		p.dropView(d, m.drop, have)
		p.makeView(d, m.make, want)
		p.restore(d, m.make, "TABLE", want.place.String())
		m.make.Undo = nil
		undo(m.make, "DROP "+want.what())
	}
}

// restore gives a thing that comes back the owner and the privileges that it had and that no file decides. Roles to which
// a grants block gives what it says on all tables of the schema have it by default privileges, which are set before.
func (p *planner) restore(d *resource.Delta, s *resource.Step, word, now string) {
	if owner := d.Live.Attrs.Get("owner").Str(); d.Desired.Attrs.Get("owner").IsNull() && owner != "" && owner != p.facts.CurrentUser {
		object := word
		if isView(d.Address.Kind) {
			object = decodeView(d.Address.Kind, place{}, d.Live.Attrs).word()
		}
		run(s, "ALTER "+object+" "+now+" OWNER TO "+sqltext.Ident(owner))
	}
	decided, all := p.grantees(p.wanted(d).schema)
	had := p.facts.Views[p.liveKey(d)].Grants
	type group struct {
		to     string
		column string
		option bool
	}
	var order []group
	privs := map[group][]string{}
	public := false
	for _, g := range had {
		public = public || g.Grantee == catalog.Public
		if word == "FUNCTION" && g.Grantee == catalog.Public {
			continue // has it anyway
		}
		if (all || decided[g.Grantee]) && g.Column == "" {
			continue
		}
		k := group{g.Grantee, g.Column, g.Grantable}
		if privs[k] == nil {
			order = append(order, k)
		}
		privs[k] = append(privs[k], g.Privilege)
	}
	for _, k := range order {
		list := privs[k]
		if k.column != "" {
			list = slices.Clone(list)
			for i := range list {
				list[i] += " (" + sqltext.Ident(k.column) + ")"
			}
		}
		sql := "GRANT " + strings.Join(list, ", ") + " ON " + word + " " + now + " TO " + roleName{resource.String(k.to)}.sql()
		if k.option {
			sql += " WITH GRANT OPTION"
		}
		run(s, sql)
	}
	if word == "FUNCTION" && !public { // a new function is everybody's
		run(s, "REVOKE EXECUTE ON FUNCTION "+now+" FROM PUBLIC")
	}
}

// grantees are the roles to which grants blocks say what they have in a schema; all: of every role.
func (p *planner) grantees(schema string) (decided map[string]bool, all bool) {
	decided = map[string]bool{}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "grants" || d.Desired == nil || p.index.schemaOf(d.Desired.Attrs.Get("schema")) != schema {
			continue
		}
		all = all || d.Desired.Attrs.Get("exclusive").Bool()
		for _, w := range grantees(d.Desired.Attrs.Get("to")) {
			decided[p.currentRole(w).Str()] = true
		}
	}
	return decided, all
}

// orderViews writes the Needs of views, rules and triggers, of functions whose result is a row of one, and of the chain.
func (p *planner) orderViews() {
	steps := map[resource.Address][]*resource.Step{}
	for _, s := range p.steps {
		steps[s.Address] = append(steps[s.Address], s)
	}
	for _, d := range p.req.Deltas {
		if d.Desired == nil || len(steps[d.Address]) == 0 {
			continue
		}
		for _, on := range p.reads(d) {
			for _, s := range steps[d.Address] {
				if !isDrop(s) {
					needAll(s, steps[on])
				}
			}
		}
		if isView(d.Address.Kind) || d.Address.Kind == "rule" {
			for _, s := range steps[d.Address] {
				if !isDrop(s) && len(s.Path) == 0 {
					p.blockNewValues(s, d.Address)
				}
			}
		}
	}
	for _, r := range p.remade.roots {
		p.orderRoot(r, steps)
	}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "grants" {
			continue
		}
		for _, a := range sortedMembers(p.remade.members) {
			if m := p.remade.members[a]; m.drop != nil {
				needAll(m.drop, steps[d.Address]) // a privilege is granted on what is still there
			}
		}
	}
}

// blockNewValues blocks what uses a value of an enum that the same plan adds.
func (p *planner) blockNewValues(s *resource.Step, a resource.Address) {
	f, why := p.builtFact(builtID(a))
	if why != "" || s.Blocked != nil {
		return
	}
	text := strings.Join(append([]string{f.Query, f.Where}, f.Commands...), "\n")
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "enum" || d.Action != resource.Update {
			continue
		}
		had, typ := d.Live.Attrs.Get("values").StringList(), p.wanted(d).String()
		for _, v := range d.Desired.Attrs.Get("values").StringList() {
			if !slices.Contains(had, v) && strings.Contains(text, sqltext.Literal(v)+"::"+typ) {
				s.Blocked = &resource.Block{Reason: "it uses the value " + sqltext.Literal(v) + " of " + d.Address.String() + ", which this plan adds, " +
					"and Postgres takes a new value only after the commit: apply the value first, then this"}
			}
		}
	}
}

func isDrop(s *resource.Step) bool { return s.Action == resource.Delete && len(s.Path) == 0 }

// needAll waits for the steps of something that is made or changed.
func needAll(s *resource.Step, on []*resource.Step) {
	for _, o := range on {
		if !isDrop(o) && o.Stage == resource.Database && o.Node.Part == "" {
			need(s, o.ID)
		}
	}
}

// reads lists the declared things that must be as they are to be before a thing can be made.
func (p *planner) reads(d *resource.Delta) []resource.Address {
	var texts []string
	attrs := d.Desired.Attrs
	switch d.Address.Kind {
	case viewKind.Name, materializedViewKind.Name:
		b := decodeView(d.Address.Kind, p.wanted(d), attrs).built(d.Address)
		texts = builtTexts(&b)
	case "rule":
		b := decodeRule(p.index, d.Desired.Name(), attrs).built(d.Address)
		texts = builtTexts(&b)
	case "trigger":
		texts = []string{p.index.placeOf(attrs.Get("table"), "").String(), p.index.placeOf(attrs.Get("function"), "").String()}
	case "function":
		f := decodeFunction(p.index, p.wanted(d), attrs)
		texts = []string{f.returns}
		for _, a := range f.arguments {
			texts = append(texts, a.typ)
		}
	}
	return slices.DeleteFunc(p.index.mentioned(texts), func(a resource.Address) bool {
		switch {
		case a == d.Address:
			return true
		case d.Address.Kind == "function": // its types, as far as they are made by this plan
			on := p.deltas[a]
			return on == nil || a.Kind == "function" || on.Action != resource.Create && p.remade.members[a] == nil
		default:
			return a.Kind == "rule" || a.Kind == "trigger"
		}
	})
}

// orderRoot puts a chain around the change that it is for, and blocks the change where something is in the way.
func (p *planner) orderRoot(r *chainRoot, steps map[resource.Address][]*resource.Step) {
	var own []*resource.Step
	for _, s := range steps[r.d.Address] {
		if len(r.path) == 0 || len(s.Path) >= len(r.path) && slices.Equal(s.Path[:len(r.path)], r.path) {
			own = append(own, s)
		}
	}
	for _, s := range own {
		if len(r.inTheWay) > 0 && s.Blocked == nil {
			s.Blocked = &resource.Block{Reason: strings.Join(r.inTheWay, "\n")}
		}
	}
	if m := p.remade.members[r.d.Address]; m != nil {
		p.orderMembers(r)
		return
	}
	for _, s := range own {
		for _, a := range r.first {
			for _, f := range steps[a] {
				need(s, f.ID)
			}
		}
		for _, a := range r.members {
			m := p.remade.members[a]
			if m.drop != nil {
				need(s, m.drop.ID)
			}
			need(m.make, s.ID)
		}
	}
	p.orderMembers(r)
}

// orderMembers lets what depends on a member go before it, and come back after it.
func (p *planner) orderMembers(r *chainRoot) {
	for _, dep := range p.facts.Dependencies {
		on, by := p.memberAt(dep.On), p.memberAt(dependentKey(dep))
		if on == nil || by == nil || on == by {
			continue
		}
		if on.drop != nil && by.drop != nil {
			need(on.drop, by.drop.ID)
		}
	}
	for _, a := range r.members {
		m := p.remade.members[a]
		if m.drop == nil {
			continue
		}
		for _, gone := range r.first {
			for _, s := range p.steps {
				if s.Address == gone && isDrop(s) {
					need(m.drop, s.ID)
				}
			}
		}
	}
}

// memberAt finds a member of the chain by what it is live.
func (p *planner) memberAt(key string) *member {
	if p.remade.byKey == nil {
		p.remade.byKey = map[string]*member{}
		for a, m := range p.remade.members {
			p.remade.byKey[p.liveKey(p.deltas[a])] = m
		}
	}
	return p.remade.byKey[key]
}

func sortedMembers(m map[resource.Address]*member) []resource.Address {
	out := make([]resource.Address, 0, len(m))
	for a := range m {
		out = append(out, a)
	}
	slices.SortFunc(out, resource.Address.Compare)
	return out
}
