package api

import (
	"net/http"
	"slices"
	"strings"
)

// permission is a level on an object, in ascending order.
type permission string

const (
	canCreate permission = "CAN_CREATE" // inherited only; granting it is refused [doc]
	canUse    permission = "CAN_USE"
	canManage permission = "CAN_MANAGE"
)

func (p permission) rank() int { return slices.Index([]permission{canCreate, canUse, canManage}, p) }

// object is something with permissions: type as in the path of the Permissions API, id as there.
type object struct{ kind, id string }

// principal is exactly one of the three.
type principal struct {
	User             string `json:"user_name,omitempty"`
	Group            string `json:"group_name,omitempty"`
	ServicePrincipal string `json:"service_principal_name,omitempty"`
}

// acl is one direct entry.
type acl struct {
	principal
	level permission
}

func (i *Identity) principal() principal {
	if i.ServicePrincipal {
		return principal{ServicePrincipal: i.UserName}
	}
	return principal{User: i.UserName}
}

func (p principal) covers(i *Identity) bool {
	return p == i.principal() || (p.Group != "" && i.memberOf(p.Group))
}

// may says whether an identity has at least a level on an object; s.mu is held.
func (s *Server) may(i *Identity, o object, level permission) bool {
	if i.Admin {
		return true
	}
	return slices.ContainsFunc(s.acls[o], func(a acl) bool { return a.covers(i) && a.level.rank() >= level.rank() })
}

// demand refuses the caller who lacks a level; s.mu is held.
func (s *Server) demand(c *call, o object, level permission) error {
	if s.may(c.me, o, level) {
		return nil
	}
	return refuse(http.StatusForbidden, "PERMISSION_DENIED", "User %s does not have %s permission on %s '%s'",
		c.me.UserName, level, strings.TrimSuffix(o.kind, "s"), o.id)
}

// grant adds or raises a direct entry; s.mu is held.
func (s *Server) grant(o object, p principal, level permission) {
	for i, a := range s.acls[o] {
		if a.principal == p {
			if level.rank() > a.level.rank() {
				s.acls[o][i].level = level
			}
			return
		}
	}
	s.acls[o] = append(s.acls[o], acl{p, level})
}

func (s *Server) revoke(o object, p principal) {
	s.acls[o] = slices.DeleteFunc(s.acls[o], func(a acl) bool { return a.principal == p })
}

func (s *Server) permissionRoutes(handle func(string, handler)) {
	const path = "/api/2.0/permissions/{type}/{id}"
	handle("GET "+path, locked(s.getPermissions))
	handle("PUT "+path, locked(s.setPermissions))
	handle("PATCH "+path, locked(s.updatePermissions))
	handle("GET "+path+"/permissionLevels", locked(s.permissionLevels))
}

// permissionObject finds the object of a call. Types other than these three are not in the sandbox.
func (s *Server) permissionObject(c *call, level permission) (object, error) {
	o := object{c.path("type"), c.path("id")}
	exists := false
	switch o.kind {
	case "apps":
		_, exists = s.apps[o.id]
	case "database-instances":
		_, exists = s.instances[o.id]
	case "database-projects": // the project's id, not its path [doc]
		_, exists = s.projects[o.id]
	default:
		return o, invalid("'%s' is not a supported object type", o.kind)
	}
	if !exists {
		return o, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "%s with ID %s does not exist.", o.kind, o.id)
	}
	if o.kind == "database-instances" { // one ACL stands behind both names of it
		o = s.instances[o.id].project.object()
	}
	return o, s.demand(c, o, level)
}

type wirePermission struct {
	Level         permission `json:"permission_level"`
	Inherited     bool       `json:"inherited"`
	InheritedFrom []string   `json:"inherited_from_object,omitempty"`
}

type wireACL struct {
	principal
	DisplayName string           `json:"display_name,omitempty"`
	All         []wirePermission `json:"all_permissions"`
}

// permissions shows direct entries and the inherited ones: admins manage everything; all users may create projects.
// [doc oltp/projects/manage-project-permissions]
func (s *Server) permissions(c *call, o object) any {
	root := "/" + o.kind + "/"
	list := []wireACL{}
	add := func(p principal, w wirePermission) {
		for i := range list {
			if list[i].principal == p {
				list[i].All = append(list[i].All, w)
				return
			}
		}
		entry := wireACL{principal: p, All: []wirePermission{w}}
		if i := s.identities[p.User+p.ServicePrincipal]; i != nil {
			entry.DisplayName = i.DisplayName
		}
		list = append(list, entry)
	}
	for _, a := range s.acls[o] {
		add(a.principal, wirePermission{Level: a.level})
	}
	add(principal{Group: "admins"}, wirePermission{canManage, true, []string{root}})
	if o.kind == "database-projects" {
		add(principal{Group: "users"}, wirePermission{canCreate, true, []string{root}})
	}
	id := "/" + c.path("type") + "/" + c.path("id")
	return map[string]any{"object_id": id, "object_type": c.path("type"), "access_control_list": list}
}

func (s *Server) getPermissions(c *call) (any, error) {
	o, err := s.permissionObject(c, canUse)
	if err != nil {
		return nil, err
	}
	return s.permissions(c, o), nil
}

// entries reads and checks a request's list.
func (s *Server) entries(c *call) ([]acl, error) {
	var body struct {
		List []struct {
			principal
			Level permission `json:"permission_level"`
		} `json:"access_control_list"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	var list []acl
	for _, e := range body.List {
		names := 0
		for _, n := range []string{e.User, e.Group, e.ServicePrincipal} {
			names += boolInt(n != "")
		}
		if names != 1 {
			return nil, invalid("Exactly one of user_name, group_name, service_principal_name must be set")
		}
		if e.Level != canUse && e.Level != canManage { // CAN_CREATE cannot be granted [doc]
			return nil, badRequest("Permission type %s is not defined for this object; use CAN_USE or CAN_MANAGE", e.Level)
		}
		if e.Group == "" && s.identities[e.User+e.ServicePrincipal] == nil {
			return nil, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Principal: %s does not exist", e.User+e.ServicePrincipal)
		}
		list = append(list, acl{e.principal, e.Level})
	}
	return list, nil
}

// setPermissions replaces all direct entries. It may not take the caller's own CAN_MANAGE away. [tf]
func (s *Server) setPermissions(c *call) (any, error) {
	o, err := s.permissionObject(c, canManage)
	if err != nil {
		return nil, err
	}
	list, err := s.entries(c)
	if err != nil {
		return nil, err
	}
	keeps := c.me.Admin || slices.ContainsFunc(list, func(a acl) bool { return a.covers(c.me) && a.level == canManage })
	if !keeps {
		return nil, invalid("Cannot remove the caller's own CAN_MANAGE permission")
	}
	s.acls[o] = list
	return s.permissions(c, o), nil
}

// updatePermissions merges: named principals get the named level, nobody is removed.
func (s *Server) updatePermissions(c *call) (any, error) {
	o, err := s.permissionObject(c, canManage)
	if err != nil {
		return nil, err
	}
	list, err := s.entries(c)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		s.revoke(o, a.principal)
		s.acls[o] = append(s.acls[o], a)
	}
	return s.permissions(c, o), nil
}

func (s *Server) permissionLevels(c *call) (any, error) {
	if _, err := s.permissionObject(c, canUse); err != nil {
		return nil, err
	}
	return map[string]any{"permission_levels": []map[string]any{
		{"permission_level": canUse, "description": "Can use"},
		{"permission_level": canManage, "description": "Can manage"}}}, nil
}
