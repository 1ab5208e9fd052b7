package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

// credential is a database token: the Postgres password of an identity, for some endpoints, for a while.
type credential struct {
	identity  *Identity
	endpoints []*endpoint
	expires   time.Time
}

// jwt is a token in the outer form that the service's tokens have. Its signature is random: what counts is that the
// workspace knows the token.
func jwt(claims map[string]any) string {
	claims["jti"] = uuid()
	payload, _ := json.Marshal(claims) // strings and numbers
	signature := make([]byte, 64)
	rand.Read(signature)
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + part(payload) + "." + part(signature)
}

// issue makes a credential; s.mu is held.
func (s *Server) issue(me *Identity, lifetime time.Duration, endpoints ...*endpoint) (value string, expires time.Time) {
	expires = s.now().Add(lifetime)
	value = jwt(map[string]any{"sub": me.UserName, "exp": expires.Unix(), "iat": s.now().Unix()})
	s.credentials[value] = &credential{identity: me, endpoints: endpoints, expires: expires}
	return value, expires
}

// ExpireTokens ends all database credentials and OAuth tokens now. Open sessions stay: tokens count at login only.
// [doc oltp/projects/authentication]
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.credentials {
		c.expires = s.now()
	}
	for _, t := range s.tokens {
		if !t.expires.IsZero() {
			t.expires = s.now()
		}
	}
}

// holder is the identity that a Postgres password stands for at an endpoint: a credential that was issued for it, or a
// workspace token [doc: a workspace OAuth token also works]. nil when it stands for nobody.
func (s *Server) holder(e *endpoint, password string) *Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.credentials[password]; ok {
		if !s.now().Before(c.expires) || s.identities[c.identity.UserName] != c.identity {
			return nil
		}
		for _, for_ := range c.endpoints {
			if for_.branch == e.branch {
				return c.identity
			}
		}
		return nil
	}
	return s.bearer(password)
}

// Admit decides about a login. The password must belong to the role's identity, or for a group's role to a member; the
// role must exist and be one that logs in by token, or have a native password where the project allows those.
func (e *endpoint) Admit(ctx context.Context, role, password string) *pgwire.Error {
	wrong := &pgwire.Error{Code: pgwire.CodeInvalidPassword, Message: `password authentication failed for user "` + role + `"`}
	s := e.branch.project.server
	s.mu.Lock()
	native := e.branch.project.nativeLogin
	s.mu.Unlock()
	holder := s.holder(e, password)
	if holder == nil && !native {
		return wrong
	}
	if holder != nil && !holder.memberOf(role) {
		return wrong
	}
	if _, refused := e.Wake(ctx); refused != nil {
		return refused
	}
	s.mu.Lock()
	server := e.branch.postgres
	s.mu.Unlock()
	if server == nil {
		return &pgwire.Error{Code: pgwire.CodeCannotConnectNow, Message: "the database system is starting up"}
	}
	login, err := server.LookUp(ctx, role)
	switch {
	case errors.Is(err, lakebase.ErrNoRole) && holder == nil:
		return wrong
	case errors.Is(err, lakebase.ErrNoRole):
		return &pgwire.Error{Code: pgwire.CodeInvalidAuthorization, Message: `role "` + role + `" does not exist`}
	case err != nil:
		return &pgwire.Error{Code: pgwire.CodeCannotConnectNow, Message: "the database system is starting up"}
	case !login.Login:
		return &pgwire.Error{Code: pgwire.CodeInvalidAuthorization, Message: `role "` + role + `" is not permitted to log in`}
	case holder != nil && login.OAuth:
		return nil
	case native && login.Password != "":
		if verifier, err := pgwire.ParseVerifier(login.Password); err == nil && verifier.Matches(password) {
			return nil
		}
	}
	return wrong // among them a role of plain CREATE ROLE, which a token does not open [doc]
}

func parseForm(body []byte) (url.Values, error) { return url.ParseQuery(string(body)) }
