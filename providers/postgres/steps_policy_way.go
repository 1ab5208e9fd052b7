package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Postgres does not drop a column, or change its type, while a policy mentions it. Such policies make way: one that stays
// as it is comes back with its table's steps, one that changes comes with its own, and one that goes goes before.

// wayWaiting says that steps of a table wait until a policy is dropped.
type wayWaiting struct {
	from  int // among the planner's steps; all of the table's from there wait
	table resource.Address
	on    string // the step that drops it
}

// dropPolicies drops the policies that are in the way of columns, and lists those that are to come back.
func (c *tableChange) dropPolicies() []*resource.Delta {
	going := c.goingColumns()
	if len(going) == 0 {
		return nil
	}
	var back []*resource.Delta
	first := len(c.steps)
	for _, d := range c.req.Deltas {
		if d.Address.Kind != "policy" || d.Live == nil || isInstead(d.Live) {
			continue
		}
		y := c.livePolicy(d)
		if !c.mentioned(y, going) || c.gone[y.table] != nil {
			continue
		}
		if d.Action == resource.Delete {
			c.waitings = append(c.waitings, wayWaiting{first, c.d.Address, d.Address.String()})
			continue
		}
		if id := c.madeWay[d.Address]; id != "" {
			c.waitings = append(c.waitings, wayWaiting{first, c.d.Address, id}) // for another table
			continue
		}
		s := c.step(resource.Path{"policies", y.table.String() + "." + y.name}, resource.Update, "drop policy "+y.name+" on "+y.table.name)
		s.Reason = "it mentions a column that changes"
		if d.Live.Blocked != "" {
			s.Blocked = &resource.Block{Reason: d.Live.Blocked}
		}
		runOn(s, nil, y.table, exclusive, y.drop())
		c.unmakePolicy(s, y)
		if d.Action == resource.NoOp {
			back = append(back, d)
		} else {
			c.madeWay[d.Address] = s.ID
		}
	}
	return back
}

// goingColumns are the live names of columns that go, or get another type.
func (c *tableChange) goingColumns() []string {
	var out []string
	for _, ch := range c.d.Changes {
		if len(ch.Path) < 2 || ch.Path[0] != "columns" || !reshapes(ch) {
			continue
		}
		live := ch.Path[1]
		if from := c.renames[live]; from != "" {
			live = from
		}
		if !c.isRenamed(live) || c.renames[ch.Path[1]] != "" {
			out = append(out, live)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mentioned tells whether a policy may depend on one of some columns: a policy of another table only if it looks this one
// up.
func (c *tableChange) mentioned(y *policy, columns []string) bool {
	has := func(name string) bool {
		to := map[string]string{name: name + "?"}
		return renamedText(y.using, to) != y.using || renamedText(y.withCheck, to) != y.withCheck
	}
	if y.table != c.want.place && !has(c.liveName) {
		return false
	}
	return slices.ContainsFunc(columns, has)
}

// bringPolicies makes those again that made way and do not change.
func (c *tableChange) bringPolicies(back []*resource.Delta) {
	for _, d := range back {
		y := decodePolicy(c.index, d.Desired.Name(), d.Desired.Attrs)
		s := c.step(resource.Path{"policies", y.table.String() + "." + y.name}, resource.Update, "put policy "+y.name+" on "+y.table.name+" back")
		s.ID += "/back"
		s.Reason = "it made way for a column"
		c.makePolicy(s, y)
		undo(s, y.drop())
	}
}

// orderWay lets the steps of a table wait for policies that are in the way and go for good.
func (p *planner) orderWay() {
	for _, w := range p.waitings {
		for _, s := range p.steps[w.from:] {
			if s.Address == w.table {
				need(s, w.on)
			}
		}
	}
}
