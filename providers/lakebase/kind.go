package lakebase

import (
	"fmt"
	"regexp"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// The types of instance, as the computed attribute `type` names them.
const (
	autoscaling = "autoscaling"
	provisioned = "provisioned"
	plain       = "postgres"
)

// What the platform names in every project by itself. [reference §1.2]
const (
	databaseName = "databricks_postgres"
	defaultPort  = 5432
	branchID     = "production"
	endpointID   = "primary"
	databaseID   = "databricks-postgres"
)

// Kinds lists the kinds of this package.
func Kinds() []*resource.Kind { return []*resource.Kind{instanceKind()} }

func instanceKind() *resource.Kind {
	return &resource.Kind{
		Name: "instance",
		Doc: "A Postgres server: a Lakebase project that scales by itself (the default), an older provisioned Lakebase " +
			"instance, or any Postgres by its URL.",
		Example: `instance "main" {
  name = "db-tellr"

  autoscaling {
    min_cu        = 0.5
    max_cu        = 2
    suspend_after = "5m"
  }
}`,
		Order:  10,
		Data:   true,
		Stage:  resource.Workspace,
		Attrs:  instanceAttrs(),
		Check:  checkInstance,
		Derive: derive,

		Identity: "uid",
		Foreign:  foreign,
	}
}

// foreign tells whether an instance is somebody else's: another environment's,
// or a server that was there before.
func foreign(r *resource.Resource) bool {
	return r.Attrs.Get("existing").Bool() || typeOf(r.Attrs) == plain
}

func instanceAttrs() []resource.Attr {
	un := resource.Unmanaged
	return []resource.Attr{
		{Name: "name", Type: resource.Text, Unset: un, Immutable: true, Check: checkName,
			Doc: "Name of the instance, unique in the workspace; the label if not written.", Reason: "an instance cannot be renamed"},
		{Name: "autoscaling", Block: true, Unset: un, Type: resource.ObjectOf(autoscalingAttrs()...),
			Doc: "A Lakebase project that scales by itself: the default when no other block is written."},
		{Name: "provisioned", Block: true, Unset: un, Type: resource.ObjectOf(provisionedAttrs()...),
			Doc: "An older Lakebase instance of a fixed size."},
		{Name: "postgres", Block: true, Unset: un, CreateOnly: true, Type: resource.ObjectOf(
			resource.Attr{Name: "url", Type: resource.Text, Required: true, Sensitive: true,
				Doc: "Connection URL, from env() or a sensitive variable: postgresql://USER:PASSWORD@HOST:PORT/DATABASE."}),
			Doc: "Any Postgres; tellr changes nothing of the server itself, and no workspace is needed."},
		{Name: "existing", Type: resource.Flag, Unset: un, CreateOnly: true,
			Doc: "Another environment owns the instance: tellr uses it, and never makes, changes or removes it."},
		{Name: "connection", Unset: un, CreateOnly: true, Type: resource.ObjectOf(connectionAttrs()...),
			Doc: "Overrides how tellr itself connects: a tunnel, a private link, a native login, a test."},

		{Name: "host", Type: resource.Text, Computed: true, Shape: "host", Doc: "Host of the read-write endpoint."},
		{Name: "port", Type: resource.Whole, Computed: true, Shape: "int", Doc: "Port of the endpoint: 5432."},
		{Name: "database", Type: resource.Text, Computed: true, Shape: "text", Doc: "Name of the database that every instance has: databricks_postgres."},
		{Name: "uid", Type: resource.Text, Computed: true, Shape: "text", Doc: "The platform's own id; another one after the instance was made anew."},
		{Name: "type", Type: resource.Text, Computed: true, Shape: "text", Doc: "autoscaling, provisioned or postgres."},
		{Name: "instance_name", Type: resource.Text, Computed: true, Shape: "text", Doc: "The instance's name in the workspace."},
		{Name: "branch_path", Type: resource.Text, Computed: true, Shape: "path", Doc: "projects/NAME/branches/production (autoscaling)."},
		{Name: "endpoint_path", Type: resource.Text, Computed: true, Shape: "path", Doc: "The branch's read-write endpoint (autoscaling)."},
		{Name: "database_path", Type: resource.Text, Computed: true, Shape: "path", Doc: "The branch's database (autoscaling)."},
	}
}

func autoscalingAttrs() []resource.Attr {
	un := resource.Unmanaged
	return []resource.Attr{
		{Name: "pg_version", Type: resource.Whole, Unset: un, Immutable: true, Check: checkVersion,
			Doc: "Postgres version, 16 or 17; the platform's default is 17.", Reason: "a project's Postgres version cannot be changed in place"},
		{Name: "min_cu", Type: resource.Decimal, Unset: un, Check: checkCU,
			Doc: "Smallest size in compute units of 2 GB, from 0.5."},
		{Name: "max_cu", Type: resource.Decimal, Unset: un, Check: checkCU,
			Doc: "Largest size in compute units, at most 64 and 16 above min_cu."},
		{Name: "suspend_after", Type: resource.Duration, Enum: []string{never}, Unset: un, Check: checkSuspend,
			Doc: "Idle time after which compute is suspended, 60s to 7d, or \"never\"."},
		{Name: "retention", Type: resource.Duration, Unset: un, Check: checkRetention,
			Doc: "How far back a restore can go, 2d to 35d; the platform's default is 7d."},
		{Name: "display_name", Type: resource.Text, Unset: un, Check: checkLength(1, 256),
			Doc: "Name shown in the workspace; the platform's default is the name."},
		{Name: "enable_pg_native_login", Type: resource.Flag, Unset: un,
			Doc: "Whether Postgres roles may log in with a password of their own."},
	}
}

func provisionedAttrs() []resource.Attr {
	un := resource.Unmanaged
	return []resource.Attr{
		{Name: "capacity", Type: resource.Text, Unset: un, Enum: []string{"CU_1", "CU_2", "CU_4", "CU_8"},
			Doc: "Size in compute units of 16 GB: CU_1, CU_2, CU_4 or CU_8."},
		{Name: "node_count", Type: resource.Whole, Unset: un, Check: checkBetween(1, 3, "nodes"),
			Doc: "Nodes, 1 to 3: one primary, the others stand by."},
		{Name: "retention", Type: resource.Duration, Unset: un, Check: checkRetentionDays,
			Doc: "How far back a restore can go, in whole days, 2d to 35d; the platform's default is 7d."},
		{Name: "stopped", Type: resource.Flag, Unset: un, Doc: "Whether the instance is stopped."},
		{Name: "enable_readable_secondaries", Type: resource.Flag, Unset: un,
			Doc: "Whether the nodes that stand by answer reads; needs node_count above 1."},
		{Name: "enable_pg_native_login", Type: resource.Flag, Unset: un,
			Doc: "Whether Postgres roles may log in with a password of their own."},
	}
}

func connectionAttrs() []resource.Attr {
	un := resource.Unmanaged
	return []resource.Attr{
		{Name: "host", Type: resource.Text, Unset: un, Doc: "Host to connect to."},
		{Name: "port", Type: resource.Whole, Unset: un, Check: checkPort, Doc: "Port to connect to."},
		{Name: "user", Type: resource.Text, Unset: un, Doc: "Postgres role to log in as."},
		{Name: "password", Type: resource.Text, Unset: un, Sensitive: true, Doc: "Password, from env() or a sensitive variable."},
		{Name: "sslmode", Type: resource.Text, Unset: un,
			Enum: []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}, Doc: "How TLS is used; verify-full if not written."},
		{Name: "database", Type: resource.Text, Unset: un, Doc: "Database to connect to."},
	}
}

