package lakebase_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// While this machine sleeps and wakes, and its clock is set wrong and right again, each new connection of a pool and of
// database/sql is made: the server, which has a clock of its own, never gets a token for good that has run out there.
func TestNoConnectionFailsWhileTheClockJumps(t *testing.T) {
	var here, there atomic.Int64 // how far this machine's clock, and the service's, are ahead of the test's
	wall := func() time.Time { return time.Now().Add(time.Duration(here.Load())) }
	theirs := func() time.Time { return time.Now().Add(time.Duration(there.Load())) }
	var mu sync.Mutex
	ends := map[string]time.Time{}
	i := &issuer{life: time.Hour, wall: theirs}
	mint := func(ctx context.Context) (lakebase.Credential, error) {
		c, err := i.mint(ctx)
		mu.Lock()
		defer mu.Unlock()
		ends[c.Secret] = c.Expiry
		return c, err
	}
	g := newGateway(t, func(g *gateway, _ int, conn net.Conn) {
		in, _ := g.open(conn)
		if in == nil {
			return
		}
		secret := ask(in)
		mu.Lock()
		end := ends[secret]
		mu.Unlock()
		if !theirs().Before(end) {
			refuse(in, "28P01", "password authentication failed")
			return
		}
		admit(in)
		answer(in)
	})
	c := g.connector(t, i, lakebase.WithMinter(mint), lakebase.WithWall(wall))
	pool, err := c.Pool(t.Context())
	must(t, err)
	defer pool.Close()
	db, err := c.DB()
	must(t, err)
	defer db.Close()
	db.SetMaxIdleConns(0)
	connections := 0
	connect := func(what string) {
		for range 5 {
			conn, err := pool.Acquire(t.Context())
			if err != nil {
				t.Errorf("%s: pgxpool: %v", what, err)
				return
			}
			must(t, conn.Hijack().Close(t.Context()))
			if err := db.PingContext(t.Context()); err != nil {
				t.Errorf("%s: database/sql: %v", what, err)
				return
			}
			connections += 2
		}
	}
	connect("at first")
	jumps := []struct {
		what        string
		here, there time.Duration
	}{
		{"it slept for eight hours", 8 * time.Hour, 8 * time.Hour},
		{"it slept for fifty-nine minutes", 59 * time.Minute, 59 * time.Minute},
		{"it slept, and only later sets its clock", 0, 2 * time.Hour},
		{"it sets its clock", 2 * time.Hour, 0},
		{"its clock goes wrong, ahead", 25 * time.Minute, 0},
		{"and right again", -25 * time.Minute, 0},
		{"its clock goes wrong, back", -25 * time.Minute, 0},
		{"and an hour passes", time.Hour, time.Hour},
		{"and right again", 25 * time.Minute, 0},
		{"a suspend of three days", 72 * time.Hour, 72 * time.Hour},
	}
	for _, jump := range jumps {
		here.Add(int64(jump.here))
		there.Add(int64(jump.there))
		connect(jump.what)
	}
	st := c.Status()
	t.Logf("%d connections, %d requests for tokens, %d rejected logins", connections, i.count(), st.Rejected)
	if n := i.count(); n > 3*len(jumps) {
		t.Errorf("%d requests for tokens over %d jumps", n, len(jumps))
	}
	if st.Rejected == 0 || !strings.Contains(string(st.State), "fresh") {
		t.Errorf("a token that ran out unseen was not rejected, or not replaced: %+v", st)
	}
}
