package pgwire

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"
)

// AskPassword demands the password itself. Do so over TLS only.
func AskPassword(rw io.ReadWriter) (string, error) {
	if err := send(rw, &pgproto3.AuthenticationCleartextPassword{}); err != nil {
		return "", err
	}
	body, err := readProof(rw)
	if err != nil {
		return "", err
	}
	password, _, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return "", errors.New("password message has no terminator")
	}
	return string(password), nil
}

// ErrWrongPassword says that a client's proof does not fit.
var ErrWrongPassword = errors.New("wrong password")

// AskSCRAM demands proof by SCRAM-SHA-256 that the client knows the password of the verifier. The error is
// ErrWrongPassword when it does not.
func AskSCRAM(rw io.ReadWriter, v Verifier) error {
	if err := send(rw, &pgproto3.AuthenticationSASL{AuthMechanisms: []string{scramMechanism}}); err != nil {
		return err
	}
	body, err := readProof(rw)
	if err != nil {
		return err
	}
	var initial pgproto3.SASLInitialResponse
	if err := initial.Decode(body); err != nil {
		return fmt.Errorf("sasl initial response: %w", err)
	}
	if initial.AuthMechanism != scramMechanism {
		return fmt.Errorf("client chose SASL mechanism %q, which was not offered", initial.AuthMechanism)
	}
	exchange, challenge, err := v.challenge(string(initial.Data))
	if err != nil {
		return err
	}
	if err := send(rw, &pgproto3.AuthenticationSASLContinue{Data: []byte(challenge)}); err != nil {
		return err
	}
	if body, err = readProof(rw); err != nil {
		return err
	}
	final, err := exchange.verify(string(body))
	if err != nil {
		return err
	}
	return send(rw, &pgproto3.AuthenticationSASLFinal{Data: []byte(final)})
}

// Admit tells the client that its login is accepted.
func Admit(w io.Writer) error { return send(w, &pgproto3.AuthenticationOk{}) }

// readProof reads a password message; SASL answers share its type byte.
func readProof(r io.Reader) ([]byte, error) {
	m, err := ReadMessage(r, MaxLoginMessage)
	if err != nil {
		return nil, err
	}
	if m.Type != 'p' {
		return nil, fmt.Errorf("expected a password message and got type %q", m.Type)
	}
	return m.Body, nil
}
