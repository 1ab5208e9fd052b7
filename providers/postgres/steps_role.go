package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// roleFlags are the attributes that are words in CREATE ROLE, in its order. widens: it gives the role rights.
var roleFlags = []struct {
	attr, word string
	def        bool
	may        func(catalog.MayFact) bool // what a deployer needs to give it; nil if CREATEROLE is enough
}{
	{"login", "LOGIN", false, nil},
	{"inherit", "INHERIT", true, nil},
	{"createdb", "CREATEDB", false, func(m catalog.MayFact) bool { return m.CreateDB }},
	{"createrole", "CREATEROLE", false, nil},
	{"replication", "REPLICATION", false, func(m catalog.MayFact) bool { return m.Replication }},
	{"bypassrls", "BYPASSRLS", false, func(m catalog.MayFact) bool { return m.BypassRLS }},
}

func flagOf(attrs resource.Value, attr string, def bool) bool {
	if v := attrs.Get(attr); !v.IsNull() {
		return v.Bool()
	}
	return def
}

func roleSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createRole(d)
	case resource.Delete:
		p.dropRole(d)
	case resource.Replace:
		p.refuseRoleRename(d)
	default:
		p.alterRole(d)
	}
}

// roleIdent writes the name of a role that a block makes.
func roleIdent(name string) string { return roleName{resource.String(name)}.sql() }

func (p *planner) createRole(d *resource.Delta) {
	w, name := d.Desired.Attrs, roleIdent(p.wanted(d).name)
	s := p.step(d, nil, resource.Create, "create role "+p.wanted(d).name)
	sql := (&sqlText{}).text("CREATE ROLE " + name)
	for _, f := range roleFlags {
		if on := flagOf(w, f.attr, f.def); on != f.def {
			sql.text(" " + roleWord(f.word, on))
		}
	}
	if limit, ok := w.Get("connection_limit").Int(); ok && limit != -1 {
		sql.text(fmt.Sprintf(" CONNECTION LIMIT %d", limit))
	}
	if until := w.Get("valid_until").Str(); until != "" && until != "infinity" {
		sql.text(" VALID UNTIL " + sqltext.Literal(catalog.ValidUntil(until)))
	}
	if password := w.Get("password"); !password.IsNull() {
		sql.text(" PASSWORD ").literal(password)
	}
	runSQL(s, sql.sql)
	if c := w.Get("comment").Str(); c != "" {
		run(s, commentOn("ROLE "+name, c))
	}
	for _, in := range []string{"set", "set_in_database"} {
		for _, f := range roleSettings(w.Get(in)) {
			run(s, p.alterSetting(name, in)+"SET "+settingClause(f.Name, f.Value.Str()))
		}
	}
	undo(s, "DROP ROLE "+name)
	s.Blocked = p.mayMakeRole(d, s.Blocked)
	p.letIn(d)
	p.memberSteps(d, "members")
	p.memberSteps(d, "member_of")
}

func roleWord(word string, on bool) string {
	if on {
		return word
	}
	return "NO" + word
}

// alterSetting begins the change of a setting.
func (p *planner) alterSetting(role, in string) string {
	if in == "set" {
		return "ALTER ROLE " + role + " "
	}
	database := p.facts.Database
	if database == "" {
		database = defaultDatabase
	}
	return "ALTER ROLE " + role + " IN DATABASE " + sqltext.Ident(database) + " "
}

// mayMakeRole blocks a new role that the deployer cannot make, or that could not do what it is for.
func (p *planner) mayMakeRole(d *resource.Delta, was *resource.Block) *resource.Block {
	f, w := p.facts, d.Desired.Attrs
	name := p.wanted(d).name
	if f.Lakebase && w.Get("login").Bool() && w.Get("password").IsNull() {
		return &resource.Block{Reason: fmt.Sprintf("nobody could log in as %s: on Lakebase a role that SQL makes knows no OAuth. Take login out, or give it a password "+
			"(and the instance enable_pg_native_login); the role of a user, group or service principal is made by the platform: an app's by its database binding, "+
			"others by SELECT databricks_create_role(%s, 'SERVICE_PRINCIPAL'), and then named as text", name, sqltext.Literal(name))}
	}
	if f.CurrentUser == "" || f.Superuser {
		return was
	}
	me := sqltext.Ident(f.CurrentUser)
	if !f.May.CreateRole {
		who := "a superuser"
		if len(f.RoleMakers) > 0 {
			who = strings.Join(f.RoleMakers[:min(3, len(f.RoleMakers))], " or ")
		}
		return &resource.Block{Reason: fmt.Sprintf("%s may not make roles: %s runs ALTER ROLE %s CREATEROLE, or makes role %s", f.CurrentUser, who, me, name)}
	}
	return p.mayFlag(d, was)
}

