package config

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// include reads the files that the environment block names: the patterns in
// their order, the files of each by name, each file once. Then come those that
// the caller names.
func (l *loader) include() {
	read := map[string]bool{}
	if real, err := l.files.Real(l.env.File); err == nil {
		read[real] = true
	}
	l.includeWritten(read)
	for _, name := range l.opts.Include {
		l.includePattern(resource.String(name), read)
	}
}

// includeWritten reads what the environment block names.
func (l *loader) includeWritten(read map[string]bool) {
	if l.header == nil {
		return
	}
	attr, ok := l.header.body.Attributes["include"]
	if !ok {
		return
	}
	s := &scope{sink: &l.diags, only: "include is read before anything else, so that it cannot refer to anything"}
	v, ok := l.eval(attr.Expr, s)
	at := l.at(attr.Expr.Range())
	if !ok || !l.known(v, attr.Expr, s, "include") {
		l.broken = true
		return
	}
	patterns := v.Items()
	if v.Kind() != resource.KindList {
		l.diags.fail(at, "include wants a list of paths", "this is "+aKind(v), `write it in brackets: include = ["../shared/*.hcl"]`)
		l.broken = true
		return
	}
	for _, p := range patterns {
		if p.Kind() != resource.KindString || p.Str() == "" {
			l.diags.fail(p.Range(), "include wants a list of paths", "this is "+show(p), `write each path in quotes: "../shared/*.hcl"`)
			l.broken = true
			continue
		}
		l.includePattern(p, read)
	}
}

func (l *loader) includePattern(p resource.Value, read map[string]bool) {
	pattern := p.Str()
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(l.env.Dir, pattern)
	}
	names, err := l.glob(pattern)
	if err != nil {
		l.diags.fail(p.Range(), quoted(p.Str())+" is not a pattern of paths", reason(err), `write a path, in which * stands for any part of a name: "../shared/*.hcl"`)
		l.broken = true
		return
	}
	found := 0
	for _, name := range names {
		name = l.shorten(name)
		src, err := l.files.ReadFile(name)
		if err != nil {
			if fs, isDir := l.files.ReadDir(name); isDir == nil && fs != nil || !hasMeta(p.Str()) && isDir == nil {
				l.diags.fail(p.Range(), name+" is a folder", "include names files", "write "+quoted(strings.TrimSuffix(p.Str(), "/")+"/*.hcl"))
				l.broken = true
				found++
			}
			continue
		}
		found++
		real, err := l.files.Real(name)
		if err != nil {
			real = name
		}
		if read[real] {
			continue // named twice, or the environment file itself
		}
		read[real] = true
		l.read(name, src, false)
	}
	if found == 0 {
		l.broken = true
		what := "there is no file " + pattern
		if hasMeta(p.Str()) {
			what = "no file matches " + pattern
		}
		cure := "correct the path, or take it out of include"
		if near := l.nearFile(pattern, l.env.Dir); near != "" {
			cure = "did you mean " + quoted(near) + "?"
		}
		l.diags.fail(p.Range(), what, "paths are relative to the folder of the environment file, "+l.env.Dir, cure)
	}
}

// nearFile suggests a file of a similar name in the same folder, as a path
// relative to another.
func (l *loader) nearFile(name, from string) string {
	if hasMeta(name) {
		return ""
	}
	entries, err := l.files.ReadDir(filepath.Dir(name))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	near := resource.Nearest(filepath.Base(name), names)
	if near == "" {
		return ""
	}
	rel, err := filepath.Rel(from, filepath.Join(filepath.Dir(name), near))
	if err != nil {
		return near
	}
	return rel
}

func hasMeta(s string) bool { return strings.ContainsAny(s, "*?[\\") }

// glob lists what matches a pattern, sorted. * and ? and [a-z] stand for parts
// of one name, ** for any number of folders.
func (l *loader) glob(pattern string) ([]string, error) {
	if !hasMeta(pattern) {
		return []string{pattern}, nil
	}
	parts := strings.Split(filepath.ToSlash(filepath.Clean(pattern)), "/")
	base := "."
	if parts[0] == "" {
		base, parts = "/", parts[1:]
	}
	for len(parts) > 0 && !hasMeta(parts[0]) {
		base, parts = filepath.Join(base, parts[0]), parts[1:]
	}
	for _, p := range parts {
		if _, err := path.Match(p, ""); err != nil {
			return nil, err
		}
	}
	var out []string
	seen := map[string]bool{}
	l.match(base, parts, 0, func(name string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	})
	slices.Sort(out)
	return out, nil
}

// match walks the folders that a pattern leads to. Links to folders are not
// followed by **, so that the walk ends.
func (l *loader) match(dir string, parts []string, depth int, yield func(string)) {
	if len(parts) == 0 || depth > 64 {
		return
	}
	if !hasMeta(parts[0]) {
		next := filepath.Join(dir, parts[0])
		if len(parts) == 1 {
			if _, err := l.files.Real(next); err == nil {
				yield(next)
			}
			return
		}
		l.match(next, parts[1:], depth+1, yield)
		return
	}
	entries, err := l.files.ReadDir(dir)
	if err != nil {
		return
	}
	if parts[0] == "**" {
		l.match(dir, parts[1:], depth, yield)
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				l.match(filepath.Join(dir, e.Name()), parts, depth+1, yield)
			}
		}
		return
	}
	for _, e := range entries {
		ok, _ := path.Match(parts[0], e.Name())
		if !ok || strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(parts[0], ".") {
			continue
		}
		next := filepath.Join(dir, e.Name())
		switch {
		case len(parts) > 1:
			l.match(next, parts[1:], depth+1, yield)
		case !e.IsDir():
			yield(next)
		}
	}
}

// header is the environment block.
type header struct {
	body *hclsyntax.Body
	at   *resource.Range
}

// environment takes the environment block, of which there is exactly one, in
// the file that was named.
func (l *loader) environment(b *hclsyntax.Block, file string, main bool) {
	at := l.at(b.DefRange())
	if !main {
		why := "environments cannot be nested; " + l.env.File + ", which includes this file, "
		if l.header != nil {
			why += "has its environment block at " + l.header.at.String()
		} else {
			why += "is the environment"
		}
		l.diags.fail(at, "an included file has an environment block", why, "move what both environments share into a file of its own and include that, or take "+file+" out of include")
		return
	}
	if l.header != nil {
		l.diags.fail(at, "there are two environment blocks", "the first stands at "+l.header.at.String()+", and a file is one environment", "move one of them into a file of its own")
		return
	}
	l.header = &header{body: b.Body, at: at}
	label, ok := l.oneLabel(b)
	if ok {
		l.env.Name = label
	}
}
