package lakebase

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/metric"
)

// Connector knows one database and keeps a token for it. It is safe for concurrent use. It asks for a token when the
// first is needed, and has no goroutine of its own but while it asks.
type Connector struct {
	opts       options
	resolution *Resolution
	source     *source // nil where no tokens are needed
	tls        *tls.Config
	dial       net.Dialer
	log        *slog.Logger
	meters     *instruments

	logins, rejections, retries atomic.Uint64

	mu            sync.Mutex
	closed        bool
	registrations []metric.Registration
}

// New resolves the environment. It asks the network only where something is missing: the host of a named database, the
// name of a database known by host, the user. Every error is an *Error, or the context's.
func New(ctx context.Context, opts ...Option) (*Connector, error) {
	o := newOptions(opts)
	if o.ttl != 0 && (o.ttl < 5*time.Minute || o.ttl > time.Hour) && o.minter == nil {
		return nil, failf(ErrConflict, "read the options", "a token lives 5 minutes to 1 hour, not %s", o.ttl)
	}
	r, err := Resolve(o.env, o.config)
	if err != nil {
		return nil, err
	}
	c := &Connector{opts: o, resolution: r, log: o.log, dial: net.Dialer{KeepAlive: 30 * time.Second, Control: userTimeout}}
	if c.meters, err = newInstruments(o); err != nil {
		return nil, err
	}
	for _, note := range r.Notes {
		o.log.Info("lakebase: "+note, "host", r.Host)
	}
	if !r.Kind.IsLakebase() {
		return c, nil
	}
	mint, reset := o.minter, func() {}
	if mint == nil {
		w := newWorkspace(o)
		if err := w.complete(ctx, r); err != nil {
			return nil, err
		}
		mint, reset = w.minter(r), w.reset
	}
	if r.Host == "" || r.User == "" {
		return nil, failf(ErrNoEnvironment, "read the environment", "with a minter of its own the program must name host and user too")
	}
	if c.tls, err = tlsConfig(o, r); err != nil {
		return nil, err
	}
	c.source = newSource(c.named(mint), reset, o, c.meters)
	registration, err := c.meters.watchToken(c.source)
	if err != nil {
		return nil, err
	}
	c.registrations = append(c.registrations, registration)
	o.log.Debug("lakebase: resolved", "resolution", r)
	return c, nil
}

// named remarks once, at the first token, when it is of another identity than the role: the commonest mistake on a laptop.
// It may be right: the role can be a group's.
func (c *Connector) named(mint Minter) Minter {
	var once sync.Once
	return func(ctx context.Context) (Credential, error) {
		credential, err := mint(ctx)
		if who := subject(credential.Secret); err == nil && who != "" && who != c.resolution.User {
			once.Do(func() {
				c.log.Warn("lakebase: the token is of another identity than the role", "token_of", who, "role", c.resolution.User,
					"role_from", c.resolution.Source(settingUser))
			})
		}
		return credential, err
	}
}

// Open is New and Pool: a stock pool whose connections never fail because a token ran out. Nothing else is to be closed:
// once the pool is closed and nobody holds it, what is behind it ends too.
func Open(ctx context.Context, opts ...Option) (*pgxpool.Pool, error) {
	c, err := New(ctx, opts...)
	if err != nil {
		return nil, err
	}
	pool, err := c.Pool(ctx)
	if err != nil {
		c.Close()
		return nil, err
	}
	runtime.AddCleanup(pool, func(c *Connector) { go c.Close() }, c)
	return pool, nil
}

// Token is a valid token, for drivers that the package does not know: the password of the next login. It takes no lock
// and no network but once an hour. While the API is down it is the current one until that has run out. After a login
// that the server rejected, call Invalidate. The error is an *Error; where the database needs no tokens,
// ErrConflict.
func (c *Connector) Token(ctx context.Context) (Token, error) {
	if c.source == nil {
		return Token{}, failf(ErrConflict, "get a token", "the database of kind %s needs none", c.resolution.Kind)
	}
	h, err := c.source.token(ctx)
	if err != nil {
		return Token{}, err
	}
	return h.Token, nil
}

// Invalidate says that a server rejected a login with the token of a generation. Only that token is replaced, however
// often it is said. False means that another try is of no use: a fresh token was rejected, and so it is not the token.
func (c *Connector) Invalidate(generation uint64) bool {
	return c.source != nil && c.source.reject(generation)
}

// Status is the connector now.
func (c *Connector) Status() Status {
	st := Status{State: StateFresh}
	if c.source != nil {
		st = c.source.status()
	}
	st.Kind, st.Host = c.resolution.Kind, c.resolution.Host
	st.Logins, st.Rejected, st.Retries = c.logins.Load(), c.rejections.Load(), c.retries.Load()
	return st
}

// Resolution is what the connector connects to, and why.
func (c *Connector) Resolution() *Resolution {
	r := *c.resolution
	r.Notes, r.sources, r.params = slices.Clone(r.Notes), maps.Clone(r.sources), maps.Clone(r.params)
	return &r
}

// TLSConfig is how the server is verified; nil where no tokens are used.
func (c *Connector) TLSConfig() *tls.Config { return c.tls.Clone() }

// Address is host:port of the server.
func (c *Connector) Address() string {
	return net.JoinHostPort(c.resolution.Host, portText(c.resolution.Port))
}

// Dial opens an encrypted connection to the server on which nobody has logged in, for a cancel request. It tries again
// while a server of Lakebase wakes up.
func (c *Connector) Dial(ctx context.Context) (net.Conn, error) {
	if c.source == nil {
		cfg, err := c.given()
		if err != nil {
			return nil, err
		}
		if cfg == nil {
			return nil, fail(ErrNoEnvironment, "connect", nil)
		}
		return c.dialGiven(ctx, cfg)
	}
	return c.dialer(c.socket, c.tls)(ctx, "tcp", c.Address())
}

// Connect opens a session for a program that passes bytes on. startup is a startup packet as it goes over the wire, with
// its length; user is what it names, for messages. The connection that comes back is logged in: the first bytes to read
// from it are what the server said, AuthenticationOk to ReadyForQuery, with a NegotiateProtocolVersion or notices before
// them. Errors are *Error where the table has the cause, and unwrap to the server's *pgconn.PgError. A database that is
// given complete, of KindURL, is logged in to as its URL says.
func (c *Connector) Connect(ctx context.Context, user string, startup []byte) (net.Conn, error) {
	if cfg, err := c.given(); err != nil {
		return nil, err
	} else if cfg != nil {
		return c.connectGiven(ctx, cfg, startup)
	}
	conn, err := c.Dial(ctx)
	if err != nil {
		return nil, err
	}
	in, seen, err := c.authenticate(ctx, conn.(*link), c.Address(), user, startup)
	if err != nil {
		return nil, err
	}
	return &session{Conn: in, replay: seen}, nil
}

// Close ends a request for a token that is under way, waits for it, and lets further logins fail with ErrClosed. Open
// sessions stay. Close pools first. The second call does nothing.
func (c *Connector) Close() error {
	c.mu.Lock()
	closed, registrations := c.closed, c.registrations
	c.closed, c.registrations = true, nil
	c.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	for _, r := range registrations {
		errs = append(errs, r.Unregister())
	}
	if c.source != nil {
		c.source.close()
	}
	return errors.Join(errs...)
}

// socket opens a connection without TLS.
func (c *Connector) socket(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c.opts.socket(conn), nil
}

func (c *Connector) again(reason string) {
	c.retries.Add(1)
	c.meters.again(reason)
}
