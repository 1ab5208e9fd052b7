package proxy_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/runtime/proxy"
	"github.com/tellr-dev/tellr/sandbox"
)

// Clients that differ in how they connect reach the database as the app's role.
func TestClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	dir := t.TempDir()
	p := w.proxy(proxy.Options{Listen: []string{"127.0.0.1:0"}, Socket: dir}, "LAKEBASE_SCHEMA=App Data")
	role := variable(p, "PGUSER")
	for name, to := range map[string]string{
		"as told":              dsn(p),
		"prefers TLS":          strings.Replace(dsn(p), "sslmode=disable", "sslmode=prefer", 1),
		"another user":         strings.Replace(dsn(p), "//"+role+":", "//somebody:", 1),
		"libpq's default":      "postgres://me:" + variable(p, "PGPASSWORD") + "@" + address(p) + "/me?sslmode=disable",
		"no database":          "postgres://me:" + variable(p, "PGPASSWORD") + "@" + address(p) + "/?sslmode=disable",
		"protocol 3.2":         dsn(p, "max_protocol_version=3.2"),
		"simple protocol":      dsn(p, "default_query_exec_mode=simple_protocol"),
		"a socket, no secrets": "host=" + dir + " user=x dbname=databricks_postgres",
	} {
		t.Run(name, func(t *testing.T) {
			c := w.connect(to)
			if got := one[string](w, c, "SELECT current_user || ' ' || current_database() || ' ' || current_setting('application_name') || ' ' || current_setting('search_path')"); got != role+` databricks_postgres tellr/slides-app "App Data"` {
				t.Error(got)
			}
		})
	}
	c := w.connect(dsn(p, "application_name=mine", "search_path=public", "statement_timeout=7s"))
	if got := one[string](w, c, "SELECT current_setting('application_name') || ' ' || current_setting('search_path') || ' ' || current_setting('statement_timeout')"); got != "mine public 7s" {
		t.Error(got)
	}
	c = w.connect(dsn(p, "options=-c%20search_path%3Dpg_catalog"))
	if got := one[string](w, c, "SHOW search_path"); got != "pg_catalog" {
		t.Error(got)
	}
	out, err := w.psql(p, "-Atc", "SELECT current_user")
	if err != nil || strings.TrimSpace(out) != role {
		t.Error(out, err)
	}
}

// What is refused is refused as Postgres would, with what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	var log syncBuffer
	p := w.proxy(proxy.Options{MaxConns: 1, Queue: 100 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
	refused := func(name, to, code, message, hint string) {
		t.Helper()
		c, err := pgx.Connect(t.Context(), to)
		if err == nil {
			c.Close(t.Context())
			t.Fatalf("%s: admitted", name)
		}
		var e *pgconn.PgError
		if !asPgError(err, &e) || e.Code != code || !strings.Contains(e.Message, message) || !strings.Contains(e.Hint, hint) || e.Severity != "FATAL" {
			t.Errorf("%s: %v, hint %q", name, err, e.Hint)
		}
	}
	refused("wrong password", strings.Replace(dsn(p), p.Password(), "guess", 1), "28000", "not known", "PGPASSWORD")
	must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: "28000", Count: -1}))
	refused("missing role", dsn(p), "28000", "does not exist", "databricks_create_role")
	w.Disarm()
	refused("missing database", strings.Replace(dsn(p), "/databricks_postgres", "/nowhere", 1), "3D000", `database "nowhere" does not exist`, "tellr apply")
	must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: "53300"}))
	refused("no connection left", dsn(p), "53300", "too many", "--pool session")
	holder := w.connect(dsn(p))
	refused("limit", dsn(p), "53300", "too many clients already", "--max-conns")
	if st := p.Status(); st.Ready || !strings.Contains(st.Reason, "places") || st.Active != 1 || st.Rejected["proxy_limit"] != 1 {
		t.Errorf("%+v", st)
	}
	// A place that becomes free is for who waits.
	waited := make(chan error, 1)
	p2 := w.proxy(proxy.Options{MaxConns: 1, Queue: time.Minute})
	first := w.connect(dsn(p2))
	go func() {
		c, err := pgx.Connect(t.Context(), dsn(p2))
		if err == nil {
			err = c.Close(t.Context())
		}
		waited <- err
	}()
	if !eventually(10*time.Second, func() bool { return p2.Status().Waiting == 1 }) {
		t.Fatal("nobody waits")
	}
	must(t, first.Close(t.Context()))
	must(t, <-waited)
	must(t, holder.Close(t.Context()))
	if strings.Contains(log.String(), p.Password()) {
		t.Error("the password is in the log")
	}
}

func asPgError(err error, to **pgconn.PgError) bool {
	*to = &pgconn.PgError{}
	return sqlstate(err) != "" && as(err, to)
}

// The workspace's refusal of a token reaches the client as text that says what to do.
func TestTokenRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	must(t, w.Arm(sandbox.Fault{Route: "POST /api/2.0/postgres/credentials", Status: 403, ErrorCode: "PERMISSION_DENIED", Count: -1}))
	p := w.proxy(proxy.Options{})
	_, err := pgx.Connect(t.Context(), dsn(p))
	var e *pgconn.PgError
	if !asPgError(err, &e) || e.Code != "28000" || !strings.Contains(e.Hint, "CAN_USE") || !strings.Contains(e.Message, "refuses to issue a token") {
		t.Errorf("%v: %+v", err, e)
	}
	if st := p.Status(); st.Ready || !strings.Contains(st.Reason, "no valid token") {
		t.Errorf("%+v", st)
	}
}

