package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var grantsSpec = spec{
	kind:      grantsKind,
	normalize: normalizeGrants,
	steps:     grantsSteps,
	locate:    locateGrants,
	found:     importGrants,
}

var privilegeSet = resource.SetOf(resource.Text)

var grantsKind = &resource.Kind{
	Name: "grants",
	Doc: "What one or more roles may do in a schema: with the schema itself, with everything that is in it, and by default " +
		"privileges with everything that the deployer and the schema's owner make in it later. Or, with instance or branch instead of " +
		"schema, what they may do with the database, and by default with what is made in any schema of it.",
	Order: orderGrants,
	Stage: resource.Database,
	Parts: []resource.KindPart{{Name: partObjects, Order: orderGrantsLate, Stage: resource.Database}},
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
			Name: "schema", Type: inSchema, Immutable: true,
			Doc:    "Schema that the privileges are about. Exactly one of schema, instance and branch.",
			Reason: "privileges on another schema are other privileges",
		},
		{
			Name: "instance", Type: resource.RefTo("instance"), CreateOnly: true,
			Doc:    "Instance whose database the privileges are about.",
			Reason: "another instance is another database: nothing there to compare with",
		},
		{
			Name: "branch", Type: resource.RefTo("branch"), CreateOnly: true,
			Doc:    "Branch whose database the privileges are about.",
			Reason: "another branch is another database: nothing there to compare with",
		},
		{
			Name: "to", Type: resource.OneOf(resource.RefTo("app", "role"), resource.Text, resource.ListOf(grantee)), Required: true, CreateOnly: true,
			Doc:    "Who gets the privileges: an app (the role of its service principal), a role or its name, PUBLIC, or a list of those.",
			Reason: "compared as the privileges that each of them has",
		},
		privilegesAttr("on_database", "the database, in a block without schema", ``),
		privilegesAttr("on_schema", "the schema; in a block without schema, on schemas to come", `["USAGE", "CREATE"]`),
		privilegesAttr("tables", "each table and view of the schema, those to come included; in a block without schema, on tables to come", `["SELECT", "INSERT", "UPDATE", "DELETE"]`),
		{
			Name: "columns", Type: resource.MapOf(resource.MapOf(resource.ListOf(resource.Text))), CreateOnly: true,
			Doc:    `Privileges on columns, by table and privilege: { users = { SELECT = ["id", "email"], UPDATE = ["email"] } }. Default: none.`,
			Reason: "compared as the privileges that each grantee has",
			Part:   partObjects,
		},
		privilegesAttr("sequences", "each sequence of the schema, those to come included; in a block without schema, on sequences to come", `["USAGE", "SELECT"]`),
		privilegesAttr("functions", "each function and procedure of the schema, those to come included; in a block without schema, on functions to come", ``),
		privilegesAttr("types", "each enum, domain and composite type of the schema, those to come included; in a block without schema, on types to come", ``),
		{
			Name: "on", Type: resource.ListOf(resource.OneOf(resource.RefTo("table", "sequence", "function", "enum"), resource.Text)), CreateOnly: true, Part: partObjects,
			Doc:    "The things of the schema that tables, sequences, functions and types are about, by reference or name; [] is only what is to come. Default: all, and those to come.",
			Reason: "compared as the privileges that each grantee has",
		},
		{
			Name: "for", Type: resource.ListOf(grantee), CreateOnly: true,
			Doc:    "Roles on whose future things the privileges are by default. Default: whoever deploys, and the schema's owner.",
			Reason: "compared as the default privileges of each of them",
		},
		{
			Name: "with_grant_option", Type: resource.Flag, CreateOnly: true,
			Doc:    `Whether the grantees may hand on all that the block gives; for one privilege write "SELECT WITH GRANT OPTION". Default: false.`,
			Reason: "compared as the privileges that each grantee has",
		},
		{
			Name: "grantor", Type: grantee, CreateOnly: true,
			Doc:    "Role in whose name it is granted, by SET ROLE. The block is then only about what that role granted. Default: the owner of each thing, or whoever deploys.",
			Reason: "compared as the privileges that this role gave",
		},
		{
			Name: "exclusive", Type: resource.Flag, CreateOnly: true,
			Doc:    "Take away what roles that are neither named here, nor the owner, have in the schema. Default: false, they are left alone.",
			Reason: "compared as the privileges of those roles",
		},
		{
			Name: "effective", Type: resource.MapOf(effectiveType), Derived: true, Restored: true,
			Doc: "The privileges that each grantee has, by schema, table, sequence, function, and by role whose future objects they are for.",
		},
	},
	Check: checkGrants,
}

// effectiveType is what one grantee may do.
var effectiveType = resource.ObjectOf(
	resource.Attr{Name: "schema", Type: privilegeSet, Doc: "On the schema."},
	resource.Attr{Name: "database", Type: privilegeSet, Doc: "On the database."},
	resource.Attr{Name: "tables", Type: resource.MapOf(privilegeSet), Doc: "By table."},
	resource.Attr{Name: "columns", Type: resource.MapOf(resource.MapOf(privilegeSet)), Doc: "By table and column, beyond those on the table."},
	resource.Attr{Name: "sequences", Type: resource.MapOf(privilegeSet), Doc: "By sequence."},
	resource.Attr{Name: "functions", Type: resource.MapOf(privilegeSet), Doc: "By function, named with its argument types."},
	resource.Attr{Name: "types", Type: resource.MapOf(privilegeSet), Doc: "By type."},
	resource.Attr{Name: "default_schemas", Type: resource.MapOf(privilegeSet), Doc: "On future schemas, by the role that makes them."},
	resource.Attr{Name: "default_tables", Type: resource.MapOf(privilegeSet), Doc: "On future tables, by the role that makes them."},
	resource.Attr{Name: "default_sequences", Type: resource.MapOf(privilegeSet), Doc: "On future sequences, by the role that makes them."},
	resource.Attr{Name: "default_functions", Type: resource.MapOf(privilegeSet), Doc: "On future functions, by the role that makes them."},
	resource.Attr{Name: "default_types", Type: resource.MapOf(privilegeSet), Doc: "On future types, by the role that makes them."},
	resource.Attr{Name: "owner_lost", Type: resource.MapOf(privilegeSet), Doc: "Privileges that the grantee, who is the owner, had revoked, by kind and name."},
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
