package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"net"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// loginTime bounds a login, waking included; Lakebase's own documentation asks clients to wait 60 s.
const loginTime = 60 * time.Second

// serve does one connection from its first byte to its end. What fails here is the client's to see, on its connection.
func (l *Listener) serve(raw net.Conn) {
	raw.SetDeadline(time.Now().Add(loginTime))
	accepted, err := pgwire.Accept(raw, l.tls)
	if err != nil {
		return
	}
	if accepted.Cancel != nil {
		l.cancel(*accepted.Cancel)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), loginTime)
	defer cancel()
	s, refused := l.login(ctx, accepted)
	if refused != nil {
		pgwire.Fail(accepted.Conn, refused)
		return
	}
	if s == nil {
		return
	}
	defer s.server.Close()
	defer l.endpoint.Opened()()
	raw.SetDeadline(time.Time{})
	s.raw = raw
	if verdict := l.gateway.log.JudgeLogin(s.origin); verdict != traffic.Pass {
		s.sever(verdict)
		return
	}
	if err := pgwire.Admit(accepted.Conn); err != nil {
		return
	}
	s.splice()
}

// login brings a client to a server. Both results are nil when the client went away.
func (l *Listener) login(ctx context.Context, a pgwire.Accepted) (*session, *pgwire.Error) {
	if !a.TLS {
		// [doc] SSL is required; the message is what the gateway of Neon, which Lakebase's is made from, says [inferred]
		return nil, &pgwire.Error{Code: pgwire.CodeInvalidAuthorization,
			Message: "connection is insecure (try using `sslmode=require`)"}
	}
	role := a.Startup.User()
	password, err := pgwire.AskPassword(a.Conn)
	if err != nil {
		return nil, nil
	}
	if f, ok := l.gateway.log.TakeGatewayFault(l.endpoint.Name(), func(f traffic.GatewayFault) bool { return f.RefuseLogin != "" }); ok {
		return nil, refusal(f.RefuseLogin, role)
	}
	if refused := l.endpoint.Admit(ctx, role, password); refused != nil {
		return nil, refused
	}
	socket, refused := l.endpoint.Wake(ctx)
	if refused != nil {
		return nil, refused
	}
	server, err := net.Dial("unix", socket)
	if err != nil {
		return nil, refusal(pgwire.CodeCannotConnectNow, role)
	}
	maps.Copy(a.Startup.Parameters, l.endpoint.Settings())
	negotiation, err := pgwire.Login(server, a.Startup, "")
	if err != nil {
		server.Close()
		if errors.As(err, &refused) {
			return nil, refused
		}
		return nil, refusal(pgwire.CodeCannotConnectNow, role)
	}
	if negotiation != nil {
		a.Conn.Write(negotiation.Append(nil))
	}
	s := &session{listener: l, client: a.Conn, server: server, socket: socket, origin: traffic.Statement{
		Endpoint: l.endpoint.Name(), Role: role, Database: a.Startup.Database(),
		Application: a.Startup.Parameters["application_name"], Session: l.gateway.log.NextSession()}}
	if f, ok := l.gateway.log.TakeGatewayFault(l.endpoint.Name(), func(f traffic.GatewayFault) bool { return f.DropAfterBytes > 0 }); ok {
		s.client = &leaky{Conn: a.Conn, left: f.DropAfterBytes}
	}
	return s, nil
}

// refusal words a login error as Postgres does.
func refusal(code, role string) *pgwire.Error {
	switch code {
	case pgwire.CodeInvalidPassword:
		return &pgwire.Error{Code: code, Message: `password authentication failed for user "` + role + `"`}
	case pgwire.CodeInvalidAuthorization:
		return &pgwire.Error{Code: code, Message: `role "` + role + `" does not exist`}
	case pgwire.CodeCannotConnectNow:
		return &pgwire.Error{Code: code, Message: "the database system is starting up"}
	case pgwire.CodeTooManyConnections:
		return &pgwire.Error{Code: code, Message: "sorry, too many clients already"}
	}
	return &pgwire.Error{Code: code, Message: "login refused by the sandbox"}
}

func (l *Listener) cancel(key pgwire.CancelKey) {
	socket, ok := l.gateway.serverOf(cancelKey(key.Process, key.Secret))
	if !ok {
		return // as Postgres does: silence
	}
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer server.Close()
	server.SetDeadline(time.Now().Add(loginTime))
	pgwire.Cancel(server, key)
}

func cancelKey(process uint32, secret []byte) string {
	return string(append(binary.BigEndian.AppendUint32(nil, process), secret...))
}

// leaky is a connection that is cut after some bytes to the client.
type leaky struct {
	net.Conn
	left int64
}

func (c *leaky) Write(b []byte) (int, error) {
	if c.left >= int64(len(b)) {
		c.left -= int64(len(b))
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:c.left])
	c.left = 0
	c.Conn.Close()
	return n, errors.New("cut by a fault")
}
