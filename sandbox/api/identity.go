package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Identity is a user or a service principal of the workspace.
type Identity struct {
	UserName         string // e-mail; for a service principal its application id
	DisplayName      string
	ServicePrincipal bool
	Groups           []string
	Admin            bool // member of group admins: may do everything
	id               int64
	secret           string // OAuth secret of a service principal
}

// token is a workspace token: a personal access token, which has no end, or an OAuth token.
type token struct {
	identity *Identity
	expires  time.Time
}

// AddIdentity makes an identity, or replaces what is known of it, and returns its OAuth secret, which is empty for users.
func (s *Server) AddIdentity(i Identity) (secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addIdentity(i).secret
}

func (s *Server) addIdentity(i Identity) *Identity {
	i.id = s.id()
	if i.DisplayName == "" {
		i.DisplayName = i.UserName
	}
	if i.Admin && !slices.Contains(i.Groups, "admins") {
		i.Groups = append(i.Groups, "admins")
	}
	if i.ServicePrincipal {
		i.secret = "dose" + randomHex(16)
	}
	s.identities[i.UserName] = &i
	return &i
}

// NewToken issues a personal access token.
func (s *Server) NewToken(userName string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.identities[userName]
	if !ok {
		return "", fmt.Errorf("identity %s is unknown to the workspace: add it first", userName)
	}
	value := "dapi" + randomHex(16)
	s.tokens[value] = &token{identity: i}
	return value, nil
}

// SecretOf is the OAuth secret of a service principal, such as an app's.
func (s *Server) SecretOf(clientID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.identities[clientID]
	if !ok || !i.ServicePrincipal {
		return "", fmt.Errorf("service principal %s is unknown to the workspace", clientID)
	}
	return i.secret, nil
}

// authenticate finds the caller; nil when the token is missing, unknown or expired. s.mu is held.
func (s *Server) authenticate(r *http.Request) *Identity {
	value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil
	}
	return s.bearer(value)
}

func (s *Server) bearer(value string) *Identity {
	t, ok := s.tokens[value]
	if !ok || (!t.expires.IsZero() && !s.now().Before(t.expires)) {
		return nil
	}
	if s.identities[t.identity.UserName] != t.identity {
		return nil // deleted
	}
	return t.identity
}

func (i *Identity) memberOf(group string) bool {
	return group == "users" || slices.Contains(i.Groups, group) || i.UserName == group
}

func (s *Server) identityRoutes(handle func(string, handler), mux *http.ServeMux) {
	// [sdk] config: host metadata; the first call of every client.
	handle("GET /.well-known/databricks-config", func(c *call) (any, error) {
		host := "http://" + c.r.Host
		return map[string]any{"oidc_endpoint": host + "/oidc", "workspace_id": workspaceID, "cloud": "AWS",
			"host_type": "WORKSPACE_HOST", "token_federation_default_oidc_audiences": []string{host + "/oidc/v1/token"}}, nil
	})
	discovery := func(c *call) (any, error) {
		host := "http://" + c.r.Host
		return map[string]any{"issuer": host + "/oidc", "authorization_endpoint": host + "/oidc/v1/authorize",
			"token_endpoint": host + "/oidc/v1/token"}, nil
	}
	handle("GET /oidc/.well-known/oauth-authorization-server", discovery)
	handle("GET /oidc/.well-known/openid-configuration", discovery)
	handle("POST /oidc/v1/token", func(c *call) (any, error) { return s.oauth(c) })
	handle("GET /api/2.0/preview/scim/v2/Me", locked(currentUser))
}

const workspaceID = "1234567890123456"

// oauth is the client credentials grant of a service principal (M2M). Errors are those of RFC 6749. [doc]
func (s *Server) oauth(c *call) (any, error) {
	c.r.Body = http.NoBody
	form, err := parseForm(c.body)
	if err != nil || form.Get("grant_type") != "client_credentials" {
		return nil, &Error{http.StatusBadRequest, "unsupported_grant_type", "only client_credentials is supported", nil}
	}
	id, secret, ok := c.r.BasicAuth()
	if !ok {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, known := s.identities[id]
	if !known || !i.ServicePrincipal || i.secret != secret {
		return nil, &Error{http.StatusUnauthorized, "invalid_client", "Client authentication failed", nil}
	}
	value := jwt(map[string]any{"sub": i.UserName, "exp": s.now().Add(s.oauthLifetime()).Unix(), "scope": "all-apis"})
	s.tokens[value] = &token{identity: i, expires: s.now().Add(s.oauthLifetime())}
	return map[string]any{"access_token": value, "token_type": "Bearer", "scope": "all-apis",
		"expires_in": int(s.oauthLifetime() / time.Second)}, nil
}

const oauthLifetime = time.Hour // [doc]

// oauthLifetime is an hour, or less where credentials were asked to live shorter.
func (s *Server) oauthLifetime() time.Duration { return min(oauthLifetime, s.opts.TokenLifetime) }

func currentUser(c *call) (any, error) {
	groups := []map[string]string{}
	for _, g := range c.me.Groups {
		groups = append(groups, map[string]string{"display": g, "value": g, "type": "direct"})
	}
	user := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "active": true,
		"id": strconv.FormatInt(c.me.id, 10), "userName": c.me.UserName, "displayName": c.me.DisplayName, "groups": groups}
	if !c.me.ServicePrincipal {
		user["emails"] = []map[string]any{{"type": "work", "value": c.me.UserName, "primary": true}}
	}
	return user, nil
}

func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// uuid is a random one, version 4.
func uuid() string {
	raw := make([]byte, 16)
	rand.Read(raw)
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
