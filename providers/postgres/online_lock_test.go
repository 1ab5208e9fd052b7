package postgres_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
	"github.com/tellr-dev/tellr/providers/postgres/session"
)

// While a transaction that nobody ends writes to a partition, or reads it, the online changes of the whole tree are tried,
// and give up what they cannot get: readers of the table, and of that partition, never queue behind them for longer than
// tellr itself may wait. The server tells, by the readers' own lock timeout. When the transaction is over, what is left is
// finished.
func TestReadersDoNotQueueBehindChangesOfPartitions(t *testing.T) {
	for name, hold := range map[string]string{
		"writer": "UPDATE s.p1 SET c = c WHERE a = 1",
		"reader": "SELECT * FROM s.p1 WHERE a = 1",
		"all":    "UPDATE s.t SET c = c WHERE a = 150",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			besideTransaction(t, hold)
		})
	}
}

func besideTransaction(t *testing.T, hold string) {
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	run(t, w, load(t, killTreeBefore), false)
	psql(t, dsn, killTreeRows)
	ctx := t.Context()
	holder, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(context.Background()) //nolint:errcheck // the database goes anyway
	if _, err := holder.Exec(ctx, "BEGIN; "+hold); err != nil {
		t.Fatal(err)
	}

	over, done := make(chan struct{}), make(chan error, 1)
	var reads atomic.Int64
	go func() {
		done <- readUntil(ctx, dsn, over, &reads)
	}()

	desired := load(t, killTreeAfter)
	try := func(o session.Options) (int, error) {
		p, _ := build(t, w, desired, false)
		c := &cut{Provider: postgres.New(), dsn: dsn, o: o}
		if _, _, err := scopesOf(c, desired); err != nil {
			t.Fatal(err)
		}
		_, err := apply.Run(ctx, apply.Request{Plan: p, Providers: []resource.Provider{w, c}})
		return len(c.sent), err
	}
	sent, err := try(session.Options{
		LockTimeout: 200 * time.Millisecond, Patience: 200 * time.Millisecond,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err == nil || sent == 0 || !strings.Contains(err.Error(), "55P03") && !strings.Contains(err.Error(), "did not end") && !strings.Contains(err.Error(), "not free") {
		t.Errorf("%d statements beside the transaction, and then: %v", sent, err)
	}
	close(over)
	if err := <-done; err != nil {
		t.Errorf("a reader waited too long: %v", err)
	}
	if reads.Load() == 0 {
		t.Error("nobody could read meanwhile")
	}
	if _, err := holder.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := try(session.Options{}); err != nil {
		t.Error(err)
	}
	if again, _ := build(t, w, desired, false); !again.Empty() {
		t.Errorf("something is left to do:\n%s", show(again))
	}
	if left := psql(t, dsn, unfinishedTree); left != "0" {
		t.Errorf("%s things stay", left)
	}
}

// readUntil reads the table and its partitions, and fails when a lock keeps it waiting.
func readUntil(ctx context.Context, dsn string, over <-chan struct{}, reads *atomic.Int64) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // a reader
	if _, err := conn.Exec(ctx, "SET lock_timeout = '3s'"); err != nil {
		return err
	}
	for {
		for _, sql := range []string{"SELECT count(*) FROM s.t", "SELECT count(*) FROM s.p1", "SELECT count(*) FROM s.p2"} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
			reads.Add(1)
		}
		select {
		case <-over:
			return nil
		default:
		}
	}
}
