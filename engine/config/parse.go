package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	maxFile = 32 << 20
	// The parser calls itself for each bracket, sign and condition, and Go
	// ends a program whose stack grows too large. These are far above what a
	// person writes and far below what the stack takes.
	maxNesting   = 500
	maxPrefixes  = 500
	maxBranching = 20_000
)

// parse reads one file. Its body is what could be read; nil if nothing.
func (l *loader) parse(name string, src []byte) *hclsyntax.Body {
	l.env.Sources[name] = src
	start := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	if len(src) > maxFile {
		l.broken = true
		l.diags.fail(l.at(start), "the file is too large", "it has more than 32 MB", "split it")
		return nil
	}
	if r, ok := tooDeep(src, name, hclsyntax.LexConfig); ok {
		l.broken = true
		l.diags.fail(l.at(r), "the expression is nested too deeply", "brackets, signs and conditions may nest some hundred levels deep", "name parts of it with locals")
		return nil
	}
	f, ds := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if ds.HasErrors() {
		l.broken = true
	}
	l.addHCL(ds)
	if f == nil {
		return nil
	}
	body, _ := f.Body.(*hclsyntax.Body)
	return body
}

// tooDeep finds what the parser's recursion would not survive. A quick count
// of bytes clears nearly every file; only what it doubts is read by token.
func tooDeep(src []byte, name string, lex func([]byte, string, hcl.Pos) (hclsyntax.Tokens, hcl.Diagnostics)) (hcl.Range, bool) {
	depth, deepest := 0, 0
	for _, c := range src {
		switch c {
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
	}
	if deepest < maxNesting && bytes.Count(src, []byte("!")) < maxBranching && bytes.Count(src, []byte("-")) < maxBranching &&
		bytes.Count(src, []byte("?")) < maxBranching && bytes.Count(src, []byte("%{")) < maxNesting {
		return hcl.Range{}, false
	}
	tokens, _ := lex(src, name, hcl.InitialPos)
	nesting, prefixes, branches, controls := 0, 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp:
			nesting++
		case hclsyntax.TokenTemplateControl:
			nesting++
			controls++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			nesting = max(nesting-1, 0)
		case hclsyntax.TokenQuestion:
			branches++
		}
		switch t.Type {
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			prefixes++
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		default:
			prefixes = 0
		}
		if nesting > maxNesting || prefixes > maxPrefixes || branches > maxBranching || controls > maxBranching {
			return t.Range, true
		}
	}
	return hcl.Range{}, false
}
