package sandbox_test

import (
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/databricks/databricks-sdk-go/service/workspace"

	"github.com/tellr-dev/tellr/sandbox"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	ws := workspace.NewWorkspace(sdk(t, shared, shared.Token()))
	const dir = "/Users/me@example.com/files"
	upload := func(name, content string, opts ...workspace.UploadOption) error {
		return ws.Upload(ctx, dir+"/"+name, strings.NewReader(content), opts...)
	}
	rawFormat := workspace.UploadFormat(workspace.ImportFormatRaw)
	wantCode(t, upload("a.py", "1", rawFormat), 404, "RESOURCE_DOES_NOT_EXIST", "parent folder")
	must(t, ws.MkdirsByPath(ctx, dir+"/deep/er"))
	must(t, ws.MkdirsByPath(ctx, "/Workspace"+dir+"/deep/er")) // idempotent, and the same path
	must(t, upload("a.py", "# Databricks notebook source\n1", rawFormat))
	wantCode(t, upload("a.py", "2", rawFormat), 400, "RESOURCE_ALREADY_EXISTS", "already exists")
	must(t, upload("a.py", "# Databricks notebook source\n2", rawFormat, workspace.UploadOverwrite()))
	wantCode(t, ws.MkdirsByPath(ctx, dir+"/a.py"), 400, "RESOURCE_ALREADY_EXISTS", "not a directory")
	// The trap: AUTO makes a notebook of it and takes the extension away. [issue]
	must(t, upload("n.py", "# Databricks notebook source\n1", workspace.UploadFormat(workspace.ImportFormatAuto)))
	n, err := ws.GetStatusByPath(ctx, dir+"/n")
	must(t, err)
	if n.ObjectType != workspace.ObjectTypeNotebook || n.Language != workspace.LanguagePython {
		t.Errorf("%+v", n)
	}
	f, err := ws.GetStatusByPath(ctx, "/Workspace"+dir+"/a.py")
	must(t, err)
	if f.ObjectType != workspace.ObjectTypeFile || f.Size != 30 || f.ModifiedAt == 0 || f.Path != dir+"/a.py" {
		t.Errorf("%+v", f)
	}
	r, err := ws.Download(ctx, dir+"/a.py")
	must(t, err)
	if content, err := io.ReadAll(r); err != nil || string(content) != "# Databricks notebook source\n2" {
		t.Errorf("downloaded %q %v", content, err)
	}
	list, err := ws.ListAll(ctx, workspace.ListWorkspaceRequest{Path: dir})
	must(t, err)
	if len(list) != 3 {
		t.Errorf("list %+v", list)
	}
	big := ws.Import(ctx, workspace.Import{Path: dir + "/big", Format: "RAW", Content: strings.Repeat("AAAA", (10<<20)/3+1)})
	wantCode(t, big, 400, "MAX_NOTEBOOK_SIZE_EXCEEDED", "exceeded max size")
	// The CLI's way in.
	status, _ := rawText(t, shared, "POST", "/api/2.0/workspace-files/import-file/"+url.PathEscape(dir[1:]+"/deep/cli.txt")+"?overwrite=true", "{}text")
	if status != 200 {
		t.Errorf("import-file: %d", status)
	}
	wantCode(t, ws.Delete(ctx, workspace.Delete{Path: dir}), 400, "DIRECTORY_NOT_EMPTY", "not empty")
	must(t, ws.Delete(ctx, workspace.Delete{Path: dir, Recursive: true}))
	if _, err := ws.GetStatusByPath(ctx, dir+"/a.py"); !apierr.IsMissing(err) {
		t.Errorf("after delete: %v", err)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := workspace.NewSecrets(sdk(t, shared, shared.Token()))
	must(t, s.CreateScope(ctx, workspace.CreateScope{Scope: "app.secrets"}))
	wantCode(t, s.CreateScope(ctx, workspace.CreateScope{Scope: "app.secrets"}), 400, "RESOURCE_ALREADY_EXISTS", "already exists")
	wantCode(t, s.CreateScope(ctx, workspace.CreateScope{Scope: "a b"}), 400, "INVALID_PARAMETER_VALUE", "1-128")
	must(t, s.PutSecret(ctx, workspace.PutSecret{Scope: "app.secrets", Key: "k", StringValue: "hidden"}))
	wantCode(t, s.PutSecret(ctx, workspace.PutSecret{Scope: "absent", Key: "k", StringValue: "v"}), 404, "RESOURCE_DOES_NOT_EXIST", "absent")
	got, err := s.GetSecret(ctx, workspace.GetSecretRequest{Scope: "app.secrets", Key: "k"})
	must(t, err)
	if got.Value != "aGlkZGVu" {
		t.Errorf("value %q is not base64 of hidden", got.Value)
	}
	keys, err := s.ListSecretsAll(ctx, workspace.ListSecretsRequest{Scope: "app.secrets"})
	must(t, err)
	if len(keys) != 1 || keys[0].LastUpdatedTimestamp == 0 {
		t.Errorf("keys %+v", keys)
	}
	must(t, s.PutAcl(ctx, workspace.PutAcl{Scope: "app.secrets", Principal: "users", Permission: "READ"}))
	acls, err := s.ListAclsAll(ctx, workspace.ListAclsRequest{Scope: "app.secrets"})
	must(t, err)
	if len(acls) != 2 {
		t.Errorf("acls %+v", acls)
	}
	must(t, s.DeleteSecret(ctx, workspace.DeleteSecret{Scope: "app.secrets", Key: "k"}))
	must(t, s.DeleteScopeByScope(ctx, "app.secrets"))
	for _, r := range shared.Requests() {
		if strings.Contains(r.Body, "hidden") && strings.HasPrefix(r.Path, "/api/2.0/secrets") {
			t.Errorf("a secret is recorded: %+v", r)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pg := project(t, shared, "shared-db", postgres.Project{})
	token, err := shared.AddIdentity(sandbox.Identity{UserName: "bob@example.com"})
	must(t, err)
	p := iam.NewPermissions(sdk(t, shared, shared.Token()))
	bob := sdk(t, shared, token)
	bobs := postgres.NewPostgres(bob)
	_, err = bobs.GetProject(ctx, postgres.GetProjectRequest{Name: "projects/shared-db"})
	wantCode(t, err, 403, "PERMISSION_DENIED", "CAN_USE")
	update := func(level iam.PermissionLevel) error {
		_, err := p.Update(ctx, iam.UpdateObjectPermissions{RequestObjectType: "database-projects", RequestObjectId: "shared-db",
			AccessControlList: []iam.AccessControlRequest{{UserName: "bob@example.com", PermissionLevel: level}}})
		return err
	}
	wantCode(t, update("CAN_CREATE"), 400, "BAD_REQUEST", "CAN_CREATE") // inherited only
	must(t, update("CAN_USE"))
	_, err = bobs.GetProject(ctx, postgres.GetProjectRequest{Name: "projects/shared-db"})
	must(t, err)
	_, err = bobs.DeleteProject(ctx, postgres.DeleteProjectRequest{Name: "projects/shared-db"})
	wantCode(t, err, 403, "PERMISSION_DENIED", "CAN_MANAGE")
	// CAN_USE makes one's own role, and no other. [doc]
	op, err := bobs.CreateRole(ctx, postgres.CreateRoleRequest{Parent: "projects/shared-db/branches/production", RoleId: "bob-role",
		Role: postgres.Role{Spec: &postgres.RoleRoleSpec{PostgresRole: "bob@example.com", IdentityType: "USER"}}})
	must(t, err)
	finish(t, pg, op.Name(), "")
	_, err = bobs.CreateRole(ctx, postgres.CreateRoleRequest{Parent: "projects/shared-db/branches/production",
		Role: postgres.Role{Spec: &postgres.RoleRoleSpec{PostgresRole: "eve@example.com", IdentityType: "USER"}}})
	wantCode(t, err, 403, "PERMISSION_DENIED", "CAN_MANAGE")
	e := settle(t, pg, "projects/shared-db/branches/production/endpoints/primary")
	if _, err := login(t, shared, e.Status.Hosts.Host, "bob@example.com", credential(t, bobs, e.Name), "databricks_postgres"); err != nil {
		t.Error(err)
	}

	got, err := p.Get(ctx, iam.GetPermissionRequest{RequestObjectType: "database-projects", RequestObjectId: "shared-db"})
	must(t, err)
	inherited := 0
	for _, a := range got.AccessControlList {
		for _, level := range a.AllPermissions {
			if level.Inherited {
				inherited++
			}
		}
	}
	if len(got.AccessControlList) != 4 || inherited != 2 { // me, bob, admins, users
		t.Errorf("permissions %+v", got.AccessControlList)
	}
	// PUT replaces the direct entries.
	got, err = p.Set(ctx, iam.SetObjectPermissions{RequestObjectType: "database-projects", RequestObjectId: "shared-db",
		AccessControlList: []iam.AccessControlRequest{{UserName: me, PermissionLevel: "CAN_MANAGE"}}})
	must(t, err)
	if len(got.AccessControlList) != 3 {
		t.Errorf("after PUT %+v", got.AccessControlList)
	}
	// Somebody without permission on the project cannot bind it to an app.
	_, err = apps.NewApps(bob).Create(ctx, apps.CreateAppRequest{App: apps.App{Name: "bobs-app", Resources: []apps.AppResource{{Name: "postgres",
		Postgres: &apps.AppResourcePostgres{Branch: "projects/shared-db/branches/production", Permission: "CAN_CONNECT_AND_CREATE"}}}}})
	wantCode(t, err, 403, "PERMISSION_DENIED", "CAN_MANAGE")
}

func TestAuthenticationAndUnknownRoutes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, err := iam.NewCurrentUser(sdk(t, shared, "dapi-unknown")).Me(ctx, iam.MeRequest{})
	wantCode(t, err, 401, "UNAUTHENTICATED", "Invalid access token")
	user, err := iam.NewCurrentUser(sdk(t, shared, shared.Token())).Me(ctx, iam.MeRequest{})
	must(t, err)
	if user.UserName != me || len(user.Emails) != 1 {
		t.Errorf("%+v", user)
	}
	status, answer := raw(t, shared, "GET", "/api/2.1/jobs/list", "")
	if message, _ := answer["message"].(string); status != 404 || !strings.Contains(message, "GET /api/2.1/jobs/list") {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer := raw(t, shared, "POST", "/api/2.0/apps", "{"); status != 400 || answer["error_code"] != "MALFORMED_REQUEST" {
		t.Errorf("%d %v", status, answer)
	}
}
