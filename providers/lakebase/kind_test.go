package lakebase_test

import (
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/lakebase"
)

// What is wrong with an instance is said offline, at its place, with a cure.
func TestInstanceChecks(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string // "" for none
	}{
		{"a project", `autoscaling { }`, ""},
		{"no block", ``, ""},
		{"all sizes", "autoscaling {\n min_cu = 48\n max_cu = 64\n suspend_after = \"never\"\n retention = \"5w\"\n}", ""},
		{"an unknown capacity", `provisioned { capacity = "CU_3" }`, `"CU_3" is not allowed for provisioned.capacity`},
		{"no capacity", `provisioned { }`, "an instance without a size"},
		{"no capacity of an existing one", "existing = true\n provisioned { }", ""},
		{"max below min", "autoscaling {\n min_cu = 4\n max_cu = 2\n}", "max_cu = 2 is below min_cu = 4"},
		{"too wide", "autoscaling {\n min_cu = 2\n max_cu = 32\n}", "more than 16 above min_cu = 2"},
		{"half a range", `autoscaling { min_cu = 2 }`, "half a range of sizes"},
		{"too small", "autoscaling {\n min_cu = 0.25\n max_cu = 2\n}", "0.25 is not a size in compute units: 0.5 to 64"},
		{"a fraction", "autoscaling {\n min_cu = 1.5\n max_cu = 2\n}", "0.5, or a whole number"},
		{"too large", "autoscaling {\n min_cu = 60\n max_cu = 65\n}", "65 is not a size in compute units"},
		{"suspend soon", `autoscaling { suspend_after = "30s" }`, `"30s" is not a time after which compute can be suspended: 60s to 7d, or "never"`},
		{"suspend late", `autoscaling { suspend_after = "8d" }`, "60s to 7d"},
		{"retention short", `autoscaling { retention = "1d" }`, `"1d" is not a retention: 2d to 35d`},
		{"retention long", `provisioned {` + "\n capacity = \"CU_1\"\n retention = \"36d\"\n}", "2d to 35d"},
		{"half days", `provisioned {` + "\n capacity = \"CU_1\"\n retention = \"60h\"\n}", "whole days"},
		{"a version", `autoscaling { pg_version = 15 }`, "15 is not a Postgres version of Lakebase"},
		{"nodes", `provisioned {` + "\n capacity = \"CU_1\"\n node_count = 4\n}", "4 is not a number of nodes: 1 to 3"},
		{"secondaries of one", `provisioned {` + "\n capacity = \"CU_1\"\n enable_readable_secondaries = true\n}", "no secondary to read from"},
		{"two types", "autoscaling { }\n provisioned { capacity = \"CU_1\" }", "an instance is of one type"},
		{"a name", `name = "Db-Tellr"`, `"Db-Tellr" is not a name for an instance`},
		{"a long name", `name = "` + strings.Repeat("a", 64) + `"`, "1 to 63"},
		{"a name with quotes", `name = "a\"; DROP"`, "is not a name for an instance"},
		{"a password in the file", `connection = { password = "hunter2" }`, "must not stand in a file"},
		{"a URL in the file", `postgres { url = "postgresql://me:pw@x/db" }`, "must not stand in a file"},
		{"a port", `connection = { port = 70000 }`, "70000 is not a port"},
		{"an sslmode", `connection = { sslmode = "on" }`, "sslmode"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ds := load(t, "instance \"main\" {\n "+c.text+"\n}\n")
			if c.want == "" {
				if ds.HasErrors() {
					t.Error(ds)
				}
				return
			}
			for _, d := range ds {
				if strings.Contains(d.Error(), c.want) {
					if d.Cure == "" && !strings.Contains(d.Detail, ":") || d.Range.IsZero() {
						t.Errorf("no cure or place: %#v", d)
					}
					if strings.Contains(d.Error()+d.Source, "hunter2") || strings.Contains(d.Error()+d.Source, "me:pw") {
						t.Errorf("the message tells the secret: %#v", d)
					}
					return
				}
			}
			t.Errorf("want %q, got %v", c.want, ds)
		})
	}
}

func TestLabelIsTheName(t *testing.T) {
	desired, ds := load(t, `instance "db-tellr" {}`)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	got := resource.Object(desired[0].Kind.Derive(desired[0])...)
	if got.Get("branch_path").Str() != "projects/db-tellr/branches/production" || got.Get("type").Str() != "autoscaling" ||
		got.Get("instance_name").Str() != "db-tellr" || got.Get("database").Str() != "databricks_postgres" {
		t.Error(got.Show())
	}
	if _, ds := load(t, `instance "Main_DB" {}`); !strings.Contains(ds.Error(), "the label is no name for an instance") {
		t.Error(ds)
	}
}

// An environment of plain Postgres only needs no login: the client is never
// built.
func TestPlainNeedsNoWorkspace(t *testing.T) {
	w := &world{t: t, provider: lakebase.New(nil), secrets: map[string]string{
		"env.DATABASE_URL": "postgresql://me:p%40ss@localhost:5433/app?sslmode=disable", "env.PW": "new@one"}}
	const text = `instance "main" {
  postgres { url = env("DATABASE_URL") }
}
`
	w.settled(text)
	if p, ds := w.plan(text, true); ds.HasErrors() || !p.Empty() {
		t.Error("a plain Postgres would be destroyed", ds)
	}
	if e := w.endpoint(text); e.URL != w.secrets["env.DATABASE_URL"] || e.Database != "app" || e.Absent {
		t.Errorf("%+v", e)
	}
	e := w.endpoint(text, `connection = { host = "tunnel", port = 6000, password = env("PW"), database = "other" }`)
	if e.URL != "postgresql://me:new%40one@tunnel:6000/other?sslmode=disable" || e.Database != "other" {
		t.Errorf("%+v", e)
	}
	w.secrets["env.DATABASE_URL"] = "host=localhost password=hunter2"
	desired, _ := load(t, text)
	scopes, _ := w.provider.Scopes("dev", desired)
	if _, err := w.provider.Endpoint(t.Context(), scopes[0], desired[0].Address, "", w.services()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// What another environment owns, and a server that was there before, is never
// adopted, and so never removed.
func TestWhoseAnInstanceIs(t *testing.T) {
	kind := lakebase.New(nil).Kinds()[0]
	for _, x := range []struct {
		attrs   resource.Value
		foreign bool
	}{
		{resource.Object(resource.F("autoscaling", resource.Object())), false},
		{resource.Object(resource.F("autoscaling", resource.Object()), resource.F("existing", resource.Bool(true))), true},
		{resource.Object(resource.F("postgres", resource.Object(resource.F("url", resource.Secret("env.DATABASE_URL"))))), true},
	} {
		if got := kind.Foreign(&resource.Resource{Kind: kind, Attrs: x.attrs}); got != x.foreign {
			t.Errorf("%s: foreign is %t", x.attrs.Show(), got)
		}
	}
}
