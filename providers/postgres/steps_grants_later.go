package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// later makes the step for what is made or changed in the same plan: new things whose privileges by default are not what
// is desired, and columns. Most new things need nothing of it.
func (g *grantsChange) later(now []grantStatement) {
	if g.block.schema == "" {
		return
	}
	var all []grantStatement
	for _, grantee := range g.laterGrantees() {
		others := g.otherBlocks(g.d.Address, g.block, roleName{resource.String(grantee)})
		for _, kind := range []string{onTables, onSequences, onFunctions, onTypes} {
			expected := g.byDefault(grantee, kind)
			for _, t := range g.targets(g.block.schema)[kind] {
				want := g.want[grantee][kind][t.name]
				if has, made := g.madeWith(grantee, kind, t, want, expected); made && g.block.manages(grantee, kind) {
					all = append(all, g.leads(grantee, kind, t.name, has, want, others)...)
				}
			}
		}
		all = append(all, g.columnGrants(grantee, slices.Concat(now, all))...)
		all = append(all, g.columnsBack(grantee)...)
	}
	var again, rest []grantStatement
	for _, s := range all {
		if g.comesBack(s.kind, s.objects[0]) {
			again = append(again, s)
		} else {
			rest = append(rest, s)
		}
	}
	// What is made anew is without its privileges until it has them again, and does not wait for what is new.
	if s := g.laterStep(now, again, "is made anew", g.remakes); s != nil {
		s.ID += "/again"
	}
	g.laterStep(append(now, again...), rest, "is there by now", func(d *resource.Delta) bool {
		return d.Address.Kind != "grants" && d.Address.Kind != "trigger" && g.wanted(d).schema == g.block.schema
	})
}

// remakes tells whether the plan makes a thing of the block's schema anew.
func (g *grantsChange) remakes(d *resource.Delta) bool {
	at := g.wanted(d)
	switch {
	case at.schema != g.block.schema:
		return false
	case isRoutine(d.Address.Kind):
		return g.comesBack(onFunctions, madeSignature(g.index, d.Desired))
	case foundations[d.Address.Kind] != nil:
		return g.comesBack(onTypes, at.name)
	default:
		return g.comesAnew(at)
	}
}

// laterStep makes the step of what is said of things when they are there; nil if there is nothing to say.
func (g *grantsChange) laterStep(before, all []grantStatement, which string, waits func(*resource.Delta) bool) *resource.Step {
	if all = together(all); len(all) == 0 {
		return nil
	}
	s := g.step(g.d, resource.Path{partObjects}, resource.Update, "set what "+strings.Join(g.granteesOf(all), ", ")+" may do with what "+which+" in "+g.block.schema)
	s.Node.Part = partObjects
	s.Changes = nil
	if g.d.Action == resource.Update && len(before) == 0 {
		s.Changes = slices.Clone(g.d.Changes)
	}
	s.Statements, s.Undo = g.script(all)
	w := waiting{step: s}
	for _, d := range g.req.Deltas {
		if d.Desired != nil && waits(d) {
			w.on = append(w.on, d.Address)
		}
	}
	g.waitings = append(g.waitings, w)
	return s
}

// madeWith is what a grantee has of a thing that the plan makes, or makes again, once it has. New things, and views that are
// made anew, have the privileges that are there by default; functions and types, and views of which no block says more, have
// those that they had. Whoever owned a thing that passes to another owner has nothing of it.
func (g *grantsChange) madeWith(grantee, kind string, t grantTarget, want, expected []string) (has []string, made bool) {
	goes := g.d.Action == resource.Delete
	_, there := g.liveTarget(kind, t.name)
	switch {
	case !there:
		return expected, !goes
	case !g.comesBack(kind, t.name):
		return nil, !goes && g.passesFrom(g.block.schema, kind, t, grantee)
	case kind != onTables || goes:
		return g.have[grantee][kind][t.name], true
	case grantee == t.owner && !g.passesFrom(g.block.schema, kind, t, grantee) || grantee == g.ownerToBe(g.block.schema, kind, t.name):
		return without(expected, without(expected, want)), true // an owner's own is not told
	default:
		return expected, true
	}
}

