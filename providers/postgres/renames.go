package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// findRenames matches renamed_from with what is there: the former column still is, and the new one is not yet.
func (c *tableChange) findRenames(live resource.Value) {
	for i := range c.want.columns {
		w := &c.want.columns[i]
		if w.renamedFrom != "" && !live.Has(w.name) && live.Has(w.renamedFrom) && c.want.column(w.renamedFrom) == nil {
			c.renames[w.name] = w.renamedFrom
		}
	}
}

// carried is a delta without what a renaming of columns brings about by itself: keys, indexes and checks go along, as
// Postgres knows columns by number.
func (c *tableChange) carried(d *resource.Delta) *resource.Delta {
	if len(c.renames) == 0 && len(c.renamedTables) == 0 {
		return d
	}
	to := map[string]string{}
	for name, from := range c.renames {
		to[from] = name
	}
	out, live := *d, *d.Live
	out.Live = &live
	for _, attr := range []string{"primary_key", "uniques", "checks", "indexes", "exclusions", "statistics", partForeignKeys} {
		if v := live.Attrs.Get(attr); !v.IsNull() {
			live.Attrs = live.Attrs.With(attr, c.follow(renamed(v, to)))
		}
	}
	out.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(ch resource.Change) bool {
		return ch.Path[0] != "columns" && !ch.Live.IsNull() && c.follow(renamed(ch.Live, to)).Equal(ch.Desired)
	})
	return &out
}

// follow gives the foreign keys in a value the new names of tables that are renamed.
func (p *planner) follow(v resource.Value) resource.Value {
	switch v.Kind() {
	case resource.KindString:
		if to, ok := p.renamedTables[v.Str()]; ok {
			return resource.String(to)
		}
	case resource.KindObject:
		fields := slices.Clone(v.Fields())
		for i := range fields {
			if fields[i].Name == "references" || fields[i].Value.Kind() == resource.KindObject {
				fields[i].Value = p.follow(fields[i].Value)
			}
		}
		return resource.Object(fields...)
	}
	return v
}

// renamed gives a value with columns under other names, wherever its texts mention them.
func renamed(v resource.Value, to map[string]string) resource.Value {
	switch v.Kind() {
	case resource.KindString:
		if name, ok := to[v.Str()]; ok {
			return resource.String(name)
		}
		return resource.String(renamedText(v.Str(), to))
	case resource.KindList:
		items := make([]resource.Value, len(v.Items()))
		for i, it := range v.Items() {
			items[i] = renamed(it, to)
		}
		return resource.List(items...)
	case resource.KindObject:
		fields := slices.Clone(v.Fields())
		for i := range fields {
			if name := fields[i].Name; name != "comment" && name != "index_comment" { // people's words stay
				fields[i].Value = renamed(fields[i].Value, to)
			}
		}
		return resource.Object(fields...)
	default:
		return v
	}
}

// renamedText replaces identifiers in an expression as the server prints it. Strings are left alone.
func renamedText(text string, to map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		end := i + 1
		switch {
		case c == '\'':
			for end < len(text) && text[end] != '\'' {
				end++
			}
			end = min(end+1, len(text))
			b.WriteString(text[i:end])
			i = end
			continue
		case c == '"':
			for end < len(text) && text[end] != '"' {
				end++
			}
			end = min(end+1, len(text))
		case isNameByte(c):
			for end < len(text) && isNameByte(text[end]) {
				end++
			}
		}
		word := text[i:end]
		if _, name, ok := sqltext.SplitQualified(word); ok && to[name] != "" {
			word = sqltext.Ident(to[name])
		}
		b.WriteString(word)
		i = end
	}
	return b.String()
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
