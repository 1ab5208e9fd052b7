package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Request is what an apply needs.
type Request struct {
	Plan      *plan.Plan
	Providers []resource.Provider
	Services  resource.Services
	Emit      resource.Emit // may be nil
	// Parallel bounds the API steps that run side by side; 0 means 8.
	Parallel int
	Now      func() time.Time // nil means time.Now
}

// Result says what became of each step.
type Result struct {
	Done       []*resource.Step
	Failed     []*resource.Step
	NotStarted []*resource.Step
	// InDoubt steps were begun and not seen to end. The next plan reads the
	// world and settles them.
	InDoubt []*resource.Step
	// Yields are the computed attributes that became known.
	Yields map[resource.AttrRef]resource.Value
	// Elapsed is the time the apply took.
	Elapsed time.Duration
}

// Run does the plan's steps. Errors: *Blocked, *Stale (nothing was changed),
// resource.ErrLocked (wrapped), diagnostics for what failed, and the context's
// error after an interrupt.
func Run(ctx context.Context, req Request) (*Result, error) {
	r := newRun(req)
	defer func() { r.result.Elapsed = r.now().Sub(r.started) }()
	if err := r.preflight(ctx); err != nil {
		if r.book != nil {
			r.book.Close()
		}
		r.result.NotStarted = slices.Clone(req.Plan.Steps)
		return r.result, err
	}
	if r.book == nil {
		return r.result, nil
	}
	stages := slices.Clone(resource.Stages)
	if req.Plan.Destroy {
		slices.Reverse(stages)
	}
	var err error
	for _, stage := range stages {
		if err = r.stage(ctx, stage); err != nil {
			break
		}
	}
	if rest := r.recordRest(ctx); err == nil {
		err = rest
	}
	r.settle()
	if end := r.end(ctx, err); err == nil {
		err = end
	}
	r.emit(resource.Event{Kind: resource.ApplyDone, Elapsed: r.now().Sub(r.started), Err: err, Total: len(req.Plan.Steps)})
	return r.result, err
}

type state int

const (
	waiting state = iota
	running
	done
	failed
	doubt
)

type run struct {
	req     Request
	svc     resource.Services
	result  *Result
	started time.Time
	now     func() time.Time
	number  map[*resource.Step]int

	mu       sync.Mutex
	state    map[string]state
	recorded map[resource.Address]bool
	book     *ledger.Book
	rows     map[string][]resource.RunStep // of the transactions, by system
	yields   map[resource.AttrRef]resource.Value

	// seen are the systems that were read since a stage last ran; base are the
	// fingerprints of databases as this very apply left them.
	seen map[string]bool
	base map[reading]resource.Fingerprint
}

