package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// detachesOnline tells whether a partition can leave a parent that is used CONCURRENTLY: it must have nothing else to do in
// the plan, and Postgres wants no default partition beside it.
func (p *planner) detachesOnline(parent place) bool {
	d := p.deltas[p.index.tables[parent]]
	if p.req.AtOnce || p.gone[parent] != nil || d != nil && d.Live == nil {
		return false
	}
	used := false
	for _, x := range p.facts.Partitions[parent.String()] {
		if x.Values == "DEFAULT" {
			return false
		}
		if x.Pending && !p.leaves(parsePlace(x.Name, "")) {
			return false // one at a time
		}
		used = used || x.Rows > 0 || x.Bytes != 0
	}
	return used
}

// detachOnline adds the statements after which a partition is none, while it and its parent are used. Postgres leaves a check
// of what it held, which nobody asked for.
func (p *planner) detachOnline(s *resource.Step, x *catalog.Partition, parent, me place, checks func(string) bool) {
	online(s)
	live := &resource.Live{Rows: x.Rows, Bytes: x.Bytes}
	head := "ALTER TABLE " + parent.String() + " DETACH PARTITION " + me.String()
	if x.Pending {
		s.Reason = "an earlier apply began it and did not end"
		p.finalizing[parent] = append(p.finalizing[parent], s)
		runOn(s, live, me, exclusive, head+" FINALIZE")
	} else {
		runOn(s, live, parent, effort{lock: lockShareUpdateExcl}, head+" CONCURRENTLY")
		st := &s.Statements[len(s.Statements)-1]
		st.Cleanup = resource.RawSQL(head + " FINALIZE")
		st.Hazards = append(st.Hazards, exclusive.hazards(live, me)...)
	}
	if checks == nil {
		return // it is dropped anyway
	}
	if name := p.detachCheck(parent, me, checks); name != "" {
		runOn(s, live, me, exclusive, "ALTER TABLE "+me.String()+" DROP CONSTRAINT IF EXISTS "+sqltext.Ident(name))
	}
}

// goingPartition is a partition that is dropped, with the step that does it.
type goingPartition struct {
	step       *resource.Step
	parent, on place
}

// detachDropped lets partitions that are dropped leave their parent before, while it is used, unless something in the
// transaction waits until they are gone.
func (p *planner) detachDropped() {
	if slices.ContainsFunc(p.req.Deltas, func(d *resource.Delta) bool { return d.Action == resource.Delete && d.Address.Kind != "table" }) {
		return // a type, or the schema, goes behind it
	}
	for _, x := range p.goingPartitions {
		live := p.partitionAt(x.on)
		if live == nil || live.By != "" || !p.detachesOnline(x.parent) ||
			slices.ContainsFunc(p.steps, func(s *resource.Step) bool {
				return s.Stage == resource.Database && slices.Contains(s.Needs, x.step.ID)
			}) {
			continue
		}
		drop := x.step.Statements
		drop[0].Hazards = append(drop[0].Hazards, resource.Hazard{Kind: resource.HazardDataDestroyed, Detail: x.step.NoUndo, Rows: drop[0].Rows, Bytes: drop[0].Bytes})
		x.step.Statements = nil
		p.detachOnline(x.step, live, x.parent, x.on, nil)
		x.step.Statements = append(x.step.Statements, drop...)
		for _, s := range p.steps {
			if s.Address == p.index.tables[x.parent] && s.Stage == resource.Online {
				need(s, x.step.ID) // it is none of the partitions that the step goes through
			}
		}
	}
}

