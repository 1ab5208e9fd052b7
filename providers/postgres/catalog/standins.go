package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// standins are what a question builds beside the thing that it asks for: each desired object that the text names, and
// that is not there yet or not as it is to be, under its own name in a schema that stands for the real one. The text is
// asked with these schemas in the place of the real ones, and the answer is read with the real ones put back: the names
// of these schemas occur nowhere else.
type standins struct {
	setup   []string
	schemas map[string]string // the stand-in of each schema, by its name
	has     map[pair]bool
}

func standinSchema(n int) string { return "tellr_q" + strconv.Itoa(n) + "_standin" }

// text names what has a stand-in by that; nil has none.
func (in *standins) text(sql string) string {
	if in == nil {
		return sql
	}
	var b strings.Builder
	end := 0
	for _, n := range sqltext.Names(sql) {
		if n.At >= end && in.has[pair{n.Schema, n.Name}] {
			b.WriteString(sql[end:n.At])
			b.WriteString(in.schemas[n.Schema])
			end = n.End
		}
	}
	b.WriteString(sql[end:])
	return b.String()
}

// original puts the real schemas back into an answer.
func original(text string, schemas map[string]string) string {
	for _, schema := range sorted(keysOf(schemas)) {
		name, _ := json.Marshal(sqltext.Ident(schema)) // a text
		text = strings.ReplaceAll(text, schemas[schema]+".", string(name[1:len(name)-1])+".")
	}
	return text
}

func keysOf(m map[string]string) map[string]bool {
	out := map[string]bool{}
	for k := range m {
		out[k] = true
	}
	return out
}

// asker finds out which declared things are not yet what they are to be, and builds stand-ins of them.
type builtAsker struct {
	*snapshot
	*declared
	moves map[pair]bool
	facts map[string]BuiltFact // by Built.ID; what is known
}

func newBuiltAsker(s *snapshot, ask *Ask) *builtAsker {
	return &builtAsker{snapshot: s, declared: newDeclared(ask), moves: map[pair]bool{}, facts: map[string]BuiltFact{}}
}

// moving tells whether a declared thing, or one that it names, is not there yet or not as it is to be.
func (b *builtAsker) moving(p pair) bool {
	if m, done := b.moves[p]; done {
		return m
	}
	b.moves[p] = false // a view that names itself moves no more by that
	m := slices.ContainsFunc(b.stands[p], b.standMoves)
	for _, s := range b.stands[p] {
		m = m || slices.ContainsFunc(b.mentions(s.texts()), b.moving)
	}
	if v := b.views[p]; v != nil {
		m = m || b.viewMoves(v) || slices.ContainsFunc(b.mentions(v.texts()), b.moving)
	}
	b.moves[p] = m
	return m
}

// viewMoves tells whether a view is not what the cache says that it is to be; without that it is taken to be.
func (b *builtAsker) viewMoves(v *Built) bool {
	live := b.relationAt(v.Schema, v.Name)
	known, ok := b.cached(v)
	return live == nil || live.view == nil || !ok || known.Query != live.view.query || !slices.Equal(known.Columns, liveColumns(live))
}

// cached gives what the ledger knows of a thing.
func (b *builtAsker) cached(v *Built) (BuiltFact, bool) {
	text, ok := b.canon[b.keyOf(v, b.session.version)]
	if !ok {
		return BuiltFact{}, false
	}
	f, err := builtFact(text)
	return f, err == nil
}

func (s *snapshot) relationAt(schema, name string) *relationRow {
	n := s.schema[schema]
	if n == nil {
		return nil
	}
	return s.named[place{n.oid, name}]
}

func (b *builtAsker) standMoves(s *Stand) bool {
	n := b.schema[s.Schema]
	if n == nil {
		return true
	}
	if b.renames.isNew(home{s.Schema, s.Name}) {
		return true
	}
	at := place{n.oid, s.Name}
	switch s.Kind {
	case StandEnum:
		t := b.typed[at]
		return t == nil || !slices.Equal(t.labels, s.Values)
	case StandFunction:
		return len(b.function[at]) == 0
	}
	t := b.named[at]
	if t == nil || len(t.columns) != len(s.Columns) {
		return true
	}
	for _, c := range s.Columns {
		live := t.columnNamed(c.Name)
		if live == nil || live.typ != b.typeOf(c.AskColumn) || live.collation != c.Collation {
			return true
		}
	}
	key := primaryKey(t)
	return key == nil && len(s.Key) > 0 || key != nil && !slices.Equal(names(t, key.columns), s.Key)
}

