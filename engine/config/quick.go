package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Most of what large configurations hold is plain: names, texts, numbers,
// lists, objects, references by dots. This reads such a block some ten times
// faster than HCL's parser, into the same syntax tree with the same places. At
// anything else (another character, an operator, a template, an error) it
// gives up, and HCL's parser reads the block. So it needs to know only the
// plain forms, and never reports anything.

// maxPlain bounds the nesting that is read here.
const maxPlain = 50

type quick struct {
	file string
	src  []byte
	at   int // the next byte
	// base is added to at for the byte in the file; line and start are the
	// line and its first byte in src.
	base, line, start int
	bad               bool
}

// quickBlock reads one whole block; nil if it is not plain.
func quickBlock(s source) *hclsyntax.Block {
	for _, c := range s.text {
		if c >= 0x80 || c < ' ' && c != '\n' && c != '\t' {
			return nil
		}
	}
	q := &quick{file: s.file, src: s.text, base: s.pos.Byte, line: s.pos.Line}
	b := q.block(0)
	if q.lines(); q.bad || q.at != len(q.src) {
		return nil
	}
	return b
}

// give up: HCL's parser shall read the block.
func (q *quick) give() { q.bad = true }

func (q *quick) peek() byte {
	if q.at < len(q.src) {
		return q.src[q.at]
	}
	return 0
}

func (q *quick) pos(at int) hcl.Pos {
	return hcl.Pos{Line: q.line, Column: at - q.start + 1, Byte: q.base + at}
}

// rng is a range within the current line.
func (q *quick) rng(from, to int) hcl.Range {
	return hcl.Range{Filename: q.file, Start: q.pos(from), End: q.pos(to)}
}

// take reads one byte that must be there, and gives its place.
func (q *quick) take(c byte) hcl.Range {
	if q.peek() != c {
		q.bad = true
		return hcl.Range{}
	}
	q.at++
	return q.rng(q.at-1, q.at)
}

// blanks skips to the next token of the line.
func (q *quick) blanks() {
	for q.peek() == ' ' || q.peek() == '\t' {
		q.at++
	}
}

// lines skips blanks, comments and line breaks; true if there was a break.
func (q *quick) lines() bool {
	broke := false
	for {
		q.blanks()
		switch {
		case q.peek() == '\n':
			q.at++
			q.line++
			q.start = q.at
			broke = true
		case q.peek() == '#', q.peek() == '/' && q.at+1 < len(q.src) && q.src[q.at+1] == '/':
			for q.at < len(q.src) && q.src[q.at] != '\n' {
				q.at++
			}
		default:
			return broke
		}
	}
}

func (q *quick) word() (string, hcl.Range) {
	from := q.at
	for q.at < len(q.src) {
		c := q.src[q.at]
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || q.at > from && (c == '-' || c >= '0' && c <= '9') {
			q.at++
			continue
		}
		break
	}
	if q.at == from {
		q.give()
	}
	return string(q.src[from:q.at]), q.rng(from, q.at)
}

// quoted reads a text without escapes and templates.
func (q *quick) quoted() (string, hcl.Range) {
	from := q.at
	q.take('"')
	for !q.bad {
		switch c := q.peek(); c {
		case '"':
			q.at++
			return string(q.src[from+1 : q.at-1]), q.rng(from, q.at)
		case 0, '\n', '\\':
			q.give()
		case '$', '%':
			if q.at+1 < len(q.src) && q.src[q.at+1] == '{' {
				q.give()
			}
		}
		q.at++
	}
	return "", hcl.Range{}
}

func (q *quick) text() *hclsyntax.TemplateExpr {
	s, r := q.quoted()
	if q.bad {
		return nil
	}
	inner := r
	inner.Start.Byte, inner.Start.Column = r.Start.Byte+1, r.Start.Column+1
	inner.End.Byte, inner.End.Column = r.End.Byte-1, r.End.Column-1
	return &hclsyntax.TemplateExpr{Parts: []hclsyntax.Expression{&hclsyntax.LiteralValueExpr{Val: cty.StringVal(s), SrcRange: inner}}, SrcRange: r}
}

// block reads kind "label" { … } with each item on a line of its own.
func (q *quick) block(depth int) *hclsyntax.Block {
	name, r := q.word()
	if q.bad || depth > maxPlain {
		q.give()
		return nil
	}
	return q.blockAfter(name, r, depth)
}