// mayFlag blocks attributes that the deployer cannot give.
func (p *planner) mayFlag(d *resource.Delta, was *resource.Block) *resource.Block {
	if p.facts.Superuser || p.facts.CurrentUser == "" {
		return was
	}
	for _, flag := range roleFlags {
		if flag.may == nil || !d.Desired.Attrs.Get(flag.attr).Bool() || d.Live != nil && d.Live.Attrs.Get(flag.attr).Bool() {
			continue
		}
		if p.facts.ServerVersion >= membersVersion && flag.may(p.facts.May) || p.facts.ServerVersion < membersVersion && flag.attr == "createdb" {
			continue
		}
		return &resource.Block{Reason: fmt.Sprintf("%s may not give %s, as it does not have it: a superuser runs ALTER ROLE %s %s",
			p.facts.CurrentUser, flag.word, roleIdent(p.wanted(d).name), flag.word)}
	}
	return was
}

// mayAlterRole blocks the change of a role that somebody else administers.
func (p *planner) mayAlterRole(d *resource.Delta, was *resource.Block, statements []resource.Statement) *resource.Block {
	f, name := p.facts, d.Live.Attrs.Get("name").Str()
	if was != nil || f.Superuser || f.CurrentUser == "" || f.May.CreateRole && p.mayAdmit(name) {
		return was
	}
	var texts []string
	for _, st := range statements {
		texts = append(texts, st.SQL.String())
	}
	return &resource.Block{Reason: fmt.Sprintf("%s may not change role %s, for which it takes CREATEROLE and ADMIN OPTION on it: who made it runs GRANT %s TO %s WITH ADMIN OPTION, or %s",
		f.CurrentUser, name, roleIdent(name), sqltext.Ident(f.CurrentUser), strings.Join(texts, "; "))}
}

// part begins the step of some attributes of a role.
func (p *planner) part(d *resource.Delta, name, title string, attrs ...string) *resource.Step {
	s := p.step(d, resource.Path{name}, resource.Update, title)
	s.Changes = nil
	for _, c := range d.Changes {
		if slices.Contains(attrs, c.Path[0]) {
			s.Changes = append(s.Changes, c)
			if c.At != nil {
				s.At = c.At
			}
		}
	}
	return s
}

func (p *planner) alterRole(d *resource.Delta) {
	name := roleIdent(p.wanted(d).name)
	words, back := p.changedWords(d)
	if len(words) > 0 {
		s := p.part(d, "attributes", "change role "+p.wanted(d).name, "login", "inherit", "createdb", "createrole", "replication", "bypassrls", "connection_limit", "valid_until")
		run(s, "ALTER ROLE "+name+" "+strings.Join(words, " "))
		undo(s, "ALTER ROLE "+name+" "+strings.Join(back, " "))
		s.Blocked = p.mayFlag(d, p.mayAlterRole(d, s.Blocked, s.Statements))
	}
	if changed(d, "password_version") && !d.Desired.Attrs.Get("password").IsNull() {
		s := p.part(d, "password_version", "set the password of role "+p.wanted(d).name, "password_version")
		runSQL(s, (&sqlText{}).text("ALTER ROLE "+name+" PASSWORD ").literal(d.Desired.Attrs.Get("password")).sql)
		s.NoUndo = "nobody knows the former password"
		s.Blocked = p.mayAlterRole(d, s.Blocked, s.Statements)
	}
	for _, in := range []string{"set", "set_in_database"} {
		p.alterSettings(d, name, in)
	}
	if changed(d, "comment") {
		s := p.step(d, resource.Path{"comment"}, resource.Update, "set the comment")
		run(s, commentOn("ROLE "+name, d.Desired.Attrs.Get("comment").Str()))
		undo(s, commentOn("ROLE "+name, d.Live.Attrs.Get("comment").Str()))
		s.Blocked = p.mayAlterRole(d, s.Blocked, s.Statements)
	}
	p.letIn(d)
	p.memberSteps(d, "members")
	p.memberSteps(d, "member_of")
}

