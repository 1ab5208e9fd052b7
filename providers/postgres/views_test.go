package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

const starBefore = `
schema "s" { instance = instance.main }
table "docs" {
  schema  = schema.s
  columns = { id = { type = "int" } }
}
view "all_docs" {
  schema = schema.s
  query  = "SELECT * FROM s.docs"
}
view "ids" {
  schema = schema.s
  query  = "SELECT id FROM s.docs"
}
`

var starAfter = strings.Replace(starBefore, `{ id = { type = "int" } }`, `{ id = { type = "int" }, title = { type = "text" } }`, 1)

// narrowDeployer makes a role that is no superuser, and gives the URL by which it reaches the database of dsn.
func narrowDeployer(t *testing.T, dsn, name string) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	database := dsn[strings.LastIndexByte(dsn, '/')+1:]
	database, _, _ = strings.Cut(database, "?")
	psql(t, dsn, fmt.Sprintf(`DO $$ BEGIN CREATE ROLE %[1]s LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT CREATE, CONNECT ON DATABASE "%[2]s" TO %[1]s`, name, database))
	t.Cleanup(func() { psql(t, dsn, fmt.Sprintf(`DROP OWNED BY %[1]s CASCADE; DROP ROLE %[1]s`, name)) })
	return s.DSN(name, database)
}

// A deployer that may not create schemas is not asked among stand-ins: what takes all columns is made anew where these
// change, the rest is compared among the live tables, and nothing is lost.
func TestViewsWithoutStandIns(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: narrowDeployer(t, dsn, "narrow_deployer")}
	run(t, w, load(t, starBefore), false)
	psql(t, dsn, `DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM narrow_deployer', current_database()); END $$`)
	p, blocked := run(t, w, load(t, starAfter), false)
	if blocked {
		t.Fatalf("blocked:\n%s", show(p))
	}
	text := show(p)
	if !strings.Contains(text, "DROP VIEW s.all_docs") || strings.Contains(text, "s.ids") {
		t.Errorf("only all_docs is to be made anew:\n%s", text)
	}
	if again, notes := build(t, w, load(t, starAfter), false); !again.Empty() || len(notes) > 0 {
		t.Errorf("a second plan is not empty:\n%s%v", show(again), notes)
	}
	if got := psql(t, dsn, "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 's.all_docs'::regclass AND attnum > 0"); got != "id title" {
		t.Errorf("all_docs has %s", got)
	}
}

