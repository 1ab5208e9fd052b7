package postgres

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// defaultDatabase is the one that Lakebase makes with every instance.
const defaultDatabase = "databricks_postgres"

// scopes groups the provider's things by the database that they stand in.
func scopes(environment string, x *index, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	var ds resource.Diagnostics
	h := newHosts(x, desired)
	byHost := map[resource.Address]*scopeBuilder{}
	var order []resource.Address
	for _, r := range desired {
		spec, mine := specs[r.Kind.Name]
		if !mine {
			continue
		}
		r = x.desired[r.Address]
		host, d := h.of(r)
		if d != nil {
			ds = append(ds, d)
			continue
		}
		h.checkRefs(r, host, &ds)
		b := byHost[host]
		if b == nil {
			b = &scopeBuilder{asker: asker{index: x, tables: map[place]int{}}}
			b.scope = resource.Scope{Environment: environment, System: resource.System{
				Provider: Name, Name: host.String() + "/" + defaultDatabase, Host: host,
			}}
			byHost[host] = b
			order = append(order, host)
		}
		b.scope.Wanted = append(b.scope.Wanted, resource.Wanted{Address: r.Address, Locate: locate(x, r)})
		if spec.ask != nil {
			spec.ask(&b.asker, r)
		}
		b.roles(r)
		b.things = append(b.things, r)
	}
	slices.SortFunc(order, resource.Address.Compare)
	out := make([]resource.Scope, 0, len(order))
	for _, host := range order {
		b := byHost[host]
		ds = append(ds, collisions(x, b.things)...)
		ds = append(ds, liveOn(b.scope.Wanted, x)...)
		ds = append(ds, circularParents(b.things, x)...)
		asked := b.finish()
		ask, err := json.Marshal(asked)
		if err != nil {
			ds.Errorf(nil, "the questions to the database cannot be written", "report this as a bug of tellr", "%v", err)
			continue
		}
		b.scope.Ask = ask
		x.asks[b.scope.System.Name] = questions{ask, asked}
		out = append(out, b.scope)
	}
	return out, ds
}

type scopeBuilder struct {
	asker
	scope resource.Scope
}

// asker gathers what only the server can say.
type asker struct {
	index  *index
	ask    catalog.Ask
	tables map[place]int // index in ask.Tables, plus one
	things []*resource.Resource
}

// roles notes the names of roles that are known already.
func (a *asker) roles(r *resource.Resource) {
	var named []resource.Value
	if r.Kind.Name == "role" {
		named = append(named, resource.String(r.Name()))
	}
	for _, attr := range []string{"to", "owner", "for", "grantor", "reassign_to"} {
		if w := r.Attrs.Get(attr); !w.IsNull() {
			named = append(named, a.index.roles(w)...)
		}
	}
	for _, list := range []string{"members", "member_of"} {
		for _, m := range decodeMembers(r.Attrs.Get(list)) {
			named = append(named, a.index.role(m.who.Value))
			if !m.grantor.IsNull() {
				named = append(named, a.index.role(m.grantor))
			}
		}
	}
	for _, role := range named {
		if name := role.Str(); name != "" && name != catalog.Public {
			a.ask.Roles = append(a.ask.Roles, name)
		}
	}
}

func (a *asker) finish() catalog.Ask {
	slices.Sort(a.ask.Roles)
	a.ask.Roles = slices.Compact(a.ask.Roles)
	a.stands()
	return a.ask
}

