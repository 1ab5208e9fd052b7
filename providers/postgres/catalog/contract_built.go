package catalog

import "github.com/tellr-dev/tellr/engine/resource"

// BuiltKind says what a Built is.
type BuiltKind string

// The kinds of things whose text only means something among other objects.
const (
	BuiltView         BuiltKind = "view"
	BuiltMaterialized BuiltKind = "materialized_view"
	BuiltRule         BuiltKind = "rule"
)

// Built is a desired view or rule: what the server makes of its text depends on
// the tables, views and functions that it names, be they there or still to come.
type Built struct {
	// ID is the asker's key in Facts.Built, unique in an Ask.
	ID     string    `json:"id"`
	Kind   BuiltKind `json:"kind"`
	Schema string    `json:"schema"`
	Name   string    `json:"name"`

	Query    string       `json:"query,omitempty"`
	Columns  []string     `json:"columns,omitempty"` // names given in front of the query
	Defaults []BuiltText  `json:"defaults,omitempty"`
	Indexes  []BuiltIndex `json:"indexes,omitempty"`

	Rule *BuiltRuleText `json:"rule,omitempty"`
}

// BuiltText is the default of one column.
type BuiltText struct {
	Column string `json:"column"`
	Text   string `json:"text"`
}

// BuiltIndex is an index on a materialised view.
type BuiltIndex struct {
	Name   string   `json:"name"`
	Method string   `json:"method,omitempty"`
	On     []string `json:"on"`
	Where  string   `json:"where,omitempty"`
}

// BuiltRuleText is a rule, whose Name is that of its relation: schema.name.
type BuiltRuleText struct {
	Event    string   `json:"event"`
	Where    string   `json:"where,omitempty"`
	Instead  bool     `json:"instead,omitempty"`
	Commands []string `json:"commands,omitempty"`
}

// StandKind says what a Stand is.
type StandKind string

// What a Built may name that this configuration declares, besides views.
const (
	StandTable    StandKind = "table"
	StandEnum     StandKind = "enum"
	StandFunction StandKind = "function"
)

// Stand is a declared thing as far as a query needs it: where it is not there
// yet, or has another shape, the server is asked of a stand-in.
type Stand struct {
	Kind    StandKind     `json:"kind"`
	Schema  string        `json:"schema"`
	Name    string        `json:"name"`
	Columns []StandColumn `json:"columns,omitempty"`
	Key     []string      `json:"key,omitempty"`    // the primary key, on which GROUP BY relies
	Values  []string      `json:"values,omitempty"` // of an enum
	Create  string        `json:"create,omitempty"` // of a function: what follows its name in CREATE FUNCTION
}

// StandColumn is a column of a table as desired.
type StandColumn struct {
	AskColumn
	From string `json:"from,omitempty"` // its former name
}

// BuiltFact is the server's form of a Built.
type BuiltFact struct {
	Query    string               `json:"query,omitempty"`
	Columns  []BuiltColumn        `json:"columns,omitempty"`
	Defaults map[string]string    `json:"defaults,omitempty"`
	Indexes  map[string]IndexText `json:"indexes,omitempty"`
	Where    string               `json:"where,omitempty"`
	Commands []string             `json:"commands,omitempty"`
	// Error says why the server cannot tell.
	Error string `json:"error,omitempty"`
}

// BuiltColumn is one column of a view's result.
type BuiltColumn struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Collation string `json:"collation,omitempty"`
}

// IndexText is an index in the server's form.
type IndexText struct {
	On    []string `json:"on"`
	Where string   `json:"where,omitempty"`
}

// Dependency is something that Postgres would not let its referent go without,
// by the catalog's records of what refers to what.
type Dependency struct {
	// On is the Object that is referred to, Column a column of it.
	On     Object `json:"on"`
	Column string `json:"column,omitempty"`
	// Array: it is built on the array type that comes with a type.
	Array bool `json:"array,omitempty"`

	// Kind is that of By where this provider has it ("view", "rule", "policy"),
	// or says what part of By the dependent is: "default", "generated", "check",
	// "exclusion", "constraint", "index", "statistics", "column", "shown" (a
	// column of a view), "attribute" (of a composite type); Part is its name, for
	// the column's those of the column. Anything else is what Postgres calls it.
	Kind string `json:"kind"`
	By   Object `json:"by"`
	Part string `json:"part,omitempty"`
	// In is the relation that By is a rule, trigger or policy of.
	In Object `json:"in,omitempty"`

	What string `json:"what"` // as the server describes it
	// Drop and Restore take it away and put it back, Restore only where that
	// loses nothing.
	Drop    string   `json:"drop,omitempty"`
	Restore []string `json:"restore,omitempty"`
}

// Object is one object of a catalog: "pg_class 16402". "" is none.
type Object string

// ObjectOf names an object by its catalog and OID, which is Live.Identity.
func ObjectOf(class, oid string) Object {
	if class == "" || oid == "" {
		return ""
	}
	return Object(class + " " + oid)
}

// ViewFact is what of an existing view its re-creation must bring back.
type ViewFact struct {
	Columns []BuiltColumn `json:"columns,omitempty"`
	// Grants are those of the view and its columns, but for its owner.
	Grants   []GrantFact `json:"grants,omitempty"`
	Triggers []string    `json:"triggers,omitempty"`
	Rules    []string    `json:"rules,omitempty"`
	// Own are those of its rules and triggers that nobody declared, in the shapes
	// of their kinds: they go with it, and come back only with it.
	Own []OwnFact `json:"own,omitempty"`
}

// OwnFact is a rule or a trigger of a view.
type OwnFact struct {
	Kind  string         `json:"kind"`
	Attrs resource.Value `json:"attrs"`
}

// GrantFact is one privilege on a view, or on a column of it.
type GrantFact struct {
	Grantee   string `json:"grantee"`
	Privilege string `json:"privilege"`
	Column    string `json:"column,omitempty"`
	Grantable bool   `json:"grantable,omitempty"`
}
