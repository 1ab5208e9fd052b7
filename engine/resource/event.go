package resource

import "time"

// EventKind says what happened.
type EventKind string

const (
	ReadStarted  EventKind = "read_started"
	ReadDone     EventKind = "read_done"
	StageStarted EventKind = "stage_started"
	StageDone    EventKind = "stage_done"
	StepStarted  EventKind = "step_started"
	StepProgress EventKind = "step_progress" // still waiting; Message says for what
	StepDone     EventKind = "step_done"
	StepFailed   EventKind = "step_failed"
	StepSkipped  EventKind = "step_skipped" // not started, because of a failure or an interrupt
	StepDoubt    EventKind = "step_in_doubt"
	ApplyDone    EventKind = "apply_done"
)

// EventKinds are all of them.
var EventKinds = []EventKind{ReadStarted, ReadDone, StageStarted, StageDone, StepStarted, StepProgress, StepDone, StepFailed, StepSkipped, StepDoubt, ApplyDone}

// Event is one happening of a read or an apply. All progress goes through
// events; printers subscribe to them.
type Event struct {
	Time    time.Time     `json:"time"`
	Kind    EventKind     `json:"kind"`
	Stage   Stage         `json:"stage,omitempty"`
	System  string        `json:"system,omitempty"`
	Step    *Step         `json:"step,omitempty"`
	N       int           `json:"n,omitempty"`     // the step's number, from 1
	Total   int           `json:"total,omitempty"` // steps in the plan
	Elapsed time.Duration `json:"elapsed,omitempty"`
	Message string        `json:"message,omitempty"`
	Err     error         `json:"-"`
}

// Emit receives events; it must not block for long and may be called from
// several goroutines.
type Emit func(Event)
