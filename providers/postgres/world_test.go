package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// workspace stands for the providers of instances and apps: all that is declared is there, on one test server.
type workspace struct {
	dsn string // of the database; "" means that there is none yet
	// clients are the roles of apps by the app's label; an app that is not in it does not exist yet.
	clients map[string]string
}

var (
	instanceKind = &resource.Kind{Name: "instance", Order: 1, Stage: resource.Workspace, Attrs: []resource.Attr{{Name: "name", Type: resource.Text}}}
	branchKind   = &resource.Kind{Name: "branch", Order: 2, Stage: resource.Workspace, Attrs: []resource.Attr{{Name: "name", Type: resource.Text}}}
	appKind      = &resource.Kind{Name: "app", Order: 3, Stage: resource.Workspace, Attrs: []resource.Attr{
		{Name: "name", Type: resource.Text}, {Name: "service_principal_client_id", Type: resource.Text, Computed: true},
	}}
)

func (w *workspace) Name() string { return "workspace" }

func (w *workspace) Kinds() []*resource.Kind {
	return []*resource.Kind{instanceKind, branchKind, appKind}
}

func (w *workspace) Scopes(environment string, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	s := resource.Scope{Environment: environment, System: resource.System{Provider: "workspace", Name: "workspace"}}
	for _, r := range desired {
		if r.Kind.Stage == resource.Workspace {
			s.Wanted = append(s.Wanted, resource.Wanted{Address: r.Address, Locate: r.Attrs})
		}
	}
	return []resource.Scope{s}, nil
}

func (w *workspace) Read(_ context.Context, scope resource.Scope, _ resource.Services) (*resource.Snapshot, error) {
	snap := &resource.Snapshot{Scope: scope}
	for _, x := range scope.Wanted {
		attrs := x.Locate
		if x.Address.Kind == "app" {
			id := w.clients[x.Address.Name]
			if id == "" {
				continue
			}
			attrs = attrs.With("service_principal_client_id", resource.String(id))
		}
		snap.Objects = append(snap.Objects, &resource.Live{Address: x.Address, Attrs: attrs})
	}
	return snap, nil
}

func (w *workspace) Normalize(r *resource.Resource, _ *resource.Snapshot) (resource.Value, resource.Diagnostics) {
	return r.Attrs, nil
}

func (w *workspace) Steps(req resource.StepsRequest) ([]*resource.Step, resource.Diagnostics) {
	var steps []*resource.Step
	for _, d := range req.Deltas {
		if d.Action == resource.Create {
			steps = append(steps, &resource.Step{ID: d.Address.String(), Address: d.Address, Action: resource.Create, Stage: resource.Workspace,
				Title: "create " + d.Address.String(), Yields: []resource.Yield{{Attr: "service_principal_client_id", Shape: "text"}}})
		}
	}
	return steps, nil
}

func (w *workspace) Open(context.Context, resource.Scope, resource.Stage, resource.Services) (resource.Session, error) {
	return w, nil
}

func (w *workspace) Run(_ context.Context, s *resource.Step, _ resource.Fill, _ func(string)) (map[string]resource.Value, error) {
	id := "sp-" + s.Address.Name
	w.clients[s.Address.Name] = id
	return map[string]resource.Value{"service_principal_client_id": resource.String(id)}, nil
}

func (w *workspace) Record(context.Context, resource.Memory) error { return nil }
func (w *workspace) Commit(context.Context) error                  { return nil }
func (w *workspace) Rollback(context.Context) error                { return nil }

func (w *workspace) Endpoint(context.Context, resource.Scope, resource.Address, string, resource.Services) (resource.Endpoint, error) {
	return resource.Endpoint{Absent: w.dsn == "", URL: w.dsn}, nil
}

// postgresServer is a real server that tests make databases on.
type postgresServer interface {
	CreateDatabase(name string) error
	DropDatabase(name string) error
	DSN(user, database string) string
}

// testRoles makes the roles that cases mention.
var testRoles = []string{`CREATE ROLE "sp-slides"`, `CREATE ROLE "sp-other"`, `CREATE ROLE reader`, `CREATE ROLE owners`}

// server starts one server for all tests, of Postgres 17 or the version that TELLR_TEST_POSTGRES says. With
// TELLR_TEST_DATABASE_URL it is the one at that URL, for versions that are installed otherwise.
var server = sync.OnceValues(func() (postgresServer, error) {
	if u := os.Getenv("TELLR_TEST_DATABASE_URL"); u != "" {
		for _, sql := range testRoles {
			_ = exec.Command("psql", "-c", sql, u).Run() // they may be there
		}
		return external(u), nil
	}
	version := 17
	if v := os.Getenv("TELLR_TEST_POSTGRES"); v != "" {
		if _, err := fmt.Sscan(v, &version); err != nil {
			return nil, err
		}
	}
	c, err := cluster.Start(context.Background(), cluster.Options{Version: version})
	if err != nil {
		return nil, err
	}
	return c, c.Exec(context.Background(), "postgres", testRoles...)
})

