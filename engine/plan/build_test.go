package plan_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/internal/fake"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

func addr(kind, name string) resource.Address { return resource.Address{Kind: kind, Name: name} }

// desired is an environment with all that matters: a hole (the account's id),
// a reference to a host, a part that comes late, and a table-like thing.
func desired() []*resource.Resource {
	return []*resource.Resource{
		fake.Make(fake.Box, "orders",
			resource.F("host", resource.Ref(addr("host", "main"))),
			resource.F("owner", resource.Unknown(resource.AttrRef{Address: addr("account", "app"), Attr: "id"})),
			resource.F("items", resource.Object(resource.F("a", resource.Object(resource.F("n", resource.Int(1))))))),
		fake.Make(fake.Account, "app",
			resource.F("name", resource.String("app")),
			resource.F("host", resource.Ref(addr("host", "main"))),
			resource.F("motto", resource.Template(resource.Part{Text: "at "}, resource.Part{Hole: &resource.Hole{Ref: resource.AttrRef{Address: addr("host", "main"), Attr: "address"}}}))),
		fake.Make(fake.Host, "main", resource.F("name", resource.String("main")), resource.F("size", resource.Int(2))),
	}
}

func build(t *testing.T, w *fake.World, want []*resource.Resource, change func(*plan.Request)) (*plan.Plan, resource.Diagnostics) {
	t.Helper()
	providers := []resource.Provider{w}
	snaps, ds := plan.Read(context.Background(), plan.ReadRequest{Environment: "test", Desired: want, Providers: providers})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	req := plan.Request{
		Environment: plan.Environment{Name: "test", File: "env.hcl"}, Desired: want,
		Providers: providers, Snapshots: snaps, Version: "test",
	}
	if change != nil {
		change(&req)
	}
	return plan.Build(req)
}

func mustBuild(t *testing.T, w *fake.World, want []*resource.Resource, change func(*plan.Request)) *plan.Plan {
	t.Helper()
	p, ds := build(t, w, want, change)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return p
}

func ids(p *plan.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.ID)
	}
	return out
}

func TestStepsFollowReferencesNotFileOrder(t *testing.T) {
	p := mustBuild(t, fake.New(), desired(), nil)
	if diff := cmp.Diff([]string{"host.main", "account.app", "box.orders", "account.app/late"}, ids(p)); diff != "" {
		t.Error(diff)
	}
	if got := p.Step("account.app").Needs; !slices.Equal(got, []string{"host.main"}) {
		t.Errorf("account.app needs %v", got)
	}
	if diff := cmp.Diff(plan.Summary{Create: 3}, p.Summary); diff != "" {
		t.Error(diff)
	}
}

func TestAHoleStaysUntilItsThingIsLive(t *testing.T) {
	w := fake.New()
	p := mustBuild(t, w, desired(), nil)
	if got := p.Step("box.orders").Reason; !strings.Contains(got, "account.app.id") {
		t.Errorf("the owner of a box on an empty world is %q, want a hole", got)
	}
	w.Things[addr("host", "main")] = resource.Object(resource.F("name", resource.String("main")), resource.F("size", resource.Int(2)), resource.F("address", resource.String("h")))
	w.Things[addr("account", "app")] = resource.Object(resource.F("name", resource.String("app")), resource.F("id", resource.String("u1")),
		resource.F("host", resource.Ref(addr("host", "main"))), resource.F("motto", resource.String("at h")))
	p = mustBuild(t, w, desired(), nil)
	if diff := cmp.Diff([]string{"host.main/adopt", "account.app/adopt", "box.orders"}, ids(p)); diff != "" {
		t.Error(diff)
	}
	if got := p.Step("box.orders").Reason; got != `for "u1"` {
		t.Errorf("the owner of a box is %s", got)
	}
}

