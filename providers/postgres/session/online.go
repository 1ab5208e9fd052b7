package session

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// online runs one statement outside a transaction. A statement that gets no
// lock in time did nothing, and is tried again; a concurrent index build is
// not limited, because a timeout would leave an invalid index behind.
func (s *Session) online(ctx context.Context, statement string, progress func(string)) error {
	limit := s.o.LockTimeout
	if concurrent(statement) {
		limit = 0
	}
	for n := 1; ; n++ {
		if _, err := s.exec(ctx, fmt.Sprintf("SET lock_timeout = %d;\nSET statement_timeout = 0;\nSET check_function_bodies = off",
			limit.Milliseconds())); err != nil {
			return err
		}
		_, err := s.exec(ctx, statement)
		if err == nil || limit == 0 || !waitsForLock(err) || n == attempts || ctx.Err() != nil {
			return err
		}
		progress(fmt.Sprintf("a lock was not free within %s: attempt %d of %d", limit, n+1, attempts))
		if err := s.o.Sleep(ctx, backoff(n+2, 5*time.Second)); err != nil {
			return err
		}
	}
}

// concurrent tells whether a statement builds or drops an index without
// keeping others out.
func concurrent(statement string) bool {
	head := strings.ToUpper(statement[:min(len(statement), 64)])
	return strings.Contains(head, " INDEX ") && strings.Contains(head, " CONCURRENTLY ")
}
