package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/sandbox"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The service as an app of a workspace has it, and every token revoked between two requests.
func TestServiceInAWorkspace(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	sb, err := sandbox.Start(t.Context(), sandbox.Options{Log: t.Output()})
	must(t, err)
	defer sb.Close()
	api, err := client.New(&config.Config{Host: sb.Host(), Token: sb.Token(), AuthType: "pat", ConfigFile: "/nonexistent"})
	must(t, err)
	op, err := postgres.NewPostgres(api).CreateProject(t.Context(), postgres.CreateProjectRequest{ProjectId: "notes"})
	must(t, err)
	_, err = op.Wait(t.Context())
	must(t, err)
	const branch = "projects/notes/branches/production"
	wait, err := apps.NewApps(api).Create(t.Context(), apps.CreateAppRequest{App: apps.App{Name: "go-service", Resources: []apps.AppResource{{Name: "postgres",
		Postgres: &apps.AppResourcePostgres{Branch: branch, Database: branch + "/databases/databricks-postgres", Permission: "CAN_CONNECT_AND_CREATE"}}}}})
	must(t, err)
	_, err = wait.Get()
	must(t, err)
	env, err := sb.AppEnv("go-service")
	must(t, err)
	vars := map[string]string{"LAKEBASE_ENDPOINT": branch + "/endpoints/primary", "LAKEBASE_SCHEMA": "app_data"}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener, func(name string) string { return vars[name] }) }()
	url := "http://" + listener.Addr().String()
	call := func(method, path, body string, status int) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		must(t, err)
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != status {
			t.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
		}
		return string(text)
	}
	call("GET", "/healthz", "", 200) // before anything touched the database
	call("GET", "/notes", "", 500)   // tellr apply has not made the table

	pool, err := lakebase.Open(t.Context(), lakebase.WithEnv(func(name string) string { return vars[name] }))
	must(t, err)
	_, err = pool.Exec(t.Context(), "CREATE SCHEMA app_data; CREATE TABLE app_data.notes (id serial PRIMARY KEY, body text NOT NULL)")
	must(t, err)
	pool.Close()

	call("POST", "/notes", `{"body":"one"}`, 200)
	call("POST", "/notes", `{}`, 400)
	sb.ExpireTokens()
	must(t, sb.Suspend("notes", ""))
	<-time.After(1100 * time.Millisecond) // the pool looks at a session that was idle for a second before it gives it out
	if text := call("GET", "/notes", "", 200); !strings.Contains(text, `"body":"one"`) {
		t.Error(text)
	}
	if text := call("GET", "/healthz", "", 200); !strings.Contains(text, `"state":"fresh"`) {
		t.Error(text)
	}
	cancel()
	must(t, <-ended)
}
