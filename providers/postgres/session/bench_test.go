package session

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

// newTables are the steps for n tables of 10 columns, 2 indexes, and then a
// foreign key each.
func newTables(n int) []*resource.Step {
	steps := []*resource.Step{step("schema.app", "CREATE SCHEMA app")}
	for i := range n {
		steps = append(steps, step(fmt.Sprintf("table.t%d", i),
			fmt.Sprintf(`CREATE TABLE app.t%d (id serial, session_id varchar(64) NOT NULL, parent_id integer, last_activity timestamp NOT NULL DEFAULT now(),
  title varchar(255), level text DEFAULT 'x', body jsonb, n numeric(10,2), flag boolean DEFAULT false, note text, CONSTRAINT t%d_pkey PRIMARY KEY (id))`, i, i),
			fmt.Sprintf("COMMENT ON TABLE app.t%d IS 'table %d'", i, i),
			fmt.Sprintf("CREATE INDEX ix%d_session ON app.t%d (session_id)", i, i),
			fmt.Sprintf("CREATE INDEX ix%d_recent ON app.t%d (last_activity DESC) WHERE title IS NOT NULL", i, i)))
	}
	for i := range n {
		steps = append(steps, step(fmt.Sprintf("table.t%d", i),
			fmt.Sprintf("ALTER TABLE app.t%d ADD CONSTRAINT t%d_parent_fkey FOREIGN KEY (parent_id) REFERENCES app.t%d (id) ON DELETE CASCADE", i, i, max(i-1, 0))))
	}
	return steps
}

// BenchmarkApply makes 1,000 tables and records them; BenchmarkPsql runs the
// same statements through psql -1 -f.
func BenchmarkApply(b *testing.B) {
	steps := newTables(1000)
	for b.Loop() {
		b.StopTimer()
		d := database(b)
		b.StartTimer()
		conn, err := Connect(context.Background(), d.endpoint(""))
		if err != nil {
			b.Fatal(err)
		}
		s, err := openOn(context.Background(), conn, scope, resource.Database, Options{})
		if err != nil {
			b.Fatal(err)
		}
		var entries []resource.Entry
		for i, st := range steps {
			d.run(s, st)
			if i > 0 && i <= 1000 {
				entries = append(entries, entry(st.Address.String(), text("schema", "app"), text("name", st.Address.Name)))
			}
		}
		if err := s.Record(context.Background(), entries, nil); err != nil {
			b.Fatal(err)
		}
		if err := s.Commit(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		d.want("SELECT count(*) FROM tellr.object WHERE identity <> ''", "1000")
		d.exec("DROP SCHEMA tellr CASCADE")
		b.StartTimer()
	}
}

func BenchmarkPsql(b *testing.B) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/psql")
		if len(found) == 0 {
			b.Skip("there is no psql")
		}
		psql = found[0]
	}
	var sql strings.Builder
	for _, st := range newTables(1000) {
		for _, s := range st.Statements {
			sql.WriteString(s.SQL.String() + ";\n")
		}
	}
	file := filepath.Join(b.TempDir(), "apply.sql")
	if err := os.WriteFile(file, []byte(sql.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		d := database(b)
		b.StartTimer()
		if out, err := exec.Command(psql, "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", d.c.DSN("", d.name), "-f", file).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}
