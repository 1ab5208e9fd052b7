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

// AllPrivileges are those that each kind of object has, in the order in which
// people write them. MAINTAIN on tables came with Postgres 17.
var AllPrivileges = map[string][]string{
	"database":  {"CONNECT", "CREATE", "TEMPORARY"},
	"schema":    {"USAGE", "CREATE"},
	"tables":    {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"},
	"columns":   {"SELECT", "INSERT", "UPDATE", "REFERENCES"},
	"sequences": {"USAGE", "SELECT", "UPDATE"},
	"functions": {"EXECUTE"},
	"types":     {"USAGE"},
}

// defaultKinds are the fields of default privileges by pg_default_acl's letter.
var defaultKinds = map[byte]string{'r': "default_tables", 'S': "default_sequences", 'f': "default_functions", 'T': "default_types", 'n': "default_schemas"}

// grantable is what a privilege can be granted on, seen alike.
type grantable struct {
	kind  string // as in AllPrivileges
	name  string
	table string // of a column
	owner string
	acl   string
}

// question is what is asked about privileges.
type grantsQuestion struct {
	who       map[string]bool
	exclusive bool // everyone but the platform
	// grantor is whose grants count; "" is everyone's.
	grantor string
	// creators are roles whose default privileges are told whatever rights the
	// deployer has.
	creators map[string]bool
}

func (q *grantsQuestion) asks(grantee string) bool { return q.who[grantee] || q.exclusive }

// questionOf reads it of the attributes by which a block is located, and of
// those that the ledger has.
func questionOf(at, former resource.Value) *grantsQuestion {
	q := &grantsQuestion{who: map[string]bool{}, exclusive: at.Get("exclusive").Bool(), grantor: at.Get("grantor").Str(), creators: map[string]bool{}}
	for _, name := range append(at.Get("to").StringList(), at.Get("to").Str()) {
		if name != "" {
			q.who[name] = true
		}
	}
	for _, f := range at.Get("effective").Fields() { // a ledger entry: what was granted says to whom
		q.who[f.Name] = true
	}
	for _, name := range append(at.Get("for").StringList(), former.Get("for").StringList()...) {
		q.creators[name] = true
	}
	return q
}

// holding is what one grantee has, by kind and name.
type holding map[string]fields

type holdings map[string]holding

func (h holdings) of(grantee string) holding {
	if h[grantee] == nil {
		h[grantee] = holding{}
	}
	return h[grantee]
}

// grants is the canonical shape of a grants block about a schema: the
// privileges that its grantees have in it. Where a grantee owns a thing, it has
// no need of privileges, and none are listed but those that it lost. It is null
// if there are none at all.
func (s *snapshot) grants(n *schemaRow, q *grantsQuestion) resource.Value {
	out := holdings{}
	for _, g := range s.grantables(n) {
		s.hold(out, g, q)
	}
	for _, d := range s.defaults {
		role := s.roles[d.role]
		kind := defaultKinds[d.kind]
		// Default privileges of a role whose rights the deployer lacks are not its to change.
		if d.schema != n.oid || kind == "" || role == nil || PlatformRole(role.name) || !role.has && !role.member && !q.creators[role.name] {
			continue
		}
		s.holdDefault(out, kind, role.name, d.acl, q)
	}
	return out.value()
}

// databaseGrants is the shape of a grants block about a database: privileges
// on it, and default privileges that hold in all its schemas. Of roles that
// have none of these the server's own count.
func (s *snapshot) databaseGrants(q *grantsQuestion) resource.Value {
	out := holdings{}
	s.hold(out, grantable{kind: "database", owner: s.roleName(s.database.owner), acl: s.database.acl}, q)
	creators := map[string]bool{s.session.user: true}
	for name := range q.creators {
		creators[name] = true
	}
	had := map[[2]string]bool{}
	for _, d := range s.defaults {
		role := s.roles[d.role]
		kind := defaultKinds[d.kind]
		if d.schema != 0 || kind == "" || role == nil || !creators[role.name] {
			continue
		}
		had[[2]string{kind, role.name}] = true
		s.holdDefault(out, kind, role.name, d.acl, q)
	}
	for _, name := range sorted(creators) {
		for kind, privilege := range map[string]string{"default_functions": "EXECUTE", "default_types": "USAGE"} {
			if !had[[2]string{kind, name}] && q.asks(Public) {
				out.of(Public).put(kind, name, []string{privilege})
			}
		}
	}
	return out.value()
}

func (h holding) put(kind, name string, privileges []string) {
	f := h[kind]
	f.put(name, resource.Strings(privileges...))
	h[kind] = f
}

func (s *snapshot) hold(out holdings, g grantable, q *grantsQuestion) {
	if g.acl == "" {
		return
	}
	for _, h := range s.holders(g.acl, q.grantor) {
		switch {
		case h.grantee == g.owner || PlatformRole(h.grantee) || !q.asks(h.grantee):
		case g.kind == "columns":
			out.of(h.grantee).put("columns "+g.table, g.name, h.privileges)
		default:
			out.of(h.grantee).put(g.kind, g.name, h.privileges)
		}
	}
	if q.who[g.owner] && g.kind != "columns" {
		if lost := s.lost(g); len(lost) > 0 {
			out.of(g.owner).put("owner_lost", strings.TrimSpace(g.kind+" "+g.name), lost)
		}
	}
}

// lost are the privileges that an owner had revoked from itself.
func (s *snapshot) lost(g grantable) []string {
	all := slices.Clone(AllPrivileges[g.kind])
	if g.kind == "tables" && s.session.version >= 170000 {
		all = append(all, "MAINTAIN")
	}
	for _, h := range s.holders(g.acl, "") {
		if h.grantee == g.owner {
			all = slices.DeleteFunc(all, func(p string) bool { return slices.Contains(h.privileges, p) })
		}
	}
	slices.Sort(all)
	return all
}

func (s *snapshot) holdDefault(out holdings, kind, role, acl string, q *grantsQuestion) {
	for _, h := range s.holders(acl, "") {
		if h.grantee != role && !PlatformRole(h.grantee) && q.asks(h.grantee) {
			out.of(h.grantee).put(kind, role, h.privileges)
		}
	}
}

func (h holdings) value() resource.Value {
	if len(h) == 0 {
		return resource.Null()
	}
	byName := func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) }
	effective := fields{}
	for _, grantee := range sorted(h) {
		var f, columns fields
		for _, kind := range sorted(h[grantee]) {
			entries := h[grantee][kind]
			slices.SortFunc(entries, byName)
			table, isColumn := strings.CutPrefix(kind, "columns ")
			switch {
			case isColumn:
				columns.put(table, resource.Object(entries...))
			case kind == "schema", kind == "database":
				f.put(kind, entries[0].Value)
			default:
				f.object(kind, entries)
			}
		}
		f.object("columns", columns)
		slices.SortFunc(f, func(a, b resource.Field) int { return kindRank(a.Name) - kindRank(b.Name) })
		effective.put(grantee, resource.Object(f...))
	}
	return resource.Object(effective...)
}

