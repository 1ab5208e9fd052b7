package plan

import (
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
		p.Undeclared = append(p.Undeclared, snap.Undeclared...)
		p.Doubts = append(p.Doubts, snap.Doubts...)
	}
	b.ds = append(b.ds, ledger.Doubts(p.Doubts, func(a resource.Address) bool { return b.world.live[a] != nil })...)
	p.Notes = b.ds.Sort()
	touched := map[resource.Address][]string{}
	for _, s := range p.Steps {
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
			if d.Live != nil && !b.req.Destroy {
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
	if !p.Empty() {
		b.records(p, touched)
	}
	if err := p.seal(); err != nil {
		b.ds.Errorf(nil, "the plan cannot be written", "report this as a bug of tellr", "%v", err)
		return nil, b.ds
	}
	return p, b.ds
}

// records lists what the ledger is told: things with steps when these are
// done, and things that are as desired but not yet, or otherwise, remembered.
func (b *builder) records(p *Plan, touched map[resource.Address][]string) {
	home := ""
	for _, s := range b.snaps {
		if !s.Scope.System.Host.IsZero() {
			home = s.Scope.System.Name
			break
		}
	}
	for _, a := range b.order {
		d := b.deltas[a]
		if d == nil || b.system[a] == nil {
			continue
		}
		system := b.system[a].Scope.System
		if system.Host.IsZero() {
			system.Name = home
		}
		if system.Name == "" {
			continue
		}
		r := Record{Address: a, System: system.Name, After: touched[a], Data: d.Kind != nil && d.Kind.Data}
		if d.Desired != nil {
			r.Attrs, r.Source = b.norm[a], b.world.desired[a].Attrs.Fingerprint()
		}
		if len(r.After) == 0 && (d.Desired == nil || d.Last != nil && d.Last.Source == r.Source) {
			continue
		}
		p.Records = append(p.Records, r)
	}
}
