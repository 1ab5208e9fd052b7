package proxy_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/proxy"
)

// trust is how a client verifies a proxy by what the environment says; nil where it offers no TLS.
func trust(t *testing.T, p *proxy.Proxy) *tls.Config {
	t.Helper()
	file := variable(p, "PGSSLROOTCERT")
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	must(t, err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", file)
	}
	return &tls.Config{RootCAs: pool, ServerName: variable(p, "PGHOST"), NextProtos: []string{"postgresql"}}
}

// With TLS towards clients they find in their environment what they verify the proxy by, and one that does not encrypt
// is refused before it has given its password away.
func TestLocalTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.proxy(proxy.Options{LocalTLS: true, Pool: true})
	file := variable(p, "PGSSLROOTCERT")
	if mode := variable(p, "PGSSLMODE"); mode != "verify-full" || !strings.Contains(dsn(p), "sslrootcert=") {
		t.Errorf("PGSSLMODE %s, in a URL: %v", mode, strings.Contains(dsn(p), "sslrootcert="))
	}
	c := w.connect(dsn(p))
	if _, ok := c.PgConn().Conn().(*tls.Conn); !ok || one[int](w, c, "SELECT 1") != 1 {
		t.Errorf("%T", c.PgConn().Conn())
	}
	direct := w.connect(dsn(p, "sslnegotiation=direct"))
	if one[int](w, direct, "SELECT 1") != 1 {
		t.Error("direct TLS")
	}
	if out, err := w.psql(p, "-Atc", `\conninfo`, "-c", "SELECT 1"); err != nil || !strings.Contains(out, "TLS") && !strings.Contains(out, "SSL") {
		t.Errorf("%v %s", err, out)
	}

	// A request to cancel comes over TLS too, or, from an old libpq, without.
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

	_, err := pgx.Connect(t.Context(), strings.Replace(dsn(p), "verify-full", "disable", 1))
	if sqlstate(err) != "28000" || !strings.Contains(err.Error(), "not known") {
		t.Errorf("a client without TLS: %v", err)
	}
	// What comes in the clear behind the request for TLS is never taken for encrypted (CVE-2021-23222).
	conn, err := net.Dial("tcp", address(p))
	must(t, err)
	defer conn.Close()
	_, err = conn.Write(append([]byte{0, 0, 0, 8, 4, 210, 22, 47}, startupPacket...))
	must(t, err)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if heard, _ := io.ReadAll(conn); len(heard) == 0 || heard[0] != 'S' || strings.Contains(string(heard), "R\x00\x00\x00\x08") {
		t.Errorf("heard %q", heard)
	}

	// A certificate that was made for one run goes with it.
	must(t, p.Close())
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", file, err)
	}
}

// A certificate can be given. Its names are not the proxy's business, so clients are told to encrypt, and no more.
func TestGivenCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	certificate, key := certificateFiles(t)
	p := w.proxy(proxy.Options{LocalTLS: true, Certificate: certificate, Key: key})
	if mode, root := variable(p, "PGSSLMODE"), variable(p, "PGSSLROOTCERT"); mode != "require" || root != "" {
		t.Errorf("PGSSLMODE %s, PGSSLROOTCERT %s", mode, root)
	}
	c := w.connect(dsn(p))
	conn, ok := c.PgConn().Conn().(*tls.Conn)
	if !ok || conn.ConnectionState().PeerCertificates[0].Subject.CommonName != "given" {
		t.Errorf("%T", c.PgConn().Conn())
	}
	if _, err := proxy.New(w.connector(), proxy.Options{LocalTLS: true, Certificate: key, Key: key}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a key for a certificate: %v", err)
	}
}

// certificateFiles are a certificate of nobody known, and its key.
func certificateFiles(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "given"}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	certificate, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return certificate, key
}
