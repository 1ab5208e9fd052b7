package app_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/app"
	"github.com/tellr-dev/tellr/providers/lakebase"
)

var update = flag.Bool("update", false, "write the golden files")

// Each file of testdata is the steps of one difference. The instance is live
// and as desired.
func TestSteps(t *testing.T) {
	const (
		live = `{"address": "app.slides", "identity": "a1", "attrs": {"name": "tellr-dev", "description": "AI slides", "compute_size": "LARGE",
			"user_api_scopes": ["sql"], "binding": {"branch": "projects/db-tellr/branches/production", "permission": "CAN_CONNECT_AND_CREATE",
			"database": "projects/db-tellr/branches/production/databases/databricks-postgres", "role": "11111111-1111-1111-1111-111111111111"},
			"release": {"source_code_path": "/Workspace/Users/me@example.com/.apps/slides/000000000000", "status": "RUNNING"},
			"url": "https://x", "id": "a1", "service_principal_client_id": "11111111-1111-1111-1111-111111111111"}}`
		source   = `"source": {"dir": "app", "files": [{"path": "server.py", "sha256": "ab", "size": 3}]}, "host": "ep.example.com"`
		deployed = `"compute": "ACTIVE", "active": {"id": "d1", "path": "/Workspace/Users/me@example.com/.apps/slides/000000000000", "state": "SUCCEEDED"},
			"released": {"format": 1, "app": "tellr-dev", "files": [{"path": "server.py", "sha256": "cd", "size": 3}, {"path": "old.py", "sha256": "ef", "size": 1}], "command": ["python", "server.py"]}`
	)
	secret := strings.Replace(appText, `LOG_LEVEL = "INFO"`, `TOKEN = env("TOKEN")`, 1)
	for _, c := range []struct {
		name, text, app, facts string
		destroy                bool
	}{
		{"create", appText, "", `{` + source + `}`, false},
		{"create_again", appText, "", `{"going": true, ` + source + `}`, false},
		{"create_host_unknown", appText, "", `{"source": {"dir": "app", "files": [{"path": "server.py", "sha256": "ab", "size": 3}]}}`, false},
		{"create_secret", secret, "", `{"secrets": {"env.TOKEN": "00"}, ` + source + `}`, false},
		{"update", appText, live, `{` + deployed + `, ` + source + `}`, false},
		{"update_binding", appText, strings.Replace(live, "projects/db-tellr/branches/production\"", "projects/other/branches/production\"", 1),
			`{"resources": [{"name": "warehouse", "sql_warehouse": {"id": "x"}, "new_field": true},
			{"name": "postgres", "postgres": {"branch": "projects/other/branches/production", "database": "d"}}], ` + deployed + `, ` + source + `}`, false},
		{"rebind", appText, strings.Replace(live, `, "role": "11111111-1111-1111-1111-111111111111"}`, `}`, 1),
			`{"resources": [{"name": "warehouse", "sql_warehouse": {"id": "x"}, "new_field": true},
			{"name": "postgres", "postgres": {"branch": "projects/db-tellr/branches/production", "database": "projects/db-tellr/branches/production/databases/databricks-postgres"}}], ` + deployed + `, ` + source + `}`, false},
		{"update_busy", appText, live, `{"updating": true, "compute": "STARTING", ` + source + `}`, false},
		{"stopped", appText, strings.Replace(live, "RUNNING", "UNAVAILABLE", 1), `{"compute": "STOPPED", ` + source + `}`, false},
		{"delete", appText, live, `{` + deployed + `, ` + source + `}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects := []string{`{"address": "instance.main", "identity": "u1", "attrs": {"name": "db-tellr", "autoscaling": {"min_cu": 0.5, "max_cu": 2}, "host": "ep.example.com", "type": "autoscaling"}}`}
			if c.name == "create_host_unknown" {
				objects = nil
			}
			if c.app != "" {
				objects = append(objects, c.app)
			}
			p := offline(t, projectText+c.text, "["+strings.Join(objects, ",")+"]", `{"app.slides": `+c.facts+`}`, c.destroy)
			golden(t, c.name, slices.DeleteFunc(p.Steps, func(s *resource.Step) bool { return s.Address.Kind != "app" }))
		})
	}
}

// offline plans against a recorded world.
func offline(t *testing.T, text, objects, facts string, destroy bool) *plan.Plan {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	desired, ds := w.load(text)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	providers := []resource.Provider{lakebase.New(nil), app.New(nil)}
	scopes, ds := plan.Scopes("dev", desired, providers)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	var all []*resource.Live
	if err := json.Unmarshal([]byte(objects), &all); err != nil {
		t.Fatal(err)
	}
	var snaps []*resource.Snapshot
	for _, scope := range scopes {
		snap := &resource.Snapshot{Scope: scope}
		for _, o := range all {
			if slices.ContainsFunc(scope.Wanted, func(x resource.Wanted) bool { return x.Address == o.Address }) {
				snap.Objects = append(snap.Objects, o)
			}
		}
		if scope.System.Provider == "app" {
			snap.Facts = json.RawMessage(facts)
		}
		snaps = append(snaps, snap)
	}
	p, ds := plan.Build(plan.Request{Environment: plan.Environment{Name: "dev"}, Desired: desired, Providers: providers,
		Snapshots: snaps, Destroy: destroy, Version: "test"})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return p
}

// places are temporary folders, which differ from run to run.
var places = regexp.MustCompile(`"[^"]*/dev\.hcl"`)

func golden(t *testing.T, name string, steps []*resource.Step) {
	t.Helper()
	for _, s := range steps {
		s.Reads = nil // the engine's
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(steps); err != nil {
		t.Fatal(err)
	}
	got := places.ReplaceAll(b.Bytes(), []byte(`"dev.hcl"`))
	file := filepath.Join("testdata", name+".json")
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("golden files are not written in CI")
		}
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err, "; run go test -update")
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}
