package lakebase

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// How long connections live. The platform ends them after three days and idle ones after 24 hours; pools are to be
// younger, spread out, and idle for less than the shortest usual suspend time of five minutes.
const (
	lifetime       = 45 * time.Minute
	lifetimeJitter = 9 * time.Minute
	idleTime       = 4 * time.Minute
	connectTimeout = 30 * time.Second
)

// PoolConfig is the configuration of a stock pgx pool, for programs that tune it. DialFunc, TLSConfig, RuntimeParams,
// User and Database may be changed; AfterNetConnect is what logs in, and must stay. A BeforeConnect of the program must
// call the one that was there, which lets connections be tried again while the server wakes up. The configuration holds no token.
func (c *Connector) PoolConfig() (*pgxpool.Config, error) {
	r := c.resolution
	dsn := r.dsn
	if r.Kind.IsLakebase() {
		dsn = keywords("host", r.Host, "port", portText(r.Port), "user", r.User, "dbname", r.Database, "sslmode", "disable")
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil { // its text may hold parts of a URL
		return nil, failf(ErrConflict, "read "+r.Source(settingKind), "it, or a PG* variable of the process, cannot be parsed")
	}
	cfg.MaxConnLifetime, cfg.MaxConnLifetimeJitter, cfg.MaxConnIdleTime = lifetime, lifetimeJitter, idleTime
	if c.opts.config.MaxConns > 0 {
		cfg.MaxConns = c.opts.config.MaxConns
	}
	conn := cfg.ConnConfig
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	if !r.Kind.IsLakebase() {
		c.plain(conn)
		return cfg, nil
	}
	// What the process's PG* variables may have put there is not meant for this database.
	conn.Password, conn.Fallbacks, conn.ValidateConnect = "", nil, nil
	conn.RequireAuth, conn.ChannelBinding, conn.SSLNegotiation = "", "prefer", ""
	conn.RuntimeParams = map[string]string{}
	for name, value := range r.params {
		conn.RuntimeParams[name] = value
	}
	c.parameters(conn.RuntimeParams)
	conn.TLSConfig = c.tls.Clone()
	conn.DialFunc = c.socket
	conn.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil } // the dialer tries all addresses at once
	conn.AfterNetConnect = c.afterNetConnect
	cfg.BeforeConnect = c.beforeConnect
	return cfg, nil
}

// parameters are what every session begins with. Names of schemas are quoted: the original's unquoted options fail for
// capitals and hyphens.
func (c *Connector) parameters(params map[string]string) {
	set := func(name, value string) {
		if _, there := params[name]; value != "" && !there {
			params[name] = value
		}
	}
	set("application_name", c.resolution.Application)
	if c.resolution.Schema != "" {
		params["search_path"] = pgx.Identifier{c.resolution.Schema}.Sanitize()
	}
	for name, d := range map[string]time.Duration{"statement_timeout": c.opts.config.StatementTimeout,
		"idle_in_transaction_session_timeout": c.opts.config.IdleInTransaction} {
		if d > 0 {
			params[name] = strconv.FormatInt(int64(math.Ceil(float64(d)/float64(time.Millisecond))), 10)
		}
	}
}

// plain is for a database that is used as its URL says.
func (c *Connector) plain(conn *pgx.ConnConfig) {
	if conn.RuntimeParams["application_name"] == "" && c.resolution.Application != "" {
		conn.RuntimeParams["application_name"] = c.resolution.Application
	}
	if c.resolution.Schema != "" && (c.resolution.Kind == KindLocal || c.resolution.Source(settingSchema) == "option") {
		conn.RuntimeParams["search_path"] = pgx.Identifier{c.resolution.Schema}.Sanitize()
	}
	if c.resolution.Kind != KindLocal {
		return
	}
	dial := conn.DialFunc
	conn.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := dial(ctx, network, address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fail(ErrNoEnvironment, "connect to "+address, fmt.Errorf("nothing names a database, so the local default was tried: %w", err))
		}
		return raw, err
	}
}

// beforeConnect moves TLS into the dialer, where a connection that is cut while the server wakes up can be made again.
func (c *Connector) beforeConnect(_ context.Context, cc *pgx.ConnConfig) error {
	if cc.TLSConfig == nil {
		return failf(ErrTLSRequired, "connect to "+cc.Host, "the TLSConfig was taken out of the configuration")
	}
	cc.DialFunc = c.dialer(cc.DialFunc, cc.TLSConfig)
	cc.TLSConfig = nil
	return nil
}

