package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// Where nothing listens, a compute may be starting: that is waited for so long.
const startPatience = 3 * time.Second

// network looks at the way to the server, each layer by itself.
func (x *examination) network(ctx context.Context, c *lakebase.Connector, r *lakebase.Resolution) {
	var cfg *pgconn.Config
	address := ""
	x.step(ctx, DNS, 10*time.Second, func(ctx context.Context) (finding, error) {
		pool, err := c.PoolConfig()
		if err != nil {
			return finding{}, err
		}
		cfg = &pool.ConnConfig.Config
		address = net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
		if strings.HasPrefix(cfg.Host, "/") {
			return unneeded("it is a socket of this machine, " + cfg.Host)
		}
		if _, err := netip.ParseAddr(cfg.Host); err == nil {
			return unneeded(cfg.Host + " is an address")
		}
		addresses, err := net.DefaultResolver.LookupHost(ctx, cfg.Host)
		if err != nil {
			return finding{}, err
		}
		return found("%s is %s", cfg.Host, strings.Join(addresses, ", "))
	})
	x.step(ctx, TCP, 15*time.Second, func(ctx context.Context) (finding, error) {
		if strings.HasPrefix(cfg.Host, "/") {
			return unneeded("it is a socket of this machine")
		}
		conn, err := dial(ctx, address)
		if err != nil {
			code := codeOfDial(err)
			if r.Kind == lakebase.KindLocal {
				code = lakebase.ErrNoEnvironment
			}
			return finding{}, &lakebase.Error{Code: code, Err: err, Hint: hint(code)}
		}
		defer conn.Close()
		return found("%s answers", conn.RemoteAddr())
	})
	x.step(ctx, TLS, 15*time.Second, func(ctx context.Context) (finding, error) {
		if strings.HasPrefix(cfg.Host, "/") {
			return unneeded("it is a socket of this machine")
		}
		return encrypted(ctx, cfg, address)
	})
}

// dial connects, and tries again for a while where nothing listens.
func dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for deadline := time.Now().Add(startPatience); ; {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil || !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(deadline) {
			return conn, err
		}
		again := time.NewTimer(300 * time.Millisecond)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return nil, err
		}
	}
}

// codeOfDial is the cause of a connection that was not made: whatever it is, nobody answered.
func codeOfDial(err error) lakebase.Code {
	if e := lakebase.Explain(err); e != nil {
		return e.Code
	}
	return lakebase.ErrWaking
}

func hint(code lakebase.Code) string {
	entry, _ := code.Lookup()
	return entry.Hint
}

// encrypted makes the handshake as the connection will.
func encrypted(ctx context.Context, cfg *pgconn.Config, address string) (finding, error) {
	if cfg.TLSConfig == nil {
		if a, err := netip.ParseAddr(cfg.Host); cfg.Host == "localhost" || err == nil && a.IsLoopback() {
			return unneeded("it is not encrypted, on this machine")
		}
		return finding{detail: "the connection is not encrypted, as sslmode says", cure: "set sslmode=verify-full in the URL"}, nil
	}
	raw, err := dial(ctx, address)
	if err != nil {
		return finding{}, err
	}
	defer raw.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := raw.SetDeadline(deadline); err != nil {
			return finding{}, err
		}
	}
	conn, err := pgwire.StartTLS(raw, cfg.TLSConfig)
	if errors.Is(err, pgwire.ErrNoTLS) {
		for _, f := range cfg.Fallbacks {
			if f.TLSConfig == nil {
				return finding{detail: "the server offers none, and sslmode lets that pass", cure: "set sslmode=verify-full in the URL"}, nil
			}
		}
		return finding{}, &lakebase.Error{Code: lakebase.ErrTLSRequired, Err: err, Hint: hint(lakebase.ErrTLSRequired)}
	}
	if err != nil {
		return finding{}, err
	}
	state := conn.(*tls.Conn).ConnectionState()
	text := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		text += fmt.Sprintf(", a certificate of %s until %s", leaf.Issuer.CommonName, leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	if cfg.TLSConfig.InsecureSkipVerify && cfg.TLSConfig.VerifyPeerCertificate == nil && cfg.TLSConfig.VerifyConnection == nil {
		return finding{detail: text + ", which nobody verifies", cure: "set sslmode=verify-full: whoever answers gets the password"}, nil
	}
	return found("%s", text)
}
