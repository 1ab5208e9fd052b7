package lakebase_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// pki is a certificate for 127.0.0.1 and who trusts it.
type pki struct {
	server *tls.Config
	roots  *x509.CertPool
}

func newPKI(t testing.TB) pki {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return pki{&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}, roots}
}

// gateway is a server that does what a test says with the nth connection.
type gateway struct {
	pki
	net.Listener
	done sync.WaitGroup
}

func newGateway(t testing.TB, serve func(g *gateway, n int, conn net.Conn)) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{pki: newPKI(t), Listener: l}
	g.done.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			g.done.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(20 * time.Second))
				serve(g, n, conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); g.done.Wait() })
	return g
}

// open does TLS and reads the startup packet; nil when the client went away.
func (g *gateway) open(conn net.Conn) (net.Conn, map[string]string) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, nil
	}
	conn.Write([]byte{'S'})
	in := tls.Server(conn, g.server)
	if in.Handshake() != nil {
		return nil, nil
	}
	m, err := pgproto3.NewBackend(in, in).ReceiveStartupMessage()
	if s, ok := m.(*pgproto3.StartupMessage); ok && err == nil {
		return in, s.Parameters
	}
	return nil, nil
}

func ask(conn net.Conn) string {
	say(conn, &pgproto3.AuthenticationCleartextPassword{})
	head := make([]byte, 5)
	if _, err := io.ReadFull(conn, head); err != nil {
		return ""
	}
	body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	io.ReadFull(conn, body)
	return strings.TrimRight(string(body), "\x00")
}

func say(conn net.Conn, messages ...pgproto3.BackendMessage) {
	var b []byte
	for _, m := range messages {
		b, _ = m.Encode(b)
	}
	conn.Write(b)
}

func refuse(conn net.Conn, code, message string) {
	say(conn, &pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
}

func admit(conn net.Conn) {
	say(conn, &pgproto3.AuthenticationOk{}, &pgproto3.ParameterStatus{Name: "server_version", Value: "17.0"},
		&pgproto3.BackendKeyData{ProcessID: 7, SecretKey: []byte{1, 2, 3, 4}}, &pgproto3.ReadyForQuery{TxStatus: 'I'})
}

// answer serves simple queries with nothing until the client ends.
func answer(conn net.Conn) {
	b := pgproto3.NewBackend(conn, conn)
	for {
		m, err := b.Receive()
		if err != nil {
			return
		}
		switch m.(type) {
		case *pgproto3.Query:
			say(conn, &pgproto3.EmptyQueryResponse{}, &pgproto3.ReadyForQuery{TxStatus: 'I'})
		case *pgproto3.Terminate:
			return
		}
	}
}

func (g *gateway) connector(t testing.TB, i *issuer, opts ...lakebase.Option) *lakebase.Connector {
	t.Helper()
	addr := g.Addr().(*net.TCPAddr)
	c, err := lakebase.New(t.Context(), append([]lakebase.Option{lakebase.WithEnv(func(string) string { return "" }), lakebase.WithMinter(i.mint),
		lakebase.WithConfig(lakebase.Config{Host: "127.0.0.1", Port: uint16(addr.Port), User: "app", Schema: "S", MaxConns: 20}),
		lakebase.WithTLSConfig(&tls.Config{RootCAs: g.roots}), lakebase.WithWakeBudget(3 * time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func connect(t testing.TB, c *lakebase.Connector) error {
	t.Helper()
	pool, err := c.Pool(t.Context())
	if err != nil {
		return err
	}
	defer pool.Close()
	return pool.Ping(t.Context())
}

func writePEM(t *testing.T, g *gateway) string {
	t.Helper()
	name := t.TempDir() + "/ca.pem"
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.server.Certificates[0].Certificate[0]})
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
