package render

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// JSONEvent is one line of `tellr apply --json`. Fields are only ever added.
type JSONEvent struct {
	// Type is an event's kind: read_started, read_done, stage_started,
	// stage_done, step_started, step_progress, step_done, step_failed,
	// step_skipped, step_in_doubt, apply_done.
	Type string `json:"type"`
	// Time in RFC 3339, UTC.
	Time   string `json:"time"`
	Stage  string `json:"stage,omitempty"`
	System string `json:"system,omitempty"`
	// Step is the step's ID in the plan; Address, Action and Title are its.
	Step    string `json:"step,omitempty"`
	Address string `json:"address,omitempty"`
	Action  string `json:"action,omitempty"`
	Title   string `json:"title,omitempty"`
	// N is the step's number in the plan, from 1; Total the number of steps.
	N     int `json:"n,omitempty"`
	Total int `json:"total,omitempty"`
	// ElapsedMS is how long it took so far, in milliseconds.
	ElapsedMS int64 `json:"elapsed_ms,omitempty"`
	// Message says what is being waited for.
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

// NewJSONLines prints each event as one line of JSON, a [JSONEvent].
func NewJSONLines(w io.Writer, o ProgressOptions) Printer {
	p := &jsonLines{enc: json.NewEncoder(w), now: o.Now}
	p.enc.SetEscapeHTML(false)
	if p.now == nil {
		p.now = time.Now
	}
	return p
}

type jsonLines struct {
	mu  sync.Mutex
	enc *json.Encoder
	now func() time.Time
}

func (p *jsonLines) Event(e resource.Event) {
	at := e.Time
	if at.IsZero() {
		at = p.now()
	}
	x := JSONEvent{
		Type: string(e.Kind), Time: at.UTC().Format("2006-01-02T15:04:05.000Z"),
		Stage: string(e.Stage), System: e.System, N: e.N, Total: e.Total,
		ElapsedMS: e.Elapsed.Milliseconds(), Message: e.Message,
	}
	if e.Step != nil {
		x.Step, x.Address, x.Action, x.Title = e.Step.ID, e.Step.Address.String(), string(e.Step.Action), e.Step.Title
	}
	if e.Err != nil {
		x.Error = e.Err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.enc.Encode(x) // a reader that went away must not stop an apply
}

func (p *jsonLines) Close() {}
