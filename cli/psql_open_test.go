package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/sandbox"
)

// psql gets the token by its environment alone, and nothing that could lead it elsewhere.
func TestPsqlIsOpened(t *testing.T) {
	d := deploy(t)
	bin := t.TempDir()
	fake := "#!/bin/sh\nif [ \"$1\" = --version ]; then echo \"psql (PostgreSQL) $FAKE_VERSION (Debian)\"; exit; fi\nfor a in \"$@\"; do echo \"arg $a\"; done\nenv\nexit 3\n"
	if err := os.WriteFile(filepath.Join(bin, "psql"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	t.Setenv("PATH", bin+":"+path)
	t.Setenv("PGHOSTADDR", "10.0.0.1")
	t.Setenv("PGPASSWORD", "another")
	t.Setenv("DATABRICKS_CLIENT_SECRET", "CANARY")
	t.Setenv("FAKE_VERSION", "17.2")
	d.env["PGPASSWORD"] = "another"
	lines := func(args ...string) map[string]string {
		t.Helper()
		r := d.want(3, nil, append([]string{"psql", "dev.hcl"}, args...)...)
		out := map[string]string{}
		for l := range strings.Lines(r.out) {
			k, v, _ := strings.Cut(strings.TrimSpace(l), "=")
			out[k] = v
		}
		return out
	}
	got := lines("--", "-A", "-v", "x")
	for k, want := range map[string]string{"PGUSER": "me@example.com", "PGDATABASE": "databricks_postgres", "PGSSLMODE": "verify-full",
		"PGPORT": "5432", "PGSSLROOTCERT": d.env["PGSSLROOTCERT"], "PGOPTIONS": `-c search_path="App\ Data"`, "PGAPPNAME": "tellr psql"} {
		if got[k] != want {
			t.Errorf("%s is %q, want %q", k, got[k], want)
		}
	}
	for _, k := range []string{"PGHOSTADDR", "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET"} {
		if v, there := got[k]; there {
			t.Errorf("psql sees %s=%s", k, v)
		}
	}
	for k := range got {
		if strings.HasPrefix(k, "arg ") && (jwt.MatchString(k) || strings.Contains(k, "another")) {
			t.Errorf("a password is an argument: %s", k)
		}
	}
	if _, there := got["arg -A"]; !there || !jwt.MatchString(got["PGPASSWORD"]) {
		t.Errorf("%v", got)
	}
	// Without a file of authorities: the system's, as each version takes them.
	for version, want := range map[string]string{"17.2": "^system$", "16.0": "^system$", "15.3": "^/.*(pem|crt)$", "9.6.1": "^/.*(pem|crt)$"} {
		t.Setenv("FAKE_VERSION", version)
		p := &program{IO: IO{Getenv: func(string) (string, bool) { return "", false }}}
		got, err := p.authorities(t.Context(), &lakebase.Resolution{}, filepath.Join(bin, "psql"))
		if err != nil && !strings.Contains(err.Error(), "no authorities") || err == nil && !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("authorities of psql %s: %q, %v", version, got, err)
		}
	}
	// A URL goes without its password.
	d.write("plain.hcl", "environment \"plain\" {}\ninstance \"pg\" {\n  postgres {\n    url = env(\"ANY_POSTGRES\")\n  }\n}\n")
	d.env["ANY_POSTGRES"] = "postgresql://u:p%40ss-word@127.0.0.1:1/d?sslmode=disable"
	r := d.want(3, says("arg --dbname=postgresql://u@127.0.0.1:1/d?sslmode=disable\n"), "psql", "plain.hcl")
	if !strings.Contains(r.out, "PGPASSWORD=p@ss-word\n") {
		t.Error(r.out)
	}

	d.env["PGSSLROOTCERT"], d.env["SSL_CERT_FILE"] = "", "/company/ca.pem"
	t.Setenv("PGSSLROOTCERT", "")
	d.env["ANY_POSTGRES"] = "postgresql://u:p%40ss-word@127.0.0.1:1/d?sslmode=verify-full"
	d.want(3, says("PGSSLROOTCERT=/company/ca.pem\n"), "psql", "plain.hcl") // as pgx, which needs no file

	// The real one, as it is and as the app.
	t.Setenv("PATH", path)
	if _, err := exec.LookPath("psql"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	d.env["PGSSLROOTCERT"] = d.sb.AuthorityFile()
	t.Setenv("PGSSLROOTCERT", d.sb.AuthorityFile())
	if err := d.sb.ArmGateway(sandbox.GatewayFault{RefuseLogin: "57P03", Count: 2}); err != nil {
		t.Fatal(err)
	}
	d.quiet(0, says("awake"), "psql", "dev.hcl", "--", "-XAtc", "SELECT 'awake'") // psql itself does not try again
	ask := []string{"psql", "dev.hcl", "--as-app", "--", "-XAtc", "SELECT current_user, current_schemas(false)"}
	d.quiet(1, says("you may not act as the app", appSecret), ask...)
	d.sql(`GRANT $app TO "me@example.com"`)
	if got := d.quiet(0, nil, ask...).out; got != d.app+"|{\"App Data\"}\n" {
		t.Errorf("psql as the app: %q", got)
	}
	d.asApp(func() {
		if got := d.quiet(0, nil, "psql", "dev.hcl", "--as-app", "--", "-XAtc", "SELECT session_user").out; got != d.app+"\n" {
			t.Errorf("psql with the app's secret: %q", got)
		}
	})
}
