package sandbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/common/types/duration"
	"github.com/databricks/databricks-sdk-go/common/types/fieldmask"
	"github.com/databricks/databricks-sdk-go/experimental/api"
	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/sandbox"
)

// project creates a project by the SDK and waits as the SDK does, but sooner: its own waiter sleeps up to seconds.
func project(t *testing.T, sb *sandbox.Sandbox, id string, p postgres.Project) *postgres.PostgresAPI {
	t.Helper()
	pg := postgres.NewPostgres(sdk(t, sb, sb.Token()))
	op, err := pg.CreateProject(t.Context(), postgres.CreateProjectRequest{ProjectId: id, Project: p})
	must(t, err)
	finish(t, pg, op.Name(), "")
	settle(t, pg, "projects/"+id+"/branches/production/endpoints/primary")
	return pg
}

// finish polls an operation and compares its error.
func finish(t *testing.T, pg *postgres.PostgresAPI, name, wantError string) {
	t.Helper()
	poll(t, func() string {
		op, err := pg.GetOperation(t.Context(), postgres.GetOperationRequest{Name: name})
		must(t, err)
		if !op.Done {
			return name + " is not done"
		}
		got := ""
		if op.Error != nil {
			got = op.Error.Message
		}
		if (got == "") != (wantError == "") || !strings.Contains(got, wantError) {
			t.Errorf("operation error %q, want %q", got, wantError)
		}
		return ""
	})
}

func settle(t *testing.T, pg *postgres.PostgresAPI, endpoint string) *postgres.Endpoint {
	t.Helper()
	var e *postgres.Endpoint
	poll(t, func() string {
		var err error
		e, err = pg.GetEndpoint(t.Context(), postgres.GetEndpointRequest{Name: endpoint})
		must(t, err)
		if e.Status.PendingState != "" || e.Status.Hosts == nil {
			return endpoint + " does not settle"
		}
		return ""
	})
	return e
}

func credential(t *testing.T, pg *postgres.PostgresAPI, endpoint string) string {
	t.Helper()
	c, err := pg.GenerateDatabaseCredential(t.Context(), postgres.GenerateDatabaseCredentialRequest{Endpoint: endpoint})
	must(t, err)
	return c.Token
}

