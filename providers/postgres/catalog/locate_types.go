package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// typeKinds are the kinds of types of their own: pg_type.typtype, the word of
// ALTER, and the shape.
var typeKinds = map[string]struct {
	typ   byte
	word  string
	shape func(*shaper, *typeRow) resource.Value
}{
	"enum":           {'e', "TYPE", (*shaper).enum},
	"domain":         {'d', "DOMAIN", (*shaper).domain},
	"composite_type": {'c', "TYPE", (*shaper).composite},
	"range_type":     {'r', "TYPE", (*shaper).rangeType},
}

func (s *snapshot) locateType(a resource.Address, at resource.Value) *resource.Live {
	in, ok := s.within(at)
	if !ok {
		return nil
	}
	kind, t := typeKinds[a.Kind], s.typed[in]
	switch {
	case t == nil && s.named[in] != nil && s.named[in].kind != 'S':
		return s.instead(a, in, s.named[in].oid, relationWord(s.named[in].kind)) // it has a type of its own
	case t == nil && s.multirange[in] != nil:
		return s.instead(a, in, 0, "the multirange type of "+s.multirange[in].name)
	case t == nil:
		return nil
	case t.kind != kind.typ:
		return s.instead(a, in, t.oid, typeWord(t.kind))
	}
	what := kind.word + " " + qualified(s.schemaOf[t.schema].name, t.name)
	l := s.found(a, t.oid, t.owner, what, kind.shape(s.shape, t))
	if r := s.ranges[t.oid]; r != nil && r.canonical && l.Blocked == "" {
		l.Blocked = what + " has a canonical function, which tellr does not write: take its block out of the files, and leave the type to who made it"
	}
	return l
}

func (s *snapshot) listDomains() []thing    { return s.typesOf('d') }
func (s *snapshot) listComposites() []thing { return s.typesOf('c') }
func (s *snapshot) listRanges() []thing     { return s.typesOf('r') }

// MultirangeName is the name that Postgres gives to the multirange type of a
// range type (makeMultirangeTypeName in the server's source).
func MultirangeName(name string) string {
	if i := strings.Index(name, "range"); i >= 0 {
		return clip(name[:i]+"multi"+name[i:], 63)
	}
	return clip(name, 63-len("_multirange")) + "_multirange"
}

func (s *snapshot) locateCollation(a resource.Address, at resource.Value) *resource.Live {
	in, ok := s.within(at)
	if !ok {
		return nil
	}
	for _, c := range s.collations {
		if c.schema == in.schema && c.name == in.name {
			return s.found(a, c.oid, c.owner, "COLLATION "+qualified(s.schemaOf[c.schema].name, c.name), s.shape.collation(c))
		}
	}
	return nil
}

func (s *snapshot) listCollations() []thing {
	var out []thing
	for _, c := range s.collations {
		out = append(out, thing{oid: c.oid, schema: c.schema, name: c.name, at: s.inSchemaNamed(c.schema, c.name)})
	}
	return out
}

// locateExtension looks in all schemas: a database has an extension once.
func (s *snapshot) locateExtension(a resource.Address, at resource.Value) *resource.Live {
	for _, x := range s.extensions {
		if x.name != at.Get("name").Str() {
			continue
		}
		l := s.found(a, x.oid, x.owner, "EXTENSION "+sqltext.Ident(x.name), s.shape.extension(x))
		if l.Blocked != "" { // an extension cannot be given to somebody else
			l.Blocked = fmt.Sprintf("EXTENSION %s is owned by %s, whose rights %s does not have: that role applies the change, or who administers it runs GRANT %s TO %s",
				sqltext.Ident(x.name), sqltext.Ident(s.roleName(x.owner)), sqltext.Ident(s.session.user),
				sqltext.Ident(s.roleName(x.owner)), sqltext.Ident(s.session.user))
		}
		return l
	}
	return nil
}

