package lakebase_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/sandbox"
)

// Every way in which an app may name its database leads to it.
func TestEverySpellingConnects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.instance(t)
	host := w.env(t, "slides-app")("PGHOST")
	for _, c := range []struct {
		name, app string
		vars      []string
		opts      []lakebase.Option
		kind      lakebase.Kind
	}{
		{"endpoint, as AppKit names it", "slides-app", []string{"LAKEBASE_ENDPOINT=" + endpoint}, nil, lakebase.KindAutoscaling},
		{"endpoint, as the templates name it", "slides-app", []string{"PGENDPOINT=" + endpoint}, nil, lakebase.KindAutoscaling},
		{"the original, autoscaling", "slides-app", []string{"LAKEBASE_TYPE=autoscaling", "LAKEBASE_INSTANCE=slides", "LAKEBASE_PG_HOST=" + host,
			"LAKEBASE_ENDPOINT_NAME=" + endpoint}, nil, lakebase.KindAutoscaling},
		{"the original, provisioned", "classic-app", []string{"LAKEBASE_TYPE=provisioned", "LAKEBASE_INSTANCE=classic", "LAKEBASE_PG_HOST=None",
			"LAKEBASE_ENDPOINT_NAME=None"}, nil, lakebase.KindProvisioned},
		{"endpoint only", "slides-app", []string{"PGHOST=", "PGUSER=", "LAKEBASE_ENDPOINT=" + endpoint}, nil, lakebase.KindAutoscaling},
		{"instance only", "classic-app", []string{"PGHOST=", "PGUSER=", "DATABRICKS_APP_NAME=", "LAKEBASE_INSTANCE=classic"}, nil, lakebase.KindProvisioned},
		{"a URL without password", "slides-app", []string{"LAKEBASE_ENDPOINT=" + endpoint,
			"DATABASE_URL=postgresql+psycopg2://" + w.env(t, "slides-app")("PGUSER") + "@" + host + "/databricks_postgres?sslmode=require"}, nil, lakebase.KindAutoscaling},
		{"a token beside the service principal", "slides-app", []string{"LAKEBASE_ENDPOINT=" + endpoint, "DATABRICKS_TOKEN=stale"}, nil, lakebase.KindAutoscaling},
		{"by options", "slides-app", []string{"PGHOST="}, []lakebase.Option{lakebase.WithConfig(lakebase.Config{Endpoint: endpoint})}, lakebase.KindAutoscaling},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, pool := w.open(t, append([]lakebase.Option{lakebase.WithEnv(w.env(t, c.app, c.vars...))}, c.opts...)...)
			var user string
			if err := pool.QueryRow(t.Context(), "SELECT current_user").Scan(&user); err != nil {
				t.Fatal(err)
			}
			if r := conn.Resolution(); r.Kind != c.kind || user != r.User {
				t.Errorf("as %s by %s", user, r.Explain())
			}
		})
	}
}

// Where only PGHOST and PGUSER are set, the workspace is asked, with the rights of whoever runs the program.
func TestHostOnlyIsLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.instance(t)
	for app, want := range map[string]string{"slides-app": endpoint, "classic-app": "classic"} {
		env := w.env(t, app)
		mine := func(name string) string { // the deployer, who may list, on a laptop
			switch name {
			case "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET":
				return ""
			case "DATABRICKS_TOKEN":
				return w.Token()
			case "PGUSER":
				return "me@example.com"
			}
			return env(name)
		}
		c, pool := w.open(t, lakebase.WithEnv(mine))
		if r := c.Resolution(); r.Endpoint+r.Instance != want {
			t.Errorf("%s: %s", app, r.Explain())
		}
		if err := pool.Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", app, err)
		}
	}
	_, err := lakebase.New(t.Context(), lakebase.WithEnv(w.env(t, "slides-app", "PGHOST=127.9.9.9")))
	if !errors.Is(err, lakebase.ErrKindUnknown) || !strings.Contains(err.Error(), "LAKEBASE_ENDPOINT") {
		t.Errorf("unknown host: %v", err)
	}
}

func TestSessionsAreAsConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	_, pool := w.open(t, lakebase.WithConfig(lakebase.Config{Schema: `App-Data "x"`, StatementTimeout: 90 * time.Second, MaxConns: 3}))
	for query, want := range map[string]string{"SHOW search_path": `"App-Data ""x"""`, "SHOW statement_timeout": "90s",
		"SHOW application_name": "tellr/slides-app", "SHOW server_version_num": ""} {
		var got string
		if err := pool.QueryRow(t.Context(), query).Scan(&got); err != nil || want != "" && got != want {
			t.Errorf("%s: %q %v", query, got, err)
		}
	}
	if cfg := pool.Config(); cfg.MaxConns != 3 || cfg.MaxConnLifetime != 45*time.Minute || cfg.MaxConnLifetimeJitter != 9*time.Minute ||
		cfg.MaxConnIdleTime != 4*time.Minute || cfg.ConnConfig.TLSConfig.InsecureSkipVerify || cfg.ConnConfig.Password != "" {
		t.Errorf("%+v", cfg)
	}
	_, err := pool.Exec(t.Context(), "CREATE TABLE t ()")
	if e := lakebase.Explain(err); e == nil || e.Code != lakebase.ErrSchemaMissing {
		t.Errorf("without the schema: %v", err)
	}
	c, err := lakebase.New(t.Context(), lakebase.WithEnv(w.env(t, "slides-app", "LAKEBASE_ENDPOINT="+endpoint)), lakebase.WithSchema("nowhere"), lakebase.WithVerifiedSchema())
	must(t, err)
	defer c.Close()
	if _, err := c.Pool(t.Context()); !errors.Is(err, lakebase.ErrSchemaMissing) {
		t.Errorf("verified: %v", err)
	}
	// Cancel goes over TLS to the same server.
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	conn, err := pool.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	asleep := make(chan error, 1)
	go func() { _, err := conn.Exec(t.Context(), "SELECT pg_sleep(60)"); asleep <- err }()
	for {
		must(t, conn.Conn().PgConn().CancelRequest(t.Context()))
		select {
		case err := <-asleep:
			if sqlstate(err) != "57014" {
				t.Errorf("canceled: %v", err)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func sqlstate(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestSuspendedComputeIsWokenAndAuthenticationIsNotRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	c, pool := w.open(t)
	must(t, pool.Ping(t.Context()))
	must(t, w.Suspend("slides", ""))
	if e := lakebase.Explain(first2(pool.Exec(t.Context(), "SELECT 1"))); e != nil && e.Code != lakebase.ErrSuspended {
		t.Errorf("the session that was cut: %v", e)
	}
	must(t, pool.Ping(t.Context()))

	db, err := c.DB()
	must(t, err)
	defer db.Close()
	for code, want := range map[string]struct {
		cause   lakebase.Code
		logins  int
		retries bool
	}{
		"3D000": {lakebase.ErrDatabaseMissing, 1, false},
		"42501": {lakebase.ErrPermission, 1, false},
		"53300": {lakebase.ErrTooManyConnections, 1, false},
		"28P01": {lakebase.ErrAuthRejected, 0, true},
	} {
		before := c.Status()
		must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: code, Count: -1}))
		err := ping(t, db)
		w.Disarm()
		var e *lakebase.Error
		if !errors.Is(err, want.cause) || !errors.As(err, &e) || e.Hint == "" || sqlstate(err) != code {
			t.Errorf("%s: %v", code, err)
		}
		if retries := c.Status().Retries - before.Retries; (retries > 0) != want.retries || retries > 3 {
			t.Errorf("%s: %d retries", code, retries)
		}
	}
	must(t, ping(t, db))
}

func ping(t *testing.T, db *sql.DB) error {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		return err
	}
	conn.Raw(func(any) error { return errors.New("close it") })
	return conn.Close()
}

func first2(_ pgconn.CommandTag, err error) error { return err }

