package proxy

import (
	"bufio"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// client is one connection from its first byte to its end.
type client struct {
	net.Conn // the socket, or TLS over it
	proxy    *Proxy
	socket   net.Conn
	reader   *bufio.Reader
	local    bool // on a Unix socket
	known    atomic.Bool
	session  atomic.Pointer[session]
}

func newClient(p *Proxy, conn net.Conn) *client {
	_, local := conn.(*net.UnixConn)
	c := &client{Conn: pgwire.Direct(conn), proxy: p, socket: conn, local: local}
	c.reader = bufio.NewReaderSize(c.Conn, readAhead)
	return c
}

// readAhead is how much of a login is read at once.
const readAhead = 1024

// buffered is a connection whose login is read ahead.
type buffered struct {
	net.Conn
	reader *bufio.Reader
}

// Read empties the reader first, and then does without.
func (b *buffered) Read(p []byte) (int, error) {
	if b.reader.Buffered() > 0 || len(p) < readAhead {
		return b.reader.Read(p)
	}
	return b.Conn.Read(p)
}

// offersTLS is what a client on the network is offered; a Unix socket needs none.
func (c *client) offersTLS() *tls.Config {
	if c.local {
		return nil
	}
	return c.proxy.tls
}

// Read reads what the login did not need.
func (c *client) Read(b []byte) (int, error) {
	if c.reader != nil {
		if c.reader.Buffered() > 0 || !c.known.Load() {
			return c.reader.Read(b)
		}
		c.reader = nil // from here on nothing is between
	}
	return c.Conn.Read(b)
}

func (c *client) serve() {
	p := c.proxy
	defer p.leave(c)
	defer c.Close()
	c.SetDeadline(time.Now().Add(startupTime))
	wants, cancel, err := c.greet()
	<-p.strangers
	switch {
	case err != nil:
		c.refuse(err)
	case cancel != nil:
		p.counters.cancels.Add(1)
		p.forward(*cancel)
	default:
		c.SetDeadline(time.Time{})
		if err := c.connect(wants); err != nil {
			c.refuse(err)
		}
	}
}

// greet finds out what the connection wants, and whether it may.
func (c *client) greet() (wants startup, cancel *pgwire.CancelKey, err error) {
	if c.local {
		if err := samePeer(c.socket); err != nil {
			return wants, nil, strange(err.Error())
		}
	}
	a, err := pgwire.Accept(&buffered{c.Conn, c.reader}, c.offersTLS())
	if a.TLS {
		c.Conn, c.reader = a.Conn, bufio.NewReaderSize(a.Conn, readAhead)
	}
	if err != nil {
		return wants, nil, &told{err}
	}
	if a.Cancel != nil { // of which libpq before 17 sends none over TLS
		return wants, a.Cancel, nil
	}
	if c.offersTLS() != nil && !a.TLS {
		return wants, nil, strange("it does not encrypt, and this proxy was started with TLS for its clients: set sslmode=require or better")
	}
	if wants, err = parseStartup(a.Raw); err != nil {
		return wants, nil, &pgwire.Error{Code: pgwire.CodeProtocolViolation, Message: err.Error()}
	}
	if !c.local {
		password, err := pgwire.AskPassword(c)
		if err != nil {
			return wants, nil, &told{err}
		}
		if subtle.ConstantTimeCompare([]byte(password), []byte(c.proxy.password)) != 1 {
			return wants, nil, strange("the password is not the one of this proxy")
		}
	}
	wants.rewrite(c.proxy.role, c.proxy.database, c.proxy.defaults)
	return wants, nil, nil
}

// told is an error that the client knows of already, or that ended its connection.
type told struct{ error }

// errGone says that the client went away while it waited.
var errGone = errors.New("the client is gone")

// connect gets the client a session and passes it on until its end. An error is for the client, which has no session yet.
func (c *client) connect(wants startup) error {
	p := c.proxy
	if p.isLeaving() {
		return draining()
	}
	release, err := c.place()
	if err != nil {
		return err
	}
	defer release()
	if p.pool == nil {
		u, err := c.fresh(wants)
		if err != nil {
			return err
		}
		defer u.conn.Close()
		s := &session{client: c, upstream: u}
		return s.run(u.greeting)
	}
	u := p.pool.take(wants.key())
	if u != nil {
		p.counters.reused.Add(1)
	} else if u, err = c.fresh(wants); err != nil {
		p.pool.gone()
		return err
	}
	greeting, key := u.welcome()
	p.keys.add(key, u)
	s := &session{client: c, upstream: u, pooled: true}
	err = s.run(greeting)
	p.keys.remove(key)
	if !s.clean || err != nil {
		p.pool.gone()
		u.conn.Close()
		return err
	}
	c.Close() // it has said goodbye, and need not wait
	u.cancels.Wait()
	if err := u.reset(); err != nil {
		p.log.Debug("proxy: a session could not be used again", "error", err)
		p.pool.gone()
		u.conn.Close()
		return nil
	}
	p.pool.put(u)
	return nil
}

// fresh makes a session, for as long as the client waits.
func (c *client) fresh(wants startup) (*upstream, error) {
	var u *upstream
	err := c.attended(func(ctx context.Context) (err error) {
		u, err = c.proxy.connect(ctx, wants)
		return err
	})
	if err != nil {
		return nil, err
	}
	c.proxy.counters.opened.Add(1)
	return u, nil
}

// place waits for a place below the limit.
func (c *client) place() (release func(), err error) {
	p := c.proxy
	if p.places == nil {
		return func() {}, nil
	}
	release = func() { <-p.places }
	select {
	case p.places <- struct{}{}:
		return release, nil
	default:
	}
	p.counters.waiting.Add(1)
	defer p.counters.waiting.Add(-1)
	err = c.attended(func(ctx context.Context) error {
		timer := time.NewTimer(p.opts.Queue)
		defer timer.Stop()
		select {
		case p.places <- struct{}{}:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.leaving:
			return draining()
		case <-timer.C:
			return full(p.opts.MaxConns, p.opts.Queue)
		}
	})
	if err != nil {
		return nil, err
	}
	return release, nil
}

// attended does something slow for a client, and ends its context when the client goes away.
func (c *client) attended(do func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(c.proxy.ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		_, err := c.reader.Peek(1) // a client has nothing to say now; one that does is there
		if err != nil {
			cancel(errGone)
		}
	}()
	err := do(ctx)
	c.SetReadDeadline(time.Unix(1, 0))
	<-watched
	c.SetReadDeadline(time.Time{})
	return err
}
