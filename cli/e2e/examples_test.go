package e2e

import (
	"path/filepath"
	"testing"
)

// What newcomers copy is right, and written as tellr fmt writes.
func TestEveryExampleIsValidAndFormatted(t *testing.T) {
	w := newWorld(t)
	n := 0
	for _, glob := range []string{"environments/*.hcl", "examples/minimal/*.hcl", "examples/go-service/*.hcl", "examples/python-service/*.hcl", "examples/node-service/*.hcl"} {
		files, err := filepath.Glob(filepath.Join(w.dir, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			w.ok("validate", f)
			n++
		}
	}
	if n < 7 {
		t.Errorf("only %d environments were found", n)
	}
	w.ok("fmt", "--check", "environments", "examples")
}

// The ten lines of examples/minimal are enough.
func TestMinimalFromNothingToNothing(t *testing.T) {
	w := newWorld(t)
	const file = "examples/minimal/minimal.hcl"
	w.ok("apply", file, "--yes")
	w.settled(file)
	w.ok("destroy", file, "--yes", "--allow-destroy", "instance.main")
}
