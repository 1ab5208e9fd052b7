package lakebase_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// original is what the Python original makes of an environment, as far as that works: the branches of its database.py in
// their order. ok is false where it raises, or would connect to a host called None.
type original struct {
	url      string // verbatim, with whatever password it has
	host     string
	user     string // empty: who is logged in to the workspace
	api      string // postgres or database; empty for no token
	database string // what the API is asked about
	local    bool
}

func originally(env map[string]string) (o original, ok bool) {
	kind := env["LAKEBASE_TYPE"]
	token := func() bool {
		if o.api, o.database = "database", env["LAKEBASE_INSTANCE"]; kind == "autoscaling" {
			o.api, o.database = "postgres", env["LAKEBASE_ENDPOINT_NAME"]
		}
		return o.database != "" && o.database != "None"
	}
	switch u := env["DATABASE_URL"]; {
	case u != "" && !strings.HasPrefix(u, "jdbc:"):
		o.url = u
		return o, true
	case kind == "autoscaling":
		o.host, o.user = env["LAKEBASE_PG_HOST"], env["PGUSER"]
		return o, o.host != "" && o.host != "None" && token()
	case env["PGHOST"] != "" && env["PGUSER"] != "":
		o.host, o.user = env["PGHOST"], env["PGUSER"]
		return o, token()
	default:
		o.local = true
		return o, kind == ""
	}
}

// An application that comes from the original finds all its variables honoured: every combination of them that works
// there works here and means the same database, user and API.
func TestEveryCombinationOfTheOriginal(t *testing.T) {
	const cluster = "instance-1.database.cloud.databricks.com"
	choices := []struct {
		name   string
		values []string
	}{
		{"DATABASE_URL", []string{"", "jdbc:postgresql://x/y", "postgresql://u:secret@db.example.com:6000/d", "postgresql://u@localhost/d"}},
		{"LAKEBASE_TYPE", []string{"", "provisioned", "autoscaling"}},
		{"LAKEBASE_PG_HOST", []string{"", "None", cluster}},
		{"LAKEBASE_ENDPOINT_NAME", []string{"", "None", path}},
		{"LAKEBASE_INSTANCE", []string{"", "tellr-db"}},
		{"LAKEBASE_SCHEMA", []string{"", "app_data", "App-Data"}},
		{"PGHOST", []string{"", cluster}},
		{"PGUSER", []string{"", "0a1b2c"}},
		{"PGSSLMODE", []string{"", "require"}}, // the platform sets it, the original never looks
	}
	total := 1
	for _, c := range choices {
		total *= len(c.values)
	}
	seen := map[string]int{}
	for n := range total {
		env, k := map[string]string{}, n
		for _, c := range choices {
			env[c.name] = c.values[k%len(c.values)]
			k /= len(c.values)
		}
		want, works := originally(env)
		if !works {
			continue
		}
		r, err := lakebase.Resolve(func(name string) string { return env[name] }, lakebase.Config{LocalDatabase: "ai_slide_generator"})
		kind := env["LAKEBASE_TYPE"]
		fail := func(format string, args ...any) { t.Errorf("%v: %s", env, fmt.Sprintf(format, args...)) }
		switch {
		case want.api == "database" && env["LAKEBASE_ENDPOINT_NAME"] == path && kind == "provisioned":
			// The one thing that is refused: the original ignores the endpoint, and its deployments never set both.
			if seen["conflict"]++; !errors.Is(err, lakebase.ErrConflict) {
				fail("%v", err)
			}
			continue
		case err != nil:
			fail("%v", err)
			continue
		case want.url != "":
			u, _ := url.Parse(want.url)
			if seen["url"]++; r.Kind != lakebase.KindURL || r.Host != u.Hostname() || r.User != u.User.Username() {
				fail("%s", r)
			}
			continue
		case want.local:
			// PGHOST, PGUSER or an endpoint alone name a database here, and did not there; the local default is for nothing.
			named := env["PGHOST"] + strings.ReplaceAll(env["LAKEBASE_PG_HOST"]+env["LAKEBASE_ENDPOINT_NAME"], "None", "") + env["LAKEBASE_INSTANCE"]
			if named != "" {
				continue
			}
			if seen["local"]++; r.Kind != lakebase.KindLocal || r.Host != "localhost" || r.Database != "ai_slide_generator" {
				fail("%s", r)
			}
			continue
		}
		api := map[lakebase.Kind]string{lakebase.KindAutoscaling: "postgres", lakebase.KindProvisioned: "database"}[r.Kind]
		if want.api == "database" && env["LAKEBASE_ENDPOINT_NAME"] == path {
			want.api, want.database = "postgres", path // without a type, the path says more than the original looks at
		}
		seen[want.api]++
		if api != want.api || r.Endpoint+r.Instance != want.database {
			fail("tokens of %s %s, want %s %s", api, r.Endpoint+r.Instance, want.api, want.database)
		}
		if r.Host != want.host || r.User != want.user || r.User == "" && r.Source("user") != "api" {
			fail("%s at %s, want %s at %s", r.User, r.Host, want.user, want.host)
		}
		if r.Port != 5432 || r.Database != "databricks_postgres" || r.Schema != env["LAKEBASE_SCHEMA"] {
			fail("%s schema %s", r, r.Schema)
		}
	}
	t.Logf("of %d combinations: %v", total, seen)
	for _, kind := range []string{"conflict", "url", "local", "postgres", "database"} {
		if seen[kind] == 0 {
			t.Errorf("no combination is %s", kind)
		}
	}
}

// FuzzDatabaseURL: whatever stands in DATABASE_URL, its password is in nothing that is printed.
func FuzzDatabaseURL(f *testing.F) {
	for _, s := range []string{"postgresql://u:SECRETS@h:5432/d?sslmode=require", "postgresql://u@" + cloud + "/d?password=SECRETS", "host=h password=SECRETS",
		"postgresql+psycopg2://u:SECRETS@h/d", "postgres://", "postgresql://[::1:SECRETS@/", "mysql://u:SECRETS@h/d", "postgresql://u:SECRETS@h:port/d", "jdbc:postgresql://h/d?password=SECRETS"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := lakebase.Resolve(func(name string) string {
			switch name {
			case "DATABASE_URL":
				return s
			case "LAKEBASE_ENDPOINT":
				return path
			}
			return ""
		}, lakebase.Config{})
		shown := fmt.Sprint(err)
		if err == nil {
			shown = r.Explain() + fmt.Sprintf("%v %#v %s", r, r, r.LogValue())
		}
		u, parsed := url.Parse(s)
		if parsed != nil {
			return
		}
		if password, _ := u.User.Password(); strings.HasPrefix(password, "SECRET") && strings.Count(s, password) == 1 && strings.Contains(shown, password) {
			t.Errorf("%q shows its password: %s", s, shown)
		}
	})
}
