package config

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// loader is one run of Load.
type loader struct {
	opts  Options
	files Files
	env   *Environment
	diags sink
	// misread: a file that was read block by block is not made so; it must be
	// read as a whole.
	misread bool
	lazily  bool
	// broken: a file has a syntax error or is missing, so that a name which is
	// not found may well exist.
	broken bool

	blocks map[blockKey]*block
	order  []*block
	byKind map[string][]string
	things map[resource.Address]*instance
	vars   map[string]*variable
	locals map[string]*local
	header *header
	moved  []*moved

	top       string // the folder that file() may not leave; "" not yet known
	templates map[string]hclsyntax.Expression
	secrets   map[secretKey]bool
	indexes   map[*resource.Field]map[string]int
	circular  map[resource.Address]bool
	chain     []link
	unread    map[fileLine]bool // lines with a syntax error
	syntax    map[*resource.Diagnostic]bool
	slab      []resource.Range
	written   []entry // of the objects that are being decoded

	// holes counts the errors about values that are not yet known.
	depth, iterations, suggested, holes int
}

func newLoader(o Options) *loader {
	l := &loader{
		opts: o, files: o.Files, env: &Environment{Sources: map[string][]byte{}},
		blocks: map[blockKey]*block{}, byKind: map[string][]string{}, things: map[resource.Address]*instance{},
		vars: map[string]*variable{}, locals: map[string]*local{},
		templates: map[string]hclsyntax.Expression{}, secrets: map[secretKey]bool{},
		indexes: map[*resource.Field]map[string]int{}, circular: map[resource.Address]bool{},
		unread: map[fileLine]bool{}, syntax: map[*resource.Diagnostic]bool{},
	}
	if l.files == nil {
		l.files = disk{}
	}
	return l
}

// Load reads the environment file and everything that it includes. The result
// is what could be read; it is complete if the diagnostics hold no error.
func Load(file string, o Options) (*Environment, resource.Diagnostics) {
	return load(file, o, true)
}

// load reads files block by block, or each as a whole.
func load(file string, o Options, lazily bool) (*Environment, resource.Diagnostics) {
	l := newLoader(o)
	l.lazily = lazily
	l.run(file)
	if l.misread {
		l = newLoader(o)
		l.run(file)
	}
	return l.env, l.finish()
}

func (l *loader) run(file string) {
	l.env.File = l.shorten(file)
	l.env.Dir = filepath.Dir(l.env.File)
	src, err := l.files.ReadFile(l.env.File)
	if err != nil {
		d := l.diags.fail(nil, "the environment file "+l.env.File+" cannot be read", reason(err), "name an existing file, such as environments/dev.hcl")
		d.Err = err
		return
	}
	l.read(l.env.File, src, true)
	l.include()
	l.readHeader()
	l.readVariables()
	for _, x := range l.sortedLocals() {
		l.local(x, nil, &scope{sink: &l.diags})
	}
	l.readResources()
	l.readMoved()
	l.findCycles()
	slices.SortStableFunc(l.env.Secrets, func(a, b SecretUse) int {
		if a.At.File != b.At.File {
			return strings.Compare(a.At.File, b.At.File)
		}
		return int(a.At.Byte - b.At.Byte)
	})
}

// shorten gives a path as the user would type it: below the current folder
// without it, otherwise as it is, cleaned.
func (l *loader) shorten(file string) string {
	file = filepath.Clean(file)
	if filepath.IsAbs(file) {
		if here, err := filepath.Abs("."); err == nil {
			if rel, err := filepath.Rel(here, file); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
				return rel
			}
		}
	}
	return file
}

func reason(err error) string {
	if pe, ok := err.(interface{ Unwrap() error }); ok && pe.Unwrap() != nil {
		return pe.Unwrap().Error()
	}
	return err.Error()
}

// collect sorts the blocks of a file by what they are.
func (l *loader) collect(body *hclsyntax.Body, file string, main bool) {
	if len(body.Attributes) > 0 {
		for _, at := range sortedAttributes(body) {
			l.diags.fail(l.at(at.NameRange), quoted(at.Name)+" stands outside of any block", "a file consists of blocks", "move it into a block, such as locals { "+at.Name+" = … }")
		}
	}
	for _, b := range body.Blocks {
		switch b.Type {
		case "environment":
			l.environment(b, file, main)
		case "variable":
			l.declareVariable(b)
		case "locals":
			l.declareLocals(b)
		case "moved":
			l.declareMoved(b)
		default:
			l.declare(b)
		}
	}
}

