package render

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// SchemaList shows all kinds, a line each.
func SchemaList(w io.Writer, kinds []*resource.Kind, o Options) error {
	b := bufio.NewWriter(w)
	s := NewStyle(o.Color)
	width := 0
	for _, k := range kinds {
		width = max(width, len(k.Name))
	}
	for _, k := range kinds {
		doc, _, _ := strings.Cut(k.Doc, ". ")
		for i, l := range wrap(strings.TrimSuffix(doc, "."), max(30, cmp0(o.Width, 100)-width-2)) {
			name := ""
			if i == 0 {
				name = k.Name
			}
			fmt.Fprintf(b, "%s%s  %s\n", s.Heading(name), strings.Repeat(" ", width-len(name)), l)
		}
	}
	return b.Flush()
}

// SchemaText shows one kind: what it is, its attributes, an example.
func SchemaText(w io.Writer, k *resource.Kind, o Options) error {
	b := bufio.NewWriter(w)
	s, width := NewStyle(o.Color), cmp0(o.Width, 100)
	fmt.Fprintf(b, "%s\n", s.Heading(k.Name))
	for _, l := range wrap(kindDoc(k), width-2) {
		fmt.Fprintf(b, "  %s\n", l)
	}
	fmt.Fprintf(b, "\n%s\n", s.Heading("Attributes"))
	var row func(indent int, a resource.Attr)
	row = func(indent int, a resource.Attr) {
		pad := strings.Repeat(" ", indent)
		name := a.Name
		if a.Block {
			name += " { }"
		}
		line := pad + s.Heading(name) + "  " + s.Update(a.Type.String())
		if rules := attrRules(a); len(rules) > 0 {
			line += "  " + s.Muted(strings.Join(rules, ", "))
		}
		fmt.Fprintln(b, line)
		if a.Doc != "" {
			for _, l := range wrap(a.Doc, width-indent-4) {
				fmt.Fprintf(b, "%s    %s\n", pad, l)
			}
		}
		for _, n := range nested(a.Type) {
			row(indent+4, n)
		}
	}
	for _, a := range k.Attrs {
		if !a.Derived {
			row(2, a)
		}
	}
	if k.Example != "" {
		fmt.Fprintf(b, "\n%s\n", s.Heading("Example"))
		for l := range strings.SplitSeq(strings.Trim(k.Example, "\n"), "\n") {
			fmt.Fprintln(b, strings.TrimRight("  "+l, " "))
		}
	}
	return b.Flush()
}

// nested are the attributes of the objects that a type holds.
func nested(t resource.Type) []resource.Attr {
	switch {
	case len(t.Attrs) > 0:
		return t.Attrs
	case t.Elem != nil:
		return nested(*t.Elem)
	}
	var out []resource.Attr
	for _, x := range t.Any {
		out = append(out, nested(x)...)
	}
	return out
}

// kindDoc is what a kind is, and whether it is protected.
func kindDoc(k *resource.Kind) string {
	if !k.Data {
		return k.Doc
	}
	return k.Doc + " It holds data: to destroy or replace it is blocked until --allow-destroy names it."
}

// attrRules are what a table row says besides the type, in words.
func attrRules(a resource.Attr) []string {
	var out []string
	add := func(when bool, text string) {
		if when {
			out = append(out, text)
		}
	}
	add(a.Required, "required")
	add(!a.Default.IsNull(), "default "+a.Default.Show())
	add(len(a.Enum) > 0, "one of "+strings.Join(a.Enum, ", "))
	add(a.Computed, "computed")
	add(a.Unset == resource.Unmanaged && !a.Computed && a.Default.IsNull() && !a.Required, "left alone if not written")
	add(a.Immutable, "a change replaces")
	add(a.CreateOnly, "only used on create")
	add(a.Sensitive, "sensitive")
	add(a.Data, "removal destroys data")
	return out
}

