package catalog

import (
	"slices"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// roleAttributes are what a declared role is, beyond what every read tells of roles.
type roleAttributes struct {
	login, createDB, createRole, replication, bypassRLS bool
	limit                                               int64
	until, comment                                      string
	set, setHere                                        []string
	shared                                              bool
}

// memberRow is one row of pg_auth_members. options: the server has INHERIT and SET (from Postgres 16).
type memberRow struct {
	role, member, grantor        uint32
	admin, options, inherit, set bool
}

func (w *raw) takeRoleAttributes(r row) {
	of := w.roles[r.oid(0)]
	if of == nil {
		return
	}
	a := &roleAttributes{login: r.flag(1), createDB: r.flag(2), createRole: r.flag(3), replication: r.flag(4), bypassRLS: r.flag(5),
		limit: r.number(6), until: r.text(7), comment: string(r.values[8]), shared: r.flag(11)}
	decode(r.values[9], &a.set)
	decode(r.values[10], &a.setHere)
	of.declared = a
}

// rolesOf is an expression for the names of the roles that role blocks declare, or for import of all but the server's own.
func rolesOf(wanted []resource.Wanted, all bool) string {
	if all {
		return "(SELECT array_agg(r.rolname)::text FROM pg_roles r WHERE r.rolname !~ '^pg_')"
	}
	seen := map[string]bool{}
	for _, w := range wanted {
		if name := w.Locate.Get("name").Str(); w.Address.Kind == "role" && name != "" {
			seen[name] = true
		}
	}
	return sqltext.Literal(textArray(sorted(seen)))
}

// locateRole finds a role. Of its members it tells those that the files name or the ledger knows, or with exclusive all:
// the others are other people's.
func (s *snapshot) locateRole(a resource.Address, at resource.Value) *resource.Live {
	r := s.roleNamed[at.Get("name").Str()]
	if r == nil || r.declared == nil {
		return nil
	}
	d := r.declared
	var f fields
	f.text("name", r.name)
	f.flag("login", d.login)
	if !r.inherit {
		f.put("inherit", resource.Bool(false))
	}
	f.flag("createdb", d.createDB)
	f.flag("createrole", d.createRole)
	f.flag("replication", d.replication)
	f.flag("bypassrls", d.bypassRLS)
	if d.limit != -1 {
		f.put("connection_limit", resource.Int(d.limit))
	}
	f.text("valid_until", ValidUntil(d.until))
	f.object("set", settings(d.set))
	f.object("set_in_database", settings(d.setHere))
	f.text("comment", d.comment)
	was := s.former[a]
	if was.identity == oidText(r.oid) { // nothing else tells which password it is
		f.text("password_version", was.attrs.Get("password_version").Str())
	}
	exclusive := at.Get("exclusive").Bool()
	named := func(list string) map[string]bool {
		out := map[string]bool{}
		for _, n := range append(at.Get(list).StringList(), was.attrs.Get(list).StringList()...) {
			out[n] = true
		}
		return out
	}
	f.object("effective_members", s.memberships(named("members"), exclusive, func(m memberRow) (string, bool) {
		return s.roleName(m.member), m.role == r.oid
	}))
	f.object("effective_member_of", s.memberships(named("member_of"), exclusive, func(m memberRow) (string, bool) {
		return s.roleName(m.role), m.member == r.oid
	}))
	l := &resource.Live{Address: a, Identity: oidText(r.oid), Attrs: resource.Object(f...), Rows: -1, Bytes: -1}
	if r.superuser && !s.session.superuser {
		l.Blocked = "role " + r.name + " is a superuser: only another superuser may change it"
	}
	return l
}

// memberships sums up what members may do, by whoever granted it: other reads, and what is left out, as the kind says.
func (s *snapshot) memberships(named map[string]bool, all bool, of func(memberRow) (string, bool)) fields {
	type sum struct{ admin, noInherit, noSet bool }
	sums := map[string]*sum{}
	for _, m := range s.members {
		name, mine := of(m)
		if !mine || !named[name] && (!all || PlatformRole(name) || name == s.session.user) {
			continue
		}
		x := sums[name]
		if x == nil {
			x = &sum{noInherit: m.options, noSet: m.options}
			sums[name] = x
		}
		x.admin = x.admin || m.admin
		x.noInherit = x.noInherit && !m.inherit
		x.noSet = x.noSet && !m.set
	}
	var out fields
	for _, name := range sorted(sums) {
		var f fields
		f.flag("admin", sums[name].admin)
		if sums[name].noInherit {
			f.put("inherit", resource.Bool(false))
		}
		if sums[name].noSet {
			f.put("set", resource.Bool(false))
		}
		f.put("member", resource.Bool(true)) // an object without a field would count as none
		out.put(name, resource.Object(f...))
	}
	return out
}

func settings(config []string) fields {
	var out fields
	for _, c := range config {
		name, value, _ := strings.Cut(c, "=")
		out.put(name, resource.String(value))
	}
	slices.SortFunc(out, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ValidUntil gives the canonical form of a moment: UTC, without superfluous digits. What cannot be read stays as it is.
func ValidUntil(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return t.UTC().Round(time.Microsecond).Format(time.RFC3339Nano)
}

// roleFacts are what planning needs to know of roles as such.
func (s *snapshot) roleFacts(f *Facts) {
	f.Lakebase = s.roleNamed["databricks_superuser"] != nil
	if !s.session.superuser {
		f.May = s.session.may
	}
	for _, m := range s.members {
		f.Memberships = append(f.Memberships, MembershipFact{Role: s.roleName(m.role), Member: s.roleName(m.member),
			Grantor: s.roleName(m.grantor), Admin: m.admin, Inherit: m.inherit || !m.options, Set: m.set || !m.options})
	}
	if s.session.superuser || s.session.may.CreateRole || !s.wantsRoles {
		return
	}
	for name, r := range s.roleNamed {
		if (r.superuser || r.makes) && !PlatformRole(name) {
			f.RoleMakers = append(f.RoleMakers, name)
		}
	}
	slices.Sort(f.RoleMakers)
}

func (s *snapshot) roleFact(r *roleRow) RoleFact {
	f := RoleFact{OID: oidText(r.oid), Superuser: r.superuser, Has: r.has, Member: r.member,
		Admin: r.admin && !s.session.superuser, NoInherit: !r.inherit}
	if r.declared != nil {
		f.Owns, f.Elsewhere, f.Shared = r.owns, r.elsewhere, r.declared.shared
	}
	return f
}

// roleNamesIn are the roles that the ledger's attributes of a thing name outside of its privileges.
func roleNamesIn(e formerThing) []string {
	var out []string
	if e.kind == "role" {
		out = append(out, e.attrs.Get("name").Str())
	}
	for _, attr := range []string{"reassign_to", "grantor"} {
		if name := e.attrs.Get(attr).Str(); name != "" {
			out = append(out, name)
		}
	}
	return out
}
