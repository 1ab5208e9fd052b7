package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long a concurrent index build may wait for transactions that
// began before it.
const patience = 15 * time.Minute

// waited says that the watcher ended a statement because of others.
type waited struct {
	what  string
	again bool // it had not begun yet, so it is worth another try
}

func (e *waited) Error() string { return e.what }

// sight is what the watcher sees of a statement at work.
type sight struct {
	// wait is the kind of lock that it waits for; "" if it works.
	wait     string
	blockers string
	phase    string
	percent  int
}

// wait is "" while it works; phase is NULL for a drop, and before a build has
// the table's lock.
const sightSQL = `SELECT coalesce((SELECT l.locktype FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted LIMIT 1), ''),
  coalesce((SELECT string_agg(format('%s %s (%s)', b.pid, coalesce(b.usename::text, '?'), concat_ws(', ', nullif(b.application_name, ''), b.state)), '; ' ORDER BY b.pid)
            FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid))), ''),
  coalesce(p.phase, ''),
  coalesce((100 * CASE WHEN p.blocks_total > 0 THEN p.blocks_done::float8 / p.blocks_total
                       WHEN p.tuples_total > 0 THEN p.tuples_done::float8 / p.tuples_total END)::int, -1)
FROM pg_stat_activity a LEFT JOIN pg_stat_progress_create_index p ON p.pid = a.pid
WHERE a.pid = $1`

// watched runs a statement with a watcher beside it. Without a second
// connection it runs unwatched: that is no reason not to do it.
func (s *Session) watched(ctx context.Context, statement string, progress func(string)) error {
	eye, err := pgx.ConnectConfig(ctx, s.conn.Config())
	if err != nil {
		_, err := s.exec(ctx, statement)
		return err
	}
	defer eye.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it only looked
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.watch(work, eye, detaches(statement), done, stop, progress)
	}()
	_, err = s.exec(work, statement)
	close(done)
	<-finished
	var w *waited
	if err != nil && ctx.Err() == nil && errors.As(context.Cause(work), &w) {
		return w
	}
	return err
}

// watch looks at the statement until it is done, says what it does, and stops
// it when it waits for too long.
func (s *Session) watch(ctx context.Context, eye *pgx.Conn, detaching bool, done <-chan struct{}, stop context.CancelCauseFunc, progress func(string)) {
	tick := time.NewTicker(s.o.Look)
	defer tick.Stop()
	var since time.Time // of the wait
	last, told := "", time.Time{}
	begun := false
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var x sight
		if err := eye.QueryRow(ctx, sightSQL, s.conn.PgConn().PID()).Scan(&x.wait, &x.blockers, &x.phase, &x.percent); err != nil {
			continue // a look that fails is no reason to stop the work
		}
		now := s.o.Now()
		begun = begun || x.phase != "" && x.phase != "initializing" || x.wait == "virtualxid"
		if x.wait == "" {
			since = time.Time{}
		} else if since.IsZero() {
			since = now
		}
		if text := x.String(); text != "" && (x.wait != last || now.Sub(told) > 2*time.Second) {
			last, told = x.wait, now
			progress(text)
		}
		if since.IsZero() {
			continue
		}
		switch took := now.Sub(since); {
		case begun && detaching && x.wait == "relation" && took > s.o.LockTimeout:
			// Who reads the partition by its own name queues behind this lock.
			stop(&waited{fmt.Sprintf("the partition was not free within %s: %s", s.o.LockTimeout, x.holders()), true})
			return
		case !begun && took > s.o.LockTimeout:
			// Nobody who reads or writes queues behind this lock, but other changes and the autovacuum do.
			stop(&waited{fmt.Sprintf("the table was not free within %s: %s", s.o.LockTimeout, x.holders()), true})
			return
		case took > s.o.Patience:
			stop(&waited{fmt.Sprintf("transactions that began before it did not end within %s: %s", s.o.Patience, x.holders()), false})
			return
		}
	}
}

func (x sight) holders() string {
	if x.blockers == "" {
		return "the server does not say whose they are"
	}
	return "process " + x.blockers
}

// String words what a statement does now; "" if there is nothing to say.
func (x sight) String() string {
	switch {
	case x.wait == "virtualxid" || strings.Contains(x.wait, "transactionid"):
		return "waits for older transactions to end: " + x.holders()
	case x.wait != "":
		return "waits for a lock: " + x.holders()
	case x.phase == "":
		return ""
	case x.percent >= 0:
		return fmt.Sprintf("%s, %d%%", x.phase, x.percent)
	default:
		return x.phase
	}
}
