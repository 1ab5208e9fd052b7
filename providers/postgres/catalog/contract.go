package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Ask is what a read must answer besides the objects, as JSON in Scope.Ask.
type Ask struct {
	// Tables hold the expressions whose meaning depends on a table's columns.
	Tables []AskTable `json:"tables,omitempty"`
	// Exprs hold what stands outside any table: kinds Type and RegType.
	Exprs []Expr `json:"exprs,omitempty"`
	// Roles are role names that the configuration mentions; they are answered
	// in Facts.Roles if they exist.
	Roles []string `json:"roles,omitempty"`
	// Built are views and rules; Stands are the declared things that they name.
	Built  []Built `json:"built,omitempty"`
	Stands []Stand `json:"stands,omitempty"`
	// Extensions are those that are declared.
	Extensions []AskExtension `json:"extensions,omitempty"`
	// AllRoles: import wants every role. Exclusive: what it writes is to be all that there is.
	AllRoles  bool `json:"all_roles,omitempty"`
	Exclusive bool `json:"exclusive,omitempty"`
}

// Asked reads what a scope asks.
func Asked(scope resource.Scope) (Ask, error) {
	var ask Ask
	if len(scope.Ask) == 0 {
		return ask, nil
	}
	if err := json.Unmarshal(scope.Ask, &ask); err != nil {
		return Ask{}, fmt.Errorf("read what the plan asks of %s: %w", scope.System, err)
	}
	return ask, nil
}

// AskTable is one desired table with the expressions that stand in it.
type AskTable struct {
	Address resource.Address `json:"address"`
	Schema  string           `json:"schema"`
	Name    string           `json:"name"`
	Columns []AskColumn      `json:"columns"`
	Exprs   []Expr           `json:"exprs,omitempty"`
}

// AskColumn is a column as desired; the type is the configuration's own text,
// serial types included.
type AskColumn struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Collation string `json:"collation,omitempty"`
}

// ExprKind says where an expression stands, and so by which rules Postgres
// reads it.
type ExprKind string

const (
	Type           ExprKind = "type"            // of Column; → format_type with its modifier
	Collation      ExprKind = "collation"       // of Column; → its name, as regcollation prints it
	Default        ExprKind = "default"         // of Column; → pg_get_expr
	Generated      ExprKind = "generated"       // of Column; → pg_get_expr
	Check          ExprKind = "check"           // of constraint Name; → pg_get_expr
	IndexKey       ExprKind = "index_key"       // N-th key (from 0) of index Name: expression, collation, opclass, order; → as pg_get_indexdef prints it
	IndexWhere     ExprKind = "index_where"     // of index Name; → pg_get_expr
	When           ExprKind = "trigger_when"    // of trigger Name; → as pg_get_triggerdef prints it inside WHEN ( )
	Policy         ExprKind = "policy"          // of policy Name; N is 0 for USING, 1 for WITH CHECK; → pg_get_expr
	Exclusion      ExprKind = "exclusion"       // N-th element (from 0) of exclusion constraint Name, with its operator; → as pg_get_constraintdef prints it
	OnlyWhere      ExprKind = "only_where"      // the predicate of exclusion constraint Name; → as pg_get_constraintdef prints it inside WHERE ( )
	Statistics     ExprKind = "statistics"      // N-th key (from 0) of the statistics object Name, an expression; → pg_get_expr
	ArgDefault     ExprKind = "arg_default"     // of Column, which is an argument; → pg_get_function_arg_default
	DomainRule     ExprKind = "domain_check"    // of constraint Name of a domain over the first column's type; → pg_get_expr
	Body           ExprKind = "body"            // SQL-standard body of function Name with arguments and result Head; → pg_get_function_sqlbody
	PartitionKey   ExprKind = "partition_key"   // → pg_get_partkeydef
	PartitionBound ExprKind = "partition_bound" // of table Name that is partitioned By ("" asks the live one) → as pg_get_expr prints it, without FOR VALUES
	RegType        ExprKind = "regtype"         // a type without modifier, as in a function's signature; "SETOF x" and "TABLE(a x, …)" are understood
)

// Expr is one text to put into the server's own form.
type Expr struct {
	// ID is the asker's key in Facts.Canon, unique in an Ask.
	ID   string   `json:"id"`
	Kind ExprKind `json:"kind"`
	Text string   `json:"text"`
	// Where it stands, for comparison with the live text at the same place.
	Column string `json:"column,omitempty"`
	// Array: it is built on the array type that comes with a type.
	Array  bool   `json:"array,omitempty"`
	Name   string `json:"name,omitempty"` // of the constraint, index or trigger
	N      int    `json:"n,omitempty"`    // the key's number in its index, from 0
	Method string `json:"method,omitempty"`
	Head   string `json:"head,omitempty"` // arguments and result, as behind CREATE FUNCTION name
	By     string `json:"by,omitempty"`   // the partition key of the parent
}

