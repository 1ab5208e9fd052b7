package proxy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/proxy"
	"github.com/tellr-dev/tellr/sandbox"
)

const credentials = "POST /api/2.0/postgres/credentials"

// New connections by pgx, psql and pgbench across many expiries, with everything going wrong that the proxy promises to
// stand: not one fails.
func TestNoConnectionFailsAcrossExpiry(t *testing.T) {
	t.Parallel()
	const life = 4 * time.Second
	const total = 10 * time.Second
	for name, disturb := range map[string]func(w *world, stop <-chan struct{}, advanced func() bool){
		"healthy": func(*world, <-chan struct{}, func() bool) {},
		"the API is down around the refresh": func(w *world, stop <-chan struct{}, advanced func() bool) {
			every(stop, time.Second, func(i int) {
				if i%4 == 2 { // from the 3rd second of a token's four: the soft point is at 3.3
					must(w.T, w.Arm(sandbox.Fault{Route: credentials, Status: 500, Count: -1}))
				} else {
					w.Disarm()
				}
			})
		},
		"the API is slow": func(w *world, _ <-chan struct{}, _ func() bool) {
			must(w.T, w.Arm(sandbox.Fault{Route: credentials, Slow: 500e6, Count: -1}))
		},
		"the API limits and cuts": func(w *world, stop <-chan struct{}, advanced func() bool) {
			every(stop, 1500*time.Millisecond, func(i int) {
				w.Disarm()
				must(w.T, w.Arm([]sandbox.Fault{{Route: credentials, Status: 429, ErrorCode: "RESOURCE_EXHAUSTED"},
					{Route: credentials, Reset: "before", Count: 2}, {Route: credentials, Reset: "after"}}[i%3]))
			})
		},
		"all tokens are revoked every second": func(w *world, stop <-chan struct{}, advanced func() bool) {
			every(stop, time.Second, func(int) {
				if advanced() {
					w.ExpireTokens()
				}
			})
		},
		"the compute restarts": func(w *world, stop <-chan struct{}, advanced func() bool) {
			every(stop, 300*time.Millisecond, func(i int) {
				if !advanced() {
					return
				}
				must(w.T, w.ArmGateway(sandbox.GatewayFault{RefuseLogin: []string{"57P03", "57P01", "08006"}[i%3]}))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, life)
			plain, pooled := w.proxy(proxy.Options{}), w.proxy(proxy.Options{Pool: true, Lifetime: 500 * time.Millisecond})
			stop := make(chan struct{})
			var disturber, all sync.WaitGroup
			// On a busy machine a login that takes seconds would meet one trouble after the other at each of its tries.
			last := [2]uint64{}
			advanced := func() bool {
				now := [2]uint64{plain.Status().Token.Logins, pooled.Status().Token.Logins}
				if now[0] < last[0]+2 || now[1] < last[1]+2 {
					return false
				}
				last = now
				return true
			}
			disturber.Go(func() { disturb(w, stop, advanced) })
			began := time.Now()
			var byPgx, byPooled, byPsql, byPgbench int64
			connect := func(to string) func(context.Context) error {
				return func(ctx context.Context) error {
					c, err := pgx.Connect(ctx, to)
					if err != nil {
						return err
					}
					defer c.Close(ctx)
					_, err = c.Exec(ctx, "SELECT 1")
					return err
				}
			}
			all.Go(func() { byPgx = load(t, total, 2, 5, connect(dsn(plain))) })
			all.Go(func() { byPooled = load(t, total, 1, 5, connect(dsn(pooled))) })
			all.Go(func() {
				byPsql = load(t, total, 1, 3, func(context.Context) error { _, err := w.psql(plain, "-Atc", "SELECT 1"); return err })
			})
			all.Go(func() {
				for tries := 0; byPgbench < 3 && tries < 10; tries++ {
					byPgbench += w.pgbench(plain, total)
				}
			})
			all.Wait()
			close(stop)
			disturber.Wait()
			one, two := plain.Status(), pooled.Status()
			t.Logf("%d connections by pgx, %d by psql, %d by pgbench, %d pooled on %d sessions; %d tokens, %d logins rejected, %d retries",
				byPgx, byPsql, byPgbench, byPooled, two.Opened, one.Token.Generation, one.Token.Rejected, one.Token.Retries)
			if byPgx < 5 || byPsql < 3 || byPgbench < 3 || byPooled < 5 || one.Token.Generation < 3 || two.Token.Generation < 3 {
				t.Errorf("too little happened: %+v %+v", one, two)
			}
			if len(one.Rejected)+len(two.Rejected) > 0 {
				t.Errorf("refused: %v %v", one.Rejected, two.Rejected)
			}
			// A busy machine takes longer than the total, and so through more of what goes wrong. About 15 tries fit into a second
			// without the API, of which there is one in four.
			most := uint64(4)
			if name == "the API is down around the refresh" {
				most = 5
			}
			if n, seconds := one.Token.Requests, uint64(max(time.Since(began), total)/time.Second); n > most*seconds {
				t.Errorf("%d requests for tokens in %d s", n, seconds)
			}
		})
	}
}

// pgbench connects anew for each transaction; any failure ends it with an error.
func (w *world) pgbench(p *proxy.Proxy, d time.Duration) int64 {
	w.Helper()
	script := filepath.Join(w.TempDir(), "one.sql")
	must(w.T, os.WriteFile(script, []byte("SELECT 1;\n"), 0o644))
	out, err := w.program(p, "pgbench", "-n", "-C", "-c", "2", "-T", fmt.Sprint(int(d.Seconds())), "-f", script)
	if err != nil {
		w.Error(err)
	}
	m := regexp.MustCompile(`actually processed: (\d+)`).FindStringSubmatch(out)
	if m == nil || strings.Contains(out, "aborted") {
		w.Errorf("pgbench: %s", out)
		return 0
	}
	var n int64
	fmt.Sscan(m[1], &n)
	return n
}

// load connects from all sides for a while, and tells every failure; on a busy
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
