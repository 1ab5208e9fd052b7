package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// constraint is a primary key, a unique constraint or a check in the making or going.
type constraint struct {
	path       resource.Path
	what       string // "check"
	name       string // live, or desired
	want, have string // as behind ADD; "" if there is none
	scan       bool   // adding it reads the table
	validate   bool   // all that changes is that existing rows are looked at too
	at         *resource.Range
	// key is the desired primary key or unique constraint, and word what it is in SQL; liveKey the live one.
	key, liveKey *key
	word         string
	check        *check // desired
}

// constraints lists the constraints that change.
func (c *tableChange) constraints() []constraint {
	var out []constraint
	if changed(c.d, "primary_key") {
		k := constraint{path: resource.Path{"primary_key"}, what: "primary key", scan: true, word: "PRIMARY KEY"}
		if h := c.have.primaryKey; h != nil {
			k.name, k.have, k.liveKey = h.name, h.ddl("PRIMARY KEY"), h
		}
		if w := c.want.primaryKey; w != nil {
			k.key = w
			k.want, k.at = w.ddl("PRIMARY KEY"), w.at
			if k.name == "" {
				k.name = w.name
			}
		}
		out = append(out, k)
	}
	for _, name := range c.entries("uniques") {
		k := constraint{path: resource.Path{"uniques", name}, what: "unique constraint", name: name, scan: true, word: "UNIQUE"}
		if h := c.have.unique(name); h != nil {
			k.have, k.liveKey = h.ddl("UNIQUE"), h
		}
		if w := c.want.unique(name); w != nil {
			k.key = w
			k.want, k.at = w.ddl("UNIQUE"), w.at
		}
		out = append(out, k)
	}
	for _, name := range c.entries("exclusions") {
		k := constraint{path: resource.Path{"exclusions", name}, what: "exclusion constraint", name: name, scan: true}
		if h := c.have.exclusion(name); h != nil {
			k.have = h.ddl()
		}
		if w := c.want.exclusion(name); w != nil {
			k.want, k.at = w.ddl(), w.at
		}
		out = append(out, k)
	}
	for _, name := range c.entries("checks") {
		k := constraint{path: resource.Path{"checks", name}, what: "check", name: name}
		h, w := c.have.check(name), c.want.check(name)
		if h != nil && c.isLeft(name) {
			continue
		}
		if h != nil {
			k.have = h.ddl()
		}
		if w != nil {
			k.check = w
			k.want, k.at, k.scan = w.ddl(), w.at, !w.notValid && !w.notEnforced
		}
		k.validate = h != nil && w != nil && h.notValid && !w.notValid && c.only("checks", name, "not_valid")
		out = append(out, k)
	}
	return c.withoutTouched(out)
}

// constraintStays tells whether a constraint need not make way for changes of columns.
func (c *tableChange) constraintStays(k *constraint) bool {
	columns := func(k *key) []string {
		if k == nil {
			return nil
		}
		return slices.Concat(k.columns, k.include)
	}
	if k.liveKey != nil {
		return c.stays(columns(k.liveKey), columns(k.key))
	}
	return c.stays([]string{k.have}, nil)
}

// only tells whether a single attribute is all that changes of an entry.
func (c *tableChange) only(attr, name, field string) bool {
	return !slices.ContainsFunc(c.d.Changes, func(ch resource.Change) bool {
		return len(ch.Path) >= 2 && ch.Path[0] == attr && ch.Path[1] == name && (len(ch.Path) < 3 || ch.Path[2] != field)
	})
}

// dropConstraints drops what is not wanted any more, and what must make way for columns to change.
func (c *tableChange) dropConstraints() {
	for _, k := range c.constraints() {
		if k.have == "" || k.want != "" && c.constraintStays(&k) || k.want == "" && k.liveKey != nil && c.claimed[place{c.have.schema, k.name}] {
			continue
		}
		s := c.step(k.path, resource.Delete, "drop "+k.what+" "+k.name)
		if k.want != "" {
			s.ID += "/drop"
			s.Changes = nil // they are shown where it comes back
			s.Reason = "it must make way for changes of columns"
		}
		drop := func(called string) string { return c.alter("DROP CONSTRAINT " + sqltext.Ident(called)) }
		c.run(s, exclusive, drop(k.name))
		c.freesConstraint(s, k, drop)
		c.have.undoConstraintDrop(s, k.path, k.name, k.have)
		if k.what != "check" {
			hazard(s, resource.HazardIndexDropped, unneeded)
			c.building = append(c.building, building{s, c.have.place})
		}
		if k.what == "primary key" && k.want == "" {
			c.dropNotNullAfterKey(s)
		}
	}
}