// Attached is a thing that nobody declared, as [resource.Undeclared] names it,
// and what it goes with: a relation, as sqltext.Qualified, or a column of it.
type Attached struct {
	Kind   string `json:"kind"`
	Schema string `json:"schema"`
	Name   string `json:"name"`
	On     string `json:"on"`
	Column string `json:"column,omitempty"`
}

// Facts is what planning needs besides objects, as JSON in Snapshot.Facts.
type Facts struct {
	CurrentUser   string `json:"current_user"`
	ServerVersion int    `json:"server_version"` // server_version_num: 170005
	Superuser     bool   `json:"superuser,omitempty"`
	Database      string `json:"database"`
	// Tablespace is the database's, unless that is pg_default.
	Tablespace string `json:"tablespace,omitempty"`
	// MayCreateSchema: the deployer has CREATE on the database.
	MayCreateSchema bool `json:"may_create_schema,omitempty"`

	// May says what the deployer, who is no superuser, may do with roles.
	May MayFact `json:"may,omitzero"`
	// RoleMakers are roles that may create others, where the deployer may not
	// and something wants a role.
	RoleMakers []string `json:"role_makers,omitempty"`
	// Lakebase: the platform has roles of its own here.
	Lakebase bool `json:"lakebase,omitempty"`
	// Memberships are those of roles that role blocks declare, in order.
	Memberships []MembershipFact `json:"memberships,omitempty"`

	// Canon holds the canonical form of each asked expression that differs
	// from the text that was asked. Use Canonical.
	Canon       map[string]string `json:"canon,omitempty"`
	CanonErrors map[string]string `json:"canon_errors,omitempty"`

	// Built holds the form of each Built, by its ID.
	Built map[string]BuiltFact `json:"built,omitempty"`
	// Attached is what nobody declared and goes with a declared relation, or
	// with a column of it.
	Attached []Attached `json:"attached,omitempty"`
	// Views are the existing views, by sqltext.Qualified; Dependencies are what
	// hangs on the relations, functions, types and collations of the scope, of
	// the latter three at most a hundred each.
	Views        map[string]ViewFact `json:"views,omitempty"`
	Dependencies []Dependency        `json:"dependencies,omitempty"`
	// Casts are the types, without modifiers and with ", " between them, to which
	// values of a column's type can be cast; "*" is any.
	Casts map[string]string `json:"casts,omitempty"`
	// Partitions are those of each partitioned table, by sqltext.Qualified,
	// whoever declared them.
	Partitions map[string][]Partition `json:"partitions,omitempty"`
	// Both are the former places of things that are there under their former
	// name and under the wanted one, by address.
	Both map[string]string `json:"both,omitempty"`
	// Taken says of things that are to be renamed what other kind of thing has
	// the new name yet, by address.
	Taken map[string]string `json:"taken,omitempty"`

	// Extensions are those that the plan installs or updates, by name.
	Extensions map[string]ExtensionFact `json:"extensions,omitempty"`

	// Roles are those that Ask.Roles mentions or that own a schema, by name,
	// and the deployer.
	Roles map[string]RoleFact `json:"roles,omitempty"`
	// Schemas are those of the scope that exist, by name.
	Schemas map[string]SchemaFact `json:"schemas,omitempty"`
	// Callers are who may execute a live function, procedure or aggregate, or use
	// a domain or range type, by its address, unless everybody may as with every
	// new one.
	Callers map[string][]Caller `json:"callers,omitempty"`
	// Own is the database; GlobalDefaults are the default privileges without a
	// schema of the deployer, by kind ("functions") and grantee: a kind that is
	// not there has the server's own.
	Own            DatabaseFact                   `json:"own,omitzero"`
	GlobalDefaults map[string]map[string][]string `json:"global_defaults,omitempty"`
}

// Caller is a role that may execute a function, or use a type.
type Caller struct {
	Role        string `json:"role"`
	GrantOption bool   `json:"grant_option,omitempty"`
}

