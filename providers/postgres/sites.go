package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// site is one text of a desired thing that Postgres may write differently: a type, an expression, an index key.
type site struct {
	of   resource.Address
	expr catalog.Expr // without its ID, which few sites need
	text *string      // to be replaced by the canonical form
	live string       // what the server prints at the same place; "" if nothing is there
	at   *resource.Range
	// static is the canonical form where that can be told without a server.
	static   string
	isStatic bool
}

// sites lists what in a table only the server can put into its form. What can be told without a server is put right on
// the way: a table has dozens of such texts, and a schema thousands of tables. have is the live table, or nil.
func (t *table) sites(a resource.Address, have *table) []site {
	var out []site
	add := func(kind catalog.ExprKind, e catalog.Expr, text *string, live string, at *resource.Range) {
		if *text != "" {
			e.Kind, e.Text = kind, *text
			out = append(out, site{of: a, expr: e, text: text, live: live, at: at})
		}
	}
	told := func(text *string, live, static string, ok bool) bool {
		if ok && *text != live {
			*text = static
		}
		return ok || *text == ""
	}
	if have == nil {
		have = &table{}
	}
	lives := make(map[string]*column, len(have.columns))
	for i := range have.columns {
		lives[have.columns[i].name] = &have.columns[i]
	}
	known := make(map[string]bool, len(t.columns))
	for i := range t.inherited {
		known[t.inherited[i].name] = true
	}
	for i := range t.columns {
		c := &t.columns[i]
		known[c.name] = true
		live := lives[c.name]
		if live == nil {
			live = &column{}
		}
		if !c.enum {
			if static, ok := staticType(c.typ); !told(&c.typ, live.typ, static, ok) {
				add(catalog.Type, catalog.Expr{Column: c.name}, &c.typ, live.typ, c.at)
			}
		}
		if c.collation != live.collation { // the name stands for itself: it is only asked whether there is one
			name := c.collation
			add(catalog.Collation, catalog.Expr{Column: c.name}, &name, "", c.at)
		}
		if c.def != "" {
			typ, _ := staticType(c.typ)
			static, ok := staticDefault(c.def, typ)
			if c.isValue(c.def) { // which the server may not know yet
				static, ok = strings.TrimSpace(c.def)+"::"+c.typ, true
			}
			if !told(&c.def, live.def, static, ok) {
				add(catalog.Default, catalog.Expr{Column: c.name}, &c.def, live.def, c.at)
			}
		}
		add(catalog.Generated, catalog.Expr{Column: c.name}, &c.generated, live.generated, c.at)
	}
	for i := range t.checks {
		c := &t.checks[i]
		live := have.check(c.name)
		if live == nil {
			live = &check{}
		}
		add(catalog.Check, catalog.Expr{Name: c.name}, &c.expr, live.expr, c.at)
	}
	for i := range t.indexes {
		x := &t.indexes[i]
		live := have.index(x.name)
		if live == nil {
			live = &indexDef{}
		}
		for n := range x.on {
			was := ""
			if n < len(live.on) {
				was = live.on[n]
			}
			static, ok := x.on[n], len(x.columns) > 0
			if !ok {
				static, ok = staticKey(x.on[n], known)
			}
			if !told(&x.on[n], was, static, ok) {
				add(catalog.IndexKey, catalog.Expr{Name: x.name, N: n, Method: x.method}, &x.on[n], was, x.at)
			}
		}
		add(catalog.IndexWhere, catalog.Expr{Name: x.name, Method: x.method}, &x.where, live.where, x.at)
	}
	for i := range t.exclusions {
		x := &t.exclusions[i]
		live := have.exclusion(x.name)
		if live == nil {
			live = &exclusion{}
		}
		for n := range x.on {
			was := ""
			if n < len(live.on) {
				was = live.on[n]
			}
			add(catalog.Exclusion, catalog.Expr{Name: x.name, N: n, Method: x.method}, &x.on[n], was, x.at)
		}
		add(catalog.OnlyWhere, catalog.Expr{Name: x.name}, &x.where, live.where, x.at)
	}
	for i := range t.statistics {
		x := &t.statistics[i]
		for n := range x.on {
			if _, name, ok := sqltext.SplitQualified(x.on[n]); ok && known[name] {
				x.on[n] = sqltext.Ident(name)
				continue
			}
			add(catalog.Statistics, catalog.Expr{Name: x.name, N: n}, &x.on[n], "", x.at)
		}
	}
	return append(out, t.lineageSites(a, have)...)
}

// id names the site among all that is asked of one database.
func (s *site) id() string { return siteID(s.of, s.expr) }

// asked is the question to the server.
func (s *site) asked() catalog.Expr {
	e := s.expr
	e.ID = s.id()
	return e
}

// siteID names a place among all that is asked of one database.
func siteID(a resource.Address, e catalog.Expr) string {
	id := a.String() + " " + string(e.Kind)
	if e.Column != "" {
		id += " " + strconv.Quote(e.Column)
	}
	if e.Name != "" {
		id += " " + strconv.Quote(e.Name)
	}
	switch e.Kind {
	case catalog.IndexKey, catalog.RegType, catalog.Exclusion, catalog.Statistics, catalog.Policy:
		id += " " + strconv.Itoa(e.N)
	}
	return id
}

// staticKey gives what pg_get_indexdef prints for a key that is a column with at most an order.
func staticKey(text string, columns map[string]bool) (string, bool) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return "", false
	}
	_, name, ok := sqltext.SplitQualified(words[0])
	if !ok || !columns[name] {
		return "", false
	}
	order := strings.ToUpper(strings.Join(words[1:], " "))
	switch order {
	case "", "ASC", "ASC NULLS LAST", "NULLS LAST":
		return sqltext.Ident(name), true
	case "DESC", "DESC NULLS FIRST":
		return sqltext.Ident(name) + " DESC", true
	case "DESC NULLS LAST":
		return sqltext.Ident(name) + " DESC NULLS LAST", true
	case "ASC NULLS FIRST", "NULLS FIRST":
		return sqltext.Ident(name) + " NULLS FIRST", true
	default:
		return "", false
	}
}

// isValue tells whether a text is one of the values of the enum that the column is of.
func (c *column) isValue(text string) bool {
	text = strings.TrimSpace(text)
	return c.values != nil && plainLiteral(text) && slices.Contains(c.values, text[1:len(text)-1])
}
