package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
	"github.com/tellr-dev/tellr/providers/postgres/session"
)

const killBefore = `
schema "s" { instance = instance.main }
table "other" {
  schema      = schema.s
  columns     = { id = { type = "int" } }
  primary_key = ["id"]
}
table "t" {
  schema  = schema.s
  columns = { a = { type = "int" }, b = { type = "int" }, c = { type = "int" } }
  uniques = { t_u = { columns = ["b"] } }
  indexes = { t_old = { columns = ["a"] }, t_gone = { columns = ["b"] } }
}
`

const killRows = `INSERT INTO s.other SELECT generate_series(1, 300);
INSERT INTO s.t SELECT i, i, i FROM generate_series(1, 300) i`

const killAfter = `
schema "s" { instance = instance.main }
table "other" {
  schema      = schema.s
  columns     = { id = { type = "int" } }
  primary_key = ["id"]
}
table "t" {
  schema  = schema.s
  columns = {
    a  = { type = "int", not_null = true }
    b  = { type = "int" }
    c  = { type = "int" }
    id = { type = "serial" }
    u  = { type = "uuid", default = "gen_random_uuid()" }
    n  = { type = "bigint", identity = { always = true, start = 100, increment = 10 } }
  }
  primary_key  = ["id"]
  uniques      = { t_u = { columns = ["b", "c"] } }
  checks       = { t_c = "c > 0" }
  indexes      = { t_old = { columns = ["a", "b"] }, t_new = { columns = ["c"], unique = true } }
  foreign_keys = { t_other = { columns = ["a"], references = table.other } }
}
`

// cut loses the connection of a stage at the n-th statement of the plan that it sends.
type cut struct {
	*postgres.Provider
	dsn  string
	o    session.Options
	mu   sync.Mutex
	n    int // from 1; 0 never
	sent []string
	did  bool

	commits int
}

func (c *cut) Hold(ctx context.Context, scope resource.Scope, svc resource.Services) (resource.Ledger, error) {
	config, err := pgx.ParseConfig(c.dsn)
	if err != nil {
		return nil, err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	dial, first := config.DialFunc, true
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil || !first { // the second connection only watches
			return conn, err
		}
		first = false
		return &cutConn{conn, c}, nil
	}
	connect := func(ctx context.Context) (*pgx.Conn, error) {
		if c.did {
			return nil, net.ErrClosed // who is dead does not connect again
		}
		return pgx.ConnectConfig(ctx, config)
	}
	o := c.o
	o.Run, o.LockPatience, o.Look = svc.Run, 20*time.Second, 10*time.Millisecond
	return session.Hold(ctx, connect, scope, o)
}

type cutConn struct {
	net.Conn
	c *cut
}

func (c *cutConn) Write(b []byte) (int, error) {
	text := string(b)
	c.c.mu.Lock()
	defer c.c.mu.Unlock()
	if strings.Contains(text, "tellr.") { // what the ledger is told holds the statements, too
		return c.Conn.Write(b)
	}
	for _, mark := range []string{"CREATE INDEX", "CREATE UNIQUE INDEX", "DROP INDEX", "ALTER INDEX", "ALTER TABLE s.", "CREATE SEQUENCE", "UPDATE ONLY", "COMMIT\x00"} {
		if strings.Contains(text, mark) {
			if mark == "COMMIT\x00" {
				// Most are of the ledger, before and after each step: these are alike, so a few of them stand for all.
				if c.c.commits++; c.c.commits%8 != 1 {
					break
				}
			}
			c.c.sent = append(c.c.sent, text)
			if len(c.c.sent) == c.c.n {
				c.c.did = true
				c.Conn.Close()
				return 0, net.ErrClosed
			}
			break
		}
	}
	return c.Conn.Write(b)
}

// applyCut applies and loses the connection at the n-th statement.
func applyCut(t *testing.T, dsn string, desired []*resource.Resource, n int) *cut {
	t.Helper()
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	p, _ := build(t, w, desired, false)
	c := &cut{Provider: postgres.New(), dsn: dsn, n: n}
	if _, _, err := scopesOf(c, desired); err != nil {
		t.Fatal(err)
	}
	_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w, c}})
	if (err != nil) != c.did {
		t.Fatalf("cut at %d: %v, and the apply ends with %v", n, c.did, err)
	}
	return c
}

func scopesOf(p resource.Provider, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics, error) {
	scopes, ds := p.Scopes("test", desired)
	if ds.HasErrors() {
		return nil, ds, ds
	}
	return scopes, ds, nil
}

// unfinished counts what a change makes on its way and must not stay.
const unfinished = `SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'tellr\_%') + (SELECT count(*) FROM pg_constraint WHERE conname LIKE 'tellr\_%')
  + (SELECT count(*) FROM pg_index WHERE NOT indisvalid) + (SELECT count(*) FROM pg_constraint WHERE NOT convalidated)
  + (SELECT count(*) FROM s.t WHERE u IS NULL OR id IS NULL OR n IS NULL)
  + (SELECT count(*) - count(DISTINCT n) FROM (SELECT n FROM s.t UNION ALL SELECT nextval(pg_get_serial_sequence('s.t', 'n'))) x)`

