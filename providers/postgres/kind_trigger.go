package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var triggerSpec = spec{
	kind:      triggerKind,
	normalize: normalizeTrigger,
	steps:     triggerSteps,
	ask:       askTrigger,
	locate:    locateTrigger,
	on:        "table",
	take:      takeTrigger,
}

var triggerKind = &resource.Kind{
	Name:  "trigger",
	Doc:   "A trigger of a table or view: calls a function when rows change.",
	Order: orderTrigger,
	Stage: resource.Database,
	Example: `trigger "orders_touch" {
  table    = table.orders
  timing   = "BEFORE"
  events   = ["INSERT", "UPDATE OF status"]
  level    = "ROW"
  function = function.touch
}
`,
	Attrs: []resource.Attr{
		{
			Name: "table", Type: resource.OneOf(resource.RefTo("table", "view"), resource.Text), Required: true, Immutable: true,
			Doc:    `Table or view that is watched: a reference, or "schema.table".`,
			Reason: "a trigger belongs to its table",
		},
		{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the trigger, at most 63 bytes; its table's own, so two tables may have the same. Default: the block's label."},
		renamedFromAttr("trigger"),
		{
			Name: "timing", Type: resource.Text, Required: true, Enum: []string{"BEFORE", "AFTER", "INSTEAD OF"},
			Doc: "When it runs: BEFORE or AFTER the change, or INSTEAD OF it (views only).",
		},
		{
			Name: "events", Type: resource.SetOf(resource.Text), Required: true,
			Doc: "What it runs on: INSERT, UPDATE, UPDATE OF column, column, DELETE, TRUNCATE.",
		},
		{
			Name: "level", Type: resource.Text, Enum: []string{"ROW", "STATEMENT"},
			Doc: "Once for each ROW or once for each STATEMENT. Default: STATEMENT, as Postgres has it.",
		},
		{Name: "when", Type: resource.Text, Doc: "Condition on OLD and NEW under which it runs. Default: always."},
		{
			Name: "function", Type: resource.OneOf(resource.RefTo("function"), resource.Text), Required: true,
			Doc: `Function that it calls: a reference, or "schema.function".`,
		},
		{Name: "arguments", Type: resource.ListOf(resource.Text), Doc: "Texts that the function finds in TG_ARGV. Default: none."},
		{Name: "constraint", Type: resource.Flag, Doc: "A constraint trigger, which can be deferred: AFTER and ROW only. Default: false."},
		{Name: "from", Type: resource.OneOf(resource.RefTo("table"), resource.Text), Doc: `Other table of a constraint trigger, as a foreign key has one: a reference, or "schema.table". Default: none.`},
		{Name: "deferrable", Type: resource.Flag, Doc: "A constraint trigger that SET CONSTRAINTS may defer. Default: false."},
		{Name: "initially_deferred", Type: resource.Flag, Doc: "Runs at the end of the transaction unless told otherwise; includes deferrable. Default: false."},
		{Name: "old_table", Type: resource.Text, Check: checkIdent, Doc: "Name under which the function sees all rows as they were; AFTER only. Default: none."},
		{Name: "new_table", Type: resource.Text, Check: checkIdent, Doc: "Name under which the function sees all rows as they are now; AFTER only. Default: none."},
		{
			Name: "enabled", Type: resource.Text, Enum: []string{"origin", "replica", "always", "disabled"},
			Doc: "origin (always but in replication), replica (in replication only), always, or disabled. Default: origin.",
		},
		{Name: "comment", Type: resource.Text, Doc: "Comment on the trigger. Default: none."},
	},
	Check: checkTrigger,
}
