package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

// TestRenameNotes: what a plan says of names that it cannot be sure of. The diagnostics are one a line: severity, place,
// summary.
func TestRenameNotes(t *testing.T) {
	for _, c := range []struct{ name, sql, hcl, want string }{
		{
			"both tables", `CREATE TABLE s.old (a int); CREATE TABLE s.new (a int)`,
			`table "new" {
  schema = schema.s
  renamed_from = "old"
  columns = { a = { type = "integer" } }
}`, `error 4 table.new is there under its name and under its former one`,
		},
		{
			"both schemas", `CREATE SCHEMA old; CREATE SCHEMA new`,
			`schema "new" {
  instance = instance.main
  renamed_from = "old"
}`, `error 4 schema.new is there under its name and under its former one`,
		},
		{
			"both columns", `CREATE TABLE s.t (a int, b int)`,
			`table "t" {
  schema = schema.s
  columns = { b = { type = "integer", renamed_from = "a" } }
}`, `error 4 table.t has the column "b" and its former name "a"`,
		},
		{
			"tables in a circle", `CREATE TABLE s.a (a int); CREATE TABLE s.b (b text)`,
			`table "a" {
  schema = schema.s
  renamed_from = "b"
  columns = { b = { type = "text" } }
}
table "b" {
  schema = schema.s
  renamed_from = "a"
  columns = { a = { type = "integer" } }
}`, "error 4 table.a and table.b have each other's names by renamed_from\nerror 9 table.b and table.a have each other's names by renamed_from",
		},
		{
			"columns in a circle that no ledger knows", `CREATE TABLE s.t (a int, b int)`,
			`table "t" {
  schema = schema.s
  columns = {
    a = { type = "integer", renamed_from = "b" }
    b = { type = "integer", renamed_from = "a" }
  }
}`, `error 5 columns of table.t have each other's names by renamed_from: a, b`,
		},
		{
			"both values", `CREATE TYPE s.e AS ENUM ('a', 'b')`,
			`enum "e" {
  schema = schema.s
  values = ["b"]
  renamed = { b = "a" }
}`, `error 5 enum.e has the value "b" and its former name "a"`,
		},
		{
			"a likely column", `CREATE TABLE s.t (a int, b text)`,
			`table "t" {
  schema = schema.s
  columns = { a = { type = "integer" }, c = { type = "text" } }
}`, `warning 4 is column c of table.t the former b?`,
		},
		{
			"a column of another type", `CREATE TABLE s.t (a int, b text)`,
			`table "t" {
  schema = schema.s
  columns = { a = { type = "integer" }, c = { type = "date" } }
}`, ``,
		},
		{
			"two columns at other places", `CREATE TABLE s.t (a text, k int, b text)`,
			`table "t" {
  schema = schema.s
  columns = { k = { type = "integer" }, b2 = { type = "text" }, c = { type = "text" } }
}`, `warning 4 is column b2 of table.t the former b?`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dsn := database(t)
			psql(t, dsn, "CREATE SCHEMA s; "+c.sql)
			hcl := "schema \"s\" { instance = instance.main }\n" + c.hcl
			desired := load(t, hcl)
			providers := []resource.Provider{&workspace{dsn: dsn}, postgres.New()}
			snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: desired, Providers: providers})
			if !ds.HasErrors() {
				_, ds = plan.Build(plan.Request{Environment: plan.Environment{Name: "test", File: "test.hcl"}, Desired: desired, Providers: providers, Snapshots: snaps})
			}
			var got []string
			for _, d := range ds {
				line := ""
				if d.Range != nil {
					line, _, _ = strings.Cut(strings.SplitAfterN(d.Range.String(), ":", 2)[1], ":")
				}
				got = append(got, map[resource.Severity]string{resource.Error: "error", resource.Warning: "warning"}[d.Severity]+" "+line+" "+d.Summary)
			}
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", text, c.want)
			}
		})
	}
}
