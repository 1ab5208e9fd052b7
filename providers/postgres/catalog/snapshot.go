package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
}

// place is a name in a schema.
type place struct {
	schema uint32
	name   string
}

func newSnapshot(w *raw) *snapshot {
	s := &snapshot{
		raw: w, shape: &shaper{raw: w, columns: map[columnRow]resource.Value{}},
		schema: map[string]*schemaRow{}, inSchema: map[uint32][]*relationRow{},
		named: make(map[place]*relationRow, len(w.relations)), indexed: map[place]*relationRow{},
		typed: map[place]*typeRow{}, function: map[place][]*functionRow{}, roleNamed: map[string]*roleRow{},
		holdersOf: map[string][]aclHolder{}, live: map[resource.Address]*resource.Live{}, taken: map[uint32]bool{},
		rows: map[resource.Address]*relationRow{},
	}
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
	for _, r := range w.roles {
		s.roleNamed[r.name] = r
	}
	return s
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
	declared := make(map[resource.Address]bool, len(wanted))
	for _, w := range wanted {
		declared[w.Address] = true
		if l := s.locate(w.Address, w.Locate); l != nil {
			s.live[w.Address] = l
		}
	}
	for _, e := range ledger {
		if s.live[e.Address] != nil {
			continue
		}
		if l := s.locate(e.Address, e.Attrs); l != nil && (!declared[e.Address] || l.Identity == e.Identity) {
			s.live[e.Address] = l
		}
	}
}

