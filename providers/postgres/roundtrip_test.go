package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

var (
	pairVersions = flag.String("pairs", "17", "versions of Postgres on which to run the pairs; make pairs runs 16 and 18")
	backwards    = flag.Bool("backwards", false, "run each pair from the new state to the old one, too; a plan that is blocked is only logged")
)

// pair is two states of a database, in plain DDL, and what there is to know of the way from one to the other.
type pair struct {
	file, title string
	old, new    string
	from, to    int      // versions of Postgres that have what it is about; 0 is no limit
	blocked     []string // what the plan says of why it does not go
	settled     string   // why the dumps are not equal, though the next plan is empty
	oneWay      string   // what the plan back says of why it does not go
	back        bool     // it is one of the files the other way round
}

// always tells whether a pair is taken back in each run.
func (p pair) always() bool { return p.file == "whole" || p.file == "undone" }

// isOneOf tells whether a pair is among every nth: the same ones, whatever other pairs there are. 0 is none.
func (p pair) isOneOf(n int) bool {
	return n > 0 && crc32.ChecksumIEEE([]byte(p.file+"/"+p.title))%uint32(n) == 0
}

// readPairs reads testdata/pairs/*.sql. A file holds any number of pairs:
//
//	-- == title
//	-- from: 18            it is about what Postgres has from that version on; to: 17 is the last that has it
//	-- blocked: text       the plan is blocked, and says so; all of these, if there are more
//	-- undumped: reason    the dumps may differ
//	-- one way: text       the plan back is blocked, and says so
//	DDL of the old state, with rows if it likes
//	-- =>
//	DDL of the new one
func readPairs(t *testing.T) []pair {
	t.Helper()
	files, err := filepath.Glob("testdata/pairs/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no pairs", err)
	}
	var out []pair
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(text), "\n-- == ")[1:] {
			p := pair{file: strings.TrimSuffix(filepath.Base(file), ".sql")}
			p.title, part, _ = strings.Cut(part, "\n")
			for strings.HasPrefix(part, "-- ") && !strings.HasPrefix(part, "-- =>") {
				var line string
				line, part, _ = strings.Cut(part, "\n")
				key, value, _ := strings.Cut(strings.TrimPrefix(line, "-- "), ": ")
				switch key {
				case "from":
					p.from, err = strconv.Atoi(value)
				case "to":
					p.to, err = strconv.Atoi(value)
				case "blocked":
					p.blocked = append(p.blocked, value)
				case "undumped":
					p.settled = value
				case "one way":
					p.oneWay = value
				default:
					err = fmt.Errorf("what is %q?", line)
				}
				if err != nil {
					t.Fatalf("%s, %s: %v", file, p.title, err)
				}
			}
			var ok bool
			if p.old, p.new, ok = strings.Cut("\n"+part, "\n-- =>\n"); !ok {
				t.Fatalf("%s, %s: no line with -- =>", file, p.title)
			}
			out = append(out, p)
		}
	}
	return out
}

// serverOf starts a server of a version, once.
var serverOf = func() func(version int) (*cluster.Cluster, error) {
	var mu sync.Mutex
	started := map[int]func() (*cluster.Cluster, error){}
	return func(version int) (*cluster.Cluster, error) {
		mu.Lock()
		start := started[version]
		if start == nil {
			start = sync.OnceValues(func() (*cluster.Cluster, error) { return startPairs(version) })
			started[version] = start
		}
		mu.Unlock()
		return start()
	}
}()

// stopPairs ends the servers of the pairs; TestMain calls it.
var stopPairs []func()

var stopMu sync.Mutex

func startPairs(version int) (*cluster.Cluster, error) {
	c, err := cluster.Start(context.Background(), cluster.Options{Version: version})
	if err != nil {
		return nil, err
	}
	stopMu.Lock()
	stopPairs = append(stopPairs, func() { _ = c.Close() }) // at the end of all
	stopMu.Unlock()
	return c, c.Exec(context.Background(), "postgres", `CREATE ROLE reader`, `CREATE ROLE writer`, `CREATE ROLE owners`, `CREATE ROLE "o'dd @ ""role"`)
}

// TestPairs brings a database from each old state to the new one: the new state is made of its DDL in another database,
// imported from there, and applied to the old. After that pg_dump, owners and privileges included, cannot tell the two
// apart, the next plan is empty, and what rows there were are there.
func TestPairs(t *testing.T) {
	pairs := readPairs(t)
	t.Cleanup(func() { // when all have run
		if *reverseEvery > 0 && flag.Lookup("test.run").Value.String() == "" && reversals.Load() == 0 {
			t.Error("the reverse statements of no plan have run")
		}
		t.Logf("the reverse statements of %d plans have run", reversals.Load())
	})
	for _, v := range strings.Split(*pairVersions, ",") {
		version, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			for i, p := range pairs {
				if p.from > version || p.to != 0 && p.to < version {
					continue
				}
				t.Run(p.file+"/"+strings.ReplaceAll(p.title, " ", "_"), func(t *testing.T) {
					t.Parallel()
					p.run(t, version, i)
				})
				if *backwards {
					back := p
					back.old, back.new, back.back = p.new, p.old, true
					t.Run(p.file+"/"+strings.ReplaceAll(p.title, " ", "_")+"_back", func(t *testing.T) {
						t.Parallel()
						back.run(t, version, len(pairs)+i)
					})
				}
			}
		})
	}
}

// made makes a database of DDL.
func made(t *testing.T, c *cluster.Cluster, name, ddl string) string {
	t.Helper()
	if err := c.CreateDatabase(name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.DropDatabase(name) })
	dsn := c.DSN(c.Superuser(), name)
	execute(t, dsn, ddl)
	return dsn
}

