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
	for _, k := range []struct{ attr, kind, what string }{
		{"on_schema", onSchema, "a schema"}, {"tables", onTables, "tables"}, {"sequences", onSequences, "sequences"}, {"functions", onFunctions, "functions"},
	} {
		for _, v := range r.Attrs.Get(k.attr).Items() {
			c.privilege(v, k.kind, k.what)
		}
	}
	return c.ds
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
	if word == "ALL PRIVILEGES" || slices.Contains(known, word) {
		return
	}
	cure := didYouMean(word, known)
	for _, other := range []string{onSchema, onTables, onSequences, onFunctions} {
		if cure == "" && slices.Contains(allPrivileges[other], word) {
			cure = fmt.Sprintf("%s is a privilege on the %s", word, other)
		}
	}
	c.errorf(v.Range(), fmt.Sprintf("%q is not a privilege on %s", v.Str(), what), cure, "there are %s", strings.Join(known, ", "))
}
