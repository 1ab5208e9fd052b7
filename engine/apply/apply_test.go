package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/internal/fake"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

func addr(kind, name string) resource.Address { return resource.Address{Kind: kind, Name: name} }

func env() []*resource.Resource {
	host := resource.Ref(addr("host", "main"))
	return []*resource.Resource{
		fake.Make(fake.Host, "main", resource.F("name", resource.String("main"))),
		fake.Make(fake.Account, "app", resource.F("name", resource.String("app")), resource.F("host", host),
			resource.F("motto", resource.Secret("env.MOTTO"))),
		fake.Make(fake.Box, "a", resource.F("host", host),
			resource.F("owner", resource.Unknown(resource.AttrRef{Address: addr("account", "app"), Attr: "id"}))),
		fake.Make(fake.Box, "b", resource.F("host", host)),
	}
}

func makePlan(t *testing.T, w *fake.World, want []*resource.Resource) *plan.Plan {
	t.Helper()
	providers := []resource.Provider{w}
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: want, Providers: providers})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	p, ds := plan.Build(plan.Request{Environment: plan.Environment{Name: "test"}, Desired: want, Providers: providers, Snapshots: snaps})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return p
}

func services() resource.Services {
	return resource.Services{
		Run: resource.Run{Who: "tester", Host: "desk"},
		Secret: func(source string) (string, error) {
			if source != "env.MOTTO" {
				return "", errors.New("no such secret: " + source)
			}
			return "s3cret", nil
		},
	}
}

func TestRunFillsHolesAndTellsTheLedger(t *testing.T) {
	w := fake.New()
	var mu sync.Mutex
	var events []string
	result, err := apply.Run(context.Background(), apply.Request{
		Plan: makePlan(t, w, env()), Providers: []resource.Provider{w}, Services: services(),
		Emit: func(e resource.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind == resource.StepDone {
				events = append(events, e.Step.ID)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"host.main", "account.app", "box.a", "box.b", "account.app/late"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
	if got := w.Things[addr("box", "a")].Get("owner").Str(); got != "11111111-2222-3333-4444-555555555555" {
		t.Errorf("the owner of box.a is %q", got)
	}
	if got := w.Things[addr("account", "app")].Get("motto").Str(); got != "s3cret" {
		t.Errorf("the motto is %q", got)
	}
	if len(w.Ledger) != 4 || len(result.Done) != 5 {
		t.Errorf("%d ledger entries, %d steps done", len(w.Ledger), len(result.Done))
	}
	for _, e := range w.Ledger {
		attrs, err := e.Attrs.Value()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(attrs.Show(), "s3cret") || e.By != "tester@desk" {
			t.Errorf("ledger entry %s by %q: %s", e.Address, e.By, attrs.Show())
		}
		if e.Address.Name == "a" && !attrs.Known() {
			t.Errorf("the ledger holds a hole: %s", attrs.Show())
		}
	}
}

func TestAFailureUndoesTheTransactionAndTheNextRunFinishes(t *testing.T) {
	want := env()
	for _, failing := range []string{"host.main", "account.app", "box.a", "box.b", "account.app/late"} {
		w := fake.New()
		w.FailAt = failing
		result, err := apply.Run(context.Background(), apply.Request{Plan: makePlan(t, w, want), Providers: []resource.Provider{w}, Services: services()})
		if !errors.Is(err, fake.ErrFail) {
			t.Fatalf("%s: error %v", failing, err)
		}
		if len(result.Failed) != 1 || result.Failed[0].ID != failing {
			t.Errorf("%s: failed are %v", failing, result.Failed)
		}
		if n := len(result.Done) + len(result.Failed) + len(result.NotStarted) + len(result.InDoubt); n != 5 {
			t.Errorf("%s: %d steps are accounted for, want 5", failing, n)
		}
		if failing == "box.b" {
			if _, ok := w.Things[addr("box", "a")]; ok {
				t.Error("box.a stayed although its transaction was undone")
			}
			if !slices.ContainsFunc(result.NotStarted, func(s *resource.Step) bool { return s.ID == "box.a" }) {
				t.Error("box.a counts as done although its transaction was undone")
			}
		}
		w.FailAt = ""
		p := makePlan(t, w, want)
		if _, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}, Services: services()}); err != nil {
			t.Fatalf("%s: the second run: %v", failing, err)
		}
		if p := makePlan(t, w, want); failing != "account.app/late" && len(w.Things) != 4 {
			t.Errorf("%s: %d things after the second run, plan %v", failing, len(w.Things), p.Summary)
		}
	}
}

func TestAStalePlanChangesNothing(t *testing.T) {
	w := fake.New()
	want := env()
	if _, err := apply.Run(context.Background(), apply.Request{Plan: makePlan(t, w, want), Providers: []resource.Provider{w}, Services: services()}); err != nil {
		t.Fatal(err)
	}
	want[3] = fake.Make(fake.Box, "b", resource.F("host", resource.Ref(addr("host", "main"))), resource.F("label", resource.String("new")))
	p := makePlan(t, w, want)
	before := len(w.Log)
	w.Things[addr("box", "b")] = w.Things[addr("box", "b")].With("label", resource.String("theirs"))
	_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}, Services: services()})
	var stale *apply.Stale
	if !errors.As(err, &stale) {
		t.Fatalf("error %v, want stale", err)
	}
	if want := `box.b.label was null and is "theirs"`; stale.Moved[0].What != want {
		t.Errorf("it says %q, want %q", stale.Moved[0].What, want)
	}
	if len(w.Log) != before {
		t.Errorf("it ran %v", w.Log[before:])
	}
	// What the plan does not touch may move.
	w.Things[addr("box", "b")] = w.Things[addr("box", "b")].With("label", resource.Null())
	w.Things[addr("box", "a")] = w.Things[addr("box", "a")].With("label", resource.String("theirs"))
	if _, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}, Services: services()}); err != nil {
		t.Errorf("a change elsewhere made the plan stale: %v", err)
	}
}

