package postgres

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// sequence is a sequence as written, or as it is.
type sequence struct {
	place
	typ string // "" is bigint
	seqOptions
	ownedBy  string // schema.table.column; "" is nobody
	unlogged bool
	comment  string
}

func decodeSequence(p place, attrs resource.Value) *sequence {
	s := &sequence{place: p, seqOptions: decodeSeqOptions(attrs), unlogged: attrs.Get("unlogged").Bool(), comment: attrs.Get("comment").Str()}
	if typ, _ := staticType(attrs.Get("type").Str()); typ != "bigint" {
		s.typ = typ
	}
	s.seqOptions.settle(s.typ)
	if by := attrs.Get("owned_by").Str(); by != "" {
		s.ownedBy = qualifyColumn(by, p.schema)
	}
	return s
}

// qualifyColumn writes table.column or schema.table.column with its schema, quoted where needed. Other texts stay.
func qualifyColumn(text, schema string) string {
	parts := splitIdents(text)
	switch len(parts) {
	case 2:
		return sqltext.Qualified(schema, parts[0]) + "." + sqltext.Ident(parts[1])
	case 3:
		return sqltext.Qualified(parts[0], parts[1]) + "." + sqltext.Ident(parts[2])
	default:
		return text
	}
}

// splitIdents takes a dotted name apart; nil if it is none.
func splitIdents(text string) []string {
	if _, name, ok := sqltext.SplitQualified(text); ok {
		schema, _, _ := sqltext.SplitQualified(text)
		if schema == "" {
			return []string{name}
		}
		return []string{schema, name}
	}
	for i := 0; i < len(text); i++ {
		if text[i] == '.' {
			_, first, ok := sqltext.SplitQualified(text[:i])
			schema, second, ok2 := sqltext.SplitQualified(text[i+1:])
			if ok && ok2 && schema != "" && !strings.Contains(first, ".") {
				return []string{first, schema, second}
			}
		}
	}
	return nil
}

// settle drops the options that say what would be without them.
func (s *seqOptions) settle(typ string) {
	least, top := s.span(typ)
	down := s.down()
	if s.min == least {
		s.min = ""
	}
	if s.max == top {
		s.max = ""
	}
	start := s.min
	if start == "" {
		start = least
	}
	if down {
		if start = s.max; start == "" {
			start = top
		}
	}
	if s.start == start {
		s.start = ""
	}
	if s.increment == "1" {
		s.increment = ""
	}
	if s.cache == "1" {
		s.cache = ""
	}
}

// down tells whether a sequence counts down.
func (s seqOptions) down() bool { return strings.HasPrefix(s.increment, "-") }

// span gives the least and the greatest value that are meant when none is said.
func (s seqOptions) span(typ string) (least, top string) {
	bits := map[string]uint{"smallint": 15, "smallserial": 15, "integer": 31, "serial": 31}[typ]
	if bits == 0 {
		bits = 63
	}
	most := new(big.Int).Lsh(big.NewInt(1), bits)
	if s.down() {
		return new(big.Int).Neg(most).String(), "-1"
	}
	return "1", new(big.Int).Sub(most, big.NewInt(1)).String()
}

// bounds gives the least and the greatest value that are in force.
func (s seqOptions) bounds(typ string) (least, top *big.Int) {
	low, high := s.span(typ)
	least, _ = new(big.Int).SetString(orElse(s.min, low), 10)
	top, _ = new(big.Int).SetString(orElse(s.max, high), 10)
	if least == nil || top == nil {
		return new(big.Int), new(big.Int)
	}
	return least, top
}

// restarts tells whether a sequence must begin anew with these options: it counts the other way, or nothing that it may
// have given is among what it may give.
func (s seqOptions) restarts(typ string, from seqOptions, fromTyp string) bool {
	least, top := s.bounds(typ)
	wasLeast, wasTop := from.bounds(fromTyp)
	return s.down() != from.down() || least.Cmp(wasTop) > 0 || top.Cmp(wasLeast) < 0
}

// within writes the statement that brings a sequence to where these options let it be, which they would be refused
// without; "" if they leave it all the room that it had. RESTART is undone with the transaction, setval would not be.
func (s seqOptions) within(at place, typ string, from seqOptions, fromTyp string) string {
	least, top := s.bounds(typ)
	wasLeast, wasTop := from.bounds(fromTyp)
	if s.restarts(typ, from, fromTyp) {
		return ""
	}
	var lines []string
	when := func(narrower bool, sign string, bound *big.Int) {
		if narrower {
			lines = append(lines, fmt.Sprintf("  IF (SELECT last_value %s %s FROM %s) THEN ALTER SEQUENCE %s RESTART WITH %s; END IF;\n", sign, bound, at, at, bound))
		}
	}
	when(least.Cmp(wasLeast) > 0, "<", least)
	when(top.Cmp(wasTop) < 0, ">", top)
	if len(lines) == 0 {
		return ""
	}
	return "DO " + sqltext.Dollar("\nBEGIN\n"+strings.Join(lines, "")+"END\n")
}

func (id *identity) settle(typ string) {
	if id != nil {
		id.seqOptions.settle(typ)
	}
}

func normalizeSequence(n *normalizer, r *resource.Resource) resource.Value {
	s, w := decodeSequence(n.place(r), r.Attrs), r.Attrs
	var o object
	o.text("schema", s.schema, w.Get("schema"))
	o.text("name", s.name, w.Get("name"))
	o.text("type", s.typ, w.Get("type"))
	s.seqOptions.encode(&o, w)
	o.text("owned_by", s.ownedBy, w.Get("owned_by"))
	o.flag("unlogged", s.unlogged, w.Get("unlogged"))
	o.text("comment", s.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}
