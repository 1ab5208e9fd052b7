package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/sandbox"
)

// The services in Python and Node know nothing of tokens. Under tellr run no request fails while tokens expire, are
// revoked, the workspace's API is down, and the database is suspended.

func TestPythonServiceAcrossExpiries(t *testing.T) {
	python := ""
	for _, candidate := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(candidate, "-c", "import psycopg2").Run() == nil {
			python = candidate
			break
		}
	}
	if python == "" {
		t.Skip("there is no Python with psycopg2: apt-get install python3-psycopg2")
	}
	for _, pool := range []string{"none", "session"} {
		t.Run(pool, func(t *testing.T) { serviceAcrossExpiries(t, "python-service", pool, nil, python, "app.py") })
	}
}

func TestNodeServiceAcrossExpiries(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s", program)
		}
	}
	modules := nodeModules(t)
	for _, pool := range []string{"none", "session"} {
		t.Run(pool, func(t *testing.T) {
			serviceAcrossExpiries(t, "node-service", pool, []string{"NODE_PATH=" + modules}, "node", "app.js")
		})
	}
}

// nodeModules installs what the example wants, once, in the user's cache.
func nodeModules(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join("..", "..", "examples", "node-service", "app", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "tellr", "node-service")
	installed, _ := os.ReadFile(filepath.Join(dir, "package.json")) // none the first time
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "pg")); err == nil && string(installed) == string(manifest) {
		return modules
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), manifest, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("npm install: %v\n%s", err, out)
		}
		t.Skipf("npm install: %v", err)
	}
	return modules
}

func serviceAcrossExpiries(t *testing.T, example, pool string, env []string, command ...string) {
	const life = 4 * time.Second
	w := newWorldOf(t, sandbox.Options{TokenLifetime: life})
	w.ok("apply", "examples/"+example+"/"+example+".hcl", "--yes")
	url, stop := w.serve(example, pool, env, command...)
	defer stop()
	const credentials = "POST /api/2.0/postgres/credentials"
	troubles := []func(){
		func() { w.sb.ExpireTokens() },
		func() { w.arm(sandbox.Fault{Route: credentials, Status: 503, Count: 2}) },
		func() { w.arm(sandbox.Fault{Route: credentials, Slow: 300e6, Count: 2}) },
		func() { w.armGateway("28P01") },
		func() { w.armGateway("57P03") },
	}
	tick := time.NewTicker(120 * time.Millisecond)
	defer tick.Stop()
	posted := 0
	for began, i := time.Now(), 0; time.Since(began) < 3*life; i++ {
		if i%10 == 5 {
			troubles[i/10%len(troubles)]()
		}
		if i%7 == 6 { // long enough for idle connections to end
			for range 5 {
				<-tick.C
			}
		}
		w.request(http.MethodPost, url+"/notes", "note")
		posted++
		<-tick.C
	}
	var notes []struct{ Body string }
	if err := json.Unmarshal([]byte(w.request(http.MethodGet, url+"/notes", "")), &notes); err != nil || len(notes) != posted {
		t.Errorf("%d notes, want %d: %v", len(notes), posted, err)
	}
	tokens := 0
	for _, r := range w.sb.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/credentials") {
			tokens++
		}
	}
	t.Logf("%d requests, %d tokens", posted, tokens)
	if posted < 30 || tokens < 3 {
		t.Errorf("too little happened: %d requests, %d tokens", posted, tokens)
	}
}

func (w *world) arm(f sandbox.Fault) {
	w.Helper()
	if err := w.sb.Arm(f); err != nil {
		w.Fatal(err)
	}
}

func (w *world) armGateway(code string) {
	w.Helper()
	if err := w.sb.ArmGateway(sandbox.GatewayFault{RefuseLogin: code}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) request(method, url, body string) string {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		w.Fatalf("%s %s: %d %s %v", method, url, answer.StatusCode, text, err)
	}
	return string(text)
}

// serve runs an example as its app does, and gives its address. stop ends it by SIGTERM.
func (w *world) serve(example, pool string, env []string, command ...string) (url string, stop func()) {
	w.Helper()
	app, err := w.sb.AppEnv("tellr-" + example)
	if err != nil {
		w.Fatal(err)
	}
	cmd := w.command(w.Context(), append([]string{"run", "--min-token-life", "1s", "--pool", pool, "--"}, command...)...)
	cmd.Dir = filepath.Join(w.dir, "examples", example, "app")
	for _, kv := range w.env {
		if k, _, _ := strings.Cut(kv, "="); !strings.HasPrefix(k, "DATABRICKS_") && !strings.HasPrefix(k, "PG") {
			env = append(env, kv)
		}
	}
	cmd.Env = append(append(env, app...), "DATABRICKS_APP_PORT=0", "DATABRICKS_CONFIG_FILE=/nonexistent",
		"LAKEBASE_ENDPOINT=projects/tellr-"+example+"/branches/production/endpoints/primary")
	cmd.Stderr = w.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
			url = address
			break
		}
	}
	if url == "" {
		w.Fatalf("%s did not start: %v", example, cmd.Wait())
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		for lines.Scan() {
			w.Logf("%s: %s", example, lines.Text())
		}
	}()
	return url, func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			w.Error(err)
		}
		<-said
		// Node ends by itself; Python, which does not handle SIGTERM, by the signal.
		if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 143 {
			w.Error(err)
		}
	}
}