// detachCheck is the name of the check that Postgres makes of what a partition held, unless others imply it; "" if that
// cannot be told.
func (p *planner) detachCheck(parent, me place, taken func(string) bool) string {
	var columns []string
	for at := parent; ; {
		by := p.partitionKey(at)
		key := partitionKeyColumns(by)
		if key == nil {
			return ""
		}
		for _, name := range key {
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
		up := p.parentOf(at)
		if up == nil {
			break
		}
		at = *up
	}
	column := ""
	if len(columns) == 1 {
		column = columns[0]
	}
	name := catalog.ObjectName(me.name, column, "check")
	for n := 1; taken(name); n++ {
		name = catalog.ObjectName(me.name, column, fmt.Sprint("check", n))
	}
	return name
}

// partitionKey is how a live table is divided.
func (p *planner) partitionKey(at place) string {
	if x := p.partitionAt(at); x != nil {
		return x.By
	}
	if d := p.deltas[p.index.tables[at]]; d != nil && d.Live != nil {
		return d.Live.Attrs.Get("partition_by").Str()
	}
	return ""
}

// parentOf is the table that a live one is a partition of; nil if none.
func (p *planner) parentOf(at place) *place {
	for _, parent := range sortedKeys(p.facts.Partitions) {
		for _, x := range p.facts.Partitions[parent] {
			if x.Name == at.String() {
				up := parsePlace(parent, "")
				return &up
			}
		}
	}
	return nil
}

// settleDetaches lets partitions leave in the transaction after all where something in it waits for that.
func (p *planner) settleDetaches() {
	for _, parent := range sortedPlaces(p.leaving) {
		for _, first := range p.finalizing[parent] {
			for _, other := range slices.Concat(p.leaving[parent], p.entering[parent]) {
				if other != first {
					need(other, first.ID)
				}
			}
		}
		for _, out := range p.leaving[parent] {
			plain, can := p.plainDetach[out.ID]
			if !can {
				continue
			}
			waits := slices.ContainsFunc(p.entering[parent], func(in *resource.Step) bool { return in.Stage == resource.Database && in != out }) ||
				slices.ContainsFunc(p.steps, func(s *resource.Step) bool {
					return s.Address == p.index.tables[parent] && s.Stage == resource.Database && s.Node.Address == s.Address
				})
			if waits {
				out.Stage, out.Statements = resource.Database, nil
				plain(out)
			}
		}
	}
}

// attachesOnline gives the condition of the rows that a partition is to hold, if it can be validated before, so that ATTACH
// does not read the table; "" if Postgres could not tell that it says the same.
func (c *tableChange) attachesOnline() string {
	parent := *c.tree.attach
	d := c.deltas[c.index.tables[parent]]
	if c.req.AtOnce || c.tree.detach != nil || len(c.d.Changes) > 0 || c.want.partitionBy != "" || d == nil || d.Live == nil ||
		d.Action != resource.NoOp || c.parentOf(parent) != nil || !d.Live.Attrs.Get("partition_of").IsNull() {
		return ""
	}
	if !hasRows(c.d.Live) && c.defaultOf(parent) == nil {
		return ""
	}
	return c.want.holds(parent, d.Live.Attrs.Get("partition_by").Str(), func(name string) string {
		return baseType(c.tree.before.Get("columns").Get(name).Get("type").Str())
	})
}

// defaultOf is the default partition of a table, if it has rows.
func (p *planner) defaultOf(parent place) *catalog.Partition {
	facts := p.facts.Partitions[parent.String()]
	for i := range facts {
		if x := &facts[i]; x.Values == "DEFAULT" && (x.Rows > 0 || x.Bytes != 0) {
			return x
		}
	}
	return nil
}

// holds writes the condition of the rows that a partition holds as Postgres has it; "" for what it has in another way.
func (l *lineage) holds(parent place, by string, typeOf func(string) string) string {
	method, _, _ := cutPartitionKey(by)
	columns := partitionKeyColumns(by)
	if len(columns) == 0 {
		return ""
	}
	column := sqltext.Ident(columns[0])
	cast := func(v string) string { return "(" + v + ")::" + typeOf(columns[0]) }
	head, rest, _ := strings.Cut(l.values, "(")
	switch strings.ToUpper(strings.TrimSpace(head)) {
	case "FROM":
		end := closing("(" + rest)
		if method != "RANGE" || len(columns) > 1 || end < 0 {
			return ""
		}
		from, after := strings.TrimSpace(rest[:end-1]), strings.TrimSpace(rest[end:])
		if len(after) < 2 || !strings.EqualFold(after[:2], "TO") {
			return ""
		}
		to := strings.TrimSpace(after[2:])
		if !strings.HasPrefix(to, "(") || closing(to) != len(to)-1 {
			return ""
		}
		to = strings.TrimSpace(to[1 : len(to)-1])
		parts := []string{column + " IS NOT NULL"}
		if !strings.EqualFold(from, "MINVALUE") {
			parts = append(parts, column+" >= "+cast(from))
		}
		if !strings.EqualFold(to, "MAXVALUE") {
			parts = append(parts, column+" < "+cast(to))
		}
		return strings.Join(parts, " AND ")
	case "IN":
		if method != "LIST" || !strings.HasSuffix(rest, ")") {
			return ""
		}
		var items []string
		null := false
		for _, item := range splitList(strings.TrimSuffix(rest, ")")) {
			if strings.EqualFold(item, "NULL") {
				null = true
			} else {
				items = append(items, cast(item))
			}
		}
		switch in := column + " IN (" + strings.Join(items, ", ") + ")"; {
		case len(items) == 0:
			return column + " IS NULL"
		case null:
			return column + " IS NULL OR " + in
		default:
			return column + " IS NOT NULL AND " + in
		}
	case "WITH":
		words := strings.FieldsFunc(strings.ToUpper(rest), func(r rune) bool { return r == ' ' || r == ',' || r == ')' })
		if method != "HASH" || len(words) != 4 || words[0] != "MODULUS" || words[2] != "REMAINDER" {
			return ""
		}
		return fmt.Sprintf("satisfies_hash_partition(%s::regclass::oid, %s, %s, %s)", sqltext.Literal(parent.String()), words[1], words[3], sqltext.Idents(columns))
	}
	return ""
}

// splitList splits at the commas that stand outside of parentheses and quotes.
func splitList(list string) []string {
	var out []string
	depth, from := 0, 0
	for i, quote := 0, byte(0); i < len(list); i++ {
		switch c := list[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(list[from:i]))
			from = i + 1
		}
	}
	return append(out, strings.TrimSpace(list[from:]))
}

