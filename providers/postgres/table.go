package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// table is a table as the configuration writes it, references resolved to names, or as the catalog prints it: the fields
// are the same, the texts of types and expressions are in the writer's form or in the server's.
type table struct {
	place
	lineage
	columns     []column
	primaryKey  *key
	uniques     []key
	checks      []check
	indexes     []indexDef
	foreignKeys []foreignKey
	exclusions  []exclusion
	statistics  []statistic
	comment     string
	tableStorage
}

type column struct {
	name        string
	typ         string
	enum        bool     // typ is the name of a declared type
	values      []string // of a declared enum that typ is
	notNull     bool
	def         string
	generated   string
	virtual     bool
	inherited   bool // a child has it from its parents only
	identity    *identity
	collation   string
	comment     string
	renamedFrom string
	using       string // how values become those of a new type
	columnStorage
	at *resource.Range
}

type identity struct {
	always   bool
	sequence place // none is the usual name
	seqOptions
}

// seqOptions are the options of a sequence, "" where the default is meant.
type seqOptions struct {
	start, increment, min, max, cache string
	cycle                             bool
}

// key is a primary key or a unique constraint.
type key struct {
	name              string
	columns           []string
	include           []string
	nullsNotDistinct  bool
	withoutOverlaps   bool
	deferrable        bool
	initiallyDeferred bool
	invalid           bool // not all partitions have their part of it
	constraintIndex
	at *resource.Range
}

type check struct {
	name        string
	expr        string
	noInherit   bool
	notValid    bool
	notEnforced bool
	comment     string
	at          *resource.Range
}

type indexDef struct {
	name             string
	columns          []string // written as names; nil if written as keys
	on               []string // keys as CREATE INDEX has them
	unique           bool
	method           string // "" is btree
	where            string
	include          []string
	nullsNotDistinct bool
	with             []resource.Field
	tablespace       string
	statistics       []resource.Field // by the key's number
	comment          string
	invalid          bool
	at               *resource.Range
}

type foreignKey struct {
	name              string
	columns           []string
	references        place
	refColumns        []string
	onDelete          string // "" is NO ACTION
	onUpdate          string
	matchFull         bool
	deferrable        bool
	initiallyDeferred bool
	notValid          bool
	notEnforced       bool
	period            bool
	comment           string
	at                *resource.Range
}

func (t *table) column(name string) *column {
	if i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name }); i >= 0 {
		return &t.columns[i]
	}
	return nil
}

// inPrimaryKey tells whether a column is one of the primary key's, and so refuses nulls without a word.
func (t *table) inPrimaryKey(column string) bool {
	return t.primaryKey != nil && slices.Contains(t.primaryKey.columns, column)
}

// byName finds an item of a list by name.
func byName[T any](list []T, name string, nameOf func(*T) string) *T {
	for i := range list {
		if nameOf(&list[i]) == name {
			return &list[i]
		}
	}
	return nil
}

func (t *table) unique(name string) *key {
	return byName(t.uniques, name, func(k *key) string { return k.name })
}

func (t *table) check(name string) *check {
	return byName(t.checks, name, func(c *check) string { return c.name })
}

func (t *table) index(name string) *indexDef {
	return byName(t.indexes, name, func(i *indexDef) string { return i.name })
}

func (t *table) foreignKey(name string) *foreignKey {
	return byName(t.foreignKeys, name, func(k *foreignKey) string { return k.name })
}
