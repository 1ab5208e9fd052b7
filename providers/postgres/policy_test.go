package postgres_test

import "testing"

// TestPolicyOfUndeclaredTable: a policy is compared as the server has it on a table that no file declares, too; and it does
// what it says.
func TestPolicyOfUndeclaredTable(t *testing.T) {
	w := &workspace{dsn: database(t), clients: map[string]string{}}
	run(t, w, load(t, `schema "s" { instance = instance.main }`), false)
	psql(t, w.dsn, `CREATE TABLE s."Their own" (who text, n int); INSERT INTO s."Their own" VALUES ('reader', 1), ('owners', 2), ('reader', 30);
		ALTER TABLE s."Their own" ENABLE ROW LEVEL SECURITY; GRANT USAGE ON SCHEMA s TO reader; GRANT SELECT ON s."Their own" TO reader`)
	desired := func(limit string) string {
		return `
schema "s" { instance = instance.main }
policy "own" {
  table = "s.\"Their own\""
  to    = ["reader"]
  using = "who=current_user and n < ` + limit + `"
}
`
	}
	for _, x := range []struct{ limit, want string }{{"10", "1"}, {"100", "2"}} {
		run(t, w, load(t, desired(x.limit)), false)
		if p, notes := build(t, w, load(t, desired(x.limit)), false); !p.Empty() || len(notes) > 0 {
			t.Errorf("a second plan is not empty:\n%s\n%v", show(p), notes)
		}
		if got := psql(t, w.dsn, `SET ROLE reader; SELECT count(*) FROM s."Their own"`); got != x.want {
			t.Errorf("below %s, reader sees %s rows, want %s", x.limit, got, x.want)
		}
	}
	run(t, w, load(t, `schema "s" { instance = instance.main }`), false)
	if got := psql(t, w.dsn, `SET ROLE reader; SELECT count(*) FROM s."Their own"`); got != "0" {
		t.Errorf("without a policy, reader sees %s rows", got)
	}
}
