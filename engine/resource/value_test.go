package resource_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tellr-dev/tellr/engine/resource"
)

var app = resource.Address{Kind: "app", Name: "slides"}

// values draws any value.
func values() *rapid.Generator[resource.Value] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "$ref", "$$x", "{{x}}", "a\x00b", "\u2028", "<&>"}))
	hole := rapid.Custom(func(t *rapid.T) resource.Value {
		if rapid.Bool().Draw(t, "secret") {
			return resource.Secret("env.X")
		}
		return resource.Unknown(resource.AttrRef{Address: app, Attr: "url"})
	})
	leaf := rapid.OneOf(
		rapid.Just(resource.Null()),
		rapid.Map(rapid.Bool(), resource.Bool),
		rapid.Map(rapid.Int64(), resource.Int),
		rapid.Map(text, resource.String),
		rapid.Just(resource.Ref(resource.Address{Kind: "table", Name: "t", Key: "a\"]", Keyed: true})),
		hole,
		rapid.Custom(func(t *rapid.T) resource.Value {
			return resource.Template(resource.Part{Text: text.Draw(t, "before")},
				hole.Draw(t, "hole").Parts()[0], resource.Part{Text: text.Draw(t, "after")})
		}),
	)
	return rapid.Custom(func(t *rapid.T) resource.Value { return nested(t, leaf, text, 3) })
}

func nested(t *rapid.T, leaf *rapid.Generator[resource.Value], text *rapid.Generator[string], depth int) resource.Value {
	shape := rapid.IntRange(0, 3).Draw(t, "shape")
	if depth == 0 || shape < 2 {
		return leaf.Draw(t, "leaf")
	}
	n := rapid.IntRange(0, 3).Draw(t, "n")
	if shape == 2 {
		var items []resource.Value
		for range n {
			items = append(items, nested(t, leaf, text, depth-1))
		}
		return resource.List(items...)
	}
	var fields []resource.Field
	seen := map[string]bool{}
	for range n {
		if name := text.Draw(t, "name"); !seen[name] {
			seen[name] = true
			fields = append(fields, resource.F(name, nested(t, leaf, text, depth-1)))
		}
	}
	return resource.Object(fields...)
}

func TestJSONKeepsEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values().Draw(t, "v")
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var w resource.Value
		if err := json.Unmarshal(data, &w); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !v.Equal(w) || v.Fingerprint() != w.Fingerprint() {
			t.Fatalf("%s became %s", v.Show(), w.Show())
		}
	})
}

func TestEqualValuesHaveEqualFingerprints(t *testing.T) {
	a := resource.Object(resource.F("x", resource.Int(1)), resource.F("y", resource.Null()))
	b := resource.Object(resource.F("z", resource.Null()), resource.F("x", resource.Int(1)))
	if !a.Equal(b) || a.Fingerprint() != b.Fingerprint() {
		t.Error("order and nulls of fields count")
	}
	if a.Equal(resource.Object(resource.F("x", resource.String("1")))) {
		t.Error("a number equals its text")
	}
}

func TestFill(t *testing.T) {
	url := resource.Hole{Ref: resource.AttrRef{Address: app, Attr: "url"}}
	v := resource.Object(
		resource.F("whole", resource.Unknown(url.Ref)),
		resource.F("text", resource.Template(resource.Part{Text: "see "}, resource.Part{Hole: &url}, resource.Part{Text: "!"})),
		resource.F("secret", resource.Secret("env.P")),
	)
	if v.Known() || !v.Sensitive() {
		t.Error("holes are not seen")
	}
	got := v.Fill(func(h resource.Hole) (resource.Value, bool) { return resource.Int(7), !h.IsSecret() })
	want := resource.Object(resource.F("whole", resource.Int(7)), resource.F("text", resource.String("see 7!")), resource.F("secret", resource.Secret("env.P")))
	if !got.Equal(want) {
		t.Errorf("filled: %s", got.Show())
	}
	if s := v.Show(); s != `{ whole = (known after apply: app.slides.url), text = "see {{app.slides.url}}!", secret = (sensitive) }` {
		t.Errorf("shown: %s", s)
	}
}

func TestAddresses(t *testing.T) {
	for _, s := range []string{"table.orders", `table.t["a.b]\"c"]`, "app.x-y"} {
		a, err := resource.ParseAddress(s)
		if err != nil || a.String() != s {
			t.Errorf("%s became %s, %v", s, a, err)
		}
	}
	for _, s := range []string{"", "table", "table.", ".x", "table.a.b", "table.a[b]", `table.a["x`} {
		if _, err := resource.ParseAddress(s); err == nil || !strings.Contains(err.Error(), "table.orders") {
			t.Errorf("%q: %v", s, err)
		}
	}
	n := resource.Node{Address: resource.Address{Kind: "table", Name: "t", Key: "a/b", Keyed: true}}
	for _, part := range []string{"", "foreign_keys"} {
		n.Part = part
		data, _ := n.MarshalText()
		var m resource.Node
		if err := m.UnmarshalText(data); err != nil || m != n {
			t.Errorf("%s became %s, %v", n, m, err)
		}
	}
}

func TestDiagnosticsSortByPlaceOnce(t *testing.T) {
	var ds resource.Diagnostics
	at := func(file string, line int32) *resource.Range {
		return &resource.Range{File: file, Line: line, Column: 1}
	}
	ds.Errorf(nil, "nowhere", "", "")
	ds.Errorf(at("b", 1), "third", "", "")
	ds.Errorf(at("a", 9), "second", "", "")
	ds.Warnf(at("a", 2), "first", "do this", "because")
	ds.Errorf(at("a", 9), "second", "", "")
	if got, want := ds.Sort().Error(), "a:2: first: because; do this\na:9: second\nb:1: third\nnowhere"; got != want {
		t.Errorf("got:\n%s", got)
	}
}
