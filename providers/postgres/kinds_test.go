package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

func kinds() resource.Kinds {
	out := resource.Kinds{}
	for _, k := range append(postgres.Kinds(), instanceKind, branchKind, appKind) {
		out[k.Name] = k
	}
	return out
}

// TestChecks reads each file of testdata/checks and compares what is wrong with it, section by section: a section's
// name is what it is about.
func TestChecks(t *testing.T) {
	const file = "testdata/checks.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []txtar.File
	for i := 0; i+1 < len(archive.Files); i += 2 {
		hcl, want := archive.Files[i], archive.Files[i+1]
		name := filepath.Join(t.TempDir(), "test.hcl")
		if err := os.WriteFile(name, []byte(string(hcl.Data)+checkPreamble), 0o600); err != nil {
			t.Fatal(err)
		}
		env, ds := config.Load(name, config.Options{Kinds: kinds()})
		if !ds.HasErrors() {
			_, more := postgres.New().Scopes("test", env.Resources)
			ds = append(ds, more...)
		}
		text := strings.ReplaceAll(ds.Sort().Error(), filepath.Dir(name)+"/", "") + "\n"
		if text == "\n" {
			t.Errorf("%s: nothing is found wrong", hcl.Name)
		}
		if diff := cmp.Diff(string(want.Data), text); diff != "" && !*update {
			t.Errorf("%s (-want +got):\n%s", hcl.Name, diff)
		}
		got = append(got, hcl, txtar.File{Name: want.Name, Data: []byte(text)})
	}
	if *update {
		archive.Files = got
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const checkPreamble = `
environment "test" {}
instance "main" {}
instance "other" {}
schema "s" { instance = instance.main }
app "slides" {}
`

// TestExamples: what the documentation shows is valid, and the rows are whole.
func TestExamples(t *testing.T) {
	for _, k := range postgres.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			hcl := k.Example
			for kind, block := range map[string]string{
				"schema":   "schema \"app_data\" { instance = instance.main }\n",
				"table":    "table \"orders\" {\n schema = schema.app_data\n columns = { status = { type = \"text\" } }\n}\n",
				"function": "function \"touch\" {\n schema = schema.app_data\n returns = \"trigger\"\n body = \"BEGIN END\"\n}\n",
				"app":      "app \"slides\" {}\n",
			} {
				if kind != k.Name {
					hcl += block
				}
			}
			resources := load(t, hcl)
			if _, ds := postgres.New().Scopes("test", resources); len(ds) > 0 {
				t.Error(ds)
			}
			rows(t, k.Name, k.Attrs)
		})
	}
}

func rows(t *testing.T, path string, attrs []resource.Attr) {
	for _, a := range attrs {
		if a.Doc == "" || !strings.HasSuffix(a.Doc, ".") {
			t.Errorf("%s.%s: the documentation %q is no sentence", path, a.Name, a.Doc)
		}
		if (a.CreateOnly || a.Immutable) && a.Reason == "" {
			t.Errorf("%s.%s: no reason is given", path, a.Name)
		}
		rows(t, path+"."+a.Name, a.Type.Attrs)
	}
}

// TestManyTables: what a table costs does not grow with their number. Memory is counted rather than time, which depends
// on what else the machine does; the time is logged.
func TestManyTables(t *testing.T) {
	per := map[int]uint64{}
	for _, n := range []int{500, 5000} {
		desired := manyTables(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		p, ds := plan.Build(plan.Request{
			Environment: plan.Environment{Name: "test"}, Desired: desired, Providers: []resource.Provider{&workspace{}, postgres.New()}, Version: "test",
		})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if ds.HasErrors() || len(p.Steps) < n {
			t.Fatal(ds, len(p.Steps))
		}
		per[n] = (after.TotalAlloc - before.TotalAlloc) / uint64(n)
		t.Logf("%d tables: %v, %d bytes a table", n, took, per[n])
	}
	if per[5000] > per[500]*13/10 {
		t.Errorf("a table costs %d bytes among 5,000 and %d among 500", per[5000], per[500])
	}
}

func manyTables(n int) []*resource.Resource {
	byName := kinds()
	s := func(v string) resource.Value { return resource.String(v) }
	instance := resource.Address{Kind: "instance", Name: "main"}
	schema := resource.Address{Kind: "schema", Name: "s"}
	out := []*resource.Resource{
		{Address: instance, Kind: byName["instance"], Attrs: resource.Object()},
		{Address: schema, Kind: byName["schema"], Attrs: resource.Object(resource.F("instance", resource.Ref(instance)))},
		{Address: resource.Address{Kind: "grants", Name: "g"}, Kind: byName["grants"], Attrs: resource.Object(
			resource.F("schema", resource.Ref(schema)), resource.F("to", s("reader")))},
	}
	for i := range n {
		var columns []resource.Field
		columns = append(columns, resource.F("id", resource.Object(resource.F("type", s("serial")))))
		for c := range 9 {
			columns = append(columns, resource.F(fmt.Sprintf("c%d", c), resource.Object(resource.F("type", s("varchar(64)")), resource.F("default", s("'x'")))))
		}
		a := resource.Address{Kind: "table", Name: fmt.Sprintf("t%d", i)}
		attrs := resource.Object(
			resource.F("schema", resource.Ref(schema)),
			resource.F("columns", resource.Object(columns...)),
			resource.F("primary_key", resource.Strings("id")),
			resource.F("indexes", resource.Object(
				resource.F(fmt.Sprintf("ix_%d_a", i), resource.Object(resource.F("columns", resource.Strings("c1", "c2")))),
				resource.F(fmt.Sprintf("ix_%d_b", i), resource.Object(resource.F("on", resource.Strings("lower(c3)")), resource.F("where", s("c4 IS NOT NULL")))),
			)),
			resource.F("foreign_keys", resource.Object(resource.F("fk", resource.Object(
				resource.F("columns", resource.Strings("id")), resource.F("references", resource.Ref(resource.Address{Kind: "table", Name: fmt.Sprintf("t%d", max(0, i-1))})),
			)))),
		)
		out = append(out, &resource.Resource{Address: a, Kind: byName["table"], Attrs: attrs})
	}
	return out
}
