package session

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
)

// said keeps progress messages, which come from the watcher too.
type said struct {
	mu   sync.Mutex
	text []string
}

func (s *said) add(m string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, m)
}

func (s *said) has(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.text, "\n"), part)
}

func (d *db) begin(sql string) pgx.Tx {
	d.t.Helper()
	tx, err := d.connect("", nil).BeginTx(context.Background(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := tx.Exec(context.Background(), sql); err != nil {
		d.t.Fatal(err)
	}
	return tx
}

func build(unique bool) *resource.Step {
	word := ""
	if unique {
		word = "UNIQUE "
	}
	st := step("table.t", "CREATE "+word+"INDEX CONCURRENTLY a ON public.t (id)")
	st.Statements[0].Cleanup = resource.RawSQL("DROP INDEX CONCURRENTLY IF EXISTS public.a")
	return st
}

// A build whose table is not free gives up its place in the queue, and tries
// again.
func TestABuildThatCannotBeginTriesAgain(t *testing.T) {
	d := database(t)
	d.exec("CREATE TABLE t (id integer); INSERT INTO t VALUES (1)")
	tx := d.begin("LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")
	waits, s := 0, &said{}
	session := d.open(resource.Online, Options{LockTimeout: 50 * time.Millisecond, Look: 10 * time.Millisecond, Sleep: func(ctx context.Context, _ time.Duration) error {
		d.want("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", "0")
		if waits++; waits == 2 {
			return tx.Rollback(ctx)
		}
		return nil
	}})
	if _, err := session.Run(t.Context(), build(false), noHoles, s.add); err != nil {
		t.Fatal(err)
	}
	if waits != 2 || !s.has("the table was not free within 50ms: process ") || !s.has("attempt 3 of 5") {
		t.Error(waits, s.text)
	}
	d.want("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a'::regclass", "true")
}

// A build waits for older transactions and says whose they are; others read and
// write meanwhile. In the end it is cancelled, and leaves nothing.
func TestABuildDoesNotWaitForever(t *testing.T) {
	d := database(t)
	d.exec("CREATE TABLE t (id integer); INSERT INTO t VALUES (1); CREATE TABLE other ()")
	tx := d.begin("SELECT * FROM other")
	s := &said{}
	session := d.open(resource.Online, Options{LockTimeout: 50 * time.Millisecond, Patience: 500 * time.Millisecond, Look: 10 * time.Millisecond})
	done := make(chan error, 1)
	go func() {
		_, err := session.Run(context.Background(), build(false), noHoles, s.add)
		done <- err
	}()
	d.eventually("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid'", "1")
	d.exec("SET lock_timeout = '20ms'; INSERT INTO t VALUES (2); UPDATE t SET id = 3 WHERE id = 2; SELECT * FROM t")
	err := <-done
	m := diagnostic(t, err)
	if !strings.Contains(m.Detail, "transactions that began before it did not end within 500ms: process ") || !strings.Contains(m.Cure, "pg_terminate_backend") {
		t.Error(err)
	}
	if !s.has("waits for older transactions to end: process ") {
		t.Error(s.text)
	}
	d.want("SELECT count(*) FROM pg_class WHERE relname = 'a'", "0")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := session.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A build that fails, or is interrupted, takes its invalid index away.
func TestABuildThatFailsLeavesNothing(t *testing.T) {
	for _, interrupt := range []bool{false, true} {
		d := database(t)
		d.exec("CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (1); CREATE TABLE other ()")
		session := d.open(resource.Online, Options{Look: 10 * time.Millisecond})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		unique := true
		if interrupt {
			tx := d.begin("SELECT * FROM other")
			defer tx.Rollback(context.Background()) //nolint:errcheck // a reader
			unique = false
			go func() {
				d.eventually("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid'", "1")
				cancel()
			}()
		}
		_, err := session.Run(ctx, build(unique), noHoles, nil)
		if err == nil || interrupt != errors.Is(err, context.Canceled) {
			t.Fatal(interrupt, err)
		}
		if m := diagnostic(t, err); !interrupt && !strings.Contains(m.Cure, "remove the duplicates") {
			t.Error(m)
		}
		d.want("SELECT count(*) FROM pg_class WHERE relname = 'a'", "0")
		if err := session.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// Where even that is not possible, because the one who holds the table stays,
// it is said.
func TestWhatABuildLeavesIsSaid(t *testing.T) {
	d := database(t)
	d.exec("CREATE TABLE t (id integer)")
	tx := d.begin("SELECT * FROM t")
	defer tx.Rollback(context.Background()) //nolint:errcheck // a reader
	session := d.open(resource.Online, Options{Patience: 50 * time.Millisecond, Look: 10 * time.Millisecond})
	_, err := session.Run(t.Context(), build(false), noHoles, nil)
	if m := diagnostic(t, err); !strings.Contains(m.Detail, "what it left could not be taken away yet") {
		t.Error(err)
	}
	d.want("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a'::regclass", "false")
}

func batch(sql string) *resource.Step {
	st := step("table.t", sql)
	st.Statements[0].Batch = &resource.Batch{Size: 2, End: resource.RawSQL("SELECT pg_relation_size('public.t') / current_setting('block_size')::bigint")}
	return st
}

const fillC = "UPDATE ONLY public.t SET c = 1 WHERE ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $2::bigint)::tid AND c IS NULL"

// Each batch is a transaction of its own; a row that somebody holds makes only
// its batch wait; what moved meanwhile is found by another pass.
func TestBatches(t *testing.T) {
	d := database(t)
	d.exec("CREATE TABLE t (id integer, c integer, pad text); INSERT INTO t SELECT i, NULL, repeat('x', 500) FROM generate_series(1, 100) i")
	tx := d.begin("UPDATE t SET pad = 'y' WHERE id = 60")
	s, rests := &said{}, 0
	session := d.open(resource.Online, Options{LockTimeout: 50 * time.Millisecond, Sleep: func(ctx context.Context, _ time.Duration) error {
		rests++
		if s.has("a lock was not free within 50ms: attempt 2 of 5") && tx != nil {
			// The rows before it are done, and seen by all.
			if n := d.value("SELECT count(*) FROM t WHERE c = 1"); n == "0" || n == "100" {
				t.Errorf("%s rows are done", n)
			}
			err := tx.Commit(ctx)
			tx = nil
			return err
		}
		return nil
	}})
	if _, err := session.Run(t.Context(), batch(fillC), noHoles, s.add); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT count(*) FROM t WHERE c IS NULL", "0")
	if rests < 3 || !s.has("100 rows done") {
		t.Error(rests, s.text)
	}
	// Range by range: no batch reads the whole table.
	rows, err := d.Query(t.Context(), "EXPLAIN "+fillC, int64(0), int64(2))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !strings.Contains(strings.Join(lines, "\n"), "Tid Range Scan") {
		t.Errorf("%v %v", lines, err)
	}
}

// A statement whose rows come back for ever is stopped.
func TestBatchesThatNeverEnd(t *testing.T) {
	d := database(t)
	d.exec(`CREATE TABLE t (id integer, c integer); INSERT INTO t VALUES (1);
		CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.c := NULL; RETURN NEW; END';
		CREATE TRIGGER undo BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION undo()`)
	session := d.open(resource.Online, Options{Sleep: func(context.Context, time.Duration) error { return nil }})
	_, err := session.Run(t.Context(), batch(fillC), noHoles, nil)
	if err == nil || !strings.Contains(err.Error(), "undoes what it does") {
		t.Error(err)
	}
}
