package config_test

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tellr-dev/tellr/engine/config"
)

// Files that would take all stack, memory or time: each is an error, or works,
// and soon.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	rep := strings.Repeat
	double := func(first, next string) string {
		b := &strings.Builder{}
		b.WriteString("locals {\n  x0 = " + first + "\n")
		for i := range 60 {
			name := "local.x" + itoa(i)
			b.WriteString("  x" + itoa(i+1) + " = " + strings.ReplaceAll(next, "X", name) + "\n")
		}
		return b.String() + "}\n"
	}
	for name, src := range map[string]string{
		"brackets":       `locals { a = ` + rep("(", 200_000) + "1" + rep(")", 200_000) + ` }`,
		"open brackets":  `locals { a = ` + rep("[", 400_000),
		"objects":        `locals { a = ` + rep("{a=", 60_000) + "1" + rep("}", 60_000) + ` }`,
		"blocks":         rep("a {\n", 60_000) + rep("}\n", 60_000),
		"not":            `locals { a = ` + rep("!", 400_000) + `true }`,
		"minus":          `locals { a = ` + rep("- ", 400_000) + `1 }`,
		"not, newlines":  `locals { a = (` + rep("!\n", 200_000) + `true) }`,
		"conditions":     `locals { a = ` + rep("true ? 1 : ", 60_000) + `1 }`,
		"interpolations": `locals { a = ` + rep(`"${`, 200_000) + `1` + rep(`}"`, 200_000) + ` }`,
		"directives":     `locals { a = "` + rep("%{ if true }", 200_000) + rep("%{ endif }", 200_000) + `" }`,
		"sum":            `locals { a = 1` + rep(" + 1", 150_000) + ` }`,
		"and":            `locals { a = true` + rep(" && true", 150_000) + ` }`,
		"steps":          `locals { a = local.b` + rep(".c", 60_000) + "\n}",
		"indexes":        `locals { a = local.b` + rep("[0]", 100_000) + "\n}",
		"double text":    double(`"0123456789"`, `"${X}${X}"`),
		"double list":    double(`[1]`, `[X, X]`) + "view \"v\" {\n  sql = jsonencode(local.x60)\n}\n",
		"double equal":   double(`[1]`, `[X, X]`) + "locals {\n  e = local.x60 == local.x59\n}\n",
		"double columns": double(`{}`, `{ a = X, b = X }`) + "table \"t\" {\n  columns = local.x60\n}\n",
		"double checks":  double(`"x"`, `[X, X]`) + "view \"v\" {\n  after = local.x60\n}\n",
		"loops":          `locals { a = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : [for d in range(1000) : 1]]]] }`,
		"number":         `locals { a = 1e600000000 + 1 }`,
		"index number":   "view \"w\" {\n  for_each = {}\n}\nlocals {\n  a = view.w[1e600000000]\n}\n",
		"power":          `locals { a = pow(10, 400) }`,
		"format":         `locals { a = format("%9999999999s", "x") }`,
		"replace":        `locals { a = replace("` + rep("a", 100_000) + `", "a", "` + rep("b", 100_000) + `") }`,
		"indent":         `locals { a = indent(1000000000, "a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nb") }`,
		"product":        `locals { a = setproduct(range(1000), range(1000), range(1000)) }`,
		"yaml":           "locals {\n  a = yamldecode(\"a: &a [x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f]\")\n}\n",
		"yaml circle":    "locals {\n  a = yamldecode(\"a: &a [*a]\")\n}\n",
		"nul":            "locals { a = \"\x00\xff\" }\n\x00",
		"locals":         chainOfLocals(40_000),
		"misspelt":       misspelt(3000),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, ds := load(t, map[string]string{"env.hcl": "environment \"dev\" {}\n" + src}, config.Options{})
			// What it does is bounded; how long that takes is the machine's affair.
			runtime.ReadMemStats(&after)
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 2000 {
				t.Errorf("took %d MB in all", took)
			}
			if s := ds.Error(); len(s) > 100 {
				ds = ds[:1]
			}
			t.Log(ds)
		})
	}
}

func itoa(i int) string {
	return strings.TrimLeft(string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)}), "0") + map[bool]string{true: "0"}[i == 0]
}

func chainOfLocals(n int) string {
	b := &strings.Builder{}
	b.WriteString("locals {\n")
	for i := range n {
		b.WriteString("  l" + strings.Repeat("x", i%7) + "_" + num(i) + " = local.l" + strings.Repeat("x", (i+1)%7) + "_" + num(i+1) + "\n")
	}
	b.WriteString("  l" + strings.Repeat("x", n%7) + "_" + num(n) + " = 1\n}\n")
	return b.String()
}

func num(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return num(i/10) + string(rune('0'+i%10))
}

// misspelt has n things and n references to things that are not there.
func misspelt(n int) string {
	b := &strings.Builder{}
	for i := range n {
		b.WriteString("view \"name_of_a_view_" + num(i) + "\" {\n  after = [view.name_of_view_" + num(i) + "]\n}\n")
	}
	return b.String()
}

// Random changes of the cases: no panic, every message has its four parts, and
// reading block by block gives what HCL's parser gives on the whole.
func TestMutations(t *testing.T) {
	cases, _ := filepath.Glob("testdata/*.txtar")
	var seeds []string
	for _, file := range cases {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if filepath.Ext(f.Name) == ".hcl" {
				seeds = append(seeds, string(f.Data))
			}
		}
	}
	pieces := strings.Split("{ } [ ] ( ) \" ${ %{ . * ... => = \n for in if ? : <<E\n E\n each.value local.a var.x app.slides.url env(\"X\") null 1e9 - ! == [*] .* view.v for_each depends_on a 1 # // /* */ , ä \t", " ")
	r := rand.New(rand.NewPCG(1, 2))
	runs := 3000
	if testing.Short() {
		runs = 300
	}
	for range runs {
		s := seeds[r.IntN(len(seeds))]
		for k := r.IntN(6) + 1; k > 0 && len(s) > 0; k-- {
			i := r.IntN(len(s))
			switch r.IntN(4) {
			case 0:
				s = s[:i] + s[min(len(s), i+r.IntN(20)):]
			case 1:
				s = s[:i] + pieces[r.IntN(len(pieces))] + s[i:]
			case 2:
				o := seeds[r.IntN(len(seeds))]
				a := r.IntN(len(o))
				s = s[:i] + o[a:min(len(o), a+r.IntN(60))] + s[i:]
			case 3:
				s = s[:i] + pieces[r.IntN(len(pieces))] + s[i+1:]
			}
		}
		same(t, s, seeds[r.IntN(len(seeds))])
		if t.Failed() {
			t.Fatalf("the file:\n%s", s)
		}
	}
}
