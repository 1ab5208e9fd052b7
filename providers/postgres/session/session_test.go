package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Nothing is visible before COMMIT; then work and record are there together.
func TestCommit(t *testing.T) {
	d := database(t)
	s := d.open(resource.Database, Options{Run: resource.Run{Who: "me@example.com", Version: "1.0", Plan: "abc"}})
	d.run(s, step("schema.app", "CREATE SCHEMA app"))
	d.run(s, step("table.t", "CREATE TABLE app.t (id integer) -- a comment at the end", "COMMENT ON TABLE app.t IS 'x;y'", "CREATE INDEX i ON app.t (id)"))
	if err := s.Record(t.Context(), []resource.Entry{entry("table.t", text("schema", "app"), text("name", "t"))}, nil); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT count(*) FROM pg_namespace WHERE nspname IN ('app', 'tellr')", "0")
	d.want("SELECT application_name FROM pg_stat_activity WHERE application_name ~ 'apply' AND datname = current_database()", "tellr apply env=dev by=me@example.com")
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'app'::regnamespace", "i t")
	d.want("SELECT concat_ws(' ', environment, plan, who, version, outcome) FROM tellr.run", "dev abc me@example.com 1.0 done")
	d.want("SELECT string_agg(concat_ws(' ', n, address, outcome), ', ' ORDER BY n) FROM tellr.step", "1 schema.app done, 2 table.t done")
	d.want("SELECT o.identity = 'app.t'::regclass::oid::text FROM tellr.object o", "true")
	if err := s.Commit(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("a second Commit: %v", err)
	}
	if err := s.Rollback(t.Context()); err != nil {
		t.Errorf("Rollback after Commit: %v", err)
	}
	d.eventually("SELECT count(*) FROM pg_stat_activity WHERE application_name ~ 'apply' AND datname = current_database()", "0")
}

func TestRollback(t *testing.T) {
	d := database(t)
	s := d.open(resource.Database, Options{})
	d.run(s, step("schema.app", "CREATE SCHEMA app"))
	if err := s.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT count(*) FROM pg_namespace WHERE nspname IN ('app', 'tellr')", "0")
	if _, err := s.Run(t.Context(), step("schema.app"), noHoles, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Run after Rollback: %v", err)
	}
}

// However the process or its connection ends, what is there is all or nothing,
// and the next session finds no lock.
func TestKilledAnywhere(t *testing.T) {
	steps := []*resource.Step{step("schema.app", "CREATE SCHEMA app"), step("table.a", "CREATE TABLE app.a ()"), step("table.b", "CREATE TABLE app.b ()")}
	for _, cut := range []string{"tellr apply", "pg_try_advisory", "BEGIN", "CREATE SCHEMA app", "TABLE app.a", "TABLE app.b", "RESET ROLE", "INTO tellr.object", "COMMIT\x00"} {
		for _, forward := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", cut, forward), func(t *testing.T) {
				d := database(t)
				work := func(s *work) error {
					for _, st := range steps {
						if _, err := s.Run(t.Context(), st, noHoles, nil); err != nil {
							return errors.Join(err, s.Rollback(t.Context()))
						}
					}
					if err := s.Record(t.Context(), []resource.Entry{entry("schema.app", text("name", "app"))}, nil); err != nil {
						return err
					}
					return s.Commit(t.Context())
				}
				s, err := openOn(t.Context(), d.connect("", cutAt(cut, forward)), scope, resource.Database, Options{})
				if err == nil {
					err = work(s)
				}
				if err == nil {
					t.Fatal("the connection was lost, and nobody noticed")
				}
				there := cut == "COMMIT\x00" && forward
				if errors.Is(err, ErrInDoubt) != (cut == "COMMIT\x00") {
					t.Errorf("in doubt: %v", err)
				}
				// The lock is free when the server has seen the end of the connection.
				s, err = openOn(t.Context(), d.connect("", nil), scope, resource.Database, Options{LockPatience: 10 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				d.want("SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('app')", map[bool]string{false: "0", true: "2"}[there])
				d.want("SELECT count(*) FROM pg_namespace WHERE nspname = 'tellr'", map[bool]string{false: "0", true: "1"}[there])
				if there {
					if err := s.Rollback(t.Context()); err != nil {
						t.Fatal(err)
					}
				} else if err := work(s); err != nil {
					t.Fatal(err)
				}
				d.want("SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('app')", "2")
			})
		}
	}
}

// An interrupt stops the running statement at the server and rolls back.
func TestInterrupt(t *testing.T) {
	d := database(t)
	s := d.open(resource.Database, Options{})
	d.run(s, step("schema.app", "CREATE SCHEMA app"))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for d.value("SELECT count(*) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid() AND datname = current_database()") == "0" {
		}
		cancel()
	}()
	start := time.Now()
	_, err := s.Run(ctx, step("table.t", "SELECT pg_sleep(60)"), noHoles, nil)
	if err == nil || time.Since(start) > 50*time.Second {
		t.Fatalf("%v after %s", err, time.Since(start))
	}
	if err := s.Commit(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("Commit after an interrupt: %v", err)
	}
	if s, err := openOn(t.Context(), d.connect("", nil), scope, resource.Database, Options{LockPatience: 10 * time.Second}); err != nil {
		t.Error(err)
	} else if err := s.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	d.want("SELECT count(*) FROM pg_namespace WHERE nspname IN ('app', 'tellr')", "0")
}