func TestProjectLife(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := unhurried(t)
	pg := postgres.NewPostgres(sdk(t, sb, sb.Token()))
	op, err := pg.CreateProject(ctx, postgres.CreateProjectRequest{ProjectId: "life", Project: postgres.Project{
		Spec: &postgres.ProjectSpec{DisplayName: "Life"}, InitialEndpointSpec: &postgres.InitialEndpointSpec{
			AutoscalingLimitMinCu: 0.5, AutoscalingLimitMaxCu: 2, SuspendTimeoutDuration: duration.New(5 * time.Minute)}}})
	must(t, err)
	// [issue] one operation at a time
	_, err = pg.UpdateProject(ctx, postgres.UpdateProjectRequest{Name: "projects/life", UpdateMask: *fieldmask.New([]string{"spec.display_name"}),
		Project: postgres.Project{Spec: &postgres.ProjectSpec{DisplayName: "x"}}})
	wantCode(t, err, 409, "RESOURCE_CONFLICT", "conflicting operations in progress")
	p, err := op.Wait(ctx, api.WithTimeout(time.Minute)) // the SDK's own waiter
	must(t, err)
	if p.Status.PgVersion != 17 || p.Status.DisplayName != "Life" || p.Status.Owner != me || p.Status.DefaultBranch != "projects/life/branches/production" || p.Spec != nil {
		t.Errorf("project %+v", p.Status)
	}

	// The implicit objects. [doc]
	e := settle(t, pg, "projects/life/branches/production/endpoints/primary")
	if s := e.Status; s.AutoscalingLimitMinCu != 0.5 || s.AutoscalingLimitMaxCu != 2 || s.SuspendTimeoutDuration.AsDuration() != 5*time.Minute ||
		s.EndpointType != postgres.EndpointTypeEndpointTypeReadWrite || s.CurrentState != postgres.EndpointStatusStateActive {
		t.Errorf("endpoint %+v", s)
	}
	roles, err := pg.ListRolesAll(ctx, postgres.ListRolesRequest{Parent: "projects/life/branches/production"})
	must(t, err)
	if len(roles) != 1 || roles[0].Status.PostgresRole != me || roles[0].Status.IdentityType != "USER" || len(roles[0].Status.MembershipRoles) != 1 {
		t.Errorf("roles %+v", roles)
	}
	databases, err := pg.ListDatabasesAll(ctx, postgres.ListDatabasesRequest{Parent: "projects/life/branches/production"})
	must(t, err)
	if len(databases) != 1 || databases[0].Status.DatabaseId != "databricks-postgres" || databases[0].Status.PostgresDatabase != "databricks_postgres" ||
		databases[0].Status.Role != roles[0].Name {
		t.Errorf("databases %+v", databases)
	}

	// What belongs to its parent is not deleted alone. [cli]
	_, err = pg.DeleteBranch(ctx, postgres.DeleteBranchRequest{Name: "projects/life/branches/production"})
	wantCode(t, err, 400, "BAD_REQUEST", "root branch")
	_, err = pg.DeleteEndpoint(ctx, postgres.DeleteEndpointRequest{Name: e.Name})
	wantCode(t, err, 400, "BAD_REQUEST", "read-write endpoint")
	if ae, ok := err.(*apierr.APIError); ok {
		if info := ae.ErrorDetails().ErrorInfo; info == nil || info.Metadata["declarative_context"] != "MANAGED_BY_PARENT" {
			t.Errorf("details %+v", ae.ErrorDetails())
		}
	}

	// Soft delete keeps the id. [issue CLI #5414]
	del, err := pg.DeleteProject(ctx, postgres.DeleteProjectRequest{Name: "projects/life"})
	must(t, err)
	finish(t, pg, del.Name(), "")
	gone, err := pg.GetProject(ctx, postgres.GetProjectRequest{Name: "projects/life"})
	must(t, err)
	if gone.DeleteTime == nil || gone.PurgeTime == nil {
		t.Errorf("soft-deleted project %+v", gone)
	}
	_, err = pg.CreateProject(ctx, postgres.CreateProjectRequest{ProjectId: "life"})
	wantCode(t, err, 409, "ALREADY_EXISTS", "life")
	undo, err := pg.UndeleteProject(ctx, postgres.UndeleteProjectRequest{Name: "projects/life"})
	must(t, err)
	finish(t, pg, undo.Name(), "")
	_, err = pg.DeleteProject(ctx, postgres.DeleteProjectRequest{Name: "projects/life", Purge: true})
	must(t, err)
	finish2 := func() string {
		_, err := pg.GetProject(ctx, postgres.GetProjectRequest{Name: "projects/life"})
		if apierr.IsMissing(err) {
			return ""
		}
		return "projects/life is still there"
	}
	poll(t, finish2)
}

