package catalog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

var update = flag.Bool("update", false, "write the goldens")

// servers are started once for all tests, by version.
var servers struct {
	sync.Mutex
	m map[int]*cluster.Cluster
}

func TestMain(m *testing.M) {
	flag.Parse()
	if *update && os.Getenv("CI") != "" {
		fmt.Fprintln(os.Stderr, "goldens are not written in CI")
		os.Exit(1)
	}
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

// database makes an empty database and a connection to it, as the superuser.
func database(t testing.TB, version int) (*pgx.Conn, func(user string) *pgx.Conn) {
	t.Helper()
	c := server(t, version)
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := c.CreateDatabase(name); err != nil {
		t.Fatal(err)
	}
	connect := func(user string) *pgx.Conn {
		conn, err := pgx.Connect(context.Background(), c.DSN(user, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		return conn
	}
	t.Cleanup(func() {
		if err := c.DropDatabase(name); err != nil {
			t.Error(err)
		}
	})
	return connect(""), connect
}

func execute(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%s", err, strings.TrimSpace(sql))
	}
}
