package resource

import (
	"encoding/json"
	"testing"
)

// What is read of a ledger's text alone is what is read of the whole value.
func TestRememberedText(t *testing.T) {
	for _, text := range []string{
		`{}`, `null`, `[]`, `"name"`, `{"name": "a"}`, `{"name":"a","schema":"s"}`, ` { "schema" : "s, \"name\": 1" , "name" : "b" } `,
		`{"columns": {"name": {"type": "text"}, "schema": [1, {"name": "x"}]}, "name": "c"}`,
		`{"name": "\u00fc\\\"", "schema": null}`, `{"name": ["a"], "schema": {"$ref": "schema.s"}}`, `{"name": 7, "schema": ""}`,
		`{"a": "}", "b": "\\", "name": "d"}`, `{"$ref": "schema.name"}`,
	} {
		var v Value
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, name := range []string{"name", "schema", "table"} {
			want := v.Get(name)
			for form, r := range map[string]Remembered{"text": RememberedText([]byte(text)), "value": Remember(v)} {
				if got, ok := r.Text(name); got != want.Str() || ok != !want.IsNull() {
					t.Errorf("%s of %s as a %s: %q, %v", name, text, form, got, ok)
				}
			}
		}
	}
	for _, broken := range []string{``, `{`, `{"name"`, `{"name":`, `{"name": "a`, `{"x": "\`} {
		if got, ok := RememberedText([]byte(broken)).Text("name"); ok {
			t.Errorf("%s: %q", broken, got)
		}
	}
}
