package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/sandbox"
)

const projectText = `instance "main" {
  name = "db-tellr"
  autoscaling {
    min_cu = 0.5
    max_cu = 2
  }
}
`

const provisionedText = `instance "main" {
  name = "old-db"
  provisioned { capacity = "CU_1" }
}
`

const appText = `app "slides" {
  name            = "tellr-dev"
  description     = "AI slides"
  compute_size    = "MEDIUM"
  user_api_scopes = ["sql", "catalog.tables:read"]
  database        = { instance = instance.main }

  release {
    source         = "app"
    workspace_path = "` + root + `"
    exclude        = ["tests"]
    command        = ["python", "server.py"]
    env            = { LOG_LEVEL = "INFO" }
  }
}
`

var slides = resource.Address{Kind: "app", Name: "slides"}

func TestApp(t *testing.T) {
	w := newWorld(t, sandbox.DefaultDelays())
	text := projectText + appText
	p := w.mustPlan(text)
	if diff := cmp.Diff([]string{"instance.main", "app.slides", "app.slides/release/name", "app.slides/release/upload", "app.slides/release"}, ids(p)); diff != "" {
		t.Error(diff)
	}
	res, err := w.apply(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if id := res.Yields[resource.AttrRef{Address: slides, Attr: "service_principal_client_id"}].Str(); len(id) != 36 {
		t.Errorf("client id %q", id)
	}
	w.settled(text)

	env := w.deployedEnv()
	for _, want := range []string{"ENDPOINT_NAME=projects/db-tellr/branches/production/endpoints/primary", "INSTANCE=db-tellr", "TYPE=autoscaling", "PG_HOST=" + w.host()} {
		if !strings.Contains(env, "LAKEBASE_"+want) {
			t.Errorf("no LAKEBASE_%s in %s", want, env)
		}
	}

	for _, c := range []struct {
		name, from, to string
		ids            []string
		calls          []string
		body           string
	}{
		{"description", `"AI slides"`, `"Other"`, []string{"app.slides"}, []string{"POST /api/2.0/apps/tellr-dev/update"}, `"update_mask":"description"`},
		{"size", `"MEDIUM"`, `"LARGE"`, []string{"app.slides"}, []string{"POST /api/2.0/apps/tellr-dev/update"}, `"update_mask":"compute_size"`},
		{"scopes", `["sql", "catalog.tables:read"]`, `["sql"]`, []string{"app.slides"}, []string{"POST /api/2.0/apps/tellr-dev/update"}, `"update_mask":"user_api_scopes"`},
		{"no scopes", `["sql", "catalog.tables:read"]`, `[]`, []string{"app.slides"}, []string{"POST /api/2.0/apps/tellr-dev/update"}, `"user_api_scopes":[]`},
		{"scopes in another order", `["sql", "catalog.tables:read"]`, `["catalog.tables:read", "sql"]`, nil, nil, ""},
		{"two", `"AI slides"` + "\n" + `  compute_size    = "MEDIUM"`, `"Two"` + "\n" + `  compute_size    = "LARGE"`, []string{"app.slides"}, []string{"POST /api/2.0/apps/tellr-dev/update"}, `"update_mask":"compute_size,description"`},
		{"env", `"INFO"`, `"DEBUG"`, []string{"app.slides/release/upload", "app.slides/release"}, []string{"POST /api/2.0/apps/tellr-dev/deployments"}, ""},
		{"command", `"server.py"]`, `"-u", "server.py"]`, []string{"app.slides/release/upload", "app.slides/release"}, []string{"POST /api/2.0/apps/tellr-dev/deployments"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.reach(text)
			changed := strings.Replace(text, c.from, c.to, 1)
			if changed == text {
				t.Fatal("the case changes nothing")
			}
			before := w.seq()
			p := w.reach(changed)
			if diff := cmp.Diff(c.ids, ids(p)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.calls, w.calls(before)); diff != "" {
				t.Error(diff)
			}
			found := c.body == ""
			for _, r := range w.sb.Requests() {
				found = found || r.Seq > before && strings.Contains(r.Body, c.body)
			}
			if !found {
				t.Errorf("no request has %s", c.body)
			}
		})
	}

	t.Run("files", func(t *testing.T) {
		w.t = t
		w.reach(text)
		w.write("app/server.py", "print('other')\n")
		w.write("app/new.py", "")
		p := w.mustPlan(text)
		reason := p.Step("app.slides/release").Reason
		if reason != "changed: server.py; new: new.py" {
			t.Errorf("reason: %s", reason)
		}
		w.write("app/new.py", "changed after the plan")
		if _, err := w.apply(t.Context(), p); err == nil || !strings.Contains(err.Error(), "files changed after the plan was made: new.py") {
			t.Errorf("err: %v", err)
		}
		w.reach(text)
	})

	t.Run("secret", func(t *testing.T) {
		w.t = t
		secret := strings.Replace(text, `LOG_LEVEL = "INFO"`, `TOKEN = "Bearer ${env("TOKEN")}"`, 1)
		_, ds := w.plan(secret, false)
		if !strings.Contains(ds.Error(), "a secret of the release is missing: env.TOKEN") {
			t.Error(ds)
		}
		w.secrets["env.TOKEN"] = "s3cr3t-one"
		w.reach(secret)
		if env := w.deployedEnv(); !strings.Contains(env, "TOKEN=Bearer s3cr3t-one") {
			t.Error(env)
		}
		w.secrets["env.TOKEN"] = "s3cr3t-two"
		w.reach(secret)
		if env := w.deployedEnv(); !strings.Contains(env, "TOKEN=Bearer s3cr3t-two") {
			t.Error(env)
		}
		delete(w.secrets, "env.TOKEN")
	})

	t.Run("drift", func(t *testing.T) {
		w.t = t
		w.reach(text)
		w.must(w.client.Apps.CreateUpdate(t.Context(), apps.AsyncUpdateAppRequest{AppName: "tellr-dev", UpdateMask: "description", App: &apps.App{Description: "by hand", Name: "tellr-dev"}}))
		w.rest()
		if p := w.reach(text); !cmp.Equal(ids(p), []string{"app.slides"}) {
			t.Error(titles(p))
		}

		// Someone deploys other files.
		w.must(w.client.Apps.Deploy(t.Context(), apps.CreateAppDeploymentRequest{AppName: "tellr-dev", AppDeployment: apps.AppDeployment{SourceCodePath: root}}))
		w.rest()
		p := w.mustPlan(text)
		if c := p.Step("app.slides/release").Changes; len(c) == 0 || c[0].Path.String() != "release.source_code_path" {
			t.Errorf("changes: %v", c)
		}
		w.reach(text)

		// Someone binds it to nothing, and to something of their own.
		w.must(w.client.Apps.CreateUpdate(t.Context(), apps.AsyncUpdateAppRequest{AppName: "tellr-dev", UpdateMask: "resources", App: &apps.App{Name: "tellr-dev",
			Resources: []apps.AppResource{{Name: "warehouse", SqlWarehouse: &apps.AppResourceSqlWarehouse{Id: "abc", Permission: "CAN_USE"}}}}}))
		w.rest()
		w.reach(text)
		got, err := w.client.Apps.GetByName(t.Context(), "tellr-dev")
		if err != nil || len(got.Resources) != 2 {
			t.Errorf("the warehouse is gone: %+v %v", got.Resources, err)
		}

		// Someone stops it.
		w.must(w.client.Apps.Stop(t.Context(), apps.StopAppRequest{Name: "tellr-dev"}))
		w.rest()
		p = w.reach(text)
		if !cmp.Equal(ids(p), []string{"app.slides/release/upload", "app.slides/release/start", "app.slides/release"}) {
			t.Error(titles(p))
		}
	})

	t.Run("crash", func(t *testing.T) {
		w.t = t
		w.reach(text)
		w.write("app/crash", "")
		p := w.mustPlan(text)
		_, err := w.apply(t.Context(), p)
		if err == nil || !strings.Contains(err.Error(), "is deployed and has crashed") {
			t.Fatalf("err: %v", err)
		}
		// The plan goes on saying so.
		p = w.mustPlan(text)
		if s := p.Step("app.slides/release"); s == nil || s.Reason != "it is deployed, and the app is CRASHED" || len(p.Steps) != 1 {
			t.Errorf("%s", titles(p))
		}
	})
	w.t = t

	p, ds := w.plan(text, true, "instance.main")
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	if _, err := w.apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if p, ds := w.plan(text, true); ds.HasErrors() || !p.Empty() {
		t.Error("a second destroy has something to do", ds)
	}
}

func (w *world) must(_ any, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// rest waits until what was begun by hand is done.
func (w *world) rest() {
	w.t.Helper()
	w.must(nil, w.client.Settle(w.t.Context(), func(ctx context.Context) (bool, string, error) {
		got, err := w.client.Apps.GetByName(ctx, "tellr-dev")
		if err != nil {
			return false, "", err
		}
		state := ""
		if got.ComputeStatus != nil {
			state = string(got.ComputeStatus.State)
		}
		up, err := w.client.Apps.GetUpdate(ctx, apps.GetAppUpdateRequest{AppName: "tellr-dev"})
		updating := err == nil && up.Status != nil && up.Status.State == apps.AppUpdateUpdateStatusUpdateStateInProgress
		return got.PendingDeployment == nil && !updating && (state == "ACTIVE" || state == "STOPPED"), state, nil
	}))
}

func (w *world) host() string {
	w.t.Helper()
	ep, err := w.client.Postgres.GetEndpoint(w.t.Context(), endpointOf("db-tellr"))
	if err != nil {
		w.t.Fatal(err)
	}
	return ep.Status.Hosts.Host
}

// deployedEnv is the environment of the last deployment, as it was sent.
func (w *world) deployedEnv() string {
	var out []string
	for _, r := range w.sb.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/deployments") {
			var body apps.AppDeployment
			if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
				w.t.Fatal(err)
			}
			out = nil
			for _, e := range body.EnvVars {
				out = append(out, e.Name+"="+e.Value)
			}
		}
	}
	return strings.Join(out, "\n")
}

