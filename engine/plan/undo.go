package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/diff"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Undo says in a plan what it goes back to: the world before a run, and so
// before those that came after it.
type Undo struct {
	Run     string `json:"run"`
	By      string `json:"by"`
	Started string `json:"started"` // RFC 3339
	// Later are the runs after it that are undone too, the latest first.
	Later []string `json:"later,omitempty"`
}

// Reversal is the way back to before a run: what each thing was that this run
// and the later ones changed. It is planned like any change of the files, from
// what is live now, so that it is shown, judged and protected as one.
type Reversal struct {
	undo    Undo
	changes map[resource.Address]*reverse
	order   []resource.Address
	// lost are steps whose effect no plan takes back.
	lost []resource.RunStep
	// kept are what the runs told the ledger alone.
	kept []resource.RunChange
}

// reverse is one thing on its way back.
type reverse struct {
	system        string
	before, after resource.Value // null: it was not there, or is gone
	partial       bool           // after is not known
	// attrs are the attributes that the runs changed.
	attrs map[string]bool
}

// Reverse works out the way back from runs in full, the latest first. The last
// is the one to go back to before.
func Reverse(runs []resource.Run) (*Reversal, error) {
	first := runs[len(runs)-1]
	v := &Reversal{
		undo:    Undo{Run: first.ID, By: first.By(), Started: first.Started.UTC().Format("2006-01-02T15:04:05Z")},
		changes: map[resource.Address]*reverse{},
	}
	for _, r := range runs[:len(runs)-1] {
		v.undo.Later = append(v.undo.Later, r.ID)
	}
	for _, run := range slices.Backward(runs) {
		systems := map[resource.Address]string{}
		for _, s := range run.Steps {
			systems[s.Address] = s.System
			if s.Outcome == resource.Done && s.Lost != "" {
				v.lost = append(v.lost, s)
			}
		}
		for _, c := range run.Changes {
			if err := v.add(c, systems[c.Address]); err != nil {
				return nil, fmt.Errorf("what run %s did to %s: %w", run.ID, c.Address, err)
			}
		}
	}
	// What the later runs took back, is as it was.
	v.order = slices.DeleteFunc(v.order, func(a resource.Address) bool {
		x := v.changes[a]
		same := !x.partial && x.before.Equal(x.after)
		if same {
			delete(v.changes, a)
		}
		return same
	})
	return v, nil
}

// add takes a change that came after those that were added before.
func (v *Reversal) add(c resource.RunChange, system string) error {
	if c.Action.OnlyLedger() {
		v.kept = append(v.kept, c)
		return nil
	}
	x := v.changes[c.Address]
	if x == nil {
		before, err := c.Before.Value()
		if err != nil {
			return err
		}
		x = &reverse{before: before, system: system}
		v.changes[c.Address] = x
		v.order = append(v.order, c.Address)
	}
	after, err := c.After.Value()
	x.after, x.partial = after, x.partial || c.Partial
	return err
}

// Desired is the configuration with the things as they were before the runs.
// What these did not touch stays as the files have it, and is left alone; what
// they made is not in it, nor what the files want besides and hangs on that. An
// error says that the way back cannot be planned.
func (v *Reversal) Desired(desired []*resource.Resource, providers []resource.Provider, scopes []resource.Scope) ([]*resource.Resource, resource.Diagnostics) {
	var ds resource.Diagnostics
	hosts := map[string]resource.Address{}
	for _, s := range scopes {
		hosts[s.System.Name] = s.System.Host
		if x := v.changes[s.System.Host]; x != nil && x.before.IsNull() {
			ds.Errorf(nil, fmt.Sprintf("run %s made %s, and with it all that is in it", v.undo.Run, s.System.Host),
				"to take all of it down: tellr destroy", "there is no state of it to go back to")
		}
	}
	declared, without := map[resource.Address]bool{}, v.unmade(desired)
	out := make([]*resource.Resource, 0, len(desired))
	for _, r := range desired {
		if declared[r.Address] = true; without[r.Address] {
			continue
		}
		if x := v.changes[r.Address]; x != nil {
			r = x.over(r, without)
		}
		out = append(out, r)
	}
	for _, a := range v.order {
		x := v.changes[a]
		if declared[a] || x.before.IsNull() {
			continue
		}
		if k := kindOf(providers, a.Kind); k != nil {
			out = append(out, x.alone(a, k, hosts[x.system]))
		}
	}
	return out, ds
}

