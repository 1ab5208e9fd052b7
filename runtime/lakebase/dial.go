package lakebase

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

var errNoTLS = errors.New("the server refuses TLS")

const sslRequest = 80877103

// tlsConfig is how servers are verified: by name and authority, whatever sslmode says; pgx's own "require" verifies
// nothing.
func tlsConfig(o options, r *Resolution) (*tls.Config, error) {
	c := &tls.Config{}
	if o.tls != nil {
		c = o.tls.Clone()
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
	}
	if c.ServerName == "" {
		c.ServerName = r.Host
	}
	if c.InsecureSkipVerify && c.VerifyConnection == nil && c.VerifyPeerCertificate == nil {
		o.log.Warn("lakebase: the server's certificate is not verified, so that whoever answers gets the token", "host", r.Host)
	}
	if r.RootCert != "" && c.RootCAs == nil {
		pem, err := os.ReadFile(r.RootCert)
		if err != nil {
			return nil, fail(ErrTLSUntrusted, "read the root certificates of "+r.Source(settingRootCert), err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, failf(ErrTLSUntrusted, "read the root certificates of "+r.Source(settingRootCert), "%s holds no certificate in PEM", r.RootCert)
		}
	}
	return c, nil
}

// patience is how long a database may take to wake up: pauses of 100 ms·2ⁿ up to 2 s, half random, within a budget.
type patience struct {
	began  time.Time
	budget time.Duration
	random func() float64
	tries  int
}

func (c *Connector) patience() *patience {
	return &patience{began: time.Now(), budget: c.opts.wakeBudget, random: c.opts.random}
}

// wait pauses before the next try; false when there is to be none.
func (p *patience) wait(ctx context.Context) bool {
	pause := min(100*time.Millisecond<<min(p.tries, 5), 2*time.Second)
	pause = pause/2 + time.Duration(p.random()*float64(pause/2))
	if time.Since(p.began)+pause > p.budget {
		return false
	}
	p.tries++
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// link is an encrypted connection on which nobody has logged in, and how to get another one like it.
type link struct {
	net.Conn
	patience *patience
	redial   func(ctx context.Context) (net.Conn, error)
}

// dialer makes encrypted connections out of plain ones, and tries again while the server wakes up.
func (c *Connector) dialer(dial pgconn.DialFunc, config *tls.Config) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c.source.prefetch()
		p := c.patience()
		once := func(ctx context.Context) (net.Conn, error) { return encrypt(ctx, dial, network, address, config) }
		for {
			conn, err := once(ctx)
			if err == nil {
				return &link{conn, p, once}, nil
			}
			op := "connect to " + address
			code := codeOfConnect(err)
			switch {
			case code == "":
				return nil, err
			case passing(code) && p.wait(ctx):
				c.again("dial")
				continue
			}
			return nil, c.unreachable(code, op, p, err)
		}
	}
}

func (c *Connector) unreachable(code Code, op string, p *patience, err error) *Error {
	e := fail(code, op, err)
	if passing(code) && p.tries > 0 {
		e.Hint += fmt.Sprintf(" (tried %d times in %s)", p.tries+1, time.Since(p.began).Round(time.Millisecond))
	}
	return e
}

func codeOfConnect(err error) Code {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return codeOf(refused)
	}
	return codeOfTransport(err)
}

// encrypt makes one connection: TCP, the request for TLS, the handshake. Nothing is read beyond the one byte of the
// answer before the handshake, so nothing sent in the clear is taken for encrypted (CVE-2021-23222).
func encrypt(ctx context.Context, dial pgconn.DialFunc, network, address string, config *tls.Config) (net.Conn, error) {
	raw, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	conn, err := startTLS(ctx, raw, config)
	if err != nil {
		raw.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return conn, nil
}

func startTLS(ctx context.Context, raw net.Conn, config *tls.Config) (net.Conn, error) {
	var request [8]byte
	binary.BigEndian.PutUint32(request[:], 8)
	binary.BigEndian.PutUint32(request[4:], sslRequest)
	if _, err := raw.Write(request[:]); err != nil {
		return nil, err
	}
	var answer [1]byte
	if _, err := io.ReadFull(raw, answer[:]); err != nil {
		return nil, err
	}
	switch answer[0] {
	case 'S':
	case 'E':
		m, err := pgproto3.NewFrontend(io.MultiReader(&oneByte{answer[0], false}, io.LimitReader(raw, maxLoginMessage)), nil).Receive()
		if refused, ok := m.(*pgproto3.ErrorResponse); ok {
			return nil, pgconn.ErrorResponseToPgError(refused)
		}
		return nil, errors.Join(errNoTLS, err)
	default:
		return nil, errNoTLS
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("tls handshake: %w", err)
	}
	return conn, nil
}

// oneByte gives back a byte that was read.
type oneByte struct {
	b    byte
	done bool
}

func (o *oneByte) Read(p []byte) (int, error) {
	if o.done || len(p) == 0 {
		return 0, io.EOF
	}
	p[0], o.done = o.b, true
	return 1, nil
}
