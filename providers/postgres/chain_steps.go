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
			undoing(m.drop, func(back *resource.Step) { p.makeRule(back, have, "CREATE") })
		}
		p.makeRule(m.make, want, "CREATE")
		undo(m.make, "DROP "+want.what())
	case "trigger":
		want, have := decodeTrigger(p.index, d.Desired.Name(), d.Desired.Attrs), decodeTrigger(p.index, name, d.Live.Attrs)
		if !m.along {
			p.dropTrigger(m.drop, have)
			undoing(m.drop, func(back *resource.Step) { p.makeTrigger(back, have, "CREATE") })
		}
		p.makeTrigger(m.make, want, "CREATE")
		undo(m.make, "DROP TRIGGER "+sqltext.Ident(want.name)+" ON "+want.table.String())
	case "policy":
		want, have := decodePolicy(p.index, d.Desired.Name(), d.Desired.Attrs), p.livePolicy(d)
		if !m.along {
			runOn(m.drop, nil, have.table, exclusive, have.drop())
			p.undoPolicyDrop(m.drop, have)
		}
		p.makePolicy(m.make, want)
		undo(m.make, want.drop())
	case "function", "procedure":
		want, have := decodeRoutine(p.index, d.Address.Kind, p.wanted(d), d.Desired.Attrs), decodeRoutine(p.index, d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
		p.remakeRoutine(d, m, want.word+" "+want.signature(), have.word+" "+have.signature(), want.create("CREATE"), have.create("CREATE"), func() {
			p.finishFunction(d, m.make, want)
		})
	case "aggregate":
		want, have := decodeAggregate(p.index, p.wanted(d), d.Desired.Attrs), decodeAggregate(p.index, livePlace(d.Live), d.Live.Attrs)
		p.remakeRoutine(d, m, "AGGREGATE "+want.signature(), "AGGREGATE "+have.signature(), want.create("CREATE"), have.create("CREATE"), func() {
			p.finishAggregate(d, m.make, want)
		})
	default:
		want := decodeView(d.Address.Kind, p.wanted(d), d.Desired.Attrs)
		have := decodeView(d.Address.Kind, livePlace(d.Live), d.Live.Attrs)
		p.dropView(d, m.drop, have)
		p.makeView(d, m.make, want)
		p.restore(d, m.make, want.place.String())
		m.make.Undo = nil
		undo(m.make, "DROP "+want.what())
	}
}

// remakeRoutine drops a function, procedure or aggregate, and makes it again.
func (p *planner) remakeRoutine(d *resource.Delta, m *member, want, have, create, was string, finish func()) {
	p.aroundPlain(d, m.drop, m.make, routineRemake{want, have, was}, func() {
		run(m.drop, "DROP "+have)
		run(m.make, create)
		finish()
	})
}

// restore gives a view that comes back the owner and the privileges that it had and that no file decides. Roles to which
// a grants block gives what it says on all tables of the schema have it by default privileges, which are set before.
func (p *planner) restore(d *resource.Delta, s *resource.Step, now string) {
	if owner := d.Live.Attrs.Get("owner").Str(); d.Desired.Attrs.Get("owner").IsNull() && owner != "" && owner != p.facts.CurrentUser {
		run(s, "ALTER "+decodeView(d.Address.Kind, place{}, d.Live.Attrs).word()+" "+now+" OWNER TO "+sqltext.Ident(owner))
	}
	p.regrantView(s, p.wanted(d))
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
					p.needAll(s, steps[on])
				}
			}
		}
	}
	for _, r := range p.remade.roots {
		p.orderRoot(r, steps)
	}
	p.orderAttributes(steps)
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "grants" {
			continue
		}
		for _, a := range sortedMembers(p.remade.members) {
			if m := p.remade.members[a]; m.drop != nil {
				p.needAll(m.drop, steps[d.Address]) // a privilege is granted on what is still there
			}
		}
	}
}

func isDrop(s *resource.Step) bool { return s.Action == resource.Delete && len(s.Path) == 0 }

// needAll waits for the steps of something that is made or changed.
func (p *planner) needAll(s *resource.Step, on []*resource.Step) {
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
	case "policy":
		texts = []string{attrs.Get("using").Str(), attrs.Get("with_check").Str()}
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
	for _, dep := range r.along {
		p.dropAlong(dep, own, steps[p.things[dep.In].Address])
	}
	for _, q := range r.parts {
		for _, s := range own {
			need(s, q.drop.ID)
			for _, back := range steps[q.d.Address] {
				if back != q.drop && q.isOf(back) && !slices.Contains(own, back) {
					need(back, s.ID)
				}
			}
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
				if f.Stage == resource.Online && isRoutine(s.Address.Kind) {
					online(s) // an index that does without it is there only then
				}
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

// dropAlong drops a rule or policy of one table that goes before another one that it looks up goes too.
func (p *planner) dropAlong(dep catalog.Dependency, own, of []*resource.Step) {
	d := p.things[dep.In]
	id := d.Address.String() + "/" + dep.What
	if !slices.ContainsFunc(p.steps, func(s *resource.Step) bool { return s.ID == id }) {
		s := p.step(d, nil, resource.Delete, "drop "+dep.What)
		s.ID, s.Path, s.Changes = id, resource.Path{dep.What}, nil
		s.Reason = "it uses what goes, as its table does"
		run(s, dep.Drop)
		s.NoUndo = "its table goes too"
		s.Node = aheadOf(livePlace(d.Live).schema)
	}
	for _, s := range slices.Concat(own, of) {
		need(s, id)
	}
}

// orderMembers lets what depends on a member go before it, and come back after it.
func (p *planner) orderMembers(r *chainRoot) {
	for _, a := range r.members {
		on := p.remade.members[a]
		for _, dep := range p.hanging[objectOf(p.deltas[a])] {
			d := p.things[dep.By]
			if d == nil || d.Address == a || on.drop == nil {
				continue
			}
			if by := p.remade.members[d.Address]; by != nil && by.drop != nil {
				need(on.drop, by.drop.ID)
			}
			for _, q := range p.remade.parts[d.Address] {
				if slices.Equal(q.path, partPath(d, dep)) {
					need(on.drop, q.drop.ID)
				}
			}
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

func sortedMembers(m map[resource.Address]*member) []resource.Address {
	out := make([]resource.Address, 0, len(m))
	for a := range m {
		out = append(out, a)
	}
	slices.SortFunc(out, resource.Address.Compare)
	return out
}
