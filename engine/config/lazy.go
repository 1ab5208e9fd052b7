package config

import (
	"bytes"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A syntax tree takes some fifty times the memory of its text. So a file is cut into blocks by their first and last lines, as every formatter writes
// them, and a block is parsed when it is needed and dropped when it is decoded.
//
// A text may contain lines that look like the ends of a block. Then a piece is
// not one whole block, which its parsing shows; the run is given up, and the
// files are read as a whole. So cutting wrongly costs time, and nothing else.

// source is where a block stands.
type source struct {
	file string
	text []byte
	pos  hcl.Pos
}

// piece is a block that is read once, by whoever comes first: the reader ahead,
// which does no more than that, or the loader, which also looks at it.
type piece struct {
	once  sync.Once
	block *hclsyntax.Block // nil if it is not plain
}

func (p *piece) read(s source) {
	p.once.Do(func() { p.block = quickBlock(s) })
}

// drop forgets the block, also if nobody has read it yet.
func (p *piece) drop() {
	p.once.Do(func() {})
	p.block = nil
}

// ahead is how many blocks are read before those that are decoded need them.
const ahead = 64

// readAhead reads plain blocks beside their decoding, which it needs nothing
// of. The caller calls next before each block, in order, up to the last one.
func readAhead(blocks []*block) (next func()) {
	room := make(chan struct{}, ahead)
	go func() {
		for _, b := range blocks {
			room <- struct{}{}
			if b.source.text != nil {
				b.piece.read(b.source)
			}
		}
	}()
	return func() { <-room }
}

// read takes one file.
func (l *loader) read(name string, src []byte, main bool) {
	if l.lazily && len(src) <= maxFile && l.readLazily(name, src, main) {
		l.env.Sources[name] = src
		return
	}
	if body := l.parse(name, src); body != nil {
		l.collect(body, name, main)
	}
}

// heading is the first line of a block.
type heading struct {
	kind, label string
	end         int // of the label, with its quote
	rest        []byte
}

// readLazily cuts a file into blocks; false if it does not have the form.
func (l *loader) readLazily(name string, src []byte, main bool) bool {
	if bytes.Contains(src, []byte("/*")) || !plainText(src) {
		return false
	}
	if _, deep := tooDeep(src, name, hclsyntax.LexConfig); deep {
		return false
	}
	type cut struct {
		heading
		source
	}
	var cuts []cut
	for pos := (hcl.Pos{Line: 1, Column: 1}); pos.Byte < len(src); {
		line, next := lineAt(src, pos.Byte)
		if t := bytes.Trim(line, blank); len(t) == 0 || t[0] == '#' || bytes.HasPrefix(t, []byte("//")) {
			pos.Line, pos.Byte = pos.Line+1, next
			continue
		}
		h, ok := headingOf(line)
		if !ok {
			return false
		}
		end, lines := next, 1
		if rest := bytes.Trim(h.rest, blank); len(rest) == 0 || rest[0] == '#' {
			for {
				if end >= len(src) {
					return false
				}
				line, end = lineAt(src, end)
				lines++
				if len(line) > 0 && line[0] == '}' {
					break
				}
			}
		}
		cuts = append(cuts, cut{h, source{name, src[pos.Byte:end], pos}})
		pos.Line, pos.Byte = pos.Line+lines, end
	}
	l.env.Sources[name] = src
	for _, c := range cuts {
		kind, ok := l.opts.Kinds[c.kind]
		if !ok {
			if b := l.parsePiece(new(piece), c.source); b != nil {
				l.collect(&hclsyntax.Body{Blocks: hclsyntax.Blocks{b}}, name, main)
			}
			continue
		}
		x := &block{kind: kind, label: c.label, source: c.source}
		start := c.pos
		x.at = l.at(hcl.Range{Filename: name, Start: start, End: hcl.Pos{Line: start.Line, Column: c.end + 1, Byte: start.Byte + c.end}})
		l.addBlock(x)
	}
	return true
}

const blank = " \t\r"

// plainText tells whether a file holds nothing that HCL would refuse between
// blocks and in comments, which are skipped here.
func plainText(src []byte) bool {
	for i, c := range src {
		if c < ' ' && c != '\n' && c != '\t' && (c != '\r' || i+1 == len(src) || src[i+1] != '\n') {
			return false
		}
	}
	return utf8.Valid(src)
}

func lineAt(src []byte, at int) (line []byte, next int) {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return src[at : at+i], at + i + 1
	}
	return src[at:], len(src)
}

