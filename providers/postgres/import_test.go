package postgres_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

// imported writes all that stands in a database as declarations.
func imported(t *testing.T, w *workspace, what resource.ImportWhat) string {
	t.Helper()
	hcl, _ := importedAs(t, w, what)
	return hcl
}

// importedAs tells what cannot be said, too.
func importedAs(t *testing.T, w *workspace, what resource.ImportWhat) (string, resource.Diagnostics) {
	t.Helper()
	provider := postgres.New()
	desired := load(t, "")
	host := resource.Address{Kind: "instance", Name: "main"}
	scope, ds := provider.ImportScope("imported", host, what, desired)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	snap, ds := plan.ReadScope(context.Background(), plan.ReadRequest{
		Environment: "imported", Desired: desired, Providers: []resource.Provider{w, provider},
	}, scope)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	found, ds := provider.Declare(snap)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	var b strings.Builder
	for _, file := range config.Layout(found, "all.hcl") {
		b.Write(file.Text)
	}
	return b.String(), ds
}

// importCase imports a database into an environment of its own, which then plans nothing; and privileges that are
// imported are made again in an empty database, where there is nothing that cannot be said.
func importCase(t *testing.T, w *workspace, database func(*testing.T) string) {
	t.Helper()
	hcl, unsaid := importedAs(t, w, resource.ImportWhat{})
	formatted, ds := config.Format([]byte(hcl), "all.hcl")
	if ds.HasErrors() || string(formatted) != hcl {
		t.Errorf("what is imported is not formatted: %v", ds)
	}
	p, ds := buildAs(t, "imported", w, load(t, hcl), false)
	if !p.Empty() || len(ds) > 0 {
		t.Errorf("a plan after import is not empty:\n%s\n%v\nthe import:\n%s", show(p), ds, hcl)
	}
	if len(unsaid) > 0 || !strings.Contains(t.Name(), "/grants_") { // TestPairs compares the other kinds
		return
	}
	fresh := database(t)
	if p, blocked := run(t, &workspace{dsn: fresh, clients: w.clients}, load(t, hcl), false); blocked {
		t.Errorf("what was imported cannot be made anew:\n%s", show(p))
		return
	}
	want, got := statements(t, w.dsn), statements(t, fresh)
	if !slices.Equal(want, got) { // the server prints some conditions in a form that it prints differently when it reads it
		restored := database(t)
		execute(t, restored, restorable(t, w.dsn))
		if diff := cmp.Diff(statements(t, restored), got); diff != "" {
			t.Errorf("what was imported makes something else (-there +made anew):\n%s\nthe import:\n%s", diff, hcl)
		}
	}
}
