package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/resource"
)

func TestExcluded(t *testing.T) {
	for _, c := range []struct {
		globs string
		path  string
		want  bool
	}{
		{"*.pyc", "a/b/c.pyc", true},
		{"*.pyc", "a/b/c.py", false},
		{"tests", "tests/x/y.py", true},
		{"tests", "src/tests/y.py", true},
		{"tests/", "tests/y.py", true},
		{"tests/data", "tests/data/x", true},
		{"tests/data", "src/tests/data/x", false},
		{"/tests", "tests/x", true},
		{"/tests", "src/tests/x", false},
		{"**/data", "src/tests/data/x", true},
		{"src/**/x.py", "src/x.py", true},
		{"src/**/x.py", "src/a/b/x.py", true},
		{"src/*.py", "src/a/x.py", false},
		{"test_?.py", "test_a.py", true},
		{"./docs", "docs/a", true},
		{"", "a", false},
	} {
		var globs []string
		if c.globs != "" {
			globs = []string{c.globs}
		}
		if got := excluded(c.path, globs); got != c.want {
			t.Errorf("excluded(%q, %q) = %v", c.path, c.globs, got)
		}
	}
}

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScan(t *testing.T) {
	dir := tree(t, map[string]string{"b.py": "b", "a/x.py": "x", "a/.git/HEAD": "no", "__pycache__/x.pyc": "no", "t/x": "no", ".hidden": ""})
	if err := os.Symlink("b.py", filepath.Join(dir, "link.py")); err != nil {
		t.Fatal(err)
	}
	files, err := scan(dir, []string{"t"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	if diff := cmp.Diff([]string{".hidden", "a/x.py", "b.py", "link.py"}, got); diff != "" {
		t.Error(diff)
	}
	if files[2].SHA256 != files[3].SHA256 || files[2].Size != 1 {
		t.Errorf("%+v", files)
	}
}

func TestScanRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		files   map[string]string
		link    string // link → target
		summary string
	}{
		{"nothing", map[string]string{"__pycache__/x": ""}, "", "the source folder has no files"},
		{"a large file", map[string]string{"big.bin": strings.Repeat("x", maxFile+1)}, "", "a file is too large for an app"},
		{"the manifest's name", map[string]string{manifestName: ""}, "", "a file has a name that tellr needs"},
		{"a link out", map[string]string{"a": ""}, "/etc/passwd", "a symbolic link leads out of the source folder"},
		{"a link to nothing", map[string]string{"a": ""}, "none", "a symbolic link leads nowhere"},
		{"a link to a folder", map[string]string{"d/a": ""}, "d", "a symbolic link leads to a folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := tree(t, c.files)
			if c.link != "" {
				if err := os.Symlink(c.link, filepath.Join(dir, "link")); err != nil {
					t.Fatal(err)
				}
			}
			_, err := scan(dir, nil)
			var d *resource.Diagnostic
			if !errors.As(err, &d) || d.Summary != c.summary || d.Cure == "" {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := findSource("none", "/x/dev.hcl", "/y"); err == nil || !strings.Contains(err.Error(), "looked for /x/none and /y/none") {
		t.Errorf("%v", err)
	}
	if err := isDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// The name of a release depends on all that runs, and on nothing else.
func TestReleasePath(t *testing.T) {
	base := func() release {
		return release{
			root: "/Workspace/x/", files: []resource.File{{Path: "a", SHA256: "1"}, {Path: "b", SHA256: "2"}},
			command: resource.Strings("python", "a"), env: environment(resource.Object(resource.F("B", resource.String("b")), resource.F("A", resource.String("a"))), nil),
		}
	}
	first, ok := base().path()
	if !ok || !strings.HasPrefix(first, "/Workspace/x/") || !isReleasePath(first) {
		t.Fatal(first, ok)
	}
	same := base()
	same.env = environment(resource.Object(resource.F("A", resource.String("a")), resource.F("B", resource.String("b"))), nil)
	if got, _ := same.path(); got != first {
		t.Error("the order of variables counts")
	}
	for name, change := range map[string]func(*release){
		"a file":      func(r *release) { r.files[0].SHA256 = "3" },
		"a file name": func(r *release) { r.files[0].Path = "c" },
		"the command": func(r *release) { r.command = resource.Strings("python", "b") },
		"no command":  func(r *release) { r.command = resource.Null() },
		"a variable":  func(r *release) { r.env = r.env.With("A", resource.String("z")) },
		"one more":    func(r *release) { r.env = r.env.With("C", resource.String("")) },
		"one of a hole": func(r *release) {
			r.env = r.env.With("A", resource.Secret("env.A"))
			r.secrets = map[string]string{"env.A": "h"}
		},
	} {
		r := base()
		change(&r)
		if got, ok := r.path(); !ok || got == first {
			t.Errorf("%s does not count", name)
		}
	}
	hole := base()
	hole.env = hole.env.With("HOST", resource.Unknown(resource.AttrRef{Address: resource.Address{Kind: "instance", Name: "main"}, Attr: "host"}))
	if _, ok := hole.path(); ok {
		t.Error("a release is named before all of it is known")
	}

	one, _ := secretHash("a", "env.X", "secret")
	two, _ := secretHash("b", "env.X", "secret")
	three, _ := secretHash("a", "env.Y", "secret")
	if one == two || one == three || len(one) != 32 {
		t.Error(one, two, three)
	}
}

func TestSince(t *testing.T) {
	old := &manifest{Files: []resource.File{{Path: "a", SHA256: "1"}, {Path: "b", SHA256: "2"}}, Env: map[string]string{"X": "1", "Y": "2", "Z": ""}, Command: []string{"a"}}
	now := manifest{Files: []resource.File{{Path: "a", SHA256: "9"}, {Path: "c", SHA256: "2"}}, Env: map[string]string{"X": "3", "W": "1", "Z": "5"}, Command: []string{"b"}}
	if got := now.since(old); got != "changed: a; new: c; gone: b; environment: W, X, Y; another command" {
		t.Error(got)
	}
	if got := now.since(&now); got != "" {
		t.Error(got)
	}
}
