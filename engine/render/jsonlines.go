package render

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/engine/plan"
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

// JSONPlan is the line that says what is planned, before the first step.
type JSONPlan struct {
	Type        string       `json:"type"` // plan
	Environment string       `json:"environment"`
	SHA256      string       `json:"sha256"`
	Summary     plan.Summary `json:"summary"`
}

// JSONDiagnostic is the line of an error or a warning.
type JSONDiagnostic struct {
	Type string `json:"type"` // diagnostic
	*resource.Diagnostic
}

// JSONResult is the last line: the exit status, the IDs of the steps by what
// became of them, and where the app is.
type JSONResult struct {
	Type       string   `json:"type"` // result
	Exit       int      `json:"exit"`
	Done       []string `json:"done"`
	Failed     []string `json:"failed"`
	NotStarted []string `json:"not_started"`
	InDoubt    []string `json:"in_doubt"`
	URL        string   `json:"url,omitempty"`
	ElapsedMS  int64    `json:"elapsed_ms"`
}

// JSONLines is a [Printer] for programs: each event is one line of JSON, a
// [JSONEvent], written at once and in one piece. Beside the events it writes
// the plan, the diagnostics and the result.
type JSONLines struct {
	now func() time.Time

	mu  sync.Mutex
	enc *json.Encoder
	err error
}

var _ Printer = (*JSONLines)(nil)

// NewJSONLines prints to w.
func NewJSONLines(w io.Writer, o ProgressOptions) *JSONLines {
	p := &JSONLines{enc: json.NewEncoder(w), now: o.Now}
	p.enc.SetEscapeHTML(false)
	if p.now == nil {
		p.now = time.Now
	}
	return p
}

// line writes one line. A reader that went away must not stop an apply; after
// a line that is cut short nothing more is written, so that all lines before
// it are whole.
func (p *JSONLines) line(x any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = p.enc.Encode(x)
	}
}

// Err is the error that ended the writing, if one did.
func (p *JSONLines) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *JSONLines) Event(e resource.Event) {
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
	p.line(x)
}

// Plan writes what is planned.
func (p *JSONLines) Plan(pl *plan.Plan) {
	p.line(JSONPlan{"plan", pl.Environment.Name, pl.SHA256, pl.Summary})
}

// Diagnostics writes a line for each.
func (p *JSONLines) Diagnostics(ds resource.Diagnostics) {
	for _, d := range ds {
		p.line(JSONDiagnostic{"diagnostic", d})
	}
}

// Result writes how a command ended.
func (p *JSONLines) Result(code int, o Outcome) {
	ids := func(steps []*resource.Step) []string {
		l := make([]string, len(steps))
		for i, s := range steps {
			l[i] = s.ID
		}
		return l
	}
	x := JSONResult{
		Type: "result", Exit: code, Done: ids(o.Done), Failed: ids(o.Failed), NotStarted: ids(o.NotStarted), InDoubt: ids(o.InDoubt),
		ElapsedMS: o.Elapsed.Milliseconds(),
	}
	if len(o.URLs) > 0 {
		x.URL = o.URLs[0]
	}
	p.line(x)
}

func (p *JSONLines) Close() {}