// kindRank is the order in which privileges are told.
func kindRank(kind string) int { return slices.Index(EffectiveKinds, kind) }

// EffectiveKinds are the fields of one grantee in the effective attribute.
var EffectiveKinds = []string{"schema", "database", "tables", "columns", "sequences", "functions", "types",
	"default_schemas", "default_tables", "default_sequences", "default_functions", "default_types", "owner_lost"}

// grantables are the schema itself, and all in it that privileges can be on.
func (s *snapshot) grantables(n *schemaRow) []grantable {
	out := []grantable{{kind: "schema", owner: s.roleName(n.owner), acl: n.acl}}
	for _, t := range s.inSchema[n.oid] {
		g := grantable{name: t.name, owner: s.roleName(t.owner), acl: t.acl}
		switch {
		case t.kind == 'S' && t.sequence != nil && t.sequence.dep != 'i':
			g.kind = "sequences"
		case t.kind != 'S' && t.kind != 'c':
			g.kind = "tables"
		default:
			continue
		}
		out = append(out, g)
		for _, c := range s.columnACLs[t.oid] {
			out = append(out, grantable{kind: "columns", table: t.name, name: c.column, owner: g.owner, acl: c.acl})
		}
	}
	for _, p := range s.functions {
		if p.schema == n.oid {
			out = append(out, grantable{kind: "functions", name: p.signature(), owner: s.roleName(p.owner), acl: p.acl})
		}
	}
	for _, t := range s.types {
		if t.schema == n.oid {
			out = append(out, grantable{kind: "types", name: t.name, owner: s.roleName(t.owner), acl: s.typeACLs[t.oid]})
		}
	}
	return out
}

