package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

// wireResource is one binding of an app, of exactly one kind. [sdk]
type wireResource struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Database    *wireDatabaseRef  `json:"database,omitempty"`
	Postgres    *wirePostgresRef  `json:"postgres,omitempty"`
	Secret      *wireSecretRef    `json:"secret,omitempty"`
	Warehouse   map[string]string `json:"sql_warehouse,omitempty"`
	Serving     map[string]string `json:"serving_endpoint,omitempty"`
	Job         map[string]string `json:"job,omitempty"`
	Securable   map[string]string `json:"uc_securable,omitempty"`
	Genie       map[string]string `json:"genie_space,omitempty"`
	Experiment  map[string]string `json:"experiment,omitempty"`
	App         map[string]string `json:"app,omitempty"`
}

type wireDatabaseRef struct {
	Instance   string `json:"instance_name"`
	Database   string `json:"database_name"`
	Permission string `json:"permission"`
}

type wirePostgresRef struct {
	Branch     string `json:"branch,omitempty"`
	Database   string `json:"database,omitempty"`
	Permission string `json:"permission,omitempty"`
}

type wireSecretRef struct {
	Scope      string `json:"scope"`
	Key        string `json:"key"`
	Permission string `json:"permission"`
}

const canConnectAndCreate = "CAN_CONNECT_AND_CREATE"

// validate: what each kind demands, and the levels it knows. [sdk]
func (r wireResource) validate() error {
	if r.Name == "" {
		return invalid("resource name is required")
	}
	kinds := 0
	for _, k := range []struct {
		body           map[string]string
		kind           string
		needs, allowed []string
	}{
		{r.Warehouse, "sql_warehouse", []string{"id"}, []string{"CAN_USE", "CAN_MANAGE", "IS_OWNER"}},
		{r.Serving, "serving_endpoint", []string{"name"}, []string{"CAN_QUERY", "CAN_VIEW", "CAN_MANAGE"}},
		{r.Job, "job", []string{"id"}, []string{"CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE", "IS_OWNER"}},
		{r.Securable, "uc_securable", []string{"securable_full_name", "securable_type"},
			[]string{"SELECT", "MODIFY", "EXECUTE", "READ_VOLUME", "WRITE_VOLUME", "USE_CONNECTION"}},
		{r.Genie, "genie_space", []string{"name", "space_id"}, []string{"CAN_VIEW", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"}},
		{r.Experiment, "experiment", []string{"experiment_id"}, []string{"CAN_READ", "CAN_EDIT", "CAN_MANAGE"}},
		{r.App, "app", []string{"name"}, []string{"CAN_USE"}},
	} {
		if k.body == nil {
			continue
		}
		kinds++
		for _, n := range k.needs {
			if k.body[n] == "" {
				return invalid("resource '%s': field '%s.%s' is required", r.Name, k.kind, n)
			}
		}
		if !slices.Contains(k.allowed, k.body["permission"]) {
			return invalid("resource '%s': permission '%s' is not one of %s", r.Name, k.body["permission"], strings.Join(k.allowed, ", "))
		}
	}
	if d := r.Database; d != nil {
		kinds++
		if d.Instance == "" || d.Database == "" {
			return invalid("resource '%s': instance_name and database_name are required", r.Name)
		}
		if d.Permission != canConnectAndCreate {
			return invalid("resource '%s': permission '%s' is not %s", r.Name, d.Permission, canConnectAndCreate)
		}
	}
	if p := r.Postgres; p != nil {
		kinds++
		if p.Branch == "" {
			return invalid("resource '%s': postgres.branch is required", r.Name)
		}
		if p.Permission != canConnectAndCreate {
			return invalid("resource '%s': permission '%s' is not %s", r.Name, p.Permission, canConnectAndCreate)
		}
	}
	if secret := r.Secret; secret != nil {
		kinds++
		if secret.Scope == "" || secret.Key == "" {
			return invalid("resource '%s': secret.scope and secret.key are required", r.Name)
		}
		if !slices.Contains([]string{"READ", "WRITE", "MANAGE"}, secret.Permission) {
			return invalid("resource '%s': permission '%s' is not one of READ, WRITE, MANAGE", r.Name, secret.Permission)
		}
	}
	if kinds != 1 {
		return invalid("resource '%s': exactly one kind of resource must be set; got %d", r.Name, kinds)
	}
	return nil
}

// target is a database that an app is bound to.
type target struct {
	branch   *branch
	database string
	remove   bool
}

func (t target) same(o target) bool { return t.branch == o.branch && t.database == o.database }

// targets resolves the databases and checks what else can be checked here; s.mu is held. Whoever binds needs CAN_MANAGE
// on the project. [doc dev-tools/databricks-apps/lakebase] Warehouses, jobs and the like are not in the sandbox, so that
// any id of theirs is taken as it is.
func (s *Server) targets(c *call, resources []wireResource) ([]target, error) {
	var list []target
	for _, r := range resources {
		switch {
		case r.Database != nil:
			i, ok := s.instances[r.Database.Instance]
			if !ok { // also for a project of the postgres API, which this kind cannot see [databricks-agent-skills]
				return list, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Database instance %s does not exist", r.Database.Instance)
			}
			if err := s.demand(c, i.project.object(), canManage); err != nil {
				return list, err
			}
			list = append(list, target{branch: i.project.branches["production"], database: r.Database.Database})
		case r.Postgres != nil:
			b := s.branchByPath(r.Postgres.Branch)
			if b == nil {
				return list, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Branch %s does not exist", r.Postgres.Branch)
			}
			if err := s.demand(c, b.project.object(), canManage); err != nil {
				return list, err
			}
			t := target{branch: b, database: lakebase.DefaultDatabase}
			if r.Postgres.Database != "" {
				id, ok := strings.CutPrefix(r.Postgres.Database, b.name()+"/databases/")
				if !ok || b.databaseIDs[id] == "" {
					return list, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Database %s does not exist", r.Postgres.Database)
				}
				t.database = b.databaseIDs[id]
			}
			list = append(list, t)
		case r.Secret != nil:
			scope, ok := s.scopes[r.Secret.Scope]
			if !ok || scope.secrets[r.Secret.Key] == nil {
				return list, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Secret %s/%s does not exist", r.Secret.Scope, r.Secret.Key)
			}
		case r.App != nil:
			if s.apps[r.App["name"]] == nil {
				return list, appMissing(r.App["name"])
			}
		}
	}
	return list, nil
}

func (s *Server) branchByPath(path string) *branch {
	for _, p := range s.projects {
		if b := p.branchByName(path); b != nil && p.deleted.IsZero() && b.deleted.IsZero() {
			return b
		}
	}
	return nil
}
