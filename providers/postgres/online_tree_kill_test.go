package postgres_test

import "testing"

const killTreeBefore = `
schema "s" { instance = instance.main }
table "r" {
  schema      = schema.s
  columns     = { id = { type = "int" } }
  primary_key = ["id"]
}
table "t" {
  schema       = schema.s
  partition_by = "RANGE (a)"
  columns      = { a = { type = "int" }, b = { type = "int" }, c = { type = "int" } }
  uniques      = { t_u = { columns = ["a", "c"] } }
  indexes      = { t_old = { columns = ["c"] } }
}
table "p1" {
  schema       = schema.s
  partition_of = table.t
  values       = "FROM (0) TO (100)"
}
`

const killTreeRows = `CREATE TABLE s.p2 PARTITION OF s.t FOR VALUES FROM (100) TO (200) PARTITION BY LIST (a);
CREATE TABLE s.p2a PARTITION OF s.p2 DEFAULT;
INSERT INTO s.r SELECT generate_series(0, 199);
INSERT INTO s.t SELECT i, i, i FROM generate_series(0, 199) i`

const killTreeAfter = `
schema "s" { instance = instance.main }
table "r" {
  schema      = schema.s
  columns     = { id = { type = "int" } }
  primary_key = ["id"]
}
table "t" {
  schema       = schema.s
  partition_by = "RANGE (a)"
  columns = {
    a = { type = "int" }
    b = { type = "int" }
    c = { type = "int" }
    u = { type = "uuid", not_null = true, default = "gen_random_uuid()" }
  }
  primary_key  = ["a", "b"]
  uniques      = { t_u = { columns = ["a", "c", "b"] } }
  indexes      = { t_old = { on = ["c DESC"] }, t_new = { on = ["(b + c)"] } }
  foreign_keys = { t_c = { columns = ["c"], references = table.r } }
}
table "p1" {
  schema       = schema.s
  partition_of = table.t
  values       = "FROM (0) TO (100)"
}
`

// unfinishedTree counts what a change of a partitioned table must not leave: names on their way, what is not valid, and
// indexes and keys of partitions that are not part of the parent's.
const unfinishedTree = `SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'tellr\_%') + (SELECT count(*) FROM pg_constraint WHERE conname LIKE 'tellr\_%')
  + (SELECT count(*) FROM pg_index WHERE NOT indisvalid) + (SELECT count(*) FROM pg_constraint WHERE NOT convalidated)
  + (SELECT count(*) FROM s.t WHERE u IS NULL)
  + (SELECT count(*) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE indrelid IN ('s.p1'::regclass, 's.p2'::regclass, 's.p2a'::regclass) AND NOT c.relispartition)
  + (SELECT count(*) FROM pg_constraint WHERE conrelid IN ('s.p1'::regclass, 's.p2'::regclass, 's.p2a'::regclass) AND contype IN ('f', 'u', 'p') AND conparentid = 0)`

// An online change of a partitioned table is killed before any of its statements: the next plan goes on, also on partitions
// that no file declares.
func TestAChangeOfPartitionsIsKilledAnywhere(t *testing.T) {
	killAnywhere(t, killTreeBefore, killTreeRows, killTreeAfter, unfinishedTree)
}
