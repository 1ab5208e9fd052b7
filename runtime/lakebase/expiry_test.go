package lakebase_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/sandbox"
)

// load connects anew from all sides for a while, and tells every failure; on a busy
// machine for longer, until there are enough.
func load(t *testing.T, d time.Duration, workers int, enough int64, connect func(context.Context) error) (connections int64) {
	t.Helper()
	deadline, latest := time.Now().Add(d), time.Now().Add(d+2*time.Minute)
	var n atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for now := time.Now(); now.Before(deadline) || n.Load() < enough && now.Before(latest); now = time.Now() {
				if err := connect(t.Context()); err != nil {
					t.Errorf("after %d connections: %v", n.Load(), err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	return n.Load()
}

// New connections, and nothing but new connections, across many expiries, with everything going wrong that the
// connector promises to stand: not one fails.
func TestNoConnectionFailsAcrossExpiry(t *testing.T) {
	t.Parallel()
	const life = 4 * time.Second
	const total = 10 * time.Second
	for name, disturb := range map[string]func(t *testing.T, w *world, stop <-chan struct{}){
		"healthy": nil,
		"the API is down around the refresh": func(t *testing.T, w *world, stop <-chan struct{}) {
			every(stop, time.Second, func(i int) {
				if i%4 == 2 { // from the 3rd second of a token's four: the soft point is at 3.3
					must(t, w.Arm(sandbox.Fault{Route: "POST /api/2.0/postgres/credentials", Status: 500, Count: -1}))
				} else {
					w.Disarm()
				}
			})
		},
		"the API is slow": func(t *testing.T, w *world, _ <-chan struct{}) {
			must(t, w.Arm(sandbox.Fault{Route: "POST /api/2.0/postgres/credentials", Slow: 500e6, Count: -1}))
		},
		"the API limits and cuts": func(t *testing.T, w *world, stop <-chan struct{}) {
			every(stop, 1500*time.Millisecond, func(i int) {
				w.Disarm()
				must(t, w.Arm([]sandbox.Fault{{Route: "POST /api/2.0/postgres/credentials", Status: 429, ErrorCode: "RESOURCE_EXHAUSTED"},
					{Route: "POST /api/2.0/postgres/credentials", Reset: "before", Count: 2},
					{Route: "POST /api/2.0/postgres/credentials", Reset: "after"}}[i%3]))
			})
		},
		"all tokens are revoked every second": func(t *testing.T, w *world, stop <-chan struct{}) {
			every(stop, time.Second, func(int) { w.ExpireTokens() })
		},
		"the compute restarts": func(t *testing.T, w *world, stop <-chan struct{}) {
			every(stop, 300*time.Millisecond, func(i int) {
				must(t, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: []string{"57P03", "57P01", "08006"}[i%3]}))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, life)
			c, pool := w.open(t)
			db, err := c.DB()
			must(t, err)
			defer db.Close()
			db.SetMaxIdleConns(0) // each use is a new connection
			pool.Config()
			before := w.tokens()
			stop := make(chan struct{})
			var disturber sync.WaitGroup
			if disturb != nil {
				disturber.Go(func() { disturb(t, w, stop) })
			}
			var viaPool, viaSQL int64
			var both sync.WaitGroup
			both.Go(func() {
				viaPool = load(t, total, 2, 20, func(ctx context.Context) error {
					conn, err := pool.Acquire(ctx)
					if err != nil {
						return err
					}
					return closeConn(ctx, conn.Hijack())
				})
			})
			both.Go(func() { viaSQL = load(t, total, 2, 20, func(ctx context.Context) error { return db.PingContext(ctx) }) })
			both.Wait()
			close(stop)
			disturber.Wait()
			st, asked := c.Status(), w.tokens()-before
			t.Logf("%d connections by pgxpool, %d by database/sql, %d requests for tokens, %d generations, %d logins rejected, %d retries",
				viaPool, viaSQL, asked, st.Generation, st.Rejected, st.Retries)
			if viaPool < 20 || viaSQL < 20 || st.Generation < 3 {
				t.Errorf("too little happened: %+v", st)
			}
			if asked > 60 {
				t.Errorf("%d requests for tokens", asked)
			}
		})
	}
}

func closeConn(ctx context.Context, conn *pgx.Conn) error {
	defer conn.Close(ctx)
	_, err := conn.Exec(ctx, "SELECT 1")
	return err
}

func every(stop <-chan struct{}, d time.Duration, do func(i int)) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-tick.C:
			do(i)
		}
	}
}

// A pool in use does not notice expiry, revocation, and the end of its connections.
func TestPoolUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3*time.Second)
	c, err := lakebase.New(t.Context(), lakebase.WithEnv(w.env(t, "slides-app", "LAKEBASE_ENDPOINT="+endpoint)), lakebase.WithMinTokenTTL(time.Second))
	must(t, err)
	defer c.Close()
	cfg, err := c.PoolConfig()
	must(t, err)
	cfg.MaxConnLifetime, cfg.MaxConnLifetimeJitter = 200*time.Millisecond, 100*time.Millisecond
	cfg.HealthCheckPeriod = 100 * time.Millisecond
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	must(t, err)
	defer pool.Close()
	stop := make(chan struct{})
	go every(stop, 1500*time.Millisecond, func(int) { w.ExpireTokens() })
	queries := load(t, 8*time.Second, 4, 20, func(ctx context.Context) error { _, err := pool.Exec(ctx, "SELECT 1"); return err })
	close(stop)
	st := c.Status()
	t.Logf("%d queries over %d logins, %d generations, %d rejected", queries, st.Logins, st.Generation, st.Rejected)
	if st.Logins < 20 || st.Generation < 4 {
		t.Errorf("%+v", st)
	}
}
