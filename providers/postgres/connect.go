package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/session"
)

var (
	_ resource.Provider = (*Provider)(nil)
	_ resource.Keeper   = (*Provider)(nil)
)

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
		scope.Identity = snap.Scope.Identity
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

// errNoHold: the engine opens a stage in what it holds.
var errNoHold = errors.New("a stage of a database is opened by who holds its ledger")

// Open implements [resource.Provider].
func (p *Provider) Open(ctx context.Context, _ resource.Scope, stage resource.Stage, svc resource.Services) (resource.Session, error) {
	if svc.Ledger == nil {
		return nil, errNoHold
	}
	return svc.Ledger.Open(ctx, stage)
}

// Hold implements [resource.Keeper].
func (p *Provider) Hold(ctx context.Context, scope resource.Scope, svc resource.Services) (resource.Ledger, error) {
	endpoint, err := svc.Endpoint(ctx, scope.System.Host, scope.System.Database)
	if err != nil || endpoint.Absent {
		return nil, err
	}
	dial := func(ctx context.Context) (*pgx.Conn, error) { return session.Connect(ctx, endpoint) }
	l, err := session.Hold(ctx, dial, scope, session.Options{Run: svc.Run, Now: svc.Now, LockPatience: svc.LockTimeout})
	if err != nil {
		return nil, err // not the typed nil
	}
	return l, nil
}

// visit does something on a connection of a database; nothing where its host
// does not exist yet.
func visit(ctx context.Context, scope resource.Scope, svc resource.Services, do func(*pgx.Conn) error) error {
	conn, err := connect(ctx, scope, svc)
	if err != nil || conn == nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return do(conn)
}

// History implements [resource.Keeper].
func (p *Provider) History(ctx context.Context, scope resource.Scope, limit int, svc resource.Services) (runs []resource.Run, err error) {
	err = visit(ctx, scope, svc, func(conn *pgx.Conn) (err error) {
		runs, err = session.History(ctx, conn, scope.Environment, limit)
		return err
	})
	return runs, err
}

// RunsOf implements [resource.Keeper].
func (p *Provider) RunsOf(ctx context.Context, scope resource.Scope, id string, svc resource.Services) (runs []resource.Run, err error) {
	err = visit(ctx, scope, svc, func(conn *pgx.Conn) (err error) {
		runs, err = session.RunsOf(ctx, conn, scope.Environment, id)
		return err
	})
	return runs, err
}

// Holder implements [resource.Keeper].
func (p *Provider) Holder(ctx context.Context, scope resource.Scope, svc resource.Services) (h *resource.Holder, err error) {
	err = visit(ctx, scope, svc, func(conn *pgx.Conn) (err error) {
		if h, err = session.HolderOf(ctx, conn, scope.Environment); h != nil {
			h.System = scope.System.Name
		}
		return err
	})
	return h, err
}

// Evict implements [resource.Keeper].
func (p *Provider) Evict(ctx context.Context, scope resource.Scope, holder resource.Holder, svc resource.Services) error {
	return visit(ctx, scope, svc, func(conn *pgx.Conn) error { return session.Evict(ctx, conn, holder) })
}
