package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var functionSpec = spec{
	kind:      functionKind,
	declare:   declareRoutine,
	normalize: normalizeFunction,
	steps:     functionSteps,
	ask:       askFunction,
	stand:     standFunction,
	locate:    locateFunction,
	take:      takeFunction,
}

var functionKind = &resource.Kind{
	Name:  "function",
	Doc:   "A function. A changed body is replaced in place; changed arguments or another result make a new one.",
	Order: orderFunction,
	Stage: resource.Database,
	Example: `function "touch" {
  schema   = schema.app_data
  language = "plpgsql"
  returns  = "trigger"
  body     = <<-SQL
    BEGIN
      NEW.updated_at := now();
      RETURN NEW;
    END;
  SQL
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("function"),
		nameAttr("function"),
		qualifiedRenamedFromAttr("function"),
		argumentsAttr("arguments", "Arguments as in CREATE FUNCTION"),
		{
			Name: "returns", Type: resource.OneOf(resource.RefTo("enum", "domain", "composite_type", "range_type", "table"), resource.Text),
			Doc: `Type of the result: a reference, or "trigger", "integer", "SETOF text", "TABLE(id integer, title text)". Default: what the OUT arguments make, else void.`,
		},
		{Name: "language", Type: resource.Text, Doc: "sql, plpgsql, or another language that the database has. Default: plpgsql."},
		bodyAttr(),
		{
			Name: "volatility", Type: resource.Text, Enum: []string{"volatile", "stable", "immutable"},
			Doc: "volatile, stable (same result within a statement) or immutable (always the same). Default: volatile.",
		},
		{Name: "strict", Type: resource.Flag, Doc: "The result is null as soon as an argument is, without a call. Default: false."},
		{Name: "security_definer", Type: resource.Flag, Doc: "Runs with the rights of its owner, not of the caller. Default: false."},
		{Name: "leakproof", Type: resource.Flag, Doc: "Reveals nothing about its arguments but the result; only a superuser may say so. Default: false."},
		{
			Name: "parallel", Type: resource.Text, Enum: []string{"unsafe", "restricted", "safe"},
			Doc: "unsafe, restricted (in the leader only) or safe in a parallel query. Default: unsafe.",
		},
		{Name: "cost", Type: resource.Decimal, Doc: "Estimated cost of a call, in units of cpu_operator_cost. Default: 100, for C and internal 1."},
		{Name: "rows", Type: resource.Decimal, Doc: "Estimated rows of a set-returning function. Default: 1000."},
		{Name: "window", Type: resource.Flag, Doc: "A window function, which only languages such as internal can have. Default: false."},
		{Name: "support", Type: anyFunction, Doc: "Function that helps the planner with calls of this one; only a superuser may say so. Default: none."},
		{Name: "set", Type: resource.MapOf(resource.Text), Doc: `Settings while it runs, such as { search_path = "pg_catalog" }. Default: none.`},
		commentAttr("function"),
		ownerAttr("function"),
	},
	Check: checkFunction,
}
