package pgwire

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
)

// Codes that stand where a protocol version would.
const (
	codeCancel = 80877102
	codeTLS    = 80877103
	codeGSS    = 80877104
)

// Version30 is protocol 3.0; newer clients may ask for a later 3.x, which a server negotiates down.
const Version30 = 3 << 16

// maxStartup is MAX_STARTUP_PACKET_LENGTH of Postgres.
const maxStartup = 10000

// Startup is the first packet of a session. Protocol and parameters are as the client sent them.
type Startup struct {
	Protocol   uint32
	Parameters map[string]string
}

// User is the role that the client wants to be.
func (s Startup) User() string { return s.Parameters["user"] }

// Database is the database asked for; Postgres' default is the one named like the user.
func (s Startup) Database() string {
	if d := s.Parameters["database"]; d != "" {
		return d
	}
	return s.User()
}

// CancelKey identifies a session of a server, for Cancel. The secret has 4 bytes in protocol 3.0, up to 256 in 3.2.
type CancelKey struct {
	Process uint32
	Secret  []byte
}

// Accepted is what a new connection turned out to be: either a session to log in, or a request to cancel one.
type Accepted struct {
	Conn    net.Conn // the connection to go on with, encrypted when TLS is set
	TLS     bool
	Startup Startup
	Cancel  *CancelKey
	Raw     []byte // the startup packet as it came, with its length
}

// Accept negotiates encryption and reads the first packet of a client. A nil config answers that TLS is not offered;
// GSS encryption never is. Both ways of TLS are known: after an SSLRequest, and directly (Postgres 17's
// sslnegotiation=direct, which demands ALPN). An *Error has been told to the client already.
func Accept(conn net.Conn, config *tls.Config) (Accepted, error) {
	a := Accepted{Conn: conn}
	for negotiations := 0; ; negotiations++ {
		var first [1]byte
		if _, err := io.ReadFull(a.Conn, first[:]); err != nil {
			return a, err
		}
		if first[0] == 0x16 && !a.TLS && negotiations == 0 && config != nil { // a TLS handshake record
			if err := a.encrypt(&prefixed{Conn: conn, prefix: first[:]}, config); err != nil {
				return a, err
			}
			continue
		}
		code, body, err := readStartup(a.Conn, first[0])
		if err != nil {
			return a, a.fail(CodeProtocolViolation, err.Error())
		}
		switch {
		case code == codeTLS && !a.TLS && negotiations < 3:
			if config == nil {
				if _, err := a.Conn.Write([]byte{'N'}); err != nil {
					return a, err
				}
				continue
			}
			if _, err := a.Conn.Write([]byte{'S'}); err != nil {
				return a, err
			}
			if err := a.encrypt(conn, config); err != nil {
				return a, err
			}
		case code == codeGSS && negotiations < 3:
			if _, err := a.Conn.Write([]byte{'N'}); err != nil {
				return a, err
			}
		case code == codeCancel:
			if len(body) < 8 {
				return a, fmt.Errorf("cancel request of %d bytes is too short", len(body))
			}
			a.Cancel = &CancelKey{Process: binary.BigEndian.Uint32(body), Secret: bytes.Clone(body[4:])}
			return a, nil
		case code>>16 == 3:
			parameters, err := parseParameters(body)
			if err != nil {
				return a, a.fail(CodeProtocolViolation, err.Error())
			}
			if parameters["user"] == "" {
				return a, a.fail(CodeInvalidAuthorization, "no PostgreSQL user name specified in startup packet")
			}
			a.Startup = Startup{Protocol: code, Parameters: parameters}
			a.Raw = appendStartup(nil, code, body)
			return a, nil
		default:
			return a, a.fail(CodeNotSupported, fmt.Sprintf("unsupported frontend protocol %d.%d: server supports 3.0 to 3.2",
				code>>16, code&0xffff))
		}
	}
}

func (a *Accepted) encrypt(conn net.Conn, config *tls.Config) error {
	config = config.Clone()
	config.NextProtos = []string{"postgresql"}
	encrypted := tls.Server(conn, config)
	if err := encrypted.Handshake(); err != nil {
		return fmt.Errorf("tls handshake: %w", err)
	}
	a.Conn, a.TLS = encrypted, true
	return nil
}

func (a *Accepted) fail(code, message string) error {
	e := &Error{Code: code, Message: message}
	return errors.Join(e, Fail(a.Conn, e))
}

// readStartup reads a packet that has a length and a code but no type byte; its first byte was read already.
func readStartup(r io.Reader, first byte) (code uint32, body []byte, err error) {
	var rest [7]byte
	if _, err := io.ReadFull(r, rest[:]); err != nil {
		return 0, nil, unexpected(err)
	}
	head := append([]byte{first}, rest[:]...)
	size := int64(binary.BigEndian.Uint32(head)) - 8
	if size < 0 || size > maxStartup {
		return 0, nil, errors.New("invalid length of startup packet")
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, unexpected(err)
	}
	return binary.BigEndian.Uint32(head[4:]), body, nil
}

func parseParameters(body []byte) (map[string]string, error) {
	parameters := map[string]string{}
	for {
		key, rest, ok := bytes.Cut(body, []byte{0})
		if !ok {
			return nil, errors.New("invalid startup packet layout: expected terminator as last byte")
		}
		if len(key) == 0 {
			if len(rest) > 0 {
				return nil, errors.New("invalid startup packet layout: expected terminator as last byte")
			}
			return parameters, nil
		}
		value, rest, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			return nil, errors.New("invalid startup packet layout: a parameter has no value")
		}
		parameters[string(key)] = string(value)
		body = rest
	}
}

// appendStartup writes a packet without type byte: length, code, body.
func appendStartup(b []byte, code uint32, body []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)+8))
	b = binary.BigEndian.AppendUint32(b, code)
	return append(b, body...)
}

func (s Startup) encode() []byte {
	var body []byte
	for _, key := range slices.Sorted(maps.Keys(s.Parameters)) {
		body = append(append(append(append(body, key...), 0), s.Parameters[key]...), 0)
	}
	protocol := s.Protocol
	if protocol == 0 {
		protocol = Version30
	}
	return appendStartup(nil, protocol, append(body, 0))
}

// prefixed gives back bytes that were read to recognise what a client speaks.
type prefixed struct {
	net.Conn
	prefix []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.prefix) > 0 {
		n := copy(b, p.prefix)
		p.prefix = p.prefix[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}
