package config_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/resource"
)

// texts are what databases hold: quotes, templates, heredocs' ends, lines.
// (Letters come composed: HCL composes what is not.)
var texts = rapid.OneOf(
	rapid.StringMatching(`[ -~\n\t\x00-\x1fé漢💥]*`),
	rapid.SampledFrom([]string{"", "a", "SQL", "\nSQL\n", "${x}", "$${x}", "%{ if true }", `a "quoted" \ text`, "two\nlines", "two\nlines\n", "  indented\n\ttab\n",
		"\r\n", "trailing \nblank ", "SQL_\nSQL", "\x01", "\u007f", "naïve 💥", "ends in newlines\n\n", "-- comment\nSELECT $$x$$"}),
	rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"SQL", "\n", "${", "%{", "$", "%", "{", "}", `"`, `\`, " ", "x", "\t", "<<SQL", ")"}), 0, 12),
		func(parts []string) string {
			s := ""
			for _, p := range parts {
				s += p
			}
			return s
		}),
)

// What is written is read as it was.
func TestWriteThenLoad(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		kinds := testKinds()
		var all []*resource.Resource
		add := func(kind, name string, attrs ...resource.Field) {
			all = append(all, &resource.Resource{
				Address: resource.Address{Kind: kind, Name: name}, Kind: kinds[kind], Attrs: resource.Object(attrs...),
			})
		}
		add("instance", "main", resource.F("autoscaling", resource.Object(resource.F("min_cu", resource.Number("0.5")))))
		add("schema", "s", resource.F("instance", resource.Ref(resource.Address{Kind: "instance", Name: "main"})),
			resource.F("comment", resource.String(texts.Draw(r, "comment"))))
		for i := range rapid.IntRange(1, 3).Draw(r, "tables") {
			var columns []resource.Field
			for _, name := range rapid.SliceOfNDistinct(rapid.OneOf(texts, rapid.SampledFrom([]string{"id", "group", "null", "for", "a-b", "Ünï"})), 1, 4, rapid.ID).Draw(r, "columns") {
				columns = append(columns, resource.F(name, resource.Object(
					resource.F("type", resource.String(texts.Draw(r, "type"))), resource.F("not_null", resource.Bool(rapid.Bool().Draw(r, "not null"))),
					resource.F("default", resource.String(texts.Draw(r, "default"))))))
			}
			add("table", fmt.Sprintf("t%d", i), resource.F("schema", resource.Ref(resource.Address{Kind: "schema", Name: "s"})),
				resource.F("columns", resource.Object(columns...)),
				resource.F("primary_key", resource.Strings(rapid.SliceOf(texts).Draw(r, "key")...)),
				resource.F("foreign_keys", resource.Object(resource.F("fk", resource.Object(
					resource.F("columns", resource.Strings("a")), resource.F("references", resource.Ref(resource.Address{Kind: "table", Name: "t0"})))))))
		}
		add("view", "v", resource.F("sql", resource.String(texts.Draw(r, "sql"))))
		files := map[string]string{"env.hcl": "environment \"e\" {\n  include = [\"all.hcl\"]\n}\n", "all.hcl": string(config.Write(all))}
		env, ds := load(t, files, config.Options{})
		if ds.HasErrors() {
			r.Fatalf("%v\n%s", ds, files["all.hcl"])
		}
		for _, want := range all {
			i := slices.IndexFunc(env.Resources, func(x *resource.Resource) bool { return x.Address == want.Address })
			if i < 0 {
				r.Fatalf("%s is gone", want.Address)
			}
			for _, f := range want.Attrs.Fields() {
				if got := env.Resources[i].Attrs.Get(f.Name); !sameValue(got, f.Value) {
					r.Fatalf("%s.%s:\nwant %s\ngot  %s\n%s", want.Address, f.Name, f.Value.Show(), got.Show(), files["all.hcl"])
				}
			}
		}
		again, ds := config.Format([]byte(files["all.hcl"]), "all.hcl")
		if ds.HasErrors() || string(again) != files["all.hcl"] {
			r.Fatalf("it is not formatted: %v\n%s", ds, files["all.hcl"])
		}
	})
}

// sameValue compares what was written; defaults that were added do not count.
func sameValue(got, want resource.Value) bool {
	if want.Kind() != resource.KindObject {
		return got.Equal(want)
	}
	for _, f := range want.Fields() {
		if !sameValue(got.Get(f.Name), f.Value) {
			return false
		}
	}
	return true
}

func TestLayout(t *testing.T) {
	kinds := testKinds()
	thing := func(kind, name string, attrs ...resource.Field) *resource.Resource {
		return &resource.Resource{Address: resource.Address{Kind: kind, Name: name}, Kind: kinds[kind], Attrs: resource.Object(attrs...)}
	}
	s := resource.F("schema", resource.Ref(resource.Address{Kind: "schema", Name: "s"}))
	all := []*resource.Resource{
		thing("table", "b", s, resource.F("references", resource.Ref(resource.Address{Kind: "table", Name: "z"}))),
		thing("table", "schemas", s), thing("table", "z", s), thing("schema", "s"), thing("enum", "e", s),
	}
	var got []string
	for _, w := range config.Layout(all, "") {
		got = append(got, w.Name)
	}
	if want := []string{"b.hcl", "enums.hcl", "schemas.hcl", "schemas_.hcl", "z.hcl"}; !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	got = nil
	for _, r := range config.Layout(all, "all.hcl")[0].Resources {
		got = append(got, r.Address.String())
	}
	if want := []string{"schema.s", "enum.e", "table.z", "table.b", "table.schemas"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}
