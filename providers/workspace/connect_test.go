package workspace_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/apierr"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// alone takes a developer's own login out of the environment.
func alone(t *testing.T) {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "DATABRICKS_") || strings.HasPrefix(name, "ARM_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DATABRICKS_CONFIG_FILE", filepath.Join(t.TempDir(), "none.cfg"))
	t.Setenv("PATH", "")
}

// clock is a clock that a poll moves by sleeping.
type clock struct{ now time.Time }

func (c *clock) clock() workspace.Clock {
	return workspace.Clock{
		Now:   func() time.Time { return c.now },
		Sleep: func(ctx context.Context, d time.Duration) error { c.now = c.now.Add(d); return ctx.Err() },
	}
}

// serve answers with one status and body, except for the host's metadata.
func serve(t *testing.T, handle http.HandlerFunc) *workspace.Client {
	t.Helper()
	alone(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/.well-known") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := workspace.Connector(workspace.Options{Host: s.URL, Token: "t", Clock: (&clock{now: time.Unix(0, 0)}).clock()})(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func refuse(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error_code":"` + code + `","message":"` + message + `"}`))
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		name    string
		handle  http.HandlerFunc
		summary string
		says    string
		is      error
	}{
		{"401", refuse(401, "UNAUTHENTICATED", "Invalid access token."), "the workspace does not accept the login", "databricks auth login", apierr.ErrUnauthenticated},
		{"403", refuse(403, "PERMISSION_DENIED", "no"), "changing it: no permission", "it takes CAN_MANAGE on the app", apierr.ErrPermissionDenied},
		{"quota", refuse(400, "QUOTA_EXCEEDED", "10 instances"), "changing it: a limit of the workspace is reached", "raise the limit", nil},
		{"taken", refuse(409, "RESOURCE_ALREADY_EXISTS", "An app with the same name already exists"), "changing it: the name is already taken", "another name", apierr.ErrResourceConflict},
		{"missing", refuse(404, "NOT_FOUND", "project id not found"), "changing it: not found", "plan again", apierr.ErrNotFound},
		{"refused", refuse(400, "INVALID_PARAMETER_VALUE", "max_cu"), "changing it: the workspace refused it", "max_cu (INVALID_PARAMETER_VALUE, HTTP 400)", nil},
		{"broken", refuse(500, "INTERNAL_ERROR", "oops"), "changing it: the workspace failed", "try again", nil},
		{"busy", refuse(409, "RESOURCE_CONFLICT", "Your project already has conflicting operations in progress"), "changing it: another operation is still under way", "apply again", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := serve(t, c.handle)
			err := workspace.Explain(client.Do(t.Context(), post, nil, nil, nil), "changing it", "CAN_MANAGE on the app")
			var d *resource.Diagnostic
			if !errors.As(err, &d) {
				t.Fatalf("no diagnostic: %v", err)
			}
			if d.Summary != c.summary || !strings.Contains(d.Error(), c.says) || d.Cure == "" || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%s", d.Error())
			}
			if again := workspace.Explain(err, "doing more", ""); again != err {
				t.Errorf("explained twice: %v", again)
			}
		})
	}
}

var post = &resource.Call{Method: "POST", Path: resource.String("/api/2.0/x"), Body: resource.Object()}

func TestConnect(t *testing.T) {
	for _, c := range []struct {
		name    string
		options workspace.Options
		config  string
		env     map[string]string
		summary string
	}{
		{"no login", workspace.Options{}, "", nil, "not logged in to a workspace"},
		{"nobody there", workspace.Options{Host: "http://127.0.0.1:1", Token: "t"}, "", nil, "cannot reach the workspace http://127.0.0.1:1"},
		{"no such host", workspace.Options{Host: "https://nowhere.invalid", Token: "t"}, "", nil, "cannot reach the workspace https://nowhere.invalid"},
		{"no such profile", workspace.Options{Profile: "prod"}, "[dev]\nhost = https://x\n", nil, "no such profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			alone(t)
			if c.config != "" {
				file := filepath.Join(t.TempDir(), "databrickscfg")
				if err := os.WriteFile(file, []byte(c.config), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("DATABRICKS_CONFIG_FILE", file)
			}
			connect := workspace.Connector(c.options)
			begun := time.Now()
			client, err := connect(t.Context())
			if err == nil { // the SDK looks for a login at the first call
				_, err = client.Me(t.Context())
			}
			var d *resource.Diagnostic
			if !errors.As(err, &d) || d.Summary != c.summary || d.Cure == "" {
				t.Errorf("%v", err)
			}
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestDoRepeatsWhatIsBusy(t *testing.T) {
	n := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 4 {
			refuse(409, "ABORTED", "reconciliation is in progress")(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"name":"done"}`))
	})
	var said []string
	var out struct{ Name string }
	if err := c.Do(t.Context(), post, nil, func(s string) { said = append(said, s) }, &out); err != nil || out.Name != "done" || n != 4 || len(said) != 3 {
		t.Errorf("%v, %+v, %d calls, said %q", err, out, n, said)
	}
}

