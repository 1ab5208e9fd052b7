package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/tellr-dev/tellr/cli"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

var long = flag.Bool("long", false, "hundreds of random environments, not a few")

// Random environments, changed by hand behind tellr's back, that become others
// while statements fail: apply then leaves nothing to do, the same plan has the
// same bytes, what was not declared is as it was, what holds data goes only if
// it was named, and an import of the whole leaves nothing to do.
//
// rapid prints the seed of a failure and how to run it again.
func TestRandomEnvironments(t *testing.T) {
	checks := "5"
	if *long {
		checks = "300"
	}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	preset := map[string]string{"rapid.checks": checks}
	if !*long { // the same ones each time; the long run looks for new ones
		preset["rapid.seed"] = "1"
	}
	for name, value := range preset {
		if !given[name] {
			if err := flag.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	pg, err := cluster.Start(t.Context(), cluster.Options{Version: 17})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := pg.Exec(t.Context(), "postgres", "CREATE ROLE random_reader"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var n, failures, blocked atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		i := n.Add(1)
		name := fmt.Sprintf("r%d", i)
		if err := pg.CreateDatabase(name); err != nil {
			rt.Fatal(err)
		}
		defer pg.DropDatabase(name) //nolint:errcheck // the cluster goes anyway
		conn, err := pgx.Connect(context.Background(), pg.DSN(pg.Superuser(), name))
		if err != nil {
			rt.Fatal(err)
		}
		defer conn.Close(context.Background()) //nolint:errcheck // the cluster goes anyway
		r := &randomRun{T: rt, conn: conn, dsn: pg.DSN(pg.Superuser(), name), dir: filepath.Join(dir, name)}
		r.run()
		failures.Add(r.failures)
		blocked.Add(r.blocked)
	})
	t.Logf("%d environments; %d applies failed on the way, %d were blocked", n.Load(), failures.Load(), blocked.Load())
}

// randomRun is one database on its way.
type randomRun struct {
	*rapid.T
	conn              *pgx.Conn
	dsn, dir          string
	failures, blocked int64
}

func (r *randomRun) run() {
	// What tellr knows nothing of.
	r.exec("CREATE SCHEMA theirs", "CREATE TABLE theirs.t (id int PRIMARY KEY, t text)", "INSERT INTO theirs.t SELECT n, 'x' FROM generate_series(1, 10) n",
		"CREATE FUNCTION theirs.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE VIEW theirs.v AS SELECT * FROM theirs.t")
	before := r.theirs()

	first := drawEnvironment(r.T, "first", nil)
	r.apply(first)
	r.exec("CREATE TABLE s.undeclared (id int)", "INSERT INTO s.undeclared SELECT generate_series(1, 10)")
	for _, table := range first.names() {
		r.exec("INSERT INTO s." + table + " (id) SELECT generate_series(1, 3)")
		// No nulls, which a column that is to be not null would rightly refuse.
		for _, column := range r.lines("SELECT attname::text FROM pg_attribute WHERE attrelid = 's." + table + "'::regclass AND attnum > 1 AND NOT attisdropped") {
			r.exec("UPDATE s." + table + " SET " + column + " = 'x'")
		}
	}
	for _, d := range rapid.SliceOfN(rapid.SampledFrom(drifts), 0, 4).Draw(r.T, "drift") {
		for _, table := range first.names() {
			// Some cannot be done to a table as it is now.
			r.exec("DO $do$ BEGIN " + strings.ReplaceAll(d, "%s", "s."+table) + "; EXCEPTION WHEN OTHERS THEN NULL; END $do$")
		}
	}
	second := drawEnvironment(r.T, "second", first.tables)
	if n := rapid.IntRange(0, 6).Draw(r.T, "failing statement"); n > 0 {
		r.failing(second, n)
	}
	r.apply(second)

	if diff := cmp.Diff(before, r.theirs()); diff != "" {
		r.Fatalf("what tellr does not know has changed:\n%s", diff)
	}
	r.rows("s.undeclared", 10)
	for _, table := range second.names() {
		if first.tables[table] != nil {
			r.rows("s."+table, 3)
		}
	}
	if got := r.tellr("import", r.dsn, "--out", filepath.Join(r.dir, "imported")); got.code != 0 {
		r.Fatalf("import: exit %d\n%s%s", got.code, got.out, got.err)
	}
}

// apply applies an environment; blocked, it checks that nothing was lost, and
// names what the plan names.
func (r *randomRun) apply(e environment) {
	file := r.write(e)
	tables := r.counts()
	got := r.tellr("apply", file, "--yes")
	if got.code == 5 {
		r.blocked++
		if diff := cmp.Diff(tables, r.counts()); diff != "" {
			r.Fatalf("a blocked plan changed something:\n%s", diff)
		}
		got = r.tellr(permitted(file, got.out)...)
	}
	if got.code != 0 {
		r.Fatalf("apply: exit %d\n%s\n%s%s", got.code, e, got.out, got.err)
	}
	one, two := r.tellr("plan", file, "--format", "json", "--detailed-exitcode"), r.tellr("plan", file, "--format", "json", "--detailed-exitcode")
	if one.code != 0 {
		text := r.tellr("plan", file)
		r.Fatalf("after an apply something is left to do: exit %d\n%s\n%s%s", one.code, e, text.out, text.err)
	}
	if one.out != two.out {
		r.Fatalf("two plans differ:\n%s", cmp.Diff(one.out, two.out))
	}
}

// permitted is the apply that names what a plan says is to be named.
func permitted(file, plan string) []string {
	args := []string{"apply", file, "--yes"}
	for _, m := range permits.FindAllString(plan, -1) {
		if flag, name, _ := strings.Cut(m, " "); !slices.Contains(args, name) {
			args = append(args, flag, name)
		}
	}
	return args
}

var permits = regexp.MustCompile(`--allow-(destroy|rewrite) \S+`)

// failing applies while the n-th statement that defines something fails. That
// leaves nothing half done in the transaction; the next apply finishes.
func (r *randomRun) failing(e environment, n int) {
	file := r.write(e)
	planned := r.tellr("plan", file, "--format", "json")
	again := r.tellr("plan", file, "--format", "json")
	if planned.code != 0 || planned.out != again.out {
		r.Fatalf("two plans of the same differ, or fail: %s%s", cmp.Diff(planned.out, again.out), planned.err)
	}
	r.exec("CREATE SEQUENCE theirs.count",
		fmt.Sprintf(`CREATE FUNCTION theirs.boom() RETURNS event_trigger LANGUAGE plpgsql AS
		'BEGIN IF nextval(''theirs.count'') = %d THEN RAISE EXCEPTION ''boom''; END IF; END'`, n),
		"CREATE EVENT TRIGGER boom ON ddl_command_end EXECUTE FUNCTION theirs.boom()")
	got := r.tellr("apply", file, "--yes")
	if got.code == 5 {
		got = r.tellr(permitted(file, got.out)...)
	}
	r.exec("DROP EVENT TRIGGER boom", "DROP FUNCTION theirs.boom()", "DROP SEQUENCE theirs.count")
	switch got.code {
	case 0: // fewer statements than that
	case 1:
		r.failures++
		if !strings.Contains(got.err, "boom") {
			r.Fatalf("it failed by itself:\n%s%s", got.out, got.err)
		}
	default:
		r.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}

// drifts are what somebody does to a table by hand.
var drifts = []string{
	"COMMENT ON TABLE %s IS 'theirs'",
	"ALTER TABLE %s ALTER id SET DEFAULT 7",
	"ALTER TABLE %s DROP CONSTRAINT IF EXISTS ck",
	"ALTER TABLE %s ADD CONSTRAINT theirs CHECK (id > -5)",
	"CREATE INDEX ON %s (id DESC)",
	"ALTER TABLE %s DROP COLUMN IF EXISTS b",
	"ALTER TABLE %s SET (fillfactor = 55)",
	"ALTER TABLE %s ALTER id DROP NOT NULL",
	"GRANT TRUNCATE ON %s TO random_reader",
	"REVOKE ALL ON %s FROM random_reader",
	"ALTER VIEW s.v_a SET (security_barrier)",
}

// environment is the declared tables, each with its attributes in HCL, and the
// blocks about other things.
type environment struct {
	tables map[string][]string
	others []string
}

func (e environment) names() []string { return slices.Sorted(maps.Keys(e.tables)) }

func (e environment) String() string {
	var b strings.Builder
	b.WriteString("environment \"random\" {}\n\ninstance \"main\" {\n  postgres { url = env(\"DATABASE_URL\") }\n}\n\nschema \"s\" { instance = instance.main }\n")
	for _, table := range e.names() {
		fmt.Fprintf(&b, "\ntable %q {\n  schema = schema.s\n  %s\n}\n", table, strings.Join(e.tables[table], "\n  "))
	}
	b.WriteString("\n" + strings.Join(e.others, "\n"))
	return b.String()
}

// drawEnvironment draws tables whose columns can become each other. Where some
// have rows already, only these are referred to: a new one has none.
func drawEnvironment(t *rapid.T, label string, filled map[string][]string) environment {
	some := func(what string) bool { return rapid.Bool().Draw(t, label+" "+what) }
	oneOf := func(what string, list ...string) string { return rapid.SampledFrom(list).Draw(t, label+" "+what) }
	e := environment{tables: map[string][]string{}}
	var keyed []string
	for _, table := range []string{"a", "b", "c"} {
		if !some(table) {
			continue
		}
		columns := []string{fmt.Sprintf("id = { type = %q }", oneOf(table+".id", "integer", "bigint"))}
		var extra []string
		for _, c := range []string{"b", "c", "d"} {
			if !some(table + "." + c) {
				continue
			}
			attrs := []string{fmt.Sprintf("type = %q", oneOf(table+"."+c, "text", "varchar(40)", "varchar(80)"))}
			if some(table + "." + c + " not null") {
				attrs = append(attrs, "not_null = true", `default = "'x'"`)
			} else if some(table + "." + c + " default") {
				attrs = append(attrs, `default = "'y'"`)
			}
			columns = append(columns, fmt.Sprintf("%s = { %s }", c, strings.Join(attrs, ", ")))
			if some(table + "." + c + " index") {
				extra = append(extra, fmt.Sprintf("ix_%s_%s = { on = [%q] }", table, c, oneOf(table+"."+c+" on", c, "lower("+c+")")))
			}
		}
		attrs := []string{"columns = { " + strings.Join(columns, ", ") + " }"}
		if len(keyed) > 0 && some(table+" refers") {
			attrs = append(attrs, fmt.Sprintf("foreign_keys = { fk_%s = { columns = [\"id\"], references = table.%s } }", table, oneOf(table+" to", keyed...)))
		}
		if some(table + " key") {
			attrs = append(attrs, `primary_key = ["id"]`)
			if filled == nil || filled[table] != nil {
				keyed = append(keyed, table)
			}
		}
		if some(table + " view") {
			e.others = append(e.others, fmt.Sprintf("view %q {\n  schema = schema.s\n  query  = \"SELECT id, %s FROM s.%s\"\n}\n",
				oneOf(table+" view name", "v", "w")+"_"+table, oneOf(table+" view column", "1 AS n", "id + 1 AS n", "'x' AS t"), table))
		}
		if some(table + " check") {
			attrs = append(attrs, fmt.Sprintf("checks = { ck = %q }", oneOf(table+" ck", "id > 0", "id BETWEEN 0 AND 100")))
		}
		if some(table + " comment") {
			attrs = append(attrs, fmt.Sprintf("comment = %q", oneOf(table+" words", "one", "it's two")))
		}
		if len(extra) > 0 {
			attrs = append(attrs, "indexes = { "+strings.Join(extra, ", ")+" }")
		}
		e.tables[table] = attrs
	}
	if some("sequence") {
		e.others = append(e.others, fmt.Sprintf("sequence \"numbers\" {\n  schema    = schema.s\n  increment = %s\n}\n", oneOf("sequence steps", "1", "5")))
	}
	if some("grants") {
		e.others = append(e.others, fmt.Sprintf("grants \"reader\" {\n  schema    = schema.s\n  to        = \"random_reader\"\n  on_schema = [\"USAGE\"]\n  tables    = [%s]\n}\n",
			oneOf("privileges", `"SELECT"`, `"SELECT", "INSERT"`, `"DELETE"`)))
	}
	return e
}

func (r *randomRun) write(e environment) (file string) {
	file = filepath.Join(r.dir, "random.hcl")
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(e.String()), 0o644); err != nil {
		r.Fatal(err)
	}
	return file
}

// tellr runs in this process, at a time that stands still.
func (r *randomRun) tellr(args ...string) result {
	var out, errs bytes.Buffer
	env := map[string]string{"DATABASE_URL": r.dsn}
	code := cli.Run(context.Background(), args, cli.IO{
		In: strings.NewReader(""), Out: &out, Err: &errs,
		Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Now:    func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Who:    func() string { return "ann@laptop" },
		Build:  cli.Build{Version: "devel"},
	})
	return result{code, out.String(), errs.String()}
}

func (r *randomRun) exec(statements ...string) {
	for _, s := range statements {
		if _, err := r.conn.Exec(context.Background(), s); err != nil {
			r.Fatalf("%s: %v", s, err)
		}
	}
}

// lines are the rows of a query of one text.
func (r *randomRun) lines(query string) []string {
	rows, err := r.conn.Query(context.Background(), query)
	if err != nil {
		r.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.Fatal(err)
	}
	return out
}

// theirs is all of the schema that tellr knows nothing of.
func (r *randomRun) theirs() []string {
	return append(r.lines("SELECT t::text FROM theirs.t ORDER BY id"), r.lines(`SELECT c.oid || c.relname || coalesce(c.relacl::text, '') FROM pg_class c
		WHERE c.relnamespace = 'theirs'::regnamespace AND c.relkind <> 'S' UNION ALL
		SELECT p.oid || p.prosrc FROM pg_proc p WHERE p.pronamespace = 'theirs'::regnamespace ORDER BY 1`)...)
}

// counts are the rows and columns of each table of tellr's schema.
func (r *randomRun) counts() []string {
	var out []string
	for _, table := range r.lines("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 's' AND c.relkind = 'r' ORDER BY 1") {
		out = append(out, table+" "+r.lines("SELECT count(*)::text FROM " + table)[0]+" "+
			r.lines(fmt.Sprintf("SELECT coalesce(string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum), '') FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped", table))[0])
	}
	return out
}

func (r *randomRun) rows(table string, want int) {
	if n := r.lines("SELECT count(*)::text FROM " + table)[0]; n != fmt.Sprint(want) {
		r.Fatalf("%s has %s rows, want %d", table, n, want)
	}
}