// declare takes a block of a kind.
func (l *loader) declare(b *hclsyntax.Block) {
	kind, ok := l.opts.Kinds[b.Type]
	if !ok {
		words := append(l.opts.Kinds.Names(), "environment", "variable", "locals", "moved")
		why := "the block types are: " + strings.Join(slices.Sorted(slices.Values(words)), ", ")
		cure := l.didYouMean(b.Type, words, "write one of those")
		switch b.Type {
		case "module":
			cure = "there are no modules: name files in include of the environment block"
		case "provider", "terraform":
			cure = "leave it out: tellr needs no such block"
		case "resource", "data":
			cure = "write the kind itself as the block: " + strings.Join(b.Labels, " ") + " { … }"
		case "output":
			cure = "there are no outputs: tellr show prints what is live"
		}
		l.diags.fail(l.at(b.TypeRange), "there is no block type "+quoted(b.Type), why, cure)
		return
	}
	label, ok := l.oneLabel(b)
	if !ok {
		return
	}
	x := &block{kind: kind, label: label, at: l.at(b.DefRange())}
	x.setBody(b.Body)
	l.addBlock(x)
}

func (l *loader) addBlock(x *block) {
	key := blockKey{x.kind.Name, x.label}
	if first, dup := l.blocks[key]; dup {
		if x.body == nil {
			x.syntax(l) // for the errors in it
		}
		l.diags.fail(x.at, x.kind.Name+" "+quoted(x.label)+" is declared twice", "the first stands at "+first.at.String(), "give one of them another label, or remove it")
		return
	}
	l.blocks[key] = x
	l.order = append(l.order, x)
	l.byKind[x.kind.Name] = append(l.byKind[x.kind.Name], x.label)
}

func (l *loader) labels(kind string) []string { return l.byKind[kind] }

// oneLabel gives a block's label, which must be a word, so that it can be
// referred to.
func (l *loader) oneLabel(b *hclsyntax.Block) (string, bool) {
	if len(b.Labels) != 1 {
		l.diags.fail(l.at(b.DefRange()), article(b.Type)+" block has one label", "this one has "+map[bool]string{true: "none", false: "more"}[len(b.Labels) == 0], "write "+b.Type+` "NAME" { … }`)
		return "", false
	}
	label := b.Labels[0]
	if validLabel(label) {
		return label, true
	}
	cure := "write a label of letters, digits, _ and -, beginning with a letter or _"
	if kind, ok := l.opts.Kinds[b.Type]; ok && rowIndex(kind.Attrs, "name") >= 0 {
		cure += "; the name itself goes into the block: name = " + quoted(label)
	}
	l.diags.fail(l.at(b.LabelRanges[0]), quoted(label)+" cannot be a label", "a label is a word by which other blocks refer to this one: "+b.Type+".LABEL", cure)
	return "", false
}

func validLabel(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

// readResources decodes every thing.
func (l *loader) readResources() {
	next := readAhead(l.order)
	for _, b := range l.order {
		next()
		if !b.expand(l, b.at) || len(b.instances) == 0 {
			// Nothing will be decoded: at least the names are checked.
			l.checkBlock(b)
			b.release()
			continue
		}
		for _, inst := range b.instances {
			switch r := l.resource(inst); {
			case r == nil:
			case r.Kind.Rule:
				l.env.Rules = append(l.env.Rules, r)
			default:
				l.env.Resources = append(l.env.Resources, r)
			}
		}
		b.release()
	}
}

func sortedAttributes(body *hclsyntax.Body) []*hclsyntax.Attribute {
	out := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return out
}

// text gives the source of a range, for messages.
func (l *loader) text(r hcl.Range) string {
	src := l.env.Sources[r.Filename]
	if r.Start.Byte < 0 || r.End.Byte > len(src) || r.Start.Byte > r.End.Byte {
		return "the value"
	}
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(src[r.Start.Byte:min(r.End.Byte, r.Start.Byte+400)]), "�")), " ")
	if x := []rune(s); len(x) > 60 {
		return string(x[:57]) + "…"
	}
	return s
}
