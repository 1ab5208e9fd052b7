package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/tellr-dev/tellr/engine/resource"
)

// How long a connection may take: a database that was scaled to zero wakes up
// first. Where nothing listens, nothing wakes up either.
const (
	connectPatience = 120 * time.Second
	refusedPatience = 3 * time.Second
	attemptTimeout  = 40 * time.Second
)

// sleep waits, or ends with the context.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// backoff is how long to wait before attempt n (from 1): doubling from 100 ms
// to most, give or take a quarter, so that several do not keep step.
func backoff(n int, most time.Duration) time.Duration {
	d := min(100*time.Millisecond<<min(n-1, 16), most)
	return d*3/4 + rand.N(d/2)
}

// Connect opens a connection. Network errors and a server that is starting are
// tried again; every attempt asks for a fresh password. An error is a
// *resource.Diagnostic.
func Connect(ctx context.Context, ep resource.Endpoint) (*pgx.Conn, error) {
	config, err := configure(ep)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	for n := 1; ; n++ {
		if ep.Password != nil {
			if config.Password, err = ep.Password(ctx); err != nil {
				return nil, fmt.Errorf("get a credential for %s: %w", target(config), err)
			}
		}
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			return conn, nil
		}
		patience := patienceWith(err)
		wait := backoff(n, 3*time.Second)
		if ctx.Err() != nil || time.Since(start)+wait > patience {
			return nil, explainConnect(ctx, err, config, time.Since(start))
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, explainConnect(ctx, err, config, time.Since(start))
		}
	}
}

// configure makes a configuration of fields, not of a URL: a user name may be
// an e-mail address.
func configure(ep resource.Endpoint) (*pgx.ConnConfig, error) {
	text := ep.URL
	if text == "" {
		ssl := ep.SSLMode
		switch {
		case ssl != "":
		case strings.HasPrefix(ep.Host, "/"):
			ssl = "disable"
		default:
			ssl = "verify-full"
		}
		pairs := [][2]string{{"host", ep.Host}, {"user", ep.User}, {"dbname", ep.Database}, {"sslmode", ssl}}
		if ep.Port != 0 {
			pairs = append(pairs, [2]string{"port", strconv.Itoa(ep.Port)})
		}
		for _, p := range pairs {
			if p[1] != "" {
				text += p[0] + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(p[1]) + "' "
			}
		}
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		var parse *pgconn.ParseConfigError
		detail := "the connection URL cannot be read" // pgx redacts the password, but only of what it can take apart
		if errors.As(err, &parse) && ep.URL == "" {
			detail = err.Error()
		}
		return nil, &resource.Diagnostic{Severity: resource.Error, Summary: "the connection settings are wrong", Detail: detail,
			Cure: "write postgres://user@host:port/database?sslmode=verify-full, and encode special characters as %40"}
	}
	config.ConnectTimeout = attemptTimeout
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tellr"
	}
	// Statements are many and each runs once: no preparing, one round trip each.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.StatementCacheCapacity = 0
	config.DescriptionCacheCapacity = 0
	// An interrupt stops the statement at the server, and leaves a connection on which to roll back.
	config.BuildContextWatcherHandler = func(pc *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, CancelRequestDelay: 0, DeadlineDelay: 5 * time.Second}
	}
	return config, nil
}

// patienceWith says how long an error is worth another try; 0 is not at all.
func patienceWith(err error) time.Duration {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Code == "57P03" || strings.HasPrefix(pg.Code, "08") {
			return connectPatience
		}
		return 0
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound || trust(err) {
		return 0
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) {
		return refusedPatience
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return connectPatience
	}
	return 0
}

// trust tells whether TLS is what failed.
func trust(err error) bool {
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &record) || errors.As(err, &alert) ||
		strings.Contains(err.Error(), "server refused TLS connection")
}

// target is how a message names the database: without a password.
func target(c *pgx.ConnConfig) string {
	host := c.Host
	if !strings.HasPrefix(host, "/") {
		host = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	}
	return fmt.Sprintf("database %s at %s as %s", c.Database, host, c.User)
}

func explainConnect(ctx context.Context, err error, c *pgx.ConnConfig, took time.Duration) error {
	d := &resource.Diagnostic{Severity: resource.Error, Summary: "cannot connect to " + target(c), Err: err}
	var pg *pgconn.PgError
	var dns *net.DNSError
	switch {
	case ctx.Err() != nil:
		d.Detail, d.Err = "interrupted", ctx.Err()
	case errors.As(err, &pg):
		d.Detail = serverSays(pg)
		d.Cure = connectCure(pg, c)
	case errors.As(err, &dns):
		d.Detail = fmt.Sprintf("there is no host %s (%v)", c.Host, dns.Err)
		d.Cure = "check the host, and that this machine can resolve it (a private link needs its own DNS)"
	case trust(err):
		d.Detail = "TLS failed: " + innermost(err)
		d.Cure = "check that the host is the database's own name; a private certificate authority is named by PGSSLROOTCERT; " +
			"sslmode is set in connection { sslmode }"
	case errors.Is(err, syscall.ECONNREFUSED):
		d.Detail = "nothing listens there"
		d.Cure = "check host and port, and that the database runs"
	case errors.Is(err, syscall.ENOENT):
		d.Detail = "there is no socket in that folder"
		d.Cure = "check the folder, and that the database runs"
	default:
		d.Detail = fmt.Sprintf("no answer after %s: %s", took.Round(time.Second), innermost(err))
		d.Cure = "check host and port, and that no firewall stands between"
	}
	return d
}

func connectCure(pg *pgconn.PgError, c *pgx.ConnConfig) string {
	switch pg.Code {
	case "28000":
		if strings.Contains(pg.Message, "does not exist") {
			return fmt.Sprintf("an identity needs a Postgres role of its own name: make one for %s (Lakebase: the instance's roles, "+
				"or SELECT databricks_create_role('%s', 'USER')), or set connection { user }", c.User, strings.ReplaceAll(c.User, "'", "''"))
		}
		return "check pg_hba.conf: whether this user may log in from here, with TLS or without"
	case "28P01":
		return "the password or token is wrong or has expired: log in to the workspace again, or check where the password comes from"
	case "3D000":
		return fmt.Sprintf("make the database (CREATE DATABASE %s), or correct its name", pgx.Identifier{c.Database}.Sanitize())
	case "42501":
		return fmt.Sprintf("the database's owner runs: GRANT CONNECT ON DATABASE %s TO %s", pgx.Identifier{c.Database}.Sanitize(), pgx.Identifier{c.User}.Sanitize())
	case "53300":
		return "too many connections: end some, or raise the limit (a larger compute has more)"
	case "57P03":
		return "the server is starting or shutting down: try again when it is up"
	}
	return ""
}

// innermost is the last cause of an error, which says most.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
				next = many.Unwrap()[len(many.Unwrap())-1]
			}
		}
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
