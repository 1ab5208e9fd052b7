package postgres

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

func grantsSteps(p *planner, d *resource.Delta) {
	if d.Desired == nil && d.Live == nil {
		return // it went with what it was about
	}
	g := &grantsChange{planner: p, d: d, want: map[string]holding{}, have: p.liveHoldings(d.Address), roles: map[string]roleName{}}
	switch {
	case d.Desired != nil:
		g.block = p.block(d.Desired.Attrs, p.lastOf(d.Address))
		for _, w := range grantees(d.Desired.Attrs.Get("to")) {
			role := p.currentRole(w)
			g.roles[role.String()] = role
		}
		for i, w := range grantees(d.Desired.Attrs.Get("to")) {
			g.block.to[i] = p.currentRole(w).Value
		}
		if w := d.Desired.Attrs.Get("grantor"); !w.IsNull() {
			role := p.currentRole(w)
			g.grantor = &role
		}
	case d.Last != nil:
		g.block = p.block(remembered(d.Last).Without("effective"), resource.Null())
		g.block.on, g.block.columns = nil, nil
	default: // an environment is destroyed that the ledger does not know
		g.block = p.block(d.Live.Attrs, resource.Null())
	}
	was, undoes := map[string]holding{}, false
	if d.Desired != nil {
		was, undoes = restoredHoldings(d.Desired.Attrs)
		g.block.all = undoes
	}
	for _, name := range append(sortedKeys(g.have), sortedKeys(was)...) {
		if _, known := g.roles[name]; !known {
			g.roles[name] = roleName{resource.String(name)}
		}
	}
	for name, role := range g.roles {
		h := holding{}
		switch {
		case undoes:
			h = was[name]
		case d.Desired != nil:
			h = p.holds(d.Address, g.block, role, g.have[name])
		default:
			var others []holding
			if !p.req.Destroy {
				others = p.otherBlocks(d.Address, g.block, role)
			}
			g.block.leave(name, g.have[name], h, others)
		}
		g.want[name] = h
	}
	g.plan()
}

func grantees(v resource.Value) []resource.Value {
	switch v.Kind() {
	case resource.KindList:
		return v.Items()
	case resource.KindNull: // an undo brings a block back of which only is known what it gave
		return nil
	default:
		return []resource.Value{v}
	}
}

// grantsChange is the way from the privileges that roles have to those that they are to have.
type grantsChange struct {
	*planner
	d          *resource.Delta
	block      *grantsBlock
	grantor    *roleName // nil for whoever may
	roles      map[string]roleName
	live       map[string]map[string]grantTarget // what exists, by kind and name
	want, have map[string]holding
	foreign    []string // what must be asked of others
}

// grantStatement is one GRANT or REVOKE on several objects. GRANT is what widens privileges: a statement takes nothing away
// and gives nothing back in one.
type grantStatement struct {
	grant   bool
	kind    string // of objects, or default_ and that
	privs   string // "SELECT, INSERT", or "SELECT (id, email)"
	grantee string
	option  bool // about the grant option only
	objects []string
	as      string // role that runs it, by SET ROLE; "" is the deployer
	cascade bool

	// had is what the grantee has of the object before, and along what a CASCADE takes from others, as statements that give it.
	had   []string
	along []grantStatement
	of    []grantStatement // the statements about one object each that are joined in it; none if it is one
}

// isBack tells whether a statement gives no more than there was.
func (s grantStatement) isBack() bool {
	if len(s.of) > 0 {
		return !slices.ContainsFunc(s.of, func(one grantStatement) bool { return !one.isBack() })
	}
	for priv := range strings.SplitSeq(s.privs, ", ") {
		if s.option {
			priv += catalog.GrantOption
		}
		if !slices.Contains(s.had, priv) {
			return false
		}
	}
	return true
}

