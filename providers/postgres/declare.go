package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

var _ resource.Importer = (*Provider)(nil)

// ImportScope implements [resource.Importer].
func (p *Provider) ImportScope(environment string, host resource.Address, what resource.ImportWhat, desired []*resource.Resource) (resource.Scope, resource.Diagnostics) {
	scopes, ds := p.Scopes(environment, desired)
	scope := resource.Scope{Environment: environment, System: resource.System{
		Provider: Name, Name: host.String() + "/" + defaultDatabase, Host: host,
	}}
	for _, s := range scopes {
		if s.System.Host == host {
			scope = s
		}
	}
	scope.All = what.Containers
	if len(what.Containers) == 0 {
		scope.All = []string{"*"}
	}
	ask, err := askedQuestions(scope, newIndex(nil))
	if err != nil {
		return scope, unreadable(&resource.Resource{}, err)
	}
	ask.AllRoles, ask.Exclusive = what.Roles, what.Exclusive
	if scope.Ask, err = json.Marshal(ask); err != nil {
		return scope, unreadable(&resource.Resource{}, err)
	}
	return scope, ds
}

// Declare implements [resource.Importer].
func (p *Provider) Declare(live *resource.Snapshot) ([]*resource.Resource, resource.Diagnostics) {
	var ds resource.Diagnostics
	v, err := p.view(live)
	if err != nil {
		return nil, unreadable(&resource.Resource{}, err)
	}
	d := &declarer{view: v, names: map[calling]resource.Address{}, exclusive: v.ask.Exclusive, used: map[resource.Address]bool{}}
	d.learnNames()
	var out []*resource.Resource
	for _, l := range live.Objects {
		spec, mine := specs[l.Address.Kind]
		switch {
		case !l.Undeclared || !mine:
		case l.Instead:
			ds.Warnf(nil, l.Address.String()+" is not imported", "", "%s", l.Blocked)
		case spec.found != nil:
			out = append(out, spec.found(d, l)...)
		default:
			r := d.declare(spec, l)
			if d.exclusive && r.Kind.Name == "schema" {
				r.Attrs = r.Attrs.With("exclusive", resource.Bool(true))
			}
			out = append(out, r)
		}
	}
	ds = append(ds, d.ds...)
	out = withoutEmptyPublic(out)
	slices.SortStableFunc(out, func(a, b *resource.Resource) int { return a.Kind.Order - b.Kind.Order })
	return out, ds
}

// withoutEmptyPublic leaves out the schema that every database has, unless something stands in it.
func withoutEmptyPublic(all []*resource.Resource) []*resource.Resource {
	used := map[resource.Address]bool{}
	for _, r := range all {
		r.Attrs.Refs(func(a resource.Address, _ *resource.Range) { used[a] = true })
	}
	return slices.DeleteFunc(all, func(r *resource.Resource) bool {
		return r.Kind.Name == "schema" && r.Name() == "public" && !used[r.Address]
	})
}

// calling is a thing by its kind and the name that others call it by.
type calling struct{ kind, name string }

// declarer writes live things as declarations.
type declarer struct {
	*view
	names     map[calling]resource.Address
	exclusive bool                      // what is written is to be all that there is
	used      map[resource.Address]bool // addresses that were made here
	ds        resource.Diagnostics
}

// learnNames notes by what text each thing is called in live attributes. A name that two things have is nobody's.
func (d *declarer) learnNames() {
	note := func(a resource.Address, at place) {
		name := at.String()
		if a.Kind == "schema" || a.Kind == "role" || a.Kind == "app" {
			name = at.name
		}
		key := calling{a.Kind, name}
		if other, twice := d.names[key]; twice && other != a {
			a = resource.Address{}
		}
		d.names[key] = a
	}
	for a, at := range d.index.places {
		note(a, at)
	}
	for a, r := range d.index.desired {
		if _, acts := roleAttr[a.Kind]; acts && r.Kind.Name == "app" { // its role is known where it is there
			if name := d.role(d.index.role(resource.Ref(a))).Str(); name != "" {
				note(a, place{name: name})
			}
		}
	}
	for _, l := range d.snap.Objects {
		if l.Undeclared && !l.Instead && !l.Attrs.Has("unsaid") {
			note(l.Address, livePlace(l))
		}
	}
}

func (d *declarer) declare(spec spec, l *resource.Live) *resource.Resource {
	attrs := l.Attrs
	if spec.declare != nil {
		attrs = spec.declare(d, attrs)
	}
	if owner := attrs.Get("owner").Str(); owner != "" && owner == d.facts.CurrentUser {
		attrs = attrs.Without("owner")
	}
	if attrs.Get("name").Str() == l.Address.Name {
		attrs = attrs.Without("name")
	}
	var fields []resource.Field
	for _, a := range spec.kind.Attrs {
		value := attrs.Get(a.Name)
		if value.IsNull() && a.Type.Kind == resource.TRef && slices.Contains(a.Type.Refs, d.snap.Scope.System.Host.Kind) {
			value = resource.Ref(d.snap.Scope.System.Host)
		}
		if !value.IsNull() && !a.Computed && !a.Derived {
			fields = append(fields, resource.F(a.Name, d.refer(a.Type, value)))
		}
	}
	return &resource.Resource{Address: l.Address, Kind: spec.kind, Attrs: resource.Object(fields...)}
}

