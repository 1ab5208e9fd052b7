package postgres_test

import (
	"strings"
	"testing"
)

// TestCollationVersion: when the server has another version of a locale, that is said with what to do, and nothing is
// planned.
func TestCollationVersion(t *testing.T) {
	w := &workspace{dsn: database(t)}
	desired := load(t, `
schema "s" { instance = instance.main }
collation "de" {
  schema   = schema.s
  provider = "icu"
  locale   = "de-AT"
}
`)
	run(t, w, desired, false)
	psql(t, w.dsn, `UPDATE pg_collation SET collversion = '1.2' WHERE collname = 'de'`)
	p, notes := build(t, w, desired, false)
	if !p.Empty() {
		t.Errorf("something is planned:\n%s", show(p))
	}
	if len(notes) != 1 || !strings.Contains(notes.Error(), "was made with version 1.2") || !strings.Contains(notes.Error(), "ALTER COLLATION s.de REFRESH VERSION") {
		t.Errorf("notes: %v", notes)
	}
}