// SchemaMarkdown writes the reference page of kinds.
func SchemaMarkdown(w io.Writer, kinds []*resource.Kind) error {
	b := bufio.NewWriter(w)
	for i, k := range kinds {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "## %s\n\n%s\n", k.Name, kindDoc(k))
		if k.Example != "" {
			fmt.Fprintf(b, "\n```hcl\n%s\n```\n", strings.Trim(k.Example, "\n"))
		}
		b.WriteString("\n| attribute | type | | |\n|---|---|---|---|\n")
		var row func(prefix string, a resource.Attr)
		row = func(prefix string, a resource.Attr) {
			name := prefix + a.Name
			fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, cell(a.Type.String()), cell(strings.Join(attrRules(a), ", ")), cell(a.Doc))
			for _, n := range nested(a.Type) {
				row(name+within(a.Type), n)
			}
		}
		for _, a := range k.Attrs {
			if !a.Derived {
				row("", a)
			}
		}
	}
	return b.Flush()
}

// within is how a path goes on from an attribute to what it holds.
func within(t resource.Type) string {
	switch t.Kind {
	case resource.TMap:
		return ".NAME" + within(*t.Elem)
	case resource.TList:
		return "[]" + within(*t.Elem)
	case resource.TOneOf:
		for _, x := range t.Any {
			if len(nested(x)) > 0 {
				return within(x)
			}
		}
	}
	return "."
}

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

type schemaKind struct {
	Kind    string       `json:"kind"`
	Doc     string       `json:"doc"`
	Example string       `json:"example,omitempty"`
	Data    bool         `json:"data,omitempty"`
	Stage   string       `json:"stage"`
	Attrs   []schemaAttr `json:"attributes"`
}

type schemaAttr struct {
	Name       string         `json:"name"`
	Doc        string         `json:"doc,omitempty"`
	Type       schemaType     `json:"type"`
	Required   bool           `json:"required,omitempty"`
	Default    resource.Value `json:"default,omitzero"`
	Enum       []string       `json:"enum,omitempty"`
	Computed   bool           `json:"computed,omitempty"`
	Shape      string         `json:"shape,omitempty"`
	Unmanaged  bool           `json:"unmanaged_if_unset,omitempty"`
	Immutable  bool           `json:"replaces,omitempty"`
	CreateOnly bool           `json:"create_only,omitempty"`
	Sensitive  bool           `json:"sensitive,omitempty"`
	Data       bool           `json:"data,omitempty"`
	Block      bool           `json:"block,omitempty"`
	Reason     string         `json:"reason,omitempty"`
}

type schemaType struct {
	Name  string       `json:"name"`
	Of    *schemaType  `json:"of,omitempty"`
	Attrs []schemaAttr `json:"attributes,omitempty"`
	Refs  []string     `json:"refers_to,omitempty"`
	Any   []schemaType `json:"any_of,omitempty"`
}

// SchemaJSON writes kinds as a JSON array, for editors and checks.
func SchemaJSON(w io.Writer, kinds []*resource.Kind) error {
	out := make([]schemaKind, len(kinds))
	for i, k := range kinds {
		out[i] = schemaKind{Kind: k.Name, Doc: k.Doc, Example: k.Example, Data: k.Data, Stage: string(k.Stage), Attrs: schemaAttrs(k.Attrs)}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func schemaAttrs(attrs []resource.Attr) []schemaAttr {
	out := []schemaAttr{}
	for _, a := range attrs {
		if a.Derived {
			continue
		}
		out = append(out, schemaAttr{
			Name: a.Name, Doc: a.Doc, Type: schemaOf(a.Type), Required: a.Required, Default: a.Default, Enum: a.Enum,
			Computed: a.Computed, Shape: a.Shape, Unmanaged: a.Unset == resource.Unmanaged && !a.Computed,
			Immutable: a.Immutable, CreateOnly: a.CreateOnly, Sensitive: a.Sensitive, Data: a.Data, Block: a.Block, Reason: a.Reason,
		})
	}
	return out
}

func schemaOf(t resource.Type) schemaType {
	out := schemaType{Name: t.String(), Refs: t.Refs}
	if t.Elem != nil {
		of := schemaOf(*t.Elem)
		out.Of = &of
	}
	if len(t.Attrs) > 0 {
		out.Attrs = schemaAttrs(t.Attrs)
	}
	for _, x := range t.Any {
		out.Any = append(out.Any, schemaOf(x))
	}
	return out
}
