package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/runtime/proxy"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

const ordinaryPassword = "p@ss/word"

// ordinary is a Postgres that asks for SCRAM-SHA-256, with TLS and without.
func ordinary(t *testing.T) (address, root string) {
	t.Helper()
	pg, err := cluster.Start(t.Context(), cluster.Options{})
	if errors.Is(err, cluster.ErrNoPostgres) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { pg.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	certificate, key := certificateFiles(t)
	file := func(name, from string) string {
		text := from
		if raw, err := os.ReadFile(from); err == nil {
			text = string(raw)
		}
		return fmt.Sprintf(`COPY (SELECT unnest(string_to_array('%s', E'\n'))) TO PROGRAM 'cat > %s && chmod 600 %s'`, strings.TrimSpace(text), name, name)
	}
	must(t, pg.Exec(t.Context(), "postgres", "CREATE ROLE ann LOGIN PASSWORD '"+ordinaryPassword+"'", "CREATE DATABASE shop OWNER ann",
		file("server.crt", certificate), file("server.key", key), file("pg_hba.conf", "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"),
		"ALTER SYSTEM SET listen_addresses = '127.0.0.1'", "ALTER SYSTEM SET port = "+port, "ALTER SYSTEM SET ssl = on"))
	must(t, pg.Restart(t.Context()))
	return "127.0.0.1:" + port, certificate
}

// A Postgres that is given with its password is reached through a proxy too, for its pool: by SCRAM-SHA-256, with
// channel binding over TLS.
func TestGivenDatabase(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Postgres")
	}
	at, root := ordinary(t)
	start := func(t *testing.T, dsn string, o proxy.Options) *proxy.Proxy {
		t.Helper()
		c, err := lakebase.New(t.Context(), lakebase.WithEnv(getenv([]string{"DATABASE_URL=" + dsn})), lakebase.WithSocket(pgwire.Direct))
		must(t, err)
		t.Cleanup(func() { c.Close() })
		o.Listen, o.Log = []string{"127.0.0.1:0"}, slog.New(slog.NewTextHandler(t.Output(), nil))
		p, err := proxy.New(c, o)
		must(t, err)
		must(t, proxy.FirstToken(t.Context(), c))
		must(t, p.Start(t.Context()))
		t.Cleanup(func() { p.Close() })
		return p
	}
	address := func(password, query string) string {
		u := url.URL{Scheme: "postgresql", User: url.UserPassword("ann", password), Host: at, Path: "/shop", RawQuery: "application_name=shop&" + query}
		return u.String()
	}
	w := &world{T: t}
	for name, query := range map[string]string{"in the clear": "sslmode=disable", "channel bound": "sslmode=verify-ca&channel_binding=require&require_auth=scram-sha-256&sslrootcert=" + root,
		"whatever the server has": "sslmode=prefer"} {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t}
			p := start(t, address(ordinaryPassword, query), proxy.Options{Pool: true})
			c := w.connect(dsn(p))
			pid := one[int](w, c, "SELECT pg_backend_pid()")
			if got := one[string](w, c, "SELECT current_user || '@' || current_database() || ' ' || current_setting('application_name') || ' ' || ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"); got != fmt.Sprintf("ann@shop shop %v", name != "in the clear") {
				t.Error(got)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			failed := make(chan error)
			go func() { _, err := c.Exec(ctx, "SELECT pg_sleep(60)"); failed <- err }()
			for asked := true; asked; {
				must(t, c.PgConn().CancelRequest(ctx))
				select {
				case err := <-failed:
					asked = false
					if sqlstate(err) != "57014" {
						t.Errorf("canceled: %v", err)
					}
				case <-time.After(50 * time.Millisecond):
				}
			}
			must(t, c.Close(t.Context()))
			w.kept(p, 1)
			if c = w.connect(dsn(p)); one[int](w, c, "SELECT pg_backend_pid()") != pid {
				t.Error("another session")
			}
			if v := c.PgConn().ParameterStatus("server_version"); v == "" {
				t.Error("the server's version is not told")
			}
			if st := p.Status(); !st.Ready || st.Opened != 1 || st.Reused != 1 {
				t.Errorf("%+v", st)
			}
			// A client of a later protocol is told that it gets 3.0.
			later := w.connect(dsn(p, "max_protocol_version=3.2"))
			if one[int](w, later, "SELECT 1") != 1 {
				t.Error("protocol 3.2")
			}
		})
	}
	// The server's refusal is the client's, in its words.
	p := start(t, address("wrong", "sslmode=disable"), proxy.Options{})
	if _, err := pgx.Connect(t.Context(), dsn(p)); sqlstate(err) != "28P01" || !strings.Contains(err.Error(), `password authentication failed for user "ann"`) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := w.psql(p, "-c", "SELECT 1"); err == nil || strings.Contains(err.Error(), "databricks_create_role") {
		t.Errorf("a cure of Lakebase's: %v", err)
	}
	// Nobody is there.
	p = start(t, strings.Replace(address(ordinaryPassword, "sslmode=disable"), at, "127.0.0.1:1", 1), proxy.Options{})
	if _, err := pgx.Connect(t.Context(), dsn(p)); sqlstate(err) != "08006" {
		t.Errorf("nobody there: %v", err)
	}
	several, err := lakebase.New(t.Context(), lakebase.WithEnv(getenv([]string{"DATABASE_URL=host=a,b user=ann password=x"})))
	must(t, err)
	if _, err := proxy.New(several, proxy.Options{}); !errors.Is(err, lakebase.ErrConflict) {
		t.Errorf("two hosts: %v", err)
	}
}
