package catalog

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// words2names replaces names in texts.
type words2names struct {
	schemas map[string]string
	things  map[home]home
	values  map[home]map[string]string // of enums
}

func newWords2names() *words2names {
	return &words2names{schemas: map[string]string{}, things: map[home]home{}, values: map[home]map[string]string{}}
}

func (w *words2names) value(enum home, from, to string) {
	if w.values[enum] == nil {
		w.values[enum] = map[string]string{}
	}
	w.values[enum][from] = to
}

// name gives what a thing is called instead.
func (w *words2names) name(h home) (home, bool) {
	if to, ok := w.things[h]; ok {
		return to, true
	}
	if to, ok := w.schemas[h.schema]; ok {
		return home{to, h.name}, true
	}
	return h, false
}

// text replaces the qualified names in a text that the server printed, also
// where they are constants of a type such as regclass.
func (w *words2names) text(s string) string { return w.replace(s, nil, false) }

// written does the same for a text that people wrote, where such a constant
// needs no cast, nor has the value of an enum among some.
func (w *words2names) written(s string, enums map[home]bool) string { return w.replace(s, enums, true) }

func (w *words2names) replace(s string, enums map[home]bool, written bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if c := s[i]; c == '"' || wordByte(c) && c != '$' && (c < '0' || c > '9') {
			first, rest, ok := cutIdent(s[i:])
			if ok && strings.HasPrefix(rest, ".") {
				if second, after, ok := cutIdent(rest[1:]); ok {
					end := len(s) - len(after)
					if to, changed := w.name(home{first, second}); changed {
						b.WriteString(qualified(to.schema, to.name))
					} else {
						b.WriteString(s[i:end])
					}
					i = end
					continue
				}
			}
			end := len(s) - len(rest)
			if !ok || end <= i {
				end = i + 1
			}
			b.WriteString(s[i:end])
			i = end
			continue
		}
		end := skip(s, i)
		if end < 0 {
			b.WriteString(s[i:])
			break
		}
		if s[i] == '\'' {
			b.WriteString(w.constant(s[i:end], s[end:], enums, written))
		} else {
			b.WriteString(s[i:end])
		}
		i = end
	}
	return b.String()
}

// constant replaces a quoted text, by what follows it.
func (w *words2names) constant(quoted, rest string, enums map[home]bool, written bool) string {
	text := strings.ReplaceAll(quoted[1:len(quoted)-1], "''", "'")
	cast, hasCast := strings.CutPrefix(rest, "::")
	if schema, name, ok := sqltext.SplitQualified(text); ok && (strings.HasPrefix(cast, "reg") && hasCast || written) {
		if to, changed := w.name(home{schema, name}); changed {
			return sqltext.Literal(qualified(to.schema, to.name))
		}
	}
	if hasCast {
		if schema, after, ok := cutIdent(cast); ok && strings.HasPrefix(after, ".") {
			if name, _, ok := cutIdent(after[1:]); ok {
				if to, ok := w.values[home{schema, name}][text]; ok {
					return sqltext.Literal(to)
				}
			}
		}
		return quoted
	}
	for enum := range enums {
		if to, ok := w.values[enum][text]; ok {
			return sqltext.Literal(to)
		}
	}
	return quoted
}

// cutIdent takes an identifier off the front.
func cutIdent(s string) (name, rest string, ok bool) {
	end := 0
	switch {
	case s == "":
		return "", s, false
	case s[0] == '"':
		for end = 1; end < len(s); end++ {
			if s[end] == '"' {
				if end+1 < len(s) && s[end+1] == '"' {
					end++
					continue
				}
				break
			}
		}
		if end >= len(s) {
			return "", s, false
		}
		end++
	default:
		for end < len(s) && wordByte(s[end]) {
			end++
		}
	}
	_, name, ok = sqltext.SplitQualified(s[:end])
	return name, s[end:], ok
}

// notNames are attributes that hold no text of the server's: what stands in
// them stays.
var notNames = map[string]bool{"name": true, "schema": true, "comment": true, "owner": true, "body": true, "values": true, "effective": true}

// attrs replaces names in all texts of a thing.
func (w *words2names) attrs(v resource.Value) resource.Value {
	fields := slices.Clone(v.Fields())
	for i, f := range fields {
		if !notNames[f.Name] {
			fields[i].Value = w.below(f.Value)
		}
	}
	return resource.Object(fields...)
}

func (w *words2names) below(v resource.Value) resource.Value {
	switch v.Kind() {
	case resource.KindString:
		if to := w.text(v.Str()); to != v.Str() {
			return resource.String(to)
		}
	case resource.KindList:
		items := make([]resource.Value, len(v.Items()))
		for i, it := range v.Items() {
			items[i] = w.below(it)
		}
		return resource.List(items...)
	case resource.KindObject:
		fields := make([]resource.Field, len(v.Fields()))
		for i, f := range v.Fields() {
			fields[i] = f
			if f.Name != "comment" || f.Value.Kind() == resource.KindObject { // a column may be called so
				fields[i].Value = w.below(f.Value)
			}
		}
		return resource.Object(fields...)
	}
	return v
}
