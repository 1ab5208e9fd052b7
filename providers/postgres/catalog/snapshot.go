package catalog

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// snapshot is the read in the making: rows, and the ways to find them.
type snapshot struct {
	*raw
	shape      *shaper
	schema     map[string]*schemaRow
	inSchema   map[uint32][]*relationRow
	named      map[place]*relationRow
	indexed    map[place]*relationRow // the table of an index, by the index's name
	typed      map[place]*typeRow
	multirange map[place]*typeRow // the range type of a multirange type
	function   map[place][]*functionRow
	routine    map[string]*functionRow // by identity
	typeOf     map[string]*typeRow     // by identity
	roleNamed  map[string]*roleRow
	holdersOf  map[string][]aclHolder

	wantsRoles    bool                             // something declares a role
	wantsDatabase bool                             // something is about privileges on the database
	former        map[resource.Address]formerThing // what the ledger has of grants and roles
	live          map[resource.Address]*resource.Live
	taken         map[uint32]bool // OIDs of things that somebody declared or the ledger knows
	going         map[uint32]bool // OIDs of what nobody declared and an exclusive schema does not want
	rows          map[resource.Address]*relationRow
	// ignored are the patterns of what is passed over, by schema.
	ignored map[string]ignore

	renames *renames
	planned map[string]*schemaRow // that the plan makes, and moves things to
}

// place is a name in a schema.
type place struct {
	schema uint32
	name   string
}

func newSnapshot(w *raw) *snapshot {
	s := &snapshot{
		raw: w, shape: &shaper{raw: w, columns: map[columnForm]resource.Value{}}, roleNamed: map[string]*roleRow{},
		holdersOf: map[string][]aclHolder{}, former: map[resource.Address]formerThing{}, live: map[resource.Address]*resource.Live{}, taken: map[uint32]bool{}, going: map[uint32]bool{},
		rows: map[resource.Address]*relationRow{}, renames: newRenames(), planned: map[string]*schemaRow{},
	}
	s.index()
	for _, r := range w.roles {
		s.roleNamed[r.name] = r
	}
	return s
}

// index makes the ways to find things by name.
func (s *snapshot) index() {
	w := s.raw
	s.schema, s.inSchema = map[string]*schemaRow{}, map[uint32][]*relationRow{}
	s.named, s.indexed = make(map[place]*relationRow, len(w.relations)), map[place]*relationRow{}
	s.typed, s.typeOf, s.multirange = map[place]*typeRow{}, map[string]*typeRow{}, map[place]*typeRow{}
	s.function, s.routine = map[place][]*functionRow{}, map[string]*functionRow{}
	for _, n := range w.schemas {
		s.schema[n.name] = n
	}
	for _, t := range w.relations {
		s.named[place{t.schema, t.name}] = t
		s.inSchema[t.schema] = append(s.inSchema[t.schema], t)
		for _, i := range t.indexes {
			s.indexed[place{t.schema, i.name}] = t
		}
	}
	for _, t := range w.types {
		s.typeOf[oidText(t.oid)] = t
		s.typed[place{t.schema, t.name}] = t
		if r := w.ranges[t.oid]; r != nil {
			s.multirange[place{t.schema, r.multirange}] = t
		}
	}
	for _, p := range w.functions {
		at := place{p.schema, p.name}
		s.function[at] = append(s.function[at], p)
		s.routine[oidText(p.oid)] = p
	}
}

// decoded is what the ledger's rows say.
type decoded struct {
	entries []resource.Entry
	err     error
}

func decodeLedger(rows []ledgerRow) decoded {
	out := make([]resource.Entry, 0, len(rows))
	for _, l := range rows {
		e := resource.Entry{Identity: l.identity, Source: l.source, Protected: l.protected, By: l.by, At: l.at, Run: l.run, Copied: l.copied}
		if err := e.Address.UnmarshalText([]byte(l.address)); err != nil {
			return decoded{err: fmt.Errorf("read the ledger: %w", err)}
		}
		e.Attrs = resource.RememberedText(l.attrs)
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b resource.Entry) int { return a.Address.Compare(b.Address) })
	return decoded{entries: out}
}

// decodeDoubts gathers the steps of each run, in the order of the rows.
func decodeDoubts(rows []doubtRow) ([]resource.Doubt, error) {
	var out []resource.Doubt
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].Run != r.run {
			out = append(out, resource.Doubt{Run: r.run, By: r.by, Started: r.started})
		}
		if r.address == "" {
			continue
		}
		s := resource.DoubtStep{Title: r.title, Action: resource.Action(r.action), Started: r.begun}
		if err := s.Address.UnmarshalText([]byte(r.address)); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		d := &out[len(out)-1]
		d.Steps = append(d.Steps, s)
	}
	return out, nil
}

