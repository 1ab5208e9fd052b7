package lakebase

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// source keeps one token fresh. The rules: before soft the token is returned as it is; between soft and guard it is
// returned, and replaced in the background; from guard on callers wait for the next one, and get the old one all the
// same if there is none and it has not run out. One request at a time; no caller's cancellation ends it.
//
// There is no goroutine but that of a request under way: looking ahead is done by a timer, which stops after two
// lifetimes without a caller.
type source struct {
	mint   Minter
	reset  func() // the clock jumped: drop what the minter keeps by time; may be nil
	wall   func() time.Time
	random func() float64
	minTTL time.Duration
	lazy   bool
	beat   time.Duration
	log    *slog.Logger
	meters *instruments

	current      atomic.Pointer[held]
	leased       atomic.Pointer[held] // current, while it is known to be fresh without a look at the clock
	used         atomic.Bool          // a caller came since the last tick
	accepted     atomic.Uint64        // generation that the server last took
	acceptedAt   atomic.Int64         // when, since start
	start        time.Time            // monotonic
	done         context.Context
	stop         context.CancelFunc
	flights      sync.WaitGroup
	mints, fails atomic.Uint64

	mu         sync.Mutex
	closed     bool
	flight     *flight
	generation uint64
	failures   int       // in a row
	lastError  *Error    // of the last request; nil after a success
	lastFailed time.Time // wall clock
	nextTry    time.Time // monotonic: not before, while a token is valid
	callerTry  time.Time // monotonic: not before, for callers that have none
	forced     time.Time // monotonic: when a rejected token was last replaced
	lastUse    time.Time // monotonic
	timer      *time.Timer
	leaseEnd   *time.Timer
	running    bool
	wallMark   time.Time // both clocks at the same moment, to see them part
	monoMark   time.Time
	told       State // the last transition that was logged
	toldCode   Code

	toldGeneration uint64
}

// flight is one request for a token, shared by all who wait.
type flight struct {
	done chan struct{}
	got  *held
	err  *Error
}

func newSource(m Minter, reset func(), o options, meters *instruments) *source {
	s := &source{mint: m, reset: reset, wall: o.wall, random: o.random, minTTL: o.minTTL, lazy: o.lazy, beat: o.clockInterval,
		log: o.log, meters: meters, start: time.Now(), told: StateEmpty}
	s.done, s.stop = context.WithCancel(context.Background())
	s.mark()
	return s
}

// token is the current one, or the next where that is needed. The error is an *Error, or the context's.
func (s *source) token(ctx context.Context) (*held, error) {
	if h := s.leased.Load(); h != nil {
		return h, nil
	}
	return s.slow(ctx)
}

// lease lets callers have a fresh token without reading the clock, which costs several times all the rest. It is short,
// so that a jump of the clock is seen at once for any purpose. s.mu is held.
func (s *source) lease(h *held, now int64) {
	s.leased.Store(h)
	d := min(longestLease, time.Duration(h.soft-now))
	if s.leaseEnd == nil {
		s.leaseEnd = time.AfterFunc(d, func() { s.leased.Store(nil) })
	} else {
		s.leaseEnd.Reset(d)
	}
}

func (s *source) slow(ctx context.Context) (*held, error) {
	s.used.Store(true)
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return nil, fail(ErrClosed, "get a token", nil)
		}
		s.seeJump()
		h, now, mono := s.current.Load(), s.wall().UnixNano(), time.Now()
		if h != nil && h.fresh(now) {
			s.lease(h, now)
			s.mu.Unlock()
			return h, nil
		}
		if h != nil && !h.isRejected() && now < h.guard {
			setBack := h.issued-now >= int64(clockJump) // and a little is no matter
			if (now >= h.soft || setBack) && !mono.Before(s.nextTry) {
				s.launch()
			}
			s.mu.Unlock()
			return h, nil
		}
		valid := h != nil && now < h.end
		if s.flight == nil {
			switch {
			case valid && !h.isRejected() && mono.Before(s.nextTry):
				s.mu.Unlock()
				return h, nil
			case s.lastError != nil && terminal(s.lastError.Code) && mono.Before(s.nextTry):
				err := s.lastError
				s.mu.Unlock()
				if valid {
					return h, nil
				}
				return nil, err
			case mono.Before(s.callerTry):
				pause := s.callerTry.Sub(mono)
				s.mu.Unlock()
				if err := sleep(ctx, s.done, pause); err != nil {
					return nil, err
				}
				continue
			}
			s.launch()
		}
		f := s.flight
		s.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			if valid {
				return h, nil
			}
			return nil, waitEnded(ctx, "get a token")
		}
		if f.err == nil {
			return f.got, nil
		}
		if h := s.current.Load(); h != nil && s.wall().UnixNano() < h.end {
			return h, nil
		}
		return nil, f.err
	}
}

// prefetch starts a request if one is needed and may be made, and does not wait: connecting takes its time too.
func (s *source) prefetch() {
	if h := s.current.Load(); h != nil && h.fresh(s.wall().UnixNano()) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if mono := time.Now(); !mono.Before(s.nextTry) && !mono.Before(s.callerTry) {
		s.launch()
	}
}

