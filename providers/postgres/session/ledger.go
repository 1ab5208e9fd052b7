package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// Ledger is a database's memory in the hands of one run.
type Ledger struct{ *hold }

var _ resource.Ledger = (*Ledger)(nil)

// Hold takes the environment's lock on a connection that dial makes, and makes
// again where it was lost.
func Hold(ctx context.Context, dial func(context.Context) (*pgx.Conn, error), scope resource.Scope, o Options) (*Ledger, error) {
	h, err := takeHold(ctx, dial, scope, o)
	if err != nil {
		return nil, err
	}
	return &Ledger{h}, nil
}

// Close implements [resource.Ledger].
func (l *Ledger) Close() { l.release() }

// errAtWork: a ledger is written by the transaction that is open, if one is.
var errAtWork = errors.New("the ledger is written in the transaction that is open, not beside it")

// Write implements [resource.Ledger].
func (l *Ledger) Write(ctx context.Context, m resource.Memory) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for again := false; ; again = true {
		if err := l.retake(ctx); err != nil {
			return false, err
		}
		if l.conn.PgConn().TxStatus() != 'I' {
			return false, errAtWork
		}
		written, err := l.write(ctx, m)
		if err == nil || again || !l.conn.IsClosed() || ctx.Err() != nil {
			return written, err
		}
		// The connection was lost; to write the same twice is to write it once.
	}
}

func (l *Ledger) write(ctx context.Context, m resource.Memory) (bool, error) {
	if len(m.Entries) == 0 {
		var there bool
		if err := l.conn.QueryRow(ctx, "SELECT to_regclass('tellr.version') IS NOT NULL").Scan(&there); err != nil || !there {
			return false, err // a failure leaves no ledger behind where there was none
		}
	}
	if _, err := l.exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"); err != nil {
		return false, ledgerError(err)
	}
	if err := l.put(ctx, m); err != nil {
		l.rollback(ctx)
		return false, err
	}
	_, err := l.exec(ctx, "COMMIT")
	return err == nil, err
}

// mayRecord finds out before the work whether the ledger can be written after
// it.
func (h *hold) mayRecord(ctx context.Context) error {
	var may, there bool
	err := h.conn.QueryRow(ctx, `SELECT coalesce((SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'tellr'),
		has_database_privilege(current_database(), 'CREATE')),
		EXISTS (SELECT FROM pg_class c WHERE c.relname = 'version' AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'tellr'))`).
		Scan(&may, &there)
	if err != nil {
		return err
	}
	me := sqltext.Ident(h.conn.Config().User)
	if !may {
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger cannot be written, so nothing is changed",
			Detail: me + " may neither use schema tellr nor make one", Cure: ledgerCure}
	}
	if !there {
		return nil
	}
	var version int
	var maker, missing, owner string
	var owns bool
	err = h.conn.QueryRow(ctx, `SELECT v.version, coalesce(to_jsonb(v)->>'tellr', ''),
		coalesce((SELECT string_agg(DISTINCT p.privilege, ', ') FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(privilege)
		  WHERE c.relnamespace = 'tellr'::regnamespace AND c.relkind = 'r' AND NOT has_table_privilege(c.oid, p.privilege)), ''),
		pg_get_userbyid(c.relowner), pg_has_role(c.relowner, 'USAGE')
		FROM tellr.version v, pg_class c WHERE c.oid = 'tellr.version'::regclass ORDER BY v.version DESC LIMIT 1`).
		Scan(&version, &maker, &missing, &owner, &owns)
	switch {
	case err != nil:
		return ledgerError(err)
	case version > catalog.LedgerVersion:
		return catalog.LedgerTooNew(version, maker)
	case missing != "":
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger cannot be written, so nothing is changed",
			Detail: me + " lacks " + missing + " on tables of schema tellr, which are those of " + sqltext.Ident(owner), Cure: ledgerCure}
	case version < catalog.LedgerVersion && !owns:
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger is of an older tellr, so nothing is changed",
			Detail: fmt.Sprintf("it has version %d and is to have %d, and its tables are those of %s, which %s is not a member of", version, catalog.LedgerVersion, sqltext.Ident(owner), me),
			Cure:   "let " + sqltext.Ident(owner) + " run tellr apply of this version once; who may use the ledger today, may use it then"}
	}
	return nil
}

func ledgerError(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	d := &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger cannot be written, so nothing was changed", Detail: serverSays(pg), Err: pg}
	if pg.Code == "42501" {
		d.Cure = ledgerCure
	}
	return d
}

const ledgerCure = "the ledger is schema tellr of this database: the database's owner runs GRANT CREATE ON DATABASE … TO you, " +
	"or, where another role made it, that role runs GRANT USAGE ON SCHEMA tellr TO you and " +
	"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tellr TO you"
