package postgres_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

// A value that was added before a transaction that failed stays, and the next plan does the rest.
func TestPreparedValueStays(t *testing.T) {
	dsn := database(t)
	w := &workspace{dsn: dsn}
	const before = `
schema "s" { instance = instance.main }
enum "e" {
  schema = schema.s
  values = ["a"]
}
table "t" {
  schema  = schema.s
  columns = { kind = { type = enum.e, default = "'a'" }, n = { type = "text" } }
}
`
	after := strings.NewReplacer(`["a"]`, `["a", "b"]`, `"'a'"`, `"'b'"`, `n = { type = "text" }`, `n = { type = "int", using = "n::int" }`).Replace(before)
	run(t, w, load(t, before), false)
	execute(t, dsn, "INSERT INTO s.t (n) VALUES ('many')")
	p, _ := build(t, w, load(t, after), false, "table.t.columns.n")
	stages := func() (out []resource.Stage) {
		for _, s := range p.Steps {
			out = append(out, s.Stage)
		}
		return slices.Compact(out)
	}
	if got := stages(); !slices.Equal(got, []resource.Stage{resource.Prepare, resource.Database}) {
		t.Fatalf("the stages are %v\n%s", got, show(p))
	}
	if _, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w, postgres.New()}}); err == nil || !strings.Contains(err.Error(), "many") {
		t.Fatalf("the error is %v", err)
	}
	execute(t, dsn, "UPDATE s.t SET n = '2'")
	if p, _ = run(t, w, load(t, after), false); !slices.Equal(stages(), []resource.Stage{resource.Database}) {
		t.Errorf("the next plan is not what was left\n%s", show(p))
	}
	if p, _ = build(t, w, load(t, after), false); !p.Idle() {
		t.Errorf("left\n%s", show(p))
	}
}
