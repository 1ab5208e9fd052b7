package catalog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// findRoles tells for import of the roles of the cluster that nobody declared, but those of the platform. "unsaid" says why
// no block can make one.
func (s *snapshot) findRoles(scope resource.Scope) {
	used := map[resource.Address]bool{}
	declared := map[string]bool{}
	for a, l := range s.live {
		used[a] = true
		if a.Kind == "role" {
			declared[l.Attrs.Get("name").Str()] = true
		}
	}
	for _, w := range scope.Wanted {
		used[w.Address] = true
		if w.Address.Kind == "role" {
			declared[w.Locate.Get("name").Str()] = true
		}
	}
	identities := s.roleNamed["databricks_superuser"] != nil // there the platform makes a role for each user and principal
	for _, name := range sorted(s.roleNamed) {
		r := s.roleNamed[name]
		if declared[name] || r.declared == nil || PlatformRole(name) || identities && (strings.Contains(name, "@") || uuid.MatchString(name)) {
			continue
		}
		var members, of []string
		for _, m := range s.members {
			if other := s.roleName(m.member); m.role == r.oid && !slices.Contains(members, other) {
				members = append(members, other)
			}
			if other := s.roleName(m.role); m.member == r.oid && !slices.Contains(of, other) {
				of = append(of, other)
			}
		}
		a := unusedAddress(used, "role", "role", name)
		used[a] = true
		l := s.locateRole(a, resource.Object(resource.F("name", resource.String(name)),
			resource.F("members", resource.Strings(members...)), resource.F("member_of", resource.Strings(of...))))
		switch {
		case r.superuser:
			l.Attrs = l.Attrs.With("unsaid", resource.String("it is a superuser, which no role block makes"))
		case name == s.session.user:
			l.Attrs = l.Attrs.With("unsaid", resource.String("it is the role that deploys, which has to be there before"))
		}
		l.Undeclared = true
		s.live[a] = l
	}
}
