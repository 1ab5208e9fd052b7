package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// What Postgres does not change in place is dropped and made anew, and has the privileges then that the old one had.

// foundations are the attributes of a type of which its values are made: another one makes another type.
var foundations = map[string][]string{"domain": {"type", "collation"}, "range_type": {"subtype", "operator_class", "collation", "difference"}}

// isRefounded tells whether a type is made anew, being of other values.
func isRefounded(d *resource.Delta) bool {
	return d.Live != nil && d.Desired != nil && slices.ContainsFunc(foundations[d.Address.Kind], func(attr string) bool { return changed(d, attr) })
}

// madeAnew are the functions and types that are dropped and made under the same name, with the privileges that they have,
// by kind of object and place.
func (p *planner) madeAnew() map[string]bool {
	if p.anew != nil {
		return p.anew
	}
	p.anew = map[string]bool{}
	for _, d := range p.req.Deltas {
		switch {
		case d.Live == nil || d.Desired == nil || d.Live.Instead:
		case isRoutine(d.Address.Kind) && (p.remade.members[d.Address] != nil || d.Action == resource.Update && p.routineRemade(d)):
			p.anew[onFunctions+" "+place{p.wanted(d).schema, madeSignature(p.index, d.Desired)}.String()] = true
		case isRefounded(d):
			p.anew[onTypes+" "+p.wanted(d).String()] = true
		}
	}
	return p.anew
}

// regrant gives a function or type that was made anew the privileges that the old one had, and takes away what there is by
// default beyond those.
func (p *planner) regrant(d *resource.Delta, s *resource.Step, what string) {
	word, name, _ := strings.Cut(what, " ")
	if word == "AGGREGATE" {
		word = "FUNCTION"
		name = strings.Replace(strings.Replace(strings.Replace(name, "(*)", "()", 1), " ORDER BY ", ", ", 1), "ORDER BY ", "", 1)
	}
	priv, kind := "EXECUTE", onFunctions
	if word == "DOMAIN" || word == "TYPE" {
		word, priv, kind = "TYPE", "USAGE", onTypes
	}
	held := map[string][]string{}
	callers, known := p.facts.Callers[d.Address.String()]
	for _, c := range callers {
		role := roleName{resource.String(c.Role)}
		held[c.Role] = []string{priv}
		if c.Role == d.Live.Attrs.Get("owner").Str() || c.Role == catalog.Public {
			continue
		}
		sql := "GRANT " + priv + " ON " + word + " " + name + " TO " + role.sql()
		if c.GrantOption {
			sql += " WITH GRANT OPTION"
		}
		run(s, sql)
	}
	if known && held[catalog.Public] == nil {
		run(s, "REVOKE "+priv+" ON "+word+" "+name+" FROM PUBLIC")
	}
	p.withhold(s, kind, livePlace(d.Live).schema, word+" "+name, held, map[string]bool{catalog.Public: true, d.Live.Attrs.Get("owner").Str(): true})
}

// withhold revokes what roles get of a new thing by default privileges and did not have of the one before. Of some roles
// others say it.
func (p *planner) withhold(s *resource.Step, kind, schema, what string, held map[string][]string, others map[string]bool) {
	defaults := p.facts.Schemas[schema].Defaults[kind]
	for _, to := range sortedKeys(defaults) {
		extra := slices.DeleteFunc(without(defaults[to], held[to]), func(priv string) bool { return strings.HasSuffix(priv, catalog.GrantOption) })
		if len(extra) > 0 && !others[to] {
			run(s, "REVOKE "+inUsualOrder(kind, extra)+" ON "+what+" FROM "+roleName{resource.String(to)}.sql())
		}
	}
}

// regrantView grants what roles had on a view that is made anew and no file decides, and no more.
func (p *planner) regrantView(s *resource.Step, at place) {
	decided, all := p.grantees(at.schema)
	stays := p.columnsOfView(at)
	p.grantView(s, at, func(g catalog.GrantFact) bool {
		if g.Column != "" {
			return stays == nil || stays[g.Column]
		}
		return !all && !decided[g.Grantee]
	})
	if all {
		return
	}
	held := map[string][]string{}
	for _, g := range p.facts.Views[at.String()].Grants {
		if g.Column == "" {
			held[g.Grantee] = append(held[g.Grantee], g.Privilege)
		}
	}
	for _, o := range p.facts.Schemas[at.schema].Tables {
		if o.Name == at.name {
			decided[o.Owner] = true // an owner's own is not told
		}
	}
	p.withhold(s, onTables, at.schema, "TABLE "+at.String(), held, decided)
}

// columnsOfView are those that a declared view is to have; nil if that is not known.
func (p *planner) columnsOfView(at place) map[string]bool {
	for _, a := range p.index.at(at) {
		if !isView(a.Kind) {
			continue
		}
		f, why := p.builtFact(builtID(a))
		if why != "" {
			return nil
		}
		out := map[string]bool{}
		for _, c := range f.Columns {
			out[c.Name] = true
		}
		return out
	}
	return nil
}

// grantView grants what roles had on a view, as far as it is meant.
func (p *planner) grantView(s *resource.Step, at place, meant func(catalog.GrantFact) bool) {
	now := at.String()
	had := p.facts.Views[now].Grants
	type group struct {
		to     string
		column string
		option bool
	}
	var order []group
	privs := map[group][]string{}
	for _, g := range had {
		if !meant(g) {
			continue
		}
		k := group{g.Grantee, g.Column, g.Grantable}
		if privs[k] == nil {
			order = append(order, k)
		}
		privs[k] = append(privs[k], g.Privilege)
	}
	for _, k := range order {
		list := privs[k]
		if k.column != "" {
			list = slices.Clone(list)
			for i := range list {
				list[i] += " (" + sqltext.Ident(k.column) + ")"
			}
		}
		sql := "GRANT " + strings.Join(list, ", ") + " ON TABLE " + now + " TO " + roleName{resource.String(k.to)}.sql()
		if k.option {
			sql += " WITH GRANT OPTION"
		}
		run(s, sql)
	}
}

// grantees are the roles to which grants blocks say what they have in a schema; all: of every role.
func (p *planner) grantees(schema string) (decided map[string]bool, all bool) {
	decided = map[string]bool{}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "grants" || d.Desired == nil || p.index.schemaOf(d.Desired.Attrs.Get("schema")) != schema {
			continue
		}
		all = all || d.Desired.Attrs.Get("exclusive").Bool()
		for _, w := range grantees(d.Desired.Attrs.Get("to")) {
			decided[p.currentRole(w).Str()] = true
		}
		was, _ := restoredHoldings(d.Desired.Attrs)
		for name := range was {
			decided[name] = true
		}
	}
	return decided, all
}
