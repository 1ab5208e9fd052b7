package pgwire

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SCRAM-SHA-256 of RFC 5802 and RFC 7677, as Postgres speaks it: no channel binding, and the user name of the exchange
// is ignored in favour of the startup packet's. Passwords are used as they are: SASLprep changes none of ASCII.
const scramMechanism = "SCRAM-SHA-256"

// maxIterations bounds the work that a server can demand of a client: about a second. Postgres' default is 4096.
const maxIterations = 2_000_000

// Verifier is what a server keeps of a password. It proves a login without knowing the password.
type Verifier struct {
	Iterations int
	Salt       []byte
	StoredKey  []byte
	ServerKey  []byte
}

// NewVerifier makes the verifier of a password.
func NewVerifier(password string, salt []byte, iterations int) (Verifier, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return Verifier{}, err
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	return Verifier{Iterations: iterations, Salt: salt, StoredKey: stored[:], ServerKey: mac(salted, "Server Key")}, nil
}

// ParseVerifier reads the form in which Postgres keeps it, in pg_authid.rolpassword:
// SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey.
func ParseVerifier(s string) (Verifier, error) {
	bad := errors.New("not a SCRAM-SHA-256 verifier")
	parts := strings.Split(s, "$")
	if len(parts) != 3 || parts[0] != scramMechanism {
		return Verifier{}, bad
	}
	iterations, salt, ok1 := strings.Cut(parts[1], ":")
	stored, server, ok2 := strings.Cut(parts[2], ":")
	n, err := strconv.Atoi(iterations)
	if !ok1 || !ok2 || err != nil || n < 1 {
		return Verifier{}, bad
	}
	v := Verifier{Iterations: n}
	for _, f := range []struct {
		to   *[]byte
		from string
	}{{&v.Salt, salt}, {&v.StoredKey, stored}, {&v.ServerKey, server}} {
		if *f.to, err = base64.StdEncoding.DecodeString(f.from); err != nil {
			return Verifier{}, bad
		}
	}
	return v, nil
}

// Matches says whether a password is the verifier's.
func (v Verifier) Matches(password string) bool {
	other, err := NewVerifier(password, v.Salt, v.Iterations)
	return err == nil && subtle.ConstantTimeCompare(other.StoredKey, v.StoredKey) == 1
}

type serverExchange struct {
	verifier                Verifier
	header, nonce           string // gs2 header of the client; nonce of both
	clientFirst, serverSaid string
}

// challenge answers the client's first message.
func (v Verifier) challenge(first string) (*serverExchange, string, error) {
	return v.challengeWith(first, nonce())
}

func (v Verifier) challengeWith(first, own string) (*serverExchange, string, error) {
	parts := strings.SplitN(first, ",", 3)
	if len(parts) != 3 || (parts[0] != "n" && parts[0] != "y") || parts[1] != "" {
		return nil, "", errors.New("malformed SCRAM message: channel binding and authorization identities are not supported")
	}
	bare := parts[2]
	attributes := parseAttributes(bare)
	if attributes['r'] == "" {
		return nil, "", errors.New("malformed SCRAM message: no nonce")
	}
	e := &serverExchange{verifier: v, header: parts[0] + ",,", nonce: attributes['r'] + own, clientFirst: bare}
	e.serverSaid = fmt.Sprintf("r=%s,s=%s,i=%d", e.nonce, base64.StdEncoding.EncodeToString(v.Salt), v.Iterations)
	return e, e.serverSaid, nil
}

// verify checks the client's proof and returns the server's own.
func (e *serverExchange) verify(final string) (string, error) {
	bare, proof64, ok := strings.Cut(final, ",p=")
	attributes := parseAttributes(bare)
	proof, err := base64.StdEncoding.DecodeString(proof64)
	if !ok || err != nil || len(proof) != sha256.Size {
		return "", errors.New("malformed SCRAM message: no proof")
	}
	if attributes['r'] != e.nonce || attributes['c'] != base64.StdEncoding.EncodeToString([]byte(e.header)) {
		return "", errors.New("malformed SCRAM message: nonce or channel binding do not fit")
	}
	message := e.clientFirst + "," + e.serverSaid + "," + bare
	signature := mac(e.verifier.StoredKey, message)
	clientKey := make([]byte, sha256.Size)
	subtle.XORBytes(clientKey, proof, signature)
	stored := sha256.Sum256(clientKey)
	if subtle.ConstantTimeCompare(stored[:], e.verifier.StoredKey) != 1 {
		return "", ErrWrongPassword
	}
	return "v=" + base64.StdEncoding.EncodeToString(mac(e.verifier.ServerKey, message)), nil
}

type clientExchange struct {
	password  string
	own       string
	message   string // what both sides sign
	serverKey []byte
	proved    bool
}

func newClientExchange(offered []string, password string) (*clientExchange, error) {
	for _, m := range offered {
		if m == scramMechanism {
			return &clientExchange{password: password, own: nonce()}, nil
		}
	}
	return nil, fmt.Errorf("server offers SASL mechanisms %v, and only %s is supported", offered, scramMechanism)
}

func (e *clientExchange) bare() string  { return "n=,r=" + e.own }
func (e *clientExchange) first() string { return "n,," + e.bare() }

func (e *clientExchange) answer(challenge string) (string, error) {
	if e.message != "" {
		return "", errors.New("server challenges twice")
	}
	attributes := parseAttributes(challenge)
	salt, err := base64.StdEncoding.DecodeString(attributes['s'])
	if err != nil {
		return "", errors.New("malformed SCRAM challenge: salt")
	}
	iterations, err := strconv.Atoi(attributes['i'])
	if err != nil || iterations < 1 || iterations > maxIterations {
		return "", fmt.Errorf("malformed SCRAM challenge: 1 to %d iterations are taken", maxIterations)
	}
	if !strings.HasPrefix(attributes['r'], e.own) || len(attributes['r']) == len(e.own) {
		return "", errors.New("malformed SCRAM challenge: nonce")
	}
	salted, err := pbkdf2.Key(sha256.New, e.password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	clientKey := mac(salted, "Client Key")
	stored := sha256.Sum256(clientKey)
	final := "c=biws,r=" + attributes['r']
	e.message = e.bare() + "," + challenge + "," + final
	e.serverKey = mac(salted, "Server Key")
	proof := make([]byte, sha256.Size)
	subtle.XORBytes(proof, clientKey, mac(stored[:], e.message))
	return final + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

func (e *clientExchange) finish(final string) error {
	proof, err := base64.StdEncoding.DecodeString(parseAttributes(final)['v'])
	if err != nil || e.serverKey == nil || !hmac.Equal(proof, mac(e.serverKey, e.message)) {
		return errors.New("server does not know the password: its SCRAM proof is wrong")
	}
	e.proved = true
	return nil
}

func parseAttributes(s string) map[byte]string {
	attributes := map[byte]string{}
	for part := range strings.SplitSeq(s, ",") {
		if len(part) >= 2 && part[1] == '=' {
			attributes[part[0]] = part[2:]
		}
	}
	return attributes
}

func mac(key []byte, message string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	return h.Sum(nil)
}

// nonce is never predictable, so its source is not injected.
func nonce() string {
	raw := make([]byte, 18)
	rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}