// dropNotNullAfterKey lets nulls in again where only the primary key refused them: dropping it does not.
func (c *tableChange) dropNotNullAfterKey(s *resource.Step) {
	for _, name := range c.have.primaryKey.columns {
		w := c.want.column(name)
		if w == nil || c.want.refusesNull(w) {
			continue
		}
		if h := c.have.column(name); c.want.primaryKey == nil && h != nil && (isSerial(h.typ) || h.identity != nil) {
			continue // the step of the column does it, when that numbers itself no more; another key comes after that
		}
		c.run(s, exclusive, c.alter("ALTER COLUMN "+sqltext.Ident(name)+" DROP NOT NULL"))
		c.allowNullsBelow(s, name)
	}
}

// refusesNull tells whether a column cannot be null, whoever says so.
func (t *table) refusesNull(c *column) bool {
	return c.notNull || t.inPrimaryKey(c.name) || isSerialWord(c.typ) || c.identity != nil
}

func (c *tableChange) addConstraints() {
	for _, k := range c.constraints() {
		if k.want == "" {
			continue
		}
		action, title := resource.Create, "add "+k.what+" "+k.name
		if k.have != "" {
			action, title = resource.Update, "replace "+k.what+" "+k.name
		}
		s := c.step(k.path, action, title)
		if k.at != nil {
			s.At = k.at
		}
		switch {
		case k.validate:
			s.Title = "validate " + k.what + " " + k.name
			if c.busy {
				online(s)
			}
			c.run(s, effort{lock: lockShareUpdateExcl, scan: true}, c.alter("VALIDATE CONSTRAINT "+sqltext.Ident(k.name)))
			s.NoUndo = "it holds for all rows now, which hurts nobody"
			continue
		case c.busy && k.key != nil && !k.key.withoutOverlaps && c.inTrees():
			c.putTreeKey(s, k)
		case c.busy && k.key != nil && !k.key.withoutOverlaps:
			c.putKeyOnline(s, k)
		case c.busy && k.check != nil && k.scan:
			c.putCheckOnline(s, k)
		case k.have != "" && c.constraintStays(&k):
			replace := func(called string) string {
				return "ALTER TABLE " + c.want.place.String() + "\n  DROP CONSTRAINT " + sqltext.Ident(called) + ",\n  ADD " + k.want
			}
			c.run(s, effort{lock: lockAccessExclusive, scan: k.scan}, replace(k.name))
			c.freesConstraint(s, k, replace)
			if k.what == "primary key" {
				c.dropNotNullAfterKey(s)
			}
		default:
			c.run(s, effort{lock: lockAccessExclusive, scan: k.scan}, c.alter("ADD "+k.want))
			if k.what == "primary key" && k.have != "" {
				c.dropNotNullAfterKey(s)
			}
		}
		c.dressConstraint(s, k)
		if s.NoUndo == "" {
			c.undoConstraint(s, k)
		}
		if k.what == "check" {
			c.takes(s, c.want.constraintName(k.name))
		} else {
			c.takes(s, c.want.keyNames(c.addedName(k))...)
			c.building = append(c.building, building{s, c.have.place})
		}
	}
}

// undoConstraint takes a new constraint away again, with what came with it, and brings back the one that it replaced.
func (c *tableChange) undoConstraint(s *resource.Step, k constraint) {
	if k.what == "primary key" {
		for _, column := range slices.Backward(k.key.columns) {
			live := orElse(c.renames[column], column)
			w := c.want.column(column)
			own := w.notNull || w.identity != nil || isSerialWord(w.typ) // then its own step takes it back
			if h := c.have.column(live); h != nil && !c.have.refusesNull(h) && !own {
				undo(s, c.alter("ALTER COLUMN "+sqltext.Ident(column)+" DROP NOT NULL"))
			}
		}
	}
	unfinished := k.liveKey != nil && k.liveKey.invalid // which nobody wants back
	switch {
	case k.have != "" && c.constraintStays(&k) && !unfinished:
		c.undoConstraintReplace(s, k)
	case k.key != nil:
		c.undoKey(s, k.key)
	default:
		undo(s, c.alter("DROP CONSTRAINT "+sqltext.Ident(k.name)))
	}
}

