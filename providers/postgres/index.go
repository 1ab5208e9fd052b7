package postgres

import (
	"encoding/json"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// roleAttr says which attribute of a thing that a grantee may refer to is the name of its role.
var roleAttr = map[string]string{"app": "service_principal_client_id", "role": "name"}

// place is where a thing stands in its database.
type place struct{ schema, name string }

func (p place) String() string { return sqltext.Qualified(p.schema, p.name) }

// index answers, for the things of one environment, where each stands. It is made of the configuration alone.
type index struct {
	desired map[resource.Address]*resource.Resource
	places  map[resource.Address]place
	// keys are the columns of the primary key of each table, by where it stands: what a foreign key refers to unless told.
	keys map[place][]string
	// tables are the declared tables by where they stand.
	tables map[place]resource.Address
	// inSchema are the objects that the configuration makes in each schema, for the privileges on them.
	inSchema map[string][]madeObject
	// routines count the functions, procedures and aggregates of one name.
	routines map[place]int
	// owners are the declared owners of schemas, by the schema's name.
	owners  map[string]resource.Value
	byPlace map[place][]resource.Address // made when first asked for
	// roleBlocks are the roles that the configuration makes; acting are the names of those that are to own things, or in
	// whose name something is granted.
	roleBlocks map[roleKey]*resource.Resource
	// grants are the grants blocks.
	grants []*resource.Resource
	acting map[string]bool
	// asks are the questions that the configuration leads to, by system.
	asks map[string]questions
}

// questions are what is asked of one system, and how that is written.
type questions struct {
	raw       json.RawMessage
	questions catalog.Ask
}

// madeObject is something that privileges can be on.
type madeObject struct {
	kind, name string
	routine    bool // a procedure or an aggregate
}

func newIndex(desired []*resource.Resource) *index {
	x := &index{
		desired: make(map[resource.Address]*resource.Resource, len(desired)),
		places:  make(map[resource.Address]place, len(desired)),
		keys:    make(map[place][]string, len(desired)), tables: make(map[place]resource.Address, len(desired)), inSchema: map[string][]madeObject{}, owners: map[string]resource.Value{},
		asks: map[string]questions{}, routines: map[place]int{}, roleBlocks: map[roleKey]*resource.Resource{}, acting: map[string]bool{},
	}
	for _, r := range desired {
		x.desired[r.Address] = r
	}
	for _, r := range desired {
		if _, mine := specs[r.Kind.Name]; mine && !r.Attrs.Known() {
			filled := *r
			filled.Attrs = x.fill(r.Attrs)
			x.desired[r.Address] = &filled
		}
	}
	for _, r := range desired {
		if r = x.desired[r.Address]; r.Kind.Name == "schema" { // where the others stand
			schemaSpec.stand(x, r)
			x.owners[r.Name()] = r.Attrs.Get("owner")
		}
	}
	x.noteRoles(desired)
	for _, r := range desired {
		if r.Kind.Name == "grants" {
			x.grants = append(x.grants, x.desired[r.Address])
		}
	}
	for _, r := range desired {
		if stand := specs[r.Kind.Name].stand; stand != nil {
			stand(x, x.desired[r.Address])
		}
	}
	return x
}

// inItsSchema notes the place of a thing whose name stands in a schema.
func (x *index) inItsSchema(r *resource.Resource) {
	x.places[r.Address] = place{x.schemaOf(r.Attrs.Get("schema")), r.Name()}
}

// grantable notes something that privileges can be on.
func (x *index) grantable(schema, kind, name string) {
	x.inSchema[schema] = append(x.inSchema[schema], madeObject{kind: kind, name: name})
}

func standTable(x *index, r *resource.Resource) {
	x.inItsSchema(r)
	p := x.places[r.Address]
	x.tables[p] = r.Address
	x.keys[p] = primaryKeyColumns(r.Attrs.Get("primary_key"))
	x.grantable(p.schema, onTables, p.name)
	for _, c := range r.Attrs.Get("columns").Fields() {
		if isSerialWord(c.Value.Get("type").Str()) {
			x.grantable(p.schema, onSequences, catalog.ObjectName(p.name, c.Name, "seq"))
		}
	}
}

func standSequence(x *index, r *resource.Resource) {
	x.inItsSchema(r)
	p := x.places[r.Address]
	x.grantable(p.schema, onSequences, p.name)
}

// standType notes a type, which privileges can be on.
func standType(x *index, r *resource.Resource) {
	x.inItsSchema(r)
	p := x.places[r.Address]
	x.grantable(p.schema, onTypes, p.name)
}

// text gives a text that the configuration decides, or a default for one that is not written.
func (x *index) text(v resource.Value, def string) string {
	if v.IsNull() {
		return def
	}
	return x.fill(v).Str()
}

// fill resolves the holes of a value that the configuration itself can fill.
func (x *index) fill(v resource.Value) resource.Value {
	return v.Fill(func(h resource.Hole) (resource.Value, bool) {
		r := x.desired[h.Ref.Address]
		if h.IsSecret() || r == nil {
			return resource.Value{}, false
		}
		if a, ok := r.Kind.Attr(h.Ref.Attr); !ok || a.Computed {
			return resource.Value{}, false
		}
		w := r.Attrs.Get(h.Ref.Attr)
		if w.IsNull() && h.Ref.Attr == "name" {
			w = resource.String(r.Name())
		}
		return w, !w.IsNull() && w.Known()
	})
}

// schemaOf gives the name of the schema that a value refers to.
func (x *index) schemaOf(v resource.Value) string {
	if a, ok := v.Ref(); ok {
		return x.places[a].name
	}
	return x.text(v, "")
}

// placeOf gives the place that a value refers to; a name without a schema stands in def.
func (x *index) placeOf(v resource.Value, def string) place {
	if a, ok := v.Ref(); ok {
		return x.places[a]
	}
	return parsePlace(x.text(v, ""), def)
}

func parsePlace(text, def string) place {
	schema, name, ok := sqltext.SplitQualified(text)
	switch {
	case !ok:
		return place{def, text}
	case schema == "":
		return place{def, name}
	default:
		return place{schema, name}
	}
}

// role gives the name of the role that a value stands for: a text, or a hole that the app fills. PUBLIC is a text too.
func (x *index) role(v resource.Value) resource.Value {
	if a, ok := v.Ref(); ok {
		if r := x.desired[a]; r != nil && a.Kind == "role" {
			return resource.String(r.Name()).At(v.Range())
		}
		return resource.Unknown(resource.AttrRef{Address: a, Attr: roleAttr[a.Kind]}).At(v.Range())
	}
	return x.fill(v)
}

// roles gives the names of the roles that a value lists: one, or several.
func (x *index) roles(v resource.Value) []resource.Value {
	if v.Kind() != resource.KindList {
		return []resource.Value{x.role(v)}
	}
	out := make([]resource.Value, len(v.Items()))
	for i, it := range v.Items() {
		out[i] = x.role(it)
	}
	return out
}

func primaryKeyColumns(v resource.Value) []string {
	if v.Kind() == resource.KindObject {
		v = v.Get("columns")
	}
	return v.StringList()
}
