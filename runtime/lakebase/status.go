package lakebase

import (
	"log/slog"
	"time"
)

// State is how a connector's token is.
type State string

const (
	StateEmpty    State = "empty"    // none yet
	StateFresh    State = "fresh"    // nothing to do
	StateStale    State = "stale"    // valid, and being replaced
	StateDegraded State = "degraded" // valid, and replacing it fails
	StateExpired  State = "expired"  // run out, or none could be had
	StateClosed   State = "closed"
)

// Ready says whether logins can be expected to work.
func (s State) Ready() bool { return s == StateFresh || s == StateStale || s == StateDegraded }

// Status is a connector at one moment, for readiness and debugging. It holds no secret. For a database that needs no
// tokens (KindURL, KindLocal) all but Kind and Host is zero, and State is fresh.
type Status struct {
	Kind       Kind      `json:"kind"`
	Host       string    `json:"host"`
	State      State     `json:"state"`
	Generation uint64    `json:"generation"`          // of the current token, from 1
	Expiry     time.Time `json:"expiry,omitzero"`     // of the current token
	Refreshing bool      `json:"refreshing"`          // a request is under way
	LastError  *Error    `json:"-"`                   // of the last request for a token; nil after a success
	LastFailed time.Time `json:"last_failed"`         // when LastError happened
	Failures   int       `json:"failures"`            // requests in a row that failed
	NextTry    time.Time `json:"next_try,omitzero"`   // after a failure: not before
	Requests   uint64    `json:"requests"`            // for tokens, ever
	Failed     uint64    `json:"failed"`              // of those
	Logins     uint64    `json:"logins"`              // that the server took, ever
	Rejected   uint64    `json:"rejected"`            // logins that it refused for the token, ever
	Retries    uint64    `json:"retries"`             // connections tried again, for whatever reason
	Error      string    `json:"error,omitempty"`     // LastError as text
	IdleSince  time.Time `json:"idle_since,omitzero"` // looking ahead stopped for lack of callers, since when they lack
}

// state computes where the token is. s.mu is held.
func (s *source) state() State {
	h := s.current.Load()
	now := s.wall().UnixNano()
	switch {
	case s.closed:
		return StateClosed
	case h == nil && s.lastError == nil:
		return StateEmpty
	case h == nil || now >= h.end:
		return StateExpired
	case h.fresh(now):
		return StateFresh
	case s.lastError != nil:
		return StateDegraded
	}
	return StateStale
}

func (s *source) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Status{State: s.state(), Refreshing: s.flight != nil, LastError: s.lastError, LastFailed: s.lastFailed, Failures: s.failures,
		Requests: s.mints.Load(), Failed: s.fails.Load()}
	if h := s.current.Load(); h != nil {
		st.Generation, st.Expiry = h.generation, h.expiry
		if !s.running && !s.lazy {
			st.IdleSince = s.wall().Round(0).Add(-time.Since(s.lastUse))
		}
	}
	if s.lastError != nil {
		st.Error = s.lastError.Error()
		st.NextTry = s.wall().Round(0).Add(time.Until(s.nextTry))
	}
	return st
}

// tell logs transitions: each new token, and each change of state or cause, once. s.mu is held.
func (s *source) tell() {
	state, code := s.state(), Code("")
	if s.lastError != nil {
		code = s.lastError.Code
	}
	h := s.current.Load()
	var attrs []any
	if h != nil {
		attrs = append(attrs, slog.Uint64("gen", h.generation), slog.String("expires_in", h.expiry.Sub(s.wall().Round(0)).Round(time.Second).String()))
	}
	if s.lastError != nil {
		attrs = append(attrs, slog.Int("attempt", s.failures), slog.String("next_try_in", time.Until(s.nextTry).Round(10*time.Millisecond).String()),
			slog.String("code", string(code)), slog.String("error", s.lastError.Error()))
	}
	if state == s.told && code == s.toldCode && s.generation == s.toldGeneration {
		return
	}
	s.told, s.toldCode, s.toldGeneration = state, code, s.generation
	switch state {
	case StateFresh:
		s.log.Info("lakebase: token is fresh", attrs...)
	case StateStale:
		s.log.Debug("lakebase: token is being replaced", attrs...)
	case StateDegraded:
		s.log.Warn("lakebase: token cannot be replaced yet", attrs...)
	case StateExpired:
		s.log.Error("lakebase: there is no valid token", attrs...)
	}
}
