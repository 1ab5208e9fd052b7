package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

var servers struct {
	sync.Mutex
	m map[int]*cluster.Cluster
}

func TestMain(m *testing.M) {
	servers.m = map[int]*cluster.Cluster{}
	code := m.Run()
	for _, c := range servers.m {
		if err := c.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

func server(t testing.TB, version int) *cluster.Cluster {
	t.Helper()
	servers.Lock()
	defer servers.Unlock()
	if c := servers.m[version]; c != nil {
		return c
	}
	c, err := cluster.Start(context.Background(), cluster.Options{Version: version})
	if errors.Is(err, cluster.ErrNoPostgres) && os.Getenv("CI") == "" {
		t.Skip(err) // a developer without that version; CI has them all
	}
	if err != nil {
		t.Fatal(err)
	}
	servers.m[version] = c
	return c
}

var databases atomic.Int64

// db is an empty database of a test's own.
type db struct {
	t    testing.TB
	c    *cluster.Cluster
	name string
	*pgx.Conn
}

func database(t testing.TB) *db {
	t.Helper()
	d := &db{t: t, c: server(t, 17), name: fmt.Sprintf("t%d", databases.Add(1))}
	if err := d.c.CreateDatabase(d.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.c.DropDatabase(d.name); err != nil {
			t.Error(err)
		}
	})
	conn, err := Connect(t.Context(), d.endpoint(""))
	if err != nil {
		t.Fatal(err)
	}
	d.Conn = conn
	t.Cleanup(func() { conn.Close(context.Background()) })
	return d
}

func (d *db) endpoint(user string) resource.Endpoint {
	return resource.Endpoint{URL: d.c.DSN(user, d.name)}
}

func (d *db) exec(sql string) {
	d.t.Helper()
	if _, err := d.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		d.t.Fatalf("%v\n%s", err, sql)
	}
}

// value is the one text that a query gives.
func (d *db) value(sql string) string {
	d.t.Helper()
	var s *string
	if err := d.QueryRow(context.Background(), "SELECT ("+sql+")::text").Scan(&s); err != nil {
		d.t.Fatalf("%v\n%s", err, sql)
	}
	if s == nil {
		return ""
	}
	return *s
}

func (d *db) want(sql, want string) {
	d.t.Helper()
	if got := d.value(sql); got != want {
		d.t.Errorf("%s: %q, want %q", sql, got, want)
	}
}

// eventually is want for what the server does in its own time: a backend is
// listed until it has seen that its client is gone.
func (d *db) eventually(sql, want string) {
	d.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for d.value(sql) != want {
		select {
		case <-tick.C:
		case <-deadline:
			d.want(sql, want)
			return
		}
	}
}

// connect opens a connection as a role, through change.
func (d *db) connect(user string, change func(*pgx.ConnConfig)) *pgx.Conn {
	d.t.Helper()
	config, err := configure(d.endpoint(user))
	if err != nil {
		d.t.Fatal(err)
	}
	if change != nil {
		change(config)
	}
	conn, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

var scope = resource.Scope{Environment: "dev", System: resource.System{Name: "test"}}

func (d *db) open(stage resource.Stage, o Options) *work {
	d.t.Helper()
	s, err := openOn(context.Background(), d.connect("", nil), scope, stage, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(s.l.Close)
	return s
}

func step(address string, statements ...string) *resource.Step {
	a, err := resource.ParseAddress(address)
	if err != nil {
		panic(err)
	}
	st := &resource.Step{ID: address, Address: a, Action: resource.Create, Title: "create", At: &resource.Range{File: "dev.hcl", Line: 7, Column: 1}}
	for _, s := range statements {
		st.Statements = append(st.Statements, resource.Statement{SQL: resource.RawSQL(s)})
	}
	return st
}

func noHoles(h resource.Hole) (resource.Value, error) {
	return resource.Null(), fmt.Errorf("nothing fills %s", h)
}

func (d *db) run(s *work, st *resource.Step) {
	d.t.Helper()
	if _, err := s.Run(context.Background(), st, noHoles, nil); err != nil {
		d.t.Fatal(err)
	}
}

func entry(address string, attrs ...resource.Field) resource.Entry {
	a, err := resource.ParseAddress(address)
	if err != nil {
		panic(err)
	}
	return resource.Entry{Address: a, Attrs: resource.Remember(resource.Object(attrs...))}
}

func text(name, v string) resource.Field { return resource.F(name, resource.String(v)) }

// diagnostic is the message in an error.
func diagnostic(t testing.TB, err error) *resource.Diagnostic {
	t.Helper()
	var d *resource.Diagnostic
	if !errors.As(err, &d) {
		t.Fatalf("%v (%T) is no diagnostic", err, err)
	}
	return d
}

// cutter loses the connection at a message of the client's.
type cutter struct {
	net.Conn
	at      string
	forward bool // the server still gets the message
}

func (c *cutter) Write(b []byte) (int, error) {
	if !strings.Contains(string(b), c.at) {
		return c.Conn.Write(b)
	}
	if c.forward {
		if _, err := c.Conn.Write(b); err != nil {
			return 0, err
		}
		// The server has done it when it answers; the answer is lost.
		one := make([]byte, 1)
		if err := c.Conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return 0, err
		}
		if _, err := c.Conn.Read(one); err != nil {
			return 0, err
		}
	}
	c.Conn.Close()
	return 0, net.ErrClosed
}

func cutAt(at string, forward bool) func(*pgx.ConnConfig) {
	return func(config *pgx.ConnConfig) {
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &cutter{Conn: conn, at: at, forward: forward}, nil
		}
	}
}
