package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const somewhere = "projects/p/branches/b/endpoints/e"

// What tellr env says of environments that are met, and no secret of theirs.
func TestEnv(t *testing.T) {
	const canary = "CANARY-5f2e"
	var page strings.Builder
	for _, c := range []struct {
		title string
		code  int
		vars  string
	}{
		{"A bound app with the endpoint's path", 0, "PGHOST=ep-1.database.eu-west-1.cloud.databricks.com PGPORT=5432 PGDATABASE=databricks_postgres PGUSER=0a1b PGSSLMODE=require " +
			"PGAPPNAME=web LAKEBASE_ENDPOINT=" + somewhere + " LAKEBASE_SCHEMA=app_data DATABRICKS_APP_NAME=web DATABRICKS_HOST=https://x.cloud.databricks.com " +
			"DATABRICKS_CLIENT_ID=0a1b DATABRICKS_CLIENT_SECRET=" + canary},
		{"What the original's deployment sets", 0, "LAKEBASE_TYPE=provisioned LAKEBASE_INSTANCE=db LAKEBASE_PG_HOST=None LAKEBASE_ENDPOINT_NAME=None LAKEBASE_SCHEMA=app_data " +
			"PGHOST=instance-1.database.cloud.databricks.com PGUSER=0a1b DATABRICKS_CLIENT_ID=0a1b DATABRICKS_TOKEN=" + canary},
		{"Only a host", 0, "PGHOST=ep-1.database.eu-west-1.cloud.databricks.com DATABRICKS_CLIENT_ID=0a1b"},
		{"A URL with its password", 0, "DATABASE_URL=postgresql://me:" + canary + "@db.example.com/d?sslmode=require&sslpassword=" + canary + " LAKEBASE_TYPE=autoscaling LAKEBASE_SCHEMA=app_data PGPASSWORD=" + canary},
		{"Keywords", 0, "DATABASE_URL=host=db\tpassword=" + canary},
		{"Nothing, on a laptop", 0, ""},
		{"Nothing, in an app", 1, "DATABRICKS_APP_NAME=web LAKEBASE_INSTANCE="},
		{"A contradiction", 1, "LAKEBASE_TYPE=provisioned LAKEBASE_ENDPOINT=" + somewhere},
	} {
		b := &bench{T: t, env: map[string]string{}}
		for v := range strings.SplitSeq(c.vars, " ") {
			if name, value, ok := strings.Cut(v, "="); ok {
				b.env[name] = value
			}
		}
		r := b.want(c.code, nil, "env")
		fmt.Fprintf(&page, "## %s\n\n%s%s\n", c.title, r.out, r.err)
		j := b.want(c.code, nil, "env", "--json")
		var x explained
		if err := json.Unmarshal([]byte(j.out), &x); err != nil || (x.Error != nil) != (c.code != 0) || j.err != "" {
			t.Errorf("%s: %v\n%s%s", c.title, err, j.out, j.err)
		}
		if strings.Contains(r.out+r.err+j.out, canary) {
			t.Errorf("%s: a secret is shown:\n%s%s%s", c.title, r.out, r.err, j.out)
		}
	}
	golden(t, "env", page.String())
}

// With --ask, the workspace says what the variables do not.
func TestEnvAsks(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/api/2.0/postgres/" + somewhere:
			fmt.Fprintf(w, `{"name":%q,"status":{"hosts":{"host":"ep-7.database.example.com"}}}`, somewhere)
		case "/api/2.0/preview/scim/v2/Me":
			fmt.Fprint(w, `{"userName":"ann@example.com"}`)
		default:
			fmt.Fprint(w, `{}`)
		}
	}))
	defer s.Close()
	b := &bench{T: t, env: map[string]string{"DATABRICKS_HOST": s.URL, "DATABRICKS_TOKEN": "CANARY", "DATABRICKS_CONFIG_FILE": "/nonexistent", "LAKEBASE_ENDPOINT": somewhere}}
	b.want(0, says("(asked when connecting)", "set PGHOST to spare that"), "env")
	r := b.want(0, says("ep-7.database.example.com", "api: "+somewhere, "ann@example.com", "api: the current user"), "env", "--ask")
	if strings.Contains(r.out, "asked when") || strings.Contains(r.out+r.err, "CANARY") {
		t.Error(r.out)
	}
}
