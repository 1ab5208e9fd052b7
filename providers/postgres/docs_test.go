package postgres_test

import (
	"os"
	"strings"
	"testing"
)

// TestTablesInFull: what docs/language.md shows of tables can be written so, and leads to an empty plan.
func TestTablesInFull(t *testing.T) {
	page, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "## Tables in full\n")
	_, text, _ = strings.Cut(text, "```hcl\n")
	hcl, _, found := strings.Cut(text, "```\n")
	if !found {
		t.Fatal("docs/language.md has no example of a table in full")
	}
	desired := load(t, hcl+`schema "app_data" { instance = instance.main }`)
	w := &workspace{dsn: database(t)}
	run(t, w, desired, false)
	if p, notes := build(t, w, desired, false); !p.Empty() || len(notes) > 0 {
		t.Errorf("a second plan is not empty:\n%s\n%v", show(p), notes)
	}
}