// typeOf gives the type of a column as format_type prints it, as far as that is known.
func (b *builtAsker) typeOf(c AskColumn) string {
	typ := integerOf(c.Type)
	if static, ok := CanonicalType(typ); ok {
		return static
	}
	if cached, ok := b.canon[question(nil, Expr{Kind: Type, Text: typ}, b.session.version).Key]; ok {
		return cached
	}
	if schema, name, ok := sqltext.SplitQualified(typ); ok && schema != "" {
		return sqltext.Qualified(schema, name)
	}
	return typ
}

func (t *relationRow) columnNamed(name string) *columnRow {
	for i := range t.columns {
		if t.columns[i].name == name {
			return &t.columns[i]
		}
	}
	return nil
}

// standins builds all that a thing names and that moves; nil if there is none, so that the live objects will do.
func (b *builtAsker) standins(v *Built) *standins {
	in := &standins{schemas: map[string]string{}, has: map[pair]bool{}}
	var order []pair
	var visit func(p pair)
	visit = func(p pair) {
		if in.has[p] || !b.moving(p) || v.Kind != BuiltRule && p == (pair{v.Schema, v.Name}) {
			return
		}
		in.has[p] = true
		var texts []string
		for _, s := range b.stands[p] {
			texts = append(texts, s.texts()...)
		}
		if w := b.views[p]; w != nil {
			texts = append(texts, w.Query)
		}
		for _, m := range b.mentions(texts) {
			visit(m)
		}
		order = append(order, p)
	}
	for _, m := range b.mentions(v.texts()) {
		visit(m)
	}
	for _, p := range order {
		if in.schemas[p.schema] == "" {
			in.schemas[p.schema] = standinSchema(len(in.schemas) + 1)
			in.setup = append(in.setup, "CREATE SCHEMA "+in.schemas[p.schema])
		}
	}
	for _, p := range order {
		for _, s := range b.stands[p] {
			in.setup = append(in.setup, b.create(s, in))
		}
		if w := b.views[p]; w != nil {
			columns := ""
			if len(w.Columns) > 0 {
				columns = " (" + sqltext.Idents(w.Columns) + ")"
			}
			in.setup = append(in.setup, "CREATE VIEW "+in.place(p)+columns+" AS "+in.text(w.Query))
		}
	}
	if len(order) == 0 {
		return nil
	}
	return in
}

func (in *standins) place(p pair) string { return sqltext.Qualified(in.schemas[p.schema], p.name) }

// create makes one stand-in.
func (b *builtAsker) create(s *Stand, in *standins) string {
	at := in.place(pair{s.Schema, s.Name})
	switch s.Kind {
	case StandEnum:
		return "CREATE TYPE " + at + " AS ENUM (" + sqltext.Literals(s.Values) + ")"
	case StandFunction:
		return "CREATE FUNCTION " + at + in.text(s.Create)
	}
	var columns []string
	for _, c := range b.orderAfter(s) {
		column := sqltext.Ident(c.Name) + " " + in.text(integerOf(c.Type))
		if c.Collation != "" {
			column += " COLLATE " + collation(c.Collation)
		}
		columns = append(columns, column)
	}
	if len(s.Key) > 0 {
		columns = append(columns, "PRIMARY KEY ("+sqltext.Idents(s.Key)+")")
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", at, strings.Join(columns, ", "))
}

// orderAfter gives the columns in the order that they will have when the table was changed: what stays keeps its place,
// what is new comes last.
func (b *builtAsker) orderAfter(s *Stand) []StandColumn {
	live := b.relationAt(s.Schema, s.Name)
	if live == nil {
		return s.Columns
	}
	rank := func(c StandColumn) int {
		for i := range live.columns {
			if n := live.columns[i].name; n == c.Name || n == c.From && live.columnNamed(c.Name) == nil {
				return i
			}
		}
		return len(live.columns)
	}
	out := slices.Clone(s.Columns)
	slices.SortStableFunc(out, func(x, y StandColumn) int { return rank(x) - rank(y) })
	return out
}
