package lakebase_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/lakebase"
)

var update = flag.Bool("update", false, "write the golden files")

// Each file of testdata is the steps of one difference.
func TestSteps(t *testing.T) {
	const (
		liveProject = `[{"address": "instance.main", "identity": "u1", "attrs": {"name": "db-tellr", "autoscaling": {"pg_version": 17,
			"min_cu": 1, "max_cu": 4, "suspend_after": "5m", "retention": "7d", "display_name": "db-tellr", "enable_pg_native_login": false},
			"host": "h", "uid": "u1", "type": "autoscaling"}}]`
		liveInstance = `[{"address": "instance.main", "identity": "u1", "attrs": {"name": "old-db", "provisioned": {"capacity": "CU_2",
			"node_count": 2, "stopped": true, "retention": "7d", "enable_readable_secondaries": false, "enable_pg_native_login": false},
			"host": "h", "uid": "u1", "type": "provisioned"}}]`
	)
	for _, c := range []struct {
		name, text, objects, facts string
		destroy                    bool
	}{
		{"project_create", project, "", "", false},
		{"project_create_bare", `instance "db-tellr" {}`, "", "", false},
		{"project_update", strings.Replace(project, `"5m"`, `"never"`, 1), liveProject, "", false},
		{"project_wait", "instance \"main\" {\n name = \"db-tellr\"\n}", liveProject, `{"instance.main": {"unready": "its endpoint is INIT"}}`, false},
		{"project_replace", "instance \"main\" {\n name = \"db-tellr\"\n autoscaling { pg_version = 16 }\n}", liveProject, "", false},
		{"project_delete", project, liveProject, "", true},
		{"provisioned_create", provisionedOne, "", "", false},
		{"provisioned_create_again", provisionedOne, "", `{"instance.main": {"going": true}}`, false},
		{"provisioned_update_stopped", provisionedOne, liveInstance, `{"instance.main": {"stopped": true}}`, false},
		{"provisioned_delete", provisionedOne, liveInstance, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := offline(t, c.text, c.objects, c.facts, c.destroy)
			golden(t, c.name, p.Steps)
		})
	}
}

// offline plans against a recorded world.
func offline(t *testing.T, text, objects, facts string, destroy bool) *plan.Plan {
	t.Helper()
	desired, ds := load(t, text)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	providers := []resource.Provider{lakebase.New(nil)}
	scopes, ds := plan.Scopes("dev", desired, providers)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	snap := &resource.Snapshot{Scope: scopes[0]}
	if objects != "" {
		if err := json.Unmarshal([]byte(objects), &snap.Objects); err != nil {
			t.Fatal(err)
		}
	}
	if facts != "" {
		snap.Facts = json.RawMessage(facts)
	}
	p, ds := plan.Build(plan.Request{Environment: plan.Environment{Name: "dev"}, Desired: desired, Providers: providers,
		Snapshots: []*resource.Snapshot{snap}, Destroy: destroy, Version: "test"})
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