func TestUpdateMasks(t *testing.T) {
	t.Parallel()
	const endpoint = "/api/2.0/postgres/projects/masks/branches/production/endpoints/primary"
	pg := project(t, shared, "masks", postgres.Project{})
	for _, c := range []struct{ name, path, mask, body, want string }{
		{"masked but absent", "/api/2.0/postgres/projects/masks", "spec.display_name", `{"spec":{}}`, "Field 'spec.display_name' is in update_mask but not provided in request"},
		{"path from the request's root", "/api/2.0/postgres/projects/masks", "project.spec.display_name", `{"spec":{"display_name":"x"}}`, "Unknown field path in update_mask"},
		{"create-only", "/api/2.0/postgres/projects/masks", "initial_endpoint_spec", `{"initial_endpoint_spec":{}}`, "Unknown field path"},
		{"immutable", "/api/2.0/postgres/projects/masks", "spec.pg_version", `{"spec":{"pg_version":16}}`, "Unknown field path"},
		{"parent and child", "/api/2.0/postgres/projects/masks", "spec,spec.display_name", `{"spec":{"display_name":"x"}}`, "overlap"},
		{"no mask", "/api/2.0/postgres/projects/masks", "", `{"spec":{"display_name":"x"}}`, "update_mask"},
		{"retention too short", "/api/2.0/postgres/projects/masks", "spec.history_retention_duration", `{"spec":{"history_retention_duration":"3600s"}}`, "172800s"},
		{"member of a oneof", endpoint, "spec.no_suspension", `{"spec":{"no_suspension":true}}`, "Unknown field path in update_mask"},
		{"oneof without a member", endpoint, "spec.suspension", `{"spec":{}}`, "not provided"},
		{"range over 16 CU", endpoint, "spec.autoscaling_limit_max_cu", `{"spec":{"autoscaling_limit_max_cu":18}}`, "16 CU"},
		{"max below min", endpoint, "spec.autoscaling_limit_max_cu", `{"spec":{"autoscaling_limit_max_cu":0.5}}`, "must not be less"},
		{"min below 0.5", endpoint, "spec.autoscaling_limit_min_cu", `{"spec":{"autoscaling_limit_min_cu":0.25}}`, "at least 0.5"},
		{"more than one compute that suspends", endpoint, "spec.group", `{"spec":{"group":{"min":2,"max":2}}}`, "no_suspension"},
		{"suspend too soon", endpoint, "spec.suspension", `{"spec":{"suspend_timeout_duration":"30s"}}`, "60s"},
		{"no duration", endpoint, "spec.suspension", `{"spec":{"suspend_timeout_duration":"1h"}}`, "Illegal duration"},
		{"type", endpoint, "spec.endpoint_type", `{"spec":{"endpoint_type":"ENDPOINT_TYPE_READ_ONLY"}}`, "Unknown field path"},
		{"identity type of a role", "/api/2.0/postgres/projects/masks/branches/production/roles/role-me", "spec.identity_type", `{"spec":{"identity_type":"GROUP"}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := raw(t, shared, "PATCH", c.path+"?update_mask="+c.mask, c.body)
			message, _ := answer["message"].(string)
			if status < 400 || status > 404 || !strings.Contains(message, c.want) {
				t.Errorf("%d %v", status, answer)
			}
		})
	}
	op, err := pg.UpdateEndpoint(t.Context(), postgres.UpdateEndpointRequest{Name: "projects/masks/branches/production/endpoints/primary",
		UpdateMask: *fieldmask.New([]string{"spec.autoscaling_limit_max_cu", "spec.suspension"}),
		Endpoint: postgres.Endpoint{Spec: &postgres.EndpointSpec{EndpointType: postgres.EndpointTypeEndpointTypeReadWrite,
			AutoscalingLimitMaxCu: 4, NoSuspension: true}}})
	must(t, err)
	finish(t, pg, op.Name(), "")
	// [issue TF #5482] until it settles, the next change is refused
	e := settle(t, pg, "projects/masks/branches/production/endpoints/primary")
	if e.Status.AutoscalingLimitMaxCu != 4 || e.Status.AutoscalingLimitMinCu != 1 || e.Status.SuspendTimeoutDuration != nil {
		t.Errorf("endpoint %+v", e.Status)
	}
	status, _ := raw(t, shared, "PATCH", "/api/2.0/postgres/projects/masks?update_mask=spec.custom_tags", `{"spec":{"custom_tags":[{"key":"a","value":"b"}]}}`)
	if status != 200 {
		t.Errorf("tags: %d", status)
	}
}

func TestBranchesCopyTheirParent(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pg := project(t, shared, "branchy", postgres.Project{})
	root := settle(t, pg, "projects/branchy/branches/production/endpoints/primary")
	conn, err := login(t, shared, root.Status.Hosts.Host, me, credential(t, pg, root.Name), "databricks_postgres")
	must(t, err)
	statement(t, conn, "", "CREATE TABLE t AS SELECT 42 AS n")
	_, err = pg.CreateBranch(ctx, postgres.CreateBranchRequest{Parent: "projects/branchy", BranchId: "dev", Branch: postgres.Branch{Spec: &postgres.BranchSpec{}}})
	wantCode(t, err, 400, "INVALID_PARAMETER_VALUE", "spec.no_expiry")
	op, err := pg.CreateBranch(ctx, postgres.CreateBranchRequest{Parent: "projects/branchy", BranchId: "dev",
		Branch: postgres.Branch{Spec: &postgres.BranchSpec{Ttl: duration.New(time.Hour)}}})
	must(t, err)
	finish(t, pg, op.Name(), "")
	b, err := pg.GetBranch(ctx, postgres.GetBranchRequest{Name: "projects/branchy/branches/dev"})
	must(t, err)
	if b.Status.CurrentState != postgres.BranchStatusStateReady || b.Status.SourceBranch != "projects/branchy/branches/production" || b.Status.ExpireTime == nil {
		t.Errorf("branch %+v", b.Status)
	}
	copied := settle(t, pg, "projects/branchy/branches/dev/endpoints/primary")
	if copied.Status.Hosts.Host == root.Status.Hosts.Host {
		t.Error("both branches have the same host")
	}
	other, err := login(t, shared, copied.Status.Hosts.Host, me, credential(t, pg, copied.Name), "databricks_postgres")
	must(t, err)
	statement(t, other, "", "DROP TABLE t")
	statement(t, conn, "", "SELECT n FROM t")
	// A credential is for its endpoint alone.
	_, err = login(t, shared, copied.Status.Hosts.Host, me, credential(t, pg, root.Name), "databricks_postgres")
	if sqlstate(err) != "28P01" {
		t.Errorf("the root's token at the branch: %v", err)
	}
	up, err := pg.UpdateBranch(ctx, postgres.UpdateBranchRequest{Name: b.Name, UpdateMask: *fieldmask.New([]string{"spec.is_protected"}),
		Branch: postgres.Branch{Spec: &postgres.BranchSpec{IsProtected: true}}})
	must(t, err)
	finish(t, pg, up.Name(), "")
	_, err = pg.DeleteBranch(ctx, postgres.DeleteBranchRequest{Name: b.Name, Purge: true})
	wantCode(t, err, 400, "BAD_REQUEST", "protected")
}

func TestRolesAndDatabases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const parent = "projects/roles/branches/production"
	pg := project(t, shared, "roles", postgres.Project{})
	add := func(id string, spec postgres.RoleRoleSpec, replace bool) (string, error) {
		op, err := pg.CreateRole(ctx, postgres.CreateRoleRequest{Parent: parent, RoleId: id, Role: postgres.Role{Spec: &spec}, ReplaceExisting: replace})
		if err != nil {
			return "", err
		}
		finish(t, pg, op.Name(), "")
		return op.Name(), nil
	}
	ada := postgres.RoleRoleSpec{PostgresRole: "ada@example.com", IdentityType: postgres.RoleIdentityTypeUser,
		MembershipRoles: []postgres.RoleMembershipRole{postgres.RoleMembershipRoleDatabricksSuperuser}}
	_, err := add("ada-role", ada, false)
	must(t, err)
	_, err = add("ada-role", ada, false)
	wantCode(t, err, 400, "BAD_REQUEST", "role with that name already exists") // not 409
	_, err = add("x", ada, false)
	wantCode(t, err, 400, "INVALID_PARAMETER_VALUE", "role_id")
	role, err := pg.GetRole(ctx, postgres.GetRoleRequest{Name: parent + "/roles/ada-role"})
	must(t, err)
	if s := role.Status; s.AuthMethod != postgres.RoleAuthMethodLakebaseOauthV1 || s.IdentityType != "USER" || len(s.MembershipRoles) != 1 {
		t.Errorf("role %+v", s)
	}
	ada.MembershipRoles = nil // replace_existing: an empty list clears superuser [issue]
	_, err = add("ada-role", ada, true)
	must(t, err)
	if role, err = pg.GetRole(ctx, postgres.GetRoleRequest{Name: parent + "/roles/ada-role"}); err != nil || len(role.Status.MembershipRoles) != 0 {
		t.Errorf("role %+v %v", role, err)
	}
	up, err := pg.UpdateRole(ctx, postgres.UpdateRoleRequest{Name: role.Name, UpdateMask: *fieldmask.New([]string{"spec.attributes.createdb"}),
		Role: postgres.Role{Spec: &postgres.RoleRoleSpec{Attributes: &postgres.RoleAttributes{Createdb: true}}}})
	must(t, err)
	finish(t, pg, up.Name(), "")

	_, err = pg.CreateDatabase(ctx, postgres.CreateDatabaseRequest{Parent: parent, DatabaseId: "app", Database: postgres.Database{
		Spec: &postgres.DatabaseDatabaseSpec{PostgresDatabase: "app"}}})
	wantCode(t, err, 400, "INVALID_PARAMETER_VALUE", "Field 'database.spec.role' is required")
	_, err = pg.CreateDatabase(ctx, postgres.CreateDatabaseRequest{Parent: parent, DatabaseId: "app", Database: postgres.Database{
		Spec: &postgres.DatabaseDatabaseSpec{PostgresDatabase: "app", Role: parent + "/roles/nobody"}}})
	wantCode(t, err, 404, "NOT_FOUND", "role not found; role_id: nobody")
	create := postgres.CreateDatabaseRequest{Parent: parent, DatabaseId: "app", Database: postgres.Database{
		Spec: &postgres.DatabaseDatabaseSpec{PostgresDatabase: "app", Role: role.Name}}}
	op, err := pg.CreateDatabase(ctx, create)
	must(t, err)
	finish(t, pg, op.Name(), "")
	_, err = pg.CreateDatabase(ctx, create)
	wantCode(t, err, 400, "BAD_REQUEST", "database with that name already exists")
	del, err := pg.DeleteRole(ctx, postgres.DeleteRoleRequest{Name: role.Name})
	must(t, err)
	finish(t, pg, del.Name(), "owns objects")
	del, err = pg.DeleteRole(ctx, postgres.DeleteRoleRequest{Name: role.Name, ReassignOwnedTo: me})
	must(t, err)
	finish(t, pg, del.Name(), "")
	_, err = pg.GetRole(ctx, postgres.GetRoleRequest{Name: role.Name})
	wantCode(t, err, 404, "NOT_FOUND", "role id not found")
}

func TestLogin(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := start(t, sandbox.Options{})
	pg := project(t, sb, "login", postgres.Project{})
	e := settle(t, pg, "projects/login/branches/production/endpoints/primary")
	host := e.Status.Hosts.Host
	adas, err := sb.AddIdentity(sandbox.Identity{UserName: "ada@example.com", Groups: []string{"analysts"}})
	must(t, err)
	first, second := credential(t, pg, e.Name), credential(t, pg, e.Name)
	if first == second {
		t.Error("two credentials are equal")
	}
	admin, err := sb.Admin("login", "")
	must(t, err)
	must(t, execute(ctx, admin, `CREATE ROLE "plain@example.com" LOGIN`))

	for _, c := range []struct{ name, user, password, database, want string }{
		{"a credential", me, first, "databricks_postgres", ""},
		{"another at the same time", me, second, "databricks_postgres", ""},
		{"the workspace token", me, sb.Token(), "databricks_postgres", ""},
		{"no token", me, "secret", "databricks_postgres", "28P01"},
		{"somebody else's role", "ada@example.com", first, "databricks_postgres", "28P01"},
		{"an identity without a role", "ada@example.com", adas, "databricks_postgres", "28000"},
		{"a group without a role", "analysts", adas, "databricks_postgres", "28000"},
		{"a role of plain CREATE ROLE", "plain@example.com", first, "databricks_postgres", "28P01"},
		{"no such database", me, first, "nowhere", "3D000"},
		{"Lakebase's own database", me, first, "postgres", "42501"},
		{"the superuser", "cloud_admin", first, "databricks_postgres", "28P01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := login(t, sb, host, c.user, c.password, c.database)
			if sqlstate(err) != c.want {
				t.Errorf("%v, want SQLSTATE %q", err, c.want)
			}
		})
	}

	// The identity without permission gets no credential.
	ada := postgres.NewPostgres(sdk(t, sb, adas))
	_, err = ada.GenerateDatabaseCredential(ctx, postgres.GenerateDatabaseCredentialRequest{Endpoint: e.Name})
	wantCode(t, err, 403, "PERMISSION_DENIED", "CAN_USE")

	// Tokens count at login only. [doc]
	open, err := login(t, sb, host, me, first, "databricks_postgres")
	must(t, err)
	sb.ExpireTokens()
	statement(t, open, "", "SELECT 1")
	if _, err := login(t, sb, host, me, first, "databricks_postgres"); sqlstate(err) != "28P01" {
		t.Errorf("an expired token: %v", err)
	}

	// Plaintext is refused.
	if err := plaintext(t, host, me, second); err == nil || !strings.Contains(err.Error(), "insecure") {
		t.Errorf("without TLS: %v", err)
	}

	// Scale to zero: sessions end, the next connection wakes the server and sees the data.
	third := credential(t, pg, e.Name)
	fresh, err := login(t, sb, host, me, third, "databricks_postgres")
	must(t, err)
	statement(t, fresh, "", "CREATE TABLE kept ()")
	must(t, sb.Suspend("login", ""))
	if got, err := pg.GetEndpoint(ctx, postgres.GetEndpointRequest{Name: e.Name}); err != nil || got.Status.CurrentState != postgres.EndpointStatusStateIdle {
		t.Errorf("suspended endpoint: %+v %v", got.Status, err)
	}
	woken, err := login(t, sb, host, me, third, "databricks_postgres")
	must(t, err)
	statement(t, woken, "", "SELECT * FROM kept")

	// A cancel request finds its session.
	slow, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if _, err := woken.Exec(slow, "SELECT pg_sleep(30)"); err == nil {
		t.Error("the sleep ended by itself")
	}
}
