package api

import (
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// scope holds secrets and who may use them.
type scope struct {
	secrets map[string]*secret
	acls    map[string]string // principal → READ, WRITE or MANAGE
}

type secret struct {
	value   []byte
	updated time.Time
}

func (s *Server) secretRoutes(handle func(string, handler)) {
	const root = "/api/2.0/secrets/"
	handle("POST "+root+"scopes/create", locked(s.createScope))
	handle("POST "+root+"scopes/delete", locked(s.deleteScope))
	handle("GET "+root+"scopes/list", locked(s.listScopes))
	handle("POST "+root+"put", locked(s.putSecret))
	handle("POST "+root+"delete", locked(s.deleteSecret))
	handle("GET "+root+"list", locked(s.listSecrets))
	handle("GET "+root+"get", locked(s.getSecret))
	handle("POST "+root+"acls/put", locked(s.putSecretACL))
	handle("POST "+root+"acls/delete", locked(s.deleteSecretACL))
	handle("GET "+root+"acls/get", locked(s.getSecretACL))
	handle("GET "+root+"acls/list", locked(s.listSecretACLs))
}

// [sdk] at most 128 characters of these
var secretName = regexp.MustCompile(`^[A-Za-z0-9\-_@.]{1,128}$`)

var secretLevels = []string{"READ", "WRITE", "MANAGE"}

// findScope demands a level of the caller; s.mu is held.
func (s *Server) findScope(c *call, name, level string) (*scope, error) {
	sc, ok := s.scopes[name]
	if !ok {
		return nil, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Scope %s does not exist!", name)
	}
	if c.me.Admin {
		return sc, nil
	}
	for principal, has := range sc.acls {
		if c.me.memberOf(principal) && slices.Index(secretLevels, has) >= slices.Index(secretLevels, level) {
			return sc, nil
		}
	}
	return nil, refuse(http.StatusForbidden, "PERMISSION_DENIED", "User %s does not have %s permission on scope %s", c.me.UserName, level, name)
}

type secretRequest struct {
	Scope      string  `json:"scope"`
	Key        string  `json:"key"`
	Principal  string  `json:"principal"`
	Permission string  `json:"permission"`
	Initial    string  `json:"initial_manage_principal"`
	Backend    string  `json:"scope_backend_type"`
	String     *string `json:"string_value"`
	Bytes      *string `json:"bytes_value"`
}

func (s *Server) createScope(c *call) (any, error) {
	var body secretRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	switch {
	case !secretName.MatchString(body.Scope):
		return nil, invalid("Scope name '%s' must have 1-128 characters of letters, digits, '-', '_', '@', '.'", body.Scope)
	case s.scopes[body.Scope] != nil: // 400, not 409 [doc]
		return nil, badCode("RESOURCE_ALREADY_EXISTS", "Scope %s already exists!", body.Scope)
	case body.Initial != "" && body.Initial != "users": // [sdk]
		return nil, invalid("initial_manage_principal must be 'users' or empty")
	case body.Backend != "" && body.Backend != "DATABRICKS":
		return nil, refuse(http.StatusNotImplemented, "NOT_IMPLEMENTED", "the sandbox has no scopes of type %s", body.Backend)
	case len(s.scopes) >= 1000: // [doc]
		return nil, badCode("RESOURCE_LIMIT_EXCEEDED", "The limit of 1000 scopes in the workspace is reached")
	}
	manager := c.me.UserName
	if body.Initial != "" {
		manager = body.Initial
	}
	s.scopes[body.Scope] = &scope{secrets: map[string]*secret{}, acls: map[string]string{manager: "MANAGE"}}
	return nil, nil
}

func (s *Server) deleteScope(c *call) (any, error) {
	var body secretRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if _, err := s.findScope(c, body.Scope, "MANAGE"); err != nil {
		return nil, err
	}
	delete(s.scopes, body.Scope)
	return nil, nil
}

func (s *Server) listScopes(c *call) (any, error) {
	list := []map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.scopes)) {
		list = append(list, map[string]string{"name": name, "backend_type": "DATABRICKS"})
	}
	return map[string]any{"scopes": list}, nil
}

