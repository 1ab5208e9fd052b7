package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/apps"

	"github.com/tellr-dev/tellr/engine/resource"
)

// The types of instance, as the instance's attribute `type` names them.
const (
	autoscaling = "autoscaling"
	provisioned = "provisioned"
)

// The platform's own names of the two database resources, under which tellr
// binds a database. [reference §3.3]
const (
	postgresKey = "postgres"
	databaseKey = "database"
)

// binding is the database that an app is bound to. All of it follows from the
// instance's configuration, so that it is known before the instance exists.
type binding struct {
	kind         string
	instance     resource.Address
	instanceName string
	branch       string // path; autoscaling
	endpoint     string // path; autoscaling
	database     string // path, or name for a provisioned instance
	permission   string
}

// bindingOf reads a binding from the instance that it refers to.
func bindingOf(r *resource.Resource, instances map[resource.Address]*resource.Resource) (binding, *resource.Diagnostic) {
	db := r.Attrs.Get("database")
	ref, ok := db.Get("instance").Ref()
	if !ok {
		return binding{}, nil
	}
	b := binding{instance: ref, permission: canConnect}
	if p := db.Get("permission").Str(); p != "" {
		b.permission = p
	}
	in := instances[ref]
	if in == nil || in.Kind.Derive == nil {
		return binding{}, nil // the configuration reports a reference to nothing
	}
	for _, f := range in.Kind.Derive(in) {
		switch f.Name {
		case "type":
			b.kind = f.Value.Str()
		case "instance_name":
			b.instanceName = f.Value.Str()
		case "branch_path":
			b.branch = f.Value.Str()
		case "endpoint_path":
			b.endpoint = f.Value.Str()
		case "database_path":
			b.database = f.Value.Str()
		case "database":
			if b.database == "" {
				b.database = f.Value.Str()
			}
		}
	}
	if b.kind != autoscaling && b.kind != provisioned {
		at := db.Get("instance").Range()
		if at.IsZero() {
			at = r.Range
		}
		return binding{}, &resource.Diagnostic{Severity: resource.Error, Summary: "an app cannot be bound to a plain Postgres", Range: at, Address: r.Address,
			Detail: ref.String() + " is a plain Postgres, and the platform binds apps to Lakebase instances only",
			Cure:   "use an autoscaling or provisioned instance, or leave `database` out and pass a URL in release.env"}
	}
	return b, nil
}

// value is the binding as it is compared.
func (b binding) value() resource.Value {
	switch b.kind {
	case autoscaling:
		return resource.Object(resource.F("branch", resource.String(b.branch)),
			resource.F("database", resource.String(b.database)), resource.F("permission", resource.String(b.permission)))
	case provisioned:
		return resource.Object(resource.F("instance_name", resource.String(b.instanceName)),
			resource.F("database", resource.String(b.database)), resource.F("permission", resource.String(b.permission)))
	default:
		return resource.Null()
	}
}

// resource is the binding as the API takes it.
func (b binding) resource(key string) resource.Value {
	kind := postgresKey
	fields := []resource.Field{resource.F("branch", resource.String(b.branch)), resource.F("database", resource.String(b.database))}
	if b.kind == provisioned {
		kind = databaseKey
		fields = []resource.Field{resource.F("database_name", resource.String(b.database)), resource.F("instance_name", resource.String(b.instanceName))}
	}
	if key == "" {
		key = kind
	}
	return resource.Object(resource.F("name", resource.String(key)),
		resource.F(kind, resource.Object(append(fields, resource.F("permission", resource.String(b.permission)))...)))
}

// locate and located carry a binding through a scope.
func (b binding) locate() resource.Value {
	return resource.Object(resource.F("type", resource.String(b.kind)), resource.F("instance", resource.Ref(b.instance)),
		resource.F("instance_name", resource.String(b.instanceName)), resource.F("branch", resource.String(b.branch)),
		resource.F("endpoint", resource.String(b.endpoint)), resource.F("database", resource.String(b.database)),
		resource.F("permission", resource.String(b.permission)))
}