// Partition is one live partition of a table.
type Partition struct {
	Name   string `json:"name"`             // as sqltext.Qualified
	By     string `json:"by,omitempty"`     // its own partition key
	Values string `json:"values,omitempty"` // without FOR VALUES
	// Outside: it is a foreign table, or stands in a schema that is not read; of
	// what is on it nothing is told.
	Outside bool `json:"outside,omitempty"`
	// Pending: its parent was about to detach it, CONCURRENTLY.
	Pending bool  `json:"pending,omitempty"`
	Rows    int64 `json:"rows"`
	Bytes   int64 `json:"bytes"`

	// NotNulls are the names of the not-null constraints that it has of its
	// parent, by column, where they are not the usual ones; from Postgres 18.
	NotNulls map[string]string `json:"not_nulls,omitempty"`
	// OwnNotNulls are the columns of which it has such a constraint by itself,
	// which stays when that of its parent goes.
	OwnNotNulls []string `json:"own_not_nulls,omitempty"`

	Indexes []PartitionIndex `json:"indexes,omitempty"`
	Checks  []PartitionCheck `json:"checks,omitempty"`
	// ForeignKeys are those that are not part of the parent's.
	ForeignKeys []PartitionForeignKey `json:"foreign_keys,omitempty"`
}

// PartitionIndex is an index of a partition.
type PartitionIndex struct {
	Name string `json:"name"`
	// Of is the name of the parent's index that it is part of; "" if none.
	Of      string `json:"of,omitempty"`
	Invalid bool   `json:"invalid,omitempty"`
	// Constraint is what it backs: PRIMARY KEY, UNIQUE or EXCLUDE; "" if nothing.
	Constraint string `json:"constraint,omitempty"`
	// Index is what it is, in the shape of a table's indexes, or of its keys if
	// it backs one; null if it is part of the parent's.
	Index resource.Value `json:"index,omitzero"`
}

// PartitionCheck is a check of a partition.
type PartitionCheck struct {
	Name     string `json:"name"`
	NotValid bool   `json:"not_valid,omitempty"`
}

// PartitionForeignKey is a foreign key of a partition, in the shape of a table's.
type PartitionForeignKey struct {
	Name string         `json:"name"`
	Key  resource.Value `json:"key"`
}

// DetachPending stands behind the values of a partition that its parent was
// about to detach when that was interrupted: no query of the parent sees it.
const DetachPending = " DETACH PENDING"

// DefaultTablespace is the tablespace that things stand in when none is said.
func (f *Facts) DefaultTablespace() string {
	if f.Tablespace == "" {
		return "pg_default"
	}
	return f.Tablespace
}

// RoleFact is one role as the deployer sees it.
type RoleFact struct {
	OID       string `json:"oid"`
	Superuser bool   `json:"superuser,omitempty"`
	// Has: the deployer has the role's privileges, so it may alter what the
	// role owns and its default privileges (pg_has_role USAGE).
	Has bool `json:"has,omitempty"`
	// Member: the deployer may SET ROLE to it (MEMBER; from Postgres 16, SET).
	Member bool `json:"member,omitempty"`
	// Admin: the deployer, who is no superuser, may make others members of it.
	Admin bool `json:"admin,omitempty"`
	// NoInherit: it does not use the privileges of roles that it is a member
	// of, unless a membership says so (from Postgres 16).
	NoInherit bool `json:"no_inherit,omitempty"`

	// Of roles that role blocks declare: what they own in this database, what
	// keeps them in others, and whether another environment's ledger has them.
	Owns      []OwnedFact     `json:"owns,omitempty"`
	Elsewhere []ElsewhereFact `json:"elsewhere,omitempty"`
	Shared    bool            `json:"shared,omitempty"`
}

// MayFact is what a role may do with roles.
type MayFact struct {
	CreateRole  bool `json:"create_role,omitempty"`
	CreateDB    bool `json:"create_db,omitempty"`
	Replication bool `json:"replication,omitempty"`
	BypassRLS   bool `json:"bypass_rls,omitempty"`
}

// OwnedFact is one thing that a role owns; What is told of the first few only.
type OwnedFact struct {
	OID  string `json:"oid"`
	What string `json:"what,omitempty"`
}

// ElsewhereFact counts what a role owns and has in another database.
type ElsewhereFact struct {
	Database string `json:"database"`
	Count    int    `json:"count"`
}

// MembershipFact is one grant of membership. From Postgres 16 a member may
// have several by different grantors.
type MembershipFact struct {
	Role    string `json:"role"`
	Member  string `json:"member"`
	Grantor string `json:"grantor"`
	Admin   bool   `json:"admin,omitempty"`
	Inherit bool   `json:"inherit,omitempty"`
	Set     bool   `json:"set,omitempty"`
}

