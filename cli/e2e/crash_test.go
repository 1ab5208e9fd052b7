package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// make crash runs every point; else a sample of them covers each class.
var (
	crashAll    = flag.Bool("crash", false, "crash at every point, not at a sample")
	crashPoints = flag.Int("crash-points", 18, "how many points the sample has at least")
	crashSeed   = flag.Uint64("crash-seed", 1, "seed of the sample")
)

// phase is one command of the scenario. Each begins with what the one before
// it left, so that one environment serves three crashes.
type phase struct {
	name    string
	prepare func(w *world, id string)
	args    func(file string) []string
	plan    []string // flags of the plan that says what is left
	// remembered are the things that the ledger must know after it. Of a new
	// part of the workspace it hears at the very end; a crash just before
	// leaves that to the next apply that has something to do.
	remembered string
}

// phases have all stages between them: an environment from nothing, one that
// is changed while its tables have rows, and its end.
var phases = []phase{
	{"create", func(w *world, id string) { w.shop(id) }, func(file string) []string { return []string{"apply", file, "--yes"} }, nil, "schema <> ''"},
	{"change", (*world).renovate, func(file string) []string { return []string{"apply", file, "--yes"} }, nil, "true"},
	{"destroy", func(*world, string) {},
		func(file string) []string {
			return []string{"destroy", file, "--yes", "--allow-destroy", "instance.main"}
		},
		[]string{"--destroy", "--allow-destroy", "instance.main"}, "true"},
}

// renovate gives the shop rows, and changes its files such that each stage has
// something to do.
func (w *world) renovate(id string) {
	w.Helper()
	w.sql("shop-"+id, "INSERT INTO shop.customers (email) SELECT 'c' || n FROM generate_series(1, 200) n",
		"INSERT INTO shop.orders (customer_id) SELECT n FROM generate_series(1, 200) n")
	file := "shop-" + id + ".hcl"
	w.edit(file, `capacity = "CU_1"`, `capacity = "CU_2"`)
	w.edit(file, `"A small shop"`, `"A shop"`)
	w.edit(file, `"main.py"]`, `"main.py", "--open"]`)
	w.edit(file, `["open", "paid"]`, `["open", "paid", "sent"]`)
	w.edit(file, `{ type = "varchar(255)", not_null = true }`, `{ type = "varchar(255)", not_null = true, default = "''" }
    code  = { type = "uuid", not_null = true, default = "gen_random_uuid()" }`)
	w.edit(file, `{ ix_customers_email = { on = ["lower(email)"], unique = true } }`, `{ ix_customers_code = { on = ["code"] } }`)
	w.edit(file, `checks       = { total_not_negative = "total >= 0" }`, `checks       = { total_not_negative = "total > -1" }
  indexes      = { ix_orders_customer = { on = ["customer_id"] } }`)
	w.edit(file, `"What customers bought"`, `"What customers buy"`)
	w.write(file, w.read(file)+"\nview \"due\" {\n  schema = schema.shop\n  query  = \"SELECT id FROM shop.orders WHERE state = 'open'\"\n}\n")
}

// calm is an undisturbed phase: its moments, what its plan touches and the
// state that it leads to.
type calm struct {
	points  []point
	touches map[string]bool
	state   map[string]string
}

// Death by SIGKILL, a connection that is reset and one that falls silent, at
// each request, each statement and each login, before and after its effect:
// the next plan says what is left and no more, it can be applied, and the
// state is the undisturbed one. Nothing is made twice.
func TestCrashAnywhereTheNextApplyFinishes(t *testing.T) {
	var undisturbed []calm
	t.Run("calm", func(t *testing.T) {
		w := newWorldSerial(t)
		undisturbed = w.undisturbed()
	})
	if len(undisturbed) != len(phases) {
		t.Fatal("the undisturbed scenario failed")
	}
	var all []crash
	for i, c := range undisturbed {
		for _, m := range modes {
			for _, p := range c.points {
				all = append(all, crash{phase: i, mode: m, point: p})
			}
		}
		t.Logf("%s: %d points", phases[i].name, len(c.points))
	}
	chosen := all // one way to crash after the other
	if !*crashAll {
		chosen = sample(all, *crashPoints, *crashSeed)
	}
	t.Logf("%d points in %d ways to crash: %d, of which %d, seed %d (all: make crash)", len(all)/len(modes), len(modes), len(all), len(chosen), *crashSeed)
	if len(all) < 300 {
		t.Fatalf("only %d: the hooks do not see the traffic", len(all))
	}
	runs := chains(chosen)
	workers := min(atOnce(), len(runs))
	t.Run("crash", func(t *testing.T) {
		for i := range workers {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				w := newWorld(t)
				n := 0
				for j := i; j < len(runs); j += workers {
					n += w.crashChain(fmt.Sprintf("k%d", j), runs[j], undisturbed)
				}
				w.nothingTwice()
				t.Logf("%d points reached", n)
			})
		}
	})
}

