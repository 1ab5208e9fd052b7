package config

import (
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"gopkg.in/yaml.v3"

	"github.com/tellr-dev/tellr/engine/resource"
)

// callOwn evaluates a function that cty does not have, or that must not lose
// source order, places and holes.
func (l *loader) callOwn(e *hclsyntax.FunctionCallExpr, s *scope) (resource.Value, bool) {
	switch e.Name {
	case "try", "can":
		return l.try(e, s)
	}
	args, at, ok := l.arguments(e, s)
	if !ok {
		return resource.Null(), false
	}
	least, most := 1, 1
	switch e.Name {
	case "fileset":
		least, most = 2, 2
	case "templatefile":
		most = 2
	case "merge", "concat":
		least, most = 0, len(args)
	}
	if len(args) < least || len(args) > most {
		s.sink.fail(l.at(e.Range()), e.Name+"() needs "+plural(least, "argument")+", not "+strconv.Itoa(len(args)), "it is called as "+own[e.Name], "give it those")
		return resource.Null(), false
	}
	fail := func(i int, summary, detail, cure string) (resource.Value, bool) {
		s.sink.fail(l.at(at(i).Range()), summary, detail, cure)
		return resource.Null(), false
	}
	switch e.Name {
	case "merge":
		return l.merge(args, fail)
	case "concat":
		var items []resource.Value
		for i, v := range args {
			if v.Kind() != resource.KindList {
				return fail(i, "concat() needs lists", "this is "+aKind(v), "write it in brackets: [ … ]")
			}
			items = append(items, v.Items()...)
		}
		return resource.List(items...), true
	case "length":
		if !l.known(args[0], at(0), s, "length()") {
			return resource.Null(), false
		}
		switch v := args[0]; v.Kind() {
		case resource.KindString:
			return resource.Int(int64(utf8.RuneCountInString(v.Str()))), true
		case resource.KindList:
			return resource.Int(int64(len(v.Items()))), true
		case resource.KindObject:
			return resource.Int(int64(len(v.Fields()))), true
		}
		return fail(0, "length() needs a list, a map or a text", "this is "+aKind(args[0]), "give it one of those")
	}
	// The rest take texts.
	for i, v := range args {
		if e.Name == "templatefile" && i == 1 {
			break
		}
		if !l.known(v, at(i), s, e.Name+"()") {
			return resource.Null(), false
		}
		if v.Kind() != resource.KindString {
			return fail(i, e.Name+"() needs a text", "this is "+aKind(v), "it is called as "+own[e.Name])
		}
	}
	switch e.Name {
	case "env":
		name := args[0].Str()
		if !envName.MatchString(name) {
			return fail(0, quoted(name)+" cannot be the name of an environment variable", "such a name has letters, digits and _, and does not begin with a digit", `write env("NAME")`)
		}
		source := "env." + name
		l.secret(source, l.at(e.Range()))
		return resource.Secret(source), true
	case "file":
		b, ok := l.readFile(args[0].Str(), at(0), s)
		return resource.String(string(b)), ok
	case "fileset":
		return l.fileset(args[0].Str(), args[1].Str(), at(0), at(1), s)
	case "templatefile":
		vars := resource.Object()
		if len(args) == 2 {
			vars = args[1]
		}
		if vars.Kind() != resource.KindObject {
			return fail(1, "templatefile() needs a map of values", "this is "+aKind(vars), "it is called as "+own[e.Name])
		}
		return l.templatefile(args[0].Str(), vars, at(0), s)
	default: // yamldecode
		v, err := decodeYAML(args[0].Str())
		if err != nil {
			return fail(0, "yamldecode() failed", err.Error(), "correct the YAML")
		}
		return v, true
	}
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secret notes a place that refers to a secret, once.
func (l *loader) secret(source string, at *resource.Range) {
	key := secretKey{source: source, file: at.File, at: int(at.Byte)}
	if !l.secrets[key] {
		l.secrets[key] = true
		l.env.Secrets = append(l.env.Secrets, SecretUse{Source: source, At: at})
	}
}

type secretKey struct {
	source, file string
	at           int
}

// merge gives the entries of all maps; a later one replaces an earlier one of
// the same name, in its place. Unlike cty's it keeps source order, which is
// the order of a table's columns.
func (l *loader) merge(args []resource.Value, fail func(int, string, string, string) (resource.Value, bool)) (resource.Value, bool) {
	var fields []resource.Field
	place := map[string]int{}
	for i, v := range args {
		if v.IsNull() {
			continue
		}
		if v.Kind() != resource.KindObject {
			return fail(i, "merge() needs maps", "this is "+aKind(v), "write it in braces: { … }")
		}
		for _, f := range v.Fields() {
			if at, dup := place[f.Name]; dup {
				fields[at] = f
				continue
			}
			place[f.Name] = len(fields)
			fields = append(fields, f)
		}
	}
	return resource.Object(fields...), true
}

// try gives the first argument that can be evaluated; can tells whether its
// argument can be.
func (l *loader) try(e *hclsyntax.FunctionCallExpr, s *scope) (resource.Value, bool) {
	if len(e.Args) == 0 || e.ExpandFinal || e.Name == "can" && len(e.Args) != 1 {
		s.sink.fail(l.at(e.Range()), e.Name+"() needs an expression", "it is called as "+own[e.Name], "give it one")
		return resource.Null(), false
	}
	var last sink
	for _, x := range e.Args {
		last = sink{}
		in := *s
		in.sink = &last
		holes := l.holes
		v, ok := l.eval(x, &in)
		if !ok && l.holes > holes {
			break // whether it can be evaluated is known only later, too
		}
		if e.Name == "can" {
			return resource.Bool(ok), true
		}
		if ok {
			return v, true
		}
	}
	for _, d := range last.list {
		s.sink.add(d)
	}
	return resource.Null(), false
}

// decodeYAML keeps the order of maps. A timestamp stays the text that it is.
func decodeYAML(src string) (resource.Value, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		return resource.Null(), err
	}
	n := 200_000
	return fromYAML(&doc, &n, 0)
}

