package api

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

type wireRole struct {
	Name   string          `json:"name,omitempty"`
	Parent string          `json:"parent,omitempty"`
	Spec   *wireRoleSpec   `json:"spec,omitempty"`
	Status *wireRoleStatus `json:"status,omitempty"`
}

type wireAttributes struct {
	BypassRLS  bool `json:"bypassrls,omitempty"`
	CreateDB   bool `json:"createdb,omitempty"`
	CreateRole bool `json:"createrole,omitempty"`
}

type wireRoleSpec struct {
	PostgresRole string          `json:"postgres_role,omitempty"`
	IdentityType string          `json:"identity_type,omitempty"`
	AuthMethod   string          `json:"auth_method,omitempty"`
	Memberships  []string        `json:"membership_roles,omitempty"`
	Attributes   *wireAttributes `json:"attributes,omitempty"`
}

type wireRoleStatus struct {
	wireRoleSpec
	RoleID string `json:"role_id"`
}

const (
	authOAuth    = "LAKEBASE_OAUTH_V1"
	authPassword = "PG_PASSWORD_SCRAM_SHA_256"
	authNone     = "NO_LOGIN"
	superuser    = "DATABRICKS_SUPERUSER"
)

// roleID: [sdk] 4 to 63 characters.
var roleID = regexp.MustCompile(`^[a-z][a-z0-9-]{3,62}$`)

var notAlphanumeric = regexp.MustCompile(`[^a-z0-9]`)

// ownerRoleID: a user's is the local part of the e-mail, a service principal's sp-<application id>. [tf docs]
func ownerRoleID(i *Identity) string {
	if i.ServicePrincipal {
		return "sp-" + i.UserName
	}
	local, _, _ := strings.Cut(i.UserName, "@")
	return padID(notAlphanumeric.ReplaceAllString(strings.ToLower(local), "-"))
}

// padID makes an id of what was derived from a name: ids begin with a letter and have at least four characters.
func padID(id string) string {
	if id == "" || id[0] < 'a' || id[0] > 'z' {
		id = "role-" + id
	}
	for len(id) < 4 {
		id += "-"
	}
	return id[:min(len(id), 63)]
}

// awake finds the branch and its Postgres, awake, without Server.mu.
func (s *Server) awake(c *call, level permission) (*branch, *lakebase.Server, error) {
	s.mu.Lock()
	b, err := s.findBranch(c, level)
	s.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	pg, refused := b.running(c.r.Context())
	if refused != nil {
		return nil, nil, unavailable(b, refused)
	}
	return b, pg, nil
}

// roles lists a branch's roles by id. Roles made in SQL get an id when they are first seen.
func (s *Server) roles(c *call, level permission) (*branch, *lakebase.Server, map[string]lakebase.Role, error) {
	b, pg, err := s.awake(c, level)
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := pg.Roles(c.r.Context())
	if err != nil {
		return nil, nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]string{}
	for id, name := range b.roleIDs {
		known[name] = id
	}
	byID := map[string]lakebase.Role{}
	for _, r := range list {
		id, ok := known[r.Name]
		if !ok {
			id = padID(notAlphanumeric.ReplaceAllString(strings.ToLower(r.Name), "-"))
			for base, n := id, 2; b.roleIDs[id] != ""; n++ {
				id = base[:min(len(base), 59)] + "-" + itoa(n)
			}
			b.roleIDs[id] = r.Name
		}
		byID[id] = r
	}
	return b, pg, byID, nil
}

func (b *branch) wireRole(id string, r lakebase.Role) wireRole {
	status := wireRoleStatus{RoleID: id, wireRoleSpec: wireRoleSpec{PostgresRole: r.Name, IdentityType: string(r.Identity),
		Attributes: &wireAttributes{r.BypassRLS, r.CreateDB, r.CreateRole}}}
	if r.Identity == "" {
		status.IdentityType = "IDENTITY_TYPE_UNSPECIFIED" // [issue]
	}
	switch {
	case !r.Login:
		status.AuthMethod = authNone
	case r.OAuth:
		status.AuthMethod = authOAuth
	default:
		status.AuthMethod = authPassword
	}
	if r.Superuser {
		status.Memberships = []string{superuser}
	}
	return wireRole{Name: b.name() + "/roles/" + id, Parent: b.name(), Status: &status}
}

