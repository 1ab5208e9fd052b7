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
		movableSchemaAttr("enum"),
		nameAttr("enum"),
		qualifiedRenamedFromAttr("enum"),
		{
			Name: "values", Type: resource.ListOf(resource.Text), Required: true,
			Doc: "The values, each at most 63 bytes, in the order in which they compare.",
		},
		{
			Name: "renamed", Type: resource.MapOf(resource.Text), CreateOnly: true,
			Doc:    `Former names of values by the present ones: { shipped = "sent" }. Where the former is still there, it is renamed in all rows.`,
			Reason: "says how to get there, not what is wanted",
		},
		commentAttr("enum"),
		ownerAttr("enum"),
	},
	Check: checkEnum,
}
