package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

func boxKind() *resource.Kind {
	column := resource.ObjectOf(
		resource.Attr{Name: "type", Type: resource.Text, Required: true, Doc: "A type, as Postgres writes it."},
		resource.Attr{Name: "not_null", Type: resource.Flag, Default: resource.Bool(false)},
	)
	return &resource.Kind{
		Name: "box", Doc: "A box. It holds things | and is declared whole, so that what the block does not have is planned for removal, and protected where it holds data.",
		Example: "\nbox \"a\" {\n  size = \"small\"\n}\n", Data: true, Stage: resource.Database,
		Attrs: []resource.Attr{
			{Name: "size", Type: resource.Text, Doc: "How large it is.", Enum: []string{"small", "large"}, Immutable: true, Unset: resource.Unmanaged},
			{Name: "host", Type: resource.RefTo("instance", "branch"), Required: true, Doc: "Where it stands."},
			{Name: "columns", Type: resource.MapOf(column), Data: true},
			{Name: "extra", Type: resource.OneOf(resource.Text, resource.ListOf(column)), Block: true, Sensitive: true, CreateOnly: true},
			{Name: "url", Type: resource.Text, Computed: true, Shape: "url"},
			{Name: "hidden", Type: resource.Text, Derived: true},
		},
	}
}

func TestSchema(t *testing.T) {
	kinds := []*resource.Kind{boxKind(), {Name: "grants", Doc: "Rights. Of roles."}}
	var b strings.Builder
	check := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
	check("schema-list", SchemaList(&b, kinds, Options{}))
	b.Reset()
	check("schema-text", SchemaText(&b, kinds[0], Options{}))
	b.Reset()
	check("schema-markdown", SchemaMarkdown(&b, kinds))
	b.Reset()
	check("schema-json", SchemaJSON(&b, kinds))
	var back []schemaKind
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || len(back) != 2 {
		t.Errorf("%v, %d kinds", err, len(back))
	}
}
