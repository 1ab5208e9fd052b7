package postgres_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/plan"
)

// TestGrantAsWhom: what the deployer does not own it grants by its own grant option, else as a role that it can SET ROLE to,
// else it says who is to run which statement.
func TestGrantAsWhom(t *testing.T) {
	t.Parallel()
	d := newDeployer(t, "whom_deployer",
		`CREATE ROLE whom_other; CREATE ROLE whom_team; CREATE ROLE "whom Holder@x"`,
		`ALTER ROLE whom_deployer NOINHERIT; GRANT whom_team, "whom Holder@x" TO whom_deployer`,
		`CREATE SCHEMA s AUTHORIZATION whom_other; GRANT USAGE ON SCHEMA s TO PUBLIC;
		 CREATE TABLE s.option (id int); ALTER TABLE s.option OWNER TO whom_other; GRANT SELECT, UPDATE ON s.option TO whom_deployer WITH GRANT OPTION;
		 CREATE TABLE s.team (id int); ALTER TABLE s.team OWNER TO whom_team;
		 CREATE TABLE s.held (id int); ALTER TABLE s.held OWNER TO whom_other; GRANT SELECT ON s.held TO "whom Holder@x" WITH GRANT OPTION;
		 CREATE TABLE s.theirs (id int); ALTER TABLE s.theirs OWNER TO whom_other`)
	const on = "grants \"g\" {\n schema = \"s\"\n to = \"reader\"\n tables = [%]\n on = [\"TABLE\"]\n}\nschema \"mine\" { instance = instance.main }\n"
	hcl := func(table, privileges string) string {
		return strings.NewReplacer("TABLE", table, "%", privileges).Replace(on)
	}
	p := d.apply(hcl("option", `"SELECT"`))
	if text := show(p); strings.Contains(text, "SET LOCAL ROLE") {
		t.Errorf("the deployer has the option itself:\n%s", text)
	}
	d.wants("SELECT a.privilege_type FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname = 'option' AND a.grantee = 'reader'::regrole AND a.grantor = 'whom_deployer'::regrole", "SELECT")
	p = d.apply(hcl("team", `"SELECT", "DELETE"`))
	if text := statementsOf(p); !strings.Contains(text, "SET LOCAL ROLE whom_team;\nGRANT SELECT, DELETE ON TABLE s.team TO reader;\nREVOKE SELECT ON TABLE s.option FROM reader;\nRESET ROLE;") &&
		!strings.Contains(text, "SET LOCAL ROLE whom_team;\nGRANT SELECT, DELETE ON TABLE s.team TO reader;\nRESET ROLE;") {
		t.Errorf("the deployer can be the owner:\n%s", text)
	}
	d.wants("SELECT has_table_privilege('reader', 's.team', 'DELETE') AND NOT has_table_privilege('reader', 's.option', 'SELECT')", "t")
	p = d.apply(hcl("held", `"SELECT"`))
	if text := show(p); !strings.Contains(text, `SET LOCAL ROLE "whom Holder@x";`) {
		t.Errorf("the deployer can be one with the option:\n%s", text)
	}
	d.wants("SELECT has_table_privilege('reader', 's.held', 'SELECT') AND NOT has_table_privilege('reader', 's.team', 'DELETE')", "t")
	d.blocked(hcl("theirs", `"SELECT", "INSERT"`), "theirs belongs to whom_other", "whom_other runs GRANT SELECT, INSERT ON TABLE s.theirs TO reader")
	d.blocked(hcl("option", `"SELECT", "DELETE"`), "whom_other runs GRANT DELETE ON TABLE s.option TO reader")
	d.blocked("schema \"mine\" { instance = instance.main }\ngrants \"d\" {\n schema = schema.mine\n to = \"reader\"\n tables = [\"SELECT\"]\n for = [\"whom_other\"]\n}\n",
		"whom_other runs ALTER DEFAULT PRIVILEGES FOR ROLE whom_other IN SCHEMA mine")
	d.blocked("schema \"mine\" { instance = instance.main }\ngrants \"d\" {\n schema = \"s\"\n to = \"reader\"\n columns = { theirs = { SELECT = [\"id\"] } }\n}\n",
		"whom_other runs GRANT SELECT (id) ON TABLE s.theirs TO reader")
	d.apply("schema \"mine\" { instance = instance.main }\ngrants \"d\" {\n schema = schema.mine\n to = \"reader\"\n tables = [\"SELECT\"]\n for = [\"whom_team\"]\n}\n")
	d.wants("SELECT defaclrole::regrole::text FROM pg_default_acl a JOIN pg_namespace n ON n.oid = defaclnamespace WHERE nspname = 'mine'", "whom_team")
}

// TestGrantedOnByOthers: what somebody with the option handed on, and whose rights the deployer lacks, it cannot take back: it
// says who can.
func TestGrantedOnByOthers(t *testing.T) {
	t.Parallel()
	d := newDeployer(t, "on_deployer", "CREATE ROLE on_holder")
	const hcl = "schema \"s\" { instance = instance.main }\ntable \"t\" {\n schema = schema.s\n columns = { id = { type = \"integer\" } }\n}\n" +
		"grants \"g\" {\n schema = schema.s\n to = \"reader\"\n tables = []\n}\n"
	d.apply(hcl)
	d.super("GRANT USAGE ON SCHEMA s TO on_holder; GRANT SELECT ON s.t TO on_holder WITH GRANT OPTION; SET ROLE on_holder; GRANT SELECT ON s.t TO reader")
	d.blocked(hcl, "on_holder runs REVOKE SELECT ON TABLE s.t FROM reader")
	// With exclusive the holder goes, and what it gave with it.
	d.apply(strings.Replace(hcl, "tables = []", "tables = []\n exclusive = true", 1))
	d.wants("SELECT has_table_privilege('reader', 's.t', 'SELECT') OR has_table_privilege('on_holder', 's.t', 'SELECT')", "f")
}

// TestGrantsPage: what the page on grants shows is valid, and makes what it says.
func TestGrantsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/grants.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(page), "```")
	d := newDeployer(t, "page_deployer", "DO $$ BEGIN CREATE ROLE auditor; EXCEPTION WHEN duplicate_object THEN END $$",
		"GRANT pg_read_all_data TO page_deployer WITH ADMIN OPTION",
		"CREATE SCHEMA app_data; CREATE TABLE app_data.old_orders (id int); ALTER SCHEMA app_data OWNER TO page_deployer; ALTER TABLE app_data.old_orders OWNER TO page_deployer")
	d.w.clients["slides"] = "sp-slides"
	d.secrets["env.LOADER_PASSWORD"] = "x"
	if len(parts) != 5 {
		t.Fatalf("%d examples", len(parts)/2)
	}
	if strings.Contains(psql(t, d.w.dsn, "SHOW server_version"), "15.") {
		t.Skip("the page shows options of memberships, which came with Postgres 16")
	}
	for i := 1; i < len(parts); i += 2 {
		allow := []string{"table.users"}
		if i == 1 {
			allow = nil
		}
		d.apply(strings.TrimPrefix(parts[i], "hcl"), allow...)
		if i == 1 {
			d.wants("SELECT has_column_privilege('auditor', 'app_data.users', 'email', 'UPDATE') AND NOT has_column_privilege('auditor', 'app_data.users', 'id', 'UPDATE')", "t")
		}
	}
}

// statementsOf is what a plan runs, without what is said of it.
func statementsOf(p *plan.Plan) string {
	var b strings.Builder
	for line := range strings.Lines(show(p)) {
		if !strings.HasPrefix(line, "---") {
			b.WriteString(line)
		}
	}
	return b.String()
}
