package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// displacement is why a foreign key must be gone for a while though nothing of it changes.
type displacement string

const (
	keyMadeAnew  displacement = "the key that it refers to is made anew"
	typesChanged displacement = "the columns on both of its sides get another type"
)

// displace finds the foreign keys that must be gone for a while though nothing of them changes: Postgres neither drops a key
// that a foreign key refers to, nor gives one side of a foreign key a type that does not compare with the other side's.
func (p *planner) displace() {
	p.displaced = map[place]map[string]displacement{}
	lost := map[place][][]string{}
	retyped := map[place]map[string]resource.Change{}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Action != resource.Update || d.Live.Instead {
			continue
		}
		d = p.carried(d) // a key whose columns are renamed is the same key
		at := p.wanted(d)
		lost[at] = p.lostKeys(d)
		retyped[at] = map[string]resource.Change{}
		for _, ch := range d.Changes {
			if len(ch.Path) == 3 && ch.Path[0] == "columns" && ch.Path[2] == "type" && !sameFamily(ch) {
				retyped[at][ch.Path[1]] = ch
			}
		}
	}
	for _, d := range p.req.Deltas {
		if d.Address.Kind != "table" || d.Live == nil || d.Desired == nil || d.Live.Instead || d.Action == resource.Replace {
			continue
		}
		d = p.carried(d)
		at := p.wanted(d)
		for _, f := range d.Live.Attrs.Get(partForeignKeys).Fields() {
			if !d.Desired.Attrs.Get(partForeignKeys).Has(f.Name) {
				continue
			}
			k := decodeForeignKey(p.index, at.schema, f)
			why := displacement("")
			if slices.ContainsFunc(lost[k.references], func(columns []string) bool { return sameSet(columns, k.refColumns) }) {
				why = keyMadeAnew
			}
			for i := range min(len(k.columns), len(k.refColumns)) {
				_, here := retyped[at][k.columns[i]]
				if _, there := retyped[k.references][k.refColumns[i]]; here && there {
					why = typesChanged
				}
			}
			if why != "" {
				if p.displaced[at] == nil {
					p.displaced[at] = map[string]displacement{}
				}
				p.displaced[at][f.Name] = why
			}
		}
	}
}

// sameFamily tells whether a column's values compare with those of its other type by the operators of an index.
func sameFamily(ch resource.Change) bool {
	from, to := baseType(ch.Live.Str()), baseType(ch.Desired.Str())
	isInteger := func(typ string) bool { return typ == "smallint" || typ == "integer" || typ == "bigint" }
	return from == to || isInteger(from) && isInteger(to)
}

// lostKeys lists the columns of the live keys, and unique indexes, of a table that its changes drop, be it to come again.
func (p *planner) lostKeys(d *resource.Delta) [][]string {
	var out [][]string
	var t *table
	add := func(columns func() []string) {
		if t == nil {
			t = decodeTable(p.index, livePlace(d.Live), d.Live.Attrs)
		}
		if list := columns(); len(list) > 0 {
			out = append(out, list)
		}
	}
	touches := func(n int, ch resource.Change) bool {
		return len(ch.Path) > n && slices.Contains(touchable[ch.Path[0]], ch.Path[n])
	}
	for _, ch := range d.Changes {
		switch ch.Path[0] {
		case "primary_key":
			if touches(1, ch) || len(ch.Path) > 1 && ch.Path[1] == "name" || len(ch.Path) == 1 && ch.Live.IsNull() {
				continue
			}
			add(func() []string {
				if t.primaryKey == nil {
					return nil
				}
				return t.primaryKey.columns
			})
		case "uniques", "indexes":
			if len(ch.Path) < 2 || touches(2, ch) || len(ch.Path) == 2 && ch.Live.IsNull() {
				continue
			}
			add(func() []string {
				if k := t.unique(ch.Path[1]); k != nil && ch.Path[0] == "uniques" {
					return k.columns
				}
				if x := t.index(ch.Path[1]); x != nil && ch.Path[0] == "indexes" && !p.becomesKey(d, x) {
					return x.keyColumns()
				}
				return nil
			})
		}
	}
	return out
}

// becomesKey tells whether a unique index stays as that of a constraint of its name.
func (p *planner) becomesKey(d *resource.Delta, x *indexDef) bool {
	return p.online(d.Live) && d.Live.Attrs.Get("partition_by").IsNull() && (d.Desired.Attrs.Get("uniques").Has(x.name) || d.Desired.Attrs.Get("primary_key").Get("name").Str() == x.name)
}

// keyColumns are the columns by which a foreign key can refer to a unique index; nil if none can.
func (i *indexDef) keyColumns() []string {
	if !i.unique || i.where != "" {
		return nil
	}
	if len(i.columns) > 0 {
		return i.columns
	}
	var out []string
	for _, on := range i.on {
		parts := splitIdents(on)
		if len(parts) != 1 {
			return nil
		}
		out = append(out, parts[0])
	}
	return out
}

func (p *planner) displaces(d *resource.Delta) bool {
	return d.Address.Kind == "table" && d.Live != nil && d.Desired != nil && len(p.displaced[p.wanted(d)]) > 0
}

// displacedKeys are the foreign keys of a table that change, and those that must be gone for a while.
func (c *tableChange) displacedKeys() []string {
	names := c.entries(partForeignKeys)
	for i := range c.have.foreignKeys {
		if k := &c.have.foreignKeys[i]; c.whyDisplaced(k.name) != "" && !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return names
}

func (c *tableChange) whyDisplaced(name string) displacement {
	return c.displaced[c.wanted(c.d)][name]
}