func execute(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // it is of no use any more
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

func (p pair) run(t *testing.T, version, n int) {
	c, err := serverOf(version)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no server: ", err)
	}
	name := fmt.Sprintf("pair%d_%d", n, version)
	a := made(t, c, name+"_a", "CREATE SCHEMA app;"+p.old)
	b := made(t, c, name+"_b", "CREATE SCHEMA app;"+p.new)
	hcl := imported(t, &workspace{dsn: b, clients: map[string]string{}}, resource.ImportWhat{Exclusive: p.file == "grants"})
	desired := load(t, hcl)
	for _, r := range desired {
		if r.Kind.Name == "schema" { // what is not declared is to go
			r.Attrs = r.Attrs.With("exclusive", resource.Bool(true))
		}
	}
	w := &workspace{dsn: a, clients: map[string]string{}}
	before := rowsOf(t, a)
	var old []string
	takesBack, reverses := p.isOneOf(*undoEvery) || p.always(), p.isOneOf(*reverseEvery)
	if p.settled == "" && (takesBack || reverses) {
		old = statements(t, a)
	}
	plan, blocked, err := attempt(t, w, desired, false)
	switch {
	case p.back && blocked, p.file == "crossed" && unfit(err):
		t.Logf("blocked:\n%v\n%s", err, show(plan))
		return
	case err != nil:
		t.Fatalf("apply: %v\n%s", err, show(plan))
	}
	if len(p.blocked) > 0 && !p.back || blocked {
		text := show(plan)
		if len(p.blocked) == 0 || !blocked || slices.ContainsFunc(p.blocked, func(why string) bool { return !strings.Contains(text, why) }) {
			t.Errorf("blocked is %v, with %q; the plan:\n%s", blocked, p.blocked, text)
		}
		return
	}
	if left := unaccounted(plan); len(left) > 0 {
		t.Errorf("neither with reverse statements nor with a reason why there are none: %v", left)
	}
	if again, notes := build(t, w, desired, false); !again.Idle() || len(notes) > 0 {
		t.Errorf("a second plan is not empty: %v\n%s\nthe first:\n%s", notes, show(again), show(plan))
	}
	for table, rows := range rowsOf(t, a) {
		if had, ok := before[table]; ok && rows < had {
			t.Errorf("%s had %d rows, and has %d", table, had, rows)
		}
	}
	if p.settled != "" {
		return
	}
	want, got := statements(t, b), statements(t, a)
	if !slices.Equal(want, got) {
		// The server prints some conditions in a form that it prints differently when it reads it.
		restored := made(t, c, name+"_r", "")
		execute(t, restored, restorable(t, b))
		if diff := cmp.Diff(statements(t, restored), got); diff != "" {
			t.Errorf("pg_dump tells it from the new state (-new +changed):\n%s\nthe plan:\n%s\nthe import:\n%s", diff, show(plan), hcl)
		}
	}
	switch {
	case old == nil || plan.Empty():
	case takesBack:
		p.undone(t, w, desired, old)
	default:
		p.reversed(t, plan, a, old)
	}
}

// unfit tells whether the rows are such that a state cannot be reached: they are no integers, or break a constraint; or
// whether it is to be said how their values become those of another type.
func unfit(err error) bool {
	var ds resource.Diagnostics
	return err != nil && unfitRows.MatchString(err.Error()) || errors.As(err, &ds) && !slices.ContainsFunc(ds, func(d *resource.Diagnostic) bool {
		return d.Severity == resource.Error && !strings.Contains(d.Summary, "by itself")
	})
}

var unfitRows = regexp.MustCompile(`SQLSTATE (22P02|2200[1378]|23\w{3})\b`)

// rowsOf counts the rows of each table.
func rowsOf(t *testing.T, dsn string) map[string]int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // it is of no use any more
	rows, err := conn.Query(t.Context(), `SELECT c.oid::regclass::text,
		(xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ONLY ' || c.oid::regclass, false, true, '')))[1]::text::bigint
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|tellr)')`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

var fence = regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`)

// restorable is a dump of the schema of a database, as psql would read it but for what psql alone knows.
func restorable(t *testing.T, dsn string) string {
	t.Helper()
	cmd := exec.Command("pg_dump", "--schema-only", "--exclude-schema=tellr", dsn)
	out, err := cmd.CombinedOutput()
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("no pg_dump for this server: %s", out)
		}
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
	return newer.ReplaceAllString(fence.ReplaceAllString(string(out), ""), "")
}

// newer is what pg_dump of 18 sets that a server of 16 does not know.
var newer = regexp.MustCompile(`(?m)^SET transaction_timeout = 0;\n`)

var comment = regexp.MustCompile(`(?m)^--.*\n`)

// statements are those of a dump, in an order that does not depend on when things were made; so are the columns and
// constraints of each table.
func statements(t *testing.T, dsn string) []string {
	t.Helper()
	var out []string
	for s := range strings.SplitSeq(comment.ReplaceAllString(restorable(t, dsn), ""), ";\n") {
		s = strings.TrimSpace(s)
		if strings.HasPrefix(s, "CREATE ") && strings.Contains(s, "TABLE ") {
			lines := strings.Split(s, "\n")
			for i := range lines {
				lines[i] = strings.TrimSuffix(strings.TrimSpace(lines[i]), ",")
				if options, is := strings.CutPrefix(lines[i], "WITH ("); is { // which come in the order in which they were set
					sorted := strings.Split(strings.TrimSuffix(options, ")"), ", ")
					slices.Sort(sorted)
					lines[i] = "WITH (" + strings.Join(sorted, ", ") + ")"
				}
			}
			if len(lines) > 2 {
				slices.Sort(lines[1:])
			}
			s = strings.Join(lines, "\n")
		}
		if s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}
