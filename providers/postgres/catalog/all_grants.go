package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// findGrants tells for import of all privileges in the schemas that are read whole, and of those on the database if all
// are: one thing a schema for what owners gave, and one for each role that handed on what it had. "for" lists whose default
// privileges there are, and "unsaid" what no block can say.
func (s *snapshot) findGrants(w whole, used map[resource.Address]bool) {
	add := func(label string, attrs fields) {
		a := unusedAddress(used, "grants", label, label)
		used[a] = true
		s.live[a] = &resource.Live{Address: a, Attrs: resource.Object(attrs...), Rows: -1, Bytes: -1, Undeclared: true}
	}
	for _, n := range s.schemas {
		if !w.all && !w.imported[n.name] {
			continue
		}
		all := s.grantables(n)
		for _, grantor := range append([]string{""}, s.grantors(all)...) {
			f := newAllGrants(s)
			for _, g := range all {
				f.hold(g, grantor)
			}
			if grantor == "" {
				for _, d := range s.defaults {
					if d.schema == n.oid {
						f.holdDefault(d, nil)
					}
				}
			}
			add(n.name, f.fields(n.name, grantor))
		}
	}
	if !w.all {
		return
	}
	f := newAllGrants(s)
	f.hold(grantable{kind: "database", owner: s.roleName(s.database.owner), acl: s.database.acl}, "")
	f.creators[s.session.user] = true
	had := map[[2]string]bool{}
	for _, d := range s.defaults {
		if d.schema == 0 {
			f.holdDefault(d, had)
		}
	}
	for _, name := range sorted(f.creators) {
		for _, kind := range []string{"functions", "types"} {
			if !had[[2]string{"default_" + kind, name}] {
				f.out.of(Public).put("default_"+kind, name, AllPrivileges[kind])
			}
		}
	}
	add("database", f.fields("", ""))
}

// allGrants gathers everybody's privileges.
type allGrants struct {
	s        *snapshot
	out      holdings
	creators map[string]bool
	unsaid   []string
}

func newAllGrants(s *snapshot) *allGrants {
	return &allGrants{s: s, out: holdings{}, creators: map[string]bool{}}
}

func (f *allGrants) fields(schema, grantor string) fields {
	var out fields
	out.text("schema", schema)
	out.text("grantor", grantor)
	if len(f.creators) > 0 {
		out.put("for", resource.Strings(sorted(f.creators)...))
	}
	if len(f.unsaid) > 0 {
		out.put("unsaid", resource.Strings(f.unsaid...))
	}
	out.put("effective", f.out.value())
	return out
}

// handedOn tells whether a privilege was given by somebody else than the owner, which the platform's roles stand for.
func handedOn(g grantable, p privilege) bool {
	return p.grantor != g.owner && !PlatformRole(p.grantor) && p.grantee != g.owner && !PlatformRole(p.grantee)
}

// grantors are those who handed on what they had.
func (s *snapshot) grantors(all []grantable) []string {
	seen := map[string]bool{}
	for _, g := range all {
		for _, p := range s.acls[g.acl] {
			if handedOn(g, p) {
				seen[p.grantor] = true
			}
		}
	}
	return sorted(seen)
}

func (f *allGrants) hold(g grantable, grantor string) {
	if g.acl == "" {
		return
	}
	where := strings.TrimSpace(strings.TrimSpace(g.kind+" "+g.table) + " " + g.name)
	given := sumUp(f.s.acls[g.acl], func(p privilege) bool {
		if grantor == "" {
			return !handedOn(g, p)
		}
		return handedOn(g, p) && p.grantor == grantor
	})
	for _, h := range given {
		switch {
		case h.grantee == g.owner && g.kind == "columns":
			f.unsaid = append(f.unsaid, fmt.Sprintf("%s has %s on %s, which is its own", h.grantee, strings.Join(h.privileges, ", "), where))
		case h.grantee == g.owner:
		case f.isPlatforms(h.grantee, h.privileges, where):
		case g.kind == "columns":
			f.out.of(h.grantee).put("columns "+g.table, g.name, h.privileges)
		default:
			f.out.of(h.grantee).put(g.kind, g.name, h.privileges)
		}
	}
	if grantor == "" && g.kind != "columns" && !PlatformRole(g.owner) {
		if lost := f.s.lost(g); len(lost) > 0 {
			f.unsaid = append(f.unsaid, fmt.Sprintf("%s, the owner, has lost %s on %s", g.owner, strings.Join(lost, ", "), where))
		}
	}
}

// isPlatforms passes over what a role of the platform has. One of the server's own is told of: it is people who grant to those.
func (f *allGrants) isPlatforms(grantee string, privileges []string, where string) bool {
	if grantee == `"PUBLIC"` {
		f.unsaid = append(f.unsaid, fmt.Sprintf("a role that is called PUBLIC has %s on %s", strings.Join(privileges, ", "), where))
		return true
	}
	if strings.HasPrefix(grantee, "pg_") {
		f.unsaid = append(f.unsaid, fmt.Sprintf("%s has %s on %s", grantee, strings.Join(privileges, ", "), where))
	}
	return PlatformRole(grantee)
}

// holdDefault notes default privileges; had is where to note that there are any of a role, for those without a schema,
// which say what the role itself gets too.
func (f *allGrants) holdDefault(d defaultRow, had map[[2]string]bool) {
	kind, role := defaultKinds[d.kind], f.s.roleName(d.role)
	of := strings.TrimPrefix(kind, "default_")
	if kind == "" || PlatformRole(role) {
		return
	}
	f.creators[role] = true
	own := []string(nil)
	for _, h := range f.s.holders(d.acl, "") {
		switch {
		case h.grantee == role:
			own = h.privileges
		case !f.isPlatforms(h.grantee, h.privileges, of+" to come of "+role):
			f.out.of(h.grantee).put(kind, role, h.privileges)
		}
	}
	if had == nil {
		if len(own) > 0 {
			f.unsaid = append(f.unsaid, fmt.Sprintf("%s has by default %s on %s that it makes itself", role, strings.Join(own, ", "), of))
		}
		return
	}
	had[[2]string{kind, role}] = true
	if all := AllPrivileges[strings.Replace(of, "schemas", "schema", 1)]; slices.ContainsFunc(all, func(p string) bool { return !slices.Contains(own, p) }) {
		f.unsaid = append(f.unsaid, fmt.Sprintf("%s has by default not all privileges on %s that it makes itself", role, of))
	}
}
