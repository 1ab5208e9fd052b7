package sqltext

import (
	"strconv"
	"strings"
)

// Ident writes a name as an SQL identifier, quoted only where it must be: pg_dump's rule, so that plans read like dumps.
func Ident(name string) string {
	if plain(name) {
		return name
	}
	return Quoted(name)
}

// Quoted writes a name as an SQL identifier that is quoted in any case.
func Quoted(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func plain(name string) bool {
	if name == "" || keywords[name] {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', c == '_':
		case i > 0 && '0' <= c && c <= '9':
		default:
			return false // capitals fold to small letters unless quoted; the rest is for the scanner to stumble over
		}
	}
	return true
}

// Idents writes names as a comma-separated list of identifiers.
func Idents(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = Ident(n)
	}
	return strings.Join(out, ", ")
}

// Qualified writes schema.name. Without a schema it is the name alone.
func Qualified(schema, name string) string {
	if schema == "" {
		return Ident(name)
	}
	return Ident(schema) + "." + Ident(name)
}

// SplitQualified reads what Qualified writes: a schema ("" for none) and a name, each quoted or not. ok is false for
// any other text.
func SplitQualified(text string) (schema, name string, ok bool) {
	first, rest, ok := readIdent(text)
	if !ok {
		return "", "", false
	}
	if rest == "" {
		return "", first, true
	}
	if rest[0] != '.' {
		return "", "", false
	}
	second, rest, ok := readIdent(rest[1:])
	return first, second, ok && rest == ""
}

// readIdent takes one identifier off the front. An unquoted one is folded to small letters, as the server does.
func readIdent(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, `."`)
		if end < 0 {
			end = len(s)
		}
		name = strings.ToLower(s[:end])
		return name, s[end:], name != "" && !strings.ContainsAny(name, " \t\n;()'")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '"':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		default:
			return b.String(), s[i+1:], b.Len() > 0
		}
	}
	return "", "", false
}

// Literal writes a text as an SQL string. A backslash makes it an escape string, so that the result does not depend on
// standard_conforming_strings.
func Literal(s string) string {
	q := `'` + strings.ReplaceAll(s, `'`, `''`) + `'`
	if strings.Contains(s, `\`) {
		return `E` + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}

// Literals writes texts as a comma-separated list of SQL strings.
func Literals(texts []string) string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = Literal(s)
	}
	return strings.Join(out, ", ")
}

// Dollar writes a body between dollar quotes, with a tag that does not occur in it: $$ … $$, $body$ … $body$,
// $body1$ … $body1$.
func Dollar(body string) string {
	tag := "$$"
	// A body that ends in $ would join its last character with the closing tag; so would any prefix of the tag.
	for n := 0; strings.Contains(body+"$", tag); n++ {
		tag = "$body$"
		if n > 0 {
			tag = "$body" + strconv.Itoa(n) + "$"
		}
	}
	return tag + body + tag
}
