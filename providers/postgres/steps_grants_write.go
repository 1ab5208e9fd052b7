package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// inUsualOrder lists privileges as people write them.
func inUsualOrder(kind string, privs []string) string {
	kind = strings.TrimPrefix(kind, "default_")
	if kind == "schemas" {
		kind = onSchema
	}
	usual := allPrivileges[kind]
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
		g.defaultHead(t, s)
		g.verb(t, s).text(" ON " + strings.ToUpper(kind) + " ")
	} else {
		g.verb(t, s)
		t.text(wrapped(" ON "+g.objectWord(s)+" ", g.objectNames(s), " "))
	}
	who, known := g.roles[s.grantee]
	if !known {
		who = roleName{resource.String(s.grantee)}
	}
	switch {
	case s.grant:
		t.text("TO ").role(who)
		if s.option {
			t.text(" WITH GRANT OPTION")
		}
	default:
		t.text("FROM ").role(who)
		if s.cascade {
			t.text(" CASCADE")
		}
	}
	return t.sql
}

// defaultHead writes whose future objects in which schema it is about.
func (g *grantsChange) defaultHead(t *sqlText, s grantStatement) {
	t.text("ALTER DEFAULT PRIVILEGES")
	if name := s.objects[0]; name != deployer && name != g.facts.CurrentUser {
		role, written := g.block.makers[name]
		if !written {
			role = roleName{resource.String(name)}
		}
		t.text(" FOR ROLE ").role(role)
	}
	if g.block.schema != "" {
		t.text(" IN SCHEMA " + sqltext.Ident(g.block.schema))
	}
	t.text("\n  ")
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
	case onDatabase:
		return "DATABASE"
	case onSchema:
		return "SCHEMA"
	case onTables, onColumns:
		return "TABLE"
	case onSequences:
		return "SEQUENCE"
	case onTypes:
		return "TYPE"
	}
	if slices.ContainsFunc(g.targets(g.block.schema)[onFunctions], func(t grantTarget) bool { return t.routine && slices.Contains(s.objects, t.name) }) {
		return "ROUTINE"
	}
	return "FUNCTION"
}

func (g *grantsChange) objectNames(s grantStatement) []string {
	switch s.kind {
	case onDatabase:
		name := g.facts.Database
		if name == "" {
			name = defaultDatabase
		}
		return []string{sqltext.Ident(name)}
	case onSchema:
		return []string{sqltext.Ident(g.block.schema)}
	}
	out := make([]string, len(s.objects))
	for i, n := range s.objects {
		args := ""
		if at := strings.LastIndexByte(n, '('); s.kind == onFunctions && at >= 0 {
			n, args = n[:at], n[at:]
		}
		if s.kind == onColumns {
			n, _ = splitColumnKey(n)
		}
		out[i] = sqltext.Qualified(g.block.schema, n) + args
	}
	return out
}

// identList writes the names of columns.
func identList(names []string) string { return sqltext.Idents(names) }
