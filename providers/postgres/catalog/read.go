package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// Read answers a scope with one consistent snapshot: one message to the
// server, and a second one only if an expression must be put into the server's
// form. The connection is idle again afterwards; no setting stays changed.
//
// ask is what scope.Ask says; it is not changed.
func Read(ctx context.Context, conn *pgx.Conn, scope resource.Scope, ask Ask) (*resource.Snapshot, error) {
	w := newRaw()
	message := readMessage(scope.Environment, schemasOf(scope), rolesOf(scope.Wanted, ask.AllRoles), serverVersion(conn))
	if err := run(ctx, conn, message, w.takers()); err != nil {
		return nil, fmt.Errorf("read the catalog of %s: %w", scope.System, err)
	}
	identity := w.session.identity()
	if err := scope.Meets(identity); err != nil {
		return nil, err
	}
	scope.Identity = identity
	s := newSnapshot(w)
	known := <-w.entries
	if known.err != nil {
		return nil, known.err
	}
	resource.Readdress(known.entries, scope.Moved)
	if err := s.find(scope.Wanted, known.entries); err != nil {
		return nil, err
	}
	s.findRest(scope)
	if ask.AllRoles {
		s.findRoles(scope)
	}

	facts := s.facts(ask)
	if err := s.canonicalise(ctx, conn, ask, facts); err != nil {
		return nil, err
	}
	var err error
	if facts.Extensions, err = s.askExtensions(ctx, conn, ask.Extensions); err != nil {
		return nil, err
	}
	doubts, err := decodeDoubts(w.doubts)
	if err != nil {
		return nil, err
	}
	undeclared, attached := s.undeclared()
	facts.Attached = attached
	text, err := json.Marshal(facts)
	if err != nil {
		return nil, err
	}
	return &resource.Snapshot{Scope: scope, Objects: s.objects(), Ledger: known.entries, Doubts: doubts, Undeclared: undeclared, Facts: text}, nil
}

// serverVersion is known from the connection's start: 17 of "17.5 (Debian…)".
func serverVersion(conn *pgx.Conn) int {
	v := 0
	for _, c := range conn.PgConn().ParameterStatus("server_version") {
		if c < '0' || c > '9' {
			break
		}
		v = v*10 + int(c-'0')
	}
	return v * 10000
}

// schemasOf lists the schemas in which wanted things stand, and those that are
// read whole.
func schemasOf(scope resource.Scope) []string {
	seen := map[string]bool{}
	for _, name := range scope.All {
		seen[name] = !systemSchema(name)
	}
	for _, w := range scope.Wanted {
		var name string
		switch {
		case w.Address.Kind == "schema":
			name = w.Locate.Get("name").Str()
		case w.Address.Kind == "role": // it stands in none
		case w.Locate.Has("table"): // a part of one, such as a trigger
			name, _, _ = sqltext.SplitQualified(w.Locate.Get("table").Str())
		default:
			name = w.Locate.Get("schema").Str()
		}
		former := w.Locate.Get(Former)
		names := []string{name, former.Get("schema").Str()}
		if w.Address.Kind == "schema" {
			names[1] = former.Get("name").Str()
		}
		for _, name := range names {
			if name != "" && !systemSchema(name) {
				seen[name] = true
			}
		}
	}
	maps.DeleteFunc(seen, func(_ string, in bool) bool { return !in })
	return sorted(seen)
}

func systemSchema(name string) bool {
	return len(name) > 3 && name[:3] == "pg_" || name == "information_schema" || name == "__db_system"
}

// facts are all but the canonical forms.
func (s *snapshot) facts(ask Ask) *Facts {
	f := &Facts{
		CurrentUser: s.session.user, ServerVersion: s.session.version, Superuser: s.session.superuser, Database: s.session.database,
		Tablespace: s.session.tablespace, MayCreateSchema: s.session.mayCreateSchema, Roles: map[string]RoleFact{}, Schemas: map[string]SchemaFact{},
		Callers: map[string][]Caller{}, Views: s.viewFacts(), Dependencies: s.toldDependencies(), Casts: s.toldCasts(),
	}
	s.roleFacts(f)
	f.GlobalDefaults = s.globalDefaults()
	if s.wantsDatabase {
		f.Own = DatabaseFact{Owner: s.roleName(s.database.owner), MayAlter: s.mayAlter(s.database.owner), Hands: s.hands(s.database.owner, s.database.acl), Given: s.given(s.database.owner, s.database.acl)}
	}
	mention := append(slices.Clone(ask.Roles), s.session.user)
	for _, e := range s.former {
		mention = append(mention, roleNamesIn(e)...)
	}
	for _, n := range s.schemas {
		f.Schemas[n.name] = s.schemaFact(n)
		mention = append(append(mention, s.roleName(n.owner)), grantors(f.Schemas[n.name])...)
	}
	for a, l := range s.live {
		if to := s.callersOf(a, l); to != nil {
			f.Callers[a.String()] = to
		}
	}
	f.Partitions = s.partitionsOf()
	if len(s.renames.both) > 0 {
		f.Both = s.renames.both
	}
	if len(s.renames.taken) > 0 {
		f.Taken = s.renames.taken
	}
	for _, name := range mention {
		if r := s.roleNamed[name]; r != nil {
			f.Roles[name] = s.roleFact(r)
		}
	}
	return f
}