func (s *Server) listRoles(c *call) (any, error) {
	b, _, byID, err := s.roles(c, canUse)
	if err != nil {
		return nil, err
	}
	list := []wireRole{}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		list = append(list, b.wireRole(id, byID[id]))
	}
	return page(c, "roles", list)
}

func (s *Server) getRole(c *call) (any, error) {
	b, _, byID, err := s.roles(c, canUse)
	if err != nil {
		return nil, err
	}
	r, ok := byID[c.path("role")]
	if !ok {
		return nil, notFound("role")
	}
	return b.wireRole(c.path("role"), r), nil
}

// desired reads a spec. [sdk] defaults: OAuth for identities, a password for plain roles.
func (spec *wireRoleSpec) desired() (lakebase.Role, error) {
	r := lakebase.Role{Name: spec.PostgresRole}
	switch spec.IdentityType {
	case "", "IDENTITY_TYPE_UNSPECIFIED":
	case string(lakebase.User), string(lakebase.ServicePrincipal), string(lakebase.Group):
		r.Identity = lakebase.IdentityType(spec.IdentityType)
	default:
		return r, invalid("Field 'role.spec.identity_type' has unknown value '%s'", spec.IdentityType)
	}
	method := spec.AuthMethod
	if method == "" && r.Identity != "" {
		method = authOAuth
	}
	switch method {
	case authOAuth:
		if r.Identity == "" {
			return r, invalid("Field 'role.spec.auth_method': %s requires an identity_type", authOAuth)
		}
		r.OAuth, r.Login = true, true
	case "", authPassword:
		r.Login = true
	case authNone:
	default:
		return r, invalid("Field 'role.spec.auth_method' has unknown value '%s'", method)
	}
	for _, m := range spec.Memberships {
		if m != superuser {
			return r, invalid("Field 'role.spec.membership_roles' has unknown value '%s'", m)
		}
		r.Superuser = true
	}
	if a := spec.Attributes; a != nil {
		r.BypassRLS, r.CreateDB, r.CreateRole = a.BypassRLS, a.CreateDB, a.CreateRole
	}
	return r, nil
}

