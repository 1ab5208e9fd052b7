package session

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// ledger1 is what made a ledger of version 1, and rows1 what such a tellr wrote.
//
//go:embed testdata/ledger-1.sql
var ledger1 string

const rows1 = `
INSERT INTO tellr.run (environment, stage, plan, who, version, started, ended, outcome) VALUES
  ('dev', 'database', 'abc', 'ann@example.com@laptop', '1.0', '2026-01-01 10:00:00Z', '2026-01-01 10:00:05Z', 'done'),
  ('dev', 'online', 'abc', 'bob', '1.0', '2026-01-01 10:00:06Z', '2026-01-01 10:00:07Z', 'rolled back'),
  ('prod', 'database', '', 'ann@laptop', '1.0', '2026-01-02 10:00:00Z', '2026-01-02 10:00:05Z', 'failed');
INSERT INTO tellr.step VALUES
  (1, 1, 'schema.app', 'ffff', '2026-01-01 10:00:01Z', '2026-01-01 10:00:02Z', 'done', NULL),
  (1, 2, 'table.t["x"]', 'eeee', '2026-01-01 10:00:02Z', '2026-01-01 10:00:03Z', 'done', NULL),
  (3, 1, 'table.t', 'dddd', '2026-01-02 10:00:01Z', '2026-01-02 10:00:02Z', 'failed', 'no such thing');
INSERT INTO tellr.object VALUES ('dev', 'schema.app', 'schema', 'app', '1', '{"name": "app"}', 'aa', true, 'ann', '2026-01-01 10:00:05Z');
INSERT INTO tellr.canon VALUES ('dev', 'k', 'c');`

