package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

// deployer is somebody who deploys an environment to a database, and who is no superuser.
type deployer struct {
	t           *testing.T
	environment string
	w           *workspace
	secrets     map[string]string
}

// newDeployer makes a role that may make others and owns a new database. more is run by a superuser.
func newDeployer(t *testing.T, name string, more ...string) *deployer {
	t.Helper()
	dsn := database(t)
	psql(t, dsn, fmt.Sprintf(`DO $$ BEGIN CREATE ROLE %[1]s LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN END $$; ALTER DATABASE %[2]s OWNER TO %[1]s`, name, databaseOf(dsn)))
	for _, sql := range more {
		psql(t, dsn, sql)
	}
	return &deployer{t: t, environment: "test", w: &workspace{dsn: as(t, dsn, name), clients: map[string]string{}}, secrets: map[string]string{}}
}

func databaseOf(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	return strings.TrimPrefix(u.Path, "/")
}

// as is the URL of the same database for another user.
func as(t *testing.T, dsn, user string) string {
	t.Helper()
	c, err := server()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.(external); ok {
		t.Skip("needs a server that lets everybody in")
	}
	return c.DSN(user, databaseOf(dsn))
}

// super runs statements as a superuser.
func (d *deployer) super(sql string) string {
	d.t.Helper()
	return psql(d.t, as(d.t, d.w.dsn, "postgres"), sql)
}

func (d *deployer) load(hcl string) []*resource.Resource {
	d.t.Helper()
	dir := d.t.TempDir()
	file := filepath.Join(dir, "test.hcl")
	text := strings.Replace(hcl+preamble, `environment "test"`, fmt.Sprintf("environment %q", d.environment), 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	env, ds := config.Load(file, config.Options{Kinds: kinds()})
	if ds.HasErrors() {
		d.t.Fatal(strings.ReplaceAll(ds.Error(), dir+"/", ""))
	}
	return env.Resources
}

func (d *deployer) services() resource.Services {
	return resource.Services{Run: resource.Run{Who: "tester"}, Secret: func(source string) (string, error) { return d.secrets[source], nil }}
}

func (d *deployer) plan(desired []*resource.Resource, destroy bool, allow ...string) *plan.Plan {
	d.t.Helper()
	p, err := d.tryPlan(desired, destroy, allow...)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *deployer) tryPlan(desired []*resource.Resource, destroy bool, allow ...string) (*plan.Plan, error) {
	providers := []resource.Provider{d.w, postgres.New()}
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: d.environment, Desired: desired, Providers: providers, Services: d.services()})
	if ds.HasErrors() {
		return nil, ds
	}
	p, ds := plan.Build(plan.Request{Environment: plan.Environment{Name: d.environment, File: "test.hcl"}, Desired: desired, Providers: providers,
		Snapshots: snaps, Version: "test", Destroy: destroy, Allow: allow})
	if ds.HasErrors() {
		return nil, ds
	}
	return p, nil
}

func (d *deployer) tryApply(desired []*resource.Resource, destroy bool, allow ...string) (*plan.Plan, error) {
	p, err := d.tryPlan(desired, destroy, allow...)
	if err != nil || p.Empty() {
		return p, err
	}
	_, err = apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{d.w, postgres.New()}, Services: d.services()})
	return p, err
}

// apply brings the database to what the text says, and wants nothing left to do.
func (d *deployer) apply(hcl string, allow ...string) *plan.Plan {
	d.t.Helper()
	desired := d.load(hcl)
	p, err := d.tryApply(desired, false, allow...)
	if err != nil {
		if p != nil {
			d.t.Fatalf("%v\n%s", err, show(p))
		}
		d.t.Fatal(err)
	}
	if again := d.plan(desired, false); !again.Empty() {
		d.t.Errorf("a second plan is not empty:\n%s", show(again))
	}
	return p
}

// blocked plans what the text says, and wants it to be blocked with these words.
func (d *deployer) blocked(hcl string, words ...string) {
	d.t.Helper()
	p := d.plan(d.load(hcl), false)
	text := show(p)
	if p.Summary.Blocked == 0 {
		d.t.Fatalf("nothing is blocked:\n%s", text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			d.t.Errorf("the plan does not say %q:\n%s", w, text)
		}
	}
}

func (d *deployer) wants(query, want string) {
	d.t.Helper()
	if got := d.super(query); got != want {
		d.t.Errorf("%s: %q, want %q", query, got, want)
	}
}

