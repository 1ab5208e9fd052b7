package lakebase

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Bounds of what a server may say before it is ready.
const (
	maxLoginMessage  = 1 << 16
	maxLoginMessages = 1000
	maxLoginBytes    = 1 << 18
	maxRejections    = 4
)

// login sends a startup packet, proves itself with the token, and reads until the server is ready. It returns what a
// client is to see of that: everything but the demand for the password. A refusal is a *pgconn.PgError.
func login(ctx context.Context, conn net.Conn, startup []byte, secret string) (seen []byte, err error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() && err != nil {
			err = context.Cause(ctx)
		}
	}()
	if _, err := conn.Write(startup); err != nil {
		return nil, err
	}
	asked, admitted := false, false
	for range maxLoginMessages {
		at := len(seen)
		if seen, err = readMessage(conn, seen); err != nil {
			return nil, err
		}
		kind, body := seen[at], seen[at+5:]
		switch kind {
		case 'E':
			var refused pgproto3.ErrorResponse
			if err := refused.Decode(body); err != nil {
				return nil, protocolError("an undecodable error: %w", err)
			}
			return nil, pgconn.ErrorResponseToPgError(&refused)
		case 'R':
			if len(body) < 4 {
				return nil, protocolError("a short demand for authentication")
			}
			switch method := binary.BigEndian.Uint32(body); {
			case method == pgproto3.AuthTypeOk && len(body) == 4:
				admitted = true
			case method == pgproto3.AuthTypeCleartextPassword && len(body) == 4 && !asked && !admitted:
				asked = true
				seen = seen[:at]
				if err := sendPassword(conn, secret); err != nil {
					return nil, err
				}
			default: // the token is for a server that asks as Lakebase does, and for no other
				return nil, protocolError("a demand for authentication of type %d where Lakebase asks for a password once", method)
			}
		case 'S', 'K', 'N', 'v':
		case 'Z':
			if !admitted || len(body) != 1 {
				return nil, protocolError("it is ready without having admitted anyone, or in no known way")
			}
			return seen, nil
		default:
			return nil, protocolError("message %q during login", kind)
		}
		if len(seen) > maxLoginBytes {
			return nil, protocolError("more than %d bytes during login", maxLoginBytes)
		}
	}
	return nil, protocolError("more than %d messages during login", maxLoginMessages)
}

var errProtocol = errors.New("the server says")

func protocolError(format string, args ...any) error {
	return fmt.Errorf("%w %w", errProtocol, fmt.Errorf(format, args...))
}

// readMessage appends one message to b.
func readMessage(r io.Reader, b []byte) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return b, err
	}
	size := int64(binary.BigEndian.Uint32(head[1:])) - 4
	if size < 0 || size > maxLoginMessage {
		return b, protocolError("message %q of %d bytes during login", head[0], size)
	}
	at := len(b) + len(head)
	b = append(append(b, head[:]...), make([]byte, size)...)
	if _, err := io.ReadFull(r, b[at:]); err != nil {
		return b, err
	}
	return b, nil
}

func sendPassword(w io.Writer, secret string) error {
	message, err := (&pgproto3.PasswordMessage{Password: secret}).Encode(nil)
	if err != nil {
		return errors.New("the token cannot be sent as a password")
	}
	_, err = w.Write(message)
	return err
}

