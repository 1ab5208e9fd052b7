package sqltext

import (
	"errors"
	"strings"
)

var errOpenComment = errors.New("a comment at its end would hide what follows: end it with a new line")

// Name is a name with its schema as it stands in a statement: "schema.name", each part quoted or not. What looks like one
// and is not (alias.column) is a Name too: only who knows the schemas can tell.
type Name struct {
	Schema, Name string
	At, End      int // the bytes of the schema in the text
}

// Names lists what stands in a text as one name behind another with a dot between, outside strings and comments.
func Names(text string) []Name {
	var out []Name
	type part struct {
		name    string
		at, end int
	}
	var before *part // the name in front, if only a dot has followed
	dot := false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			i++
			continue
		case c == '.' && before != nil && !dot:
			dot = true
			i++
			continue
		case c == '"' || startsName(c):
			p := readName(text, i)
			if p.end < 0 {
				return out
			}
			if text[i] != '"' && p.end < len(text) && text[p.end] == '\'' { // E'…', B'…', X'…'
				before, dot, i = nil, false, p.end
				continue
			}
			if before != nil && dot {
				out = append(out, Name{Schema: before.name, Name: p.name, At: before.at, End: before.end})
			}
			before, dot, i = &part{p.name, i, p.end}, false, p.end
			continue
		}
		before, dot = nil, false
		if i = pass(text, i); i < 0 {
			return out
		}
	}
	return out
}

func startsName(c byte) bool { return wordByte(c) && (c < '0' || c > '9') }

// readName reads the name at i; end is -1 where its quote is not closed.
func readName(text string, i int) (p struct {
	name string
	end  int
}) {
	if text[i] == '"' {
		end := closing(text, i, false)
		if end < 0 {
			p.end = -1
			return p
		}
		p.name, p.end = strings.ReplaceAll(text[i+1:end], `""`, `"`), end+1
		return p
	}
	end := i
	for end < len(text) && (wordByte(text[end]) || text[end] == '$') {
		end++
	}
	p.name, p.end = folded(text[i:end]), end
	return p
}

// folded makes small letters of the capitals of ASCII, as the server does with names without quotes.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// pass gives the index behind the token at i, which is no name: a string, a comment, a number, or one byte; -1 if it does
// not end.
func pass(text string, i int) int {
	switch c := text[i]; {
	case c == '\'':
		end := closing(text, i, isEscapeString(text, i))
		if end < 0 {
			return -1
		}
		return end + 1
	case strings.HasPrefix(text[i:], "--"):
		if end := strings.IndexByte(text[i:], '\n'); end >= 0 {
			return i + end + 1
		}
		return -1
	case strings.HasPrefix(text[i:], "/*"):
		for j, depth := i+2, 1; j < len(text); j++ {
			switch {
			case strings.HasPrefix(text[j:], "/*"):
				depth++
				j++
			case strings.HasPrefix(text[j:], "*/"):
				j++
				if depth--; depth == 0 {
					return j + 1
				}
			}
		}
		return -1
	case c == '$':
		tag := dollarTag(text, i)
		if tag == "" {
			return i + 1
		}
		end := strings.Index(text[i+len(tag):], tag)
		if end < 0 {
			return -1
		}
		return i + len(tag) + end + len(tag)
	case '0' <= c && c <= '9':
		for i < len(text) && (wordByte(text[i]) || text[i] == '.') {
			i++
		}
		return i
	}
	return i + 1
}

// Query tells whether a text can stand as one query, or one command, inside a statement: like Fragment, but comments that
// end are part of people's queries, and a last semicolon does no harm.
func Query(text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return errNUL
	}
	depth := 0
	for i := 0; i < len(text); {
		switch text[i] {
		case ';':
			return errSemicolon
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth < 0 {
				return errParen
			}
		case '"':
			end := closing(text, i, false)
			if end < 0 {
				return errQuote
			}
			i = end + 1
			continue
		}
		next := pass(text, i)
		if next < 0 && strings.HasPrefix(text[i:], "--") {
			return errOpenComment
		}
		if next < 0 {
			return errQuote
		}
		i = next
	}
	if depth != 0 {
		return errParen
	}
	if strings.TrimSpace(text) == "" {
		return errEmpty
	}
	return nil
}

// TrimQuery takes white space and last semicolons off a query, and the blank space in front.
func TrimQuery(text string) string {
	text = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(text), "; \t\r\n"))
	if Query(text) == errOpenComment {
		return text + "\n" // which ended the comment
	}
	return text
}

// HasStar tells whether a query may take all columns of something: a star behind SELECT, a comma, a dot
// or a parenthesis, which a product may have too.
func HasStar(text string) bool {
	last := ""
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '*' && (last == "." || last == "," || last == "select" || last == "distinct" || last == "all" || last == ")"):
			return true
		case c == '"' || startsName(c):
			p := readName(text, i)
			if p.end < 0 {
				return true
			}
			last, i = p.name, p.end
			continue
		case !strings.HasPrefix(text[i:], "--") && !strings.HasPrefix(text[i:], "/*"):
			last = text[i : i+1]
		}
		if i = pass(text, i); i < 0 {
			return true
		}
	}
	return false
}