// in adds expressions to what is asked of one table.
func (a *asker) in(address resource.Address, p place, columns []column, sites []site) {
	count := 0
	for i := range sites {
		if !sites[i].isStatic {
			count++
		}
	}
	if count == 0 {
		return
	}
	i := a.tables[p]
	if i == 0 {
		t := catalog.AskTable{Address: address, Schema: p.schema, Name: p.name, Columns: slices.Grow([]catalog.AskColumn(nil), len(columns))}
		for _, c := range columns {
			t.Columns = append(t.Columns, catalog.AskColumn{Name: c.name, Type: c.typ, Collation: c.collation})
		}
		a.ask.Tables = append(a.ask.Tables, t)
		i = len(a.ask.Tables)
		a.tables[p] = i
	}
	t := &a.ask.Tables[i-1]
	t.Exprs = slices.Grow(t.Exprs, count)
	for i := range sites {
		if s := &sites[i]; !s.isStatic {
			t.Exprs = append(t.Exprs, s.asked())
		}
	}
}

func askTable(a *asker, r *resource.Resource) {
	t := decodeTable(a.index, a.index.places[r.Address], r.Attrs)
	sites := t.sites(r.Address, nil) // which puts right what needs no server
	a.in(r.Address, t.place, t.allColumns(), sites)
}

func askTrigger(a *asker, r *resource.Resource) {
	t := decodeTrigger(a.index, r.Name(), r.Attrs)
	if t.when == "" {
		return
	}
	var columns []column
	address := r.Address
	if ref, ok := r.Attrs.Get("table").Ref(); ok && a.index.desired[ref] != nil {
		address, columns = ref, decodeTable(a.index, t.table, a.index.desired[ref].Attrs).allColumns()
	}
	a.in(address, t.table, columns, t.sites(r.Address, nil))
}

// askFunction asks for types by themselves, and for the defaults of arguments as if these were columns.
func askFunction(a *asker, r *resource.Resource) {
	f := decodeRoutine(a.index, r.Kind.Name, a.index.places[r.Address], r.Attrs)
	var columns []column
	for i, arg := range f.arguments {
		columns = append(columns, column{name: argumentColumn(i), typ: arg.typ})
	}
	var defaults []site
	for _, s := range f.sites(r.Address, nil) {
		switch {
		case s.isStatic:
		case s.expr.Kind == catalog.ArgDefault, s.expr.Kind == catalog.Body:
			defaults = append(defaults, s)
		default:
			a.ask.Exprs = append(a.ask.Exprs, s.asked())
		}
	}
	a.in(r.Address, place{name: f.signature()}, columns, defaults)
}

// locate holds the attributes by which the catalog finds a thing. What only the workspace knows stays a hole.
func locate(x *index, r *resource.Resource) resource.Value {
	locate := specs[r.Kind.Name].locate
	if locate == nil {
		locate = locateInSchema
	}
	fields := append(locate(x, r), formerly(x, r)...)
	if o := r.Attrs.Get("owner"); !o.IsNull() {
		fields = append(fields, resource.F("owner", x.role(o)))
	}
	return resource.Object(fields...)
}

func locateName(x *index, r *resource.Resource) resource.Field {
	if p, ok := x.places[r.Address]; ok {
		return resource.F("name", resource.String(p.name))
	}
	return resource.F("name", resource.String(r.Name()))
}

func locateInSchema(x *index, r *resource.Resource) []resource.Field {
	return []resource.Field{resource.F("schema", resource.String(x.schemaOf(r.Attrs.Get("schema")))), locateName(x, r)}
}

func locateSchema(x *index, r *resource.Resource) []resource.Field {
	fields := []resource.Field{locateName(x, r)}
	if r.Attrs.Get("exclusive").Bool() {
		fields = append(fields, resource.F("exclusive", resource.Bool(true)))
	}
	if patterns := r.Attrs.Get("ignore").StringList(); len(patterns) > 0 {
		fields = append(fields, resource.F("ignore", resource.Strings(patterns...)))
	}
	return fields
}

func locateTrigger(x *index, r *resource.Resource) []resource.Field {
	return []resource.Field{resource.F("table", resource.String(x.placeOf(r.Attrs.Get("table"), "").String())), locateName(x, r)}
}

