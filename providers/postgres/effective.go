package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// The kinds of objects that privileges are about, as effective privileges name them.
const (
	onDatabase  = "database"
	onSchema    = "schema"
	onTables    = "tables"
	onColumns   = "columns"
	onSequences = "sequences"
	onFunctions = "functions"
	onTypes     = "types"
	ownerLost   = "owner_lost"
)

// allPrivileges are those that each kind of object has, in the order in which people write them.
var allPrivileges = catalog.AllPrivileges

// maintain came with Postgres 17.
const (
	maintain        = "MAINTAIN"
	maintainVersion = 170000
)

// privileges is what a grants block gives, by kind of object.
type privileges map[string][]string

// declared reads a grants block. Without any privileges written it gives what an application needs.
func declared(attrs resource.Value, version int) privileges {
	out, any := privileges{}, !attrs.Get("columns").IsNull() || !attrs.Get("on").IsNull() || attrs.Get("schema").IsNull()
	for _, p := range privilegeAttrs {
		v := attrs.Get(p.attr)
		any = any || !v.IsNull()
		out[p.kind] = expand(p.kind, withOption(v.StringList(), attrs), version)
	}
	if !any {
		out[onSchema] = expand(onSchema, withOption([]string{"CREATE", "USAGE"}, attrs), version)
		out[onTables] = expand(onTables, withOption([]string{"DELETE", "INSERT", "SELECT", "UPDATE"}, attrs), version)
		out[onSequences] = expand(onSequences, withOption([]string{"SELECT", "USAGE"}, attrs), version)
	}
	return out
}

