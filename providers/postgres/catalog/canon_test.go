package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/resource"
)

// asked has the columns that the expressions of these tests stand among.
func asked(exprs ...Expr) Ask {
	for i := range exprs {
		if exprs[i].ID == "" {
			exprs[i].ID = string(exprs[i].Kind) + ":" + exprs[i].Text
		}
	}
	return Ask{Tables: []AskTable{{
		Address: resource.Address{Kind: "table", Name: "t"}, Schema: "app", Name: "t",
		Columns: []AskColumn{{Name: "id", Type: "serial"}, {Name: "title", Type: "varchar(64)"}, {Name: "n", Type: "int8"},
			{Name: "at", Type: "timestamptz"}, {Name: "level", Type: "app.level"}, {Name: "doc", Type: "jsonb"}, {Name: "c", Type: "text", Collation: "C"},
			{Name: "select", Type: "int"}, {Name: "missing", Type: "app.missing"}, {Name: `q"x`, Type: "text"}, {Name: "p", Type: "numeric(10,2)"}},
		Exprs: exprs,
	}}}
}

func facts(t testing.TB, s *resource.Snapshot) *Facts {
	t.Helper()
	f, err := ParseFacts(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func scopeOf(t testing.TB, ask Ask) resource.Scope {
	t.Helper()
	text, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	return resource.Scope{Environment: "dev", Ask: text, Wanted: []resource.Wanted{wanted(t, "table.t", `{"schema": "app", "name": "t"}`)}}
}

func TestCanonical(t *testing.T) {
	cases := []struct {
		kind              ExprKind
		column, text, out string // out begins with ! for an error
	}{
		{Type, "", "int4", "integer"},
		{Type, "", " VARCHAR ( 10 ) ", "character varying(10)"},
		{Type, "", "app.level", "app.level"},
		{Type, "", "app.level[]", "app.level[]"},
		{Type, "", "app . level", "app.level"},
		{Type, "", "interval(3)", "interval(3)"},
		{Type, "", "interval day to second(2)", "interval day to second(2)"},
		{Type, "", "int array", "integer[]"},
		{Type, "", "float(10)", "real"},
		{Type, "", "timestamp(3) with time zone", "timestamp(3) with time zone"},
		{Type, "", "app.missing", `!type "app.missing" does not exist`},
		{Type, "", "integer NOT NULL", "!syntax error"},
		{Type, "", "integer) AS c; DROP TABLE app.t; --", "!closing parenthesis"},
		{Type, "", "integer; SELECT 1", "!semicolon"},
		{Type, "", "'", "!not closed"},
		{RegType, "", "varchar(64)", "character varying"},
		{RegType, "", "SETOF app.level", "SETOF app.level"},
		{RegType, "", `TABLE (id int, "select" app.level, x varchar(3)[])`, `TABLE(id integer, "select" app.level, x character varying[])`},
		{RegType, "", "trigger", "trigger"},
		{Default, "title", "'x'", "'x'::character varying"},
		{Default, "id", "1+1", "(1 + 1)"},
		{Default, "at", "now()", "now()"},
		{Default, "at", "current_timestamp", "CURRENT_TIMESTAMP"},
		{Default, "level", "'low'", "'low'::app.level"},
		{Default, "p", "0", "0"},
		{Default, "p", "0.00", "0.00"},
		{Default, "n", "nextval('app.s')", "nextval('app.s'::regclass)"},
		{Default, "title", "'a', ADD COLUMN x int", "!syntax error"},
		{Default, "id", "'x'", `!invalid input syntax for type integer: "x"`},
		{Default, "missing", "'x'", `!type "app.missing" does not exist`},
		{Generated, "c", "lower(title)", "lower((title)::text)"},
		{Generated, "c", "title || now()", "!generation expression is not immutable"},
		{Check, "", "n IN (1,2)", "(n = ANY (ARRAY[(1)::bigint, (2)::bigint]))"},
		{Check, "", "title IN ('a','b')", "((title)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"},
		{Check, "", "title <> '' /* ; ) */ and true", "(((title)::text <> ''::text) AND true)"},
		{Check, "", "t.n > 0", "(n > 0)"},
		{Check, "", `"select" > 0 AND "q""x" <> $$;'$$`, `(("select" > 0) AND ("q""x" <> ';'''::text))`},
		{Check, "", "level = 'high'", "(level = 'high'::app.level)"},
		{Check, "", "nothere > 0", `!column "nothere" does not exist`},
		{Check, "", "missing IS NULL", `!type "app.missing" does not exist`},
		{Check, "", "true) NOT VALID, DROP COLUMN (n", "!closing"},
		{Check, "", "n > 0 -- all", "!not closed"},
		{IndexKey, "", "title", "title"},
		{IndexKey, "", "\"select\"", `"select"`},
		{IndexKey, "", "title DESC nulls last", "title DESC NULLS LAST"},
		{IndexKey, "", "title asc", "title"},
		{IndexKey, "", "lower(title) text_pattern_ops", "lower((title)::text) text_pattern_ops"},
		{IndexKey, "", "(n+1)", "((n + 1))"},
		{IndexKey, "", "c COLLATE \"C\"", "c"},
		{IndexKey, "", "title COLLATE \"C\"", `title COLLATE "C"`},
		{IndexKey, "", "n + 1", "!syntax error"},
		{IndexKey, "", "n, id", "!it is not one key of an index"},
		{IndexWhere, "", "title is not null and n in (1)", "((title IS NOT NULL) AND (n = 1))"},
		{IndexWhere, "", "at > now()", "!functions in index predicate must be marked IMMUTABLE"},
		{When, "", "NEW.title is distinct from old.title", "((new.title)::text IS DISTINCT FROM (old.title)::text)"},
		{When, "", "NEW.* IS DISTINCT FROM OLD.*", "(new.* IS DISTINCT FROM old.*)"},
	}
	for _, version := range []int{16, 17, 18} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			conn, _ := database(t, version)
			execute(t, conn, "CREATE SCHEMA app; CREATE TYPE app.level AS ENUM ('low', 'high'); CREATE SEQUENCE app.s; CREATE TABLE app.keep ()")
			var exprs []Expr
			for i, c := range cases {
				exprs = append(exprs, Expr{ID: fmt.Sprint(i), Kind: c.kind, Column: c.column, Text: c.text})
			}
			ask := asked(exprs...)
			scope := scopeOf(t, ask)
			var s *resource.Snapshot
			n := count(t, conn, func() { s = read(t, conn, scope) })
			if n.queries != 2 {
				t.Errorf("%d round trips, want 2", n.queries)
			}
			f := facts(t, s)
			for i, c := range cases {
				got, err := f.Canonical(fmt.Sprint(i), c.text)
				if want, bad := strings.CutPrefix(c.out, "!"); bad {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s %q: %q, %v; want error %q", c.kind, c.text, got, err, want)
					}
				} else if err != nil || got != c.out {
					t.Errorf("%s %q: %q, %v; want %q", c.kind, c.text, got, err, c.out)
				}
			}
			var left int
			if err := conn.QueryRow(context.Background(), `SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()`).Scan(&left); err != nil || left != 0 {
				t.Errorf("%d things left in pg_temp, %v", left, err)
			}
		})
	}
}

