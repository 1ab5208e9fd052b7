package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// castable tells whether a column's values can be cast from one type to another, by the casts of the server. What nobody
// asked the server about is taken to be.
func (p *planner) castable(from, to string) bool {
	from, to = bareType(from), bareType(p.ofDomain(to))
	if from == to {
		return true
	}
	fromOne, fromArray := cutArray(from)
	toOne, toArray := cutArray(to)
	if fromArray != "" && toArray != "" {
		return p.castable(fromOne, toOne)
	}
	all, asked := p.facts.Casts[from]
	return !asked || all == "*" || slices.Contains(strings.Split(all, ", "), to)
}

// bareType is a type without its modifier.
func bareType(typ string) string {
	one, array := cutArray(typ)
	base, _ := typeShape(one)
	return base + array
}

// ofDomain gives the type that a declared domain is of; another type is itself.
func (p *planner) ofDomain(typ string) string {
	for range 10 { // a domain may be of another one
		schema, name, ok := sqltext.SplitQualified(typ)
		if !ok || schema == "" {
			return typ
		}
		base := ""
		for _, a := range p.index.at(place{schema, name}) {
			if a.Kind == "domain" {
				base = decodeDomain(p.index, place{schema, name}, p.index.desired[a].Attrs).typ
			}
		}
		if base == "" {
			return typ
		}
		if typ = base; !strings.Contains(base, ".") {
			typ, _ = staticType(base)
		}
	}
	return typ
}

// refusesCast tells whether a column cannot get its type without being told how, and says so.
func (a *alteration) refusesCast() bool {
	from, to := baseType(a.have.typ), baseType(a.canonical.typ)
	if a.want.using != "" || a.canonical.generated != "" || !needsUsing(from, to) || a.castable(from, to) {
		return false
	}
	name, using := sqltext.Ident(a.name), ""
	if one, array := cutArray(to); array != "" && a.castable(from, one) {
		if using = "ARRAY[" + name + "]"; bareType(from) != bareType(one) {
			using += "::" + to
		}
	}
	cure := fmt.Sprintf("write using = %s beside the type", sqltext.Quoted(using))
	if using == "" {
		cure = fmt.Sprintf("write using beside the type: an expression of %s that gives %s", name, to)
	}
	a.tableChange.planner.ds.Errorf(a.want.at, fmt.Sprintf("column %s of %s cannot become %s by itself", a.name, a.d.Address, to), cure,
		"the server has no cast from %s to %s", from, to)
	return true
}
