package lakebase

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/databricks/databricks-sdk-go/client"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Config is what a program says itself instead of leaving it to the environment. Every field is optional; one that is
// set wins over every variable.
type Config struct {
	URL      string // postgresql://…, as DATABASE_URL
	Endpoint string // projects/P/branches/B/endpoints/E
	Instance string // name of a provisioned instance
	Host     string // without port
	Port     uint16 // 5432 when 0
	Database string // databricks_postgres when empty
	User     string // Postgres role: an application id, an e-mail, a group

	Schema        string // search_path, one schema; quoted by the package
	Application   string // application_name
	RootCert      string // file with the authorities to trust, in PEM; the system's when empty
	LocalDatabase string // the database of the local default, postgresql://localhost/NAME

	MaxConns          int32         // of a pool; pgx's default when 0: 4, or the number of CPUs if that is more
	StatementTimeout  time.Duration // statement_timeout of every session; the server's when 0
	IdleInTransaction time.Duration // idle_in_transaction_session_timeout of every session; the server's when 0
}

// Minter fetches one token. It is the seam for tests and for other clouds. Its context ends after 30 seconds. An error
// that is an *Error keeps its code; others are ErrMintUnavailable.
type Minter func(ctx context.Context) (Credential, error)

// Option changes a Connector.
type Option func(*options)

type options struct {
	env           func(string) string
	config        Config
	client        *client.DatabricksClient
	minter        Minter
	ttl           time.Duration
	minTTL        time.Duration
	lazy          bool
	verifySchema  bool
	tls           *tls.Config
	socket        func(net.Conn) net.Conn
	log           *slog.Logger
	meters        metric.MeterProvider
	tracers       trace.TracerProvider
	wall          func() time.Time // the clock that tokens expire by
	random        func() float64   // in [0, 1)
	wakeBudget    time.Duration
	clockInterval time.Duration // the longest that the clock is not looked at
}

func newOptions(list []Option) options {
	o := options{env: os.Getenv, log: slog.New(slog.DiscardHandler), meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider(),
		socket: func(conn net.Conn) net.Conn { return conn }, wall: time.Now, random: rand.Float64, minTTL: 30 * time.Second, wakeBudget: 15 * time.Second, clockInterval: time.Minute}
	for _, option := range list {
		option(&o)
	}
	return o
}

// WithEnv reads variables, Lakebase's and the workspace's, from a function instead of os.Getenv.
func WithEnv(getenv func(string) string) Option { return func(o *options) { o.env = getenv } }

// WithConfig sets what the environment is not to decide.
func WithConfig(c Config) Option { return func(o *options) { o.config = c } }

// WithSchema sets search_path to one schema, in whatever letters.
func WithSchema(name string) Option { return func(o *options) { o.config.Schema = name } }

// WithVerifiedSchema lets Pool and Open fail when the schema does not exist, instead of the first statement. It makes a
// connection, which wakes a suspended compute.
func WithVerifiedSchema() Option { return func(o *options) { o.verifySchema = true } }

// WithClient uses a workspace client for tokens and look-ups, with its credentials, timeouts and retries.
func WithClient(c *client.DatabricksClient) Option { return func(o *options) { o.client = c } }

// WithMinter fetches tokens in another way than from the workspace.
func WithMinter(m Minter) Option { return func(o *options) { o.minter = m } }

// WithTokenTTL asks for tokens that live so long: 5 minutes to 1 hour, of autoscaling endpoints only; provisioned
// instances always give an hour. [doc databricks-sdk-go postgres.GenerateDatabaseCredentialRequest]
func WithTokenTTL(d time.Duration) Option { return func(o *options) { o.ttl = d } }

// WithMinTokenTTL accepts tokens that live less than the default minimum of 30 seconds, of which a new one is taken for
// a wrong clock. It is for tests against a stand-in with short tokens.
func WithMinTokenTTL(d time.Duration) Option { return func(o *options) { o.minTTL = d } }

// WithLazyRefresh fetches tokens only when one is asked for, never ahead in the background.
func WithLazyRefresh() Option { return func(o *options) { o.lazy = true } }

// WithTLSConfig verifies the server in another way than with the system's authorities and the host's name, which it
// still gets as ServerName when it has none. InsecureSkipVerify is logged as a warning.
func WithTLSConfig(c *tls.Config) Option { return func(o *options) { o.tls = c } }

// WithSocket lets each connection to the server pass through f as it is opened, below TLS: to count what passes, or to
// read and write in another way. Package proxy's users give it pgwire.Direct.
func WithSocket(f func(net.Conn) net.Conn) Option { return func(o *options) { o.socket = f } }

// WithLogger logs to l: debug for each connection, info for each new token, warn while refreshing fails, error once a
// token has run out. Nothing is logged by default; tokens never are.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.log = l } }

// WithMeterProvider measures there instead of at OpenTelemetry's global provider.
func WithMeterProvider(p metric.MeterProvider) Option { return func(o *options) { o.meters = p } }

// WithTracerProvider traces there instead of at OpenTelemetry's global provider.
func WithTracerProvider(p trace.TracerProvider) Option { return func(o *options) { o.tracers = p } }
