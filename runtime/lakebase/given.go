package lakebase

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// given is how pgx reads a database that the environment gives complete, with its password. nil where tokens are used.
func (c *Connector) given() (*pgconn.Config, error) {
	if c.resolution.Kind != KindURL {
		return nil, nil
	}
	cfg, err := c.PoolConfig()
	if err != nil {
		return nil, err
	}
	conn := &cfg.ConnConfig.Config
	for _, other := range conn.Fallbacks {
		if other.Host != conn.Host || other.Port != conn.Port {
			return nil, failf(ErrConflict, "read "+c.resolution.Source(settingKind), "it names several hosts, and a program that passes bytes on leads to one")
		}
	}
	dial := conn.DialFunc
	conn.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return c.opts.socket(raw), nil
	}
	return conn, nil
}

// Session is what Connect's startup packets are to ask for: the role, and the database where the program's own client
// names none.
func (c *Connector) Session() (user, database string, err error) {
	cfg, err := c.given()
	if cfg == nil {
		return c.resolution.User, c.resolution.Database, err
	}
	if database = cfg.Database; database == "" {
		database = cfg.User
	}
	return cfg.User, database, nil
}

// connectGiven is Connect for a database that is given complete. pgx logs in there, as the URL says: its TLS, and its
// password in whatever way the server asks for it, by SCRAM-SHA-256 with channel binding where that can be had. What the
// server said is written anew from what pgx keeps of it.
func (c *Connector) connectGiven(ctx context.Context, cfg *pgconn.Config, startup []byte) (net.Conn, error) {
	op := "log in to " + net.JoinHostPort(cfg.Host, portText(cfg.Port))
	var wants pgproto3.StartupMessage
	var unknown []string
	version, err := startupParameters(startup, &wants)
	if err != nil {
		return nil, failf(ErrProtocol, op, "the startup packet: %w", err)
	}
	cfg.RuntimeParams = map[string]string{}
	for name, value := range wants.Parameters {
		switch {
		case name == "user":
			cfg.User = value
		case name == "database":
			cfg.Database = value
		case strings.HasPrefix(name, "_pq_."):
			unknown = append(unknown, name)
		default:
			cfg.RuntimeParams[name] = value
		}
	}
	began := time.Now()
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		known, sqlstate := &Error{Err: err}, ""
		if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) {
			sqlstate = refused.Code
		} else if code := codeOfTransport(err); code != "" {
			known = fail(code, op, err)
			err = known
		}
		c.meters.connected(time.Since(began), known, sqlstate)
		return nil, err
	}
	c.meters.connected(time.Since(began), nil, "")
	in, err := conn.Hijack()
	if err != nil {
		return nil, err
	}
	if n := in.Frontend.ReadBufferLen(); n > 0 { // it would be lost
		in.Conn.Close()
		return nil, failf(ErrWaking, op, "the server has said %d bytes more than its login", n)
	}
	c.logins.Add(1)
	said := []pgproto3.BackendMessage{&pgproto3.AuthenticationOk{}}
	if version > pgproto3.ProtocolVersion30 || len(unknown) > 0 {
		slices.Sort(unknown)
		said = append([]pgproto3.BackendMessage{&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: unknown}}, said...)
	}
	for _, name := range slices.Sorted(maps.Keys(in.ParameterStatuses)) {
		said = append(said, &pgproto3.ParameterStatus{Name: name, Value: in.ParameterStatuses[name]})
	}
	said = append(said, &pgproto3.BackendKeyData{ProcessID: in.PID, SecretKey: in.SecretKey}, &pgproto3.ReadyForQuery{TxStatus: in.TxStatus})
	var seen []byte
	for _, m := range said {
		if seen, err = m.Encode(seen); err != nil {
			in.Conn.Close()
			return nil, failf(ErrProtocol, op, "%w", err)
		}
	}
	return &session{Conn: in.Conn, replay: seen}, nil
}

// startupParameters reads a startup packet, whatever 3.x it asks for.
func startupParameters(startup []byte, to *pgproto3.StartupMessage) (version uint32, err error) {
	if len(startup) < 9 {
		return 0, errors.New("it is too short")
	}
	version = binary.BigEndian.Uint32(startup[4:])
	body := append(binary.BigEndian.AppendUint32(nil, pgproto3.ProtocolVersion30), startup[8:]...)
	return version, to.Decode(body)
}

// dialGiven opens a connection for a request to cancel, encrypted as a session is.
func (c *Connector) dialGiven(ctx context.Context, cfg *pgconn.Config) (net.Conn, error) {
	network, address := pgconn.NetworkAddress(cfg.Host, cfg.Port)
	once := func(config *tls.Config) (net.Conn, error) {
		switch {
		case config == nil || network == "unix":
			return cfg.DialFunc(ctx, network, address)
		case cfg.SSLNegotiation != "direct":
			return encrypt(ctx, cfg.DialFunc, network, address, config)
		}
		raw, err := cfg.DialFunc(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(raw, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		return conn, nil
	}
	conn, err := once(cfg.TLSConfig)
	for _, other := range cfg.Fallbacks { // sslmode=prefer and allow
		if err == nil {
			break
		}
		conn, err = once(other.TLSConfig)
	}
	return conn, err
}