var everyCut = flag.Bool("cuts", false, "lose the connection at every statement of an online change, not at every tenth")

// Killed before any statement of an online change, the next plan says what is left, its apply ends it, and nothing stays of
// what was made on the way.
func TestAnOnlineChangeIsKilledAnywhere(t *testing.T) {
	killAnywhere(t, killBefore, killRows, killAfter, unfinished)
}

// killAnywhere brings a database from before to after, as often as there are statements, and loses the connection at each
// of them once. unfinished counts what must not stay.
func killAnywhere(t *testing.T, before, rows, change, unfinished string) {
	t.Helper()
	template := database(t)
	w := &workspace{dsn: template, clients: map[string]string{}}
	run(t, w, load(t, before), false)
	psql(t, template, rows)
	name := template[strings.LastIndex(template, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	after := load(t, change)
	fresh := func(n int) string {
		copied := fmt.Sprintf("%s_%d", name[:min(len(name), 55)], n)
		s, err := server()
		if err != nil {
			t.Fatal(err)
		}
		psql(t, s.DSN("", "postgres"), fmt.Sprintf(`CREATE DATABASE "%s" TEMPLATE "%s"`, copied, name))
		t.Cleanup(func() { _ = s.DropDatabase(copied) })
		return s.DSN("", copied)
	}
	calm := fresh(0)
	total := len(applyCut(t, calm, after, 0).sent)
	want := catalog(t, &workspace{dsn: calm}, after)
	if total < 20 || psql(t, calm, unfinished) != "0" {
		t.Fatalf("%d statements, and %s things are left", total, psql(t, calm, unfinished))
	}
	t.Logf("%d statements", total)
	every := 10
	if *everyCut {
		every = 1
	}
	for n := 1; n <= total; n += every {
		dsn := fresh(n)
		c := applyCut(t, dsn, after, n)
		at := c.sent[len(c.sent)-1]
		w := &workspace{dsn: dsn, clients: map[string]string{}}
		if p, blocked := run(t, w, after, false); blocked || p.Empty() {
			if !strings.Contains(at, "COMMIT") { // the last one is of the ledger alone
				t.Errorf("cut at %d (%q): the next plan is blocked (%v) or empty:\n%s", n, at, blocked, show(p))
			}
		}
		if again, _ := build(t, w, after, false); !again.Empty() {
			t.Errorf("cut at %d (%q): something is left to do:\n%s", n, at, show(again))
		}
		if diff := cmp.Diff(want, catalog(t, w, after)); diff != "" {
			t.Errorf("cut at %d (%q) (-calm +cut):\n%s", n, at, diff)
		}
		if left := psql(t, dsn, unfinished); left != "0" {
			t.Errorf("cut at %d (%q): %s things stay", n, at, left)
		}
	}
}

// The server loses its backend in the middle of a build: the invalid index is said, and replaced.
func TestABuildIsKilledInTheMiddle(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	run(t, w, load(t, killBefore), false)
	psql(t, dsn, killRows)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the database goes anyway
	old, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(t.Context(), "SELECT * FROM s.other"); err != nil {
		t.Fatal(err)
	}
	after := load(t, strings.Replace(killBefore, `columns = ["a"]`, `columns = ["a", "b"]`, 1))
	p, _ := build(t, w, after, false)
	done := make(chan error, 1)
	go func() {
		_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w, postgres.New()}})
		done <- err
	}()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for psql(t, dsn, `SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE NOT l.granted AND l.locktype = 'virtualxid' AND a.datname = current_database()`) == "0" {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the build did not come to wait")
		}
	}
	if err := <-done; err == nil {
		t.Fatal("the apply did not notice")
	}
	if err := old.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := psql(t, dsn, "SELECT relname FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE NOT indisvalid"); got != "tellr_new_t_old" {
		t.Fatalf("invalid: %q", got)
	}
	p, _ = run(t, w, after, false)
	if text := show(p); !strings.Contains(text, "an earlier replacement did not end") || !strings.Contains(text, "DROP INDEX CONCURRENTLY s.tellr_new_t_old") {
		t.Error(text)
	}
	if again, _ := build(t, w, after, false); !again.Empty() {
		t.Error(show(again))
	}
	if got := psql(t, dsn, "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 's.t'::regclass"); got != "t_gone t_old t_u" {
		t.Errorf("indexes: %s", got)
	}
}

