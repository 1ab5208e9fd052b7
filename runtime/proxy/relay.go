package proxy

import (
	"sync"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
)

// bufferSize holds the largest TLS record, and several of Postgres' own buffers.
const bufferSize = 32 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// session is a client with its upstream. Two goroutines pass bytes on; the one that writes to the client also decides
// how the session ends for it.
type session struct {
	client   *client
	upstream *upstream
	pooled   bool
	clean    bool // at the end: the upstream can be reset and used again

	mu      sync.Mutex
	asked   int
	loose   bool // the client has begun what has no answer yet
	lost    bool // what the client says is not understood
	base    int  // answers before this session
	settled int  // answers of this session
	status  byte
	whole   bool // the server is not in the middle of a message
	leaving bool // end as soon as nobody waits for an answer
	forced  bool // end now
	parted  bool // the client has said goodbye, or is gone, while nobody waited
}

// run passes bytes on until one side ends, and ends the other. It returns no error once the client has its greeting.
func (s *session) run(greeting []byte) error {
	s.base, s.status, s.whole = s.upstream.answers.answered, 'I', true
	c, p := s.client, s.client.proxy
	p.counters.active.Add(1)
	defer p.counters.active.Add(-1)
	if !s.admit(greeting) {
		s.clean = s.pooled
		return nil
	}
	c.known.Store(true)
	c.session.Store(s)
	if p.isLeaving() {
		s.leave(false)
	}
	var requests sync.WaitGroup
	requests.Go(s.fromClient)
	s.fromServer()
	c.session.Store(nil)
	s.mu.Lock()
	s.clean = s.pooled && s.parted && s.quiescent() && !s.leaving
	s.mu.Unlock()
	if !s.clean {
		s.upstream.conn.Close()
	}
	c.Conn.Close()
	requests.Wait()
	if s.clean {
		s.upstream.conn.SetReadDeadline(time.Time{})
	}
	return nil
}

// admit gives the client the server's side of the login.
func (s *session) admit(greeting []byte) bool {
	s.client.SetWriteDeadline(time.Now().Add(startupTime))
	if _, err := s.client.Write(greeting); err != nil {
		return false
	}
	s.client.SetWriteDeadline(time.Time{})
	return true
}

// quiescent says that nobody waits for an answer, outside of a transaction. s.mu is held.
func (s *session) quiescent() bool {
	return s.asked == s.settled && !s.loose && !s.lost && s.status == 'I' && s.whole
}

// fromClient passes on what the client says.
func (s *session) fromClient() {
	held := buffers.Get().(*[]byte)
	defer buffers.Put(held)
	buf := *held
	var r requests
	counters := &s.client.proxy.counters
	for {
		n, err := s.client.Read(buf)
		if n > 0 {
			terminate := r.take(buf[:n])
			said := n
			if terminate >= 0 && s.pooled {
				said = terminate
			}
			s.mu.Lock()
			s.asked, s.loose, s.lost = r.asked, r.loose, r.lost
			keep := said < n && s.quiescent()
			s.mu.Unlock()
			if !keep {
				said = n
			}
			if said > 0 {
				if _, err := s.upstream.conn.Write(buf[:said]); err != nil {
					break
				}
				counters.sent.Add(uint64(said))
			}
			if keep {
				s.part()
				return
			}
		}
		if err != nil {
			break
		}
	}
	if s.pooled && r.whole() {
		s.part()
		return
	}
	// A server that was told of the end ends itself, and says so; else the client is just gone.
	s.upstream.conn.Close()
}

// part ends a session whose client is gone; if nobody waits for an answer, the upstream stays.
func (s *session) part() {
	s.mu.Lock()
	s.parted = true
	keep := s.quiescent()
	s.mu.Unlock()
	if keep {
		s.upstream.conn.SetReadDeadline(time.Unix(1, 0)) // wakes fromServer
	} else {
		s.upstream.conn.Close()
	}
}

// fromServer passes on what the server says, and is the only one to write to the client.
func (s *session) fromServer() {
	held := buffers.Get().(*[]byte)
	defer buffers.Put(held)
	buf := *held
	u, counters := s.upstream, &s.client.proxy.counters
	for {
		n, err := u.conn.Read(buf)
		if n > 0 {
			u.answers.take(buf[:n], u.report)
			_, failed := s.client.Conn.Write(buf[:n])
			counters.received.Add(uint64(n))
			s.mu.Lock()
			s.settled, s.status, s.whole = u.answers.answered-s.base, u.answers.status, u.answers.whole()
			over := s.leaving && s.quiescent()
			s.mu.Unlock()
			if failed != nil {
				return
			}
			if over {
				s.farewell()
				return
			}
		}
		if err != nil {
			break
		}
	}
	s.mu.Lock()
	tell := s.whole && !s.parted && (s.forced || s.leaving && s.quiescent())
	s.mu.Unlock()
	if tell {
		s.farewell()
	}
}

// farewell tells the client why its session ends.
func (s *session) farewell() {
	s.client.Conn.SetWriteDeadline(time.Now().Add(time.Second))
	pgwire.Fail(s.client.Conn, &draining().refusal)
}

// leave ends the session when nobody waits for an answer; now, when it is forced.
func (s *session) leave(force bool) {
	s.mu.Lock()
	s.leaving = true
	s.forced = s.forced || force
	now := force || s.quiescent()
	s.mu.Unlock()
	if !now {
		return
	}
	s.upstream.conn.SetReadDeadline(time.Unix(1, 0)) // wakes fromServer, which says goodbye
	if force {
		s.client.Conn.SetWriteDeadline(time.Now().Add(time.Second)) // of one that does not read
	}
}