// typeOf tells the type of an instance from its attributes.
func typeOf(attrs resource.Value) string {
	switch {
	case attrs.Has("postgres") && !attrs.Get("postgres").IsNull():
		return plain
	case attrs.Has("provisioned") && !attrs.Get("provisioned").IsNull():
		return provisioned
	default:
		return autoscaling
	}
}

// derive gives what follows from the name and the type alone.
func derive(r *resource.Resource) []resource.Field {
	kind, name := typeOf(r.Attrs), r.Name()
	out := []resource.Field{resource.F("type", resource.String(kind))}
	if kind == plain {
		return out
	}
	out = append(out,
		resource.F("port", resource.Int(defaultPort)),
		resource.F("database", resource.String(databaseName)),
		resource.F("instance_name", resource.String(name)))
	if kind == autoscaling {
		out = append(out,
			resource.F("branch_path", resource.String(branchPath(name))),
			resource.F("endpoint_path", resource.String(endpointPath(name))),
			resource.F("database_path", resource.String(databasePath(name))))
	}
	return out
}

func projectPath(name string) string  { return "projects/" + name }
func branchPath(name string) string   { return projectPath(name) + "/branches/" + branchID }
func endpointPath(name string) string { return branchPath(name) + "/endpoints/" + endpointID }
func databasePath(name string) string { return branchPath(name) + "/databases/" + databaseID }

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

