package lakebase_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

func TestStatusTellsTheStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		i := &issuer{life: time.Hour, fault: outage(start, time.Minute, 65*time.Minute, errDown)}
		c := connector(t, i, lakebase.WithRandom(func() float64 { return 0.5 }))
		at := func(d time.Duration, want lakebase.State) {
			t.Helper()
			<-time.After(time.Until(start.Add(d)))
			synctest.Wait()
			if st := c.Status(); st.State != want || st.State.Ready() == (want == lakebase.StateExpired || want == lakebase.StateEmpty) {
				t.Errorf("after %s: %+v", d, st)
			}
		}
		at(0, lakebase.StateEmpty)
		c.Token(t.Context())
		at(time.Second, lakebase.StateFresh)
		at(51*time.Minute, lakebase.StateDegraded)
		if st := c.Status(); st.LastError == nil || st.Error == "" || st.Failures == 0 || !st.NextTry.After(time.Now().Add(-time.Minute)) {
			t.Errorf("%+v", st)
		}
		at(61*time.Minute, lakebase.StateExpired)
		at(67*time.Minute, lakebase.StateFresh)
		if st := c.Status(); st.Generation != 2 || st.LastError != nil || st.Requests == 0 || st.Failed == 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestFreshTokenCostsNoAllocation(t *testing.T) {
	c := connector(t, &issuer{life: time.Hour})
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() { c.Token(ctx) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkToken(b *testing.B) {
	c, err := lakebase.New(b.Context(), lakebase.WithEnv(func(string) string { return "" }),
		lakebase.WithConfig(lakebase.Config{Host: "db.example.com", User: "app"}), lakebase.WithMinter((&issuer{life: time.Hour}).mint))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ctx := b.Context()
	b.ReportAllocs()
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Token(ctx)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Token(ctx)
			}
		})
	})
}
