package config_test

import (
	"fmt"
	"regexp"

	"github.com/tellr-dev/tellr/engine/resource"
)

// testKinds are made up: they have every type of attribute, parts, computed
// and sensitive ones, and no more of the real kinds than tests need.
func testKinds() resource.Kinds {
	list := []*resource.Kind{
		{
			Name: "instance", Doc: "A database server.",
			Attrs: []resource.Attr{
				{Name: "name", Type: resource.Text, Doc: "Its name in the workspace.", Check: checkID},
				{Name: "existing", Type: resource.Flag, Default: resource.Bool(false)},
				{Name: "autoscaling", Block: true, Type: resource.ObjectOf(
					resource.Attr{Name: "pg_version", Type: resource.Whole, Default: resource.Int(17)},
					resource.Attr{Name: "min_cu", Type: resource.Decimal, Required: true, Doc: "Least size in compute units."},
					resource.Attr{Name: "max_cu", Type: resource.Decimal},
					resource.Attr{Name: "suspend_after", Type: resource.Duration, Enum: []string{"never"}, Doc: "Idle time until it sleeps."},
					resource.Attr{Name: "retention", Type: resource.Duration},
				)},
				{Name: "provisioned", Block: true, Type: resource.ObjectOf(
					resource.Attr{Name: "capacity", Type: resource.Text, Required: true, Enum: []string{"CU_1", "CU_2", "CU_4", "CU_8"}},
				)},
				{Name: "postgres", Block: true, Type: resource.ObjectOf(
					resource.Attr{Name: "url", Type: resource.Text, Required: true, Sensitive: true},
				)},
				{Name: "connection", Type: resource.ObjectOf(
					resource.Attr{Name: "host", Type: resource.Text},
					resource.Attr{Name: "port", Type: resource.Whole},
					resource.Attr{Name: "password", Type: resource.Text, Sensitive: true},
				)},
				{Name: "uid", Type: resource.Text, Computed: true, Shape: "uuid"},
				{Name: "host", Type: resource.Text, Computed: true, Shape: "host"},
				{Name: "port", Type: resource.Whole, Computed: true, Shape: "int"},
			},
			Check: func(r *resource.Resource) resource.Diagnostics {
				var ds resource.Diagnostics
				n := 0
				for _, form := range []string{"autoscaling", "provisioned", "postgres"} {
					if r.Attrs.Has(form) {
						n++
					}
				}
				if n > 1 {
					ds.Errorf(nil, "an instance has one form", "keep one of the blocks", "%d are written", n)
				}
				return ds
			},
		},
		{
			Name: "app", Doc: "An app.",
			Parts: []resource.KindPart{{Name: "release"}},
			Attrs: []resource.Attr{
				{Name: "name", Type: resource.Text},
				{Name: "description", Type: resource.Text, Unset: resource.Unmanaged},
				{Name: "user_api_scopes", Type: resource.SetOf(resource.Text)},
				{Name: "database", Type: resource.ObjectOf(
					resource.Attr{Name: "instance", Type: resource.RefTo("instance"), Required: true},
					resource.Attr{Name: "schema", Type: resource.RefTo("schema"), Part: "release"},
					resource.Attr{Name: "permission", Type: resource.Text, Enum: []string{"CAN_CONNECT_AND_CREATE"}, Default: resource.String("CAN_CONNECT_AND_CREATE")},
				)},
				{Name: "release", Block: true, Part: "release", Type: resource.ObjectOf(
					resource.Attr{Name: "source", Type: resource.Text, Required: true},
					resource.Attr{Name: "command", Type: resource.ListOf(resource.Text)},
					resource.Attr{Name: "env", Type: resource.MapOf(resource.Text)},
				)},
				{Name: "url", Type: resource.Text, Computed: true, Shape: "url"},
				{Name: "service_principal_client_id", Type: resource.Text, Computed: true, Shape: "uuid"},
			},
		},
		{
			Name: "role",
			Attrs: []resource.Attr{
				{Name: "instance", Type: resource.RefTo("instance"), Required: true},
				{Name: "name", Type: resource.Text},
				{Name: "password", Type: resource.Text, Sensitive: true},
				{Name: "members", Type: resource.SetOf(resource.RefTo("app", "role"))},
			},
		},
		{
			Name: "schema",
			Attrs: []resource.Attr{
				{Name: "instance", Type: resource.RefTo("instance"), Required: true},
				{Name: "name", Type: resource.Text, Check: checkIdent},
				{Name: "owner", Type: resource.OneOf(resource.RefTo("role", "app"), resource.Text)},
				{Name: "comment", Type: resource.Text},
			},
		},
		{
			Name: "enum",
			Attrs: []resource.Attr{
				{Name: "schema", Type: resource.RefTo("schema"), Required: true},
				{Name: "name", Type: resource.Text},
				{Name: "values", Type: resource.ListOf(resource.Text), Required: true},
			},
		},
		{
			Name: "table", Data: true,
			Parts: []resource.KindPart{{Name: "foreign_keys"}},
			Attrs: []resource.Attr{
				{Name: "schema", Type: resource.RefTo("schema"), Required: true},
				{Name: "name", Type: resource.Text, Check: checkIdent},
				{Name: "comment", Type: resource.Text},
				{Name: "columns", Required: true, Data: true, Type: resource.MapOf(resource.ObjectOf(
					resource.Attr{Name: "type", Type: resource.OneOf(resource.RefTo("enum"), resource.Text), Required: true},
					resource.Attr{Name: "not_null", Type: resource.Flag, Default: resource.Bool(false)},
					resource.Attr{Name: "default", Type: resource.Text},
					resource.Attr{Name: "position", Type: resource.Whole, Computed: true},
				))},
				{Name: "primary_key", Type: resource.ListOf(resource.Text)},
				{Name: "checks", Type: resource.MapOf(resource.Text)},
				{Name: "indexes", Type: resource.MapOf(resource.ObjectOf(
					resource.Attr{Name: "columns", Type: resource.ListOf(resource.Text)},
					resource.Attr{Name: "unique", Type: resource.Flag},
				))},
				{Name: "foreign_keys", Part: "foreign_keys", Type: resource.MapOf(resource.ObjectOf(
					resource.Attr{Name: "columns", Type: resource.ListOf(resource.Text), Required: true},
					resource.Attr{Name: "references", Type: resource.RefTo("table"), Required: true},
					resource.Attr{Name: "on_delete", Type: resource.Text, Enum: []string{"CASCADE", "RESTRICT", "SET NULL"}},
				))},
				{Name: "rows", Type: resource.Whole, Derived: true},
			},
		},
		{
			Name: "grants",
			Attrs: []resource.Attr{
				{Name: "schema", Type: resource.RefTo("schema"), Required: true},
				{Name: "to", Type: resource.OneOf(resource.RefTo("app", "role"), resource.Text), Required: true},
				{Name: "tables", Type: resource.SetOf(resource.Text), Enum: []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, Default: resource.Strings("SELECT")},
				{Name: "rule", Block: true, Type: resource.ListOf(resource.ObjectOf(
					resource.Attr{Name: "on", Type: resource.Text, Required: true},
				))},
				{Name: "limit", Block: true, Type: resource.MapOf(resource.ObjectOf(
					resource.Attr{Name: "max", Type: resource.OneOf(resource.Whole, resource.ListOf(resource.Whole), resource.ObjectOf(resource.Attr{Name: "soft", Type: resource.Whole, Required: true}))},
				))},
			},
		},
		{
			Name: "view",
			Attrs: []resource.Attr{
				{Name: "name", Type: resource.Text},
				{Name: "after", Type: resource.ListOf(resource.RefTo("table", "view"))},
				{Name: "sql", Type: resource.Text},
			},
		},
	}
	kinds := resource.Kinds{}
	for _, k := range list {
		kinds[k.Name] = k
	}
	return kinds
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

func checkID(v resource.Value) error {
	if !idPattern.MatchString(v.Str()) {
		return fmt.Errorf("%q is not an instance name: it has letters a-z, digits and -, and at most 63 of them", v.Str())
	}
	return nil
}

func checkIdent(v resource.Value) error {
	if len(v.Str()) > 63 {
		return fmt.Errorf("%q has %d bytes: an identifier has at most 63", v.Str(), len(v.Str()))
	}
	return nil
}