type aclHolder struct {
	grantee    string
	privileges []string
}

// holders sums an ACL up by grantee: the same privilege may come from several
// grantors, of whom one may be asked for.
func (s *snapshot) holders(acl, grantor string) []aclHolder {
	if acl == "" {
		return nil
	}
	key := acl + "\x00" + grantor
	if h, ok := s.holdersOf[key]; ok {
		return h
	}
	out := sumUp(s.acls[acl], func(p privilege) bool { return grantor == "" || p.grantor == grantor })
	s.holdersOf[key] = out
	return out
}

func sumUp(all []privilege, pick func(privilege) bool) []aclHolder {
	sums := map[string]map[string]bool{}
	for _, p := range all {
		if !pick(p) {
			continue
		}
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
	return out
}

// mayGrant tells whether the deployer can hand on all the privileges on a
// thing.
func (s *snapshot) mayGrant(owner uint32, acl string, privileges ...string) bool {
	if s.mayAlter(owner) {
		return true
	}
	have := map[string]bool{}
	for _, h := range s.holders(acl, "") {
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

// hands are the ways in which the deployer can grant on a thing whose owner's
// rights it does not have by itself: its own grant options first, then roles
// that it can SET ROLE to. nil where it has the owner's rights.
func (s *snapshot) hands(owner uint32, acl string) []HandFact {
	o := s.roles[owner]
	if s.session.superuser || o == nil || o.has {
		return nil
	}
	out := []HandFact{}
	own := map[string]bool{}
	others := map[string][]string{}
	for _, h := range s.holders(acl, "") {
		r := s.roleNamed[h.grantee]
		if r == nil {
			continue
		}
		for _, p := range h.privileges {
			base, option := strings.CutSuffix(p, GrantOption)
			switch {
			case !option:
			case r.has:
				own[base] = true
			case r.member:
				others[h.grantee] = append(others[h.grantee], base)
			}
		}
	}
	if len(own) > 0 {
		out = append(out, HandFact{Privileges: sorted(own)})
	}
	if o.member {
		return append(out, HandFact{Role: o.name})
	}
	for _, name := range sorted(others) {
		out = append(out, HandFact{Role: name, Privileges: others[name]})
	}
	return out
}

// given lists who gave which privilege, for things where that was not only the
// owner.
func (s *snapshot) given(owner uint32, acl string) []GivenFact {
	name := s.roleName(owner)
	if !slices.ContainsFunc(s.acls[acl], func(p privilege) bool { return p.grantor != name && !PlatformRole(p.grantor) }) {
		return nil
	}
	var out []GivenFact
	for _, p := range s.acls[acl] {
		if p.grantee != name && !PlatformRole(p.grantee) {
			out = append(out, GivenFact{Grantee: p.grantee, Privilege: p.name, Grantor: p.grantor, Option: p.grantable})
		}
	}
	return out
}

// globalDefaults are what everything that the deployer makes gets, by kind and
// grantee.
func (s *snapshot) globalDefaults() map[string]map[string][]string {
	out := map[string]map[string][]string{}
	for _, d := range s.defaults {
		kind := strings.TrimPrefix(defaultKinds[d.kind], "default_")
		if d.schema != 0 || s.roleName(d.role) != s.session.user || kind == "" {
			continue
		}
		out[kind] = map[string][]string{}
		for _, h := range s.holders(d.acl, "") {
			if h.grantee != s.session.user && !PlatformRole(h.grantee) {
				out[kind][h.grantee] = h.privileges
			}
		}
	}
	return out
}

// defaultsIn are what the deployer's new tables, functions and types in a schema
// get.
func (s *snapshot) defaultsIn(schema uint32) map[string]map[string][]string {
	var out map[string]map[string][]string
	for _, d := range s.defaults {
		kind := strings.TrimPrefix(defaultKinds[d.kind], "default_")
		if d.schema != 0 && d.schema != schema || kind != "tables" && kind != "functions" && kind != "types" || s.roleName(d.role) != s.session.user {
			continue
		}
		for _, h := range s.holders(d.acl, "") {
			if h.grantee == s.session.user {
				continue
			}
			if out == nil {
				out = map[string]map[string][]string{}
			}
			if out[kind] == nil {
				out[kind] = map[string][]string{}
			}
			all := append(out[kind][h.grantee], h.privileges...)
			slices.Sort(all)
			out[kind][h.grantee] = slices.Compact(all)
		}
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
