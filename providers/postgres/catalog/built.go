package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// This file asks the server what it makes of views and rules. A view's text means what it means among the tables and
// views that it names; some of these may still have to be made or changed by the plan. So the key of an answer is made of
// the text and of all that this configuration says of what it names: the answer that was noted after an apply holds for
// as long as none of that changes. Without one the server is asked: among the live objects where these are as they are to
// be, else among stand-ins in schemas that live no longer than the question (see standins.go). No live object is touched,
// and nothing is locked but against being dropped while the question lasts.

// The names of what a question builds.
const (
	scratchTable = "tellr_t" // a view's rows, for its indexes
	builtKind    = ExprKind("built")
)

// pair is a name with its schema.
type pair struct{ schema, name string }

// declared is all that an Ask says, by name.
type declared struct {
	ask    *Ask
	stands map[pair][]*Stand
	views  map[pair]*Built
	keys   map[pair]string
}

func newDeclared(ask *Ask) *declared {
	d := &declared{ask: ask, stands: map[pair][]*Stand{}, views: map[pair]*Built{}, keys: map[pair]string{}}
	for i := range ask.Stands {
		s := &ask.Stands[i]
		d.stands[pair{s.Schema, s.Name}] = append(d.stands[pair{s.Schema, s.Name}], s)
	}
	for i := range ask.Built {
		if b := &ask.Built[i]; b.Kind != BuiltRule {
			d.views[pair{b.Schema, b.Name}] = b
		}
	}
	return d
}

// texts are all that is written in a thing.
func (b *Built) texts() []string {
	out := []string{b.Query}
	for _, d := range b.Defaults {
		out = append(out, d.Text)
	}
	for _, x := range b.Indexes {
		out = append(append(out, x.On...), x.Where)
	}
	if b.Rule != nil {
		out = append(append(out, b.Rule.Where), b.Rule.Commands...)
		out = append(out, sqltext.Qualified(b.Schema, b.Name))
	}
	return out
}

func (s *Stand) texts() []string {
	out := []string{s.Create}
	for _, c := range s.Columns {
		out = append(out, c.Type)
	}
	return out
}

