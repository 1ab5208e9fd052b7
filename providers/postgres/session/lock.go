package session

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
)

// lockKey is the advisory lock of an environment. Locks are a database's own,
// so environments that share one still have a lock each.
func lockKey(environment string) int64 {
	sum := sha256.Sum256([]byte("tellr apply\x00" + environment))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// lock takes the environment's lock on the connection, which holds it until it
// closes. It is tried in a poll: who waits in the server may keep others from
// their work (a concurrent index build waits for every open transaction).
func lock(ctx context.Context, conn *pgx.Conn, environment string, o Options) error {
	key := lockKey(environment)
	start := o.Now()
	for n := 1; ; n++ {
		var got bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&got); err != nil {
			return fmt.Errorf("take the apply lock: %w", err)
		}
		if got {
			return nil
		}
		if o.Now().Sub(start) >= o.LockPatience {
			return lockedBy(ctx, conn, environment, key)
		}
		if err := o.Sleep(ctx, backoff(n, time.Second)); err != nil {
			return err
		}
	}
}

// lockedBy says who holds the lock, since when and from where, as far as the
// server tells.
func lockedBy(ctx context.Context, conn *pgx.Conn, environment string, key int64) error {
	d := &resource.Diagnostic{Severity: resource.Error, Summary: "another apply is at work in environment " + environment, Err: resource.ErrLocked,
		Cure: "wait until it ends; its lock ends with its process, so there is never one to remove by hand (see tellr unlock)"}
	var pid int
	var application, user, since, from string
	err := conn.QueryRow(ctx, `SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''),
		  coalesce(to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), ''), coalesce(host(a.client_addr), '')
		FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
		  AND l.classid = (($1::bigint >> 32) & 4294967295)::oid AND l.objid = ($1::bigint & 4294967295)::oid`, key).
		Scan(&pid, &application, &user, &since, &from)
	if err != nil {
		d.Detail = "it ended just now, or the server does not tell who holds the lock"
		return d
	}
	d.Detail = fmt.Sprintf("%s, logged in as %s, backend %d", application, user, pid)
	if since != "" {
		d.Detail += ", since " + since
	}
	if from != "" {
		d.Detail += ", from " + from
	}
	return d
}