// refer writes references where a type allows them and what is named is declared.
func (d *declarer) refer(t resource.Type, v resource.Value) resource.Value {
	switch t.Kind {
	case resource.TRef:
		for _, kind := range t.Refs {
			if a := d.names[calling{kind, v.Str()}]; !a.IsZero() && v.Kind() == resource.KindString {
				return resource.Ref(a)
			}
		}
	case resource.TOneOf:
		for _, choice := range t.Any {
			if holds, ok := shapeOf[choice.Kind]; ok && holds != v.Kind() {
				continue
			}
			if w := d.refer(choice, v); !w.Equal(v) {
				return w
			}
		}
	case resource.TList:
		items := slices.Clone(v.Items())
		for i := range items {
			items[i] = d.refer(*t.Elem, items[i])
		}
		if v.Kind() == resource.KindList {
			return resource.List(items...)
		}
	case resource.TMap:
		fields := slices.Clone(v.Fields())
		for i := range fields {
			fields[i].Value = d.refer(*t.Elem, fields[i].Value)
		}
		if v.Kind() == resource.KindObject {
			return resource.Object(fields...)
		}
	case resource.TObject:
		var fields []resource.Field
		for _, f := range v.Fields() {
			if a, ok := t.Attr(f.Name); ok && !a.Computed && !a.Derived {
				fields = append(fields, resource.F(f.Name, d.refer(a.Type, f.Value)))
			}
		}
		if v.Kind() == resource.KindObject {
			return resource.Object(fields...)
		}
	}
	return v
}

// shapeOf says which values fit a choice that is not plain text.
var shapeOf = map[resource.TypeKind]resource.ValueKind{
	resource.TRef: resource.KindString, resource.TList: resource.KindList, resource.TMap: resource.KindObject, resource.TObject: resource.KindObject,
}

// declareTable says in few words what a table has in full ones.
func declareTable(d *declarer, v resource.Value) resource.Value {
	if k := v.Get("primary_key"); !k.IsNull() {
		usual := catalog.ObjectName(v.Get("name").Str(), "", "pkey")
		if k.Get("name").Str() == usual {
			k = k.Without("name")
		}
		if len(k.Fields()) == 1 && k.Has("columns") {
			k = k.Get("columns")
		}
		v = v.With("primary_key", k)
	}
	v = mapEntries(v, "columns", func(c resource.Value) resource.Value {
		c = c.With("type", resource.String(shortType(c.Get("type").Str())))
		if id := c.Get("identity"); len(id.Fields()) == 1 && id.Get("always").Bool() {
			c = c.With("identity", resource.String(identityAlways))
		}
		return c
	})
	v = mapEntries(v, "checks", func(c resource.Value) resource.Value {
		if len(c.Fields()) == 1 && c.Has("expression") {
			return c.Get("expression")
		}
		return c
	})
	v = mapEntries(v, "foreign_keys", func(k resource.Value) resource.Value {
		if to := d.key(k.Get("references").Str()); len(to) > 0 && slices.Equal(to, k.Get("ref_columns").StringList()) {
			k = k.Without("ref_columns")
		}
		return k
	})
	return mapEntries(v, "indexes", func(i resource.Value) resource.Value {
		columns := plainNames(i.Get("on").StringList())
		if columns == nil {
			return i
		}
		fields := []resource.Field{resource.F("columns", resource.Strings(columns...))}
		return resource.Object(append(fields, i.Without("on").Fields()...)...)
	})
}

// key gives the primary key of a table that is, or will be, declared.
func (d *declarer) key(table string) []string {
	a := d.names[calling{"table", table}]
	if at, ok := d.index.places[a]; ok {
		return d.index.keys[at]
	}
	if l := d.live[a]; l != nil && l.Undeclared {
		return primaryKeyColumns(l.Attrs.Get("primary_key"))
	}
	return nil
}

// shortTypes are the names that people write for types that the standard gives long ones.
var shortTypes = []struct{ long, short string }{
	{"character varying", "varchar"}, {"bit varying", "varbit"}, {"character", "char"},
}

// shortType gives a type as people write it; what the server makes of that is the type again.
func shortType(typ string) string {
	short := typ
	for _, t := range shortTypes {
		if rest, ok := strings.CutPrefix(short, t.long); ok && (rest == "" || rest[0] == '(' || rest[0] == '[') {
			short = t.short + rest
		}
	}
	if base, rest, ok := strings.Cut(short, " without time zone"); ok {
		short = base + rest
	}
	if base, rest, ok := strings.Cut(short, " with time zone"); ok {
		if word, mod, has := strings.Cut(base, "("); has {
			base = word + "tz(" + mod
		} else {
			base += "tz"
		}
		short = base + rest
	}
	if back, ok := catalog.CanonicalType(short); ok && back == typ {
		return short
	}
	return typ
}

func mapEntries(v resource.Value, attr string, change func(resource.Value) resource.Value) resource.Value {
	fields := slices.Clone(v.Get(attr).Fields())
	if len(fields) == 0 {
		return v
	}
	for i := range fields {
		fields[i].Value = change(fields[i].Value)
	}
	return v.With(attr, resource.Object(fields...))
}

// plainNames gives the columns of index keys that are nothing but columns; nil if one is more.
func plainNames(keys []string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		schema, name, ok := sqltext.SplitQualified(k)
		if !ok || schema != "" || strings.ContainsAny(k, " (") && !strings.HasPrefix(k, `"`) || sqltext.Ident(name) != k {
			return nil
		}
		out[i] = name
	}
	return out
}

func checkIgnore(v resource.Value) error {
	for _, p := range v.StringList() {
		if err := catalog.CheckPattern(p); err != nil {
			return fmt.Errorf("%q is not a pattern: %w", p, err)
		}
	}
	return nil
}
