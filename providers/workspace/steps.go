package workspace

import (
	"context"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Additions lists what a create sets, one change for each written attribute of
// a thing in canonical form.
func Additions(kind *resource.Kind, want resource.Value) []resource.Change {
	return additions(nil, kind.Attrs, want)
}

func additions(path resource.Path, attrs []resource.Attr, want resource.Value) []resource.Change {
	var out []resource.Change
	for _, a := range attrs {
		v := want.Get(a.Name)
		if v.IsNull() || a.Computed || a.CreateOnly {
			continue
		}
		p := append(append(resource.Path{}, path...), a.Name)
		if a.Type.Kind == resource.TObject && v.Kind() == resource.KindObject {
			out = append(out, additions(p, a.Type.Attrs, v)...)
			continue
		}
		out = append(out, resource.Change{
			Path: p, Desired: v, Cause: resource.CauseConfig, At: v.Range(),
			Sensitive: a.Sensitive || v.Sensitive(),
		})
	}
	return out
}

// Has tells whether a live thing is what a create asked for: every addition
// known at that time is there. A lost answer makes the SDK send a create
// twice; the second time the name is taken, by the thing itself.
func Has(live resource.Value, added []resource.Change, equal func(resource.Change, resource.Value) bool) (ok bool, differs resource.Change) {
	for _, c := range added {
		v := live
		for _, name := range c.Path {
			v = v.Get(name)
		}
		if c.Desired.Known() && !c.Desired.Equal(v) && (equal == nil || !equal(c, v)) {
			return false, c
		}
	}
	return true, resource.Change{}
}

// NoLedger is the part of a session that a workspace does not have: nothing is
// recorded there, and nothing can be taken back.
type NoLedger struct{}

// Record does nothing: the ledger is in the database.
func (NoLedger) Record(context.Context, resource.Memory) error { return nil }

// Commit does nothing.
func (NoLedger) Commit(context.Context) error { return nil }

// Rollback does nothing.
func (NoLedger) Rollback(context.Context) error { return nil }
