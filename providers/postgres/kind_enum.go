package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var enumSpec = spec{
	kind:      enumKind,
	normalize: normalizeEnum,
	steps:     enumSteps,
	stand:     standType,
	take:      takeEnum,
}

var enumKind = &resource.Kind{
	Name:  "enum",
	Doc:   "An enumerated type: a column of it holds one of its values. Values can be added anywhere, never removed.",
	Order: orderEnum,
	Stage: resource.Database,
	Example: `enum "permission" {
  schema = schema.app_data
  values = ["CAN_VIEW", "CAN_USE", "CAN_MANAGE"]
}
`,
	Attrs: []resource.Attr{
		schemaAttr("enum"),
		nameAttr("enum"),
		{
			Name: "values", Type: resource.ListOf(resource.Text), Required: true,
			Doc: "The values, each at most 63 bytes, in the order in which they compare.",
		},
		commentAttr("enum"),
		ownerAttr("enum"),
	},
	Check: checkEnum,
}
