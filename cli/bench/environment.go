package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// shape is a way to write many tables.
type shape struct {
	name  string
	write func(n int) string
}

const head = `environment "bench" {}

instance "main" {
  postgres { url = env("DATABASE_URL") }
}

schema "bench" {
  instance = instance.main
}
`

const columns = `  columns = {
    id = { type = "serial" }
    c1 = { type = "integer", not_null = true }
    c2 = { type = "varchar(64)" }
    c3 = { type = "text", default = "'x'" }
    c4 = { type = "timestamptz", default = "now()" }
    c5 = { type = "boolean", not_null = true, default = "true" }
    c6 = { type = "numeric(10,2)" }
    c7 = { type = "jsonb" }
    c8 = { type = "uuid" }
    c9 = { type = "bigint" }
  }
  primary_key = ["id"]
`

const few = `  columns = {
    id   = { type = "serial" }
    name = { type = "varchar(64)", not_null = true }
    made = { type = "timestamptz", default = "now()" }
  }
  primary_key = ["id"]
`

// shapes are small blocks; wide ones with indexes and foreign keys; one
// for_each; and tables that each refer to the one before.
var shapes = []shape{
	{"small", func(n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, "\ntable \"t%d\" {\n  schema = schema.bench\n%s}\n", i, few)
		}
		return b.String()
	}},
	{"wide", func(n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, "\ntable \"t%d\" {\n  schema = schema.bench\n%s  indexes = {\n    ix_t%d_c1 = { columns = [\"c1\"] }\n    ix_t%d_c9 = { columns = [\"c9\"], where = \"c5\" }\n  }\n  foreign_keys = { fk_t%d = { columns = [\"c1\"], references = table.t%d } }\n}\n",
				i, columns, i, i, i, i/2)
		}
		return b.String()
	}},
	{"for_each", func(n int) string {
		return head + fmt.Sprintf("\ntable \"t\" {\n  for_each = [for i in flatten([for j in range(%d) : [for k in range(100) : 100 * j + k]]) : \"t${i}\"]\n  name     = each.key\n  schema   = schema.bench\n%s  indexes = {\n    \"ix_${each.key}_c1\" = { columns = [\"c1\"] }\n    \"ix_${each.key}_c9\" = { columns = [\"c9\"], where = \"c5\" }\n  }\n}\n", n/100, columns)
	}},
	{"chain", func(n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, "\ntable \"t%d\" {\n  schema = schema.bench\n%s", i, columns)
			if i > 0 {
				fmt.Fprintf(&b, "  comment      = \"after ${table.t%d.name}\"\n  foreign_keys = { fk_t%d = { columns = [\"c1\"], references = table.t%d } }\n", i-1, i, i-1)
			}
			b.WriteString("}\n")
		}
		return b.String()
	}},
}

// wide is the shape of the figures against a live database.
var wide = shapes[1]

// environment writes an environment of n tables and gives its folder.
func (b *bench) environment(s shape, n int) (string, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", s.name, n))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "env.hcl"), []byte(s.write(n)), 0o644)
}
