package app

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// partRelease is the part of an app that is made after its database.
const partRelease = "release"

const canConnect = "CAN_CONNECT_AND_CREATE"

// Kinds lists the kinds of this package.
func Kinds() []*resource.Kind { return []*resource.Kind{appKind()} }

func appKind() *resource.Kind {
	return &resource.Kind{
		Name: "app",
		Doc:  "A Databricks App with its service principal, its binding to a database, and the release that runs in it.",
		Example: `app "slides" {
  name     = "tellr-dev"
  database = { instance = instance.main }

  release {
    source         = "../app"
    workspace_path = "/Workspace/Users/me@example.com/.apps/tellr-dev"
    command        = ["python", "server.py"]
    env            = { LOG_LEVEL = "INFO" }
  }
}`,
		Order: 20,
		Stage: resource.Workspace,
		Parts: []resource.KindPart{{Name: partRelease, Order: 90, Stage: resource.Release}},
		Attrs: appAttrs(),
		Check: checkApp,

		Identity: "id",
	}
}

func appAttrs() []resource.Attr {
	un := resource.Unmanaged
	return []resource.Attr{
		{Name: "name", Type: resource.Text, Unset: un, Immutable: true, Check: checkName,
			Doc: "Name of the app, unique in the workspace; the label if not written.", Reason: "an app cannot be renamed"},
		{Name: "description", Type: resource.Text, Unset: un, Check: checkDescription, Doc: "Description, at most 500 characters."},
		{Name: "compute_size", Type: resource.Text, Unset: un, Enum: []string{"MEDIUM", "LARGE", "XLARGE"},
			Doc: "Size of the compute: MEDIUM (2 vCPU, 6 GB; the platform's default), LARGE (4, 12) or XLARGE.", Reason: "the app restarts"},
		{Name: "user_api_scopes", Type: resource.SetOf(resource.Text), Unset: un,
			Doc: "What the app may do as the user who looks at it, such as \"sql\".", Reason: "users are asked to consent again"},
		{Name: "database", Unset: un, CreateOnly: true, Type: resource.ObjectOf(
			resource.Attr{Name: "instance", Type: resource.RefTo("instance"), Required: true, Doc: "The instance whose database the app uses."},
			resource.Attr{Name: "schema", Type: resource.RefTo("schema"), Unset: un, Part: partRelease, Doc: "The schema that the app is told in LAKEBASE_SCHEMA."},
			resource.Attr{Name: "permission", Type: resource.Text, Unset: un, Default: resource.String(canConnect), Enum: []string{canConnect},
				Doc: "What the app's service principal may do: CAN_CONNECT_AND_CREATE, the only choice."}),
			Doc: "The database that the app uses: Lakebase makes its Postgres role, and the app gets PG* and LAKEBASE_* variables."},
		{Name: "binding", Derived: true, Unset: un, Type: resource.ObjectOf(
			resource.Attr{Name: "branch", Type: resource.Text, Derived: true, Unset: un, Doc: "Path of the bound branch (autoscaling)."},
			resource.Attr{Name: "instance_name", Type: resource.Text, Derived: true, Unset: un, Doc: "Name of the bound instance (provisioned)."},
			resource.Attr{Name: "database", Type: resource.Text, Derived: true, Unset: un, Doc: "Path (autoscaling) or name (provisioned) of the bound database."},
			resource.Attr{Name: "permission", Type: resource.Text, Derived: true, Unset: un, Doc: "What the app may do there."},
			resource.Attr{Name: "role", Type: resource.Text, Derived: true, Unset: un, Doc: "The app's Postgres role there.",
				Reason: "the database does not know the app: it was made anew since the app was bound to it"}),
			Doc: "The app resource that `database` means: what is compared."},
		{Name: "release", Block: true, Part: partRelease, Unset: un, Type: resource.ObjectOf(releaseAttrs()...),
			Doc: "What runs: a change here redeploys."},

		{Name: "url", Type: resource.Text, Computed: true, Shape: "url", Doc: "Where the app is seen."},
		{Name: "id", Type: resource.Text, Computed: true, Shape: "text", Doc: "The platform's own id; another one after the app was made anew."},
		{Name: "service_principal_client_id", Type: resource.Text, Computed: true, Shape: "uuid",
			Doc: "Application id of the app's service principal, which is also the name of its Postgres role."},
		{Name: "service_principal_id", Type: resource.Whole, Computed: true, Shape: "int", Doc: "Numeric id of the app's service principal."},
		{Name: "service_principal_name", Type: resource.Text, Computed: true, Shape: "text", Doc: "Display name of the app's service principal."},
		{Name: "release_path", Type: resource.Text, Computed: true, Shape: "path", Part: partRelease,
			Doc: "Workspace folder of the release; known when all that its name is made of is known."},
	}
}