// A ledger of version 1 is read as it is, and brought forward by the next
// write, with all that is in it. Who was let in, is let in.
func TestLedgerOfVersion1(t *testing.T) {
	d := database(t)
	d.exec(ledger1)
	d.exec(rows1)
	d.exec(`DO $$ BEGIN CREATE ROLE second LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
		GRANT USAGE ON SCHEMA tellr TO second; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tellr TO second`)
	snapshot, err := catalog.Read(t.Context(), d.Conn, scope, catalog.Ask{})
	if err != nil || len(snapshot.Ledger) != 1 || snapshot.Ledger[0].Run != "" || len(snapshot.Doubts) != 0 {
		t.Fatalf("a read before: %+v, %v", snapshot, err)
	}
	if _, err := History(t.Context(), d.Conn, "dev", 0); !strings.Contains(diagnostic(t, err).Cure, "next tellr apply") {
		t.Error(err)
	}
	// Another than its owner cannot bring it forward.
	_, err = openOn(t.Context(), d.connect("second", nil), scope, resource.Database, Options{})
	if m := diagnostic(t, err); m.Summary != "the ledger is of an older tellr, so nothing is changed" || !strings.Contains(m.Cure, "let postgres run tellr apply of this version once") {
		t.Error(m)
	}
	d.want("SELECT max(version) FROM tellr.version", "1")

	s := d.open(resource.Database, Options{Run: resource.Run{Who: "me", ID: "new", Version: "v2.0"}})
	d.run(s, step("schema.b", "CREATE SCHEMA b"))
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT version || ' ' || tellr FROM tellr.version ORDER BY version DESC LIMIT 1", "2 v2.0")
	runs, err := History(t.Context(), d.Conn, "dev", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, strings.Join([]string{r.ID, r.Who, r.Host, string(r.Outcome)}, " "))
	}
	if diff := cmp.Diff([]string{"new me  done", "2 bob  failed", "1 ann@example.com laptop done"}, got); diff != "" {
		t.Error(diff)
	}
	one, err := RunsOf(t.Context(), d.Conn, "dev", "1")
	if err != nil || len(one) != 1 || len(one[0].Steps) != 2 || one[0].Steps[1].Address.String() != `table.t["x"]` || one[0].Steps[1].Stage != resource.Database ||
		one[0].Ended.Sub(one[0].Started) != 5*time.Second {
		t.Errorf("%+v, %v", one, err)
	}
	d.want("SELECT count(*) FROM tellr.object WHERE attrs = '{\"name\": \"app\"}' AND run = ''", "1")
	// The same as a new one, and open to the same.
	shape := `SELECT string_agg(concat_ws(' ', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull), ', ' ORDER BY a.attrelid::regclass::text, a.attname)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'tellr'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`
	fresh := database(t)
	if err := fresh.open(resource.Database, Options{}).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fresh.value(shape), d.value(shape)); diff != "" {
		t.Errorf("a ledger that grew is another than a new one (-new +grown):\n%s", diff)
	}
	w, err := openOn(t.Context(), d.connect("second", nil), scope, resource.Database, Options{Run: resource.Run{Who: "second"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Record(t.Context(), []resource.Entry{entry("schema.app", text("name", "app"))}, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Error(err)
	}
}

// A ledger of a later version is refused before anything is done, with what to
// install.
func TestLedgerOfALaterVersion(t *testing.T) {
	d := database(t)
	if err := d.open(resource.Database, Options{}).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.exec("INSERT INTO tellr.version (version, tellr) VALUES (99, 'v9.1.0')")
	_, read := catalog.Read(t.Context(), d.Conn, scope, catalog.Ask{})
	_, open := openOn(t.Context(), d.connect("", nil), scope, resource.Database, Options{})
	_, history := History(t.Context(), d.Conn, "dev", 0)
	for _, err := range []error{read, open, history} {
		if m := diagnostic(t, err); !errors.Is(err, catalog.ErrLedgerTooNew) || m.Cure != "install tellr v9.1.0 or later" || !strings.Contains(m.Detail, "has version 99") {
			t.Error(err)
		}
	}
}

// Default privileges of the deployer give what he makes to the app; the ledger
// is not given.
func TestDefaultPrivilegesGiveNothingOfTheLedger(t *testing.T) {
	d := database(t)
	d.exec(`DO $$ BEGIN CREATE ROLE someapp LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
		ALTER DEFAULT PRIVILEGES GRANT USAGE, CREATE ON SCHEMAS TO someapp; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO someapp, PUBLIC`)
	s := d.open(resource.Database, Options{})
	if err := s.Record(t.Context(), []resource.Entry{entry("schema.app", text("name", "app"))}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT has_schema_privilege('someapp', 'tellr', 'USAGE') OR has_schema_privilege('someapp', 'tellr', 'CREATE')", "false")
	d.want(`SELECT count(*) FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
		WHERE c.relnamespace = 'tellr'::regnamespace AND c.relkind = 'r' AND has_table_privilege('someapp', c.oid, p)`, "0")
	// A second deployer is let in by who made it, as the message says.
	d.exec(`DO $$ BEGIN CREATE ROLE colleague LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; GRANT USAGE ON SCHEMA tellr TO colleague`)
	_, err := openOn(t.Context(), d.connect("colleague", nil), scope, resource.Database, Options{})
	if m := diagnostic(t, err); !strings.Contains(m.Detail, "colleague lacks DELETE, INSERT, SELECT, UPDATE") && !strings.Contains(m.Detail, "permission denied") || !strings.Contains(m.Cure, "GRANT SELECT, INSERT, UPDATE, DELETE") {
		t.Error(m)
	}
	d.exec("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tellr TO colleague")
	w, err := openOn(t.Context(), d.connect("colleague", nil), scope, resource.Database, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a run did to a thing is kept with what was there before: as the ledger
// had it, or as it was where somebody else had changed it.
func TestChanges(t *testing.T) {
	d := database(t)
	l := d.hold(Options{})
	values := func(n string) resource.Remembered { return resource.Remember(resource.Object(text("n", n))) }
	at := func(name string) resource.Address { return resource.Address{Kind: "table", Name: name} }
	write := func(id string, changes ...resource.RunChange) {
		m := resource.Memory{Run: resource.Run{ID: id, Started: time.Now()}, Changes: changes}
		for _, c := range changes {
			if text, err := json.Marshal(c.After); err == nil && string(text) != "null" {
				m.Entries = append(m.Entries, resource.Entry{Address: c.Address, Attrs: c.After})
			} else {
				m.Gone = append(m.Gone, c.Address)
			}
		}
		if written, err := l.Write(t.Context(), m); err != nil || !written {
			t.Fatal(written, err)
		}
	}
	write("r1", resource.RunChange{Address: at("a"), Action: resource.Create, After: values("1")}, resource.RunChange{Address: at("b"), Action: resource.Create, After: values("1")})
	write("r2", resource.RunChange{Address: at("a"), Action: resource.Update, Before: values("live"), After: values("2")},
		resource.RunChange{Address: at("b"), Action: resource.Update, Before: values("live"), After: values("2"), Moved: true},
		resource.RunChange{Address: at("c"), Action: resource.Update, Before: values("live"), After: values("2")}) // adopted
	write("r3", resource.RunChange{Address: at("a"), Action: resource.Delete, Before: values("live")})
	d.want("SELECT string_agg(concat_ws(' ', run, address, before->>'n', '→', after->>'n'), ', ' ORDER BY run, address) FROM tellr.change",
		"r1 table.a → 1, r1 table.b → 1, r2 table.a 1 → 2, r2 table.b live → 2, r2 table.c live → 2, r3 table.a 2 →")
	d.want("SELECT string_agg(run || ' ' || address, ', ' ORDER BY address) FROM tellr.object", "r2 table.b, r2 table.c")
	runs, err := RunsOf(t.Context(), d.Conn, "dev", "r2")
	if err != nil || len(runs) != 1 || len(runs[0].Changes) != 3 || runs[0].Changed[resource.Update] != 3 {
		t.Fatalf("%+v, %v", runs, err)
	}
	if v, err := runs[0].Changes[0].Before.Value(); err != nil || v.Get("n").Str() != "1" {
		t.Error(v.Show(), err)
	}
}

// hold takes the lock.
func (d *db) hold(o Options) *Ledger {
	d.t.Helper()
	l, err := Hold(context.Background(), d.dial(nil), scope, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(l.Close)
	return l
}
