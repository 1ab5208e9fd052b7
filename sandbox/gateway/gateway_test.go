package gateway

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/sandbox/cluster"
	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// door is an endpoint with one password.
type door struct{ socket, password string }

func (d *door) Name() string { return "instances/door" }
func (d *door) Admit(_ context.Context, role, password string) *pgwire.Error {
	if password != d.password {
		return refusal(pgwire.CodeInvalidPassword, role)
	}
	return nil
}
func (d *door) Wake(context.Context) (string, *pgwire.Error) { return d.socket, nil }
func (d *door) Settings() map[string]string {
	return map[string]string{"application_name": "through the door"}
}
func (d *door) Opened() func() { return func() {} }

func open(t *testing.T) (*cluster.Cluster, *Gateway, *Listener, *traffic.Log) {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Options{AutoInstall: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	log := traffic.NewLog(time.Now)
	g, err := New(Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	l, err := g.Listen(&door{socket: c.Socket(), password: "token"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, g, l, log
}

func dial(t *testing.T, g *Gateway, l *Listener, options string) (*pgx.Conn, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(l.net.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%s user=postgres password=token dbname=postgres sslmode=require %s", host, port, options))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(g.Authority())
	cfg.TLSConfig.RootCAs, cfg.TLSConfig.InsecureSkipVerify, cfg.TLSConfig.ServerName = pool, false, host
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err == nil {
		t.Cleanup(func() { conn.Close(context.Background()) })
	}
	return conn, err
}

// Ways of connecting that differ on the wire.
func TestProtocolVariants(t *testing.T) {
	_, g, l, _ := open(t)
	for _, options := range []string{"", "sslnegotiation=direct", "max_protocol_version=3.2", "default_query_exec_mode=simple_protocol",
		"default_query_exec_mode=exec", "default_query_exec_mode=describe_exec"} {
		t.Run(options, func(t *testing.T) {
			conn, err := dial(t, g, l, options)
			if err != nil {
				t.Fatal(err)
			}
			var name string
			var n int
			err = conn.QueryRow(t.Context(), "SELECT current_setting('application_name'), $1::int", 7).Scan(&name, &n)
			if err != nil || name != "through the door" || n != 7 {
				t.Errorf("%q %d %v", name, n, err)
			}
			// A cancel request reaches the session, whatever the size of its key.
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			go func() {
				for ctx.Err() == nil { // until one of them meets the running statement
					conn.PgConn().CancelRequest(ctx)
				}
			}()
			if _, err := conn.PgConn().Exec(t.Context(), "SELECT pg_sleep(4)").ReadAll(); err == nil || !strings.Contains(err.Error(), "57014") {
				t.Errorf("the sleep ended by %v", err)
			}
		})
	}
}

// Large statements and answers, pipelines and notifications pass unharmed.
func TestBytesPassUnharmed(t *testing.T) {
	c, g, l, log := open(t)
	conn, err := dial(t, g, l, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	large := strings.Repeat("é", 1<<20)
	var length int
	if err := conn.QueryRow(ctx, "SELECT length('"+large+"')").Scan(&length); err != nil || length != 1<<20 {
		t.Errorf("%d %v", length, err)
	}
	var back string
	if err := conn.QueryRow(ctx, "SELECT $1::text", large).Scan(&back); err != nil || back != large {
		t.Errorf("%d bytes came back: %v", len(back), err)
	}
	batch := &pgx.Batch{}
	for i := range 500 {
		batch.Queue("SELECT $1::int + 0", i)
	}
	results := conn.SendBatch(ctx, batch)
	for i := range 500 {
		var n int
		if err := results.QueryRow().Scan(&n); err != nil || n != i {
			t.Fatalf("%d: %d %v", i, n, err)
		}
	}
	if err := results.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Exec(ctx, "LISTEN bell"); err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(ctx, "postgres", "NOTIFY bell, 'ring'"); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.WaitForNotification(ctx); err != nil || n.Payload != "ring" {
		t.Errorf("%v %v", n, err)
	}
	rows := make([][]any, 20000)
	for i := range rows {
		rows[i] = []any{i, "row"}
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE t (n int, s text)"); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"n", "s"}, pgx.CopyFromRows(rows)); n != 20000 || err != nil {
		t.Errorf("copied %d: %v", n, err)
	}
	statements := log.Statements()
	if last := statements[len(statements)-1]; last.Kind != traffic.Copy || last.Bytes < 20000*10 {
		t.Errorf("%+v", last)
	}
}

func TestRefusals(t *testing.T) {
	_, g, l, _ := open(t)
	for options, want := range map[string]string{"password=wrong": "28P01", "user=nobody": "28000", "dbname=nowhere": "3D000"} {
		if _, err := dial(t, g, l, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", options, err, want)
		}
	}
	host := l.Host()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t, g, l, ""); err == nil {
		t.Errorf("%s accepts after Close", host)
	}
}

// pgwire's client side against Postgres itself, by SCRAM.
func TestClientSideAgainstPostgres(t *testing.T) {
	c, _, _, _ := open(t)
	ctx := t.Context()
	if err := c.Exec(ctx, "postgres", "CREATE ROLE ada LOGIN PASSWORD 'secret'",
		`DO $$ BEGIN EXECUTE format('COPY (VALUES (''local all ada scram-sha-256''), (''local all all trust'')) TO %L', current_setting('hba_file')); END $$`,
		"SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	try := func(password string) error {
		conn, err := net.Dial("unix", c.Socket())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = pgwire.Login(conn, pgwire.Startup{Parameters: map[string]string{"user": "ada", "database": "postgres"}}, password)
		return err
	}
	deadline := time.Now().Add(10 * time.Second)
	for try("wrong") == nil { // until the new rules are read
		if time.Now().After(deadline) {
			t.Fatal("the rules are not read")
		}
	}
	if err := try("wrong"); err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("wrong password: %v", err)
	}
	if err := try("secret"); err != nil {
		t.Errorf("right password: %v", err)
	}
	conn, err := pgx.Connect(ctx, c.DSN("", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var kept string
	if err := conn.QueryRow(ctx, "SELECT rolpassword FROM pg_authid WHERE rolname = 'ada'").Scan(&kept); err != nil {
		t.Fatal(err)
	}
	v, err := pgwire.ParseVerifier(kept)
	if err != nil || !v.Matches("secret") || v.Matches("wrong") {
		t.Errorf("verifier %s: %v", kept, err)
	}
}
