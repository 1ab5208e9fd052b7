package plan

import (
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// forget is a thing that the ledger is to forget, and why.
type forget struct {
	address resource.Address
	reason  string
}

// ledger is the snapshot of the database whose ledger has, or is to have, a
// thing: its own, or for a thing of the workspace the first there is. nil if
// there is none.
func (b *builder) ledger(a resource.Address) *resource.Snapshot {
	if b.world.last[a] != nil {
		return b.world.remembers[a]
	}
	s := b.system[a]
	if s == nil || !s.Scope.System.Host.IsZero() {
		return s
	}
	i := slices.IndexFunc(b.snaps, func(s *resource.Snapshot) bool { return !s.Scope.System.Host.IsZero() })
	if i < 0 {
		return nil
	}
	return b.snaps[i]
}

// foreign tells whether a desired thing is somebody else's.
func (b *builder) foreign(a resource.Address) bool {
	r := b.world.desired[a]
	return r != nil && r.Kind.Foreign != nil && r.Kind.Foreign(r)
}

// notOurs says why a thing that no file declares is forgotten, and not removed;
// "" if it is to be removed. What a ledger says counts only for the very thing
// that it was written about.
func (b *builder) notOurs(e resource.Entry) string {
	live := b.world.live[e.Address]
	switch {
	case b.kind(e.Address.Kind) == nil:
		return "" // of a later tellr: left as it is
	case live == nil:
		return "it is gone, and no file declares it any more"
	case e.Copied:
		return "no file declares it any more; it is left alone, because the ledger was restored and may be older than what it speaks of"
	case another(e, live):
		return "no file declares it any more; what has its name now is another thing, and is left alone"
	default:
		return ""
	}
}

// another tells whether a live thing is not the one that the ledger means.
func another(e resource.Entry, live *resource.Live) bool {
	return e.Identity != "" && live.Identity != "" && e.Identity != live.Identity
}

// forgetNamed plans to forget what the user named.
func (b *builder) forgetNamed() {
	for _, a := range b.req.Forget {
		switch r := b.world.desired[a]; {
		case b.world.last[a] == nil:
			known := ""
			for _, s := range b.snaps {
				for _, e := range s.Ledger {
					if b.world.desired[e.Address] == nil {
						known += "\n  " + e.Address.String()
					}
				}
			}
			if known == "" {
				known = "\n  nothing"
			}
			b.ds.Errorf(nil, "the ledger does not know "+a.String(), "name what it has, as the plan shows it", "of what no file declares, it knows:%s", known)
		case r != nil:
			b.ds.Errorf(r.Range, a.String()+" is still declared", "take the block out of the files first, then forget it",
				"what is declared and there is adopted by the next apply, so to forget it would change nothing")
		default:
			b.forgets = append(b.forgets, forget{address: a, reason: "it stays as it is, and is no longer tellr's"})
		}
	}
}

// checkMoved refuses a move onto what the ledger has already: one of the two
// would be lost without a word.
func (b *builder) checkMoved() {
	for _, s := range b.snaps {
		for _, e := range s.Ledger {
			for _, m := range b.req.Moved {
				to, ok := m.Of(e.Address)
				if !ok || b.world.last[to] == nil {
					continue
				}
				b.ds.Errorf(m.At, fmt.Sprintf("%s cannot become %s: the ledger has both", e.Address, to),
					fmt.Sprintf("take the moved block out and plan the removal of %s, or forget one of them: tellr forget %s ADDRESS", e.Address, b.req.Environment.File),
					"they are two things, and each was applied under its own address")
			}
		}
	}
}

// remember makes the steps that only tell the ledger: what moves to another
// address, what is adopted, what is forgotten.
func (b *builder) remember() {
	for _, a := range b.order {
		d, ledger := b.deltas[a], b.ledger(a)
		if d == nil || d.Desired == nil || ledger == nil || b.foreign(a) || b.untouched(a) || b.goes(ledger) {
			continue
		}
		e := d.Last
		if e != nil && !e.Was.IsZero() {
			s := b.tell(ledger, a, resource.Move, "was "+e.Was.String())
			s.Reason = "the files call it so now; it keeps its data and history"
		}
		if d.Live == nil || d.Action == resource.Replace || e != nil && !e.Copied && !another(*e, d.Live) {
			continue
		}
		// What is changed at the same time is recorded with the change.
		if d.Action != resource.NoOp {
			continue
		}
		s := b.tell(ledger, a, resource.Adopt, "adopt "+a.Kind)
		switch {
		case e == nil:
			s.Reason = "it is there as declared, and tellr did not know it"
		case e.Copied:
			s.Reason = "it is there as declared, and the ledger was restored"
		default:
			s.Reason = "it is there as declared, and another one than before"
		}
		s.Reads = []resource.Fingerprint{b.reference(a, nil)}
	}
	for _, f := range b.forgets {
		b.tell(b.ledger(f.address), f.address, resource.Forget, "forget "+f.address.Kind).Reason = f.reason
	}
}

// goes tells whether a ledger goes with its host.
func (b *builder) goes(ledger *resource.Snapshot) bool {
	d := b.deltas[ledger.Scope.System.Host]
	return d != nil && d.Action == resource.Delete
}

// tell adds a step of which only the ledger hears.
func (b *builder) tell(ledger *resource.Snapshot, a resource.Address, action resource.Action, title string) *resource.Step {
	s := &resource.Step{
		ID: a.String() + "/" + string(action), Address: a, Action: action, Cause: resource.CauseConfig, Title: title,
		Stage: resource.Database, System: ledger.Scope.System.Name, Node: resource.Node{Address: a},
	}
	if r := b.world.desired[a]; r != nil {
		s.At = r.Range
	}
	for _, w := range b.work {
		if w.snap == ledger {
			w.steps = append(w.steps, s)
		}
	}
	return s
}