// unmade are the declared things that the runs made, and those that were never
// applied and refer to one of them.
func (v *Reversal) unmade(desired []*resource.Resource) map[resource.Address]bool {
	out := map[resource.Address]bool{}
	for a, x := range v.changes {
		out[a] = x.before.IsNull()
	}
	for more := true; more; {
		more = false
		for _, r := range desired {
			if out[r.Address] || v.changes[r.Address] != nil || !slices.ContainsFunc(r.Deps, func(d resource.Dep) bool { return out[d.On] }) {
				continue
			}
			out[r.Address], more = true, true
		}
	}
	return out
}

// restored is the value of an attribute that the provider takes from an undo:
// nothing is said, too.
func restored(was resource.Value) resource.Value {
	if was.IsNull() {
		return resource.Object()
	}
	return was
}

// over gives a declared thing what is remembered of it, in place of what the
// files say, which may not be applied yet. What is not remembered, such as
// where it stands and what is only written, stays as it is written.
func (x *reverse) over(r *resource.Resource, without map[resource.Address]bool) *resource.Resource {
	out := *r
	x.attrs = map[string]bool{}
	for _, a := range r.Kind.Attrs {
		if a.Computed {
			continue
		}
		written, was := r.Attrs.Get(a.Name), x.before.Get(a.Name)
		x.attrs[a.Name] = x.partial || x.after.IsNull() || !was.Equal(x.after.Get(a.Name))
		v := declarable(a.Type, was)
		to, refers := written.Ref()
		refers = refers && !without[to] // what it refers to may go, and another thing have its name again
		switch {
		case a.Restored:
			out.Attrs = out.Attrs.With(a.Name, restored(was))
		case a.Derived, a.CreateOnly, v.IsNull() && !was.IsNull(), !x.attrs[a.Name] && (v.IsNull() || refers):
		case v.IsNull():
			out.Attrs = out.Attrs.Without(a.Name)
		default:
			out.Attrs = out.Attrs.With(a.Name, v.At(written.Range()))
		}
	}
	return &out
}

// alone makes a thing of what is remembered of it. Where it stood is remembered
// by the system that it was in, and not by the thing.
func (x *reverse) alone(a resource.Address, k *resource.Kind, host resource.Address) *resource.Resource {
	x.attrs = map[string]bool{}
	r := &resource.Resource{Address: a, Kind: k, Attrs: resource.Object()}
	for _, row := range k.Attrs {
		x.attrs[row.Name] = !row.Computed
		v := declarable(row.Type, x.before.Get(row.Name))
		if row.Restored {
			r.Attrs = r.Attrs.With(row.Name, restored(x.before.Get(row.Name)))
		}
		if row.Computed || row.Derived {
			continue
		}
		if v.IsNull() && row.Type.Kind == resource.TRef && !host.IsZero() && slices.Contains(row.Type.Refs, host.Kind) {
			v = resource.Ref(host)
		}
		if !v.IsNull() {
			r.Attrs = r.Attrs.With(row.Name, v)
		}
		v.Refs(func(on resource.Address, _ *resource.Range) {
			r.Deps = append(r.Deps, resource.Dep{Part: row.Part, On: on})
		})
	}
	return r
}

// changed tells whether the runs changed anything in the world.
func (v *Reversal) changed() bool { return len(v.order) > 0 }

// had tells whether what a step destroyed was there before the runs.
func (x *reverse) had(s resource.RunStep) bool {
	path, part := strings.CutPrefix(s.ID, s.Address.String()+"/")
	if x.before.IsNull() || !part {
		return !x.before.IsNull()
	}
	attr, _, _ := strings.Cut(path, ".")
	entries := x.before.Get(attr)
	return path == attr || entries.Kind() != resource.KindObject || slices.ContainsFunc(entries.Fields(), func(f resource.Field) bool {
		return resource.Path{attr, f.Name}.String() == path
	})
}

// declarable leaves out of a value what no file can say.
func declarable(t resource.Type, v resource.Value) resource.Value {
	switch {
	case v.Kind() != resource.KindObject:
		return v
	case t.Kind == resource.TMap:
		fields := make([]resource.Field, 0, len(v.Fields()))
		for _, f := range v.Fields() {
			fields = append(fields, resource.F(f.Name, declarable(*t.Elem, f.Value)))
		}
		return resource.Object(fields...)
	case t.Kind == resource.TObject:
		var fields []resource.Field
		for _, f := range v.Fields() {
			if a, ok := t.Attr(f.Name); ok && !a.Computed && !a.Derived {
				fields = append(fields, resource.F(f.Name, declarable(a.Type, f.Value)))
			}
		}
		if len(fields) == 0 {
			return resource.Null()
		}
		return resource.Object(fields...)
	default:
		return v
	}
}