// changedWords are the words of ALTER ROLE that lead to what is desired, and those that lead back.
func (p *planner) changedWords(d *resource.Delta) (words, back []string) {
	w, l := d.Desired.Attrs, d.Live.Attrs
	for _, f := range roleFlags {
		if changed(d, f.attr) {
			words = append(words, roleWord(f.word, flagOf(w, f.attr, f.def)))
			back = append(back, roleWord(f.word, flagOf(l, f.attr, f.def)))
		}
	}
	limit := func(v resource.Value) string {
		n, ok := v.Get("connection_limit").Int()
		if !ok {
			n = -1
		}
		return fmt.Sprintf("CONNECTION LIMIT %d", n)
	}
	if changed(d, "connection_limit") {
		words, back = append(words, limit(w)), append(back, limit(l))
	}
	until := func(v resource.Value) string {
		text := v.Get("valid_until").Str()
		if text == "" {
			text = "infinity"
		}
		return "VALID UNTIL " + sqltext.Literal(catalog.ValidUntil(text))
	}
	if changed(d, "valid_until") {
		words, back = append(words, until(w)), append(back, until(l))
	}
	return words, back
}

func (p *planner) alterSettings(d *resource.Delta, name, in string) {
	if !changed(d, in) {
		return
	}
	s := p.part(d, in, "change the settings of role "+p.wanted(d).name, in)
	want, have := index2(roleSettings(d.Desired.Attrs.Get(in))), index2(d.Live.Attrs.Get(in).Fields())
	clause := func(of map[string]string, setting string) string {
		if v, ok := of[setting]; ok {
			return p.alterSetting(name, in) + "SET " + settingClause(setting, v)
		}
		return p.alterSetting(name, in) + "RESET " + settingName(setting)
	}
	for _, c := range s.Changes {
		setting := c.Path[len(c.Path)-1]
		run(s, clause(want, setting))
		undo(s, clause(have, setting))
	}
	s.Blocked = p.mayAlterRole(d, s.Blocked, s.Statements)
}

func index2(fields []resource.Field) map[string]string {
	out := make(map[string]string, len(fields))
	for _, f := range fields {
		out[f.Name] = f.Value.Str()
	}
	return out
}

// refuseRoleRename blocks what would be a new role while the old one keeps all that it owns and may do.
func (p *planner) refuseRoleRename(d *resource.Delta) {
	s := p.step(d, resource.Path{"name"}, resource.Update, "rename the role")
	from, to := d.Live.Attrs.Get("name").Str(), p.wanted(d).name
	s.Blocked = &resource.Block{Reason: fmt.Sprintf("the role is called %s, and owners and grantees of all databases go by that name; to keep it, run "+
		"ALTER ROLE %s RENAME TO %s by hand; to have a new role, give the block another label", from, roleIdent(from), roleIdent(to))}
	s.Changes = slices.Clone(d.Changes)
}

// letIn makes the deployer a member of a role that is to own things, or in whose name privileges are granted. From
// Postgres 16 who makes a role may administer it, which is not yet to act as it.
func (p *planner) letIn(d *resource.Delta) {
	name := p.wanted(d).name
	if !p.index.acting[name] || p.facts.Superuser || name == p.facts.CurrentUser {
		return
	}
	r, exists := p.facts.Roles[name]
	if exists && r.Has && r.Member {
		return
	}
	me := "CURRENT_USER"
	if p.facts.CurrentUser != "" {
		me = sqltext.Ident(p.facts.CurrentUser)
	}
	s := p.step(d, resource.Path{"deployer"}, resource.Update, "let the deployer act as "+name)
	s.Changes = nil
	s.Reason = "it is to own things, and only a member may give them to it"
	sql := "GRANT " + roleIdent(name) + " TO " + me
	if p.facts.ServerVersion == 0 || p.facts.ServerVersion >= membersVersion {
		sql += " WITH INHERIT TRUE, SET TRUE"
	}
	run(s, sql)
	undo(s, "REVOKE "+roleIdent(name)+" FROM "+me)
	if exists && !p.mayAdmit(name) {
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("%s may not make itself a member of %s: who administers that role runs %s", p.facts.CurrentUser, name, sql)}
	}
}
