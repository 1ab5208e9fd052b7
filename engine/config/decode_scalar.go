package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/tellr-dev/tellr/engine/resource"
)

// durationText is a duration as it is written: a number of milliseconds (ms),
// seconds, minutes, hours, days or weeks, or several of them, the largest
// first.
var durationText = regexp.MustCompile(`^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`)

// scalar decodes a text, number, bool or duration.
func (d *decoder) scalar(v resource.Value, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	if d.sensitive(v, row) {
		return v, false
	}
	switch v.Kind() {
	case resource.KindTemplate:
		return d.hole(v, t)
	case resource.KindBool, resource.KindNumber, resource.KindString:
	default:
		d.wrongType(v.Range(), v, t)
		return v, false
	}
	out, ok := convertScalar(v, t)
	if !ok {
		d.wrongType(v.Range(), v, t)
		return v, false
	}
	if t.Kind == resource.TDuration && !slices.Contains(row.Enum, out.Str()) && (out.Str() == "" || !durationText.MatchString(out.Str())) {
		cure := `write a number with a unit: "90s", "5m", "24h", "7d"`
		if len(row.Enum) > 0 {
			cure += "; or " + orWords(row.Enum)
		}
		d.fail(v.Range(), show(out)+" is not a duration", d.path.String()+" of "+d.inst.addr.String()+" is a length of time"+doc(row), cure)
		return v, false
	}
	if t.Kind != resource.TDuration && len(row.Enum) > 0 && !slices.Contains(row.Enum, out.Str()) {
		cure := "write " + orWords(row.Enum)
		if near := resource.Nearest(out.Str(), row.Enum); near != "" {
			cure = "did you mean " + quoted(near) + "?"
		}
		d.fail(v.Range(), show(out)+" is not allowed for "+d.path.String()+" of "+d.inst.addr.String(), "allowed are "+orWords(row.Enum), cure)
		return v, false
	}
	return out.At(v.Range()), true
}

// convertScalar gives a scalar the type that is wanted, where nothing is lost:
// 5 is the text "5", and "5" the number 5.
func convertScalar(v resource.Value, t *resource.Type) (resource.Value, bool) {
	switch t.Kind {
	case resource.TBool:
		if v.Kind() == resource.KindBool {
			return v, true
		}
		return resource.Bool(v.Str() == "true"), v.Kind() == resource.KindString && (v.Str() == "true" || v.Str() == "false")
	case resource.TInt, resource.TNumber:
		if v.Kind() == resource.KindString {
			n, err := cty.ParseNumberVal(v.Str())
			if err != nil {
				return v, false
			}
			if v, err = fromCty(n); err != nil {
				return v, false
			}
		}
		return v, v.Kind() == resource.KindNumber && (t.Kind == resource.TNumber || !strings.Contains(v.Str(), "."))
	case resource.TDuration:
		return v, v.Kind() == resource.KindString
	default:
		if v.Kind() == resource.KindBool {
			return resource.String(strconv.FormatBool(v.Bool())), true
		}
		return resource.String(v.Str()), true
	}
}

// hole decodes a value that is known later: alone it may become anything
// scalar, with text around it only a text.
func (d *decoder) hole(v resource.Value, t *resource.Type) (resource.Value, bool) {
	v.Holes(func(h resource.Hole) bool {
		if !h.IsSecret() {
			d.dep(h.Ref.Address, v.Range())
		}
		return true
	})
	if len(v.Parts()) > 1 && t.Kind != resource.TString {
		d.wrongType(v.Range(), v, t)
		return v, false
	}
	if h := v.Parts()[0].Hole; h != nil && !h.IsSecret() && len(v.Parts()) == 1 {
		row, _ := d.l.opts.Kinds[h.Ref.Address.Kind].Attr(h.Ref.Attr)
		if numeric := t.Kind == resource.TInt || t.Kind == resource.TNumber; numeric && row.Shape != "" && row.Shape != "int" {
			d.fail(v.Range(), d.path.String()+" of "+d.inst.addr.String()+" wants "+wants(t), h.String()+" will be a "+row.Shape, "refer to another attribute, or write the value")
			return v, false
		}
	}
	return v, true
}

// sensitive reports a secret that stands in a file, and takes it out of the
// message's source line.
func (d *decoder) sensitive(v resource.Value, row *resource.Attr) bool {
	if !row.Sensitive || !v.Known() || v.Str() == "" && v.Kind() == resource.KindString {
		return false
	}
	out := &resource.Diagnostic{
		Severity: resource.Error, Address: d.inst.addr, Range: v.Range(),
		Summary: d.path.String() + " of " + d.inst.addr.String() + " must not stand in a file",
		Detail:  "it is a secret, and files are shared, reviewed and kept",
		Cure:    `write env("NAME"), or a variable with sensitive = true`,
	}
	if !v.Range().IsZero() {
		out.Source = d.l.redacted(v.Range())
	}
	d.sink.add(out)
	return true
}