// TestOwnersByDeployer: who deploys is no superuser, makes a group that owns all, becomes a member of it by a step that is
// shown, and takes everything down again.
func TestOwnersByDeployer(t *testing.T) {
	t.Parallel()
	d := newDeployer(t, "obd_deployer")
	const hcl = `
app "slides" {}
role "owners" {
  instance = instance.main
  name     = "obd_owners"
  members  = [app.slides]
}
schema "s" {
  instance = instance.main
  owner    = role.owners
}
table "t" {
  schema  = schema.s
  owner   = role.owners
  columns = { id = { type = "serial" } }
}
enum "e" {
  schema = schema.s
  owner  = role.owners
  values = ["a"]
}
grants "reader" {
  schema = schema.s
  to     = "reader"
}
`
	d.w.clients["slides"] = "sp-slides"
	p := d.apply(hcl)
	if text := show(p); !strings.Contains(text, "let the deployer act as obd_owners") {
		t.Errorf("the plan does not show how the deployer may own:\n%s", text)
	}
	d.wants(`SELECT pg_has_role('sp-slides', 'obd_owners', 'USAGE')`, "t")
	d.wants(`SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 't'`, "obd_owners")
	d.super("REVOKE obd_owners FROM obd_deployer GRANTED BY obd_deployer")
	d.apply(hcl) // it is let in again
	desired := d.load(hcl)
	if _, err := d.tryApply(desired, true, "schema.s", "table.t"); err != nil {
		t.Fatal(err)
	}
	d.wants(`SELECT count(*) FROM pg_roles WHERE rolname = 'obd_owners'`, "0")
	d.wants(`SELECT count(*) FROM pg_namespace WHERE nspname = 's'`, "0")
}

// TestRoleBlocked: what the deployer may not do with roles is said with who can, and the statement.
func TestRoleBlocked(t *testing.T) {
	t.Parallel()
	d := newDeployer(t, "rb_deployer", "ALTER ROLE rb_deployer NOCREATEROLE",
		"CREATE ROLE rb_maker CREATEROLE; CREATE ROLE rb_theirs; CREATE ROLE rb_owner; CREATE SCHEMA theirs AUTHORIZATION rb_owner")
	d.blocked(`role "rb_new" { instance = instance.main }`, "rb_deployer may not make roles", "ALTER ROLE rb_deployer CREATEROLE")
	d.blocked("role \"rb_theirs\" {\n instance = instance.main\n comment = \"x\"\n}", "GRANT rb_theirs TO rb_deployer WITH ADMIN OPTION", "COMMENT ON ROLE rb_theirs IS 'x'")
	d.blocked("role \"rb_theirs\" {\n instance = instance.main\n members = [\"reader\"]\n}", "who administers that role runs GRANT rb_theirs TO reader")
	d.blocked("schema \"s\" {\n instance = instance.main\n owner = \"rb_owner\"\n}", "who administers rb_owner runs GRANT rb_owner TO rb_deployer")
	d.blocked("schema \"s\" {\n instance = instance.main\n owner = \"rb_nobody\"\n}", "there is no role rb_nobody")
	d.blocked("schema \"theirs\" {\n instance = instance.main\n comment = \"x\"\n}", "is owned by rb_owner", "GRANT rb_owner TO rb_deployer")
	d.super("ALTER ROLE rb_deployer CREATEROLE")
	d.blocked("role \"rb_new\" {\n instance = instance.main\n bypassrls = true\n}", "ALTER ROLE rb_new BYPASSRLS")
	d.super("CREATE ROLE databricks_superuser")
	defer d.super("DROP ROLE databricks_superuser")
	d.blocked("role \"rb_new\" {\n instance = instance.main\n login = true\n}", "databricks_create_role")
}

// TestPassword: a password is set once and when its version changes, and is nowhere but in the server.
func TestPassword(t *testing.T) {
	t.Parallel()
	d := newDeployer(t, "pw_deployer")
	hcl := func(version string) string {
		return fmt.Sprintf(`
role "pw_login" {
  instance         = instance.main
  login            = true
  password         = env("PW")
  password_version = %q
}`, version)
	}
	stored := func() string { return d.super("SELECT rolpassword FROM pg_authid WHERE rolname = 'pw_login'") }
	d.secrets["env.PW"] = `se'cret\one`
	p := d.apply(hcl("1"))
	encoded, err := plan.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(encoded), "cret") || !strings.Contains(string(encoded), "env.PW") {
		t.Errorf("the plan: %s", encoded)
	}
	first := stored()
	if !strings.HasPrefix(first, "SCRAM-SHA-256$") {
		t.Errorf("the server keeps %q", first)
	}
	d.secrets["env.PW"] = "secret two"
	d.apply(hcl("1"))
	if stored() != first {
		t.Error("the password was set again without another version")
	}
	d.apply(hcl("2"))
	if stored() == first {
		t.Error("the password was not set with another version")
	}
	if ledger := d.super("SELECT string_agg(o::text, '') FROM tellr.object o"); strings.Contains(ledger, "secret") || strings.Contains(ledger, "cret\\") {
		t.Errorf("the ledger: %s", ledger)
	}
	d.secrets["env.PW"] = "three\x00"
	if _, err := d.tryApply(d.load(hcl("3")), false); err == nil || strings.Contains(err.Error(), "three") {
		t.Errorf("a password that cannot be written: %v", err)
	}
}

