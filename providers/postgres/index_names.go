package postgres

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// keyNames are the names by which Postgres calls the keys and the included columns of an index in a name that it makes up
// for it (ChooseIndexColumnNames in the server's source).
func (i *indexDef) keyNames() []string {
	var out []string
	add := func(name string) {
		base := name
		for n := 1; slices.Contains(out, name); n++ {
			name = base + strconv.Itoa(n)
		}
		out = append(out, name)
	}
	for _, key := range i.on {
		add(keyName(key))
	}
	for _, column := range i.include {
		add(column)
	}
	return out
}

// keyName is what Postgres calls a key of an index: its column, or what FigureColname makes of its expression.
func keyName(key string) string {
	key = strings.TrimSpace(key)
	if strings.HasPrefix(key, "(") {
		if end := closing(key); end > 0 {
			return expressionName(key[:end+1])
		}
		return "expr"
	}
	word := leadingName(key)
	if word == "" {
		return "expr"
	}
	return expressionName(key[:len(word)+callLength(key[len(word):])])
}

// expressionName is the name of a column that is an expression; "expr" where there is none in it.
func expressionName(text string) string {
	name, _ := figure(text)
	if name == "" {
		return "expr"
	}
	return name
}

// figure finds a name in an expression; sure is false for one that a better one beats.
func figure(text string) (name string, sure bool) {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "(") && closing(text) == len(text)-1 {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if at := lastCast(text); at >= 0 {
		if name, sure = figure(text[:at]); sure {
			return name, true
		}
		return argumentTypeName(text[at+2:]), false
	}
	word := leadingName(text)
	rest := text[len(word):]
	_, last, ok := sqltext.SplitQualified(word)
	switch {
	case word == "" || !ok:
		return "", false
	case strings.EqualFold(word, "case"):
		return "case", false
	case strings.TrimSpace(rest) == "":
		if strings.EqualFold(word, "null") || strings.EqualFold(word, "true") || strings.EqualFold(word, "false") {
			return "", false
		}
		return last, true
	case callLength(rest) == len(rest):
		return last, true
	default:
		return "", false
	}
}

// callLength is the length of the arguments of a call at the start of a text; 0 if there are none.
func callLength(text string) int {
	trimmed := strings.TrimLeft(text, " ")
	if !strings.HasPrefix(trimmed, "(") {
		return 0
	}
	if end := closing(trimmed); end > 0 {
		return len(text) - len(trimmed) + end + 1
	}
	return 0
}

// argumentTypeName is the name of a type without its modifier.
func argumentTypeName(text string) string {
	text = strings.TrimSpace(text)
	if word := leadingName(text); word != "" {
		if _, name, ok := sqltext.SplitQualified(word); ok {
			if canonical, is := internalTypes[strings.ToLower(name)]; is {
				return canonical
			}
			return name
		}
	}
	return ""
}

// internalTypes are the types whose word in SQL is not their name.
var internalTypes = map[string]string{
	"integer": "int4", "int": "int4", "bigint": "int8", "smallint": "int2", "real": "float4", "double": "float8",
	"boolean": "bool", "character": "bpchar", "decimal": "numeric",
}

// closing is where the parenthesis ends with which a text begins; -1 if it does not.
func closing(text string) int {
	depth := 0
	for i, quote := 0, byte(0); i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// lastCast is where the last cast outside of parentheses begins, if nothing but its type comes after it; -1 if none does.
func lastCast(text string) int {
	at, depth := -1, 0
	for i, quote := 0, byte(0); i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && c == ':' && i+1 < len(text) && text[i+1] == ':':
			at = i
			i++
		case depth == 0 && strings.ContainsRune("+-*/%<>=~!@#^&|?", rune(c)):
			return -1 // an operator binds less than a cast
		}
	}
	return at
}

// leadingName is the name, quoted and qualified as it may be, with which a text begins.
func leadingName(text string) string {
	quoted := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && c != '.' && c != '_' && c != '$' && c < 128 && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z'):
			return text[:i]
		}
	}
	return text
}