// external is a server that somebody else runs, by the URL of a database on it.
type external string

func (e external) CreateDatabase(name string) error {
	return exec.Command("psql", "-c", `CREATE DATABASE "`+name+`"`, string(e)).Run()
}

func (e external) DropDatabase(name string) error {
	return exec.Command("psql", "-c", `DROP DATABASE "`+name+`" WITH (FORCE)`, string(e)).Run()
}

func (e external) DSN(_, database string) string {
	u, err := url.Parse(string(e))
	if err != nil {
		return string(e)
	}
	u.Path = "/" + database
	return u.String()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := server(); err == nil {
		if c, ok := s.(*cluster.Cluster); ok {
			_ = c.Close()
		}
	}
	for _, stop := range stopPairs {
		stop()
	}
	os.Exit(code)
}

// database makes an empty database and gives its URL. Without a server the test is skipped, but not in CI.
func database(t *testing.T) string {
	t.Helper()
	c, err := server()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no server: ", err)
	}
	return databaseOn(t, c)
}

// databaseOn makes an empty database on a server.
func databaseOn(t *testing.T, c postgresServer) string {
	t.Helper()
	name := "t_" + strings.ToLower(strings.Map(func(r rune) rune {
		if r == '/' || r == '-' || r == ' ' {
			return '_'
		}
		return r
	}, t.Name())) + fmt.Sprint(time.Now().UnixNano()%1_000_000)
	name = name[max(0, len(name)-60):]
	if err := c.CreateDatabase(name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.DropDatabase(name) })
	return c.DSN("", name)
}

func psql(t *testing.T, dsn, sql string) string {
	t.Helper()
	cmd := exec.Command("psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql, dsn)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

const preamble = `
environment "test" {}
instance "main" {}
`

// load reads HCL as an environment. An app that the text mentions is declared.
func load(t *testing.T, hcl string) []*resource.Resource {
	t.Helper()
	kinds := resource.Kinds{}
	for _, k := range slices.Concat(postgres.Kinds(), []*resource.Kind{instanceKind, branchKind, appKind}) {
		kinds[k.Name] = k
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "test.hcl")
	if err := os.WriteFile(file, []byte(hcl+preamble), 0o600); err != nil {
		t.Fatal(err)
	}
	env, ds := config.Load(file, config.Options{Kinds: kinds})
	if ds.HasErrors() {
		t.Fatalf("%v", strings.ReplaceAll(ds.Error(), dir+"/", ""))
	}
	return env.Resources
}

// build plans from what is live.
func build(t *testing.T, w *workspace, desired []*resource.Resource, destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
	t.Helper()
	return buildAs(t, "test", w, desired, destroy, allow...)
}

// buildAs plans for an environment of another name, which has a ledger of its own.
func buildAs(t *testing.T, environment string, w *workspace, desired []*resource.Resource, destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
	t.Helper()
	return readAs(t, environment, w, desired)(destroy, allow...)
}

// readAs reads what is live, and gives the way to plan from it.
func readAs(t *testing.T, environment string, w *workspace, desired []*resource.Resource) func(destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
	t.Helper()
	planned := reading(t, environment, w, desired)
	return func(destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
		t.Helper()
		p, ds := planned(destroy, allow...)
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		return p, ds
	}
}

// refused tells why there is no plan.
func refused(t *testing.T, w *workspace, desired []*resource.Resource) resource.Diagnostics {
	t.Helper()
	_, ds := reading(t, "test", w, desired)(false)
	return ds
}

// reading reads what is live, and gives the way to plan from it, which may fail.
func reading(t *testing.T, environment string, w *workspace, desired []*resource.Resource) func(destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
	t.Helper()
	providers := []resource.Provider{w, postgres.New()}
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: environment, Desired: desired, Providers: providers})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return func(destroy bool, allow ...string) (*plan.Plan, resource.Diagnostics) {
		return plan.Build(plan.Request{
			Environment: plan.Environment{Name: environment, File: environment + ".hcl"}, Desired: desired, Providers: providers,
			Snapshots: snaps, Version: "test", Destroy: destroy, Allow: allow,
		})
	}
}

// run applies what is desired, destruction included, and tells what the plan was. blocked: nothing was run, as something
// cannot be done.
func run(t *testing.T, w *workspace, desired []*resource.Resource, destroy bool) (p *plan.Plan, blocked bool) {
	t.Helper()
	p, blocked, err := attempt(t, w, desired, destroy)
	if err != nil {
		t.Fatalf("apply: %v\n%s", err, show(p))
	}
	return p, blocked
}

