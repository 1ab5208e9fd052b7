package proxy

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What grew is given back every minute, and nothing is left of it at the end.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := 0
		go again(ctx, trimTime, func() { done++ })
		time.Sleep(10*trimTime + time.Second)
		synctest.Wait()
		if done != 10 {
			t.Errorf("trimmed %d times in ten minutes", done)
		}
		cancel()
		time.Sleep(10 * trimTime)
		if done != 10 {
			t.Errorf("trimmed %d times after the end", done-10)
		}
	})
}
