package postgres

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// by settles who runs a statement about one object: the deployer with the owner's rights or with grant options of its own, a
// role that it can SET ROLE to, or nobody here, which is then noted with the statement and whom to ask. Where not only the
// owner granted, each grantor's grants are revoked in its own name, since a REVOKE takes back only what its role gave.
func (g *grantsChange) by(s grantStatement, privs []string) []grantStatement {
	if strings.HasPrefix(s.kind, "default_") {
		return g.byCreator(s, privs)
	}
	t, there := g.liveTarget(s.kind, s.objects[0])
	if !there || g.grantor != nil {
		s.privs = inUsualOrder(s.kind, privs)
		return []grantStatement{s}
	}
	var out []grantStatement
	if !s.grant {
		var rest []string
		for _, p := range privs {
			if froms := g.grantorsOf(t, s, p); froms != nil {
				out = append(out, g.revokeFrom(t, s, p, froms)...)
			} else {
				rest = append(rest, p)
			}
		}
		if len(rest) == 0 {
			return out
		}
		privs = rest
	}
	byRole := map[string][]string{}
	var asked []string
	for _, p := range privs {
		if as, ok := t.hand(p); ok || g.isLetIn(t.owner) {
			byRole[as] = append(byRole[as], p)
		} else {
			asked = append(asked, p)
		}
	}
	for _, as := range sortedKeys(byRole) {
		one := s
		one.as, one.privs = as, inUsualOrder(s.kind, byRole[as])
		out = append(out, one)
	}
	if len(asked) > 0 {
		s.privs = inUsualOrder(s.kind, asked)
		g.ask(s, t.owner)
	}
	return out
}

// hand is the role that the deployer runs a statement as.
func (t grantTarget) hand(privilege string) (as string, ok bool) {
	if t.hands == nil {
		return "", t.owned
	}
	for _, h := range t.hands {
		if h.Privileges == nil || slices.Contains(h.Privileges, privilege) {
			return h.Role, true
		}
	}
	return "", false
}

// ask notes what only somebody else can do.
func (g *grantsChange) ask(s grantStatement, owner string) {
	g.foreign = append(g.foreign, fmt.Sprintf("%s belongs to %s, and %s may not hand on what it has there: %s runs %s",
		g.called(s), owner, g.facts.CurrentUser, owner, g.write(g.whole(s))))
}

// whole is a statement about one object as it is written.
func (g *grantsChange) whole(s grantStatement) grantStatement {
	return joinColumns([]grantStatement{s})[0]
}

// called names the object of a statement for people.
func (g *grantsChange) called(s grantStatement) string {
	name := s.objects[0]
	if s.kind == onColumns {
		name, _ = splitColumnKey(name)
	}
	return cmp.Or(name, g.block.schema, g.facts.Database)
}

// losesOption tells whether this step takes away, from somebody who gave a privilege, the option to give it.
func (g *grantsChange) losesOption(t grantTarget, s grantStatement, grantor string) bool {
	want, mine := g.want[grantor]
	name := s.objects[0]
	if s.kind == onSchema || s.kind == onDatabase {
		name = ""
	}
	_, may := t.hand(s.privs)
	return mine && may && !slices.Contains(want[s.kind][name], s.privs+catalog.GrantOption)
}

// byCreator settles who changes the default privileges of a role.
func (g *grantsChange) byCreator(s grantStatement, privs []string) []grantStatement {
	s.privs = inUsualOrder(s.kind, privs)
	name := s.objects[0]
	r, known := g.facts.Roles[name]
	switch f := g.facts; {
	case name == deployer, f.CurrentUser == "", f.Superuser, name == f.CurrentUser, r.Has, g.isLetIn(name), !known:
	case r.Member:
		s.as = name
	default:
		g.foreign = append(g.foreign, fmt.Sprintf("default privileges are %s's own to change, and %s does not have that role's rights: %s runs %s",
			name, f.CurrentUser, name, g.write(s)))
		return nil
	}
	return []grantStatement{s}
}

