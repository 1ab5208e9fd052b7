package proxy

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// Options of a proxy. The zero value listens nowhere, passes each client a session of its own, and has no limit.
type Options struct {
	// Listen are addresses, host:port, of loopback: localhost, 127.0.0.1, [::1]. Port 0 takes a free one.
	Listen []string
	// AnyAddress allows others than loopback: whoever reaches them and has the password gets the database.
	AnyAddress bool
	// Socket is a folder for a Unix socket, .s.PGSQL.PORT, which only processes of the same user may use; they need no
	// password. Empty has none.
	Socket string
	// SocketPort is the port in the socket's name; 5432 when 0.
	SocketPort int
	// Password is what clients over TCP must give; a random one when empty.
	Password string

	// LocalTLS encrypts what passes between clients over TCP and the proxy, and refuses clients that do not: with the
	// certificate and key of two files, in PEM, or, where they are empty, with a certificate that is made for this run and
	// that the proxy's environment names.
	LocalTLS         bool
	Certificate, Key string

	// MaxConns is how many clients may have a session at the same time; 0 is no limit. Clients beyond it wait for Queue, and
	// are then refused with 53300.
	MaxConns int
	Queue    time.Duration

	// Pool keeps the sessions of clients that leave, for the next that asks for the same. Lifetime (45 minutes when 0, less
	// up to a fifth at random) and IdleTime (4 minutes when 0) bound how long.
	Pool     bool
	Lifetime time.Duration
	IdleTime time.Duration

	// Log hears of the listeners, of refusals (warn), and at level debug of each session. nil is silent.
	Log *slog.Logger
	// Meters is told what Status tells; OpenTelemetry's global provider when nil.
	Meters metric.MeterProvider
}

// Bounds that are nobody's business to change.
const (
	maxStrangers = 64               // connections that have not proved themselves, at the same time
	maxCancels   = 16               // cancel requests under way
	startupTime  = 10 * time.Second // for a client to say who it is
	connectTime  = 45 * time.Second // for a session to be made, waking the compute included
	cancelTime   = 5 * time.Second
)

// Proxy passes sessions on. Make one with New.
type Proxy struct {
	connector *lakebase.Connector
	opts      Options
	log       *slog.Logger
	role      string
	database  string
	defaults  map[string]string
	counters  counters
	measures  measures
	tls       *tls.Config // towards clients; nil offers none
	authority *authority  // of a certificate of the proxy's own

	ctx       context.Context // ends with Close: for what runs without a client
	cancel    context.CancelFunc
	places    chan struct{} // one for each client that has a session; nil without a limit
	strangers chan struct{}
	cancels   chan struct{}
	pool      *pool
	keys      keys

	accepting sync.WaitGroup // loops of the listeners
	serving   sync.WaitGroup // connections

	mu        sync.Mutex
	listeners []net.Listener
	clients   map[*client]bool
	retired   bool // not ready any more
	leaving   chan struct{}
	left      bool // leaving is closed
	began     time.Time
	password  string
}

// New makes a proxy in front of a connector's database: Lakebase's, or one that is given with its password. The connector
// stays the caller's, to be closed after the proxy. The error is a *lakebase.Error where nothing names a database.
func New(connector *lakebase.Connector, opts Options) (*Proxy, error) {
	r := connector.Resolution()
	if r.Kind == lakebase.KindLocal {
		entry, _ := lakebase.ErrNoEnvironment.Lookup()
		return nil, &lakebase.Error{Code: lakebase.ErrNoEnvironment, Op: "read the environment", Hint: entry.Hint}
	}
	role, database, err := connector.Session()
	if err != nil {
		return nil, err
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Password == "" {
		opts.Password = rand.Text() + rand.Text() // 260 bits
	}
	if err := enoughFiles(opts.MaxConns); err != nil {
		return nil, err
	}
	p := &Proxy{connector: connector, opts: opts, log: opts.Log, role: role, database: database, defaults: connector.Parameters(),
		strangers: make(chan struct{}, maxStrangers), cancels: make(chan struct{}, maxCancels),
		clients: map[*client]bool{}, leaving: make(chan struct{}), began: time.Now(), password: opts.Password}
	if opts.LocalTLS {
		if err := p.offerTLS(); err != nil {
			return nil, err
		}
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if opts.MaxConns > 0 {
		p.places = make(chan struct{}, opts.MaxConns)
	}
	if opts.Pool {
		p.pool = newPool(opts)
	}
	p.keys.of = map[string]*upstream{}
	if opts.Meters == nil {
		opts.Meters = otel.GetMeterProvider()
	}
	if err := p.measure(opts.Meters); err != nil {
		p.authority.remove()
		return nil, err
	}
	return p, nil
}

// Start opens the listeners and returns; clients are served until Drain or Close.
func (p *Proxy) Start(ctx context.Context) error {
	listeners, err := p.listen(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners = listeners
	for _, l := range listeners {
		p.log.Info("proxy: listening", "address", l.Addr().String())
		p.accepting.Go(func() { p.accept(l) })
	}
	return nil
}

func (p *Proxy) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no file left, or the client is gone already
			p.log.Warn("proxy: accept", "error", err)
			select {
			case <-p.leaving:
				return
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		p.strangers <- struct{}{}
		c := newClient(p, conn)
		if !p.enter(c) {
			conn.Close()
			<-p.strangers
			continue
		}
		go c.serve()
	}
}

// enter and leave keep the list of connections.
func (p *Proxy) enter(c *client) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		return false
	}
	p.clients[c] = true
	p.serving.Add(1)
	return true
}

func (p *Proxy) leave(c *client) {
	p.mu.Lock()
	delete(p.clients, c)
	p.mu.Unlock()
	p.serving.Done()
}

// Password is what clients over TCP must give.
func (p *Proxy) Password() string { return p.password }

// Close ends everything at once and waits for it. Drain first. The second call does nothing.
func (p *Proxy) Close() error {
	p.Drain(0)
	p.cancel()
	p.accepting.Wait()
	p.serving.Wait()
	p.authority.remove()
	return p.measures.registration.Unregister()
}
