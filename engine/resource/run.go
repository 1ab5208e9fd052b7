package resource

import (
	"context"
	"fmt"
	"time"
)

// Outcome is how a run or a step ended.
type Outcome string

const (
	Running     Outcome = "running" // not seen to end
	Done        Outcome = "done"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted" // of a run
	RolledBack  Outcome = "rolled back" // of a step: done, and undone with its transaction
	NotStarted  Outcome = "not started" // of a step
	InDoubt     Outcome = "in doubt"    // begun, and not seen to end
)

// Run is one apply, over all its stages and systems.
type Run struct {
	ID          string `json:"id"` // hexadecimal digits
	Environment string `json:"environment"`
	Plan        string `json:"plan"` // its SHA-256
	Destroy     bool   `json:"destroy,omitempty"`
	Who         string `json:"who"` // the user of the machine
	Host        string `json:"host"`
	// Command is the shape of the command line, without values that may be
	// secret.
	Command string    `json:"command"`
	Commit  string    `json:"commit,omitempty"`
	Dirty   bool      `json:"dirty,omitempty"` // the files were not as committed
	Version string    `json:"version"`         // of tellr
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Outcome Outcome   `json:"outcome"`

	// Changed counts the things that the run changed by what it did to them.
	Changed map[Action]int `json:"changed,omitempty"`
	// Steps and Changes are there when one run is asked for.
	Steps   []RunStep   `json:"steps,omitempty"`
	Changes []RunChange `json:"changes,omitempty"`
}

// By names who ran it as ledger entries do: ann@laptop.
func (r Run) By() string {
	if r.Host == "" {
		return r.Who
	}
	return r.Who + "@" + r.Host
}

// RunStep is what became of one step of a run.
type RunStep struct {
	N       int     `json:"n"`  // its place in the plan, from 1
	ID      string  `json:"id"` // of the plan's step
	Address Address `json:"address"`
	Title   string  `json:"title"`
	Action  Action  `json:"action"`
	Stage   Stage   `json:"stage"`
	System  string  `json:"system"`
	// Statements are SQL as the plan shows it, holes unfilled; Call is what it
	// does instead: "POST /api/2.0/apps".
	Statements []string  `json:"statements,omitempty"`
	Call       string    `json:"call,omitempty"`
	Started    time.Time `json:"started,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`
	Outcome    Outcome   `json:"outcome"`
	Error      string    `json:"error,omitempty"` // without secrets
	// Lost says of a step that destroys data why nothing brings that back.
	Lost string `json:"lost,omitempty"`
}

// RunChange is what a run did to one thing.
type RunChange struct {
	Address Address `json:"address"`
	Action  Action  `json:"action"`
	// Before is what the ledger had, or what was live where that was not what
	// the ledger had; null if the thing was not there. After is what was
	// applied; null if the thing is gone. Holes are filled, secrets are holes.
	Before Remembered `json:"before"`
	After  Remembered `json:"after"`
	// Moved: what was live is not what the ledger had, so Before is the live
	// thing.
	Moved bool `json:"moved,omitempty"`
	// Partial: not all that was planned of it was done, so After says nothing.
	Partial bool `json:"partial,omitempty"`
}

// Doubt is a run that nobody saw end, with its steps of that kind.
type Doubt struct {
	Run     string      `json:"run"`
	By      string      `json:"by"`
	Started string      `json:"started"` // RFC 3339
	Steps   []DoubtStep `json:"steps,omitempty"`
}

// DoubtStep is a step that was begun and not seen to end.
type DoubtStep struct {
	Address Address `json:"address"`
	Title   string  `json:"title"`
	Action  Action  `json:"action"`
	Started string  `json:"started"` // RFC 3339
}

// Memory is what a ledger is told at once.
type Memory struct {
	// Run is written if it has an ID; its outcome Running until it is over.
	Run Run
	// Entries are things as they are now, and Gone those that are no more.
	Entries []Entry
	Gone    []Address
	// Steps and Changes belong to Run. A step that is written again, is over.
	Steps   []RunStep
	Changes []RunChange
	// Settle: what earlier runs left in doubt is in doubt no more, since the
	// world was read again.
	Settle bool
}

// Keeper is a provider whose systems remember what was done to them.
type Keeper interface {
	// Hold takes the lock of the scope's environment in a system, for
	// svc.Run. Ledger is nil if the system is not there. The error wraps
	// ErrLocked if another apply is at work.
	Hold(ctx context.Context, scope Scope, svc Services) (Ledger, error)
	// History gives the last runs, the latest first; at most limit, if it is
	// not 0. It is empty where nothing is remembered.
	History(ctx context.Context, scope Scope, limit int, svc Services) ([]Run, error)
	// RunsOf gives the runs in full whose ID begins so.
	RunsOf(ctx context.Context, scope Scope, id string, svc Services) ([]Run, error)
	// Holder says who holds the lock; nil if nobody does.
	Holder(ctx context.Context, scope Scope, svc Services) (*Holder, error)
	// Evict ends the holder's session, and so frees the lock. It does nothing
	// if another one holds it by now.
	Evict(ctx context.Context, scope Scope, holder Holder, svc Services) error
}

// Ledger is one system's memory in the hands of a run, which has the lock
// until it closes it. Its methods may be called from several goroutines.
type Ledger interface {
	// Open starts a stage's work.
	Open(ctx context.Context, stage Stage) (Session, error)
	// Write remembers in a transaction of its own. A system that remembers
	// nothing yet begins to with the first entries; before, Write does nothing
	// and says false. It fails if the lock was lost.
	Write(ctx context.Context, m Memory) (bool, error)
	// Close gives the lock back.
	Close()
}

// Holder is who holds an environment's lock, as far as the system tells.
type Holder struct {
	Environment string        `json:"environment"`
	System      string        `json:"system"`
	Session     int           `json:"session"`           // the server's number for it
	Name        string        `json:"name"`              // as the session calls itself
	Login       string        `json:"login,omitempty"`   // the role
	Address     string        `json:"address,omitempty"` // where it connects from
	Run         *Run          `json:"run,omitempty"`     // nil if it has not written yet
	Age         time.Duration `json:"age,omitempty"`     // since it began; 0 if not known
	// Quiet is how long ago it gave a sign of life; negative if not known.
	Quiet time.Duration `json:"quiet"`
	// Doing is its last step.
	Doing string `json:"doing,omitempty"`
}

// String says who it is, since when, and from where.
func (h *Holder) String() string {
	s := h.Name
	if r := h.Run; r != nil {
		s = fmt.Sprintf("%s, run %s", r.By(), r.ID)
		if r.Command != "" {
			s = fmt.Sprintf("%s: %s, run %s", r.By(), r.Command, r.ID)
		}
		s += ", since " + r.Started.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	if h.Age > 0 {
		s += fmt.Sprintf(", for %s", h.Age)
	}
	if h.Login != "" {
		s += ", logged in as " + h.Login
	}
	if h.Address != "" {
		s += ", from " + h.Address
	}
	s += fmt.Sprintf(", backend %d", h.Session)
	if h.Doing != "" {
		s += "; its last step: " + h.Doing
	}
	if h.Quiet >= 0 {
		s += fmt.Sprintf("; last sign of life %s ago", h.Quiet)
	}
	return s
}
