package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// dropRole hands on what a role owns here, takes its privileges away, and drops it. Whoever owns something is not dropped
// before that is allowed by name.
func (p *planner) dropRole(d *resource.Delta) {
	f, plain := p.facts, d.Live.Attrs.Get("name").Str()
	name, fact := roleIdent(plain), p.facts.Roles[plain]
	s := p.step(d, nil, resource.Delete, "drop role "+plain)
	s.NoUndo = "its privileges, members and password are gone with it"
	to := roleName{resource.String(f.CurrentUser)}
	if w := remembered(d.Last).Get("reassign_to"); !w.IsNull() {
		to = p.currentRole(w)
	}
	if !f.Superuser && !fact.Has {
		sql := "GRANT " + name + " TO " + sqltext.Ident(f.CurrentUser)
		if f.ServerVersion >= membersVersion {
			sql += " WITH INHERIT TRUE"
		}
		run(s, sql) // to act for it
	}
	if what := p.stillOwns(fact.Owns); what != "" {
		s.Destroys = true
		s.Title = fmt.Sprintf("drop role %s, and give what it owns to %s", plain, to)
		s.Reason = strings.TrimPrefix(d.Reason+"; ", "; ") + "it owns " + what
	}
	runSQL(s, (&sqlText{}).text("REASSIGN OWNED BY "+name+" TO ").role(to).sql)
	run(s, "DROP OWNED BY "+name)
	run(s, "DROP ROLE "+name)
	if s.Blocked == nil {
		s.Blocked = p.mayDropRole(d, plain, to)
	}
}

// stillOwns tells what a role owns when all else in the plan is done; "" if nothing.
func (p *planner) stillOwns(owns []catalog.OwnedFact) string {
	going := map[string]bool{}
	for _, d := range p.req.Deltas {
		leaves := d.Action == resource.Delete || d.Action == resource.Update && changed(d, "owner")
		if leaves && d.Live.Identity != "" && d.Address.Kind != "grants" && d.Address.Kind != "role" {
			going[d.Live.Identity] = true
		}
	}
	left := slices.DeleteFunc(slices.Clone(owns), func(o catalog.OwnedFact) bool { return going[o.OID] })
	var names []string
	for _, o := range left {
		if o.What != "" {
			names = append(names, o.What)
		}
	}
	switch more := len(left) - len(names); {
	case len(left) == 0:
		return ""
	case len(names) == 0:
		return fmt.Sprintf("%d things", len(left))
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	default:
		return strings.Join(names, ", ")
	}
}

// mayDropRole says what keeps a role; nil if nothing does.
func (p *planner) mayDropRole(d *resource.Delta, name string, to roleName) *resource.Block {
	f, fact := p.facts, p.facts.Roles[name]
	ident := roleIdent(name)
	switch {
	case fact.Shared:
		return &resource.Block{Reason: fmt.Sprintf("another environment in this database declares role %s too: take the block out there first, "+
			"or leave it here", name)}
	case len(fact.Elsewhere) > 0:
		var where []string
		for _, e := range fact.Elsewhere {
			where = append(where, fmt.Sprintf("%s (%d)", e.Database, e.Count))
		}
		return &resource.Block{Reason: fmt.Sprintf("role %s owns things, or may do something, in other databases of the cluster: in each of %s somebody with its rights runs "+
			"REASSIGN OWNED BY %s TO …; DROP OWNED BY %s", name, strings.Join(where, ", "), ident, ident)}
	case name == f.CurrentUser:
		return &resource.Block{Reason: fmt.Sprintf("%s is who deploys: connect as another role to drop it", name)}
	case f.Superuser:
		return nil
	case !f.May.CreateRole || !p.mayAdmit(name):
		return &resource.Block{Reason: fmt.Sprintf("%s may not drop role %s, for which it takes CREATEROLE and ADMIN OPTION on it: who made it runs "+
			"GRANT %s TO %s WITH ADMIN OPTION, or REASSIGN OWNED BY %s TO %s; DROP OWNED BY %s; DROP ROLE %s", f.CurrentUser, name, ident, sqltext.Ident(f.CurrentUser), ident, sqltext.Ident(f.CurrentUser), ident, ident)}
	case to.Str() != "" && !p.canBecome(to.Str()):
		return &resource.Block{Reason: fmt.Sprintf("what role %s owns goes to %s, whose rights %s does not have: who administers that role runs GRANT %s TO %s",
			name, to, f.CurrentUser, to.sql(), sqltext.Ident(f.CurrentUser))}
	default:
		return nil
	}
}
