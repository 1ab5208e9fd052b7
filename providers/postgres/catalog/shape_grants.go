package catalog

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// PlatformRole tells whether a role is the platform's own: what it has is
// given by the platform, and never tellr's to change.
func PlatformRole(name string) bool {
	return strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "databricks_") || name == "cloud_admin"
}

// grantable is what a privilege can be granted on, seen alike.
type grantable struct {
	name  string
	owner string
	acl   string
}

// grants is the canonical shape of a grants block: the privileges that its
// grantees have in the schema, or with exclusive everyone but the platform.
// Where a grantee owns a thing, it has no need of privileges, and none are
// listed. It is null if there are none at all.
func (s *snapshot) grants(n *schemaRow, to []string, exclusive bool) resource.Value {
	groups := s.grantables(n)
	kinds := [...]string{"schema", "tables", "sequences", "functions"}
	who := map[string]bool{}
	for _, g := range to {
		who[g] = true
	}
	type holding struct {
		schema []string
		maps   map[string]fields
	}
	holders := map[string]*holding{}
	holder := func(grantee string) *holding {
		h := holders[grantee]
		if h == nil {
			h = &holding{maps: map[string]fields{}}
			holders[grantee] = h
		}
		return h
	}
	for i, group := range groups {
		for _, g := range group {
			s.eachHolder(g, func(grantee string, privileges []string) {
				if !who[grantee] && !exclusive {
					return
				}
				h := holder(grantee)
				if i == 0 {
					h.schema = privileges
					return
				}
				m := h.maps[kinds[i]]
				m.put(g.name, resource.Strings(privileges...))
				h.maps[kinds[i]] = m
			})
		}
	}
	for _, d := range s.defaults {
		role := s.roles[d.role]
		kind := map[byte]string{'r': "default_tables", 'S': "default_sequences", 'f': "default_functions"}[d.kind]
		// Default privileges of a role whose rights the deployer lacks are not its to change.
		if d.schema != n.oid || kind == "" || role == nil || PlatformRole(role.name) || !role.has && !role.member {
			continue
		}
		s.eachHolder(grantable{owner: role.name, acl: d.acl}, func(grantee string, privileges []string) {
			if who[grantee] || exclusive {
				h := holder(grantee)
				m := h.maps[kind]
				m.put(role.name, resource.Strings(privileges...))
				h.maps[kind] = m
			}
		})
	}
	if len(holders) == 0 {
		return resource.Null()
	}
	effective := fields{}
	for _, grantee := range sorted(holders) {
		h := holders[grantee]
		var f fields
		f.list("schema", h.schema)
		for _, kind := range append(kinds[1:], "default_tables", "default_sequences", "default_functions") {
			m := h.maps[kind]
			slices.SortFunc(m, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
			f.object(kind, m)
		}
		effective.put(grantee, resource.Object(f...))
	}
	return resource.Object(effective...)
}

// grantables are the schema itself, and its tables, sequences and functions.
func (s *snapshot) grantables(n *schemaRow) [4][]grantable {
	var out [4][]grantable
	out[0] = []grantable{{owner: s.roleName(n.owner), acl: n.acl}}
	for _, t := range s.inSchema[n.oid] {
		g := grantable{name: t.name, owner: s.roleName(t.owner), acl: t.acl}
		switch {
		case t.kind == 'S' && t.sequence != nil && t.sequence.dep != 'i':
			out[2] = append(out[2], g)
		case t.kind != 'S' && t.kind != 'c':
			out[1] = append(out[1], g)
		}
	}
	for _, p := range s.functions {
		if p.schema == n.oid {
			out[3] = append(out[3], grantable{name: p.signature(), owner: s.roleName(p.owner), acl: p.acl})
		}
	}
	return out
}

// eachHolder calls yield for each grantee of an ACL but the owner and the
// platform, in order, with its privileges in order.
func (s *snapshot) eachHolder(g grantable, yield func(grantee string, privileges []string)) {
	for _, h := range s.holders(g.acl) {
		if h.grantee != g.owner && !PlatformRole(h.grantee) {
			yield(h.grantee, h.privileges)
		}
	}
}

type aclHolder struct {
	grantee    string
	privileges []string
}

// holders sums an ACL up by grantee: the same privilege may come from several
// grantors.
func (s *snapshot) holders(acl string) []aclHolder {
	if acl == "" {
		return nil
	}
	if h, ok := s.holdersOf[acl]; ok {
		return h
	}
	sums := map[string]map[string]bool{}
	for _, p := range s.acls[acl] {
		if sums[p.grantee] == nil {
			sums[p.grantee] = map[string]bool{}
		}
		sums[p.grantee][p.name] = true
		if p.grantable {
			sums[p.grantee][p.name+GrantOption] = true
		}
	}
	var out []aclHolder
	for _, g := range sorted(sums) {
		out = append(out, aclHolder{grantee: g, privileges: sorted(sums[g])})
	}
	s.holdersOf[acl] = out
	return out
}

// mayGrant tells whether the deployer can hand on all the privileges on a
// thing.
func (s *snapshot) mayGrant(owner uint32, acl string, privileges ...string) bool {
	if s.mayAlter(owner) {
		return true
	}
	have := map[string]bool{}
	for _, h := range s.holders(acl) {
		if r := s.roleNamed[h.grantee]; h.grantee != Public && (r == nil || !r.has) {
			continue
		}
		for _, p := range h.privileges {
			have[p] = true
		}
	}
	for _, p := range privileges {
		if !have[p+GrantOption] {
			return false
		}
	}
	return true
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
