package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
)

// onlineStatement is a statement of the Online stage with its holes filled.
type onlineStatement struct {
	filled
	cleanup, end string
	batch        *resource.Batch
}

func fillOnline(st resource.Statement, fill resource.Fill) (onlineStatement, error) {
	f, err := fillSQL(st.SQL, fill)
	if err != nil {
		return onlineStatement{}, err
	}
	out := onlineStatement{filled: f, batch: st.Batch}
	if len(st.Cleanup) > 0 {
		c, err := fillSQL(st.Cleanup, fill)
		if err != nil {
			return out, err
		}
		out.cleanup = c.text
	}
	if st.Batch != nil {
		e, err := fillSQL(st.Batch.End, fill)
		if err != nil {
			return out, err
		}
		out.end = e.text
	}
	return out, nil
}

// online runs one statement outside a transaction, in the way that its kind
// asks for.
func (s *Session) online(ctx context.Context, st onlineStatement, progress func(string)) error {
	err := s.onlineAs(ctx, st, progress)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

func (s *Session) onlineAs(ctx context.Context, st onlineStatement, progress func(string)) error {
	switch {
	case st.batch != nil:
		return s.inBatches(ctx, st, progress)
	case concurrent(st.text):
		return s.concurrently(ctx, st, progress)
	default:
		err := s.patiently(ctx, progress, func() error {
			_, err := s.exec(ctx, st.text)
			return err
		})
		if err != nil && st.cleanup != "" && !s.conn.IsClosed() {
			return s.clean(ctx, st.cleanup, err)
		}
		return err
	}
}

// patiently runs what gives up when a lock is not free in time, and then did
// nothing; it is tried again, with longer and longer waits in which whoever
// queued behind it goes on.
func (s *Session) patiently(ctx context.Context, progress func(string), run func() error) error {
	for n := 1; ; n++ {
		if err := s.limits(ctx, s.o.LockTimeout); err != nil {
			return err
		}
		err := run()
		if err == nil || !waitsForLock(err) || n == attempts || ctx.Err() != nil {
			return err
		}
		progress(fmt.Sprintf("a lock was not free within %s: attempt %d of %d", s.o.LockTimeout, n+1, attempts))
		if err := s.o.Sleep(ctx, backoff(n+2, 5*time.Second)); err != nil {
			return err
		}
	}
}

// limits sets what the next statements may wait for a lock; they may run for
// as long as they need.
func (s *Session) limits(ctx context.Context, lock time.Duration) error {
	_, err := s.exec(ctx, fmt.Sprintf("SET lock_timeout = %d;\nSET statement_timeout = 0;\nSET check_function_bodies = off", lock.Milliseconds()))
	return err
}

// concurrent tells whether a statement builds or drops an index without
// keeping others out.
func concurrent(statement string) bool {
	head := strings.ToUpper(statement[:min(len(statement), 64)])
	return strings.Contains(head, " INDEX ") && strings.Contains(head, " CONCURRENTLY ") || detaches(statement)
}

// detaches tells whether a statement takes a partition out without keeping
// others from the parent.
func detaches(statement string) bool {
	return strings.HasPrefix(statement, "ALTER TABLE ") && strings.Contains(statement, " DETACH PARTITION ") && strings.HasSuffix(statement, " CONCURRENTLY")
}

// passes bounds how often a table is gone through: a statement that touches
// rows in each of so many passes undoes its own condition.
const passes = 50

// inBatches runs a statement over a range, a part at a time, until it touches
// nothing any more. Behind each part it rests for as long as the part took, so
// that the application has at least half of the disk and of the log.
func (s *Session) inBatches(ctx context.Context, st onlineStatement, progress func(string)) error {
	var total int64
	told := s.o.Now()
	for pass := 1; pass <= passes; pass++ {
		var end, touched int64
		if err := s.conn.QueryRow(ctx, st.end).Scan(&end); err != nil {
			return err
		}
		for from := int64(0); from < end; from += st.batch.Size {
			start := s.o.Now()
			var tag pgconn.CommandTag
			err := s.patiently(ctx, progress, func() (err error) {
				tag, err = s.conn.Exec(ctx, st.text, from, from+st.batch.Size)
				return err
			})
			if err != nil {
				return err
			}
			touched += tag.RowsAffected()
			now := s.o.Now()
			if now.Sub(told) > time.Second {
				told = now
				progress(fmt.Sprintf("%d rows done, %d%% of pass %d", total+touched, 100*min(from+st.batch.Size, end)/end, pass))
			}
			if tag.RowsAffected() > 0 {
				if err := s.o.Sleep(ctx, min(now.Sub(start), 200*time.Millisecond)); err != nil {
					return err
				}
			}
		}
		total += touched
		if touched == 0 {
			progress(fmt.Sprintf("%d rows done", total))
			return nil
		}
	}
	return fmt.Errorf("after %d passes the statement still finds rows to change (%d so far): something, such as a trigger, undoes what it does", passes, total)
}

// concurrently builds or drops an index while the table is used. A lock
// timeout would hit it anywhere, also in its long waits for transactions that
// began before it, and leave an invalid index; so a watcher on a second
// connection says what it waits for, and cancels it if the table's own lock is
// not free, or old transactions do not end. What a failure leaves is taken
// away.
func (s *Session) concurrently(ctx context.Context, st onlineStatement, progress func(string)) error {
	for n := 1; ; n++ {
		if err := s.limits(ctx, 0); err != nil {
			return err
		}
		err := s.watched(ctx, st.text, progress)
		if err == nil {
			return nil
		}
		if detaches(st.text) && ctx.Err() == nil && !s.conn.IsClosed() && s.finalize(ctx, st.cleanup, progress) {
			return nil
		}
		if st.cleanup != "" && !s.conn.IsClosed() && !detaches(st.text) {
			err = s.clean(ctx, st.cleanup, err)
		}
		var w *waited
		if !errors.As(err, &w) || !w.again || n == attempts || ctx.Err() != nil {
			return err
		}
		progress(fmt.Sprintf("%s: attempt %d of %d", w.Error(), n+1, attempts))
		if err := s.o.Sleep(ctx, backoff(n+2, 5*time.Second)); err != nil {
			return err
		}
	}
}

// finalize ends the detaching of a partition that was stopped behind its first
// half, after which no query of the parent sees the partition any more. It
// fails at once where the first half was not done.
func (s *Session) finalize(ctx context.Context, statement string, progress func(string)) bool {
	return s.patiently(ctx, progress, func() error {
		_, err := s.exec(ctx, statement)
		return err
	}) == nil
}

// clean takes away what a failed statement left, also after an interrupt. If
// that fails too, the next plan finds it.
func (s *Session) clean(ctx context.Context, statement string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := s.limits(ctx, endTimeout/2); err != nil {
		return cause
	}
	if _, err := s.exec(ctx, statement); err != nil {
		return &left{cause, err}
	}
	return cause
}

// left says that a failed statement left something that could not be taken
// away either.
type left struct{ cause, why error }

func (e *left) Error() string { return e.cause.Error() + e.note() }
func (e *left) Unwrap() error { return e.cause }

func (e *left) note() string {
	return "; what it left could not be taken away yet either (" + innermost(e.why) + "): the next plan says so and replaces it"
}
