package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func grantsSteps(p *planner, d *resource.Delta) {
	g := &grantsChange{planner: p, d: d, want: map[string]holding{}, have: map[string]holding{}, roles: map[string]roleName{}}
	if d.Desired != nil {
		g.schema = p.index.schemaOf(d.Desired.Attrs.Get("schema"))
		given := declared(d.Desired.Attrs, p.facts.ServerVersion)
		for _, w := range grantees(d.Desired.Attrs.Get("to")) {
			role := p.currentRole(w)
			g.roles[role.String()] = role
			g.want[role.String()] = p.holds(g.schema, role.Str(), given)
		}
	}
	if d.Live != nil {
		if g.schema == "" {
			g.schema = d.Live.Attrs.Get("schema").Str()
		}
		for _, f := range d.Live.Attrs.Get("effective").Fields() {
			g.have[f.Name] = decodeHolding(f.Value)
			if _, known := g.roles[f.Name]; !known {
				g.roles[f.Name] = roleName{resource.String(f.Name)}
			}
		}
	}
	g.plan()
}

func grantees(v resource.Value) []resource.Value {
	if v.Kind() == resource.KindList {
		return v.Items()
	}
	return []resource.Value{v}
}

// grantsChange is the way from the privileges that roles have to those that they are to have.
type grantsChange struct {
	*planner
	d          *resource.Delta
	schema     string
	roles      map[string]roleName
	live       map[string]map[string]grantTarget // what exists, by kind and name
	want, have map[string]holding
	statements []resource.Statement
	undo       []resource.SQL
	foreign    []string // what must be asked of others
}

// grantStatement is one GRANT or REVOKE on several objects.
type grantStatement struct {
	grant   bool
	kind    string // of objects, or default_ and that
	privs   string // "SELECT, INSERT"
	grantee string
	option  bool // about the grant option only
	objects []string
}

func (g *grantsChange) plan() {
	for _, s := range g.differences() {
		g.statements = append(g.statements, resource.Statement{SQL: g.write(s), Hazards: g.widens(s)})
		back := s
		back.grant = !s.grant
		g.undo = slices.Insert(g.undo, 0, g.write(back))
	}
	if len(g.statements) > 0 {
		g.finish(g.step(g.d, nil, g.d.Action, g.title()))
	}
	if len(g.foreign) > 0 {
		s := g.step(g.d, resource.Path{"effective"}, resource.Update, "grant on what others own")
		s.Blocked = &resource.Block{Reason: strings.Join(g.foreign, "\n")}
	}
}

func (g *grantsChange) finish(s *resource.Step) {
	if s.Action == resource.NoOp {
		s.Action = resource.Update
	}
	s.Statements, s.Undo = g.statements, g.undo
}

func (g *grantsChange) title() string {
	names := strings.Join(sortedKeys(g.roles), ", ")
	verb := "set what " + names + " may do in " + g.schema
	switch g.d.Action {
	case resource.Create:
		verb = "grant privileges in " + g.schema + " to " + names
	case resource.Delete:
		verb = "revoke the privileges in " + g.schema + " of " + names
	}
	return verb
}

// differences lists the statements: by grantee, what it gains before what it loses, objects with the same privileges
// together.
func (g *grantsChange) differences() []grantStatement {
	var out []grantStatement
	for _, grantee := range sortedKeys(g.roles) {
		for _, grant := range []bool{true, false} {
			from, to := g.have[grantee], g.want[grantee]
			if !grant {
				from, to = to, from
			}
			for _, kind := range effectiveKinds {
				out = append(out, g.grouped(grantee, grant, kind, from[kind], to[kind])...)
			}
		}
	}
	return out
}

// grouped lists what to has and from has not, one statement for all objects with the same privileges.
func (g *grantsChange) grouped(grantee string, grant bool, kind string, from, to map[string][]string) []grantStatement {
	groups := map[string]*grantStatement{}
	var order []string
	for _, name := range sortedKeys(to) {
		missing := slices.DeleteFunc(slices.Clone(to[name]), func(p string) bool { return slices.Contains(from[name], p) })
		if len(missing) == 0 || !g.touches(grantee, kind, name, missing, grant) {
			continue
		}
		for _, part := range splitOption(missing, from[name], grant) {
			s := grantStatement{grant: grant, kind: kind, privs: inUsualOrder(kind, part.privs), grantee: grantee, option: part.option}
			key := fmt.Sprint(s.privs, s.option, strings.HasPrefix(kind, "default_") && name != "")
			if strings.HasPrefix(kind, "default_") {
				key += " " + name // each role's are a statement of their own
			}
			if groups[key] == nil {
				groups[key] = &s
				order = append(order, key)
			}
			groups[key].objects = append(groups[key].objects, name)
		}
	}
	out := make([]grantStatement, len(order))
	for i, key := range order {
		out[i] = *groups[key]
	}
	return out
}

// part is a share of some privileges: with the option to hand them on, or without.
type part struct {
	privs  []string
	option bool
}

// splitOption takes apart what is about the grant option. Granting with the option grants the privilege too; revoking the
// privilege revokes the option too.
func splitOption(missing, others []string, grant bool) []part {
	var plain, option []string
	for _, p := range missing {
		base, has := strings.CutSuffix(p, catalog.GrantOption)
		switch {
		case has && (grant || slices.Contains(others, base)):
			option = append(option, base)
		case !has && !(grant && slices.Contains(missing, p+catalog.GrantOption)):
			plain = append(plain, p)
		}
	}
	var out []part
	if len(plain) > 0 {
		out = append(out, part{plain, false})
	}
	if len(option) > 0 {
		out = append(out, part{option, true})
	}
	return out
}

