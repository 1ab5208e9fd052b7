package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// lock takes the environment's lock on the connection, which holds it until it
// closes. It is tried in a poll: who waits in the server may keep others from
// their work (a concurrent index build waits for every open transaction).
func lock(ctx context.Context, conn *pgx.Conn, environment string, patience time.Duration, o Options) error {
	key := catalog.LockKey(environment)
	start := o.Now()
	for n := 1; ; n++ {
		var got bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&got); err != nil {
			return fmt.Errorf("take the apply lock: %w", err)
		}
		if got {
			return nil
		}
		if o.Now().Sub(start) >= patience {
			return lockedBy(ctx, conn, environment)
		}
		if err := o.Sleep(ctx, backoff(n, time.Second)); err != nil {
			return err
		}
	}
}

// lockedBy says who holds the lock, since when and from where, as far as the
// server tells.
func lockedBy(ctx context.Context, conn *pgx.Conn, environment string) error {
	d := &resource.Diagnostic{Severity: resource.Error, Summary: "another apply is at work in environment " + environment, Err: resource.ErrLocked,
		Cure: "wait until it ends, for instance with --lock-timeout 10m; its lock ends with its process (if that is gone for good: tellr unlock)"}
	switch h, err := HolderOf(ctx, conn, environment); {
	case err != nil:
		d.Detail = "the server does not tell who holds the lock: " + err.Error()
	case h == nil:
		d.Detail = "it ended just now"
	default:
		d.Detail = h.String()
	}
	return d
}

// holderSQL finds the lock, which everybody may see, and what is known of its
// session, of which a role that is neither its own nor pg_read_all_stats sees
// little more than the name.
const holderSQL = `SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(host(a.client_addr), ''),
  coalesce(extract(epoch FROM clock_timestamp() - a.backend_start)::float8, 0),
  coalesce(extract(epoch FROM clock_timestamp() - CASE WHEN a.state = 'active' THEN clock_timestamp() ELSE a.state_change END)::float8, -1)
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND l.classid = (($1::bigint >> 32) & 4294967295)::oid AND l.objid = ($1::bigint & 4294967295)::oid`

// doingSQL is the run that has the lock, which is the last that is not over,
// and its last step.
const doingSQL = `SELECT r.id, r.plan, r.destroy, r.who, r.host, r.login, r.command, r.commit, r.dirty, r.version, r.started,
  extract(epoch FROM clock_timestamp() - r.started)::float8, extract(epoch FROM clock_timestamp() - r.seen)::float8,
  coalesce((SELECT s.address || ': ' || s.title FROM tellr.step s WHERE s.environment = r.environment AND s.run = r.id
            ORDER BY s.started DESC NULLS LAST LIMIT 1), '')
FROM tellr.run r WHERE r.environment = $1 AND r.outcome = 'running' ORDER BY r.started DESC LIMIT 1`

// HolderOf says who holds an environment's lock; nil if nobody does. What the
// ledger knows is added where it may be read.
func HolderOf(ctx context.Context, conn *pgx.Conn, environment string) (*resource.Holder, error) {
	h := &resource.Holder{Environment: environment}
	var age, quiet float64
	err := conn.QueryRow(ctx, holderSQL, catalog.LockKey(environment)).Scan(&h.Session, &h.Name, &h.Login, &h.Address, &age, &quiet)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h.Age, h.Quiet = seconds(age), seconds(quiet)
	run := &resource.Run{Environment: environment, Outcome: resource.Running}
	err = conn.QueryRow(ctx, doingSQL, environment).Scan(&run.ID, &run.Plan, &run.Destroy, &run.Who, &run.Host, &h.Login, &run.Command,
		&run.Commit, &run.Dirty, &run.Version, &run.Started, &age, &quiet, &h.Doing)
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows) || errors.As(err, &pg):
		return h, nil // it has not written yet, or not for everybody to read
	case err != nil:
		return nil, err
	case h.Age > 0 && seconds(age) > h.Age+time.Minute:
		return h, nil // a run that was cut off before; the holder has not written yet
	}
	h.Run, h.Age = run, seconds(age)
	if h.Quiet < 0 || seconds(quiet) < h.Quiet {
		h.Quiet = seconds(quiet)
	}
	return h, nil
}

func seconds(f float64) time.Duration {
	if f < 0 {
		return -1
	}
	return time.Duration(f * float64(time.Second)).Round(time.Second)
}

// Evict ends the session of a holder, if it is still the one. That needs its
// role, or pg_signal_backend.
func Evict(ctx context.Context, conn *pgx.Conn, holder resource.Holder) error {
	now, err := HolderOf(ctx, conn, holder.Environment)
	if err != nil || now == nil || now.Session != holder.Session {
		return err
	}
	mark := func(from, to resource.Outcome) error {
		if now.Run == nil {
			return nil
		}
		_, err := conn.Exec(ctx, "UPDATE tellr.run SET outcome = $4 WHERE environment = $1 AND id = $2 AND outcome = $3", holder.Environment, now.Run.ID, string(from), string(to))
		return historyError(err)
	}
	// If it lives, it must not take the lock again and go on.
	if err := mark(resource.Running, resource.InDoubt); err != nil {
		return err
	}
	var ended bool
	err = conn.QueryRow(ctx, "SELECT pg_terminate_backend($1, 10000)", holder.Session).Scan(&ended)
	if err != nil {
		err = errors.Join(err, mark(resource.InDoubt, resource.Running))
	}
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "42501":
		me, role := sqltext.Ident(conn.Config().User), cmp.Or(holder.Login, "the holder's role")
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the session that holds the lock cannot be ended by " + me, Detail: serverSays(pg), Err: err,
			Cure: "run tellr unlock as " + role + ", or as a member of it, or let an administrator run GRANT pg_signal_backend TO " + me}
	case err != nil:
		return err
	case !ended:
		return &resource.Diagnostic{Severity: resource.Error, Summary: fmt.Sprintf("session %d holds the lock still", holder.Session),
			Detail: "the server was told to end it, and it did not within 10 s: it is in the middle of something", Cure: "run tellr unlock again in a moment"}
	}
	return nil
}
