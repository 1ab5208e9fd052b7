package lakebase

import "time"

// arm sets the timer to the next thing that can happen. s.mu is held.
func (s *source) arm() {
	if !s.running || s.closed {
		return
	}
	h, now := s.current.Load(), s.wall().UnixNano()
	pause := s.beat
	if h.fresh(now) {
		pause = min(pause, time.Duration(h.soft-now))
	} else if wait := time.Until(s.nextTry); wait > 0 {
		pause = min(pause, wait)
	}
	pause = max(pause, h.floor()/2)
	if s.timer == nil {
		s.timer = time.AfterFunc(pause, s.tick)
	} else {
		s.timer.Reset(pause)
	}
}

// tick looks ahead.
func (s *source) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running || s.closed {
		return
	}
	mono, h := time.Now(), s.current.Load()
	if s.used.Swap(false) {
		s.lastUse = mono
	}
	if mono.Sub(s.lastUse) > 2*time.Duration(h.end-h.issued) {
		s.running = false
		s.log.Debug("lakebase: nobody asks for tokens, looking ahead stops")
		return
	}
	s.seeJump()
	if !h.fresh(s.wall().UnixNano()) && !mono.Before(s.nextTry) {
		s.launch()
	}
	s.tell()
	s.arm()
}

// seeJump notices that the wall clock was set, or that the machine slept: both make what is known of expiry doubtful.
// s.mu is held.
func (s *source) seeJump() {
	jump := s.wall().Round(0).Sub(s.wallMark) - time.Since(s.monoMark)
	if jump.Abs() < clockJump {
		return
	}
	s.mark()
	s.log.Warn("lakebase: the clock jumped", "by", jump.Round(time.Second).String())
	s.failures, s.nextTry, s.callerTry = 0, time.Time{}, time.Time{}
	if s.reset != nil {
		s.reset()
	}
	if s.current.Load() != nil {
		s.launch()
	}
}

func (s *source) mark() { s.wallMark, s.monoMark = s.wall().Round(0), time.Now() }
