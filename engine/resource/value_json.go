package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// In JSON a Value is what it looks like; the three kinds that JSON lacks are
// objects of one key: {"$ref": "instance.main"}, {"$hole": "app.slides.url"},
// {"$secret": "env.PGPASSWORD"}, {"$template": ["https://", {"$hole": …}]}.
// A field name that itself begins with $ gets a second one.

// MarshalJSON writes the value; object fields keep their order.
func (v Value) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	if err := v.write(&b, false); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeString(b *bytes.Buffer, s string) error {
	if plain(s) {
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
		return nil
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder's newline
	return nil
}

// plain tells whether a text stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func writeTagged(b *bytes.Buffer, tag, s string) error {
	b.WriteString(`{"` + tag + `":`)
	if err := writeString(b, s); err != nil {
		return err
	}
	b.WriteByte('}')
	return nil
}

func writeHole(b *bytes.Buffer, h Hole) error {
	if h.IsSecret() {
		return writeTagged(b, "$secret", h.Secret)
	}
	return writeTagged(b, "$hole", h.Ref.String())
}

func (v Value) write(b *bytes.Buffer, canonical bool) error {
	switch d := v.data.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		if d {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case number:
		b.WriteString(string(d))
	case string:
		return writeString(b, d)
	case Address:
		return writeTagged(b, "$ref", d.String())
	case []Part:
		if len(d) == 1 {
			return writeHole(b, *d[0].Hole)
		}
		b.WriteString(`{"$template":[`)
		for i, p := range d {
			if i > 0 {
				b.WriteByte(',')
			}
			var err error
			if p.Hole != nil {
				err = writeHole(b, *p.Hole)
			} else {
				err = writeString(b, p.Text)
			}
			if err != nil {
				return err
			}
		}
		b.WriteString("]}")
	case []Value:
		b.WriteByte('[')
		for i, x := range d {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := x.write(b, canonical); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case []Field:
		fields := d
		if canonical {
			fields = slices.DeleteFunc(slices.Clone(d), func(f Field) bool { return f.Value.IsNull() })
			slices.SortFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
		}
		b.WriteByte('{')
		for i, f := range fields {
			if i > 0 {
				b.WriteByte(',')
			}
			name := f.Name
			if strings.HasPrefix(name, "$") {
				name = "$" + name
			}
			if err := writeString(b, name); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := f.Value.write(b, canonical); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	}
	return nil
}

// UnmarshalJSON reads what MarshalJSON writes; field order is kept.
func (v *Value) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	x, err := readValue(dec, 0)
	if err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("text after the value")
	}
	*v = x
	return nil
}

// deepest is how deep the value of a file may nest: beyond what anybody
// declares, and within what can still be shown.
const deepest = 500

func readValue(dec *json.Decoder, depth int) (Value, error) {
	if depth > deepest {
		return Value{}, fmt.Errorf("a value is nested deeper than %d levels", deepest)
	}
	tok, err := dec.Token()
	if err != nil {
		return Value{}, err
	}
	switch t := tok.(type) {
	case nil:
		return Null(), nil
	case bool:
		return Bool(t), nil
	case json.Number:
		return Number(t.String()), nil
	case string:
		return String(t), nil
	case json.Delim:
		if t == '[' {
			items := []Value{}
			for dec.More() {
				x, err := readValue(dec, depth+1)
				if err != nil {
					return Value{}, err
				}
				items = append(items, x)
			}
			_, err := dec.Token()
			return List(items...), err
		}
		fields := []Field{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return Value{}, err
			}
			x, err := readValue(dec, depth+1)
			if err != nil {
				return Value{}, err
			}
			fields = append(fields, Field{Name: name.(string), Value: x})
		}
		if _, err := dec.Token(); err != nil {
			return Value{}, err
		}
		return untag(fields)
	}
	return Value{}, fmt.Errorf("unexpected token %v", tok)
}

func untag(fields []Field) (Value, error) {
	if len(fields) == 1 && strings.HasPrefix(fields[0].Name, "$") && !strings.HasPrefix(fields[0].Name, "$$") {
		x := fields[0].Value
		switch fields[0].Name {
		case "$ref":
			a, err := ParseAddress(x.Str())
			return Ref(a), err
		case "$secret":
			return Secret(x.Str()), nil
		case "$hole":
			r, err := ParseAttrRef(x.Str())
			return Unknown(r), err
		case "$template":
			var parts []Part
			for _, p := range x.Items() {
				parts = append(parts, p.Parts()...)
			}
			return Template(parts...), nil
		}
		return Value{}, fmt.Errorf("unknown kind of value %q", fields[0].Name)
	}
	for i := range fields {
		if strings.HasPrefix(fields[i].Name, "$$") {
			fields[i].Name = fields[i].Name[1:]
		}
	}
	return Object(fields...), nil
}

// Fingerprint is the SHA-256 of the value in canonical form (fields sorted,
// nulls left out), in hex. Equal values have equal fingerprints.
func (v Value) Fingerprint() string {
	var b bytes.Buffer
	if err := v.write(&b, true); err != nil {
		panic("resource: a value that cannot be written: " + err.Error()) // only invalid UTF-8 handling could, and it does not
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}
