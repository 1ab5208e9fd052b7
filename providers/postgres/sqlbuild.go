package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// The locks that statements take, by the names that Postgres gives them.
const (
	lockAccessExclusive = "ACCESS EXCLUSIVE"
	lockShareRowExcl    = "SHARE ROW EXCLUSIVE"
	lockShareUpdateExcl = "SHARE UPDATE EXCLUSIVE"
	lockShare           = "SHARE"
)

// sqlText is a statement in the making: literal text, and names of roles that may be holes.
type sqlText struct{ sql resource.SQL }

func (t *sqlText) text(s string) *sqlText {
	if n := len(t.sql); n > 0 && t.sql[n-1].Hole == "" {
		t.sql[n-1].Text += s
	} else if s != "" {
		t.sql = append(t.sql, resource.SQLPart{Text: s})
	}
	return t
}

func (t *sqlText) role(r roleName) *sqlText {
	if hole, ok := r.hole(); ok {
		t.sql = append(t.sql, resource.SQLPart{Hole: hole.String(), Format: resource.Ident})
		return t
	}
	return t.text(r.sql())
}

// literal writes a text, which may be a hole.
func (t *sqlText) literal(v resource.Value) *sqlText {
	if hole, ok := (roleName{v}).hole(); ok {
		t.sql = append(t.sql, resource.SQLPart{Hole: hole.String(), Format: resource.Literal})
		return t
	}
	return t.text(sqltext.Literal(v.Str()))
}

// roleName is a role in a statement: known, or a hole.
type roleName struct{ resource.Value }

func (r roleName) hole() (resource.Hole, bool) {
	for _, p := range r.Parts() {
		if p.Hole != nil {
			return *p.Hole, true
		}
	}
	return resource.Hole{}, false
}

// sql writes a known role. PUBLIC is a word of the language, and a role's name is always quoted where it could be taken
// for another such word.
func (r roleName) sql() string {
	switch name := r.Str(); name {
	case catalog.Public:
		return "PUBLIC"
	case "public", "current_role", "current_user", "session_user", "none":
		return sqltext.Quoted(name)
	default:
		return sqltext.Ident(name)
	}
}

// String names the role in titles and keys.
func (r roleName) String() string {
	if hole, ok := r.hole(); ok {
		return hole.Ref.Address.String()
	}
	return r.Str()
}

// indent puts items one below the other, each behind two spaces.
func indent(items []string) string { return "  " + strings.Join(items, ",\n  ") }

// wrapped puts a list of names behind a head on one line if it is short, else each on a line of its own.
func wrapped(head string, items []string, tail string) string {
	line := head + strings.Join(items, ", ") + tail
	if len(line) <= 100 {
		return line
	}
	return strings.TrimRight(head, " ") + "\n" + indent(items) + "\n" + strings.TrimLeft(tail, " ")
}
