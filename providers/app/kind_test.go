package app_test

import (
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/providers/app"
)

// What is wrong with an app is said offline, at its place, with a cure.
func TestAppChecks(t *testing.T) {
	const rel = `source = "app"
workspace_path = "/Workspace/Users/me/x"
`
	for _, c := range []struct{ name, text, want string }{
		{"a whole app", "release {\n" + rel + "}", ""},
		{"no release", ``, ""},
		{"a name", `name = "My_App"`, `"My_App" is not a name for an app: 2 to 30 of a-z, 0-9 and -`},
		{"a short name", `name = "x"`, "2 to 30"},
		{"a long name", `name = "` + strings.Repeat("x", 31) + `"`, "2 to 30"},
		{"a long description", `description = "` + strings.Repeat("x", 501) + `"`, "501 characters"},
		{"a size", `compute_size = "SMALL"`, `allowed are "MEDIUM", "LARGE"`},
		{"a permission", `database = { instance = instance.main, permission = "CAN_DROP" }`, "CAN_DROP"},
		{"no source", "release {\nworkspace_path = \"/Workspace/x\"\n}", "source"},
		{"a relative folder", "release {\nsource = \"app\"\nworkspace_path = \"apps/x\"\n}", "is not a workspace folder"},
		{"a folder with dots", "release {\nsource = \"app\"\nworkspace_path = \"/Workspace/../x\"\n}", "is not a workspace folder"},
		{"an empty command", "release {\n" + rel + "command = []\n}", "an empty command"},
		{"a glob", "release {\n" + rel + "exclude = [\"[\"]\n}", `"[" is not a glob`},
		{"a variable", "release {\n" + rel + "env = { \"A-B\" = \"x\" }\n}", `"A-B" is not a name for an environment variable`},
		{"a timeout", "release {\n" + rel + "timeout = \"1s\"\n}", `"1s" is not a time to wait`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t: t, dir: t.TempDir()}
			_, ds := w.load("instance \"main\" {}\napp \"slides\" {\n" + c.text + "\n}\n")
			if c.want == "" && ds.HasErrors() || c.want != "" && !strings.Contains(ds.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, ds)
			}
			for _, d := range ds {
				if d.Range.IsZero() {
					t.Errorf("no place: %v", d)
				}
			}
		})
	}
}

// An app cannot be bound to a plain Postgres, which is known offline.
func TestBoundToPlainPostgres(t *testing.T) {
	w := &world{t: t, dir: t.TempDir()}
	desired, ds := w.load("instance \"main\" {\n postgres { url = env(\"X\") }\n}\napp \"slides\" {\n database = { instance = instance.main }\n}\n")
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	_, ds = app.New(nil).Scopes("dev", desired)
	if !strings.Contains(ds.Error(), "an app cannot be bound to a plain Postgres") || ds[0].Range.IsZero() {
		t.Error(ds)
	}
}

// The examples of the documentation are valid as they stand.
func TestExamples(t *testing.T) {
	for _, k := range kinds() {
		w := &world{t: t, dir: t.TempDir()}
		text := k.Example
		if k.Name == "app" {
			text += "\ninstance \"main\" {}\n"
		}
		if _, ds := w.load(text); ds.HasErrors() {
			t.Errorf("%s: %v", k.Name, ds)
		}
		for _, a := range k.Attrs {
			if a.Doc == "" {
				t.Errorf("%s.%s is not documented", k.Name, a.Name)
			}
		}
	}
}
