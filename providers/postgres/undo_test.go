package postgres_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

var (
	undoEvery    = flag.Int("undo", 0, "take back the run of one pair in N; 0 of none")
	reverseEvery = flag.Int("reverse", 10, "run the reverse statements of one pair in N; 0 of none")
	reversals    atomic.Int64
)

// takeBack plans the way back to before the last run, and runs it unless it is blocked by more than the care for data.
func takeBack(t *testing.T, w *workspace, desired []*resource.Resource) (p *plan.Plan, blocked bool) {
	t.Helper()
	ctx := context.Background()
	providers := []resource.Provider{w, postgres.New()}
	scopes, ds := plan.Scopes("test", desired, providers)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	svc := plan.WithEndpoints(resource.Services{}, providers, scopes)
	runs, err := ledger.History(ctx, scopes, providers, svc, 1)
	if err != nil || len(runs) == 0 {
		t.Fatal("no run to take back: ", err)
	}
	if runs, err = ledger.Find(ctx, scopes, providers, svc, runs[0].ID); err != nil {
		t.Fatal(err)
	}
	back, err := plan.Reverse(runs)
	if err != nil {
		t.Fatal(err)
	}
	then, ds := back.Desired(desired, providers, scopes)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	snaps, ds := plan.Read(ctx, plan.ReadRequest{Environment: "test", Desired: then, Providers: providers})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	build := func(allow ...string) *plan.Plan {
		p, ds := plan.Build(plan.Request{
			Environment: plan.Environment{Name: "test", File: "test.hcl"}, Desired: then, Providers: providers,
			Snapshots: snaps, Version: "test", Undo: back, Allow: allow,
		})
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		return p
	}
	p = build()
	var allow []string
	for _, s := range p.Steps {
		switch {
		case s.Blocked != nil && (!s.Destroys || len(s.Blocked.Allow) == 0):
			return p, true
		case s.Destroys && !slices.Contains(allow, s.Guard()):
			allow = append(allow, s.Guard())
		}
	}
	p = build(allow...)
	if _, err := apply.Run(ctx, apply.Request{Plan: p, Providers: providers}); err != nil {
		t.Fatalf("take back: %v\n%s", err, show(p))
	}
	return p, false
}

// unaccounted are the steps that neither say how to go back nor why nobody can.
func unaccounted(p *plan.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		if (len(s.Undo) == 0) == (s.NoUndo == "") && !s.Action.OnlyLedger() {
			out = append(out, s.ID)
		}
	}
	return out
}

// reversed runs the reverse statements of a plan that was applied, from the last step to the first, and expects the old
// state. A plan with a step that has none is left alone.
func (p pair) reversed(t *testing.T, done *plan.Plan, dsn string, old []string) {
	t.Helper()
	var back []string
	for _, s := range slices.Backward(done.Steps) {
		if s.NoUndo != "" {
			return
		}
		for _, sql := range s.Undo {
			back = append(back, sql.String())
		}
	}
	reversals.Add(1)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // it is of no use any more
	for _, sql := range append([]string{"SET search_path = pg_catalog"}, back...) {
		if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Errorf("reverse statement: %v\n%s\nthe plan:\n%s", err, sql, show(done))
			return
		}
	}
	if diff := cmp.Diff(old, statements(t, dsn)); diff != "" {
		t.Errorf("reversed, it is not as it was (-old +now):\n%s\nthe plan:\n%s", diff, show(done))
	}
}

// undone takes a pair's run back, and expects the old state.
func (p pair) undone(t *testing.T, w *workspace, desired []*resource.Resource, old []string) {
	t.Helper()
	back, blocked := takeBack(t, w, desired)
	if text := show(back); blocked || p.oneWay != "" {
		switch {
		case p.oneWay != "" && !(blocked && strings.Contains(text, p.oneWay)), p.oneWay == "" && p.always():
			t.Errorf("the way back is blocked: %v, with %q:\n%s", blocked, p.oneWay, text)
		case blocked:
			t.Logf("the way back is blocked:\n%s", text)
		}
		return
	}
	now := statements(t, w.dsn)
	for _, n := range back.Notes { // a value that stays in an enum
		if _, label, stays := strings.Cut(n.Summary, " in enum."); stays {
			enum := func(s string) bool {
				return strings.HasPrefix(s, "CREATE TYPE ") && strings.Contains(s, "."+label+" AS ENUM")
			}
			old, now = slices.DeleteFunc(old, enum), slices.DeleteFunc(now, enum)
		}
	}
	if diff := cmp.Diff(old, now); diff != "" {
		t.Errorf("taken back, it is not as it was (-old +now):\n%s\nthe way back:\n%s\nnotes: %v", diff, show(back), back.Notes)
	}
}