func (g *grantsChange) plan() {
	now, why := g.differences(), "there is nothing to revoke that no other block gives, or takes away"
	if g.d.Action == resource.Delete && g.makesSomething() {
		all := len(now)
		if now = g.defaultsFirst(now); len(now) < all {
			why = "its default privileges are revoked"
		}
	}
	if len(now) > 0 {
		s := g.step(g.d, nil, g.d.Action, g.title())
		if s.Action == resource.NoOp {
			s.Action = resource.Update
		}
		s.Statements, s.Undo = g.script(now)
	}
	if len(now)+len(g.foreign) == 0 && g.d.Action == resource.Delete {
		s := g.step(g.d, nil, resource.Delete, "forget the block: "+why)
		s.NoUndo = "nothing is changed"
	}
	g.later(now)
	if len(g.foreign) > 0 {
		s := g.step(g.d, resource.Path{"effective"}, resource.Update, "grant on what others own")
		s.Blocked = &resource.Block{Reason: strings.Join(g.foreign, "\n")}
	}
}

// script writes statements, each as the role that is to run it, and those that go back.
func (g *grantsChange) script(all []grantStatement) (out []resource.Statement, back []resource.SQL) {
	out = g.inRoles(all, "SET LOCAL ROLE ")
	var reverse []grantStatement
	for _, s := range slices.Backward(all) {
		reverse = append(reverse, s.reverse()...)
	}
	for _, st := range g.inRoles(reverse, "SET ROLE ") { // whoever goes back may do so without a transaction
		back = append(back, st.SQL)
	}
	return out, back
}

// reverse lists the statements that take a statement back: whoever had a privilege before keeps it, or gets it again, with
// the option to hand it on or without.
func (s grantStatement) reverse() []grantStatement {
	if len(s.of) > 0 {
		var all, along []grantStatement
		for _, one := range s.of {
			all, along = append(all, one.reversed()...), append(along, one.along...)
		}
		return append(together(all), along...)
	}
	return append(s.reversed(), s.along...)
}

// reversed takes back a statement about one object.
func (s grantStatement) reversed() []grantStatement {
	back := grantStatement{grant: !s.grant, kind: s.kind, grantee: s.grantee, objects: s.objects, as: s.as}
	var plain, option []string
	for p := range strings.SplitSeq(s.privs, ", ") {
		if s.grant && s.option && slices.Contains(s.had, p) || !s.grant && (s.option || slices.Contains(s.had, p+catalog.GrantOption)) {
			option = append(option, p)
		} else {
			plain = append(plain, p)
		}
	}
	var out []grantStatement
	for _, x := range []part{{plain, false}, {option, true}} {
		if len(x.privs) > 0 {
			back.privs, back.option = strings.Join(x.privs, ", "), x.option
			out = append(out, back)
		}
	}
	return out
}

// inRoles puts a SET ROLE, by the words of set, around statements that another role is to run. It ends with the step.
func (g *grantsChange) inRoles(all []grantStatement, set string) []resource.Statement {
	var out []resource.Statement
	add := func(sql resource.SQL) { out = append(out, resource.Statement{SQL: sql}) }
	was := ""
	for _, s := range all {
		role := roleName{resource.String(s.as)}
		if s.as == "" && g.grantor != nil && !strings.HasPrefix(s.kind, "default_") {
			role = *g.grantor
		}
		if now := role.String(); now != was {
			if was != "" {
				add(resource.RawSQL("RESET ROLE"))
			}
			if now != "" {
				add((&sqlText{}).text(set).role(role).sql)
			}
			was = now
		}
		out = append(out, resource.Statement{SQL: g.write(s), Hazards: g.widens(s)})
	}
	if was != "" {
		add(resource.RawSQL("RESET ROLE"))
	}
	return out
}

func (g *grantsChange) title() string {
	names := strings.Join(sortedKeys(g.roles), ", ")
	where := cmp.Or(g.block.schema, "the database")
	switch g.d.Action {
	case resource.Create:
		return "grant privileges in " + where + " to " + names
	case resource.Delete:
		return "revoke the privileges in " + where + " of " + names
	}
	return "set what " + names + " may do in " + where
}

// differences lists the statements: by grantee, what it gains before what it loses, objects with the same privileges
// together. What is yet to be made, and columns, come later.
func (g *grantsChange) differences() []grantStatement {
	var out []grantStatement
	for _, grantee := range sortedKeys(g.roles) {
		for _, grant := range []bool{true, false} {
			from, to := g.have[grantee], g.want[grantee]
			if !grant {
				from, to = to, from
			}
			for _, kind := range effectiveKinds {
				switch {
				case kind == ownerLost && !grant: // what is lost and is not to be is given back
					out = append(out, g.giveBack(grantee, from[kind], to[kind])...)
				case kind == ownerLost, kind == onColumns && grant:
				default:
					out = append(out, g.grouped(grantee, grant, kind, from[kind], to[kind])...)
				}
			}
		}
	}
	return out
}