// attempt is run, for who expects that the apply can fail.
func attempt(t *testing.T, w *workspace, desired []*resource.Resource, destroy bool) (p *plan.Plan, blocked bool, err error) {
	t.Helper()
	planned := reading(t, "test", w, desired)
	p, ds := planned(destroy)
	if ds.HasErrors() {
		return p, false, ds
	}
	var allow []string
	for _, s := range p.Steps {
		switch {
		case s.Blocked != nil && (!s.Destroys || len(s.Blocked.Allow) == 0):
			return p, true, nil
		case s.Destroys && !slices.Contains(allow, s.Guard()):
			allow = append(allow, s.Guard())
		}
	}
	free := p
	if len(allow) > 0 {
		if free, ds = planned(destroy, allow...); ds.HasErrors() {
			return free, false, ds
		}
	}
	if free.Idle() {
		return p, false, nil
	}
	if _, err := apply.Run(context.Background(), apply.Request{Plan: free, Providers: []resource.Provider{w, postgres.New()}}); err != nil {
		return free, false, err
	}
	return p, false, nil
}

// show writes a plan as SQL. Its comments have three dashes, as two are a txtar archive's own.
func show(p *plan.Plan) string {
	var b strings.Builder
	if p == nil {
		return ""
	}
	for _, s := range p.Steps {
		if !s.Stage.InDatabase() || s.Action.OnlyLedger() {
			continue
		}
		fmt.Fprintf(&b, "--- %s: %s", s.Action, s.Title)
		if s.Stage != resource.Database {
			fmt.Fprintf(&b, " (%s)", s.Stage)
		}
		if s.Cause == resource.CauseDrift {
			b.WriteString(" (drift)")
		}
		b.WriteString("\n")
		if s.Reason != "" {
			fmt.Fprintf(&b, "---   because %s\n", s.Reason)
		}
		if s.Blocked != nil {
			fmt.Fprintf(&b, "---   blocked: %s\n", s.Blocked.Reason)
			for _, p := range s.Blocked.Allow {
				fmt.Fprintf(&b, "---   unless allowed: %s\n", p.Name)
			}
		}
		for _, st := range s.Statements {
			var notes []string
			if st.Lock != "" {
				notes = append(notes, st.Lock+" on "+st.LockOn)
			}
			if st.Rewrite {
				notes = append(notes, "rewrite")
			}
			if st.Scan {
				notes = append(notes, "scan")
			}
			if len(notes) > 0 {
				fmt.Fprintf(&b, "---   %s\n", strings.Join(notes, ", "))
			}
			for _, h := range st.Hazards {
				if h.Kind == resource.HazardLock || h.Kind == resource.HazardRewrite || h.Kind == resource.HazardScan {
					continue // said above
				}
				fmt.Fprintf(&b, "---   hazard %s: %s\n", h.Kind, h.Detail)
			}
			if st.Batch != nil {
				fmt.Fprintf(&b, "---   in batches of %d up to %s\n", st.Batch.Size, st.Batch.End)
			}
			b.WriteString(st.SQL.String() + ";\n")
		}
		for _, u := range s.Undo {
			fmt.Fprintf(&b, "---   undo: %s;\n", strings.ReplaceAll(u.String(), "\n", "\n---   "))
		}
		if s.NoUndo != "" {
			fmt.Fprintf(&b, "---   no undo: %s\n", s.NoUndo)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// notNullName is what Postgres 18 calls the refusal of nulls when its column or table was called otherwise: a name that
// nobody writes.
var notNullName = regexp.MustCompile(`CONSTRAINT ("([^"]|"")+"|\S+) NOT NULL`)

// dump gives the schema of a database as pg_dump prints it, in an order that does not depend on that of columns; nil
// without a pg_dump that is new enough.
func dump(t *testing.T, dsn string) []string {
	t.Helper()
	out, err := exec.Command("pg_dump", "--schema-only", "--exclude-schema=tellr", dsn).CombinedOutput()
	if err != nil {
		if bytes.Contains(out, []byte("version mismatch")) || errors.Is(err, exec.ErrNotFound) {
			return nil
		}
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
	var lines []string
	for line := range strings.SplitSeq(string(out), "\n") {
		line = notNullName.ReplaceAllString(strings.TrimSuffix(strings.TrimSpace(line), ","), "NOT NULL")
		if line == "" || strings.HasPrefix(line, "--") || strings.HasPrefix(line, `\`) {
			continue
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// catalog gives what stands in a database as tellr reads it.
func catalog(t *testing.T, w *workspace, desired []*resource.Resource) map[string]string {
	t.Helper()
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: desired, Providers: []resource.Provider{w, postgres.New()}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	out := map[string]string{}
	for _, s := range snaps {
		for _, o := range s.Objects {
			out[o.Address.String()] = o.Attrs.Show()
			for _, f := range o.Attrs.Get("columns").Fields() { // whose order does not count
				out[o.Address.String()+"."+f.Name] = f.Value.Show()
			}
			if o.Attrs.Has("columns") {
				out[o.Address.String()] = o.Attrs.Without("columns").Show()
			}
		}
		for _, u := range s.Undeclared {
			out["undeclared "+u.Kind] = strings.Join(u.Names, ", ")
		}
	}
	return out
}
