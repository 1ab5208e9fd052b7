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

// Commit makes the work and its record visible, and ends the session.
func (s *Session) Commit(ctx context.Context) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.failed != nil:
		return errors.Join(fmt.Errorf("%w: %w", ErrClosed, s.failed), s.Rollback(ctx))
	case s.stage != resource.Database:
		err := s.journal(ctx, "done")
		s.close()
		return err
	}
	err := s.flush(ctx, "done")
	if err == nil {
		err = s.remember(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		s.failed = err
		return errors.Join(err, s.Rollback(ctx))
	}
	defer s.close()
	// From here an interrupt comes too late: to leave would only leave the outcome in doubt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	tag, err := s.conn.Exec(ctx, "COMMIT")
	var pg *pgconn.PgError
	switch {
	case err == nil && tag.String() == "COMMIT":
		return nil
	case err == nil:
		return fmt.Errorf("the server rolled the transaction back at COMMIT")
	case errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57P") && !strings.HasPrefix(pg.Code, "08"):
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the changes were refused at COMMIT, and rolled back", Detail: serverSays(pg),
			Cure: cure(pg), Err: pg}
	}
	return &resource.Diagnostic{Severity: resource.Error, Summary: ErrInDoubt.Error(), Detail: "the connection was lost at COMMIT: " + innermost(err),
		Cure: "plan again: either all of it is there, or nothing", Err: errors.Join(ErrInDoubt, err)}
}

// Rollback undoes the transaction, tells the ledger, if there is one, and ends
// the session. What the Online stage did stays.
func (s *Session) Rollback(ctx context.Context) error {
	if s.closed {
		return nil
	}
	defer s.close()
	if s.stage == resource.Database {
		s.rollback(ctx)
		for i := range s.steps {
			if s.steps[i].outcome == "done" {
				s.steps[i].outcome = "rolled back"
			}
		}
	}
	outcome := "rolled back"
	switch {
	case ctx.Err() != nil || errors.Is(s.failed, context.Canceled):
		outcome = "interrupted"
	case s.failed != nil:
		outcome = "failed"
	}
	s.entries, s.gone = nil, nil
	if len(s.steps) == 0 || s.conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	var there bool
	if err := s.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'tellr')").Scan(&there); err != nil || !there {
		return nil // a failure leaves no ledger behind where there was none
	}
	_ = s.journal(ctx, outcome) // history only: what failed is told anyway
	return nil
}

// rollback ends the transaction at once, also when the caller's context has
// ended.
func (s *Session) rollback(ctx context.Context) {
	if s.conn.IsClosed() || s.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if _, err := s.exec(ctx, "ROLLBACK"); err != nil {
		s.close() // the server rolls back what loses its connection
	}
}

// journal writes what was recorded in a transaction of its own; with an
// outcome, also the run and its steps.
func (s *Session) journal(ctx context.Context, outcome string) error {
	if _, err := s.exec(ctx, "BEGIN"); err != nil {
		return ledgerError(err)
	}
	if err := s.flush(ctx, outcome); err != nil {
		s.rollback(ctx)
		return err
	}
	_, err := s.exec(ctx, "COMMIT")
	return err
}

// close ends the connection, and with it the lock. The lock is given back
// first, because the server ends a connection some time after it was closed.
func (s *Session) close() {
	s.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	if !s.conn.IsClosed() && s.conn.PgConn().TxStatus() == 'I' {
		_, _ = s.exec(ctx, "SELECT pg_advisory_unlock_all()") // closing does the same
	}
	s.conn.Close(ctx)
}
