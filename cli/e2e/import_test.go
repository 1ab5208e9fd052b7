package e2e

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// plainPostgres starts a server with one database, and gives the URL of that.
func plainPostgres(w *world, statements ...string) string {
	w.Helper()
	pg, err := cluster.Start(w.Context(), cluster.Options{Version: 17})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := pg.Close(); err != nil {
			w.Error(err)
		}
	})
	if err := pg.CreateDatabase("shop"); err != nil {
		w.Fatal(err)
	}
	dsn := pg.DSN(pg.Superuser(), "shop")
	conn, err := pgx.Connect(w.Context(), dsn)
	if err != nil {
		w.Fatal(err)
	}
	defer conn.Close(w.Context())
	for _, s := range statements {
		if _, err := conn.Exec(w.Context(), s); err != nil {
			w.Fatalf("%s: %v", s, err)
		}
	}
	return dsn
}

// A database that somebody made by hand becomes declarations, one file a table,
// with which there is nothing to do; and what these make anew is the same.
func TestImportADatabaseByItsURL(t *testing.T) {
	w := newWorld(t)
	ddl, err := os.ReadFile("../../examples/tellr/testdata/reference.sql")
	if err != nil {
		t.Fatal(err)
	}
	dsn := plainPostgres(w, string(ddl), `CREATE SCHEMA one; CREATE TABLE one.clash (id int); CREATE SCHEMA other; CREATE TABLE other.clash (id int)`)

	out := w.ok("import", dsn, "--out", "imported")
	contains(t, out, "Imported 1 function, 3 schemas, 30 tables, 2 triggers", "imported/shop/user_sessions.hcl", "tellr plan imported/shop.hcl")
	if _, err := os.Stat(filepath.Join(w.dir, "imported/shop/other_clash.hcl")); err != nil {
		t.Error("two tables of one name share a file or an address:", err)
	}
	table, err := os.ReadFile(filepath.Join(w.dir, "imported/shop/user_sessions.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(table), `session_id                    = { type = "varchar(64)", not_null = true }`, `references = table.user_sessions, on_delete = "CASCADE"`,
		"function = function.tellr_agent_config_precedence")
	w.env = append(w.env, "DATABASE_URL="+dsn)
	w.matching("imported/shop.hcl")
	w.ok("fmt", "--check", "imported")

	// A second time, nothing is overwritten.
	r := w.exits(1, "import", dsn, "--out", "imported")
	contains(t, r.err, "files are there already", "--force")
	w.ok("import", dsn, "--out", "imported", "--force")

	// Into an empty database they bring the same as a dump does. (Of some conditions the server prints a form that it
	// prints in another way when it reads it: IN on a varchar. So the dump is compared, not its source.)
	fresh, restored := plainPostgres(w), plainPostgres(w)
	psql := exec.Command("psql", "-v", "ON_ERROR_STOP=1", "-qX", restored)
	psql.Stdin = strings.NewReader(dump(t, dsn))
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.env = append(w.env, "DATABASE_URL="+fresh)
	w.ok("apply", "imported/shop.hcl", "--yes")
	if diff := cmp.Diff(dump(t, restored), dump(t, fresh)); diff != "" {
		t.Errorf("the database that was made of the import (+) is not the one that was imported (-):\n%s", diff)
	}
}

// An environment imports what it does not declare yet; what it declares stays
// where it is.
func TestImportIntoAnEnvironment(t *testing.T) {
	w := newWorld(t)
	w.ok("apply", "environments/dev.hcl", "--yes")
	w.sql(devInstance, `CREATE TABLE app_data.notes (id int PRIMARY KEY, session_id int REFERENCES app_data.user_sessions, "group" text);
		CREATE VIEW app_data.seen AS SELECT 1 AS one; ALTER TABLE app_data.notes OWNER TO `+ownerOf(w, "app_data.user_sessions"))
	w.ok("import", "environments/dev.hcl", "--out", "imported")
	notes, err := os.ReadFile(filepath.Join(w.dir, "imported/notes.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(notes), "references = table.user_sessions")
	files, err := os.ReadDir(filepath.Join(w.dir, "imported"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), "user_sessions") || f.Name() == "schemas.hcl" {
			t.Errorf("%s holds what is declared already", f.Name())
		}
	}
	w.edit("environments/dev.hcl", "include = [", "include = [\n    \"../imported/*.hcl\",")
	w.ok("apply", "environments/dev.hcl", "--yes") // the app may use what the superuser made
	w.settled("environments/dev.hcl")
	r := w.exits(1, "import", "environments/dev.hcl", "--out", "again")
	contains(t, r.err, "there is nothing to import")
}

func ownerOf(w *world, table string) string {
	return pgx.Identifier{w.one(devInstance, `SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = $1::regclass`, table)}.Sanitize()
}

// The password of a URL is in no file and no message.
func TestImportKeepsThePassword(t *testing.T) {
	w := newWorld(t)
	dsn := plainPostgres(w, `CREATE ROLE importer SUPERUSER LOGIN PASSWORD '`+canary+`'`, `CREATE TABLE public.t (id int)`)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("importer", canary)
	w.ok("import", u.String(), "--out", "imported") // the world looks for the canary in what is printed
	err = filepath.WalkDir(filepath.Join(w.dir, "imported"), func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if strings.Contains(string(text), canary) {
			t.Errorf("%s has the password", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = "127.0.0.1:1", "sslmode=disable"
	w.exits(1, "import", u.String(), "--out", "elsewhere")
	if _, err := os.Stat(filepath.Join(w.dir, "elsewhere")); err == nil {
		t.Error("an import that failed left files")
	}
}