// A role that does not exist is said so, with whose token it was, and costs two requests.
func TestMissingRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	vars := w.env(t, "slides-app", "LAKEBASE_ENDPOINT="+endpoint, "PGUSER=ghost")
	var out syncBuffer
	_, pool := w.open(t, lakebase.WithEnv(vars), lakebase.WithLogger(slog.New(slog.NewTextHandler(&out, nil))))
	err := pool.Ping(t.Context())
	if n := strings.Count(out.String(), "another identity than the role"); n != 1 {
		t.Errorf("remarked %d times: %s", n, out.String())
	}
	if e := lakebase.Explain(err); e == nil || e.Code != lakebase.ErrAuthRejected || !strings.Contains(e.Hint, "the role is ghost") ||
		!strings.Contains(e.Hint, vars("DATABRICKS_CLIENT_ID")) {
		t.Errorf("%v", err)
	}
	for range 5 {
		pool.Ping(t.Context())
	}
	if n := w.tokens(); n > 3 {
		t.Errorf("%d requests", n)
	}
}

func TestServerIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for name, vars := range map[string][]string{
		"by the system's authorities": {"PGSSLROOTCERT="},
		"whatever sslmode says":       {"PGSSLROOTCERT=", "PGSSLMODE=require"},
		"even disable":                {"PGSSLROOTCERT=", "PGSSLMODE=disable"},
	} {
		_, pool := w.open(t, lakebase.WithEnv(w.env(t, "slides-app", append(vars, "LAKEBASE_ENDPOINT="+endpoint)...)))
		if err := pool.Ping(t.Context()); !errors.Is(err, lakebase.ErrTLSUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := lakebase.New(t.Context(), lakebase.WithEnv(w.env(t, "slides-app", "LAKEBASE_ENDPOINT="+endpoint, "PGSSLROOTCERT=/nonexistent")))
	if !errors.Is(err, lakebase.ErrTLSUntrusted) {
		t.Error(err)
	}
	c, _ := w.open(t)
	cfg, err := c.PoolConfig()
	must(t, err)
	cfg.ConnConfig.TLSConfig, cfg.BeforeConnect = nil, nil
	if conn, err := pgx.ConnectConfig(t.Context(), cfg.ConnConfig); !errors.Is(err, lakebase.ErrTLSRequired) {
		t.Errorf("without TLS: %v %v", conn, err)
	}
	// pgx.Connect knows no BeforeConnect; it logs in all the same, and once more after a rejection.
	cfg, err = c.PoolConfig()
	must(t, err)
	must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: "28P01"}))
	conn, err := pgx.ConnectConfig(t.Context(), cfg.ConnConfig)
	must(t, err)
	must(t, conn.Close(t.Context()))
}

// No token in logs, errors, the configuration or the status, at any level, in trouble.
func TestTokensStaySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2*time.Second)
	var out syncBuffer
	c, pool := w.open(t, lakebase.WithLogger(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))))
	var secrets []string
	for range 4 {
		must(t, pool.Ping(t.Context()))
		token, err := c.Token(t.Context())
		must(t, err)
		secrets = append(secrets, token.Secret())
		slog.New(slog.NewTextHandler(&out, nil)).Info("token", "t", token, "p", &token)
		w.ExpireTokens()
		must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: "28P01", Count: 2}))
		conn, err := pool.Acquire(t.Context())
		if err == nil {
			conn.Hijack().Close(t.Context())
		} else {
			out.Write([]byte(err.Error()))
		}
		w.Disarm()
	}
	cfg := pool.Config().ConnConfig
	out.Write([]byte(cfg.ConnString() + cfg.Password))
	for _, secret := range secrets {
		for _, part := range []string{secret, secret[:10], secret[len(secret)-10:]} {
			if part != "eyJhbGciOi" && strings.Contains(out.String(), part) { // that is {"alg": of every JWT
				t.Errorf("part of a token in %s", out.String())
			}
		}
	}
	if !strings.Contains(out.String(), "token is fresh") {
		t.Errorf("nothing is logged: %s", out.String())
	}
}
