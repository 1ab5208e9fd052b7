package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// arguments checks a list of arguments.
func (c *checker) arguments(attr string) {
	defaults := false
	for _, v := range c.r.Attrs.Get(attr).Items() {
		if !v.Known() {
			continue
		}
		a := argument{}
		if v.Kind() == resource.KindObject {
			c.expression("the type of an argument", v.Get("type"))
			c.expression("the default of an argument", v.Get("default"))
			a = argument{mode: v.Get("mode").Str(), typ: "?", def: v.Get("default").Str()}
			if t := v.Get("type"); t.Kind() == resource.KindString {
				a.typ = t.Str()
			}
		} else {
			c.expression("an argument", v)
			a = parseArgument(v.Str())
			if a.typ == "" {
				c.errorf(v.Range(), fmt.Sprintf("%q is not an argument", v.Str()), `write "name type", as in CREATE FUNCTION`, "it has no type")
			}
			if a.name != "" {
				c.ident("an argument", a.name, v.Range())
			}
		}
		if strings.HasSuffix(strings.ToLower(a.typ), "%type") {
			c.errorf(v.Range(), fmt.Sprintf("%s is not kept by Postgres", a.typ), "write the type itself", "%%TYPE is looked up once, when the function is made")
		}
		if isSerialWord(a.typ) {
			c.errorf(v.Range(), fmt.Sprintf("%s is not the type of an argument", a.typ), "write integer, bigint or smallint", "it is a word for columns")
		}
		if defaults && a.def == "" && (a.isInput() || c.r.Kind.Name == "procedure") {
			c.errorf(v.Range(), fmt.Sprintf("argument %q has no default, but one before it has", argumentText(v)), "give it a default too, or move it forward",
				"a caller leaves arguments out from the end")
		}
		defaults = defaults || a.def != ""
	}
}

func argumentText(v resource.Value) string {
	if v.Kind() == resource.KindObject {
		return v.Get("name").Str()
	}
	return v.Str()
}

// standardBody checks a body that stands in the statement itself: it must end where it says.
func (c *checker) standardBody() {
	v := c.r.Attrs.Get("body")
	f := &function{language: strings.ToLower(c.r.Attrs.Get("language").Str()), body: v.Str()}
	if !f.standardBody() {
		return
	}
	words := tokens(f.body)
	if strings.EqualFold(words[0], "begin") {
		if last := words[len(words)-1]; !strings.EqualFold(last, "end") {
			c.errorf(v.Range(), "the body has no END", "end it with END, without a semicolon", "it begins with BEGIN ATOMIC")
		}
		return
	}
	c.expression("the body", v)
}

func checkDomain(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("domain")
	w := r.Attrs
	c.valueType("the type", w.Get("type"))
	c.expression("the default", w.Get("default"))
	for _, f := range w.Get("checks").Fields() {
		c.ident("a rule", f.Name, rangeOf(f))
		c.expression(fmt.Sprintf("rule %q", f.Name), checkExpression(f.Value))
	}
	return c.ds
}

func checkComposite(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("composite type")
	var seen []string
	for _, f := range r.Attrs.Get("attributes").Fields() {
		c.ident("an attribute", f.Name, rangeOf(f))
		if slices.Contains(seen, f.Name) {
			c.errorf(rangeOf(f), fmt.Sprintf("attribute %q stands twice in %s", f.Name, r.Address), "take one of the two out", "each attribute has one type")
		}
		seen = append(seen, f.Name)
		c.valueType(fmt.Sprintf("attribute %q", f.Name), f.Value.Get("type"))
	}
	return c.ds
}

// valueType checks the type of something that is no column.
func (c *checker) valueType(what string, v resource.Value) {
	c.expression(what, v)
	if v.Kind() == resource.KindString && isSerialWord(v.Str()) {
		c.errorf(v.Range(), fmt.Sprintf("%s: %s is not a type of values", what, v.Str()), "write integer, bigint or smallint", "it is a word for columns that number themselves")
	}
}