func newRun(req Request) *run {
	r := &run{
		req: req, now: req.Now, number: map[*resource.Step]int{},
		svc:   plan.WithEndpoints(req.Services, req.Providers, req.Plan.Scopes),
		state: map[string]state{}, recorded: map[resource.Address]bool{}, rows: map[string][]resource.RunStep{},
		yields: map[resource.AttrRef]resource.Value{}, seen: map[string]bool{}, base: map[reading]resource.Fingerprint{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.req.Parallel <= 0 {
		r.req.Parallel = 8
	}
	r.started = r.now()
	run := &r.svc.Run
	run.Environment, run.Plan, run.Destroy = req.Plan.Environment.Name, req.Plan.SHA256, req.Plan.Destroy
	run.Started, run.Outcome = r.started, resource.Running
	run.ID = ledger.ID(*run)
	r.result = &Result{Yields: r.yields}
	for i, s := range req.Plan.Steps {
		r.number[s] = i + 1
	}
	return r
}

func (r *run) emit(e resource.Event) {
	if r.req.Emit == nil {
		return
	}
	e.Time = r.now()
	if e.Step != nil {
		e.N, e.Total, e.Stage, e.System = r.number[e.Step], len(r.req.Plan.Steps), e.Step.Stage, e.Step.System
	}
	r.req.Emit(e)
}

// preflight finds out all that can be found out before the first change.
func (r *run) preflight(ctx context.Context) error {
	p := r.req.Plan
	blocked := &Blocked{}
	for _, s := range p.Steps {
		if s.Blocked != nil {
			blocked.Steps = append(blocked.Steps, s)
		}
	}
	if len(blocked.Steps) > 0 {
		return blocked
	}
	if p.Idle() && len(p.Doubts) == 0 {
		return nil
	}
	// Nobody else is to move what is looked at now. A database that is not there
	// yet has no lock.
	book, err := ledger.Open(ctx, p.Scopes, r.req.Providers, r.svc)
	if err != nil {
		return elsewhere(err)
	}
	r.book = book
	if err := r.checkAll(ctx); err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return plan.Diagnose(err)
	}
	return nil
}

// fill gives the value of a hole.
func (r *run) fill(h resource.Hole) (resource.Value, error) {
	if h.IsSecret() {
		s, err := r.svc.Secret(h.Secret)
		return resource.String(s), err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.yields[h.Ref]; ok {
		return v, nil
	}
	return resource.Value{}, fmt.Errorf("%s is not known: no step yielded it", h.Ref)
}

// do runs one step in a session and keeps what it yields.
func (r *run) do(ctx context.Context, session resource.Session, s *resource.Step) error {
	start := r.now()
	row := r.row(s, start)
	if s.Stage != resource.Database {
		if err := r.book.Started(ctx, row); err != nil {
			return err
		}
	}
	r.set(s, running)
	r.emit(resource.Event{Kind: resource.StepStarted, Step: s})
	yields, err := session.Run(ctx, s, r.fill, func(message string) {
		r.emit(resource.Event{Kind: resource.StepProgress, Step: s, Message: message, Elapsed: r.now().Sub(start)})
	})
	if err == nil {
		err = r.keep(s, yields)
	}
	elapsed := r.now().Sub(start)
	switch {
	case err == nil:
		r.set(s, done)
		r.emit(resource.Event{Kind: resource.StepDone, Step: s, Elapsed: elapsed})
	case ctx.Err() != nil && s.Stage != resource.Database:
		r.set(s, doubt)
		r.emit(resource.Event{Kind: resource.StepDoubt, Step: s, Elapsed: elapsed, Err: err})
	default:
		r.set(s, failed)
		r.emit(resource.Event{Kind: resource.StepFailed, Step: s, Elapsed: elapsed, Err: err})
	}
	r.ended(ctx, s, row, err)
	return err
}

func (r *run) set(s *resource.Step, to state) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state[s.ID] = to
}

func (r *run) is(id string, want state) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state[id] == want
}

// keep stores yields, each checked against the shape that the plan promised.
func (r *run) keep(s *resource.Step, yields map[string]resource.Value) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for attr, v := range yields {
		r.yields[resource.AttrRef{Address: s.Address, Attr: attr}] = v
	}
	for _, y := range s.Yields {
		v, ok := yields[y.Attr]
		if !ok || !fits(y.Shape, v) {
			return fmt.Errorf("%s.%s should be known by now, as a %s, and is %s", s.Address, y.Attr, y.Shape, v.Show())
		}
	}
	return nil
}

// settle sorts the steps into the result.
func (r *run) settle() {
	for _, s := range r.req.Plan.Steps {
		switch r.state[s.ID] {
		case done:
			r.result.Done = append(r.result.Done, s)
		case failed:
			r.result.Failed = append(r.result.Failed, s)
		case doubt, running:
			r.result.InDoubt = append(r.result.InDoubt, s)
		default:
			r.result.NotStarted = append(r.result.NotStarted, s)
			r.emit(resource.Event{Kind: resource.StepSkipped, Step: s})
		}
	}
}

func (r *run) provider(system string) (resource.Provider, resource.Scope, error) {
	for _, scope := range r.req.Plan.Scopes {
		if scope.System.Name != system {
			continue
		}
		for _, p := range r.req.Providers {
			if p.Name() == scope.System.Provider {
				return p, scope, nil
			}
		}
	}
	return nil, resource.Scope{}, errors.New("the plan has a step in " + system + ", which it does not describe")
}
