package lakebase_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// What a server may do before it is ready, and what becomes of it.
func TestLogin(t *testing.T) {
	t.Parallel()
	login := func(g *gateway, conn net.Conn, f func(in net.Conn, params map[string]string)) {
		if in, params := g.open(conn); in != nil {
			f(in, params)
			in.Close()
		}
	}
	for _, c := range []struct {
		name  string
		serve func(g *gateway, n int, conn net.Conn)
		want  lakebase.Code // empty is success
		conns int           // at least
	}{
		{"a password is asked for", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, params map[string]string) {
				if p := ask(in); p != "secret-1" || params["search_path"] != `"S"` || params["user"] != "app" || params["database"] != lakebase.DefaultDatabase {
					refuse(in, "28P01", "wrong: "+p)
					return
				}
				admit(in)
				answer(in)
			})
		}, "", 1},
		{"notices and a lower version before", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				say(in, &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: 0}, &pgproto3.NoticeResponse{Severity: "NOTICE", Message: "hello"})
				ask(in)
				say(in, &pgproto3.NoticeResponse{Severity: "NOTICE", Message: "again"})
				admit(in)
				answer(in)
			})
		}, "", 1},
		{"the first login is rejected", func(g *gateway, n int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				if p := ask(in); n == 0 || p != "secret-2" {
					refuse(in, "28P01", "password authentication failed")
					return
				}
				admit(in)
				answer(in)
			})
		}, "", 2},
		{"every login is rejected", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) { ask(in); refuse(in, "28000", `role "app" does not exist`) })
		}, lakebase.ErrAuthRejected, 2},
		{"not a database token", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				ask(in)
				refuse(in, "28P01", `Failed to decode token for role "app"`)
			})
		}, lakebase.ErrTokenUndecodable, 1},
		{"the compute starts", func(g *gateway, n int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				ask(in)
				if n < 3 {
					refuse(in, []string{"57P03", "57P01", "08006"}[n], "starting")
					return
				}
				admit(in)
				answer(in)
			})
		}, "", 4},
		{"cut before TLS, in the handshake, after the startup packet", func(g *gateway, n int, conn net.Conn) {
			switch n {
			case 0:
				return
			case 1:
				conn.(*net.TCPConn).SetLinger(0)
				io.ReadFull(conn, make([]byte, 8))
				return
			case 2:
				io.ReadFull(conn, make([]byte, 8))
				conn.Write([]byte{'S'})
				io.ReadFull(conn, make([]byte, 20))
				return
			}
			login(g, conn, func(in net.Conn, _ map[string]string) {
				if n == 3 {
					return
				}
				ask(in)
				admit(in)
				answer(in)
			})
		}, "", 5},
		{"never comes up", func(g *gateway, _ int, conn net.Conn) {}, lakebase.ErrWaking, 3},
		{"no TLS", func(_ *gateway, _ int, conn net.Conn) {
			io.ReadFull(conn, make([]byte, 8))
			conn.Write([]byte{'N'})
			io.Copy(io.Discard, conn)
		}, lakebase.ErrTLSRequired, 1},
		{"bytes behind the answer to SSLRequest", func(_ *gateway, _ int, conn net.Conn) {
			io.ReadFull(conn, make([]byte, 8))
			conn.Write([]byte("SR\x00\x00\x00\x08\x00\x00\x00\x00"))
			io.Copy(io.Discard, conn)
		}, lakebase.ErrProtocol, 1},
		{"an error instead of TLS", func(_ *gateway, _ int, conn net.Conn) {
			io.ReadFull(conn, make([]byte, 8))
			refuse(conn, "53300", "sorry, too many clients already")
		}, lakebase.ErrTooManyConnections, 1},
		{"MD5 gets nothing of a token", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				say(in, &pgproto3.AuthenticationMD5Password{})
				io.Copy(io.Discard, in)
			})
		}, lakebase.ErrProtocol, 1},
		{"SCRAM gets nothing of a token", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				say(in, &pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}})
				io.Copy(io.Discard, in)
			})
		}, lakebase.ErrProtocol, 1},
		{"the password is asked for twice", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) { ask(in); ask(in) })
		}, lakebase.ErrProtocol, 1},
		{"ready without admission", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) { say(in, &pgproto3.ReadyForQuery{TxStatus: 'I'}) })
		}, lakebase.ErrProtocol, 1},
		{"a huge message", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) { in.Write([]byte("N\x7f\xff\xff\xff")); io.Copy(io.Discard, in) })
		}, lakebase.ErrProtocol, 1},
		{"notices without end", func(g *gateway, _ int, conn net.Conn) {
			login(g, conn, func(in net.Conn, _ map[string]string) {
				for range 2000 {
					say(in, &pgproto3.NoticeResponse{Message: "again"})
				}
			})
		}, lakebase.ErrProtocol, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			conns := 0
			g := newGateway(t, func(g *gateway, n int, conn net.Conn) {
				mu.Lock()
				conns++
				mu.Unlock()
				c.serve(g, n, conn)
			})
			i := &issuer{life: time.Hour}
			err := connect(t, g.connector(t, i))
			var e *lakebase.Error
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (!errors.Is(err, c.want) || !errors.As(err, &e) || e.Hint == ""):
				t.Errorf("got %v, want %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("a token in %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if conns < c.conns || c.want != "" && c.want != lakebase.ErrWaking && conns > 2 {
				t.Errorf("%d connections", conns)
			}
			if i.count() > 2 {
				t.Errorf("%d tokens", i.count())
			}
		})
	}
}

