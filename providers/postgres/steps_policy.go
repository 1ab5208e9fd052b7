package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func policySteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		y := decodePolicy(p.index, d.Desired.Name(), d.Desired.Attrs)
		s := p.step(d, nil, resource.Create, "create policy "+y.name+" on "+y.table.name)
		p.makePolicy(s, y)
		p.takes(s, y.naming(y.name))
		undo(s, y.drop())
	case resource.Delete:
		y := p.livePolicy(d)
		s := p.step(d, nil, resource.Delete, "drop policy "+y.name)
		runOn(s, nil, y.table, exclusive, y.drop())
		p.frees(s, y.naming(y.name))
		p.undoPolicyDrop(s, y)
	default:
		p.alterPolicy(d)
	}
}

// livePolicy is a policy as it is.
func (p *planner) livePolicy(d *resource.Delta) *policy {
	return decodePolicy(p.index, d.Live.Attrs.Get("name").Str(), d.Live.Attrs)
}

// named writes the policy as ALTER, DROP and COMMENT name it.
func (y *policy) named() string { return "POLICY " + sqltext.Ident(y.name) + " ON " + y.table.String() }

func (y *policy) drop() string { return "DROP " + y.named() }

// create writes the whole statement.
func (p *planner) createPolicy(y *policy) *sqlText {
	sql := (&sqlText{}).text("CREATE " + y.named())
	if y.restrictive {
		sql.text("\n  AS RESTRICTIVE")
	}
	if y.command != "" {
		sql.text("\n  FOR " + y.command)
	}
	if len(y.to) > 0 {
		sql.text("\n  TO ")
		p.roleList(sql, y.to)
	}
	if y.using != "" {
		sql.text("\n  USING (" + y.using + ")")
	}
	if y.withCheck != "" {
		sql.text("\n  WITH CHECK (" + y.withCheck + ")")
	}
	return sql
}

func (p *planner) roleList(sql *sqlText, roles []roleName) {
	for i, r := range roles {
		if i > 0 {
			sql.text(", ")
		}
		sql.role(p.currentRole(r.Value))
	}
	if len(roles) == 0 {
		sql.text("PUBLIC")
	}
}

func (p *planner) runPolicy(s *resource.Step, y *policy, sql *sqlText) {
	st := resource.Statement{SQL: sql.sql}
	if p.made[y.table] == nil {
		st.Lock, st.LockOn = lockAccessExclusive, y.table.String()
	}
	s.Statements = append(s.Statements, st)
}

func (p *planner) makePolicy(s *resource.Step, y *policy) {
	p.runPolicy(s, y, p.createPolicy(y))
	if y.comment != "" {
		run(s, commentOn(y.named(), y.comment))
	}
}

// undoPolicyDrop writes how to get a policy back that a step drops.
func (p *planner) undoPolicyDrop(s *resource.Step, y *policy) {
	if y.comment != "" {
		undo(s, commentOn(y.named(), y.comment))
	}
	s.Undo = slices.Insert(s.Undo, 0, p.createPolicy(y).sql)
}

func (p *planner) alterPolicy(d *resource.Delta) {
	want, have := decodePolicy(p.index, d.Desired.Name(), d.Desired.Attrs), p.livePolicy(d)
	if want.table == have.table && want.name != have.name {
		p.renamePolicy(d, want, have.name)
		have.name = want.name
	}
	gone := func(attr string) bool { return changed(d, attr) && d.Desired.Attrs.Get(attr).IsNull() }
	if want.table != have.table || changed(d, "restrictive") || changed(d, "command") || gone("using") || gone("with_check") {
		s := p.step(d, nil, resource.Replace, "replace policy "+want.name+" on "+want.table.name)
		runOn(s, nil, have.table, exclusive, have.drop())
		p.makePolicy(s, want)
		p.undoPolicyDrop(s, have)
		undo(s, want.drop())
		return
	}
	if changed(d, "to") || changed(d, "using") || changed(d, "with_check") {
		s := p.step(d, nil, resource.Update, "change policy "+want.name+" on "+want.table.name)
		s.Changes = slices.DeleteFunc(s.Changes, func(c resource.Change) bool {
			return c.Path[0] == "comment" || c.Path[0] == "table" || c.Path[0] == "name"
		})
		p.runPolicy(s, want, p.alterFrom(want, d))
		// An expression that was not there cannot be taken away again by ALTER.
		if want.using != "" && have.using == "" || want.withCheck != "" && have.withCheck == "" {
			p.undoPolicyDrop(s, have)
			undo(s, want.drop())
		} else {
			s.Undo = slices.Insert(s.Undo, 0, p.alterFrom(have, d).sql)
		}
	}
	if changed(d, "comment") {
		s := p.step(d, resource.Path{"comment"}, resource.Update, "set the comment")
		run(s, commentOn(want.named(), want.comment))
		undo(s, commentOn(want.named(), have.comment))
	}
}

// alterFrom writes ALTER POLICY for what changes.
func (p *planner) alterFrom(to *policy, d *resource.Delta) *sqlText {
	sql := (&sqlText{}).text("ALTER " + to.named())
	if changed(d, "to") {
		sql.text("\n  TO ")
		p.roleList(sql, to.to)
	}
	if changed(d, "using") {
		sql.text("\n  USING (" + to.using + ")")
	}
	if changed(d, "with_check") {
		sql.text("\n  WITH CHECK (" + to.withCheck + ")")
	}
	return sql
}

func (y *policy) naming(name string) naming { return naming{spacePolicies, y.table.String(), name} }

func (p *planner) renamePolicy(d *resource.Delta, want *policy, from string) {
	s := p.step(d, resource.Path{"name"}, resource.Update, "rename policy "+from+" to "+want.name)
	p.renaming(s, &release{names: []naming{want.naming(from)}, called: from, what: "policy", lock: exclusive, on: want.table,
		rename: func(from, to string) string {
			return "ALTER POLICY " + sqltext.Ident(from) + " ON " + want.table.String() + " RENAME TO " + sqltext.Ident(to)
		}}, want.name, want.naming(want.name))
}
