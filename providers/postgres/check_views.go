package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// query refuses a text that cannot stand as one query or command.
func (c *checker) query(what string, v resource.Value) {
	if v.Kind() != resource.KindString {
		return
	}
	if err := sqltext.Query(sqltext.TrimQuery(v.Str())); err != nil {
		c.errorf(v.Range(), what+" cannot stand in a statement", "write one query, as Postgres wants it", "%s", err)
	}
}

func checkView(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label(strings.ReplaceAll(r.Kind.Name, "_", " "))
	q := r.Attrs.Get("query")
	c.query("the query", q)
	words := strings.Fields(strings.TrimLeft(q.Str(), "( \t\n"))
	starts := []string{"SELECT", "WITH", "VALUES", "TABLE", "--", "/*"}
	if len(words) > 0 && q.Kind() == resource.KindString && !slices.ContainsFunc(starts, func(w string) bool { return strings.HasPrefix(strings.ToUpper(words[0]), w) }) {
		c.errorf(q.Range(), "the query of "+r.Address.String()+" is none", "write what stands behind AS: SELECT …, VALUES … or WITH …", "it begins with %s", words[0])
	}
	c.columns("the view", r.Attrs.Get("columns"), nil, nil)
	for _, v := range r.Attrs.Get("columns").Items() {
		if v.Known() {
			c.ident("a column", v.Str(), v.Range())
		}
	}
	for _, f := range r.Attrs.Get("column_defaults").Fields() {
		c.expression(fmt.Sprintf("the default of column %q", f.Name), f.Value)
	}
	for _, f := range r.Attrs.Get("indexes").Fields() {
		c.index(f, nil)
	}
	return c.ds
}

func checkRule(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	if !r.Attrs.Has("name") {
		c.ident("the rule", r.Address.Name, r.Range)
	}
	c.expression("the condition", r.Attrs.Get("where"))
	for _, v := range r.Attrs.Get("commands").Items() {
		c.query("a command", v)
	}
	if e := r.Attrs.Get("enabled"); e.Str() != "" && e.Str() != "origin" {
		if a, ok := r.Attrs.Get("table").Ref(); ok && a.Kind != "table" {
			c.errorf(e.Range(), "a rule of a view is always on", "leave enabled out", "Postgres switches rules of tables only")
		}
	}
	return c.ds
}

func checkEventTrigger(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	if !r.Attrs.Has("name") {
		c.ident("the event trigger", r.Address.Name, r.Range)
	}
	tags := r.Attrs.Get("tags")
	if event := r.Attrs.Get("event").Str(); len(tags.Items()) > 0 && event == "login" {
		c.errorf(tags.Range(), "a login has no command", "leave tags out", "tags say on which commands it runs")
	}
	return c.ds
}

// onView checks a trigger whose view or table is known by reference.
func (c *checker) onView() {
	a, ok := c.r.Attrs.Get("table").Ref()
	if !ok {
		return
	}
	timing := c.r.Attrs.Get("timing")
	switch row := c.r.Attrs.Get("level").Str() == "ROW"; {
	case a.Kind == "table" && timing.Str() == "INSTEAD OF":
		c.errorf(timing.Range(), "a trigger of a table cannot run INSTEAD OF the change", `write timing = "BEFORE" or "AFTER"`, "%s is a table, which takes the change itself", a)
	case a.Kind == "view" && row && timing.Str() != "INSTEAD OF":
		c.errorf(timing.Range(), "a trigger for each row of a view runs INSTEAD OF the change", `write timing = "INSTEAD OF", or level = "STATEMENT"`, "%s has no rows of its own", a)
	}
	if e := c.r.Attrs.Get("enabled"); a.Kind == "view" && e.Str() != "" && e.Str() != "origin" {
		c.errorf(e.Range(), "a trigger of a view is always on", "leave enabled out", "Postgres switches triggers of tables only")
	}
}
