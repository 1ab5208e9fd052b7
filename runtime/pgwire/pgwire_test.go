package pgwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}

// serve answers each connection by login; what a logged-in client then wants is answered by one ReadyForQuery.
func serve(t *testing.T, config *tls.Config, login func(Accepted) error) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				a, err := Accept(conn, config)
				if err != nil {
					return
				}
				if err := login(a); err != nil {
					Fail(a.Conn, &Error{Code: CodeInvalidPassword, Message: err.Error()})
					return
				}
				Admit(a.Conn)
				send(a.Conn, &pgproto3.BackendKeyData{ProcessID: 7, SecretKey: []byte{1, 2, 3, 4}},
					&pgproto3.ReadyForQuery{TxStatus: 'I'})
				io.Copy(io.Discard, a.Conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func connect(t *testing.T, address, options string) error {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	conn, err := pgconn.Connect(t.Context(), "host="+host+" port="+port+" user=ada database=db "+options)
	if err != nil {
		return err
	}
	return conn.Close(context.Background())
}

func TestPgxLogsIn(t *testing.T) {
	verifier, err := NewVerifier("secret", []byte("0123456789abcdef"), 4096)
	if err != nil {
		t.Fatal(err)
	}
	cleartext := func(a Accepted) error {
		if a.Startup.User() != "ada" || a.Startup.Database() != "db" {
			return errors.New("wrong startup")
		}
		p, err := AskPassword(a.Conn)
		if err == nil && p != "secret" {
			err = ErrWrongPassword
		}
		return err
	}
	scram := func(a Accepted) error { return AskSCRAM(a.Conn, verifier) }
	for _, c := range []struct {
		name, options, want string
		tls                 bool
		login               func(Accepted) error
	}{
		{"cleartext over TLS", "password=secret sslmode=require", "", true, cleartext},
		{"direct TLS", "password=secret sslmode=require sslnegotiation=direct", "", true, cleartext},
		{"scram over TLS", "password=secret sslmode=require channel_binding=disable", "", true, scram},
		{"scram in the clear", "password=secret sslmode=disable", "", false, scram},
		{"TLS preferred but not offered", "password=secret sslmode=prefer", "", false, scram},
		{"TLS required but not offered", "password=secret sslmode=require", "refused TLS", false, scram},
		{"wrong password", "password=guess sslmode=require", "28P01", true, cleartext},
		{"wrong password by scram", "password=guess sslmode=require", "28P01", true, scram},
		{"protocol 3.2", "password=secret sslmode=require max_protocol_version=3.2", "", true, cleartext},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var config *tls.Config
			if c.tls {
				config = certificate(t)
			}
			err := connect(t, serve(t, config, c.login), c.options)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v lacks %q", err, c.want)
			}
		})
	}
}

func TestLoginAgainstOwnServer(t *testing.T) {
	verifier, err := NewVerifier("secret", []byte("salt"), 5000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, password string
		login          func(Accepted) error
		fails          bool
	}{
		{"trust", "", func(Accepted) error { return nil }, false},
		{"scram", "secret", func(a Accepted) error { return AskSCRAM(a.Conn, verifier) }, false},
		{"scram, wrong", "guess", func(a Accepted) error { return AskSCRAM(a.Conn, verifier) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := net.Dial("tcp", serve(t, certificate(t), c.login))
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			conn, err := StartTLS(raw, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Login(conn, Startup{Parameters: map[string]string{"user": "ada"}}, c.password)
			var refused *Error
			if c.fails != errors.As(err, &refused) {
				t.Fatalf("login: %v", err)
			}
			if c.fails {
				return
			}
			if m, err := ReadMessage(conn, 100); err != nil || m.Type != 'K' {
				t.Errorf("after login: %v %v", m, err)
			}
		})
	}
}

func TestCancelRequestArrives(t *testing.T) {
	got := make(chan CancelKey, 1)
	client, server := net.Pipe()
	go func() {
		a, err := Accept(server, nil)
		if err == nil && a.Cancel != nil {
			got <- *a.Cancel
		}
		server.Close()
	}()
	if err := Cancel(client, CancelKey{Process: 42, Secret: []byte{9, 8, 7, 6}}); err != nil {
		t.Fatal(err)
	}
	if key := <-got; key.Process != 42 || string(key.Secret) != "\x09\x08\x07\x06" {
		t.Errorf("key %v", key)
	}
}

func TestMalformedStartupIsRefused(t *testing.T) {
	for _, c := range []struct{ name, packet, want string }{
		{"http", "GET / HTTP/1.1\r\n\r\n", "invalid length"},
		{"no user", string(appendStartup(nil, Version30, []byte{0})), "no PostgreSQL user name"},
		{"no terminator", string(appendStartup(nil, Version30, []byte("user\x00ada\x00"))), "terminator"},
		{"bytes behind the terminator", string(appendStartup(nil, Version30, []byte("user\x00ada\x00\x00x"))), "terminator"},
		{"protocol 2", string(appendStartup(nil, 2<<16, nil)), "unsupported frontend protocol 2.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := net.Pipe()
			failed := make(chan error, 1)
			go func() {
				_, err := Accept(server, nil)
				failed <- err
				server.Close()
			}()
			go func() { client.Write([]byte(c.packet)) }()
			answer, err := ReadMessage(client, 1000)
			if err != nil || answer.Type != 'E' || !strings.Contains(string(answer.Body), c.want) {
				t.Errorf("answer %q %v lacks %q", answer.Body, err, c.want)
			}
			if err := <-failed; err == nil {
				t.Error("accepted")
			}
		})
	}
}

// The vector of RFC 7677, section 3.
func TestSCRAMVector(t *testing.T) {
	e := &clientExchange{password: "pencil", own: "rOprNGfwEbeRWgbNEkqO"}
	v, err := NewVerifier("pencil", []byte("\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81"), 4096)
	if err != nil {
		t.Fatal(err)
	}
	server, challenge, err := v.challengeWith("n,,n=user,r="+e.own, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
	if err != nil {
		t.Fatal(err)
	}
	if want := "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"; challenge != want {
		t.Errorf("challenge %q", challenge)
	}
	final, err := server.verify("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	if err != nil || final != "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" {
		t.Errorf("final %q %v", final, err)
	}
}

func TestVerifierForms(t *testing.T) {
	v, err := ParseVerifier("SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$c3RvcmVk:c2VydmVy")
	if err != nil || v.Iterations != 4096 || string(v.Salt) != "0123456789abcdef" || string(v.ServerKey) != "server" {
		t.Errorf("%+v %v", v, err)
	}
	for _, bad := range []string{"", "md5abc", "SCRAM-SHA-256$x:y$z", "SCRAM-SHA-256$0:YQ==$YQ==:YQ==", "SCRAM-SHA-256$1:!$YQ==:YQ=="} {
		if _, err := ParseVerifier(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
