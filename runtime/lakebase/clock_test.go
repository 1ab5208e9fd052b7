package lakebase_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

func TestManyRejectionsMakeOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: func(context.Context, time.Time) error { <-time.After(time.Second); return nil }}
		c := connector(t, i)
		c.Token(t.Context())
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if !c.Invalidate(1) {
					t.Error("another try is of use")
				}
				if token, err := c.Token(t.Context()); err != nil || token.Generation() != 2 {
					t.Errorf("%v %v", token, err)
				}
			})
		}
		all.Wait()
		c.Invalidate(1) // late
		if token, err := c.Token(t.Context()); err != nil || token.Generation() != 2 {
			t.Errorf("after a late failure: %v %v", token, err)
		}
		if n := i.count(); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

// Where the role is missing, every token is rejected: that must not become a storm of requests.
func TestFreshTokensRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		c := connector(t, i)
		start := time.Now()
		for time.Since(start) < time.Minute {
			token, err := c.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.Invalidate(token.Generation())
			<-time.After(10 * time.Millisecond)
		}
		if n := i.count(); n > 14 {
			t.Errorf("%d requests a minute", n)
		}
	})
}

// A rejected token is not thrown away: while the API is down it is all there is.
func TestRejectedWhileTheAPIIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fault: outage(time.Now(), time.Second, time.Minute, errDown)}
		c := connector(t, i)
		c.Token(t.Context())
		<-time.After(2 * time.Second)
		c.Invalidate(1)
		if token, err := c.Token(t.Context()); err != nil || token.Generation() != 1 {
			t.Errorf("%v %v", token, err)
		}
		<-time.After(time.Minute)
		if token, err := c.Token(t.Context()); err != nil || token.Generation() != 2 {
			t.Errorf("%v %v", token, err)
		}
	})
}

func TestCloseEndsARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		i := &issuer{life: time.Hour, fault: func(ctx context.Context, _ time.Time) error { <-ctx.Done(); ended = true; return ctx.Err() }}
		c := connector(t, i)
		failed := make(chan error)
		go func() { _, err := c.Token(t.Context()); failed <- err }()
		synctest.Wait()
		c.Close()
		if !ended {
			t.Error("the request goes on")
		}
		if err := <-failed; err == nil {
			t.Error("a token after all")
		}
		if _, err := c.Token(t.Context()); !errors.Is(err, lakebase.ErrClosed) {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if st := c.Status(); st.State != lakebase.StateClosed {
			t.Errorf("%+v", st)
		}
	})
}

// The wall clock is set, or the machine sleeps: the monotonic clock stands still, the wall clock goes on.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-24 * time.Hour, -2 * time.Hour, -20 * time.Minute, -time.Second, time.Second,
		10 * time.Minute, 55 * time.Minute, 59*time.Minute + 30*time.Second, 2 * time.Hour, 72 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var offset atomic.Int64
				wall := func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
				i := &issuer{life: time.Hour, wall: wall}
				c := connector(t, i, lakebase.WithWall(wall))
				token, err := c.Token(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				offset.Store(int64(jump))
				<-time.After(100 * time.Millisecond)
				for range 3 * 60 * 12 {
					if token, err = c.Token(t.Context()); err != nil {
						t.Fatal(err)
					}
					if left := token.Expiry().Sub(wall()); left <= 0 || jump < 0 && left > 3*time.Hour+jump.Abs() {
						t.Fatalf("%v has %s left", token, left)
					}
					<-time.After(5 * time.Second)
				}
				if left := token.Expiry().Sub(wall()); left > time.Hour {
					t.Errorf("%v has %s left", token, left)
				}
				if n := i.count(); n > 7 {
					t.Errorf("%d requests in three hours", n)
				}
			})
		})
	}
}

// A caller is not needed for a jump to be seen: within a minute.
func TestSleepingMachineWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var offset atomic.Int64
		wall := func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		i := &issuer{life: time.Hour, wall: wall}
		c := connector(t, i, lakebase.WithWall(wall))
		c.Token(t.Context())
		offset.Store(int64(8 * time.Hour))
		<-time.After(61 * time.Second)
		if n := i.count(); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}
