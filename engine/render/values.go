package render

import (
	"encoding/json"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// change shows one difference: its path, what is live, what is desired.
func (t *textWriter) change(indent int, c resource.Change, withCause bool) {
	symbol, paint := "~", t.s.Update
	switch c.Op() {
	case resource.Create:
		symbol, paint = "+", t.s.Create
	case resource.Delete:
		symbol, paint = "-", t.s.Destroy
	}
	head := symbol + " " + oneLine(c.Path.String()) + ":"
	tail := ""
	for _, remark := range t.remarks(c, withCause) {
		tail += "  " + remark
	}
	if !c.Sensitive && multiline(c) {
		t.line(indent, paint(head)+tail)
		for _, l := range near(DiffLines(printable(c.Live.Str()), printable(c.Desired.Str())), 2) {
			t.line(indent+2, paintLine(t.s, l, " "))
		}
		return
	}
	if !c.Sensitive && c.Live.Kind() == resource.KindList && c.Desired.Kind() == resource.KindList {
		t.elements(indent, paint(head), tail, DiffLines(items(c.Live), items(c.Desired)))
		return
	}
	text := ""
	width := t.o.Width - indent - columns(head) - 1
	switch c.Op() {
	case resource.Create:
		text = t.value(c, c.Desired, width, indent)
	case resource.Delete:
		text = t.value(c, c.Live, width, indent)
	default:
		live, desired := t.value(c, c.Live, width, indent), t.value(c, c.Desired, width, indent)
		if columns(live)+columns(desired)+3 > width || strings.Contains(live+desired, "\n") {
			t.line(indent, paint(head)+tail)
			t.paragraph(indent+2, t.s.Destroy("- "), live)
			t.paragraph(indent+2, t.s.Create("+ "), desired)
			return
		}
		text = live + " → " + desired
	}
	t.paragraph(indent, paint(head)+" ", text+tail)
}

// elements shows what comes into a list and what leaves it, on one line if it
// fits; what stays is only counted.
func (t *textWriter) elements(indent int, head, tail string, lines []Line) {
	same := 0
	var moved []Line
	for _, l := range lines {
		if l.Op == ' ' {
			same++
		} else {
			moved = append(moved, l)
		}
	}
	if same > 0 {
		tail = "  " + t.s.Muted("("+Count(same, "other")+" as before)") + tail
	}
	one, width := "", 0
	for _, l := range moved {
		one += "  " + paintLine(t.s, l, " ")
		width += columns(l.Text) + 4
	}
	if indent+columns(head)+width <= t.o.Width {
		t.line(indent, head+strings.TrimPrefix(one, " ")+tail)
		return
	}
	t.line(indent, head+tail)
	for _, l := range moved {
		t.line(indent+2, paintLine(t.s, l, " "))
	}
}

// items lists a list's elements, a line each.
func items(v resource.Value) string {
	var b strings.Builder
	for _, x := range v.Items() {
		b.WriteString(oneLine(x.Show()) + "\n")
	}
	return b.String()
}

// paragraph writes a head and a text that may go on over more lines.
func (t *textWriter) paragraph(indent int, head, text string) {
	for i, l := range strings.Split(text, "\n") {
		if i == 0 {
			t.line(indent, head+l)
		} else {
			t.line(indent, l)
		}
	}
}

func multiline(c resource.Change) bool {
	a, b := c.Live, c.Desired
	return a.Kind() == resource.KindString && b.Kind() == resource.KindString &&
		(strings.Contains(strings.TrimSuffix(a.Str(), "\n"), "\n") || strings.Contains(strings.TrimSuffix(b.Str(), "\n"), "\n"))
}

// remarks are what a reader must know of a change besides the values.
func (t *textWriter) remarks(c resource.Change, withCause bool) []string {
	var out []string
	if withCause && c.Cause != "" {
		out = append(out, t.s.Muted("("+string(c.Cause)+")"))
	}
	if c.Cause == resource.CauseBoth && !c.Sensitive {
		out = append(out, t.s.Muted("(last applied: "+printable(c.Last.Show())+")"))
	}
	if c.Destroys {
		out = append(out, t.s.Destroy("destroys data"))
	}
	if c.Replaces {
		out = append(out, t.s.Replace("replaces"))
	}
	if c.Reason != "" {
		out = append(out, t.s.Muted("# "+oneLine(c.Reason)))
	}
	return out
}

func (t *textWriter) value(c resource.Change, v resource.Value, width, indent int) string {
	if c.Sensitive && !v.IsNull() {
		return "(sensitive)"
	}
	return strings.Join(hclLines(v, width, indent), "\n")
}

// hclLines writes a value as the files do, on one line if it fits and else one
// entry a line.
func hclLines(v resource.Value, width, indent int) []string {
	one := printable(v.Show())
	if columns(one) <= width {
		return []string{one}
	}
	var out []string
	nested := func(prefix string, x resource.Value, suffix string) {
		ls := hclLines(x, width-4-columns(prefix), 2)
		ls[0] = "  " + prefix + ls[0]
		for i := range ls[1:] {
			ls[i+1] = "  " + ls[i+1]
		}
		ls[len(ls)-1] += suffix
		out = append(out, ls...)
	}
	switch v.Kind() {
	case resource.KindObject:
		out = append(out, "{")
		for _, f := range v.Fields() {
			if !f.Value.IsNull() {
				nested(printable(f.Name)+" = ", f.Value, "")
			}
		}
		return append(out, "}")
	case resource.KindList:
		out = append(out, "[")
		for _, x := range v.Items() {
			nested("", x, ",")
		}
		return append(out, "]")
	}
	return []string{one}
}

// jsonText writes a call's body as JSON for a reader: what fits on a line
// stays on one, holes stand as {{app.slides.url}}, secrets as (sensitive).
func jsonText(v resource.Value, width int) string {
	var b strings.Builder
	jsonValue(&b, v, width, "")
	return b.String()
}

func jsonValue(b *strings.Builder, v resource.Value, width int, indent string) {
	open, closing, n := "{", "}", len(v.Fields())
	if v.Kind() == resource.KindList {
		open, closing, n = "[", "]", len(v.Items())
	}
	one := jsonLine(v)
	if n == 0 || columns(one)+len(indent) <= width {
		b.WriteString(one)
		return
	}
	b.WriteString(open)
	inner := indent + "  "
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + inner)
		if v.Kind() == resource.KindList {
			jsonValue(b, v.Items()[i], width, inner)
			continue
		}
		f := v.Fields()[i]
		b.WriteString(jsonString(f.Name) + ": ")
		jsonValue(b, f.Value, width, inner)
	}
	b.WriteString("\n" + indent + closing)
}

// jsonLine is a value on one line.
func jsonLine(v resource.Value) string {
	switch v.Kind() {
	case resource.KindString, resource.KindTemplate:
		return jsonString(plain(v))
	case resource.KindList:
		parts := make([]string, len(v.Items()))
		for i, x := range v.Items() {
			parts[i] = jsonLine(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case resource.KindObject:
		parts := make([]string, len(v.Fields()))
		for i, f := range v.Fields() {
			parts[i] = jsonString(f.Name) + ": " + jsonLine(f.Value)
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return printable(v.Show())
	}
}

func jsonString(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `"` + printable(s) + `"`
	}
	return printable(strings.TrimSuffix(b.String(), "\n"))
}
