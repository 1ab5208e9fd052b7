package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

// imported writes all that stands in a database as declarations.
func imported(t *testing.T, w *workspace, what resource.ImportWhat) string {
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
	for _, d := range ds {
		t.Log(d)
	}
	var b strings.Builder
	for _, file := range config.Layout(found, "all.hcl") {
		b.Write(file.Text)
	}
	return b.String()
}

// importCase imports a database into an environment of its own, which then plans nothing.
func importCase(t *testing.T, w *workspace) {
	t.Helper()
	hcl := imported(t, w, resource.ImportWhat{})
	formatted, ds := config.Format([]byte(hcl), "all.hcl")
	if ds.HasErrors() || string(formatted) != hcl {
		t.Errorf("what is imported is not formatted: %v", ds)
	}
	p, ds := buildAs(t, "imported", w, load(t, hcl), false)
	if !p.Empty() || len(ds) > 0 {
		t.Errorf("a plan after import is not empty:\n%s\n%v\nthe import:\n%s", show(p), ds, hcl)
	}
}
