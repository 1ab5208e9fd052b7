package sqltext

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIdent(t *testing.T) {
	for name, want := range map[string]string{
		"orders":               `orders`,
		"_x1":                  `_x1`,
		"1x":                   `"1x"`,
		"Orders":               `"Orders"`,
		"group":                `"group"`,
		"timestamp":            `"timestamp"`,
		"bytes":                `bytes`,
		"user":                 `"user"`,
		"name":                 `name`,
		"a b":                  `"a b"`,
		"a-b":                  `"a-b"`,
		`a"b`:                  `"a""b"`,
		`x"; DROP TABLE y; --`: `"x""; DROP TABLE y; --"`,
		"größe":                `"größe"`,
		"":                     `""`,
		"a$b":                  `"a$b"`,
	} {
		if got := Ident(name); got != want {
			t.Errorf("Ident(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	for text, want := range map[string]string{
		"":       `''`,
		"it's":   `'it''s'`,
		`a\b'c`:  `E'a\\b''c'`,
		"a\nb":   "'a\nb'",
		`'; --`:  `'''; --'`,
		"größe$": "'größe$'",
	} {
		if got := Literal(text); got != want {
			t.Errorf("Literal(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestDollarNeverEndsEarly(t *testing.T) {
	for body, want := range map[string]string{
		"BEGIN END":        "$$BEGIN END$$",
		"a $$ b":           "$body$a $$ b$body$",
		"ends in $":        "$body$ends in $$body$",
		"$$ $body$":        "$body1$$$ $body$$body1$",
		"$body":            "$$$body$$",
		"$$ ends in $body": "$body1$$$ ends in $body$body1$",
	} {
		if got := Dollar(body); got != want {
			t.Errorf("Dollar(%q) = %s, want %s", body, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOfN(rapid.RuneFrom([]rune("$body1 ")), 0, 20, -1).Draw(t, "body")
		got := Dollar(body)
		tag := got[:strings.Index(got[1:], "$")+2]
		inner := got[len(tag):]
		if end := strings.Index(inner, tag); end != len(body) || inner[:end] != body {
			t.Fatalf("Dollar(%q) = %s: ends at %d", body, got, end)
		}
	})
}

func TestQualifiedIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := rapid.StringN(1, 10, -1).Draw(t, "schema")
		name := rapid.StringN(1, 10, -1).Draw(t, "name")
		s, n, ok := SplitQualified(Qualified(schema, name))
		if !ok || s != schema || n != name {
			t.Fatalf("%q.%q written %s, read %q.%q %v", schema, name, Qualified(schema, name), s, n, ok)
		}
	})
	for _, bad := range []string{"", ".", "a.", ".a", "a.b.c", `"a`, `"a"b`, "a b", `""`, "f(x)"} {
		if _, _, ok := SplitQualified(bad); ok {
			t.Errorf("SplitQualified(%q) took it", bad)
		}
	}
}

func TestFragment(t *testing.T) {
	for _, good := range []string{
		"now()", "'a;b'", `"x;y" > 0`, "E'it\\'s; '", "$$ ; -- $$", "$t$ ' $t$ || 'x'", "a[1] + (2)", "'it''s'", "a$1", "x - 1", "'--'",
		"numeric(10,2)[]", "a / b",
	} {
		if err := Fragment(good); err != nil {
			t.Errorf("Fragment(%q): %v", good, err)
		}
	}
	for _, bad := range []string{
		"", " ", "1); DROP TABLE x", "1;", "1 -- ", "1 /* x", "'a", `"a`, "(1", "1)", "(]", "$$ x", "'a\\'; DROP", "E'a\\'", "a\x00",
	} {
		if Fragment(bad) == nil {
			t.Errorf("Fragment(%q) took it", bad)
		}
	}
}
