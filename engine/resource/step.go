package resource

import "strings"

// Stage is one of the five goes of an apply; each can be resumed.
type Stage string

const (
	Workspace Stage = "workspace" // API calls, in parallel, bounded
	Prepare   Stage = "prepare"   // statements whose effect the transaction can use only when it is committed
	Database  Stage = "database"  // one transaction on one connection
	Online    Stage = "online"    // statements that cannot run in a transaction
	Release   Stage = "release"   // files, deployment, permissions, wait until it runs
)

// Stages in the order in which they run. A destroy runs them in reverse.
var Stages = []Stage{Workspace, Prepare, Database, Online, Release}

// InDatabase tells whether steps of the stage are statements, which run one by one.
func (s Stage) InDatabase() bool { return s == Prepare || s == Database || s == Online }

// Step is one thing that apply does. It holds all that is needed to do it:
// apply adds nothing but the values of holes.
type Step struct {
	// ID is unique in a plan and stable: address, then part or detail.
	ID      string  `json:"id"`
	Address Address `json:"address"`
	// Path is the part of the thing that the step is about; empty for all of
	// it. A destructive step is allowed by naming address.path.
	Path    Path     `json:"path,omitempty"`
	Action  Action   `json:"action"`
	Cause   Cause    `json:"cause"`
	Reason  string   `json:"reason,omitempty"`
	Title   string   `json:"title"` // what it does in a few words: "add column title"
	Stage   Stage    `json:"stage"`
	System  string   `json:"system"`
	Changes []Change `json:"changes,omitempty"`

	// What to do: exactly one of Statements, Call and Upload is set, save for
	// a step that only waits.
	Statements []Statement `json:"statements,omitempty"`
	Call       *Call       `json:"call,omitempty"`
	Upload     *Upload     `json:"upload,omitempty"`
	Wait       *Wait       `json:"wait,omitempty"`

	// Node is the vertex of the graph whose order the step follows.
	Node Node `json:"node"`
	// Needs are the steps that must be done before.
	Needs []string `json:"needs,omitempty"`
	// Yields are computed attributes that are known when the step is done.
	Yields []Yield `json:"yields,omitempty"`
	// Relies are parts of other things that must stay as they are for the step
	// to be right, besides that those things are there; a provider names them,
	// and the plan makes fingerprints of them.
	Relies []Reliance `json:"-"`
	// Reads are the fingerprints of the live things that the step is based on.
	Reads []Fingerprint `json:"reads,omitempty"`
	// Applied is who applied the thing last, for a step that repairs drift.
	Applied *Applied `json:"applied,omitempty"`
	At      *Range   `json:"at,omitempty"`

	Destroys bool `json:"destroys,omitempty"`
	// Blocked says why the step may not run; nil if it may.
	Blocked *Block `json:"blocked,omitempty"`
	// Takes are things that nobody declared, and that go with the step's.
	Takes []Undeclared `json:"takes,omitempty"`
	// Undo are the statements that go back; empty with NoUndo saying why.
	Undo   []SQL  `json:"undo,omitempty"`
	NoUndo string `json:"no_undo,omitempty"`
}

// Guard is the name by which --allow-destroy allows a destructive step, and
// --allow-rewrite one that copies a large table.
func (s *Step) Guard() string {
	if len(s.Path) == 0 {
		return s.Address.String()
	}
	return s.Address.String() + "." + s.Path.String()
}

// Applied is a run of the past, as the ledger has it.
type Applied struct {
	By string `json:"by,omitempty"`
	At string `json:"at,omitempty"` // RFC 3339
	// Run is the ID of the run, as tellr history has it.
	Run string `json:"run,omitempty"`
}

// Reliance is what a step relies on of another thing.
type Reliance struct {
	Address Address
	Paths   []Path
}

// Block says why a step may not run.
type Block struct {
	Reason string `json:"reason"`
	// Allow lists what lifts the block, all of it together; empty if nothing
	// does.
	Allow []Permit `json:"allow,omitempty"`
}

// Permit is what a user says to lift a block: a flag, and the name of exactly
// what it allows.
type Permit struct {
	Flag string `json:"flag"` // "allow-destroy"
	Name string `json:"name"` // "table.orders.columns.total"
}

