package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/app"
	"github.com/tellr-dev/tellr/providers/lakebase"
	"github.com/tellr-dev/tellr/providers/workspace"
	"github.com/tellr-dev/tellr/sandbox"
)

const (
	me   = "me@example.com"
	root = "/Workspace/Users/me@example.com/.apps/slides"
)

// world is a sandbox with one environment that is planned and applied in it,
// and a source folder beside the environment file.
type world struct {
	t       *testing.T
	sb      *sandbox.Sandbox
	client  *workspace.Client
	parts   []resource.Provider
	secrets map[string]string
	dir     string

	mu       sync.Mutex
	once     sync.Once
	changing func()
}

func newWorld(t *testing.T, delays sandbox.Delays) *world {
	t.Helper()
	for _, e := range os.Environ() { // a developer's login must not get in
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "DATABRICKS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("DATABRICKS_RATE_LIMIT", "500") // the SDK's own limit of 15 a second is for real workspaces
	sb, err := sandbox.Start(t.Context(), sandbox.Options{User: me, Delays: &delays})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sb.Close() })
	connect := workspace.Connector(workspace.Options{Host: sb.Host(), Token: sb.Token(), Version: "0.0.0-test"})
	w := &world{t: t, sb: sb, secrets: map[string]string{}, dir: t.TempDir(),
		parts: []resource.Provider{lakebase.New(connect), app.New(connect)}}
	if w.client, err = connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.write("app/server.py", "print('hello')\n")
	w.write("app/lib/util.py", "x = 1\n")
	w.write("app/lib/__pycache__/util.pyc", "no")
	w.write("app/tests/test_x.py", "no")
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	name = filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) services() resource.Services {
	return resource.Services{Now: time.Now, Dir: w.dir, Secret: func(source string) (string, error) {
		if s, ok := w.secrets[source]; ok {
			return s, nil
		}
		return "", fmt.Errorf("%s is not set", source)
	}}
}

func kinds() resource.Kinds {
	all := resource.Kinds{}
	for _, k := range append(lakebase.Kinds(), app.Kinds()...) {
		all[k.Name] = k
	}
	return all
}

func (w *world) load(text string) ([]*resource.Resource, resource.Diagnostics) {
	w.t.Helper()
	w.write("dev.hcl", "environment \"dev\" {}\n"+text)
	env, ds := config.Load(filepath.Join(w.dir, "dev.hcl"), config.Options{Kinds: kinds()})
	return env.Resources, ds
}

func (w *world) plan(text string, destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
	w.t.Helper()
	desired, ds := w.load(text)
	if ds.HasErrors() {
		return nil, ds
	}
	snaps, ds := plan.Read(w.t.Context(), plan.ReadRequest{Environment: "dev", Desired: desired, Providers: w.parts, Services: w.services()})
	if ds.HasErrors() {
		return nil, ds
	}
	return plan.Build(plan.Request{Environment: plan.Environment{Name: "dev"}, Desired: desired, Providers: w.parts, Snapshots: snaps,
		Destroy: destroy, Allow: allow, Dir: w.dir, Version: "test"})
}

func (w *world) mustPlan(text string) *plan.Plan {
	w.t.Helper()
	p, ds := w.plan(text, false)
	if ds.HasErrors() {
		w.t.Fatal(ds)
	}
	return p
}

func (w *world) apply(ctx context.Context, p *plan.Plan) (*apply.Result, error) {
	// What is applied has been to a file.
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	for source, secret := range w.secrets {
		if strings.Contains(string(text), secret) {
			w.t.Errorf("the plan holds the secret %s", source)
		}
	}
	var again plan.Plan
	if err := json.Unmarshal(text, &again); err != nil {
		return nil, err
	}
	return apply.Run(ctx, apply.Request{Plan: &again, Providers: w.parts, Services: w.services()})
}

// reach applies an environment, proves that nothing is left to do, and gives
// the plan.
func (w *world) reach(text string) *plan.Plan {
	w.t.Helper()
	p := w.mustPlan(text)
	if _, err := w.apply(w.t.Context(), p); err != nil {
		w.t.Fatalf("apply: %v\nof %s", err, titles(p))
	}
	w.settled(text)
	return p
}

func (w *world) settled(text string) {
	w.t.Helper()
	if p := w.mustPlan(text); !p.Empty() {
		b, _ := json.MarshalIndent(p.Steps, "", "  ")
		w.t.Fatalf("something is left to do:\n%s", b)
	}
}

func titles(p *plan.Plan) string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.ID+": "+s.Title)
	}
	return strings.Join(out, "\n")
}

func ids(p *plan.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.ID)
	}
	return out
}

// calls lists the requests that change something, since a sequence number,
// with the number of files in place of each one's path.
func (w *world) calls(since int) []string {
	var out []string
	for _, r := range w.sb.Requests() {
		if r.Seq > since && r.Method != "GET" && r.Path != "/api/2.0/workspace/import" && r.Path != "/api/2.0/workspace/mkdirs" {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return out
}

func (w *world) seq() int {
	all := w.sb.Requests()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Seq
}

func endpointOf(project string) postgres.GetEndpointRequest {
	return postgres.GetEndpointRequest{Name: "projects/" + project + "/branches/production/endpoints/primary"}
}

func deleteOf(project string) postgres.DeleteProjectRequest {
	return postgres.DeleteProjectRequest{Name: "projects/" + project, Purge: true}
}

// onChange calls f before each request that changes something.
func (w *world) onChange(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changing = f
	w.once.Do(func() {
		w.sb.OnRequest(func(r sandbox.Request) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.changing != nil && r.Method != "GET" {
				w.changing()
			}
		})
	})
}
