package lakebase_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/common/types/fieldmask"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/sandbox"
)

const project = `instance "main" {
  name = "db-tellr"
  autoscaling {
    pg_version    = 17
    min_cu        = 0.5
    max_cu        = 2
    suspend_after = "5m"
    retention     = "48h"
  }
}
`

const provisionedOne = `instance "main" {
  name = "old-db"
  provisioned {
    capacity   = "CU_1"
    node_count = 1
    retention  = "7d"
  }
}
`

func quick() sandbox.Delays { return sandbox.Delays{} }

func TestProject(t *testing.T) {
	w := newWorld(t, quick())
	p := w.mustPlan(project)
	res, err := w.apply(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	host := res.Yields[resource.AttrRef{Address: resource.Address{Kind: "instance", Name: "main"}, Attr: "host"}]
	if host.Str() == "" {
		t.Errorf("no host was yielded: %v", res.Yields)
	}
	w.settled(project)

	for _, c := range []struct{ name, from, to, call string }{
		{"a size", "max_cu        = 2", "max_cu        = 4", "PATCH /api/2.0/postgres/projects/db-tellr/branches/production/endpoints/primary?update_mask=spec.autoscaling_limit_max_cu"},
		{"both sizes", "min_cu        = 0.5\n    max_cu        = 2", "min_cu        = 3\n    max_cu        = 8", "PATCH /api/2.0/postgres/projects/db-tellr/branches/production/endpoints/primary?update_mask=spec.autoscaling_limit_min_cu%2Cspec.autoscaling_limit_max_cu"},
		{"never suspend", `"5m"`, `"never"`, "PATCH /api/2.0/postgres/projects/db-tellr/branches/production/endpoints/primary?update_mask=spec.suspension"},
		{"suspend", `"5m"`, `"1h30m"`, "PATCH /api/2.0/postgres/projects/db-tellr/branches/production/endpoints/primary?update_mask=spec.suspension"},
		{"retention", `"48h"`, `"14d"`, "PATCH /api/2.0/postgres/projects/db-tellr?update_mask=spec.history_retention_duration"},
		{"display name", "pg_version    = 17", "pg_version    = 17\n    display_name = \"Tellr \\\"x\\\"\"", "PATCH /api/2.0/postgres/projects/db-tellr?update_mask=spec.display_name"},
		{"native login", "pg_version    = 17", "pg_version    = 17\n    enable_pg_native_login = true", "PATCH /api/2.0/postgres/projects/db-tellr?update_mask=spec.enable_pg_native_login"},
		{"no native login", "pg_version    = 17", "pg_version    = 17\n    enable_pg_native_login = false", "PATCH /api/2.0/postgres/projects/db-tellr?update_mask=spec.enable_pg_native_login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			text := strings.Replace(project, c.from, c.to, 1)
			if text == project {
				t.Fatal("the case changes nothing")
			}
			before := w.seq()
			w.reach(text)
			if diff := cmp.Diff([]string{c.call}, w.calls(before)); diff != "" {
				t.Error(diff)
			}
			// Back, so that the next case begins at the same place.
			w.reach(project)
		})
	}
	w.t = t

	t.Run("endpoint", func(t *testing.T) {
		w.t = t
		e := w.endpoint(project)
		if e.Absent || e.User != me || e.Database != "databricks_postgres" || e.SSLMode != "verify-full" || e.Host == "" || e.Port == 0 {
			t.Errorf("endpoint: %+v", e)
		}
		one, err := e.Password(t.Context())
		if err != nil || one == "" {
			t.Fatal(one, err)
		}
		w.secrets["env.PW"] = "hunter2"
		e = w.endpoint(project+"", `connection = { host = "tunnel", port = 6000, user = "u", password = env("PW"), sslmode = "require", database = "other" }`)
		if pw, _ := e.Password(t.Context()); e.Host != "tunnel" || e.Port != 6000 || e.User != "u" || pw != "hunter2" || e.SSLMode != "require" || e.Database != "other" {
			t.Errorf("endpoint: %+v, %s", e, pw)
		}
	})
	w.t = t

	t.Run("declared as provisioned", func(t *testing.T) {
		w.t = t
		_, ds := w.plan(strings.Replace(provisionedOne, "old-db", "db-tellr", 1), false)
		if !strings.Contains(ds.Error(), "the name is taken by another type of instance") {
			t.Error(ds)
		}
	})
	w.t = t

	t.Run("existing", func(t *testing.T) {
		w.t = t
		other := strings.Replace(strings.Replace(project, "max_cu        = 2", "max_cu        = 4", 1), "name = \"db-tellr\"", "name = \"db-tellr\"\n existing = true", 1)
		w.settled(other)
		p, ds := w.plan(other, true)
		if ds.HasErrors() || !p.Empty() {
			t.Error("an existing instance would be destroyed", ds)
		}
		_, ds = w.plan(strings.Replace(other, "db-tellr", "db-none", 1), false)
		if !strings.Contains(ds.Error(), "the existing instance is not there") {
			t.Error(ds)
		}
	})
	w.t = t

	t.Run("replace", func(t *testing.T) {
		w.t = t
		text := strings.Replace(project, "pg_version    = 17", "pg_version    = 16", 1)
		p := w.mustPlan(text)
		if p.Summary.Replace != 1 || p.Summary.Blocked != 1 {
			t.Errorf("%+v\n%s", p.Summary, titles(p))
		}
		p = w.mustPlan(text, "instance.main")
		if _, err := w.apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		w.settled(text)
	})
	w.t = t

	p, ds := w.plan(project, true, "instance.main")
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	if _, err := w.apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if e := w.endpoint(project); !e.Absent {
		t.Errorf("after a destroy: %+v", e)
	}
	p, ds = w.plan(project, true)
	if ds.HasErrors() || !p.Empty() {
		t.Error("a second destroy has something to do", ds)
	}
}

