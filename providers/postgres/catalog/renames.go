package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// The fields of Wanted.Locate that say what a thing was called before. Former
// holds the attributes that differed (schema, name); Values the values of an
// enum, the former by the wanted one.
const (
	Former = "former"
	Values = "former_values"
)

// renames are the things that the plan will give other names. The snapshot
// tells of everything else under the new ones: what refers to a thing that is
// renamed does not change by it.
type renames struct {
	forward, back *words2names
	// was is where a renamed thing stands, by kind and identity.
	was map[string]home
	// both are the former places of things that are there under both names, and taken what has the new names of others.
	both, taken map[string]string
	// at is where to look for what the snapshot cannot call by another name.
	at map[resource.Address]resource.Value
}

// home is a place by the names of schema and thing.
type home struct{ schema, name string }

func newRenames() *renames {
	return &renames{forward: newWords2names(), back: newWords2names(), was: map[string]home{}, both: map[string]string{}, taken: map[string]string{},
		at: map[resource.Address]resource.Value{}}
}

// candidate is a wanted thing that may be there under a former name.
type candidate struct {
	wanted resource.Wanted
	former resource.Value // as the files say; null if they do not
	ledger resource.Value // as the ledger says, if that is another place
	known  string         // the identity in the ledger
	found  *resource.Live // what it is, once that is clear
	at     resource.Value // by which it was found
}

// settleRenames finds out which live things are wanted under other names, and
// lets the snapshot go on as if they had them. Schemas come first, as things
// are found by them, and tables before what is part of them.
func (s *snapshot) settleRenames(wanted []resource.Wanted, ledger []resource.Entry) error {
	known := make(map[resource.Address]*resource.Entry, len(ledger))
	for i := range ledger {
		known[ledger[i].Address] = &ledger[i]
	}
	names := make(map[string]bool, len(wanted))
	for _, w := range wanted {
		names[wantedName(w.Address, w.Locate)] = true
	}
	for round := range 4 {
		var open []*candidate
		for _, w := range wanted {
			if renameRound(w) == round {
				c, err := s.candidate(w, known[w.Address])
				if err != nil {
					return err
				}
				if c != nil {
					open = append(open, c)
				}
			}
		}
		if len(open) > 0 {
			s.claim(open, names)
		}
	}
	return nil
}

func renameRound(w resource.Wanted) int {
	switch {
	case w.Address.Kind == "schema":
		return 0
	case w.Address.Kind == "table":
		return 1
	case w.Locate.Has("table"):
		return 3
	default:
		return 2
	}
}

func (s *snapshot) candidate(w resource.Wanted, e *resource.Entry) (*candidate, error) {
	c := &candidate{wanted: w}
	if f := w.Locate.Get(Former); !f.IsNull() {
		c.former = w.Locate
		for _, field := range f.Fields() {
			c.former = c.former.With(field.Name, field.Value)
		}
	}
	if e != nil && e.Identity != "" && s.elsewhere(w.Locate, e.Attrs) {
		was, err := e.Attrs.Value()
		if err != nil {
			return nil, fmt.Errorf("read the ledger: attributes of %s: %w", e.Address, err)
		}
		c.ledger, c.known = s.remembered(was), e.Identity
	}
	if c.former.IsNull() && c.ledger.IsNull() {
		return nil, nil
	}
	return c, nil
}

// elsewhere tells whether a thing is wanted at another place than where the ledger has it.
func (s *snapshot) elsewhere(wanted resource.Value, ledger resource.Remembered) bool {
	var fields []resource.Field
	for _, name := range []string{"schema", "table", "name"} {
		if text, ok := ledger.Text(name); ok {
			fields = append(fields, resource.F(name, resource.String(text)))
		}
	}
	for _, f := range s.remembered(resource.Object(fields...)).Fields() {
		if v := wanted.Get(f.Name); !v.IsNull() && v.Str() != f.Value.Str() {
			return true
		}
	}
	return false
}

// remembered are the attributes of a ledger entry, as things are called now.
func (s *snapshot) remembered(attrs resource.Value) resource.Value {
	if name := attrs.Get("schema").Str(); name != "" && s.schema[name] == nil {
		if to, ok := s.renames.forward.schemas[name]; ok {
			attrs = attrs.With("schema", resource.String(to))
		}
	}
	if on := attrs.Get("table").Str(); on != "" {
		attrs = attrs.With("table", resource.String(s.renames.forward.text(on)))
	}
	return attrs
}

