package sandbox_test

import (
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/databricks/databricks-sdk-go/service/workspace"

	"github.com/tellr-dev/tellr/sandbox"
)

// source writes files into a workspace folder.
func source(t *testing.T, sb *sandbox.Sandbox, dir string, files map[string]string) {
	t.Helper()
	ws := workspace.NewWorkspace(sdk(t, sb, sb.Token()))
	must(t, ws.MkdirsByPath(t.Context(), dir))
	for name, content := range files {
		must(t, ws.Upload(t.Context(), dir+"/"+name, strings.NewReader(content), workspace.UploadFormat(workspace.ImportFormatRaw), workspace.UploadOverwrite()))
	}
}

func appStatus(t *testing.T, a *apps.AppsAPI, name string, state apps.ApplicationState) *apps.App {
	t.Helper()
	var app *apps.App
	poll(t, func() string {
		var err error
		app, err = a.GetByName(t.Context(), name)
		must(t, err)
		if app.AppStatus.State != state {
			return name + " is " + string(app.AppStatus.State) + ": " + app.AppStatus.Message
		}
		return ""
	})
	return app
}

func TestAppLife(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := unhurried(t)
	pg := project(t, sb, "appdb", postgres.Project{})
	e := settle(t, pg, "projects/appdb/branches/production/endpoints/primary")
	a := apps.NewApps(sdk(t, sb, sb.Token()))
	binding := apps.AppResource{Name: "postgres", Postgres: &apps.AppResourcePostgres{Branch: "projects/appdb/branches/production",
		Database: "projects/appdb/branches/production/databases/databricks-postgres", Permission: "CAN_CONNECT_AND_CREATE"}}
	_, err := a.Create(ctx, apps.CreateAppRequest{App: apps.App{Name: "Life_App"}})
	wantCode(t, err, 400, "INVALID_PARAMETER_VALUE", "2-30 characters")
	wait, err := a.Create(ctx, apps.CreateAppRequest{App: apps.App{Name: "life-app", Description: "one", Resources: []apps.AppResource{binding}}})
	must(t, err)
	clientID := wait.Response.ServicePrincipalClientId
	if len(clientID) != 36 || wait.Response.ComputeStatus.State != apps.ComputeStateStarting || wait.Response.ComputeSize != apps.ComputeSizeMedium {
		t.Errorf("created %+v", wait.Response)
	}
	if _, err := wait.Get(); err != nil { // the SDK's own waiter
		t.Fatal(err)
	}

	// The binding made the role: it logs in by the service principal's own credential (OAuth M2M), and has CONNECT, CREATE.
	secret, err := sb.SecretOf(clientID)
	must(t, err)
	m2m, err := client.New(&config.Config{Host: sb.Host(), ClientID: clientID, ClientSecret: secret, AuthType: "oauth-m2m", ConfigFile: "/nonexistent"})
	must(t, err)
	who, err := iam.NewCurrentUser(m2m).Me(ctx, iam.MeRequest{})
	must(t, err)
	if who.UserName != clientID {
		t.Errorf("the app is %q", who.UserName)
	}
	its, err := login(t, sb, e.Status.Hosts.Host, clientID, credential(t, postgres.NewPostgres(m2m), e.Name), "databricks_postgres")
	must(t, err)
	statement(t, its, "", "CREATE SCHEMA its")
	statement(t, its, "42501", "CREATE TABLE public.t ()")
	if role, err := pg.GetRole(ctx, postgres.GetRoleRequest{Name: "projects/appdb/branches/production/roles/dbrx-apps-" + clientID}); err != nil || role.Status.IdentityType != "SERVICE_PRINCIPAL" {
		t.Errorf("role %+v %v", role, err)
	}
	env, err := sb.AppEnv("life-app")
	must(t, err)
	if joined := strings.Join(env, "\n"); !strings.Contains(joined, "PGHOST="+e.Status.Hosts.Host) || !strings.Contains(joined, "PGUSER="+clientID) {
		t.Errorf("environment %s", joined)
	}

	// Deployment.
	const dir = "/Workspace/Users/me@example.com/life-app"
	source(t, sb, dir, map[string]string{"app.py": "print(1)", "app.yaml": "command: [python, app.py]\nenv:\n- name: PG\n  valueFrom: postgres\n"})
	d, err := a.Deploy(ctx, apps.CreateAppDeploymentRequest{AppName: "life-app", AppDeployment: apps.AppDeployment{SourceCodePath: dir,
		Mode: apps.AppDeploymentModeSnapshot, EnvVars: []apps.EnvVar{{Name: "SECRET", Value: "hidden"}}}})
	must(t, err)
	_, err = a.Deploy(ctx, apps.CreateAppDeploymentRequest{AppName: "life-app", AppDeployment: apps.AppDeployment{SourceCodePath: dir}})
	wantCode(t, err, 409, "RESOURCE_CONFLICT", "active deployment in progress")
	done, err := d.Get() // the SDK's own waiter
	must(t, err)
	if len(done.EnvVars) != 1 || done.EnvVars[0].Name != "SECRET" || done.EnvVars[0].Value != "" { // [issue CLI #6179]
		t.Errorf("deployment %+v", done)
	}
	app := appStatus(t, a, "life-app", apps.ApplicationStateRunning)
	if app.ActiveDeployment.DeploymentId != done.DeploymentId || app.DefaultSourceCodePath != dir || app.PendingDeployment != nil {
		t.Errorf("app %+v", app)
	}

	// Updates: legacy PATCH fails with compute_size in the body, CreateUpdate changes what is masked. [issue TF #5944]
	_, err = a.Update(ctx, apps.UpdateAppRequest{Name: "life-app", App: apps.App{Name: "life-app", Description: "two", ComputeSize: "MEDIUM"}})
	wantCode(t, err, 400, "BAD_REQUEST", "Compute size updates are not supported in this update API")
	up, err := a.CreateUpdate(ctx, apps.AsyncUpdateAppRequest{AppName: "life-app", UpdateMask: "description,compute_size",
		App: &apps.App{Name: "life-app", Description: "three", ComputeSize: "LARGE"}})
	must(t, err)
	if _, err := up.Get(); err != nil { // the SDK's own waiter
		t.Fatal(err)
	}
	app, err = a.GetByName(ctx, "life-app")
	must(t, err)
	if app.Description != "three" || app.ComputeSize != "LARGE" || len(app.Resources) != 1 || app.ServicePrincipalClientId != clientID {
		t.Errorf("app %+v", app)
	}
	status, answer := raw(t, sb, "POST", "/api/2.0/apps/life-app/update", `{"app":{},"update_mask":"space"}`)
	if status != 400 {
		t.Errorf("masking space: %d %v", status, answer)
	}

	// Removing the binding drops the role and gives what it owned to the remover.
	status, answer = raw(t, sb, "POST", "/api/2.0/apps/life-app/update", `{"app":{"resources":[]},"update_mask":"resources"}`)
	if status != 200 {
		t.Fatalf("removing the resource: %d %v", status, answer)
	}
	mine, err := login(t, sb, e.Status.Hosts.Host, me, credential(t, pg, e.Name), "databricks_postgres")
	must(t, err)
	statement(t, mine, "", "DROP SCHEMA its")
	if _, err := login(t, sb, e.Status.Hosts.Host, clientID, secret, "databricks_postgres"); err == nil {
		t.Error("the app still logs in")
	}

	// Stop clears the deployment; a deployment needs compute.
	poll(t, func() string {
		if _, err := a.Stop(ctx, apps.StopAppRequest{Name: "life-app"}); err != nil {
			return err.Error()
		}
		return ""
	})
	poll(t, func() string {
		if app, err = a.GetByName(ctx, "life-app"); err != nil || app.ComputeStatus.State != "STOPPED" {
			return "not stopped"
		}
		return ""
	})
	if app.ActiveDeployment != nil {
		t.Errorf("stopped app %+v", app)
	}
	_, err = a.Deploy(ctx, apps.CreateAppDeploymentRequest{AppName: "life-app", AppDeployment: apps.AppDeployment{SourceCodePath: dir}})
	wantCode(t, err, 400, "BAD_REQUEST", "compute is in state STOPPED")

	// Delete: DELETING for a while, then gone; the next app of that name has another service principal.
	_, err = a.DeleteByName(ctx, "life-app")
	must(t, err)
	_, err = a.DeleteByName(ctx, "life-app")
	wantCode(t, err, 400, "BAD_REQUEST", "not terminal with state DELETING")
	_, err = a.Create(ctx, apps.CreateAppRequest{App: apps.App{Name: "life-app"}})
	wantCode(t, err, 409, "RESOURCE_ALREADY_EXISTS", "An app with the same name already exists")
	poll(t, func() string {
		if _, err := a.GetByName(ctx, "life-app"); !apierr.IsMissing(err) {
			return "still there"
		}
		return ""
	})
	again, err := a.Create(ctx, apps.CreateAppRequest{App: apps.App{Name: "life-app"}, NoCompute: true})
	must(t, err)
	if again.Response.ServicePrincipalClientId == clientID || again.Response.ComputeStatus.State != "STOPPED" {
		t.Errorf("re-created %+v", again.Response)
	}
}

