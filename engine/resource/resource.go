package resource

import "slices"

// Resource is one desired thing: what the configuration declares, decoded by
// its kind's table, references resolved to addresses, defaults filled in.
type Resource struct {
	Address Address
	Kind    *Kind
	// Attrs is an object with the kind's attributes in table order; what is
	// neither written nor has a default is missing.
	Attrs Value
	Range *Range
	// Deps are the things that must exist before this one, or before a part of
	// it.
	Deps []Dep
	// Ignore lists what of it is not compared, as the user asked.
	Ignore []Ignore
}

// Ignore is one attribute whose differences are shown and not repaired.
type Ignore struct {
	Path   string // as Path.String writes it
	Reason string
	At     *Range
}

// Ignored is a difference that the user asked to ignore.
type Ignored struct {
	Address Address `json:"address"`
	Change  Change  `json:"change"`
	Reason  string  `json:"reason"`
	At      *Range  `json:"at,omitempty"`
}

// Moved says that a thing goes by another address from now on: it is what the
// ledger has under the former one.
type Moved struct {
	From Address `json:"from"`
	To   Address `json:"to"`
	// Keyed: a block with for_each moves; its instances go along, each with its
	// key.
	Keyed bool   `json:"keyed,omitempty"`
	At    *Range `json:"at,omitempty"`
}

// Of gives the new address of a thing; false if the move is not about it.
func (m Moved) Of(a Address) (Address, bool) {
	if !m.Keyed {
		return m.To, a == m.From
	}
	to := Address{Kind: m.To.Kind, Name: m.To.Name, Key: a.Key, Keyed: true}
	return to, a.Keyed && a.Kind == m.From.Kind && a.Name == m.From.Name
}

// Dep is one edge of the graph.
type Dep struct {
	Part string // of the resource that depends; "" is the thing itself
	On   Address
	// OnPart is set for a dependency on a part of the other thing.
	OnPart string
	At     *Range
}

// Name is the live name: the attribute `name`, or else the label.
func (r *Resource) Name() string {
	if n := r.Attrs.Get("name").Str(); n != "" {
		return n
	}
	return r.Address.Name
}

// Readdress puts the entries of a ledger under their new addresses. What is
// known under the new one already stays what it is; then the move was made
// before, or the two are different things.
func Readdress(entries []Entry, moved []Moved) {
	if len(moved) == 0 {
		return
	}
	known := make(map[Address]bool, len(entries))
	for _, e := range entries {
		known[e.Address] = true
	}
	for i := range entries {
		e := &entries[i]
		for _, m := range moved {
			if to, ok := m.Of(e.Address); ok && !known[to] {
				known[to] = true
				e.Was, e.Address = e.Address, to
				break
			}
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.Address.Compare(b.Address) })
}
