package postgres_test

import (
	"strings"
	"testing"
)

// TestManagedPartitions: partitions that no file declares are counted, under a word of their own.
func TestManagedPartitions(t *testing.T) {
	w := &workspace{dsn: database(t)}
	desired := load(t, `
schema "s" { instance = instance.main }
table "t" {
  schema       = schema.s
  partition_by = "RANGE (a)"
  columns      = { a = { type = "integer" } }
}`)
	run(t, w, desired, false)
	psql(t, w.dsn, `CREATE TABLE s.t_p1 PARTITION OF s.t FOR VALUES FROM (0) TO (10);
CREATE TABLE s.t_p2 PARTITION OF s.t DEFAULT PARTITION BY LIST (a);
CREATE TABLE s.t_p3 PARTITION OF s.t_p2 DEFAULT;
CREATE TABLE s.other (a int)`)
	p, notes := build(t, w, desired, false)
	if !p.Empty() || len(notes) > 0 {
		t.Errorf("they are not left alone:\n%s%v", show(p), notes)
	}
	var got []string
	for _, u := range p.Undeclared {
		got = append(got, u.Kind+": "+strings.Join(u.Names, " "))
	}
	if want := "partition: t_p1 t_p2 t_p3, table: other"; strings.Join(got, ", ") != want {
		t.Errorf("undeclared are %q, want %q", got, want)
	}
}

// TestRowsStay: whatever gets another name or another place keeps its rows.
func TestRowsStay(t *testing.T) {
	w := &workspace{dsn: database(t)}
	run(t, w, load(t, `
schema "a" { instance = instance.main }
table "orders" {
  schema  = schema.a
  columns = { id = { type = "serial" }, note = { type = "text" } }
}
table "t" {
  schema       = schema.a
  partition_by = "RANGE (n)"
  columns      = { n = { type = "integer" }, x = { type = "text" } }
}
table "leaves" {
  schema       = schema.a
  partition_of = table.t
  values       = "FROM (0) TO (10)"
}
table "grows" {
  schema       = schema.a
  partition_of = table.t
  values       = "FROM (10) TO (20)"
}
table "comes" {
  schema  = schema.a
  columns = { n = { type = "integer" }, y = { type = "text" } }
}`), false)
	psql(t, w.dsn, `INSERT INTO a.orders (note) VALUES ('one'), ('two');
INSERT INTO a.t VALUES (1, 'one'), (11, 'eleven'); INSERT INTO a.comes VALUES (3, 'three')`)
	desired := load(t, `
schema "a" {
  instance = instance.main
  name     = "A"
}
schema "b" { instance = instance.main }
table "purchases" {
  schema       = schema.b
  renamed_from = "A.orders"
  columns      = { id = { type = "serial" }, remark = { type = "text", renamed_from = "note" } }
}
table "t" {
  schema       = schema.a
  partition_by = "RANGE (n)"
  columns      = { n = { type = "integer" }, y = { type = "text", renamed_from = "x" } }
}
table "leaves" {
  schema  = schema.a
  columns = { n = { type = "integer" }, x = { type = "text" } }
}
table "grows" {
  schema       = schema.a
  partition_of = table.t
  values       = "FROM (8) TO (30)"
}
table "comes" {
  schema       = schema.a
  partition_of = table.t
  values       = "FROM (0) TO (5)"
}`)
	p, blocked := run(t, w, desired, false)
	if blocked {
		t.Fatalf("it is blocked:\n%s", show(p))
	}
	if again, notes := build(t, w, desired, false); !again.Empty() || len(notes) > 0 {
		t.Errorf("a second plan is not empty:\n%s%v", show(again), notes)
	}
	got := psql(t, w.dsn, `INSERT INTO b.purchases (remark) VALUES ('three');
SELECT string_agg(id || remark, ' ' ORDER BY id) FROM b.purchases;
SELECT string_agg(n || y, ' ' ORDER BY n) FROM "A".t;
SELECT string_agg(n || x, ' ') FROM "A".leaves`)
	if want := "1one 2two 3three\n3three 11eleven\n1one"; got != want {
		t.Errorf("the rows are %q, want %q\n%s", got, want, show(p))
	}
}
