package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var compositeSpec = spec{
	kind:      compositeKind,
	declare:   declareComposite,
	normalize: normalizeComposite,
	steps:     compositeSteps,
	ask:       askComposite,
	stand:     standType,
	take:      takeType,
}

var compositeKind = &resource.Kind{
	Name:  "composite_type",
	Doc:   "A composite type: a row by itself, for columns, arguments and results.",
	Order: orderDomain,
	Stage: resource.Database,
	Example: `composite_type "address" {
  schema = schema.app_data
  attributes = {
    street = { type = "text" }
    zip    = { type = "varchar(10)", comment = "With the country's letters" }
  }
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("composite type"),
		nameAttr("composite type"),
		qualifiedRenamedFromAttr("composite type"),
		{
			Name: "attributes", Type: orderedMap(attributeType),
			Doc: "The attributes by name, in the order in which a new type has them; later ones go to the end. Default: none.",
		},
		commentAttr("composite type"),
		ownerAttr("composite type"),
	},
	Check: checkComposite,
}

var attributeType = resource.ObjectOf(
	resource.Attr{
		Name: "type", Type: anyType, Required: true,
		Doc: "A type of Postgres, or an enum, domain, composite type or range type.",
	},
	collationAttr("texts"),
	resource.Attr{Name: "comment", Type: resource.Text, Doc: "Comment on the attribute. Default: none."},
)