// SchemaFact is what stands in one schema, whoever declared it. Names are in
// order.
type SchemaFact struct {
	OID       string `json:"oid"`
	Owner     string `json:"owner"`
	MayCreate bool   `json:"may_create,omitempty"` // CREATE on the schema
	MayAlter  bool   `json:"may_alter,omitempty"`
	MayGrant  bool   `json:"may_grant,omitempty"` // owner's rights, or USAGE with grant option
	// Hands are the ways to grant on it, where the deployer does not have the
	// owner's rights by itself; nil where it has.
	Hands []HandFact `json:"hands,omitempty"`
	// Given is who gave what on it, where that was not only the owner.
	Given []GivenFact `json:"given,omitempty"`

	// Tables are what GRANT ON ALL TABLES covers: tables, views, materialised
	// views, foreign tables and partitioned tables.
	Tables []ObjectFact `json:"tables,omitempty"`
	// Sequences are all sequences, those of serial columns included and those
	// of identity columns excluded (their privileges come with the table).
	Sequences []ObjectFact `json:"sequences,omitempty"`
	// Functions are functions, procedures and aggregates, named with their
	// argument types: "touch()", "add(integer, integer)".
	Functions []ObjectFact `json:"functions,omitempty"`
	Enums     []ObjectFact `json:"enums,omitempty"`
	// Types are enums, domains, composite and range types.
	Types []ObjectFact `json:"types,omitempty"`

	// Defaults are what the deployer's new tables, functions and types in it get
	// by default privileges, those without a schema included, by kind and grantee.
	Defaults map[string]map[string][]string `json:"defaults,omitempty"`
}

// ObjectFact is one existing object.
type ObjectFact struct {
	Name  string `json:"name"`
	Owner string `json:"owner"`
	// Kind is "" for the plain thing (table, sequence, function, enum), else
	// "view", "materialized view", "foreign table", "partitioned table",
	// "procedure", "aggregate".
	Kind string `json:"kind,omitempty"`
	// MayAlter: the deployer owns it, directly or by membership.
	MayAlter bool `json:"may_alter,omitempty"`
	// MayGrant: the same, or every privilege WITH GRANT OPTION that a grant
	// on this kind of object can hand on (SELECT, INSERT, UPDATE, DELETE;
	// USAGE, SELECT; EXECUTE).
	MayGrant bool `json:"may_grant,omitempty"`
	// Hands and Given are as in SchemaFact.
	Hands []HandFact  `json:"hands,omitempty"`
	Given []GivenFact `json:"given,omitempty"`
	// Columns is Given for the columns of a table, by name.
	Columns map[string][]GivenFact `json:"columns,omitempty"`
}

// HandFact is one way in which the deployer can grant on a thing of which it
// does not have the owner's rights by itself: by SET ROLE to Role ("" for as it
// is) it can hand on Privileges (nil: all).
type HandFact struct {
	Role       string   `json:"role,omitempty"`
	Privileges []string `json:"privileges,omitempty"`
}

// GivenFact is one privilege with who gave it.
type GivenFact struct {
	Grantee   string `json:"grantee"`
	Privilege string `json:"privilege"`
	Grantor   string `json:"grantor"`
	Option    bool   `json:"option,omitempty"`
}

// DatabaseFact is the database itself.
type DatabaseFact struct {
	Owner string `json:"owner"`
	// MayAlter: the deployer has the owner's rights, or can have them.
	MayAlter bool        `json:"may_alter,omitempty"`
	Hands    []HandFact  `json:"hands,omitempty"`
	Given    []GivenFact `json:"given,omitempty"`
}

// ParseFacts reads Snapshot.Facts; facts of an absent system are empty.
func ParseFacts(s *resource.Snapshot) (*Facts, error) {
	f := &Facts{}
	if s == nil || len(s.Facts) == 0 {
		return f, nil
	}
	if err := json.Unmarshal(s.Facts, f); err != nil {
		return nil, fmt.Errorf("read the facts of %s: %w", s.Scope.System, err)
	}
	return f, nil
}

// Canonical gives the server's form of an asked expression. The text itself is
// returned with an error if the server could not read it.
func (f *Facts) Canonical(id, text string) (string, error) {
	if why, bad := f.CanonErrors[id]; bad {
		return text, fmt.Errorf("%s", why)
	}
	if c, ok := f.Canon[id]; ok {
		return c, nil
	}
	return text, nil
}

// GrantOption is the suffix of a privilege that its holder may hand on. In
// `effective`, a privilege with grant option is listed twice: "SELECT" and
// "SELECT WITH GRANT OPTION".
const GrantOption = " WITH GRANT OPTION"

// Names by which one object refers to another ("schema.table", "schema.function")
// are written as sqltext.Qualified writes them; a sequence's owned_by is
// sqltext.Qualified(schema, table) + "." + sqltext.Ident(column).

// Public is the grantee that stands for every role.
const Public = "PUBLIC"
