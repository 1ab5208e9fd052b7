package resource

import "strconv"

// Holes calls yield for each hole in the value, in order, until it returns
// false.
func (v Value) Holes(yield func(Hole) bool) { v.holes(yield) }

func (v Value) holes(yield func(Hole) bool) bool {
	switch d := v.data.(type) {
	case []Part:
		for _, p := range d {
			if p.Hole != nil && !yield(*p.Hole) {
				return false
			}
		}
	case []Value:
		for _, x := range d {
			if !x.holes(yield) {
				return false
			}
		}
	case []Field:
		for _, f := range d {
			if !f.Value.holes(yield) {
				return false
			}
		}
	}
	return true
}

// Known tells whether the value has no hole.
func (v Value) Known() bool { return v.holes(func(Hole) bool { return false }) }

// Sensitive tells whether a part of the value comes from a secret's source.
func (v Value) Sensitive() bool {
	return !v.holes(func(h Hole) bool { return !h.IsSecret() })
}

// Fill replaces the holes for which lookup has a value. A template that is one
// hole becomes that value whatever its type; inside a text the value must be a
// string, number or bool, or another template.
func (v Value) Fill(lookup func(Hole) (Value, bool)) Value {
	if v.Known() {
		return v
	}
	switch d := v.data.(type) {
	case []Part:
		if len(d) == 1 {
			if x, ok := lookup(*d[0].Hole); ok {
				return x.At(v.at)
			}
			return v
		}
		parts := make([]Part, 0, len(d))
		for _, p := range d {
			if p.Hole != nil {
				if x, ok := lookup(*p.Hole); ok {
					if x.Kind() == KindBool {
						x = String(strconv.FormatBool(x.Bool()))
					}
					parts = append(parts, x.Parts()...)
					continue
				}
			}
			parts = append(parts, p)
		}
		return Template(parts...).At(v.at)
	case []Value:
		out := make([]Value, len(d))
		for i, x := range d {
			out[i] = x.Fill(lookup)
		}
		return Value{data: out, at: v.at}
	case []Field:
		out := make([]Field, len(d))
		for i, f := range d {
			f.Value = f.Value.Fill(lookup)
			out[i] = f
		}
		return Value{data: out, at: v.at}
	}
	return v
}

// Refs calls yield for each reference to a thing in the value, with its place.
func (v Value) Refs(yield func(Address, *Range)) {
	switch d := v.data.(type) {
	case Address:
		yield(d, v.at)
	case []Value:
		for _, x := range d {
			x.Refs(yield)
		}
	case []Field:
		for _, f := range d {
			f.Value.Refs(yield)
		}
	}
}
