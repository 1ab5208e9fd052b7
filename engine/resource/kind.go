package resource

import "slices"

// Kind describes one kind of thing. The table of attributes drives everything
// that tellr does with it: decoding, suggestions, comparison, import, `tellr
// schema` and the reference documentation. A new kind is a new table, its
// reader, its steps and a golden case; nothing in the engine changes.
type Kind struct {
	Name    string // the block's word: table
	Doc     string // one or two sentences
	Example string // HCL that is valid as it stands
	Attrs   []Attr

	// Order places kinds that do not refer to each other: lower is created
	// first and destroyed last.
	Order int
	// Rule: what it declares is no thing in the world but says what a plan may
	// do. It is decoded and documented as other kinds are, and never planned.
	Rule bool
	// Data says that the thing holds data, so that destroying or replacing it
	// is blocked until the user names it.
	Data bool
	// Identity names the computed attribute that tells a thing from a later one
	// of its name, where a step of another system than the ledger's makes it.
	Identity string
	// Foreign tells whether a desired thing is somebody else's, and only read
	// here: it is never adopted, remembered or removed. nil means never.
	Foreign func(*Resource) bool
	// Stage is where the main part's steps run.
	Stage Stage
	// Parts are made later than the thing itself.
	Parts []KindPart
	// Check validates what the table cannot say, offline. It is called with
	// references not yet resolved and with holes in place.
	Check func(*Resource) Diagnostics
	// Derive gives computed attributes that follow from the configuration
	// alone (a resource name made of ids), so that they are known before the
	// thing exists.
	Derive func(*Resource) []Field
}

// KindPart is a part of a kind's things that is made later than the thing: the
// foreign keys of a table, the release of an app.
type KindPart struct {
	Name  string
	Order int // as Kind.Order
	Stage Stage
}

// Part finds a part by name.
func (k *Kind) Part(name string) (KindPart, bool) {
	if i := slices.IndexFunc(k.Parts, func(p KindPart) bool { return p.Name == name }); i >= 0 {
		return k.Parts[i], true
	}
	return KindPart{}, false
}

// Attr returns the attribute's row.
func (k *Kind) Attr(name string) (Attr, bool) { return find(k.Attrs, name) }

func find(attrs []Attr, name string) (Attr, bool) {
	if i := slices.IndexFunc(attrs, func(a Attr) bool { return a.Name == name }); i >= 0 {
		return attrs[i], true
	}
	return Attr{}, false
}

// Unset says what it means that an attribute is not written.
type Unset uint8

const (
	// Absent: not written means that it is not there; a live value is planned
	// for removal. The rule for database objects, which are declared whole.
	Absent Unset = iota
	// Unmanaged: not written means left as it is, and never drift. The rule
	// for settings of workspace objects.
	Unmanaged
)

// Attr is one row of a kind's table.
type Attr struct {
	Name string
	Doc  string // one sentence; says the unit and the default
	Type Type

	Required bool
	Default  Value // used when not written; its presence makes the attribute managed
	Unset    Unset
	// Enum lists the allowed texts, compared exactly.
	Enum []string

	// Computed: the world decides; it cannot be written, only referred to.
	Computed bool
	// Shape describes a computed value for checks before use: "uuid", "host",
	// "url", "path", "int", "text".
	Shape string
	// Derived: cannot be written either; Normalize and the reader make it of
	// other attributes, and it is compared (the privileges of each table).
	Derived bool
	// Restored, of a derived attribute: an undo gives it the value of before,
	// and the provider takes that for what is desired, whatever the attributes
	// say that it is made of.
	Restored bool
	// Sensitive: a literal is refused (a secret comes from env() or a
	// sensitive variable), and a live value is never read into a plan.
	Sensitive bool
	// Immutable: a change replaces the thing.
	Immutable bool
	// CreateOnly: used when the thing is made, ignored in comparison ever
	// after.
	CreateOnly bool
	// Part is the part of the thing that the attribute belongs to, for things
	// made in two goes (foreign keys after all tables, the release of an app
	// after its database). References under the attribute order that part, not
	// the thing.
	Part string
	// Data says that removing an entry of this map, or the attribute, destroys
	// data.
	Data bool
	// Reason says why the row is as it is, where a reader of a plan would ask.
	Reason string
	// Check validates a known value, offline; nil means that the type says it
	// all. Errors start with the value: `"CU_3" is not a capacity`.
	Check func(Value) error
	// Block: the object is written as a nested block, not with `=`.
	Block bool
}

// TypeKind says what shape an attribute has.
type TypeKind uint8

const (
	TString TypeKind = iota
	TBool
	TInt
	TNumber
	TDuration // text such as "5m", "7d", "24h"; or a word that Words allows
	TList     // of Elem
	TMap      // of Elem; source order is kept
	TObject   // of Attrs
	TRef      // to one of Refs; Words names literals allowed instead
	TOneOf    // of Any, tried in order
)

// Type is the shape of an attribute.
type Type struct {
	Kind  TypeKind
	Elem  *Type
	Attrs []Attr
	Refs  []string // kinds that a reference may name
	Any   []Type   // the choices of a TOneOf
	// Set: the order of a list's items does not count.
	Set bool
	// Key: a list of objects is compared by this field, in any order.
	Key string
	// Ordered: the order of a map's entries counts on create and is shown; it
	// is never by itself a change.
	Ordered bool
}

// The plain types.
var (
	Text     = Type{Kind: TString}
	Flag     = Type{Kind: TBool}
	Whole    = Type{Kind: TInt}
	Decimal  = Type{Kind: TNumber}
	Duration = Type{Kind: TDuration}
)

// ListOf is an ordered list.
func ListOf(t Type) Type { return Type{Kind: TList, Elem: &t} }

// SetOf is a list in which order does not count.
func SetOf(t Type) Type { return Type{Kind: TList, Elem: &t, Set: true} }

// MapOf is a map from names to t.
func MapOf(t Type) Type { return Type{Kind: TMap, Elem: &t} }

// ObjectOf is an object of fixed attributes.
func ObjectOf(attrs ...Attr) Type { return Type{Kind: TObject, Attrs: attrs} }

// RefTo is a reference to a thing of one of the kinds.
func RefTo(kinds ...string) Type { return Type{Kind: TRef, Refs: kinds} }

// OneOf is any of some types.
func OneOf(types ...Type) Type { return Type{Kind: TOneOf, Any: types} }

// Attr returns the row of an object type's attribute.
func (t Type) Attr(name string) (Attr, bool) { return find(t.Attrs, name) }

// String names the type as the documentation does: map of object.
func (t Type) String() string {
	switch t.Kind {
	case TBool:
		return "bool"
	case TInt:
		return "whole number"
	case TNumber:
		return "number"
	case TDuration:
		return "duration"
	case TList:
		if t.Set {
			return "set of " + t.Elem.String()
		}
		return "list of " + t.Elem.String()
	case TMap:
		return "map of " + t.Elem.String()
	case TObject:
		return "object"
	case TRef:
		return "reference to " + join(t.Refs, " or ")
	case TOneOf:
		names := make([]string, len(t.Any))
		for i, a := range t.Any {
			names[i] = a.String()
		}
		return join(names, ", or ")
	default:
		return "string"
	}
}

func join(words []string, sep string) string {
	out := ""
	for i, w := range words {
		if i > 0 {
			out += sep
		}
		out += w
	}
	return out
}

// Kinds is the set of kinds that an engine knows, by name.
type Kinds map[string]*Kind

// Names lists the kinds in alphabetical order.
func (ks Kinds) Names() []string {
	names := make([]string, 0, len(ks))
	for n := range ks {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
