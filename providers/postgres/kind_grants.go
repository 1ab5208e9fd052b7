package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var grantsSpec = spec{
	kind:      grantsKind,
	normalize: normalizeGrants,
	steps:     grantsSteps,
	locate:    locateGrants,
}

var privilegeSet = resource.SetOf(resource.Text)

var grantsKind = &resource.Kind{
	Name: "grants",
	Doc: "What one or more roles may do in a schema: with the schema itself, with everything that is in it, and by default " +
		"privileges with everything that the deployer and the schema's owner make in it later.",
	Order: orderGrants,
	Stage: resource.Database,
	Example: `grants "slides" {
  schema    = schema.app_data
  to        = app.slides
  on_schema = ["USAGE", "CREATE"]
  tables    = ["SELECT", "INSERT", "UPDATE", "DELETE"]
  sequences = ["USAGE", "SELECT"]
}
`,
	Attrs: []resource.Attr{
		{
			Name: "schema", Type: inSchema, Required: true, Immutable: true,
			Doc:    "Schema that the privileges are about.",
			Reason: "privileges on another schema are other privileges",
		},
		{
			Name: "to", Type: resource.OneOf(resource.RefTo("app", "role"), resource.Text, resource.ListOf(grantee)), Required: true, CreateOnly: true,
			Doc:    "Who gets the privileges: an app (the role of its service principal), a role or its name, PUBLIC, or a list of those.",
			Reason: "compared as the privileges that each of them has",
		},
		privilegesAttr("on_schema", "the schema", `["USAGE", "CREATE"]`),
		privilegesAttr("tables", "each table of the schema, those to come included", `["SELECT", "INSERT", "UPDATE", "DELETE"]`),
		privilegesAttr("sequences", "each sequence of the schema, those to come included", `["USAGE", "SELECT"]`),
		privilegesAttr("functions", "each function of the schema, those to come included", ``),
		{
			Name: "exclusive", Type: resource.Flag, CreateOnly: true,
			Doc:    "Take away what roles that are neither named here, nor the owner, have in the schema. Default: false, they are left alone.",
			Reason: "compared as the privileges of those roles",
		},
		{
			Name: "effective", Type: resource.MapOf(effectiveType), Derived: true,
			Doc: "The privileges that each grantee has, by schema, table, sequence, function, and by role whose future objects they are for.",
		},
	},
	Check: checkGrants,
}

// effectiveType is what one grantee may do.
var effectiveType = resource.ObjectOf(
	resource.Attr{Name: "schema", Type: privilegeSet, Doc: "On the schema."},
	resource.Attr{Name: "tables", Type: resource.MapOf(privilegeSet), Doc: "By table."},
	resource.Attr{Name: "sequences", Type: resource.MapOf(privilegeSet), Doc: "By sequence."},
	resource.Attr{Name: "functions", Type: resource.MapOf(privilegeSet), Doc: "By function, named with its argument types."},
	resource.Attr{Name: "default_tables", Type: resource.MapOf(privilegeSet), Doc: "On future tables, by the role that makes them."},
	resource.Attr{Name: "default_sequences", Type: resource.MapOf(privilegeSet), Doc: "On future sequences, by the role that makes them."},
	resource.Attr{Name: "default_functions", Type: resource.MapOf(privilegeSet), Doc: "On future functions, by the role that makes them."},
)

func privilegesAttr(name, on, def string) resource.Attr {
	doc := "Privileges on " + on + `; "ALL" is every one there is.`
	if def == "" {
		doc += " Default: none."
	} else {
		doc += " Default: " + def + " where no privileges at all are written, else none."
	}
	return resource.Attr{
		Name: name, Type: privilegeSet, Doc: doc, CreateOnly: true,
		Reason: "compared as the privileges that each grantee has",
	}
}
