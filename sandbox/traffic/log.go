package traffic

import (
	"slices"
	"sync"
	"time"
)

// Request is one call of the workspace API. Calls of /sandbox/ itself are not recorded.
type Request struct {
	Seq       int           `json:"seq"` // from 1, in order of arrival
	Time      time.Time     `json:"time"`
	Method    string        `json:"method"`
	Path      string        `json:"path"`
	Query     string        `json:"query,omitempty"`
	Identity  string        `json:"identity,omitempty"`   // user name of the caller, empty when unknown
	Body      string        `json:"body,omitempty"`       // JSON bodies, the first 64 KB
	Status    int           `json:"status,omitempty"`     // 0 until it is answered; -1 when the connection was reset
	ErrorCode string        `json:"error_code,omitempty"` // of the answer
	Fault     bool          `json:"fault,omitempty"`      // an armed fault struck
	Took      time.Duration `json:"took_ns,omitempty"`
}

// StatementKind is how a statement came.
type StatementKind string

const (
	Query StatementKind = "query" // simple protocol; the text may hold several statements
	Parse StatementKind = "parse" // extended protocol, when it is prepared; executions are not counted again
	Copy  StatementKind = "copy"  // the data of one COPY FROM STDIN, as its number of bytes
	Login StatementKind = "login" // no statement: see Moment; it is not recorded
)

// Statement is one message to Postgres that carries SQL, or the data of one COPY.
type Statement struct {
	Seq         int           `json:"seq"` // from 1, in order of arrival
	Time        time.Time     `json:"time"`
	Endpoint    string        `json:"endpoint"` // instances/NAME, or projects/P/branches/B/endpoints/E
	Role        string        `json:"role"`     // the Postgres role that is logged in
	Database    string        `json:"database"`
	Application string        `json:"application_name,omitempty"`
	Session     int           `json:"session"` // from 1; one number a connection
	Kind        StatementKind `json:"kind"`
	SQL         string        `json:"sql,omitempty"`
	Bytes       int64         `json:"bytes,omitempty"` // of COPY data
}

// Log records traffic. Its methods may be called from several goroutines; hooks run on the goroutine of the call, which
// waits for them, and see calls in order of their numbers only within one connection.
type Log struct {
	now func() time.Time

	mu              sync.Mutex
	requests        []Request
	statements      []Statement
	sessions        int
	beforeRequest   []func(Request)
	afterRequest    []func(Request)
	beforeStatement []func(Statement)
	afterStatement  []func(Statement)
	faults          []*Fault
	gatewayFaults   []*GatewayFault
	kills           []*Kill
	judge           func(Moment) Verdict
}

// NewLog makes an empty log with the sandbox's clock.
func NewLog(now func() time.Time) *Log { return &Log{now: now} }

// OnRequest adds a hook that runs before a request has any effect.
func (l *Log) OnRequest(f func(Request)) {
	l.hook(func() { l.beforeRequest = append(l.beforeRequest, f) })
}

// AfterRequest adds a hook that runs when a request has had its effect, before the answer is sent.
func (l *Log) AfterRequest(f func(Request)) {
	l.hook(func() { l.afterRequest = append(l.afterRequest, f) })
}

// OnStatement adds a hook that runs before a statement reaches Postgres.
func (l *Log) OnStatement(f func(Statement)) {
	l.hook(func() { l.beforeStatement = append(l.beforeStatement, f) })
}

// AfterStatement adds a hook that runs when Postgres has answered, before the client hears that it is ready again.
func (l *Log) AfterStatement(f func(Statement)) {
	l.hook(func() { l.afterStatement = append(l.afterStatement, f) })
}

func (l *Log) hook(add func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	add()
}

// Requests is a copy of all requests so far.
func (l *Log) Requests() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// Statements is a copy of all statements so far.
func (l *Log) Statements() []Statement {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.statements)
}

// NextSession numbers a new connection to Postgres.
func (l *Log) NextSession() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions++
	return l.sessions
}

// BeginRequest numbers and records a request, runs the hooks, and gives the verdict: unless it may pass, it must have no
// effect.
func (l *Log) BeginRequest(r Request) (seq int, verdict Verdict) {
	l.mu.Lock()
	r.Seq, r.Time = len(l.requests)+1, l.now()
	l.requests = append(l.requests, r)
	hooks := slices.Clone(l.beforeRequest)
	strike := l.strike(func(k *Kill) *int { return &k.Request }, false)
	l.mu.Unlock()
	for _, f := range hooks {
		f(r)
	}
	return r.Seq, l.decide(Moment{Request: &r}, strike)
}

// EndRequest records the answer, runs the hooks, and gives the verdict: unless it may pass, nobody is answered.
func (l *Log) EndRequest(seq, status int, errorCode string, fault bool) Verdict {
	l.mu.Lock()
	r := &l.requests[seq-1]
	r.Status, r.ErrorCode, r.Fault, r.Took = status, errorCode, fault, l.now().Sub(r.Time)
	done := *r
	hooks := slices.Clone(l.afterRequest)
	strike := l.strike(func(k *Kill) *int { return &k.Request }, true)
	l.mu.Unlock()
	for _, f := range hooks {
		f(done)
	}
	return l.decide(Moment{Request: &done, After: true}, strike)
}

// BeginStatement numbers and records a statement, runs the hooks, and gives the verdict: unless it may pass, Postgres
// must not see it.
func (l *Log) BeginStatement(s Statement) (recorded Statement, verdict Verdict) {
	l.mu.Lock()
	s.Seq, s.Time = len(l.statements)+1, l.now()
	l.statements = append(l.statements, s)
	hooks := slices.Clone(l.beforeStatement)
	strike := l.strike(func(k *Kill) *int { return &k.Statement }, false)
	l.mu.Unlock()
	for _, f := range hooks {
		f(s)
	}
	return s, l.decide(Moment{Statement: &s}, strike)
}

// EndStatement runs the hooks after a statement's effect and gives the verdict.
func (l *Log) EndStatement(s Statement) Verdict {
	l.mu.Lock()
	hooks := slices.Clone(l.afterStatement)
	strike := l.strike(func(k *Kill) *int { return &k.Statement }, true)
	l.mu.Unlock()
	for _, f := range hooks {
		f(s)
	}
	return l.decide(Moment{Statement: &s, After: true}, strike)
}
