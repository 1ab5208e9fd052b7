package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

var tableSpec = spec{
	kind:      tableKind,
	normalize: normalizeTable,
	steps:     tableSteps,
	ask:       askTable,
	locate:    locateTable,
	stand:     standTable,
	take:      takeTable,
	declare:   declareTable,
}

var tableKind = &resource.Kind{
	Name: "table",
	Doc: "A table, declared whole: a column, constraint, index or default that the block does not have is planned for " +
		"removal.",
	Order: orderTable,
	Data:  true,
	Stage: resource.Database,
	Parts: []resource.KindPart{{Name: partForeignKeys, Order: orderForeignKeys, Stage: resource.Database}},
	Example: `table "orders" {
  schema  = schema.app_data
  comment = "One row per order"

  columns = {
    id      = { type = "serial" }
    number  = { type = "varchar(20)", not_null = true }
    total   = { type = "numeric(12,2)", not_null = true, default = "0" }
    note    = { type = "text" }
    created = { type = "timestamptz", not_null = true, default = "now()" }
  }

  primary_key = ["id"]
  uniques     = { orders_number_key = { columns = ["number"] } }
  checks      = { orders_total_positive = "total >= 0" }
  indexes     = { ix_orders_created = { on = ["created DESC"], where = "note IS NOT NULL" } }
}
`,
	Attrs: slices.Concat([]resource.Attr{
		movableSchemaAttr("table"),
		nameAttr("table"),
		qualifiedRenamedFromAttr("table"),
	}, lineageAttrs(), []resource.Attr{
		{
			Name: "columns", Type: orderedMap(columnType), Data: true,
			Doc: "The columns by name, in the order in which a new table has them. A partition and a child have those of their parents, and need none.",
		},
		{
			Name: "primary_key", Type: resource.OneOf(resource.ListOf(resource.Text), primaryKeyType),
			Doc: "Names of the columns of the primary key, or an object with more to say. Default: none.",
		},
		{
			Name: "uniques", Type: resource.MapOf(uniqueType),
			Doc: "Unique constraints by name. A unique index is something else: see indexes. Default: none.",
		},
		{
			Name: "checks", Type: resource.MapOf(resource.OneOf(resource.Text, checkType)),
			Doc: "Check constraints by name: the condition, or an object with more to say. Default: none.",
		},
		{Name: "indexes", Type: resource.MapOf(indexType), Doc: "Indexes by name, without those of constraints. Default: none."},
		{
			Name: "foreign_keys", Type: resource.MapOf(foreignKeyType), Part: partForeignKeys,
			Doc: "Foreign keys by name; made when all tables are there, so that tables may refer to each other. Default: none.",
		},
		{Name: "exclusions", Type: resource.MapOf(exclusionType), Doc: "Exclusion constraints by name: no two rows for which all operators are true. Default: none."},
		{
			Name: "statistics", Type: resource.MapOf(statisticsType),
			Doc: "Extended statistics by name: what the planner is to know of columns that go together. Default: none.",
		},
		commentAttr("table"),
		ownerAttr("table"),
	}, tableStorageAttrs()),
	Check: checkTable,
}

func orderedMap(t resource.Type) resource.Type {
	m := resource.MapOf(t)
	m.Ordered = true
	return m
}

var columnType = resource.ObjectOf(append([]resource.Attr{
	{
		Name: "type", Type: anyType, Required: true,
		Doc: "A type of Postgres (varchar(64), numeric(10,2)[], serial), or an enum, domain, composite type or range type.",
	},
	{Name: "not_null", Type: resource.Flag, Doc: "Refuse nulls. Default: false; always so in a primary key, for serial and for identity."},
	{Name: "default", Type: resource.Text, Doc: "Expression for rows that do not say otherwise: \"now()\", \"'new'\". Default: none."},
	{Name: "generated", Type: resource.Text, Doc: "Expression from which the column is always computed, and stored. Default: none."},
	{Name: "virtual", Type: resource.Flag, Doc: "Compute a generated column when it is read instead of storing it; from Postgres 18. Default: false."},
	{
		Name: "inherited", Type: resource.Flag,
		Doc: "Of a child: the column is its parents', goes with theirs, and has here only what is its own, such as another default. Default: a new child " +
			"has it by itself, too, and keeps it when theirs goes; of one that is there, what it is.",
	},
	{
		Name: "identity", Type: resource.OneOf(resource.Text, identityType),
		Doc: `"always" or "by default": numbered by a sequence of its own; or an object with the sequence's options. Default: none.`,
	},
	collationAttr("texts"),
	{Name: "comment", Type: resource.Text, Doc: "Comment on the column. Default: none."},
	{
		Name: "renamed_from", Type: resource.Text, Check: checkIdent, CreateOnly: true,
		Doc:    "Former name of the column; where that is still there, it is renamed and keeps its data.",
		Reason: "says how to get there, not what is wanted",
	},
}, columnStorageAttrs()...)...)

var identityType = resource.ObjectOf(append([]resource.Attr{
	{Name: "always", Type: resource.Flag, Doc: "Refuse values that are not written with OVERRIDING SYSTEM VALUE. Default: false, which is BY DEFAULT."},
	{Name: "sequence", Type: resource.Text, Check: checkIdent, Doc: "Name of its sequence, in the table's schema. Default: table_column_seq."},
}, sequenceOptions()...)...)