func (w *world) endpoint(text string, more ...string) resource.Endpoint {
	w.t.Helper()
	if len(more) > 0 {
		i := strings.LastIndex(text, "}")
		text = text[:i] + strings.Join(more, "\n") + "\n}\n"
	}
	desired, ds := load(w.t, text)
	if ds.HasErrors() {
		w.t.Fatal(ds)
	}
	scopes, ds := w.provider.Scopes("dev", desired)
	if ds.HasErrors() {
		w.t.Fatal(ds)
	}
	e, err := w.provider.Endpoint(w.t.Context(), scopes[0], desired[0].Address, "databricks_postgres", w.services())
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func TestProvisioned(t *testing.T) {
	w := newWorld(t, quick())
	p, ds := w.plan(provisionedOne, false)
	if ds.HasErrors() || !strings.Contains(ds.Error(), "autoscaling one inside") {
		t.Error("no warning:", ds)
	}
	if _, err := w.apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	w.settled(provisionedOne)
	e := w.endpoint(provisionedOne)
	if pw, err := e.Password(t.Context()); err != nil || pw == "" || e.Host == "" || e.User != me {
		t.Errorf("%+v %q %v", e, pw, err)
	}
	const patch = "PATCH /api/2.0/database/instances/old-db?update_mask="
	for _, c := range []struct {
		name, from, to string
		calls          []string
	}{
		{"capacity", "CU_1", "CU_2", []string{patch + "capacity"}},
		{"nodes", "node_count = 1", "node_count = 2\n    enable_readable_secondaries = true", []string{patch + "capacity%2Cnode_count%2Cenable_readable_secondaries"}},
		{"back", "node_count = 1", "node_count = 1\n    enable_readable_secondaries = false", []string{patch + "node_count%2Cenable_readable_secondaries"}},
		{"retention", `"7d"`, `"2w"`, []string{patch + "retention_window_in_days"}},
		{"native login", "node_count = 1", "node_count = 1\n    enable_pg_native_login = true", []string{patch + "retention_window_in_days%2Cenable_pg_native_login"}},
		{"stop", "node_count = 1", "node_count = 1\n    stopped = true", []string{patch + "stopped"}},
		{"change while stopped", "node_count = 1\n", "node_count = 2\n    stopped = true\n", []string{patch + "stopped", patch + "node_count", patch + "stopped"}},
		{"start", "node_count = 1", "node_count = 2\n    stopped = false", []string{patch + "stopped"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			text := strings.Replace(provisionedOne, c.from, c.to, 1)
			before := w.seq()
			w.reach(text)
			if diff := cmp.Diff(c.calls, w.calls(before)); diff != "" {
				t.Error(diff)
			}
		})
	}
	w.t = t
	p, ds = w.plan(provisionedOne, true, "instance.main")
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	if _, err := w.apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if e := w.endpoint(provisionedOne); !e.Absent {
		t.Errorf("after a destroy: %+v", e)
	}
}

// A killed apply leaves an instance that is still starting: the next plan
// waits for it, and makes nothing twice.
func TestKilledWhileItStarts(t *testing.T) {
	for name, text := range map[string]string{"project": project, "instance": provisionedOne} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Delays{Instance: 1500 * time.Millisecond, Operation: 1500 * time.Millisecond, Settle: 300 * time.Millisecond})
			p := w.mustPlan(text)
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer cancel()
			if _, err := w.apply(ctx, p); err == nil {
				t.Fatal("the apply was not interrupted")
			}
			p = w.mustPlan(text)
			if len(p.Steps) != 1 || p.Steps[0].Call != nil || p.Steps[0].Wait == nil {
				t.Errorf("want one step that waits, got\n%s", titles(p))
			}
			before := w.seq()
			if _, err := w.apply(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if c := w.calls(before); len(c) != 0 {
				t.Errorf("calls: %v", c)
			}
			w.settled(text)
		})
	}
}

