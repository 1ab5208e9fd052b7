package plan

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Format is the version of the plan file that this program writes and reads.
const Format = 1

// Plan is the program that apply runs. All of it but Meta is hashed.
type Plan struct {
	Format      int         `json:"format"`
	Tellr       string      `json:"tellr"` // the version that wrote it
	Environment Environment `json:"environment"`
	// Destroy: the plan takes the environment down.
	Destroy bool `json:"destroy,omitempty"`
	// Undo: the plan goes back to before a run.
	Undo *Undo `json:"undo,omitempty"`
	// Scopes are what was read, and is read again before an apply.
	Scopes []resource.Scope `json:"scopes"`
	// Hosts are the fingerprints of the things in which the databases stand: a
	// branch or an instance of the same name may be another one by then.
	Hosts []resource.Fingerprint `json:"hosts,omitempty"`
	// Steps in an order in which they can run one after the other.
	Steps []*resource.Step `json:"steps"`
	// Summary counts things, not steps.
	Summary Summary `json:"summary"`
	// Undeclared is what is there but neither declared nor remembered.
	Undeclared []resource.Undeclared `json:"undeclared,omitempty"`
	// Ignored are the differences that the user asked to ignore.
	Ignored []resource.Ignored `json:"ignored,omitempty"`
	// Notes are warnings.
	Notes resource.Diagnostics `json:"notes,omitempty"`
	// Doubts are runs that nobody saw end; the apply settles them.
	Doubts []resource.Doubt `json:"doubts,omitempty"`
	// Records is what the ledger is told when the steps are done.
	Records []Record `json:"records,omitempty"`

	// SHA256 is the hash of everything above, in hex.
	SHA256 string `json:"sha256"`
	Meta   Meta   `json:"meta"`
}

// Environment says which environment a plan is for.
type Environment struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	File        string `json:"file"`
	Profile     string `json:"profile,omitempty"`
	Host        string `json:"host,omitempty"`
}

// Record is what the ledger is told about one thing.
type Record struct {
	Address resource.Address `json:"address"`
	System  string           `json:"system"` // whose ledger
	// Attrs as applied, with holes that apply fills; null if the thing is
	// gone.
	Attrs resource.Value `json:"attrs"`
	// Identity of the live thing, as far as the plan knows it, or a hole for
	// what a step yields. A ledger that can see the thing looks it up itself.
	Identity resource.Value `json:"identity,omitzero"`
	// Source is the fingerprint of the attributes as the files have them.
	Source string `json:"source,omitempty"`
	// After are the steps that must be done for the record to be true.
	After []string `json:"after,omitempty"`
	Data  bool     `json:"data,omitempty"` // protected
	// Before is what was live of a thing that no step is about: it changes with
	// others.
	Before resource.Value `json:"before,omitzero"`
}

// Summary counts the things of a plan by what happens to them.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Replace   int `json:"replace"`
	Destroy   int `json:"destroy"`
	Adopt     int `json:"adopt,omitempty"`
	Forget    int `json:"forget,omitempty"`
	Move      int `json:"move,omitempty"`
	Unchanged int `json:"unchanged"`
	// Blocked counts steps that may not run.
	Blocked int `json:"blocked"`
	// Hazards counts statements by their dangers, the worst first.
	Hazards []HazardCount `json:"hazards,omitempty"`
}

// HazardCount sums up the hazards of one kind. Rows and bytes are the sum of
// what is touched; of locks and scans, which hit the same table again and
// again, the most.
type HazardCount struct {
	Kind       resource.HazardKind `json:"kind"`
	Statements int                 `json:"statements"`
	Rows       int64               `json:"rows,omitempty"`
	Bytes      int64               `json:"bytes,omitempty"`
}

// Meta is what differs between two makings of the same plan.
type Meta struct {
	Created string `json:"created,omitempty"` // RFC 3339
	By      string `json:"by,omitempty"`
	Commit  string `json:"commit,omitempty"`
}

// Idle tells whether there is nothing to do at all.
func (p *Plan) Idle() bool { return len(p.Steps) == 0 }

// Empty tells whether nothing in the world changes: what steps there are only
// tell the ledger something.
func (p *Plan) Empty() bool {
	return !slices.ContainsFunc(p.Steps, func(s *resource.Step) bool { return !s.Action.OnlyLedger() })
}

// Along are the things that change or go with the steps of others.
func (p *Plan) Along() []resource.Address {
	var out []resource.Address
	for i := range p.Records {
		if !p.Records[i].Before.IsNull() {
			out = append(out, p.Records[i].Address)
		}
	}
	return out
}

// Step finds a step by its ID; nil if there is none.
func (p *Plan) Step(id string) *resource.Step {
	for _, s := range p.Steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}
