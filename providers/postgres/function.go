package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// function is a function as written, or as it is.
type function struct {
	place
	arguments []argument
	returns   string
	// returnsDeclared: returns is the name of a type or table that a file declares.
	returnsDeclared bool
	language        string
	body            string
	volatility      string // "" is volatile
	parallel        string // "" is unsafe
	strict          bool
	definer         bool
	leakproof       bool
	cost, rows      string // "" is the default
	set             []resource.Field
	window          bool
	support         string
	comment         string
	word            string // FUNCTION or PROCEDURE
}

// argument is one argument of a function.
type argument struct {
	mode string // "", "OUT", "INOUT" or "VARIADIC"
	name string
	typ  string
	def  string
	// declared: typ is the name of a type that a file declares.
	declared bool
}

// isInput tells whether a caller passes the argument, so that it is part of the function's identity.
func (a argument) isInput() bool { return a.mode != "OUT" }

func (a argument) String() string {
	var words []string
	for _, w := range []string{a.mode, sqltext.Ident(a.name), a.typ} {
		if w != "" && w != `""` {
			words = append(words, w)
		}
	}
	text := strings.Join(words, " ")
	if a.def != "" {
		text += " DEFAULT " + a.def
	}
	return text
}

func decodeFunction(x *index, p place, attrs resource.Value) *function {
	f := &function{
		place: p, word: "FUNCTION", language: strings.ToLower(attrs.Get("language").Str()),
		body: attrs.Get("body").Str(), volatility: attrs.Get("volatility").Str(), parallel: attrs.Get("parallel").Str(),
		strict: attrs.Get("strict").Bool(), definer: attrs.Get("security_definer").Bool(), leakproof: attrs.Get("leakproof").Bool(),
		cost: attrs.Get("cost").Str(), rows: attrs.Get("rows").Str(), comment: attrs.Get("comment").Str(),
		window: attrs.Get("window").Bool(), support: x.functionName(attrs.Get("support")),
	}
	f.returns, f.returnsDeclared = x.typeText(attrs.Get("returns"))
	f.returns = strings.TrimSpace(f.returns)
	f.arguments = x.arguments(attrs.Get("arguments"))
	if f.language == "" {
		f.language = "plpgsql"
	}
	if f.volatility == "volatile" {
		f.volatility = ""
	}
	if f.parallel == "unsafe" {
		f.parallel = ""
	}
	if usual := f.language != "c" && f.language != "internal"; usual && f.cost == "100" || !usual && f.cost == "1" {
		f.cost = ""
	}
	if f.rows == "1000" {
		f.rows = ""
	}
	if f.returns == "" {
		f.returns, f.returnsDeclared = f.result()
	}
	for _, s := range attrs.Get("set").Fields() {
		f.set = append(f.set, resource.Field{Name: s.Name, Value: resource.String(settingValue(s.Name, s.Value.Str())).At(s.Value.Range())})
	}
	slices.SortFunc(f.set, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return f
}

// result is what a function returns that does not say so: what its OUT arguments make together.
func (f *function) result() (typ string, declared bool) {
	var out []argument
	for _, a := range f.arguments {
		if a.mode == "OUT" || a.mode == "INOUT" {
			out = append(out, a)
		}
	}
	switch len(out) {
	case 0:
		return "void", false
	case 1:
		return out[0].typ, out[0].declared
	default:
		return "record", false
	}
}

// indexWord finds a word, in any case, that stands by itself.
func indexWord(s, word string) int {
	up := strings.ToUpper(s)
	for from := 0; ; {
		i := strings.Index(up[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		if i > 0 && s[i-1] == ' ' && i+len(word) < len(s) && s[i+len(word)] == ' ' {
			return i
		}
		from = i + len(word)
	}
}

// listSettings are the settings whose value is a list of names, each quoted by itself.
var listSettings = []string{"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}

func isListSetting(name string) bool { return slices.Contains(listSettings, strings.ToLower(name)) }

// settingValue gives the value of a setting as pg_proc.proconfig keeps it.
func settingValue(name, value string) string {
	if !isListSetting(name) {
		return value
	}
	items := splitColumns(value)
	if value == "" || value == `""` {
		return `""`
	}
	return sqltext.Idents(items)
}

// signature names the function among its overloads, as statements do. OUT arguments are part of that for procedures only.
func (f *function) signature() string {
	var types []string
	for _, a := range f.arguments {
		switch {
		case a.isInput():
			types = append(types, a.typ)
		case f.word == "PROCEDURE":
			types = append(types, "OUT "+a.typ)
		}
	}
	return f.place.String() + "(" + strings.Join(types, ", ") + ")"
}

// sites lists the texts that Postgres may write differently. have is the live function, or nil.
func (f *function) sites(a resource.Address, have *function) []site {
	var out []site
	if have == nil {
		have = &function{}
	}
	add := func(kind catalog.ExprKind, n int, text *string, live, static string, isStatic bool) {
		if *text != "" {
			e := catalog.Expr{Kind: kind, N: n, Text: *text}
			if kind == catalog.ArgDefault {
				e.Column = argumentColumn(n)
			}
			out = append(out, site{of: a, expr: e, text: text, live: live, static: static, isStatic: isStatic})
		}
	}
	for i := range f.arguments {
		arg := &f.arguments[i]
		var live argument
		if i < len(have.arguments) {
			live = have.arguments[i]
		}
		static, ok := staticBareType(arg.typ)
		if arg.declared {
			static, ok = arg.typ, true
		}
		add(catalog.RegType, i, &arg.typ, live.typ, static, ok)
		static, ok = staticDefault(arg.def, static)
		add(catalog.ArgDefault, i, &arg.def, live.def, static, ok)
	}
	static, ok := staticBareType(f.returns)
	if f.returnsDeclared {
		static, ok = f.returns, true
	}
	if f.word == "FUNCTION" {
		add(catalog.RegType, len(f.arguments), &f.returns, have.returns, static, ok)
	}
	if f.standardBody() {
		e := catalog.Expr{Kind: catalog.Body, Name: f.name, Method: f.word, Text: f.body, Head: f.head()}
		out = append(out, site{of: a, expr: e, text: &f.body, live: have.body})
	}
	return out
}

// argumentColumn is the name that an argument has where its default is asked for: that of a column.
func argumentColumn(n int) string { return "a" + string(rune('0'+n%10)) + strings.Repeat("_", n/10) }

func normalizeFunction(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	f := decodeRoutine(n.index, r.Kind.Name, n.place(r), w)
	var have *function
	if live := n.live[r.Address]; live != nil {
		have = decodeRoutine(n.index, r.Kind.Name, f.place, live.Attrs)
	}
	n.canonical(r.Address, f.sites(r.Address, have))
	var o object
	o.text("schema", f.schema, w.Get("schema"))
	o.text("name", f.name, w.Get("name"))
	args := make([]string, len(f.arguments))
	for i, a := range f.arguments {
		args[i] = a.String()
	}
	o.texts("arguments", args, w.Get("arguments"))
	if f.word == "FUNCTION" {
		o.text("returns", f.returns, w.Get("returns"))
	}
	o.text("language", f.language, w.Get("language"))
	o.value("body", resource.String(f.body), w.Get("body"))
	o.text("volatility", f.volatility, w.Get("volatility"))
	o.flag("strict", f.strict, w.Get("strict"))
	o.flag("security_definer", f.definer, w.Get("security_definer"))
	o.flag("leakproof", f.leakproof, w.Get("leakproof"))
	o.text("parallel", f.parallel, w.Get("parallel"))
	o.number("cost", f.cost, w.Get("cost"))
	o.number("rows", f.rows, w.Get("rows"))
	o.flag("window", f.window, w.Get("window"))
	o.text("support", f.support, w.Get("support"))
	o.objects("set", f.set, w.Get("set"))
	o.text("comment", f.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}