// TestRoleInTwoDatabases: a role belongs to the cluster. Two environments declare it, the second adopts it, and it goes
// only when nothing in any database is its any more.
func TestRoleInTwoDatabases(t *testing.T) {
	t.Parallel()
	one := newDeployer(t, "two_deployer")
	two := newDeployer(t, "two_deployer")
	const role = "role \"two_group\" {\n instance = instance.main\n}\n"
	const schema = "schema \"s\" {\n instance = instance.main\n owner = role.two_group\n}\n"
	one.apply(role + schema)
	if p := two.apply(role + schema); strings.Contains(show(p), "CREATE ROLE") {
		t.Errorf("the second makes the role again:\n%s", show(p))
	}
	one.wants("SELECT identity = (SELECT oid::text FROM pg_roles WHERE rolname = 'two_group') FROM tellr.object WHERE address = 'role.two_group'", "t")
	one.blocked("schema \"keep\" { instance = instance.main }", "owns things, or may do something, in other databases", databaseOf(two.w.dsn), "REASSIGN OWNED BY two_group")
	if _, err := two.tryApply(two.load(role+schema), true, "schema.s", "role.two_group"); err == nil {
		t.Error("the role was dropped although it owns a schema in another database")
	}
	other := &deployer{t: t, environment: "other", w: one.w}
	other.apply(role + "schema \"others\" { instance = instance.main }\n")
	one.super("DROP SCHEMA s")
	two.super("DROP SCHEMA s")
	one.blocked("schema \"keep\" { instance = instance.main }", "another environment in this database declares role two_group too")
	other.w = one.w
	if _, err := other.tryApply(other.load("schema \"others\" { instance = instance.main }"), false); err == nil {
		t.Error("the role was dropped although the first environment declares it")
	}
	one.super("DELETE FROM tellr.object WHERE environment = 'other'")
	one.apply("schema \"keep\" { instance = instance.main }")
	one.wants("SELECT count(*) FROM pg_roles WHERE rolname = 'two_group'", "0")
}

// TestNamesThatHurt: roles whose names need quotes own, are members and get privileges.
func TestNamesThatHurt(t *testing.T) {
	t.Parallel()
	d := newDeployer(t, "hurt_deployer")
	for _, name := range []string{
		"hurt@example.com", `hurt "quoted" 'role'`, "hurt Upper Case", "hurt_ünïcödé_日本", "hurt;DROP", `hurt\back`, "hurt$1",
		"hurt_" + strings.Repeat("x", 58), "user", "current_user", "session_user", "Public!", "0hurt",
	} {
		t.Run(name, func(t *testing.T) {
			d := *d
			d.t = t
			hcl := fmt.Sprintf(`
role "r" {
  instance = instance.main
  name     = %[1]q
  members  = ["reader"]
  comment  = %[1]q
  set      = { work_mem = "8MB" }
}
role "member" {
  instance  = instance.main
  name      = "hurt_member"
  member_of = [role.r]
}
schema "s" {
  instance = instance.main
  owner    = role.r
}
table "t" {
  schema  = schema.s
  owner   = role.r
  columns = { id = { type = "integer" } }
}
schema "other" { instance = instance.main }
grants "g" {
  schema = schema.other
  to     = role.r
}
`, name)
			d.apply(hcl)
			d.wants(fmt.Sprintf("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = relowner WHERE relname = 't' AND rolname = $n$%s$n$", name), "1")
			if _, err := d.tryApply(d.load(hcl), true, "schema.s", "table.t", "schema.other"); err != nil {
				t.Fatal(err)
			}
			d.wants(fmt.Sprintf("SELECT count(*) FROM pg_roles WHERE rolname = $n$%s$n$", name), "0")
		})
	}
}
