package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var eventTriggerSpec = spec{
	kind:      eventTriggerKind,
	normalize: normalizeEventTrigger,
	steps:     eventTriggerSteps,
	stand:     func(x *index, r *resource.Resource) { x.places[r.Address] = place{name: r.Name()} },
	locate:    locateSchema, // by name: it stands in no schema
	on:        "function",
	take:      takeEventTrigger,
}

var eventTriggerKind = &resource.Kind{
	Name:  "event_trigger",
	Doc:   "An event trigger of the database: calls a function on DDL, or on login. Only a superuser may make one.",
	Order: orderEventTrigger,
	Stage: resource.Database,
	Example: `event_trigger "no_drops" {
  event    = "sql_drop"
  tags     = ["DROP TABLE"]
  function = function.refuse
}

function "refuse" {
  schema  = schema.app_data
  returns = "event_trigger"
  body    = "BEGIN RAISE EXCEPTION 'not here'; END"
}
`,
	Attrs: []resource.Attr{
		{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the event trigger, at most 63 bytes. Default: the block's label."},
		{
			Name: "event", Type: resource.Text, Required: true, Enum: []string{"ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite", "login"},
			Doc: "What it runs on; login is from Postgres 17.",
		},
		{Name: "tags", Type: resource.SetOf(resource.Text), Doc: `Commands that it runs on, such as "DROP TABLE". Default: all.`},
		{
			Name: "function", Type: resource.OneOf(resource.RefTo("function"), resource.Text), Required: true,
			Doc: `Function that it calls, which returns event_trigger: a reference, or "schema.function".`,
		},
		{
			Name: "enabled", Type: resource.Text, Enum: []string{"origin", "replica", "always", "disabled"},
			Doc: "origin (always but in replication), replica (in replication only), always, or disabled. Default: origin.",
		},
		commentAttr("event trigger"),
		ownerAttr("event trigger"),
	},
	Check: checkEventTrigger,
}
