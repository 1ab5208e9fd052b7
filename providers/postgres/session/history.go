package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// atWork is whether somebody has the environment's lock, which $1 names: only
// then a run that is not over is at work; else it was cut off.
const atWork = `EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND l.classid = (($1::bigint >> 32) & 4294967295)::oid AND l.objid = ($1::bigint & 4294967295)::oid)`

const runSQL = `SELECT r.id, r.plan, r.destroy, r.who, r.host, r.command, r.commit, r.dirty, r.version, r.started, r.ended,
  CASE WHEN r.outcome = 'running' AND NOT ` + atWork + ` THEN 'in doubt' ELSE r.outcome END,
  (SELECT jsonb_object_agg(c.action, c.n) FROM (SELECT c.action, count(*) AS n FROM tellr.change c
   WHERE c.environment = r.environment AND c.run = r.id GROUP BY c.action) c)
FROM tellr.run r WHERE r.environment = $2`

// History gives the last runs of an environment, the latest first.
func History(ctx context.Context, conn *pgx.Conn, environment string, limit int) ([]resource.Run, error) {
	if there, err := readable(ctx, conn); err != nil || !there {
		return nil, err
	}
	most := any(limit)
	if limit == 0 {
		most = nil
	}
	return runs(ctx, conn, environment, runSQL+" ORDER BY r.started DESC, r.id DESC LIMIT $3", most)
}

// RunsOf gives those runs in full whose ID begins so; one alone, if it is its
// whole ID.
func RunsOf(ctx context.Context, conn *pgx.Conn, environment, id string) ([]resource.Run, error) {
	if there, err := readable(ctx, conn); err != nil || !there {
		return nil, err
	}
	out, err := runs(ctx, conn, environment, runSQL+" AND starts_with(r.id, $3) ORDER BY r.id <> $3, r.started DESC", id)
	if err != nil {
		return nil, err
	}
	if len(out) > 0 && out[0].ID == id {
		out = out[:1]
	}
	for i := range out {
		if err := complete(ctx, conn, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readable tells whether there is a ledger that has runs of several stages.
func readable(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var there bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('tellr.version') IS NOT NULL").Scan(&there); err != nil || !there {
		return false, historyError(err)
	}
	var version int
	var maker string
	err := conn.QueryRow(ctx, "SELECT v.version, coalesce(to_jsonb(v)->>'tellr', '') FROM tellr.version v ORDER BY v.version DESC LIMIT 1").Scan(&version, &maker)
	switch {
	case err != nil:
		return false, historyError(err)
	case version > catalog.LedgerVersion:
		return false, catalog.LedgerTooNew(version, maker)
	case version < catalog.LedgerVersion:
		return false, &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger is of an older tellr", Cure: "the next tellr apply that changes something brings it forward",
			Detail: fmt.Sprintf("it has version %d, and its history can be read from version %d on", version, catalog.LedgerVersion)}
	}
	return true, nil
}

func historyError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger cannot be read", Detail: serverSays(pg), Cure: ledgerCure, Err: err}
	}
	return err
}

func runs(ctx context.Context, conn *pgx.Conn, environment, query string, last any) ([]resource.Run, error) {
	rows, err := conn.Query(ctx, query, catalog.LockKey(environment), environment, last)
	if err != nil {
		return nil, historyError(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (resource.Run, error) {
		r := resource.Run{Environment: environment}
		var ended *time.Time
		err := row.Scan(&r.ID, &r.Plan, &r.Destroy, &r.Who, &r.Host, &r.Command, &r.Commit, &r.Dirty, &r.Version, &r.Started, &ended, &r.Outcome, &r.Changed)
		r.Started = r.Started.UTC()
		if ended != nil {
			r.Ended = ended.UTC()
		}
		return r, err
	})
	return out, historyError(err)
}

const stepsSQL = `SELECT s.n, s.id, s.address, s.title, s.action, s.stage, s.system, s.statements, s.call, s.started, s.ended,
  CASE WHEN s.outcome = 'running' AND $3 THEN 'in doubt' ELSE s.outcome END, coalesce(s.error, ''), s.lost
FROM tellr.step s WHERE s.environment = $1 AND s.run = $2 ORDER BY s.n`

const changesSQL = `SELECT c.address, c.action, c.before, c.after, c.moved, c.partial
FROM tellr.change c WHERE c.environment = $1 AND c.run = $2 ORDER BY c.address`

// complete reads the steps and changes of a run.
func complete(ctx context.Context, conn *pgx.Conn, r *resource.Run) error {
	rows, err := conn.Query(ctx, stepsSQL, r.Environment, r.ID, r.Outcome == resource.InDoubt)
	if err != nil {
		return historyError(err)
	}
	r.Steps, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (resource.RunStep, error) {
		var s resource.RunStep
		var address string
		var started, ended *time.Time
		err := row.Scan(&s.N, &s.ID, &address, &s.Title, &s.Action, &s.Stage, &s.System, &s.Statements, &s.Call, &started, &ended, &s.Outcome, &s.Error, &s.Lost)
		if err == nil {
			err = s.Address.UnmarshalText([]byte(address))
		}
		if started != nil {
			s.Started = started.UTC()
		}
		if ended != nil {
			s.Ended = ended.UTC()
		}
		return s, err
	})
	if err != nil {
		return historyError(err)
	}
	rows, err = conn.Query(ctx, changesSQL, r.Environment, r.ID)
	if err != nil {
		return historyError(err)
	}
	r.Changes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (resource.RunChange, error) {
		var c resource.RunChange
		var address string
		var before, after []byte
		err := row.Scan(&address, &c.Action, &before, &after, &c.Moved, &c.Partial)
		if err == nil {
			err = c.Address.UnmarshalText([]byte(address))
		}
		if before != nil {
			c.Before = resource.RememberedText(before)
		}
		if after != nil {
			c.After = resource.RememberedText(after)
		}
		return c, err
	})
	return historyError(err)
}
