package proxy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/proxy"
	"github.com/tellr-dev/tellr/sandbox"
)

const endpoint = "projects/slides/branches/production/endpoints/primary"

// world is a workspace with a project and an app that uses it.
type world struct {
	*testing.T
	*sandbox.Sandbox
}

func newWorld(t *testing.T, life time.Duration) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	sb, err := sandbox.Start(t.Context(), sandbox.Options{TokenLifetime: life, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t, sb}
	api, err := client.New(&config.Config{Host: sb.Host(), Token: sb.Token(), AuthType: "pat", ConfigFile: "/nonexistent", RateLimitPerSecond: 10000})
	must(t, err)
	op, err := postgres.NewPostgres(api).CreateProject(t.Context(), postgres.CreateProjectRequest{ProjectId: "slides"})
	must(t, err)
	_, err = op.Wait(t.Context())
	must(t, err)
	wait, err := apps.NewApps(api).Create(t.Context(), apps.CreateAppRequest{App: apps.App{Name: "slides-app", Resources: []apps.AppResource{
		{Name: "postgres", Postgres: &apps.AppResourcePostgres{Branch: "projects/slides/branches/production",
			Database: "projects/slides/branches/production/databases/databricks-postgres", Permission: "CAN_CONNECT_AND_CREATE"}}}}})
	must(t, err)
	_, err = wait.Get()
	must(t, err)
	return w
}

// appEnv is what a process of the app has, as a list.
func (w *world) appEnv(more ...string) []string {
	w.Helper()
	list, err := w.AppEnv("slides-app")
	must(w.T, err)
	return append(append(list, "DATABRICKS_CONFIG_FILE=/nonexistent", "LAKEBASE_ENDPOINT="+endpoint), more...)
}

func getenv(list []string) func(string) string {
	vars := map[string]string{}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}

func (w *world) connector(more ...string) *lakebase.Connector {
	w.Helper()
	c, err := lakebase.New(w.Context(), lakebase.WithEnv(getenv(w.appEnv(more...))), lakebase.WithMinTokenTTL(time.Second),
		lakebase.WithLogger(slog.New(slog.NewTextHandler(w.Output(), nil))))
	must(w.T, err)
	w.Cleanup(func() { c.Close() })
	return c
}

// proxy starts one on a free port.
func (w *world) proxy(o proxy.Options, more ...string) *proxy.Proxy {
	w.Helper()
	if o.Listen == nil && o.Socket == "" {
		o.Listen = []string{"127.0.0.1:0"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(w.Output(), nil))
	}
	p, err := proxy.New(w.connector(more...), o)
	must(w.T, err)
	must(w.T, p.Start(w.Context()))
	w.Cleanup(func() { p.Close() })
	return p
}

func variable(p *proxy.Proxy, name string) string {
	for _, v := range p.Environment() {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// dsn is the proxy's DATABASE_URL with parameters more.
func dsn(p *proxy.Proxy, more ...string) string {
	return strings.Join(append([]string{variable(p, "DATABASE_URL")}, more...), "&")
}

func address(p *proxy.Proxy) string {
	return net.JoinHostPort(variable(p, "PGHOST"), variable(p, "PGPORT"))
}

func (w *world) connect(dsn string) *pgx.Conn {
	w.Helper()
	c, err := pgx.Connect(w.Context(), dsn)
	must(w.T, err)
	w.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// psql runs psql with the proxy's variables.
func (w *world) psql(p *proxy.Proxy, args ...string) (string, error) {
	w.Helper()
	return w.program(p, "psql", append([]string{"-X"}, args...)...)
}

func (w *world) program(p *proxy.Proxy, name string, args ...string) (string, error) {
	w.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			w.Fatalf("%s is not installed", name)
		}
		w.Skipf("%s is not installed", name)
	}
	cmd := exec.CommandContext(w.Context(), path, args...)
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PG") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	for _, v := range p.Environment() {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out.String())
	}
	return out.String(), err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sqlstate(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func one[T any](w *world, c *pgx.Conn, query string, args ...any) (v T) {
	w.Helper()
	if err := c.QueryRow(w.Context(), query, args...).Scan(&v); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	return v
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func as(err error, to **pgconn.PgError) bool { return errors.As(err, to) }
