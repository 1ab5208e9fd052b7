package lakebase_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/sandbox"
)

const endpoint = "projects/slides/branches/production/endpoints/primary"

// world is a workspace with an autoscaling project, a provisioned instance, and an app for each.
type world struct {
	*sandbox.Sandbox
	life time.Duration
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
	w := &world{sb, life}
	api := w.api(t)
	pg := postgres.NewPostgres(api)
	op, err := pg.CreateProject(t.Context(), postgres.CreateProjectRequest{ProjectId: "slides"})
	must(t, err)
	_, err = op.Wait(t.Context())
	must(t, err)
	w.app(t, api, "slides-app", apps.AppResource{Name: "postgres", Postgres: &apps.AppResourcePostgres{Branch: "projects/slides/branches/production",
		Database: "projects/slides/branches/production/databases/databricks-postgres", Permission: "CAN_CONNECT_AND_CREATE"}})
	return w
}

func (w *world) api(t *testing.T) *client.DatabricksClient {
	t.Helper()
	c, err := client.New(&config.Config{Host: w.Host(), Token: w.Token(), AuthType: "pat", ConfigFile: "/nonexistent", RateLimitPerSecond: 10000})
	must(t, err)
	return c
}

func (w *world) app(t *testing.T, api *client.DatabricksClient, name string, r apps.AppResource) {
	t.Helper()
	wait, err := apps.NewApps(api).Create(t.Context(), apps.CreateAppRequest{App: apps.App{Name: name, Resources: []apps.AppResource{r}}})
	must(t, err)
	_, err = wait.Get()
	must(t, err)
}

// instance adds a provisioned instance and an app that uses it.
func (w *world) instance(t *testing.T) {
	t.Helper()
	api := w.api(t)
	wait, err := database.NewDatabase(api).CreateDatabaseInstance(t.Context(), database.CreateDatabaseInstanceRequest{
		DatabaseInstance: database.DatabaseInstance{Name: "classic", Capacity: "CU_1"}})
	must(t, err)
	_, err = wait.Get()
	must(t, err)
	w.app(t, api, "classic-app", apps.AppResource{Name: "database", Database: &apps.AppResourceDatabase{
		InstanceName: "classic", DatabaseName: "databricks_postgres", Permission: "CAN_CONNECT_AND_CREATE"}})
}

// env is what a process of an app has, with some variables more.
func (w *world) env(t *testing.T, app string, more ...string) func(string) string {
	t.Helper()
	list, err := w.AppEnv(app)
	must(t, err)
	vars := map[string]string{"DATABRICKS_CONFIG_FILE": "/nonexistent"}
	for _, v := range append(list, more...) {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}

func (w *world) open(t *testing.T, more ...lakebase.Option) (*lakebase.Connector, *pgxpool.Pool) {
	t.Helper()
	c, err := lakebase.New(t.Context(), append([]lakebase.Option{lakebase.WithEnv(w.env(t, "slides-app", "LAKEBASE_ENDPOINT="+endpoint)),
		lakebase.WithMinTokenTTL(time.Second), lakebase.WithLogger(slog.New(slog.NewTextHandler(t.Output(), nil)))}, more...)...)
	must(t, err)
	pool, err := c.Pool(t.Context())
	must(t, err)
	t.Cleanup(func() { pool.Close(); c.Close() })
	return c, pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tokens counts the requests for database tokens so far.
func (w *world) tokens() (n int) {
	for _, r := range w.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/credentials") {
			n++
		}
	}
	return n
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
