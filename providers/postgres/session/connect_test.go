package session

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/engine/resource"
)

func TestConnectErrors(t *testing.T) {
	d := database(t)
	d.exec(`DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; REVOKE CONNECT ON DATABASE ` + d.name + ` FROM PUBLIC`)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plain.Close() }) // after the parallel cases
	go serve(plain, func(c net.Conn) {  // a server without TLS
		io.ReadFull(c, make([]byte, 8))
		c.Write([]byte("N"))
	})
	wrong, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wrong.Close() })
	go serve(wrong, func(c net.Conn) { refuse(c, "28P01", `password authentication failed for user "a@b.c"`) })

	socket := resource.Endpoint{URL: d.c.DSN("", d.name)}.URL
	for name, c := range map[string]struct {
		ep   resource.Endpoint
		want []string
	}{
		"no role":     {resource.Endpoint{URL: d.c.DSN("no@body.com", d.name)}, []string{`role "no@body.com" does not exist`, "databricks_create_role('no@body.com', 'USER')"}},
		"no database": {resource.Endpoint{URL: strings.Replace(socket, "/"+d.name, "/nothing", 1)}, []string{"3D000", "CREATE DATABASE"}},
		"no right":    {resource.Endpoint{URL: d.c.DSN("stranger", d.name)}, []string{"42501", "GRANT CONNECT ON DATABASE"}},
		"no host":     {resource.Endpoint{Host: "no-such-host.invalid", User: "a@b.c", Database: "db", Port: 5432}, []string{"there is no host no-such-host.invalid", "as a@b.c"}},
		"no socket":   {resource.Endpoint{Host: t.TempDir(), User: "a", Database: "db"}, []string{"no socket in that folder"}},
		"no TLS":      {at(plain, "verify-full"), []string{"TLS failed: server refused TLS connection", "sslmode"}},
		"password":    {at(wrong, "disable"), []string{"28P01", "has expired"}},
		"bad URL":     {resource.Endpoint{URL: "postgres://u:hunter2@host:port/db"}, []string{"the connection settings are wrong", "encode special characters"}},
		"bad sslmode": {resource.Endpoint{Host: "h", SSLMode: "maybe"}, []string{"sslmode"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.ep.Password == nil && c.ep.URL == "" {
				c.ep.Password = func(context.Context) (string, error) { return "hunter2", nil }
			}
			_, err := Connect(context.Background(), c.ep)
			m := diagnostic(t, err)
			for _, want := range c.want {
				if !strings.Contains(m.Error(), want) {
					t.Errorf("%v lacks %q", m, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		_, err = Connect(context.Background(), at(l, "disable"))
		if m := diagnostic(t, err); !strings.Contains(m.Detail, "nothing listens") {
			t.Error(m)
		}
	})
}

func at(l net.Listener, ssl string) resource.Endpoint {
	a := l.Addr().(*net.TCPAddr)
	return resource.Endpoint{Host: "127.0.0.1", Port: a.Port, User: "a@b.c", Database: "db", SSLMode: ssl}
}

func serve(l net.Listener, answer func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		answer(c)
		c.Close()
	}
}

// refuse takes a startup message and answers with an error.
func refuse(c net.Conn, code, message string) {
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
	b.Flush()
}

// A server that is starting, and a connection that is dropped, are tried
// again, each time with a fresh password; the fields are taken as they are.
func TestConnectRetries(t *testing.T) {
	d := database(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := 0
	go serve(l, func(c net.Conn) {
		switch n++; n {
		case 1:
			refuse(c, "57P03", "the database system is starting up")
		case 2: // drops the connection
		default:
			up, err := net.Dial("unix", d.c.Socket())
			if err != nil {
				return
			}
			go io.Copy(up, c)
			io.Copy(c, up)
		}
	})
	var passwords atomic.Int32
	ep := at(l, "disable")
	ep.User, ep.Database = "postgres", d.name
	ep.Password = func(context.Context) (string, error) { passwords.Add(1); return "x", nil }
	conn, err := Connect(t.Context(), ep)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if passwords.Load() != 3 {
		t.Errorf("%d passwords for 3 attempts", passwords.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, ep); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupt: %v", err)
	}
}

func TestConfigure(t *testing.T) {
	os.Unsetenv("PGSSLMODE")
	c, err := configure(resource.Endpoint{Host: "db.example.com", Port: 6432, User: `o'brien\x@example.com`, Database: "my db"})
	if err != nil {
		t.Fatal(err)
	}
	if c.User != `o'brien\x@example.com` || c.Database != "my db" || c.Port != 6432 || c.TLSConfig == nil || c.TLSConfig.ServerName != "db.example.com" ||
		c.TLSConfig.InsecureSkipVerify || len(c.Fallbacks) != 0 {
		t.Errorf("%+v", c)
	}
}