// What is live, or follows from rules, or is known to the ledger, is not asked.
func TestCanonicalAsksLittle(t *testing.T) {
	conn, _ := database(t, 17)
	execute(t, conn, `CREATE SCHEMA app; CREATE TYPE app.level AS ENUM ('low', 'high');
		CREATE TABLE app.t (id serial, title varchar(64), n bigint DEFAULT (1+1), level app.level, p numeric(10,2), CONSTRAINT positive CHECK (n > 0));
		CREATE INDEX ix ON app.t (lower(title), n DESC) WHERE n > 0`)
	noop := asked(
		Expr{Kind: Type, Column: "id", Text: "serial"}, Expr{Kind: Type, Column: "title", Text: "varchar(64)"},
		Expr{Kind: Type, Column: "level", Text: "app.level"}, Expr{Kind: Default, Column: "n", Text: "(1 + 1)"},
		Expr{Kind: Check, Name: "positive", Text: "(n > 0)"}, Expr{Kind: IndexKey, Name: "ix", Text: "lower((title)::text)"},
		Expr{Kind: IndexKey, Name: "ix", N: 1, Text: "n DESC"}, Expr{Kind: IndexWhere, Name: "ix", Text: "(n > 0)"},
		Expr{Kind: IndexKey, Name: "new", Text: "title"},
	)
	var s *resource.Snapshot
	if n := count(t, conn, func() { s = read(t, conn, scopeOf(t, noop)) }); n.queries != 1 {
		t.Errorf("%d round trips for what is live, want 1", n.queries)
	}
	want := map[string]string{"type:varchar(64)": "character varying(64)"}
	if diff := cmp.Diff(want, facts(t, s).Canon); diff != "" {
		t.Error(diff)
	}

	changed := asked(Expr{Kind: Default, Column: "n", Text: "2 + 2"}, Expr{Kind: Check, Name: "positive", Text: "n>1"})
	execute(t, conn, `CREATE SCHEMA tellr; CREATE TABLE tellr.version (version int); INSERT INTO tellr.version VALUES (1);
		CREATE TABLE tellr.object (environment text, address text, kind text, schema text, identity text, attrs jsonb, source text, protected bool, by text, at timestamptz);
		CREATE TABLE tellr.canon (environment text, key text, canonical text)`)
	questions := Questions(changed, 170000)
	if len(questions) != 2 {
		t.Fatalf("%d questions, want 2", len(questions))
	}
	execute(t, conn, "BEGIN; SET LOCAL search_path = pg_catalog")
	answers, err := Canonicalise(context.Background(), conn, questions)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, conn, "COMMIT")
	for key, a := range answers {
		if a.Error != "" {
			t.Fatal(a.Error)
		}
		if _, err := conn.Exec(context.Background(), "INSERT INTO tellr.canon VALUES ('dev', $1, $2)", key, a.Text); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, conn, func() { s = read(t, conn, scopeOf(t, changed)) }); n.queries != 1 {
		t.Errorf("%d round trips for what the ledger knows, want 1", n.queries)
	}
	want = map[string]string{"default:2 + 2": "(2 + 2)", "check:n>1": "(n > 1)"}
	if diff := cmp.Diff(want, facts(t, s).Canon); diff != "" {
		t.Error(diff)
	}
}

