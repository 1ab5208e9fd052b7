package config

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/tellr-dev/tellr/engine/resource"
)

// pure are the functions that see only known values: cty's standard library
// and a few of the same sort. None reads a clock, the network or a random
// source, so the same files give the same plan.
var pure = map[string]function.Function{
	"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "int": stdlib.IntFunc,
	"log": stdlib.LogFunc, "max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc,
	"pow": stdlib.PowFunc, "signum": stdlib.SignumFunc,

	"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc, "indent": stdlib.IndentFunc,
	"join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc,
	"regexreplace": stdlib.RegexReplaceFunc, "replace": stdlib.ReplaceFunc, "split": stdlib.SplitFunc, "strlen": stdlib.StrlenFunc,
	"strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc,
	"trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
	"startswith": twoTexts(strings.HasPrefix), "endswith": twoTexts(strings.HasSuffix), "strcontains": twoTexts(strings.Contains),

	"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
	"compact": stdlib.CompactFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc,
	"flatten": stdlib.FlattenFunc, "index": stdlib.IndexFunc, "keys": stdlib.KeysFunc, "lookup": stdlib.LookupFunc,
	"range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
	"setproduct": stdlib.SetProductFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc,
	"slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
	"alltrue": allOf(true), "anytrue": allOf(false),

	"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
	"base64encode": oneText(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }),
	"base64decode": oneText(func(s string) (string, error) {
		b, err := base64.StdEncoding.DecodeString(s)
		if err == nil && !utf8.Valid(b) {
			err = fmt.Errorf("what it decodes to is not a text")
		}
		return string(b), err
	}),
	"sha256":    oneText(func(s string) (string, error) { x := sha256.Sum256([]byte(s)); return hex.EncodeToString(x[:]), nil }),
	"urlencode": oneText(func(s string) (string, error) { return url.QueryEscape(s), nil }),

	"tobool": stdlib.MakeToFunc(cty.Bool), "tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
	"tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)), "tonumber": stdlib.MakeToFunc(cty.Number),
	"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), "tostring": stdlib.MakeToFunc(cty.String),
}

// own are the functions that tellr evaluates itself: they look at files or at
// no value at all, or must keep source order and places.
var own = map[string]string{
	"can": "can(EXPRESSION)", "concat": "concat(LIST, …)", "env": `env("NAME")`, "file": `file("PATH")`,
	"fileset": `fileset("FOLDER", "PATTERN")`, "length": "length(LIST)", "merge": "merge(MAP, …)",
	"templatefile": `templatefile("PATH", { … })`, "try": "try(EXPRESSION, …)", "yamldecode": "yamldecode(TEXT)",
}

func isFunction(name string) bool {
	_, isPure := pure[name]
	_, isOwn := own[name]
	return isPure || isOwn
}

func twoTexts(f func(s, t string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

func oneText(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			return cty.StringVal(s), err
		},
	})
}

// allOf is alltrue for true: every element is; and anytrue for false: not
// every element is not.
func allOf(want bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for it := args[0].ElementIterator(); it.Next(); {
				if _, v := it.Element(); !v.IsNull() && v.True() != want {
					return cty.BoolVal(!want), nil
				}
			}
			return cty.BoolVal(want), nil
		},
	})
}

func (l *loader) unknownFunction(e *hclsyntax.FunctionCallExpr, s *scope) {
	names := slices.AppendSeq(slices.Collect(maps.Keys(pure)), maps.Keys(own))
	why, otherwise := "functions are cty's standard library, file, templatefile, fileset, yamldecode, sha256 and env", "see the list of functions in the documentation"
	switch e.Name {
	case "timestamp", "uuid", "timeadd", "plantimestamp", "bcrypt":
		why, otherwise = "functions are pure: the same files must give the same plan", "give the value as a variable: --var NAME=…"
	}
	s.sink.fail(l.at(e.NameRange), "there is no function "+quoted(e.Name), why, l.didYouMean(e.Name, names, otherwise))
}

