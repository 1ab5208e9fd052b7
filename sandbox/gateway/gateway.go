package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// Endpoint is what stands behind one address. Its methods are called from many goroutines.
type Endpoint interface {
	// Name is how it is recorded: instances/NAME, or projects/P/branches/B/endpoints/E.
	Name() string
	// Admit decides whether a role may log in with a password; nil admits.
	Admit(ctx context.Context, role, password string) *pgwire.Error
	// Wake returns the path of the Unix socket of a server that accepts connections, once it does.
	Wake(ctx context.Context) (socket string, refused *pgwire.Error)
	// Settings are parameters that every session begins with.
	Settings() map[string]string
	// Opened says that a session has begun; the returned function, that it has ended.
	Opened() (closed func())
}

// Options of a gateway.
type Options struct {
	Log *traffic.Log
	// SharedAddress puts every endpoint on 127.0.0.1 with a port of its own, so that hosts are named host:port. By default,
	// where the system allows, each endpoint gets its own loopback address with Postgres' port 5432.
	SharedAddress bool
}

// Gateway is all endpoints of one workspace.
type Gateway struct {
	log       *traffic.Log
	shared    bool
	authority *authority

	mu        sync.Mutex
	listeners map[*Listener]bool
	cancels   map[string]string // process and secret of a session → socket of its server
	closed    bool
}

// New makes a gateway without endpoints and its certificate authority.
func New(opts Options) (*Gateway, error) {
	a, err := newAuthority()
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	return &Gateway{log: opts.Log, shared: opts.SharedAddress, authority: a,
		listeners: map[*Listener]bool{}, cancels: map[string]string{}}, nil
}

// Authority is the certificate, in PEM, that clients must trust.
func (g *Gateway) Authority() []byte { return g.authority.pem }

// Close ends all listeners and sessions and waits for them.
func (g *Gateway) Close() error {
	g.mu.Lock()
	g.closed = true
	var open []*Listener
	for l := range g.listeners {
		open = append(open, l)
	}
	g.mu.Unlock()
	var errs []error
	for _, l := range open {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Listener is one endpoint's address.
type Listener struct {
	gateway  *Gateway
	endpoint Endpoint
	tls      *tls.Config
	net      net.Listener
	host     string

	done     sync.WaitGroup
	mu       sync.Mutex
	sessions map[net.Conn]bool
	closed   bool
}

// Listen opens an address for an endpoint.
func (g *Gateway) Listen(e Endpoint) (*Listener, error) {
	listener, err := g.bind()
	if err != nil {
		return nil, fmt.Errorf("open an address for %s: %w", e.Name(), err)
	}
	address := listener.Addr().(*net.TCPAddr)
	config, err := g.authority.issue(address.IP)
	if err != nil {
		listener.Close()
		return nil, err
	}
	l := &Listener{gateway: g, endpoint: e, tls: config, net: listener, sessions: map[net.Conn]bool{}}
	l.host = address.String()
	if address.Port == 5432 {
		l.host = address.IP.String()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		listener.Close()
		return nil, errors.New("the gateway is closed")
	}
	g.listeners[l] = true
	l.done.Go(l.accept)
	return l, nil
}

// bind finds an address. Linux answers on all of 127/8, so that an endpoint can have a host and the usual port, as in
// Lakebase; elsewhere, or when that fails, it is a port of 127.0.0.1.
func (g *Gateway) bind() (net.Listener, error) {
	if runtime.GOOS == "linux" && !g.shared {
		for range 20 {
			ip := net.IPv4(127, byte(64+rand.IntN(190)), byte(rand.IntN(256)), byte(1+rand.IntN(254)))
			if l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: ip, Port: 5432}); err == nil {
				return l, nil
			}
		}
	}
	return net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
}

// Host is what clients connect to: an address, followed by :PORT when that is not 5432.
func (l *Listener) Host() string { return l.host }

// DropSessions cuts all connections; new ones are welcome.
func (l *Listener) DropSessions() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.sessions {
		conn.Close()
	}
}

// Close ends the address and its sessions and waits for them. The second call does nothing.
func (l *Listener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	err := l.net.Close()
	l.DropSessions()
	l.done.Wait()
	l.gateway.mu.Lock()
	delete(l.gateway.listeners, l)
	l.gateway.mu.Unlock()
	return err
}

func (l *Listener) accept() {
	for {
		conn, err := l.net.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			conn.Close()
			return
		}
		l.sessions[conn] = true
		l.done.Go(func() {
			l.serve(conn)
			conn.Close()
			l.mu.Lock()
			delete(l.sessions, conn)
			l.mu.Unlock()
		})
		l.mu.Unlock()
	}
}

// Cancels: a key is known from the server's BackendKeyData until the session ends.

func (g *Gateway) remember(key, socket string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cancels[key] = socket
}

func (g *Gateway) forget(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.cancels, key)
}

func (g *Gateway) serverOf(key string) (socket string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	socket, ok = g.cancels[key]
	return socket, ok
}
