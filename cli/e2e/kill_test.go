package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/sandbox"
)

// shop is a small environment with all stages. %[1]s makes its names unique,
// so that many of them fit in one workspace.
const shop = `
environment "shop" {}

instance "main" {
  name = "shop-%[1]s"
  provisioned { capacity = "CU_1" }
}

app "shop" {
  name        = "shop-%[1]s"
  description = "A small shop"
  database    = { instance = instance.main, permission = "CAN_CONNECT_AND_CREATE" }
  release {
    source         = "app"
    workspace_path = "/Workspace/Users/me@example.com/shop-%[1]s"
    command        = ["python", "main.py"]
    env            = { TOKEN = env("SHOP_TOKEN"), SELF = app.shop.url }
  }
}

schema "shop" {
  instance = instance.main
}

grants "shop" {
  schema = schema.shop
  to     = app.shop
}

enum "state" {
  schema = schema.shop
  values = ["open", "paid"]
}

table "customers" {
  schema = schema.shop
  columns = {
    id    = { type = "serial" }
    email = { type = "varchar(255)", not_null = true }
  }
  primary_key = ["id"]
  indexes     = { ix_customers_email = { on = ["lower(email)"], unique = true } }
}

table "orders" {
  schema  = schema.shop
  comment = "What customers bought"
  columns = {
    id          = { type = "bigint", identity = "always" }
    customer_id = { type = "integer", not_null = true }
    state       = { type = enum.state, not_null = true, default = "'open'" }
    total       = { type = "numeric(10,2)", default = "0" }
  }
  primary_key  = ["id"]
  checks       = { total_not_negative = "total >= 0" }
  foreign_keys = { orders_customer_id_fkey = { columns = ["customer_id"], references = table.customers } }
}
`

func (w *world) shop(id string) (file string) {
	file = "shop-" + id + ".hcl"
	w.write(file, fmt.Sprintf(shop, id))
	w.write("app/main.py", "print('open')\n")
	return file
}

// Kill -9 at each request and each statement in turn, before and after its
// effect: the next apply converges, and nothing is made twice.
func TestKilledAnywhereTheNextApplyConverges(t *testing.T) {
	w := newWorld(t)
	traffic := w.watch()
	points := w.killPoints(traffic)
	t.Logf("%d points", len(points))
	if len(points) < 20 {
		t.Fatalf("only %d points: the hooks do not see the traffic", len(points))
	}
	// One after the other, so that the traffic that is counted is that of the
	// apply that is to die.
	for i, p := range points {
		file := w.shop(fmt.Sprintf("k%d", i))
		if !w.killAt(traffic, file, p) {
			t.Logf("%s was not reached", p) // polls differ from run to run
		}
		if r := w.tellr("apply", file, "--yes"); r.code != 0 {
			t.Errorf("killed %s: the next apply exits %d\n%s%s", p, r.code, r.out, r.err)
			continue
		}
		if r := w.tellr("plan", file, "--detailed-exitcode"); r.code != 0 {
			t.Errorf("killed %s: something is left to do\n%s%s", p, r.out, r.err)
		}
		w.ok("destroy", file, "--yes", "--allow-destroy", "instance.main")
	}
	apps := 0
	for _, r := range w.sb.Requests() {
		if r.Method == "POST" && r.Path == "/api/2.0/apps" && r.Status < 300 && r.Status > 0 {
			apps++
		}
	}
	// An answer that nobody was there to hear may count as a failure, so fewer
	// are seen; more would be an app made twice.
	if most := len(points) + 1; apps > most {
		t.Errorf("%d apps were made for %d environments", apps, most)
	}
}

// point is one moment of an apply: the n-th request or statement, before or
// after its effect.
type point struct {
	statement, after bool
	n                int
	what             string
}

func (p point) String() string {
	kind, when := "request", "before"
	if p.statement {
		kind = "statement"
	}
	if p.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s %d (%s)", when, kind, p.n, p.what)
}

// watch counts the traffic of a workspace and tells each moment to seen.
type watch struct {
	mu    sync.Mutex
	count map[bool]int // by point.statement; before the effect
	seen  func(point)
}

func (w *world) watch() *watch {
	h := &watch{}
	tell := func(statement, after bool, what string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.seen == nil {
			return
		}
		if !after {
			h.count[statement]++
		}
		h.seen(point{statement, after, h.count[statement], what})
	}
	request := func(r sandbox.Request) string { return r.Method + " " + r.Path }
	w.sb.OnRequest(func(r sandbox.Request) { tell(false, false, request(r)) })
	w.sb.AfterRequest(func(r sandbox.Request) { tell(false, true, request(r)) })
	statement := func(s sandbox.Statement) string { what, _, _ := strings.Cut(s.SQL, "\n"); return what }
	w.sb.OnStatement(func(s sandbox.Statement) { tell(true, false, statement(s)) })
	w.sb.AfterStatement(func(s sandbox.Statement) { tell(true, true, statement(s)) })
	return h
}

// during tells the moments of what f does to seen.
func (h *watch) during(seen func(point), f func()) {
	set := func(to func(point)) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen, h.count = to, map[bool]int{}
	}
	set(seen)
	defer set(nil)
	f()
}

// killPoints lists the moments of an undisturbed apply at which a death may
// leave something: all but repeated polls, and after what has an effect.
func (w *world) killPoints(traffic *watch) []point {
	w.Helper()
	file := w.shop("calm")
	var points []point
	last := ""
	traffic.during(func(p point) {
		reads := strings.HasPrefix(p.what, "GET ")
		if reads && (p.after || p.what == last) {
			return
		}
		if !p.after {
			last = p.what
		}
		if p.statement && p.after && !strings.EqualFold(strings.TrimRight(p.what, ";"), "commit") {
			return // before the next statement is the same moment
		}
		points = append(points, p)
	}, func() { w.ok("apply", file, "--yes") })
	w.ok("destroy", file, "--yes", "--allow-destroy", "instance.main")
	return points
}

// killAt applies and kills the process at a point; false if it ended before.
func (w *world) killAt(traffic *watch, file string, at point) (reached bool) {
	w.Helper()
	cmd := w.command(w.Context(), "apply", file, "--yes")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	var err error
	traffic.during(func(p point) {
		if p.statement == at.statement && p.after == at.after && p.n == at.n {
			reached = true
			_ = cmd.Process.Kill() // it may be gone already
		}
	}, func() {
		if err = cmd.Start(); err == nil {
			err = cmd.Wait()
		}
	})
	if !reached && err != nil {
		w.Fatalf("the apply that was to be killed %s failed by itself: %v\n%s", at, err, errs.String())
	}
	return reached
}

// eventually waits for a condition that the workspace brings about.
func (w *world) eventually(what string, cond func() bool) {
	w.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatalf("it did not happen in 30 s: %s", what)
		}
	}
}