// freesConstraint notes that the last statement of a step drops a constraint, if it does not come back under its name.
func (c *tableChange) freesConstraint(s *resource.Step, k constraint, says func(called string) string) {
	switch {
	case k.want != "" && c.addedName(k) == k.name:
	case k.what == "check":
		c.freesPlain(s, k.what, k.name, says)
	default:
		c.freesIndex(s, k.name, k.what, c.have.keyNames(k.name), says)
	}
}

// freesPlain is freesConstraint for constraints that have no index.
func (c *tableChange) freesPlain(s *resource.Step, what, name string, says func(called string) string) {
	c.releases(&release{step: s, names: []naming{c.have.constraintName(name)}, called: name, what: what, rename: c.renameConstraint,
		lock: exclusive, on: c.want.place, says: says, at: len(s.Statements) - 1})
}

// addedName is the name under which a constraint comes: a primary key may come under another one than it goes.
func (c *tableChange) addedName(k constraint) string {
	if k.what == "primary key" {
		return c.want.primaryKey.name
	}
	return k.name
}

// dropForeignKeys drops those that are not wanted any more, and those that must make way.
func (c *tableChange) dropForeignKeys() {
	for _, name := range c.displacedKeys() {
		h, w, why := c.have.foreignKey(name), c.want.foreignKey(name), c.whyDisplaced(name)
		if w == nil && c.claimed[place{c.have.place.String(), name}] {
			continue
		}
		if h == nil || w != nil && why == "" && (!c.mustSplit(h) || c.validates(name, w, h) || c.onlyTouch(partForeignKeys, name)) {
			continue
		}
		s := c.step(resource.Path{partForeignKeys, name}, resource.Delete, "drop foreign key "+name)
		if w != nil {
			s.ID += "/drop"
			s.Changes = nil
			s.Reason = "it must make way for other changes"
			if !changed(c.d, partForeignKeys, name) {
				s.Reason = string(why)
			}
		}
		drop := func(called string) string { return c.alter("DROP CONSTRAINT " + sqltext.Ident(called)) }
		c.run(s, exclusive, drop(name))
		if w == nil {
			c.freesPlain(s, "foreign key", name, drop)
		}
		c.have.undoForeignKeyDrop(s, h)
		c.unreferenced[h.references] = append(c.unreferenced[h.references], s.ID)
	}
}

// validates tells whether all that changes is that existing rows are looked at too.
func (c *tableChange) validates(name string, w, h *foreignKey) bool {
	return h.notValid && !w.notValid && c.only(partForeignKeys, name, "not_valid")
}

// mustSplit tells whether a foreign key that changes must be gone while other things change.
func (c *tableChange) mustSplit(k *foreignKey) bool {
	return c.reshaped || k.references != c.have.place && c.touched(k.references)
}

// touched tells whether the plan changes, makes or drops the table at a place.
func (p *planner) touched(at place) bool {
	if p.changing == nil {
		p.changing = map[place]bool{}
		for _, d := range p.req.Deltas {
			if d.Address.Kind == "table" && d.Action != resource.NoOp {
				if d.Live != nil {
					p.changing[livePlace(d.Live)] = true
				}
				if d.Desired != nil {
					p.changing[p.wanted(d)] = true
				}
			}
		}
	}
	return p.changing[at]
}

func (c *tableChange) addForeignKeys() {
	for _, name := range c.displacedKeys() {
		w, h := c.want.foreignKey(name), c.have.foreignKey(name)
		switch {
		case w != nil && c.whyDisplaced(name) != "":
			c.addForeignKey(c.d, c.want, w, nil)
		case w == nil, h != nil && c.onlyTouch(partForeignKeys, name):
		case h != nil && c.validates(name, w, h):
			s := c.step(resource.Path{partForeignKeys, name}, resource.Update, "validate foreign key "+name)
			s.Node.Part = partForeignKeys
			if c.busy {
				online(s)
			}
			c.run(s, effort{lock: lockShareUpdateExcl, scan: true}, c.alter("VALIDATE CONSTRAINT "+sqltext.Ident(name)))
			s.NoUndo = "it holds for all rows now, which hurts nobody"
		case h != nil && !c.mustSplit(h):
			c.addForeignKey(c.d, c.want, w, h)
		default:
			c.addForeignKey(c.d, c.want, w, nil)
		}
	}
}