// reference decodes a reference to a thing.
func (d *decoder) reference(v resource.Value, row *resource.Attr, t *resource.Type) (resource.Value, bool) {
	addr, ok := v.Ref()
	at := v.Range()
	if !ok {
		if v.Kind() == resource.KindString && slices.Contains(row.Enum, v.Str()) {
			return v, true
		}
		d.wrongType(at, v, t)
		return v, false
	}
	if len(t.Refs) > 0 && !slices.Contains(t.Refs, addr.Kind) {
		var there []string
		for _, k := range t.Refs {
			for _, label := range d.l.labels(k) {
				there = append(there, k+"."+label)
			}
		}
		cure := "refer to " + article(orList(t.Refs))
		if len(there) > 0 {
			cure += ", such as " + among(there)
		}
		d.fail(at, d.path.String()+" of "+d.inst.addr.String()+" wants "+wants(t), addr.String()+" is "+article(addr.Kind), cure)
		return v, false
	}
	d.dep(addr, at)
	return v, true
}

// wrongType reports a value of a type that the attribute cannot have.
func (d *decoder) wrongType(at *resource.Range, v resource.Value, t *resource.Type) {
	why := "this is " + aKind(v)
	switch v.Kind() {
	case resource.KindBool, resource.KindNumber, resource.KindString:
		why = show(v) + " is " + aKind(v)
	case resource.KindRef:
		addr, _ := v.Ref()
		why = addr.String() + " is a thing"
	case resource.KindTemplate:
		why = "this is a text that is known only later"
	}
	d.fail(at, d.path.String()+" of "+d.inst.addr.String()+" wants "+wants(t), why, d.cure(v, t))
}

// cure says how a value of the type is written.
func (d *decoder) cure(v resource.Value, t *resource.Type) string {
	addr, isRef := v.Ref()
	switch t.Kind {
	case resource.TBool:
		return "write true or false"
	case resource.TInt:
		return "write a whole number, such as 2"
	case resource.TNumber:
		return "write a number, such as 0.5"
	case resource.TDuration:
		return `write a number with a unit: "90s", "5m", "24h", "7d"`
	case resource.TList:
		if !isRef && v.Kind() != resource.KindObject && v.Known() && v.Kind() != resource.KindList {
			return "write it in brackets: [" + show(v) + "]"
		}
		return "write a list in brackets: [ … ]"
	case resource.TMap:
		return "write entries in braces: { NAME = … }"
	case resource.TObject:
		return "write attributes in braces: { " + among(rowNames(t.Attrs)) + " }"
	case resource.TRef:
		if v.Kind() == resource.KindString {
			for _, k := range t.Refs {
				for _, text := range []string{v.Str(), strings.TrimPrefix(v.Str(), k+".")} {
					if _, ok := d.l.blocks[blockKey{k, text}]; ok {
						return "write it without quotes: " + k + "." + text
					}
				}
			}
		}
		if isGroup := v.Kind() == resource.KindObject && len(v.Fields()) > 0; isGroup {
			if first, ok := v.Fields()[0].Value.Ref(); ok {
				return "say which one: " + first.String()
			}
		}
		if len(t.Refs) > 0 {
			return "write a reference, such as " + t.Refs[0] + ".NAME"
		}
		return "write a reference, such as instance.main"
	case resource.TOneOf:
		return "write one of these: " + t.String()
	}
	if isRef {
		return "write an attribute of it, such as " + addr.String() + ".name"
	}
	return "write a text in quotes"
}

func doc(row *resource.Attr) string {
	if row.Doc == "" {
		return ""
	}
	return ": " + sentence(row.Doc)
}

// example shows how an attribute is written.
func example(row *resource.Attr) string {
	if row.Block {
		return row.Name + " { … }"
	}
	x := "…"
	switch t := row.Type; t.Kind {
	case resource.TString:
		x = `"…"`
	case resource.TBool:
		x = "true"
	case resource.TInt:
		x = "1"
	case resource.TDuration:
		x = `"5m"`
	case resource.TList:
		x = "[ … ]"
	case resource.TMap, resource.TObject:
		x = "{ … }"
	case resource.TRef:
		if len(t.Refs) > 0 {
			x = t.Refs[0] + ".NAME"
		}
	}
	if len(row.Enum) > 0 {
		x = quoted(row.Enum[0])
	}
	return row.Name + " = " + x
}

func orWords(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = quoted(w)
	}
	return orList(q)
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
