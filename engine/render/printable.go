package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable replaces what could steer a terminal or mislead a reader: control
// characters save newline and tab, and the marks that reverse the direction
// of text. They are shown by their code.
func printable(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		c := s[i]
		clean = c >= ' ' && c < 0x7f || c == '\n' || c == '\t'
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"): // a line of Windows
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			fmt.Fprintf(&b, `\x%02x`, r)
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// oneLine is printable text without line breaks.
func oneLine(s string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(printable(strings.TrimSpace(s)))
}

// columns is how many cells of a terminal a text takes: none for a combining
// mark, two for the wide characters of East Asia and for emoji.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	default:
		return 1
	}
}

// clip shortens a text to a number of cells, and says so with an ellipsis.
func clip(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n >= width {
			return s[:i] + "…"
		}
	}
	return s
}

// wrap breaks a text into lines of at most width cells, at spaces. Lines that
// are indented stay as they are: they are code.
func wrap(s string, width int) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") || columns(line) <= width {
			out = append(out, strings.TrimRight(line, " "))
			continue
		}
		cur, n := "", 0
		for word := range strings.FieldsSeq(line) {
			w := columns(word)
			if cur != "" && n+1+w > width {
				out, cur, n = append(out, cur), "", 0
			}
			if cur != "" {
				cur, n = cur+" ", n+1
			}
			cur, n = cur+word, n+w
		}
		out = append(out, cur)
	}
	return out
}

// Count words a number of things: "1 table", "28 tables".
func Count(n int, noun string) string {
	return thousands(int64(n)) + " " + plural(n, noun)
}

func plural(n int, noun string) string {
	switch {
	case n == 1, noun == "":
		return noun
	case strings.HasSuffix(noun, "s") && !strings.HasSuffix(noun, "ss"): // grants
		return noun
	case strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ss"):
		return noun + "es"
	case strings.HasSuffix(noun, "y") && !strings.ContainsAny(noun[max(0, len(noun)-2):len(noun)-1], "aeiou"):
		return noun[:len(noun)-1] + "ies"
	default:
		return noun + "s"
	}
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes in the unit that fits.
func size(n int64) string {
	const k = 1024
	switch {
	case n < k:
		return fmt.Sprintf("%d B", n)
	case n < k*k:
		return fmt.Sprintf("%.1f kB", float64(n)/k)
	case n < k*k*k:
		return fmt.Sprintf("%.1f MB", float64(n)/(k*k))
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/(k*k*k))
	}
}
