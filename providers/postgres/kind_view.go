package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var viewSpec = spec{
	kind:      viewKind,
	normalize: normalizeView,
	steps:     viewSteps,
	ask:       askView,
	stand:     standView,
	take:      takeView,
}

var materializedViewSpec = spec{
	kind:      materializedViewKind,
	normalize: normalizeView,
	steps:     viewSteps,
	ask:       askView,
	stand:     standView,
	take:      takeView,
}

var viewKind = &resource.Kind{
	Name: "view",
	Doc: "A view: a query with a name. It is replaced in place where Postgres allows it (new columns at the end); otherwise it is dropped " +
		"and created again, with the views that read it and the privileges that it had.",
	Order: orderView,
	Stage: resource.Database,
	Example: `view "order_titles" {
  schema  = schema.app_data
  comment = "What people may see of an order"
  query   = <<-SQL
    SELECT o.status, upper(o.status) AS title
    FROM app_data.orders o
    WHERE o.status <> 'hidden'
  SQL
  column_comments = { title = "In capitals" }
}
`,
	Attrs: append(viewAttrs("view"),
		resource.Attr{
			Name: "column_defaults", Type: resource.MapOf(resource.Text),
			Doc: "Expressions for rows inserted into the view that do not say otherwise, by column. Default: none, those of the table count.",
		},
		resource.Attr{Name: "security_barrier", Type: resource.Flag, Doc: "Apply the view's own conditions before those of whoever reads it. Default: false."},
		resource.Attr{Name: "security_invoker", Type: resource.Flag, Doc: "Read tables with the rights of whoever reads the view, not of its owner. Default: false."},
		resource.Attr{
			Name: "check_option", Type: resource.Text, Enum: []string{"local", "cascaded"},
			Doc: "Refuse rows that the view would not show: by its own conditions (local), or also by those of views below (cascaded). Default: neither.",
		},
		commentAttr("view"),
		ownerAttr("view"),
	),
	Check: checkView,
}

var materializedViewKind = &resource.Kind{
	Name: "materialized_view",
	Doc: "A materialized view: the rows of a query, kept until the next REFRESH. Another query makes it anew, and computes its rows again. " +
		"A unique index on plain columns lets REFRESH run CONCURRENTLY, so that readers do not wait.",
	Order: orderView,
	Stage: resource.Database,
	Example: `materialized_view "orders_by_status" {
  schema  = schema.app_data
  query   = <<-SQL
    SELECT status, count(*) AS orders
    FROM app_data.orders
    GROUP BY status
  SQL
  indexes = { orders_by_status_key = { columns = ["status"], unique = true } }
}
`,
	Attrs: append(viewAttrs("materialized view"),
		resource.Attr{Name: "indexes", Type: resource.MapOf(indexType), Doc: "Indexes by name. Default: none."},
		resource.Attr{Name: "with", Type: resource.MapOf(resource.Text), Doc: `Storage parameters, such as { fillfactor = "70" }. Default: none.`},
		resource.Attr{Name: "method", Type: resource.Text, Check: checkIdent, Doc: "Table access method. Default: heap."},
		resource.Attr{Name: "tablespace", Type: resource.Text, Check: checkIdent, Doc: "Tablespace that its rows are kept in. Default: the database's."},
		resource.Attr{
			Name: "with_data", Type: resource.Flag,
			Doc: "Compute the rows when it is made, and where it has none. false leaves that to a later REFRESH, and does not take rows away. Default: true.",
		},
		commentAttr("materialized view"),
		ownerAttr("materialized view"),
	),
	Check: checkView,
}

// viewAttrs are the rows that both kinds begin with.
func viewAttrs(what string) []resource.Attr {
	return []resource.Attr{
		movableSchemaAttr(what),
		nameAttr(what),
		qualifiedRenamedFromAttr(what),
		{
			Name: "query", Type: resource.Text, Required: true,
			Doc: "The query: SELECT, VALUES or WITH [RECURSIVE]. Names stand with their schema (app_data.orders), and what they name comes first. Compared in the server's form.",
		},
		{
			Name: "columns", Type: resource.ListOf(resource.Text), CreateOnly: true,
			Doc:    "Names of the columns, in order, instead of those that the query gives. Default: none.",
			Reason: "compared as part of the query, in which the server keeps them",
		},
		{Name: "column_comments", Type: resource.MapOf(resource.Text), Doc: "Comments by column. Default: none."},
	}
}
