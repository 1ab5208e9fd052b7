package lakebase_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/lakebase"
	"github.com/tellr-dev/tellr/providers/workspace"
	"github.com/tellr-dev/tellr/sandbox"
)

const me = "me@example.com"

// world is a sandbox with one environment that is planned and applied in it.
type world struct {
	t        *testing.T
	sb       *sandbox.Sandbox
	client   *workspace.Client
	provider *lakebase.Provider
	secrets  map[string]string
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
	w := &world{t: t, sb: sb, provider: lakebase.New(connect), secrets: map[string]string{}}
	if w.client, err = connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) services() resource.Services {
	return resource.Services{Now: time.Now, Secret: func(source string) (string, error) {
		if s, ok := w.secrets[source]; ok {
			return s, nil
		}
		return "", fmt.Errorf("%s is not set", source)
	}}
}

func kinds() resource.Kinds {
	all := resource.Kinds{}
	for _, k := range lakebase.Kinds() {
		all[k.Name] = k
	}
	return all
}

// load reads the text of an environment.
func load(t *testing.T, text string) ([]*resource.Resource, resource.Diagnostics) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dev.hcl")
	if err := os.WriteFile(file, []byte("environment \"dev\" {}\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	env, ds := config.Load(file, config.Options{Kinds: kinds()})
	return env.Resources, ds
}

func (w *world) plan(text string, destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
	w.t.Helper()
	desired, ds := load(w.t, text)
	if ds.HasErrors() {
		w.t.Fatal(ds)
	}
	providers := []resource.Provider{w.provider}
	snaps, ds := plan.Read(w.t.Context(), plan.ReadRequest{Environment: "dev", Desired: desired, Providers: providers, Services: w.services()})
	if ds.HasErrors() {
		return nil, ds
	}
	return plan.Build(plan.Request{Environment: plan.Environment{Name: "dev"}, Desired: desired, Providers: providers, Snapshots: snaps,
		Destroy: destroy, Allow: allow, Version: "test"})
}

func (w *world) mustPlan(text string, allow ...string) *plan.Plan {
	w.t.Helper()
	p, ds := w.plan(text, false, allow...)
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
	var again plan.Plan
	if err := json.Unmarshal(text, &again); err != nil {
		return nil, err
	}
	return apply.Run(ctx, apply.Request{Plan: &again, Providers: []resource.Provider{w.provider}, Services: w.services()})
}

// reach applies an environment and proves that nothing is left to do.
func (w *world) reach(text string) {
	w.t.Helper()
	p := w.mustPlan(text)
	if _, err := w.apply(w.t.Context(), p); err != nil {
		w.t.Fatalf("apply: %v\nof %s", err, titles(p))
	}
	w.settled(text)
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

// calls lists the requests that change something, since a sequence number.
func (w *world) calls(since int) []string {
	var out []string
	for _, r := range w.sb.Requests() {
		if r.Seq > since && r.Method != "GET" && !strings.Contains(r.Path, "credentials") {
			query := ""
			if r.Query != "" {
				query = "?" + r.Query
			}
			out = append(out, r.Method+" "+r.Path+query)
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
