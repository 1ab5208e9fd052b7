package postgres

import (
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