// Rows with nulls: the change fails, names them, and does not leave a check that keeps them from being written.
func TestNullsStopANotNull(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	run(t, w, load(t, killBefore), false)
	psql(t, dsn, "INSERT INTO s.t VALUES (NULL, 1, 1)")
	p, _ := build(t, w, load(t, strings.Replace(killBefore, `a = { type = "int" }`, `a = { type = "int", not_null = true }`, 1)), false)
	_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w, postgres.New()}})
	if err == nil || !strings.Contains(err.Error(), "tellr_not_null_a") {
		t.Error(err)
	}
	psql(t, dsn, "UPDATE s.t SET b = 2")
	if got := psql(t, dsn, "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'tellr%'"); got != "0" {
		t.Errorf("%s checks are left", got)
	}
}

// late does something when a stage has the lock, as an apply that held it a moment ago.
type late struct {
	*postgres.Provider
	do func()
}

func (l *late) Open(ctx context.Context, scope resource.Scope, stage resource.Stage, svc resource.Services) (resource.Session, error) {
	l.do()
	return l.Provider.Open(ctx, scope, stage, svc)
}

// A plan of online steps alone looks again behind the lock, too.
func TestAnOnlinePlanThatCameTooLate(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	run(t, w, load(t, killBefore), false)
	psql(t, dsn, killRows)
	desired := load(t, strings.Replace(killBefore, "t_old = {", `t_more = { columns = ["c"] }, t_old = {`, 1))
	p, _ := build(t, w, desired, false)
	l := &late{postgres.New(), func() { psql(t, dsn, "CREATE INDEX t_more ON s.t (c)") }}
	_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w, l}})
	var stale *apply.Stale
	if !errors.As(err, &stale) {
		t.Errorf("%v", err)
	}
}

// Who wants all or nothing gets it: one transaction, plainly.
func TestAtOnce(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	run(t, w, load(t, killBefore), false)
	psql(t, dsn, killRows)
	desired := load(t, killAfter)
	providers := []resource.Provider{w, postgres.New()}
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: desired, Providers: providers})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	p, ds := plan.Build(plan.Request{Environment: plan.Environment{Name: "test"}, Desired: desired, Providers: providers, Snapshots: snaps, AtOnce: true})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	for _, s := range p.Steps {
		if s.Stage != resource.Database {
			t.Errorf("%s is of stage %s", s.ID, s.Stage)
		}
	}
	if _, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: providers}); err != nil {
		t.Fatal(err)
	}
	if again, _ := build(t, w, desired, false); !again.Empty() {
		t.Error(show(again))
	}
}

// A copy of more than a gigabyte is blocked until it is named, and a check of the files stops less than that.
func TestLargeCopiesAndChecks(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	run(t, w, load(t, killBefore), false)
	psql(t, dsn, "UPDATE pg_class SET reltuples = 1e7, relpages = 200000 WHERE oid = 's.t'::regclass")
	desired := load(t, strings.Replace(killBefore, `c = { type = "int" }`, `c = { type = "bigint" }`, 1))
	blockOf := func(p *plan.Plan) *resource.Block { return p.Step("table.t/columns.c").Blocked }
	p, _ := build(t, w, desired, false)
	b := blockOf(p)
	if b == nil || !cmp.Equal(b.Allow, []resource.Permit{{Flag: resource.AllowRewrite, Name: "table.t.columns.c"}}) || !strings.Contains(b.Reason, "1.5 GB") {
		t.Fatalf("%+v", b)
	}
	check := &resource.Resource{
		Address: resource.Address{Kind: "check", Name: "calm"}, Kind: plan.CheckKind, Range: &resource.Range{File: "dev.hcl", Line: 7},
		Attrs: resource.Object(resource.F("max_lock_rows", resource.Int(1000)), resource.F("message", resource.String("Ask first"))),
	}
	with := func(change func(*plan.Request)) (*plan.Plan, resource.Diagnostics) {
		providers := []resource.Provider{w, postgres.New()}
		snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: desired, Providers: providers})
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		req := plan.Request{Environment: plan.Environment{Name: "test"}, Desired: desired, Providers: providers, Snapshots: snaps, Rules: []*resource.Resource{check}}
		change(&req)
		return plan.Build(req)
	}
	p, _ = with(func(r *plan.Request) { r.AllowRewrite = []string{"table.t.columns.c"} })
	if b = blockOf(p); b == nil || b.Allow[0].Name != "calm" || !strings.Contains(b.Reason, `check "calm" (dev.hcl:7`) ||
		!strings.Contains(b.Reason, "ALTER TABLE s.t") || !strings.Contains(b.Reason, "Ask first") {
		t.Fatalf("%+v", b)
	}
	p, _ = with(func(r *plan.Request) { r.AllowRewrite, r.AllowCheck = []string{"table.t.columns.c"}, []string{"calm"} })
	if b = blockOf(p); b != nil {
		t.Errorf("%+v", b)
	}
	if _, ds := with(func(r *plan.Request) { r.AllowCheck = []string{"clam"} }); !ds.HasErrors() || !strings.Contains(ds.Error(), "--allow-check clam names no check") {
		t.Error(ds)
	}
}
