package resource

import "encoding/json"

// System is one live thing that is read as a whole and in which steps run: the
// workspace, or one database.
type System struct {
	Provider string  `json:"provider"`      // which provider reads and changes it
	Name     string  `json:"name"`          // "workspace", or "instance.main/databricks_postgres"
	Host     Address `json:"host,omitzero"` // the thing that hosts a database
	Database string  `json:"database,omitempty"`
}

func (s System) String() string { return s.Name }

// Scope says what is to be read of one system. It is plain data: a plan
// carries it, so that apply reads the same again.
type Scope struct {
	System System `json:"system"`
	// Environment keys the ledger.
	Environment string `json:"environment"`
	// Identity tells which live system it is (the host of a workspace, a
	// cluster's own number and a database's). A reader fills it in; given one,
	// it reads nothing but that system, and answers *[Elsewhere] for another.
	// "" is not known.
	Identity string `json:"identity,omitempty"`
	// Moved are the things that go by another address now: the ledger's
	// entries are read under the new ones.
	Moved []Moved `json:"moved,omitempty"`
	// Wanted are the things to look for, as desired; only what a reader needs
	// to find and compare them.
	Wanted []Wanted `json:"wanted"`
	// Ask is the provider's own: what else the read must answer (expressions
	// to canonicalise, settings of a connection).
	Ask json.RawMessage `json:"ask,omitempty"`
	// All names containers (schemas) of which everything is read, whether
	// anybody wants it or not; "*" stands for all of them. It is for import.
	All []string `json:"all,omitempty"`
}

// Wanted is one thing to look for in a system.
type Wanted struct {
	Address Address `json:"address"`
	// Locate holds the attributes by which the thing is found: its name, the
	// schema it stands in.
	Locate Value `json:"locate"`
}

// Live is one thing as it is.
type Live struct {
	Address Address `json:"address"`
	// Identity tells this thing from a later one of the same name: an OID, a
	// uid. "" where the platform has none.
	Identity string `json:"identity,omitempty"`
	// Attrs has the shape of the kind's table, computed attributes included;
	// texts in the server's canonical form.
	Attrs Value `json:"attrs"`
	// Rows and Bytes are the catalog's estimates; -1 unknown.
	Rows  int64 `json:"rows,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
	// Blocked says why tellr may not change the thing (owned by someone else),
	// with the cure; "" if it may.
	Blocked string `json:"blocked,omitempty"`
	// Instead: another kind of thing has the thing's name. Attrs says where that
	// stands, Identity what it is, and Blocked what to do.
	Instead bool `json:"instead,omitempty"`
	// Undeclared: nobody declared the thing and no ledger knows it. The reader
	// made up its address.
	Undeclared bool `json:"undeclared,omitempty"`
	// Unwanted: it is undeclared, and the configuration asks that nothing be
	// there which is not declared.
	Unwanted bool `json:"unwanted,omitempty"`
}

// Snapshot is one system at one moment. It is plain data and can be recorded.
type Snapshot struct {
	Scope Scope `json:"scope"`
	// Absent: the system itself does not exist yet.
	Absent  bool    `json:"absent,omitempty"`
	Objects []*Live `json:"objects"`
	// Ledger is what tellr remembers of this system and environment.
	Ledger []Entry `json:"ledger,omitempty"`
	// Doubts are runs of this environment that nobody saw end, the latest
	// first, unless one is at work now.
	Doubts []Doubt `json:"doubts,omitempty"`
	// Undeclared lists what is there but neither declared nor remembered.
	Undeclared []Undeclared `json:"undeclared,omitempty"`
	// Facts is the provider's own: what its planning needs besides objects.
	Facts json.RawMessage `json:"facts,omitempty"`
}

// Undeclared names things of one kind that nobody declared.
type Undeclared struct {
	Kind  string   `json:"kind"`
	Where string   `json:"where"` // the schema, the branch
	Names []string `json:"names"`
}

// Entry is what the ledger remembers of one thing.
type Entry struct {
	Address  Address `json:"address"`
	Identity string  `json:"identity,omitempty"`
	// Attrs is what was last applied, in canonical form; holes filled, secrets
	// as holes.
	Attrs Remembered `json:"attrs"`
	// Source is the fingerprint of the attributes as the files had them. While
	// it is the same, the files did not move, in whatever form the server
	// keeps them.
	Source    string `json:"source,omitempty"`
	Protected bool   `json:"protected,omitempty"`
	// Was is the address under which the ledger has it, if it moved.
	Was Address `json:"was,omitzero"`
	// Copied: the row was not written where it stands: the ledger, or a part
	// of it, was restored. What it says of the past may be outdated, so that
	// nothing is dropped on its word.
	Copied bool   `json:"copied,omitempty"`
	By     string `json:"by,omitempty"`
	At     string `json:"at,omitempty"`  // RFC 3339
	Run    string `json:"run,omitempty"` // the last run that changed it; "" if it is not known
}

// Object finds a live thing; nil if it is not there.
func (s *Snapshot) Object(a Address) *Live {
	for _, o := range s.Objects {
		if o.Address == a {
			return o
		}
	}
	return nil
}
