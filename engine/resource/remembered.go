package resource

import (
	"bytes"
	"encoding/json"
)

// Remembered is a value that a ledger holds, as it was written there. It is
// read when it is asked for: most things are as they were left, and nobody asks.
type Remembered struct {
	value Value
	text  json.RawMessage // instead, if not nil
}

// Remember makes a value one to be remembered.
func Remember(v Value) Remembered { return Remembered{value: v} }

// RememberedText is a value as a ledger has it.
func RememberedText(text []byte) Remembered { return Remembered{text: text} }

// Value reads what is remembered; the error says that it is not a value.
func (r Remembered) Value() (Value, error) {
	if r.text == nil {
		return r.value, nil
	}
	var v Value
	err := json.Unmarshal(r.text, &v)
	return v, err
}

// MarshalJSON writes the value.
func (r Remembered) MarshalJSON() ([]byte, error) {
	if r.text == nil {
		return r.value.MarshalJSON()
	}
	return r.text, nil
}

// UnmarshalJSON keeps the text.
func (r *Remembered) UnmarshalJSON(b []byte) error {
	*r = Remembered{text: bytes.Clone(b)}
	return nil
}

// Text gives a field of what is remembered as a text, as Value().Get(name).Str() would, and whether
// there is one; it reads no more than it must.
func (r Remembered) Text(name string) (string, bool) {
	if r.text == nil {
		v := r.value.Get(name)
		return v.Str(), !v.IsNull()
	}
	for i := bytes.IndexByte(r.text, '{') + 1; i > 0; {
		key, colon := jsonToken(r.text, i)
		value, end := jsonToken(r.text, colon+1)
		if colon < 0 || end < 0 {
			break
		}
		if len(key) == len(name)+2 && string(key[1:len(key)-1]) == name {
			if n := len(value); n > 1 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 {
				return string(value[1 : n-1]), true
			}
			var v Value
			err := json.Unmarshal(value, &v)
			return v.Str(), err == nil && !v.IsNull()
		}
		i = end + 1
	}
	return "", false
}

// jsonToken gives the key or value of an object that begins at i, or behind blanks there, and where
// the colon, comma or bracket behind it stands; -1 if there is none.
func jsonToken(text []byte, i int) (token []byte, end int) {
	for depth, start := 0, i; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']', ',', ':':
			if depth == 0 {
				return bytes.TrimSpace(text[start:i]), i
			}
			if text[i] == '}' || text[i] == ']' {
				depth--
			}
		}
	}
	return nil, -1
}
