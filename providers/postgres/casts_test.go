package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

// TestCasts: a type that the server has no cast to is refused when the plan is made, at its column and with the cure.
func TestCasts(t *testing.T) {
	for _, c := range []struct{ sql, column, want string }{
		{`a int`, `{ type = "int[]" }`, `9 column a of table.t cannot become integer[] by itself: write using = "ARRAY[a]" beside the type`},
		{`a int`, `{ type = "text[]" }`, `9 column a of table.t cannot become text[] by itself: write using = "ARRAY[a]::text[]" beside the type`},
		{`a int`, `{ type = "uuid" }`, `9 column a of table.t cannot become uuid by itself: write using beside the type: an expression of a that gives uuid`},
		{`a int[]`, `{ type = "int" }`, `9 column a of table.t cannot become integer by itself: write using beside the type: an expression of a that gives integer`},
		{`a bool`, `{ type = "s.small" }`, `9 column a of table.t cannot become s.small by itself: write using beside the type: an expression of a that gives s.small`},
		{`a s.plain`, `{ type = "date" }`, `9 column a of table.t cannot become date by itself: write using beside the type: an expression of a that gives date`},
		{`a int`, `{ type = "int[]", using = "ARRAY[a]" }`, ``},
		{`a text`, `{ type = "int[]" }`, ``},
		{`a int[]`, `{ type = "text[]" }`, ``},
		{`a s.plain`, `{ type = "bool" }`, ``},
		{`a varchar(3)`, `{ type = "uuid" }`, ``},
		{`a timestamp(3)`, `{ type = "date" }`, ``},
	} {
		dsn := database(t)
		execute(t, dsn, `CREATE SCHEMA s; CREATE DOMAIN s.plain AS int; CREATE TABLE s.t (`+c.sql+`)`)
		w := &workspace{dsn: dsn, clients: map[string]string{}}
		desired := load(t, `schema "s" { instance = instance.main }
domain "small" {
  schema = schema.s
  type = "smallint"
}
table "t" {
  schema = schema.s
  columns = {
    a = `+c.column+`
  }
}`)
		providers := []resource.Provider{w, postgres.New()}
		snaps, ds := plan.Read(t.Context(), plan.ReadRequest{Environment: "test", Desired: desired, Providers: providers})
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		_, notes := plan.Build(plan.Request{
			Environment: plan.Environment{Name: "test", File: "test.hcl"}, Desired: desired, Providers: providers, Snapshots: snaps, Version: "test",
		})
		var got []string
		for _, d := range notes {
			if d.Severity == resource.Error {
				got = append(got, fmt.Sprint(d.Range.Line, " ", d.Summary, ": ", d.Cure))
			}
		}
		if text := strings.Join(got, "\n"); text != c.want {
			t.Errorf("from %s to %s:\n%s\nwanted:\n%s", c.sql, c.column, text, c.want)
		}
	}
}
