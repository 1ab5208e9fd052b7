package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// The places of the kinds in the graph: what lower ones make, higher ones may use without a reference that says so.
const (
	orderRole        = 20
	orderSchema      = 30
	orderExtension   = 32 // what it brings along may be used by all the rest
	orderGrants      = 35 // before tables, so that default privileges are there when those are made
	orderSequence    = 40
	orderEnum        = 40
	orderCollation   = 40
	orderDomain      = 42 // and composite types
	orderRange       = 46 // behind the functions that they name
	orderAggregate   = 47
	orderFunction    = 45
	orderTable       = 50
	orderOwnedBy     = 55 // a sequence is tied to its column when the table is there
	orderForeignKeys = 60
	orderView        = 65 // reads tables; functions whose result is a row of it wait for it
	orderRule        = 68
	orderGrantsLate  = 65 // privileges on what has none by default
	orderTrigger     = 70
	orderPolicy      = 72 // when all that its conditions mention is there

	orderEventTrigger = 95 // after all that would set it off
)

// The names of the parts that are made later than their thing.
const (
	partForeignKeys = "foreign_keys"
	partOwnedBy     = "owned_by"
)

// spec is all that the provider knows of one kind.
type spec struct {
	kind *resource.Kind
	// normalize gives a desired thing in the live one's form.
	normalize func(*normalizer, *resource.Resource) resource.Value
	// steps turns one difference into steps.
	steps func(*planner, *resource.Delta)
	// ask lists what only the server can say of a desired thing; nil if nothing.
	ask func(*asker, *resource.Resource)
	// stand notes where a thing stands and what of it privileges can be on; nil notes nothing.
	stand func(*index, *resource.Resource)
	// locate lists what the catalog finds a thing by; nil is schema and name.
	locate func(*index, *resource.Resource) []resource.Field
	// declare writes live attributes as people do; nil leaves them as they are.
	declare func(*declarer, resource.Value) resource.Value
	// found makes declarations of what the catalog found of the kind, where that is not one for each; nil uses declare.
	found func(*declarer, *resource.Live) []*resource.Resource
	// on is the attribute that leads to the thing's database; "" is schema.
	on string
	// take takes the names that a thing has in its namespaces; nil takes none.
	take func(*namespaces, *resource.Resource)
}

var specs = map[string]spec{
	"schema": schemaSpec, "grants": grantsSpec, "sequence": sequenceSpec, "enum": enumSpec,
	"function": functionSpec, "table": tableSpec, "trigger": triggerSpec, "role": roleSpec,
	"policy": policySpec,
	"domain": domainSpec, "composite_type": compositeSpec, "range_type": rangeSpec, "collation": collationSpec,
	"extension": extensionSpec, "procedure": procedureSpec, "aggregate": aggregateSpec,
	"view": viewSpec, "materialized_view": materializedViewSpec, "rule": ruleSpec, "event_trigger": eventTriggerSpec,
}

// Kinds lists the kinds of this provider in the order in which they are made.
func Kinds() []*resource.Kind {
	var out []*resource.Kind
	for _, s := range specs {
		out = append(out, s.kind)
	}
	slices.SortFunc(out, func(a, b *resource.Kind) int {
		if a.Order != b.Order {
			return a.Order - b.Order
		}
		return resource.Address{Kind: a.Name}.Compare(resource.Address{Kind: b.Name})
	})
	return out
}

// grantee is the type of whatever names a role: an app stands for the role of its service principal.
var grantee = resource.OneOf(resource.RefTo("app", "role"), resource.Text)

// inSchema is the type of the attribute that says in which schema a thing stands.
var inSchema = resource.OneOf(resource.RefTo("schema"), resource.Text)

func nameAttr(what string) resource.Attr {
	return resource.Attr{
		Name: "name", Type: resource.Text, Check: checkIdent,
		Doc: "Name of the " + what + " in the database, at most 63 bytes. Default: the block's label.",
	}
}

func schemaAttr(what string) resource.Attr {
	return resource.Attr{
		Name: "schema", Type: inSchema, Required: true, Immutable: true,
		Doc:    "Schema that the " + what + " stands in: a reference, or the name of a schema that this environment does not declare.",
		Reason: "moving to another schema makes a new " + what,
	}
}

func commentAttr(what string) resource.Attr {
	return resource.Attr{Name: "comment", Type: resource.Text, Doc: "Comment on the " + what + ". Default: none."}
}

func ownerAttr(what string) resource.Attr {
	return resource.Attr{
		Name: "owner", Type: grantee, Unset: resource.Unmanaged,
		Doc: "Role that owns the " + what + ": a role, its name, or an app. Default: whoever deploys, and never changed.",
	}
}
