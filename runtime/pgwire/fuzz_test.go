package pgwire

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// scripted is a peer that says some bytes and then ends.
type scripted struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func (s *scripted) Read(p []byte) (int, error)       { return s.in.Read(p) }
func (s *scripted) Write(p []byte) (int, error)      { return s.out.Write(p) }
func (s *scripted) Close() error                     { return nil }
func (s *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }

// FuzzAccept: whatever a client sends first, the server does not panic, takes in no more than a few packets, and leaves
// what follows the startup packet unread, for the next who speaks.
func FuzzAccept(f *testing.F) {
	user := Startup{Parameters: map[string]string{"user": "ada", "database": "d", "options": "-c search_path=x"}}
	f.Add(user.encode())
	f.Add(append(user.encode(), "Q\x00\x00\x00\x05\x00"...))
	f.Add(append(appendStartup(nil, codeTLS, nil), user.encode()...))
	f.Add(append(append(appendStartup(nil, codeGSS, nil), appendStartup(nil, codeTLS, nil)...), user.encode()...))
	f.Add(bytes.Repeat(appendStartup(nil, codeTLS, nil), 9))
	f.Add(appendStartup(nil, codeCancel, []byte{0, 0, 0, 1, 0, 0, 0, 2}))
	f.Add(appendStartup(nil, codeCancel, []byte{0, 0}))
	f.Add(appendStartup(nil, 3<<16|2, []byte("user\x00ada\x00_pq_.x\x00y\x00\x00")))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{0x16, 3, 1, 0, 5})
	f.Add([]byte{0, 0, 0, 0, 0, 3, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0})
	f.Fuzz(func(t *testing.T, said []byte) {
		peer := &scripted{in: bytes.NewReader(said)}
		a, err := Accept(peer, nil)
		consumed := len(said) - peer.in.Len()
		if consumed > 6*(maxStartup+8) {
			t.Errorf("%d bytes are taken in", consumed)
		}
		if err != nil {
			if a.Cancel != nil || a.Startup.Parameters != nil {
				t.Errorf("accepted with an error: %+v %v", a, err)
			}
			return
		}
		var last []byte
		switch {
		case a.Cancel != nil:
			return
		case a.Startup.User() == "" || a.Startup.Protocol>>16 != 3:
			t.Fatalf("accepted %+v", a.Startup)
		default:
			last = a.Startup.encode()
		}
		// What was understood means the same when it is said again, and nothing behind it was taken.
		again, err := Accept(&scripted{in: bytes.NewReader(last)}, nil)
		if err != nil || again.Startup.Protocol != a.Startup.Protocol || !maps.Equal(again.Startup.Parameters, a.Startup.Parameters) {
			t.Errorf("%+v becomes %+v, %v", a.Startup, again.Startup, err)
		}
		extended := &scripted{in: bytes.NewReader(append(bytes.Clone(said[:consumed]), "rest"...))}
		if _, err := Accept(extended, nil); err != nil || extended.in.Len() != len("rest") {
			t.Errorf("%d bytes are left of 4, %v", extended.in.Len(), err)
		}
	})
}

// FuzzLogin: whatever a server says, the client does not panic or work without end, and a server that was asked for proof
// of the password is not believed without it.
func FuzzLogin(f *testing.F) {
	message := func(list ...encoder) []byte {
		var b bytes.Buffer
		if err := send(&b, list...); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	ok := &pgproto3.AuthenticationOk{}
	f.Add(message(ok))
	f.Add(message(&pgproto3.NoticeResponse{Message: "hello"}, &pgproto3.AuthenticationCleartextPassword{}, ok))
	f.Add(message(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "no"}))
	f.Add(message(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{scramMechanism}}, ok))
	f.Add(message(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{scramMechanism}}, &pgproto3.AuthenticationSASLContinue{Data: []byte("r=x,s=YQ==,i=2147483647")}))
	f.Add(message(&pgproto3.AuthenticationSASLContinue{Data: []byte("r=x")}))
	f.Add(message(&pgproto3.AuthenticationSASLFinal{Data: []byte("v=x")}))
	f.Add(message(&pgproto3.AuthenticationMD5Password{Salt: [4]byte{1}}))
	f.Add([]byte("R\x00\x00\x00\x04"))
	f.Add([]byte("R\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, said []byte) {
		peer := &scripted{in: bytes.NewReader(said)}
		_, err := Login(peer, Startup{Parameters: map[string]string{"user": "ada"}}, "CANARY")
		if err != nil {
			if strings.Contains(err.Error(), "CANARY") {
				t.Errorf("the password is in the error: %v", err)
			}
			return
		}
		out := peer.out.Bytes()
		if bytes.Contains(out, []byte(scramMechanism)) && !bytes.Contains(out, []byte(",p=")) {
			t.Errorf("admitted without the server's proof: %q", said)
		}
		if plain := bytes.Contains(out, []byte("CANARY")); plain && !bytes.Contains(said, []byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}) {
			t.Errorf("the password is sent to a server that did not ask for it: %q", said)
		}
	})
}

// FuzzAskSCRAM: whatever a client says, only one that knows the password is taken; nobody does here.
func FuzzAskSCRAM(f *testing.F) {
	v, err := NewVerifier("secret", []byte("0123456789abcdef"), 1)
	if err != nil {
		f.Fatal(err)
	}
	proof := func(parts ...string) []byte {
		var b []byte
		for _, p := range parts {
			b = Message{'p', []byte(p)}.Append(b)
		}
		return b
	}
	initial := scramMechanism + "\x00\x00\x00\x00\x09n,,n=,r=x"
	f.Add(proof(initial, "c=biws,r=x,p=YQ=="))
	f.Add(proof(initial, ""))
	f.Add(proof("SCRAM-SHA-256-PLUS\x00\xff\xff\xff\xff"))
	f.Add(proof(scramMechanism + "\x00\x7f\xff\xff\xffn,,"))
	f.Add([]byte("X\x00\x00\x00\x04"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if err := AskSCRAM(&scripted{in: bytes.NewReader(said)}, v); err == nil {
			t.Errorf("%q is taken for proof", said)
		}
	})
}

// FuzzReadMessage: a message is read as it was written, and never more than was allowed.
func FuzzReadMessage(f *testing.F) {
	f.Add([]byte("Z\x00\x00\x00\x05I"), 100)
	f.Add([]byte("Z\x00\x00\x00\x03"), 100)
	f.Add([]byte("Z\x80\x00\x00\x00"), 1<<30)
	f.Add([]byte("Z\x00\x00\x01\x00"), 10)
	f.Fuzz(func(t *testing.T, said []byte, limit int) {
		limit = min(max(limit, 0), 1<<16)
		r := bytes.NewReader(said)
		m, err := ReadMessage(r, limit)
		switch {
		case err == nil && (len(m.Body) > limit || !bytes.Equal(m.Append(nil), said[:len(said)-r.Len()])):
			t.Errorf("%q is read as %+v", said, m)
		case len(said) < 5 && err == nil, len(said) == 0 && !errors.Is(err, io.EOF):
			t.Errorf("%q: %v", said, err)
		}
	})
}

// FuzzParseVerifier: what is taken is whole.
func FuzzParseVerifier(f *testing.F) {
	for _, s := range []string{"", "md5abc", "SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$c3RvcmVk:c2VydmVy", "SCRAM-SHA-256$-1:YQ==$YQ==:YQ=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVerifier(s)
		if err == nil && (v.Iterations < 1 || !slices.Equal(strings.Split(s, "$")[:1], []string{scramMechanism})) {
			t.Errorf("%q is %+v", s, v)
		}
	})
}
