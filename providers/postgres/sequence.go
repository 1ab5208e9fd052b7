package postgres

import (
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
	ownedBy string // schema.table.column; "" is nobody
	comment string
}

func decodeSequence(p place, attrs resource.Value) *sequence {
	s := &sequence{place: p, seqOptions: decodeSeqOptions(attrs), comment: attrs.Get("comment").Str()}
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
	bits := map[string]uint{"smallint": 15, "integer": 31}[typ]
	if bits == 0 {
		bits = 63
	}
	most := new(big.Int).Lsh(big.NewInt(1), bits)
	least := "1"
	top := new(big.Int).Sub(most, big.NewInt(1)).String()
	down := strings.HasPrefix(s.increment, "-")
	if down {
		least, top = new(big.Int).Neg(most).String(), "-1"
	}
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
	o.text("comment", s.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}