// The flags that lift blocks.
const (
	AllowDestroy = "allow-destroy" // of data, by the step's guard
	AllowRewrite = "allow-rewrite" // of a large table, by the step's guard
	AllowCheck   = "allow-check"   // what a check forbids, by the check's name
)

// Yield is one computed attribute that a step makes known.
type Yield struct {
	Attr  string `json:"attr"`
	Shape string `json:"shape"`
}

// Fingerprint binds a step to a live thing as it was read.
type Fingerprint struct {
	Address Address `json:"address"`
	System  string  `json:"system"`
	SHA256  string  `json:"sha256"` // "" means that it was absent
	// Refers: the step only refers to the thing. That it is this very thing
	// counts, and what Paths lead to; the rest of it may move.
	Refers bool   `json:"refers,omitempty"`
	Paths  []Path `json:"paths,omitempty"`
	// Attrs is what was read, so that a reader of a refused plan sees what
	// moved; null where the thing was absent, or something else in its place.
	Attrs Value `json:"attrs,omitzero"`
}

// Format says how a hole is written into a text.
type Format string

const (
	Ident   Format = "ident"   // a quoted SQL identifier
	Literal Format = "literal" // a quoted SQL string
	Plain   Format = "text"    // as it is (JSON bodies, paths)
)

// SQL is a statement's text, with typed holes.
type SQL []SQLPart

// SQLPart is literal SQL, or a hole with the formatter that fills it.
type SQLPart struct {
	Text   string `json:"text,omitempty"`
	Hole   string `json:"hole,omitempty"` // as Hole.String writes it
	Format Format `json:"format,omitempty"`
}

// RawSQL is a statement without holes.
func RawSQL(text string) SQL { return SQL{{Text: text}} }

// String shows the statement; a hole looks like {{ident app.slides.url}}.
func (s SQL) String() string {
	var b strings.Builder
	for _, p := range s {
		if p.Hole != "" {
			b.WriteString("{{" + string(p.Format) + " " + p.Hole + "}}")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// Statement is one SQL statement of a step with what it does to the database.
type Statement struct {
	SQL SQL `json:"sql"`
	// Lock is the strongest table lock it takes ("ACCESS EXCLUSIVE"), on
	// LockOn; "" for none that anyone waits for.
	Lock    string `json:"lock,omitempty"`
	LockOn  string `json:"lock_on,omitempty"`
	Rewrite bool   `json:"rewrite,omitempty"` // copies the table
	Scan    bool   `json:"scan,omitempty"`    // reads the whole table under the lock
	Rows    int64  `json:"rows,omitempty"`    // touched, by the catalog's estimate
	Bytes   int64  `json:"bytes,omitempty"`
	// Hazards are the dangers of it, each of its own kind.
	Hazards []Hazard `json:"hazards,omitempty"`
	// Batch: it is run again and again, over a range at a time.
	Batch *Batch `json:"batch,omitempty"`
	// Cleanup takes away what a failure of the statement leaves behind (the
	// invalid index of a concurrent build).
	Cleanup SQL `json:"cleanup,omitempty"`
}

// Call is one API call.
type Call struct {
	Method string  `json:"method"`
	Path   Value   `json:"path"`            // a string or a template
	Query  []Param `json:"query,omitempty"` // in order
	Body   Value   `json:"body,omitzero"`
}

// Param is a query parameter.
type Param struct {
	Name  string `json:"name"`
	Value Value  `json:"value"`
}

// Upload is a set of files that go to one workspace folder, written whole
// before anything uses it.
type Upload struct {
	Source string `json:"source"` // local folder, relative to the environment file
	Target Value  `json:"target"` // workspace folder
	Files  []File `json:"files"`
}

// File is one file of an upload, bound to its content.
type File struct {
	Path   string `json:"path"` // slash-separated, relative
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Wait is a condition on the live system that ends a step. What its words mean
// is the provider's.
type Wait struct {
	For  string `json:"for"`  // "the app's compute is ACTIVE"
	Kind string `json:"kind"` // the provider's word for the poller
	Path Value  `json:"path,omitzero"`
	// Timeout in seconds.
	Timeout int `json:"timeout"`
}