// afterNetConnect logs in for pgx and lets it believe that it did so itself, with a server that trusts it. The token
// never is in the configuration. pgx closes the connection that is returned, also with an error.
func (c *Connector) afterNetConnect(ctx context.Context, cfg *pgconn.Config, conn net.Conn) (net.Conn, error) {
	address := net.JoinHostPort(cfg.Host, portText(cfg.Port))
	if !encrypted(conn) {
		return conn, failf(ErrTLSRequired, "log in to "+address, "a token is not sent over a connection without TLS")
	}
	l, ok := conn.(*link)
	if !ok { // pgx.Connect, which has no BeforeConnect
		remote := conn.RemoteAddr()
		l = &link{conn, c.patience(), func(ctx context.Context) (net.Conn, error) {
			return encrypt(ctx, cfg.DialFunc, remote.Network(), remote.String(), cfg.TLSConfig)
		}}
	}
	startup, err := startupOf(cfg)
	if err != nil {
		return conn, failf(ErrProtocol, "log in to "+address, "the startup packet: %w", err)
	}
	in, seen, err := c.authenticate(ctx, l, address, cfg.User, startup)
	if err != nil {
		return conn, err
	}
	return &session{Conn: in, replay: seen, swallow: true}, nil
}

// startupOf is the packet that pgx will send.
func startupOf(cfg *pgconn.Config) ([]byte, error) {
	m := pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{}}
	if v := cfg.MaxProtocolVersion; v == "3.2" || v == "latest" {
		m.ProtocolVersion = pgproto3.ProtocolVersion32
	}
	for name, value := range cfg.RuntimeParams {
		if strings.ContainsRune(name, 0) || strings.ContainsRune(value, 0) {
			return nil, fmt.Errorf("parameter %q holds a zero byte", name)
		}
		m.Parameters[name] = value
	}
	m.Parameters["user"] = cfg.User
	if cfg.Database != "" {
		m.Parameters["database"] = cfg.Database
	}
	return m.Encode(nil)
}

// Pool is a stock pgx pool of PoolConfig. It connects when the first connection is needed. Close it before the connector.
func (c *Connector) Pool(ctx context.Context) (*pgxpool.Pool, error) {
	cfg, err := c.PoolConfig()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if c.opts.verifySchema && c.resolution.Schema != "" {
		if err := c.VerifySchema(ctx, pool); err != nil {
			pool.Close()
			return nil, err
		}
	}
	registration, err := c.meters.watchPool(pool, c.Address())
	if err != nil {
		pool.Close()
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		pool.Close()
		return nil, errors.Join(fail(ErrClosed, "open a pool", nil), registration.Unregister())
	}
	c.registrations = append(c.registrations, registration)
	return pool, nil
}

// VerifySchema fails with ErrSchemaMissing when the schema of the resolution does not exist: Postgres lets a session
// begin with a search_path to nowhere, and only the first statement fails.
func (c *Connector) VerifySchema(ctx context.Context, pool *pgxpool.Pool) error {
	var there bool
	err := pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", c.resolution.Schema).Scan(&there)
	if err != nil {
		return err
	}
	if !there {
		return failf(ErrSchemaMissing, "look for the schema", "%q, from %s, does not exist", c.resolution.Schema, c.resolution.Source(settingSchema))
	}
	return nil
}

// DB is the same for database/sql. It has pgx's own default of connections, and lifetimes like a pool's.
func (c *Connector) DB() (*sql.DB, error) {
	cfg, err := c.PoolConfig()
	if err != nil {
		return nil, err
	}
	var db *sql.DB
	if cfg.BeforeConnect != nil {
		db = stdlib.OpenDB(*cfg.ConnConfig, stdlib.OptionBeforeConnect(cfg.BeforeConnect))
	} else {
		db = stdlib.OpenDB(*cfg.ConnConfig)
	}
	db.SetMaxOpenConns(int(cfg.MaxConns))
	db.SetMaxIdleConns(int(cfg.MaxConns))
	// database/sql knows no jitter, so processes get different lifetimes.
	db.SetConnMaxLifetime(lifetime + time.Duration(c.opts.random()*float64(lifetimeJitter)))
	db.SetConnMaxIdleTime(idleTime)
	return db, nil
}
