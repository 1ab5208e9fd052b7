package postgres_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

// TestImportGrantsAsPeopleWrite: the blocks are those that somebody would write, and what no block can say is told.
func TestImportGrantsAsPeopleWrite(t *testing.T) {
	t.Parallel()
	w := &workspace{dsn: database(t), clients: map[string]string{}}
	psql(t, w.dsn, `CREATE SCHEMA app; CREATE TABLE app.orders (id int, note text); CREATE TABLE app.users (id int, email text); CREATE SEQUENCE app.numbers;
		CREATE FUNCTION app.secret() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION app.secret() FROM PUBLIC;
		GRANT USAGE ON SCHEMA app TO reader, "sp-slides"; GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
		GRANT UPDATE (email) ON app.users TO reader; GRANT ALL ON app.orders TO "sp-slides" WITH GRANT OPTION;
		SET ROLE "sp-slides"; GRANT SELECT ON app.orders TO "sp-other"; RESET ROLE;
		GRANT SELECT ON app.users TO pg_monitor; ALTER TABLE app.users OWNER TO owners; REVOKE TRUNCATE ON app.users FROM owners`)
	hcl, unsaid := importedAs(t, w, resource.ImportWhat{})
	const want = `grants "everyone" {
  schema    = schema.app
  to        = "PUBLIC"
  functions = []
}

grants "reader" {
  schema    = schema.app
  to        = "reader"
  on_schema = ["USAGE"]
  tables    = ["SELECT"]
  columns   = { users = { UPDATE = ["email"] } }
}
`
	for _, part := range []string{want, `  tables    = ["ALL WITH GRANT OPTION"]`, `grantor = "sp-slides"`, `= [table.orders]`} {
		if !strings.Contains(hcl, part) {
			t.Errorf("not imported as\n%s\nbut\n%s", part, hcl)
		}
	}
	said := unsaid.Error()
	for _, part := range []string{"pg_monitor has SELECT on tables users", "owners, the owner, has lost TRUNCATE on tables users"} {
		if !strings.Contains(said, part) {
			t.Errorf("not told: %s, but\n%s", part, said)
		}
	}
}

// TestImportRoles: with --roles the roles are imported, never passwords; who imports and superusers are named, and stay.
func TestImportRoles(t *testing.T) {
	t.Parallel()
	if os.Getenv("TELLR_TEST_DATABASE_URL") != "" {
		t.Skip("it makes roles")
	}
	w := &workspace{dsn: database(t), clients: map[string]string{}}
	psql(t, w.dsn, `CREATE ROLE imp_team; CREATE ROLE "imp O'dd" LOGIN PASSWORD 'not-to-be-seen' CONNECTION LIMIT 3 VALID UNTIL '2031-01-01 00:00:00+00' IN ROLE imp_team, pg_read_all_data;
		COMMENT ON ROLE imp_team IS 'the team'; ALTER ROLE "imp O'dd" SET statement_timeout = '5s'; CREATE ROLE imp_super SUPERUSER;
		CREATE SCHEMA app; CREATE TABLE app.t (id int); ALTER TABLE app.t OWNER TO imp_team; GRANT SELECT ON app.t TO "imp O'dd"`)
	hcl, unsaid := importedAs(t, w, resource.ImportWhat{Roles: true})
	// Roles are the server's: those of other tests come and go meanwhile.
	hcl = regexp.MustCompile(`(?ms)^role "(\w+)" \{.*?^\}\n`).ReplaceAllStringFunc(hcl, func(block string) string {
		if strings.HasPrefix(block, `role "imp_`) {
			return block
		}
		return ""
	})
	for _, part := range []string{`role "imp_team" {`, `= [role.imp_O_dd]`, `"the team"`, `role "imp_O_dd" {`, `= "imp O'dd"`, `connection_limit = 3`, `statement_timeout = "5s"`,
		`["pg_read_all_data"]`, "= role.imp_team", "= role.imp_O_dd"} {
		if !strings.Contains(hcl, part) {
			t.Errorf("no %s in\n%s", part, hcl)
		}
	}
	if strings.Contains(hcl, "not-to-be-seen") || strings.Contains(hcl, "password") || strings.Contains(hcl, "imp_super") {
		t.Errorf("a password, or a superuser:\n%s", hcl)
	}
	if !strings.Contains(unsaid.Error(), "role imp_super is not imported") {
		t.Errorf("imp_super is passed over in silence: %v", unsaid)
	}
	if p, ds := buildAs(t, "imported", w, load(t, hcl), false); !p.Empty() || len(ds) > 0 {
		t.Errorf("a plan after import is not empty:\n%s\n%v\n%s", show(p), ds, hcl)
	}
	if strings.Contains(imported(t, w, resource.ImportWhat{}), "role \"") {
		t.Error("roles are imported unasked")
	}
}
