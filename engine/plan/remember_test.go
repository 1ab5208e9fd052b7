package plan_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/internal/fake"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// boxes is a host with some boxes.
func boxes(labels ...string) []*resource.Resource {
	host := resource.Ref(addr("host", "main"))
	out := []*resource.Resource{
		fake.Make(fake.Host, "main", resource.F("name", resource.String("main"))),
		fake.Make(fake.Account, "app", resource.F("name", resource.String("app")), resource.F("host", host)),
	}
	for _, l := range labels {
		out = append(out, fake.Make(fake.Box, l, resource.F("host", host), resource.F("label", resource.String("in "+l))))
	}
	return out
}

// applied is a world in which the boxes were made.
func applied(t *testing.T, labels ...string) *fake.World {
	t.Helper()
	w := fake.New()
	applyAll(t, w, boxes(labels...))
	return w
}

func withAccount(want []*resource.Resource, keep bool) []*resource.Resource {
	if keep {
		return want
	}
	return slices.DeleteFunc(want, func(r *resource.Resource) bool { return r.Kind == fake.Account })
}

func entry(t *testing.T, w *fake.World, a resource.Address) *resource.Entry {
	t.Helper()
	for i := range w.Ledger {
		if w.Ledger[i].Address == a {
			return &w.Ledger[i]
		}
	}
	return nil
}

// What is there as declared and unknown is adopted: seen in the plan, not a
// change of the world, recorded by apply, and then known.
func TestWhatIsThereAlreadyIsAdopted(t *testing.T) {
	w := applied(t, "a", "b")
	w.Ledger = slices.DeleteFunc(w.Ledger, func(e resource.Entry) bool { return e.Address.Name != "a" })
	p := mustBuild(t, w, boxes("a", "b"), nil)
	if diff := cmp.Diff([]string{"host.main/adopt", "account.app/adopt", "box.b/adopt"}, ids(p)); diff != "" {
		t.Error(diff)
	}
	if !p.Empty() || p.Idle() || p.Summary.Adopt != 3 || p.Summary.Update != 0 {
		t.Errorf("empty %t, idle %t, %+v", p.Empty(), p.Idle(), p.Summary)
	}
	things := len(w.Things)
	if _, err := applyPlan(w, p); err != nil {
		t.Fatal(err)
	}
	if e := entry(t, w, addr("box", "b")); e == nil || e.Identity != "1" || len(w.Things) != things {
		t.Errorf("box.b is remembered as %+v", e)
	}
	if p := mustBuild(t, w, boxes("a", "b"), nil); !p.Idle() {
		t.Errorf("after it there is left: %v", ids(p))
	}
}

// What changes at the same time is remembered with the change.
func TestAChangeAdoptsToo(t *testing.T) {
	w := applied(t, "a")
	w.Ledger = slices.DeleteFunc(w.Ledger, func(e resource.Entry) bool { return e.Address.Kind == "box" })
	w.Things[addr("box", "a")] = w.Things[addr("box", "a")].With("label", resource.String("theirs"))
	p := mustBuild(t, w, boxes("a"), nil)
	if diff := cmp.Diff([]string{"box.a"}, ids(p)); diff != "" {
		t.Error(diff)
	}
	applyAll(t, w, boxes("a"))
	if entry(t, w, addr("box", "a")) == nil {
		t.Error("box.a is not remembered")
	}
}

