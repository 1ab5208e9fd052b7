package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// bench is a folder, an environment and a shelf to run tellr on.
type bench struct {
	*testing.T
	shelf    *shelf
	env      map[string]string
	in       string
	terminal bool
	signals  chan os.Signal
	exited   chan int
}

const twoBoxes = `environment "dev" {}

box "a" {
  label = "tea"
}

box "b" {
  label = "salt"
}
`

// newBench makes a folder the current one, with an environment of two boxes.
func newBench(t *testing.T) *bench {
	t.Helper()
	t.Chdir(t.TempDir())
	b := &bench{T: t, shelf: newShelf(), env: map[string]string{}}
	b.write("environments/dev.hcl", twoBoxes)
	return b
}

func (b *bench) write(name, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

type result struct {
	code     int
	out, err string
}

func (b *bench) tellr(args ...string) result {
	var out, errs bytes.Buffer
	io := IO{
		In: strings.NewReader(b.in), Out: &out, Err: &errs, InTerminal: b.terminal,
		Getenv: func(name string) (string, bool) { v, ok := b.env[name]; return v, ok },
		Now:    func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Who:    func() string { return "ann@laptop" },
		Build:  Build{Version: "v1.2.3", Commit: "0123456789abcdef", Go: "go1.26", System: "linux/amd64"},
	}
	if b.signals != nil {
		io.Interrupts = func() (<-chan os.Signal, func()) { return b.signals, func() {} }
		io.Exit = func(code int) { b.exited <- code }
	}
	w := realWiring()
	if b.shelf != nil {
		w.kinds = func() []*resource.Kind { return []*resource.Kind{boxKind} }
		w.providers = func(plan.Environment, string) []resource.Provider { return []resource.Provider{b.shelf} }
	}
	code := run(context.Background(), args, io, w)
	return result{code, out.String(), errs.String()}
}

// want runs a command, and checks its exit status and what it says on either
// stream.
func (b *bench) want(code int, says []string, args ...string) result {
	b.Helper()
	r := b.tellr(args...)
	if r.code != code {
		b.Fatalf("tellr %s: exit %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	for _, s := range says {
		if !strings.Contains(r.out+r.err, s) {
			b.Errorf("tellr %s does not say %q:\n%s%s", strings.Join(args, " "), s, r.out, r.err)
		}
	}
	return r
}

func says(s ...string) []string { return s }
