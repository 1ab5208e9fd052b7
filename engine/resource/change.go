package resource

import "strings"

// Action is what a step or a whole change does to a thing.
type Action string

const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
	NoOp    Action = "no-op"

	// What only the ledger is told; nothing live is touched.
	Adopt  Action = "adopt"  // a declared thing that is there already is tellr's from now on
	Forget Action = "forget" // a thing is no longer tellr's
	Move   Action = "move"   // a thing goes by another address
)

// OnlyLedger tells whether an action changes nothing but the ledger.
func (a Action) OnlyLedger() bool { return a == Adopt || a == Forget || a == Move }

// Cause tells who moved: the files, the world, or both.
type Cause string

const (
	CauseConfig Cause = "config"
	CauseDrift  Cause = "drift"
	CauseBoth   Cause = "both"
)

// Path leads to a part of a thing's attributes. The elements are attribute
// names and map keys.
type Path []string

// String joins the elements with dots; an element with a dot, a space or a
// quote is quoted in brackets.
func (p Path) String() string {
	var b strings.Builder
	for i, e := range p {
		switch {
		case strings.ContainsAny(e, ". \"[]") || e == "":
			b.WriteString(`["` + strings.ReplaceAll(e, `"`, `\"`) + `"]`)
		case i > 0:
			b.WriteString("." + e)
		default:
			b.WriteString(e)
		}
	}
	return b.String()
}

// Change is one difference between what is desired and what is live.
type Change struct {
	Path    Path  `json:"path"`
	Last    Value `json:"last,omitzero"` // what was last applied, if the ledger knows
	Desired Value `json:"desired"`
	Live    Value `json:"live"`
	// Cause is who moved.
	Cause Cause `json:"cause"`
	// Replaces: the thing must be replaced for it.
	Replaces bool `json:"replaces,omitempty"`
	// Sensitive: the values must not be shown.
	Sensitive bool `json:"sensitive,omitempty"`
	// Destroys: data is lost by it.
	Destroys bool   `json:"destroys,omitempty"`
	Reason   string `json:"reason,omitempty"`
	At       *Range `json:"at,omitempty"`
}

// Op tells what the change does at its path.
func (c Change) Op() Action {
	switch {
	case c.Live.IsNull():
		return Create
	case c.Desired.IsNull():
		return Delete
	default:
		return Update
	}
}

// Delta is the whole difference of one thing: what providers turn into steps.
type Delta struct {
	Address Address
	Kind    *Kind
	Action  Action
	// Desired is nil for a delete, Live is nil for a create, Last is nil if
	// the ledger does not know the thing.
	Desired *Resource
	Live    *Live
	Last    *Entry
	Changes []Change
	Reason  string
	// Along says that no step is about the thing, and the others of its system
	// change it or take it along. The provider sets it with its steps.
	Along bool
}

// Cause sums up the causes of a delta's changes.
func (d *Delta) Cause() Cause {
	config, drift := false, false
	for _, c := range d.Changes {
		config = config || c.Cause != CauseDrift
		drift = drift || c.Cause != CauseConfig
	}
	switch {
	case config && drift:
		return CauseBoth
	case drift:
		return CauseDrift
	default:
		return CauseConfig
	}
}
