package doctor_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/doctor"
	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/sandbox"
)

const (
	endpoint = "projects/slides/branches/production/endpoints/primary"
	canary   = "CANARY-c0ffee-not-to-be-shown"
)

// world is a workspace with a project, an app that is bound to it, and a schema that is deployed for the app.
type world struct {
	*testing.T
	*sandbox.Sandbox
	app string // the app's role
}

func newWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	o.Log = t.Output()
	sb, err := sandbox.Start(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, sb.Close()) })
	w := &world{T: t, Sandbox: sb}
	api, err := client.New(&config.Config{Host: sb.Host(), Token: sb.Token(), AuthType: "pat", ConfigFile: "/nonexistent"})
	must(t, err)
	op, err := postgres.NewPostgres(api).CreateProject(t.Context(), postgres.CreateProjectRequest{ProjectId: "slides"})
	must(t, err)
	_, err = op.Wait(t.Context())
	must(t, err)
	wait, err := apps.NewApps(api).Create(t.Context(), apps.CreateAppRequest{App: apps.App{Name: "slides-app", Resources: []apps.AppResource{{
		Name: "postgres", Postgres: &apps.AppResourcePostgres{Branch: "projects/slides/branches/production",
			Database: "projects/slides/branches/production/databases/databricks-postgres", Permission: "CAN_CONNECT_AND_CREATE"}}}}})
	must(t, err)
	app, err := wait.Get()
	must(t, err)
	w.app = app.ServicePrincipalClientId
	w.sql(`CREATE SCHEMA app_data AUTHORIZATION "me@example.com"`,
		`CREATE TABLE app_data.notes (id serial PRIMARY KEY, body text)`, `CREATE TABLE app_data.tags (id int GENERATED ALWAYS AS IDENTITY, name text)`,
		`ALTER TABLE app_data.notes OWNER TO "me@example.com"`, `ALTER TABLE app_data.tags OWNER TO "me@example.com"`,
		`GRANT USAGE ON SCHEMA app_data TO $app`, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app_data TO $app`,
		`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA app_data TO $app`,
		`ALTER DEFAULT PRIVILEGES FOR ROLE "me@example.com" IN SCHEMA app_data GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO $app`,
		`ALTER DEFAULT PRIVILEGES FOR ROLE "me@example.com" IN SCHEMA app_data GRANT USAGE, SELECT ON SEQUENCES TO $app`)
	return w
}

// sql runs statements as the superuser, with the app's role for $app.
func (w *world) sql(statements ...string) {
	w.Helper()
	dsn, err := w.Admin("slides", "")
	must(w.T, err)
	conn, err := pgx.Connect(w.Context(), dsn)
	must(w.T, err)
	defer conn.Close(context.WithoutCancel(w.Context()))
	for _, s := range statements {
		if _, err := conn.Exec(w.Context(), strings.ReplaceAll(s, "$app", pgx.Identifier{w.app}.Sanitize())); err != nil {
			w.Fatalf("%s: %v", s, err)
		}
	}
}

// env is what the app's process has, with some variables more.
func (w *world) env(more ...string) func(string) string {
	w.Helper()
	list, err := w.AppEnv("slides-app")
	must(w.T, err)
	vars := map[string]string{"DATABRICKS_CONFIG_FILE": "/nonexistent"}
	for _, v := range slices.Concat(list, []string{"LAKEBASE_ENDPOINT=" + endpoint, "LAKEBASE_SCHEMA=app_data"}, more) {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}

// examine checks, and that no secret is in what it finds and logs.
func (w *world) examine(req doctor.Request) []doctor.Check {
	w.Helper()
	req.Now = time.Now
	var log bytes.Buffer
	req.Options = append(req.Options, lakebase.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))))
	var told []doctor.Check
	req.Tell = func(c doctor.Check) { told = append(told, c) }
	checks := doctor.Examine(w.Context(), req)
	if !slices.Equal(told, checks) {
		w.Errorf("told %v, found %v", told, checks)
	}
	text := fmt.Sprintf("%+v\n%s", checks, log.String())
	for _, name := range []string{"DATABRICKS_CLIENT_SECRET", "DATABRICKS_TOKEN", "PGPASSWORD"} {
		if secret := req.Env(name); len(secret) > 5 && strings.Contains(text, secret) {
			w.Errorf("%s is shown:\n%s", name, text)
		}
	}
	if strings.Contains(text, canary) || strings.Contains(text, "eyJ") { // a JWT begins so
		w.Errorf("a secret is shown:\n%s", text)
	}
	return checks
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// outcomes is the checks on one line each, without details.
func outcomes(checks []doctor.Check) string {
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%s %s %s %s | %s | %s\n", c.Outcome, c.Of, c.Name, c.Code, c.Detail, c.Cure)
	}
	return b.String()
}

// check finds the first check of a name.
func check(t *testing.T, checks []doctor.Check, name string) doctor.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %s in\n%s", name, outcomes(checks))
	return doctor.Check{}
}

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	before := len(w.Statements())
	checks := w.examine(doctor.Request{Env: w.env()})
	var names []string
	for _, c := range checks {
		names = append(names, c.Name)
		if c.Outcome != doctor.OK && c.Outcome != doctor.Skipped || c.Cure != "" {
			t.Errorf("%s: %+v", c.Name, c)
		}
	}
	want := slices.DeleteFunc(doctor.Names(), func(n string) bool { return n == doctor.SetRole })
	if !slices.Equal(names, want) || doctor.Failed(checks) {
		t.Errorf("the checks are %v, want %v", names, want)
	}
	for _, s := range w.Statements()[before:] {
		if first := strings.Fields(s.SQL); len(first) > 0 && first[0] != "SELECT" && first[0] != "WITH" {
			t.Errorf("it does more than read: %s", s.SQL)
		}
	}
	// A suspended compute is woken, and that is no failure.
	must(t, w.Suspend("slides", ""))
	if checks := w.examine(doctor.Request{Env: w.env()}); doctor.Failed(checks) {
		t.Errorf("after a suspend:\n%s", outcomes(checks))
	}
	must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: "57P03", Count: 2}))
	if c := check(t, w.examine(doctor.Request{Env: w.env()}), doctor.Login); c.Outcome != doctor.OK || !strings.Contains(c.Detail, "2 tries more") {
		t.Errorf("while it wakes: %+v", c)
	}
}

// Each step fails by itself, with its code, its cure, and what follows skipped.
func TestEachStepFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, closed, _ := net.SplitHostPort(free.Addr().String())
	must(t, free.Close())
	for _, c := range []struct {
		name string
		env  func(string) string
		at   string
		code lakebase.Code
		says string // in detail or cure
	}{
		{"nothing is set in an app", vars("DATABRICKS_APP_NAME=web"), doctor.Environment, lakebase.ErrNoEnvironment, "attach the database"},
		{"a wrong secret", w.env("DATABRICKS_CLIENT_SECRET=" + canary), doctor.Token, lakebase.ErrMintDenied, "DATABRICKS_CLIENT_SECRET"},
		{"an unknown endpoint", w.env("LAKEBASE_ENDPOINT=projects/other/branches/production/endpoints/primary"), doctor.Token, lakebase.ErrMintNotFound, "check the name"},
		{"an unknown endpoint without a host", w.env("LAKEBASE_ENDPOINT=projects/other/branches/production/endpoints/primary", "PGHOST="), doctor.Workspace, lakebase.ErrMintNotFound, "check the name"},
		{"an unknown name", w.env("PGHOST=no-such-host.invalid"), doctor.DNS, lakebase.ErrHostUnknown, "check PGHOST"},
		{"a closed port", w.env("PGHOST=127.0.0.1", "PGPORT="+closed), doctor.TCP, lakebase.ErrWaking, "firewall"},
		{"an untrusted certificate", w.env("PGSSLROOTCERT="), doctor.TLS, lakebase.ErrTLSUntrusted, "PGSSLROOTCERT"},
		{"a role that is not there", w.env("PGUSER=ghost"), doctor.Login, lakebase.ErrAuthRejected, "databricks_create_role"},
		{"a database that is not there", w.env("PGDATABASE=ghost"), doctor.Login, lakebase.ErrDatabaseMissing, "PGDATABASE"},
		{"a schema that is not there", w.env("LAKEBASE_SCHEMA=ghost"), doctor.Schema, lakebase.ErrSchemaMissing, "env LAKEBASE_SCHEMA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checks := w.examine(doctor.Request{Env: c.env})
			got := check(t, checks, c.at)
			if got.Outcome != doctor.Fail || got.Code != c.code || !strings.Contains(got.Detail+got.Cure, c.says) || got.Cure == "" {
				t.Errorf("%+v\n%s", got, outcomes(checks))
			}
			seen := false
			for _, other := range checks {
				switch {
				case other.Name == c.at:
					seen = true
				case other.Outcome == doctor.Fail:
					t.Errorf("%s fails too: %s", other.Name, other.Detail)
				case seen && (other.Outcome != doctor.Skipped || other.Detail != "because "+c.at+" failed"):
					t.Errorf("%s is not skipped: %+v", other.Name, other)
				}
			}
		})
	}
}

func vars(list ...string) func(string) string {
	m := map[string]string{}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		m[name] = value
	}
	return func(name string) string { return m[name] }
}

// A token that is over when it comes is a clock that is wrong.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{TokenLifetime: time.Second})
	c := check(t, w.examine(doctor.Request{Env: w.env()}), doctor.Token)
	if c.Outcome != doctor.Fail || c.Code != lakebase.ErrClockSkew || !strings.Contains(c.Cure, "clock") {
		t.Errorf("%+v", c)
	}
}

// What the app may not do is found, table by table, and nothing that it may.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{PlainACL: true})
	declared := []doctor.Need{{Schema: "app_data", OnSchema: []string{"USAGE"}, Tables: []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, Sequences: []string{"USAGE", "SELECT"}}}
	for _, c := range []struct {
		name, take, give string
		at               string
		outcome          doctor.Outcome
		says             string
		inferred         doctor.Outcome // where nothing is declared
	}{
		{"the schema", "REVOKE USAGE ON SCHEMA app_data FROM $app", "GRANT USAGE ON SCHEMA app_data TO $app", doctor.Schema, doctor.Fail, "lacks USAGE on schema", doctor.Fail},
		{"one table", "REVOKE INSERT ON app_data.notes FROM $app", "GRANT INSERT ON app_data.notes TO $app", doctor.Tables, doctor.Fail, "1 of 2 tables in app_data: INSERT on notes", doctor.Fail},
		{"all reading", "REVOKE SELECT ON ALL TABLES IN SCHEMA app_data FROM $app", "GRANT SELECT ON ALL TABLES IN SCHEMA app_data TO $app", doctor.Tables, doctor.Fail, "SELECT on notes, SELECT on tags", doctor.Fail},
		{"all writing", "REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app_data FROM $app", "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app_data TO $app", doctor.Tables, doctor.Fail, "INSERT+UPDATE+DELETE on notes", doctor.Warn},
		{"a sequence", "REVOKE USAGE ON SEQUENCE app_data.notes_id_seq FROM $app", "GRANT USAGE ON SEQUENCE app_data.notes_id_seq TO $app", doctor.Sequences, doctor.Fail, "USAGE on notes_id_seq", doctor.Fail},
		{"an identity's sequence is of no account", "REVOKE ALL ON SEQUENCE app_data.tags_id_seq FROM $app", "GRANT USAGE, SELECT ON SEQUENCE app_data.tags_id_seq TO $app", doctor.Sequences, doctor.OK, "1 sequence", doctor.OK},
		{"tables to come", `ALTER DEFAULT PRIVILEGES FOR ROLE "me@example.com" IN SCHEMA app_data REVOKE DELETE ON TABLES FROM $app`,
			`ALTER DEFAULT PRIVILEGES FOR ROLE "me@example.com" IN SCHEMA app_data GRANT DELETE ON TABLES TO $app`, doctor.Defaults, doctor.Warn, "later tables that me@example.com makes", doctor.Warn},
		{"sequences to come", `ALTER DEFAULT PRIVILEGES FOR ROLE "me@example.com" IN SCHEMA app_data REVOKE USAGE ON SEQUENCES FROM $app`,
			`ALTER DEFAULT PRIVILEGES FOR ROLE "me@example.com" IN SCHEMA app_data GRANT USAGE ON SEQUENCES TO $app`, doctor.Defaults, doctor.Warn, "later sequences that me@example.com makes", doctor.Warn},
		{"a login", "ALTER ROLE $app NOLOGIN", "ALTER ROLE $app LOGIN", doctor.Role, doctor.Fail, "NOLOGIN", ""},
		{"a role past its time", "ALTER ROLE $app VALID UNTIL '2020-01-01'", "ALTER ROLE $app VALID UNTIL 'infinity'", doctor.Role, doctor.Fail, "VALID UNTIL", ""},
		{"nothing", "SELECT 1", "SELECT 1", doctor.Tables, doctor.OK, "2 tables", doctor.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.sql(c.take)
			defer w.sql(c.give)
			// By the deployer, who looks at the app's role.
			deployer := vars(append(w.Env(), "LAKEBASE_ENDPOINT="+endpoint, "DATABRICKS_CONFIG_FILE=/nonexistent")...)
			checks := w.examine(doctor.Request{Env: deployer, Accounts: []doctor.Account{{Label: "app.web", Role: w.app, Needs: declared}}})
			got := check(t, checks, c.at)
			if got.Outcome != c.outcome || !strings.Contains(got.Detail, c.says) || got.Of != "app.web" || (got.Cure != "") != (c.outcome != doctor.OK) {
				t.Errorf("as the deployer: %+v\n%s", got, outcomes(checks))
			}
			if c.inferred == "" {
				return
			}
			// By the app itself.
			checks = w.examine(doctor.Request{Env: w.env()})
			if got := check(t, checks, c.at); got.Outcome != c.inferred {
				t.Errorf("as the app: %+v\n%s", got, outcomes(checks))
			}
		})
	}
	// A role that only reads is asked for what is declared.
	w.sql("REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app_data FROM $app")
	reader := []doctor.Need{{Schema: "app_data", Tables: []string{"SELECT"}}}
	deployer := vars(append(w.Env(), "LAKEBASE_ENDPOINT="+endpoint, "DATABRICKS_CONFIG_FILE=/nonexistent")...)
	if checks := w.examine(doctor.Request{Env: deployer, Accounts: []doctor.Account{{Role: w.app, Needs: reader}}}); doctor.Failed(checks) {
		t.Errorf("a reader:\n%s", outcomes(checks))
	}
	// One account that is not well keeps no other from being looked at.
	checks := w.examine(doctor.Request{Env: deployer, Accounts: []doctor.Account{{Label: "a", Role: "ghost", Needs: reader}, {Label: "b", Role: w.app, Needs: reader},
		{Label: "c", Absent: "it is not there yet", Cure: "make it"}}})
	for label, want := range map[string]doctor.Outcome{"a": doctor.Fail, "b": doctor.OK, "c": doctor.Fail} {
		for _, c := range checks {
			if c.Name == doctor.Role && c.Of == label && c.Outcome != want {
				t.Errorf("%+v", c)
			}
			if c.Name == doctor.Tables && c.Of == label && (c.Outcome == doctor.OK) != (want == doctor.OK) {
				t.Errorf("%+v", c)
			}
		}
	}
}

// Another role is taken where Postgres lets one, and else it is said what would.
func TestSetRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	deployer := vars(append(w.Env(), "LAKEBASE_ENDPOINT="+endpoint, "LAKEBASE_SCHEMA=app_data", "DATABRICKS_CONFIG_FILE=/nonexistent")...)
	c := check(t, w.examine(doctor.Request{Env: deployer, As: w.app}), doctor.SetRole)
	if c.Outcome != doctor.Fail || c.Code != lakebase.ErrPermission || !strings.Contains(c.Cure, `GRANT "`+w.app+`" TO "me@example.com"`) {
		t.Errorf("%+v", c)
	}
	w.sql(`GRANT $app TO "me@example.com" WITH SET FALSE`)
	if c := check(t, w.examine(doctor.Request{Env: deployer, As: w.app}), doctor.SetRole); c.Outcome != doctor.Fail {
		t.Errorf("a membership without SET: %+v", c)
	}
	w.sql(`GRANT $app TO "me@example.com" WITH SET TRUE`)
	checks := w.examine(doctor.Request{Env: deployer, As: w.app})
	if c := check(t, checks, doctor.Role); doctor.Failed(checks) || !strings.HasPrefix(c.Detail, w.app) {
		t.Errorf("%s", outcomes(checks))
	}
	if c := check(t, w.examine(doctor.Request{Env: deployer, As: "ghost"}), doctor.SetRole); c.Code != lakebase.ErrAuthRejected {
		t.Errorf("%+v", c)
	}
}

// A database with a password of its own needs neither workspace nor token.
func TestPlainPostgres(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	dsn, err := w.Admin("slides", "")
	must(t, err)
	checks := w.examine(doctor.Request{Env: vars("DATABASE_URL=" + dsn)})
	for _, name := range []string{doctor.Workspace, doctor.Token} {
		if c := check(t, checks, name); c.Outcome != doctor.Skipped {
			t.Errorf("%+v", c)
		}
	}
	if c := check(t, checks, doctor.Role); doctor.Failed(checks) || c.Outcome != doctor.Warn || !strings.Contains(c.Detail, "superuser") {
		t.Errorf("%s", outcomes(checks))
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, free.Close())
	checks = w.examine(doctor.Request{Env: vars("DATABASE_URL=postgresql://u:" + canary + "@" + free.Addr().String() + "/d?sslmode=disable")})
	if c := check(t, checks, doctor.TCP); c.Outcome != doctor.Fail || c.Cure == "" {
		t.Errorf("%s", outcomes(checks))
	}
}