// attachOnline adds the statements that make a table a partition while it is used: what ATTACH would read, or build, under
// its lock is there before.
func (c *tableChange) attachOnline(s *resource.Step, holds, attach string) {
	online(s)
	s.Reason = orElse(s.Reason, "its rows are looked at while it is used; ATTACH takes the check's word for it")
	parent, name := *c.tree.attach, wayName(wayAttach, c.want.name)
	scan := effort{lock: lockShareUpdateExcl, scan: true}
	left := decodeTable(c.index, c.want.place, c.tree.before).check(name)
	if left == nil {
		c.run(s, exclusive, c.alter("ADD CONSTRAINT "+sqltext.Ident(name)+" CHECK ("+holds+") NOT VALID"))
	}
	if left == nil || left.notValid {
		c.run(s, scan, c.alter("VALIDATE CONSTRAINT "+sqltext.Ident(name)))
		s.Statements[len(s.Statements)-1].Cleanup = resource.RawSQL(c.alter("DROP CONSTRAINT IF EXISTS " + sqltext.Ident(name)))
	}
	c.buildForParent(s, parent)
	rest := c.defaultOf(parent)
	if rest != nil {
		on := parsePlace(rest.Name, "")
		live := &resource.Live{Rows: rest.Rows, Bytes: rest.Bytes}
		alter := "ALTER TABLE " + rest.Name + " "
		there := byName(rest.Checks, name, func(k *catalog.PartitionCheck) string { return k.Name })
		if !c.index.tables[on].IsZero() {
			there = nil // its own plan takes it away before
		}
		if there == nil {
			runOn(s, live, on, exclusive, alter+"ADD CONSTRAINT "+sqltext.Ident(name)+" CHECK (NOT ("+holds+")) NOT VALID")
		}
		if there == nil || there.NotValid {
			runOn(s, live, on, scan, alter+"VALIDATE CONSTRAINT "+sqltext.Ident(name))
			s.Statements[len(s.Statements)-1].Cleanup = resource.RawSQL(alter + "DROP CONSTRAINT IF EXISTS " + sqltext.Ident(name))
		}
		c.attaching[place{rest.Name, name}] = true
	}
	runOn(s, nil, parent, effort{lock: lockShareUpdateExcl}, attach)
	st := &s.Statements[len(s.Statements)-1]
	st.Hazards = append(st.Hazards, exclusive.hazards(c.d.Live, c.want.place)...)
	if rest != nil {
		st.Hazards = append(st.Hazards, exclusive.hazards(&resource.Live{Rows: rest.Rows, Bytes: rest.Bytes}, parsePlace(rest.Name, ""))...)
		runOn(s, &resource.Live{Rows: rest.Rows, Bytes: rest.Bytes}, parsePlace(rest.Name, ""), exclusive, "ALTER TABLE "+rest.Name+" DROP CONSTRAINT "+sqltext.Ident(name))
	}
	c.run(s, exclusive, c.alter("DROP CONSTRAINT "+sqltext.Ident(name)))
}

