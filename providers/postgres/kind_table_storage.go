package postgres

import "github.com/tellr-dev/tellr/engine/resource"

// The rows of how a table, its columns and the indexes of its constraints are kept, and of what is rarer than keys and
// indexes.

func storageParameters(of, example string) resource.Attr {
	return resource.Attr{
		Name: "with", Type: resource.MapOf(resource.Text),
		Doc: "Storage parameters of the " + of + ", such as { " + example + " }. Default: none.",
	}
}

func tablespaceAttr(of string) resource.Attr {
	return resource.Attr{
		Name: "tablespace", Type: resource.Text, Check: checkIdent,
		Doc: "Tablespace that the " + of + " stands in. Default: the database's.",
	}
}

// constraintIndexAttrs are the rows that all constraints with an index share.
func constraintIndexAttrs(attrs ...resource.Attr) []resource.Attr {
	return append(attrs,
		resource.Attr{Name: "deferrable", Type: resource.Flag, Doc: "May be checked at the end of the transaction. Default: false."},
		resource.Attr{Name: "initially_deferred", Type: resource.Flag, Doc: "Checked at the end of the transaction unless told otherwise; includes deferrable. Default: false."},
		storageParameters("constraint's index", `fillfactor = "70"`),
		tablespaceAttr("constraint's index"),
		commentAttr("constraint"),
		resource.Attr{Name: "index_comment", Type: resource.Text, Doc: "Comment on the constraint's index. Default: none."},
	)
}

var withoutOverlapsAttr = resource.Attr{
	Name: "without_overlaps", Type: resource.Flag,
	Doc: "The last column is a range, and rows that are equal in the others may not overlap in it; from Postgres 18. Default: false.",
}

var notEnforcedAttr = resource.Attr{
	Name: "not_enforced", Type: resource.Flag,
	Doc: "Nobody checks it: it is there for people and tools to read; from Postgres 18. Default: false.",
}

var exclusionType = resource.ObjectOf(constraintIndexAttrs(
	resource.Attr{
		Name: "on", Type: resource.ListOf(resource.Text), Required: true,
		Doc: `Elements as EXCLUDE has them: "room WITH =", "during WITH &&".`,
	},
	resource.Attr{Name: "method", Type: resource.Text, Doc: "Index method: gist, spgist, btree, hash. Default: btree."},
	resource.Attr{Name: "where", Type: resource.Text, Doc: "Condition on the rows that it holds for. Default: all rows."},
	resource.Attr{Name: "include", Type: resource.ListOf(resource.Text), Doc: "Columns that its index carries along. Default: none."},
)...)

var statisticsType = resource.ObjectOf(
	resource.Attr{
		Name: "on", Type: resource.SetOf(resource.Text), Required: true,
		Doc: `Columns and expressions whose values belong together: "city", "lower(name)"; quoted as in SQL where needed.`,
	},
	resource.Attr{
		Name: "kinds", Type: resource.SetOf(resource.Text),
		Doc: "What is gathered: ndistinct, dependencies, mcv. Default: all of them; none can be said for a single expression.",
	},
	resource.Attr{Name: "target", Type: resource.Whole, Doc: "How much is gathered, 0 to 10000. Default: what the columns say."},
	commentAttr("statistics object"),
)

// tableStorageAttrs are the rows of a table as a whole.
func tableStorageAttrs() []resource.Attr {
	return []resource.Attr{
		{
			Name: "unlogged", Type: resource.Flag,
			Doc: "Kept out of the write-ahead log: faster, but emptied after a crash and not on replicas. Default: false.",
		},
		storageParameters("table", `fillfactor = "80", autovacuum_enabled = "off", "toast.autovacuum_enabled" = "off"`),
		tablespaceAttr("table"),
		{Name: "access_method", Type: resource.Text, Check: checkIdent, Doc: "Table access method. Default: heap."},
		{
			Name: "replica_identity", Type: resource.Text, Check: checkIdent,
			Doc: `How logical replication knows a row: "full", "nothing", or the name of a unique index or key. Default: the primary key.`,
		},
		{Name: "cluster", Type: resource.Text, Check: checkIdent, Doc: "Name of the index or key by which CLUSTER orders the rows. Default: none."},
		{
			Name: "row_security", Type: resource.Text, Enum: rowSecurityWords,
			Doc: "off, enabled (rows are seen by whom a policy lets, and by the owner), forced (the owner is no exception), or " +
				"\"off, forced\" (off, but forced as soon as somebody enables it). Default: off.",
		},
	}
}

var rowSecurityWords = []string{"off", "enabled", "forced", "off, forced"}

// columnStorageAttrs are the rows of how a column is kept.
func columnStorageAttrs() []resource.Attr {
	return []resource.Attr{
		{Name: "compression", Type: resource.Text, Enum: []string{"pglz", "lz4"}, Doc: "How long values are compressed: pglz or lz4. Default: the server's default_toast_compression."},
		{
			Name: "storage", Type: resource.Text, Enum: []string{"plain", "external", "extended", "main"},
			Doc: "Where long values stand: plain, external, extended or main. Default: the type's.",
		},
		{Name: "statistics", Type: resource.Whole, Check: checkTarget, Doc: "How much ANALYZE gathers, 0 to 10000. Default: the server's default_statistics_target."},
		{Name: "with", Type: resource.MapOf(resource.Text), Doc: `Options of the column: { n_distinct = "-0.5" }, n_distinct_inherited. Default: none.`},
		{
			Name: "not_null_name", Type: resource.Text, Check: checkIdent,
			Doc: "Name of the constraint that the column is not null, which it has from Postgres 18. Default: table_column_not_null.",
		},
		{
			Name: "using", Type: resource.Text, CreateOnly: true,
			Doc:    "Expression that makes a value of a new type of the old one when the type changes: \"nullif(code, '')::integer\". Default: a cast.",
			Reason: "says how to get there, not what is wanted",
		},
	}
}