// headingOf reads `kind "label" {` or `kind {` at the beginning of a line.
func headingOf(line []byte) (heading, bool) {
	i := 0
	for i < len(line) && (line[i] >= 'a' && line[i] <= 'z' || line[i] == '_') {
		i++
	}
	h := heading{kind: string(line[:i])}
	j := i
	for j < len(line) && line[j] == ' ' {
		j++
	}
	if i == 0 || j == i || j == len(line) {
		return h, false
	}
	if line[j] == '"' {
		k := bytes.IndexByte(line[j+1:], '"')
		if k < 0 {
			return h, false
		}
		h.label = string(line[j+1 : j+1+k])
		if !validLabel(h.label) {
			return h, false
		}
		j += k + 2
		h.end = j
		for j < len(line) && line[j] == ' ' {
			j++
		}
	}
	if j == len(line) || line[j] != '{' {
		return h, false
	}
	h.rest = line[j+1:]
	return h, true
}

// parsePiece parses what should be one whole block.
func (l *loader) parsePiece(p *piece, s source) *hclsyntax.Block {
	if p.read(s); p.block != nil {
		return p.block
	}
	f, ds := hclsyntax.ParseConfig(s.text, s.file, s.pos)
	if body, ok := f.Body.(*hclsyntax.Body); ok && len(ds) == 0 && len(body.Blocks) == 1 && len(body.Attributes) == 0 {
		return body.Blocks[0]
	}
	l.misread = true
	return nil
}

// syntax gives the body of the block, parsed if need be.
func (b *block) syntax(l *loader) *hclsyntax.Body {
	if b.body != nil {
		return b.body
	}
	body := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}}
	if x := l.parsePiece(&b.piece, b.source); x != nil && x.Type == b.kind.Name && len(x.Labels) == 1 && x.Labels[0] == b.label {
		body = x.Body
	} else {
		l.misread = true
	}
	b.setBody(body)
	return body
}

func (b *block) setBody(body *hclsyntax.Body) {
	b.body = body
	if a, ok := body.Attributes["for_each"]; ok {
		b.forEach = a.Expr
	}
}

// many tells whether the block has for_each. It avoids parsing it.
func (b *block) many(l *loader) bool {
	if b.body == nil && b.forEach == nil && bytes.Contains(b.source.text, []byte("for_each")) {
		if a, ok := b.syntax(l).Attributes["for_each"]; ok {
			b.forEach = a.Expr
		}
	}
	return b.forEach != nil
}

// settle decodes what refers to nothing and drops its syntax, so that a long
// chain of references holds only what it is made of.
func (b *block) settle(l *loader, inst *instance) {
	if b.settled || b.source.text == nil || b.forEach != nil {
		return
	}
	b.settled = true
	body := b.syntax(l)
	inst.bad = !l.names(inst, body) || inst.bad
	for i := range b.kind.Attrs {
		row := &b.kind.Attrs[i]
		if s := &inst.slots[i]; s.state == untouched && constantRow(body, row) {
			s.value, s.at, s.ok = l.decodeRow(inst, row)
			s.state = done
			inst.bad = inst.bad || !s.ok
			delete(body.Attributes, row.Name)
			body.Blocks = slices.DeleteFunc(body.Blocks, func(x *hclsyntax.Block) bool { return x.Type == row.Name })
		}
	}
}

// release drops the syntax tree of a block that is decoded.
func (b *block) release() {
	if b.source.text != nil {
		b.body = nil
		b.piece.drop()
	}
}
