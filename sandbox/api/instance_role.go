package api

import (
	"errors"
	"net/http"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

type wireInstanceRole struct {
	Name         string          `json:"name"`
	IdentityType string          `json:"identity_type,omitempty"`
	Membership   string          `json:"membership_role,omitempty"`
	Attributes   *wireAttributes `json:"attributes,omitempty"`
	Effective    *wireAttributes `json:"effective_attributes,omitempty"`
	Instance     string          `json:"instance_name,omitempty"`
}

func (s *Server) instancePostgres(c *call, level permission) (*instance, *lakebase.Server, error) {
	s.mu.Lock()
	i, err := s.findInstance(c, level)
	var root *branch
	if err == nil {
		root = i.project.branches["production"]
	}
	s.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	pg, refused := root.running(c.r.Context())
	if refused != nil {
		return nil, nil, unavailable(root, refused)
	}
	return i, pg, nil
}

func (i *instance) wireRole(r lakebase.Role) wireInstanceRole {
	w := wireInstanceRole{Name: r.Name, IdentityType: string(r.Identity), Instance: i.name,
		Effective: &wireAttributes{r.BypassRLS, r.CreateDB, r.CreateRole}}
	if r.Identity == "" {
		w.IdentityType = "PG_ONLY"
	}
	if r.Superuser {
		w.Membership = superuser
	}
	return w
}

func (s *Server) listInstanceRoles(c *call) (any, error) {
	i, pg, err := s.instancePostgres(c, canUse)
	if err != nil {
		return nil, err
	}
	roles, err := pg.Roles(c.r.Context())
	if err != nil {
		return nil, err
	}
	list := []wireInstanceRole{}
	for _, r := range roles {
		list = append(list, i.wireRole(r))
	}
	return page(c, "database_instance_roles", list)
}

func (s *Server) getInstanceRole(c *call) (any, error) {
	i, pg, err := s.instancePostgres(c, canUse)
	if err != nil {
		return nil, err
	}
	l, err := pg.LookUp(c.r.Context(), c.path("name"))
	if errors.Is(err, lakebase.ErrNoRole) {
		return nil, refuse(http.StatusNotFound, "NOT_FOUND", "role '%s' not found", c.path("name"))
	}
	if err != nil {
		return nil, err
	}
	return i.wireRole(l.Role), nil
}

func (s *Server) createInstanceRole(c *call) (any, error) {
	var body wireInstanceRole
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	i, pg, err := s.instancePostgres(c, canManage)
	if err != nil {
		return nil, err
	}
	spec := wireRoleSpec{PostgresRole: body.Name, Attributes: body.Attributes}
	if body.IdentityType != "PG_ONLY" {
		spec.IdentityType = body.IdentityType
	}
	if body.Membership != "" {
		spec.Memberships = []string{body.Membership}
	}
	role, err := spec.desired()
	if err != nil {
		return nil, err
	}
	if role.Name == "" {
		return nil, invalid("Field 'name' is required and was not provided")
	}
	err = pg.CreateRole(c.r.Context(), role)
	if errors.Is(err, lakebase.ErrRoleExists) {
		return nil, badRequest("role with that name already exists")
	}
	if err != nil {
		return nil, err
	}
	return i.wireRole(role), nil
}

func (s *Server) deleteInstanceRole(c *call) (any, error) {
	_, pg, err := s.instancePostgres(c, canManage)
	if err != nil {
		return nil, err
	}
	err = pg.DropRole(c.r.Context(), c.path("name"), c.query("reassign_owned_to"))
	switch {
	case errors.Is(err, lakebase.ErrNoRole) && c.query("allow_missing") == "true":
		return nil, nil
	case errors.Is(err, lakebase.ErrNoRole):
		return nil, refuse(http.StatusNotFound, "NOT_FOUND", "role '%s' not found", c.path("name"))
	case errors.Is(err, lakebase.ErrRoleInUse):
		return nil, badRequest("role %s owns objects: set reassign_owned_to", c.path("name"))
	}
	return nil, err
}

func (s *Server) listInstanceDatabases(c *call) (any, error) {
	_, pg, err := s.instancePostgres(c, canUse)
	if err != nil {
		return nil, err
	}
	databases, err := pg.Databases(c.r.Context())
	if err != nil {
		return nil, err
	}
	list := []map[string]string{}
	for _, d := range databases {
		list = append(list, map[string]string{"name": d.Name})
	}
	return map[string]any{"databases": list}, nil
}
