package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// Changes of a table that has rows are made while it is used. What needs a strong lock only for a moment stays in the
// transaction; what reads or writes the whole table comes after it, in the Online stage, each statement by itself.
//
// What such a change makes on its way has a name of its own, by which the next plan knows it again: killed anywhere, a
// change leaves what the next plan finishes or takes away.

// online tells whether a live table is to be changed while it is used: it has rows. On an empty one the plain statement is
// as good, and one transaction better.
func (p *planner) online(l *resource.Live) bool { return !p.req.AtOnce && hasRows(l) }

// ways are the prefixes of what a change makes on its way.
const (
	wayIndex   = "tellr_new_"      // an index, or the index of a key, that is to replace another
	wayNotNull = "tellr_not_null_" // a check by which SET NOT NULL need not read the table
	wayFill    = "tellr_fill_"     // a check that is always true, while a new column is being filled
	wayAside   = "tellr_was_"      // what another thing takes the name of
	wayAttach  = "tellr_attach_"   // a check of what a table is to hold that becomes a partition, and its contrary on the default one
)

// wayName is the name of something on the way to what has a name. A long name is cut, and told apart by its hash.
func wayName(prefix, name string) string {
	if len(prefix)+len(name) <= maxIdent {
		return prefix + name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "_" + hex.EncodeToString(sum[:4])
	n := maxIdent - len(prefix) - len(tail)
	return prefix + strings.ToValidUTF8(name[:n], "") + tail
}

// online gives a step its place in the Online stage.
func online(s *resource.Step) *resource.Step {
	s.Stage = resource.Online
	return s
}

// keyDone is a key that a step makes in the Online stage.
type keyDone struct {
	step    *resource.Step
	on      place
	columns []string
}

// referring is a foreign key that is added, with the steps that do it.
type referring struct {
	key   *foreignKey
	steps []*resource.Step
}

// stage brings the stages and the needs of steps together, when all are made: within a thing the transaction comes first,
// and nothing in it needs what comes after it.
func (p *planner) stage() {
	p.settleDetaches()
	for _, r := range p.referring {
		for _, k := range p.keysDone {
			if r.key.references != k.on || !sameSet(r.key.refColumns, k.columns) {
				continue
			}
			for _, s := range r.steps {
				online(s)
				need(s, k.step.ID)
			}
		}
	}
	for i := 0; i < len(p.steps); {
		j := i + 1
		for j < len(p.steps) && p.steps[j].Node == p.steps[i].Node {
			j++
		}
		slices.SortStableFunc(p.steps[i:j], func(a, b *resource.Step) int {
			return slices.Index(resource.Stages, a.Stage) - slices.Index(resource.Stages, b.Stage)
		})
		i = j
	}
}

func sameSet(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x string) bool { return !slices.Contains(b, x) })
}

// stays tells whether something that is built on a table's columns can stay while columns change, until its successor is
// there. was and is are the texts in which the two speak of columns. It cannot stay where a column goes, nor where an
// expression may not take another type; a plain column that both have Postgres carries along. On a table that nobody uses
// it makes way for any change, which is simpler.
func (c *tableChange) stays(was, is []string) bool {
	if !c.reshaped {
		return true
	}
	if !c.busy {
		return false
	}
	for _, ch := range c.d.Changes {
		if len(ch.Path) < 2 || ch.Path[0] != "columns" || !reshapes(ch) {
			continue
		}
		to, from := ch.Path[1], ch.Path[1]
		if live := c.renames[to]; live != "" {
			from = live
		}
		both := slices.ContainsFunc(is, func(m string) bool { return m == to || m == sqltext.Ident(to) })
		for _, m := range was {
			plain := m == from || m == sqltext.Ident(from)
			switch {
			case plain && both && len(ch.Path) > 2:
			case strings.Contains(m, from), strings.Contains(m, sqltext.Ident(from)):
				return false
			}
		}
	}
	return true
}

// mentions are the texts in which an index speaks of columns.
func (i *indexDef) mentions() []string {
	if i == nil {
		return nil
	}
	return slices.Concat(i.on, i.columns, i.include, []string{i.where})
}

// whileUsed adds a statement that keeps nobody from reading and writing.
func (c *tableChange) whileUsed(s *resource.Step, sql string) {
	c.run(s, effort{lock: lockShareUpdateExcl, scan: true}, sql)
}

// notNull adds the statements after which a column refuses nulls, the table being read while it is used: a check that
// holds already lets SET NOT NULL believe it.
func (c *tableChange) notNull(s *resource.Step, column string) {
	name := wayName(wayNotNull, column)
	left := c.have.check(name)
	if left == nil {
		c.run(s, exclusive, c.alter("ADD CONSTRAINT "+sqltext.Ident(name)+" CHECK ("+sqltext.Ident(column)+" IS NOT NULL) NOT VALID"))
	}
	if left == nil || left.notValid {
		c.whileUsed(s, c.alter("VALIDATE CONSTRAINT "+sqltext.Ident(name)))
		// If there are nulls, the check must not keep rows that have them from being written.
		s.Statements[len(s.Statements)-1].Cleanup = resource.RawSQL(c.alter("DROP CONSTRAINT IF EXISTS " + sqltext.Ident(name)))
	}
	c.run(s, exclusive, c.alter(c.refusingNulls(c.want.column(column))))
	c.refuses(s, c.want.column(column))
	c.run(s, exclusive, c.alter("DROP CONSTRAINT "+sqltext.Ident(name)))
	c.used = append(c.used, name)
}

// isLeft tells whether a live check is one that an interrupted change left on its way.
func (c *tableChange) isLeft(check string) bool {
	if c.tree.attach != nil && check == wayName(wayAttach, c.want.name) {
		return c.want.check(check) == nil // it comes in useful
	}
	return c.leftOf(check) != "" && c.want.check(check) == nil
}

// leftOf is the column for whose change a check was made; "" if for none.
func (c *tableChange) leftOf(check string) string {
	for i := range c.have.columns {
		if n := c.have.columns[i].name; check == wayName(wayNotNull, n) || check == wayName(wayFill, n) {
			return n
		}
	}
	return ""
}

// dropLeft takes away what an interrupted change left and no change uses any more.
func (c *tableChange) dropLeft() {
	for i := range c.have.checks {
		name := c.have.checks[i].name
		column := c.leftOf(name)
		if !c.isLeft(name) || column == "" || slices.Contains(c.used, name) || c.want.column(column) == nil && !c.isRenamed(column) {
			continue
		}
		s := c.step(resource.Path{"checks", name}, resource.Delete, "drop check "+name)
		s.Reason = "it is left over from a change that did not end"
		c.run(s, exclusive, c.alter("DROP CONSTRAINT "+sqltext.Ident(name)))
		s.NoUndo = "nothing needs it"
	}
}
