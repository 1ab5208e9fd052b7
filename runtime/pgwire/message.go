package pgwire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"
)

// MaxLoginMessage bounds messages before a client has proved who it is, as Postgres does (PG_MAX_AUTH_TOKEN_LENGTH).
const MaxLoginMessage = 65535

// Message is one message with its type byte, undecoded.
type Message struct {
	Type byte
	Body []byte
}

// ReadMessage reads one message of at most limit bytes of body.
func ReadMessage(r io.Reader, limit int) (Message, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Message{}, err
	}
	size := int64(binary.BigEndian.Uint32(head[1:])) - 4
	if size < 0 || size > int64(limit) {
		return Message{}, fmt.Errorf("message %q of %d bytes: at most %d are allowed here", head[0], size, limit)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return Message{}, unexpected(err)
	}
	return Message{Type: head[0], Body: body}, nil
}

// Append adds the message in wire form to b.
func (m Message) Append(b []byte) []byte {
	b = append(b, m.Type)
	b = binary.BigEndian.AppendUint32(b, uint32(len(m.Body)+4))
	return append(b, m.Body...)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Error is an ErrorResponse: what a server tells a client, with a five-character SQLSTATE.
type Error struct {
	Code    string
	Message string
	Detail  string
	Hint    string
}

func (e *Error) Error() string { return fmt.Sprintf("FATAL: %s (SQLSTATE %s)", e.Message, e.Code) }

// SQLSTATEs of a login.
const (
	CodeInvalidPassword      = "28P01"
	CodeInvalidAuthorization = "28000"
	CodeCannotConnectNow     = "57P03"
	CodeAdminShutdown        = "57P01"
	CodeInvalidCatalogName   = "3D000"
	CodeProtocolViolation    = "08P01"
	CodeConnectionFailure    = "08006"
	CodeTooManyConnections   = "53300"
	CodeNotSupported         = "0A000"
)

// Fail tells the client why it is refused. The caller closes the connection.
func Fail(w io.Writer, e *Error) error {
	return send(w, &pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: e.Code,
		Message: e.Message, Detail: e.Detail, Hint: e.Hint})
}

type encoder interface{ Encode([]byte) ([]byte, error) }

func send(w io.Writer, messages ...encoder) error {
	var buffer []byte
	for _, m := range messages {
		var err error
		if buffer, err = m.Encode(buffer); err != nil {
			return err
		}
	}
	_, err := w.Write(buffer)
	return err
}

// refusal decodes an ErrorResponse of a server.
func refusal(body []byte) error {
	var r pgproto3.ErrorResponse
	if err := r.Decode(body); err != nil {
		return fmt.Errorf("undecodable error response: %w", err)
	}
	return &Error{Code: r.Code, Message: r.Message, Detail: r.Detail, Hint: r.Hint}
}
