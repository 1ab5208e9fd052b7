package e2e

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/sandbox"
)

// Applies of one environment that start together: while one is at work, each
// other one waits for a moment, is told who works, and changes nothing.
func TestAppliesOfOneEnvironmentTogether(t *testing.T) {
	for _, n := range []int{2, 5, 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			file := w.shop("one")
			w.ok("apply", file, "--yes")
			w.edit(file, `total       = { type = "numeric(10,2)", default = "0" }`, `total       = { type = "numeric(12,2)", default = "0" }
    note        = { type = "text" }`)
			// The one that gets as far as to change the table waits until all others have ended.
			var once sync.Once
			var ended atomic.Int64
			w.sb.Judge(func(m sandbox.Moment) sandbox.Verdict {
				if !m.After && m.Statement != nil && strings.HasPrefix(m.Statement.SQL, "ALTER TABLE shop.orders") {
					once.Do(func() {
						w.eventually("all others end", func() bool { return ended.Load() == int64(n-1) })
					})
				}
				return sandbox.Pass
			})
			results := w.together(n, &ended, func(int) *exec.Cmd { return w.command(w.Context(), "apply", file, "--yes") })
			w.sb.Judge(nil)
			did := 0
			for _, r := range results {
				switch r.code {
				case 0:
					did++
				case 4:
					contains(t, r.err, "another apply is at work in environment shop", "tellr apply ", "backend ")
					if !strings.Contains(r.err, "since ") && !strings.Contains(r.err, "last sign of life") { // by what of it is seen
						t.Errorf("not said since when:\n%s", r.err)
					}
				default:
					t.Errorf("exit %d, want 0 or 4\n%s%s", r.code, r.out, r.err)
				}
				if strings.Contains(r.err, "tuple concurrently updated") || strings.Contains(r.err, "deadlock") {
					t.Error(r.err)
				}
			}
			if did != 1 {
				t.Errorf("%d of %d did it, want one", did, n)
			}
			w.settled(file)
			if n := w.one("shop-one", "SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'shop.orders'::regclass AND attname = 'note'"); n != "1" {
				t.Error("the column is not there")
			}
		})
	}
}

// First applies of an environment that start together, with no database yet whose
// lock they could hold: they meet at the workspace, where each thing is made
// once, and then at the lock of the new database. One does it all; the others
// are told who is at work, or that the world has come about since they looked.
func TestFirstAppliesTogether(t *testing.T) {
	for _, n := range []int{2, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			file := w.shop("one")
			did := 0
			for _, r := range w.together(n, new(atomic.Int64), func(int) *exec.Cmd { return w.command(w.Context(), "apply", file, "--yes") }) {
				switch r.code {
				case 0:
					if strings.Contains(r.out, "Apply complete: 7 created") {
						did++
					} else {
						contains(t, r.out, "No changes. ") // it began when all was done
					}
				case 3:
					contains(t, r.err, "the plan is stale", "table.orders was not there and is there now")
				case 4:
					contains(t, r.err, "another apply is at work in environment shop", "tellr apply ", "backend ")
				default:
					t.Errorf("exit %d, want 0, 3 or 4\n%s%s", r.code, r.out, r.err)
				}
			}
			if did != 1 {
				t.Errorf("%d of %d did it, want one", did, n)
			}
			w.nothingTwice()
			w.settled(file)
		})
	}
}

// together starts commands at once and waits for their ends.
func (w *world) together(n int, ended *atomic.Int64, command func(int) *exec.Cmd) []result {
	w.Helper()
	results := make([]result, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			cmd := command(i)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			_ = cmd.Run() // the exit status is what counts
			results[i] = result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
			ended.Add(1)
		})
	}
	all.Wait()
	return results
}

const tenant = `
environment "e%[1]d" {}

instance "main" {
  postgres { url = env("DATABASE_URL") }
}

schema "s" {
  name     = "s%[1]d"
  instance = instance.main
}

table "a" {
  schema      = schema.s
  columns     = { id = { type = "serial" }, t = { type = "text" } }
  primary_key = ["id"]
}

grants "g" {
  schema    = schema.s
  to        = "reader"
  on_schema = ["USAGE"]
  tables    = ["SELECT"]
}
`

// Twenty environments in one database, none of which has a ledger yet: all are
// applied at once, and again with a change; each has its own things and its own
// part of the ledger.
func TestTwentyEnvironmentsInOneDatabase(t *testing.T) {
	const n = 20
	w := newWorld(t)
	dsn := plainPostgres(w, "CREATE ROLE reader")
	w.env = append(w.env, "DATABASE_URL="+dsn)
	file := func(i int) string { return fmt.Sprintf("e%d.hcl", i) }
	for i := range n {
		w.write(file(i), fmt.Sprintf(tenant, i))
	}
	apply := func() {
		t.Helper()
		for i, r := range w.together(n, new(atomic.Int64), func(i int) *exec.Cmd { return w.command(w.Context(), "apply", file(i), "--yes") }) {
			if r.code != 0 {
				t.Errorf("environment e%d: exit %d\n%s%s", i, r.code, r.out, r.err)
			}
		}
	}
	apply()
	for i := range n {
		w.edit(file(i), `t = { type = "text" }`, `t = { type = "text" }, u = { type = "integer" }`)
	}
	apply()
	for i := range n {
		w.settled(file(i))
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // only read
	for query, want := range map[string]string{
		"SELECT count(DISTINCT environment) || ' ' || count(*) FROM tellr.object WHERE address IN ('schema.s', 'table.a', 'grants.g')":                  "20 60",
		"SELECT count(*)::text FROM tellr.object WHERE address = 'schema.s' AND attrs->>'name' <> 's' || substr(environment, 2)":                        "0",
		"SELECT count(*)::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'a' AND c.relkind = 'r' AND a.attname = 'u'": "20",
		"SELECT count(*)::text FROM pg_class c WHERE c.relname = 'a' AND c.relkind = 'r' AND has_table_privilege('reader', c.oid, 'SELECT')":            "20",
		"SELECT count(*)::text FROM tellr.run WHERE outcome <> 'done'":                                                                                  "0",
		"SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'":                                                                               "0",
	} {
		var got string
		if err := conn.QueryRow(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, want %q: %v", query, got, want, err)
		}
	}
}
