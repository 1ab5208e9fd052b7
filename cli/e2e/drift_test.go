package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What somebody changes behind tellr's back is found, called drift, and
// repaired.
func TestDriftIsFoundNamedAndRepaired(t *testing.T) {
	w := newWorld(t)
	const file = "environments/dev.hcl"
	w.ok("apply", file, "--yes")
	app := w.appRole("ai-slide-generator-dev")
	me := `"me@example.com"`

	cases := []struct {
		name string
		do   func()
		want []string // in the plan
	}{
		{"a column dropped", func() { w.sql(devInstance, "ALTER TABLE app_data.export_jobs DROP COLUMN title") },
			[]string{"table.export_jobs", "drift", "ADD COLUMN title"}},
		{"a grant revoked", func() {
			w.sql(devInstance, "SET ROLE "+me, `REVOKE INSERT ON app_data.export_jobs FROM "`+app+`"`, "RESET ROLE")
		}, []string{"grants.slides", "drift", "GRANT INSERT", "export_jobs"}},
		{"a privilege too many", func() {
			w.sql(devInstance, "SET ROLE "+me, `GRANT TRUNCATE ON app_data.export_jobs TO "`+app+`"`, "RESET ROLE")
		}, []string{"grants.slides", "drift", "REVOKE TRUNCATE", "export_jobs"}},
		{"a default privilege lost", func() {
			w.sql(devInstance, "ALTER DEFAULT PRIVILEGES FOR ROLE "+me+` IN SCHEMA app_data REVOKE UPDATE ON TABLES FROM "`+app+`"`)
		}, []string{"grants.slides", "drift", "ALTER DEFAULT PRIVILEGES", "UPDATE"}},
		{"an index of the same name with other columns", func() {
			w.sql(devInstance, "DROP INDEX app_data.ix_usage_events_type_ts", "CREATE INDEX ix_usage_events_type_ts ON app_data.usage_events (ts)",
				"ALTER INDEX app_data.ix_usage_events_type_ts OWNER TO "+me)
		}, []string{"table.usage_events", "drift", "ix_usage_events_type_ts"}},
		{"a default changed", func() {
			w.sql(devInstance, "ALTER TABLE app_data.design_system ALTER is_active SET DEFAULT false")
		}, []string{"table.design_system", "drift", "SET DEFAULT true"}},
		{"a trigger dropped", func() {
			w.sql(devInstance, "DROP TRIGGER trg_agent_config_precedence ON app_data.config_profiles")
		}, []string{"trigger.", "drift", "CREATE TRIGGER"}},
		{"a table dropped", func() { w.sql(devInstance, "DROP TABLE app_data.usage_events") },
			[]string{"table.usage_events", "drift", "CREATE TABLE"}},
		{"the app's description", func() {
			w.api("POST", "/api/2.0/apps/ai-slide-generator-dev/update", `{"app":{"description":"theirs"},"update_mask":"description"}`)
		}, []string{"app.slides", "drift", `"theirs"`, "AI Slide Generator: development"}},
		{"the instance's size", func() {
			w.api("PATCH", "/api/2.0/database/instances/"+devInstance+"?update_mask=capacity", `{"capacity":"CU_4"}`)
		}, []string{"instance.main", "drift", "CU_4", "CU_1"}},
	}
	for _, c := range cases {
		c.do()
		plan := w.exits(2, "plan", file, "--detailed-exitcode")
		for _, want := range c.want {
			if !strings.Contains(plan.out, want) {
				t.Errorf("%s: %q is not in the plan:\n%s", c.name, want, plan.out)
			}
		}
		if strings.Contains(plan.out, "blocked") {
			t.Errorf("%s: the repair is blocked:\n%s", c.name, plan.out)
		}
		w.ok("apply", file, "--yes")
		w.settled(file)
	}

	// The instance itself: everything is planned anew, and made anew.
	w.api("DELETE", "/api/2.0/database/instances/"+devInstance+"?purge=true", "")
	w.eventually("the instance is gone", func() bool {
		return w.status("GET", "/api/2.0/database/instances/"+devInstance) == http.StatusNotFound
	})
	plan := w.exits(2, "plan", file, "--detailed-exitcode")
	contains(t, plan.out, "instance.main", "table.user_sessions")
	w.ok("apply", file, "--yes")
	w.settled(file)
}

// A change that destroys data is shown, and refused until it is named.
func TestLosingDataHasToBeNamed(t *testing.T) {
	w := newWorld(t)
	const file = "environments/dev.hcl"
	w.ok("apply", file, "--yes")
	w.sql(devInstance, "INSERT INTO app_data.usage_events (username, event_type, ts) VALUES ('me', 'x', now())")
	w.edit("examples/tellr/tables/usage.hcl", `    session_id = { type = "integer" }
`, "")
	refused := w.exits(5, "apply", file, "--yes")
	contains(t, refused.out+refused.err, "table.usage_events.columns.session_id", "--allow-destroy", "DROP COLUMN session_id")
	if n := w.one(devInstance, "SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'app_data.usage_events'::regclass AND attname = 'session_id'"); n != "1" {
		t.Fatal("the column is gone although nobody named it")
	}
	w.exits(1, "apply", file, "--yes", "--allow-destroy", "table.usage_events.columns.session")
	w.ok("apply", file, "--yes", "--allow-destroy", "table.usage_events.columns.session_id")
	w.settled(file)
	if n := w.one(devInstance, "SELECT count(*)::text FROM app_data.usage_events"); n != "1" {
		t.Errorf("%s rows are left, want 1", n)
	}
}

// api calls the workspace as a person at a terminal would.
func (w *world) api(method, path, body string) {
	w.Helper()
	w.call(w.sb.Token(), method, path, body, nil)
}

// call calls the workspace with a token, and reads the answer into out.
func (w *world) call(token, method, path, body string, out any) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, w.sb.Host()+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		w.Fatalf("%s %s: %s %s %v", method, path, res.Status, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) status(method, path string) int {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, w.sb.Host()+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.sb.Token())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	_ = res.Body.Close() // only the status counts
	return res.StatusCode
}

// appRole is the Postgres role of an app: its service principal.
func (w *world) appRole(name string) string {
	w.Helper()
	var app struct {
		ID string `json:"service_principal_client_id"`
	}
	w.call(w.sb.Token(), "GET", "/api/2.0/apps/"+name, "", &app)
	return app.ID
}
