package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/tellr-dev/tellr/engine/resource"
)

// sink collects messages; one that says the same of the same place comes once,
// however many instances of a block it was found in.
type sink struct {
	list resource.Diagnostics
	seen map[diagKey]bool
}

type diagKey struct {
	file    string
	at      int
	summary string
	detail  string
}

func (k *sink) add(d *resource.Diagnostic) {
	key := diagKey{summary: d.Summary, detail: d.Detail}
	if d.Range != nil {
		key.file, key.at = d.Range.File, int(d.Range.Byte)
	}
	if k.seen[key] {
		return
	}
	if k.seen == nil {
		k.seen = map[diagKey]bool{}
	}
	k.seen[key] = true
	k.list = append(k.list, d)
}

// fail adds an error and gives its diagnostic, for callers that know more.
func (k *sink) fail(at *resource.Range, summary, detail, cure string) *resource.Diagnostic {
	d := &resource.Diagnostic{Severity: resource.Error, Summary: summary, Detail: detail, Cure: cure, Range: at}
	k.add(d)
	return d
}

// addHCL takes over the parser's messages, of each sort the first, and of each
// line: after an unclosed quote every line is wrong, and only the first message
// says where. Whatever else would be said of such a line is left out.
func (l *loader) addHCL(ds hcl.Diagnostics) {
	seen := map[string]bool{}
	for _, d := range ds {
		if d.Subject != nil && d.Severity == hcl.DiagError {
			line := fileLine{d.Subject.Filename, d.Subject.Start.Line}
			if l.unread[line] {
				continue
			}
			l.unread[line] = true
		}
		if seen[d.Summary] || d.Summary == "Unterminated template string" && seen["Invalid multi-line string"] {
			continue
		}
		seen[d.Summary] = true
		out := &resource.Diagnostic{
			Severity: resource.Error, Cure: "correct the syntax here; what else is wrong was still looked for",
			Summary: sentence(d.Summary), Detail: sentence(d.Detail),
		}
		if d.Severity == hcl.DiagWarning {
			out.Severity = resource.Warning
		}
		if d.Subject != nil {
			out.Range = l.at(*d.Subject)
		}
		for _, c := range syntaxCures {
			if strings.Contains(d.Summary, c.summary) {
				out.Cure = c.cure
				if c.better != "" {
					out.Summary, out.Detail = c.better, c.why
				}
				break
			}
		}
		l.syntax[out] = true
		l.diags.add(out)
	}
}

type fileLine struct {
	file string
	line int
}

// syntaxCures say what to do about the parser's messages, and say some of them
// better.
var syntaxCures = []struct{ summary, better, why, cure string }{
	{"Invalid multi-line string", "the text is not closed", "a text in quotes ends on its line", `close it with a quote; for more lines write a heredoc: <<-EOT`},
	{"Unterminated template string", "the text is not closed", "the file ends before the closing quote", "close it with a quote"},
	{"newline after", "", "", "write one attribute a line"},
	{"item separator", "", "", "separate elements by commas"},
	{"attribute separator", "", "", "separate entries by a comma or a line break"},
	{"key/value separator", "", "", "write NAME = VALUE"},
	{"Unclosed", "", "", "close what was opened here"},
	{"redefined", "", "", "remove one of the two"},
	{"quote", "", "", `write texts in straight double quotes: "text"`},
	{"Invalid character", "", "", `write texts in straight double quotes: "text"`},
}

// sentence gives a message of a library in the form of ours.
func sentence(s string) string { return lowerFirst(strings.TrimSuffix(strings.TrimSpace(s), ".")) }

// finish sorts the messages and gives each its source line.
func (l *loader) finish() resource.Diagnostics {
	if len(l.diags.list) == 0 {
		return nil
	}
	l.diags.list = slices.DeleteFunc(l.diags.list, func(d *resource.Diagnostic) bool {
		return !d.Range.IsZero() && !l.syntax[d] && l.unread[fileLine{d.Range.File, int(d.Range.Line)}]
	})
	for _, d := range l.diags.list {
		if d.Source == "" && !d.Range.IsZero() {
			d.Source = l.line(d.Range)
		}
	}
	return l.diags.list.Sort()
}

func (l *loader) line(r *resource.Range) string {
	src := l.env.Sources[r.File]
	if r.Byte < 0 || int(r.Byte) > len(src) {
		return ""
	}
	start := bytes.LastIndexByte(src[:r.Byte], '\n') + 1
	end := len(src)
	if i := bytes.IndexByte(src[r.Byte:], '\n'); i >= 0 {
		end = int(r.Byte) + i
	}
	return strings.ToValidUTF8(strings.TrimRight(string(src[start:end]), "\r"), "�")
}

// redacted is the source line of a secret that stands in a file, without it.
func (l *loader) redacted(r *resource.Range) string {
	line := l.line(r)
	start := bytes.LastIndexByte(l.env.Sources[r.File][:r.Byte], '\n') + 1
	head := min(max(int(r.Byte)-start, 0), len(line))
	tail := ""
	if r.EndLine == r.Line && int(r.EndByte)-start <= len(line) {
		tail = line[max(int(r.EndByte)-start, head):]
	}
	return line[:head] + "(sensitive)" + tail
}

// at keeps a place of the parser. Places are made in slabs: there is one for
// every value.
func (l *loader) at(r hcl.Range) *resource.Range {
	if r.End.Byte < r.Start.Byte { // of a call whose bracket is not closed
		r.End = r.Start
	}
	if len(l.slab) == cap(l.slab) {
		l.slab = make([]resource.Range, 0, 256)
	}
	l.slab = append(l.slab, resource.Range{
		File: r.Filename, Line: int32(r.Start.Line), Column: int32(r.Start.Column),
		EndLine: int32(r.End.Line), EndColumn: int32(r.End.Column), Byte: int32(r.Start.Byte), EndByte: int32(r.End.Byte),
	})
	return &l.slab[len(l.slab)-1]
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && (s[1] < 'A' || s[1] > 'Z') {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// show gives a value for a message, cut to a length that fits a line.
func show(v resource.Value) string {
	s := v.Show()
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "…"
	}
	return s
}

// aKind names a kind of value with its article.
func aKind(v resource.Value) string {
	switch v.Kind() {
	case resource.KindNull:
		return "null"
	case resource.KindBool:
		return "a bool"
	case resource.KindNumber:
		return "a number"
	case resource.KindString, resource.KindTemplate:
		return "a string"
	case resource.KindList:
		return "a list"
	case resource.KindObject:
		return "an object"
	default:
		return "a reference"
	}
}

// article puts a or an before a word.
func article(word string) string {
	if word != "" && strings.ContainsAny(word[:1], "aeio") {
		return "an " + word
	}
	return "a " + word
}

func wants(t *resource.Type) string { return article(t.String()) }

func quoted(s string) string { return fmt.Sprintf("%q", s) }
