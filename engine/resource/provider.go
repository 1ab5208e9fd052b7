package resource

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Provider knows one family of kinds and the live system they stand in. It
// reads in bulk, and turns differences into steps; it decides nothing at
// apply. A provider knows no other provider, no HCL and no printing.
//
// The engine calls, in this order: Scopes (pure), Read (network), Normalize
// and Steps (pure), Hold (network) of a Keeper once per apply, Open (network)
// once per stage.
type Provider interface {
	Name() string
	Kinds() []*Kind

	// Scopes says which systems the desired things stand in and what is to be
	// read of each. It is called with all desired things of the environment,
	// and picks its own.
	Scopes(environment string, desired []*Resource) ([]Scope, Diagnostics)

	// Read answers for one system with one consistent snapshot.
	Read(ctx context.Context, scope Scope, svc Services) (*Snapshot, error)

	// Normalize gives a desired thing in the form in which the live one was
	// read (canonical types and expressions, platform defaults), for
	// comparison. It must not change places.
	Normalize(r *Resource, live *Snapshot) (Value, Diagnostics)

	// Steps turns the differences of one system into steps. Needs holds only
	// orderings that the graph of references does not give.
	Steps(req StepsRequest) ([]*Step, Diagnostics)

	// Open starts a stage's work in a system; svc.Ledger is the system's.
	Open(ctx context.Context, scope Scope, stage Stage, svc Services) (Session, error)
}

// StepsRequest is what a provider plans from.
type StepsRequest struct {
	Environment string
	Deltas      []*Delta // of this system, in graph order; no-ops included
	Live        *Snapshot
	Destroy     bool
	// Undo: the plan is the way back from runs. What the system cannot take
	// back stays, and a warning says so.
	Undo bool
	// AtOnce: changes of existing tables are to be in the transaction too,
	// plainly, whoever waits for them.
	AtOnce bool
	// Lookup resolves an attribute of any thing: its configured value, its
	// live value, or a hole if it is known only later.
	Lookup func(AttrRef) Value
	// Resource finds any desired thing of the environment; nil if there is
	// none.
	Resource func(Address) *Resource
	// Dir is the folder of the environment file, to which paths are relative.
	Dir string
}

// Importer is a provider that can tell what is live as a configuration would.
type Importer interface {
	// ImportScope is what to read of a host so as to import what stands there:
	// some containers (schemas), or with none named all of them. It knows what
	// is desired of the host already.
	ImportScope(environment string, host Address, what ImportWhat, desired []*Resource) (Scope, Diagnostics)
	// Declare gives what stands in such a snapshot and nobody declared: its
	// attributes as a file has them, with references where what is referred to
	// is declared, too. A configuration with these added plans nothing.
	Declare(live *Snapshot) ([]*Resource, Diagnostics)
}

// ImportWhat says what to import of a host.
type ImportWhat struct {
	Containers []string // schemas; none is all
	Roles      bool     // what is not of one container, and shared by all users of the host
	Exclusive  bool     // declare that nothing else is to be there
}

// Session is a stage at work in one system. Run may be called from several
// goroutines in stages other than Database and Online.
type Session interface {
	// Run does one step and returns what it yields. fill replaces holes.
	Run(ctx context.Context, step *Step, fill Fill, progress func(message string)) (map[string]Value, error)
	// Record writes to the ledger with the work: in its transaction, if there
	// is one. A system without a ledger does nothing.
	Record(ctx context.Context, m Memory) error
	// Commit ends the work; Rollback undoes what can be undone. After either,
	// the session is closed; Rollback after Commit does nothing.
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

// Fill gives the value of a hole: what earlier steps yielded, what was live,
// or a secret from its source. The error says which is missing.
type Fill func(Hole) (Value, error)

// Services are the outside things that a provider may use.
type Services struct {
	// Endpoint says how to reach the database that a thing hosts.
	Endpoint func(ctx context.Context, host Address, database string) (Endpoint, error)
	// Secret reads a secret from its source ("env.NAME", "var.NAME").
	Secret func(source string) (string, error)
	Now    func() time.Time
	// Dir is the folder of the environment file.
	Dir string
	// Run is what the ledger remembers of the apply itself. Who, Host, Command,
	// Commit, Dirty and Version are given; the engine fills in the rest.
	Run Run
	// Redact takes secrets out of a text; nil leaves it as it is.
	Redact func(string) string
	// Ledger is that of the system in which a stage is opened; nil if it has
	// none. The engine fills it in.
	Ledger Ledger
	// LockTimeout is how long to wait for another apply; 0 means the
	// provider's own short patience.
	LockTimeout time.Duration
}

// Endpoint is how one database is reached.
type Endpoint struct {
	// Absent: the host does not exist yet; the rest is empty.
	Absent bool
	// URL, if set, is a whole connection URL (plain Postgres) and overrides
	// the rest.
	URL      string
	Host     string
	Port     int
	Database string
	User     string
	SSLMode  string
	// Password gives a fresh credential; called for each new connection.
	Password func(ctx context.Context) (string, error)
}

// Host is a provider some of whose kinds host databases.
type Host interface {
	// Endpoint says how to reach a database of a hosting thing. res is the
	// desired thing; the live one is read again if need be.
	Endpoint(ctx context.Context, scope Scope, host Address, database string, svc Services) (Endpoint, error)
}

// Elsewhere says that a system is not the one that is meant: a plan was made for
// another.
type Elsewhere struct{ System, Was, Is string }

func (e *Elsewhere) Error() string {
	return fmt.Sprintf("%s is %s, and the plan was made for %s", e.System, e.Is, e.Was)
}

// Meets checks that a scope leads to the system that it is about.
func (s Scope) Meets(identity string) error {
	if s.Identity == "" || identity == "" || s.Identity == identity {
		return nil
	}
	return &Elsewhere{System: s.System.Name, Was: s.Identity, Is: identity}
}

// ErrLocked is wrapped by the error of Open when another apply is at work in
// the same environment.
var ErrLocked = errors.New("another apply is at work")
