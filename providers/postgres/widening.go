package postgres

import (
	"slices"
	"strconv"
	"strings"
)

// The rules by which Postgres changes a column's type. Types are canonical, as format_type prints them.

// typeShape is a type taken apart: "character varying", 64, 0.
func typeShape(typ string) (base string, mods []int) {
	base, mod, ok := cutModifier(typ)
	if fields, found := strings.CutPrefix(base, "interval"); found {
		if shape, mods := intervalShape(fields, mod); mods != nil {
			return shape, mods
		}
	}
	if !ok {
		return typ, nil
	}
	for m := range strings.SplitSeq(mod, ",") {
		n, err := strconv.Atoi(m)
		if err != nil {
			return typ, nil
		}
		mods = append(mods, n)
	}
	return base, mods
}

// intervalFields are the fields of an interval, from the largest to the smallest.
var intervalFields = []string{"year", "month", "day", "hour", "minute", "second"}

// intervalShape tells what an interval holds: its smallest field, and digits of a second. Of a plain one it is nil.
func intervalShape(fields, precision string) (base string, mods []int) {
	fields, array := cutArray(fields)
	words := strings.Fields(fields)
	if len(words) == 0 && precision == "" {
		return "", nil
	}
	smallest, digits := len(intervalFields)-1, 6
	if len(words) > 0 {
		smallest = slices.Index(intervalFields, words[len(words)-1])
	}
	if n, err := strconv.Atoi(precision); err == nil {
		digits = n
	}
	if smallest < 0 {
		return "", nil
	}
	return "interval" + array, []int{smallest, digits}
}

func sameBase(from, to string) bool {
	a, _ := typeShape(from)
	b, _ := typeShape(to)
	return a == b
}

// widerNumbers lists, for a number type, those that hold all its values.
var widerNumbers = map[string][]string{
	"smallint": {"integer", "bigint", "numeric", "real", "double precision"},
	"integer":  {"bigint", "numeric", "double precision"},
	"bigint":   {"numeric"},
	"real":     {"double precision"},
}

// narrows tells whether values of one type may not fit into, or not survive in, another.
func narrows(from, to string) bool {
	if from == to {
		return false
	}
	fromBase, fromMods := typeShape(from)
	toBase, toMods := typeShape(to)
	switch {
	case toBase == "text" && !strings.HasSuffix(from, "[]") && fromBase != "bytea",
		to == "character varying" && !strings.HasSuffix(from, "[]") && fromBase != "bytea":
		return false
	case fromBase == toBase:
		return !holds(fromBase, toMods, fromMods)
	case len(toMods) == 0 && slices.Contains(widerNumbers[fromBase], toBase):
		return false
	case from == "date" && strings.HasPrefix(toBase, "timestamp"), from == "json" && to == "jsonb", from == "cidr" && to == "inet":
		return false
	case fromBase == "character" && toBase == "character varying":
		return len(fromMods) == 0 || len(toMods) > 0 && toMods[0] < fromMods[0]
	case strings.HasPrefix(fromBase, "timestamp") && strings.HasPrefix(toBase, "timestamp"):
		return len(toMods) > 0 && (len(fromMods) == 0 || toMods[0] < fromMods[0])
	default:
		return true
	}
}

// holds tells whether all values of a type with one modifier are values of it with another.
func holds(base string, to, from []int) bool {
	switch {
	case len(to) == 0:
		return true
	case len(from) == 0:
		return false
	case base == "numeric":
		toScale, fromScale := to[len(to)-1], from[len(from)-1]
		return toScale >= fromScale && to[0]-toScale >= from[0]-fromScale
	case base == "bit":
		return false
	case strings.HasPrefix(base, "interval"):
		return to[0] >= from[0] && to[1] >= from[1]
	default:
		return to[0] >= from[0]
	}
}

// rewrites tells whether a change of type copies the table. Postgres copies it unless the bytes of every value stay.
func rewrites(from, to string) bool {
	if from == to {
		return false
	}
	fromBase, fromMods := typeShape(from)
	toBase, toMods := typeShape(to)
	texts := []string{"text", "character varying"}
	switch {
	case slices.Contains(texts, fromBase) && slices.Contains(texts, toBase):
		return len(toMods) > 0 && (len(fromMods) == 0 || toMods[0] < fromMods[0])
	case from == "cidr" && to == "inet":
		return false
	case fromBase != toBase:
		return true
	case toBase == "numeric":
		return !(len(toMods) == 0 || len(fromMods) == 2 && toMods[1] == fromMods[1] && toMods[0] >= fromMods[0])
	case toBase == "character", toBase == "bit":
		return true
	default:
		return !holds(toBase, toMods, fromMods)
	}
}

// needsUsing tells whether a change of type must say how values are converted: where Postgres would not by itself. It is
// left out where only a length changes, so that a value that does not fit is an error and not cut off.
func needsUsing(from, to string) bool {
	fromBase, _ := typeShape(from)
	toBase, _ := typeShape(to)
	switch {
	case from == to, fromBase == toBase, to == "text":
		return false
	case toBase == "character varying":
		return fromBase != "text" && fromBase != "character"
	default:
		return !slices.Contains(widerNumbers[fromBase], toBase)
	}
}
