package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
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
	w.ok("show", "p.json", "--summary")
	w.ok("graph", file)
	w.env = append(w.env, "DATABRICKS_DEBUG_HEADERS=true", "DATABRICKS_DEBUG_TRUNCATE_BYTES=100000") // the SDK's loudest
	w.ok("apply", "p.json", "--yes", "--json")
	w.ok("plan", file, "--save-snapshot", "after.json", "--json-into", "plan.jsonl")
	w.edit("app/main.py", "open", "opened")
	w.ok("apply", file, "--yes", "--json-into", "apply.jsonl")
	if last := w.jsonLines("apply.jsonl"); last["type"] != "result" {
		t.Errorf("the last line is %v", last)
	}
	for _, name := range []string{"p.json", "live.json", "after.json", "plan.jsonl", "apply.jsonl"} {
		if word := leaked(w.read(name)); word != "" {
			t.Errorf("the secret is in %s, as %s", name, word)
		}
	}
	if info, err := os.Stat(filepath.Join(w.dir, "p.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode of a saved plan: %v, %v", info.Mode(), err)
	}
	ledger := w.one("shop-s", `SELECT string_agg(t::text, '') FROM (SELECT o::text AS t FROM tellr.object o UNION ALL
		SELECT r::text FROM tellr.run r UNION ALL SELECT s::text FROM tellr.step s UNION ALL SELECT c::text FROM tellr.canon c UNION ALL SELECT h::text FROM tellr.change h) x`)
	if word := leaked(ledger); word != "" {
		t.Errorf("the secret is in the ledger, as %s", word)
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

// A server may quote what it refuses, whole, in part of a word, or in the
// spelling of its own format. tellr does not.
func TestASecretInAServersAnswerIsNotShown(t *testing.T) {
	w := newWorld(t)
	file := w.shop("q")
	for i, quoted := range append(spellings(), "Bearer"+canary+"=x", strings.Repeat(canary, 3)) {
		w.arm(sandbox.Fault{Route: "POST /api/2.0/apps/shop-q/deployments", Count: -1, Status: 400,
			ErrorCode: "INVALID_PARAMETER_VALUE", Message: "bad value " + quoted + " of TOKEN"})
		args := []string{"apply", file, "--yes", "--json-into", "q.jsonl"}
		if i%2 == 1 {
			args = []string{"apply", file, "--yes", "--json"}
		}
		r := w.exits(1, args...)
		contains(t, r.out+r.err, "bad value ", "(sensitive)", " of TOKEN")
		if i%2 == 0 {
			if word := leaked(w.read("q.jsonl")); word != "" {
				t.Errorf("the secret is in the events, as %s", word)
			}
		}
		w.sb.Disarm()
	}
	ledger := w.one("shop-q", "SELECT string_agg(t::text, '') FROM (SELECT r::text AS t FROM tellr.run r UNION ALL SELECT s::text FROM tellr.step s) x")
	if word := leaked(ledger); word != "" {
		t.Errorf("the secret is in the ledger, as %s", word)
	}
	w.ok("apply", file, "--yes")
	w.settled(file)
}

// spellings are those in which the canary may stand in a text.
func spellings() []string {
	out := []string{canary, hex.EncodeToString([]byte(canary)), url.QueryEscape(canary)}
	for before := range 3 {
		out = append(out, base64.StdEncoding.EncodeToString([]byte("usr"[:before]+canary)))
	}
	return out
}

// leaked finds the canary in a text, and says in which spelling; "" if it is
// not there. What stands around it does not count.
func leaked(text string) string {
	if strings.Contains(text, canary) {
		return canary
	}
	if word := hex.EncodeToString([]byte(canary)); strings.Contains(text, word) {
		return word
	}
	for before := range 3 {
		code := base64.RawStdEncoding.EncodeToString([]byte("usr"[:before] + canary))
		if word := code[4 : len(code)-2]; strings.Contains(text, word) {
			return word
		}
	}
	return ""
}
