package pgwire

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// ErrNoTLS says that a server does not offer encryption.
var ErrNoTLS = errors.New("server does not offer TLS")

// StartTLS asks a server for encryption and returns the encrypted connection.
func StartTLS(conn net.Conn, config *tls.Config) (net.Conn, error) {
	if _, err := conn.Write(appendStartup(nil, codeTLS, nil)); err != nil {
		return nil, err
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return nil, unexpected(err)
	}
	if answer[0] != 'S' {
		return nil, ErrNoTLS
	}
	encrypted := tls.Client(conn, config)
	if err := encrypted.Handshake(); err != nil {
		return nil, fmt.Errorf("tls handshake: %w", err)
	}
	return encrypted, nil
}

// Login opens a session and proves who asks, by whatever the server demands of nothing (trust), the password itself, and
// SCRAM-SHA-256. It returns at the server's AuthenticationOk; parameters, the cancel key and ReadyForQuery are still to
// be read. A server's refusal is an *Error. Notices meanwhile are dropped; a NegotiateProtocolVersion is returned, to
// be passed to a client that asked for a later version.
func Login(rw io.ReadWriter, s Startup, password string) (negotiation *Message, err error) {
	if _, err := rw.Write(s.encode()); err != nil {
		return nil, err
	}
	var scram *clientExchange
	for {
		m, err := ReadMessage(rw, MaxLoginMessage)
		if err != nil {
			return nil, unexpected(err)
		}
		switch m.Type {
		case 'E':
			return nil, refusal(m.Body)
		case 'N':
			continue
		case 'v':
			negotiation = &m
			continue
		case 'R':
		default:
			return nil, fmt.Errorf("message %q during login", m.Type)
		}
		if len(m.Body) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		switch kind := binary.BigEndian.Uint32(m.Body); kind {
		case pgproto3.AuthTypeOk:
			if scram != nil && !scram.proved {
				return nil, errors.New("server skipped its proof of SCRAM-SHA-256")
			}
			return negotiation, nil
		case pgproto3.AuthTypeCleartextPassword:
			err = send(rw, &pgproto3.PasswordMessage{Password: password})
		case pgproto3.AuthTypeSASL:
			var offer pgproto3.AuthenticationSASL
			if err := offer.Decode(m.Body); err != nil {
				return nil, err
			}
			if scram, err = newClientExchange(offer.AuthMechanisms, password); err != nil {
				return nil, err
			}
			err = send(rw, &pgproto3.SASLInitialResponse{AuthMechanism: scramMechanism, Data: []byte(scram.first())})
		case pgproto3.AuthTypeSASLContinue:
			if scram == nil {
				return nil, errors.New("server continues a SASL exchange that was not begun")
			}
			var answer string
			if answer, err = scram.answer(string(m.Body[4:])); err != nil {
				return nil, err
			}
			err = send(rw, &pgproto3.SASLResponse{Data: []byte(answer)})
		case pgproto3.AuthTypeSASLFinal:
			if scram == nil {
				return nil, errors.New("server ends a SASL exchange that was not begun")
			}
			err = scram.finish(string(m.Body[4:]))
		default:
			return nil, fmt.Errorf("server demands authentication of type %d, which is not supported", kind)
		}
		if err != nil {
			return nil, err
		}
	}
}

// Cancel asks a server to cancel what a session runs. The server closes the connection without an answer.
func Cancel(conn net.Conn, key CancelKey) error {
	body := binary.BigEndian.AppendUint32(nil, key.Process)
	if _, err := conn.Write(appendStartup(nil, codeCancel, append(body, key.Secret...))); err != nil {
		return err
	}
	var end [1]byte
	if _, err := conn.Read(end[:]); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
