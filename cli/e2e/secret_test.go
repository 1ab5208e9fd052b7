package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/sandbox"
)

// A secret goes to the one place that it is for. It is in no output, no saved
// plan, no snapshot and no ledger; what is printed is checked by every test.
func TestASecretGoesOnlyWhereItIsFor(t *testing.T) {
	w := newWorld(t)
	file := w.shop("s")
	w.ok("plan", file, "--out", "p.json", "--save-snapshot", "live.json")
	w.ok("plan", file, "--format", "json")
	w.ok("show", "p.json", "--format", "json")
	w.ok("apply", "p.json", "--yes", "--json")
	w.ok("plan", file, "--save-snapshot", "after.json")
	for _, name := range []string{"p.json", "live.json", "after.json"} {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("the secret is in %s", name)
		}
	}
	if info, err := os.Stat(filepath.Join(w.dir, "p.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode of a saved plan: %v, %v", info.Mode(), err)
	}
	ledger := w.one("shop-s", `SELECT string_agg(t::text, '') FROM (SELECT o::text AS t FROM tellr.object o UNION ALL
		SELECT r::text FROM tellr.run r UNION ALL SELECT s::text FROM tellr.step s UNION ALL SELECT c::text FROM tellr.canon c UNION ALL SELECT h::text FROM tellr.change h) x`)
	if strings.Contains(ledger, canary) {
		t.Error("the secret is in the ledger")
	}
	if !strings.Contains(ledger, "table.orders") {
		t.Errorf("the ledger does not know what was made: %s", ledger)
	}
	var deployed bool
	for _, r := range w.sb.Requests() {
		if !strings.Contains(r.Body, canary) {
			continue
		}
		if !strings.HasSuffix(r.Path, "/deployments") {
			t.Errorf("the secret went to %s %s", r.Method, r.Path)
		}
		deployed = true
	}
	if !deployed {
		t.Error("the deployment did not get the secret")
	}
	for _, s := range w.sb.Statements() {
		if strings.Contains(s.SQL, canary) {
			t.Errorf("the secret went to Postgres: %s", s.SQL)
		}
	}
}

// A server may quote what it refuses. tellr does not.
func TestASecretInAServersAnswerIsNotShown(t *testing.T) {
	w := newWorld(t)
	file := w.shop("q")
	if err := w.sb.Arm(sandbox.Fault{Route: "POST /api/2.0/apps/shop-q/deployments", Count: -1, Status: 400,
		ErrorCode: "INVALID_PARAMETER_VALUE", Message: "bad value " + canary + " of TOKEN"}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"apply", file, "--yes"}, {"apply", file, "--yes", "--json"}} {
		r := w.exits(1, args...)
		contains(t, r.out+r.err, "bad value (sensitive) of TOKEN")
	}
	w.sb.Disarm()
	w.ok("apply", file, "--yes")
	w.settled(file)
}
