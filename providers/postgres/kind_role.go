package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var roleSpec = spec{
	kind:      roleKind,
	normalize: normalizeRole,
	steps:     roleSteps,
	stand:     func(x *index, r *resource.Resource) { x.places[r.Address] = place{name: r.Name()} },
	locate:    locateRole,
	take:      takeRole,
	found:     importRole,
}

var roleKind = &resource.Kind{
	Name: "role",
	Doc: "A role of Postgres: a group that owns things, or a login with a password. Roles belong to the whole cluster: all its " +
		"databases, and all environments in them, share them. The roles of apps, users and service principals are made by the platform.",
	Order: orderRole,
	Stage: resource.Database,
	Example: `role "owners" {
  instance = instance.main
  name     = "tellr_app_owners"
  members  = [app.slides, { role = "auditor", inherit = false }]
  comment  = "Owns the schema and its tables"
}
`,
	Attrs: []resource.Attr{
		{
			Name: "instance", Type: resource.RefTo("instance"), CreateOnly: true,
			Doc:    "Instance in whose cluster the role is. Exactly one of instance and branch.",
			Reason: "another instance is another cluster: nothing there to compare with",
		},
		{
			Name: "branch", Type: resource.RefTo("branch"), CreateOnly: true,
			Doc:    "Branch in whose cluster the role is. Exactly one of instance and branch.",
			Reason: "another branch is another cluster: nothing there to compare with",
		},
		{
			Name: "name", Type: resource.Text, Check: checkRoleName, Immutable: true,
			Doc:    "Name of the role, at most 63 bytes. Default: the block's label.",
			Reason: "owners and grantees are found by this name",
		},
		{Name: "login", Type: resource.Flag, Doc: "Whether one can connect as the role. Default: false."},
		{Name: "inherit", Type: resource.Flag, Doc: "Whether the role uses the privileges of roles that it becomes a member of. Default: true."},
		{Name: "createdb", Type: resource.Flag, Doc: "Whether it may make databases. Default: false."},
		{Name: "createrole", Type: resource.Flag, Doc: "Whether it may make roles. Default: false."},
		{Name: "replication", Type: resource.Flag, Doc: "Whether it may replicate. Default: false."},
		{Name: "bypassrls", Type: resource.Flag, Doc: "Whether row security does not hold for it. Default: false."},
		{Name: "connection_limit", Type: resource.Whole, Doc: "How many connections it may have at once. Default: -1, as many as there are."},
		{Name: "valid_until", Type: resource.Text, Check: checkValidUntil, Doc: `When its password ends to be good, such as "2027-01-31T00:00:00Z". Default: never.`},
		{
			Name: "password", Type: resource.Text, Sensitive: true, CreateOnly: true,
			Doc:    "Password, from env() or a sensitive variable. It is set when the role is made, and whenever password_version changes.",
			Reason: "nobody can read a password back",
		},
		{Name: "password_version", Type: resource.Text, Unset: resource.Unmanaged, Doc: "Any word that changes when the password does: only then is it set again. Default: none."},
		{Name: "set", Type: resource.MapOf(resource.Text), Doc: `Settings of its sessions in every database, such as { statement_timeout = "5s" }. Default: none.`},
		{Name: "set_in_database", Type: resource.MapOf(resource.Text), Doc: "Settings of its sessions in this database. Default: none."},
		{
			Name: "members", Type: resource.ListOf(memberType), CreateOnly: true,
			Doc:    "Who is a member: apps, roles, names, or objects with options. Members that are not listed are left alone, unless exclusive.",
			Reason: "compared as what each member may do",
		},
		{
			Name: "member_of", Type: resource.ListOf(memberType), CreateOnly: true,
			Doc:    "Which roles it is a member of, such as pg_read_all_data. Others are left alone, unless exclusive.",
			Reason: "compared as what it may do in each",
		},
		{
			Name: "exclusive", Type: resource.Flag, CreateOnly: true,
			Doc:    "End all memberships that are not declared, but those of the deployer and of the platform. Default: false.",
			Reason: "compared as the members that there are",
		},
		{
			Name: "reassign_to", Type: grantee, CreateOnly: true,
			Doc:    "Who gets what the role owns in this database when it is dropped. Default: whoever deploys.",
			Reason: "used only when the role goes",
		},
		commentAttr("role"),
		{Name: "effective_members", Type: resource.MapOf(membershipType), Derived: true, Restored: true, Doc: "What each member may do with the role."},
		{Name: "effective_member_of", Type: resource.MapOf(membershipType), Derived: true, Restored: true, Doc: "What it may do with each role that it is a member of."},
	},
	Check: checkRole,
}

// memberType is a member, or a role to be a member of.
var memberType = resource.OneOf(resource.RefTo("app", "role"), resource.Text, resource.ObjectOf(
	resource.Attr{Name: "role", Type: grantee, Required: true, Doc: "The member, or the role to be a member of."},
	resource.Attr{Name: "admin", Type: resource.Flag, Doc: "Whether the member may make others members. Default: false."},
	resource.Attr{Name: "inherit", Type: resource.Flag, Doc: "Whether the member has the role's privileges at all times (from Postgres 16). Default: true."},
	resource.Attr{Name: "set", Type: resource.Flag, Doc: "Whether the member can SET ROLE to it (from Postgres 16). Default: true."},
	resource.Attr{Name: "grantor", Type: grantee, Doc: "Role in whose name it is granted (from Postgres 16). Default: whoever deploys."},
))

// membershipType is what one member may do.
var membershipType = resource.ObjectOf(
	resource.Attr{Name: "admin", Type: resource.Flag, Doc: "May make others members."},
	resource.Attr{Name: "inherit", Type: resource.Flag, Doc: "False if it does not have the privileges by itself."},
	resource.Attr{Name: "set", Type: resource.Flag, Doc: "False if it cannot SET ROLE to it."},
	resource.Attr{Name: "member", Type: resource.Flag, Doc: "That it is a member."},
)
