package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

func checkGrants(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.schemaName()
	to := r.Attrs.Get("to")
	if to.Kind() == resource.KindList && len(to.Items()) == 0 {
		c.errorf(to.Range(), fmt.Sprintf("%s grants to nobody", r.Address), "name an app or a role, or take the block out", "the list is empty")
	}
	seen := map[string]bool{}
	for _, g := range grantees(to) {
		name := g.Show()
		if seen[name] {
			c.errorf(g.Range(), fmt.Sprintf("%s names %s twice", r.Address, name), "name it once", "")
		}
		seen[name] = true
		if g.Kind() == resource.KindString && g.Str() != catalog.Public {
			c.ident("a role", g.Str(), g.Range())
			if strings.EqualFold(g.Str(), catalog.Public) {
				c.errorf(g.Range(), fmt.Sprintf("%q is not a role", g.Str()), "write PUBLIC for everyone", "Postgres has no role of that name")
			}
		}
	}
	for _, p := range privilegeAttrs {
		for _, v := range r.Attrs.Get(p.attr).Items() {
			c.privilege(v, p.kind, p.what)
		}
	}
	c.grantsPlace()
	c.grantsColumns()
	return c.ds
}

// grantsPlace checks what a block is about: a schema, or a database.
func (c *checker) grantsPlace() {
	w := c.r.Attrs
	if w.Get("schema").IsNull() {
		if w.Get("instance").IsNull() && w.Get("branch").IsNull() {
			c.errorf(c.r.Range, fmt.Sprintf("%s does not say what it is about", c.r.Address),
				"write schema = schema.NAME; or, for privileges on the database, instance = instance.NAME or branch = branch.NAME", "privileges are on a schema and what is in it, or on a database")
			return
		}
		c.standsOnce("privileges on a database are in one instance or branch")
		for _, attr := range []string{"columns", "on", "grantor"} {
			if v := w.Get(attr); !v.IsNull() {
				c.errorf(v.Range(), fmt.Sprintf("%s needs a schema", attr), "write schema = schema.NAME in a block of its own", "%s is about a database", c.r.Address)
			}
		}
		return
	}
	for _, attr := range []string{"instance", "branch"} {
		if v := w.Get(attr); !v.IsNull() {
			c.errorf(v.Range(), fmt.Sprintf("%s is about a schema and about a database", c.r.Address), "make two blocks of it", "the schema stands in its database already")
		}
	}
	if v := w.Get("on_database"); !v.IsNull() {
		c.errorf(v.Range(), "on_database stands in a block about a schema", "put it into a block with instance or branch instead of schema", "")
	}
	if on, creators := w.Get("on"), w.Get("for"); !creators.IsNull() && (!on.Known() || len(on.Items()) > 0) {
		c.errorf(creators.Range(), "things to come cannot be named", "take on or for out", "on names things, and for is about all to come")
	}
}

// grantsColumns checks privileges on columns.
func (c *checker) grantsColumns() {
	for _, t := range c.r.Attrs.Get("columns").Fields() {
		c.ident("a table", t.Name, rangeOf(t))
		for _, p := range t.Value.Fields() {
			c.privilege(resource.String(p.Name).At(rangeOf(p)), onColumns, "columns")
			for _, name := range p.Value.Items() {
				if name.Known() {
					c.ident("a column", name.Str(), name.Range())
				}
			}
			if p.Value.Kind() == resource.KindList && len(p.Value.Items()) == 0 {
				c.errorf(rangeOf(p), fmt.Sprintf("%s is granted on no column of %s", p.Name, t.Name), "name columns, or take it out", "the list is empty")
			}
		}
	}
}

// privilege refuses a word that is no privilege on a kind of object.
func (c *checker) privilege(v resource.Value, kind, what string) {
	if !v.Known() {
		return
	}
	word := strings.ToUpper(strings.Join(strings.Fields(v.Str()), " "))
	word = strings.TrimSuffix(word, catalog.GrantOption)
	known := append([]string{"ALL"}, allPrivileges[kind]...)
	if kind == onTables {
		known = append(known, maintain)
	}
	if word == "ALL PRIVILEGES" || word == "TEMP" && kind == onDatabase || slices.Contains(known, word) {
		return
	}
	cure := didYouMean(word, known)
	for _, other := range []string{onSchema, onTables, onSequences, onFunctions, onDatabase} {
		if cure == "" && slices.Contains(allPrivileges[other], word) {
			cure = fmt.Sprintf("%s is a privilege on the %s", word, other)
		}
	}
	c.errorf(v.Range(), fmt.Sprintf("%q is not a privilege on %s", v.Str(), what), cure, "there are %s", strings.Join(known, ", "))
}