// A plan asks among stand-ins while applications write to the table that the plan will change: it waits for none of
// them, and leaves nothing behind.
func TestViewQuestionsLockNothing(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn}
	run(t, w, load(t, starBefore), false)
	hold := hold(t, dsn, "BEGIN; INSERT INTO s.docs VALUES (1); LOCK TABLE s.docs IN SHARE UPDATE EXCLUSIVE MODE")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	snaps, ds := plan.Read(ctx, plan.ReadRequest{Environment: "test", Desired: load(t, starAfter), Providers: []resource.Provider{w, postgres.New()}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	hold()
	var facts struct {
		Built map[string]struct{ Query, Error string }
	}
	for _, s := range snaps {
		if len(s.Facts) > 0 {
			if err := json.Unmarshal(s.Facts, &facts); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := facts.Built["view.all_docs built"]; !strings.Contains(got.Query, "title\n   FROM s.docs") {
		t.Errorf("all_docs will be %q (%s)", got.Query, got.Error)
	}
	left := psql(t, dsn, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tellr_q%' OR nspname LIKE 'pg_temp%' AND oid IN (SELECT relnamespace FROM pg_class)")
	if left != "0" {
		t.Errorf("%s schemas are left", left)
	}
}

// hold runs statements on a connection that stays open until the answer is called.
func hold(t *testing.T, dsn, sql string) func() {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return func() { _ = conn.Close(context.Background()) }
}

// What the server said of a view is noted with the apply: a later plan asks nothing, in whatever words the view is
// written, and asks again when the text or what it reads changes.
func TestViewAnswersAreNoted(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn}
	run(t, w, load(t, starBefore), false)
	if got := psql(t, dsn, "SELECT count(*) FROM tellr.canon WHERE canonical LIKE '{\"query\"%'"); got != "2" {
		t.Fatalf("%s answers are noted, want 2", got)
	}
	// An answer that nobody would give shows where it came from.
	psql(t, dsn, `UPDATE tellr.canon SET canonical = replace(canonical, 'FROM s.docs', 'FROM s.noted')`)
	if p, _ := build(t, w, load(t, starBefore), false); strings.Count(show(p), "\nCREATE OR REPLACE VIEW") != 2 {
		t.Errorf("the noted answers are not used:\n%s", show(p))
	}
	p, _ := build(t, w, load(t, starAfter), false)
	if text := show(p); !strings.Contains(text, "VIEW s.all_docs") || strings.Contains(text, "VIEW s.ids") {
		t.Errorf("answers about another table are used:\n%s", text)
	}
}

// A recorded state answers for views as long as their text stays the same, and says so where it cannot.
func TestViewsOffline(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn}
	run(t, w, load(t, starBefore), false)
	desired := load(t, starBefore)
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: desired, Providers: []resource.Provider{w, postgres.New()}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	text, err := json.Marshal(snaps)
	if err != nil {
		t.Fatal(err)
	}
	offline := func(hcl string) (*plan.Plan, resource.Diagnostics) {
		var recorded []*resource.Snapshot
		if err := json.Unmarshal(text, &recorded); err != nil {
			t.Fatal(err)
		}
		p, ds := plan.Build(plan.Request{Environment: plan.Environment{Name: "test", File: "test.hcl"}, Desired: load(t, hcl),
			Providers: []resource.Provider{w, postgres.New()}, Snapshots: recorded, Version: "test"})
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		return p, ds
	}
	if p, notes := offline(starBefore); !p.Empty() || len(notes) > 0 {
		t.Errorf("the recorded state is not what it was:\n%s%v", show(p), notes)
	}
	p, notes := offline(starAfter)
	if out := show(p); !strings.Contains(out, "DROP VIEW s.all_docs") || strings.Contains(out, "VIEW s.ids") {
		t.Errorf("only what takes all columns is made anew:\n%s", out)
	}
	if len(notes) != 1 || !strings.Contains(notes[0].Detail, "what it reads has changed since the state was recorded") {
		t.Errorf("notes: %v", notes)
	}
}

// What the files do not decide survives a view that is made anew: the privileges of others, column privileges and the
// owner; what they decide comes as they say.
func TestViewKeepsPrivileges(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn}
	before := `
schema "s" { instance = instance.main }
grants "reader" {
  schema = schema.s
  to     = "reader"
  tables = ["SELECT", "INSERT"]
}
table "docs" {
  schema  = schema.s
  columns = { id = { type = "int" } }
}
view "v" {
  schema = schema.s
  query  = "SELECT id FROM s.docs"
}
`
	run(t, w, load(t, before), false)
	psql(t, dsn, `GRANT SELECT ON s.v TO "sp-other" WITH GRANT OPTION; GRANT UPDATE (id) ON s.v TO PUBLIC; GRANT DELETE ON s.v TO "sp-slides";
		ALTER VIEW s.v OWNER TO owners`)
	const acl = `SELECT string_agg(x.grantee::regrole || ' ' || x.privilege_type || x.is_grantable, ', ' ORDER BY 1) FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = 's.v'::regclass`
	const columns = `SELECT string_agg(attacl::text, ' ') FROM pg_attribute WHERE attrelid = 's.v'::regclass`
	wantColumns, had := psql(t, dsn, columns), psql(t, dsn, acl)
	after := strings.Replace(strings.Replace(before, `"int"`, `"bigint"`, 1), `["SELECT", "INSERT"]`, `["SELECT"]`, 1)
	run(t, w, load(t, after), false)
	if p, _ := build(t, w, load(t, after), false); !p.Empty() {
		t.Errorf("a second plan is not empty:\n%s", show(p))
	}
	if got, want := psql(t, dsn, acl), strings.Replace(had, "reader INSERTfalse, ", "", 1); got != want || got == had {
		t.Errorf("privileges:\n%s, want\n%s", got, want)
	}
	if got := psql(t, dsn, columns); got != wantColumns {
		t.Errorf("privileges on columns: %s, want %s", got, wantColumns)
	}
	if got := psql(t, dsn, "SELECT relowner::regrole FROM pg_class WHERE oid = 's.v'::regclass"); got != "owners" {
		t.Errorf("the owner is %s", got)
	}
}

// Who is no superuser is told that an event trigger is for one.
func TestEventTriggerNeedsSuperuser(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: narrowDeployer(t, dsn, "plain_deployer")}
	p, blocked := run(t, w, load(t, `
schema "s" { instance = instance.main }
function "f" {
  schema  = schema.s
  returns = "event_trigger"
  body    = "BEGIN END"
}
event_trigger "e" {
  event    = "sql_drop"
  function = function.f
}
`), false)
	text := show(p)
	if !blocked || !strings.Contains(text, "only a superuser may do this with an event trigger, and plain_deployer is none") ||
		!strings.Contains(text, "CREATE EVENT TRIGGER e ON sql_drop") {
		t.Errorf("blocked: %t\n%s", blocked, text)
	}
}
