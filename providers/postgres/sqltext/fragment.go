package sqltext

import (
	"errors"
	"strings"
)

// Why a text cannot be put into a statement.
var (
	errEmpty     = errors.New("it is empty")
	errSemicolon = errors.New("it has a semicolon, which ends a statement")
	errComment   = errors.New("it has a comment, which could hide what follows")
	errQuote     = errors.New("a quote is not closed")
	errParen     = errors.New("its parentheses do not match")
	errNUL       = errors.New("it has a NUL character, which Postgres cannot take")
)

// Fragment tells whether a text, such as an expression or a type, can stand inside a statement without leaving its place:
// quotes and parentheses are closed, and nothing in it ends the statement or hides what follows. Whether it means
// something, only the server knows.
func Fragment(text string) error {
	if strings.TrimSpace(text) == "" {
		return errEmpty
	}
	var open []byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == 0:
			return errNUL
		case c == ';':
			return errSemicolon
		case strings.HasPrefix(text[i:], "--"), strings.HasPrefix(text[i:], "/*"):
			return errComment
		case c == '(' || c == '[':
			open = append(open, c)
		case c == ')' || c == ']':
			if n := len(open); n == 0 || (open[n-1] == '(') != (c == ')') {
				return errParen
			}
			open = open[:len(open)-1]
		case c == '\'' || c == '"':
			end := closing(text, i, c == '\'' && isEscapeString(text, i))
			if end < 0 {
				return errQuote
			}
			i = end
		case c == '$':
			tag := dollarTag(text, i)
			if tag == "" {
				continue
			}
			end := strings.Index(text[i+len(tag):], tag)
			if end < 0 {
				return errQuote
			}
			i += len(tag) + end + len(tag) - 1
		}
	}
	if len(open) > 0 {
		return errParen
	}
	return nil
}

// closing finds the quote that closes the one at i; -1 if there is none. A doubled quote is part of the text.
func closing(text string, i int, escapes bool) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i
		}
	}
	return -1
}

// isEscapeString tells whether the quote at i belongs to an E'…' string, in which a backslash escapes.
func isEscapeString(text string, i int) bool {
	return i > 0 && (text[i-1] == 'E' || text[i-1] == 'e') && (i == 1 || !wordByte(text[i-2]))
}

// dollarTag gives the $tag$ that begins at i; "" if the dollar is something else, such as a part of a name.
func dollarTag(text string, i int) string {
	if i > 0 && wordByte(text[i-1]) {
		return ""
	}
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '$':
			return text[i : j+1]
		case !wordByte(text[j]) || j == i+1 && '0' <= text[j] && text[j] <= '9':
			return ""
		}
	}
	return ""
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