func TestLock(t *testing.T) {
	d := database(t)
	first := d.open(resource.Database, Options{Run: resource.Run{Who: "ann"}})
	_, err := openOn(t.Context(), d.connect("", nil), scope, resource.Database, Options{Run: resource.Run{Who: "bob"}, LockPatience: 1})
	m := diagnostic(t, err)
	if !errors.Is(err, resource.ErrLocked) || !strings.Contains(m.Detail, "tellr apply env=dev by=ann") || !strings.Contains(m.Detail, ", logged in as postgres, backend ") {
		t.Error(err)
	}
	other := scope
	other.Environment = "prod"
	s, err := openOn(t.Context(), d.connect("", nil), other, resource.Database, Options{})
	if err != nil {
		t.Fatalf("another environment has a lock of its own: %v", err)
	}
	if err := s.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	waits := 0
	s, err = openOn(t.Context(), d.connect("", nil), scope, resource.Online, Options{LockPatience: time.Hour, Sleep: func(context.Context, time.Duration) error {
		if waits++; waits == 2 {
			return first.Rollback(t.Context())
		}
		return nil
	}})
	if err != nil || waits < 2 {
		t.Fatal(err, waits)
	}
	if err := s.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A lock that is not free makes the transaction begin again, with all that was
// done in it; and in the end it is told.
func TestLockTimeout(t *testing.T) {
	for _, free := range []bool{true, false} {
		d := database(t)
		d.exec("CREATE TABLE busy (id integer)")
		other := d.connect("", nil)
		tx, err := other.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "LOCK TABLE busy IN ACCESS SHARE MODE"); err != nil {
			t.Fatal(err)
		}
		waits := 0
		s := d.open(resource.Database, Options{LockTimeout: 20 * time.Millisecond, Sleep: func(ctx context.Context, _ time.Duration) error {
			waits++
			d.want("SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode = 'AccessExclusiveLock'", "0")
			if free && waits == 2 {
				return tx.Rollback(ctx)
			}
			return nil
		}})
		d.run(s, step("schema.app", "CREATE SCHEMA app", "CREATE TABLE app.t ()"))
		var said []string
		_, err = s.Run(t.Context(), step("table.busy", "ALTER TABLE app.t ADD n integer", "ALTER TABLE public.busy ADD n integer"), noHoles,
			func(m string) { said = append(said, m) })
		if free {
			if err != nil || len(said) != 2 || said[1] != "a lock was not free within 20ms: begin again, attempt 3 of 5" {
				t.Fatal(err, said)
			}
			if err := s.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.want("SELECT count(*) FROM pg_attribute WHERE attname = 'n' AND attrelid IN ('app.t'::regclass, 'busy'::regclass)", "2")
			continue
		}
		m := diagnostic(t, err)
		if waits != attempts-1 || !strings.Contains(m.Detail, "SQLSTATE 55P03") || !strings.Contains(m.Detail, "public.busy") || !strings.Contains(m.Cure, "pg_stat_activity") {
			t.Error(err, waits)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.want("SELECT count(*) FROM pg_namespace WHERE nspname = 'app'", "0")
	}
}

// A statement may not end the transaction under the session's feet.
func TestStatementThatCommits(t *testing.T) {
	d := database(t)
	s := d.open(resource.Database, Options{})
	_, err := s.Run(t.Context(), step("migration.m", "SELECT 1; COMMIT"), noHoles, nil)
	if err == nil || !strings.Contains(err.Error(), "ended the transaction") {
		t.Error(err)
	}
}

// What is refused at COMMIT (a deferred constraint) is told, and rolled back.
func TestRefusedAtCommit(t *testing.T) {
	d := database(t)
	s := d.open(resource.Database, Options{})
	d.run(s, step("table.t", "CREATE TABLE public.t (id integer PRIMARY KEY, up integer REFERENCES public.t DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO public.t VALUES (1, 2)"))
	m := diagnostic(t, s.Commit(t.Context()))
	if !strings.Contains(m.Detail, "23503") || !strings.Contains(m.Cure, "refer to rows") {
		t.Error(m)
	}
	d.want("SELECT to_regclass('public.t') IS NULL", "true")
}

// Online: each statement stays, and its record is there at once.
func TestOnline(t *testing.T) {
	d := database(t)
	d.exec("CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (1)")
	s := d.open(resource.Online, Options{})
	d.run(s, step("table.t", "CREATE INDEX CONCURRENTLY a ON public.t (id)"))
	if err := s.Record(t.Context(), []resource.Entry{entry("table.t", text("schema", "public"), text("name", "t"))}, nil); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT count(*) FROM tellr.object", "1")
	_, err := s.Run(t.Context(), step("table.t", "CREATE UNIQUE INDEX CONCURRENTLY b ON public.t (id)"), noHoles, nil)
	if m := diagnostic(t, err); !strings.Contains(m.Cure, "remove the duplicates") {
		t.Error(m)
	}
	if err := s.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.want("SELECT count(*) FROM pg_class WHERE relname = 'a'", "1")
	d.want("SELECT string_agg(concat_ws(' ', n, address, outcome), ', ' ORDER BY n) FROM tellr.step", "1 table.t done, 2 table.t failed")
	d.want("SELECT outcome FROM tellr.run", "failed")
}