// locate finds one thing by its attributes; nil if it is not there.
func (s *snapshot) locate(a resource.Address, at resource.Value) *resource.Live {
	name := at.Get("name").Str()
	switch a.Kind {
	case "schema":
		if n := s.schema[name]; n != nil {
			return s.found(a, n.oid, n.owner, "SCHEMA "+sqltext.Ident(n.name), s.shape.schema(n))
		}
		return nil
	case "trigger":
		return s.locateTrigger(a, at)
	}
	n := s.schema[at.Get("schema").Str()]
	if n == nil {
		return nil
	}
	in := place{n.oid, name}
	switch a.Kind {
	case "grants":
		to := at.Get("to").StringList()
		if one := at.Get("to").Str(); one != "" {
			to = []string{one}
		}
		for _, f := range at.Get("effective").Fields() { // a ledger entry: what was granted says to whom
			to = append(to, f.Name)
		}
		effective := s.grants(n, to, at.Get("exclusive").Bool())
		if effective.IsNull() {
			return nil
		}
		return &resource.Live{Address: a, Identity: oidText(n.oid), Attrs: resource.Object(
			resource.F("schema", resource.String(n.name)), resource.F("effective", effective))}
	case "table":
		return s.locateTable(a, in)
	case "sequence":
		return s.locateSequence(a, in)
	case "enum":
		return s.locateEnum(a, in)
	case "function":
		return s.locateFunction(a, in, at)
	}
	return nil
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

func (s *snapshot) locateTable(a resource.Address, in place) *resource.Live {
	t := s.named[in]
	switch {
	case t == nil && s.indexed[in] != nil:
		table := s.indexed[in]
		return s.instead(a, in, 0, "an index of table "+qualified(s.schemaOf[table.schema].name, table.name))
	case t == nil && s.typed[in] != nil:
		return s.instead(a, in, s.typed[in].oid, typeWord(s.typed[in].kind))
	case t == nil:
		return nil
	case t.kind != 'r':
		return s.instead(a, in, t.oid, relationWord(t.kind))
	}
	l := s.found(a, t.oid, t.owner, "TABLE "+qualified(s.schemaOf[t.schema].name, t.name), s.shape.table(t))
	l.Rows, l.Bytes = t.rows, t.bytes
	if t.rows < 0 && t.bytes == 0 {
		l.Rows = 0
	}
	for _, i := range t.indexes {
		l.Bytes += i.bytes
	}
	if t.partition || t.inherits {
		l.Blocked = fmt.Sprintf("%s is part of an inheritance tree or a partitioned table: tellr does not change those yet",
			qualified(s.schemaOf[t.schema].name, t.name))
	}
	s.rows[a] = t
	return l
}

func (s *snapshot) locateSequence(a resource.Address, in place) *resource.Live {
	t := s.named[in]
	switch {
	case t == nil && s.indexed[in] != nil:
		return s.instead(a, in, 0, "an index of table "+s.indexed[in].name)
	case t == nil:
		return nil
	case t.kind != 'S':
		return s.instead(a, in, t.oid, relationWord(t.kind))
	case t.sequence.dep == 'i':
		return s.instead(a, in, t.oid, "the sequence of an identity column")
	}
	return s.found(a, t.oid, t.owner, "SEQUENCE "+qualified(s.schemaOf[t.schema].name, t.name), s.shape.sequence(t))
}

func (s *snapshot) locateEnum(a resource.Address, in place) *resource.Live {
	t := s.typed[in]
	switch {
	case t == nil && s.named[in] != nil && s.named[in].kind != 'S':
		return s.instead(a, in, s.named[in].oid, relationWord(s.named[in].kind)) // it has a type of its own
	case t == nil:
		return nil
	case t.kind != 'e':
		return s.instead(a, in, t.oid, typeWord(t.kind))
	}
	return s.found(a, t.oid, t.owner, "TYPE "+qualified(s.schemaOf[t.schema].name, t.name), s.shape.enum(t))
}

// locateFunction takes the function of the name, or among overloads the one
// with the arguments.
func (s *snapshot) locateFunction(a resource.Address, in place, at resource.Value) *resource.Live {
	var found *functionRow
	all := s.function[in]
	want := at.Get("arguments").StringList()
	for _, p := range all {
		same := slices.EqualFunc(p.arguments(), want, func(x, y string) bool {
			return strings.EqualFold(strings.Join(strings.Fields(x), " "), strings.Join(strings.Fields(y), " "))
		})
		if same || len(all) == 1 {
			found = p
		}
	}
	switch {
	case found == nil:
		return nil
	case found.kind != 'f':
		return s.instead(a, in, found.oid, map[byte]string{'p': "a procedure", 'a': "an aggregate", 'w': "a window function"}[found.kind])
	}
	return s.found(a, found.oid, found.owner, "FUNCTION "+qualified(s.schemaOf[found.schema].name, found.name)+"("+found.argTypes+")",
		s.shape.function(found))
}

func (s *snapshot) locateTrigger(a resource.Address, at resource.Value) *resource.Live {
	schema, table, ok := sqltext.SplitQualified(at.Get("table").Str())
	n := s.schema[schema]
	if !ok || n == nil {
		return nil
	}
	t := s.named[place{n.oid, table}]
	if t == nil {
		return nil
	}
	for _, g := range t.triggers {
		if g.name == at.Get("name").Str() {
			l := s.found(a, g.oid, t.owner, "TABLE "+qualified(schema, table), s.shape.trigger(t, g))
			s.rows[a] = t
			return l
		}
	}
	return nil
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

// undeclared lists by name what nobody declared and the ledger does not know,
// so that nothing is passed over in silence.
func (s *snapshot) undeclared() []resource.Undeclared {
	found := map[[2]string][]string{}
	add := func(kind string, schema uint32, name string, oid uint32) {
		if !s.taken[oid] {
			at := [2]string{s.schemaOf[schema].name, kind}
			found[at] = append(found[at], name)
		}
	}
	for _, t := range s.relations {
		switch t.kind {
		case 'r', 'p':
			add("table", t.schema, t.name, t.oid)
		case 'v':
			add("view", t.schema, t.name, t.oid)
		case 'm':
			add("materialized view", t.schema, t.name, t.oid)
		case 'f':
			add("foreign table", t.schema, t.name, t.oid)
		case 'S':
			if !s.ofColumn(t) {
				add("sequence", t.schema, t.name, t.oid)
			}
		}
		if s.taken[t.oid] {
			for _, g := range t.triggers {
				add("trigger", t.schema, t.name+"."+g.name, g.oid)
			}
			for _, k := range t.constraints {
				if k.kind == 'x' {
					add("exclusion constraint", t.schema, t.name+"."+k.name, k.oid)
				}
			}
		}
	}
	for _, t := range s.types {
		add(strings.TrimPrefix(strings.TrimPrefix(typeWord(t.kind), "an "), "a "), t.schema, t.name, t.oid)
	}
	for _, p := range s.functions {
		word := map[byte]string{'f': "function", 'w': "function", 'p': "procedure", 'a': "aggregate"}[p.kind]
		add(word, p.schema, p.signature(), p.oid)
	}
	var out []resource.Undeclared
	for at, names := range found {
		slices.Sort(names)
		out = append(out, resource.Undeclared{Kind: at[1], Where: at[0], Names: names})
	}
	slices.SortFunc(out, func(a, b resource.Undeclared) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// ofColumn tells whether a sequence is part of a serial or identity column.
func (s *snapshot) ofColumn(t *relationRow) bool {
	if t.sequence.dep == 'i' {
		return true
	}
	owner := s.relation[t.sequence.table]
	if owner == nil {
		return false
	}
	for _, c := range owner.columns {
		if c.number == t.sequence.column {
			return c.notNull && s.shape.serialSequence(owner, c) == t
		}
	}
	return false
}
