package cli

import (
	"os"
	"testing"

	"github.com/tellr-dev/tellr/engine/render"
)

// docs/reference.md is what tellr schema writes.
func TestReferencePage(t *testing.T) {
	const file = "../docs/reference.md"
	page := (&bench{T: t}).tellr("schema", "--format", "markdown").out
	got := "# Blocks and attributes\n\nWritten by `tellr schema --format markdown`. What holds for all blocks is in [language.md](language.md).\n\n" + page
	if *update && os.Getenv("CI") == "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./cli -update", err)
	}
	if d := render.UnifiedDiff(file, string(want), got, false); d != "" {
		t.Errorf("%s is not what tellr schema writes; go test ./cli -update\n%s", file, d)
	}
}