// unmade tells whether a thing goes because a run that is undone made it.
func (b *builder) unmade(a resource.Address) bool {
	if b.req.Undo == nil {
		return false
	}
	x := b.req.Undo.changes[a]
	return x != nil && x.before.IsNull()
}

// untouched tells whether a thing is none of an undo's business.
func (b *builder) untouched(a resource.Address) bool {
	return b.req.Undo != nil && b.req.Undo.changes[a] == nil
}

// unsay takes out of a thing on its way back what the files say of it and
// nobody has applied yet: what is compared, and was neither there before the
// runs nor after them.
func (b *builder) unsay(r *resource.Resource, want resource.Value) bool {
	if b.req.Undo == nil || b.req.Undo.changes[r.Address] == nil {
		return false
	}
	x := b.req.Undo.changes[r.Address]
	var names []string
	for _, a := range r.Kind.Attrs {
		if !a.Derived && !x.attrs[a.Name] && r.Attrs.Has(a.Name) && want.Has(a.Name) && x.before.Get(a.Name).IsNull() {
			names = append(names, a.Name)
		}
	}
	r.Attrs = r.Attrs.Without(names...)
	return len(names) > 0
}

// back makes the difference of one thing the way back: a thing that the runs
// did not touch is left alone, and so is what they did not change of one that
// they did.
func (b *builder) back(d *resource.Delta) {
	if b.untouched(d.Address) {
		if len(d.Changes) > 0 || d.Live == nil {
			// What the files have of it is not applied yet, or has moved: nothing is to be made of that.
			d.Desired, d.Live = nil, nil
		}
		d.Action, d.Changes = resource.NoOp, nil
		return
	}
	if d.Action == resource.Create {
		d.Reason = "it was there before run " + b.req.Undo.undo.Run
		return
	}
	x := b.req.Undo.changes[d.Address]
	kept := slices.DeleteFunc(slices.Clone(d.Changes), func(c resource.Change) bool { return !x.attrs[c.Path[0]] })
	if n := len(d.Changes) - len(kept); n > 0 {
		b.ds.Warnf(nil, fmt.Sprintf("%s differs from the files by more than what is undone", d.Address),
			"tellr plan without --undo shows the rest", "it is left as it is")
	}
	d.Changes, d.Action = kept, resource.Update
	switch {
	case len(kept) == 0:
		d.Action = resource.NoOp
	case slices.ContainsFunc(kept, func(c resource.Change) bool { return c.Replaces }):
		d.Action = resource.Replace
	}
}

// lasting says what does not come back: what the files cannot say, and what was
// destroyed.
func (b *builder) lasting() {
	v := b.req.Undo
	for _, a := range v.order {
		x, want := v.changes[a], b.norm[a]
		if x.before.IsNull() || want.IsNull() {
			continue
		}
		k := b.kind(a.Kind)
		for _, c := range diff.Compare(diff.Input{Kind: k, Want: x.before, Live: want}) {
			if c.Sensitive || !x.attrs[c.Path[0]] || c.Desired.IsNull() { // what was not there cannot come back
				continue
			}
			b.ds = append(b.ds, &resource.Diagnostic{
				Severity: resource.Warning, Address: a, Summary: fmt.Sprintf("%s.%s does not come back", a, c.Path),
				Detail: fmt.Sprintf("it was %s, which no file says by itself", c.Desired.Show()),
				Cure:   "apply the files as they were then",
			})
		}
	}
	for _, s := range v.lost {
		if x := v.changes[s.Address]; x == nil || !x.had(s) {
			continue
		}
		b.ds = append(b.ds, &resource.Diagnostic{
			Severity: resource.Warning, Address: s.Address, Summary: fmt.Sprintf("what %q destroyed does not come back (%s)", s.Title, s.Address),
			Detail: s.Lost, Cure: "restore it from a backup, or from a branch of the database at a time before the run",
		})
	}
	// What was adopted is as it was; where a thing moved to, or that it was forgotten, only the files can take back.
	for _, c := range v.kept {
		if c.Action != resource.Adopt {
			b.ds.Warnf(nil, fmt.Sprintf("the ledger keeps what it was told of %s (%s)", c.Address, c.Action),
				"take it back with a moved block, or by declaring it again", "nothing in the world changed by it")
		}
	}
	if v.changed() {
		b.ds.Warnf(nil, "the files still say what is undone here", "take it out of them too, or the next apply does it again", "an undo changes the world, and no file")
	}
}

func kindOf(providers []resource.Provider, name string) *resource.Kind {
	for _, p := range providers {
		for _, k := range p.Kinds() {
			if k.Name == name {
				return k
			}
		}
	}
	return nil
}
