package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Clock tells the time and waits; the zero Clock is the real one.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

func (c Clock) orReal() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Between two questions of a poll. Slow enough for the platform, which counts
// requests, quick enough for a sandbox.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Timeout says that something did not come about in time. What was begun goes
// on without tellr: the next plan sees how far it came.
type Timeout struct {
	For   string
	After time.Duration
	State string // what was last seen
}

func (e *Timeout) Error() string {
	return fmt.Sprintf("not in %s: %s; last seen: %s", e.After, e.For, e.State)
}

// Ask looks once: done, or the state in a few words.
type Ask func(ctx context.Context) (done bool, state string, err error)

// hiccupsBorne is how many failed looks in a row a poll bears: the server's
// own failures (5xx), lost answers, and a thing that was just made and is not
// seen yet.
const hiccupsBorne = 4

// Wait asks until it is done, fails or takes too long. Every change of state
// is progress.
func (c *Client) Wait(ctx context.Context, w *resource.Wait, progress func(string), ask Ask) error {
	limit := time.Duration(w.Timeout) * time.Second
	begun := c.clock.Now()
	pause, hiccups, said := firstPause, 0, ""
	for {
		done, state, err := ask(ctx)
		switch {
		case err != nil && (!IsHiccup(err) && !IsMissing(err) || hiccups == hiccupsBorne):
			return err
		case err != nil:
			hiccups++
			state = err.Error()
		case done:
			return nil
		default:
			hiccups = 0
		}
		if state != said && progress != nil {
			progress(w.For + ": " + state)
			said = state
		}
		if waited := c.clock.Now().Sub(begun); limit > 0 && waited >= limit {
			return Explain(&Timeout{For: w.For, After: limit, State: state}, "waiting", "")
		}
		if err := c.clock.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, lastPause)
	}
}

// settleFor is how long a read waits for something in flight to land.
const settleFor = 90

// Settle looks until what a killed apply or someone else has begun has ended,
// but not for long: a plan that reads it half done would be stale a moment
// later. What takes longer is left as it is; the plan then waits for it.
func (c *Client) Settle(ctx context.Context, ask Ask) error {
	err := c.Wait(ctx, &resource.Wait{For: "it comes to rest", Timeout: settleFor}, nil, ask)
	var late *Timeout
	if errors.As(err, &late) {
		return nil
	}
	return err
}