// authenticate logs in, on a connection that is open already or with another one where that is of use: after a
// rejected login once with a new token, and while the server wakes up or the API has a bad moment. It returns the connection and what the server
// said. An error is an *Error, unless it is none of the table's causes.
func (c *Connector) authenticate(ctx context.Context, l *link, address, user string, startup []byte) (net.Conn, []byte, error) {
	began := time.Now()
	ctx, span := c.meters.startSpan(ctx, "lakebase.connect")
	op := "log in to " + address
	sqlstate := ""
	end := func(err *Error) *Error {
		c.meters.connected(time.Since(began), err, sqlstate)
		endSpan(span, err)
		return err
	}
	conn, rejections := l.Conn, 0
	for {
		h, err := c.source.token(ctx)
		if err != nil {
			if errors.Is(err, ErrMintUnavailable) && l.patience.wait(ctx) {
				c.again("token")
				continue
			}
			if conn != nil {
				conn.Close()
			}
			var known *Error
			if !errors.As(err, &known) {
				known = fail(ErrMintUnavailable, op, err)
			}
			return nil, nil, end(known)
		}
		var seen []byte
		if conn == nil {
			conn, err = l.redial(ctx)
		}
		if err == nil {
			if seen, err = login(ctx, conn, startup, h.secret); err == nil {
				sqlstate = ""
				c.source.accept(h.generation)
				c.logins.Add(1)
				c.log.Debug("lakebase: logged in", "host", address, "gen", h.generation, "attempt", rejections+l.patience.tries+1, "took", time.Since(began))
				end(nil)
				return conn, seen, nil
			}
			conn.Close()
		}
		conn = nil
		var refused *pgconn.PgError
		sqlstate = ""
		if errors.As(err, &refused) {
			sqlstate = refused.Code
		}
		code := codeOfConnect(err)
		if errors.Is(err, errProtocol) {
			code = ErrProtocol
		}
		switch {
		case code == ErrAuthRejected || code == ErrTokenUndecodable:
			c.rejections.Add(1)
			rejections++
			lately := c.source.acceptedLately() // then the role is there, and tokens are being revoked
			if c.source.reject(h.generation) && (rejections == 1 || lately && rejections < maxRejections) {
				c.again("rejected")
				c.log.Info("lakebase: the login was rejected, trying once more with a new token", "host", address, "gen", h.generation, "sqlstate", sqlstate)
				continue
			}
			e := fail(code, op+" as "+user, err)
			if code == ErrAuthRejected {
				e.Hint = rejectedHint(e.Hint, user, subject(h.secret))
			}
			return nil, nil, end(e)
		case passing(code) && l.patience.wait(ctx):
			c.again("waking")
			continue
		case code == "": // the caller's own cancellation, or a refusal that is about none of the table's causes
			end(&Error{Err: err})
			return nil, nil, fmt.Errorf("lakebase: %s: %w", op, err)
		}
		return nil, nil, end(c.unreachable(code, op, l.patience, err))
	}
}

// rejectedHint makes the table's hint concrete with what the token says of itself.
func rejectedHint(hint, user, subject string) string {
	switch {
	case subject == "":
		return hint
	case subject != user:
		return fmt.Sprintf("the token is of %s and the role is %s: they must be the same, or the role a group of it; %s", subject, user, hint)
	}
	return fmt.Sprintf("the token is of %s; %s", subject, hint)
}

// session is a connection on which the server's part of the login is read again, by a client that will send its own
// startup packet, which the server has had.
type session struct {
	net.Conn
	replay  []byte
	swallow bool // the startup packet is still to come
	head    []byte
	left    int
}

// Read implements net.Conn.
func (s *session) Read(p []byte) (int, error) {
	if len(s.replay) > 0 {
		n := copy(p, s.replay)
		if s.replay = s.replay[n:]; len(s.replay) == 0 {
			s.replay = nil
		}
		return n, nil
	}
	return s.Conn.Read(p)
}

// Write implements net.Conn.
func (s *session) Write(p []byte) (int, error) {
	if !s.swallow {
		return s.Conn.Write(p)
	}
	taken := 0
	for len(s.head) < 4 && taken < len(p) {
		s.head = append(s.head, p[taken])
		if taken++; len(s.head) == 4 {
			s.left = int(binary.BigEndian.Uint32(s.head)) - 4
		}
	}
	if len(s.head) < 4 {
		return taken, nil
	}
	skip := max(min(s.left, len(p)-taken), 0)
	s.left -= skip
	if taken += skip; s.left > 0 {
		return taken, nil
	}
	s.swallow = false
	if taken == len(p) {
		return taken, nil
	}
	n, err := s.Conn.Write(p[taken:])
	return taken + n, err
}

// encrypted says whether a connection is TLS, whatever wraps it here.
func encrypted(conn net.Conn) bool {
	if l, ok := conn.(*link); ok {
		conn = l.Conn
	}
	_, ok := conn.(*tls.Conn)
	return ok
}
