package render

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestUnifiedDiffPatches: patch(1) makes the new text of the old one.
func TestUnifiedDiffPatches(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("patch is not installed")
	}
	dir := t.TempDir()
	text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", ""}), 0, 40)
	rapid.Check(t, func(rt *rapid.T) {
		lines := func(name string) string {
			l := text.Draw(rt, name)
			if len(l) == 0 {
				return "x\n"
			}
			return strings.Join(l, "\n") + "\n"
		}
		a, b := lines("a"), lines("b")
		diff := UnifiedDiff("f", a, b, false)
		if a == b {
			if diff != "" {
				rt.Fatalf("a difference of equal texts:\n%s", diff)
			}
			return
		}
		file := filepath.Join(dir, "f")
		if err := os.WriteFile(file, []byte(a), 0o600); err != nil {
			rt.Fatal(err)
		}
		cmd := exec.Command(patch, "--silent", file)
		cmd.Stdin = strings.NewReader(diff)
		if out, err := cmd.CombinedOutput(); err != nil {
			rt.Fatalf("%v: %s\n%s", err, out, diff)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != b {
			rt.Fatalf("%v: got %q, want %q with\n%s", err, got, b, diff)
		}
	})
}
