package catalog

import (
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// The rows of types, collations, extensions and aggregates as they come.

type domainRow struct {
	base, collation, def string
	notNull              bool
	checks               [][]*string // name, expression, valid ("true"), comment
}

type attributeRow struct{ name, typ, collation, comment string }

type rangeRow struct {
	subtype, opclass, collation string
	canonical                   bool
	diff, multirange            string
}

type collationRow struct {
	oid, schema, owner     uint32
	name                   string
	provider               byte // c i b d
	deterministic          bool
	collate, ctype, locale string
	rules                  string
	version, actual        string
	comment                string
}

type extensionRow struct {
	oid, schema, owner        uint32
	name, schemaName, version string
	relocatable               bool
	comment                   string
}

type aggregateRow struct {
	kind                         byte // n o h
	direct                       int
	sfunc, stype, space          string
	final                        string
	finalExtra                   bool
	finalModify                  byte // r s w
	combine, serial, deserial    string
	initial                      *string
	msfunc, minv, mstype, mspace string
	mfinal                       string
	mfinalExtra                  bool
	mfinalModify                 byte
	minitial                     *string
	sortop                       string
}

// restRow is an object that no kind is for.
type restRow struct {
	oid, schema uint32
	word, name  string
}

// named qualifies a name, unless it stands in pg_catalog, where the schema is
// null.
func (r row) named(name, schema int) string {
	if r.null(schema) {
		return r.text(name)
	}
	return qualified(r.text(schema), r.text(name))
}

// optional keeps apart what is not there from an empty text.
func (r row) optional(i int) *string {
	if r.null(i) {
		return nil
	}
	s := string(r.values[i])
	return &s
}

// routine reads what regproc prints: "-" for none, and a function of pg_catalog
// by its name alone, which it prints only where that is enough.
func (r row) routine(i int) string {
	text := r.text(i)
	if text == "-" {
		return ""
	}
	if schema, name, ok := sqltext.SplitQualified(text); ok && schema == "pg_catalog" {
		return sqltext.Ident(name)
	}
	return text
}

func (w *raw) typeTakers() map[string]func(row) {
	return map[string]func(row){
		"domains": func(r row) {
			d := &domainRow{base: r.text(1), collation: r.named(2, 3), notNull: r.flag(4), def: r.text(5)}
			decode(r.values[6], &d.checks)
			w.domains[r.oid(0)] = d
		},
		"attributes": func(r row) {
			w.attributes[r.oid(0)] = append(w.attributes[r.oid(0)],
				attributeRow{name: r.text(1), typ: r.text(2), collation: r.named(3, 4), comment: r.text(5)})
		},
		"ranges": func(r row) {
			t := &rangeRow{subtype: r.text(1), collation: r.named(5, 6), canonical: r.flag(7), diff: r.routine(8), multirange: r.text(9)}
			if !r.flag(2) {
				t.opclass = r.named(3, 4)
			}
			w.ranges[r.oid(0)] = t
		},
		"collations": func(r row) {
			w.collations = append(w.collations, &collationRow{oid: r.oid(0), name: r.text(1), schema: r.oid(2), owner: r.oid(3),
				provider: r.char(4), deterministic: r.flag(5), collate: r.text(6), ctype: r.text(7), locale: r.text(8), rules: r.text(9),
				version: r.text(10), actual: r.text(11), comment: r.text(12)})
		},
		"extensions": func(r row) {
			w.extensions = append(w.extensions, &extensionRow{oid: r.oid(0), name: r.text(1), schema: r.oid(2), schemaName: r.text(3),
				owner: r.oid(4), version: r.text(5), relocatable: r.flag(6), comment: r.text(7)})
		},
		"aggregates": func(r row) {
			w.aggregates[r.oid(0)] = &aggregateRow{kind: r.char(1), direct: int(r.number(2)), sfunc: r.routine(3), stype: r.text(4),
				space: zeroless(r.text(5)), final: r.routine(6), finalExtra: r.flag(7), finalModify: r.char(8), combine: r.routine(9),
				serial: r.routine(10), deserial: r.routine(11), initial: r.optional(12), msfunc: r.routine(13), minv: r.routine(14),
				mstype: r.text(15), mspace: zeroless(r.text(16)), mfinal: r.routine(17), mfinalExtra: r.flag(18), mfinalModify: r.char(19),
				minitial: r.optional(20), sortop: operator(r.text(21), r.text(22))}
		},
		"rest": func(r row) {
			w.rest = append(w.rest, restRow{oid: r.oid(0), schema: r.oid(1), word: r.text(2), name: r.text(3)})
		},
	}
}

func zeroless(number string) string {
	if number == "0" {
		return ""
	}
	return number
}

// operator writes the name of an operator: that of pg_catalog as it is.
func operator(name, schema string) string {
	if schema == "" {
		return name
	}
	return sqltext.Ident(schema) + "." + name
}
