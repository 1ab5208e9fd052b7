package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/proxy"
)

// kept waits until so many sessions wait for a client.
func (w *world) kept(p *proxy.Proxy, n int) {
	w.Helper()
	if !eventually(10*time.Second, func() bool { st := p.Status(); return st.Idle == n && st.Active == 0 }) {
		w.Fatalf("not %d sessions: %+v", n, p.Status())
	}
}

// A client finds nothing of the one that had the session before.
func TestPooledSessionsAreClean(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.proxy(proxy.Options{Pool: true})
	dirty := w.connect(dsn(p))
	pid := one[int](w, dirty, "SELECT pg_backend_pid()")
	for _, sql := range []string{"SET search_path = pg_temp", "SET TimeZone = 'Asia/Tokyo'", "SET application_name = 'leftover'", "SET statement_timeout = '1s'",
		"CREATE TEMP TABLE leftover ()", "LISTEN leftover", "SELECT pg_advisory_lock(42)", "PREPARE leftover AS SELECT 1", "SET my.variable = 'leftover'",
		"CREATE TEMP SEQUENCE s", "SELECT nextval('s')", "DECLARE leftover CURSOR WITH HOLD FOR SELECT 1", "SET ROLE pg_read_all_data", "NOTIFY leftover"} {
		if _, err := dirty.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil && !strings.Contains(sql, "SET ROLE") {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	must(t, dirty.Close(t.Context()))
	w.kept(p, 1)
	c := w.connect(dsn(p))
	if again := one[int](w, c, "SELECT pg_backend_pid()"); again != pid {
		t.Fatalf("another session: %d, not %d", again, pid)
	}
	for sql, want := range map[string]string{
		"SHOW search_path":                                   `"$user", public`,
		"SHOW TimeZone":                                      "Etc/UTC",
		"SHOW application_name":                              "tellr/slides-app",
		"SHOW statement_timeout":                             "0",
		"SELECT current_user::text":                          variable(p, "PGUSER"),
		"SELECT count(*)::text FROM pg_listening_channels()": "0",
		"SELECT count(*)::text FROM pg_prepared_statements WHERE name = 'leftover'": "0",
		"SELECT count(*)::text FROM pg_cursors WHERE name = 'leftover'":             "0",
		"SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'":           "0",
		"SELECT coalesce(to_regclass('pg_temp.leftover')::text, 'none')":            "none",
		"SELECT coalesce(current_setting('my.variable', true), '')":                 "",
	} {
		if got := one[string](w, c, sql); got != want && !(strings.Contains(sql, "TimeZone") && got != "Asia/Tokyo") {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	if tz := c.PgConn().ParameterStatus("TimeZone"); tz == "Asia/Tokyo" || tz == "" {
		t.Errorf("the client is told TimeZone %q", tz)
	}
}

// Which sessions are used again, and for whom.
func TestPoolKeepsWhatIsQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.proxy(proxy.Options{Pool: true, MaxConns: 3, Queue: 10 * time.Second})
	opened := func(n uint64) {
		t.Helper()
		if st := p.Status(); st.Opened != n {
			t.Errorf("%d sessions were made, want %d", st.Opened, n)
		}
	}
	leave := func(c *pgx.Conn, idle int) { t.Helper(); must(t, c.Close(t.Context())); w.kept(p, idle) }
	c := w.connect(dsn(p))
	leave(c, 1)
	opened(1)

	// Other parameters are another session.
	c = w.connect(dsn(p, "application_name=other"))
	leave(c, 2)
	opened(2)
	c = w.connect(dsn(p, "application_name=other"))
	leave(c, 2)
	opened(2)

	// A client that is gone without goodbye while nothing runs leaves its session too; one in a transaction does not.
	c = w.connect(dsn(p))
	c.PgConn().Conn().Close()
	w.kept(p, 2)
	opened(2)
	c = w.connect(dsn(p))
	_, err := c.Exec(t.Context(), "BEGIN")
	must(t, err)
	leave(c, 1)
	// Nor one that leaves an answer, or half of a message, behind.
	raw := w.throughProxy(p)
	_, err = raw.conn.Write([]byte("Q\x00\x00\x00\x12SELECT 1")) // four bytes are missing
	must(t, err)
	raw.conn.Close()
	w.kept(p, 1)
	raw = w.throughProxy(p)
	_, err = raw.conn.Write([]byte("Q\x00\x00\x00\x17SELECT pg_sleep(9)\x00X\x00\x00\x00\x04"))
	must(t, err)
	raw.conn.Close()
	w.kept(p, 1)
	raw = w.throughProxy(p)
	_, err = raw.conn.Write([]byte("P\x00\x00\x00\x10\x00SELECT 1\x00\x00\x00X\x00\x00\x00\x04")) // a Parse without its Sync
	must(t, err)
	raw.conn.Close()
	w.kept(p, 1)

	// Sessions that the server has ended are not given to anyone.
	leave(w.connect(dsn(p)), 2)
	w.reset()
	before := p.Status().Opened
	c = w.connect(dsn(p))
	must(t, c.Ping(t.Context()))
	if st := p.Status(); st.Opened != before+1 {
		t.Errorf("%+v", st)
	}
	leave(c, p.Status().Idle+1)

	// Never more sessions than clients may have: one that waits makes room.
	for _, name := range []string{"a", "b", "c", "d"} {
		must(t, w.connect(dsn(p, "application_name="+name)).Close(t.Context()))
		if !eventually(5*time.Second, func() bool { return p.Status().Active == 0 }) {
			t.Fatal("still active")
		}
	}
	if st := p.Status(); st.Idle > 3 {
		t.Errorf("%d sessions", st.Idle)
	}
}

// Sessions end when they are old, or nobody wants them.
func TestPoolLifetimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.proxy(proxy.Options{Pool: true, IdleTime: 50 * time.Millisecond})
	must(t, w.connect(dsn(p)).Close(t.Context()))
	if !eventually(10*time.Second, func() bool { st := p.Status(); return st.Active == 0 && st.Idle == 0 && st.Opened == 1 }) {
		t.Errorf("%+v", p.Status())
	}
	old := w.proxy(proxy.Options{Pool: true, Lifetime: time.Nanosecond})
	for range 2 {
		c := w.connect(dsn(old))
		must(t, c.Ping(t.Context()))
		must(t, c.Close(t.Context()))
		w.kept(old, 0)
	}
	if st := old.Status(); st.Opened != 2 || st.Reused != 0 {
		t.Errorf("%+v", st)
	}
	admin, err := w.Admin("slides", "")
	must(t, err)
	if !eventually(10*time.Second, func() bool {
		return one[int](w, w.connect(admin), "SELECT count(*)::int FROM pg_stat_activity WHERE application_name LIKE 'tellr/%'") == 0
	}) {
		t.Error("sessions are left at the server")
	}
}
