package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/diff"
	"github.com/tellr-dev/tellr/engine/resource"
)

var kind = &resource.Kind{
	Name: "table",
	Attrs: []resource.Attr{
		{Name: "name", Type: resource.Text, Immutable: true},
		{Name: "comment", Type: resource.Text},
		{Name: "owner", Type: resource.Text, Unset: resource.Unmanaged},
		{Name: "seed", Type: resource.Text, CreateOnly: true},
		{Name: "uid", Type: resource.Text, Computed: true},
		{Name: "password", Type: resource.Text, Sensitive: true},
		{Name: "tags", Type: resource.SetOf(resource.Text)},
		{Name: "path", Type: resource.ListOf(resource.Text)},
		{Name: "parts", Type: resource.Type{Kind: resource.TList, Key: "id", Elem: &resource.Type{Kind: resource.TObject,
			Attrs: []resource.Attr{{Name: "id", Type: resource.Text}, {Name: "v", Type: resource.Whole}}}}},
		{Name: "columns", Data: true, Type: resource.MapOf(resource.ObjectOf(
			resource.Attr{Name: "type", Type: resource.Text},
			resource.Attr{Name: "null", Type: resource.Flag},
		))},
		{Name: "checks", Type: resource.MapOf(resource.OneOf(resource.Text, resource.ObjectOf(
			resource.Attr{Name: "expr", Type: resource.Text})))},
		{Name: "settings", Type: resource.ObjectOf(
			resource.Attr{Name: "min", Type: resource.Decimal, Unset: resource.Unmanaged},
			resource.Attr{Name: "max", Type: resource.Decimal, Unset: resource.Unmanaged})},
	},
}

// v reads a value from JSON.
func v(text string) resource.Value {
	var x resource.Value
	if text == "" {
		return x
	}
	if err := x.UnmarshalJSON([]byte(text)); err != nil {
		panic(err)
	}
	return x
}

func TestCompare(t *testing.T) {
	cases := []struct {
		name             string
		last, want, live string
		ignore           []string
		changes          []string
	}{
		{name: "equal", want: `{"name":"a"}`, live: `{"name":"a"}`},
		{name: "an attribute that the files do not have goes", want: `{}`, live: `{"comment":"x"}`, changes: []string{`delete comment "x" -> null (config)`}},
		{name: "unmanaged is left alone", want: `{}`, live: `{"owner":"x"}`},
		{name: "unmanaged is left alone after it was written once", last: `{"owner":"x"}`, want: `{}`, live: `{"owner":"x"}`},
		{name: "written is compared", want: `{"owner":"y"}`, live: `{"owner":"x"}`, changes: []string{`update owner "x" -> "y" (config)`}},
		{name: "create-only and computed are not compared", want: `{"seed":"1"}`, live: `{"seed":"2","uid":"u"}`},
		{name: "immutable replaces", want: `{"name":"a"}`, live: `{"name":"b"}`, changes: []string{`update name "b" -> "a" (config) replaces`}},
		{name: "sensitive", want: `{"password":{"$secret":"env.P"}}`, live: `{"password":"x"}`, changes: []string{`update password "x" -> (sensitive) (config) sensitive`}},
		{name: "a set has no order", want: `{"tags":["a","b"]}`, live: `{"tags":["b","a"]}`},
		{name: "a list has", want: `{"path":["a","b"]}`, live: `{"path":["b","a"]}`, changes: []string{`update path ["b", "a"] -> ["a", "b"] (config)`}},
		{name: "a keyed list has no order", want: `{"parts":[{"id":"x","v":1},{"id":"y","v":2}]}`, live: `{"parts":[{"id":"y","v":2},{"id":"x","v":1}]}`},
		{name: "empty is absent", want: `{"tags":[],"columns":{}}`, live: `{}`},
		{name: "the order of a map is no change", want: `{"columns":{"a":{"type":"int"},"b":{"type":"int"}}}`, live: `{"columns":{"b":{"type":"int"},"a":{"type":"int"}}}`},
		{
			name: "each entry is a change",
			want: `{"columns":{"a":{"type":"bigint"},"new":{"type":"text"}}}`,
			live: `{"columns":{"z":{"type":"int"},"a":{"type":"int"},"old":{"type":"int"}}}`,
			changes: []string{
				`update columns.a.type "int" -> "bigint" (config)`,
				`create columns.new null -> { type = "text" } (config)`,
				`delete columns.old { type = "int" } -> null (config) destroys`,
				`delete columns.z { type = "int" } -> null (config) destroys`,
			},
		},
		{name: "the first entry of a map", want: `{"columns":{"a":{"type":"int"}}}`, live: `{}`, changes: []string{`create columns.a null -> { type = "int" } (config)`}},
		{name: "the last entry of a map", want: `{}`, live: `{"columns":{"a":{"type":"int"}}}`, changes: []string{`delete columns.a { type = "int" } -> null (config) destroys`}},
		{name: "a choice of types", want: `{"checks":{"c":{"expr":"a > 0"}}}`, live: `{"checks":{"c":{"expr":"a > 1"}}}`, changes: []string{`update checks.c.expr "a > 1" -> "a > 0" (config)`}},
		{name: "inside an object, unset is what its row says", want: `{"settings":{"min":1}}`, live: `{"settings":{"min":1,"max":4}}`},
		{name: "a name with a dot", want: `{"columns":{"a.b":{"type":"int"}}}`, live: `{"columns":{"a.b":{"type":"text"}}}`, changes: []string{`update columns["a.b"].type "text" -> "int" (config)`}},
		{name: "ignored", want: `{"comment":"a"}`, live: `{"comment":"b"}`, ignore: []string{"comment"}},
		{name: "drift", last: `{"comment":"a"}`, want: `{"comment":"a"}`, live: `{"comment":"b"}`, changes: []string{`update comment "b" -> "a" (drift)`}},
		{name: "config", last: `{"comment":"a"}`, want: `{"comment":"b"}`, live: `{"comment":"a"}`, changes: []string{`update comment "a" -> "b" (config)`}},
		{name: "both", last: `{"comment":"a"}`, want: `{"comment":"b"}`, live: `{"comment":"c"}`, changes: []string{`update comment "c" -> "b" (both)`}},
		{name: "something that was never there is drift", last: `{}`, want: `{}`, live: `{"columns":{"x":{"type":"int"}}}`, changes: []string{`delete columns.x { type = "int" } -> null (drift) destroys`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, ch := range diff.Compare(diff.Input{Kind: kind, Last: v(c.last), Want: v(c.want), Live: v(c.live), Ignore: ignoring(c.ignore)}) {
				s := fmt.Sprintf("%s %s %s -> %s (%s)", ch.Op(), ch.Path, ch.Live.Show(), ch.Desired.Show(), ch.Cause)
				for word, is := range map[string]bool{" replaces": ch.Replaces, " sensitive": ch.Sensitive, " destroys": ch.Destroys} {
					if is {
						s += word
					}
				}
				got = append(got, s)
			}
			if !slices.Equal(got, c.changes) {
				t.Error(cmp.Diff(c.changes, got))
			}
		})
	}
}

func ignoring(paths []string) []resource.Ignore {
	var out []resource.Ignore
	for _, p := range paths {
		out = append(out, resource.Ignore{Path: p, Reason: "the test says so"})
	}
	return out
}
