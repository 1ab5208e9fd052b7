package cli

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/sandbox"
)

const webEnvironment = `environment "dev" {}

instance "main" {
  name = "connect-db"
}

schema "app_data" {
  instance = instance.main
  name     = "App Data"
}

app "web" {
  name = "connect-web"
  database = {
    instance = instance.main
    schema   = schema.app_data
  }
}

grants "web" {
  schema = schema.app_data
  to     = app.web
}

table "notes" {
  schema      = schema.app_data
  columns     = { id = { type = "serial" }, body = { type = "text", not_null = true } }
  primary_key = ["id"]
}
`

// deployed is an environment of one app, applied in a workspace of its own.
type deployed struct {
	*bench
	sb      *sandbox.Sandbox
	app     string // its service principal
	secrets []string
}

func deploy(t *testing.T) *deployed {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	sb, err := sandbox.Start(t.Context(), sandbox.Options{Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Chdir(t.TempDir())
	d := &deployed{bench: &bench{T: t, env: map[string]string{"DATABRICKS_CONFIG_FILE": "/nonexistent"}}, sb: sb}
	for _, kv := range sb.Env() {
		k, v, _ := strings.Cut(kv, "=")
		d.env[k] = v
		t.Setenv(k, v) // the SDK of the providers reads the process's
	}
	t.Setenv("DATABRICKS_CONFIG_FILE", "/nonexistent")
	d.write("dev.hcl", webEnvironment)
	d.want(0, nil, "apply", "dev.hcl", "--yes")
	d.app = d.one("SELECT rolname FROM pg_roles WHERE rolname ~ '^[0-9a-f]{8}-'")
	secret, err := sb.SecretOf(d.app)
	if err != nil {
		t.Fatal(err)
	}
	d.secrets = []string{sb.Token(), secret}
	return d
}

func (d *deployed) admin(do func(*pgx.Conn)) {
	d.Helper()
	dsn, err := d.sb.Admin("connect-db", "")
	if err != nil {
		d.Fatal(err)
	}
	conn, err := pgx.Connect(d.Context(), dsn)
	if err != nil {
		d.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(d.Context()))
	do(conn)
}

func (d *deployed) one(query string) (s string) {
	d.Helper()
	d.admin(func(conn *pgx.Conn) {
		if err := conn.QueryRow(d.Context(), query).Scan(&s); err != nil {
			d.Fatal(err)
		}
	})
	return s
}

func (d *deployed) sql(statement string) {
	d.Helper()
	d.admin(func(conn *pgx.Conn) {
		if _, err := conn.Exec(d.Context(), strings.ReplaceAll(statement, "$app", pgx.Identifier{d.app}.Sanitize())); err != nil {
			d.Fatal(err)
		}
	})
}

// asApp is the environment with the secret of the app's service principal.
func (d *deployed) asApp(do func()) {
	d.env[appSecret] = d.secrets[1]
	defer delete(d.env, appSecret)
	do()
}

var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.`)

// quiet is want, and no secret is in what is said.
func (d *deployed) quiet(code int, says []string, args ...string) result {
	d.Helper()
	r := d.want(code, says, args...)
	for _, s := range d.secrets {
		if strings.Contains(r.out+r.err, s) {
			d.Errorf("tellr %s shows a secret:\n%s%s", strings.Join(args, " "), r.out, r.err)
		}
	}
	if jwt.MatchString(r.out + r.err) {
		d.Errorf("tellr %s shows a token:\n%s%s", strings.Join(args, " "), r.out, r.err)
	}
	return r
}

func TestToken(t *testing.T) {
	d := deploy(t)
	r := d.want(0, says("A token of me@example.com for ", "valid until "), "token", "dev.hcl")
	token := strings.TrimSuffix(r.out, "\n")
	if strings.ContainsAny(token, " \n") || !jwt.MatchString(token) || strings.Contains(r.err, token) {
		t.Errorf("standard output is %q, standard error %q", r.out, r.err)
	}
	if same := d.want(0, nil, "token", "--env", "dev.hcl"); !jwt.MatchString(same.out) {
		t.Error(same.out)
	}
	var all tokenJSON
	if err := json.Unmarshal([]byte(d.want(0, nil, "token", "dev.hcl", "--json").out), &all); err != nil || all.Expires.IsZero() || all.User != "me@example.com" ||
		all.Kind != "autoscaling" || all.Host == "" || all.Port != 5432 || all.Database != "databricks_postgres" {
		t.Errorf("%+v %v", all, err)
	}
	// The token is one: it logs in.
	config, err := pgx.ParseConfig("host=" + all.Host + " user=" + all.User + " dbname=" + all.Database + " sslmode=verify-full sslrootcert=" + d.env["PGSSLROOTCERT"])
	if err != nil {
		t.Fatal(err)
	}
	config.Password = all.Token
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())

	d.terminal = true
	d.want(0, nil, "token", "dev.hcl")
	d.quiet(1, says("no token of "+d.app, appSecret), "token", "dev.hcl", "--as-app")
	d.asApp(func() { d.want(0, says("A token of "+d.app), "token", "dev.hcl", "--as-app=web") })
	d.quiet(1, says(`no app "wbe"`, "there is: web"), "token", "dev.hcl", "--as-app=wbe")
	d.quiet(1, says(`no instance "mian"`, "there is: main"), "token", "dev.hcl", "--instance", "mian")
	d.quiet(1, says("needs no token"), "token")
	d.quiet(1, says("none is named"), "token", "--as-app")

	// What an app has in its environment is enough.
	vars, err := d.sb.AppEnv("connect-web")
	if err != nil {
		t.Fatal(err)
	}
	d.env = map[string]string{"DATABRICKS_CONFIG_FILE": "/nonexistent"}
	for _, kv := range vars {
		k, v, _ := strings.Cut(kv, "=")
		d.env[k] = v
	}
	if r := d.want(0, says("A token of "+d.app), "token"); !jwt.MatchString(r.out) {
		t.Error(r.out)
	}
	d.env["DATABRICKS_CLIENT_SECRET"] = "CANARY-wrong-secret"
	if r := d.quiet(1, says("refuses to issue a token", "help: "), "token"); r.out != "" || strings.Contains(r.err, "CANARY") {
		t.Error(r)
	}
}

func TestPsqlRunsStatements(t *testing.T) {
	d := deploy(t)
	t.Setenv("PATH", t.TempDir()) // no psql
	run := func(code int, contains string, args ...string) result {
		t.Helper()
		return d.quiet(code, says(contains), append([]string{"psql", "dev.hcl"}, args...)...)
	}
	r := run(0, "INSERT 0 2", "-c", "INSERT INTO notes (body) VALUES ('tea'), (E'two\\nlines')")
	if r.out != "" {
		t.Errorf("no rows, and on standard output: %s", r.out)
	}
	if got := run(0, "", "-c", "SELECT id, body, NULL AS n, true AS yes, '{\"a\": 1}'::jsonb AS j FROM notes ORDER BY id; SELECT 'x' AS last").out; got != `id  body        n  yes  j
--  ----------  -  ---  --------
 1  tea            t    {"a": 1}
 2  two\nlines     t    {"a": 1}
(2 rows)
last
----
x
(1 row)
` {
		t.Errorf("table:\n%s", got)
	}
	if got := run(0, "", "--format", "csv", "-c", "SELECT body, id FROM notes ORDER BY id").out; got != "body,id\ntea,1\n\"two\nlines\",2\n" {
		t.Errorf("csv:\n%s", got)
	}
	if got := run(0, "", "--format", "json", "-c", "SELECT id, body, NULL AS n, true AS yes, '{\"a\": 1}'::jsonb AS j, 'NaN'::float8 AS f FROM notes LIMIT 1").out; got != `{"id":1,"body":"tea","n":null,"yes":true,"j":{"a":1},"f":"NaN"}`+"\n" {
		t.Errorf("json:\n%s", got)
	}
	d.in = "SELECT current_user AS me"
	run(0, "me@example.com", "-c", "-")
	run(0, `"App Data"`, "-c", "SHOW search_path")
	run(1, "at: nope", "-c", "SELECT 1,\n  nope")
	run(1, "SQLSTATE 22012", "-c", "INSERT INTO notes (body) VALUES ('gone'); SELECT 1/0")
	run(0, "(0 rows)", "-c", "SELECT id FROM notes WHERE body = 'gone'") // one transaction
	run(1, "tellr psql dev.hcl -- -c '\\dt'", "-c", `\dt`)
	run(1, "psql is not installed")
	run(1, "write --as-app=web", "--as-app", "web", "-c", "SELECT 1")
	run(1, "write one of them", "-c", "SELECT 1", "--", "-A")
	d.want(1, says("needs an environment file"), "psql", "--", "-A")

	// As the app: with its secret, by its role, or not.
	run(1, appSecret, "--as-app", "-c", "SELECT 1")
	d.asApp(func() {
		if got := run(0, "", "--as-app", "--format", "csv", "-c", "SELECT session_user").out; got != "session_user\n"+d.app+"\n" {
			t.Error(got)
		}
		run(1, "must be owner of table notes", "--as-app", "-c", "DROP TABLE notes")
	})
	d.sql(`GRANT $app TO "me@example.com"`)
	if got := run(0, "", "--as-app", "--format", "csv", "-c", "SELECT session_user, current_user").out; got != "session_user,current_user\nme@example.com,"+d.app+"\n" {
		t.Error(got)
	}

	// An environment that is not applied, one without an instance, and any Postgres.
	d.write("other.hcl", strings.ReplaceAll(webEnvironment, "connect-", "other-"))
	d.quiet(1, says("tellr apply other.hcl"), "psql", "other.hcl", "-c", "SELECT 1")
	d.quiet(1, says("app.web is not there yet", "tellr apply other.hcl"), "psql", "other.hcl", "--as-app", "-c", "SELECT 1")
	d.write("none.hcl", `environment "none" {}`)
	d.quiet(1, says("has no instance"), "psql", "none.hcl", "-c", "SELECT 1")
	d.write("plain.hcl", "environment \"plain\" {}\ninstance \"pg\" {\n  postgres {\n    url = env(\"ANY_POSTGRES\")\n  }\n}\nschema \"app_data\" {\n  instance = instance.pg\n  name = \"App Data\"\n}\n")
	dsn, err := d.sb.Admin("connect-db", "")
	if err != nil {
		t.Fatal(err)
	}
	d.env["ANY_POSTGRES"] = dsn
	d.quiet(0, says("tea"), "psql", "plain.hcl", "-c", "SELECT body FROM notes")
	d.quiet(1, says("no app of environment plain"), "psql", "plain.hcl", "--as-app", "-c", "SELECT 1")
	d.env["ANY_POSTGRES"] = "postgresql://u:CANARY-password@127.0.0.1:1/d"
	if r := d.quiet(1, says("help: "), "psql", "plain.hcl", "-c", "SELECT 1"); strings.Contains(r.err, "CANARY") {
		t.Error(r.err)
	}
}

func TestDoctor(t *testing.T) {
	d := deploy(t)
	r := d.quiet(0, says("All is well."), "doctor", "dev.hcl")
	for _, name := range []string{"environment", "workspace", "token", "dns", "tcp", "tls", "login", "role", "schema", "tables", "sequences", "defaults"} {
		if !regexp.MustCompile(`(?m)^(ok     |skipped) ` + name + ` +\S.*$`).MatchString(r.out) {
			t.Errorf("no line for %s in\n%s", name, r.out)
		}
	}
	if n := strings.Count(r.out, "\n"); n != 14 || !strings.Contains(r.out, "app.web: "+d.app+" may log in") {
		t.Errorf("%d lines:\n%s", n, r.out)
	}
	d.asApp(func() { d.quiet(0, says("as "+d.app, "All is well."), "doctor", "dev.hcl", "--as-app") })
	d.quiet(1, says("FAIL    set role", "set "+appSecret), "doctor", "dev.hcl", "--as-app")

	d.sql(`REVOKE INSERT ON "App Data".notes FROM $app`)
	r = d.quiet(1, says("FAIL    tables", "INSERT on notes [permission]", "help: run tellr apply dev.hcl", "Failed: tables."), "doctor", "dev.hcl")
	var report struct {
		OK     bool
		Checks []jsonCheck
	}
	r = d.quiet(1, nil, "doctor", "dev.hcl", "--json")
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || report.OK || len(report.Checks) != 12 || r.err != "" {
		t.Errorf("%v\n%s%s", err, r.out, r.err)
	}
	d.want(0, nil, "apply", "dev.hcl", "--yes") // the cure cures
	d.quiet(0, says("All is well."), "doctor", "dev.hcl")

	d.write("other.hcl", strings.ReplaceAll(webEnvironment, "connect-", "other-"))
	d.quiet(1, says("FAIL    workspace", "mint_not_found", "if instance.main is not made yet: tellr apply other.hcl", "app.web: because workspace failed"), "doctor", "other.hcl")
	d.write("more.hcl", webEnvironment+"\napp \"later\" {\n  name = \"connect-later\"\n  database = { instance = instance.main }\n}\n")
	d.quiet(1, says("app.later: the app is not there yet", "help: tellr apply more.hcl", "app.web: 1 table"), "doctor", "more.hcl")

	// An app that cannot be asked about: tellr itself would not know which login is meant.
	t.Setenv("DATABRICKS_AUTH_TYPE", "")
	t.Setenv("DATABRICKS_CLIENT_ID", "another")
	t.Setenv("DATABRICKS_CLIENT_SECRET", "CANARY")
	r = d.quiet(1, says("ok      login", "FAIL    role", "app.web: its role is not known: two kinds of login"), "doctor", "dev.hcl")
	if strings.Contains(r.out+r.err, "CANARY") {
		t.Error(r.out)
	}
	t.Setenv("DATABRICKS_CLIENT_ID", "")
	t.Setenv("DATABRICKS_CLIENT_SECRET", "")

	// As an application would.
	d.quiet(1, says("warn    environment", "local localhost"), "doctor")
	d.env["DATABRICKS_APP_NAME"] = "web"
	d.quiet(1, says("FAIL    environment", "no_environment"), "doctor")
	delete(d.env, "DATABRICKS_APP_NAME")
	d.env["DATABRICKS_TOKEN"] = "CANARY-wrong"
	t.Setenv("DATABRICKS_TOKEN", "CANARY-wrong")
	if r := d.quiet(1, says("FAIL    workspace", "mint_denied", "help: check the login"), "doctor", "dev.hcl"); strings.Contains(r.out+r.err, "CANARY") {
		t.Error(r.out + r.err)
	}
}
