package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var ruleSpec = spec{
	kind:      ruleKind,
	normalize: normalizeRule,
	steps:     ruleSteps,
	ask:       askRule,
	locate:    locateTrigger, // by table and name, as a trigger
	on:        "table",
	take:      takeRule,
}

var ruleKind = &resource.Kind{
	Name:  "rule",
	Doc:   "A rewrite rule of a table or view: other commands beside, or instead of, an INSERT, UPDATE or DELETE.",
	Order: orderRule,
	Stage: resource.Database,
	Example: `rule "orders_keep" {
  table   = table.orders
  event   = "DELETE"
  where   = "OLD.status = 'paid'"
  instead = true
}
`,
	Attrs: []resource.Attr{
		{
			Name: "table", Type: resource.OneOf(resource.RefTo("table", "view"), resource.Text), Required: true, Immutable: true,
			Doc:    `Table or view whose commands are rewritten: a reference, or "schema.table".`,
			Reason: "a rule belongs to its table",
		},
		{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the rule, at most 63 bytes; its table's own, so two tables may have the same. Default: the block's label."},
		{Name: "event", Type: resource.Text, Required: true, Enum: []string{"INSERT", "UPDATE", "DELETE"}, Doc: "The command that is rewritten: INSERT, UPDATE or DELETE."},
		{Name: "where", Type: resource.Text, Doc: "Condition on OLD and NEW under which it applies. Default: always."},
		{Name: "instead", Type: resource.Flag, Doc: "Instead of the command, not beside it. Default: false."},
		{Name: "commands", Type: resource.ListOf(resource.Text), Doc: "Commands to run, in order; names stand with their schema. Default: none, which is DO NOTHING."},
		{
			Name: "enabled", Type: resource.Text, Enum: []string{"origin", "replica", "always", "disabled"},
			Doc: "origin (always but in replication), replica (in replication only), always, or disabled. Default: origin.",
		},
		commentAttr("rule"),
	},
	Check: checkRule,
}