func (g *grantsChange) granteesOf(all []grantStatement) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, s.grantee) {
			out = append(out, s.grantee)
		}
	}
	return out
}

// laterGrantees are those who may get something by default: the block's, and with exclusive everyone.
func (g *grantsChange) laterGrantees() []string {
	out := sortedKeys(g.roles)
	if !g.block.exclusive {
		return out
	}
	out = append(out, catalog.Public)
	for _, names := range g.facts.GlobalDefaults {
		out = append(out, sortedKeys(names)...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	for _, name := range out {
		if _, known := g.roles[name]; !known {
			g.roles[name] = roleName{resource.String(name)}
		}
	}
	return out
}

// leads are the statements from what somebody has to what it is to have on one new thing. What another block gives it is
// not taken away.
func (g *grantsChange) leads(grantee, kind, name string, from, to []string, others []holding) []grantStatement {
	var out []grantStatement
	for _, grant := range []bool{true, false} {
		have, want := from, to
		if !grant {
			have, want = slices.Clone(want), have
			for _, o := range others {
				have = append(have, o[kind][name]...)
			}
		}
		had := from
		if g.comesBack(kind, name) {
			had = g.have[grantee][kind][name]
		}
		missing := g.unplanned(grant, grantee, kind, name, without(want, have))
		for _, part := range splitOption(missing, have, grant) {
			out = append(out, grantStatement{grant: grant, kind: kind, grantee: grantee, option: part.option, objects: []string{name}, privs: inUsualOrder(kind, part.privs), had: had})
		}
	}
	return out
}

// byDefault is what a grantee has on a thing that the deployer makes, when the default privileges are as desired: those of
// the schema, and besides them those without a schema or the server's own.
func (g *grantsChange) byDefault(grantee, kind string) []string {
	me := g.deployer()
	out := slices.Clone(g.want[grantee]["default_"+kind][me])
	if !g.block.manages(grantee, "default_"+kind) || len(g.block.creators) == 0 {
		out = slices.Clone(g.have[grantee]["default_"+kind][me])
		if given, said := g.defaultsBy(grantee, kind, me); said {
			out = given
		}
	}
	global, said := g.globally(grantee, kind)
	if !said {
		global = builtin(grantee, kind)
	}
	out = append(out, global...)
	slices.Sort(out)
	return slices.Compact(out)
}

// defaultsBy is what the other blocks about the schema make of the default privileges of a role's new things.
func (g *grantsChange) defaultsBy(grantee, kind, maker string) (out []string, said bool) {
	for _, r := range g.index.grants {
		if r.Address == g.d.Address {
			continue
		}
		b := g.blockOf(r)
		switch {
		case b.schema != g.block.schema || !b.manages(grantee, "default_"+kind) || !slices.Contains(b.creators, maker):
		case b.names(grantee):
			out, said = append(out, b.given[kind]...), true
		case b.exclusive: // it leaves nothing that no block gives
			said = true
		}
	}
	return out, said
}

// blockOf is a declared block.
func (v *view) blockOf(r *resource.Resource) *grantsBlock {
	b := v.blocks[r.Address]
	if b == nil {
		b = v.block(r.Attrs, resource.Null())
		v.blocks[r.Address] = b
	}
	return b
}

// builtin is what everyone has on new things where nothing is said.
func builtin(grantee, kind string) []string {
	switch {
	case grantee != catalog.Public:
		return nil
	case kind == onFunctions:
		return []string{"EXECUTE"}
	case kind == onTypes:
		return []string{"USAGE"}
	default:
		return nil
	}
}

// globally is what a block about the database makes of the default privileges without a schema, or what they are.
func (g *grantsChange) globally(grantee, kind string) ([]string, bool) {
	for _, r := range g.index.grants {
		if b := g.blockOf(r); b.schema == "" && b.written[kind] && b.names(grantee) && slices.Contains(b.creators, g.deployer()) {
			return b.given[kind], true
		}
	}
	all, said := g.facts.GlobalDefaults[kind]
	return all[grantee], said
}

// columnGrants are the privileges on columns that are missing: columns may be as new as the plan, and a privilege that is
// revoked from a table goes from its columns too.
func (g *grantsChange) columnGrants(grantee string, now []grantStatement) []grantStatement {
	var out []grantStatement
	want, have := g.want[grantee][onColumns], g.have[grantee][onColumns]
	for _, key := range sortedKeys(want) {
		table, column := splitColumnKey(key)
		had := slices.Clone(have[key])
		if g.columnComesAnew(place{g.block.schema, table}, column) || g.passes(onTables, table, grantee) {
			had = nil
		}
		for _, s := range now {
			if s.kind == onTables && !s.grant && s.grantee == grantee && slices.Contains(s.objects, table) {
				had = slices.DeleteFunc(had, func(p string) bool {
					return slices.Contains(strings.Split(s.privs, ", "), strings.TrimSuffix(p, catalog.GrantOption))
				})
			}
		}
		for _, part := range splitOption(g.unplanned(true, grantee, onColumns, key, without(want[key], had)), had, true) {
			out = append(out, g.by(grantStatement{grant: true, kind: onColumns, grantee: grantee, option: part.option, objects: []string{key}, had: had}, part.privs)...)
		}
	}
	return out
}

// columnsBack are the revocations of privileges on columns of a view that is made anew, where they come back.
func (g *grantsChange) columnsBack(grantee string) []grantStatement {
	var out []grantStatement
	want, have := g.want[grantee][onColumns], g.have[grantee][onColumns]
	for _, key := range sortedKeys(have) {
		table, column := splitColumnKey(key)
		extra := without(have[key], want[key])
		if stays := g.columnsOfView(place{g.block.schema, table}); len(extra) == 0 || !g.comesBack(onColumns, key) || stays != nil && !stays[column] {
			continue
		}
		for _, part := range splitOption(g.unplanned(false, grantee, onColumns, key, extra), want[key], false) {
			out = append(out, g.by(grantStatement{kind: onColumns, grantee: grantee, option: part.option, objects: []string{key}, had: have[key]}, part.privs)...)
		}
	}
	return out
}

// columnComesAnew tells whether a column of a table is dropped and added under the same name, without its privileges.
func (p *planner) columnComesAnew(at place, name string) bool {
	d := p.deltas[p.index.tables[at]]
	if d == nil || d.Live == nil || d.Desired == nil {
		return false
	}
	return slices.ContainsFunc(d.Changes, func(ch resource.Change) bool {
		if len(ch.Path) != 3 || ch.Path[0] != "columns" || ch.Path[1] != name || ch.Path[2] != "generated" && ch.Path[2] != "virtual" {
			return false
		}
		return p.columnLost(d, ch, d.Live.Attrs.Get("columns").Get(name))
	})
}

// orderHandedOn has what is granted in a role's name wait for what that role is granted.
func (p *planner) orderHandedOn() {
	blocks := map[resource.Address]*grantsBlock{}
	for _, s := range p.steps {
		if r := p.index.desired[s.Address]; r != nil && s.Address.Kind == "grants" && s.Action != resource.Delete {
			blocks[s.Address] = p.block(r.Attrs, resource.Null())
		}
	}
	for _, s := range p.steps {
		b := blocks[s.Address]
		if b == nil || b.grantor == "" {
			continue
		}
		for _, first := range p.steps {
			f := blocks[first.Address]
			if f == nil || first.Address == s.Address || f.schema != b.schema || !f.names(b.grantor) || f.grantor != "" && b.names(f.grantor) {
				continue
			}
			if len(s.Node.Part) >= len(first.Node.Part) { // what is there already does not wait for what is made
				need(s, first.ID)
			}
		}
	}
}
