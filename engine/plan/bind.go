package plan

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// bind takes the fingerprints of what a step is based on: its own thing, as it
// is, and the things that it refers to, as far as it relies on them. What the
// plan itself makes is not there to be relied on.
func (b *builder) bind(s *resource.Step, d *resource.Delta) {
	own := resource.Fingerprint{Address: s.Address, System: s.System}
	s.Reads = []resource.Fingerprint{Fingerprint(d.Kind, d.Live, own)}
	if d.Desired == nil {
		return
	}
	for _, dep := range d.Desired.Deps {
		if dep.Part != "" && dep.Part != s.Node.Part || dep.On == s.Address ||
			slices.ContainsFunc(s.Relies, func(r resource.Reliance) bool { return r.Address == dep.On }) {
			continue
		}
		b.refer(s, resource.Reliance{Address: dep.On})
	}
	for _, r := range s.Relies {
		b.refer(s, r)
	}
}

func (b *builder) refer(s *resource.Step, r resource.Reliance) {
	d := b.deltas[r.Address]
	if b.world.live[r.Address] == nil || b.system[r.Address] == nil || d == nil || d.Action == resource.Create || d.Action == resource.Replace ||
		slices.ContainsFunc(s.Reads, func(f resource.Fingerprint) bool { return f.Address == r.Address }) {
		return
	}
	s.Reads = append(s.Reads, b.reference(r.Address, r.Paths))
}

// reference is the fingerprint of a thing that is only referred to.
func (b *builder) reference(a resource.Address, paths []resource.Path) resource.Fingerprint {
	return Fingerprint(b.kind(a.Kind), b.world.live[a], resource.Fingerprint{Address: a, System: b.system[a].Scope.System.Name, Refers: true, Paths: paths})
}

// host is the fingerprint of the thing in which a database stands; nil if that
// is not there yet, or is to be another one.
func (b *builder) host(snap *resource.Snapshot) *resource.Fingerprint {
	a := snap.Scope.System.Host
	d := b.deltas[a]
	if a.IsZero() || snap.Absent || b.system[a] == nil || b.world.live[a] == nil || d != nil && (d.Action == resource.Create || d.Action == resource.Replace) {
		return nil
	}
	f := b.reference(a, nil)
	return &f
}

// Fingerprint identifies a live thing as a fingerprint does: by its identity
// and all that its kind compares, or, if it is only referred to, what is relied
// on of that. The SHA256 of a thing that is not there is "". What stands under
// its name instead has no Attrs.
func Fingerprint(k *resource.Kind, live *resource.Live, of resource.Fingerprint) resource.Fingerprint {
	f := of
	f.SHA256, f.Attrs = "", resource.Value{}
	if live == nil {
		return f
	}
	if f.Refers {
		var fields []resource.Field
		for _, p := range f.Paths {
			v := live.Attrs
			for _, name := range p {
				v = v.Get(name)
			}
			fields = append(fields, resource.F(p.String(), v))
		}
		if fields != nil {
			f.Attrs = resource.Object(fields...)
		}
	} else {
		f.Attrs = settled(k, live.Attrs)
	}
	f.SHA256 = resource.Object(
		resource.F("identity", resource.String(live.Identity)), resource.F("attrs", f.Attrs)).Fingerprint()
	if live.Instead { // it is another thing
		f.Attrs = resource.Value{}
	}
	return f
}

// settled leaves out what the world decides by itself (states, times).
func settled(k *resource.Kind, attrs resource.Value) resource.Value {
	var names []string
	for _, a := range k.Attrs {
		if a.Computed {
			names = append(names, a.Name)
		}
	}
	return attrs.Without(names...)
}