// call evaluates a function.
func (l *loader) call(e *hclsyntax.FunctionCallExpr, s *scope) (resource.Value, bool) {
	if _, ok := own[e.Name]; ok {
		return l.callOwn(e, s)
	}
	f, ok := pure[e.Name]
	if !ok {
		l.unknownFunction(e, s)
		for _, x := range e.Args {
			l.check(x, s)
		}
		return resource.Null(), false
	}
	args, at, ok := l.arguments(e, s)
	if !ok {
		return resource.Null(), false
	}
	for i, v := range args {
		if !l.known(v, at(i), s, e.Name+"()") {
			return resource.Null(), false
		}
	}
	vals, ok := l.convertArguments(f, e, args, at, s)
	if !ok {
		return resource.Null(), false
	}
	if why := excessive(e.Name, args); why != "" {
		s.sink.fail(l.at(e.Range()), e.Name+"() would give too much", why, "give it less")
		return resource.Null(), false
	}
	out, err := f.Call(vals)
	var v resource.Value
	if err == nil {
		v, err = fromCty(out)
	}
	if err != nil {
		where := hclsyntax.Expression(e)
		if ae, ok := err.(function.ArgError); ok && ae.Index < len(args) {
			where = at(ae.Index)
		}
		s.sink.fail(l.at(where.Range()), e.Name+"() failed", sentence(err.Error()), "correct what it is given")
		return resource.Null(), false
	}
	return v, true
}

// excessive says why a call would fill the memory, "" if it would not: some
// functions multiply what they are given.
func excessive(name string, args []resource.Value) string {
	most := 1
	switch name {
	case "replace", "regexreplace", "format":
		// Each place of one text may take another.
		longest := 0
		for _, v := range args[1:] {
			longest = max(longest, len(v.Str()))
		}
		most = (len(args[0].Str()) + 1) * (longest + 1)
	case "join":
		for _, v := range args[1:] {
			most += len(v.Items()) * len(args[0].Str())
		}
	case "setproduct":
		for _, v := range args {
			if most *= max(len(v.Items()), 1); most > maxNodes {
				return "the product has more than two million elements"
			}
		}
	case "indent":
		n, _ := args[0].Int()
		most = int(min(max(n, 0), maxText)) * (strings.Count(args[1].Str(), "\n") + 1)
	}
	if most > 16*maxText {
		return "the text could have more than 256 MB"
	}
	if (name == "format" || name == "formatlist") && wideVerb.MatchString(args[0].Str()) {
		return "a width of five digits or more is no text to read"
	}
	return ""
}

var wideVerb = regexp.MustCompile(`%[^a-zA-Z%]*[0-9]{5}`)

// arguments evaluates the arguments of a call, all of them; at gives the
// expression of each.
func (l *loader) arguments(e *hclsyntax.FunctionCallExpr, s *scope) (args []resource.Value, at func(int) hclsyntax.Expression, ok bool) {
	ok = true
	for _, x := range e.Args {
		v, good := l.eval(x, s)
		ok = ok && good
		args = append(args, v.At(l.at(x.Range())))
	}
	at = func(i int) hclsyntax.Expression { return e.Args[min(i, len(e.Args)-1)] }
	if ok && e.ExpandFinal {
		last := args[len(args)-1]
		if last.Kind() != resource.KindList {
			if l.known(last, at(len(args)), s, "…") {
				s.sink.fail(l.at(at(len(args)).Range()), "only a list can be spread with ...", "this is "+aKind(last), "leave the ... out, or give it a list")
			}
			return nil, at, false
		}
		args = append(args[:len(args)-1:len(args)-1], last.Items()...)
	}
	return args, at, ok
}

func (l *loader) convertArguments(f function.Function, e *hclsyntax.FunctionCallExpr, args []resource.Value, at func(int) hclsyntax.Expression, s *scope) ([]cty.Value, bool) {
	params, more := f.Params(), f.VarParam()
	if len(args) < len(params) || len(args) > len(params) && more == nil {
		names := make([]string, len(params))
		for i, p := range params {
			names[i] = p.Name
		}
		if more != nil {
			names = append(names, more.Name+" …")
		}
		s.sink.fail(l.at(e.Range()), fmt.Sprintf("%s() needs %s, not %d", e.Name, plural(len(params), "argument"), len(args)), "it is called as "+e.Name+"("+strings.Join(names, ", ")+")", "give it those")
		return nil, false
	}
	vals := make([]cty.Value, len(args))
	for i, v := range args {
		p := more
		if i < len(params) {
			p = &params[i]
		}
		c, err := toCty(v)
		if err == nil {
			c, err = convertCty(c, p.Type)
		}
		if err == nil && c.IsNull() && !p.AllowNull {
			err = fmt.Errorf("it is null")
		}
		if err != nil {
			s.sink.fail(l.at(at(i).Range()), e.Name+"() cannot take this argument", "for "+quoted(p.Name)+" it needs "+article(friendly(p.Type))+", and this is "+aKind(v)+": "+strings.ReplaceAll(err.Error(), "tuple", "list"), "give it a value of that type")
			return nil, false
		}
		vals[i] = c
	}
	return vals, true
}

func friendly(t cty.Type) string {
	if t == cty.DynamicPseudoType {
		return "value"
	}
	return t.FriendlyNameForConstraint()
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
