package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/engine/resource"
)

// A case is testdata/NAME.sql: what to set up, and in comments what to look
// for. testdata/NAME.json is the snapshot that is expected of it, with OIDs,
// sizes and versions replaced.
//
//	-- as ROLE               read as this role
//	-- want ADDRESS LOCATE   LOCATE is JSON
//	-- from VERSION          not before this major version
var directive = regexp.MustCompile(`(?m)^-- (as|want|from) (.*)$`)

func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	goldens, _ := filepath.Glob("testdata/*.json")
	for _, g := range goldens {
		if _, err := os.Stat(strings.TrimSuffix(g, ".json") + ".sql"); err != nil {
			t.Errorf("%s has no case", g)
		}
	}
	for _, version := range []int{16, 17, 18} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			server(t, version)
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) { golden(t, file, version) })
			}
		})
	}
}

func golden(t *testing.T, file string, version int) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	super, connect := database(t, version)
	reader := super
	scope := resource.Scope{Environment: "dev"}
	as := ""
	for _, m := range directive.FindAllStringSubmatch(string(text), -1) {
		switch m[1] {
		case "as":
			as = m[2]
		case "from":
			if fmt.Sprint(version) < m[2] {
				t.Skip("from version " + m[2])
			}
		case "want":
			address, locate, _ := strings.Cut(m[2], " ")
			scope.Wanted = append(scope.Wanted, wanted(t, address, locate))
		}
	}
	execute(t, super, string(text))
	if as != "" {
		reader = connect(as)
	}
	got := readJSON(t, reader, scope)
	if again := readJSON(t, reader, scope); got != again {
		t.Errorf("a second read differs:\n%s", cmp.Diff(got, again))
	}
	path := strings.TrimSuffix(file, ".sql") + ".json"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
}

func wanted(t testing.TB, address, locate string) resource.Wanted {
	t.Helper()
	a, err := resource.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	var at resource.Value
	if err := json.Unmarshal([]byte(locate), &at); err != nil {
		t.Fatalf("%s: %v", locate, err)
	}
	return resource.Wanted{Address: a, Locate: at}
}

func read(t testing.TB, conn *pgx.Conn, scope resource.Scope) *resource.Snapshot {
	t.Helper()
	ask, err := Asked(scope)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read(context.Background(), conn, scope, ask)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var volatile = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`"identity": "\d+"`), `"identity": "OID"`},
	{regexp.MustCompile(`"oid": "\d+"`), `"oid": "OID"`},
	{regexp.MustCompile(`"(on|by|in)": "(pg_\w+) \d+"`), `"$1": "$2 OID"`},
	{regexp.MustCompile(`"casts": \{[^}]*\}`), `"casts": {}`}, // each version has more of them
	{regexp.MustCompile(`"server_version": \d+`), `"server_version": 0`},
	{regexp.MustCompile(`"database": "t\d+"`), `"database": "DB"`},
	{regexp.MustCompile(`"bytes": \d+`), `"bytes": 0`},
}

// readJSON reads twice as much as the wire shows: the snapshot, less the
// scope, in lines.
func readJSON(t testing.TB, conn *pgx.Conn, scope resource.Scope) string {
	t.Helper()
	s := read(t, conn, scope)
	s.Scope = resource.Scope{}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	for _, v := range volatile {
		out = v.re.ReplaceAllString(out, v.by)
	}
	return out + "\n"
}

// traffic counts what passes over the wire.
type traffic struct {
	queries    int // messages that ask
	statements int // commands that the server completed
}

func count(t testing.TB, conn *pgx.Conn, work func()) traffic {
	t.Helper()
	var b bytes.Buffer
	conn.PgConn().Frontend().Trace(&b, pgproto3.TracerOptions{SuppressTimestamps: true})
	work()
	conn.PgConn().Frontend().Untrace()
	var n traffic
	for line := range strings.Lines(b.String()) {
		switch f := strings.Fields(line); {
		case len(f) < 2:
		case f[0] == "F" && (f[1] == "Query" || f[1] == "Parse" || f[1] == "Sync"):
			n.queries++
		case f[0] == "B" && f[1] == "CommandComplete":
			n.statements++
		}
	}
	return n
}

// A read is one message, of the same number of statements however much there
// is to read.
func TestConstantQueries(t *testing.T) {
	conn, _ := database(t, 17)
	execute(t, conn, "CREATE SCHEMA app")
	var first traffic
	made := 0
	for _, n := range []int{0, 1, 50} {
		for ; made < n; made++ {
			execute(t, conn, fmt.Sprintf(`CREATE TABLE app.t%d (id serial PRIMARY KEY, a text, b integer REFERENCES app.t%d (id));
				CREATE INDEX i%d ON app.t%d (lower(a)) WHERE b > 0; GRANT SELECT ON app.t%d TO PUBLIC`, made, max(made-1, 0), made, made, made))
		}
		scope := resource.Scope{Environment: "dev"}
		scope.Wanted = append(scope.Wanted, wanted(t, "schema.app", `{"name": "app"}`))
		for i := range n {
			scope.Wanted = append(scope.Wanted, wanted(t, fmt.Sprintf("table.t%d", i), fmt.Sprintf(`{"schema": "app", "name": "t%d"}`, i)))
		}
		var s *resource.Snapshot
		got := count(t, conn, func() { s = read(t, conn, scope) })
		if len(s.Objects) != n+1 {
			t.Fatalf("%d objects, want %d", len(s.Objects), n+1)
		}
		if first == (traffic{}) {
			first = got
		}
		if got != first || got.queries != 1 || got.statements != before+len(sections)+1 {
			t.Errorf("%d tables: %+v, want %+v: 1 message of %d statements", n, got, first, before+len(sections)+1)
		}
	}
}
