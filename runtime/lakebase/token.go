package lakebase

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Token is a database token, the password of one login. Printing it, in whatever way, shows no part of the secret.
type Token struct {
	secret     string
	generation uint64
	expiry     time.Time
}

// Secret is the password itself. Send it over TLS only.
func (t Token) Secret() string { return t.secret }

// Expiry is when logins with it begin to fail, on this machine's wall clock. Sessions that are open stay.
func (t Token) Expiry() time.Time { return t.expiry }

// Generation counts the tokens of a connector from 1; it is what Invalidate wants.
func (t Token) Generation() uint64 { return t.generation }

// Identity is who the token is of, as the token itself says: an e-mail or an application id. Empty when it does not.
func (t Token) Identity() string { return subject(t.secret) }

// String is for logs.
func (t Token) String() string {
	return fmt.Sprintf("token{generation %d, expires %s}", t.generation, t.expiry.UTC().Format(time.RFC3339))
}

// GoString keeps %#v from showing the secret.
func (t Token) GoString() string { return t.String() }

// Format keeps every other verb from showing the secret.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, t.String()) }

// LogValue is for slog.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("gen", t.generation), slog.Time("expires", t.expiry))
}

// MarshalText keeps the secret out of JSON and text.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Credential is what a Minter returns: a password and the moment from which logins with it fail. A zero Expiry means an
// hour from the request.
type Credential struct {
	Secret string
	Expiry time.Time

	date time.Time // the answer's Date header, to find a wrong clock
}

// String shows no part of the secret.
func (c Credential) String() string { return "credential{expires " + c.Expiry.String() + "}" }

// GoString keeps %#v from showing the secret.
func (c Credential) GoString() string { return c.String() }

// Format keeps every other verb from showing the secret.
func (c Credential) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is for slog.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// subject is the identity that a token names, for diagnostics; empty when it is not a JWT.
func subject(secret string) string {
	parts := strings.Split(secret, ".")
	if len(parts) != 3 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	if json.Unmarshal(raw, &claims) != nil {
		return ""
	}
	return claims.Subject
}
