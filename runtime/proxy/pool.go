package proxy

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Defaults of a pool: the platform ends old sessions and suspends idle databases.
const (
	defaultLifetime = 45 * time.Minute
	defaultIdleTime = 4 * time.Minute
)

// pool is sessions without a client.
type pool struct {
	lifetime, idleTime time.Duration
	limit              int // of sessions, in use or not; 0 is none

	mu     sync.Mutex
	idle   []*upstream // the one that has waited longest first
	used   int
	closed bool
}

func newPool(o Options) *pool {
	p := &pool{lifetime: o.Lifetime, idleTime: o.IdleTime, limit: o.MaxConns}
	if p.lifetime <= 0 {
		p.lifetime = defaultLifetime
	}
	if p.idleTime <= 0 {
		p.idleTime = defaultIdleTime
	}
	return p
}

// take gives the session that was used last of those that are the same, or nil. Then the caller makes
// one, for which there is room now, and either gives it to put or says gone.
func (p *pool) take(key string) *upstream {
	var dead []*upstream
	p.mu.Lock()
	p.used++
	var found *upstream
	for i := len(p.idle) - 1; i >= 0 && found == nil; i-- {
		u := p.idle[i]
		if u.key != key {
			continue
		}
		p.idle = slices.Delete(p.idle, i, i+1)
		u.expiry.Stop()
		if time.Now().After(u.ends) || !quiet(u.conn) {
			dead = append(dead, u)
			continue
		}
		found = u
	}
	if found == nil && p.limit > 0 && p.used+len(p.idle) > p.limit && len(p.idle) > 0 {
		dead = append(dead, p.idle[0])
		p.idle[0].expiry.Stop()
		p.idle = slices.Delete(p.idle, 0, 1)
	}
	p.mu.Unlock()
	for _, u := range dead {
		u.close()
	}
	return found
}

// gone says that a session that was taken will not come back.
func (p *pool) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used--
}

// put takes a clean session back.
func (p *pool) put(u *upstream) {
	now := time.Now()
	if u.ends.IsZero() {
		u.ends = u.born.Add(p.lifetime - time.Duration(rand.Float64()*float64(p.lifetime/5)))
	}
	p.mu.Lock()
	p.used--
	if p.closed || now.After(u.ends) {
		p.mu.Unlock()
		u.close()
		return
	}
	p.idle = append(p.idle, u)
	u.expiry = time.AfterFunc(min(p.idleTime, u.ends.Sub(now)), func() { p.expire(u) })
	p.mu.Unlock()
}

// expire ends a session that nobody wanted.
func (p *pool) expire(u *upstream) {
	p.mu.Lock()
	i := slices.Index(p.idle, u)
	if i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		u.close()
	}
}

func (p *pool) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// close ends all sessions that wait, and those that are put back later.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, u := range idle {
		u.expiry.Stop()
		u.close()
	}
}