// claim settles who is what: a name that another thing is about to give up is
// free.
func (s *snapshot) claim(open []*candidate, names map[string]bool) {
	claimed := map[string]bool{}
	there := func(a resource.Address, at resource.Value) *resource.Live {
		if l := s.probe(a, at); l != nil && !claimed[renameKey(a, l)] {
			return l
		}
		return nil
	}
	for key, c := range s.passing(open) {
		claimed[key] = true
		c.found, c.at = s.probe(c.wanted.Address, c.ledger), c.ledger
	}
	for again := true; again; {
		again = false
		for _, c := range open {
			a := c.wanted.Address
			if l := there(a, c.wanted.Locate); c.found != nil || l != nil && !isTaken(l) {
				continue
			}
			for _, at := range []resource.Value{c.ledger, c.former} {
				if at.IsNull() || c.found != nil {
					continue
				}
				if l := there(a, at); l != nil && !isTaken(l) && (c.known == "" || c.known == l.Identity || at.Equal(c.former)) {
					c.found, c.at, again = l, at, true
					claimed[renameKey(a, l)] = true
				}
			}
		}
	}
	var renamed []*candidate
	for _, c := range open {
		a := c.wanted.Address
		if c.found != nil {
			if l := s.probe(a, c.wanted.Locate); l != nil && isTaken(l) {
				s.renames.taken[a.String()] = l.Blocked
			}
			renamed = append(renamed, c)
		} else if c.former.IsNull() || names[wantedName(a, c.former)] {
			continue
		} else if l := there(a, c.former); l != nil && !isTaken(l) {
			s.renames.both[a.String()] = homeOf(l).String()
		}
	}
	for _, c := range renamed {
		s.renameTo(c)
	}
	s.index()
}

// passing are the things that stand where the ledger has them and whose new names are nobody's, or those of others that
// pass theirs on too: they may go round in a circle.
func (s *snapshot) passing(open []*candidate) map[string]*candidate {
	out := map[string]*candidate{}
	for _, c := range open {
		if c.known == "" {
			continue
		}
		if l := s.probe(c.wanted.Address, c.ledger); l != nil && !isTaken(l) && l.Identity == c.known {
			out[renameKey(c.wanted.Address, l)] = c
		}
	}
	for again := true; again; {
		again = false
		for key, c := range out {
			l := s.probe(c.wanted.Address, c.wanted.Locate)
			if l != nil && (isTaken(l) || out[renameKey(c.wanted.Address, l)] == nil) {
				delete(out, key)
				again = true
			}
		}
	}
	return out
}

// wantedName is what a thing is called, as a key.
func wantedName(a resource.Address, at resource.Value) string {
	return a.Kind + " " + resource.List(at.Get("schema"), at.Get("table"), at.Get("name"), at.Get("arguments")).Show()
}

func (h home) String() string { return qualified(h.schema, h.name) }

func homeOf(l *resource.Live) home {
	return home{l.Attrs.Get("schema").Str(), l.Attrs.Get("name").Str()}
}

func renameKey(a resource.Address, l *resource.Live) string { return a.Kind + " " + l.Identity }

// isTaken tells whether a name is another kind of thing's.
func isTaken(l *resource.Live) bool { return l.Blocked != "" && len(l.Attrs.Fields()) == 2 }

// probe looks for a thing without taking it for declared.
func (s *snapshot) probe(a resource.Address, at resource.Value) *resource.Live {
	taken := s.taken
	s.taken = map[uint32]bool{}
	l := s.locate(a, at)
	s.taken = taken
	delete(s.rows, a)
	return l
}

// renameTo lets the snapshot call a thing what it is to be called.
func (s *snapshot) renameTo(c *candidate) {
	a, at := c.wanted.Address, c.wanted.Locate
	r := readers[a.Kind]
	from := homeOf(c.found)
	to := home{cmp.Or(at.Get("schema").Str(), from.schema), cmp.Or(at.Get("name").Str(), from.name)}
	s.renames.was[renameKey(a, c.found)] = from
	if r.rename == nil {
		s.renames.at[a] = c.at
		return
	}
	if a.Kind == "schema" {
		s.renames.schema(from.name, to.name)
	} else if !at.Has("table") {
		s.renames.thing(from, to)
	}
	if n := s.schemaNamed(to.schema); n == nil && to.schema != "" {
		// It is made by the same plan.
		n = &schemaRow{oid: ^uint32(len(s.planned)), name: to.schema}
		s.planned[to.schema], s.schemaOf[n.oid] = n, n
	}
	r.rename(s, c.found, to)
}

func (r *renames) schema(from, to string) {
	r.forward.schemas[from], r.back.schemas[to] = to, from
}

func (r *renames) thing(from, to home) {
	if from != to {
		r.forward.things[from], r.back.things[to] = to, from
	}
}

