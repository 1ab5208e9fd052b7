package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/sandbox"
)

// Bad input gets an error that says where, what, why and what next, and
// nothing is changed.
func TestBadInputIsExplainedAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	good := fmt.Sprintf(shop, "bad")
	w.write("app/main.py", "print('open')\n")
	edit := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the environment", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	long := strings.Repeat("x", 64)
	cases := []struct {
		name, text string
		want       []string
	}{
		{"syntax error", edit(`schema "shop" {`, `schema "shop" [`), []string{"bad.hcl:"}},
		{"unknown block", edit(`enum "state"`, `enumm "state"`), []string{"enumm", `"enum"`}},
		{"unknown attribute", edit("comment =", "coment ="), []string{"coment", `"comment"`}},
		{"unknown attribute inside an object", edit("not_null = true }\n  }\n  primary_key = [\"id\"]\n  indexes", "notnull = true }\n  }\n  primary_key = [\"id\"]\n  indexes"), []string{"notnull", `"not_null"`}},
		{"misspelt reference", edit("references = table.customers", "references = table.customer"), []string{"table.customer", `"customers"`}},
		{"reference circle", good + "\nlocals {\n  a = local.b\n  b = local.a\n}\n", []string{"local.a", "local.b"}},
		{"wrong type", edit("not_null = true, default = \"'open'\"", "not_null = \"maybe\", default = \"'open'\""), []string{"not_null", "bool"}},
		{"capacity CU_3", edit("CU_1", "CU_3"), []string{"CU_3", "CU_1", "CU_8"}},
		{"max below min", edit(`provisioned { capacity = "CU_1" }`, "autoscaling {\n    min_cu = 4\n    max_cu = 2\n  }"), []string{"max_cu", "min_cu"}},
		{"identifier of 64 bytes", edit(`total_not_negative =`, long+" ="), []string{"64 bytes", "63"}},
		{"missing include", edit(`environment "shop" {}`, `environment "shop" { include = ["tables/*.hcl"] }`), []string{"tables/*.hcl"}},
		{"unset secret", edit(`env("SHOP_TOKEN")`, `env("NO_SUCH_VARIABLE")`), []string{"NO_SUCH_VARIABLE"}},
		{"unknown column in a key", edit(`primary_key = ["id"]`, `primary_key = ["idd"]`), []string{"idd", "did you mean id?"}},
		{"a literal secret", edit(`provisioned { capacity = "CU_1" }`, `postgres { url = "postgres://a:b@localhost/x" }`), []string{"env("}},
	}
	before := len(w.sb.Requests())
	for _, c := range cases {
		w.write("bad.hcl", c.text)
		r := w.exits(1, "plan", "bad.hcl")
		if r.out != "" {
			t.Errorf("%s: it is on standard output:\n%s", c.name, r.out)
		}
		for _, want := range append(c.want, "bad.hcl") {
			if !strings.Contains(r.err, want) {
				t.Errorf("%s: %q is not in:\n%s", c.name, want, r.err)
			}
		}
	}
	for _, r := range w.sb.Requests()[before:] {
		if r.Method != "GET" {
			t.Errorf("bad input led to %s %s", r.Method, r.Path)
		}
	}

	w.write("part.hcl", `environment "part" {}`)
	w.write("bad.hcl", edit(`environment "shop" {}`, `environment "shop" { include = ["part.hcl"] }`))
	r := w.exits(1, "plan", "bad.hcl")
	contains(t, r.err, "part.hcl:1", "environment")

	r = w.exits(1, "plan", "environments/dve.hcl")
	contains(t, r.err, "environments/dve.hcl", "environments/dev.hcl")
}

