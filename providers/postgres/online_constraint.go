package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// validate makes the step that looks at the rows that were there before a constraint. It never shares a transaction with
// the step that adds the constraint, whose strong lock would be held while the table is read.
func (p *planner) validate(d *resource.Delta, added *resource.Step, on place, what, name string) *resource.Step {
	s := online(p.step(d, added.Path, resource.Update, "validate "+what+" "+name))
	s.ID += "/validate"
	s.Changes = nil // they are shown where it is added
	s.Node, s.At = added.Node, added.At
	s.Reason = "rows that were there before are looked at while the table is used"
	runOn(s, d.Live, on, effort{lock: lockShareUpdateExcl, scan: true}, "ALTER TABLE "+on.String()+" VALIDATE CONSTRAINT "+sqltext.Ident(name))
	s.NoUndo = "it holds for all rows now, which hurts nobody"
	need(s, added.ID)
	return s
}

// putCheckOnline adds or replaces a check: in the transaction for new rows, after it for those that are there.
func (c *tableChange) putCheckOnline(s *resource.Step, k constraint) {
	made := *k.check
	made.notValid = true
	if k.have != "" && c.constraintStays(&k) {
		c.run(s, exclusive, "ALTER TABLE "+c.want.place.String()+"\n  DROP CONSTRAINT "+sqltext.Ident(k.name)+",\n  ADD "+made.ddl())
	} else {
		c.run(s, exclusive, c.alter("ADD "+made.ddl()))
	}
	c.validate(c.d, s, c.want.place, k.what, k.name)
}

// putKeyOnline adds a primary key or a unique constraint, or replaces one, by an index that is built while the table is
// used.
func (c *tableChange) putKeyOnline(s *resource.Step, k constraint) {
	online(s)
	if k.word == "PRIMARY KEY" {
		for _, name := range k.key.columns {
			c.noNulls(s, name)
		}
	}
	replaces := k.have != "" && c.constraintStays(&k)
	name := k.key.name
	if replaces {
		name = wayName(wayIndex, name)
	}
	// An index of the key's name, or of the name on the way, is left from a change that did not end, or was an index that
	// becomes a key.
	left := c.left(name)
	if !c.settle(s, left, left != nil && c.keyIndexIs(k.key, left)) {
		c.build(s, k.key.index(name))
	}
	if other := c.left(k.key.name); replaces && other != nil {
		c.dropConcurrently(s, other)
	}
	add := "ADD " + k.key.ddlUsing(k.word, name)
	if replaces {
		replace := func(called string) string {
			return "ALTER TABLE " + c.want.place.String() + "\n  DROP CONSTRAINT " + sqltext.Ident(called) + ",\n  " + add
		}
		c.run(s, exclusive, replace(k.name))
		c.freesConstraint(s, k, replace)
	} else {
		c.run(s, exclusive, c.alter(add))
	}
	if k.word == "PRIMARY KEY" && k.have != "" {
		c.dropNotNullAfterKey(s)
	}
	c.keysDone = append(c.keysDone, keyDone{s, c.have.place, k.key.columns})
}

// noNulls sees to it that a column of a primary key refuses nulls already, so that the key need not read the table.
func (c *tableChange) noNulls(s *resource.Step, name string) {
	live := name
	if from := c.renames[name]; from != "" {
		live = from
	}
	w, h := c.want.column(name), c.have.column(live)
	switch {
	case h == nil && (w.fillable() || w.identity != nil), h != nil && (c.isFilling(name) || c.have.refusesNull(h)):
		return // it does already, or its own step sees to it
	}
	c.notNull(s, name)
}

// putTreeForeignKey adds a foreign key to a partitioned table, or replaces one, on a server that knows none there which is not
// valid: each partition gets it by itself, not valid first, and the parent's, which takes those for parts of itself, reads
// nothing then.
func (p *planner) putTreeForeignKey(s *resource.Step, d *resource.Delta, t *table, k, was *foreignKey) {
	online(s)
	s.Reason = "each partition's is validated while it is used; then the parent's is made of these"
	want := desiredEntry(d, partForeignKeys, k.name)
	name := k.name
	if was != nil {
		s.Action, s.Title = resource.Update, "replace foreign key "+k.name
		name = wayName(wayIndex, k.name)
	}
	scan := effort{lock: lockShareUpdateExcl, scan: true}
	type made struct {
		on   partition
		name string
	}
	var all []made
	for _, x := range p.leavesOf(t.place) {
		if x.isNew {
			continue
		}
		alter := "ALTER TABLE " + x.String() + " "
		if like := p.likeForeignKey(&x, want); like != nil {
			if like.Key.Get("not_valid").Bool() {
				runOn(s, x.estate, x.place, scan, alter+"VALIDATE CONSTRAINT "+sqltext.Ident(like.Name))
			}
			all = append(all, made{x, like.Name})
			continue
		}
		own := *k
		own.name, own.notValid = name, true
		runOn(s, x.estate, x.place, effort{lock: lockShareRowExcl}, alter+"ADD "+own.ddl())
		runOn(s, x.estate, x.place, scan, alter+"VALIDATE CONSTRAINT "+sqltext.Ident(name))
		all = append(all, made{x, name})
	}
	if was != nil {
		runOn(s, d.Live, t.place, exclusive, "ALTER TABLE "+t.place.String()+" DROP CONSTRAINT "+sqltext.Ident(was.name))
		t.undoForeignKeyDrop(s, was)
	}
	for _, m := range all {
		if m.name != k.name {
			runOn(s, m.on.estate, m.on.place, exclusive, "ALTER TABLE "+m.on.String()+" RENAME CONSTRAINT "+sqltext.Ident(m.name)+" TO "+sqltext.Ident(k.name))
		}
	}
	runOn(s, d.Live, t.place, effort{lock: lockShareRowExcl}, "ALTER TABLE "+t.place.String()+" ADD "+k.ddl())
	if k.comment != "" {
		run(s, commentOn(k.on(t), k.comment))
	}
	undo(s, "ALTER TABLE "+t.place.String()+" DROP CONSTRAINT "+sqltext.Ident(k.name))
	p.referring = append(p.referring, referring{k, []*resource.Step{s}})
}

// isVolatile tells whether a default may differ from row to row: it calls a function that is not known to give one value
// in a whole statement.
func isVolatile(def string) bool {
	text := strings.ToLower(withoutLiterals(def))
	for _, stable := range []string{"now()", "transaction_timestamp()", "statement_timestamp()"} {
		text = strings.ReplaceAll(text, stable, "")
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '(' {
			continue
		}
		head := strings.TrimRight(text[:i], " ")
		word := head[strings.LastIndexFunc(head, func(r rune) bool { return !isWordRune(r) })+1:]
		before := strings.TrimRight(strings.TrimSuffix(head, word), " ")
		_, isType := staticType(word)
		if word == "" || strings.HasSuffix(before, "::") || isType || strings.HasSuffix(before, "::character") {
			continue
		}
		return true
	}
	return false
}

func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '"' || r == '.' || r > 127
}

// withoutLiterals takes the contents of string constants out of an expression.
func withoutLiterals(s string) string {
	var b strings.Builder
	in := false
	for _, r := range s {
		if r == '\'' {
			in = !in
		} else if !in {
			b.WriteRune(r)
		}
	}
	return b.String()
}
