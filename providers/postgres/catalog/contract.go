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
	Default        ExprKind = "default"         // of Column; → pg_get_expr
	Generated      ExprKind = "generated"       // of Column; → pg_get_expr
	Check          ExprKind = "check"           // of constraint Name; → pg_get_expr
	IndexKey       ExprKind = "index_key"       // N-th key (from 0) of index Name: expression, collation, opclass, order; → as pg_get_indexdef prints it
	IndexWhere     ExprKind = "index_where"     // of index Name; → pg_get_expr
	When           ExprKind = "trigger_when"    // of trigger Name; → as pg_get_triggerdef prints it inside WHEN ( )
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
	Name   string `json:"name,omitempty"` // of the constraint, index or trigger
	N      int    `json:"n,omitempty"`    // the key's number in its index, from 0
	Method string `json:"method,omitempty"`
	By     string `json:"by,omitempty"` // the partition key of the parent
}

// Facts is what planning needs besides objects, as JSON in Snapshot.Facts.
type Facts struct {
	CurrentUser   string `json:"current_user"`
	ServerVersion int    `json:"server_version"` // server_version_num: 170005
	Superuser     bool   `json:"superuser,omitempty"`
	Database      string `json:"database"`
	// MayCreateSchema: the deployer has CREATE on the database.
	MayCreateSchema bool `json:"may_create_schema,omitempty"`

	// Canon holds the canonical form of each asked expression that differs
	// from the text that was asked. Use Canonical.
	Canon       map[string]string `json:"canon,omitempty"`
	CanonErrors map[string]string `json:"canon_errors,omitempty"`

	// Partitions are those of each partitioned table, whoever declared them; both
	// as sqltext.Qualified.
	Partitions map[string][]string `json:"partitions,omitempty"`
	// Both are the former places of things that are there under their former
	// name and under the wanted one, by address.
	Both map[string]string `json:"both,omitempty"`

	// Roles are those that Ask.Roles mentions or that own a schema, by name,
	// and the deployer.
	Roles map[string]RoleFact `json:"roles,omitempty"`
	// Schemas are those of the scope that exist, by name.
	Schemas map[string]SchemaFact `json:"schemas,omitempty"`
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
}

// SchemaFact is what stands in one schema, whoever declared it. Names are in
// order.
type SchemaFact struct {
	OID       string `json:"oid"`
	Owner     string `json:"owner"`
	MayCreate bool   `json:"may_create,omitempty"` // CREATE on the schema
	MayAlter  bool   `json:"may_alter,omitempty"`
	MayGrant  bool   `json:"may_grant,omitempty"` // owner's rights, or USAGE with grant option

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