func TestAppOfProvisionedInstance(t *testing.T) {
	w := newWorld(t, sandbox.DefaultDelays())
	w.reach(provisionedText + appText)
	got, err := w.client.Apps.GetByName(t.Context(), "tellr-dev")
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Resources[0]; len(got.Resources) != 1 || r.Name != "database" || r.Database == nil || r.Database.InstanceName != "old-db" || r.Database.DatabaseName != "databricks_postgres" {
		t.Errorf("resources: %+v", got.Resources)
	}
	if env := w.deployedEnv(); env != "LAKEBASE_INSTANCE=old-db\nLAKEBASE_TYPE=provisioned\nLOG_LEVEL=INFO" {
		t.Error(env)
	}
	// The instance is another one: the binding moves, and the app is told.
	w.reach(strings.Replace(projectText, "db-tellr", "db-new", 1) + appText)
	if got, err = w.client.Apps.GetByName(t.Context(), "tellr-dev"); err != nil || len(got.Resources) != 1 || got.Resources[0].Postgres == nil {
		t.Errorf("resources: %+v %v", got.Resources, err)
	}
}

// The instance is deleted by hand: the next plan makes a new one, and as its
// host is another one, the release's name is known only then.
func TestInstanceMadeAnew(t *testing.T) {
	w := newWorld(t, sandbox.DefaultDelays())
	text := projectText + appText
	w.reach(text)
	gone, err := w.client.Postgres.DeleteProject(t.Context(), deleteOf("db-tellr"))
	if err != nil {
		t.Fatal(err)
	}
	w.must(nil, gone.Wait(t.Context()))
	p := w.mustPlan(text)
	if p.Step("instance.main") == nil || p.Step("app.slides/release/name") == nil {
		t.Errorf("%s", titles(p))
	}
	w.reach(text)
}

