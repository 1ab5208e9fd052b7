package e2e

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

const devInstance = "ai-slide-generator-dev-db"

// The README's promise: from an empty workspace to a running app, and then
// nothing is left to do.
func TestDevFromNothingToRunning(t *testing.T) {
	w := newWorld(t)
	const file = "environments/dev.hcl"

	planned := w.exits(2, "plan", file, "--detailed-exitcode").out
	contains(t, planned, "instance.main", "app.slides", "schema.app_data", "grants.slides",
		"{{ident app.slides.service_principal_client_id}}", "function.tellr_agent_config_precedence",
		"Plan: ", "to create, 0 to update, 0 to destroy. sha256:")
	tables := regexp.MustCompile(`(?m)table\.[a-z_]+`).FindAllString(planned, -1)
	unique := map[string]bool{}
	for _, name := range tables {
		unique[name] = true
	}
	if len(unique) != 28 {
		t.Errorf("the plan names %d tables, want 28", len(unique))
	}

	applied := w.exits(0, "apply", file, "--yes")
	contains(t, applied.out+applied.err, "Apply complete")
	w.settled(file)

	appMayUseItsTables(w)
}

// appMayUseItsTables logs in as the app, with the app's own token through the
// gateway.
func appMayUseItsTables(w *world) {
	w.Helper()
	w.sql(devInstance, `SET ROLE "me@example.com"`, `CREATE TABLE app_data.later (id serial PRIMARY KEY, t text)`, `RESET ROLE`)
	conn := w.asApp("ai-slide-generator-dev", devInstance)
	for _, s := range []string{
		"INSERT INTO app_data.user_sessions (session_id, created_at, last_activity, is_processing) VALUES ('s', now(), now(), false)",
		"SELECT * FROM app_data.user_sessions", "UPDATE app_data.user_sessions SET title = 'x'", "DELETE FROM app_data.user_sessions",
		"SELECT nextval('app_data.user_sessions_id_seq')",
		"INSERT INTO app_data.later (t) VALUES ('x')", "SELECT * FROM app_data.later", "UPDATE app_data.later SET t = 'y'", "DELETE FROM app_data.later",
		"SELECT nextval('app_data.later_id_seq')",
	} {
		if _, err := conn.Exec(w.Context(), s); err != nil {
			w.Errorf("the app may not: %s: %v", s, err)
		}
	}
	for _, s := range []string{"DROP TABLE app_data.user_sessions", "DROP TABLE app_data.later", "ALTER TABLE app_data.user_sessions ADD x int", "TRUNCATE app_data.user_sessions"} {
		if _, err := conn.Exec(w.Context(), s); err == nil || !strings.Contains(err.Error(), "42501") {
			w.Errorf("the app should not be able to: %s: %v", s, err)
		}
	}
}

func TestStagingIsAutoscaling(t *testing.T) {
	w := newWorld(t)
	w.ok("apply", "environments/staging.hcl", "--yes")
	w.settled("environments/staging.hcl")
}

func TestLocalNeedsNoWorkspace(t *testing.T) {
	w := newWorld(t)
	w.ok("apply", "environments/dev.hcl", "--yes") // only to have a Postgres at hand
	admin := w.admin(devInstance)
	if _, err := admin.Exec(w.Context(), "CREATE DATABASE local"); err != nil {
		t.Fatal(err)
	}
	dsn, err := w.sb.Admin(devInstance, "")
	if err != nil {
		t.Fatal(err)
	}
	before := len(w.sb.Requests())
	w.env = []string{"DATABASE_URL=" + strings.Replace(dsn, "databricks_postgres", "local", 1), "TELLR_E2E_AS_TELLR=1", "PATH=/usr/bin:/bin", "HOME=" + w.dir}
	w.ok("apply", "environments/local.hcl", "--yes")
	w.settled("environments/local.hcl")
	if n := len(w.sb.Requests()); n != before {
		t.Errorf("%d requests went to a workspace", n-before)
	}
	var tables int
	conn, err := pgx.Connect(t.Context(), strings.Replace(dsn, "databricks_postgres", "local", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // the cluster goes anyway
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'app_data'").Scan(&tables); err != nil || tables != 28 {
		t.Errorf("%d tables, %v", tables, err)
	}
}

func TestASavedPlanIsWhatRuns(t *testing.T) {
	w := newWorld(t)
	w.ok("plan", "environments/dev.hcl", "--out", "p.json")
	shown := w.ok("show", "p.json")
	planned := w.ok("plan", "environments/dev.hcl")
	if diff := cmp.Diff(planned, shown); diff != "" {
		t.Errorf("plan and show differ:\n%s", diff)
	}
	w.exits(1, "apply", "p.json", "--yes", "--expect", strings.Repeat("0", 64))
	w.ok("apply", "p.json", "--yes")
	w.settled("environments/dev.hcl")
	stale := w.exits(3, "apply", "p.json", "--yes")
	contains(t, stale.err, "stale")
}

func TestDestroyKeepsDataUntilItIsNamed(t *testing.T) {
	w := newWorld(t)
	w.ok("apply", "environments/dev.hcl", "--yes")
	blocked := w.exits(5, "destroy", "environments/dev.hcl", "--yes")
	contains(t, blocked.out+blocked.err, "--allow-destroy instance.main", "28 table")
	w.settled("environments/dev.hcl")
	w.ok("destroy", "environments/dev.hcl", "--yes", "--allow-destroy", "instance.main")
	again := w.exits(0, "destroy", "environments/dev.hcl", "--yes")
	contains(t, again.out, "othing")
}

// asApp connects to an instance through the gateway, as an app does: with the
// app's own identity and a credential that it asked for itself.
func (w *world) asApp(app, instance string) *pgx.Conn {
	w.Helper()
	role := w.appRole(app)
	token, err := w.sb.TokenFor(role)
	if err != nil {
		w.Fatal(err)
	}
	var credential struct{ Token string }
	w.call(token, "POST", "/api/2.0/database/credentials", `{"request_id":"e2e","instance_names":["`+instance+`"]}`, &credential)
	var live struct {
		Host string `json:"read_write_dns"`
	}
	w.call(w.sb.Token(), "GET", "/api/2.0/database/instances/"+instance, "", &live)
	host, port, found := strings.Cut(live.Host, ":")
	if !found {
		port = "5432"
	}
	cfg, err := pgx.ParseConfig("host=" + host + " port=" + port + " dbname=databricks_postgres sslmode=verify-full sslrootcert=" + w.sb.AuthorityFile())
	if err != nil {
		w.Fatal(err)
	}
	cfg.User, cfg.Password = role, credential.Token
	conn, err := pgx.ConnectConfig(w.Context(), cfg)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close(context.Background()) }) // the gateway goes anyway
	return conn
}
