package resource

import (
	"strconv"
	"strings"
)

// Show gives the value as a reader of a plan sees it: strings quoted, holes by
// name, secrets as (sensitive).
func (v Value) Show() string {
	var b strings.Builder
	v.show(&b)
	return b.String()
}

func (v Value) show(b *strings.Builder) {
	switch d := v.data.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(d))
	case number:
		b.WriteString(string(d))
	case string:
		b.WriteString(strconv.Quote(d))
	case []Part:
		if v.Sensitive() {
			b.WriteString("(sensitive)")
			return
		}
		if len(d) == 1 {
			b.WriteString("(known after apply: " + d[0].Hole.String() + ")")
			return
		}
		b.WriteByte('"')
		for _, p := range d {
			if p.Hole != nil {
				b.WriteString("{{" + p.Hole.String() + "}}")
			} else {
				q := strconv.Quote(p.Text)
				b.WriteString(q[1 : len(q)-1])
			}
		}
		b.WriteByte('"')
	case []Value:
		b.WriteByte('[')
		for i, x := range d {
			if i > 0 {
				b.WriteString(", ")
			}
			x.show(b)
		}
		b.WriteByte(']')
	case []Field:
		b.WriteString("{")
		n := 0
		for _, f := range d {
			if f.Value.IsNull() {
				continue
			}
			if n > 0 {
				b.WriteString(",")
			}
			n++
			b.WriteString(" " + f.Name + " = ")
			f.Value.show(b)
		}
		if n > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("}")
	case Address:
		b.WriteString(d.String())
	}
}
