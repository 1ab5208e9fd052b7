package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// partObjects is what a grants block does when the things that it is about are there.
const partObjects = "objects"

// privilegeAttrs are the attributes of a grants block by the kind of objects that they are about, in the order of statements.
var privilegeAttrs = []struct{ attr, kind, what string }{
	{"on_database", onDatabase, "a database"}, {"on_schema", onSchema, "a schema"}, {"tables", onTables, "tables"},
	{"sequences", onSequences, "sequences"}, {"functions", onFunctions, "functions"}, {"types", onTypes, "types"},
}

// grantsBlock is a grants block with what it refers to resolved.
type grantsBlock struct {
	schema    string // "" is the database
	given     privileges
	written   map[string]bool     // kinds of objects that the block says something about
	on        map[string]bool     // names of objects; nil is all, and those to come; none is only those
	columns   map[string][]string // privileges by table and column, as columnKey writes them
	creators  []string            // whose future objects it is about
	makers    map[string]roleName // the creators that are written, by how they are named here
	to        []resource.Value    // roles, or holes
	exclusive bool
	grantor   string
	all       bool // what each grantee is to have is known in full, and not made of what is written
}

// columnKey names a column in a holding.
func columnKey(table, column string) string { return table + "\x00" + column }

func splitColumnKey(key string) (table, column string) {
	table, column, _ = strings.Cut(key, "\x00")
	return table, column
}

// block decodes a grants block, as far as the snapshot knows the roles that it names. What was written when it was last
// applied is still its business.
func (v *view) block(attrs, last resource.Value) *grantsBlock {
	b := &grantsBlock{schema: v.index.schemaOf(attrs.Get("schema")), exclusive: attrs.Get("exclusive").Bool(),
		written: map[string]bool{}, columns: map[string][]string{}}
	version := v.facts.ServerVersion
	b.given = declared(attrs, version)
	for _, p := range privilegeAttrs {
		b.written[p.kind] = !attrs.Get(p.attr).IsNull() || !last.Get(p.attr).IsNull()
	}
	if on := attrs.Get("on"); !on.IsNull() {
		b.on = map[string]bool{}
		for _, it := range on.Items() {
			b.on[v.objectName(it)] = true
		}
	}
	for _, t := range attrs.Get("columns").Fields() {
		for _, p := range t.Value.Fields() {
			words := []resource.Value{resource.String(p.Name)}
			privs := expand(onColumns, withOption(resource.List(words...).StringList(), attrs), version)
			for _, c := range p.Value.StringList() {
				key := columnKey(t.Name, c)
				b.columns[key] = append(b.columns[key], privs...)
				slices.Sort(b.columns[key])
				b.columns[key] = slices.Compact(b.columns[key])
			}
		}
	}
	for _, g := range v.index.roles(attrs.Get("to")) {
		b.to = append(b.to, v.role(g).Value)
	}
	if w := attrs.Get("grantor"); !w.IsNull() {
		b.grantor = v.role(v.index.role(w)).Str()
	}
	b.creators = v.creatorsFor(b, attrs.Get("for"))
	return b
}

// creatorsFor are the roles whose future objects a block is about.
func (v *view) creatorsFor(b *grantsBlock, written resource.Value) []string {
	if written.IsNull() {
		switch {
		case len(b.on) > 0 || b.grantor != "":
			return nil
		case b.schema == "":
			return []string{v.deployer()}
		}
		return v.creators(b.schema)
	}
	var out []string
	b.makers = map[string]roleName{}
	for _, w := range v.index.roles(written) {
		role := v.role(w)
		b.makers[role.String()] = role
		out = append(out, role.String())
	}
	return out
}

func (v *view) deployer() string {
	if me := v.facts.CurrentUser; me != "" {
		return me
	}
	return deployer
}

// objectName names an object as effective privileges do.
func (v *view) objectName(w resource.Value) string {
	a, ok := w.Ref()
	if !ok {
		return w.Str()
	}
	if a.Kind == "function" {
		if r := v.index.desired[a]; r != nil {
			return madeSignature(v.index, r)
		}
	}
	return v.index.places[a].name
}

// about tells whether a block is about an object; a function may be named without its arguments.
func (b *grantsBlock) about(name string) bool {
	return b.on == nil || b.on[name] || b.on[withoutTypes(name)]
}

// manages tells whether what a grantee has of a kind of object is the block's business. Outside of a schema that is what
// is written; and everyone's built-in rights on functions and types are left alone unless something is said of them.
func (b *grantsBlock) manages(grantee, kind string) bool {
	kind = strings.TrimPrefix(kind, "default_")
	if kind == "schemas" {
		kind = onSchema
	}
	switch {
	case b.all && grantee != catalog.Public, kind == ownerLost, b.written[kind]:
		return true
	case b.schema == "":
		return false
	case grantee == catalog.Public && kind == onTypes:
		return false
	case grantee == catalog.Public && kind == onFunctions:
		return b.exclusive && !b.names(catalog.Public)
	default:
		return true
	}
}

func (b *grantsBlock) names(grantee string) bool {
	return slices.ContainsFunc(b.to, func(w resource.Value) bool { return roleName{w}.String() == grantee })
}