// A lost answer makes the SDK send the create again, which finds the name
// taken, by what it made itself.
func TestLostAnswer(t *testing.T) {
	for name, text := range map[string]string{"project": project, "instance": provisionedOne} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, quick())
			p := w.mustPlan(text)
			w.loseAnswer("POST")
			if _, err := w.apply(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			w.settled(text)
		})
	}
}

func TestNameTakenMeanwhile(t *testing.T) {
	w := newWorld(t, quick())
	mine := w.mustPlan(project)
	_ = mine
	other := strings.Replace(project, "max_cu        = 2", "max_cu        = 4", 1)
	w.reach(other)
	if _, err := w.apply(t.Context(), mine); err == nil || !strings.Contains(err.Error(), "stale") {
		t.Errorf("want a stale plan, got %v", err)
	}
}

func (w *world) loseAnswer(method string) {
	w.t.Helper()
	if err := w.sb.Arm(sandbox.Fault{Route: method + " *", Reset: "after"}); err != nil {
		w.t.Fatal(err)
	}
}

// A project that was deleted but not purged keeps its name and data: tellr
// does not guess which of the two is wanted.
func TestDeletedProjectKeepsItsName(t *testing.T) {
	w := newWorld(t, quick())
	w.reach(project)
	if _, err := w.client.Postgres.DeleteProject(t.Context(), postgres.DeleteProjectRequest{Name: "projects/db-tellr"}); err != nil {
		t.Fatal(err)
	}
	_, ds := w.plan(project, false)
	if !strings.Contains(ds.Error(), "the name belongs to a deleted project") || !strings.Contains(ds.Error(), "undelete-project projects/db-tellr") {
		t.Error(ds)
	}
	if p, ds := w.plan(project, true); ds.HasErrors() || !p.Empty() {
		t.Error("a destroy has something to do", ds)
	}
}

func TestCreatedStopped(t *testing.T) {
	w := newWorld(t, quick())
	w.reach(strings.Replace(provisionedOne, "node_count = 1", "stopped = true", 1))
}

// What someone changes by hand is found and put back.
func TestDrift(t *testing.T) {
	w := newWorld(t, quick())
	w.reach(project)
	op, err := w.client.Postgres.UpdateEndpoint(t.Context(), postgres.UpdateEndpointRequest{
		Name: "projects/db-tellr/branches/production/endpoints/primary", UpdateMask: *fieldmask.New([]string{"spec.autoscaling_limit_max_cu"}),
		Endpoint: postgres.Endpoint{Spec: &postgres.EndpointSpec{AutoscalingLimitMaxCu: 8, EndpointType: postgres.EndpointTypeEndpointTypeReadWrite}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := op.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := w.mustPlan(project)
	if len(p.Steps) != 1 || len(p.Steps[0].Changes) != 1 || p.Steps[0].Changes[0].Path.String() != "autoscaling.max_cu" {
		t.Errorf("%s", titles(p))
	}
	w.reach(project)
}