// A kill at any moment: what is left is seen by the next plan, which finishes
// it.
func TestKilledAnywhere(t *testing.T) {
	delays := sandbox.Delays{Compute: 150 * time.Millisecond, Deployment: 150 * time.Millisecond, Operation: 50 * time.Millisecond, Delete: 300 * time.Millisecond}
	w := newWorld(t, delays)
	text := projectText + appText
	changed := strings.Replace(strings.Replace(text, `"AI slides"`, `"Other"`, 1), `"INFO"`, `"DEBUG"`, 1)
	w.reach(projectText)
	for round, target := range []string{text, changed, text} {
		for n := 1; ; n++ {
			p := w.mustPlan(target)
			if p.Empty() {
				break
			}
			if n > 40 {
				t.Fatalf("round %d does not end:\n%s", round, titles(p))
			}
			// Each try is killed one changing request later than the last.
			ctx, cancel := context.WithCancel(t.Context())
			left := n
			w.onChange(func() {
				if left--; left < 0 {
					cancel()
				}
			})
			_, err := w.apply(ctx, p)
			w.onChange(nil)
			cancel()
			if err == nil {
				break
			}
		}
		w.settled(target)
	}
	var made int
	for _, r := range w.sb.Requests() {
		if r.Method == "POST" && r.Path == "/api/2.0/apps" && r.Status == 200 {
			made++
		}
	}
	if made != 1 {
		t.Errorf("the app was made %d times", made)
	}
}

