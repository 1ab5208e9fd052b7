package catalog

import (
	"errors"
	"strings"
)

// This file walks over SQL text token by token, as far as is needed to tell
// what stands inside quotes and parentheses from what does not.

// skip gives the index behind the token at i: a whole quoted text, quoted name,
// dollar-quoted body or comment, else one byte. It is -1 if the token does not
// end.
func skip(s string, i int) int {
	switch c := s[i]; {
	case c == '\'':
		escapes := i > 0 && (s[i-1] == 'e' || s[i-1] == 'E') && (i < 2 || !wordByte(s[i-2]))
		for j := i + 1; j < len(s); j++ {
			switch {
			case escapes && s[j] == '\\':
				j++
			case s[j] == '\'' && j+1 < len(s) && s[j+1] == '\'':
				j++
			case s[j] == '\'':
				return j + 1
			}
		}
		return -1
	case c == '"':
		end := strings.IndexByte(s[i+1:], '"')
		if end < 0 {
			return -1
		}
		return i + 1 + end + 1 // a doubled quote reads as two names in a row: no matter here
	case strings.HasPrefix(s[i:], "--"):
		if end := strings.IndexByte(s[i:], '\n'); end >= 0 {
			return i + end + 1
		}
		return -1 // it would swallow what is put behind the text
	case strings.HasPrefix(s[i:], "/*"):
		depth := 1
		for j := i + 2; j < len(s); j++ {
			switch {
			case strings.HasPrefix(s[j:], "/*"):
				depth++
				j++
			case strings.HasPrefix(s[j:], "*/"):
				j++
				if depth--; depth == 0 {
					return j + 1
				}
			}
		}
		return -1
	case c == '$' && (i == 0 || !wordByte(s[i-1])):
		end := i + 1
		for end < len(s) && wordByte(s[end]) && s[end] != '$' {
			end++
		}
		if end >= len(s) || s[end] != '$' || end > i+1 && s[i+1] >= '0' && s[i+1] <= '9' {
			return i + 1
		}
		tag := s[i : end+1]
		if body := strings.Index(s[end+1:], tag); body >= 0 {
			return end + 1 + body + len(tag)
		}
		return -1
	}
	return i + 1
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

var (
	errOpen  = errors.New("a quote, comment or parenthesis is not closed")
	errClose = errors.New("there is a closing parenthesis too many")
	errSemi  = errors.New("it has a semicolon: write one expression")
)

// single tells whether text can stand as one expression inside parentheses of
// a statement: nothing in it ends the statement or the parentheses.
func single(text string) error {
	depth := 0
	for i := 0; i < len(text); {
		switch text[i] {
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth < 0 {
				return errClose
			}
		case ';':
			return errSemi
		}
		if i = skip(text, i); i < 0 {
			return errOpen
		}
	}
	if depth != 0 {
		return errOpen
	}
	if strings.TrimSpace(text) == "" {
		return errors.New("it is empty")
	}
	return nil
}

// words are all names that occur in a text outside strings and comments,
// keywords included.
func words(text string) map[string]bool {
	out := map[string]bool{}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := i + 1
			for end < len(text) && (text[end] != '"' || end+1 < len(text) && text[end+1] == '"') {
				if text[end] == '"' {
					end++
				}
				end++
			}
			out[strings.ReplaceAll(text[i+1:min(end, len(text))], `""`, `"`)] = true
			i = end + 1
		case wordByte(c) && c != '$':
			end := i
			for end < len(text) && wordByte(text[end]) {
				end++
			}
			// Unquoted names fold to small letters, but only those of ASCII.
			out[strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					return r + 'a' - 'A'
				}
				return r
			}, text[i:end])] = true
			i = end
		default:
			if i = skip(text, i); i < 0 {
				return out
			}
		}
	}
	return out
}

// closing gives the index of the parenthesis that closes the one at open; -1
// if there is none.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
		if i = skip(s, i); i < 0 {
			return -1
		}
	}
	return -1
}

// find gives the index of a word outside quotes and parentheses; -1 if there
// is none.
func find(s, word string) int {
	depth := 0
	for i := 0; i < len(s); {
		if depth == 0 && strings.HasPrefix(s[i:], word) {
			return i
		}
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if i = skip(s, i); i < 0 {
			return -1
		}
	}
	return -1
}

// split cuts a list at its commas outside quotes and parentheses.
func split(s string) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(s); {
		switch s[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
		if i = skip(s, i); i < 0 {
			break
		}
	}
	return append(out, strings.TrimSpace(s[start:]))
}

// indexDef takes apart what pg_get_indexdef prints: the keys, each with its
// collation, operator class and order, and the predicate.
func indexDef(def string) (keys []string, where string) {
	using := find(def, " USING ")
	if using < 0 {
		return nil, ""
	}
	rest := def[using:]
	open := strings.IndexByte(rest, '(') // the name of an access method has none
	if open < 0 {
		return nil, ""
	}
	end := closing(rest, open)
	if end < 0 {
		return nil, ""
	}
	keys = split(rest[open+1 : end])
	rest = rest[end+1:]
	if at := find(rest, " WHERE "); at >= 0 {
		where = rest[at+len(" WHERE "):]
	}
	return keys, where
}

// exclusionDef takes apart what pg_get_constraintdef prints of an exclusion
// constraint: the elements, each with its operator, and the predicate.
func exclusionDef(def string) (elements []string, where string) {
	open := strings.IndexByte(def, '(') // the name of an access method has none
	if !strings.HasPrefix(def, "EXCLUDE USING ") || open < 0 {
		return nil, ""
	}
	end := closing(def, open)
	if end < 0 {
		return nil, ""
	}
	elements = split(def[open+1 : end])
	rest := def[end+1:]
	if at := find(rest, " WHERE ("); at >= 0 {
		open := at + len(" WHERE ")
		if end := closing(rest, open); end > 0 {
			where = rest[open+1 : end]
		}
	}
	return elements, where
}

// triggerWhen takes the condition out of what pg_get_triggerdef prints.
func triggerWhen(def string) string {
	at := find(def, " WHEN (")
	if at < 0 {
		return ""
	}
	open := at + len(" WHEN ")
	end := closing(def, open)
	if end < 0 {
		return ""
	}
	return def[open+1 : end]
}
