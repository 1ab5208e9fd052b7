package postgres

import (
	"strconv"
	"strings"
)

// modifier says what may stand in parentheses behind a type's name.
type modifier uint8

const (
	noModifier modifier = iota
	lengthModifier
	precisionModifier // of seconds, 0 to 6, right behind the first word
	numericModifier   // precision and scale
	floatModifier     // bits: chooses between the two floats
)

type builtinType struct {
	name   string // as format_type prints it
	mod    modifier
	noBare string // what it is without a modifier, where that is not name
}

// builtinTypes are the names by which the types of pg_catalog are written, in small letters with single spaces. What is
// not among them (types of extensions, enums, intervals with fields) the server is asked about.
var builtinTypes = func() map[string]builtinType {
	m := map[string]builtinType{}
	for _, same := range strings.Fields(`text json jsonb jsonpath uuid bytea date inet cidr macaddr macaddr8 money xml point line
		lseg box path polygon circle tsvector tsquery oid name regclass regproc regprocedure regtype regrole regnamespace
		regconfig pg_lsn xid xid8 cid tid void trigger event_trigger record anyelement anyarray
		int4range int8range numrange tsrange tstzrange daterange
		int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange`) {
		m[same] = builtinType{name: same}
	}
	for name, words := range map[string]string{
		"smallint": "int2,smallint", "integer": "int,int4,integer", "bigint": "int8,bigint",
		"real": "float4,real", "boolean": "bool,boolean",
	} {
		for w := range strings.SplitSeq(words, ",") {
			m[w] = builtinType{name: name}
		}
	}
	m["double precision"] = builtinType{name: "double precision"}
	m["float8"] = m["double precision"]
	m["float"] = builtinType{name: "double precision", mod: floatModifier}
	for w := range strings.SplitSeq("numeric,decimal,dec", ",") {
		m[w] = builtinType{name: "numeric", mod: numericModifier}
	}
	for w := range strings.SplitSeq("varchar,character varying,char varying,national character varying,national char varying,nchar varying", ",") {
		m[w] = builtinType{name: "character varying", mod: lengthModifier}
	}
	for w := range strings.SplitSeq("char,character,national character,national char,nchar", ",") {
		m[w] = builtinType{name: "character", mod: lengthModifier, noBare: "character(1)"}
	}
	m["bpchar"] = builtinType{name: "character", mod: lengthModifier, noBare: "bpchar"}
	m["bit"] = builtinType{name: "bit", mod: lengthModifier, noBare: "bit(1)"}
	m["bit varying"] = builtinType{name: "bit varying", mod: lengthModifier}
	m["varbit"] = m["bit varying"]
	m["timestamp"] = builtinType{name: "timestamp without time zone", mod: precisionModifier}
	m["timestamp without time zone"] = m["timestamp"]
	m["timestamptz"] = builtinType{name: "timestamp with time zone", mod: precisionModifier}
	m["timestamp with time zone"] = m["timestamptz"]
	m["time"] = builtinType{name: "time without time zone", mod: precisionModifier}
	m["time without time zone"] = m["time"]
	m["timetz"] = builtinType{name: "time with time zone", mod: precisionModifier}
	m["time with time zone"] = m["timetz"]
	m["interval"] = builtinType{name: "interval", mod: precisionModifier}
	return m
}()

// serialTypes are the words that stand for an integer with a sequence of its own, by what they are canonically.
var serialTypes = map[string]string{
	"smallserial": "smallserial", "serial2": "smallserial",
	"serial": "serial", "serial4": "serial",
	"bigserial": "bigserial", "serial8": "bigserial",
}