func (s *snapshot) schemaFact(n *schemaRow) SchemaFact {
	f := SchemaFact{OID: oidText(n.oid), Owner: s.roleName(n.owner), MayCreate: n.mayCreate, MayAlter: s.mayAlter(n.owner),
		MayGrant: s.mayGrant(n.owner, n.acl, "USAGE"), Hands: s.hands(n.owner, n.acl), Given: s.given(n.owner, n.acl), Defaults: s.defaultsIn(n.oid)}
	for _, t := range s.inSchema[n.oid] {
		o := ObjectFact{Name: t.name, Owner: s.roleName(t.owner), MayAlter: s.mayAlter(t.owner),
			Hands: s.hands(t.owner, t.acl), Given: s.given(t.owner, t.acl)}
		switch t.kind {
		case 'c':
		case 'S':
			if t.sequence != nil && t.sequence.dep != 'i' {
				o.MayGrant = s.mayGrant(t.owner, t.acl, "USAGE", "SELECT")
				f.Sequences = append(f.Sequences, o)
			}
		default:
			o.MayGrant = s.mayGrant(t.owner, t.acl, "SELECT", "INSERT", "UPDATE", "DELETE")
			o.Kind = map[byte]string{'v': "view", 'm': "materialized view", 'f': "foreign table", 'p': "partitioned table"}[t.kind]
			for _, c := range s.columnACLs[t.oid] {
				if g := s.given(t.owner, c.acl); g != nil {
					if o.Columns == nil {
						o.Columns = map[string][]GivenFact{}
					}
					o.Columns[c.column] = g
				}
			}
			f.Tables = append(f.Tables, o)
		}
	}
	for _, p := range s.functions {
		if p.schema == n.oid {
			f.Functions = append(f.Functions, ObjectFact{Name: p.signature(), Owner: s.roleName(p.owner),
				Kind: map[byte]string{'p': "procedure", 'a': "aggregate"}[p.kind], MayAlter: s.mayAlter(p.owner),
				MayGrant: s.mayGrant(p.owner, p.acl, "EXECUTE"), Hands: s.hands(p.owner, p.acl), Given: s.given(p.owner, p.acl)})
		}
	}
	for _, t := range s.types {
		if acl := s.typeACLs[t.oid]; t.schema == n.oid {
			f.Types = append(f.Types, ObjectFact{Name: t.name, Owner: s.roleName(t.owner), MayAlter: s.mayAlter(t.owner),
				MayGrant: s.mayGrant(t.owner, acl, "USAGE"), Hands: s.hands(t.owner, acl), Given: s.given(t.owner, acl)})
		}
		if t.schema == n.oid && t.kind == 'e' {
			f.Enums = append(f.Enums, ObjectFact{Name: t.name, Owner: s.roleName(t.owner), MayAlter: s.mayAlter(t.owner),
				MayGrant: s.mayAlter(t.owner)})
		}
	}
	return f
}

