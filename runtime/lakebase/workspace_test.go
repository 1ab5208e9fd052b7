package lakebase_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// workspace answers requests for tokens with what a test says, and all others like a workspace that knows OAuth.
func workspace(t *testing.T, answer http.HandlerFunc) (env func(string) string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/2.0/postgres/credentials", func(w http.ResponseWriter, r *http.Request) { asked.Add(1); answer(w, r) })
	mux.HandleFunc("/api/2.0/database/credentials", func(w http.ResponseWriter, r *http.Request) { asked.Add(1); answer(w, r) })
	mux.HandleFunc("/.well-known/databricks-config", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "{}") })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	vars := map[string]string{"DATABRICKS_HOST": s.URL, "DATABRICKS_TOKEN": "workspace-canary", "DATABRICKS_CONFIG_FILE": "/nonexistent",
		"PGHOST": "db.example.com", "PGUSER": "me", "LAKEBASE_ENDPOINT": path}
	return func(name string) string { return vars[name] }, asked
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error_code":"CODE_%d","message":"said by the API"}`, code)
	}
}

func body(format string, args ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, format, args...)
	}
}

func TestMintErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   lakebase.Code
		says   string
		asked  int64
	}{
		{"401", status(401), lakebase.ErrMintDenied, "HTTP 401", 2}, // once more with a new client
		{"403", status(403), lakebase.ErrMintDenied, "CAN_USE", 2},
		{"404", status(404), lakebase.ErrMintNotFound, path, 1},
		{"500", status(500), lakebase.ErrMintUnavailable, "said by the API", 1},
		{"429 with Retry-After", status(429, "Retry-After", "120"), lakebase.ErrMintUnavailable, "HTTP 429", 1},
		{"past", body(`{"token":"t","expire_time":"2001-01-01T00:00:00Z"}`), lakebase.ErrClockSkew, "ahead of the workspace's", 1},
		{"no token", body(`{}`), lakebase.ErrMintUnavailable, "no token", 1},
		{"no JSON", body(`<html>`), lakebase.ErrMintUnavailable, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env, asked := workspace(t, c.answer)
			conn, err := lakebase.New(t.Context(), lakebase.WithEnv(env))
			must(t, err)
			defer conn.Close()
			_, err = conn.Token(t.Context())
			var e *lakebase.Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v", err)
			}
			if n := asked.Load(); n != c.asked {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// A login that the workspace's token endpoint refuses is no outage: waiting does not help.
func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   lakebase.Code
	}{
		{400, `{"error":"invalid_request","error_description":"said by the endpoint"}`, lakebase.ErrMintDenied},
		{401, `{"error_code":"invalid_client","message":"said by the endpoint"}`, lakebase.ErrMintDenied},
		{403, `{"error":"access_denied","error_description":"said by the endpoint"}`, lakebase.ErrMintDenied},
		{500, `{"error":"said by the endpoint"}`, lakebase.ErrMintUnavailable},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			s := httptest.NewServer(mux)
			defer s.Close()
			mux.HandleFunc("/oidc/.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
				body(`{"authorization_endpoint":"%[1]s/oidc/v1/authorize","token_endpoint":"%[1]s/oidc/v1/token"}`, s.URL)(w, nil)
			})
			mux.HandleFunc("/oidc/v1/token", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			env := map[string]string{"DATABRICKS_HOST": s.URL, "DATABRICKS_CLIENT_ID": "sp", "DATABRICKS_CLIENT_SECRET": "workspace-canary",
				"DATABRICKS_CONFIG_FILE": "/nonexistent", "PGHOST": "db.example.com", "PGUSER": "sp", "LAKEBASE_ENDPOINT": path}
			conn, err := lakebase.New(t.Context(), lakebase.WithEnv(func(name string) string { return env[name] }))
			must(t, err)
			defer conn.Close()
			if _, err = conn.Token(t.Context()); !errors.Is(err, c.want) || !strings.Contains(err.Error(), "said by the endpoint") || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRetryAfterReachesTheStatus(t *testing.T) {
	t.Parallel()
	env, _ := workspace(t, status(429, "Retry-After", "120"))
	c, err := lakebase.New(t.Context(), lakebase.WithEnv(env))
	must(t, err)
	defer c.Close()
	c.Token(t.Context())
	if wait := time.Until(c.Status().NextTry); wait < 110*time.Second || wait > 121*time.Second {
		t.Errorf("next try in %s", wait)
	}
}

func TestMintAnswers(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(40 * time.Minute).UTC().Truncate(time.Second)
	for _, c := range []struct {
		name, instance string
		answer         http.HandlerFunc
		life           time.Duration
	}{
		{"autoscaling", "", body(`{"token":"t","expire_time":%q}`, soon.Format(time.RFC3339)), 40 * time.Minute},
		{"provisioned", "i", body(`{"token":"t","expiration_time":%q}`, soon.Format(time.RFC3339)), 40 * time.Minute},
		{"without expiry", "i", body(`{"token":"t","expiration_time":""}`), time.Hour},
		{"a clock that is behind", "", body(`{"token":"t","expire_time":%q}`, time.Now().Add(3*time.Hour).UTC().Format(time.RFC3339)), time.Hour},
	} {
		env, _ := workspace(t, c.answer)
		conn, err := lakebase.New(t.Context(), lakebase.WithEnv(env), lakebase.WithConfig(lakebase.Config{Instance: c.instance}))
		must(t, err)
		token, err := conn.Token(t.Context())
		if life := time.Until(token.Expiry()); err != nil || token.Secret() != "t" || (life-c.life).Abs() > 5*time.Second {
			t.Errorf("%s: %v %v", c.name, token, err)
		}
		conn.Close()
	}
}

func TestWithoutCredentials(t *testing.T) {
	t.Parallel()
	env, _ := workspace(t, status(500))
	c, err := lakebase.New(t.Context(), lakebase.WithEnv(func(name string) string {
		if name == "DATABRICKS_TOKEN" || name == "DATABRICKS_HOST" {
			return ""
		}
		return env(name)
	}))
	must(t, err)
	defer c.Close()
	if _, err := c.Token(t.Context()); !errors.Is(err, lakebase.ErrMintDenied) {
		t.Error(err)
	}
}
