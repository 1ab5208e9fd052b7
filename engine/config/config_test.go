package config_test

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
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

var update = flag.Bool("update", false, "write the expected results in testdata")

// memory is a repository at /repo, in which the current folder is its top.
type memory fstest.MapFS

func (m memory) clean(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path.Clean("/repo/"+strings.TrimPrefix(name, "/repo/")), "/repo"), "/")
}

func (m memory) ReadFile(name string) ([]byte, error) { return fstest.MapFS(m).ReadFile(m.clean(name)) }

func (m memory) ReadDir(name string) ([]fs.DirEntry, error) {
	return fstest.MapFS(m).ReadDir(cleanDir(m.clean(name)))
}

func (m memory) Real(name string) (string, error) {
	if name == "/" || name == "/.git" {
		return "", fs.ErrNotExist
	}
	p := m.clean(name)
	if _, err := fstest.MapFS(m).Stat(cleanDir(p)); err != nil {
		return "", fs.ErrNotExist
	}
	return path.Join("/repo", p), nil
}

func cleanDir(p string) string {
	if p == "" {
		return "."
	}
	return p
}

// A case is an archive: the comment says what it shows, env.hcl is loaded,
// "vars" are --var, "getenv" is the environment, "want" is what comes out.
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			files := memory{".git/HEAD": {}}
			opts := config.Options{Kinds: testKinds(), Files: files}
			want, main := "", "env.hcl"
			for _, f := range ar.Files {
				switch f.Name {
				case "want":
					want = string(f.Data)
				case "vars":
					opts.Vars = pairs(f.Data)
				case "getenv":
					env := pairs(f.Data)
					opts.Getenv = func(k string) (string, bool) {
						if !strings.HasPrefix(k, "TELLR_VAR_") {
							t.Errorf("%s was read", k)
						}
						v, ok := env[k]
						return v, ok
					}
				default:
					files[f.Name] = &fstest.MapFile{Data: f.Data}
					if strings.HasPrefix(f.Name, "environments/") && main == "env.hcl" {
						main = f.Name
					}
				}
			}
			env, ds := config.Load(main, opts)
			got := dump(env, ds)
			checkPlaces(t, env)
			if *update {
				if os.Getenv("CI") != "" {
					t.Fatal("goldens are not written in CI")
				}
				ar.Files = slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
				ar.Files = append(ar.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if again, ds := config.Load(main, opts); dump(again, ds) != got {
				t.Error("a second run gives another result")
			}
		})
	}
}

func pairs(b []byte) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		k, v, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		out[k] = v
	}
	return out
}

func dump(env *config.Environment, ds resource.Diagnostics) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "%s: %s\n", d.Severity, d.Summary)
		if !d.Range.IsZero() {
			fmt.Fprintf(&b, "  at   %s:%d\n", d.Range, d.Range.Column)
			fmt.Fprintf(&b, "     | %s\n", d.Source)
		}
		fmt.Fprintf(&b, "  why  %s\n", strings.ReplaceAll(d.Detail, "\n", "\n     "))
		fmt.Fprintf(&b, "  next %s\n\n", d.Cure)
	}
	if len(ds) > 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "environment %q %q %q %q %s\n", env.Name, env.Description, env.Profile, env.Host, env.Dir)
	for _, v := range env.Variables {
		j, _ := v.Value.MarshalJSON()
		fmt.Fprintf(&b, "variable %s %s = %s from %s\n", v.Name, v.Type, j, v.From)
	}
	for _, s := range env.Secrets {
		fmt.Fprintf(&b, "secret %s at %s:%d\n", s.Source, s.At, s.At.Column)
	}
	for _, m := range env.Moved {
		fmt.Fprintf(&b, "moved %s to %s at %s\n", m.From, m.To, m.At)
	}
	for _, r := range env.Resources {
		fmt.Fprintf(&b, "\n%s at %s\n", r.Address, r.Range)
		for _, f := range r.Attrs.Fields() {
			j, err := f.Value.MarshalJSON()
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(&b, "  %s = %s\n", f.Name, j)
		}
		for _, d := range r.Deps {
			fmt.Fprintf(&b, "  needs %s", d.On)
			if d.Part != "" {
				fmt.Fprintf(&b, " for %s", d.Part)
			}
			fmt.Fprintf(&b, " (%s:%d)\n", d.At, d.At.Column)
		}
		for _, x := range r.Ignore {
			fmt.Fprintf(&b, "  ignores %s: %s\n", x.Path, x.Reason)
		}
	}
	return b.String()
}

// checkPlaces checks that whatever is written in a file says where.
func checkPlaces(t *testing.T, env *config.Environment) {
	t.Helper()
	var walk func(path string, v resource.Value)
	check := func(path string, r *resource.Range) {
		src, ok := env.Sources[r.File]
		if !ok || r.Line < 1 || r.Column < 1 || r.Byte < 0 || int(r.EndByte) > len(src) || r.EndByte < r.Byte {
			t.Errorf("%s has the place %+v", path, r)
		}
	}
	walk = func(path string, v resource.Value) {
		if v.Range() != nil {
			check(path, v.Range())
		}
		for i, x := range v.Items() {
			if x.Range() == nil && v.Range() != nil {
				t.Errorf("%s[%d] has no place", path, i)
			}
			walk(fmt.Sprint(path, "[", i, "]"), x)
		}
		for _, f := range v.Fields() {
			if f.At == nil && v.Range() != nil {
				t.Errorf("%s.%s has no place", path, f.Name)
			} else if f.At != nil {
				check(path+"."+f.Name, f.At)
			}
			walk(path+"."+f.Name, f.Value)
		}
	}
	for _, r := range env.Resources {
		walk(r.Address.String(), r.Attrs)
		for _, d := range r.Deps {
			check(r.Address.String()+" needs "+d.On.String(), d.At)
		}
	}
}

func load(t *testing.T, files map[string]string, o config.Options) (*config.Environment, resource.Diagnostics) {
	t.Helper()
	m := memory{".git/HEAD": {}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		m[name] = &fstest.MapFile{Data: []byte(files[name])}
	}
	o.Kinds, o.Files = testKinds(), m
	return config.Load("env.hcl", o)
}
