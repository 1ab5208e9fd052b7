package catalog

import (
	"regexp"
	"strings"
)

// serialTypes are written as types, but are a column with a sequence.
var serialTypes = map[string]string{
	"serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint", "smallserial": "smallint", "serial2": "smallint",
}

// builtin are the types whose names mean the same in every database, as
// search_path is pg_catalog: how each prints.
var builtin = map[string]string{
	"int": "integer", "int4": "integer", "integer": "integer", "int8": "bigint", "bigint": "bigint", "int2": "smallint", "smallint": "smallint",
	"bool": "boolean", "boolean": "boolean", "float8": "double precision", "float": "double precision", "double precision": "double precision",
	"float4": "real", "real": "real", "text": "text", "json": "json", "jsonb": "jsonb", "uuid": "uuid", "date": "date", "bytea": "bytea",
	"inet": "inet", "cidr": "cidr", "macaddr": "macaddr", "xml": "xml", "tsvector": "tsvector", "tsquery": "tsquery", "money": "money",
	"oid": "oid", "name": "name", "varchar": "character varying", "character varying": "character varying", "numeric": "numeric", "decimal": "numeric",
	"char": "character(1)", "character": "character(1)", "bit": "bit(1)", "varbit": "bit varying", "bit varying": "bit varying", "interval": "interval",
	"timestamp": "timestamp without time zone", "timestamp without time zone": "timestamp without time zone",
	"timestamptz": "timestamp with time zone", "timestamp with time zone": "timestamp with time zone",
	"time": "time without time zone", "time without time zone": "time without time zone",
	"timetz": "time with time zone", "time with time zone": "time with time zone",
	"serial": "serial", "bigserial": "bigserial", "smallserial": "smallserial", "serial4": "serial", "serial8": "bigserial", "serial2": "smallserial",
	"void": "void", "trigger": "trigger",
}

// modified are the types that take one length, and where it stands in print.
var modified = map[string][2]string{
	"varchar": {"character varying", ""}, "character varying": {"character varying", ""},
	"char": {"character", ""}, "character": {"character", ""}, "bit": {"bit", ""}, "varbit": {"bit varying", ""}, "bit varying": {"bit varying", ""},
	"timestamp": {"timestamp", " without time zone"}, "timestamptz": {"timestamp", " with time zone"},
	"time": {"time", " without time zone"}, "timetz": {"time", " with time zone"},
}

var (
	typeText    = regexp.MustCompile(`^([a-z][a-z0-9 ]*?)(?: ?\( ?([0-9]+) ?(?:, ?([0-9]+) ?)?\))?((?: ?\[[0-9]*\])*)$`)
	manySpaces  = regexp.MustCompile(`\s+`)
	modifier    = regexp.MustCompile(`\([0-9,]+\)`)
	numericLike = map[string]bool{"numeric": true, "decimal": true}
)

// CanonicalType gives the form in which format_type prints a built-in type,
// serial types as they are; false for a type that only the server knows.
func CanonicalType(text string) (string, bool) {
	m := typeText.FindStringSubmatch(strings.ToLower(manySpaces.ReplaceAllString(strings.TrimSpace(text), " ")))
	if m == nil {
		return "", false
	}
	base, n, scale, dims := m[1], strings.TrimLeft(m[2], "0"), m[3], m[4]
	var out string
	switch {
	case m[2] == "":
		out = builtin[base]
	case numericLike[base] && n != "":
		if scale = strings.TrimLeft(scale, "0"); scale == "" {
			scale = "0"
		}
		out = "numeric(" + n + "," + scale + ")"
	case scale == "" && modified[base][0] != "":
		if n == "" {
			n = "0"
		}
		out = modified[base][0] + "(" + n + ")" + modified[base][1]
	}
	if out == "" {
		return "", false
	}
	if dims != "" {
		if strings.HasSuffix(out, "serial") || out == "void" || out == "trigger" {
			return "", false
		}
		out += "[]"
	}
	return out, true
}
