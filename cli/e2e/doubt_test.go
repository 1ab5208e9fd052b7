package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/sandbox"
)

// A process that is killed in a call of the workspace leaves it in doubt: the
// next plan says which step, when and by whom; an apply settles it.
func TestAKilledCallIsInDoubt(t *testing.T) {
	w := newWorld(t)
	file := w.shop("doubt")
	w.ok("apply", file, "--yes")
	w.edit(file, `"A small shop"`, `"A larger shop"`)
	cmd := w.command(w.Context(), "apply", file, "--yes")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	killed := make(chan struct{}, 1)
	w.sb.OnRequest(func(r sandbox.Request) {
		if r.Method != "GET" && strings.HasPrefix(r.Path, "/api/2.0/apps/") {
			_ = cmd.Process.Kill() // it may be gone already
			select {
			case killed <- struct{}{}:
			default:
			}
		}
	})
	if err := cmd.Run(); err == nil || len(killed) == 0 {
		t.Fatalf("it was not killed: %v\n%s", err, errs.String())
	}
	w.sb.OnRequest(func(sandbox.Request) {})
	// Until the server has seen that its client is gone, the run is at work.
	w.eventually("the lock is free", func() bool {
		return strings.Contains(w.ok("unlock", file, "--yes"), "Nobody holds the lock")
	})
	out := w.ok("plan", file)
	contains(t, out, "was not seen to end", "app.shop, ", ": it is there", "note: run ")
	var list struct {
		Runs []struct{ ID, Outcome string }
	}
	if err := json.Unmarshal([]byte(w.ok("history", file, "--json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Runs) != 2 || list.Runs[0].Outcome != "in doubt" || list.Runs[1].Outcome != "done" {
		t.Fatalf("%+v", list.Runs)
	}
	contains(t, w.ok("history", file, list.Runs[0].ID[:6]), "in doubt     app.shop", "POST /api/2.0/apps/shop-doubt/update")
	w.ok("apply", file, "--yes")
	if out := w.ok("plan", file); strings.Contains(out, "note: run") {
		t.Errorf("it is settled, and the plan says it still:\n%s", out)
	}
	w.settled(file)
}

// A second apply waits for as long as it was told, and else is told who is at
// work; unlock ends a holder, and what it was doing is undone.
func TestWhoIsAtWork(t *testing.T) {
	w := newWorld(t)
	file := w.shop("held")
	w.ok("apply", file, "--yes")
	w.edit(file, `total       = { type = "numeric(10,2)", default = "0" }`, `total       = { type = "numeric(12,2)", default = "0" }`)
	reader := w.admin("shop-held")
	tx, err := reader.Begin(w.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(w.Context(), "LOCK TABLE shop.orders IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	first := w.command(w.Context(), "apply", file, "--yes", "--parallel", "4")
	var errs bytes.Buffer
	first.Stdout, first.Stderr = &errs, &errs
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- first.Wait() }()
	w.eventually("the first apply has the lock", func() bool {
		return w.one("shop-held", "SELECT count(*)::text FROM tellr.run WHERE outcome = 'running'") == "1"
	})
	r := w.exits(4, "apply", file, "--yes", "--lock-timeout", "1s")
	contains(t, r.err, "another apply is at work in environment shop", "tellr apply "+file+" --parallel 4 --yes", "sign of life", "--lock-timeout")
	contains(t, w.ok("history", file, "--limit", "1"), " running ")
	r = w.exits(1, "unlock", file)
	contains(t, r.out+r.err, "is held by", "the holder is alive", "add --yes")
	contains(t, w.ok("unlock", file, "--yes"), "is free")
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the first apply goes on without its session")
	}
	if code := first.ProcessState.ExitCode(); code != 1 {
		t.Errorf("the first apply exits %d:\n%s", code, errs.String())
	}
	if err := tx.Rollback(w.Context()); err != nil {
		t.Fatal(err)
	}
	w.ok("apply", file, "--yes")
	w.settled(file)
}
