package postgres_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/config"
)

// TestReference: examples/tellr makes the very database that its hand-written DDL makes.
func TestReference(t *testing.T) {
	dir, err := filepath.Abs("../../examples/tellr")
	if err != nil {
		t.Fatal(err)
	}
	text := `environment "test" { include = ["schema.hcl", "triggers.hcl", "tables/*.hcl"] }
instance "main" {}
`
	env, ds := config.Load(filepath.Join(dir, "test.hcl"), config.Options{Kinds: kinds(), Files: overlay{"test.hcl": text}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	w := &workspace{dsn: database(t)}
	run(t, w, env.Resources, false)
	if p, notes := build(t, w, env.Resources, false); !p.Empty() || len(notes) > 0 {
		t.Errorf("a second plan is not empty:\n%s\n%v", show(p), notes)
	}
	byHand := &workspace{dsn: database(t)}
	if out, err := exec.Command("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", filepath.Join(dir, "testdata/reference.sql"), byHand.dsn).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if p, _ := build(t, byHand, env.Resources, false); !p.Empty() {
		t.Errorf("the database made by hand is not what the files say:\n%s", show(p))
	}
	if diff := cmp.Diff(catalog(t, byHand, env.Resources), catalog(t, w, env.Resources)); diff != "" {
		t.Errorf("the catalog tells them apart (-by hand +tellr):\n%s", diff)
	}
	if diff := cmp.Diff(dump(t, byHand.dsn), dump(t, w.dsn)); diff != "" {
		t.Errorf("pg_dump tells them apart (-by hand +tellr):\n%s", diff)
	}
}

// TestLanguage: what the page on the language shows of types and functions can be made, and is then as it says.
func TestLanguage(t *testing.T) {
	page, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Types and functions of the database")
	_, rest, _ = strings.Cut(rest, "```hcl\n")
	hcl, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the section has no example")
	}
	w := &workspace{dsn: database(t)}
	desired := load(t, hcl+"schema \"app_data\" { instance = instance.main }\n")
	run(t, w, desired, false)
	if p, notes := build(t, w, desired, false); !p.Empty() || len(notes) > 0 {
		t.Errorf("a second plan is not empty:\n%s\n%v", show(p), notes)
	}
}

// overlay is the operating system's files with some that are not there.
type overlay map[string]string

func (o overlay) ReadFile(name string) ([]byte, error) {
	if text, ok := o[filepath.Base(name)]; ok {
		return []byte(text), nil
	}
	return os.ReadFile(name)
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

func (o overlay) Real(name string) (string, error) {
	if _, ok := o[filepath.Base(name)]; ok {
		return filepath.Abs(name)
	}
	return filepath.EvalSymlinks(name)
}