// A cancel request reaches the statement that it means, with and without a pool, also when all places are taken; and with a
// pool never a later client's.
func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for name, pool := range map[string]bool{"no pool": false, "pool": true} {
		t.Run(name, func(t *testing.T) {
			p := w.proxy(proxy.Options{Pool: pool, MaxConns: 1, Queue: 10 * time.Second})
			former := w.connect(dsn(p))
			must(t, former.Ping(t.Context()))
			late := former.PgConn()
			c := former
			if pool {
				must(t, former.Close(t.Context()))
				c = w.connect(dsn(p))
				if former.PgConn().PID() != c.PgConn().PID() {
					t.Fatal("another session")
				}
			}
			slept := make(chan error, 1)
			go func() { _, err := c.Exec(t.Context(), "SELECT pg_sleep(60)"); slept <- err }()
			if pool {
				must(t, late.CancelRequest(t.Context()))
				select {
				case err := <-slept:
					t.Fatalf("a former client cancels: %v", err)
				case <-time.After(300 * time.Millisecond):
				}
			}
			done := eventually(20*time.Second, func() bool {
				must(t, c.PgConn().CancelRequest(t.Context()))
				select {
				case err := <-slept:
					if sqlstate(err) != "57014" {
						t.Errorf("%v", err)
					}
					return true
				default:
					return false
				}
			})
			if !done {
				t.Fatal("not canceled")
			}
			must(t, c.Ping(t.Context()))
			must(t, c.Close(t.Context()))
		})
	}
}

// Only loopback, only one's own folder, only one's own socket.
func TestListeners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	try := func(o proxy.Options, want string) {
		t.Helper()
		p, err := proxy.New(w.connector(), o)
		if err == nil {
			defer p.Close()
			err = p.Start(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	try(proxy.Options{Listen: []string{"0.0.0.0:0"}}, "no loopback address")
	try(proxy.Options{Listen: []string{":0"}}, "no loopback address")
	try(proxy.Options{Listen: []string{"example.com:0"}}, "no loopback address")
	try(proxy.Options{Listen: []string{"5432"}}, "host:port")
	try(proxy.Options{}, "neither")
	try(proxy.Options{Listen: []string{"127.0.0.1:0"}, MaxConns: 1 << 30}, "ulimit -n")
	open := t.TempDir()
	must(t, os.Chmod(open, 0o777))
	try(proxy.Options{Socket: open}, "chmod 700")
	try(proxy.Options{Socket: filepath.Join(t.TempDir(), strings.Repeat("d", 100))}, "at most")
	taken := t.TempDir()
	must(t, os.WriteFile(filepath.Join(taken, ".s.PGSQL.5432"), nil, 0o600))
	try(proxy.Options{Socket: taken}, "is no socket")

	dir := filepath.Join(t.TempDir(), "made")
	p := w.proxy(proxy.Options{Socket: dir})
	try(proxy.Options{Socket: dir}, "listens on")
	socket := filepath.Join(dir, ".s.PGSQL.5432")
	info, err := os.Stat(socket)
	must(t, err)
	folder, err := os.Stat(dir)
	must(t, err)
	if info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), folder.Mode())
	}
	w.connect(dsn(p))
	// A socket that nobody listens on any more is replaced.
	must(t, p.Close())
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false)
	must(t, l.Close())
	w.connect(dsn(w.proxy(proxy.Options{Socket: dir})))

	both := w.proxy(proxy.Options{Listen: []string{"localhost:0"}})
	for _, a := range both.Status().Addresses {
		host, port, err := net.SplitHostPort(a)
		must(t, err)
		w.connect("host=" + host + " port=" + port + " user=x sslmode=disable password=" + both.Password())
	}
}

// Idle sessions end at once, busy ones when they are done, others when the time is over; all are told why.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for name, pool := range map[string]bool{"no pool": false, "pool": true} {
		t.Run(name, func(t *testing.T) {
			p := w.proxy(proxy.Options{Pool: pool})
			idle, busy, inTx, stuck := w.connect(dsn(p)), w.connect(dsn(p)), w.connect(dsn(p)), w.connect(dsn(p))
			must(t, idle.Ping(t.Context()))
			results := make(chan error, 2)
			go func() { _, err := busy.Exec(t.Context(), "SELECT pg_sleep(1)"); results <- err }()
			_, err := inTx.Exec(t.Context(), "BEGIN")
			must(t, err)
			stuckEnd := make(chan error, 1)
			go func() { _, err := stuck.Exec(t.Context(), "SELECT pg_sleep(60)"); stuckEnd <- err }()
			if !eventually(10*time.Second, func() bool {
				n := 0
				for _, s := range w.Statements() {
					if strings.Contains(s.SQL, "pg_sleep") {
						n++
					}
				}
				return n >= 2
			}) {
				t.Fatal("nothing runs")
			}
			p.Retire()
			if st := p.Status(); st.Ready || st.Reason != "shutting down" {
				t.Errorf("%+v", st)
			}
			w.connect(dsn(p)).Close(t.Context()) // still welcome
			drained := make(chan struct{})
			go func() { p.Drain(3 * time.Second); close(drained) }()
			if !eventually(5*time.Second, func() bool { return sqlstate(idle.Ping(t.Context())) == "57P01" || idle.IsClosed() }) {
				t.Error("the idle session lives")
			}
			// A transaction that is under way may be finished.
			_, err = inTx.Exec(t.Context(), "COMMIT")
			must(t, err)
			must(t, <-results)
			if _, err := pgx.Connect(t.Context(), dsn(p)); err == nil {
				t.Error("still accepts")
			}
			<-drained
			if err := <-stuckEnd; sqlstate(err) != "57P01" {
				t.Errorf("the stuck session: %v", err)
			}
		})
		w.reset()
	}
}

// reset ends what a test has left running at the database.
func (w *world) reset() {
	must(w.T, w.Restart(context.Background(), "slides", ""))
}
