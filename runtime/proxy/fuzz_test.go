package proxy

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// FuzzStartup: what is parsed is written again as it was; rewriting changes what it is to change, and nothing else.
func FuzzStartup(f *testing.F) {
	for _, parameters := range []map[string]string{{"user": "me"}, {"user": "me", "database": "me", "options": "-c search_path=x", "replication": "database"},
		{"user": "", "_pq_.new": "1"}} {
		packet, err := (&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: parameters}).Encode(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet)
	}
	f.Add([]byte("\x00\x00\x00\x13\x00\x03\x00\x09user\x00a\x00user\x00b\x00"))
	defaults := map[string]string{"search_path": `"a"`, "application_name": "tellr"}
	f.Fuzz(func(t *testing.T, packet []byte) {
		s, err := parseStartup(packet)
		if err != nil {
			return
		}
		if again := s.encode(); !bytes.Equal(again, packet) {
			t.Fatalf("%q became %q", packet, again)
		}
		before, _ := parseStartup(packet)
		s.rewrite("role", "db", defaults)
		got, err := parseStartup(s.encode())
		if err != nil {
			t.Fatalf("what was rewritten is no packet: %v", err)
		}
		if user, _ := got.get("user"); user != "role" {
			t.Errorf("user %q", user)
		}
		if db, _ := got.get("database"); db == "" {
			t.Error("no database")
		}
		for _, p := range before.parameters {
			value, ok := got.get(p.name)
			if want, _ := before.get(p.name); p.name != "user" && p.name != "database" && (!ok || value != want) {
				t.Errorf("%s is %q, was %q", p.name, value, want)
			}
		}
		for _, p := range got.parameters {
			if _, was := before.get(p.name); !was && p.name != "user" && p.name != "database" && defaults[p.name] == "" {
				t.Errorf("%s was added", p.name)
			}
		}
		slices.Reverse(s.parameters)
		if unique(s) && s.key() != got.key() {
			t.Error("the order matters")
		}
	})
}

func unique(s startup) bool {
	seen := map[string]bool{}
	for _, p := range s.parameters {
		if seen[p.name] {
			return false
		}
		seen[p.name] = true
	}
	return true
}

// FuzzScan: messages are found as a plain reader finds them, however the bytes are cut, and where they end is right.
func FuzzScan(f *testing.F) {
	var b []byte
	for _, m := range []pgproto3.FrontendMessage{&pgproto3.Query{String: "SELECT 1"}, &pgproto3.Parse{Query: "x"}, &pgproto3.Sync{}, &pgproto3.CopyData{Data: bytes.Repeat([]byte("x"), 300)}, &pgproto3.Terminate{}} {
		b, _ = m.Encode(b)
	}
	f.Add(b, uint16(1))
	f.Add([]byte("Z\x00\x00\x00\x05IS\x00\x00\x00\x0ATZ\x00UTC\x00E\x00\x00\x00\x05\x00"), uint16(3))
	f.Add([]byte("Q\x00\x00\x00\x03"), uint16(2))
	f.Add([]byte("d\xff\xff\xff\xffX"), uint16(6))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16) {
		type message struct{ kind, first byte }
		var want []message
		lost := false
		for r := bytes.NewReader(stream); ; {
			var head [5]byte
			if _, err := io.ReadFull(r, head[:]); err != nil {
				break
			}
			size := int64(binary.BigEndian.Uint32(head[1:])) - 4
			if lost = size < 0 || size+4 > 1<<31-1; lost {
				break
			}
			if size > int64(r.Len()) {
				break
			}
			body := make([]byte, size)
			io.ReadFull(r, body)
			m := message{kind: head[0]}
			if size > 0 {
				m.first = body[0]
			}
			want = append(want, m)
		}
		var s scanner
		var got []message
		at := 0
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), int(cut)%50+1)
			last := 0
			s.scan(rest[:n], func(kind, first byte, end int) {
				got = append(got, message{kind, first})
				if end <= last || end > n {
					t.Errorf("ends at %d of %d", end, n)
				}
				last = end
			})
			rest, at = rest[n:], at+n
		}
		if !slices.Equal(got, want) || s.lost != lost {
			t.Errorf("cut at %d: %q, want %q; lost %v, want %v", cut, got, want, s.lost, lost)
		}
		// The two directions never fail, and never find a goodbye that is not there.
		var r requests
		if i := r.take(stream); i >= 0 && !bytes.Equal(stream[i:i+5], []byte("X\x00\x00\x00\x04")) && stream[i] != 'X' {
			t.Errorf("a goodbye at %d of %q", i, stream)
		}
		var a answers
		a.take(stream, func([]byte) {})
	})
}

// FuzzGreet: whatever a client says first, the proxy answers in bounded time with messages of the protocol or not at all,
// and asks nobody for a session before the password was right.
func FuzzGreet(f *testing.F) {
	packet, _ := (&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "me"}}).Encode(nil)
	password, _ := (&pgproto3.PasswordMessage{Password: "right"}).Encode(nil)
	wrong, _ := (&pgproto3.PasswordMessage{Password: "wrong"}).Encode(nil)
	tls := []byte{0, 0, 0, 8, 4, 210, 22, 47}
	f.Add(slices.Concat(packet, password))
	f.Add(slices.Concat(packet, wrong))
	f.Add(slices.Concat(tls, packet, password))
	f.Add(slices.Concat(tls, tls, tls, tls, packet))
	f.Add([]byte{0x16, 3, 1, 0, 5, 1, 2, 3})
	f.Add([]byte{0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Fuzz(func(t *testing.T, said []byte) {
		ours, theirs := net.Pipe()
		go func() {
			theirs.SetDeadline(time.Now().Add(5 * time.Second))
			theirs.Write(said)
			theirs.Close()
		}()
		go io.Copy(io.Discard, theirs)
		c := newClient(&Proxy{role: "role", database: "db", password: "right"}, ours)
		defer ours.Close()
		wants, cancel, err := c.greet()
		switch {
		case err != nil:
		case cancel != nil:
			if !bytes.Contains(said, []byte{4, 210, 22, 46}) {
				t.Errorf("a cancel request in %q", said)
			}
		default:
			if !bytes.Contains(said, []byte("right\x00")) && !bytes.Contains(said, []byte("right")) {
				t.Errorf("admitted without the password: %q", said)
			}
			if user, _ := wants.get("user"); user != "role" {
				t.Errorf("user %q", user)
			}
		}
	})
}

// Refusals keep the server's words.
func TestExplainKeepsTheServersWords(t *testing.T) {
	refusal, reason := explain(&pgwire.Error{Code: pgwire.CodeProtocolViolation, Message: "m"})
	if refusal.Code != pgwire.CodeProtocolViolation || reason != "protocol" {
		t.Errorf("%+v %s", refusal, reason)
	}
}