func checkName(v resource.Value) error {
	if !namePattern.MatchString(v.Str()) {
		return fmt.Errorf("%q is not a name for an instance: 1 to 63 of a-z, 0-9 and -, beginning with a letter", v.Str())
	}
	return nil
}

func checkVersion(v resource.Value) error {
	if n, _ := v.Int(); n < 16 || n > 18 {
		return fmt.Errorf("%s is not a Postgres version of Lakebase: 16 and 17 are (18 in some workspaces)", v.Show())
	}
	return nil
}

func checkCU(v resource.Value) error {
	f, ok := v.Float()
	switch {
	case !ok || f < 0.5 || f > 64:
		return fmt.Errorf("%s is not a size in compute units: 0.5 to 64", v.Show())
	case f > 0.5 && f != float64(int64(f)):
		return fmt.Errorf("%s is not a size in compute units: 0.5, or a whole number from 1 to 64", v.Show())
	default:
		return nil
	}
}

func checkSuspend(v resource.Value) error {
	if v.Str() == never {
		return nil
	}
	d, err := workspace.ParseDuration(v.Str())
	if err != nil {
		return fmt.Errorf("%w, or \"never\"", err)
	}
	if d < time.Minute || d > 7*24*time.Hour {
		return fmt.Errorf("%q is not a time after which compute can be suspended: 60s to 7d, or \"never\"", v.Str())
	}
	return nil
}

func checkRetention(v resource.Value) error {
	d, err := workspace.ParseDuration(v.Str())
	if err != nil {
		return err
	}
	if d < 2*24*time.Hour || d > 35*24*time.Hour {
		return fmt.Errorf("%q is not a retention: 2d to 35d", v.Str())
	}
	return nil
}

func checkRetentionDays(v resource.Value) error {
	if err := checkRetention(v); err != nil {
		return err
	}
	if d, _ := workspace.ParseDuration(v.Str()); d%(24*time.Hour) != 0 {
		return fmt.Errorf("%q is not a retention of a provisioned instance: whole days, such as \"7d\"", v.Str())
	}
	return nil
}

func checkLength(low, high int) func(resource.Value) error {
	return func(v resource.Value) error {
		if n := len([]rune(v.Str())); n < low || n > high {
			return fmt.Errorf("%q has %d characters: %d to %d are allowed", v.Str(), n, low, high)
		}
		return nil
	}
}

func checkBetween(low, high int64, what string) func(resource.Value) error {
	return func(v resource.Value) error {
		if n, ok := v.Int(); !ok || n < low || n > high {
			return fmt.Errorf("%s is not a number of %s: %d to %d", v.Show(), what, low, high)
		}
		return nil
	}
}

func checkPort(v resource.Value) error {
	if n, ok := v.Int(); !ok || n < 1 || n > 65535 {
		return fmt.Errorf("%s is not a port: 1 to 65535", v.Show())
	}
	return nil
}
