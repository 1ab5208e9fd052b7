package cli

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/tellr-dev/tellr/engine/render"
)

var update = flag.Bool("update", false, "write the golden files")

// testdata is the folder, wherever a test goes.
var testdata, _ = filepath.Abs("testdata")

// golden compares a text with the file testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join(testdata, name+".golden")
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("-update is refused in CI: golden files are reviewed, not made there")
		}
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
		t.Errorf("differs from %s; if that is right: go test ./cli -update\n%s", file, d)
	}
}
