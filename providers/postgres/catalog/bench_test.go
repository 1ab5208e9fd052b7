package catalog

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
)

// BenchmarkRead reads tables of 10 columns, 2 indexes (one of them partial), a
// primary key and a foreign key. BenchmarkPsql takes the same message through
// psql, where there is one: what the server and the wire cost alone.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			conn, scope, _ := many(b, n)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if s := read(b, conn, scope); len(s.Objects) != n+1 {
					b.Fatal(len(s.Objects))
				}
			}
		})
	}
}

// BenchmarkReadLedger reads the same with a ledger that knows every table.
func BenchmarkReadLedger(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			conn, scope, _ := many(b, n)
			execute(b, conn, `CREATE SCHEMA tellr; CREATE TABLE tellr.version (version int); INSERT INTO tellr.version VALUES (1);
				CREATE TABLE tellr.object (environment text, address text, kind text, schema text, identity text, attrs jsonb, source text, protected bool, by text, at timestamptz);
				CREATE TABLE tellr.canon (environment text, key text, canonical text)`)
			for _, o := range read(b, conn, scope).Objects {
				text, err := json.Marshal(o.Attrs)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := conn.Exec(b.Context(), "INSERT INTO tellr.object VALUES ('dev', $1, $2, 'app', $3, $4, '', true, 'me', now())",
					o.Address.String(), o.Address.Kind, o.Identity, string(text)); err != nil {
					b.Fatal(err)
				}
			}
			execute(b, conn, "ANALYZE")
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if s := read(b, conn, scope); len(s.Ledger) != n+1 {
					b.Fatal(len(s.Ledger))
				}
			}
		})
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
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, _, dsn := many(b, n)
			file := filepath.Join(b.TempDir(), "read.sql")
			if err := os.WriteFile(file, []byte(readMessage("dev", []string{"app"}, rolesOf(nil, false), 170000)), 0o600); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for b.Loop() {
				if out, err := exec.Command(psql, "-X", "-q", "-A", "-t", "-o", os.DevNull, "-v", "ON_ERROR_STOP=1", "-d", dsn, "-f", file).CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}

func many(b *testing.B, n int) (*pgx.Conn, resource.Scope, string) {
	b.Helper()
	conn, _ := database(b, 17)
	execute(b, conn, "CREATE SCHEMA app")
	scope := resource.Scope{Environment: "dev", Wanted: []resource.Wanted{wanted(b, "schema.app", `{"name": "app"}`)}}
	for from := 0; from < n; from += 250 {
		var sql strings.Builder
		for i := from; i < from+250; i++ {
			fmt.Fprintf(&sql, `CREATE TABLE app.t%d (id serial PRIMARY KEY, session_id varchar(64) NOT NULL, parent_id integer,
				last_activity timestamp NOT NULL DEFAULT now(), title varchar(255), level text DEFAULT 'x', body jsonb, n numeric(10,2), flag boolean DEFAULT false, note text,
				CONSTRAINT t%d_parent_fkey FOREIGN KEY (parent_id) REFERENCES app.t%d (id) ON DELETE CASCADE);
				CREATE INDEX ix%d_session ON app.t%d (session_id); CREATE INDEX ix%d_recent ON app.t%d (last_activity DESC) WHERE title IS NOT NULL;
				GRANT SELECT, INSERT, UPDATE, DELETE ON app.t%d TO pg_monitor;`, i, i, max(i-1, 0), i, i, i, i, i)
			scope.Wanted = append(scope.Wanted, wanted(b, fmt.Sprintf("table.t%d", i), fmt.Sprintf(`{"schema": "app", "name": "t%d"}`, i)))
		}
		execute(b, conn, sql.String())
	}
	if os.Getenv("NOANALYZE") == "" {
		execute(b, conn, "VACUUM ANALYZE")
	}
	c := server(b, 17)
	return conn, scope, c.DSN("", conn.Config().Database)
}

// BenchmarkCanonicalise asks 1,000 different questions, as a first plan of a
// large schema may.
func BenchmarkCanonicalise(b *testing.B) {
	conn, _ := database(b, 17)
	var ask Ask
	for i := range 250 {
		t := AskTable{Schema: "app", Name: fmt.Sprintf("t%d", i), Columns: []AskColumn{{Name: "id", Type: "integer"}, {Name: "title", Type: "varchar(64)"}}}
		for n, e := range []Expr{{Kind: Check, Text: fmt.Sprintf("id > %d", i)}, {Kind: Default, Column: "id", Text: fmt.Sprintf("%d + 1", i)},
			{Kind: IndexKey, Text: fmt.Sprintf("(title || %d)", i)}, {Kind: IndexWhere, Text: fmt.Sprintf("title <> '%d'", i)}} {
			e.ID = fmt.Sprint(i, n)
			t.Exprs = append(t.Exprs, e)
		}
		ask.Tables = append(ask.Tables, t)
	}
	questions := Questions(ask, 170000)
	for b.Loop() {
		answers, err := canonicaliseAlone(b.Context(), conn, questions)
		if err != nil || len(answers) != 1000 {
			b.Fatal(len(answers), err)
		}
	}
}
