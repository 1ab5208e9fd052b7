package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/sandbox"
)

// An interrupt at a moment of each stage: nothing new is started, the open
// transaction is rolled back, each step is accounted for, the lock is free, and
// the next apply finishes the work.
func TestInterruptedApplySaysWhatIsLeftAndResumes(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, id string
		change   bool   // the shop is there and changes
		at       string // the moment, as in the crash suite
		nth      int
		since    string // the moment from which on they are counted
		held     string // a lock that another session holds from that moment on
		says     []string
		check    func(*world)
	}{
		{name: "a call to make the instance", id: "i1", at: "POST /api/#.#/database/instances", nth: 1, says: []string{"in doubt: 1 step", "instance.main", "not started: "}},
		{name: "a wait for the instance", id: "i2", at: "GET /api/#.#/database/instances/shop-X", nth: 1, since: "POST /api/#.#/database/instances", says: []string{"in doubt: 1 step", "not started: "}},
		{name: "the open transaction", id: "i3", at: "query ALTER TABLE shop.orders ADD CONSTRAINT", nth: 1, says: []string{"done: ", "app.shop", "not started: "},
			check: func(w *world) {
				if n := w.one("shop-i3", "SELECT count(*)::text FROM pg_namespace WHERE nspname = 'shop'"); n != "0" {
					w.Errorf("something of the transaction stayed: %s schemas", n)
				}
			}},
		{name: "a concurrent index build", id: "i4", change: true, at: "query CREATE INDEX CONCURRENTLY ix_orders_customer", nth: 1, held: "LOCK TABLE shop.orders IN ROW EXCLUSIVE MODE",
			says: []string{"in doubt: 1 step", "table.orders", "not started: ", "could not be taken away yet"}}, // as long as the lock is held
		{name: "the wait for the deployment", id: "i5", at: "GET /api/#.#/apps/shop-X/deployments/", nth: 1, says: []string{"done: ", "in doubt: 1 step", "app.shop"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{T: t, sb: w.sb, dir: w.dir, env: w.env}
			file := w.shop(c.id)
			if c.change {
				w.ok("apply", file, "--yes")
				w.renovate(c.id)
			}
			r, release := w.interruptedAt(c.id, c.since, c.at, c.nth, c.held, "apply", file, "--yes", "--json-into", c.id+".jsonl")
			if r.code != 130 {
				t.Fatalf("exit %d, want 130\n%s%s", r.code, r.out, r.err)
			}
			contains(t, r.out+r.err, append(c.says, "Interrupted: nothing new is started", "error: interrupted")...)
			last := w.jsonLines(c.id + ".jsonl")
			if last["type"] != "result" || last["exit"] != 130.0 {
				t.Errorf("the last line is %v", last)
			}
			release()
			if c.check != nil {
				c.check(w)
			}
			w.ok("apply", file, "--yes")
			w.settled(file)
			if n := w.one("shop-"+c.id, "SELECT count(*)::text FROM pg_index WHERE NOT indisvalid"); n != "0" {
				t.Errorf("%s invalid indexes stayed", n)
			}
		})
	}
	w.nothingTwice()
}

// The second interrupt does not wait for a server that says nothing.
func TestTheSecondInterruptEndsAtOnce(t *testing.T) {
	w := newWorld(t)
	file := w.shop("j")
	var errs watched
	cmd := w.command(t.Context(), "apply", file, "--yes")
	cmd.Stderr = &errs
	w.sb.Judge(func(m sandbox.Moment) sandbox.Verdict {
		if m.Statement == nil || !m.After || m.Statement.SQL != "COMMIT" {
			return sandbox.Pass
		}
		// A COMMIT is waited for in spite of the first interrupt.
		_ = cmd.Process.Signal(os.Interrupt)
		errs.wait(w, "Interrupted: nothing new")
		_ = cmd.Process.Signal(os.Interrupt)
		return sandbox.Silent
	})
	start := time.Now()
	_ = cmd.Run() // its exit status is what counts
	w.sb.Judge(nil)
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit %d, want 130\n%s", code, errs.String())
	}
	contains(t, errs.String(), "Interrupted twice: stopping at once")
	t.Logf("it took %s", time.Since(start))
	w.ok("apply", file, "--yes")
	w.settled(file)
}

// interruptedAt interrupts a command at a moment, and lets the moment pass when
// the interrupt was heard; with a lock, when the server waits for it.
func (w *world) interruptedAt(id, since, at string, nth int, held string, args ...string) (r result, release func()) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 3*time.Minute)
	defer cancel()
	cmd := w.command(ctx, args...)
	var out bytes.Buffer
	var errs watched
	cmd.Stdout, cmd.Stderr = &out, &errs
	interrupt := func() {
		_ = cmd.Process.Signal(os.Interrupt) // if it is gone, its exit status tells
		errs.wait(w, "Interrupted: nothing new")
	}
	release = func() {}
	var mu sync.Mutex
	counts, n := since == "", 0
	w.sb.Judge(func(m sandbox.Moment) sandbox.Verdict {
		if m.After {
			return sandbox.Pass
		}
		what := words(id, m)
		mu.Lock()
		now := false
		if counts && strings.HasPrefix(what, at) {
			n++
			now = n == nth
		}
		counts = counts || strings.HasPrefix(what, since)
		mu.Unlock()
		switch {
		case !now:
		case held == "":
			interrupt()
		default:
			release = w.hold("shop-"+id, held)
			go func() {
				w.eventually("the statement waits", func() bool {
					return w.one("shop-"+id, "SELECT count(*)::text FROM pg_locks WHERE NOT granted") != "0"
				})
				interrupt()
			}()
		}
		return sandbox.Pass
	})
	defer w.sb.Judge(nil)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}, release
}

// hold keeps a lock in a transaction of another session.
func (w *world) hold(instance, statement string) (release func()) {
	w.Helper()
	conn := w.admin(instance)
	for _, s := range []string{"BEGIN", statement} {
		if _, err := conn.Exec(w.Context(), s); err != nil {
			w.Fatal(err)
		}
	}
	return func() {
		if _, err := conn.Exec(w.Context(), "ROLLBACK"); err != nil {
			w.Fatal(err)
		}
	}
}

// jsonLines checks that each line of a file is JSON, but for a last one that
// is cut short, and gives the last whole one.
func (w *world) jsonLines(file string) map[string]any {
	w.Helper()
	lines := strings.SplitAfter(w.read(file), "\n")
	var last map[string]any
	for _, l := range lines[:len(lines)-1] {
		last = nil
		if err := json.Unmarshal([]byte(l), &last); err != nil {
			w.Errorf("%s: %v in %q", file, err, l)
		}
	}
	return last
}

// watched is what a process says, for a test that waits for a word of it.
type watched struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *watched) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *watched) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *watched) wait(w *world, word string) {
	w.eventually("tellr says: "+word, func() bool { return strings.Contains(b.String(), word) })
}
