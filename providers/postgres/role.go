package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// membersVersion is the first one with options for each membership.
const membersVersion = 160000

// membership is a member, or a role to be a member of, with what it may do.
type membership struct {
	who                 roleName
	admin, inherit, set bool
	options             bool // inherit or set is written
	grantor             resource.Value
	at                  *resource.Range
}

func decodeMembers(v resource.Value) []membership {
	var out []membership
	for _, it := range v.Items() {
		m := membership{who: roleName{it}, inherit: true, set: true, at: it.Range()}
		if it.Kind() == resource.KindObject {
			m.who.Value, m.admin, m.grantor = it.Get("role"), it.Get("admin").Bool(), it.Get("grantor")
			flag := func(name string) bool {
				w := it.Get(name)
				m.options = m.options || !w.IsNull()
				return w.IsNull() || w.Bool()
			}
			m.inherit, m.set = flag("inherit"), flag("set")
		}
		out = append(out, m)
	}
	return out
}

// wantedMembers are the memberships of a list, "members" or "member_of", as written, or as an undo has them from before.
func wantedMembers(attrs resource.Value, list string) []membership {
	if !attrs.Has("effective_" + list) {
		return decodeMembers(attrs.Get(list))
	}
	var out []membership
	for name, m := range liveMembers(attrs.Get("effective_" + list)) {
		m.who = roleName{resource.String(name)}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b membership) int { return strings.Compare(a.who.Str(), b.who.Str()) })
	return out
}

// memberNames are the roles that a list of members names.
func (x *index) memberNames(v resource.Value) []resource.Value {
	var out []resource.Value
	for _, m := range decodeMembers(v) {
		out = append(out, x.role(m.who.Value))
	}
	return out
}

func (m membership) value() resource.Value {
	var o object
	o.flag("admin", m.admin, resource.Value{})
	if !m.inherit {
		o.value("inherit", resource.Bool(false), resource.Value{})
	}
	if !m.set {
		o.value("set", resource.Bool(false), resource.Value{})
	}
	o.flag("member", true, resource.Value{})
	return o.done().At(m.at)
}

func locateRole(x *index, r *resource.Resource) []resource.Field {
	fields := []resource.Field{locateName(x, r)}
	for _, list := range []string{"members", "member_of"} {
		if names := x.memberNames(r.Attrs.Get(list)); len(names) > 0 {
			fields = append(fields, resource.F(list, resource.List(names...)))
		}
	}
	if r.Attrs.Get("exclusive").Bool() {
		fields = append(fields, resource.F("exclusive", resource.Bool(true)))
	}
	return fields
}

func normalizeRole(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	var o object
	o.text("name", r.Name(), w.Get("name"))
	for _, flag := range roleFlags {
		switch v := w.Get(flag.attr); {
		case flag.attr != "inherit":
			o.flag(flag.attr, v.Bool(), v)
		case !v.IsNull() && !v.Bool():
			o.value("inherit", resource.Bool(false), v)
		}
	}
	if limit, ok := w.Get("connection_limit").Int(); ok && limit != -1 {
		o.value("connection_limit", resource.Int(limit), w.Get("connection_limit"))
	}
	if until := w.Get("valid_until"); until.Str() != "infinity" {
		o.text("valid_until", catalog.ValidUntil(until.Str()), until)
	}
	o.text("password_version", w.Get("password_version").Str(), w.Get("password_version"))
	for _, set := range []string{"set", "set_in_database"} {
		o.objects(set, roleSettings(w.Get(set)), w.Get(set))
	}
	for _, list := range []string{"members", "member_of"} {
		var names []resource.Value
		var effective []resource.Field
		for _, m := range wantedMembers(w, list) {
			role := n.role(n.index.role(m.who.Value))
			names = append(names, role.Value)
			effective = append(effective, resource.Field{Name: role.String(), Value: m.value(), At: m.at})
			n.checkOptions(r, m)
		}
		if len(names) > 0 {
			o.value(list, resource.List(names...), w.Get(list))
		}
		if w.Has("effective_" + list) { // and of those alone, be there none
			o.value("effective_"+list, resource.Object(effective...), w.Get(list))
			continue
		}
		o.objects("effective_"+list, effective, w.Get(list))
	}
	if to := w.Get("reassign_to"); !to.IsNull() {
		o.value("reassign_to", n.role(n.index.role(to)).Value, to)
	}
	o.text("comment", w.Get("comment").Str(), w.Get("comment"))
	return o.done()
}

