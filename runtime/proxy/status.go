package proxy

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// counters are what happened.
type counters struct {
	active, waiting atomic.Int64
	opened, reused  atomic.Uint64
	sent, received  atomic.Uint64 // bytes to and from the database
	cancels         atomic.Uint64
	drained         atomic.Int64 // nanoseconds
	mu              sync.Mutex
	rejected        map[string]uint64
}

func (c *counters) reject(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rejected == nil {
		c.rejected = map[string]uint64{}
	}
	c.rejected[reason]++
}

// Status is a proxy at one moment. It holds no secret.
type Status struct {
	Ready     bool              `json:"ready"`
	Reason    string            `json:"reason,omitempty"` // why it is not ready
	Addresses []string          `json:"addresses"`
	Database  string            `json:"database"`
	Role      string            `json:"role"`
	Pool      bool              `json:"pool"`
	MaxConns  int               `json:"max_conns"`
	Active    int64             `json:"active"`  // clients with a session
	Waiting   int64             `json:"waiting"` // clients that wait for a place
	Idle      int               `json:"idle"`    // sessions of the pool without a client
	Opened    uint64            `json:"opened"`  // sessions made
	Reused    uint64            `json:"reused"`  // sessions given to another client
	Sent      uint64            `json:"sent_bytes"`
	Received  uint64            `json:"received_bytes"`
	Cancels   uint64            `json:"cancel_requests"`
	Rejected  map[string]uint64 `json:"rejected,omitempty"` // clients refused, by cause
	Began     time.Time         `json:"began"`
	Token     lakebase.Status   `json:"token"`

	drained time.Duration
}

// Status tells how the proxy is.
func (p *Proxy) Status() Status {
	c := &p.counters
	st := Status{Role: p.role, Database: p.database, Pool: p.pool != nil, MaxConns: p.opts.MaxConns,
		Active: c.active.Load(), Waiting: c.waiting.Load(), Opened: c.opened.Load(), Reused: c.reused.Load(), Sent: c.sent.Load(),
		Received: c.received.Load(), Cancels: c.cancels.Load(), Began: p.began, Token: p.connector.Status(), drained: time.Duration(c.drained.Load())}
	if p.pool != nil {
		st.Idle = p.pool.waiting()
	}
	c.mu.Lock()
	st.Rejected = maps.Clone(c.rejected)
	c.mu.Unlock()
	p.mu.Lock()
	retired := p.retired
	for _, l := range p.listeners {
		st.Addresses = append(st.Addresses, l.Addr().String())
	}
	p.mu.Unlock()
	switch {
	case retired:
		st.Reason = "shutting down"
	case len(st.Addresses) == 0:
		st.Reason = "not listening yet"
	case !st.Token.State.Ready() && st.Token.LastError != nil: // one that ran out while nobody asked is replaced at the next login
		st.Reason = "no valid token: " + st.Token.Error
	case p.opts.MaxConns > 0 && st.Active >= int64(p.opts.MaxConns):
		st.Reason = fmt.Sprintf("all %d places are taken", p.opts.MaxConns)
	default:
		st.Ready = true
	}
	return st
}

// WriteMetrics writes the status in Prometheus' text format.
func (st Status) WriteMetrics(w io.Writer) error {
	m := metrics{w: w}
	m.begin("tellr_proxy_ready", "gauge", "Whether new clients can be expected to get a session.")
	m.value("", flag(st.Ready))
	m.begin("tellr_proxy_connections", "gauge", "Connections by state.")
	m.value(`{state="active"}`, float64(st.Active))
	m.value(`{state="waiting"}`, float64(st.Waiting))
	m.value(`{state="idle"}`, float64(st.Idle))
	m.begin("tellr_proxy_connections_max", "gauge", "Clients that may have a session at the same time; 0 is no limit.")
	m.value("", float64(st.MaxConns))
	m.begin("tellr_proxy_sessions_total", "counter", "Sessions given to clients, new or used before.")
	m.value(`{origin="new"}`, float64(st.Opened))
	m.value(`{origin="pool"}`, float64(st.Reused))
	m.begin("tellr_proxy_bytes_total", "counter", "Bytes passed on.")
	m.value(`{direction="to_database"}`, float64(st.Sent))
	m.value(`{direction="to_client"}`, float64(st.Received))
	m.begin("tellr_proxy_rejected_total", "counter", "Clients refused, by cause.")
	for _, reason := range slices.Sorted(maps.Keys(st.Rejected)) {
		m.value(fmt.Sprintf("{reason=%q}", reason), float64(st.Rejected[reason]))
	}
	m.begin("tellr_proxy_cancel_requests_total", "counter", "Cancel requests of clients.")
	m.value("", float64(st.Cancels))
	m.begin("tellr_proxy_drain_seconds", "gauge", "How long the end took; 0 before it.")
	m.value("", st.drained.Seconds())
	if st.Token.Kind.IsLakebase() {
		m.begin("tellr_token_ready", "gauge", "Whether there is a valid token.")
		m.value("", flag(st.Token.State.Ready()))
		if !st.Token.Expiry.IsZero() {
			m.begin("tellr_token_expiry_timestamp_seconds", "gauge", "When the current token runs out.")
			m.value("", float64(st.Token.Expiry.Unix()))
		}
		m.begin("tellr_token_generation", "gauge", "Tokens so far.")
		m.value("", float64(st.Token.Generation))
		m.begin("tellr_token_requests_total", "counter", "Requests for a token, by outcome.")
		m.value(`{outcome="ok"}`, float64(st.Token.Requests-min(st.Token.Failed, st.Token.Requests)))
		m.value(`{outcome="error"}`, float64(st.Token.Failed))
	}
	m.begin("tellr_logins_total", "counter", "Logins at the database, by outcome.")
	m.value(`{outcome="ok"}`, float64(st.Token.Logins))
	m.value(`{outcome="rejected"}`, float64(st.Token.Rejected))
	m.begin("tellr_login_retries_total", "counter", "Logins tried again, for whatever cause.")
	m.value("", float64(st.Token.Retries))
	return m.err
}

type metrics struct {
	w    io.Writer
	name string
	err  error
}

func (m *metrics) begin(name, kind, help string) {
	m.name = name
	m.write("# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (m *metrics) value(labels string, v float64) {
	m.write("%s%s %s\n", m.name, labels, strconv.FormatFloat(v, 'f', -1, 64))
}

func (m *metrics) write(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.w, format, args...)
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
