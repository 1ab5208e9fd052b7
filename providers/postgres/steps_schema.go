package postgres

import (
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func schemaSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		p.createSchema(d)
	case resource.Delete:
		p.dropSchema(d)
	default:
		p.simple(d, "SCHEMA "+sqltext.Ident(p.renameSchema(d)))
	}
}

func (p *planner) createSchema(d *resource.Delta) {
	name := p.wanted(d).name
	what := "SCHEMA " + sqltext.Ident(name)
	s := p.step(d, nil, resource.Create, "create schema "+name)
	sql := (&sqlText{}).text("CREATE " + what)
	if w := d.Desired.Attrs.Get("owner"); !w.IsNull() {
		sql.text(" AUTHORIZATION ").role(p.currentRole(w))
		p.mayGiveTo(s, p.currentRole(w))
	}
	runSQL(s, sql.sql)
	if c := d.Desired.Attrs.Get("comment").Str(); c != "" {
		run(s, commentOn(what, c))
	}
	undo(s, "DROP "+what)
	p.takes(s, schemaName(name))
	if f := p.facts; f.CurrentUser != "" && !f.MayCreateSchema {
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("%s may not create schemas in database %s: its owner runs GRANT CREATE ON DATABASE %s TO %s",
			f.CurrentUser, f.Database, sqltext.Ident(f.Database), sqltext.Ident(f.CurrentUser))}
	}
}

// dropSchema drops an empty schema. Without CASCADE: what nobody declared is not tellr's to drop, and then the statement
// fails and with it the whole apply.
func (p *planner) dropSchema(d *resource.Delta) {
	name := d.Live.Attrs.Get("name").Str()
	s := p.step(d, nil, resource.Delete, "drop schema "+name)
	s.NoUndo = "what the schema held is gone"
	run(s, "DROP SCHEMA "+sqltext.Ident(name))
	p.frees(s, schemaName(name))
	if kind, left := p.leftIn(name); kind != "" {
		s.Blocked = &resource.Block{Reason: fmt.Sprintf("the schema is not empty: %s %s and maybe more in it are not declared by any file; "+
			"drop or move them by hand first", kind, sqltext.Qualified(name, left))}
	}
}
