package proxy_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/runtime/proxy"
)

// wire is a session on which a test speaks the protocol itself and keeps all that the server says.
type wire struct {
	w          *world
	conn       net.Conn
	heard      []byte
	at         int // of the first message that was not looked at
	key        []byte
	cancelDial func() net.Conn
}

// expect reads until a message of a kind has come, n times.
func (c *wire) expect(kind byte, n int) {
	c.w.Helper()
	buf := make([]byte, 16<<10)
	for n > 0 {
		for len(c.heard)-c.at >= 5 {
			size := 1 + int(binary.BigEndian.Uint32(c.heard[c.at+1:]))
			if len(c.heard)-c.at < size {
				break
			}
			m := c.heard[c.at : c.at+size]
			if m[0] == kind {
				n--
			}
			switch m[0] {
			case 'A': // whose it is differs between sessions
				copy(m[5:9], "same")
			case 'K':
				c.key = bytes.Clone(m[5:])
			}
			c.at += size
			if n == 0 {
				return
			}
		}
		c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		got, err := c.conn.Read(buf)
		c.heard = append(c.heard, buf[:got]...)
		if err != nil && got == 0 {
			c.w.Fatalf("waiting for %q: %v", kind, err)
		}
	}
}

func (c *wire) say(messages ...pgproto3.FrontendMessage) {
	c.w.Helper()
	var b []byte
	for _, m := range messages {
		var err error
		b, err = m.Encode(b)
		must(c.w.T, err)
	}
	_, err := c.conn.Write(b)
	must(c.w.T, err)
}

// loggedIn forgets the login.
func (c *wire) loggedIn() {
	c.expect('Z', 1)
	c.heard, c.at = c.heard[c.at:], 0
}

var startupPacket = func() []byte {
	b, _ := (&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "me", "client_encoding": "UTF8"}}).Encode(nil)
	return b
}()

// throughProxy logs in at a proxy.
func (w *world) throughProxy(p *proxy.Proxy) *wire {
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", address(p))
		must(w.T, err)
		w.Cleanup(func() { conn.Close() })
		if config := trust(w.T, p); config != nil {
			conn, err = pgwire.StartTLS(conn, config)
			must(w.T, err)
		}
		return conn
	}
	c := &wire{w: w, conn: dial(), cancelDial: dial}
	_, err := c.conn.Write(startupPacket)
	must(w.T, err)
	c.expect('R', 1)
	c.say(&pgproto3.PasswordMessage{Password: p.Password()})
	c.loggedIn()
	return c
}

// withoutProxy logs in at the server.
func (w *world) withoutProxy() *wire {
	connector := w.connector()
	r := connector.Resolution()
	packet, err := (&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": r.User,
		"client_encoding": "UTF8", "database": r.Database, "application_name": r.Application}}).Encode(nil)
	must(w.T, err)
	conn, err := connector.Connect(w.Context(), r.User, packet)
	must(w.T, err)
	w.Cleanup(func() { conn.Close() })
	c := &wire{w: w, conn: conn, cancelDial: func() net.Conn {
		conn, err := connector.Dial(w.Context())
		must(w.T, err)
		return conn
	}}
	c.loggedIn()
	return c
}