// A killed destroy leaves an app on its way out; making it again waits until
// it is gone.
func TestMadeAgainWhileItGoes(t *testing.T) {
	w := newWorld(t, sandbox.Delays{Delete: 700 * time.Millisecond})
	text := strings.Replace(appText, "database        = { instance = instance.main }\n", "", 1)
	w.reach(text)
	w.must(w.client.Apps.DeleteByName(t.Context(), "tellr-dev"))
	p := w.mustPlan(text)
	if p.Step("app.slides/gone") == nil {
		t.Error(titles(p))
	}
	w.reach(text)
}

func TestLostAnswers(t *testing.T) {
	w := newWorld(t, sandbox.DefaultDelays())
	text := projectText + appText
	w.reach(projectText)
	if err := w.sb.Arm(sandbox.Fault{Route: "POST *", Reset: "after", Count: 3}); err != nil {
		t.Fatal(err)
	}
	w.reach(text)
}

// A read just after a write may still show the world as it was.
func TestStaleReads(t *testing.T) {
	w := newWorld(t, sandbox.DefaultDelays())
	w.reach(projectText)
	w.sb.AfterRequest(func(r sandbox.Request) {
		if r.Method == "POST" && strings.HasPrefix(r.Path, "/api/2.0/apps") {
			if err := w.sb.Arm(sandbox.Fault{Route: "GET /api/2.0/apps/*", Stale: true, Count: 2}); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := w.apply(t.Context(), w.mustPlan(projectText+appText)); err != nil {
		t.Fatal(err)
	}
	w.sb.Disarm()
	w.settled(projectText + appText)
}

// Who may not, is told what it takes.
func TestNoPermission(t *testing.T) {
	w := newWorld(t, sandbox.DefaultDelays())
	w.reach(projectText + appText)
	for _, c := range []struct {
		status        int
		code, summary string
	}{
		{403, "PERMISSION_DENIED", "reading app tellr-dev: no permission"},
		{401, "UNAUTHENTICATED", "the workspace does not accept the login"},
	} {
		if err := w.sb.Arm(sandbox.Fault{Route: "GET /api/2.0/apps/tellr-dev", Status: c.status, ErrorCode: c.code, Message: "no", Count: 1}); err != nil {
			t.Fatal(err)
		}
		_, ds := w.plan(projectText+appText, false)
		if !strings.Contains(ds.Error(), c.summary) {
			t.Error(ds)
		}
	}
}