func releaseAttrs() []resource.Attr {
	un := resource.Unmanaged
	return []resource.Attr{
		{Name: "source", Type: resource.Text, Unset: un, Required: true, CreateOnly: true, Doc: "Local folder of the app's files, relative to the file it is written in."},
		{Name: "workspace_path", Type: resource.Text, Unset: un, Required: true, CreateOnly: true, Check: checkWorkspacePath,
			Doc: "Workspace folder under which each release gets a folder of its own."},
		{Name: "exclude", Type: resource.ListOf(resource.Text), Unset: un, CreateOnly: true, Check: checkGlobs,
			Doc: "Files and folders to leave out, as globs: \"*.pyc\" in any folder, \"tests/data\" from the source on, \"**/x\". " +
				"Left out in any case: " + strings.Join(alwaysExcluded, ", ") + "."},
		{Name: "command", Type: resource.ListOf(resource.Text), Unset: un, CreateOnly: true, Doc: "What to run, one word an item, without a shell; app.yaml's command if not written."},
		{Name: "env", Type: resource.MapOf(resource.Text), Unset: un, CreateOnly: true, Check: checkEnv,
			Doc: "Environment variables. LAKEBASE_TYPE, _INSTANCE, _PG_HOST, _ENDPOINT_NAME and _SCHEMA come from the bound database unless written."},
		{Name: "timeout", Type: resource.Duration, Unset: un, CreateOnly: true, Check: checkTimeout,
			Doc: "How long the deployment, and then the start of the app, may take each; 20m if not written."},
		{Name: "source_code_path", Type: resource.Text, Derived: true, Unset: un, Reason: "the files, the command or the environment differ from what is deployed",
			Doc: "Workspace folder of the deployed release, named by a hash of files, command and environment."},
		{Name: "status", Type: resource.Text, Derived: true, Unset: un, Reason: "the app does not run",
			Doc: "State of the running app; RUNNING is wanted."},
	}
}

var (
	namePattern = regexp.MustCompile(`^[a-z0-9-]{2,30}$`)
	envPattern  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func checkName(v resource.Value) error {
	if !namePattern.MatchString(v.Str()) {
		return fmt.Errorf("%q is not a name for an app: 2 to 30 of a-z, 0-9 and -", v.Str())
	}
	return nil
}

func checkDescription(v resource.Value) error {
	if n := len([]rune(v.Str())); n > 500 {
		return fmt.Errorf("%.20q… is too long for a description: %d characters, at most 500 are allowed", v.Str(), n)
	}
	return nil
}

func checkWorkspacePath(v resource.Value) error {
	p := v.Str()
	if !strings.HasPrefix(p, "/Workspace/") || path.Clean(p) != strings.TrimSuffix(p, "/") {
		return fmt.Errorf("%q is not a workspace folder: an absolute path without \"..\", such as \"/Workspace/Users/me@example.com/.apps/tellr\"", p)
	}
	return nil
}

func checkGlobs(v resource.Value) error {
	for _, g := range v.StringList() {
		if _, err := path.Match(g, ""); err != nil || g == "" {
			return fmt.Errorf("%q is not a glob: *, ? and [a-z] are known, and ** for any folders", g)
		}
	}
	return nil
}

func checkEnv(v resource.Value) error {
	for _, f := range v.Fields() {
		if !envPattern.MatchString(f.Name) {
			return fmt.Errorf("%q is not a name for an environment variable: letters, digits and _", f.Name)
		}
	}
	return nil
}

func checkTimeout(v resource.Value) error {
	d, err := workspace.ParseDuration(v.Str())
	if err != nil {
		return err
	}
	if d < 10*time.Second || d > 2*time.Hour {
		return fmt.Errorf("%q is not a time to wait for a release: 10s to 2h", v.Str())
	}
	return nil
}

// checkApp validates what spans several attributes.
func checkApp(r *resource.Resource) resource.Diagnostics {
	var ds resource.Diagnostics
	if r.Attrs.Get("name").IsNull() && !namePattern.MatchString(r.Address.Name) {
		ds.Errorf(r.Range, "the label is no name for an app", "add `name = \"…\"`: 2 to 30 of a-z, 0-9 and -",
			"%s has no name, so its label %q would be it", r.Address, r.Address.Name)
	}
	if r.Attrs.Get("name").IsNull() && r.Address.Keyed {
		ds.Errorf(r.Range, "several apps would have one name", "add a name with each.key in it, such as `name = \"tellr-${each.key}\"`",
			"%s has no name, so its label would be it, as for its siblings", r.Address)
	}
	if c := r.Attrs.Get("release").Get("command"); !c.IsNull() && len(c.Items()) == 0 {
		ds.Errorf(c.Range(), "an empty command", "write what to run, or leave `command` out so that app.yaml says it", "%s would run nothing", r.Address)
	}
	for i := range ds {
		ds[i].Address = r.Address
	}
	return ds
}