func TestDeploymentsThatFail(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a := apps.NewApps(sdk(t, shared, shared.Token()))
	wait, err := a.Create(ctx, apps.CreateAppRequest{App: apps.App{Name: "failing"}})
	must(t, err)
	if _, err := wait.Get(); err != nil {
		t.Fatal(err)
	}
	root := "/Workspace/Users/me@example.com/failing"
	source(t, shared, root+"/good", map[string]string{"app.py": ""})
	source(t, shared, root+"/crash", map[string]string{"app.py": "", "crash": ""})
	source(t, shared, root+"/huge", map[string]string{"app.py": "", "data.bin": strings.Repeat("x", 10<<20+1)})
	source(t, shared, root+"/empty", nil)
	source(t, shared, root+"/reference", map[string]string{"app.py": "", "app.yml": "env: [{name: A, valueFrom: nothing}]"})
	source(t, shared, root+"/nothing", map[string]string{"README.md": ""})
	for _, c := range []struct {
		dir, env string
		state    apps.AppDeploymentState
		message  string
		app      apps.ApplicationState
	}{
		{"absent", "", "FAILED", "does not exist", "UNAVAILABLE"},
		{"empty", "", "FAILED", "No source code files", "UNAVAILABLE"},
		{"huge", "", "FAILED", "larger than the maximum of 10 MB", "UNAVAILABLE"},
		{"reference", "", "FAILED", "Error resolving resource nothing", "UNAVAILABLE"},
		{"nothing", "", "SUCCEEDED", "", "CRASHED"},
		{"good", "", "SUCCEEDED", "", "RUNNING"},
		{"absent", "", "FAILED", "does not exist", "RUNNING"}, // the running one stays
		{"crash", "", "SUCCEEDED", "", "CRASHED"},
		{"good", "1", "SUCCEEDED", "", "CRASHED"},
	} {
		deployment := apps.AppDeployment{SourceCodePath: root + "/" + c.dir}
		if c.env != "" {
			deployment.EnvVars = []apps.EnvVar{{Name: "TELLR_SANDBOX_CRASH", Value: c.env}}
		}
		d, err := a.Deploy(ctx, apps.CreateAppDeploymentRequest{AppName: "failing", AppDeployment: deployment})
		must(t, err)
		poll(t, func() string {
			got, err := a.GetDeploymentByAppNameAndDeploymentId(ctx, "failing", d.Response.DeploymentId)
			must(t, err)
			if got.Status.State == "IN_PROGRESS" {
				return "in progress"
			}
			if got.Status.State != c.state || !strings.Contains(got.Status.Message, c.message) {
				t.Errorf("%s: %+v", c.dir, got.Status)
			}
			return ""
		})
		appStatus(t, a, "failing", c.app)
	}
}

func TestBindingsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		resource string
		status   int
		want     string
	}{
		"two kinds":           {`{"name":"r","job":{"id":"1","permission":"CAN_VIEW"},"app":{"name":"x","permission":"CAN_USE"}}`, 400, "exactly one kind"},
		"no kind":             {`{"name":"r"}`, 400, "exactly one kind"},
		"unknown level":       {`{"name":"r","job":{"id":"1","permission":"CAN_FLY"}}`, 400, "CAN_FLY"},
		"no database name":    {`{"name":"r","database":{"instance_name":"x","permission":"CAN_CONNECT_AND_CREATE"}}`, 400, "database_name"},
		"unknown instance":    {`{"name":"r","database":{"instance_name":"x","database_name":"y","permission":"CAN_CONNECT_AND_CREATE"}}`, 404, "Database instance x does not exist"},
		"unknown branch":      {`{"name":"r","postgres":{"branch":"projects/x/branches/y","permission":"CAN_CONNECT_AND_CREATE"}}`, 404, "does not exist"},
		"unknown secret":      {`{"name":"r","secret":{"scope":"x","key":"y","permission":"READ"}}`, 404, "x/y"},
		"unknown other app":   {`{"name":"r","app":{"name":"nobody","permission":"CAN_USE"}}`, 404, "nobody"},
		"wrong kind of value": {`{"name":1}`, 400, "expected string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := raw(t, shared, "POST", "/api/2.0/apps", `{"name":"checked","resources":[`+c.resource+`]}`)
			if message, _ := answer["message"].(string); status != c.status || !strings.Contains(message, c.want) {
				t.Errorf("%d %v", status, answer)
			}
		})
	}
}
