package proxy_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/runtime/proxy"
	"github.com/tellr-dev/tellr/sandbox"
)

func get(t *testing.T, h http.Handler, method, host, path string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// Readiness, metrics, and who may ask for what.
func TestHealthAndControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.proxy(proxy.Options{Pool: true, MaxConns: 5})
	stopped := 0
	health, control := p.Health(), p.Control(func() { stopped++ })
	ask := func(h http.Handler, method, host, path string, status int, wants ...string) string {
		t.Helper()
		code, body := get(t, h, method, host, path)
		if code != status {
			t.Errorf("%s %s %s: %d %s", method, host, path, code, body)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s %s: %q is not in %s", method, path, want, body)
			}
		}
		return body
	}
	must(t, w.connect(dsn(p)).Close(t.Context()))
	w.kept(p, 1)
	for _, host := range []string{"localhost", "127.0.0.1:9090", "[::1]:9090", "localhost:9090"} {
		ask(health, "GET", host, "/livez", 200, "alive")
	}
	for _, host := range []string{"evil.example.com", "evil.example.com:9090", "10.0.0.1", "", "127.0.0.1.evil.example.com"} {
		ask(health, "GET", host, "/metrics", 403)
	}
	ask(health, "GET", "localhost", "/readyz", 200, "ready")
	ask(health, "GET", "localhost", "/readyz?deep=1", 200, "ready")
	metrics := ask(health, "GET", "localhost", "/metrics", 200, "# TYPE tellr_proxy_connections gauge", `tellr_proxy_connections{state="idle"} 1`,
		`tellr_proxy_sessions_total{origin="new"} 1`, "tellr_proxy_connections_max 5", "tellr_token_ready 1")
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[a-z_]+"\})? [0-9.]+)$`)
	for l := range strings.SplitSeq(strings.TrimSpace(metrics), "\n") {
		if !line.MatchString(l) {
			t.Errorf("not Prometheus' format: %q", l)
		}
	}
	for _, path := range []string{"/environment", "/status", "/stop"} { // these are the control socket's
		ask(health, "GET", "localhost", path, 404)
	}
	var st proxy.Status
	must(t, json.Unmarshal([]byte(ask(control, "GET", "localhost", "/status", 200)), &st))
	if !st.Ready || st.Idle != 1 || st.Opened != 1 || strings.Contains(metrics, p.Password()) {
		t.Errorf("%+v", st)
	}
	ask(control, "GET", "localhost", "/environment", 200, p.Password())
	if code, _ := get(t, control, "GET", "localhost", "/stop"); code == 200 || stopped != 0 {
		t.Errorf("GET /stop: %d", code)
	}
	ask(control, "POST", "localhost", "/stop", 200)
	if stopped != 1 {
		t.Error("not stopped")
	}
	must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: "3D000"}))
	ask(health, "GET", "localhost", "/readyz?deep=1", 503, "the database does not exist")
	p.Retire()
	ask(health, "GET", "localhost", "/readyz", 503, "shutting down")
	ask(health, "GET", "localhost", "/livez", 200)

	// Over its socket.
	path := filepath.Join(t.TempDir(), "c", "proxy.sock")
	l, err := proxy.ListenControl(t.Context(), path)
	must(t, err)
	server := proxy.NewServer(control)
	go server.Serve(l)
	defer server.Close()
	if _, err := proxy.ListenControl(t.Context(), path); err == nil {
		t.Error("two on one socket")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	answer, err := client.Get("http://localhost/status")
	must(t, err)
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), `"reason":"shutting down"`) {
		t.Errorf("%s %v", body, err)
	}
	if _, err := proxy.ListenHealth(t.Context(), "0.0.0.0:0"); err == nil {
		t.Error("health for everybody")
	}
}