func (q *quick) blockAfter(name string, r hcl.Range, depth int) *hclsyntax.Block {
	b := &hclsyntax.Block{Type: name, TypeRange: r}
	for q.blanks(); q.peek() == '"' && !q.bad; q.blanks() {
		label, at := q.quoted()
		b.Labels, b.LabelRanges = append(b.Labels, label), append(b.LabelRanges, at)
	}
	b.OpenBraceRange = q.take('{')
	b.Body = &hclsyntax.Body{Attributes: hclsyntax.Attributes{}}
	if !q.lines() && q.peek() != '}' {
		q.give() // an item on the line of the brace
	}
	for !q.bad && q.peek() != '}' {
		name, r := q.word()
		q.blanks()
		switch {
		case q.bad:
		case q.peek() == '=':
			eq := q.take('=')
			q.blanks()
			e := q.expr(depth + 1)
			if q.bad || b.Body.Attributes[name] != nil {
				q.give()
				break
			}
			b.Body.Attributes[name] = &hclsyntax.Attribute{Name: name, Expr: e, SrcRange: hcl.RangeBetween(r, e.Range()), NameRange: r, EqualsRange: eq}
		default:
			if depth > maxPlain {
				q.give()
				break
			}
			b.Body.Blocks = append(b.Body.Blocks, q.blockAfter(name, r, depth+1))
		}
		if !q.lines() {
			q.give() // something more on the line
		}
	}
	b.CloseBraceRange = q.take('}')
	b.Body.SrcRange = hcl.RangeBetween(b.OpenBraceRange, b.CloseBraceRange)
	b.Body.EndRange = hcl.Range{Filename: q.file, Start: b.CloseBraceRange.End, End: b.CloseBraceRange.End}
	return b
}

// expr reads a value. What follows it must be the end of a line or of an
// element, which the caller checks; so an operator is never overlooked.
func (q *quick) expr(depth int) hclsyntax.Expression {
	if q.bad || depth > maxPlain {
		q.give()
		return nil
	}
	switch c := q.peek(); {
	case c == '"':
		if t := q.text(); t != nil {
			return t
		}
	case c == '[':
		return q.list(depth)
	case c == '{':
		return q.object(depth)
	case c >= '0' && c <= '9':
		return q.number()
	default:
		return q.name()
	}
	q.give()
	return nil
}

func (q *quick) number() hclsyntax.Expression {
	from := q.at
	digits := func() {
		if c := q.peek(); c < '0' || c > '9' {
			q.give()
		}
		for c := q.peek(); c >= '0' && c <= '9'; c = q.peek() {
			q.at++
		}
	}
	if digits(); q.peek() == '.' {
		q.at++
		digits()
	}
	v, err := cty.ParseNumberVal(string(q.src[from:q.at]))
	if c := q.peek(); err != nil || q.bad || c == '.' || c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
		q.give()
		return nil
	}
	return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: q.rng(from, q.at)}
}

// name reads true, false, null, or a reference such as schema.app_data.name.
func (q *quick) name() hclsyntax.Expression {
	word, r := q.word()
	if q.bad {
		return nil
	}
	literal := func(v cty.Value) hclsyntax.Expression {
		if q.peek() == '.' {
			q.give()
		}
		return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: r}
	}
	switch word {
	case "true":
		return literal(cty.True)
	case "false":
		return literal(cty.False)
	case "null":
		return literal(cty.NullVal(cty.DynamicPseudoType))
	case "for":
		q.give()
		return nil
	}
	t := hcl.Traversal{hcl.TraverseRoot{Name: word, SrcRange: r}}
	whole := r
	for q.peek() == '.' && !q.bad {
		dot := q.at
		q.at++
		word, r = q.word()
		r.Start = q.pos(dot)
		t = append(t, hcl.TraverseAttr{Name: word, SrcRange: r})
		whole.End = r.End
	}
	return &hclsyntax.ScopeTraversalExpr{Traversal: t, SrcRange: whole}
}

func (q *quick) list(depth int) hclsyntax.Expression {
	open := q.take('[')
	e := &hclsyntax.TupleConsExpr{OpenRange: open}
	for q.lines(); !q.bad && q.peek() != ']'; q.lines() {
		x := q.expr(depth + 1)
		if q.bad {
			return nil
		}
		e.Exprs = append(e.Exprs, x)
		if q.lines(); q.peek() == ',' {
			q.at++
		} else if q.peek() != ']' {
			q.give()
		}
	}
	e.SrcRange = hcl.RangeBetween(open, q.take(']'))
	return e
}

func (q *quick) object(depth int) hclsyntax.Expression {
	open := q.take('{')
	e := &hclsyntax.ObjectConsExpr{OpenRange: open}
	for q.lines(); !q.bad && q.peek() != '}'; q.lines() {
		var key hclsyntax.Expression
		if q.peek() == '"' {
			if t := q.text(); t != nil {
				key = t
			}
		} else {
			word, r := q.word()
			switch word {
			case "for", "true", "false", "null":
				q.give()
			}
			key = &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: word, SrcRange: r}}, SrcRange: r}
		}
		q.blanks()
		q.take('=')
		q.blanks()
		value := q.expr(depth + 1)
		if q.bad {
			return nil
		}
		e.Items = append(e.Items, hclsyntax.ObjectConsItem{KeyExpr: &hclsyntax.ObjectConsKeyExpr{Wrapped: key}, ValueExpr: value})
		if q.blanks(); q.peek() == ',' {
			q.at++
		} else if !q.lines() && q.peek() != '}' {
			q.give()
		}
	}
	e.SrcRange = hcl.RangeBetween(open, q.take('}'))
	return e
}