// Tokens are JWTs of a kilobyte or several.
func TestLongTokens(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1 << 10, 2 << 10, 4 << 10, 8 << 10, 60 << 10} {
		secret := strings.Repeat("x", size)
		g := newGateway(t, func(g *gateway, _ int, conn net.Conn) {
			if in, _ := g.open(conn); in != nil {
				if ask(in) != secret {
					refuse(in, "28P01", "another")
					return
				}
				admit(in)
				answer(in)
			}
		})
		c := g.connector(t, &issuer{}, lakebase.WithMinter(func(context.Context) (lakebase.Credential, error) { return lakebase.Credential{Secret: secret}, nil }))
		if err := connect(t, c); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// A session for a program that passes bytes on: its own startup packet, and everything that the server said.
func TestConnectPassesTheServersWordsOn(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(g *gateway, n int, conn net.Conn) {
		in, params := g.open(conn)
		if in == nil {
			return
		}
		if n == 0 || params["odd"] != "1" {
			ask(in)
			refuse(in, "28P01", "no")
			return
		}
		say(in, &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: 0, UnrecognizedOptions: []string{"_pq_.x"}})
		ask(in)
		admit(in)
		answer(in)
	})
	c := g.connector(t, &issuer{life: time.Hour})
	startup, err := (&pgproto3.StartupMessage{ProtocolVersion: 3 << 16, Parameters: map[string]string{"user": "app", "odd": "1"}}).Encode(nil)
	must(t, err)
	conn, err := c.Connect(t.Context(), "app", startup)
	must(t, err)
	defer conn.Close()
	front := pgproto3.NewFrontend(conn, conn)
	var kinds []byte
	for len(kinds) == 0 || kinds[len(kinds)-1] != 'Z' {
		m, err := front.Receive()
		must(t, err)
		switch m.(type) {
		case *pgproto3.NegotiateProtocolVersion:
			kinds = append(kinds, 'v')
		case *pgproto3.AuthenticationOk:
			kinds = append(kinds, 'R')
		case *pgproto3.ParameterStatus:
			kinds = append(kinds, 'S')
		case *pgproto3.BackendKeyData:
			kinds = append(kinds, 'K')
		case *pgproto3.ReadyForQuery:
			kinds = append(kinds, 'Z')
		}
	}
	if string(kinds) != "vRSKZ" {
		t.Errorf("%s", kinds)
	}
	front.Send(&pgproto3.Query{String: ""})
	must(t, front.Flush())
	if m, err := front.Receive(); err != nil {
		t.Errorf("%v %v", m, err)
	}
}

// Clients that vanish and servers that cut at every byte leave no descriptor and no goroutine behind.
func TestAbortsLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const cycles = 1500
	cut := make(chan int, 1)
	g := newGateway(t, func(g *gateway, _ int, conn net.Conn) {
		at := <-cut
		in, _ := g.open(&cutting{Conn: conn, left: at})
		if in != nil {
			ask(in)
			admit(in)
			answer(in)
		}
	})
	c := g.connector(t, &issuer{life: time.Hour}, lakebase.WithWakeBudget(0))
	before := descriptors(t)
	for n := range cycles {
		cut <- n % 1500 // what the server sends until it is ready, all of it TLS
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if conn, err := c.Connect(ctx, "app", startupPacket(t)); err == nil {
			conn.Close()
		}
		cancel()
	}
	for deadline := time.Now().Add(10 * time.Second); descriptors(t) > before+5; {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors before, %d after", before, descriptors(t))
		}
		<-time.After(10 * time.Millisecond)
	}
}

func startupPacket(t testing.TB) []byte {
	b, err := (&pgproto3.StartupMessage{ProtocolVersion: 3 << 16, Parameters: map[string]string{"user": "app"}}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cutting is a connection that ends after some bytes to the other side.
type cutting struct {
	net.Conn
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	n, err := c.Conn.Write(p[:n])
	if err == nil && n < len(p) {
		c.Conn.Close()
		err = io.ErrClosedPipe
	}
	return n, err
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

// Whatever a server says, login ends, stays within its bounds, and gives the token only when asked for a password.
func FuzzLogin(f *testing.F) {
	encode := func(messages ...pgproto3.BackendMessage) []byte {
		var b []byte
		for _, m := range messages {
			b, _ = m.Encode(b)
		}
		return b
	}
	f.Add(encode(&pgproto3.AuthenticationCleartextPassword{}, &pgproto3.AuthenticationOk{}, &pgproto3.ReadyForQuery{TxStatus: 'I'}))
	f.Add(encode(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "no"}))
	f.Add(encode(&pgproto3.NegotiateProtocolVersion{}, &pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}}))
	f.Add([]byte("R\x00\x00\x00\x04"))
	f.Add([]byte("N\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, said []byte) {
		conn := &scripted{in: said}
		seen, err := lakebase.Login(t.Context(), conn, []byte("startup"), "canary")
		asked := strings.Contains(string(said), "R\x00\x00\x00\x08\x00\x00\x00\x03")
		if strings.Contains(string(conn.out), "canary") && !asked {
			t.Errorf("the token was sent for %q", said)
		}
		if err == nil && (len(seen) == 0 || seen[len(seen)-6] != 'Z' || len(seen) > len(said)) || len(seen) > 1<<19 {
			t.Errorf("%q from %q: %v", seen, said, err)
		}
	})
}

type scripted struct {
	net.Conn
	in, out []byte
}

func (s *scripted) Read(p []byte) (int, error) {
	if len(s.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.in)
	s.in = s.in[n:]
	return n, nil
}
func (s *scripted) Write(p []byte) (int, error) { s.out = append(s.out, p...); return len(p), nil }
func (s *scripted) SetDeadline(time.Time) error { return nil }
func (s *scripted) RemoteAddr() net.Addr        { return &net.TCPAddr{} }
