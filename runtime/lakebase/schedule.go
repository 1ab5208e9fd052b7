package lakebase

import "time"

// What the refresh is made of, for tokens of an hour; all of it scales with shorter ones.
const (
	flightBudget  = 30 * time.Second // one attempt to get a token
	maxBackoff    = time.Minute      // between attempts
	terminalPause = time.Minute      // after a refusal that time does not heal
	forcedPause   = 5 * time.Second  // between tokens fetched because a fresh one was rejected
	clockJump     = 30 * time.Second // by which the wall clock and the monotonic one part
	maxGuard      = time.Minute      // the platform refuses tokens some 30 s before they end [databricks-sdk-py#362]
	maxFloor      = time.Second      // the shortest time between attempts
	longestLease  = 100 * time.Millisecond
)

// held is a token and when it is to be replaced. It is immutable, so readers need no lock.
type held struct {
	Token
	issued int64 // wall clock, Unix nanoseconds, when it was asked for
	soft   int64 // from here on it is replaced in the background
	guard  int64 // from here on callers wait for the next one
	end    int64 // from here on logins fail
}

// newHeld schedules a token: soft at 5/6 of its life ± 5 %, so that replicas do not ask together, guard at 9/10 but at
// most a minute before its end.
func newHeld(c Credential, generation uint64, issued time.Time, random float64) *held {
	ttl := c.Expiry.Sub(issued)
	soft := issued.Add(ttl - ttl/6 + time.Duration((random*2-1)*0.05*float64(ttl)))
	guard := c.Expiry.Add(-min(maxGuard, ttl/10))
	return &held{Token: Token{secret: c.Secret, generation: generation, expiry: c.Expiry},
		issued: issued.UnixNano(), soft: soft.UnixNano(), guard: guard.UnixNano(), end: c.Expiry.UnixNano()}
}

// fresh says whether nothing is to be done. A clock that was set back behind the token's issue makes it not fresh.
func (h *held) fresh(now int64) bool { return uint64(now-h.issued) < uint64(h.soft-h.issued) }

// rejected is the token after a server refused it: no longer to be used while another can be had, but not thrown away.
func (h *held) rejected() *held {
	r := *h
	r.soft, r.guard = r.issued, r.issued
	return &r
}

func (h *held) isRejected() bool { return h.guard == h.issued }

// floor is the shortest pause between attempts, a second for tokens of a minute and more.
func (h *held) floor() time.Duration {
	if h == nil {
		return maxFloor
	}
	return min(maxFloor, max(time.Duration(h.end-h.issued)/60, 10*time.Millisecond))
}

// backoff is the pause after the nth failure in a row: 1 s · 2ⁿ⁻¹, half of it random, at most a minute, and at most a
// quarter of what is left until the next thing goes wrong: a flat minute once slept through the guard.
func backoff(n int, floor, left time.Duration, random float64) time.Duration {
	pause := maxBackoff
	if n < 7 {
		pause = floor << (n - 1)
	}
	pause = min(pause, maxBackoff)
	pause = pause/2 + time.Duration(random*float64(pause/2))
	if left > 0 {
		pause = min(pause, left/4)
	}
	return max(pause, floor/2)
}
