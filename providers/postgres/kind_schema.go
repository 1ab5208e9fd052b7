package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var schemaSpec = spec{
	kind:      schemaKind,
	normalize: normalizeSchema,
	steps:     schemaSteps,
	stand:     func(x *index, r *resource.Resource) { x.places[r.Address] = place{name: r.Name()} },
	locate:    locateSchema,
	take:      takeSchema,
}

var schemaKind = &resource.Kind{
	Name:  "schema",
	Doc:   "A schema of a database: the namespace that tables and the rest stand in.",
	Order: orderSchema,
	Data:  true,
	Stage: resource.Database,
	Example: `schema "app_data" {
  instance = instance.main
  comment  = "Tables of the slide generator"
}
`,
	Attrs: []resource.Attr{
		{
			Name: "instance", Type: resource.RefTo("instance"), CreateOnly: true,
			Doc:    "Instance whose database the schema stands in. Exactly one of instance and branch.",
			Reason: "another instance is another database: nothing there to compare with",
		},
		{
			Name: "branch", Type: resource.RefTo("branch"), CreateOnly: true,
			Doc:    "Branch whose database the schema stands in. Exactly one of instance and branch.",
			Reason: "another branch is another database: nothing there to compare with",
		},
		{
			Name: "name", Type: resource.Text, Check: checkSchemaName,
			Doc: "Name of the schema in the database, at most 63 bytes. Another name renames it, with all that is in it. Default: the block's label.",
		},
		renamedFromAttr("schema"),
		commentAttr("schema"),
		ownerAttr("schema"),
	},
	Check: checkSchema,
}
