package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// The kinds of objects that privileges are about, by the attributes of a grants block, in the order of statements.
const (
	onSchema    = "schema"
	onTables    = "tables"
	onSequences = "sequences"
	onFunctions = "functions"
)

// allPrivileges are those that each kind of object has, in the order in which people write them.
var allPrivileges = map[string][]string{
	onSchema:    {"USAGE", "CREATE"},
	onTables:    {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"},
	onSequences: {"USAGE", "SELECT", "UPDATE"},
	onFunctions: {"EXECUTE"},
}

// maintain came with Postgres 17.
const (
	maintain        = "MAINTAIN"
	maintainVersion = 170000
)

// privileges is what a grants block gives, by kind of object.
type privileges map[string][]string

// declared reads a grants block. Without any privileges written it gives what an application needs.
func declared(attrs resource.Value, version int) privileges {
	out, any := privileges{}, false
	for _, k := range []string{onSchema, onTables, onSequences, onFunctions} {
		attr := k
		if k == onSchema {
			attr = "on_schema"
		}
		v := attrs.Get(attr)
		any = any || !v.IsNull()
		out[k] = expand(k, v.StringList(), version)
	}
	if !any {
		out[onSchema] = []string{"CREATE", "USAGE"}
		out[onTables] = []string{"DELETE", "INSERT", "SELECT", "UPDATE"}
		out[onSequences] = []string{"SELECT", "USAGE"}
	}
	return out
}

// expand gives privileges in order, with ALL spelled out, as the catalog's reader does.
func expand(kind string, words []string, version int) []string {
	var out []string
	for _, w := range words {
		w = strings.ToUpper(strings.Join(strings.Fields(w), " "))
		if w == "ALL" || w == "ALL PRIVILEGES" {
			out = append(out, allPrivileges[kind]...)
			if kind == onTables && version >= maintainVersion {
				out = append(out, maintain)
			}
			continue
		}
		if base, has := strings.CutSuffix(w, catalog.GrantOption); has {
			out = append(out, base)
		}
		out = append(out, w)
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
var effectiveKinds = []string{onSchema, onTables, onSequences, onFunctions, "default_tables", "default_sequences", "default_functions"}

func (h holding) value() resource.Value {
	var o object
	for _, kind := range effectiveKinds {
		names := h[kind]
		if kind == onSchema {
			o.texts(kind, names[""], resource.Value{})
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

func decodeHolding(v resource.Value) holding {
	h := holding{}
	for _, kind := range effectiveKinds {
		if kind == onSchema {
			h.set(kind, "", v.Get(kind).StringList())
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
	mayGrant    bool
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
	for kind, list := range map[string][]catalog.ObjectFact{onTables: f.Tables, onSequences: f.Sequences, onFunctions: f.Functions} {
		for _, o := range list {
			add(kind, grantTarget{name: o.Name, owner: o.Owner, routine: o.Kind != "", mayGrant: o.MayGrant})
		}
	}
	for _, o := range v.index.inSchema[schema] {
		add(o.kind, grantTarget{name: o.name, owner: v.facts.CurrentUser, mayGrant: true})
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b grantTarget) int { return strings.Compare(a.name, b.name) })
	}
	v.targetsOf[schema] = out
	return out
}

// creators are the roles whose future objects in a schema get the privileges: the deployer, and the owner of the schema.
func (v *view) creators(schema string) []string {
	me := v.facts.CurrentUser
	if me == "" {
		me = deployer
	}
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

// holds makes out what one grantee is to have in a schema.
func (v *view) holds(schema, grantee string, p privileges) holding {
	h := holding{}
	if grantee == "" || v.facts.Schemas[schema].Owner != grantee {
		h.set(onSchema, "", p[onSchema])
	}
	targets := v.targets(schema)
	for _, kind := range []string{onTables, onSequences, onFunctions} {
		if len(p[kind]) == 0 {
			continue
		}
		for _, t := range targets[kind] {
			if grantee == "" || t.owner != grantee {
				h.set(kind, t.name, p[kind])
			}
		}
		for _, role := range v.creators(schema) {
			if role != grantee {
				h.set("default_"+kind, role, p[kind])
			}
		}
	}
	return h
}

func normalizeGrants(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	schema := n.index.schemaOf(w.Get("schema"))
	given := declared(w, n.facts.ServerVersion)
	var o object
	o.text("schema", schema, w.Get("schema"))
	var to []resource.Value
	holdings := map[string]holding{}
	for _, g := range n.index.roles(w.Get("to")) {
		role := n.role(g)
		to = append(to, role.Value)
		holdings[role.String()] = n.holds(schema, role.Str(), given)
	}
	o.value("to", resource.List(to...), w.Get("to"))
	var effective []resource.Field
	for _, name := range sortedKeys(holdings) {
		effective = append(effective, resource.Field{Name: name, Value: holdings[name].value().At(w.Get("to").Range())})
	}
	o.objects("effective", effective, w.Get("to"))
	return o.done()
}
