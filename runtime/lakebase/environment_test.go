package lakebase_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

const (
	path    = "projects/p/branches/b/endpoints/e"
	cloud   = "ep-cool-1.database.eu-west-1.cloud.databricks.com"
	classic = "instance-1234.database.azuredatabricks.net"
)

// env makes an environment of NAME=value words.
func env(vars string) func(string) string {
	m := map[string]string{}
	for v := range strings.FieldsSeq(vars) {
		name, value, _ := strings.Cut(v, "=")
		m[name] = value
	}
	return func(name string) string { return m[name] }
}

// Each case is an environment and the settings that must come of it, as name=value<source, where $X is env X.
func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name   string
		vars   string
		config lakebase.Config
		want   string
	}{
		// What the platform sets, and one variable of app.yaml, in each spelling.
		{"AppKit", "LAKEBASE_ENDPOINT=" + path + " PGHOST=" + cloud + " PGUSER=sp PGPORT=5432 PGDATABASE=d PGSSLMODE=require PGAPPNAME=web", lakebase.Config{},
			"kind=autoscaling endpoint=" + path + "<$LAKEBASE_ENDPOINT host=" + cloud + "<$PGHOST port=5432<$PGPORT database=d<$PGDATABASE user=sp<$PGUSER application=tellr/web<$PGAPPNAME tls=verify-full"},
		{"templates", "PGENDPOINT=" + path + " PGHOST=" + cloud + " PGUSER=sp", lakebase.Config{}, "kind=autoscaling endpoint=" + path + "<$PGENDPOINT database=databricks_postgres<default"},
		{"the original's name", "LAKEBASE_ENDPOINT_NAME=" + path + " LAKEBASE_PG_HOST=h PGUSER=sp", lakebase.Config{}, "kind=autoscaling endpoint=" + path + "<$LAKEBASE_ENDPOINT_NAME host=h<$LAKEBASE_PG_HOST"},
		{"control plane", "LAKEBASE_ENDPOINT_PATH=" + path + " LAKEBASE_HOST=h PGUSER=sp", lakebase.Config{}, "endpoint=" + path + "<$LAKEBASE_ENDPOINT_PATH host=h<$LAKEBASE_HOST"},
		{"LAKEBASE_INSTANCE_NAME", "LAKEBASE_INSTANCE_NAME=i PGHOST=h PGUSER=sp", lakebase.Config{}, "kind=provisioned instance=i<$LAKEBASE_INSTANCE_NAME"},

		// The original's own deployments, with the text None.
		{"the original, provisioned", "LAKEBASE_TYPE=provisioned LAKEBASE_INSTANCE=i LAKEBASE_SCHEMA=app_data LAKEBASE_PG_HOST=None LAKEBASE_PROJECT_ID=None LAKEBASE_ENDPOINT_NAME=None PGHOST=h PGUSER=sp",
			lakebase.Config{}, "kind=provisioned instance=i<$LAKEBASE_INSTANCE host=h<$PGHOST schema=app_data<$LAKEBASE_SCHEMA endpoint="},
		{"the original, autoscaling", "LAKEBASE_TYPE=autoscaling LAKEBASE_INSTANCE=i LAKEBASE_PG_HOST=h LAKEBASE_ENDPOINT_NAME=" + path + " PGHOST=other PGUSER=sp",
			lakebase.Config{}, "kind=autoscaling host=h instance="},
		{"the original, before types", "PGHOST=h PGUSER=sp LAKEBASE_INSTANCE=i", lakebase.Config{}, "kind=provisioned instance=i"},
		{"everything is None", "DATABASE_URL=None LAKEBASE_TYPE=None LAKEBASE_ENDPOINT=None LAKEBASE_INSTANCE=None PGHOST=None PGUSER=None", lakebase.Config{}, "kind=local"},

		// The kind comes from the shape of what is named, not from one variable.
		{"endpoint and instance", "LAKEBASE_INSTANCE=i LAKEBASE_ENDPOINT=" + path + " PGHOST=h", lakebase.Config{}, "kind=autoscaling"},
		{"a type nobody knows", "LAKEBASE_TYPE=Autoscaling LAKEBASE_ENDPOINT=" + path, lakebase.Config{}, "kind=autoscaling host=<api user=<api"},
		{"host only", "PGHOST=h PGUSER=sp PGAPPNAME=i", lakebase.Config{}, "kind=unknown host=h instance="},
		{"a Lakebase host alone", "PGHOST=" + classic, lakebase.Config{}, "kind=unknown host=" + classic},
		{"autoscaling by host", "LAKEBASE_TYPE=autoscaling LAKEBASE_PG_HOST=h", lakebase.Config{}, "kind=autoscaling host=h endpoint=<api"},
		{"provisioned by host", "LAKEBASE_TYPE=provisioned PGHOST=h", lakebase.Config{}, "kind=provisioned host=h instance=<api"},
		{"instance only", "LAKEBASE_INSTANCE=i", lakebase.Config{}, "kind=provisioned host=<api user=<api"},

		// The user.
		{"client id", "LAKEBASE_INSTANCE=i PGHOST=h DATABRICKS_CLIENT_ID=sp", lakebase.Config{}, "user=sp<$DATABRICKS_CLIENT_ID"},
		{"host with port", "LAKEBASE_INSTANCE=i PGHOST=127.0.0.1:6543 PGUSER=sp", lakebase.Config{}, "host=127.0.0.1 port=6543<$PGHOST"},

		// URLs.
		{"a URL with a password is used as it is", "DATABASE_URL=postgresql://u:p@" + cloud + "/d LAKEBASE_ENDPOINT=" + path, lakebase.Config{}, "kind=url host=" + cloud + "<$DATABASE_URL user=u database=d"},
		{"a URL of another server too", "DATABASE_URL=postgresql://u@db/d LAKEBASE_TYPE=autoscaling", lakebase.Config{}, "kind=url host=db"},
		{"a Lakebase URL gets tokens", "DATABASE_URL=postgresql://me%40x.com@" + cloud + ":5433/d?sslmode=require LAKEBASE_ENDPOINT=" + path, lakebase.Config{}, "kind=autoscaling user=me@x.com port=5433<$DATABASE_URL database=d"},
		{"its user unencoded, as the original writes it", "DATABASE_URL=postgresql://me@x.com@" + cloud + "/d LAKEBASE_ENDPOINT=" + path, lakebase.Config{}, "kind=autoscaling user=me@x.com host=" + cloud},
		{"without user or database", "DATABASE_URL=postgres://" + cloud + " PGUSER=sp PGDATABASE=d", lakebase.Config{}, "kind=unknown user=sp<$PGUSER database=d<$PGDATABASE"},
		{"a declared host", "DATABASE_URL=postgresql://u@127.1.2.3/d PGHOST=127.1.2.3 LAKEBASE_INSTANCE=i", lakebase.Config{}, "kind=provisioned host=127.1.2.3 user=u"},
		{"jdbc is ignored", "DATABASE_URL=jdbc:postgresql://x/y LAKEBASE_INSTANCE=i PGHOST=h PGUSER=u", lakebase.Config{}, "kind=provisioned"},
		{"SQLAlchemy's scheme", "DATABASE_URL=postgresql+psycopg2://u:p@h/d", lakebase.Config{}, "kind=url host=h"},
		{"keywords", "DATABASE_URL=host=h", lakebase.Config{}, "kind=url"},

		// Ordinary servers.
		{"nothing", "", lakebase.Config{LocalDatabase: "ai_slide_generator"}, "kind=local host=localhost database=ai_slide_generator<option"},
		{"a server on this machine", "PGHOST=localhost PGUSER=me", lakebase.Config{}, "kind=url host=localhost"},
		{"tellr run's proxy", "PGHOST=127.0.0.1 PGPORT=5555 PGUSER=sp PGPASSWORD=x DATABRICKS_APP_NAME=web", lakebase.Config{}, "kind=url host=127.0.0.1"},

		// Options win.
		{"options", "DATABASE_URL=postgresql://u:p@h/d PGUSER=env LAKEBASE_TYPE=provisioned", lakebase.Config{Endpoint: path, Host: "h", User: "me", Port: 1, Database: "x", Schema: "S"},
			"kind=autoscaling user=me<option port=1<option database=x<option schema=S<option"},
		{"an instance by option", "LAKEBASE_ENDPOINT=" + path, lakebase.Config{Instance: "i"}, "kind=provisioned instance=i<option endpoint="},
		{"a URL by option", "DATABASE_URL=postgresql://u:p@h/d", lakebase.Config{URL: "postgresql://u:p@other/d"}, "kind=url host=other<option"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := lakebase.Resolve(env(c.vars), c.config)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]lakebase.Setting{}
			for _, s := range r.Settings() {
				got[s.Name] = s
			}
			for want := range strings.SplitSeq(c.want, " ") {
				want, source, _ := strings.Cut(want, "<")
				source = strings.Replace(source, "$", "env ", 1)
				name, value, _ := strings.Cut(want, "=")
				if s := got[name]; s.Value != value || source != "" && s.Source != source {
					t.Errorf("%s is %q from %q, want %q from %q", name, s.Value, s.Source, value, source)
				}
			}
			if r.Kind.IsLakebase() && got["tls"].Value != "verify-full" {
				t.Errorf("tls is %q", got["tls"].Value)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, c := range []struct {
		name, vars string
		code       lakebase.Code
		says       string
	}{
		{"an app without a database", "DATABRICKS_APP_NAME=web", lakebase.ErrNoEnvironment, "DATABASE_URL, LAKEBASE_TYPE"},
		{"autoscaling without anything", "LAKEBASE_TYPE=autoscaling", lakebase.ErrKindUnknown, "LAKEBASE_ENDPOINT_NAME"},
		{"provisioned without anything", "LAKEBASE_TYPE=provisioned", lakebase.ErrInstanceMissing, "LAKEBASE_INSTANCE"},
		{"valueFrom of a provisioned resource is a host", "LAKEBASE_ENDPOINT=" + classic, lakebase.ErrEndpointMalformed, "LAKEBASE_INSTANCE"},
		{"half a path", "PGENDPOINT=projects/p/branches/b", lakebase.ErrEndpointMalformed, "projects/p/branches/b"},
		{"two kinds", "LAKEBASE_TYPE=provisioned LAKEBASE_ENDPOINT_NAME=" + path, lakebase.ErrConflict, "LAKEBASE_ENDPOINT_NAME"},
		{"port", "LAKEBASE_INSTANCE=i PGHOST=h PGPORT=many", lakebase.ErrConflict, "PGPORT"},
		{"scheme", "DATABASE_URL=mysql://u:canary@h/d", lakebase.ErrConflict, "DATABASE_URL"},
		{"not a URL", "DATABASE_URL=postgresql://u:canary@h:port/d", lakebase.ErrConflict, "DATABASE_URL"},
		{"a type alone", "LAKEBASE_TYPE=other", lakebase.ErrNoEnvironment, "PGHOST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := lakebase.Resolve(env(c.vars), lakebase.Config{})
			var e *lakebase.Error
			if !errors.Is(err, c.code) || !errors.As(err, &e) || e.Hint == "" || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestExplainNamesSourcesAndNoSecret(t *testing.T) {
	r, err := lakebase.Resolve(env("LAKEBASE_ENDPOINT="+path+" PGENDPOINT=projects/x/branches/y/endpoints/z PGHOST="+cloud+" PGSSLMODE=require DATABRICKS_CLIENT_ID=sp"), lakebase.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := `kind         autoscaling                                        the endpoint's shape
endpoint     projects/p/branches/b/endpoints/e                  env LAKEBASE_ENDPOINT
host         ep-cool-1.database.eu-west-1.cloud.databricks.com  env PGHOST
port         5432                                               default
database     databricks_postgres                                default
user         sp                                                 env DATABRICKS_CLIENT_ID
application  tellr                                              default
tls          verify-full                                        env PGSSLMODE
note: env PGENDPOINT names another endpoint than env LAKEBASE_ENDPOINT and is ignored
note: PGSSLMODE=require is raised to verify-full: tokens travel over verified TLS only
`
	if got := r.Explain(); got != want {
		t.Errorf("got:\n%s", got)
	}
	for _, vars := range []string{"DATABASE_URL=postgresql://u:canary@h/d", "PGHOST=localhost PGUSER=u PGPASSWORD=canary", "DATABASE_URL=postgresql://u@h/d?password=canary"} {
		r, err := lakebase.Resolve(env(vars), lakebase.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{r.Explain(), fmt.Sprintf("%v %+v %#v %s", r, r, r, r), r.LogValue().String()} {
			if strings.Contains(shown, "canary") {
				t.Errorf("%s: %s", vars, shown)
			}
		}
	}
}

func TestEveryVariableIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, v := range lakebase.Variables() {
		listed[v] = true
	}
	for _, vars := range []string{"", "LAKEBASE_INSTANCE=i", "LAKEBASE_ENDPOINT=" + path, "PGHOST=h PGUSER=u", "DATABASE_URL=postgres://" + cloud} {
		lakebase.Resolve(func(name string) string {
			if !listed[name] {
				t.Errorf("%s is read and not listed", name)
			}
			return env(vars)(name)
		}, lakebase.Config{})
	}
}

func TestTableOfErrorsIsWhole(t *testing.T) {
	seen := map[lakebase.Code]bool{}
	for _, e := range lakebase.Table() {
		if e.Meaning == "" || e.Detected == "" || e.Hint == "" || seen[e.Code] {
			t.Errorf("%+v", e)
		}
		seen[e.Code] = true
		if got, ok := e.Code.Lookup(); !ok || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: %+v", e.Code, got)
		}
	}
}
