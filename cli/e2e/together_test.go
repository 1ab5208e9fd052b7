package e2e

import (
	"bytes"
	"os/exec"
	"slices"
	"testing"
)

// Two applies that start together: one does the work, the other changes
// nothing and says why, and the world is as the files say.
func TestTwoAppliesTogether(t *testing.T) {
	w := newWorld(t)
	file := w.shop("two")
	w.ok("apply", file, "--yes") // so that both meet in the database
	w.edit(file, `total       = { type = "numeric(10,2)", default = "0" }`, `total       = { type = "numeric(12,2)", default = "0" }
    note        = { type = "text" }`)
	var cmds [2]*exec.Cmd
	var errs [2]bytes.Buffer
	for i := range cmds {
		cmds[i] = w.command(w.Context(), "apply", file, "--yes")
		cmds[i].Stderr = &errs[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	var codes []int
	for i, c := range cmds {
		_ = c.Wait() // the exit code is what counts
		codes = append(codes, c.ProcessState.ExitCode())
		if code := codes[i]; code != 0 && code != 3 && code != 4 {
			t.Errorf("exit %d:\n%s", code, errs[i].String())
		}
	}
	if !slices.Contains(codes, 0) {
		t.Errorf("none of the two did it: exits %v", codes)
	}
	w.settled(file)
	if n := w.one("shop-two", "SELECT count(DISTINCT run)::text FROM tellr.step WHERE address = 'table.orders' AND outcome = 'done'"); n != "2" {
		t.Errorf("the ledger knows of %s runs that changed the table, not of two", n)
	}
}
