package resource

import (
	"slices"
	"strconv"
)

// Type tags of what a Value holds.
type ValueKind uint8

const (
	KindNull ValueKind = iota
	KindBool
	KindNumber
	KindString
	KindTemplate // a string with holes, at least one of them not yet filled
	KindList
	KindObject // fields in source order, unique names
	KindRef    // a reference to a thing
)

func (k ValueKind) String() string {
	return [...]string{"null", "bool", "number", "string", "template", "list", "object", "reference"}[k]
}

// Value is one immutable configuration or live value. The zero Value is null.
//
// A secret is never inside a Value: it is a [Hole] that names its source, read
// only where it is used. A value known only after an earlier step is a hole
// too. So whatever is printed, hashed or stored of a Value cannot leak.
type Value struct {
	data any // nil, bool, number, string, []Part, []Value, []Field, Address
	at   *Range
}

type number string

// Field is one entry of an object.
type Field struct {
	Name  string
	Value Value
	At    *Range // of the whole entry, name included
}

// Part is a piece of a template: literal text, or a hole if Hole is not nil.
type Part struct {
	Text string
	Hole *Hole
}

// Hole is a place in a value that is filled later: from the attribute of a
// thing that an earlier step makes, or from a secret's source at the moment of
// use. Exactly one of Ref and Secret is set.
type Hole struct {
	Ref    AttrRef
	Secret string // "env.NAME" or "var.NAME"
}

// IsSecret tells whether the hole is filled from a secret's source.
func (h Hole) IsSecret() bool { return h.Secret != "" }

func (h Hole) String() string {
	if h.Secret != "" {
		return h.Secret
	}
	return h.Ref.String()
}

// Null is the absent value.
func Null() Value { return Value{} }

// Bool makes a truth value.
func Bool(b bool) Value { return Value{data: b} }

// Int makes a number.
func Int(n int64) Value { return Value{data: number(strconv.FormatInt(n, 10))} }

// Number makes a number of its decimal text, such as "0.5". The text must be
// in canonical form: no exponent, no leading plus, no superfluous zeros.
func Number(text string) Value { return Value{data: number(text)} }

// Float makes a number.
func Float(f float64) Value { return Number(strconv.FormatFloat(f, 'f', -1, 64)) }

// String makes a text.
func String(s string) Value { return Value{data: s} }

// List makes a list; the slice is not copied.
func List(items ...Value) Value {
	if items == nil {
		items = []Value{}
	}
	return Value{data: items}
}

// Strings makes a list of texts.
func Strings(items ...string) Value {
	l := make([]Value, len(items))
	for i, s := range items {
		l[i] = String(s)
	}
	return Value{data: l}
}

// Object makes an object; field order is kept, the slice is not copied.
func Object(fields ...Field) Value {
	if fields == nil {
		fields = []Field{}
	}
	return Value{data: fields}
}

// F is a field without a place, for values that do not come from a file.
func F(name string, v Value) Field { return Field{Name: name, Value: v} }

// Ref makes a reference to a thing.
func Ref(a Address) Value { return Value{data: a} }

// Unknown is the attribute of a thing that an earlier step yields.
func Unknown(ref AttrRef) Value { return Value{data: []Part{{Hole: &Hole{Ref: ref}}}} }

// Secret is a text that is read from its source at the moment of use.
func Secret(source string) Value { return Value{data: []Part{{Hole: &Hole{Secret: source}}}} }

// Template makes a text of parts. Adjacent literals are joined; without holes
// the result is a plain string.
func Template(parts ...Part) Value {
	var out []Part
	holes := 0
	for _, p := range parts {
		switch {
		case p.Hole != nil:
			holes++
			out = append(out, Part{Hole: p.Hole})
		case p.Text == "":
		case len(out) > 0 && out[len(out)-1].Hole == nil:
			out[len(out)-1].Text += p.Text
		default:
			out = append(out, p)
		}
	}
	if holes == 0 {
		if len(out) == 0 {
			return String("")
		}
		return String(out[0].Text)
	}
	return Value{data: out}
}

// At gives the value with a source range.
func (v Value) At(r *Range) Value { v.at = r; return v }

// Range is where the value stands in a file; nil if it comes from elsewhere.
func (v Value) Range() *Range { return v.at }

