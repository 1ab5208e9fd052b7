package lakebase_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// issuer is the API: it counts requests and answers as told.
type issuer struct {
	life  time.Duration
	fault func(ctx context.Context, at time.Time) error // nil is healthy
	wall  func() time.Time

	mu    sync.Mutex
	calls []time.Time
}

func (i *issuer) mint(ctx context.Context) (lakebase.Credential, error) {
	now := time.Now()
	i.mu.Lock()
	i.calls = append(i.calls, now)
	n, fault := len(i.calls), i.fault
	i.mu.Unlock()
	if fault != nil {
		if err := fault(ctx, now); err != nil {
			return lakebase.Credential{}, err
		}
	}
	wall := time.Now
	if i.wall != nil {
		wall = i.wall
	}
	return lakebase.Credential{Secret: fmt.Sprintf("secret-%d", n), Expiry: wall().Add(i.life)}, nil
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.calls)
}

// connector is one of a host that is never reached.
func connector(t *testing.T, i *issuer, opts ...lakebase.Option) *lakebase.Connector {
	t.Helper()
	c, err := lakebase.New(t.Context(), append([]lakebase.Option{lakebase.WithEnv(func(string) string { return "" }),
		lakebase.WithConfig(lakebase.Config{Host: "db.example.com", User: "app"}), lakebase.WithMinter(i.mint)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// use asks for a token each step for a while and returns the moments at which none could be had, since the start.
func use(t *testing.T, c *lakebase.Connector, step, total time.Duration) (failed []time.Duration) {
	t.Helper()
	start := time.Now()
	for time.Since(start) < total {
		token, err := c.Token(t.Context())
		switch {
		case err != nil:
			failed = append(failed, time.Since(start))
		case !time.Now().Before(token.Expiry()):
			t.Errorf("after %s: %v has run out", time.Since(start), token)
		}
		<-time.After(step)
	}
	return failed
}

// outage is a fault between two moments.
func outage(start time.Time, from, to time.Duration, err error) func(context.Context, time.Time) error {
	return func(_ context.Context, at time.Time) error {
		if d := at.Sub(start); d >= from && d < to {
			return err
		}
		return nil
	}
}

var errDown = errors.New("connection refused")

func TestDayCostsThirtyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		c := connector(t, i)
		if failed := use(t, c, 5*time.Second, 24*time.Hour); len(failed) > 0 {
			t.Errorf("no token at %v", failed)
		}
		if n := i.count(); n < 24 || n > 30 {
			t.Errorf("%d requests a day", n)
		}
		i.mu.Lock()
		for k := 1; k < len(i.calls); k++ {
			if d := i.calls[k].Sub(i.calls[k-1]); d < 47*time.Minute-time.Second || d > 53*time.Minute+time.Second {
				t.Errorf("request %d comes %s after the one before", k, d)
			}
		}
		i.mu.Unlock()
	})
}

// The refresh goes ahead of callers also when they are rare.
func TestRareCallersNeverWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: func(context.Context, time.Time) error { <-time.After(3 * time.Second); return nil }}
		c := connector(t, i)
		c.Token(t.Context())
		for range 24 {
			<-time.After(100 * time.Minute)
			began := time.Now()
			if _, err := c.Token(t.Context()); err != nil || time.Since(began) > 0 {
				t.Errorf("waited %s: %v", time.Since(began), err)
			}
		}
	})
}

func TestIdleApplicationsAskForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		c := connector(t, i)
		<-time.After(24 * time.Hour)
		if n := i.count(); n != 0 {
			t.Errorf("%d requests before the first use", n)
		}
		use(t, c, time.Minute, 10*time.Minute)
		<-time.After(24 * time.Hour)
		if n := i.count(); n > 4 {
			t.Errorf("%d requests of an idle application", n)
		}
		if st := c.Status(); st.State != lakebase.StateExpired || st.IdleSince.IsZero() {
			t.Errorf("status %+v", st)
		}
		if _, err := c.Token(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestLazyRefreshAsksOnlyForCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		c := connector(t, i, lakebase.WithLazyRefresh())
		c.Token(t.Context())
		<-time.After(58 * time.Minute)
		if n := i.count(); n != 1 {
			t.Errorf("%d requests", n)
		}
		c.Token(t.Context()) // returns the old one at once, and replaces it
		synctest.Wait()
		if token, err := c.Token(t.Context()); err != nil || token.Generation() != 2 {
			t.Errorf("%v %v", token, err)
		}
	})
}

func TestHerdOfColdCallersMakesOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: func(context.Context, time.Time) error { <-time.After(time.Second); return nil }}
		c := connector(t, i)
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if token, err := c.Token(t.Context()); err != nil || token.Generation() != 1 {
					t.Errorf("%v %v", token, err)
				}
			})
		}
		all.Wait()
		if n := i.count(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// Outages of every length at every place around soft point, guard and expiry: nobody notices one that ends before the
// token does, nobody fails before the token has run out, and failures end a second after the outage.
func TestOutages(t *testing.T) {
	for _, from := range []time.Duration{0, 40 * time.Minute, 47 * time.Minute, 50 * time.Minute, 58 * time.Minute, 59 * time.Minute, 59*time.Minute + 30*time.Second} {
		for _, length := range []time.Duration{time.Second, 30 * time.Second, 5 * time.Minute, 9 * time.Minute, 15 * time.Minute, 70 * time.Minute} {
			t.Run(fmt.Sprintf("from %s for %s", from, length), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					i := &issuer{life: time.Hour, fault: outage(start, max(from, time.Nanosecond), from+length, errDown)}
					c := connector(t, i)
					failed := use(t, c, 250*time.Millisecond, 3*time.Hour)
					for _, at := range failed {
						if at < time.Hour || at > from+length+2*time.Second {
							t.Fatalf("no token at %s", at)
						}
					}
					if from+length <= time.Hour && len(failed) > 0 {
						t.Errorf("%d callers noticed", len(failed))
					}
					if n := i.count(); n > int(length/time.Second)+40 {
						t.Errorf("%d requests", n)
					}
				})
			})
		}
	}
}

func TestOutageAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: outage(time.Now(), 0, 15*time.Minute, errDown)}
		c := connector(t, i)
		failed := use(t, c, 100*time.Millisecond, 20*time.Minute)
		if last := failed[len(failed)-1]; last > 15*time.Minute+time.Second {
			t.Errorf("the last failure is at %s", last)
		}
		if n := i.count(); n > 901 {
			t.Errorf("%d requests in an outage of 15 minutes", n)
		}
		_, err := c.Token(t.Context())
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSlowAPIIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: func(context.Context, time.Time) error { <-time.After(25 * time.Second); return nil }}
		c := connector(t, i)
		c.Token(t.Context())
		start := time.Now()
		for time.Since(start) < 12*time.Hour {
			began := time.Now()
			if _, err := c.Token(t.Context()); err != nil || time.Since(began) > 0 {
				t.Fatalf("after %s: waited %s, %v", time.Since(start), time.Since(began), err)
			}
			<-time.After(time.Second)
		}
	})
}

// A request that never ends is given up after 30 s, and the next one made.
func TestHangingAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hang atomic.Bool
		i := &issuer{life: time.Hour, fault: func(ctx context.Context, _ time.Time) error {
			if hang.Load() {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}}
		c := connector(t, i)
		c.Token(t.Context())
		hang.Store(true)
		use(t, c, time.Second, 55*time.Minute)
		hang.Store(false)
		<-time.After(31 * time.Second)
		if failed := use(t, c, time.Second, time.Hour); len(failed) > 0 {
			t.Errorf("no token at %v", failed)
		}
	})
}

func TestRateLimitIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		i := &issuer{life: time.Hour}
		i.fault = outage(start, 45*time.Minute, 58*time.Minute, lakebase.Limited(errors.New("429"), 100*time.Second))
		c := connector(t, i)
		if failed := use(t, c, time.Second, 2*time.Hour); len(failed) > 0 {
			t.Errorf("no token at %v", failed)
		}
		for k := 2; k < len(i.calls); k++ {
			if d := i.calls[k].Sub(i.calls[k-1]); d < 100*time.Second {
				t.Errorf("request %d comes after %s", k, d)
			}
		}
	})
}

// A refusal that time does not heal is asked again each minute, however many callers there are, and they hear at once.
func TestRefusalIsNotAskedForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: func(context.Context, time.Time) error { return &lakebase.Error{Code: lakebase.ErrMintDenied} }}
		c := connector(t, i)
		start := time.Now()
		for time.Since(start) < time.Hour {
			if _, err := c.Token(t.Context()); !errors.Is(err, lakebase.ErrMintDenied) {
				t.Fatal(err)
			}
			<-time.After(100 * time.Millisecond)
		}
		if n := i.count(); n > 61 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestShortTokensScale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: 5 * time.Minute}
		c := connector(t, i)
		if failed := use(t, c, time.Second, time.Hour); len(failed) > 0 {
			t.Errorf("no token at %v", failed)
		}
		if n := i.count(); n < 13 || n > 16 {
			t.Errorf("%d requests an hour", n)
		}
	})
}

// A token that is over when it arrives is the sign of a wrong clock: an error that says so, and no loop.
func TestExpiredOnArrival(t *testing.T) {
	for name, life := range map[string]time.Duration{"past": -time.Hour, "now": 0, "soon": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{life: life}
				c := connector(t, i)
				start := time.Now()
				for time.Since(start) < time.Hour {
					if _, err := c.Token(t.Context()); !errors.Is(err, lakebase.ErrClockSkew) {
						t.Fatal(err)
					}
					<-time.After(time.Second)
				}
				if n := i.count(); n > 83 {
					t.Errorf("%d requests an hour", n)
				}
			})
		})
	}
}

func TestAnswerWithoutTokenOrExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := lakebase.Credential{}
		c := connector(t, &issuer{}, lakebase.WithMinter(func(context.Context) (lakebase.Credential, error) { return answer, nil }))
		if _, err := c.Token(t.Context()); !errors.Is(err, lakebase.ErrMintUnavailable) {
			t.Error(err)
		}
		answer.Secret = "s"
		if token, err := c.Token(t.Context()); err != nil || time.Until(token.Expiry()) != time.Hour {
			t.Errorf("%v %v", token, err)
		}
	})
}

func TestCallersCancellationIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: func(ctx context.Context, _ time.Time) error {
			select {
			case <-time.After(10 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		c := connector(t, i)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		canceled, cancel2 := context.WithCancel(t.Context())
		cancel2()
		if _, err := c.Token(canceled); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if token, err := c.Token(t.Context()); err != nil || token.Generation() != 1 {
			t.Errorf("%v %v", token, err)
		}
		if n := i.count(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}
