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
		{
			Name: "exclusive", Type: resource.Flag, CreateOnly: true,
			Doc: "Plan the removal of everything in the schema that no file declares; each thing that holds data is blocked until it is named. " +
				"Default: false, what is not declared is left alone and counted.",
			Reason: "says what to do with other things",
		},
		{
			Name: "ignore", Type: resource.ListOf(resource.Text), CreateOnly: true, Check: checkIgnore,
			Doc: `Patterns of names that are neither counted, imported nor removed: "tmp_*", or with a kind, "table part_*". ` +
				"* stands for any text, ? for one character, [a-z] for one of several. Default: none.",
			Reason: "says what not to look at",
		},
		commentAttr("schema"),
		ownerAttr("schema"),
	},
	Check: checkSchema,
}
