package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Paths in file(), templatefile() and fileset() are relative to the file that
// the call stands in, so that an included file brings its own along. They may
// not lead out of the repository: the nearest folder above the environment
// file with a .git, or else the folder above the environment file's.

const maxRead = 10 << 20

// repository gives that folder's real path.
func (l *loader) repository() string {
	if l.top != "" {
		return l.top
	}
	dir, err := l.files.Real(l.env.Dir)
	if err != nil {
		dir = l.env.Dir
	}
	l.top = filepath.Dir(dir)
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := l.files.Real(filepath.Join(d, ".git")); err == nil {
			l.top = d
			break
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	return l.top
}

// inside gives the name of a path written in e as the user would type it, if
// it is within the repository.
func (l *loader) inside(name string, e hclsyntax.Expression, s *scope) (string, bool) {
	at := l.at(e.Range())
	full := name
	if !filepath.IsAbs(full) {
		full = filepath.Join(filepath.Dir(e.Range().Filename), name)
	}
	full = l.shorten(full)
	real, err := l.files.Real(full)
	if err != nil {
		cure := "correct the path, or make the file"
		if near := l.nearFile(full, filepath.Dir(e.Range().Filename)); near != "" {
			cure = "did you mean " + quoted(near) + "?"
		}
		why := "paths are relative to the file that they are written in"
		if !errors.Is(err, fs.ErrNotExist) {
			why = reason(err)
		}
		s.sink.fail(at, "there is no file "+full, why, cure)
		return "", false
	}
	rel, err := filepath.Rel(l.repository(), real)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		s.sink.fail(at, full+" is outside of the repository", "the files of an environment are reviewed together, so only files under "+l.repository()+" are read", "copy the file into the repository")
		return "", false
	}
	return full, true
}

func (l *loader) readFile(name string, e hclsyntax.Expression, s *scope) ([]byte, bool) {
	full, ok := l.inside(name, e, s)
	if !ok {
		return nil, false
	}
	b, err := l.files.ReadFile(full)
	at := l.at(e.Range())
	switch {
	case err != nil:
		s.sink.fail(at, full+" cannot be read", reason(err), "name a file that can be read")
	case len(b) > maxRead:
		s.sink.fail(at, full+" is too large", "it has more than 10 MB", "name a smaller file")
	case !utf8.Valid(b):
		s.sink.fail(at, full+" is not a text", "it is not UTF-8", "convert it to UTF-8")
	default:
		return b, true
	}
	return nil, false
}

// fileset lists the files under a folder that match a pattern, as paths
// relative to the folder.
func (l *loader) fileset(dir, pattern string, dirAt, patternAt hclsyntax.Expression, s *scope) (resource.Value, bool) {
	full, ok := l.inside(dir, dirAt, s)
	if !ok {
		return resource.Null(), false
	}
	if filepath.IsAbs(pattern) || strings.HasPrefix(filepath.Clean(pattern), "..") {
		s.sink.fail(l.at(patternAt.Range()), "the pattern leads out of the folder", quoted(pattern)+" must match files under "+full, "name the other folder in the first argument")
		return resource.Null(), false
	}
	names, err := l.glob(filepath.Join(escapeMeta(full), pattern))
	if err != nil {
		s.sink.fail(l.at(patternAt.Range()), quoted(pattern)+" is not a pattern of paths", reason(err), "write a path, in which * stands for any part of a name, and ** for any folders")
		return resource.Null(), false
	}
	items := make([]resource.Value, 0, len(names))
	for _, n := range names {
		if rel, err := filepath.Rel(full, n); err == nil {
			if _, err := l.files.Real(n); err == nil {
				items = append(items, resource.String(filepath.ToSlash(rel)))
			}
		}
	}
	return resource.List(items...), true
}

func escapeMeta(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(s)
}

// templatefile fills a template from a file. Only the given values can be used
// in it. It is a text template like any other, so holes may stand in it.
func (l *loader) templatefile(name string, vars resource.Value, e hclsyntax.Expression, s *scope) (resource.Value, bool) {
	if s.only != "" {
		s.sink.fail(l.at(e.Range()), "a template cannot use templatefile()", s.only, "hand it the filled text as a value")
		return resource.Null(), false
	}
	b, ok := l.readFile(name, e, s)
	if !ok {
		return resource.Null(), false
	}
	full, _ := l.inside(name, e, s)
	tmpl, ok := l.templates[full]
	if !ok {
		l.env.Sources[full] = b
		if r, deep := tooDeep(b, full, hclsyntax.LexTemplate); deep || len(b) > maxFile {
			l.diags.fail(l.at(r), "the template is nested too deeply", "directives and expressions may nest some hundred levels deep", "split the template")
			return resource.Null(), false
		}
		var ds hcl.Diagnostics
		tmpl, ds = hclsyntax.ParseTemplate(b, full, hcl.InitialPos)
		l.addHCL(ds)
		if ds.HasErrors() {
			tmpl = nil
		}
		l.templates[full] = tmpl
	}
	if tmpl == nil {
		return resource.Null(), false
	}
	in := &scope{sink: s.sink, trace: s.trace, only: "a template file sees only the values that it is given"}
	for _, f := range vars.Fields() {
		in.bound = &binding{name: f.Name, value: f.Value, ok: true, next: in.bound}
	}
	v, ok := l.eval(tmpl, in)
	if ok && v.Kind() != resource.KindString && v.Kind() != resource.KindTemplate {
		var t text
		ok = t.add(l, v, tmpl, in)
		v = t.value()
	}
	return v, ok
}