func (s *Server) putSecret(c *call) (any, error) {
	var body secretRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	sc, err := s.findScope(c, body.Scope, "WRITE")
	if err != nil {
		return nil, err
	}
	if !secretName.MatchString(body.Key) {
		return nil, invalid("Secret key '%s' must have 1-128 characters of letters, digits, '-', '_', '@', '.'", body.Key)
	}
	var value []byte
	switch {
	case (body.String == nil) == (body.Bytes == nil):
		return nil, badCode("MALFORMED_REQUEST", "Exactly one of string_value and bytes_value must be set")
	case body.String != nil:
		value = []byte(*body.String)
	default:
		if value, err = base64.StdEncoding.DecodeString(*body.Bytes); err != nil {
			return nil, badCode("MALFORMED_REQUEST", "bytes_value is not base64")
		}
	}
	if len(value) > 128<<10 { // [doc]
		return nil, invalid("The secret value exceeds the limit of 128 KB")
	}
	if sc.secrets[body.Key] == nil && len(sc.secrets) >= 1000 { // [doc]
		return nil, badCode("RESOURCE_LIMIT_EXCEEDED", "The limit of 1000 secrets in scope %s is reached", body.Scope)
	}
	sc.secrets[body.Key] = &secret{value: value, updated: s.now()}
	return nil, nil
}

func secretMissing(scope, key string) error {
	return refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Secret does not exist with scope: %s and key: %s", scope, key)
}

func (s *Server) deleteSecret(c *call) (any, error) {
	var body secretRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	sc, err := s.findScope(c, body.Scope, "WRITE")
	if err != nil {
		return nil, err
	}
	if sc.secrets[body.Key] == nil {
		return nil, secretMissing(body.Scope, body.Key)
	}
	delete(sc.secrets, body.Key)
	return nil, nil
}

func (s *Server) listSecrets(c *call) (any, error) {
	sc, err := s.findScope(c, c.query("scope"), "READ")
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(sc.secrets)) {
		list = append(list, map[string]any{"key": key, "last_updated_timestamp": sc.secrets[key].updated.UnixMilli()})
	}
	return map[string]any{"secrets": list}, nil
}

func (s *Server) getSecret(c *call) (any, error) {
	sc, err := s.findScope(c, c.query("scope"), "READ")
	if err != nil {
		return nil, err
	}
	key := c.query("key")
	if sc.secrets[key] == nil {
		return nil, secretMissing(c.query("scope"), key)
	}
	return map[string]string{"key": key, "value": base64.StdEncoding.EncodeToString(sc.secrets[key].value)}, nil
}

func (s *Server) putSecretACL(c *call) (any, error) {
	var body secretRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	sc, err := s.findScope(c, body.Scope, "MANAGE")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(secretLevels, body.Permission) || body.Principal == "" {
		return nil, invalid("An ACL has a principal and a permission of READ, WRITE, MANAGE; got '%s'", body.Permission)
	}
	sc.acls[body.Principal] = body.Permission
	return nil, nil
}

func aclMissing(principal string) error {
	return refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "No ACL for principal %s", principal)
}

func (s *Server) deleteSecretACL(c *call) (any, error) {
	var body secretRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	sc, err := s.findScope(c, body.Scope, "MANAGE")
	if err != nil {
		return nil, err
	}
	if sc.acls[body.Principal] == "" {
		return nil, aclMissing(body.Principal)
	}
	delete(sc.acls, body.Principal)
	return nil, nil
}

func (s *Server) getSecretACL(c *call) (any, error) {
	sc, err := s.findScope(c, c.query("scope"), "MANAGE")
	if err != nil {
		return nil, err
	}
	p := c.query("principal")
	if sc.acls[p] == "" {
		return nil, aclMissing(p)
	}
	return map[string]string{"principal": p, "permission": sc.acls[p]}, nil
}

func (s *Server) listSecretACLs(c *call) (any, error) {
	sc, err := s.findScope(c, c.query("scope"), "MANAGE")
	if err != nil {
		return nil, err
	}
	list := []map[string]string{}
	for _, p := range slices.Sorted(maps.Keys(sc.acls)) {
		list = append(list, map[string]string{"principal": p, "permission": sc.acls[p]})
	}
	return map[string]any{"items": list}, nil
}