var primaryKeyType = resource.ObjectOf(constraintIndexAttrs(
	resource.Attr{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the constraint, at most 63 bytes. Default: table_pkey."},
	resource.Attr{Name: "columns", Type: resource.ListOf(resource.Text), Required: true, Doc: "Names of the columns, in order."},
	resource.Attr{Name: "include", Type: resource.ListOf(resource.Text), Doc: "Columns that its index carries along. Default: none."},
	withoutOverlapsAttr,
	keyInvalidAttr,
)...)

var uniqueType = resource.ObjectOf(constraintIndexAttrs(
	renamedFromAttr("constraint"),
	resource.Attr{Name: "columns", Type: resource.ListOf(resource.Text), Required: true, Doc: "Names of the columns, in order."},
	resource.Attr{Name: "include", Type: resource.ListOf(resource.Text), Doc: "Columns that its index carries along. Default: none."},
	resource.Attr{Name: "nulls_not_distinct", Type: resource.Flag, Doc: "Two nulls are equal, so one at most. Default: false."},
	withoutOverlapsAttr,
	keyInvalidAttr,
)...)

// keyInvalidAttr is what a key of a partitioned table is while not all partitions have their part of it.
var keyInvalidAttr = resource.Attr{
	Name: "invalid", Type: resource.Flag, Derived: true,
	Doc: "Left over from a change that did not end: not every partition has its part of it.",
}

var checkType = resource.ObjectOf(
	resource.Attr{Name: "expression", Type: resource.Text, Required: true, Doc: "Condition that no row may make false."},
	renamedFromAttr("check"),
	resource.Attr{Name: "no_inherit", Type: resource.Flag, Doc: "Not for child tables. Default: false."},
	resource.Attr{Name: "not_valid", Type: resource.Flag, Doc: "Holds for new rows only; existing ones are not looked at. Default: false."},
	notEnforcedAttr,
	commentAttr("constraint"),
)

var indexType = resource.ObjectOf(
	renamedFromAttr("index"),
	resource.Attr{Name: "columns", Type: resource.ListOf(resource.Text), Doc: "Names of the columns, in order. Exactly one of columns and on."},
	resource.Attr{Name: "on", Type: resource.ListOf(resource.Text), Doc: `Keys as CREATE INDEX has them: "lower(title)", "created DESC NULLS LAST". Exactly one of columns and on.`},
	resource.Attr{Name: "unique", Type: resource.Flag, Doc: "No two rows with the same keys. Default: false."},
	resource.Attr{Name: "method", Type: resource.Text, Doc: "btree, hash, gin, gist, spgist, brin, or one of an extension. Default: btree."},
	resource.Attr{Name: "where", Type: resource.Text, Doc: "Condition on the rows that it covers. Default: all rows."},
	resource.Attr{Name: "include", Type: resource.ListOf(resource.Text), Doc: "Columns that it carries along. Default: none."},
	resource.Attr{Name: "nulls_not_distinct", Type: resource.Flag, Doc: "In a unique index, two nulls are equal. Default: false."},
	resource.Attr{Name: "with", Type: resource.MapOf(resource.Text), Doc: `Storage parameters, such as { fillfactor = "70" }. Default: none.`},
	tablespaceAttr("index"),
	resource.Attr{
		Name: "statistics", Type: resource.MapOf(resource.Whole),
		Doc: "How much ANALYZE gathers of a key that is an expression, by the key's number from 1: { 2 = 500 }. Default: the server's.",
	},
	resource.Attr{Name: "comment", Type: resource.Text, Doc: "Comment on the index. Default: none."},
	resource.Attr{Name: "invalid", Type: resource.Flag, Derived: true, Doc: "Left over from a build that failed: serves no query, and is replaced."},
)

var foreignKeyType = resource.ObjectOf(
	renamedFromAttr("foreign key"),
	resource.Attr{Name: "columns", Type: resource.ListOf(resource.Text), Required: true, Doc: "Names of the columns that refer, in order."},
	resource.Attr{
		Name: "references", Type: resource.OneOf(resource.RefTo("table"), resource.Text), Required: true,
		Doc: `Table that is referred to: a reference, or "schema.table".`,
	},
	resource.Attr{Name: "ref_columns", Type: resource.ListOf(resource.Text), Doc: "Names of the columns that are referred to, in order. Default: the primary key of that table."},
	foreignKeyAction("on_delete", "deleted"),
	foreignKeyAction("on_update", "given another key"),
	resource.Attr{Name: "match", Type: resource.Text, Enum: []string{"SIMPLE", "FULL"}, Doc: "Whether some columns of a key may be null (SIMPLE) or all or none (FULL). Default: SIMPLE."},
	resource.Attr{Name: "deferrable", Type: resource.Flag, Doc: "May be checked at the end of the transaction. Default: false."},
	resource.Attr{Name: "initially_deferred", Type: resource.Flag, Doc: "Checked at the end of the transaction unless told otherwise; includes deferrable. Default: false."},
	resource.Attr{Name: "not_valid", Type: resource.Flag, Doc: "Holds for new rows only; existing ones are not looked at. Default: false."},
	notEnforcedAttr,
	resource.Attr{
		Name: "period", Type: resource.Flag,
		Doc: "The last column is a range that the ranges referred to must cover; from Postgres 18. Default: false.",
	},
	commentAttr("constraint"),
)

func foreignKeyAction(name, what string) resource.Attr {
	return resource.Attr{
		Name: name, Type: resource.Text,
		Doc: "What happens when the row referred to is " + what + ": NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT, the last two with a list of columns where wanted: SET NULL (a). Default: NO ACTION.",
	}
}
