package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/tellr-dev/tellr/engine/resource"
)

// ReadRequest says what to read of the world.
type ReadRequest struct {
	Environment string
	Desired     []*resource.Resource
	Moved       []resource.Moved
	Providers   []resource.Provider
	Services    resource.Services
	Emit        resource.Emit // may be nil
}

// Read takes one snapshot of each system that the desired things stand in:
// first the workspaces, side by side, then the databases that stand in them.
// Snapshots come in the order of their system's names.
func Read(ctx context.Context, req ReadRequest) ([]*resource.Snapshot, resource.Diagnostics) {
	scopes, ds := Scopes(req.Environment, req.Desired, req.Providers)
	if ds.HasErrors() {
		return nil, ds
	}
	svc := WithEndpoints(req.Services, req.Providers, scopes)
	workspaces, databases := split(scopes)
	snaps, err := readAll(ctx, req, svc, workspaces)
	if err != nil {
		return nil, append(ds, diagnose(err)...)
	}
	fillScopes(databases, req.Desired, snaps)
	for i := range databases {
		databases[i].Moved = req.Moved
	}
	dbs, err := readAll(ctx, req, svc, databases)
	if err != nil {
		return nil, append(ds, diagnose(err)...)
	}
	// What the ledgers remember of the workspace and no file declares any more
	// is read in a second go: only the ledgers know of it.
	left, err := leftovers(req, dbs)
	if err != nil {
		return nil, append(ds, diagnose(err)...)
	}
	if len(left) > 0 {
		more, mds := Scopes(req.Environment, append(slices.Clone(req.Desired), left...), req.Providers)
		ds = append(ds, mds...)
		again, _ := split(more)
		snaps, err = readAll(ctx, req, WithEndpoints(req.Services, req.Providers, more), again)
		if err != nil {
			return nil, append(ds, diagnose(err)...)
		}
	}
	return append(snaps, dbs...), ds
}

// Scopes asks every provider what it would read, and orders the answers:
// workspaces before databases, then by name.
func Scopes(environment string, desired []*resource.Resource, providers []resource.Provider) ([]resource.Scope, resource.Diagnostics) {
	var scopes []resource.Scope
	var ds resource.Diagnostics
	for _, p := range providers {
		s, d := p.Scopes(environment, desired)
		scopes, ds = append(scopes, s...), append(ds, d...)
	}
	slices.SortStableFunc(scopes, func(a, b resource.Scope) int { return compareSystems(a.System, b.System) })
	return scopes, ds
}

// Reread takes the snapshots of recorded scopes again.
func Reread(ctx context.Context, scopes []resource.Scope, providers []resource.Provider, svc resource.Services, emit resource.Emit) ([]*resource.Snapshot, error) {
	workspaces, databases := split(scopes)
	req := ReadRequest{Providers: providers, Services: svc, Emit: emit}
	svc = WithEndpoints(svc, providers, scopes)
	snaps, err := readAll(ctx, req, svc, workspaces)
	if err != nil {
		return nil, err
	}
	dbs, err := readAll(ctx, req, svc, databases)
	if err != nil {
		return nil, err
	}
	return append(snaps, dbs...), nil
}

func compareSystems(a, b resource.System) int {
	switch {
	case a.Host.IsZero() != b.Host.IsZero():
		if a.Host.IsZero() {
			return -1
		}
		return 1
	case a.Name < b.Name:
		return -1
	case a.Name > b.Name:
		return 1
	default:
		return 0
	}
}

func split(scopes []resource.Scope) (workspaces, databases []resource.Scope) {
	for _, s := range scopes {
		if s.System.Host.IsZero() {
			workspaces = append(workspaces, s)
		} else {
			databases = append(databases, s)
		}
	}
	return workspaces, databases
}

