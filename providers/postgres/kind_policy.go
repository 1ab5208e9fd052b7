package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var policySpec = spec{
	kind:      policyKind,
	normalize: normalizePolicy,
	steps:     policySteps,
	ask:       askPolicy,
	locate:    locatePolicy,
	on:        "table",
	take:      takePolicy,
}

var policyKind = &resource.Kind{
	Name:  "policy",
	Doc:   "A policy of row security: which rows of a table some roles may see and change. It holds where the table has row_security.",
	Order: orderPolicy,
	Stage: resource.Database,
	Example: `policy "own_orders" {
  table      = table.orders
  command    = "ALL"
  to         = [app.slides]
  using      = "status = current_user"
  with_check = "status = current_user"
}
`,
	Attrs: []resource.Attr{
		{
			Name: "table", Type: resource.OneOf(resource.RefTo("table"), resource.Text), Required: true, Immutable: true,
			Doc:    `Table whose rows it is about: a reference, or "schema.table".`,
			Reason: "a policy belongs to its table",
		},
		{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the policy, at most 63 bytes; its table's own, so two tables may have the same. Default: the block's label."},
		{
			Name: "restrictive", Type: resource.Flag,
			Doc: "All restrictive policies must let a row through, and at least one of the others. Default: false, it is one of the others.",
		},
		{
			Name: "command", Type: resource.Text, Enum: policyCommands,
			Doc: "What it is about: ALL, SELECT, INSERT, UPDATE or DELETE. Default: ALL.",
		},
		{
			Name: "to", Type: resource.SetOf(grantee),
			Doc: "Roles that it holds for: their names, apps (the role of the service principal), or PUBLIC. Default: PUBLIC.",
		},
		{
			Name: "using", Type: resource.Text,
			Doc: "Condition on the rows that are there, to be seen or changed. What it looks up in other tables is written with their schema. Default: none.",
		},
		{
			Name: "with_check", Type: resource.Text,
			Doc: "Condition on the rows that come, by INSERT or UPDATE. Default: none, then the one of using holds.",
		},
		commentAttr("policy"),
	},
	Check: checkPolicy,
}

const allCommands = "ALL"

var policyCommands = []string{allCommands, "SELECT", "INSERT", "UPDATE", "DELETE"}