// A ledger that is gone, or is another's than it seems, is no reason to drop
// anything.
func TestNothingIsDroppedOnAWordThatCannotBeTrusted(t *testing.T) {
	for _, x := range []struct {
		name string
		do   func(w *fake.World)
		want []string
		why  string
	}{
		{"as it is", func(*fake.World) {}, []string{"box.b"}, "no file declares it any more"},
		{"the ledger is lost", func(w *fake.World) { w.Ledger = nil }, []string{"host.main/adopt", "account.app/adopt", "box.a/adopt"}, ""},
		{"the row was copied", func(w *fake.World) {
			for i := range w.Ledger {
				w.Ledger[i].Copied = w.Ledger[i].Address.Name == "b"
			}
		}, []string{"box.b/forget"}, "the ledger was restored"},
		{"another thing has the name", func(w *fake.World) {
			for i := range w.Ledger {
				w.Ledger[i].Identity = "1"
			}
			w.Identities[addr("box", "b")] = "2"
		}, []string{"box.b/forget"}, "another thing"},
		{"it is gone", func(w *fake.World) { delete(w.Things, addr("box", "b")) }, []string{"box.b/forget"}, "it is gone"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := applied(t, "a", "b")
			x.do(w)
			p := mustBuild(t, w, boxes("a"), nil)
			if diff := cmp.Diff(x.want, ids(p)); diff != "" {
				t.Fatal(diff)
			}
			last := p.Steps[len(p.Steps)-1]
			if !strings.Contains(last.Reason, x.why) {
				t.Errorf("it says %q", last.Reason)
			}
			if last.Action == resource.Delete {
				if last.Blocked == nil {
					t.Error("a box goes without being named")
				}
				return
			}
			there := len(w.Things)
			if _, err := applyPlan(w, p); err != nil || len(w.Things) != there {
				t.Errorf("%d things of %d are left, %v", len(w.Things), there, err)
			}
			if p := mustBuild(t, w, boxes("a"), nil); !p.Idle() {
				t.Errorf("after it there is left: %v", ids(p))
			}
		})
	}
}

// A ledger that came back as a copy is written anew for what is declared.
func TestACopiedLedgerIsWrittenAnew(t *testing.T) {
	w := applied(t, "a")
	for i := range w.Ledger {
		w.Ledger[i].Copied = true
	}
	p := mustBuild(t, w, boxes("a"), nil)
	if p.Summary.Adopt != 3 || !p.Empty() {
		t.Errorf("the plan is %v", ids(p))
	}
	if _, err := applyPlan(w, p); err != nil {
		t.Fatal(err)
	}
	if p := mustBuild(t, w, boxes("a"), nil); !p.Idle() {
		t.Errorf("after it there is left: %v", ids(p))
	}
}

func buildMoved(t *testing.T, w *fake.World, want []*resource.Resource, moved ...resource.Moved) (*plan.Plan, resource.Diagnostics) {
	t.Helper()
	providers := []resource.Provider{w}
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: want, Moved: moved, Providers: providers})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return plan.Build(plan.Request{Environment: plan.Environment{Name: "test", File: "env.hcl"}, Desired: want, Moved: moved,
		Providers: providers, Snapshots: snaps, Version: "test"})
}

// A thing that only gets another label is not touched; its row in the ledger
// goes along, in one transaction, and its past with it.
func TestAMoveKeepsTheThingAndItsPast(t *testing.T) {
	w := applied(t, "a")
	// The fake finds things by address, which here is the name.
	w.Things[addr("box", "b")] = w.Things[addr("box", "a")]
	delete(w.Things, addr("box", "a"))
	want := boxes("b")
	want[2].Attrs = want[2].Attrs.With("label", resource.String("in a"))
	move := resource.Moved{From: addr("box", "a"), To: addr("box", "b"), At: &resource.Range{File: "env.hcl", Line: 9}}
	p, ds := buildMoved(t, w, want, move)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	if diff := cmp.Diff([]string{"box.b/move"}, ids(p)); diff != "" {
		t.Fatal(diff)
	}
	if !p.Empty() || p.Summary.Move != 1 {
		t.Errorf("%+v", p.Summary)
	}
	if _, err := applyPlan(w, p); err != nil {
		t.Fatal(err)
	}
	if entry(t, w, addr("box", "a")) != nil || entry(t, w, addr("box", "b")) == nil {
		t.Errorf("the ledger has %v", w.Ledger)
	}
	if p, _ := buildMoved(t, w, want, move); !p.Idle() {
		t.Errorf("done already, and still: %v", ids(p))
	}
	// Under the new label its past is known.
	w.Things[addr("box", "b")] = w.Things[addr("box", "b")].With("label", resource.String("theirs"))
	p, _ = buildMoved(t, w, want, move)
	if c := p.Step("box.b").Cause; c != resource.CauseDrift {
		t.Errorf("the cause is %s", c)
	}
}