func TestDoRepeatsALostAnswer(t *testing.T) {
	n := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 3 {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	if err := c.Do(t.Context(), post, nil, nil, nil); err != nil || n != 3 {
		t.Errorf("%v after %d calls", err, n)
	}
}

// Empty lists and false are sent: the SDK's own types would leave them out.
func TestDoSendsTheBodyAsItIs(t *testing.T) {
	var got, query string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(b)
		got, query = string(b), r.URL.RawQuery
		_, _ = w.Write([]byte(`{}`))
	})
	secret := resource.Template(resource.Part{Text: "Bearer "}, resource.Part{Hole: &resource.Hole{Secret: "env.T"}})
	call := &resource.Call{
		Method: "POST", Path: resource.String("/api/2.0/apps/x/update"),
		Query: []resource.Param{{Name: "purge", Value: resource.Bool(true)}, {Name: "update_mask", Value: resource.String("spec.a,spec.b")}},
		Body:  resource.Object(resource.F("list", resource.List()), resource.F("off", resource.Bool(false)), resource.F("zero", resource.Int(0)), resource.F("token", secret)),
	}
	fill := func(h resource.Hole) (resource.Value, error) { return resource.String("quo\"te"), nil }
	if err := c.Do(t.Context(), call, fill, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got != `{"list":[],"off":false,"zero":0,"token":"Bearer quo\"te"}` || query != "purge=true&update_mask=spec.a%2Cspec.b" {
		t.Errorf("body %s, query %s", got, query)
	}
	missing := func(h resource.Hole) (resource.Value, error) { return resource.Value{}, errors.New("env.T is not set") }
	if err := c.Do(t.Context(), call, missing, nil, nil); err == nil || err.Error() != "env.T is not set" {
		t.Errorf("err %v", err)
	}
}

func TestWait(t *testing.T) {
	c := serve(t, refuse(404, "NOT_FOUND", "x"))
	w := &resource.Wait{For: "it is done", Timeout: 60}

	var said []string
	states := []string{"a", "a", "b"}
	err := c.Wait(t.Context(), w, func(s string) { said = append(said, s) }, func(context.Context) (bool, string, error) {
		if len(states) == 0 {
			return true, "", nil
		}
		s := states[0]
		states = states[1:]
		return false, s, nil
	})
	if err != nil || strings.Join(said, "|") != "it is done: a|it is done: b" {
		t.Errorf("%v, said %q", err, said)
	}

	err = c.Wait(t.Context(), w, nil, func(context.Context) (bool, string, error) { return false, "STARTING", nil })
	var late *workspace.Timeout
	if !errors.As(err, &late) || !strings.Contains(err.Error(), "last seen: STARTING") {
		t.Errorf("%v", err)
	}

	// A server's hiccup is borne, its refusal is not.
	n := 0
	err = c.Wait(t.Context(), w, nil, func(context.Context) (bool, string, error) {
		if n++; n < 4 {
			return false, "", &apierr.APIError{StatusCode: 500, Message: "oops"}
		}
		return true, "", nil
	})
	if err != nil || n != 4 {
		t.Errorf("%v after %d", err, n)
	}
	n = 0
	err = c.Wait(t.Context(), w, nil, func(context.Context) (bool, string, error) {
		n++
		return false, "", &apierr.APIError{StatusCode: 403, Message: "no"}
	})
	if err == nil || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	if err := c.Settle(t.Context(), func(context.Context) (bool, string, error) { return false, "", nil }); err != nil {
		t.Errorf("settle: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ctx, w, nil, func(context.Context) (bool, string, error) { return false, "", nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]string{
		"7d": "7d", "168h": "7d", "1w": "7d", "90s": "90s", "5m": "5m", "300s": "5m", "1h30m": "90m", "24h": "1d", "36h": "36h",
		"": "", "5": "", "m": "", "5x": "", "-5m": "", "never": "", "99999999999d": "",
	} {
		d, err := workspace.ParseDuration(text)
		if (err == nil) != (want != "") || err == nil && workspace.FormatDuration(d) != want {
			t.Errorf("%q: %v, %v, want %q", text, d, err, want)
		}
	}
}
