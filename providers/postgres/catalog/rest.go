package catalog

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// whole says of which schemas everything is read, and why.
type whole struct {
	all      bool              // every schema, for import
	imported map[string]bool   // by name
	unwanted map[string]bool   // exclusive schemas: what nobody declared is to go
	ignored  map[string]ignore // by schema
}

// ignore is a list of patterns, as path.Match reads them: of a name ("tmp_*"),
// or of a kind and a name ("table tmp_*").
type ignore []string

func (patterns ignore) match(kind, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if of, rest, ok := strings.Cut(p, " "); ok && of == strings.ReplaceAll(kind, " ", "_") {
			p = rest
		}
		ok, err := path.Match(p, name)
		return err == nil && ok
	})
}

func wholeOf(scope resource.Scope) whole {
	w := whole{imported: map[string]bool{}, unwanted: map[string]bool{}, ignored: map[string]ignore{}}
	for _, name := range scope.All {
		w.imported[name] = true
		w.all = w.all || name == "*"
	}
	for _, x := range scope.Wanted {
		if x.Address.Kind != "schema" {
			continue
		}
		name := x.Locate.Get("name").Str()
		w.unwanted[name] = x.Locate.Get("exclusive").Bool()
		w.ignored[name] = x.Locate.Get("ignore").StringList()
	}
	return w
}

// findRest finds what nobody declared and no ledger knows, where that is asked
// for: for import, and in exclusive schemas. It gets an address that nothing
// else has.
func (s *snapshot) findRest(scope resource.Scope) {
	w := wholeOf(scope)
	s.ignored = w.ignored
	if len(w.imported) == 0 && !slices.Contains(slices.Collect(maps.Values(w.unwanted)), true) {
		return
	}
	used := map[resource.Address]bool{}
	for a := range s.live {
		used[a] = true
	}
	for _, x := range scope.Wanted {
		used[x.Address] = true
	}
	for _, kind := range slices.Sorted(maps.Keys(readers)) {
		list := readers[kind].list
		if list == nil {
			continue
		}
		for _, t := range list(s) {
			var schema string
			if n := s.schemaOf[t.schema]; n != nil {
				schema = n.name
			}
			imported := w.all || w.imported[schema]
			unwanted := w.unwanted[schema] && s.mayGo(kind, t)
			if s.taken[t.oid] || !imported && !unwanted || w.ignored[schema].match(kind, t.name) {
				continue
			}
			before := schema
			if _, table, ok := sqltext.SplitQualified(t.at.Get("table").Str()); ok {
				before = table
			}
			a := unusedAddress(used, kind, before, t.at.Get("name").Str())
			l := s.locate(a, t.at)
			if l == nil {
				continue
			}
			l.Undeclared, l.Unwanted = true, unwanted
			s.live[a], used[a] = l, true
			s.going[t.oid] = unwanted
		}
	}
	s.findGrants(w, used)
}

// mayGo tells whether a thing is one that stands by itself: a trigger of a
// table that goes, goes with it.
func (s *snapshot) mayGo(kind string, t thing) bool {
	if on := s.relation[t.oid]; kind == "table" && on != nil && on.partition {
		return false // a partition manager makes and drops it
	}
	return kind != "schema" && (!t.at.Has("table") || s.onTaken(t))
}

// unusedAddress makes an address of a name, with that of the schema or table
// before it or a number behind it where that is needed.
func unusedAddress(used map[resource.Address]bool, kind, schema, name string) resource.Address {
	base := LabelOf(name)
	for n := 1; ; n++ {
		label := base
		switch {
		case n == 2:
			label = LabelOf(schema + "_" + name)
		case n > 2:
			label += "_" + strconv.Itoa(n-1)
		}
		if a := (resource.Address{Kind: kind, Name: label}); !used[a] {
			return a
		}
	}
}

// LabelOf makes a name one that a block can have and a reference can say.
func LabelOf(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', b.Len() > 0 && (r >= '0' && r <= '9' || r == '-'):
			b.WriteRune(r)
		case b.Len() > 0:
			b.WriteByte('_')
		}
	}
	if label := strings.TrimRight(b.String(), "_-"); label != "" {
		return label
	}
	return "x"
}

// CheckPattern tells whether a pattern of what to ignore can be read.
func CheckPattern(p string) error {
	_, err := path.Match(p, "")
	return err
}