func fromYAML(y *yaml.Node, n *int, depth int) (resource.Value, error) {
	if *n--; *n < 0 || depth > 1000 {
		return resource.Null(), errTooLarge
	}
	switch y.Kind {
	case yaml.DocumentNode:
		return fromYAML(y.Content[0], n, depth+1)
	case yaml.AliasNode:
		return fromYAML(y.Alias, n, depth+1)
	case yaml.SequenceNode:
		items := make([]resource.Value, 0, len(y.Content))
		for _, c := range y.Content {
			v, err := fromYAML(c, n, depth+1)
			if err != nil {
				return v, err
			}
			items = append(items, v)
		}
		return resource.List(items...), nil
	case yaml.MappingNode:
		fields := make([]resource.Field, 0, len(y.Content)/2)
		seen := make(map[string]bool, len(y.Content)/2)
		for i := 0; i+1 < len(y.Content); i += 2 {
			k := y.Content[i]
			if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
				return resource.Null(), fmt.Errorf("line %d: a key must be a plain word", k.Line)
			}
			if seen[k.Value] {
				return resource.Null(), fmt.Errorf("line %d: the key %q stands twice", k.Line, k.Value)
			}
			seen[k.Value] = true
			v, err := fromYAML(y.Content[i+1], n, depth+1)
			if err != nil {
				return v, err
			}
			fields = append(fields, resource.F(k.Value, v))
		}
		return resource.Object(fields...), nil
	case yaml.ScalarNode:
		return scalarYAML(y)
	}
	return resource.Null(), nil
}

func scalarYAML(y *yaml.Node) (resource.Value, error) {
	switch y.ShortTag() {
	case "!!null":
		return resource.Null(), nil
	case "!!bool":
		var b bool
		err := y.Decode(&b)
		return resource.Bool(b), err
	case "!!int", "!!float":
		if y.ShortTag() == "!!int" {
			var i int64
			if err := y.Decode(&i); err == nil {
				return resource.Int(i), nil
			}
		}
		var f float64
		if err := y.Decode(&f); err != nil || f != f || f > 1e300 || f < -1e300 {
			return resource.Null(), fmt.Errorf("line %d: %s is not a number that can be used", y.Line, y.Value)
		}
		return resource.Float(f), nil
	}
	return resource.String(y.Value), nil
}