func readAll(ctx context.Context, req ReadRequest, svc resource.Services, scopes []resource.Scope) ([]*resource.Snapshot, error) {
	emit := req.Emit
	if emit == nil {
		emit = func(resource.Event) {}
	}
	out := make([]*resource.Snapshot, len(scopes))
	errs := make([]error, len(scopes))
	var group errgroup.Group
	for i, scope := range scopes {
		p := provider(req.Providers, scope.System.Provider)
		group.Go(func() error {
			emit(resource.Event{Kind: resource.ReadStarted, System: scope.System.Name})
			out[i], errs[i] = p.Read(ctx, scope, svc)
			emit(resource.Event{Kind: resource.ReadDone, System: scope.System.Name, Err: errs[i]})
			return nil
		})
	}
	_ = group.Wait() // each error is kept in errs, so that all are reported
	return out, errors.Join(errs...)
}

func provider(all []resource.Provider, name string) resource.Provider {
	i := slices.IndexFunc(all, func(p resource.Provider) bool { return p.Name() == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// fillScopes puts what the workspace already knows (the app's role) where a
// database looks for it.
func fillScopes(scopes []resource.Scope, desired []*resource.Resource, snaps []*resource.Snapshot) {
	w := newWorld(desired, snaps)
	for i := range scopes {
		for j := range scopes[i].Wanted {
			want := &scopes[i].Wanted[j]
			want.Locate = want.Locate.Fill(w.liveHole)
		}
	}
}

// leftovers are workspace things that a ledger remembers and no file declares.
func leftovers(req ReadRequest, dbs []*resource.Snapshot) ([]*resource.Resource, error) {
	declared := map[resource.Address]bool{}
	for _, r := range req.Desired {
		declared[r.Address] = true
	}
	kinds := map[string]*resource.Kind{}
	for _, p := range req.Providers {
		for _, k := range p.Kinds() {
			kinds[k.Name] = k
		}
	}
	var left []*resource.Resource
	for _, snap := range dbs {
		for _, e := range snap.Ledger {
			k := kinds[e.Address.Kind]
			if k != nil && k.Stage == resource.Workspace && !declared[e.Address] {
				declared[e.Address] = true
				attrs, err := e.Attrs.Value()
				if err != nil {
					return nil, fmt.Errorf("read the ledger: attributes of %s: %w", e.Address, err)
				}
				left = append(left, &resource.Resource{Address: e.Address, Kind: k, Attrs: attrs})
			}
		}
	}
	return left, nil
}

// diagnose turns joined errors into diagnostics, keeping those that already
// are.
func diagnose(err error) resource.Diagnostics {
	if err == nil {
		return nil
	}
	var ds resource.Diagnostics
	if errors.As(err, &ds) {
		if multi, ok := err.(interface{ Unwrap() []error }); !ok || len(multi.Unwrap()) == 1 {
			return ds
		}
	}
	if multi, ok := err.(interface{ Unwrap() []error }); ok {
		var out resource.Diagnostics
		for _, e := range multi.Unwrap() {
			out = append(out, diagnose(e)...)
		}
		return out
	}
	var d *resource.Diagnostic
	if errors.As(err, &d) {
		return resource.Diagnostics{d}
	}
	return resource.Diagnostics{{Severity: resource.Error, Summary: err.Error(), Err: err}}
}

// Diagnose turns any error into diagnostics.
func Diagnose(err error) resource.Diagnostics { return diagnose(err) }

// ReadScope takes one snapshot of a database by a scope that no desired thing
// need lead to. What the workspace knows is filled in first.
func ReadScope(ctx context.Context, req ReadRequest, scope resource.Scope) (*resource.Snapshot, resource.Diagnostics) {
	scopes, ds := Scopes(req.Environment, req.Desired, req.Providers)
	if ds.HasErrors() {
		return nil, ds
	}
	workspaces, _ := split(scopes)
	svc := WithEndpoints(req.Services, req.Providers, append(workspaces, scope))
	snaps, err := readAll(ctx, req, svc, workspaces)
	if err != nil {
		return nil, append(ds, diagnose(err)...)
	}
	one := []resource.Scope{scope}
	fillScopes(one, req.Desired, snaps)
	got, err := readAll(ctx, req, svc, one)
	if err != nil {
		return nil, append(ds, diagnose(err)...)
	}
	return got[0], ds
}
