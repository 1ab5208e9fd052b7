package postgres

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

func checkRoleName(v resource.Value) error {
	if err := checkIdent(v); err != nil || !v.Known() {
		return err
	}
	switch name := v.Str(); {
	case strings.HasPrefix(name, "pg_"):
		return fmt.Errorf("%q is not a name for a role: Postgres keeps names that begin with pg_ for its own", name)
	case catalog.PlatformRole(name):
		return fmt.Errorf("%q is not a name for a role: it is the platform's own", name)
	case strings.EqualFold(name, catalog.Public):
		return fmt.Errorf("%q is not a name for a role: PUBLIC stands for all roles", name)
	case name == "none":
		return errors.New(`"none" is not a name for a role: Postgres keeps it for SET ROLE NONE`)
	default:
		return nil
	}
}

func checkValidUntil(v resource.Value) error {
	if !v.Known() || v.Str() == "infinity" {
		return nil
	}
	if _, err := time.Parse(time.RFC3339Nano, v.Str()); err != nil {
		return fmt.Errorf("%q is not a moment such as 2027-01-31T00:00:00Z", v.Str())
	}
	return nil
}

func checkRole(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	w := r.Attrs
	if !w.Has("name") {
		if err := checkRoleName(resource.String(r.Address.Name)); err != nil {
			c.errorf(r.Range, "bad name for the role", "give it another label, or write name = …", "%s", err)
		}
	}
	c.standsOnce("a role is part of the cluster of one instance or branch")
	if p := w.Get("password"); !p.IsNull() && !p.Known() && len(p.Parts()) != 1 {
		c.errorf(p.Range(), "a password is one secret", `write password = env("NAME"), or a sensitive variable`, "this one is put together of several parts")
	}
	if v := w.Get("password_version"); !v.IsNull() && w.Get("password").IsNull() {
		c.errorf(v.Range(), "password_version says when to set a password, and there is none", `write password = env("NAME") too, or take it out`, "")
	}
	if n, ok := w.Get("connection_limit").Int(); ok && n < -1 {
		c.errorf(w.Get("connection_limit").Range(), fmt.Sprintf("a role cannot have %d connections", n), "write 0 or more; -1 is no limit", "")
	}
	for _, list := range []string{"members", "member_of"} {
		c.members(list, w.Get(list))
	}
	for _, set := range []string{"set", "set_in_database"} {
		for _, f := range w.Get(set).Fields() {
			c.setting(f)
		}
	}
	return c.ds
}

func (c *checker) members(list string, v resource.Value) {
	seen := map[string]bool{}
	for _, it := range v.Items() {
		who := it
		if it.Kind() == resource.KindObject {
			who = it.Get("role")
		}
		name := who.Show()
		if seen[name] {
			c.errorf(it.Range(), fmt.Sprintf("%s names %s twice among its %s", c.r.Address, name, list), "name it once", "")
		}
		seen[name] = true
		if a, ok := who.Ref(); ok && a == c.r.Address || who.Kind() == resource.KindString && who.Str() == c.r.Name() {
			c.errorf(it.Range(), fmt.Sprintf("%s is a member of itself", c.r.Address), "take it out", "Postgres refuses circles of members")
		}
		if who.Kind() != resource.KindString {
			continue
		}
		c.ident("a role", who.Str(), who.Range())
		switch platform := catalog.PlatformRole(who.Str()); {
		case strings.EqualFold(who.Str(), catalog.Public):
			c.errorf(who.Range(), "PUBLIC cannot be a member of a role, nor have members", "name the roles", "it stands for all roles")
		case platform && (list == "members" || !strings.HasPrefix(who.Str(), "pg_")):
			c.errorf(who.Range(), fmt.Sprintf("%s is the platform's own role", who.Str()), "take it out; memberships in databricks_superuser are given by the platform's role API",
				"only the platform may change its members")
		}
	}
}

// standsOnce checks that a thing says in which instance or branch it stands.
func (c *checker) standsOnce(why string) {
	instance, branch := c.r.Attrs.Get("instance"), c.r.Attrs.Get("branch")
	switch {
	case instance.IsNull() && branch.IsNull():
		c.errorf(c.r.Range, fmt.Sprintf("%s does not say where it stands", c.r.Address), "write instance = instance.NAME, or branch = branch.NAME", "%s", why)
	case !instance.IsNull() && !branch.IsNull():
		c.errorf(branch.Range(), fmt.Sprintf("%s stands in an instance and in a branch", c.r.Address), "take one of the two out",
			"a branch is part of its instance already")
	}
}

// setting refuses what is not the name of a setting.
func (c *checker) setting(f resource.Field) {
	if f.Name == "" || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != "" {
		c.errorf(rangeOf(f), fmt.Sprintf("%q is not the name of a setting", f.Name), "write a name such as search_path", "names of settings are of letters, digits, _ and .")
	}
}