// serialInteger is the type that a serial column has when all is made.
var serialInteger = map[string]string{"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}

func isSerial(typ string) bool { return serialInteger[typ] != "" }

// staticType gives the name that format_type prints for a type, if that can be told without a server.
func staticType(text string) (string, bool) {
	if text == `"char"` {
		return text, true
	}
	if strings.ContainsAny(text, `"'`) {
		return text, false
	}
	s := text
	if !tidy(text) {
		s = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	}
	if c, ok := serialTypes[s]; ok {
		return c, true
	}
	s, array := cutArray(s)
	base, mod, hasMod := cutModifier(s)
	b, ok := builtinTypes[strings.TrimPrefix(base, "pg_catalog.")]
	if !ok {
		return text, false
	}
	name, ok := b.with(mod, hasMod)
	return name + array, ok
}

// tidy tells whether a type is written in small letters without spaces, as most are.
func tidy(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// cutArray takes the marks of an array off. However many there are, and whatever sizes they have, Postgres remembers
// only that it is an array.
func cutArray(s string) (rest, array string) {
	for {
		if t, ok := strings.CutSuffix(s, " array"); ok {
			s, array = t, "[]"
			continue
		}
		i := strings.LastIndexByte(s, '[')
		if i < 0 || !strings.HasSuffix(s, "]") || strings.Trim(s[i+1:len(s)-1], "0123456789 ") != "" {
			return strings.TrimSpace(s), array
		}
		s, array = strings.TrimSpace(s[:i]), "[]"
	}
}

func cutModifier(s string) (base, mod string, ok bool) {
	open := strings.IndexByte(s, '(')
	end := strings.IndexByte(s, ')')
	if open < 0 || end < open {
		return s, "", false
	}
	base = strings.TrimSpace(s[:open]) + " " + strings.TrimSpace(s[end+1:])
	return strings.TrimSpace(base), strings.ReplaceAll(s[open+1:end], " ", ""), true
}

func (b builtinType) with(mod string, has bool) (string, bool) {
	if !has {
		if b.noBare != "" {
			return b.noBare, true
		}
		return b.name, true
	}
	first, second, two := strings.Cut(mod, ",")
	n, err := strconv.Atoi(first)
	if err != nil || two && b.mod != numericModifier {
		return "", false
	}
	switch b.mod {
	case lengthModifier:
		return b.name + "(" + strconv.Itoa(n) + ")", n > 0
	case precisionModifier:
		head, tail, _ := strings.Cut(b.name, " ")
		out := head + "(" + strconv.Itoa(n) + ")"
		if tail != "" {
			out += " " + tail
		}
		return out, 0 <= n && n <= 6
	case floatModifier:
		if n <= 24 {
			return "real", n >= 1
		}
		return "double precision", n <= 53
	case numericModifier:
		scale := 0
		if two {
			if scale, err = strconv.Atoi(second); err != nil {
				return "", false
			}
		}
		return b.name + "(" + strconv.Itoa(n) + "," + strconv.Itoa(scale) + ")", n > 0
	default:
		return "", false
	}
}

// staticDefault gives what pg_get_expr prints for a default that is a plain constant or a call without arguments, if
// that can be told without a server. typ is the column's canonical type.
func staticDefault(text, typ string) (string, bool) {
	s := strings.TrimSpace(text)
	base, _, _ := cutModifier(typ)
	switch base {
	case "boolean":
		low := strings.ToLower(s)
		return low, low == "true" || low == "false"
	case "integer", "bigint", "smallint", "numeric":
		return s, digits(s)
	case "text", "character varying":
		if plainLiteral(s) {
			return s + "::" + base, true
		}
	}
	low := strings.ToLower(s)
	return low, low == "gen_random_uuid()" && base == "uuid" || low == "now()" && strings.HasPrefix(base, "timestamp")
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && (s == "0" || s[0] != '0') && len(s) < 10
}

// plainLiteral tells whether a text is one string constant without escapes.
func plainLiteral(s string) bool {
	return len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' && !strings.ContainsAny(s[1:len(s)-1], `'\`)
}

// staticBareType is staticType without a modifier, as types stand in the signature of a function.
func staticBareType(text string) (string, bool) {
	typ, ok := staticType(text)
	if !ok || isSerial(typ) {
		return text, false
	}
	base, array := cutArray(typ)
	base, _, _ = cutModifier(base)
	if base == "bpchar" {
		base = "character"
	}
	return base + array, true
}
