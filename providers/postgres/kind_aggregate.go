package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var aggregateSpec = spec{
	kind:      aggregateKind,
	normalize: normalizeAggregate,
	steps:     aggregateSteps,
	ask:       askAggregate,
	stand:     standFunction,
	locate:    locateFunction,
	take:      takeFunction,
}

var aggregateKind = &resource.Kind{
	Name:  "aggregate",
	Doc:   "An aggregate function: one result for many rows, made by functions that are called row by row.",
	Order: orderAggregate,
	Stage: resource.Database,
	Example: `aggregate "product" {
  schema         = schema.app_data
  arguments      = ["double precision"]
  state_function = "float8mul"
  state_type     = "double precision"
  initial        = "1"
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("aggregate"),
		nameAttr("aggregate"),
		qualifiedRenamedFromAttr("aggregate"),
		argumentsAttr("arguments", "Arguments as in CREATE AGGREGATE, none standing for *; of an ordered-set aggregate the direct ones"),
		argumentsAttr("order_by", "Arguments behind ORDER BY, which make it an ordered-set aggregate"),
		{Name: "hypothetical", Type: resource.Flag, Doc: "An ordered-set aggregate that asks where a row would stand. Default: false."},
		functionAttr("state_function", "that takes the state and a row's values, and gives the next state", true),
		{Name: "state_type", Type: anyType, Required: true, Doc: "Type of the state: a type of Postgres, or one that a file declares."},
		{Name: "state_space", Type: resource.Whole, Doc: "Size of the state in bytes, for the planner. Default: the type's."},
		functionAttr("final_function", "that makes the result of the state", false),
		{Name: "final_extra", Type: resource.Flag, Doc: "The final function takes the arguments too, as nulls. Default: false."},
		modifyAttr("final_modify", "final function"),
		functionAttr("combine_function", "that makes one state of two, for parallel queries", false),
		functionAttr("serial_function", "that makes bytes of an internal state", false),
		functionAttr("deserial_function", "that makes an internal state of bytes", false),
		{Name: "initial", Type: resource.Text, Doc: "First state, as text. Default: null."},
		functionAttr("moving_state_function", "for moving windows, as state_function", false),
		functionAttr("moving_inverse_function", "that takes a row out of the state again", false),
		{Name: "moving_state_type", Type: anyType, Doc: "Type of the state in moving windows. Default: none, they are computed anew."},
		{Name: "moving_state_space", Type: resource.Whole, Doc: "Size of that state in bytes, for the planner. Default: the type's."},
		functionAttr("moving_final_function", "for moving windows, as final_function", false),
		{Name: "moving_final_extra", Type: resource.Flag, Doc: "That final function takes the arguments too, as nulls. Default: false."},
		modifyAttr("moving_final_modify", "moving final function"),
		{Name: "moving_initial", Type: resource.Text, Doc: "First state in moving windows, as text. Default: null."},
		{Name: "sort_operator", Type: resource.Text, Doc: `Operator by whose order the result is first, such as "<" or "schema.<": an index can then give it. Default: none.`},
		{
			Name: "parallel", Type: resource.Text, Enum: []string{"unsafe", "restricted", "safe"},
			Doc: "unsafe, restricted (in the leader only) or safe in a parallel query. Default: unsafe.",
		},
		commentAttr("aggregate"),
		ownerAttr("aggregate"),
	},
	Check: checkAggregate,
}

func functionAttr(name, what string, required bool) resource.Attr {
	doc := "Function " + what + `: a reference, or "schema.function" (without a schema, of pg_catalog).`
	if !required {
		doc += " Default: none."
	}
	return resource.Attr{Name: name, Type: anyFunction, Required: required, Doc: doc}
}

func modifyAttr(name, what string) resource.Attr {
	return resource.Attr{
		Name: name, Type: resource.Text, Enum: []string{"read_only", "shareable", "read_write"},
		Doc: "What the " + what + " does to the state. Default: read_only, for an ordered-set aggregate read_write.",
	}
}