// atOnce is how many crash at the same time; much of their time they wait.
func atOnce() int {
	n, err := strconv.Atoi(flag.Lookup("test.parallel").Value.String())
	if err != nil {
		panic(err) // go test made the flag
	}
	return n
}

// chains puts crashes of different phases after each other into one
// environment.
func chains(crashes []crash) [][]*crash {
	var runs [][]*crash
	var at [3]int
	for i := range crashes {
		c := &crashes[i]
		if at[c.phase] == len(runs) {
			runs = append(runs, make([]*crash, len(phases)))
		}
		runs[at[c.phase]][c.phase] = c
		at[c.phase]++
	}
	return runs
}

// sample takes one of each class, the ways to crash in turn, then others at
// random.
func sample(all []crash, n int, seed uint64) []crash {
	r := rand.New(rand.NewPCG(seed, 0))
	all = slices.Clone(all)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var out, rest []crash
	seen := map[string]bool{}
	for _, c := range all {
		if class := c.class(); !seen[class] && c.mode == modes[len(out)%len(modes)] {
			seen[class] = true
			out = append(out, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(out, rest[:max(0, min(len(rest), n-len(out)))]...)
}

// undisturbed runs the scenario in peace.
func (w *world) undisturbed() []calm {
	w.Helper()
	const id = "calm"
	file := "shop-" + id + ".hcl"
	var out []calm
	for _, ph := range phases {
		ph.prepare(w, id)
		w.ok(slices.Concat([]string{"plan", file, "--out", "calm.plan"}, ph.plan)...)
		c := calm{touches: w.addresses("calm.plan")}
		var r result
		c.points = w.observe(id, func() { r = w.tellr(ph.args(file)...) })
		if r.code != 0 {
			w.Fatalf("%s: exit %d\n%s%s", ph.name, r.code, r.out, r.err)
		}
		w.exits(0, slices.Concat([]string{"plan", file, "--detailed-exitcode"}, ph.plan)...)
		c.state = w.state(id, ph.remembered)
		out = append(out, c)
	}
	return out
}

// crashChain takes one environment through its phases, with a crash in each,
// and says how many crashes happened.
func (w *world) crashChain(id string, crashes []*crash, undisturbed []calm) (happened int) {
	w.Helper()
	file := "shop-" + id + ".hcl"
	for i, ph := range phases {
		ph.prepare(w, id)
		c := crashes[i]
		if c == nil {
			w.ok(ph.args(file)...)
			continue
		}
		run := w.crash(id, c, ph.args(file))
		name := fmt.Sprintf("%s: %s", ph.name, c)
		if !run.reached {
			w.Logf("not reached: %s", name) // an apply that retries, or polls, does not do so each time
		} else {
			happened++
		}
		said := fmt.Sprintf("the crashed run, exit %d:\n%s%s", run.code, run.out, run.err)
		saved := id + ".plan"
		planned := w.tellr(slices.Concat([]string{"plan", file, "--out", saved}, ph.plan)...)
		if planned.code != 0 {
			w.Errorf("%s: no plan says what is left: exit %d\n%s%s\n%s", name, planned.code, planned.out, planned.err, said)
			return happened
		}
		for a := range w.addresses(saved) {
			if !undisturbed[i].touches[a] {
				w.Errorf("%s: the next plan touches %s, and the first did not\n%s\n%s", name, a, planned.out, said)
			}
		}
		if r := w.tellr("apply", saved, "--yes"); r.code != 0 {
			w.Errorf("%s: the next apply exits %d\n%s%s\n%s", name, r.code, r.out, r.err, said)
			return happened
		}
		if ph.name == "change" {
			w.settled(file)
		}
		if diff := cmp.Diff(undisturbed[i].state, w.state(id, ph.remembered)); diff != "" {
			w.Errorf("%s: the state is another one (-undisturbed +crashed)\n%s\nthe plan:\n%s\n%s", name, diff, planned.out, said)
			return happened
		}
		w.Logf("finished: %s", name)
	}
	return happened
}

// addresses are those that a saved plan touches.
func (w *world) addresses(file string) map[string]bool {
	w.Helper()
	var p struct {
		Steps []struct{ Address string }
	}
	if err := json.Unmarshal([]byte(w.read(file)), &p); err != nil {
		w.Fatal(err)
	}
	out := map[string]bool{}
	for _, s := range p.Steps {
		out[s.Address] = true
	}
	return out
}

func (w *world) read(file string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

// nothingTwice checks that each instance and each app was made once.
func (w *world) nothingTwice() {
	w.Helper()
	made := map[string]int{}
	for _, r := range w.sb.Requests() {
		if r.Method != "POST" || r.Path != "/api/2.0/apps" && r.Path != "/api/2.0/database/instances" || r.Status >= 300 || r.Status < 0 {
			continue
		}
		var body struct{ Name string }
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			w.Fatal(err)
		}
		made[strings.TrimPrefix(r.Path, "/api/2.0/")+" "+body.Name]++
	}
	for name, n := range made {
		if n != 1 {
			w.Errorf("%s was made %d times", name, n)
		}
	}
}