// formerThing is what the ledger has of a thing whose live form depends on it.
type formerThing struct {
	kind, identity string
	attrs          resource.Value
}

// noteFormer reads what the ledger remembers of grants and roles: whom to look
// for.
func (s *snapshot) noteFormer(ledger []resource.Entry) error {
	for _, e := range ledger {
		if e.Address.Kind != "grants" && e.Address.Kind != "role" {
			continue
		}
		attrs, err := e.Attrs.Value()
		if err != nil {
			return fmt.Errorf("read the ledger: attributes of %s: %w", e.Address, err)
		}
		s.former[e.Address] = formerThing{e.Address.Kind, e.Identity, attrs}
	}
	return nil
}

// find looks for all that is wanted and all that the ledger knows. What was
// renamed in the files is found under the name that the ledger has, if it is
// still the thing that the ledger means.
func (s *snapshot) find(wanted []resource.Wanted, ledger []resource.Entry) error {
	if err := s.noteFormer(ledger); err != nil {
		return err
	}
	if err := s.settleRenames(wanted, ledger); err != nil {
		return err
	}
	s.settleValues(wanted)
	declared := make(map[resource.Address]bool, len(wanted))
	for _, w := range wanted {
		declared[w.Address] = true
		s.wantsRoles = s.wantsRoles || w.Address.Kind == "role"
		s.wantsDatabase = s.wantsDatabase || w.Address.Kind == "grants" && !w.Locate.Has("schema")
		at := w.Locate
		if former, ok := s.renames.at[w.Address]; ok {
			at = former
		}
		if l := s.locate(w.Address, at); l != nil {
			s.live[w.Address] = l
		}
	}
	for i := range ledger {
		e := &ledger[i]
		if s.live[e.Address] != nil {
			continue
		}
		attrs, err := e.Attrs.Value()
		if err != nil {
			return fmt.Errorf("read the ledger: attributes of %s: %w", e.Address, err)
		}
		if l := s.locate(e.Address, s.remembered(attrs)); l != nil && (!declared[e.Address] || l.Identity == e.Identity) {
			s.live[e.Address] = l
		}
	}
	for _, l := range s.live {
		s.told(l)
	}
	return nil
}

// locate finds one thing by its attributes; nil if it is not there.
func (s *snapshot) locate(a resource.Address, at resource.Value) *resource.Live {
	r, known := readers[a.Kind]
	if !known {
		return nil
	}
	return r.locate(s, a, at)
}

// found makes the answer for a thing that is there.
func (s *snapshot) found(a resource.Address, oid, owner uint32, what string, attrs resource.Value) *resource.Live {
	s.taken[oid] = true
	return &resource.Live{Address: a, Identity: oidText(oid), Attrs: attrs, Rows: -1, Bytes: -1, Blocked: s.blocked(owner, what)}
}

// instead makes the answer for a name that something else has.
func (s *snapshot) instead(a resource.Address, in place, oid uint32, what string) *resource.Live {
	schema := s.schemaOf[in.schema].name
	return &resource.Live{Address: a, Identity: oidText(oid), Rows: -1, Bytes: -1, Instead: true,
		Attrs: resource.Object(resource.F("schema", resource.String(schema)), resource.F("name", resource.String(in.name))),
		Blocked: fmt.Sprintf("the name %s is taken by %s: give the %s another name, or rename or drop what has it",
			qualified(schema, in.name), what, a.Kind)}
}

// objects are the things found, by address.
func (s *snapshot) objects() []*resource.Live {
	out := make([]*resource.Live, 0, len(s.live))
	for _, l := range s.live {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *resource.Live) int { return a.Address.Compare(b.Address) })
	return out
}

// mayAlter tells whether the deployer is the owner, or can become it.
func (s *snapshot) mayAlter(owner uint32) bool {
	r := s.roles[owner]
	return s.session.superuser || r != nil && (r.has || r.member)
}

func (s *snapshot) blocked(owner uint32, what string) string {
	if s.mayAlter(owner) {
		return ""
	}
	role := sqltext.Ident(s.roleName(owner))
	me := sqltext.Ident(s.session.user)
	return fmt.Sprintf("%s is owned by %s, whose rights %s does not have: its owner runs ALTER %s OWNER TO %s, "+
		"or who administers that role runs GRANT %s TO %s", what, role, me, what, me, role, me)
}

func oidText(oid uint32) string {
	if oid == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(oid), 10)
}

func relationWord(kind byte) string {
	return map[byte]string{'r': "a table", 'v': "a view", 'm': "a materialized view", 'f': "a foreign table", 'p': "a partitioned table",
		'S': "a sequence", 'c': "a composite type"}[kind]
}

func typeWord(kind byte) string {
	return map[byte]string{'e': "an enum", 'd': "a domain", 'c': "a composite type", 'r': "a range type"}[kind]
}