// touches tells whether a statement about an object is to be in the plan: the object is there, stays, and the deployer
// may grant on it. What is about to be made gets its privileges from the defaults.
func (g *grantsChange) touches(grantee, kind, name string, privs []string, grant bool) bool {
	if strings.HasPrefix(kind, "default_") {
		return true
	}
	if kind == onSchema {
		return g.ask(kind, g.schema, privs, grantee, grant, !g.existing(g.schema) || g.facts.Schemas[g.schema].MayGrant, g.facts.Schemas[g.schema].Owner)
	}
	t, there := g.liveTarget(kind, name)
	at := place{g.schema, name}
	if kind == onFunctions {
		at.name, _, _ = strings.Cut(name, "(")
	}
	if !there || g.gone[at] != nil || g.goneAlong[at] {
		return false
	}
	return g.ask(kind, name, privs, grantee, grant, t.mayGrant, t.owner)
}

func (g *grantsChange) existing(schema string) bool {
	_, ok := g.facts.Schemas[schema]
	return ok
}

// liveTarget finds an object that exists already.
func (g *grantsChange) liveTarget(kind, name string) (grantTarget, bool) {
	if g.live == nil {
		g.live = map[string]map[string]grantTarget{}
		f := g.facts.Schemas[g.schema]
		for kind, list := range map[string][]catalog.ObjectFact{onTables: f.Tables, onSequences: f.Sequences, onFunctions: f.Functions} {
			g.live[kind] = make(map[string]grantTarget, len(list))
			for _, o := range list {
				g.live[kind][o.Name] = grantTarget{name: o.Name, owner: o.Owner, routine: o.Kind != "", mayGrant: o.MayGrant}
			}
		}
	}
	t, ok := g.live[kind][name]
	return t, ok
}

// ask notes what only somebody else can do.
func (g *grantsChange) ask(kind, name string, privs []string, grantee string, grant, may bool, owner string) bool {
	if may {
		return true
	}
	s := grantStatement{grant: grant, kind: kind, privs: inUsualOrder(kind, privs), grantee: grantee, objects: []string{name}}
	g.foreign = append(g.foreign, fmt.Sprintf("%s belongs to %s, and %s may not hand on what it has there: %s runs %s",
		name, owner, g.facts.CurrentUser, owner, g.write(s)))
	return false
}

// inUsualOrder lists privileges as people write them.
func inUsualOrder(kind string, privs []string) string {
	usual := allPrivileges[strings.TrimPrefix(kind, "default_")]
	rank := func(p string) int {
		if i := slices.Index(usual, p); i >= 0 {
			return i
		}
		return len(usual)
	}
	sorted := slices.Clone(privs)
	slices.SortFunc(sorted, func(a, b string) int {
		if rank(a) != rank(b) {
			return rank(a) - rank(b)
		}
		return strings.Compare(a, b)
	})
	return strings.Join(sorted, ", ")
}

// write makes the statement.
func (g *grantsChange) write(s grantStatement) resource.SQL {
	t := &sqlText{}
	if kind, isDefault := strings.CutPrefix(s.kind, "default_"); isDefault {
		t.text("ALTER DEFAULT PRIVILEGES ")
		if role := s.objects[0]; role != deployer && role != g.facts.CurrentUser {
			t.text("FOR ROLE " + sqltext.Ident(role) + " ")
		}
		t.text("IN SCHEMA " + sqltext.Ident(g.schema) + "\n  ")
		g.verb(t, s).text(" ON " + strings.ToUpper(kind) + " ")
	} else {
		g.verb(t, s)
		t.text(wrapped(" ON "+g.objectWord(s)+" ", g.objectNames(s), " "))
	}
	if s.grant {
		t.text("TO ").role(g.roles[s.grantee])
		if s.option {
			t.text(" WITH GRANT OPTION")
		}
	} else {
		t.text("FROM ").role(g.roles[s.grantee])
	}
	return t.sql
}

func (g *grantsChange) verb(t *sqlText, s grantStatement) *sqlText {
	switch {
	case s.grant:
		return t.text("GRANT " + s.privs)
	case s.option:
		return t.text("REVOKE GRANT OPTION FOR " + s.privs)
	default:
		return t.text("REVOKE " + s.privs)
	}
}

func (g *grantsChange) objectWord(s grantStatement) string {
	switch s.kind {
	case onSchema:
		return "SCHEMA"
	case onTables:
		return "TABLE"
	case onSequences:
		return "SEQUENCE"
	}
	if slices.ContainsFunc(s.objects, func(n string) bool { t, _ := g.liveTarget(onFunctions, n); return t.routine }) {
		return "ROUTINE"
	}
	return "FUNCTION"
}

func (g *grantsChange) objectNames(s grantStatement) []string {
	if s.kind == onSchema {
		return []string{sqltext.Ident(g.schema)}
	}
	out := make([]string, len(s.objects))
	for i, n := range s.objects {
		args := ""
		if at := strings.LastIndexByte(n, '('); s.kind == onFunctions && at >= 0 {
			n, args = n[:at], n[at:]
		}
		out[i] = sqltext.Qualified(g.schema, n) + args
	}
	return out
}