// Another apply did the same between the first look and the lock.
func TestWhatMovedBeforeTheLockIsStaleToo(t *testing.T) {
	w := fake.New()
	p := makePlan(t, w, env())
	w.OnOpen = func(stage resource.Stage) {
		if stage == resource.Database {
			w.Things[addr("box", "b")] = resource.Object(resource.F("label", resource.String("theirs")))
		}
	}
	result, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}, Services: services()})
	var stale *apply.Stale
	if !errors.As(err, &stale) || !stale.Begun {
		t.Fatalf("error %v, want stale after a beginning", err)
	}
	if want := "box.b was not there and is there now"; stale.Moved[0].What != want {
		t.Errorf("it says %q, want %q", stale.Moved[0].What, want)
	}
	if len(result.Done) != 2 || w.Things[addr("box", "b")].Get("label").Str() != "theirs" {
		t.Errorf("%d steps are done, and the box is %s", len(result.Done), w.Things[addr("box", "b")].Show())
	}
}

func TestALockedEnvironmentIsSaid(t *testing.T) {
	w := fake.New()
	w.Locked = true
	_, err := apply.Run(context.Background(), apply.Request{Plan: makePlan(t, w, env()), Providers: []resource.Provider{w}, Services: services()})
	if !errors.Is(err, resource.ErrLocked) {
		t.Errorf("error %v, want locked", err)
	}
}

func TestAnInterruptStartsNothingMore(t *testing.T) {
	w := fake.New()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	result, err := apply.Run(ctx, apply.Request{
		Plan: makePlan(t, w, env()), Providers: []resource.Provider{w}, Services: services(),
		Emit: func(e resource.Event) {
			if e.Kind == resource.StepDone && e.Step.ID == "box.a" {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if _, ok := w.Things[addr("box", "a")]; ok {
		t.Error("box.a stayed although its transaction was undone")
	}
	if len(result.Done) != 2 {
		t.Errorf("%d steps are done, want the two of the workspace", len(result.Done))
	}
}