func located(v resource.Value) binding {
	ref, _ := v.Get("instance").Ref()
	return binding{kind: v.Get("type").Str(), instance: ref, instanceName: v.Get("instance_name").Str(), branch: v.Get("branch").Str(),
		endpoint: v.Get("endpoint").Str(), database: v.Get("database").Str(), permission: v.Get("permission").Str()}
}

// bound finds the database resource of a live app that tellr's binding is: one
// of the same target, or else the one under the platform's own name.
func bound(list []apps.AppResource, want binding) (apps.AppResource, bool) {
	match := func(ok func(apps.AppResource) bool) (apps.AppResource, bool) {
		if i := slices.IndexFunc(list, ok); i >= 0 {
			return list[i], true
		}
		return apps.AppResource{}, false
	}
	if r, ok := match(func(r apps.AppResource) bool {
		return want.kind == autoscaling && r.Postgres != nil && r.Postgres.Branch == want.branch && r.Postgres.Database == want.database ||
			want.kind == provisioned && r.Database != nil && r.Database.InstanceName == want.instanceName && r.Database.DatabaseName == want.database
	}); ok {
		return r, true
	}
	if r, ok := match(func(r apps.AppResource) bool { return r.Name == postgresKey && r.Postgres != nil }); ok {
		return r, true
	}
	return match(func(r apps.AppResource) bool { return r.Name == databaseKey && r.Database != nil })
}

// boundValue is a live binding in the form in which it is compared.
func boundValue(r apps.AppResource) resource.Value {
	switch {
	case r.Postgres != nil:
		return resource.Object(resource.F("branch", resource.String(r.Postgres.Branch)),
			resource.F("database", resource.String(r.Postgres.Database)), resource.F("permission", resource.String(string(r.Postgres.Permission))))
	case r.Database != nil:
		return resource.Object(resource.F("instance_name", resource.String(r.Database.InstanceName)),
			resource.F("database", resource.String(r.Database.DatabaseName)), resource.F("permission", resource.String(string(r.Database.Permission))))
	default:
		return resource.Null()
	}
}

// withBinding gives the whole list of an app's resources with the binding in
// its place: the API replaces the list, and those that tellr does not manage
// must stay as they are, whatever is in them.
func withBinding(raw []json.RawMessage, b binding) (resource.Value, error) {
	list, err := decodeResources(raw)
	if err != nil {
		return resource.Value{}, err
	}
	ours, found := bound(list, b)
	key := ours.Name
	if found && (ours.Postgres != nil) != (b.kind == autoscaling) {
		key = "" // another type of resource gets the name of its type
	}
	mine := b.resource(key)
	items := []resource.Value{mine}
	for i, r := range list {
		if found && r.Name == ours.Name || r.Name == mine.Get("name").Str() {
			continue
		}
		var v resource.Value
		if err := json.Unmarshal(raw[i], &v); err != nil {
			return resource.Value{}, err
		}
		items = append(items, v)
	}
	slices.SortFunc(items, func(x, y resource.Value) int { return strings.Compare(x.Get("name").Str(), y.Get("name").Str()) })
	return resource.List(items...), nil
}

// withoutBinding gives an app's resources but for the binding.
func withoutBinding(raw []json.RawMessage, b binding) (resource.Value, error) {
	list, err := decodeResources(raw)
	if err != nil {
		return resource.Value{}, err
	}
	ours, found := bound(list, b)
	var items []resource.Value
	for i, r := range list {
		if found && r.Name == ours.Name {
			continue
		}
		var v resource.Value
		if err := json.Unmarshal(raw[i], &v); err != nil {
			return resource.Value{}, err
		}
		items = append(items, v)
	}
	return resource.List(items...), nil
}

func decodeResources(raw []json.RawMessage) ([]apps.AppResource, error) {
	list := make([]apps.AppResource, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &list[i]); err != nil {
			return nil, fmt.Errorf("reading an app's resources: %w", err)
		}
	}
	return list, nil
}
