package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// hold is the one connection that a run has in a database, and with it the
// environment's lock. What is done and what is written are done on it in
// turns: who has lost the lock can do neither.
type hold struct {
	dial  func(context.Context) (*pgx.Conn, error)
	scope resource.Scope
	o     Options

	mu   sync.Mutex
	conn *pgx.Conn
	stop context.CancelFunc // of the signs of life
}

// silence is after how long without a sign of life the server ends a
// connection. TCP would notice in its own time only, and not at all behind a
// gateway that answers for a client which is gone. beat is how often there is
// one.
const (
	silence = 90 * time.Second
	beat    = silence / 6
)

// takeHold connects, waits for the lock and looks whether the ledger can be
// kept. It closes the connection if it fails.
func takeHold(ctx context.Context, dial func(context.Context) (*pgx.Conn, error), scope resource.Scope, o Options) (*hold, error) {
	h := &hold{dial: dial, scope: scope, o: o.complete()}
	if err := h.take(ctx, h.o.LockPatience); err != nil {
		return nil, err
	}
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	go h.live(ctx)
	return h, nil
}

func (h *hold) take(ctx context.Context, patience time.Duration) error {
	conn, err := h.dial(ctx)
	if err != nil {
		return err
	}
	h.conn = conn
	err = h.prepare(ctx)
	if err == nil {
		err = lock(ctx, conn, h.scope.Environment, patience, h.o)
	}
	if err == nil {
		err = h.mayRecord(ctx)
	}
	if err != nil {
		h.drop()
	}
	return err
}

// prepare makes the connection one that depends on no setting of the role or
// the database, and that the server ends when nobody is there any more.
func (h *hold) prepare(ctx context.Context) error {
	name := "tellr apply env=" + h.scope.Environment + " by=" + h.o.Run.By()
	if _, err := h.exec(ctx, "SET application_name = "+sqltext.Literal(name)+
		";\nSET search_path = pg_catalog;\nSET TimeZone = 'UTC';\nSET standard_conforming_strings = on;\nSET client_min_messages = warning;\n"+
		"SET tellr.version = "+sqltext.Literal(h.o.Run.Version)+";\n"+h.watchful()); err != nil {
		return fmt.Errorf("prepare the connection: %w", err)
	}
	return nil
}

// watchful are the settings by which the server notices that a client is gone;
// what it does not know or does not permit is left as it is.
func (h *hold) watchful() string {
	return fmt.Sprintf(`DO $tellr$
DECLARE
  s text[];
BEGIN
  FOREACH s SLICE 1 IN ARRAY ARRAY[
    ['idle_session_timeout', '%[1]d'], ['idle_in_transaction_session_timeout', '%[1]d'], ['client_connection_check_interval', '10s'],
    ['tcp_keepalives_idle', '20'], ['tcp_keepalives_interval', '10'], ['tcp_keepalives_count', '3'], ['tcp_user_timeout', '60s']]
  LOOP
    BEGIN
      PERFORM set_config(s[1], s[2], false);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END
$tellr$`, h.o.Silence.Milliseconds())
}

// live gives a sign of life whenever nothing else does, and so notices that the
// connection is gone.
func (h *hold) live(ctx context.Context) {
	tick := time.NewTicker(h.o.Silence / (silence / beat))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !h.mu.TryLock() {
			continue // it is at work
		}
		if !h.conn.IsClosed() {
			ping, cancel := context.WithTimeout(ctx, h.o.Silence/3)
			if err := h.conn.Ping(ping); err != nil && ctx.Err() == nil {
				h.drop()
			}
			cancel()
		}
		h.mu.Unlock()
	}
}

// retake connects again where the connection was lost, as when a workspace
// restarts the database, and takes the lock again, if it is free.
func (h *hold) retake(ctx context.Context) error {
	if !h.conn.IsClosed() {
		return nil
	}
	// The server may need as long as that to see that the old session is over.
	err := h.take(ctx, h.o.LockPatience+h.o.Silence)
	if errors.Is(err, resource.ErrLocked) {
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the connection that held the lock was lost, and another apply has the lock now",
			Detail: err.Error(), Cure: "plan again when that is done", Err: err}
	}
	if err != nil {
		return err
	}
	return h.stillMine(ctx)
}

// stillMine refuses to go on where another apply was at work while the lock was
// lost, or somebody ended this one: either says in the ledger that this run is
// in doubt.
func (h *hold) stillMine(ctx context.Context) error {
	var outcome string
	err := h.conn.QueryRow(ctx, "SELECT r.outcome FROM tellr.run r WHERE r.environment = $1 AND r.id = $2", h.scope.Environment, h.o.Run.ID).Scan(&outcome)
	var pg *pgconn.PgError
	if errors.Is(err, pgx.ErrNoRows) || errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "3F000") {
		return nil // it has not written yet
	}
	if err != nil || outcome != string(resource.InDoubt) {
		return err
	}
	h.drop()
	return &resource.Diagnostic{Severity: resource.Error, Summary: "the lock was lost, so the apply stops",
		Detail: "the connection that held it ended, and since then another apply was at work, or somebody ran tellr unlock", Cure: "plan again", Err: resource.ErrLocked}
}

// drop closes the connection without a word to the server, which may not
// answer.
func (h *hold) drop() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = h.conn.Close(ctx) // it is of no more use
}

// release gives the lock back and closes the connection. The lock is given back
// first, because the server ends a connection some time after it was closed.
func (h *hold) release() {
	h.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	if h.conn.PgConn().TxStatus() == 'I' {
		_, _ = h.exec(ctx, "SELECT pg_advisory_unlock_all()") // closing does the same
	}
	_ = h.conn.Close(ctx)
}

// exec sends a message of one or more statements, and tells how many were
// done.
func (h *hold) exec(ctx context.Context, message string) (completed int, err error) {
	results := h.conn.PgConn().Exec(ctx, message)
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err == nil {
			completed++
		}
	}
	return completed, results.Close()
}

// rollback ends the transaction at once, also when the caller's context has
// ended.
func (h *hold) rollback(ctx context.Context) {
	if h.conn.IsClosed() || h.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if _, err := h.exec(ctx, "ROLLBACK"); err != nil {
		h.drop() // the server rolls back what loses its connection
	}
}
