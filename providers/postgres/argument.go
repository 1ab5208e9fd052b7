package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// argumentsType is the type of the arguments of functions, procedures and aggregates.
var argumentsType = resource.ListOf(resource.OneOf(resource.Text, resource.ObjectOf(
	resource.Attr{
		Name: "mode", Type: resource.Text, Enum: []string{"IN", "OUT", "INOUT", "VARIADIC"},
		Doc: "Whether the caller passes it (IN), gets it (OUT), both (INOUT), or passes any number of it (VARIADIC). Default: IN.",
	},
	resource.Attr{Name: "name", Type: resource.Text, Check: checkIdent, Doc: "Name of the argument. Default: none."},
	resource.Attr{Name: "type", Type: anyType, Required: true, Doc: "A type of Postgres, or an enum, domain, composite type or range type."},
	resource.Attr{Name: "default", Type: resource.Text, Doc: "Expression for callers that leave the argument out. Default: none."},
)))

func argumentsAttr(name, what string) resource.Attr {
	return resource.Attr{
		Name: name, Type: argumentsType,
		Doc: what + `: "name type", with a mode before and a DEFAULT after it where wanted; or an object, whose type may be a reference. Default: none.`,
	}
}

// arguments reads a list of arguments, written or live.
func (x *index) arguments(v resource.Value) []argument {
	var out []argument
	for _, it := range v.Items() {
		if it.Kind() != resource.KindObject {
			out = append(out, parseArgument(it.Str()))
			continue
		}
		a := argument{mode: it.Get("mode").Str(), name: it.Get("name").Str(), def: strings.TrimSpace(it.Get("default").Str())}
		if a.mode == "IN" {
			a.mode = ""
		}
		a.typ, a.declared = x.typeText(it.Get("type"))
		out = append(out, a)
	}
	return out
}

// parseArgument reads "[mode] [name] type [DEFAULT expression]".
func parseArgument(text string) argument {
	var a argument
	head, def := cutDefault(strings.TrimSpace(text))
	a.def = def
	words := tokens(head)
	if len(words) > 1 {
		switch mode := strings.ToUpper(words[0]); mode {
		case "IN":
			words = words[1:]
		case "OUT", "INOUT", "VARIADIC":
			a.mode, words = mode, words[1:]
		}
	}
	a.typ = strings.Join(words, " ")
	if _, builtin := staticType(a.typ); !builtin && len(words) > 1 && !isInterval(words) && !strings.HasPrefix(words[1], "[") && !strings.HasPrefix(words[1], "(") {
		_, name, ok := sqltext.SplitQualified(words[0])
		if !ok {
			name = words[0]
		}
		a.name, a.typ = name, strings.Join(words[1:], " ")
	}
	return a
}

// isInterval tells whether words are an interval with fields, whose first word is not a name.
func isInterval(words []string) bool {
	switch strings.ToLower(words[1]) {
	case "year", "month", "day", "hour", "minute", "second":
		return strings.EqualFold(words[0], "interval")
	}
	return false
}

// tokens cuts a text at its spaces outside quotes and parentheses.
func tokens(text string) []string {
	var out []string
	quoted, depth, start := false, 0, -1
	for i := range len(text) {
		c := text[i]
		space := c == ' ' || c == '\t' || c == '\n' || c == '\r'
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && c == '(':
			depth++
		case !quoted && c == ')':
			depth--
		}
		if space && !quoted && depth == 0 {
			if start >= 0 {
				out = append(out, text[start:i])
			}
			start = -1
		} else if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		out = append(out, text[start:])
	}
	return out
}

// cutDefault cuts an argument at its DEFAULT, = or :=, outside quotes.
func cutDefault(text string) (head, def string) {
	quoted := false
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '=':
			return strings.TrimSuffix(text[:i], ":"), strings.TrimSpace(text[i+1:])
		case (c == 'd' || c == 'D') && i > 0 && text[i-1] <= ' ' && len(text) > i+8 && strings.EqualFold(text[i:i+7], "default") && (text[i+7] <= ' ' || text[i+7] == '(' || text[i+7] == '\''):
			return text[:i], strings.TrimSpace(text[i+7:])
		}
	}
	return text, ""
}

// standardBody tells whether the body is SQL that the server reads when the function is made: RETURN expression, or BEGIN
// ATOMIC … END. Neither can begin a body that is kept as text.
func (f *function) standardBody() bool {
	if f.language != "sql" {
		return false
	}
	words := tokens(f.body)
	switch {
	case len(words) > 0 && strings.EqualFold(words[0], "return"):
		return true
	case len(words) == 1:
		return len(words[0]) > 6 && strings.EqualFold(words[0][:6], "return") && !nameByte(words[0][6])
	default:
		return len(words) > 1 && strings.EqualFold(words[0], "begin") && strings.EqualFold(words[1], "atomic")
	}
}

// head is what stands between a function's name and its options.
func (f *function) head() string {
	args := make([]string, len(f.arguments))
	for i, a := range f.arguments {
		args[i] = a.String()
	}
	text := "(" + strings.Join(args, ", ") + ")"
	if f.returns != "" && f.word == "FUNCTION" {
		text += " RETURNS " + f.returns
	}
	return text
}

// nameByte tells whether a byte can stand in a name.
func nameByte(c byte) bool {
	return c == '_' || c == '"' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