func locateGrants(x *index, r *resource.Resource) []resource.Field {
	var fields []resource.Field
	if w := r.Attrs.Get("schema"); !w.IsNull() {
		fields = append(fields, resource.F("schema", resource.String(x.schemaOf(w))))
	}
	fields = append(fields, resource.F("to", resource.List(x.roles(r.Attrs.Get("to"))...)))
	if w := r.Attrs.Get("for"); !w.IsNull() {
		fields = append(fields, resource.F("for", resource.List(x.roles(w)...)))
	}
	if w := r.Attrs.Get("grantor"); !w.IsNull() {
		fields = append(fields, resource.F("grantor", x.role(w)))
	}
	if r.Attrs.Get("exclusive").Bool() {
		fields = append(fields, resource.F("exclusive", resource.Bool(true)))
	}
	return fields
}

// hosts finds the database of each thing.
type hosts struct {
	index    *index
	bySchema map[string]resource.Address // the host of each declared schema, by the schema's name
	all      []resource.Address
}

func newHosts(x *index, desired []*resource.Resource) *hosts {
	h := &hosts{index: x, bySchema: map[string]resource.Address{}}
	for _, r := range desired {
		if a, ok := schemaHost(r); ok {
			if r.Kind.Name == "schema" {
				h.bySchema[x.places[r.Address].name] = a
			}
			if !slices.Contains(h.all, a) {
				h.all = append(h.all, a)
			}
		}
	}
	return h
}

func schemaHost(r *resource.Resource) (resource.Address, bool) {
	for _, attr := range []string{"instance", "branch"} {
		if a, ok := r.Attrs.Get(attr).Ref(); ok {
			return a, true
		}
	}
	return resource.Address{}, false
}

// of gives the host of one thing.
func (h *hosts) of(r *resource.Resource) (resource.Address, *resource.Diagnostic) {
	if a, ok := schemaHost(r); ok {
		return a, nil
	}
	if r.Attrs.Get("schema").IsNull() && specs[r.Kind.Name].on == "" {
		return resource.Address{}, &resource.Diagnostic{
			Severity: resource.Error, Address: r.Address, Range: r.Range,
			Summary: fmt.Sprintf("%s does not say where it stands", r.Address),
			Cure:    "write instance = instance.NAME, or branch = branch.NAME",
		}
	}
	attr := "schema"
	if on := specs[r.Kind.Name].on; on != "" {
		attr = on
	}
	v := r.Attrs.Get(attr)
	if a, ok := v.Ref(); ok {
		if on := h.index.desired[a]; on != nil {
			return h.of(on)
		}
	}
	name := h.index.schemaOf(v)
	if attr == "table" || attr == "function" {
		name = parsePlace(name, "").schema
	}
	if a, ok := h.bySchema[name]; ok {
		return a, nil
	}
	if len(h.all) == 1 {
		return h.all[0], nil
	}
	return resource.Address{}, &resource.Diagnostic{
		Severity: resource.Error, Address: r.Address, Range: v.Range(),
		Summary: fmt.Sprintf("%s: which database is %q in?", r.Address, name),
		Detail:  fmt.Sprintf("no schema block has that name, and the schemas of this environment stand in %d databases", len(h.all)),
		Cure:    "declare the schema and refer to it: schema = schema.NAME",
	}
}

// checkRefs refuses references that lead into another database: Postgres has none.
func (h *hosts) checkRefs(r *resource.Resource, host resource.Address, ds *resource.Diagnostics) {
	r.Attrs.Refs(func(a resource.Address, at *resource.Range) {
		on := h.index.desired[a]
		if on == nil {
			return
		}
		if _, mine := specs[on.Kind.Name]; !mine {
			return
		}
		if other, d := h.of(on); d == nil && other != host {
			ds.Errorf(at, fmt.Sprintf("%s refers to %s, which stands in another database", r.Address, a),
				"refer to a thing of the same instance or branch", "%s stands in %s, %s in %s", r.Address, host, a, other)
		}
	})
}
