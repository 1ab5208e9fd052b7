package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var domainSpec = spec{
	kind:      domainKind,
	declare:   declareDomain,
	normalize: normalizeDomain,
	steps:     domainSteps,
	ask:       askDomain,
	stand:     standType,
	take:      takeType,
}

var domainKind = &resource.Kind{
	Name:  "domain",
	Doc:   "A domain: a type with checks of its own, which every column of it obeys.",
	Order: orderDomain,
	Stage: resource.Database,
	Example: `domain "email" {
  schema = schema.app_data
  type   = "varchar(254)"
  checks = { email_has_at = "VALUE LIKE '%@%'" }
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("domain"),
		nameAttr("domain"),
		qualifiedRenamedFromAttr("domain"),
		{
			Name: "type", Type: anyType, Required: true,
			Doc:    "Type that the values have: a type of Postgres, or an enum, domain, composite type or range type.",
			Reason: "Postgres cannot change it in place",
		},
		collationAttr("values"),
		{Name: "not_null", Type: resource.Flag, Doc: "Refuse nulls. Default: false."},
		{Name: "default", Type: resource.Text, Doc: "Expression for columns of it that have no default of their own. Default: none."},
		{
			Name: "checks", Type: resource.MapOf(resource.OneOf(resource.Text, domainCheckType)),
			Doc: "Checks by name: the condition on VALUE, or an object with more to say. Default: none.",
		},
		commentAttr("domain"),
		ownerAttr("domain"),
	},
	Check: checkDomain,
}

var domainCheckType = resource.ObjectOf(
	resource.Attr{Name: "expression", Type: resource.Text, Required: true, Doc: "Condition on VALUE that must not be false."},
	resource.Attr{Name: "not_valid", Type: resource.Flag, Doc: "Holds for new values only; existing ones are not looked at. Default: false."},
	resource.Attr{Name: "comment", Type: resource.Text, Doc: "Comment on the check. Default: none."},
)

// typeRef is a reference to a type that a file declares, and anyType that or the name of a type.
var (
	typeRef = resource.RefTo("enum", "domain", "composite_type", "range_type")
	anyType = resource.OneOf(typeRef, resource.Text)
)

// anyCollation is the name of a collation, or one that a file declares.
var anyCollation = resource.OneOf(resource.RefTo("collation"), resource.Text)

func collationAttr(what string) resource.Attr {
	return resource.Attr{
		Name: "collation", Type: anyCollation,
		Doc: "Collation that orders the " + what + `: a reference, or a name such as "C" or "de-x-icu". Default: the type's.`,
	}
}

// typeText writes a type as statements do: a declared one by its place, another as it is written.
func (x *index) typeText(v resource.Value) (text string, declared bool) {
	if a, ok := v.Ref(); ok {
		return x.places[a].String(), true
	}
	return v.Str(), false
}

// collationText names a collation as the catalog does.
func (x *index) collationText(v resource.Value) string {
	if a, ok := v.Ref(); ok {
		return x.places[a].String()
	}
	return v.Str()
}
