package proxy

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// upstream is a session at the database.
type upstream struct {
	conn     net.Conn
	key      string // the startup packet that it was made with
	answers  answers
	greeting []byte      // what the server said at login, for the first client
	before   []byte      // of that, what comes before the reports: the negotiated version, AuthenticationOk
	reports  []parameter // what the server reported last, for the next client
	process  uint32
	secret   []byte

	born    time.Time
	ends    time.Time   // not to be given to a client afterwards
	expiry  *time.Timer // while it is idle
	cancels sync.WaitGroup
}

// connect opens a session for a startup packet.
func (p *Proxy) connect(ctx context.Context, wants startup) (*upstream, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := p.connector.Connect(ctx, p.role, wants.encode())
	if err != nil {
		return nil, err
	}
	u := &upstream{conn: conn, key: wants.key(), born: time.Now()}
	if err := u.greet(); err != nil {
		conn.Close()
		return nil, err
	}
	if in, ok := conn.(interface{ NetConn() net.Conn }); ok {
		u.conn = in.NetConn()
	}
	return u, nil
}

// greet takes the server's side of the login, which the connector has in memory.
func (u *upstream) greet() error {
	for {
		m, err := pgwire.ReadMessage(u.conn, 1<<20)
		if err != nil {
			return fmt.Errorf("read the login: %w", err)
		}
		at := len(u.greeting)
		u.greeting = m.Append(u.greeting)
		switch m.Type {
		case 'v', 'R':
			u.before = append(u.before, u.greeting[at:]...)
		case 'S':
			u.report(m.Body)
		case 'K':
			if len(m.Body) >= 8 {
				u.process, u.secret = binary.BigEndian.Uint32(m.Body), bytes.Clone(m.Body[4:])
			}
		case 'Z':
			u.answers.status = 'I'
			return nil
		}
	}
}

// report notes a parameter that the server reports.
func (u *upstream) report(body []byte) {
	name, rest, _ := bytes.Cut(body, []byte{0})
	value, _, _ := bytes.Cut(rest, []byte{0})
	for i := range u.reports {
		if u.reports[i].name == string(name) {
			u.reports[i].value = string(value)
			return
		}
	}
	u.reports = append(u.reports, parameter{string(name), string(value)})
}

// welcome is the login for a client of a pool: what the server reported last, and a secret for cancel requests that is
// this client's only.
func (u *upstream) welcome() (greeting []byte, key string) {
	b := append(make([]byte, 0, len(u.greeting)+64), u.before...)
	for _, r := range u.reports {
		b = pgwire.Message{Type: 'S', Body: []byte(r.name + "\x00" + r.value + "\x00")}.Append(b)
	}
	secret := make([]byte, len(u.secret))
	rand.Read(secret)
	body := append(binary.BigEndian.AppendUint32(nil, u.process), secret...)
	b = pgwire.Message{Type: 'K', Body: body}.Append(b)
	return pgwire.Message{Type: 'Z', Body: []byte{'I'}}.Append(b), string(body)
}

// resetTime bounds DISCARD ALL.
const resetTime = 5 * time.Second

var errNotClean = errors.New("the session did not become clean")

// reset makes the session as it was after login. Messages that were under way to the client before it are dropped.
func (u *upstream) reset() error {
	u.conn.SetDeadline(time.Now().Add(resetTime))
	query := pgwire.Message{Type: 'Q', Body: []byte("DISCARD ALL\x00")}
	if _, err := u.conn.Write(query.Append(nil)); err != nil {
		return err
	}
	want, failed := u.answers.answered+1, u.answers.errors
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for u.answers.answered < want {
		n, err := u.conn.Read(*buf)
		u.answers.take((*buf)[:n], u.report)
		if err != nil {
			return err
		}
		if u.answers.lost {
			return errNotClean
		}
	}
	if u.answers.answered != want || u.answers.errors != failed || u.answers.status != 'I' || !u.answers.whole() {
		return errNotClean
	}
	return u.conn.SetDeadline(time.Time{})
}

// close ends the session politely, without waiting.
func (u *upstream) close() {
	u.conn.SetWriteDeadline(time.Now().Add(time.Second))
	io.WriteString(u.conn, "X\x00\x00\x00\x04") // the server ends it also when this does not arrive
	u.conn.Close()
}