// conversation is a bit of everything.
func conversation(c *wire) []byte {
	c.w.Helper()
	query := func(sql string) { c.say(&pgproto3.Query{String: sql}) }
	run := func(sql string) { query(sql); c.expect('Z', 1) }
	run("SELECT 1; SELECT 'é', NULL::int, repeat('x', 300)")
	run("SELECT no_such_column")
	run("")
	run("SET TimeZone = 'Asia/Tokyo'")
	run("DO $$ BEGIN RAISE NOTICE 'mind the gap'; END $$")
	run("SELECT length('" + strings.Repeat("s", 100<<10) + "')")
	run("SELECT repeat('long answer ', 200000)")
	run("CREATE TEMP TABLE t (n int, s text)")

	// A pipeline with an error in the middle, and a Flush.
	for _, sql := range []string{"SELECT $1::int + 1", "SELECT $1::int / 0", "SELECT $1::int + 2"} {
		c.say(&pgproto3.Parse{Query: sql}, &pgproto3.Describe{ObjectType: 'S'}, &pgproto3.Bind{Parameters: [][]byte{[]byte("41")}}, &pgproto3.Execute{}, &pgproto3.Sync{})
	}
	c.expect('Z', 3)
	c.say(&pgproto3.Parse{Name: "kept", Query: "SELECT 7"}, &pgproto3.Flush{})
	c.expect('1', 1)
	c.say(&pgproto3.Bind{PreparedStatement: "kept"}, &pgproto3.Execute{}, &pgproto3.Execute{}, &pgproto3.Close{ObjectType: 'S', Name: "kept"}, &pgproto3.Sync{})
	c.expect('Z', 1)

	// COPY in, in odd pieces; one that fails; and out.
	query("COPY t FROM STDIN")
	c.expect('G', 1)
	for i := range 3000 {
		c.say(&pgproto3.CopyData{Data: fmt.Appendf(nil, "%d\t%s\n", i, strings.Repeat("c", i%97))})
	}
	c.say(&pgproto3.CopyData{Data: bytes.Repeat([]byte("7\tlarge\n"), 50000)}, &pgproto3.CopyDone{})
	c.expect('Z', 1)
	query("COPY t FROM STDIN")
	c.expect('G', 1)
	c.say(&pgproto3.CopyData{Data: []byte("1\tx\n")}, &pgproto3.CopyFail{Message: "changed my mind"})
	c.expect('Z', 1)
	run("COPY t TO STDOUT")
	run("SELECT count(*), sum(n) FROM t")

	run("LISTEN bell")
	run("NOTIFY bell, 'ring'")

	// Bytes one by one.
	one, err := (&pgproto3.Query{String: "BEGIN; SELECT 'slow'; COMMIT"}).Encode(nil)
	must(c.w.T, err)
	for i := range one {
		_, err := c.conn.Write(one[i : i+1])
		must(c.w.T, err)
	}
	c.expect('Z', 1)

	// Canceled while it runs.
	query("SELECT pg_sleep(60)")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			conn := c.cancelDial()
			packet := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(8+len(c.key))), 80877102)
			conn.Write(append(packet, c.key...))
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			conn.Read(make([]byte, 1))
			conn.Close()
			select {
			case <-c.w.Context().Done():
				return
			case done <- struct{}{}: // heard
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	c.expect('Z', 1)
	<-done
	c.say(&pgproto3.Terminate{})
	for {
		buf := make([]byte, 1024)
		n, err := c.conn.Read(buf)
		c.heard = append(c.heard, buf[:n]...)
		if err != nil {
			return c.heard
		}
	}
}

// After the login a client hears through the proxy what it hears from the server, byte for byte.
func TestTranscriptIsTheServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	want := conversation(w.withoutProxy())
	if len(want) < 2<<20 {
		t.Fatalf("only %d bytes", len(want))
	}
	for name, o := range map[string]proxy.Options{"no pool": {}, "pool": {Pool: true}, "TLS": {LocalTLS: true}} {
		t.Run(name, func(t *testing.T) {
			p := w.proxy(o)
			for range 2 {
				got := conversation(w.throughProxy(p))
				if !bytes.Equal(got, want) {
					i := 0
					for i < min(len(got), len(want)) && got[i] == want[i] {
						i++
					}
					t.Errorf("%d bytes, want %d; they part at %d: %q, want %q", len(got), len(want), i, got[i:min(i+60, len(got))], want[i:min(i+60, len(want))])
				}
				if o.Pool && !eventually(5*time.Second, func() bool { return p.Status().Idle == 1 }) {
					t.Fatal("the session was not kept")
				}
			}
			if st := p.Status(); o.Pool && (st.Opened != 1 || st.Reused != 1) {
				t.Errorf("%+v", st)
			}
		})
	}
}