// Kind tells what the value holds.
func (v Value) Kind() ValueKind {
	switch v.data.(type) {
	case bool:
		return KindBool
	case number:
		return KindNumber
	case string:
		return KindString
	case []Part:
		return KindTemplate
	case []Value:
		return KindList
	case []Field:
		return KindObject
	case Address:
		return KindRef
	default:
		return KindNull
	}
}

// IsNull tells whether there is no value.
func (v Value) IsNull() bool { return v.data == nil }

// Bool gives the truth value; false for anything else.
func (v Value) Bool() bool { b, _ := v.data.(bool); return b }

// Str gives the text of a string or the decimal text of a number; "" for
// anything else, so a template must be filled first.
func (v Value) Str() string {
	switch d := v.data.(type) {
	case string:
		return d
	case number:
		return string(d)
	default:
		return ""
	}
}

// Int gives a whole number; 0 and false for anything else.
func (v Value) Int() (int64, bool) {
	n, err := strconv.ParseInt(v.Str(), 10, 64)
	return n, err == nil && v.Kind() == KindNumber
}

// Float gives a number; 0 and false for anything else.
func (v Value) Float() (float64, bool) {
	f, err := strconv.ParseFloat(v.Str(), 64)
	return f, err == nil && v.Kind() == KindNumber
}

// Ref gives the address that a reference names.
func (v Value) Ref() (Address, bool) { a, ok := v.data.(Address); return a, ok }

// Parts gives a template's pieces, and one literal piece for a string.
func (v Value) Parts() []Part {
	switch d := v.data.(type) {
	case []Part:
		return d
	case string:
		return []Part{{Text: d}}
	case number:
		return []Part{{Text: string(d)}}
	default:
		return nil
	}
}

// Items gives a list's elements.
func (v Value) Items() []Value { l, _ := v.data.([]Value); return l }

// Fields gives an object's fields in source order.
func (v Value) Fields() []Field { f, _ := v.data.([]Field); return f }

// Get gives a field of an object; null if there is none.
func (v Value) Get(name string) Value {
	for _, f := range v.Fields() {
		if f.Name == name {
			return f.Value
		}
	}
	return Value{}
}

// Has tells whether an object has a field, be it null.
func (v Value) Has(name string) bool {
	return slices.ContainsFunc(v.Fields(), func(f Field) bool { return f.Name == name })
}

// With gives an object with a field set: in its place if it was there, else at
// the end.
func (v Value) With(name string, x Value) Value {
	fields := slices.Clone(v.Fields())
	for i := range fields {
		if fields[i].Name == name {
			fields[i].Value = x
			return Value{data: fields, at: v.at}
		}
	}
	return Value{data: append(fields, Field{Name: name, Value: x, At: x.at}), at: v.at}
}

// Without gives an object without some fields.
func (v Value) Without(names ...string) Value {
	return Value{data: slices.DeleteFunc(slices.Clone(v.Fields()), func(f Field) bool {
		return slices.Contains(names, f.Name)
	}), at: v.at}
}

// StringList gives the texts of a list of strings.
func (v Value) StringList() []string {
	items := v.Items()
	if items == nil {
		return nil
	}
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.Str()
	}
	return out
}

// Equal compares contents; places do not count, nor does the order of an
// object's fields, and an absent field equals a null one.
func (v Value) Equal(w Value) bool {
	switch d := v.data.(type) {
	case []Part:
		e, ok := w.data.([]Part)
		return ok && slices.EqualFunc(d, e, func(p, q Part) bool {
			if p.Hole == nil || q.Hole == nil {
				return p.Hole == q.Hole && p.Text == q.Text
			}
			return *p.Hole == *q.Hole
		})
	case []Value:
		e, ok := w.data.([]Value)
		return ok && slices.EqualFunc(d, e, Value.Equal)
	case []Field:
		if _, ok := w.data.([]Field); !ok {
			return false
		}
		for _, f := range d {
			if !f.Value.Equal(w.Get(f.Name)) {
				return false
			}
		}
		for _, f := range w.Fields() {
			if !f.Value.IsNull() && !v.Has(f.Name) {
				return false
			}
		}
		return true
	default:
		return v.data == w.data
	}
}
