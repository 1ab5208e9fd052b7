package session

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Every message says what, where, why, and what next.
func TestStatementErrors(t *testing.T) {
	d := database(t)
	d.exec(`DO $$ BEGIN CREATE ROLE poor LOGIN; CREATE ROLE "Rich"; EXCEPTION WHEN duplicate_object THEN END $$;
		CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO poor; CREATE TABLE app.t (id integer, n integer); INSERT INTO app.t VALUES (1), (1);
		ALTER TABLE app.t OWNER TO "Rich"; CREATE SCHEMA closed; CREATE SCHEMA tellr AUTHORIZATION poor;
		CREATE TABLE app.ours (id integer); ALTER TABLE app.ours OWNER TO poor; INSERT INTO app.ours VALUES (1), (1), (NULL);
		CREATE SCHEMA mine AUTHORIZATION poor; CREATE TABLE mine.own AS SELECT * FROM app.ours; ALTER TABLE mine.own OWNER TO poor;
		CREATE VIEW app.v AS SELECT id FROM app.ours`)
	for _, c := range []struct {
		sql    []string
		detail []string
		cure   string
	}{
		{[]string{"ALTER TABLE app.t ADD x integer"}, []string{"must be owner of table t (SQLSTATE 42501)", "ALTER TABLE app.t"},
			`table app.t is owned by "Rich", who runs ALTER TABLE app.t OWNER TO poor; or who administers that role runs GRANT "Rich" TO poor`},
		{[]string{"CREATE TABLE closed.t ()"}, []string{"permission denied for schema closed"}, `schema closed is owned by postgres, who runs GRANT USAGE, CREATE ON SCHEMA closed TO poor`},
		{[]string{"SELECT * FROM app.t"}, []string{"permission denied for table t"}, `who runs GRANT ALL ON TABLE app.t TO poor`},
		{[]string{"CREATE SCHEMA other"}, []string{"permission denied for database"}, `GRANT CREATE ON DATABASE`},
		{[]string{"CREATE TABLE app.ours ()"}, []string{`permission denied for schema app`}, `GRANT USAGE, CREATE ON SCHEMA app TO poor`},
		{[]string{"ALTER TABLE mine.own ADD CONSTRAINT k UNIQUE (id)"}, []string{"23505", "Key (id)=(1) is duplicated"}, "remove the duplicates"},
		{[]string{"ALTER TABLE app.ours ALTER id SET NOT NULL"}, []string{"23502"}, "existing rows have nulls"},
		{[]string{"ALTER TABLE app.ours ADD CONSTRAINT c CHECK (id > 1)"}, []string{"23514"}, "not_valid = true"},
		{[]string{"SELECT 1", "SELECT 'ü', ünknown FROM app.ours", "SELECT 2"}, []string{`column "ünknown" does not exist`, "statement: SELECT 'ü', >>>ünknown FROM app.ours"}, "plan again"},
		{[]string{"SELECT 1", "SELEC 'ü' 2"}, []string{"syntax error", "statement: >>>SELEC 'ü' 2"}, ""},
		{[]string{"SELECT 1", "SELECT 1/0"}, []string{"division by zero", "statement: SELECT 1/0"}, ""},
		{[]string{"SELECT missing.f()"}, []string{`schema "missing" does not exist`}, "plan again"},
		{[]string{"ALTER TABLE app.ours DROP COLUMN id"}, []string{"2BP01", "view app.v depends on column id", "hint: Use DROP ... CASCADE"}, "other things depend on it"},
		{[]string{"SELECT " + strings.Repeat("1 + ", 200) + " missing_column" + strings.Repeat(" + 1", 200)}, []string{"…", ">>>missing_column"}, "plan again"},
	} {
		s, err := openOn(t.Context(), d.connect("poor", nil), scope, resource.Database, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Run(t.Context(), step("table.t", c.sql...), noHoles, nil)
		m := diagnostic(t, err)
		if m.Summary != "table.t: create failed" || m.Range.String() != "dev.hcl:7" || m.Address.String() != "table.t" {
			t.Errorf("%s: summary %q at %s", c.sql, m.Summary, m.Range)
		}
		for _, want := range c.detail {
			if !strings.Contains(m.Detail, want) {
				t.Errorf("%s: detail %q lacks %q", c.sql, m.Detail, want)
			}
		}
		if !strings.Contains(m.Cure, c.cure) || len(m.Detail) > 700 {
			t.Errorf("%s: cure %q lacks %q; detail of %d bytes", c.sql, m.Cure, c.cure, len(m.Detail))
		}
		if err := s.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A secret goes to the server and nowhere else.
func TestSecrets(t *testing.T) {
	d := database(t)
	const secret = `hunter2'\"x`
	fill := func(h resource.Hole) (resource.Value, error) {
		if !h.IsSecret() {
			return resource.String("app-1"), nil
		}
		return resource.String(secret), nil
	}
	hole := func(format resource.Format, name string) resource.SQLPart {
		return resource.SQLPart{Hole: name, Format: format}
	}
	text := func(s string) resource.SQLPart { return resource.SQLPart{Text: s} }
	for _, sql := range []resource.SQL{
		{text("SELECT "), hole(resource.Literal, "env.PASSWORD"), text("::integer")},
		{text("SELECT "), hole(resource.Literal, "env.PASSWORD"), text(", missing")},
		{text("SELEC "), hole(resource.Literal, "env.PASSWORD")},
		{text("SELECT "), hole(resource.Plain, "var.password")},
		{text("SELECT "), hole(resource.Ident, "env.PASSWORD")},
		{text("DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'a', DETAIL = "), hole(resource.Literal, "env.PASSWORD"), text(", HINT = 'b'; END $$")},
	} {
		s := d.open(resource.Database, Options{})
		st := step("role.r")
		st.Statements = []resource.Statement{{SQL: resource.RawSQL("SELECT 1")}, {SQL: sql}}
		_, err := s.Run(t.Context(), st, fill, nil)
		m := diagnostic(t, err)
		all := fmt.Sprintf("%v %+v %v", err, m, m.Err)
		if strings.Contains(all, "hunter2") || !strings.Contains(all, "{{env.PASSWORD}}") && !strings.Contains(all, "{{var.password}}") {
			t.Errorf("%s: %s", sql, all)
		}
		if err := s.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
	// Holes of things are quoted, too, and shown.
	s := d.open(resource.Database, Options{})
	st := step("grants.g")
	st.Statements = []resource.Statement{{SQL: resource.SQL{text("GRANT pg_monitor TO "), hole(resource.Ident, "app.slides.service_principal_client_id")}}}
	_, err := s.Run(t.Context(), st, fill, nil)
	if m := diagnostic(t, err); !strings.Contains(m.Detail, `role "app-1" does not exist`) || !strings.Contains(m.Detail, `GRANT pg_monitor TO "app-1"`) {
		t.Error(m)
	}
}

func TestFill(t *testing.T) {
	values := map[string]string{"app.a.x": `we"ird; DROP`, "app.a.k": "select", "app.a.p": "plain_1", "env.Q": `it's \ "`, "app.a.long": strings.Repeat("x", 64), "app.a.zero": "a\x00b",
		"app.a.empty": "", `app.a["k.1"].x`: "keyed"}
	fill := func(h resource.Hole) (resource.Value, error) { return resource.String(values[h.String()]), nil }
	for _, c := range []struct {
		format    resource.Format
		hole, out string
	}{
		{resource.Ident, "app.a.x", `"we""ird; DROP"`}, {resource.Ident, "app.a.k", `"select"`}, {resource.Ident, "app.a.p", "plain_1"},
		{resource.Literal, "env.Q", `E'it''s \\ "'`}, {resource.Literal, "app.a.empty", "''"}, {resource.Plain, "app.a.p", "plain_1"},
		{resource.Literal, `app.a["k.1"].x`, "'keyed'"},
		{resource.Ident, "app.a.long", "!64 bytes"}, {resource.Literal, "app.a.zero", "!zero byte"}, {resource.Ident, "app.a.empty", "!empty"}, {"other", "app.a.p", "!no format"},
		{resource.Ident, "nonsense", "!not a reference"},
	} {
		f, err := fillSQL(resource.SQL{{Text: "a "}, {Hole: c.hole, Format: c.format}, {Text: " b"}}, fill)
		if want, bad := strings.CutPrefix(c.out, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v, want %q", c.format, c.hole, err, want)
			}
		} else if err != nil || f.text != "a "+c.out+" b" {
			t.Errorf("%s %s: %q, %v", c.format, c.hole, f.text, err)
		}
	}
}
