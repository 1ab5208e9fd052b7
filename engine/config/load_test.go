package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Reading a file block by block must give what reading it as a whole gives, to
// the last column of the last message.
func TestLazyGivesTheSame(t *testing.T) {
	cases, _ := filepath.Glob("testdata/*.txtar")
	sources := map[string]memory{
		"blocks":  {"env.hcl": &fstest.MapFile{Data: []byte(blocks(5))}},
		"trap":    {"env.hcl": &fstest.MapFile{Data: []byte("environment \"dev\" {}\n\nview \"a\" {\n  sql = <<EOT\n}\nview \"b\" {\nEOT\n}\n")}},
		"crlf":    {"env.hcl": &fstest.MapFile{Data: []byte(strings.ReplaceAll(blocks(3), "\n", "\r\n"))}},
		"comment": {"env.hcl": &fstest.MapFile{Data: []byte("environment \"dev\" {}\n/*\nview \"a\" {\n}\n*/\nview \"b\" {} // x\nview \"c\" { # y\n}\n")}},
		"twice":   {"env.hcl": &fstest.MapFile{Data: []byte("environment \"dev\" {}\nview \"a\" {}  view \"b\" {}\n")}},
		"bom":     {"env.hcl": &fstest.MapFile{Data: []byte("\ufeffenvironment \"dev\" {}\n")}},
		"wide":    {"env.hcl": &fstest.MapFile{Data: []byte("environment \"dev\" {}\nview \"a\" { sql = \"äöü\", nme = 1 }\nview \"b\" {\n sql = \"äöü\" + 1\n}\n")}},
		"after":   {"env.hcl": &fstest.MapFile{Data: []byte("environment \"dev\" {}\nview \"a\" {\n}}\n")}},
	}
	for _, file := range cases {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := memory{}
		for _, f := range ar.Files {
			m[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		sources[file] = m
	}
	for name, m := range sources {
		m[".git/HEAD"] = &fstest.MapFile{}
		main := "env.hcl"
		if _, ok := m[main]; !ok {
			main = "environments/dev.hcl"
		}
		o := config.Options{Kinds: testKinds(), Files: m}
		whole, ds := config.LoadWhole(main, o)
		lazy, ds2 := config.Load(main, o)
		if diff := cmp.Diff(dump(whole, ds), dump(lazy, ds2)); diff != "" {
			t.Errorf("%s: -whole +lazy\n%s", name, diff)
		}
		if diff := cmp.Diff(places(whole), places(lazy)); diff != "" {
			t.Errorf("%s: -whole +lazy\n%s", name, diff)
		}
	}
}

func places(env *config.Environment) []resource.Range {
	var out []resource.Range
	var walk func(resource.Value)
	walk = func(v resource.Value) {
		if v.Range() != nil {
			out = append(out, *v.Range())
		}
		for _, x := range v.Items() {
			walk(x)
		}
		for _, f := range v.Fields() {
			if f.At != nil {
				out = append(out, *f.At)
			}
			walk(f.Value)
		}
	}
	for _, r := range env.Resources {
		out = append(out, *r.Range)
		walk(r.Attrs)
	}
	return out
}

// On a disk: paths are as the user types them, links are followed for include,
// and file() does not leave the repository, by .. or by a link.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("outside.txt", "OUTSIDE")
	write("repo/.git/HEAD", "")
	write("repo/environments/dev.hcl", `
environment "dev" {
  include = ["../shared/*.hcl", "../../linked.hcl"]
}
locals {
  a = file("../../outside.txt")
  b = file("../link.txt")
  c = file("/etc/hostname")
}
`)
	write("repo/shared/a.hcl", "view \"a\" { sql = file(\"a.sql\") }\n")
	write("repo/shared/a.sql", "select 1")
	write("linked.hcl", "view \"linked\" {}\n")
	if err := os.Symlink("../outside.txt", filepath.Join(dir, "repo/link.txt")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(dir, "repo"))
	for _, file := range []string{"environments/dev.hcl", "./environments/../environments/dev.hcl", filepath.Join(dir, "repo/environments/dev.hcl")} {
		env, ds := config.Load(file, config.Options{Kinds: testKinds()})
		if env.File != "environments/dev.hcl" || env.Dir != "environments" {
			t.Errorf("%s: file %s in %s", file, env.File, env.Dir)
		}
		var files []string
		for _, r := range env.Resources {
			files = append(files, r.Range.File)
		}
		if want := []string{"shared/a.hcl", "../linked.hcl"}; !slices.Equal(files, want) {
			t.Errorf("%s: files %v", file, files)
		}
		if len(env.Resources) > 0 && env.Resources[0].Attrs.Get("sql").Str() != "select 1" {
			t.Errorf("%s: sql %s", file, env.Resources[0].Attrs.Show())
		}
		if strings.Contains(ds.Error(), "OUTSIDE") || strings.Count(ds.Error(), "outside of the repository") < 2 {
			t.Error(ds)
		}
	}
	if _, ds := config.Load("environments/none.hcl", config.Options{Kinds: testKinds()}); len(ds) != 1 || !strings.Contains(ds[0].Summary, "cannot be read") {
		t.Error(ds)
	}
}

func TestFormat(t *testing.T) {
	src := "view   \"v\" {\nsql=\"a\" # why\n    name   =  \"b\"\n}\n"
	want := "view \"v\" {\n  sql  = \"a\" # why\n  name = \"b\"\n}\n"
	got, ds := config.Format([]byte(src), "x.hcl")
	if string(got) != want || ds.HasErrors() {
		t.Errorf("%s %v", got, ds)
	}
	if again, _ := config.Format(got, "x.hcl"); string(again) != want {
		t.Errorf("a second time: %s", again)
	}
	bad := "view \"v\" {\n  sql = \n"
	got, ds = config.Format([]byte(bad), "x.hcl")
	if string(got) != bad || !ds.HasErrors() || ds[0].Range.Line != 2 || ds[0].Source == "" {
		t.Errorf("%s %v", got, ds)
	}
}
