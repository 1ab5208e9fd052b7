package proxy

import "time"

// Retire says that the proxy is about to end: it is not ready any more, and works on.
func (p *Proxy) Retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = true
}

// Drain ends the proxy's work within a time: no new connections; sessions in which nobody waits for an answer end at
// once, the others as soon as that is so, and when the time is over those that are left, all with SQLSTATE 57P01. It
// returns when no connection is left. The second call does nothing.
func (p *Proxy) Drain(within time.Duration) {
	began := time.Now()
	p.mu.Lock()
	if p.left {
		p.mu.Unlock()
		return
	}
	p.retired, p.left = true, true
	close(p.leaving)
	for _, l := range p.listeners {
		l.Close() // removes its socket too
	}
	p.mu.Unlock()
	p.each(func(c *client) {
		if s := c.session.Load(); s != nil {
			s.leave(false)
		}
	})
	if p.pool != nil {
		p.pool.close()
	}
	empty := make(chan struct{})
	go func() {
		p.serving.Wait()
		close(empty)
	}()
	if !endsWithin(empty, within) {
		p.each(func(c *client) {
			if s := c.session.Load(); s != nil {
				s.leave(true)
			} else {
				c.SetDeadline(time.Now()) // it has not even logged in
			}
		})
		p.cancel() // sessions that are being made
		if !endsWithin(empty, time.Second) {
			p.each(func(c *client) { c.Close() })
			<-empty
		}
	}
	took := time.Since(began)
	p.counters.drained.Store(int64(took))
	p.measures.drained(took)
	p.log.Info("proxy: drained", "took", took.Round(time.Millisecond))
}

// endsWithin waits for a channel to close, so long.
func endsWithin(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (p *Proxy) each(do func(*client)) {
	p.mu.Lock()
	clients := make([]*client, 0, len(p.clients))
	for c := range p.clients {
		clients = append(clients, c)
	}
	p.mu.Unlock()
	for _, c := range clients {
		do(c)
	}
}

func (p *Proxy) isLeaving() bool {
	select {
	case <-p.leaving:
		return true
	default:
		return false
	}
}