// wants makes out what the block by itself gives one grantee.
func (v *view) wants(b *grantsBlock, grantee roleName) holding {
	h, name := holding{}, grantee.Str()
	if b.schema == "" {
		h.set(onDatabase, "", b.given[onDatabase])
		for _, role := range b.creators {
			for kind, of := range map[string]string{"default_schemas": onSchema, "default_tables": onTables, "default_sequences": onSequences,
				"default_functions": onFunctions, "default_types": onTypes} {
				if role != name {
					h.set(kind, role, b.given[of])
				}
			}
		}
		return h
	}
	if name == "" || v.ownerOfSchema(b.schema) != name {
		h.set(onSchema, "", b.given[onSchema])
	}
	targets := v.targets(b.schema)
	owner := map[string]string{}
	for _, kind := range []string{onTables, onSequences, onFunctions, onTypes} {
		for _, t := range targets[kind] {
			if kind == onTables && !v.passesFrom(b.schema, kind, t, t.owner) {
				owner[t.name] = t.owner
			}
			if b.about(t.name) && (name == "" || t.owner != name || v.passesFrom(b.schema, kind, t, name)) {
				h.set(kind, t.name, b.given[kind])
			}
		}
		for _, role := range b.creators {
			if role != name {
				h.set("default_"+kind, role, b.given[kind])
			}
		}
	}
	for key, privs := range b.columns {
		if table, _ := splitColumnKey(key); name == "" || owner[table] != name {
			h.set(onColumns, key, privs)
		}
	}
	return h
}

// ownerOfSchema is the role that is to own a schema: grants on it come after it is given to that.
func (v *view) ownerOfSchema(schema string) string {
	if w := v.index.owners[schema]; !w.IsNull() {
		return v.role(v.index.role(w)).Str()
	}
	return v.facts.Schemas[schema].Owner
}

// passesFrom tells whether a role owns a live thing that the files give to another one: with it goes all that the role has of it.
func (v *view) passesFrom(schema, kind string, t grantTarget, role string) bool {
	to := v.ownerToBe(schema, kind, t.name)
	return t.owner == role && to != "" && to != role
}

// ownerToBe is the owner that a file gives a thing; "" for none.
func (v *view) ownerToBe(schema, kind, name string) string {
	at := place{schema, name}
	if kind == onFunctions {
		at.name = withoutTypes(name)
	}
	for _, a := range v.index.at(at) {
		r := v.index.desired[a]
		if r == nil || r.Attrs.Get("owner").IsNull() || kind == onFunctions && madeSignature(v.index, r) != name {
			continue
		}
		return v.role(v.index.role(r.Attrs.Get("owner"))).Str()
	}
	return ""
}

// holds is what one grantee is to have: what the block gives, and of what there is, what the block does not manage or
// what another block gives.
func (v *view) holds(a resource.Address, b *grantsBlock, grantee roleName, have holding) holding {
	h := v.wants(b, grantee)
	if !b.names(grantee.String()) {
		h = holding{} // of somebody else, with exclusive
	}
	b.leave(grantee.String(), have, h, v.otherBlocks(a, b, grantee))
	return h
}

// leave adds to what a grantee is to have what it has and another block gives it, or no block manages.
func (b *grantsBlock) leave(grantee string, have, h holding, others []holding) {
	for kind, names := range have {
		for name, privs := range names {
			if kind == ownerLost {
				h.set(kind, name, without(privs, b.owed(name)))
				continue
			}
			for _, p := range privs {
				keep := !b.manages(grantee, kind)
				for _, o := range others {
					keep = keep || slices.Contains(o[kind][name], p)
				}
				if keep && !slices.Contains(h[kind][name], p) {
					merged := append(slices.Clone(h[kind][name]), p)
					slices.Sort(merged)
					h.set(kind, name, merged)
				}
			}
		}
	}
}

// owed are the privileges that a block gives an owner on its own thing.
func (b *grantsBlock) owed(what string) []string {
	kind, name, _ := strings.Cut(what, " ")
	if name != "" && !b.about(name) {
		return nil
	}
	return b.given[kind]
}

func without(list, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(gone, s) })
}

// otherBlocks are what other blocks about the same give the same grantee. One with a grantor is not about what others gave;
// one without is about all.
func (v *view) otherBlocks(a resource.Address, b *grantsBlock, grantee roleName) []holding {
	var out []holding
	for _, other := range v.index.grants {
		if other.Address == a {
			continue
		}
		o := v.blockOf(other)
		if o.schema != b.schema || o.grantor != b.grantor && b.grantor != "" {
			continue
		}
		if was, undoes := restoredHoldings(other.Attrs); undoes {
			out = append(out, was[grantee.String()])
		} else if o.names(grantee.String()) {
			out = append(out, v.wants(o, grantee))
		}
	}
	return out
}

// withOption gives words with the grant option, if a block says so of all.
func withOption(words []string, attrs resource.Value) []string {
	if !attrs.Get("with_grant_option").Bool() {
		return words
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if !strings.HasSuffix(strings.ToUpper(w), catalog.GrantOption) {
			out[i] += catalog.GrantOption
		}
	}
	return out
}
