package postgres

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// makesSomething tells whether the plan makes what gets privileges by default.
func (g *grantsChange) makesSomething() bool {
	return len(g.remade.members) > 0 || slices.ContainsFunc(g.req.Deltas, func(d *resource.Delta) bool {
		return (d.Action == resource.Create || d.Action == resource.Replace) && d.Address.Kind != "grants" && d.Address.Kind != "role"
	})
}

// defaultsFirst makes the step by which a block that goes takes default privileges back, and gives the rest: what the plan
// makes is not to have them, and other things that go do so at the end.
func (g *grantsChange) defaultsFirst(all []grantStatement) (rest []grantStatement) {
	var defaults []grantStatement
	for _, s := range all {
		if strings.HasPrefix(s.kind, "default_") {
			defaults = append(defaults, s)
		} else {
			rest = append(rest, s)
		}
	}
	if len(defaults) > 0 {
		s := g.step(g.d, resource.Path{partDefaults}, resource.Update, "revoke the default privileges in "+cmp.Or(g.block.schema, "the database")+" of "+strings.Join(sortedKeys(g.roles), ", "))
		s.Statements, s.Undo = g.script(defaults)
	}
	return rest
}

// partDefaults is in the path of the step about default privileges.
const partDefaults = "defaults"
