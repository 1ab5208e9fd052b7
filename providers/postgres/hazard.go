package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// hasRows tells whether a live table may have rows. The estimate alone does not: it is of the last ANALYZE, so the size
// on disk must be nothing too.
func hasRows(l *resource.Live) bool { return l != nil && (l.Rows > 0 || l.Bytes != 0) }

// hazards are what a statement does to those who use a table with rows.
func (e effort) hazards(live *resource.Live, on place) []resource.Hazard {
	who := ""
	switch e.lock {
	case lockAccessExclusive:
		who = "nobody can read or write it "
	case lockShareRowExcl, lockShare:
		who = "nobody can write to it "
	}
	if who == "" || !hasRows(live) {
		return nil
	}
	rows, bytes := max(live.Rows, 0), max(live.Bytes, 0)
	lock := e.lock + " on " + on.String() + ": " + who
	switch {
	case e.rewrite:
		return []resource.Hazard{
			{Kind: resource.HazardLock, Detail: lock + "while it is copied", Rows: rows, Bytes: bytes},
			{Kind: resource.HazardRewrite, Detail: "copies " + on.String() + " and builds its indexes anew", Rows: rows, Bytes: bytes},
		}
	case e.scan:
		return []resource.Hazard{
			{Kind: resource.HazardLock, Detail: lock + "while it is read", Rows: rows, Bytes: bytes},
			{Kind: resource.HazardScan, Detail: "reads all of " + on.String(), Rows: rows, Bytes: bytes},
		}
	default:
		return []resource.Hazard{{Kind: resource.HazardLock, Detail: lock + "for a moment", Rows: rows, Bytes: bytes}}
	}
}

// hazard adds a danger to the last statement of a step.
func hazard(s *resource.Step, kind resource.HazardKind, detail string) {
	st := &s.Statements[len(s.Statements)-1]
	st.Hazards = append(st.Hazards, resource.Hazard{Kind: kind, Detail: detail})
}

// widens says who may do more than before; of a grant to things that are new it says nothing, they had no users, nor of
// what a grantee had of a thing that is made anew.
func (g *grantsChange) widens(s grantStatement) []resource.Hazard {
	if !s.grant || g.d.Live == nil || s.isBack() {
		return nil
	}
	where := " of schema " + g.block.schema
	if g.block.schema == "" {
		where = " of the database"
	}
	what := s.kind + where
	if kind, isDefault := strings.CutPrefix(s.kind, "default_"); isDefault {
		what = "future " + kind + where
	} else if s.kind == onSchema {
		what = "schema " + g.block.schema
	} else if s.kind == onDatabase {
		what = "the database"
	}
	detail := s.grantee + " gets " + s.privs + " on " + what
	if s.option {
		detail += ", to hand on too"
	}
	return []resource.Hazard{{Kind: resource.HazardPrivilegesWidened, Detail: detail}}
}

// invalidates says of the last statement of a step what may not work any more behind it.
func (c *tableChange) invalidates(s *resource.Step, column, how string) {
	hazard(s, resource.HazardInvalidates, "functions and prepared statements that use "+c.want.columnPlace(column)+" "+how)
}
