package plan_test

import (
	"context"
	"testing"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/internal/fake"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// applyAll brings the world to where the things are desired, and checks that
// nothing is left to do.
func applyAll(t *testing.T, w *fake.World, want []*resource.Resource) {
	t.Helper()
	p := mustBuild(t, w, want, nil)
	if _, err := applyPlan(w, p); err != nil {
		t.Fatal(err)
	}
	if p := mustBuild(t, w, want, nil); !p.Idle() {
		for _, s := range p.Steps {
			for _, c := range s.Changes {
				t.Logf("%s %s: %s -> %s", s.ID, c.Path, c.Live.Show(), c.Desired.Show())
			}
		}
		t.Fatalf("after an apply there is left: %v", ids(p))
	}
}

func applyPlan(w *fake.World, p *plan.Plan) (*apply.Result, error) {
	return apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w}})
}
