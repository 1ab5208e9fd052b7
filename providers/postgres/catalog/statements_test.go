package catalog

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/engine/resource"
)

// A read is one message of as many statements for a hundred tables as for one, in one transaction.
func TestStatementsDoNotGrow(t *testing.T) {
	conn, _ := database(t, 17)
	execute(t, conn, "CREATE SCHEMA app")
	scope := resource.Scope{Environment: "dev", Wanted: []resource.Wanted{wanted(t, "schema.app", `{"name": "app"}`)}}
	counted := func() (messages, statements, objects int) {
		var b bytes.Buffer
		conn.PgConn().Frontend().Trace(&b, pgproto3.TracerOptions{SuppressTimestamps: true})
		s := read(t, conn, scope)
		conn.PgConn().Frontend().Untrace()
		for line := range strings.Lines(b.String()) {
			f := strings.Fields(line)
			switch {
			case len(f) > 1 && f[0] == "F" && (f[1] == "Query" || f[1] == "Parse" || f[1] == "Execute"):
				messages++
			case len(f) > 1 && f[0] == "B" && f[1] == "CommandComplete":
				statements++
			}
		}
		return messages, statements, len(s.Objects)
	}
	var of []int
	for n := range 100 {
		execute(t, conn, fmt.Sprintf(`CREATE TABLE app.t%d (id serial PRIMARY KEY, n int REFERENCES app.t%d, s text DEFAULT 'x' CHECK (s <> ''));
			CREATE INDEX ON app.t%d (n) WHERE id > 0; COMMENT ON TABLE app.t%d IS 'c'; GRANT SELECT ON app.t%d TO pg_monitor`, n, max(n-1, 0), n, n, n))
		scope.Wanted = append(scope.Wanted, wanted(t, fmt.Sprintf("table.t%d", n), fmt.Sprintf(`{"schema": "app", "name": "t%d"}`, n)))
		if n != 0 && n != 99 {
			continue
		}
		messages, statements, objects := counted()
		if messages != 1 || objects != n+2 {
			t.Errorf("%d tables: %d messages, %d objects", n+1, messages, objects)
		}
		of = append(of, statements)
	}
	if of[0] != before+len(sections)+1 || of[0] != of[1] {
		t.Errorf("%v statements, of one table and of a hundred; the read has %d", of, before+len(sections)+1)
	}
}