// A row whose moving is interrupted is under one address or the other.
func TestAMoveIsTheLedgersOneTransaction(t *testing.T) {
	w := applied(t, "a")
	w.Things[addr("box", "b")] = w.Things[addr("box", "a")]
	delete(w.Things, addr("box", "a"))
	p, _ := buildMoved(t, w, boxes("b"), resource.Moved{From: addr("box", "a"), To: addr("box", "b")})
	w.FailAt = "box.b/move"
	if _, err := applyPlan(w, p); err == nil {
		t.Fatal("it did not fail")
	}
	if entry(t, w, addr("box", "a")) == nil || entry(t, w, addr("box", "b")) != nil {
		t.Errorf("the ledger has %v", w.Ledger)
	}
}

func TestAMoveOntoSomethingKnownIsRefused(t *testing.T) {
	w := applied(t, "a", "b")
	_, ds := buildMoved(t, w, boxes("b"), resource.Moved{From: addr("box", "a"), To: addr("box", "b"), At: &resource.Range{File: "env.hcl", Line: 9}})
	if !ds.HasErrors() || ds[0].Range.String() != "env.hcl:9" || !strings.Contains(ds[0].Summary, "the ledger has both") {
		t.Errorf("it says %v", ds)
	}
}

// The instances of a block move along with it.
func TestABlockMovesWithItsKeys(t *testing.T) {
	at := func(name, key string) resource.Address {
		return resource.Address{Kind: "box", Name: name, Key: key, Keyed: true}
	}
	entries := []resource.Entry{{Address: at("a", "eu")}, {Address: at("a", "us")}, {Address: addr("box", "a")}, {Address: at("b", "us")}}
	resource.Readdress(entries, []resource.Moved{{From: addr("box", "a"), To: addr("box", "b"), Keyed: true}})
	var got []string
	for _, e := range entries {
		got = append(got, e.Was.String()+" "+e.Address.String())
	}
	// What is there under the new address stays apart.
	want := []string{`. box.a`, `. box.a["us"]`, `box.a["eu"] box.b["eu"]`, `. box.b["us"]`}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForget(t *testing.T) {
	w := applied(t, "a", "b")
	named := func(a resource.Address) func(*plan.Request) {
		return func(r *plan.Request) { r.Forget = []resource.Address{a} }
	}
	if _, ds := build(t, w, boxes("a", "b"), named(addr("box", "b"))); !ds.HasErrors() || !strings.Contains(ds[0].Summary, "still declared") || ds[0].Range == nil {
		t.Errorf("it says %v", ds)
	}
	if _, ds := build(t, w, boxes("a"), named(addr("box", "c"))); !ds.HasErrors() || !strings.Contains(ds[0].Detail, "box.b") {
		t.Errorf("it says %v", ds)
	}
	// The plan is of that alone, whatever else there is to do.
	w.Things[addr("box", "a")] = w.Things[addr("box", "a")].With("label", resource.String("theirs"))
	p := mustBuild(t, w, boxes("a"), named(addr("box", "b")))
	if diff := cmp.Diff([]string{"box.b/forget"}, ids(p)); diff != "" {
		t.Fatal(diff)
	}
	if _, err := applyPlan(w, p); err != nil {
		t.Fatal(err)
	}
	if _, there := w.Things[addr("box", "b")]; !there || entry(t, w, addr("box", "b")) != nil {
		t.Error("it is gone, or still known")
	}
	if diff := cmp.Diff([]string{"box.a"}, ids(mustBuild(t, w, boxes("a"), nil))); diff != "" {
		t.Error(diff)
	}
}

// The guard of a thing does not go with its block: the ledger keeps it, even
// of a kind that is not protected by itself.
func TestTheLedgerRemembersTheGuard(t *testing.T) {
	w := applied(t, "a")
	without := withAccount(boxes("a"), false)
	if p := mustBuild(t, w, without, nil); p.Step("account.app").Blocked != nil {
		t.Fatal("an account is protected by itself")
	}
	entry(t, w, addr("account", "app")).Protected = true
	p := mustBuild(t, w, without, nil)
	if b := p.Step("account.app").Blocked; b == nil || b.Allow[0].Name != "account.app" {
		t.Errorf("it is blocked by %+v", b)
	}
}

func TestIgnoredDriftIsShownWithItsReason(t *testing.T) {
	w := applied(t, "a")
	w.Things[addr("box", "a")] = w.Things[addr("box", "a")].With("label", resource.String("theirs"))
	want := boxes("a")
	want[2].Ignore = []resource.Ignore{{Path: "label", Reason: "the shop writes it"}}
	p := mustBuild(t, w, want, nil)
	if !p.Idle() || len(p.Ignored) != 1 {
		t.Fatalf("%v, ignored %v", ids(p), p.Ignored)
	}
	x := p.Ignored[0]
	if x.Address != addr("box", "a") || x.Reason != "the shop writes it" || x.Change.Live.Str() != "theirs" || x.Change.Cause != resource.CauseDrift {
		t.Errorf("%+v", x)
	}
}

// A drift says who applied the thing last; a change of the files does not.
func TestADriftSaysWhoAppliedItLast(t *testing.T) {
	w := applied(t, "a", "b")
	for i := range w.Ledger {
		w.Ledger[i].By, w.Ledger[i].At, w.Ledger[i].Run = "anna", "2026-11-02T10:00:00Z", "3f9c2a71b0"
	}
	w.Things[addr("box", "a")] = w.Things[addr("box", "a")].With("label", resource.String("theirs"))
	want := boxes("a", "b")
	want[3].Attrs = want[3].Attrs.With("label", resource.String("new"))
	p := mustBuild(t, w, want, nil)
	if diff := cmp.Diff(&resource.Applied{By: "anna", At: "2026-11-02T10:00:00Z", Run: "3f9c2a71b0"}, p.Step("box.a").Applied); diff != "" {
		t.Error(diff)
	}
	if p.Step("box.b").Applied != nil {
		t.Error("a change of the files says who applied the thing last")
	}
}

// A step is bound to what it refers to, but not to all of that.
func TestAStepIsBoundToWhatItRefersTo(t *testing.T) {
	w := applied(t, "a")
	want := boxes("a")
	want[2].Attrs = want[2].Attrs.With("label", resource.String("new"))
	p := mustBuild(t, w, want, nil)
	run := func() error {
		_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}})
		return err
	}
	w.Identities[addr("host", "main")] = "2"
	if err := run(); err == nil || !strings.Contains(err.Error(), "host.main is another thing of the same name") {
		t.Errorf("another host: %v", err)
	}
	delete(w.Identities, addr("host", "main"))
	w.Things[addr("host", "main")] = w.Things[addr("host", "main")].With("size", resource.Int(9))
	if err := run(); err != nil {
		t.Errorf("the host's size: %v", err)
	}
}

// A change may make a thing of a database anew, so its identity from before is
// not what it is known by afterwards; otherwise it would be adopted again and
// again, or not be dropped as tellr's own.
func TestAChangedThingIsNotKnownByWhatItWas(t *testing.T) {
	w := applied(t, "a")
	want := boxes("a")
	want[2].Attrs = want[2].Attrs.With("label", resource.String("new"))
	p := mustBuild(t, w, want, nil)
	if _, err := applyPlan(w, p); err != nil {
		t.Fatal(err)
	}
	w.Identities[addr("box", "a")] = "2"
	if p := mustBuild(t, w, want, nil); !p.Idle() {
		t.Errorf("there is left: %v", ids(p))
	}
}