// Who may not make temporary tables is told so, expression by expression; the
// read goes on.
func TestCanonicalWithoutTemp(t *testing.T) {
	conn, connect := database(t, 17)
	execute(t, conn, `DO $$ BEGIN CREATE ROLE poor LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; CREATE SCHEMA app;
		DO $$ BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database()); END $$`)
	s := read(t, connect("poor"), scopeOf(t, asked(Expr{Kind: Check, Text: "n>0"}, Expr{Kind: RegType, Text: "pg_catalog.int4"})))
	f := facts(t, s)
	if _, err := f.Canonical("check:n>0", "n>0"); err == nil || !strings.Contains(err.Error(), "permission denied to create temporary tables") {
		t.Errorf("got %v", err)
	}
	if got, err := f.Canonical("regtype:pg_catalog.int4", "pg_catalog.int4"); err != nil || got != "integer" {
		t.Errorf("got %q, %v", got, err)
	}
}

// The rules for built-in types say what the server says.
func TestCanonicalType(t *testing.T) {
	conn, _ := database(t, 17)
	var all []string
	for name := range builtin {
		all = append(all, name, name+"[]", name+" [3][]", strings.ToUpper(name))
	}
	for name := range modified {
		all = append(all, name+"(3)", name+"( 03 ) []", name+"(3,4)")
	}
	all = append(all, "numeric(10)", "decimal(10, 2)", "numeric(5,0)[]", "numeric(05,02)", "numeric(3,-2)", "timestamp(3) with time zone", "  double   precision  ",
		"my_type", `"text"`, "int4range", "varchar(0)", "interval(0)", "bit(1)", "character(1)[]")
	for _, text := range all {
		got, ok := CanonicalType(text)
		if !ok || strings.Contains(got, "serial") || got == "void" || got == "trigger" {
			continue
		}
		var want string
		execute(t, conn, "DROP VIEW IF EXISTS q")
		if _, err := conn.Exec(context.Background(), "CREATE TEMP VIEW q AS SELECT CAST(NULL AS "+text+") AS c"); err != nil {
			if !strings.Contains(err.Error(), "must be at least") {
				t.Errorf("%q: %q, but the server says %v", text, got, err)
			}
			continue
		}
		if err := conn.QueryRow(context.Background(), "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'q'::regclass").Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q: %q, but the server says %q", text, got, want)
		}
	}
}
