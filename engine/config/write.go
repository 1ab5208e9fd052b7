package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Write gives resources as a file, one block each: what Load makes of the file
// are these resources again. Attributes come in the order of their kind's
// table.
func Write(resources []*resource.Resource) []byte {
	var b strings.Builder
	for i, r := range resources {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s %s {\n%s}\n", r.Kind.Name, literal(r.Address.Name), body(r.Kind.Attrs, r.Attrs, 1))
	}
	return hclwrite.Format([]byte(b.String()))
}

// The widths up to which a list, a map or an entry stays on one line.
const (
	attrWidth  = 90
	entryWidth = 130
)

// body writes attributes. At the top, what takes several lines stands between
// blank ones.
func body(attrs []resource.Attr, v resource.Value, depth int) string {
	var b strings.Builder
	pad := strings.Repeat("  ", depth)
	parted := true // no blank line is wanted before the next attribute
	for _, a := range attrs {
		x := v.Get(a.Name)
		if x.IsNull() {
			continue
		}
		text := pad + a.Name + " = " + writeValue(x, depth, attrWidth) + "\n"
		if a.Block {
			text = blocks(a, x, depth)
		}
		tall := depth == 1 && strings.Count(text, "\n") > 1
		if b.Len() > 0 && (tall || !parted) {
			b.WriteByte('\n')
		}
		b.WriteString(text)
		parted = !tall
	}
	return b.String()
}

// blocks writes an attribute that is a nested block: one, one for each item of
// a list, or one with a label for each entry of a map.
func blocks(a resource.Attr, v resource.Value, depth int) string {
	var b strings.Builder
	write := func(label string, t resource.Type, x resource.Value) {
		pad := strings.Repeat("  ", depth)
		b.WriteString(pad + a.Name + label + " {\n" + body(t.Attrs, x, depth+1) + pad + "}\n")
	}
	switch a.Type.Kind {
	case resource.TList:
		for _, it := range v.Items() {
			write("", *a.Type.Elem, it)
		}
	case resource.TMap:
		for _, f := range v.Fields() {
			write(" "+literal(f.Name), *a.Type.Elem, f.Value)
		}
	default:
		write("", a.Type, v)
	}
	return b.String()
}

// writeValue writes a value, on one line if it fits.
func writeValue(v resource.Value, depth, width int) string {
	line, ok := oneLine(v)
	if ok && (v.Kind() == resource.KindString || len(line) <= width && !(depth == 1 && crowded(v))) {
		return line
	}
	pad, end := strings.Repeat("  ", depth+1), strings.Repeat("  ", depth)
	var b strings.Builder
	switch v.Kind() {
	case resource.KindString:
		return heredoc(v.Str())
	case resource.KindList:
		b.WriteString("[\n")
		for _, it := range v.Items() {
			text := literal(it.Str()) // a comma may not follow a heredoc
			if it.Kind() != resource.KindString {
				text = writeValue(it, depth+1, entryWidth)
			}
			b.WriteString(pad + text + ",\n")
		}
		b.WriteString(end + "]")
	case resource.KindObject:
		b.WriteString("{\n")
		for _, f := range v.Fields() {
			b.WriteString(pad + key(f.Name) + " = " + writeValue(f.Value, depth+1, entryWidth) + "\n")
		}
		b.WriteString(end + "}")
	default:
		return line
	}
	return b.String()
}

// crowded tells whether a map has entries that read better below each other.
func crowded(v resource.Value) bool {
	objects := 0
	for _, f := range v.Fields() {
		if f.Value.Kind() == resource.KindObject {
			objects++
		}
	}
	return objects > 1
}

// oneLine writes a value on one line; ok is false for one that has a text of
// several lines in it.
func oneLine(v resource.Value) (line string, ok bool) {
	ok = true
	part := func(x resource.Value) string {
		text, fits := oneLine(x)
		ok = ok && fits
		return text
	}
	switch v.Kind() {
	case resource.KindString:
		return literal(v.Str()), !strings.Contains(strings.TrimRight(v.Str(), "\n"), "\n") || !plainLines(v.Str())
	case resource.KindList:
		items := make([]string, len(v.Items()))
		for i, it := range v.Items() {
			items[i] = part(it)
		}
		return "[" + strings.Join(items, ", ") + "]", ok
	case resource.KindObject:
		fields := make([]string, len(v.Fields()))
		for i, f := range v.Fields() {
			fields[i] = key(f.Name) + " = " + part(f.Value)
		}
		if len(fields) == 0 {
			return "{}", true
		}
		return "{ " + strings.Join(fields, ", ") + " }", ok
	case resource.KindRef:
		a, _ := v.Ref()
		return a.String(), true
	default:
		return v.Show(), true
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// key writes the name of a map's entry. Words of the language are quoted.
func key(name string) string {
	switch name {
	case "null", "true", "false", "for", "if", "in":
		return literal(name)
	}
	if identifier.MatchString(name) {
		return name
	}
	return literal(name)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", "$${", "%{", "%%{")

func literal(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range escapes.Replace(s) {
		if r < ' ' || r == 0x7f {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// plainLines tells whether a text can stand in a heredoc as it is.
func plainLines(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f })
}

// heredoc writes a text of several lines as it reads. A heredoc ends in a line
// break; where the text does not, it is cut off.
func heredoc(s string) string {
	mark := "SQL"
	for strings.Contains(s, mark) { // at a line's start it would end the text, blanks before it or not
		mark += "_"
	}
	body := strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
	if strings.HasSuffix(s, "\n") {
		return "<<" + mark + "\n" + body + mark
	}
	return "chomp(<<" + mark + "\n" + body + "\n" + mark + "\n)"
}