// Names that hurt are names, nothing more.
func TestHurtfulNamesAreOnlyNames(t *testing.T) {
	w := newWorld(t)
	w.write("hurt.hcl", `
environment "hurt" {}
instance "main" {
  name = "hurt-db"
  provisioned { capacity = "CU_1" }
}
schema "s" {
  instance = instance.main
  name     = "s\"; DROP SCHEMA public; --"
}
enum "e" {
  schema = schema.s
  name   = "e'; DROP TABLE x; --"
  values = ["it's", "a \"b\"", "; DROP"]
}
sequence "q" {
  schema = schema.s
  name   = "Q \"q\""
}
table "t" {
  schema  = schema.s
  name    = "t\"; DROP TABLE u; --"
  comment = "it's \\ a \"table\"; DROP"
  columns = {
    "select"          = { type = "integer" }
    "A b\"c"          = { type = enum.e, default = "'it''s'" }
    "ünïcödé; DROP x" = { type = "text", comment = "'; DROP" }
  }
  primary_key = ["select"]
  checks      = { "c\"; DROP": "\"select\" > 0" }
  uniques     = { "u; \"x": { columns = ["A b\"c"] } }
  indexes     = { "i'\"; --": { columns = ["ünïcödé; DROP x"], where = "\"A b\"\"c\" IS NOT NULL" } }
}
table "child" {
  schema  = schema.s
  columns = { "p\"" = { type = "integer" } }
  foreign_keys = { "f\"; --" = { columns = ["p\""], references = table.t } }
}
grants "everybody" {
  schema    = schema.s
  to        = "PUBLIC"
  on_schema = ["USAGE"]
  tables    = ["SELECT"]
  sequences = []
}
`)
	w.ok("apply", "hurt.hcl", "--yes")
	w.settled("hurt.hcl")
	if n := w.one("hurt-db", `SELECT count(*)::text FROM pg_namespace WHERE nspname IN ('public', 's"; DROP SCHEMA public; --')`); n != "2" {
		t.Errorf("%s of two schemas are there", n)
	}
	w.ok("destroy", "hurt.hcl", "--yes", "--allow-destroy", "instance.main")
}

// What the workspace refuses is said with the next step, and nothing is half
// done.
func TestRefusalsOfTheWorkspaceAreExplained(t *testing.T) {
	w := newWorld(t)
	file := w.shop("r")
	base := w.env

	w.env = append(base, "DATABRICKS_HOST=http://127.0.0.1:1", "DATABRICKS_RETRY_TIMEOUT_SECONDS=1")
	contains(t, w.exits(1, "plan", file).err, "127.0.0.1:1")
	w.env = append(base, "DATABRICKS_TOKEN=wrong")
	contains(t, w.exits(1, "plan", file).err, "401", "DATABRICKS_TOKEN")
	w.env = base

	// Somebody who may do nothing here.
	w.ok("apply", file, "--yes")
	token, err := w.sb.AddIdentity(sandbox.Identity{UserName: "stranger@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(base, "DATABRICKS_TOKEN="+token)
	refused := w.exits(1, "plan", file)
	contains(t, refused.err, "stranger@example.com", "help:")
	w.env = base

	// A name already taken by something else.
	w.sql("shop-r", `CREATE VIEW shop.invoices AS SELECT 1 AS one`)
	w.edit(file, "table \"customers\" {", "table \"invoices\" {\n  schema  = schema.shop\n  columns = { one = { type = \"integer\" } }\n}\n\ntable \"customers\" {")
	taken := w.exits(5, "apply", file, "--yes")
	contains(t, taken.out, "shop.invoices is taken by a view")
	w.sql("shop-r", `DROP VIEW shop.invoices`)

	// A table that someone else owns.
	w.sql("shop-r", `CREATE ROLE stranger`, `CREATE TABLE shop.invoices (one integer, two integer)`, `ALTER TABLE shop.invoices OWNER TO stranger`)
	foreign := w.exits(5, "apply", file, "--yes", "--allow-destroy", "table.invoices.columns.two")
	contains(t, foreign.out+foreign.err, "stranger", "shop.invoices")
	if n := w.one("shop-r", `SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'shop.invoices'::regclass AND attname = 'two'`); n != "1" {
		t.Error("a table of someone else was changed")
	}
}