// canonicalise answers all that is asked, from the cheapest source: the live
// text at the same place, rules, the ledger, and only then the server.
func (s *snapshot) canonicalise(ctx context.Context, conn *pgx.Conn, ask Ask, facts *Facts) error {
	facts.Canon, facts.CanonErrors = map[string]string{}, map[string]string{}
	texts := map[string]Expr{}
	pending := map[string][]string{} // key → IDs
	var questions []Question
	settle := func(id, text, canonical string) {
		if canonical != text {
			facts.Canon[id] = canonical
		}
	}
	visit := func(t *AskTable, e Expr) {
		if live, ok := s.liveText(t, e); ok && (live == e.Text || s.renames.forward.text(live) == e.Text) {
			return
		}
		if canonical, ok := local(t, e); ok {
			settle(e.ID, e.Text, canonical)
			return
		}
		q := questionAt(s, t, e)
		if canonical, ok := s.canon[q.Key]; ok && e.Kind != Body {
			settle(e.ID, e.Text, s.renames.forward.text(canonical))
			return
		}
		if pending[q.Key] == nil {
			questions = append(questions, q)
		}
		pending[q.Key] = append(pending[q.Key], e.ID)
		texts[e.ID] = e
	}
	for _, t := range ask.Tables {
		s.lendColumns(&t)
		for _, e := range t.Exprs {
			visit(&t, e)
		}
	}
	for _, e := range ask.Exprs {
		visit(nil, e)
	}
	built, more := s.askBuilt(&ask)
	answers, err := canonicaliseAlone(ctx, conn, append(questions, more...))
	if err != nil {
		return err
	}
	built.settle(answers, facts)
	for key, ids := range pending {
		for _, id := range ids {
			if a := answers[key]; a.Error != "" {
				facts.CanonErrors[id] = a.Error
			} else {
				settle(id, texts[id].Text, s.renames.forward.text(a.Text))
			}
		}
	}
	return nil
}

// questionAt is the question as it can be asked now, before anything has its
// new name.
func questionAt(s *snapshot, t *AskTable, e Expr) Question {
	t, e = s.asked(t, e)
	return question(t, e, s.session.version)
}

// liveText is what now stands at the place of an expression.
func (s *snapshot) liveText(at *AskTable, e Expr) (string, bool) {
	if at == nil {
		return "", false
	}
	if l := s.live[at.Address]; l != nil && e.Kind == Body {
		return l.Attrs.Get("body").Str(), true
	}
	t := s.rows[at.Address]
	if t == nil {
		return "", false
	}
	switch e.Kind {
	case Type, Default, Generated:
		for i := range t.columns {
			if c := &t.columns[i]; c.name == e.Column {
				if e.Kind == Type {
					return c.typ, true
				}
				return c.expr, c.hasExpr && (c.generated != 0) == (e.Kind == Generated)
			}
		}
	case Check:
		for _, k := range t.constraints {
			if k.kind == 'c' && k.name == e.Name {
				return k.expr, true
			}
		}
	case IndexKey, IndexWhere:
		for _, i := range t.indexes {
			if i.name == e.Name {
				if e.Kind == IndexWhere {
					return i.where, i.where != ""
				}
				if e.N >= 0 && e.N < len(i.on) {
					return i.on[e.N], true
				}
			}
		}
	case Exclusion, OnlyWhere:
		for _, k := range t.constraints {
			if k.kind == 'x' && k.name == e.Name {
				return k.exclusionText(e)
			}
		}
	case Policy:
		for _, p := range t.policies {
			if p.name == e.Name {
				text := []string{p.using, p.withCheck}[min(max(e.N, 0), 1)]
				return text, text != ""
			}
		}
	case PartitionKey:
		return t.of().key, t.of().key != ""
	case PartitionBound:
		return t.of().bound, t.of().bound != ""
	case When:
		for _, g := range t.triggers {
			if g.name == e.Name {
				return g.when, g.when != ""
			}
		}
	}
	return "", false
}

// exclusionText is an element, or the predicate, of an exclusion constraint.
func (k *constraintRow) exclusionText(e Expr) (string, bool) {
	elements, where := exclusionDef(k.expr)
	if e.Kind == OnlyWhere {
		return where, where != ""
	}
	if e.N < 0 || e.N >= len(elements) {
		return "", false
	}
	return elements[e.N], true
}

// lendColumns gives a table that no file declares the columns that it has, so
// that what hangs on it (triggers, policies) can be asked about.
func (s *snapshot) lendColumns(t *AskTable) {
	n := s.schema[t.Schema]
	if len(t.Columns) > 0 || n == nil {
		return
	}
	if on := s.named[place{n.oid, t.Name}]; on != nil {
		for _, c := range on.columns {
			t.Columns = append(t.Columns, AskColumn{Name: c.name, Type: c.typ, Collation: c.collation})
		}
	}
}

// grantors are all who gave something in a schema.
func grantors(f SchemaFact) []string {
	var out []string
	add := func(given []GivenFact) {
		for _, g := range given {
			out = append(out, g.Grantor)
		}
	}
	add(f.Given)
	for _, list := range [][]ObjectFact{f.Tables, f.Sequences, f.Functions, f.Types} {
		for _, o := range list {
			add(o.Given)
			for _, column := range sorted(o.Columns) {
				add(o.Columns[column])
			}
		}
	}
	return out
}