// expand gives privileges in order, with ALL spelled out, as the catalog's reader does.
func expand(kind string, words []string, version int) []string {
	var out []string
	for _, w := range words {
		base, option := strings.CutSuffix(strings.ToUpper(strings.Join(strings.Fields(w), " ")), catalog.GrantOption)
		each := []string{base}
		switch base {
		case "ALL", "ALL PRIVILEGES":
			each = slices.Clone(allPrivileges[kind])
			if kind == onTables && version >= maintainVersion {
				each = append(each, maintain)
			}
		case "TEMP":
			each = []string{"TEMPORARY"}
		}
		for _, p := range each {
			out = append(out, p)
			if option {
				out = append(out, p+catalog.GrantOption)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// holding is what one grantee may do: by kind of object and the object's name, or by "default_" and a kind and the role
// whose future objects it is about. The schema has the name "".
type holding map[string]map[string][]string

func (h holding) set(kind, name string, privs []string) {
	if len(privs) == 0 {
		return
	}
	if h[kind] == nil {
		h[kind] = map[string][]string{}
	}
	h[kind][name] = privs
}

// effectiveKinds are the fields of one grantee in the effective attribute.
var effectiveKinds = catalog.EffectiveKinds

func (h holding) value() resource.Value {
	var o object
	for _, kind := range effectiveKinds {
		names := h[kind]
		switch kind {
		case onSchema, onDatabase:
			o.texts(kind, names[""], resource.Value{})
			continue
		case onColumns:
			o.objects(kind, columnFields(names), resource.Value{})
			continue
		}
		var fields []resource.Field
		for _, n := range sortedKeys(names) {
			fields = append(fields, resource.F(n, resource.Strings(names[n]...)))
		}
		o.objects(kind, fields, resource.Value{})
	}
	return o.done()
}

// columnFields writes privileges on columns by table and column.
func columnFields(names map[string][]string) []resource.Field {
	var out []resource.Field
	var columns []resource.Field
	keys := sortedKeys(names)
	for i, key := range keys {
		table, column := splitColumnKey(key)
		columns = append(columns, resource.F(column, resource.Strings(names[key]...)))
		next := ""
		if i+1 < len(keys) {
			next, _ = splitColumnKey(keys[i+1])
		}
		if i+1 == len(keys) || next != table {
			out = append(out, resource.F(table, resource.Object(columns...)))
			columns = nil
		}
	}
	return out
}

func decodeHolding(v resource.Value) holding {
	h := holding{}
	for _, kind := range effectiveKinds {
		switch kind {
		case onSchema, onDatabase:
			h.set(kind, "", v.Get(kind).StringList())
			continue
		case onColumns:
			for _, t := range v.Get(kind).Fields() {
				for _, c := range t.Value.Fields() {
					h.set(kind, columnKey(t.Name, c.Name), c.Value.StringList())
				}
			}
			continue
		}
		for _, f := range v.Get(kind).Fields() {
			h.set(kind, f.Name, f.Value.StringList())
		}
	}
	return h
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// grantTarget is an object that privileges can be on.
type grantTarget struct {
	name, owner string
	routine     bool // a procedure or an aggregate, which GRANT ON FUNCTION does not take
	owned       bool // the deployer has the owner's rights, by itself or by SET ROLE
	hands       []catalog.HandFact
	given       []catalog.GivenFact
	columns     map[string][]catalog.GivenFact
}

func liveTarget(o catalog.ObjectFact) grantTarget {
	return grantTarget{name: o.Name, owner: o.Owner, routine: o.Kind == "procedure" || o.Kind == "aggregate", owned: o.MayAlter, hands: o.Hands, given: o.Given, columns: o.Columns}
}

// liveTargets are the objects of a schema that are there, by kind.
func liveTargets(f catalog.SchemaFact) map[string][]catalog.ObjectFact {
	return map[string][]catalog.ObjectFact{onTables: f.Tables, onSequences: f.Sequences, onFunctions: f.Functions, onTypes: f.Types}
}

// targets are the objects of a schema by kind: what is there, and what this configuration makes.
func (v *view) targets(schema string) map[string][]grantTarget {
	if t, ok := v.targetsOf[schema]; ok {
		return t
	}
	out := map[string][]grantTarget{}
	seen := map[string]bool{}
	add := func(kind string, t grantTarget) {
		if key := kind + " " + t.name; !seen[key] {
			seen[key] = true
			out[kind] = append(out[kind], t)
		}
	}
	f := v.facts.Schemas[schema]
	for kind, list := range liveTargets(f) {
		for _, o := range list {
			add(kind, liveTarget(o))
		}
	}
	for _, o := range v.index.inSchema[schema] {
		add(o.kind, grantTarget{name: o.name, owner: v.facts.CurrentUser, owned: true, routine: o.routine})
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b grantTarget) int { return strings.Compare(a.name, b.name) })
	}
	v.targetsOf[schema] = out
	return out
}

// creators are the roles whose future objects in a schema get the privileges: the deployer, and the owner of the schema.
func (v *view) creators(schema string) []string {
	me := v.deployer()
	out := []string{me}
	if owner := v.index.owners[schema]; !owner.IsNull() {
		name := v.role(v.index.role(owner)).Str()
		_, known := v.facts.Roles[name]
		if name != "" && name != me && (known || v.facts.Superuser || v.roleBlock(name) != nil) && v.canBecome(name) {
			out = append(out, name)
		}
	}
	return out
}

// deployer stands for whoever deploys, while no database is there to ask.
const deployer = "CURRENT_USER"

func normalizeGrants(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	b := n.block(w, n.lastOf(r.Address))
	n.checkMaintain(r, b)
	was, undoes := restoredHoldings(w)
	if len(b.to) == 0 {
		for _, name := range sortedKeys(was) {
			b.to = append(b.to, resource.String(name))
		}
	}
	var o object
	o.text("schema", b.schema, w.Get("schema"))
	o.value("to", resource.List(b.to...), w.Get("to"))
	if b.schema == "" || b.names(catalog.Public) { // the ledger is to know what the block was about
		for _, p := range privilegeAttrs {
			o.texts(p.attr, b.given[p.kind], w.Get(p.attr))
		}
	}
	if w.Has("for") {
		o.texts("for", b.creators, w.Get("for"))
	}
	o.text("grantor", b.grantor, w.Get("grantor"))
	if undoes {
		for name := range n.liveHoldings(r.Address) {
			if was[name] == nil {
				was[name] = holding{} // it had nothing
			}
		}
		o.value("effective", resource.Object(effectiveFields(was, w.Get("effective"))...), w.Get("effective"))
		return o.done()
	}
	have := n.liveHoldings(r.Address)
	holdings := map[string]holding{}
	for _, g := range b.to {
		role := roleName{g}
		holdings[role.String()] = n.holds(r.Address, b, role, have[role.String()])
	}
	if b.exclusive {
		for name, h := range have {
			if holdings[name] == nil {
				holdings[name] = n.holds(r.Address, b, roleName{resource.String(name)}, h)
			}
		}
	}
	o.objects("effective", effectiveFields(holdings, w.Get("to")), w.Get("to"))
	return o.done()
}

func effectiveFields(holdings map[string]holding, w resource.Value) []resource.Field {
	var out []resource.Field
	for _, name := range sortedKeys(holdings) {
		out = append(out, resource.Field{Name: name, Value: holdings[name].value().At(w.Range())})
	}
	return out
}

// restoredHoldings are what the grantees of a block had before the runs that are undone.
func restoredHoldings(attrs resource.Value) (_ map[string]holding, undoes bool) {
	return holdingsOf(attrs), attrs.Has("effective")
}

func holdingsOf(attrs resource.Value) map[string]holding {
	out := map[string]holding{}
	for _, f := range attrs.Get("effective").Fields() {
		out[f.Name] = decodeHolding(f.Value)
	}
	return out
}

// lastOf is what the ledger has of a thing.
func (v *view) lastOf(a resource.Address) resource.Value {
	for i := range v.snap.Ledger {
		if e := &v.snap.Ledger[i]; e.Address == a {
			return remembered(e)
		}
	}
	return resource.Null()
}

// remembered reads what the ledger has of a thing; nothing where there is none. What cannot be read was told when the
// snapshot was.
func remembered(e *resource.Entry) resource.Value {
	if e == nil {
		return resource.Null()
	}
	attrs, err := e.Attrs.Value()
	if err != nil {
		return resource.Null()
	}
	return attrs
}

// liveHoldings are what the grantees of a block have.
func (v *view) liveHoldings(a resource.Address) map[string]holding {
	if live := v.live[a]; live != nil {
		return holdingsOf(live.Attrs)
	}
	return map[string]holding{}
}

// checkMaintain refuses what the server does not have yet.
func (n *normalizer) checkMaintain(r *resource.Resource, b *grantsBlock) {
	if v := n.facts.ServerVersion; v == 0 || v >= maintainVersion || !slices.Contains(b.given[onTables], maintain) {
		return
	}
	n.ds.Errorf(r.Attrs.Get("tables").Range(), "MAINTAIN is a privilege from Postgres 17", "leave it out, or upgrade the server",
		"the server of %s has version %d", r.Address, n.facts.ServerVersion/10000)
}
