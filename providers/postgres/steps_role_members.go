package postgres

import (
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// memberSteps gives and takes memberships: list is "members" or "member_of".
func (p *planner) memberSteps(d *resource.Delta, list string) {
	me := roleName{resource.String(p.wanted(d).name)}
	of := func(other roleName) (role, member roleName) {
		if list == "members" {
			return me, other
		}
		return other, me
	}
	var have map[string]membership
	if d.Live != nil {
		have = liveMembers(d.Live.Attrs.Get("effective_" + list))
	}
	c := memberChange{planner: p}
	kept := map[string]bool{}
	for _, m := range wantedMembers(d.Desired.Attrs, list) {
		who := p.currentRole(m.who.Value)
		kept[who.String()] = true
		role, member := of(who)
		was, is := have[who.String()]
		c.reach(role, member, m, was, is)
	}
	for _, name := range sortedKeys(have) {
		if !kept[name] {
			role, member := of(roleName{resource.String(name)})
			c.end(role, member, have[name])
		}
	}
	if len(c.statements) == 0 {
		return
	}
	title := "set the members of role " + me.Str()
	if list == "member_of" {
		title = "set what role " + me.Str() + " is a member of"
	}
	s := p.part(d, list, title, "effective_"+list)
	s.Statements, s.Undo = c.statements, c.undo
	if len(c.foreign) > 0 && s.Blocked == nil {
		s.Blocked = &resource.Block{Reason: strings.Join(c.foreign, "\n")}
	}
}

func liveMembers(v resource.Value) map[string]membership {
	out := map[string]membership{}
	for _, f := range v.Fields() {
		out[f.Name] = membership{admin: f.Value.Get("admin").Bool(), inherit: flagOf(f.Value, "inherit", true), set: flagOf(f.Value, "set", true)}
	}
	return out
}

// memberChange gathers statements about memberships.
type memberChange struct {
	*planner
	statements []resource.Statement
	undo       []resource.SQL
	foreign    []string // what must be asked of others
}

func (c *memberChange) options() bool {
	return c.facts.ServerVersion == 0 || c.facts.ServerVersion >= membersVersion
}

func (c *memberChange) add(sql, back *sqlText) {
	c.statements = append(c.statements, resource.Statement{SQL: sql.sql})
	c.undo = append([]resource.SQL{back.sql}, c.undo...)
}

// reach leads one membership to what it is to be: first what is too much goes, then what lacks comes.
func (c *memberChange) reach(role, member roleName, m, was membership, is bool) {
	if is && m.admin == was.admin && m.inherit == was.inherit && m.set == was.set {
		return
	}
	before := len(c.statements)
	if is {
		c.narrow(role, member, m)
	}
	grant := (&sqlText{}).text("GRANT ").role(role).text(" TO ").role(member)
	var with []string
	switch {
	case !c.options():
		if m.admin && !was.admin {
			with = append(with, "ADMIN OPTION")
		}
		is = is && !m.admin || is && was.admin
	case is:
		for _, o := range []struct {
			word      string
			want, had bool
		}{{"ADMIN", m.admin, was.admin}, {"INHERIT", m.inherit, was.inherit}, {"SET", m.set, was.set}} {
			if o.want && !o.had {
				with = append(with, o.word+" TRUE")
			}
		}
		is = len(with) == 0
	default:
		if m.admin {
			with = append(with, "ADMIN TRUE")
		}
		switch {
		case !m.inherit:
			with = append(with, "INHERIT FALSE")
		case c.noInherit(member):
			with = append(with, "INHERIT TRUE") // by default it is as the member's role is
		}
		if !m.set {
			with = append(with, "SET FALSE")
		}
	}
	if is { // all that it lacks was too much
		c.mayChange(role, before)
		return
	}
	if len(with) > 0 {
		grant.text(" WITH " + strings.Join(with, ", "))
	}
	back := (&sqlText{}).text("REVOKE ").role(role).text(" FROM ").role(member)
	if !m.grantor.IsNull() {
		by := c.currentRole(m.grantor)
		grant.text(" GRANTED BY ").role(by)
		back.text(" GRANTED BY ").role(by)
	}
	c.add(grant, back)
	c.mayChange(role, before)
}

// noInherit tells whether a role is made or is NOINHERIT.
func (c *memberChange) noInherit(member roleName) bool {
	if r := c.roleBlock(member.Str()); r != nil && member.Str() != "" {
		return !flagOf(r.Attrs, "inherit", true)
	}
	return c.facts.Roles[member.Str()].NoInherit
}

// narrow takes options away that are too much, from each who gave them.
func (c *memberChange) narrow(role, member roleName, m membership) {
	for _, g := range c.grantsOf(role, member) {
		for _, o := range []struct {
			word      string
			want, had bool
		}{{"ADMIN", m.admin, g.Admin}, {"INHERIT", m.inherit, g.Inherit}, {"SET", m.set, g.Set}} {
			if !o.had || o.want {
				continue
			}
			sql := (&sqlText{}).text("REVOKE " + o.word + " OPTION FOR ").role(role).text(" FROM ").role(member)
			back := (&sqlText{}).text("GRANT ").role(role).text(" TO ").role(member)
			if c.options() {
				sql.text(" GRANTED BY " + sqltext.Ident(g.Grantor))
				back.text(" WITH " + o.word + " TRUE GRANTED BY " + sqltext.Ident(g.Grantor))
			} else {
				back.text(" WITH ADMIN OPTION")
			}
			c.add(sql, back)
			c.mayActFor(g, sql)
		}
	}
}

// end takes a membership away, from each who gave it.
func (c *memberChange) end(role, member roleName, was membership) {
	before := len(c.statements)
	for _, g := range c.grantsOf(role, member) {
		sql := (&sqlText{}).text("REVOKE ").role(role).text(" FROM ").role(member)
		back := (&sqlText{}).text("GRANT ").role(role).text(" TO ").role(member)
		if c.options() {
			sql.text(" GRANTED BY " + sqltext.Ident(g.Grantor))
			back.text(fmt.Sprintf(" WITH ADMIN %s, INHERIT %s, SET %s GRANTED BY %s", truth(g.Admin), truth(g.Inherit), truth(g.Set), sqltext.Ident(g.Grantor)))
		} else if was.admin {
			back.text(" WITH ADMIN OPTION")
		}
		c.add(sql, back)
		c.mayActFor(g, sql)
	}
	c.mayChange(role, before)
}

func truth(b bool) string {
	if b {
		return "TRUE"
	}
	return "FALSE"
}

// grantsOf are the grants that make up a membership.
func (c *memberChange) grantsOf(role, member roleName) []catalog.MembershipFact {
	var out []catalog.MembershipFact
	for _, g := range c.facts.Memberships {
		if g.Role == role.Str() && g.Member == member.Str() {
			out = append(out, g)
		}
	}
	return out
}

// mayActFor notes a revocation that only who granted it, or who has that role's rights, can make.
func (c *memberChange) mayActFor(g catalog.MembershipFact, sql *sqlText) {
	f := c.facts
	if !c.options() || f.Superuser || g.Grantor == f.CurrentUser || f.Roles[g.Grantor].Has {
		return
	}
	c.foreign = append(c.foreign, fmt.Sprintf("%s made %s a member of %s, and %s does not have that role's rights: %s runs %s", g.Grantor, g.Member, g.Role, f.CurrentUser, g.Grantor, sql.sql))
}

// mayChange notes what only who administers a role can do.
func (c *memberChange) mayChange(role roleName, from int) {
	if role.Str() == "" || c.mayAdmit(role.Str()) {
		return
	}
	for _, st := range c.statements[from:] {
		c.foreign = append(c.foreign, fmt.Sprintf("%s may not change who is a member of %s: who administers that role runs %s", c.facts.CurrentUser, role, st.SQL))
	}
}
