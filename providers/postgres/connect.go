package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/session"
)

var _ resource.Provider = (*Provider)(nil)

// Read implements [resource.Provider]: one connection, one consistent snapshot.
func (p *Provider) Read(ctx context.Context, scope resource.Scope, svc resource.Services) (*resource.Snapshot, error) {
	conn, err := connect(ctx, scope, svc)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return &resource.Snapshot{Scope: scope, Absent: true}, nil
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	ask, err := p.asked(scope)
	if err != nil {
		return nil, err
	}
	snap, err := catalog.Read(ctx, conn, scope, ask)
	if err != nil {
		return nil, err
	}
	if wider, more := withFormerGrantees(scope, snap.Ledger); more {
		if snap, err = catalog.Read(ctx, conn, wider, ask); err != nil {
			return nil, err
		}
		snap.Scope = scope
	}
	for _, o := range snap.Objects {
		if o.Address.Kind == "table" {
			o.Attrs = plainIdentities(o.Attrs)
		}
	}
	return snap, nil
}

// connect reaches the database of a scope; nil if its host does not exist yet.
func connect(ctx context.Context, scope resource.Scope, svc resource.Services) (*pgx.Conn, error) {
	endpoint, err := svc.Endpoint(ctx, scope.System.Host, scope.System.Database)
	if err != nil || endpoint.Absent {
		return nil, err
	}
	return session.Connect(ctx, endpoint)
}

// withFormerGrantees adds to each grants block the roles that the ledger knows it granted to and that the files do not name
// any more: what these have must be seen to be revoked. They are few and seldom, so a second read is no loss.
func withFormerGrantees(scope resource.Scope, ledger []resource.Entry) (resource.Scope, bool) {
	former := map[resource.Address]resource.Value{}
	for _, e := range ledger {
		if e.Address.Kind == "grants" {
			if attrs, err := e.Attrs.Value(); err == nil { // what is not a value is told when it is compared
				former[e.Address] = attrs.Get("to")
			}
		}
	}
	wanted, more := slices.Clone(scope.Wanted), false
	for i, w := range wanted {
		to := w.Locate.Get("to").Items()
		if len(to) == 0 || former[w.Address].IsNull() {
			continue
		}
		all := slices.Clone(to)
		for _, f := range grantees(former[w.Address]) {
			if f.Str() != "" && !slices.ContainsFunc(to, f.Equal) {
				all, more = append(all, f), true
			}
		}
		wanted[i].Locate = w.Locate.With("to", resource.List(all...))
	}
	scope.Wanted = wanted
	return scope, more
}

// plainIdentities writes an identity without any option as words: in a comparison an empty object is like none at all.
func plainIdentities(attrs resource.Value) resource.Value {
	columns := attrs.Get("columns")
	for _, f := range columns.Fields() {
		if id := f.Value.Get("identity"); id.Kind() == resource.KindObject && len(id.Fields()) == 0 {
			columns = columns.With(f.Name, f.Value.With("identity", resource.String(identityByDefault)))
			attrs = attrs.With("columns", columns)
		}
	}
	return attrs
}

// Open implements [resource.Provider]. The scope's database must be there.
func (p *Provider) Open(ctx context.Context, scope resource.Scope, stage resource.Stage, svc resource.Services) (resource.Session, error) {
	conn, err := connect(ctx, scope, svc)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		var ds resource.Diagnostics
		ds.Errorf(nil, "the database of "+scope.System.Name+" is not there", "plan again", "its host %s does not exist", scope.System.Host)
		return nil, ds
	}
	s, err := session.Open(ctx, conn, scope, stage, session.Options{Plan: svc.Plan, Who: svc.Who, Version: svc.Version, Now: svc.Now, LockPatience: svc.LockTimeout})
	if err != nil {
		return nil, err // not the typed nil
	}
	return s, nil
}
