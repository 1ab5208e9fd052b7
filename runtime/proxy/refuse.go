package proxy

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// sqlstateOf is what a client is told when its session cannot be made for a cause that no server has named.
func sqlstateOf(code lakebase.Code) string {
	switch code {
	case lakebase.ErrMintDenied, lakebase.ErrMintNotFound:
		return pgwire.CodeInvalidAuthorization
	case lakebase.ErrAuthRejected, lakebase.ErrTokenUndecodable:
		return pgwire.CodeInvalidPassword
	case lakebase.ErrProtocol:
		return pgwire.CodeProtocolViolation
	case lakebase.ErrClosed:
		return pgwire.CodeAdminShutdown
	}
	return pgwire.CodeConnectionFailure
}

// refuse tells the client why it gets no session.
func (c *client) refuse(err error) {
	var known *told
	if errors.Is(err, errGone) || errors.As(err, &known) {
		return
	}
	refusal, reason := explain(err)
	c.proxy.counters.reject(reason)
	c.proxy.log.Warn("proxy: a client is refused", "reason", reason, "sqlstate", refusal.Code, "error", refusal.Message)
	c.SetWriteDeadline(time.Now().Add(time.Second))
	if pgwire.Fail(c, refusal) == nil {
		c.linger()
	}
}

// linger reads what the client has sent meanwhile: closing with bytes unread would reset the connection, and the client
// would lose the refusal.
func (c *client) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.SetReadDeadline(time.Now().Add(time.Second))
	var scratch [1024]byte
	for n := 0; n < 64; n++ {
		if _, err := c.Read(scratch[:]); err != nil {
			return
		}
	}
}

// explain words an error for a client: the server's own words where it said any, with the cure as hint. reason is the
// cause's code.
func explain(err error) (refusal *pgwire.Error, reason string) {
	var own *refused
	if errors.As(err, &own) {
		return &own.refusal, string(own.code)
	}
	var e *lakebase.Error
	var server *pgconn.PgError
	switch {
	case errors.As(err, &e):
		reason = string(e.Code)
		entry, _ := e.Code.Lookup()
		refusal = &pgwire.Error{Code: sqlstateOf(e.Code), Message: "tellr proxy: " + entry.Meaning, Hint: e.Hint}
		if e.Err != nil {
			refusal.Detail = e.Err.Error()
		}
	case errors.As(err, &refusal):
		reason = "protocol"
	default:
		reason = "other"
		refusal = &pgwire.Error{Code: pgwire.CodeConnectionFailure, Message: "tellr proxy: " + err.Error()}
	}
	if errors.As(err, &server) {
		refusal.Code, refusal.Message, refusal.Detail = server.Code, server.Message, server.Detail
		if refusal.Hint == "" {
			refusal.Hint = server.Hint
		}
	}
	return refusal, reason
}

// refused is a refusal of the proxy itself.
type refused struct {
	refusal pgwire.Error
	code    lakebase.Code
}

func (r *refused) Error() string { return r.refusal.Error() }
func (r *refused) Unwrap() error { return r.code }

func refusalOf(code lakebase.Code, sqlstate, message, detail string) *refused {
	entry, _ := code.Lookup()
	return &refused{pgwire.Error{Code: sqlstate, Message: message, Detail: detail, Hint: entry.Hint}, code}
}

func strange(detail string) error {
	return refusalOf(lakebase.ErrProxyLocalAuth, pgwire.CodeInvalidAuthorization, "tellr proxy: this client is not known", detail)
}

func full(limit int, waited time.Duration) error {
	return refusalOf(lakebase.ErrProxyLimit, pgwire.CodeTooManyConnections, "tellr proxy: too many clients already",
		fmt.Sprintf("There may be %d at the same time, and none left within %s.", limit, waited))
}

func draining() *refused {
	return refusalOf(lakebase.ErrProxyDraining, pgwire.CodeAdminShutdown, "terminating connection: tellr proxy is shutting down", "")
}
