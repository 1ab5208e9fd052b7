package resource

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
	// Ignore lists attribute paths that the user asked to ignore.
	Ignore []string
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
