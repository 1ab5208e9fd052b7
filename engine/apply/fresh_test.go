package apply_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/internal/fake"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

func run(w *fake.World, p *plan.Plan) (*apply.Result, error) {
	return apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}, Services: services()})
}

// made is a world in which env was applied, and a plan of a change in the
// database and in the release of an account.
func made(t *testing.T, alsoAccount bool) (*fake.World, *plan.Plan) {
	t.Helper()
	w := fake.New()
	if _, err := run(w, makePlan(t, w, env())); err != nil {
		t.Fatal(err)
	}
	// Its motto differs, which the release sets.
	w.Things[addr("account", "app")] = w.Things[addr("account", "app")].With("motto", resource.String("theirs"))
	want := env()
	want[3].Attrs = want[3].Attrs.With("label", resource.String("new"))
	want[1].Attrs = want[1].Attrs.With("motto", resource.String("ours"))
	if alsoAccount {
		want[1].Attrs = want[1].Attrs.With("name", resource.String("app2"))
	}
	return w, makePlan(t, w, want)
}

// What a release is about may move while the stages before it run.
func TestTheReleaseStageIsCheckedToo(t *testing.T) {
	w, p := made(t, false)
	// The fake changes an account in the workspace stage too; the release alone
	// is what this is about.
	steps := p.Steps[:0]
	for _, s := range p.Steps {
		if s.ID != "account.app" {
			s.Needs = nil
			steps = append(steps, s)
		}
	}
	p.Steps = steps
	w.OnOpen = func(stage resource.Stage) {
		if stage == resource.Database {
			w.Things[addr("account", "app")] = w.Things[addr("account", "app")].With("motto", resource.String("somebody's"))
		}
	}
	result, err := run(w, p)
	var stale *apply.Stale
	if !errors.As(err, &stale) || !stale.Begun {
		t.Fatalf("error %v, want stale after a beginning", err)
	}
	if want := `account.app.motto was "theirs" and is "somebody's"`; stale.Moved[0].What != want {
		t.Errorf("it says %q, want %q", stale.Moved[0].What, want)
	}
	if len(result.NotStarted) != 1 || result.NotStarted[0].ID != "account.app/late" {
		t.Errorf("not started: %v", result.NotStarted)
	}
}

// What this very apply changed has not moved.
func TestAnApplysOwnChangesDoNotMakeItStale(t *testing.T) {
	w, p := made(t, true)
	if _, err := run(w, p); err != nil {
		t.Fatal(err)
	}
	if got := w.Things[addr("account", "app")].Get("motto").Str(); got != "ours" {
		t.Errorf("the motto is %q", got)
	}
}

// A system is read again only when something was done since.
func TestASystemIsReadNoOftenerThanNeeded(t *testing.T) {
	w, p := made(t, true)
	clear(w.Reads)
	if _, err := run(w, p); err != nil {
		t.Fatal(err)
	}
	// Before all; the database behind its lock; the host again before the database and before the release, which refer to it.
	for system, want := range map[string]int{"workspace": 3, "host.main/db": 2} {
		if w.Reads[system] != want {
			t.Errorf("%s was read %d times, want %d", system, w.Reads[system], want)
		}
	}
}

// A plan is for one place: another one that looks the same is refused before
// anything is compared.
func TestAPlanForAnotherPlaceIsRefused(t *testing.T) {
	w := fake.New()
	w.Place = "workspace https://a"
	p := makePlan(t, w, env())
	w.Place = "workspace https://b"
	result, err := run(w, p)
	var where *resource.Elsewhere
	if !errors.As(err, &where) || where.Was != "workspace https://a" || where.Is != "workspace https://b" {
		t.Fatalf("error %v", err)
	}
	if len(w.Log) > 0 || len(result.NotStarted) != len(p.Steps) {
		t.Errorf("it ran %v", w.Log)
	}
}

// A branch that was made anew under its name is another one, though the plan
// is about what stands in it only.
func TestAPlanIsBoundToTheHostOfItsDatabases(t *testing.T) {
	w, p := made(t, false)
	for _, s := range p.Steps {
		s.Reads = nil
	}
	w.Identities[addr("host", "main")] = "2"
	before := len(w.Log)
	if _, err := run(w, p); err == nil || !strings.Contains(err.Error(), "host.main is another thing of the same name") || len(w.Log) != before {
		t.Errorf("error %v, and it ran %v", err, w.Log[before:])
	}
}