// grantorsOf are those who gave somebody a privilege, where that was not only the owner; nil otherwise.
func (g *grantsChange) grantorsOf(t grantTarget, s grantStatement, privilege string) []string {
	var out []string
	others := false
	for _, x := range t.given {
		if x.Grantee == s.grantee && x.Privilege == privilege && (!s.option || x.Option) {
			out = append(out, x.Grantor)
			others = others || x.Grantor != t.owner
		}
		others = others || x.Grantor == s.grantee && x.Privilege == privilege
	}
	if !others {
		return nil
	}
	return out
}

// revokeFrom revokes a privilege in the name of each who gave it. Whoever got it from the grantee and is to keep it gets
// it from the owner first; the rest goes with CASCADE, which nothing else would do.
func (g *grantsChange) revokeFrom(t grantTarget, s grantStatement, privilege string, from []string) []grantStatement {
	var out []grantStatement
	s.privs = privilege
	for _, x := range t.given {
		if x.Grantor != s.grantee || x.Privilege != privilege {
			continue
		}
		s.cascade = true
		keeps, option := g.keeps(x, s)
		if !keeps {
			continue
		}
		again := grantStatement{grant: true, kind: s.kind, grantee: x.Grantee, option: option, objects: s.objects, privs: privilege}
		if as, ok := t.hand(privilege); ok {
			again.as = as
			out = append(out, again)
		} else {
			g.ask(again, t.owner)
		}
	}
	for i, grantor := range from {
		one := s
		if i == 0 && s.cascade { // its reverse comes last
			one.along = g.handedOn(t, s, map[string]bool{})
		}
		switch {
		case grantor == t.owner:
			as, ok := t.hand(privilege)
			if !ok {
				g.ask(one, t.owner)
				continue
			}
			one.as = as
		case grantor == g.facts.CurrentUser && (t.hands != nil || !t.owned):
		case g.facts.Superuser || grantor == g.facts.CurrentUser || g.facts.Roles[grantor].Member:
			one.as = grantor
		case g.losesOption(t, one, grantor): // CASCADE takes it along
			continue
		default:
			g.foreign = append(g.foreign, fmt.Sprintf("%s gave %s %s on %s, and %s cannot take that back in its name: %s runs %s",
				grantor, s.grantee, privilege, g.called(s), g.facts.CurrentUser, grantor, g.write(g.whole(one))))
			continue
		}
		out = append(out, one)
	}
	return out
}

// handedOn lists how to give again what others have from a grantee: what a CASCADE takes from them.
func (g *grantsChange) handedOn(t grantTarget, s grantStatement, seen map[string]bool) []grantStatement {
	if seen[s.grantee] || !g.facts.Superuser && !g.facts.Roles[s.grantee].Member {
		return nil
	}
	seen[s.grantee] = true
	var out []grantStatement
	for _, x := range t.given {
		if x.Grantor != s.grantee || x.Privilege != s.privs {
			continue
		}
		next := grantStatement{grant: true, kind: s.kind, grantee: x.Grantee, option: x.Option, objects: s.objects, privs: s.privs, as: s.grantee}
		out = append(append(out, joinColumns([]grantStatement{next})...), g.handedOn(t, next, seen)...)
	}
	return out
}

// keeps tells whether somebody who got a privilege from a role that loses it is to keep it, and the option with it.
func (g *grantsChange) keeps(x catalog.GivenFact, s grantStatement) (keeps, option bool) {
	name := s.objects[0]
	if s.kind == onSchema || s.kind == onDatabase {
		name = ""
	}
	wants := g.otherBlocks(g.d.Address, g.block, roleName{resource.String(x.Grantee)})
	if mine, known := g.want[x.Grantee]; known {
		wants = append(wants, mine)
	}
	if len(wants) == 0 {
		return true, x.Option // nobody says anything about it
	}
	for _, h := range wants {
		keeps = keeps || slices.Contains(h[s.kind][name], x.Privilege)
		option = option || slices.Contains(h[s.kind][name], x.Privilege+catalog.GrantOption)
	}
	return keeps, option
}
