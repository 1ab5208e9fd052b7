package session

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
)

// dial connects, through change if it is not nil.
func (d *db) dial(change func(*pgx.ConnConfig)) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) {
		config, err := configure(d.endpoint(""))
		if err != nil {
			return nil, err
		}
		if change != nil {
			change(config)
		}
		return pgx.ConnectConfig(ctx, config)
	}
}

// hole lets nothing through any more, in either direction, once it is closed,
// and closes nothing: a machine that is gone, behind a gateway that is not.
type hole struct {
	net.Conn
	closed *atomic.Bool
}

func (h hole) Write(b []byte) (int, error) {
	if h.closed.Load() {
		return len(b), nil
	}
	return h.Conn.Write(b)
}

func (h hole) Close() error {
	if h.closed.Load() {
		return h.Conn.SetDeadline(time.Now()) // the client is done with it, and the server hears nothing
	}
	return h.Conn.Close()
}

func into(closed *atomic.Bool) func(*pgx.ConnConfig) {
	return func(c *pgx.ConnConfig) {
		dial := c.DialFunc
		c.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return hole{conn, closed}, err
		}
	}
}

// A holder whose connection goes half open loses the lock by itself, idle or in
// a transaction; and it notices, and does nothing more.
func TestHalfOpen(t *testing.T) {
	for _, stage := range []resource.Stage{resource.Online, resource.Database} {
		t.Run(string(stage), func(t *testing.T) {
			d := database(t)
			var gone atomic.Bool
			l, err := Hold(t.Context(), d.dial(into(&gone)), scope, Options{Silence: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s, err := l.Open(t.Context(), stage)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Run(t.Context(), step("schema.app", "CREATE SCHEMA app"), noHoles, nil); err != nil {
				t.Fatal(err)
			}
			gone.Store(true)
			other, err := Hold(t.Context(), d.dial(nil), scope, Options{LockPatience: time.Minute})
			if err != nil {
				t.Fatalf("the lock is not free after a minute: %v", err)
			}
			defer other.Close()
			if _, err := s.Run(t.Context(), step("schema.late", "CREATE SCHEMA late"), noHoles, nil); err == nil {
				t.Error("a statement ran without the lock")
			}
			d.want("SELECT count(*) FROM pg_namespace WHERE nspname = 'late'", "0")
			d.want("SELECT count(*) FROM pg_namespace WHERE nspname = 'app'", map[resource.Stage]string{resource.Online: "1", resource.Database: "0"}[stage])
			gone.Store(false)
			l.o.LockPatience = time.Millisecond
			_, err = l.Write(t.Context(), resource.Memory{})
			if !errors.Is(err, resource.ErrLocked) || !strings.Contains(err.Error(), "another apply has the lock now") {
				t.Errorf("a write without the lock: %v", err)
			}
		})
	}
}

// A quiet holder that is well keeps the lock for longer than the silence that
// the server bears.
func TestSignsOfLife(t *testing.T) {
	d := database(t)
	l := d.hold(Options{Silence: time.Second})
	before := d.value("SELECT state_change FROM pg_stat_activity WHERE application_name ~ 'apply' AND datname = current_database()")
	for range 5 { // each time there was another sign
		d.eventually("SELECT state_change > "+quote(before)+" FROM pg_stat_activity WHERE application_name ~ 'apply' AND datname = current_database()", "true")
		before = d.value("SELECT clock_timestamp()")
	}
	if written, err := l.Write(t.Context(), resource.Memory{}); err != nil || written {
		t.Error(written, err)
	}
	d.want("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", "1")
}

func quote(s string) string { return "'" + s + "'" }

// Where a connection is lost and the lock is free, it is taken again, and what
// was to be written is written.
func TestWriteAfterALostConnection(t *testing.T) {
	d := database(t)
	l := d.hold(Options{})
	run := resource.Run{ID: "r1", Started: time.Now()}
	if _, err := l.Write(t.Context(), resource.Memory{Run: run, Entries: []resource.Entry{entry("schema.app", text("name", "app"))}}); err != nil {
		t.Fatal(err)
	}
	d.exec("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name ~ 'apply' AND datname = current_database()")
	s := resource.RunStep{N: 1, Address: resource.Address{Kind: "app", Name: "web"}, Outcome: resource.Running, Started: time.Now()}
	if written, err := l.Write(t.Context(), resource.Memory{Run: run, Steps: []resource.RunStep{s}}); err != nil || !written {
		t.Fatal(written, err)
	}
	d.want("SELECT outcome FROM tellr.step", "running")
	if _, err := Hold(t.Context(), d.dial(nil), scope, Options{LockPatience: 1}); !errors.Is(err, resource.ErrLocked) {
		t.Errorf("the lock was not taken again: %v", err)
	}
	// What is over, stays as it is.
	s.Outcome, s.Ended = resource.Done, time.Now()
	for _, o := range []resource.Outcome{resource.Done, resource.InDoubt} {
		s.Outcome = o
		if _, err := l.Write(t.Context(), resource.Memory{Run: run, Steps: []resource.RunStep{s}}); err != nil {
			t.Fatal(err)
		}
	}
	d.want("SELECT outcome FROM tellr.step", "done")
}

// Another apply came and went while the lock was lost: what was planned before
// it must not go on.
func TestAnotherApplyBetween(t *testing.T) {
	d := database(t)
	run := resource.Run{ID: "r1", Started: time.Now()}
	l := d.hold(Options{Run: run})
	m := resource.Memory{Run: run, Entries: []resource.Entry{entry("schema.app", text("name", "app"))}}
	if _, err := l.Write(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.drop()
	l.mu.Unlock()
	between := d.hold(Options{Run: resource.Run{ID: "r2"}, LockPatience: time.Minute})
	if _, err := between.Write(t.Context(), resource.Memory{Run: resource.Run{ID: "r2", Started: time.Now(), Outcome: resource.Done}, Settle: true}); err != nil {
		t.Fatal(err)
	}
	between.Close()
	if _, err := l.Write(t.Context(), m); !errors.Is(err, resource.ErrLocked) || !strings.Contains(err.Error(), "another apply was at work") {
		t.Errorf("a write after another apply: %v", err)
	}
}

// The holder is named by the ledger too, for who may not see other sessions;
// and only who may end it, ends it.
func TestHolderAndEvict(t *testing.T) {
	d := database(t)
	if h, err := HolderOf(t.Context(), d.Conn, "dev"); h != nil || err != nil {
		t.Fatal(h, err)
	}
	d.exec(`DO $$ BEGIN CREATE ROLE onlooker LOGIN; EXCEPTION WHEN duplicate_object THEN END $$`)
	o := Options{Run: resource.Run{Who: "ann", Host: "laptop", Command: "tellr apply dev.hcl --yes", ID: "r1", Started: time.Now()}}
	l := d.hold(o)
	h, err := HolderOf(t.Context(), d.Conn, "dev")
	if err != nil || h == nil || h.Name != "tellr apply env=dev by=ann@laptop" || h.Login != "postgres" || h.Run != nil || h.Quiet < 0 {
		t.Fatalf("%+v %v", h, err)
	}
	m := resource.Memory{Run: o.Run, Entries: []resource.Entry{entry("schema.app", text("name", "app"))},
		Steps: []resource.RunStep{{N: 1, Address: resource.Address{Kind: "app", Name: "web"}, Title: "create app", Outcome: resource.Running, Started: time.Now()}}}
	if _, err := l.Write(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	d.exec("GRANT USAGE ON SCHEMA tellr TO onlooker; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tellr TO onlooker")
	onlooker := d.connect("onlooker", nil)
	_, err = openOn(t.Context(), d.connect("onlooker", nil), scope, resource.Database, Options{LockPatience: 1})
	for _, want := range []string{"ann@laptop: tellr apply dev.hcl --yes, run r1, since 20", "logged in as postgres", "its last step: app.web: create app", "sign of life"} {
		if m := diagnostic(t, err); !errors.Is(err, resource.ErrLocked) || !strings.Contains(m.Detail, want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if h, err = HolderOf(t.Context(), onlooker, "dev"); err != nil || h == nil {
		t.Fatal(h, err)
	}
	if m := diagnostic(t, Evict(t.Context(), onlooker, *h)); !strings.Contains(m.Cure, "GRANT pg_signal_backend TO onlooker") || !strings.Contains(m.Cure, "as postgres") {
		t.Error(m)
	}
	d.want("SELECT outcome FROM tellr.run", "running")
	before := h
	if err := Evict(t.Context(), d.Conn, *h); err != nil {
		t.Fatal(err)
	}
	if h, err := HolderOf(t.Context(), d.Conn, "dev"); h != nil || err != nil {
		t.Fatal(h, err)
	}
	if err := Evict(t.Context(), d.Conn, *before); err != nil {
		t.Errorf("to end what has ended: %v", err)
	}
	// The holder lives, and does not go on.
	if _, err := l.Write(t.Context(), m); err == nil || !strings.Contains(err.Error(), "somebody ran tellr unlock") {
		t.Errorf("a write after it was ended: %v", err)
	}
	d.want("SELECT outcome FROM tellr.run", "in doubt")
}