func TestAReplacedThingIsUnknownAgain(t *testing.T) {
	w := fake.New()
	w.Things[addr("host", "main")] = resource.Object(resource.F("name", resource.String("old")), resource.F("address", resource.String("h")))
	w.Things[addr("account", "app")] = resource.Object(resource.F("name", resource.String("app")), resource.F("motto", resource.String("at h")),
		resource.F("host", resource.Ref(addr("host", "main"))), resource.F("id", resource.String("u1")))
	p := mustBuild(t, w, desired(), nil)
	if p.Step("host.main").Action != resource.Replace {
		t.Fatalf("host.main is %s, want replace", p.Step("host.main").Action)
	}
	if b := p.Step("host.main").Blocked; b == nil || len(b.Allow) != 1 || b.Allow[0].Name != "host.main" {
		t.Errorf("replacing a host is blocked by %+v", b)
	}
	if got := p.Step("account.app/late").Call.Body.Show(); !strings.Contains(got, "host.main.address") {
		t.Errorf("the motto is %s although its host is replaced", got)
	}
}

func TestAReplacedHostStartsEmpty(t *testing.T) {
	w := fake.New()
	applyAll(t, w, desired())
	other := desired()
	other[2] = fake.Make(fake.Host, "main", resource.F("name", resource.String("other")))
	p := mustBuild(t, w, other, func(r *plan.Request) { r.Allow = []string{"host.main"} })
	if s := p.Step("box.orders"); s == nil || s.Action != resource.Create {
		t.Errorf("the box that went with its host is not made anew: %v", ids(p))
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	a, b := mustBuild(t, fake.New(), desired(), nil), mustBuild(t, fake.New(), desired(), func(r *plan.Request) {
		r.Meta = plan.Meta{Created: "2026-01-02T03:04:05Z", By: "somebody"}
	})
	if a.SHA256 != b.SHA256 || a.SHA256 == "" {
		t.Errorf("hashes %s and %s", a.SHA256, b.SHA256)
	}
	reversed := desired()
	slices.Reverse(reversed)
	// Another order of the files is another plan only in the order of things
	// that nothing orders; here everything is ordered by references.
	if c := mustBuild(t, fake.New(), reversed, nil); !slices.Equal(ids(a), ids(c)) {
		t.Errorf("%v and %v", ids(a), ids(c))
	}
}

func TestDestroyedDataIsBlockedUntilNamed(t *testing.T) {
	w := fake.New()
	full := desired()
	applyAll(t, w, full)
	var box *resource.Resource
	for _, r := range full {
		if r.Kind == fake.Box {
			box = r
		}
	}
	less := fake.Make(fake.Box, "orders", resource.F("host", box.Attrs.Get("host")), resource.F("owner", box.Attrs.Get("owner")))
	want := []*resource.Resource{less, full[1], full[2]}
	p := mustBuild(t, w, want, nil)
	s := p.Step("box.orders")
	if s.Blocked == nil || len(s.Blocked.Allow) != 1 || s.Blocked.Allow[0].Name != "box.orders.items.a" || p.Summary.Blocked != 1 {
		t.Fatalf("blocked is %+v, summary %+v", s.Blocked, p.Summary)
	}
	p = mustBuild(t, w, want, func(r *plan.Request) { r.Allow = []string{"box.orders.items.a"} })
	if p.Step("box.orders").Blocked != nil {
		t.Error("it is blocked although it was named")
	}
	_, ds := build(t, w, want, func(r *plan.Request) { r.Allow = []string{"box.order"} })
	if !ds.HasErrors() || !strings.Contains(ds.Error(), "box.orders.items.a") {
		t.Errorf("a permission for nothing gives %v", ds)
	}
}

func TestWhatTheFilesNoLongerHaveGoes(t *testing.T) {
	w := fake.New()
	full := desired()
	applyAll(t, w, full)
	p := mustBuild(t, w, []*resource.Resource{full[2], fake.Make(fake.Box, "other", resource.F("host", resource.Ref(addr("host", "main"))))}, nil)
	want := []string{"box.other", "box.orders", "account.app"}
	got := ids(p)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if b := p.Step("box.orders").Blocked; b == nil || len(b.Allow) != 1 || b.Allow[0].Name != "box.orders" {
		t.Errorf("dropping a box is blocked by %+v", b)
	}
	if b := p.Step("account.app").Blocked; b != nil {
		t.Errorf("an account holds no data, yet it is blocked: %+v", b)
	}
	// A lost ledger never leads to a drop.
	w.Ledger = nil
	p = mustBuild(t, w, []*resource.Resource{full[2]}, nil)
	if !p.Empty() {
		t.Errorf("without a ledger the plan is %v", ids(p))
	}
}

func TestDriftIsToldFromConfiguration(t *testing.T) {
	w := fake.New()
	applyAll(t, w, desired())
	w.Things[addr("host", "main")] = w.Things[addr("host", "main")].With("size", resource.Int(9))
	if c := mustBuild(t, w, desired(), nil).Step("host.main").Cause; c != resource.CauseDrift {
		t.Errorf("someone else changed the size: %s", c)
	}
	bigger := desired()
	bigger[2] = fake.Make(fake.Host, "main", resource.F("name", resource.String("main")), resource.F("size", resource.Int(4)))
	if c := mustBuild(t, w, bigger, nil).Step("host.main").Cause; c != resource.CauseBoth {
		t.Errorf("both changed the size: %s", c)
	}
	w.Things[addr("host", "main")] = w.Things[addr("host", "main")].With("size", resource.Int(2))
	if c := mustBuild(t, w, bigger, nil).Step("host.main").Cause; c != resource.CauseConfig {
		t.Errorf("the files changed the size: %s", c)
	}
	delete(w.Things, addr("box", "orders"))
	if s := mustBuild(t, w, desired(), nil).Step("box.orders"); s.Cause != resource.CauseDrift || s.Action != resource.Create {
		t.Errorf("someone deleted the box: %s %s", s.Action, s.Cause)
	}
}

func TestDestroyTellsWhatGoesWithAHost(t *testing.T) {
	w := fake.New()
	applyAll(t, w, desired())
	p := mustBuild(t, w, desired(), func(r *plan.Request) { r.Destroy = true })
	if diff := cmp.Diff([]string{"account.app", "host.main"}, ids(p)); diff != "" {
		t.Error(diff)
	}
	if needs := p.Step("host.main").Needs; !slices.Equal(needs, []string{"account.app"}) {
		t.Errorf("the host goes after %v, want the account that uses it", needs)
	}
	if s := p.Step("host.main"); s.Blocked == nil || !strings.Contains(s.Reason, "1 box, about 7 rows") {
		t.Errorf("the host goes: %q, %+v", s.Reason, s.Blocked)
	}
}

func TestAPlanFileIsRefusedUnlessItIsWhole(t *testing.T) {
	p := mustBuild(t, fake.New(), desired(), nil)
	data, err := plan.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	back, err := plan.Encode(again)
	if err != nil || string(back) != string(data) {
		t.Fatalf("a plan that is read and written is another one: %v\n%s", err, cmp.Diff(string(data), string(back)))
	}
	bad := map[string][]byte{
		"cut":      data[:len(data)/2],
		"edited":   []byte(strings.Replace(string(data), "create host", "delete host", 1)),
		"format 2": []byte(strings.Replace(string(data), `"format": 1`, `"format": 2`, 1)),
		"field":    []byte(strings.Replace(string(data), `"format": 1`, `"format": 1, "extra": 1`, 1)),
		"empty":    nil,
	}
	for name, data := range bad {
		if _, err := plan.Decode(data); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
	if os.Getenv("SHOW") != "" {
		t.Logf("%s", data)
	}
}

// What the server keeps in other words than the files is not taken for a
// change of the files when it moves.
func TestTheSameFilesCannotBeTheCause(t *testing.T) {
	w := fake.New()
	applyAll(t, w, desired())
	for i := range w.Ledger {
		attrs, err := w.Ledger[i].Attrs.Value()
		if err != nil {
			t.Fatal(err)
		}
		w.Ledger[i].Attrs = resource.Remember(attrs.With("size", resource.Int(77))) // as it was before it was canonical
	}
	w.Things[addr("host", "main")] = w.Things[addr("host", "main")].With("size", resource.Int(9))
	if c := mustBuild(t, w, desired(), nil).Step("host.main").Cause; c != resource.CauseDrift {
		t.Errorf("the files are the same, yet the cause is %s", c)
	}
}
