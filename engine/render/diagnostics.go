package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tellr-dev/tellr/engine/resource"
)

// DiagnosticOptions say how messages are shown.
type DiagnosticOptions struct {
	Color bool
	// Width in columns; 0 means 100.
	Width int
	// Sources are the files that messages point into, by name; a message
	// whose file is missing shows the line that it brings along, if any.
	Sources map[string][]byte
}

// Diagnostics shows messages, each with its place, the line of source with
// the culprit underlined, why it is wrong and what to do. A rule on the left
// holds each message together.
//
//	│ error: "CU_3" is not a capacity
//	│   environments/dev.hcl:28:16
//	│   28 │     capacity = "CU_3"
//	│      │                ^^^^^^
//	│   A provisioned instance comes in four sizes.
//	│   help: write CU_1, CU_2, CU_4 or CU_8
func Diagnostics(w io.Writer, ds resource.Diagnostics, o DiagnosticOptions) error {
	b := bufio.NewWriter(w)
	d := diagnosticWriter{b: b, o: o, s: NewStyle(o.Color), lines: map[string][]string{}}
	for i, x := range ds.Sort() {
		if i > 0 {
			b.WriteByte('\n')
		}
		d.write(x)
	}
	return b.Flush()
}

type diagnosticWriter struct {
	b     *bufio.Writer
	o     DiagnosticOptions
	s     Style
	rule  string
	lines map[string][]string
}

func (d *diagnosticWriter) write(x *resource.Diagnostic) {
	word, paint := "error", d.s.Error
	if x.Severity == resource.Warning {
		word, paint = "warning", d.s.Warning
	}
	d.rule = paint("│")
	width := max(40, cmp0(d.o.Width, 100)-4)
	for i, line := range wrap(printable(x.Summary), width) {
		if i == 0 {
			d.line(" " + paint(word+":") + " " + d.s.Heading(line))
		} else {
			d.line(" " + d.s.Heading(line))
		}
	}
	if !x.Range.IsZero() {
		d.line("   " + d.s.Muted(fmt.Sprintf("%s:%d:%d", printable(x.Range.File), x.Range.Line, x.Range.Column)))
		d.source(x, paint)
	}
	if x.Detail != "" {
		for _, line := range wrap(printable(x.Detail), width) {
			d.line("   " + line)
		}
	}
	if x.Cure != "" {
		for i, line := range wrap(printable(x.Cure), width-6) {
			if i == 0 {
				d.line("   " + d.s.Help("help:") + " " + line)
			} else {
				d.line("         " + line)
			}
		}
	}
}

func (d *diagnosticWriter) line(text string) {
	d.b.WriteString(strings.TrimRight(d.rule+text, " "))
	d.b.WriteByte('\n')
}

// source shows the line that a message points at, and underlines the part.
func (d *diagnosticWriter) source(x *resource.Diagnostic, paint func(string) string) {
	text := x.Source
	if src, ok := d.o.Sources[x.Range.File]; ok {
		lines, ok := d.lines[x.Range.File]
		if !ok {
			lines = strings.Split(string(src), "\n")
			d.lines[x.Range.File] = lines
		}
		if i := int(x.Range.Line) - 1; i >= 0 && i < len(lines) {
			text = lines[i]
		}
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	text = strings.TrimRight(text, "\r\n")
	from, to := span(x.Range, text)
	before, culprit := expand(text[:from]), expand(text[from:to])
	n := fmt.Sprint(x.Range.Line)
	d.line("   " + d.s.Muted(n+" │") + " " + before + culprit + expand(text[to:]))
	d.line("   " + d.s.Muted(strings.Repeat(" ", len(n))+" │") + " " +
		strings.Repeat(" ", columns(before)) + paint(strings.Repeat("^", max(1, columns(culprit)))))
}

// span gives the bytes of the line that a range covers; to its end, if the
// range goes on over more lines.
func span(r *resource.Range, line string) (from, to int) {
	from = offset(line, int(r.Column))
	switch {
	case r.EndLine > r.Line:
		to = len(strings.TrimRight(line, " \t{"))
	case r.EndColumn > r.Column:
		to = offset(line, int(r.EndColumn))
	default:
		to = from
	}
	if to < from {
		to = from
	}
	return from, to
}

// offset gives the byte at which a column begins.
func offset(line string, column int) int {
	i := 0
	for n := 1; n < column && i < len(line); n++ {
		_, size := utf8.DecodeRuneInString(line[i:])
		i += size
	}
	return i
}

// expand makes a piece of source fit for one line: tabs are four spaces.
func expand(s string) string { return printable(strings.ReplaceAll(s, "\t", "    ")) }

func cmp0(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