func (s *snapshot) listExtensions() []thing {
	var out []thing
	for _, x := range s.extensions {
		if s.schemaOf[x.schema] != nil {
			out = append(out, thing{oid: x.oid, schema: x.schema, name: x.name, at: s.inSchemaNamed(x.schema, x.name)})
		}
	}
	return out
}

// routines are the kinds of functions: pg_proc.prokind, the word of ALTER, and
// the shape.
var routines = map[string]struct {
	kinds, word string
	shape       func(*shaper, *functionRow) resource.Value
}{
	"function":  {"fw", "FUNCTION", (*shaper).function},
	"procedure": {"p", "PROCEDURE", (*shaper).procedure},
	"aggregate": {"a", "AGGREGATE", (*shaper).aggregate},
}

func routineWord(kind byte) string {
	return map[byte]string{'f': "a function", 'w': "a window function", 'p': "a procedure", 'a': "an aggregate"}[kind]
}

// locateRoutine takes, of all functions of the name, the one with the types of
// arguments; or the only one there is, if the asker has no other of that name
// (sole): then its arguments are to change.
func (s *snapshot) locateRoutine(a resource.Address, at resource.Value) *resource.Live {
	in, ok := s.within(at)
	if !ok {
		return nil
	}
	all := s.function[in]
	i := slices.IndexFunc(all, func(p *functionRow) bool { return p.takes(at) })
	switch {
	case i < 0 && len(all) == 1 && at.Get("sole").Bool():
		i = 0
	case i < 0:
		return nil
	}
	p, kind := all[i], routines[a.Kind]
	if strings.IndexByte(kind.kinds, p.kind) < 0 {
		return s.instead(a, in, p.oid, routineWord(p.kind))
	}
	what := kind.word + " " + qualified(s.schemaOf[p.schema].name, p.name) + "(" + p.argTypes + ")"
	l := s.found(a, p.oid, p.owner, what, kind.shape(s.shape, p))
	switch {
	case l.Blocked != "":
	case p.transforms:
		l.Blocked = what + " has TRANSFORM FOR TYPE, which tellr does not write: take its block out of the files, and leave the function to who made it"
	case p.language == "c":
		l.Blocked = what + " is of language c, whose object file tellr does not know: take its block out of the files, and leave the function to who made it"
	}
	return l
}

// takes tells whether a function has the arguments by which one is looked for:
// their types, or all that is known of them.
func (p *functionRow) takes(at resource.Value) bool {
	if at.Has("types") {
		return strings.EqualFold(strings.Join(at.Get("types").StringList(), ", "), p.argTypes)
	}
	want := append(at.Get("arguments").StringList(), at.Get("order_by").StringList()...)
	return slices.EqualFunc(p.arguments(), want, func(x, y string) bool {
		return strings.EqualFold(strings.Join(strings.Fields(x), " "), strings.Join(strings.Fields(y), " "))
	})
}

func (s *snapshot) listProcedures() []thing { return s.functionsOf("p") }
func (s *snapshot) listAggregates() []thing { return s.functionsOf("a") }

// callersOf lists who may execute a live function, unless that is what every
// new one has: everybody.
func (s *snapshot) callersOf(a resource.Address, l *resource.Live) []Caller {
	acl, owner := "", uint32(0)
	switch p := s.routine[l.Identity]; {
	case a.Kind == "domain" || a.Kind == "range_type":
		t := s.typeOf[l.Identity]
		if t == nil {
			return nil
		}
		acl, owner = s.typeACLs[t.oid], t.owner
	case routines[a.Kind].word == "" || p == nil:
		return nil
	default:
		acl, owner = p.acl, p.owner
	}
	out := []Caller{}
	usual := 0
	for _, x := range s.acls[acl] {
		if !x.grantable && (x.grantee == Public || x.grantee == s.roleName(owner)) {
			usual++
		}
		out = append(out, Caller{Role: x.grantee, GrantOption: x.grantable})
	}
	if usual == 2 && len(out) == 2 {
		return nil
	}
	return out
}