// checkOptions refuses what the server does not have yet: passed over, it would give more than what is written.
func (n *normalizer) checkOptions(r *resource.Resource, m membership) {
	if v := n.facts.ServerVersion; v == 0 || v >= membersVersion || !m.options && m.grantor.IsNull() {
		return
	}
	n.ds.Errorf(m.at, "memberships have no options inherit, set and grantor before Postgres 16",
		"leave them out, or upgrade the server", "the server of %s has version %d", r.Address, n.facts.ServerVersion/10000)
}

// mixedCase are the settings that the server does not write in small letters.
var mixedCase = map[string]string{"datestyle": "DateStyle", "intervalstyle": "IntervalStyle", "timezone": "TimeZone"}

// roleSettings gives settings in the form in which the catalog keeps them.
func roleSettings(v resource.Value) []resource.Field {
	var out []resource.Field
	for _, f := range v.Fields() {
		name := strings.ToLower(f.Name)
		if mixed := mixedCase[name]; mixed != "" {
			name = mixed
		}
		out = append(out, resource.Field{Name: name, Value: resource.String(settingValue(name, f.Value.Str())).At(f.Value.Range()), At: f.At})
	}
	slices.SortFunc(out, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// roleKey is a role block by what it makes.
type roleKey struct {
	host resource.Address
	name string
}

// noteRoles notes which roles the configuration makes, and as which of them the deployer must be able to act.
func (x *index) noteRoles(desired []*resource.Resource) {
	for _, r := range desired {
		if r.Kind.Name == "role" {
			host, _ := schemaHost(r)
			x.roleBlocks[roleKey{host, r.Name()}] = r
		}
	}
	for _, r := range desired {
		for _, attr := range []string{"owner", "for", "grantor"} {
			if w := r.Attrs.Get(attr); !w.IsNull() {
				for _, role := range x.roles(w) {
					x.acting[role.Str()] = true
				}
			}
		}
	}
}

// roleBlock finds the block that makes a role of this database's cluster; nil if there is none.
func (v *view) roleBlock(name string) *resource.Resource {
	return v.index.roleBlocks[roleKey{v.snap.Scope.System.Host, name}]
}

// canBecome tells whether the deployer has the rights of a role, or has them by the steps of this plan.
func (v *view) canBecome(name string) bool {
	f := v.facts
	if f.CurrentUser == "" || f.Superuser || name == f.CurrentUser {
		return true
	}
	r, exists := f.Roles[name]
	return exists && (r.Has || r.Member) || v.isLetIn(name)
}

// isLetIn tells whether a step of this plan makes the deployer a member of a role.
func (v *view) isLetIn(name string) bool {
	f := v.facts
	if v.roleBlock(name) == nil || !v.index.acting[name] || f.Superuser {
		return false
	}
	r, exists := f.Roles[name]
	return !exists || !(r.Has && r.Member) && v.mayAdmit(name)
}

// mayAdmit tells whether the deployer may make others members of a role.
func (v *view) mayAdmit(name string) bool {
	f := v.facts
	r, exists := f.Roles[name]
	return f.CurrentUser == "" || f.Superuser || !exists && v.roleBlock(name) != nil || r.Admin || f.ServerVersion < membersVersion && f.May.CreateRole && !r.Superuser
}

// mayGiveTo blocks a step that gives something to a role as which the deployer cannot act.
func (p *planner) mayGiveTo(s *resource.Step, role roleName) {
	name, f := role.Str(), p.facts
	if s.Blocked != nil || name == "" || p.canBecome(name) {
		return
	}
	if _, exists := f.Roles[name]; !exists {
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("there is no role %s: declare it as a role, or have it made first", name)}
		return
	}
	s.Blocked = &resource.Block{Reason: fmt.Sprintf("%s may give things only to roles that it is a member of: who administers %s runs GRANT %s TO %s",
		f.CurrentUser, name, role.sql(), sqltext.Ident(f.CurrentUser))}
}
