package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/sandbox"
)

const me = "me@example.com"

// shared is the workspace of most tests; they use names of their own. Tests that arm faults or turn the clock have
// their own workspace.
var shared *sandbox.Sandbox

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "tellr-test-child" {
		child(os.Args[2:])
	}
	var err error
	shared, err = sandbox.Start(context.Background(), sandbox.Options{Log: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func start(t *testing.T, opts sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	opts.Log = t.Output()
	sb, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	return sb
}

// unhurried is a workspace whose passing states last long enough to be seen on a busy machine.
func unhurried(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	const long = 500 * time.Millisecond
	return start(t, sandbox.Options{Delays: &sandbox.Delays{Instance: long, Operation: long, Settle: 10 * time.Millisecond,
		Compute: 50 * time.Millisecond, Deployment: long, Delete: 2 * long}})
}

// sdk is the Databricks SDK's client for a token.
func sdk(t *testing.T, sb *sandbox.Sandbox, token string) *client.DatabricksClient {
	t.Helper()
	c, err := client.New(&config.Config{Host: sb.Host(), Token: token, AuthType: "pat", ConfigFile: "/nonexistent", RateLimitPerSecond: 10000})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode checks the HTTP status, error code and a fragment of the message of an API error.
func wantCode(t *testing.T, err error, status int, code, fragment string) {
	t.Helper()
	var e *apierr.APIError
	if !errors.As(err, &e) {
		t.Errorf("got %v, want %d %s", err, status, code)
		return
	}
	if e.StatusCode != status || e.ErrorCode != code || !strings.Contains(e.Message, fragment) {
		t.Errorf("got %d %s %q, want %d %s %q", e.StatusCode, e.ErrorCode, e.Message, status, code, fragment)
	}
}

// poll waits until problem returns "".
func poll(t *testing.T, problem func() string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		p := problem()
		if p == "" {
			return
		}
		select {
		case <-deadline:
			t.Fatal(p)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// raw makes one call without the SDK, whose retries and JSON rules would be in the way.
func raw(t *testing.T, sb *sandbox.Sandbox, method, path, body string) (status int, answer map[string]any) {
	t.Helper()
	status, text := rawText(t, sb, method, path, body)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s %s: %d %q: %v", method, path, status, text, err)
	}
	return status, answer
}

func rawText(t *testing.T, sb *sandbox.Sandbox, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, sb.Host()+path, bytes.NewReader([]byte(body)))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+sb.Token())
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(text)
}

// login connects through the gateway with TLS verified.
func login(t *testing.T, sb *sandbox.Sandbox, host, user, password, database string) (*pgx.Conn, error) {
	t.Helper()
	address, port := host, "5432"
	if h, p, ok := strings.Cut(host, ":"); ok {
		address, port = h, p
	}
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%s dbname=%s sslmode=verify-full sslrootcert=%s connect_timeout=60",
		address, port, database, sb.AuthorityFile()))
	must(t, err)
	cfg.User, cfg.Password = user, password
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err == nil {
		t.Cleanup(func() { conn.Close(context.Background()) })
	}
	return conn, err
}

// sqlstate is the SQLSTATE of an error, "" for none.
func sqlstate(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func statement(t *testing.T, conn *pgx.Conn, want, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); sqlstate(err) != want {
		t.Errorf("%s: %v, want SQLSTATE %q", sql, err, want)
	}
}
