package proxy

import (
	"context"
	"time"
)

// trimTime is how often a proxy is made small again.
const trimTime = time.Minute

// StaySmall trims the process now, and once a minute until ctx ends: a login and a new token read a lot of the program
// that passing bytes on does without.
func StaySmall(ctx context.Context) {
	Trim()
	go again(ctx, trimTime, Trim)
}

func again(ctx context.Context, every time.Duration, do func()) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}