// mentions are the declared things that some texts name, in order and each once.
func (d *declared) mentions(texts []string) []pair {
	var out []pair
	for _, t := range texts {
		for _, n := range sqltext.Names(t) {
			p := pair{n.Schema, n.Name}
			if (d.stands[p] != nil || d.views[p] != nil) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// key is a hash of all that the configuration says of a name and of what its texts name in turn.
func (d *declared) key(p pair) string {
	if k, done := d.keys[p]; done {
		return k
	}
	d.keys[p] = "" // a view that names itself
	h := sha256.New()
	add := func(v any, texts []string) {
		text, _ := json.Marshal(v) // of strings, lists and flags
		h.Write(text)
		for _, m := range d.mentions(texts) {
			h.Write([]byte(d.key(m)))
		}
	}
	for _, s := range d.stands[p] {
		add(s, s.texts())
	}
	if b := d.views[p]; b != nil {
		plain := *b
		plain.ID = ""
		add(plain, b.texts())
	}
	d.keys[p] = hex.EncodeToString(h.Sum(nil)[:16])
	return d.keys[p]
}

func (d *declared) keyOf(b *Built, serverVersion int) string {
	plain := *b
	plain.ID = ""
	text, _ := json.Marshal(plain)
	h := sha256.New()
	h.Write([]byte(strconv.Itoa(serverVersion/10000) + "\x00" + string(builtKind) + "\x00"))
	h.Write(text)
	for _, m := range d.mentions(b.texts()) {
		h.Write([]byte(d.key(m)))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// BuiltKey names all that the form of the n-th Built depends on, as far as the
// configuration says it: two asks with the same key have the same answer.
func (a *Ask) BuiltKey(n int) string { return newDeclared(a).keyOf(&a.Built[n], 0) }

// builtQuestions are the questions of an Ask as they stand when all is as desired.
func builtQuestions(ask *Ask, serverVersion int) []Question {
	d := newDeclared(ask)
	var out []Question
	for i := range ask.Built {
		b := &ask.Built[i]
		q := b.question(nil)
		q.Key = d.keyOf(b, serverVersion)
		out = append(out, q)
	}
	return out
}

// question asks for one thing. What is among the stand-ins is named in their schemas.
func (b *Built) question(in *standins) Question {
	q := Question{kind: builtKind, err: b.problem()}
	if in != nil {
		q.setup, q.scratch = strings.Join(in.setup, ";\n"), in.schemas
	}
	if b.Kind == BuiltRule {
		b.askRule(&q, in)
		return q
	}
	columns := ""
	if len(b.Columns) > 0 {
		columns = " (" + sqltext.Idents(b.Columns) + ")"
	}
	do := []string{"CREATE TEMP VIEW " + scratch + columns + " AS " + in.text(b.Query)}
	for _, d := range b.Defaults {
		do = append(do, "ALTER VIEW pg_temp."+scratch+" ALTER COLUMN "+sqltext.Ident(d.Column)+" SET DEFAULT ("+in.text(d.Text)+")")
	}
	if len(b.Indexes) > 0 {
		do = append(do, "CREATE TEMP TABLE "+scratchTable+" AS SELECT * FROM pg_temp."+scratch+" WITH NO DATA")
	}
	for _, x := range b.Indexes {
		do = append(do, x.create(in))
	}
	q.do = strings.Join(do, ";\n")
	q.get = `SELECT json_build_object(
 'query', pg_get_viewdef(v.o),
 'columns', (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'collation',
     (SELECT CASE WHEN l.collnamespace = 'pg_catalog'::regnamespace THEN l.collname::text ELSE quote_ident(n.nspname) || '.' || quote_ident(l.collname) END
      FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace JOIN pg_type t ON t.oid = a.atttypid
      WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation)) ORDER BY a.attnum)
   FROM pg_attribute a WHERE a.attrelid = v.o AND a.attnum > 0),
 'defaults', (SELECT json_object_agg(a.attname, pg_get_expr(d.adbin, d.adrelid))
   FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = v.o),
 'indexes', (SELECT json_object_agg(i.relname, pg_get_indexdef(i.oid))
   FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = to_regclass('pg_temp.` + scratchTable + `')))
FROM (SELECT ` + inScratch + ` AS o) v`
	return q
}

func (x *BuiltIndex) create(in *standins) string {
	method := x.Method
	if method == "" {
		method = "btree"
	}
	keys := make([]string, len(x.On))
	for i, k := range x.On {
		keys[i] = in.text(k)
	}
	sql := "CREATE INDEX " + sqltext.Ident(x.Name) + " ON pg_temp." + scratchTable + " USING " + sqltext.Ident(method) + " (" + strings.Join(keys, ", ") + ")"
	if x.Where != "" {
		sql += " WHERE (" + in.text(x.Where) + ")"
	}
	return sql
}

// askRule puts the rule on a view of its relation: a rule may be on either, and a view can be made of what one may not
// alter. It is put off ON SELECT, which only a view's own rule is.
func (b *Built) askRule(q *Question, in *standins) {
	r := b.Rule
	do := "CREATE RULE tellr_r AS ON " + r.Event + " TO pg_temp." + scratch
	if r.Where != "" {
		do += " WHERE (" + in.text(r.Where) + ")"
	}
	do += " DO "
	if r.Instead {
		do += "INSTEAD "
	}
	commands := make([]string, len(r.Commands))
	for i, c := range r.Commands {
		commands[i] = in.text(c)
	}
	if len(commands) == 0 {
		do += "NOTHING"
	} else {
		do += "(" + strings.Join(commands, "; ") + ")"
	}
	q.do = "CREATE TEMP VIEW " + scratch + " AS SELECT * FROM " + in.text(sqltext.Qualified(b.Schema, b.Name)) + ";\n" + do
	q.get = "SELECT json_build_object('rule', pg_get_ruledef(oid)) FROM pg_rewrite WHERE rulename = 'tellr_r' AND ev_class = " + inScratch
}

// problem says why the texts cannot be put into a statement.
func (b *Built) problem() error {
	for _, t := range b.texts() {
		if t == "" {
			continue
		}
		if err := sqltext.Query(t); err != nil {
			return err
		}
	}
	return nil
}

// builtAnswer is what the server answers to a built question, as it is cached.
type builtAnswer struct {
	Query    string            `json:"query"`
	Columns  []BuiltColumn     `json:"columns"`
	Defaults map[string]string `json:"defaults"`
	Indexes  map[string]string `json:"indexes"`
	Rule     string            `json:"rule"`
}

// builtFact reads an answer.
func builtFact(text string) (BuiltFact, error) {
	var a builtAnswer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return BuiltFact{}, fmt.Errorf("read the server's form of a view: %w", err)
	}
	if a.Rule != "" {
		r := ruleDef(a.Rule)
		return BuiltFact{Where: r.where, Commands: r.commands}, nil
	}
	f := BuiltFact{Query: sqltext.TrimQuery(a.Query), Columns: a.Columns, Defaults: a.Defaults}
	for name, def := range a.Indexes {
		if f.Indexes == nil {
			f.Indexes = map[string]IndexText{}
		}
		on, where := indexDef(def)
		f.Indexes[name] = IndexText{On: on, Where: where}
	}
	return f, nil
}