func (r *renames) any() bool {
	return len(r.forward.schemas)+len(r.forward.things)+len(r.forward.values) > 0
}

// isNew tells whether nothing live has a name yet, as what is to have it is called otherwise.
func (r *renames) isNew(h home) bool {
	_, thing := r.back.things[h]
	_, schema := r.back.schemas[h.schema]
	return thing || schema
}

func renameSchemaRow(s *snapshot, l *resource.Live, to home) {
	for _, n := range s.schemas {
		if oidText(n.oid) == l.Identity {
			n.was, n.name = n.name, to.name
		}
	}
}

func renameRelation(s *snapshot, l *resource.Live, to home) {
	for _, t := range s.relations {
		if oidText(t.oid) != l.Identity {
			continue
		}
		t.was = t.name
		n := s.schemaNamed(to.schema)
		for _, q := range t.sequences { // which move along
			if q.schema == t.schema && n.oid != t.schema {
				s.renames.thing(home{s.schemaOf[q.schema].name, q.name}, home{to.schema, q.name})
				q.schema = n.oid
			}
		}
		t.name, t.schema = to.name, n.oid
	}
}

func renameType(s *snapshot, l *resource.Live, to home) {
	for _, t := range s.types {
		if oidText(t.oid) == l.Identity {
			t.name, t.schema = to.name, s.schemaNamed(to.schema).oid
		}
	}
}

func renameFunctionRow(s *snapshot, l *resource.Live, to home) {
	for _, p := range s.functions {
		if oidText(p.oid) == l.Identity {
			p.name, p.schema = to.name, s.schemaNamed(to.schema).oid
		}
	}
}

func renameTriggerRow(s *snapshot, l *resource.Live, to home) {
	for _, t := range s.relations {
		for _, g := range t.triggers {
			if oidText(g.oid) == l.Identity {
				g.name = to.name
			}
		}
	}
}

// schemaNamed finds a schema that is there, or that the plan makes.
func (s *snapshot) schemaNamed(name string) *schemaRow {
	if n := s.schema[name]; n != nil {
		return n
	}
	return s.planned[name]
}

// settleValues notes the values of enums that get other names.
func (s *snapshot) settleValues(wanted []resource.Wanted) {
	for _, w := range wanted {
		former := w.Locate.Get(Values)
		in, ok := s.within(w.Locate)
		if former.IsNull() || !ok || s.typed[in] == nil {
			continue
		}
		t := s.typed[in]
		to := home{s.schemaOf[t.schema].name, t.name}
		from := to
		if was, ok := s.renames.was[w.Address.Kind+" "+oidText(t.oid)]; ok {
			from = was
		}
		given := map[string]bool{}
		for again := true; again; {
			again = false
			for _, f := range former.Fields() {
				was := f.Value.Str()
				if slices.Contains(t.labels, was) && !given[was] && (!slices.Contains(t.labels, f.Name) || given[f.Name]) {
					s.renames.forward.value(from, was, f.Name)
					s.renames.back.value(to, f.Name, was)
					given[was], again = true, true
				}
			}
		}
	}
}

// told gives a live thing as it is to be told: under its own names, and all
// that it refers to under the names that these are to have.
func (s *snapshot) told(l *resource.Live) {
	if !s.renames.any() && len(s.renames.was) == 0 {
		return
	}
	l.Attrs = s.renames.forward.attrs(l.Attrs)
	if l.Blocked != "" {
		l.Blocked = s.renames.back.text(l.Blocked)
	}
	was, renamed := s.renames.was[renameKey(l.Address, l)]
	if !renamed || isTaken(l) {
		return
	}
	if l.Attrs.Has("name") {
		l.Attrs = l.Attrs.With("name", resource.String(was.name))
	}
	if in := l.Attrs.Get("schema").Str(); in != "" && was.schema != "" {
		l.Attrs = l.Attrs.With("schema", resource.String(was.schema))
	}
}

// asked puts a question in the words of what is there now.
func (s *snapshot) asked(t *AskTable, e Expr) (*AskTable, Expr) {
	t, e = s.withParent(t, e)
	if !s.renames.any() {
		return t, e
	}
	enums := map[home]bool{}
	if t != nil {
		now := *t
		now.Columns = slices.Clone(t.Columns)
		for i, c := range now.Columns {
			if schema, name, ok := sqltext.SplitQualified(c.Type); ok && (e.Column == "" || e.Column == c.Name) {
				enums[home{schema, name}] = true
			}
			now.Columns[i].Type = s.renames.back.written(c.Type, nil)
		}
		t = &now
	}
	e.Text = s.renames.back.written(e.Text, enums)
	return t, e
}