// attachPlainly adds the statement that reads the table, and a default partition beside it, while nobody uses them.
func (c *tableChange) attachPlainly(s *resource.Step, attach string) {
	read := effort{lock: lockAccessExclusive, scan: true}
	runOn(s, c.d.Live, *c.tree.attach, effort{lock: lockShareUpdateExcl, scan: true}, attach)
	st := &s.Statements[len(s.Statements)-1]
	st.Hazards = append(st.Hazards, read.hazards(c.d.Live, c.want.place)...)
	if rest := c.defaultOf(*c.tree.attach); rest != nil {
		st.Hazards = append(st.Hazards, read.hazards(&resource.Live{Rows: rest.Rows, Bytes: rest.Bytes}, parsePlace(rest.Name, ""))...)
	}
}

// buildForParent adds what the parent has and the table has not: ATTACH would build, and validate, that under its lock.
func (c *tableChange) buildForParent(s *resource.Step, parent place) {
	live := c.deltas[c.index.tables[parent]].Live.Attrs
	up, own := decodeTable(c.index, parent, live), decodeTable(c.index, c.want.place, c.tree.before)
	taken := func(name string) bool {
		return c.isTaken(place{own.schema, name}) || own.index(name) != nil || own.unique(name) != nil || own.primaryKey != nil && own.primaryKey.name == name
	}
	build := func(x indexDef, label string, columns []string) string {
		x.name = catalog.ObjectName(own.name, strings.Join(columns, "_"), label)
		for n := 1; taken(x.name); n++ {
			x.name = catalog.ObjectName(own.name, strings.Join(columns, "_"), fmt.Sprint(label, n))
		}
		c.relations[place{own.schema, x.name}] = true
		c.build(s, &x)
		return x.name
	}
	for _, f := range live.Get("indexes").Fields() {
		if !slices.ContainsFunc(c.tree.before.Get("indexes").Fields(), func(o resource.Field) bool { return bare(o.Value).Equal(bare(f.Value)) }) {
			x := up.index(f.Name)
			build(*x, "idx", x.keyNames())
		}
	}
	addKey := func(k *key, word, label string, columns []string, have []key) {
		for i := range have {
			if slices.Equal(have[i].columns, k.columns) && slices.Equal(have[i].include, k.include) {
				return
			}
		}
		made := *k
		made.name = build(*k.index(""), label, columns)
		c.run(s, exclusive, c.alter("ADD "+made.ddlUsing(word, made.name)))
	}
	if k := up.primaryKey; k != nil {
		var have []key
		if own.primaryKey != nil {
			have = append(have, *own.primaryKey)
		}
		addKey(k, "PRIMARY KEY", "pkey", nil, have)
	}
	for i := range up.uniques {
		addKey(&up.uniques[i], "UNIQUE", "key", up.uniques[i].index("").keyNames(), own.uniques)
	}
	for _, f := range live.Get(partForeignKeys).Fields() {
		if slices.ContainsFunc(c.tree.before.Get(partForeignKeys).Fields(), func(o resource.Field) bool { return sameBut(o.Value, f.Value, "comment") }) {
			continue
		}
		k := *up.foreignKey(f.Name)
		if own.foreignKey(k.name) != nil {
			continue // Postgres finds another name
		}
		k.notValid = true
		c.run(s, effort{lock: lockShareRowExcl}, c.alter("ADD "+k.ddl()))
		c.whileUsed(s, c.alter("VALIDATE CONSTRAINT "+sqltext.Ident(k.name)))
	}
}

// dropLeftAttach takes away what attaching left on default partitions that no file declares.
func (p *planner) dropLeftAttach() {
	for _, parent := range sortedKeys(p.facts.Partitions) {
		d := p.deltas[p.index.tables[parsePlace(parent, "")]]
		if d == nil || d.Live == nil || d.Desired == nil {
			continue
		}
		for _, x := range p.facts.Partitions[parent] {
			on := parsePlace(x.Name, "")
			for _, k := range x.Checks {
				if x.Values != "DEFAULT" || !p.index.tables[on].IsZero() || !strings.HasPrefix(k.Name, wayAttach) || p.attaching[place{x.Name, k.Name}] {
					continue
				}
				s := p.step(d, resource.Path{"checks", k.Name}, resource.Delete, "drop check "+k.Name+" of "+on.name)
				s.Cause, s.Reason = resource.CauseDrift, "it is left over from a change that did not end"
				runOn(s, &resource.Live{Rows: x.Rows, Bytes: x.Bytes}, on, exclusive, "ALTER TABLE "+x.Name+" DROP CONSTRAINT "+sqltext.Ident(k.Name))
				s.NoUndo = "nothing needs it"
			}
		}
	}
}
