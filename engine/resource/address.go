package resource

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Address names one thing of an environment: its kind, its label and, for a
// block with for_each, the key of the instance. Addresses are comparable.
type Address struct {
	Kind  string
	Name  string
	Key   string // the for_each key; meaningful only if Keyed
	Keyed bool
}

// String gives the address as it is written in HCL: table.orders or
// table.orders["eu"].
func (a Address) String() string {
	if a.Keyed {
		return a.Kind + "." + a.Name + "[" + strconv.Quote(a.Key) + "]"
	}
	return a.Kind + "." + a.Name
}

// IsZero tells whether the address names nothing.
func (a Address) IsZero() bool { return a == Address{} }

// Compare orders addresses by kind, name and key.
func (a Address) Compare(b Address) int {
	if c := cmp.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return cmp.Compare(a.Key, b.Key)
}

// ParseAddress reads what String writes. The error says what is wrong with the
// text and shows a right one.
func ParseAddress(s string) (Address, error) {
	bad := func(why string) (Address, error) {
		return Address{}, fmt.Errorf("%q is not an address: %s; write kind.name or kind.name[\"key\"], such as table.orders", s, why)
	}
	head, key, keyed := s, "", false
	if i := strings.IndexByte(s, '['); i >= 0 {
		if !strings.HasSuffix(s, "]") {
			return bad("the bracket is not closed")
		}
		k, err := strconv.Unquote(s[i+1 : len(s)-1])
		if err != nil {
			return bad("the key in brackets must be a quoted string")
		}
		head, key, keyed = s[:i], k, true
	}
	kind, name, ok := strings.Cut(head, ".")
	if !ok || kind == "" || name == "" || strings.Contains(name, ".") {
		return bad("it needs one kind and one name")
	}
	return Address{Kind: kind, Name: name, Key: key, Keyed: keyed}, nil
}

// MarshalText writes the address as in HCL.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Address) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Address{}
		return nil
	}
	p, err := ParseAddress(string(b))
	if err != nil {
		return err
	}
	*a = p
	return nil
}

// AttrRef names one attribute of one thing: app.slides.url.
type AttrRef struct {
	Address Address
	Attr    string
}

func (r AttrRef) String() string { return r.Address.String() + "." + r.Attr }

// ParseAttrRef reads what String writes.
func ParseAttrRef(s string) (AttrRef, error) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return AttrRef{}, fmt.Errorf("%q is not a reference to an attribute", s)
	}
	a, err := ParseAddress(s[:i])
	if err != nil {
		return AttrRef{}, err
	}
	return AttrRef{Address: a, Attr: s[i+1:]}, nil
}

// Node is one vertex of the graph: a thing, or a part of it that is made later
// than the thing itself (the foreign keys of a table, the release of an app).
// The main part is "".
type Node struct {
	Address Address
	Part    string
}

func (n Node) String() string {
	if n.Part == "" {
		return n.Address.String()
	}
	return n.Address.String() + "/" + n.Part
}

// MarshalText writes the node as address/part.
func (n Node) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *Node) UnmarshalText(b []byte) error {
	s, part := string(b), ""
	if i := strings.LastIndexByte(s, '/'); i >= 0 && !strings.HasSuffix(s, "]") {
		s, part = s[:i], s[i+1:]
	}
	a, err := ParseAddress(s)
	if err != nil {
		return err
	}
	*n = Node{Address: a, Part: part}
	return nil
}

// Compare orders nodes by address, then part.
func (n Node) Compare(m Node) int {
	if c := n.Address.Compare(m.Address); c != 0 {
		return c
	}
	return cmp.Compare(n.Part, m.Part)
}