func (s *Server) createRole(c *call) (any, error) {
	var body wireRole
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil || body.Spec.PostgresRole == "" {
		return nil, invalid("Field 'role.spec.postgres_role' is required and was not provided")
	}
	want, err := body.Spec.desired()
	if err != nil {
		return nil, err
	}
	// [sdk] identifiers of Postgres have at most 63 bytes; names of the platform are reserved [doc]
	if len(want.Name) > 63 || strings.HasPrefix(want.Name, "pg_") || strings.HasPrefix(want.Name, "databricks_") || want.Name == lakebase.Admin {
		return nil, invalid("Field 'role.spec.postgres_role': '%s' is reserved or too long", want.Name)
	}
	// CAN_MANAGE, or CAN_USE for one's own role. [doc oltp/projects/manage-project-permissions]
	level := canManage
	if want.Name == c.me.UserName && !want.Superuser {
		level = canUse
	}
	b, pg, byID, err := s.roles(c, level)
	if err != nil {
		return nil, err
	}
	id := c.query("role_id")
	if id == "" {
		id = padID(notAlphanumeric.ReplaceAllString(strings.ToLower(want.Name), "-"))
	}
	if !roleID.MatchString(id) {
		return nil, invalid("Field 'role_id' must be 4-63 characters, begin with a lower case letter, and hold only lower case letters, digits and hyphens; got '%s'", id)
	}
	replace := c.query("replace_existing") == "true"
	old, taken := byID[id]
	for otherID, other := range byID {
		if other.Name == want.Name {
			old, taken, id = other, true, otherID
		}
	}
	if taken && (!replace || old.Name != want.Name) {
		return nil, badRequest("role with that name already exists") // [issue]: 400, not 409
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.changeableAt(c, level); err != nil {
		return nil, err
	}
	return s.start(b.project, func(ctx context.Context) (func() any, error) {
		var err error
		if taken {
			want.Login, want.OAuth, want.Identity = old.Login, old.OAuth, old.Identity
			err = pg.AlterRole(ctx, want) // the spec replaces all: no memberships clears superuser [issue]
		} else {
			err = pg.CreateRole(ctx, want)
		}
		if errors.Is(err, lakebase.ErrRoleExists) {
			return nil, badRequest("role with that name already exists")
		}
		if err != nil {
			return nil, err
		}
		return func() any { b.roleIDs[id] = want.Name; return b.wireRole(id, want) }, nil
	}), nil
}

func (s *Server) updateRole(c *call) (any, error) {
	b, pg, byID, err := s.roles(c, canManage)
	if err != nil {
		return nil, err
	}
	id := c.path("role")
	role, ok := byID[id]
	if !ok {
		return nil, notFound("role")
	}
	var body wireRole
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		body.Spec = &wireRoleSpec{}
	}
	from, err := (&wireRoleSpec{Memberships: body.Spec.Memberships, Attributes: body.Spec.Attributes}).desired()
	if err != nil {
		return nil, err
	}
	// [issue CLI #6443] only these; postgres_role, auth_method and identity_type are refused
	type R = lakebase.Role
	attributes := func(to, from *R) {
		to.BypassRLS, to.CreateDB, to.CreateRole = from.BypassRLS, from.CreateDB, from.CreateRole
	}
	rows := []maskRow[R]{
		{"spec.attributes", nil, attributes},
		{"spec.attributes.bypassrls", nil, func(to, from *R) { to.BypassRLS = from.BypassRLS }},
		{"spec.attributes.createdb", nil, func(to, from *R) { to.CreateDB = from.CreateDB }},
		{"spec.attributes.createrole", nil, func(to, from *R) { to.CreateRole = from.CreateRole }},
		{"spec.membership_roles", nil, func(to, from *R) { to.Superuser = from.Superuser }},
	}
	if err := applyMask(c, c.query("update_mask"), rows, &role, &from); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	return s.start(b.project, func(ctx context.Context) (func() any, error) {
		if err := pg.AlterRole(ctx, role); err != nil {
			return nil, err
		}
		return func() any { return b.wireRole(id, role) }, nil
	}), nil
}

func (s *Server) deleteRole(c *call) (any, error) {
	b, pg, byID, err := s.roles(c, canManage)
	if err != nil {
		return nil, err
	}
	id := c.path("role")
	role, ok := byID[id]
	if !ok {
		return nil, notFound("role")
	}
	heir := c.query("reassign_owned_to")
	if heir != "" && !slices.ContainsFunc(slices.Collect(maps.Values(byID)), func(r lakebase.Role) bool { return r.Name == heir }) {
		return nil, refuse(404, "NOT_FOUND", "role not found; role_id: %s", heir)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	return s.start(b.project, func(ctx context.Context) (func() any, error) {
		err := pg.DropRole(ctx, role.Name, heir)
		if errors.Is(err, lakebase.ErrRoleInUse) { // [sdk] it cannot be dropped without reassign_owned_to
			return nil, badRequest("role %s owns objects: set reassign_owned_to", role.Name)
		}
		if err != nil && !errors.Is(err, lakebase.ErrNoRole) {
			return nil, err
		}
		return func() any { delete(b.roleIDs, id); return nil }, nil
	}), nil
}

// changeableAt is changeable with another level; s.mu is held.
func (s *Server) changeableAt(c *call, level permission) (*branch, error) {
	b, err := s.findBranch(c, level)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(b.project.alive(), b.project.idle()); err != nil {
		return nil, err
	}
	if !b.deleted.IsZero() {
		return nil, badRequest("branch %s is deleted: undelete it first", b.id)
	}
	return b, nil
}
