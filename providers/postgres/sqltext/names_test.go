package sqltext

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT a.b FROM app.t":               "a.b app.t",
		`SELECT * FROM "My ""S"""."T.x" AS t`: `My "S".T.x`,
		"App.T":                               "app.t",
		"app . t":                             "app.t",
		"app\n.\nt":                           "app.t",
		"db.app.t":                            "db.app app.t",
		"'app.t' || app.f('x.y')":             "app.f",
		"E'\\' app.t' || a.b":                 "a.b",
		"$$app.t$$ || $x$ a.b $x$ || c.d":     "c.d",
		"-- app.t\na.b /* c.d /* e.f */ g.h */ i.j": "a.b i.j",
		"1.5 + 2.e3 + t.n":                          "t.n",
		"a.*, b.c":                                  "b.c",
		"(app.t).x":                                 "app.t",
		"x.größe":                                   "x.größe",
		`"open.`:                                    "",
		"a.b, 'open":                                "a.b",
		"arr[1].x, y.z":                             "y.z",
		"a.b.c.d":                                   "a.b b.c c.d",
		"SELECT t$1.a":                              "t$1.a",
	} {
		var got []string
		for _, n := range Names(text) {
			got = append(got, n.Schema+"."+n.Name)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %s, want %s", text, g, want)
		}
	}
}

// Whatever name is written as Qualified writes it is found again, at its place.
func TestNamesFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema, name := rapid.StringN(1, 20, 60).Draw(t, "schema"), rapid.StringN(1, 20, 60).Draw(t, "name")
		head := rapid.SampledFrom([]string{"SELECT * FROM ", "'x.y', ", "/* a.b */ ", "$$ a.b $$ || ", "1.5*"}).Draw(t, "head")
		text := head + Qualified(schema, name) + " AS x"
		found := Names(text)
		if len(found) != 1 || found[0].Schema != schema || found[0].Name != name || text[found[0].At:found[0].End] != Ident(schema) {
			t.Fatalf("%q: %v", text, found)
		}
	})
}

func TestQuery(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1":               "<nil>",
		"SELECT ';' AS \"a;\"":   "<nil>",
		"SELECT 1 -- ; \n":       "<nil>",
		"SELECT 1 /* ; */":       "<nil>",
		"SELECT $x$ ; $$ $x$":    "<nil>",
		"SELECT (1":              errParen.Error(),
		"SELECT 1)":              errParen.Error(),
		"SELECT 1; DROP TABLE x": errSemicolon.Error(),
		"SELECT 'x":              errQuote.Error(),
		"SELECT \"x":             errQuote.Error(),
		"SELECT 1 -- x":          errOpenComment.Error(),
		"SELECT 1 /* x":          errQuote.Error(),
		"  ":                     errEmpty.Error(),
		"SELECT '\x00'":          errNUL.Error(),
		"SELECT \x00":            errNUL.Error(),
	} {
		if got := fmt.Sprint(Query(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		" SELECT 1 ;\n ; ":  "SELECT 1",
		"SELECT 1 -- why\n": "SELECT 1 -- why\n",
	} {
		if got := TrimQuery(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestHasStar(t *testing.T) {
	for text, want := range map[string]bool{
		"SELECT * FROM app.t": true, "SELECT t.* FROM app.t": true, "SELECT 1, * FROM app.t": true, "SELECT DISTINCT * FROM t": true,
		"SELECT DISTINCT ON (a) * FROM t": true, "SELECT /* all */ * FROM t": true,
		"SELECT count(*) FROM app.t": false, "SELECT a * 2 FROM app.t": false, "SELECT '*' FROM t -- *": true, "SELECT '*' FROM t": false,
		`SELECT "*" FROM t`: false,
	} {
		if got := HasStar(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
