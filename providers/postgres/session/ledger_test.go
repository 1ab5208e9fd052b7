package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// What is recorded is what the next read finds, with the identity of what was
// just made; another environment's entries are not seen.
func TestLedger(t *testing.T) {
	d := database(t)
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	s := d.open(resource.Database, Options{Run: resource.Run{Who: "me"}, Now: now})
	d.run(s, step("schema.app", `CREATE SCHEMA "App"`, `CREATE TABLE "App"."t 1" (id serial)`, `CREATE SEQUENCE "App".q`, `CREATE TYPE "App".e AS ENUM ('a')`,
		`CREATE FUNCTION "App".f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`, `CREATE TRIGGER g AFTER UPDATE ON "App"."t 1" EXECUTE FUNCTION "App".f()`,
		`CREATE COLLATION "App".c FROM "C"`, `CREATE EXTENSION dict_int SCHEMA "App"`,
		`GRANT USAGE ON SCHEMA "App" TO PUBLIC`, `SET LOCAL ROLE pg_monitor`, `SET LOCAL search_path = nowhere`))
	in := func(address, name string, more ...resource.Field) resource.Entry {
		return entry(address, append([]resource.Field{text("schema", "App"), text("name", name)}, more...)...)
	}
	table := in("table.t", "t 1", resource.F("columns", resource.Object(resource.F("id", resource.Object(text("type", "serial"))))),
		resource.F("url", resource.Secret("env.URL")))
	table.Protected = true
	other := entry("app.slides", text("name", "slides"))
	other.Identity = "uid-7"
	other.By, other.At = "robot", "2026-01-02T03:04:05Z"
	err := s.Record(t.Context(), []resource.Entry{in("table.t", "old"), in("table.gone", "gone")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Record(t.Context(), []resource.Entry{table, entry("schema.app", text("name", "App")), in("sequence.q", "q"), in("enum.e", "e"), in("function.f", "f"),
		in("collation.c", "c"), in("extension.x", "dict_int"),
		entry("trigger.g", text("table", `"App"."t 1"`), text("name", "g")), entry("grants.g", text("schema", "App"), resource.F("effective", resource.Object(resource.F("PUBLIC", resource.Object())))), other,
		entry(`table.x["a.b"]`, text("schema", "App"), text("name", "not there"))}, []resource.Address{{Kind: "table", Name: "gone"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	snapshot, err := catalog.Read(t.Context(), d.Conn, scope, asked(t, scope))
	if err != nil {
		t.Fatal(err)
	}
	if len(snapshot.Ledger) != 11 {
		t.Fatalf("%d entries", len(snapshot.Ledger))
	}
	for _, e := range snapshot.Ledger {
		live := snapshot.Object(e.Address)
		switch {
		case e.Address.Kind == "app":
			if e.Identity != "uid-7" || e.By != "robot" || e.At != "2026-01-02T03:04:05Z" || live != nil {
				t.Errorf("%+v", e)
			}
		case e.Address.Keyed:
			if live != nil {
				t.Errorf("%s is not there", e.Address)
			}
		case live == nil || live.Identity != e.Identity || e.Identity == "":
			t.Errorf("%s: identity %q, live %v", e.Address, e.Identity, live)
		}
		attrs, err := e.Attrs.Value()
		if err != nil {
			t.Fatal(err)
		}
		want, err := table.Attrs.Value()
		if err != nil {
			t.Fatal(err)
		}
		if e.Address.Name == "t" && (!e.Protected || e.By != "me" || e.At != "2026-03-01T12:00:00Z" || !attrs.Equal(want)) {
			t.Errorf("%+v", e)
		}
	}

	// Renamed in the files: the ledger's name finds it, if it is still the same thing.
	renamed := scope
	renamed.Wanted = []resource.Wanted{{Address: resource.Address{Kind: "table", Name: "t"}, Locate: resource.Object(text("schema", "App"), text("name", "new"))}}
	if snapshot, err = catalog.Read(t.Context(), d.Conn, renamed, asked(t, renamed)); err != nil || snapshot.Object(renamed.Wanted[0].Address) == nil {
		t.Error("a table that was renamed in the files is not found", err)
	}
	d.exec(`DROP TABLE "App"."t 1"; CREATE TABLE "App"."t 1" ()`)
	if snapshot, err = catalog.Read(t.Context(), d.Conn, renamed, asked(t, renamed)); err != nil || snapshot.Object(renamed.Wanted[0].Address) != nil {
		t.Error("another table of the old name is taken for it", err)
	}
	elsewhere := scope
	elsewhere.Environment = "prod"
	if snapshot, err = catalog.Read(t.Context(), d.Conn, elsewhere, asked(t, elsewhere)); err != nil || len(snapshot.Ledger) != 0 {
		t.Error("another environment's entries are seen", err)
	}

	// A second run updates and removes.
	s = d.open(resource.Database, Options{Run: resource.Run{Who: "you"}})
	changed := in("table.t", "t 1")
	if err := s.Record(t.Context(), []resource.Entry{changed}, []resource.Address{{Kind: "enum", Name: "e"}, {Kind: "table", Name: "never"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT count(*) FROM tellr.object", "10")
	d.want("SELECT by FROM tellr.object WHERE address = 'table.t'", "you")
	d.want("SELECT count(*) FROM tellr.run", "2")
}

// What failed is history too, where there is a ledger; nothing of the work is.
func TestFailureIsRecorded(t *testing.T) {
	d := database(t)
	s := d.open(resource.Database, Options{})
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = d.open(resource.Database, Options{})
	d.run(s, step("schema.app", "CREATE SCHEMA app"))
	if _, err := s.Run(t.Context(), step("table.t", "CREATE TABLE nowhere.t ()"), noHoles, nil); err == nil {
		t.Fatal("it did not fail")
	}
	if err := s.Record(t.Context(), []resource.Entry{entry("schema.app")}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Record after a failure: %v", err)
	}
	if err := s.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT outcome FROM tellr.run ORDER BY started DESC LIMIT 1", "failed")
	d.want("SELECT string_agg(concat_ws(' ', address, outcome), ', ' ORDER BY n) FROM tellr.step", "schema.app rolled back, table.t failed")
	d.want("SELECT error LIKE '%3F000%' FROM tellr.step WHERE outcome = 'failed'", "true")
	d.want("SELECT count(*) FROM tellr.object", "0")
}

// The ledger is nobody else's, and who may not keep it is told before the work.
func TestLedgerPrivileges(t *testing.T) {
	d := database(t)
	d.exec(`DO $$ BEGIN CREATE ROLE poor LOGIN; EXCEPTION WHEN duplicate_object THEN END $$`)
	for _, there := range []bool{false, true} {
		if there {
			if err := d.open(resource.Database, Options{}).Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.want("SELECT has_schema_privilege('poor', 'tellr', 'USAGE')", "false")
			_, err := catalog.Read(t.Context(), d.connect("poor", nil), scope, asked(t, scope))
			if err == nil || !strings.Contains(err.Error(), "GRANT USAGE ON SCHEMA tellr") {
				t.Errorf("a read of another's ledger: %v", err)
			}
		}
		_, err := openOn(t.Context(), d.connect("poor", nil), scope, resource.Database, Options{})
		if m := diagnostic(t, err); !strings.Contains(m.Cure, "GRANT CREATE ON DATABASE") || !strings.Contains(m.Cure, "GRANT USAGE ON SCHEMA tellr") {
			t.Error(m)
		}
	}
	d.exec("INSERT INTO tellr.version (version) VALUES (99)")
	if _, err := catalog.Read(t.Context(), d.Conn, scope, asked(t, scope)); !errors.Is(err, catalog.ErrLedgerTooNew) {
		t.Errorf("a ledger of a later version: %v", err)
	}
	_, err := openOn(t.Context(), d.connect("", nil), scope, resource.Database, Options{})
	if !errors.Is(err, catalog.ErrLedgerTooNew) {
		t.Errorf("a ledger of a later version: %v", err)
	}
}

// After an apply, the next read asks nothing: the ledger knows the server's
// form of what the files say. What is no longer in the files is forgotten.
func TestRemember(t *testing.T) {
	d := database(t)
	table := resource.Address{Kind: "table", Name: "t"}
	ask := func(check string) resource.Scope {
		a := catalog.Ask{Tables: []catalog.AskTable{{Address: table, Schema: "app", Name: "t",
			Columns: []catalog.AskColumn{{Name: "n", Type: "int"}, {Name: "level", Type: "app.level"}},
			Exprs: []catalog.Expr{{ID: "1", Kind: catalog.Check, Name: "c", Text: check}, {ID: "2", Kind: catalog.Default, Column: "level", Text: "'low'"},
				{ID: "3", Kind: catalog.Check, Name: "bad", Text: "nothing > 0"}, {ID: "4", Kind: catalog.Type, Column: "n", Text: "int"}}}}}
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		sc := scope
		sc.Ask = raw
		sc.Wanted = []resource.Wanted{{Address: table, Locate: resource.Object(text("schema", "app"), text("name", "t"))}}
		return sc
	}
	apply := func(sc resource.Scope, statements ...string) {
		s, err := openOn(t.Context(), d.connect("", nil), sc, resource.Database, Options{})
		if err != nil {
			t.Fatal(err)
		}
		d.run(s, step("table.t", statements...))
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	read := func(sc resource.Scope) (facts *catalog.Facts, messages int) {
		var b bytes.Buffer
		d.PgConn().Frontend().Trace(&b, pgproto3.TracerOptions{SuppressTimestamps: true})
		snapshot, err := catalog.Read(context.Background(), d.Conn, sc, asked(t, sc))
		d.PgConn().Frontend().Untrace()
		if err != nil {
			t.Fatal(err)
		}
		if facts, err = catalog.ParseFacts(snapshot); err != nil {
			t.Fatal(err)
		}
		return facts, strings.Count(b.String(), "F\tQuery")
	}
	apply(ask("n>0"), "CREATE SCHEMA app", "CREATE TYPE app.level AS ENUM ('low')", "CREATE TABLE app.t (n integer CHECK (n > 0), level app.level DEFAULT 'low')")
	d.want("SELECT count(*) FROM tellr.canon", "2")
	want := map[string]string{"1": "(n > 0)", "2": "'low'::app.level", "4": "integer"}
	facts, messages := read(ask("n>0"))
	if diff := cmp.Diff(want, facts.Canon); diff != "" || messages != 2 || facts.CanonErrors["3"] == "" {
		t.Errorf("%s; %d messages: only what has no answer is asked again; %v", diff, messages, facts.CanonErrors)
	}
	apply(ask("n > 1"), "SELECT 1")
	d.want("SELECT string_agg(canonical, ' ' ORDER BY canonical COLLATE \"C\") FROM tellr.canon", "'low'::app.level (n > 1)")
}

// asked is what a scope asks.
func asked(t *testing.T, scope resource.Scope) catalog.Ask {
	t.Helper()
	ask, err := catalog.Asked(scope)
	if err != nil {
		t.Fatal(err)
	}
	return ask
}
