package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// The tables that tellr makes are, to pg_dump, those of a database made from
// hand-written DDL; and to tellr, that database has nothing left to do.
func TestTheSchemaIsThatOfTheReferenceDDL(t *testing.T) {
	version := dumpVersion(t)
	w := newWorld(t)
	pg, err := cluster.Start(t.Context(), cluster.Options{Version: version})
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("pg_dump is of version %d, and no server of that version is here: %v", version, err)
		}
		t.Skipf("pg_dump is of version %d, and no server of that version is here: %v", version, err)
	}
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	})
	dsn := map[string]string{}
	for _, db := range []string{"made", "written"} {
		if err := pg.CreateDatabase(db); err != nil {
			t.Fatal(err)
		}
		dsn[db] = pg.DSN(pg.Superuser(), db)
	}
	base := w.env
	w.env = append(base, "DATABASE_URL="+dsn["made"])
	w.ok("apply", "environments/local.hcl", "--yes")
	w.settled("environments/local.hcl")

	psql := exec.Command("psql", "-v", "ON_ERROR_STOP=1", "-qX", "-f", "../../examples/tellr/testdata/reference.sql", dsn["written"])
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(dump(t, dsn["written"]), dump(t, dsn["made"])); diff != "" {
		t.Errorf("what tellr made (+) is not what the DDL makes (-):\n%s", diff)
	}
	w.env = append(base, "DATABASE_URL="+dsn["written"])
	w.matching("environments/local.hcl")
}

func dumpVersion(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("pg_dump", "--version").Output()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no pg_dump on this machine; make test installs it where it can")
		}
		t.Skip("no pg_dump on this machine")
	}
	m := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("pg_dump --version says %q", out)
	}
	v, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func dump(t *testing.T, dsn string) string {
	t.Helper()
	out, err := exec.Command("pg_dump", "--schema-only", "-n", "app_data", dsn).CombinedOutput()
	if err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
	// Newer dumps are fenced with a random key.
	text := regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`).ReplaceAllString(string(out), "")
	if n := strings.Count(text, "CREATE TABLE "); n != 28 {
		t.Errorf("the dump has %d tables, want 28", n)
	}
	return text
}