// launch starts a request unless one is under way. s.mu is held.
func (s *source) launch() {
	if s.flight != nil || s.closed {
		return
	}
	s.flight = &flight{done: make(chan struct{})}
	f := s.flight
	s.flights.Go(func() { s.fly(f) })
}

func (s *source) fly(f *flight) {
	ctx, cancel := context.WithTimeout(s.done, flightBudget)
	defer cancel()
	began, issued := time.Now(), s.wall().Round(0)
	ctx, span := s.meters.startSpan(ctx, "lakebase.token.refresh")
	credential, err := s.mint(ctx)
	f.err = s.check(&credential, issued, err)
	s.mints.Add(1)
	s.meters.refreshed(time.Since(began), f.err)
	endSpan(span, f.err)

	s.mu.Lock()
	s.flight = nil
	if f.err == nil {
		s.generation++
		f.got = newHeld(credential, s.generation, issued, s.random())
		s.current.Store(f.got)
		s.leased.Store(nil)
		s.failures, s.lastError, s.nextTry, s.callerTry = 0, nil, time.Time{}, time.Time{}
		if !s.running && !s.lazy && !s.closed {
			s.running, s.lastUse = true, time.Now()
			s.mark()
		}
	} else {
		s.fails.Add(1)
		s.failed(f.err)
	}
	s.tell()
	s.arm()
	s.mu.Unlock()
	close(f.done)
}

// check is what makes an answer of the minter a token or an error.
func (s *source) check(c *Credential, issued time.Time, err error) *Error {
	const op = "get a token"
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case err != nil:
		return fail(ErrMintUnavailable, op, err)
	case c.Secret == "":
		return failf(ErrMintUnavailable, op, "the answer holds no token")
	}
	if c.Expiry.IsZero() {
		c.Expiry = issued.Add(time.Hour)
	}
	c.Expiry = c.Expiry.Round(0)
	now := s.wall().Round(0)
	if left := c.Expiry.Sub(now); left < s.minTTL {
		e := failf(ErrClockSkew, op, "it expires at %s, and it is %s here", c.Expiry.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		if !c.date.IsZero() {
			e.Hint += ": it is " + now.Sub(c.date).Round(time.Second).String() + " ahead of the workspace's"
		}
		return e
	}
	return nil
}

// failed plans the next attempt. s.mu is held.
func (s *source) failed(err *Error) {
	mono, h := time.Now(), s.current.Load()
	s.failures++
	s.lastError, s.lastFailed = err, s.wall().Round(0)
	s.callerTry = mono.Add(h.floor())
	if terminal(err.Code) {
		s.nextTry = mono.Add(terminalPause)
		return
	}
	var left time.Duration
	if h != nil {
		if left = time.Duration(h.guard - s.lastFailed.UnixNano()); left <= 0 {
			left = time.Duration(h.end - s.lastFailed.UnixNano())
		}
	}
	pause := backoff(s.failures, h.floor(), left, s.random())
	var limited *limitedError
	if errors.As(err, &limited) {
		pause = max(pause, limited.after)
		s.callerTry = mono.Add(min(limited.after, 10*time.Second))
	}
	s.nextTry = mono.Add(pause)
}

// terminal says that trying again soon is of no use.
func terminal(c Code) bool {
	entry, _ := c.Lookup()
	return !entry.Transient || c == ErrClockSkew
}

// reject tells that a server refused a login with a generation. It drops no other, so that many failures of one token
// fetch one new token, and a late one does no harm. The answer says whether trying again is of use: not when a fresh
// token was refused and another was fetched for that just before, since then it is the role that is missing.
func (s *source) reject(generation uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.current.Load()
	if h == nil || h.generation != generation || h.isRejected() {
		return true
	}
	proven := s.accepted.Load() == generation || s.acceptedLately()
	if !proven && !s.forced.IsZero() && time.Since(s.forced) < forcedPause {
		return false
	}
	s.forced = time.Now()
	s.current.Store(h.rejected())
	s.leased.Store(nil)
	s.tell()
	return true
}

// accept tells that a server took a login with a generation.
func (s *source) accept(generation uint64) {
	s.accepted.Store(generation)
	s.acceptedAt.Store(int64(time.Since(s.start)))
}

func (s *source) acceptedLately() bool {
	at := s.acceptedAt.Load()
	return at != 0 && time.Since(s.start)-time.Duration(at) < forcedPause
}

// close ends the timer and the request under way, and waits for it.
func (s *source) close() {
	s.mu.Lock()
	s.closed, s.running = true, false
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.leaseEnd != nil {
		s.leaseEnd.Stop()
	}
	s.leased.Store(nil)
	s.mu.Unlock()
	s.stop()
	s.flights.Wait()
}

// sleep waits, unless a context ends or the connector is closed.
func sleep(ctx, done context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return waitEnded(ctx, "get a token")
	case <-done.Done():
		return fail(ErrClosed, "get a token", nil)
	}
}

// waitEnded is the error of a caller that waits no longer.
func waitEnded(ctx context.Context, op string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return &Error{Code: ErrMintUnavailable, Op: op, Hint: "give the call more time", Err: context.Cause(ctx)}
}