// comesBack tells whether what is granted on goes and is made again: what is granted before is gone by then.
func (g *grantsChange) comesBack(kind, name string) bool {
	switch kind {
	case onColumns:
		name, _ = splitColumnKey(name)
		return g.comesAnew(place{g.block.schema, name})
	case onTables:
		return g.comesAnew(place{g.block.schema, name})
	case onFunctions, onTypes:
		return g.madeAnew()[kind+" "+place{g.block.schema, name}.String()]
	default:
		return false
	}
}

// passes tells whether a thing passes from a grantee to another owner.
func (g *grantsChange) passes(kind, name, grantee string) bool {
	t, there := g.liveTarget(kind, name)
	return there && kind != onSchema && kind != onDatabase && g.passesFrom(g.block.schema, kind, t, grantee)
}

// giveBack gives an owner what it had revoked from itself.
func (g *grantsChange) giveBack(grantee string, stays, lost map[string][]string) []grantStatement {
	var out []grantStatement
	for _, what := range sortedKeys(lost) {
		privs := without(lost[what], stays[what])
		kind, name, _ := strings.Cut(what, " ")
		if len(privs) > 0 && g.isLive(kind, name) {
			out = append(out, g.by(grantStatement{grant: true, kind: kind, grantee: grantee, objects: []string{name}}, privs)...)
		}
	}
	return out
}

// grouped lists what to has and from has not, one statement for all objects with the same privileges.
func (g *grantsChange) grouped(grantee string, grant bool, kind string, from, to map[string][]string) []grantStatement {
	var all []grantStatement
	for _, name := range sortedKeys(to) {
		missing := without(to[name], from[name])
		if kind == onSchema && !grant && grantee == g.ownerOfSchema(g.block.schema) {
			continue // what it has of it is its own by then
		}
		if len(missing) == 0 || !g.isLive(kind, name) || g.comesBack(kind, name) || grant && g.passes(kind, name, grantee) {
			continue
		}
		missing = g.unplanned(grant, grantee, kind, name, missing)
		had := from[name]
		if !grant {
			had = to[name]
		}
		for _, part := range splitOption(missing, from[name], grant) {
			s := grantStatement{grant: grant, kind: kind, grantee: grantee, option: part.option, objects: []string{name}, had: had}
			all = append(all, g.by(s, part.privs)...)
		}
	}
	return together(all)
}

// unplanned leaves out what the step of another block does already: blocks about the same add up, and none of them wants
// what is to go.
func (g *grantsChange) unplanned(grant bool, grantee, kind, name string, privs []string) []string {
	by := ""
	if g.grantor != nil {
		by = g.grantor.String()
	}
	return slices.DeleteFunc(privs, func(p string) bool {
		key := fmt.Sprintf("%v %q %q %q %q %q %q", grant, g.block.schema, grantee, kind, name, p, by)
		was := g.granted[key]
		g.granted[key] = true
		return was
	})
}

// together joins statements that differ in their objects only.
func together(all []grantStatement) []grantStatement {
	groups := map[string]int{}
	var out []grantStatement
	for _, s := range all {
		s.of = []grantStatement{s}
		key := fmt.Sprintf("%v %s %s %q %v %q %v", s.grant, s.kind, s.privs, s.grantee, s.option, s.as, s.cascade)
		if strings.HasPrefix(s.kind, "default_") || s.kind == onColumns {
			key += " " + s.objects[0] // each role's, and each table's columns, are a statement of their own
		}
		if i, known := groups[key]; known {
			out[i].objects, out[i].of = append(out[i].objects, s.objects...), append(out[i].of, s.of...)
			continue
		}
		groups[key] = len(out)
		out = append(out, s)
	}
	return joinColumns(out)
}

