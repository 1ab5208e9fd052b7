package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// snapshot is the read in the making: rows, and the ways to find them.
type snapshot struct {
	*raw
	shape     *shaper
	schema    map[string]*schemaRow
	inSchema  map[uint32][]*relationRow
	named     map[place]*relationRow
	indexed   map[place]*relationRow // the table of an index, by the index's name
	typed     map[place]*typeRow
	function  map[place][]*functionRow
	roleNamed map[string]*roleRow
	holdersOf map[string][]aclHolder

	live  map[resource.Address]*resource.Live
	taken map[uint32]bool // OIDs of things that somebody declared or the ledger knows
	rows  map[resource.Address]*relationRow

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
		raw: w, shape: &shaper{raw: w, columns: map[columnRow]resource.Value{}}, roleNamed: map[string]*roleRow{},
		holdersOf: map[string][]aclHolder{}, live: map[resource.Address]*resource.Live{}, taken: map[uint32]bool{},
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
	s.typed, s.function = map[place]*typeRow{}, map[place][]*functionRow{}
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
		s.typed[place{t.schema, t.name}] = t
	}
	for _, p := range w.functions {
		at := place{p.schema, p.name}
		s.function[at] = append(s.function[at], p)
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
		e := resource.Entry{Identity: l.identity, Source: l.source, Protected: l.protected, By: l.by, At: l.at}
		if err := e.Address.UnmarshalText([]byte(l.address)); err != nil {
			return decoded{err: fmt.Errorf("read the ledger: %w", err)}
		}
		if err := json.Unmarshal([]byte(l.attrs), &e.Attrs); err != nil {
			return decoded{err: fmt.Errorf("read the ledger: attributes of %s: %w", l.address, err)}
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b resource.Entry) int { return a.Address.Compare(b.Address) })
	return decoded{entries: out}
}

// find looks for all that is wanted and all that the ledger knows. What was
// renamed in the files is found under the name that the ledger has, if it is
// still the thing that the ledger means.
func (s *snapshot) find(wanted []resource.Wanted, ledger []resource.Entry) {
	s.settleRenames(wanted, ledger)
	s.settleValues(wanted)
	declared := make(map[resource.Address]bool, len(wanted))
	for _, w := range wanted {
		declared[w.Address] = true
		at := w.Locate
		if former, ok := s.renames.at[w.Address]; ok {
			at = former
		}
		if l := s.locate(w.Address, at); l != nil {
			s.live[w.Address] = l
		}
	}
	for _, e := range ledger {
		if s.live[e.Address] != nil {
			continue
		}
		if l := s.locate(e.Address, s.remembered(e.Attrs)); l != nil && (!declared[e.Address] || l.Identity == e.Identity) {
			s.live[e.Address] = l
		}
	}
	for _, l := range s.live {
		s.told(l)
	}
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
	return &resource.Live{Address: a, Identity: oidText(oid), Rows: -1, Bytes: -1,
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
