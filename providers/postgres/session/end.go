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
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.stage != resource.Database {
		return nil
	}
	err := s.put(ctx, s.memory)
	if err == nil {
		err = s.remember(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		s.failed = err
		s.rollback(ctx)
		return err
	}
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

// Rollback undoes the transaction, and ends the session. What the Online stage
// did stays.
func (s *Session) Rollback(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.stage == resource.Database {
		s.rollback(ctx)
	}
	return nil
}