// joinColumns puts the columns of a table that have the same privileges for the same role into one statement: GRANT
// SELECT (a, b), UPDATE (a). Each privilege keeps its own columns.
func joinColumns(all []grantStatement) []grantStatement {
	type group struct {
		at      int
		columns map[string][]string // by privilege
	}
	groups := map[string]*group{}
	var out []grantStatement
	for _, s := range all {
		if s.kind != onColumns {
			out = append(out, s)
			continue
		}
		table, column := splitColumnKey(s.objects[0])
		key := fmt.Sprintf("%v %q %v %q %v %q", s.grant, s.grantee, s.option, s.as, s.cascade, table)
		if groups[key] == nil {
			groups[key] = &group{at: len(out), columns: map[string][]string{}}
			s.objects = []string{columnKey(table, "")}
			out = append(out, s)
		} else {
			out[groups[key].at].of = append(out[groups[key].at].of, s.of...)
		}
		for p := range strings.SplitSeq(s.privs, ", ") {
			groups[key].columns[p] = append(groups[key].columns[p], column)
		}
	}
	for _, x := range groups {
		var words []string
		for _, p := range allPrivileges[onColumns] {
			if names := x.columns[p]; len(names) > 0 {
				slices.Sort(names)
				words = append(words, p+" ("+identList(names)+")")
			}
		}
		out[x.at].privs = strings.Join(words, ", ")
	}
	return out
}

// part is a share of some privileges: with the option to hand them on, or without.
type part struct {
	privs  []string
	option bool
}

// splitOption takes apart what is about the grant option. Granting with the option grants the privilege too; revoking the
// privilege revokes the option too.
func splitOption(missing, others []string, grant bool) []part {
	var plain, option []string
	for _, p := range missing {
		base, has := strings.CutSuffix(p, catalog.GrantOption)
		switch {
		case has && (grant || slices.Contains(others, base)):
			option = append(option, base)
		case !has && !(grant && slices.Contains(missing, p+catalog.GrantOption)):
			plain = append(plain, p)
		}
	}
	var out []part
	if len(plain) > 0 {
		out = append(out, part{plain, false})
	}
	if len(option) > 0 {
		out = append(out, part{option, true})
	}
	return out
}

// isLive tells whether a statement about an object can be the plan's: the object is there and stays, or it is about future
// ones. What is about to be made gets its privileges from the defaults, or later.
func (g *grantsChange) isLive(kind, name string) bool {
	if strings.HasPrefix(kind, "default_") || kind == onSchema || kind == onDatabase {
		return true
	}
	if kind == onColumns {
		name, _ = splitColumnKey(name)
		kind = onTables
	}
	_, there := g.liveTarget(kind, name)
	at := place{g.block.schema, name}
	if kind == onFunctions {
		at.name = withoutTypes(name)
	}
	return there && g.gone[at] == nil && !g.goneAlong[at]
}

// withoutTypes is the name of a function without its argument types.
func withoutTypes(signature string) string {
	if i := strings.LastIndexByte(signature, '('); i > 0 {
		return signature[:i]
	}
	return signature
}

// liveTarget finds an object that exists already.
func (g *grantsChange) liveTarget(kind, name string) (grantTarget, bool) {
	f := g.facts.Schemas[g.block.schema]
	switch kind {
	case onSchema:
		_, there := g.facts.Schemas[g.block.schema]
		return grantTarget{name: g.block.schema, owner: f.Owner, owned: !there || f.MayAlter, hands: f.Hands, given: f.Given}, there
	case onDatabase:
		o := g.facts.Own
		return grantTarget{name: g.facts.Database, owner: o.Owner, owned: o.MayAlter, hands: o.Hands, given: o.Given}, g.facts.CurrentUser != ""
	}
	if g.live == nil {
		g.live = map[string]map[string]grantTarget{}
		for kind, list := range liveTargets(f) {
			g.live[kind] = make(map[string]grantTarget, len(list))
			for _, o := range list {
				g.live[kind][o.Name] = liveTarget(o)
			}
		}
	}
	if kind == onColumns {
		table, column := splitColumnKey(name)
		t, ok := g.live[onTables][table]
		t.given = t.columns[column]
		return t, ok
	}
	t, ok := g.live[kind][name]
	return t, ok
}
