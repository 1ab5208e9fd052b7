package config_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tellr-dev/tellr/engine/config"
)

const benchHead = `environment "bench" {}
instance "main" { name = "bench" }
schema "app" {
  instance = instance.main
}
`

func benchTable(b *strings.Builder, label, extra string) {
	fmt.Fprintf(b, `
table %q {
  schema = schema.app
  %s
  columns = {
    id         = { type = "serial" }
    session_id = { type = "varchar(64)", not_null = true }
    title      = { type = "varchar(255)" }
    level      = { type = "integer" }
    created_at = { type = "timestamp", not_null = true, default = "now()" }
    updated_at = { type = "timestamp", not_null = true, default = "now()" }
    body       = { type = "text" }
    state      = { type = "varchar(20)", not_null = true }
  }
  primary_key = ["id"]
  checks      = { title_not_empty = "title <> ''" }
  indexes = {
    ix_session = { columns = ["session_id"], unique = true }
    ix_created = { columns = ["created_at", "state"] }
  }
}
`, label, extra)
}

// blocks is n tables, each written out.
func blocks(n int) string {
	b := &strings.Builder{}
	b.WriteString(benchHead)
	for i := range n {
		benchTable(b, fmt.Sprintf("t%d", i), fmt.Sprintf(`foreign_keys = { fk = { columns = ["level"], references = table.t%d } }`, (i+1)%n))
	}
	return b.String()
}

// forEach is one block with n instances.
func forEach(n int) string {
	b := &strings.Builder{}
	b.WriteString(benchHead + "locals {\n  all = {\n")
	for i := range n {
		fmt.Fprintf(b, "    k%d = { comment = \"number %d\", next = \"k%d\" }\n", i, i, (i+1)%n)
	}
	b.WriteString("  }\n}\n")
	benchTable(b, "t", `for_each = local.all
  name    = "t_${each.key}"
  comment = local.all[each.key].comment
  foreign_keys = { fk = { columns = ["level"], references = table.t[each.value.next] } }`)
	return b.String()
}

// chain is n tables, each of which takes its comment from the next one: the
// order of the file is the worst for it. And as many locals.
func chain(n int) string {
	b := &strings.Builder{}
	b.WriteString(benchHead + "locals {\n")
	for i := range n {
		fmt.Fprintf(b, "  l%d = local.l%d\n", i, i+1)
	}
	fmt.Fprintf(b, "  l%d = \"end\"\n}\n", n)
	for i := range n {
		next := fmt.Sprintf("comment = table.t%d.comment", i+1)
		if i == n-1 {
			next = "comment = local.l0"
		}
		benchTable(b, fmt.Sprintf("t%d", i), next)
	}
	return b.String()
}

func benchmark(b *testing.B, make func(int) string) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			files := memory{".git/HEAD": {}, "env.hcl": &fstest.MapFile{Data: []byte(make(n))}}
			o := config.Options{Kinds: testKinds(), Files: files}
			b.ReportAllocs()
			for b.Loop() {
				env, ds := config.Load("env.hcl", o)
				if ds.HasErrors() || len(env.Resources) < n {
					b.Fatal(len(env.Resources), ds)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/table")
		})
	}
}

func BenchmarkLoadBlocks(b *testing.B)  { benchmark(b, blocks) }
func BenchmarkLoadForEach(b *testing.B) { benchmark(b, forEach) }
func BenchmarkLoadChain(b *testing.B)   { benchmark(b, chain) }

// TestLinear keeps the time of a table from growing with the number of tables.
// What remains alive after Load is bounded too.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, make := range map[string]func(int) string{"blocks": blocks, "for_each": forEach, "chain": chain} {
		allocs := func(n int) (float64, uint64) {
			files := memory{".git/HEAD": {}, "env.hcl": &fstest.MapFile{Data: []byte(make(n))}}
			o := config.Options{Kinds: testKinds(), Files: files}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			env, ds := config.Load("env.hcl", o)
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			runtime.ReadMemStats(&after)
			mallocs := after.Mallocs - before.Mallocs
			runtime.GC()
			runtime.ReadMemStats(&after)
			runtime.KeepAlive(env)
			return float64(mallocs) / float64(n), after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
		}
		few, _ := allocs(1000)
		many, alive := allocs(5000)
		t.Logf("%s: %.0f and %.0f allocations a table; %d MB remain of 5,000", name, few, many, alive>>20)
		if many > few*1.2 {
			t.Errorf("%s: a table of 5,000 costs %.0f allocations, one of 1,000 only %.0f", name, many, few)
		}
		if alive > 60<<20 {
			t.Errorf("%s: %d MB remain in use", name, alive>>20)
		}
	}
}
