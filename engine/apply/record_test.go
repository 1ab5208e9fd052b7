package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/internal/fake"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// clock moves on by a second whenever it is looked at.
func clock() func() time.Time {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time { now = now.Add(time.Second); return now }
}

func applied(w *fake.World, p *plan.Plan, now func() time.Time) error {
	_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}, Services: services(), Now: now, Parallel: 1})
	return err
}

// fates are the steps of a run with what became of them.
func fates(r resource.Run) []string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, fmt.Sprintf("%d %s %s", s.N, s.ID, s.Outcome))
	}
	return out
}

// calm is env without what the fake world always wants to set again.
func calm() []*resource.Resource {
	want := env()
	want[1] = fake.Make(fake.Account, "app", resource.F("name", resource.String("app")), resource.F("host", resource.Ref(addr("host", "main"))))
	return want
}

// One apply is one run, over all its stages: those that came before the
// database was there, are written with it.
func TestARunOfAllStages(t *testing.T) {
	w := fake.New()
	if err := applied(w, makePlan(t, w, env()), clock()); err != nil {
		t.Fatal(err)
	}
	if len(w.Runs) != 1 {
		t.Fatalf("%d runs", len(w.Runs))
	}
	r := w.Runs[0]
	if r.Outcome != resource.Done || r.Ended.IsZero() || r.By() != "tester@desk" || r.Environment != "test" || len(r.ID) != 10 {
		t.Errorf("%+v", r)
	}
	want := []string{"1 host.main done", "2 account.app done", "3 box.a done", "4 box.b done", "5 account.app/late done"}
	if diff := cmp.Diff(want, fates(r)); diff != "" {
		t.Error(diff)
	}
	for _, s := range r.Steps {
		if s.Started.IsZero() || !s.Ended.After(s.Started) || !strings.HasPrefix(s.Call, "PUT /") {
			t.Errorf("%+v", s)
		}
	}
	var changes []string
	for _, c := range r.Changes {
		changes = append(changes, fmt.Sprintf("%s %s", c.Action, c.Address))
	}
	slices.Sort(changes)
	if diff := cmp.Diff([]string{"create account.app", "create box.a", "create box.b", "create host.main"}, changes); diff != "" {
		t.Error(diff)
	}
}

// What failed is remembered with what was undone and what was not begun, and
// secrets are not.
func TestAFailedRun(t *testing.T) {
	w := fake.New()
	want := calm()
	if err := applied(w, makePlan(t, w, want[:2]), clock()); err != nil {
		t.Fatal(err)
	}
	if err := applied(w, makePlan(t, w, want[:3]), clock()); err != nil {
		t.Fatal(err)
	}
	for _, label := range []int{2, 3} {
		want[label] = fake.Make(fake.Box, want[label].Address.Name, resource.F("host", resource.Ref(addr("host", "main"))), resource.F("label", resource.String("new")))
	}
	w.FailAt = "box.b"
	req := apply.Request{Plan: makePlan(t, w, want), Providers: []resource.Provider{w}, Services: services(), Now: clock()}
	req.Services.Redact = func(s string) string { return strings.ReplaceAll(s, "the test", "…") }
	if _, err := apply.Run(context.Background(), req); !errors.Is(err, fake.ErrFail) {
		t.Fatal(err)
	}
	r := w.Runs[len(w.Runs)-1]
	if r.Outcome != resource.Failed {
		t.Errorf("the run is %s", r.Outcome)
	}
	if diff := cmp.Diff([]string{"1 box.a rolled back", "2 box.b failed"}, fates(r)); diff != "" {
		t.Error(diff)
	}
	if got := r.Steps[1].Error; got != "it fails as … asked" {
		t.Errorf("the error is %q", got)
	}
}

// A process that is killed in a call leaves a step that is running; the next
// plan says so, and its apply settles it, also if it has nothing else to do.
func TestADoubt(t *testing.T) {
	w := fake.New()
	if err := applied(w, makePlan(t, w, calm()), clock()); err != nil {
		t.Fatal(err)
	}
	cut := resource.Run{ID: "cut", Who: "ann", Outcome: resource.Running, Steps: []resource.RunStep{
		{N: 1, Address: addr("account", "app"), Title: "create account", Outcome: resource.Running}}}
	w.Runs = append(w.Runs, cut)
	p := makePlan(t, w, calm())
	if !p.Empty() || len(p.Notes) != 1 {
		t.Fatalf("notes %v", p.Notes)
	}
	note := p.Notes[0].Error()
	for _, want := range []string{"run cut by ann, begun 2026-01-02T03:04:05Z, was not seen to end", "account.app, create account, begun 2026-01-02T03:04:06Z: it is there"} {
		if !strings.Contains(note, want) {
			t.Errorf("%q is not in %s", want, note)
		}
	}
	if err := applied(w, p, clock()); err != nil {
		t.Fatal(err)
	}
	if len(w.Runs) != 2 || w.Runs[1].Outcome != resource.InDoubt {
		t.Errorf("%+v", w.Runs)
	}
	if p := makePlan(t, w, calm()); len(p.Notes) != 0 || len(p.Doubts) != 0 {
		t.Errorf("it is settled, and the plan says %v", p.Notes)
	}
}

// The intent of a call is written before it, and the lock is held from before
// the first look.
func TestIntents(t *testing.T) {
	w := fake.New()
	want := calm()
	if err := applied(w, makePlan(t, w, want), clock()); err != nil {
		t.Fatal(err)
	}
	want[1] = fake.Make(fake.Account, "app", resource.F("name", resource.String("other")), resource.F("host", resource.Ref(addr("host", "main"))))
	var seen []string
	_, err := apply.Run(context.Background(), apply.Request{
		Plan: makePlan(t, w, want), Providers: []resource.Provider{w}, Services: services(), Now: clock(),
		Emit: func(e resource.Event) {
			if e.Kind == resource.StepStarted {
				seen = append(seen, fates(w.Runs[len(w.Runs)-1])...)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 account.app running"}, seen); diff != "" {
		t.Error(diff)
	}
	w.Locked = true
	want[3] = fake.Make(fake.Box, "b", resource.F("host", resource.Ref(addr("host", "main"))), resource.F("label", resource.String("x")))
	p := makePlan(t, w, want)
	w.Things[addr("box", "b")] = w.Things[addr("box", "b")].With("label", resource.String("theirs")) // by who has the lock
	if err := applied(w, p, clock()); !errors.Is(err, resource.ErrLocked) {
		t.Errorf("error %v, want locked", err)
	}
	if n := len(w.Runs); n != 2 {
		t.Errorf("%d runs: one that was not let in is none", n)
	}
}
