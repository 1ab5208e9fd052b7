package plan

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/resource"
)

// finish orders the steps, counts, and writes down what the ledger is to be
// told.
func (b *builder) finish() (*Plan, resource.Diagnostics) {
	p := &Plan{
		Format: Format, Tellr: b.req.Version, Environment: b.req.Environment,
		Destroy: b.req.Destroy, Meta: b.req.Meta, Steps: b.arrange(),
	}
	b.checkAllowed(p)
	if b.ds.HasErrors() {
		return nil, b.ds.Sort()
	}
	for _, snap := range b.snaps {
		p.Scopes = append(p.Scopes, snap.Scope)
		p.Undeclared = append(p.Undeclared, leftAlone(snap.Undeclared, p.Steps)...)
		p.Doubts = append(p.Doubts, snap.Doubts...)
		if host := b.host(snap); host != nil && !p.Empty() {
			p.Hosts = append(p.Hosts, *host)
		}
	}
	b.ds = append(b.ds, ledger.Doubts(p.Doubts, func(a resource.Address) bool { return b.world.live[a] != nil })...)
	p.Ignored = b.ignored
	if b.req.Undo != nil {
		p.Undo = &b.req.Undo.undo
		b.lasting()
	}
	p.Notes = b.ds.Sort()
	touched := make(map[resource.Address][]string, len(b.order))
	for _, s := range p.Steps {
		switch s.Action {
		case resource.Adopt:
			p.Summary.Adopt++
		case resource.Forget:
			p.Summary.Forget++
		case resource.Move:
			p.Summary.Move++
		}
		if s.Action.OnlyLedger() {
			continue
		}
		touched[s.Address] = append(touched[s.Address], s.ID)
		if s.Blocked != nil {
			p.Summary.Blocked++
		}
		p.Summary.count(s)
	}
	for _, a := range b.order {
		d := b.deltas[a]
		if d == nil {
			continue
		}
		if len(touched[a]) == 0 {
			if d.Live != nil && !b.req.Destroy && (!d.Along || p.Idle()) {
				p.Summary.Unchanged++
			}
			continue
		}
		switch d.Action {
		case resource.Create:
			p.Summary.Create++
		case resource.Replace:
			p.Summary.Replace++
		case resource.Delete:
			p.Summary.Destroy++
		default:
			p.Summary.Update++
		}
	}
	if !p.Idle() {
		b.records(p, touched)
	}
	if err := p.seal(); err != nil {
		b.ds.Errorf(nil, "the plan cannot be written", "report this as a bug of tellr", "%v", err)
		return nil, b.ds
	}
	return p, b.ds
}

// leftAlone is what of undeclared things does not go with the steps.
func leftAlone(all []resource.Undeclared, steps []*resource.Step) []resource.Undeclared {
	type one struct{ kind, where, name string }
	goes := map[one]bool{}
	for _, s := range steps {
		for _, u := range s.Takes {
			for _, name := range u.Names {
				goes[one{u.Kind, u.Where, name}] = true
			}
		}
	}
	if len(goes) == 0 {
		return all
	}
	var out []resource.Undeclared
	for _, u := range all {
		stays := u
		stays.Names = slices.DeleteFunc(slices.Clone(u.Names), func(name string) bool { return goes[one{u.Kind, u.Where, name}] })
		if len(stays.Names) > 0 {
			out = append(out, stays)
		}
	}
	return out
}

// records lists what the ledger is told: things with steps when these are
// done, and things that are as desired and remembered in other words.
func (b *builder) records(p *Plan, touched map[resource.Address][]string) {
	told := map[resource.Address]string{}
	for _, s := range p.Steps {
		switch {
		case s.Action == resource.Forget:
			p.Records = append(p.Records, Record{Address: s.Address, System: s.System, After: []string{s.ID}})
		case s.Action.OnlyLedger():
			told[s.Address] = s.ID
			touched[s.Address] = append(touched[s.Address], s.ID)
		}
	}
	for _, a := range b.order {
		d := b.deltas[a]
		ledger := b.ledger(a)
		if d == nil || ledger == nil || b.foreign(a) || b.untouched(a) {
			continue
		}
		r := Record{Address: a, System: ledger.Scope.System.Name, After: touched[a], Data: d.Kind != nil && d.Kind.Data}
		if d.Desired != nil {
			r.Source = b.world.desired[a].Attrs.Fingerprint()
			changed := slices.ContainsFunc(r.After, func(id string) bool { return id != told[a] })
			r.Identity = b.identity(d, changed)
		}
		if len(r.After) == 0 && d.Along {
			if r.After = takers(p, d, r.System); len(r.After) > 0 {
				r.Before = settled(d.Kind, d.Live.Attrs)
			}
		}
		switch {
		case len(r.After) > 0:
		case d.Desired == nil:
			if !b.req.Destroy || d.Last == nil || d.Live != nil {
				continue
			}
		case d.Last != nil && d.Last.Source == r.Source:
			continue
		}
		if d.Desired != nil {
			r.Attrs = b.normal(d)
		}
		p.Records = append(p.Records, r)
		if d.Last != nil && !d.Last.Was.IsZero() && told[a] != "" {
			p.Records = append(p.Records, Record{Address: d.Last.Was, System: r.System, After: r.After})
		}
	}
}

// takers are the steps with which a thing changes that none is about: those of
// what it refers to, and the last of the transaction, with which all of it is
// done.
func takers(p *Plan, d *resource.Delta, system string) []string {
	var out []string
	last := ""
	for _, s := range p.Steps {
		switch {
		case s.System != system || s.Action.OnlyLedger():
		case s.Stage == resource.Database:
			last = s.ID
		case d.Desired != nil && slices.ContainsFunc(d.Desired.Deps, func(on resource.Dep) bool { return on.On == s.Address }):
			out = append(out, s.ID)
		}
	}
	if last != "" {
		out = append(out, last)
	}
	return out
}

// identity is what the ledger is to know a thing by, as far as that is known
// when the plan is made. A change of what stands in a database may make it
// anew; then the ledger looks, or does not know.
func (b *builder) identity(d *resource.Delta, changed bool) resource.Value {
	inDatabase := !b.system[d.Address].Scope.System.Host.IsZero()
	switch {
	case inDatabase && changed:
		return resource.Value{}
	case d.Live != nil && d.Action != resource.Replace:
		if d.Live.Identity == "" {
			return resource.Value{}
		}
		return resource.String(d.Live.Identity)
	case d.Kind.Identity != "":
		return resource.Unknown(resource.AttrRef{Address: d.Address, Attr: d.Kind.Identity})
	default:
		return resource.Value{}
	}
}
