package postgres

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// tableStorage is how a table is kept, and what holds for it as a whole; "" is the default.
type tableStorage struct {
	unlogged        bool
	with            []resource.Field
	tablespace      string
	accessMethod    string // "" is heap
	replicaIdentity string // full, nothing, or an index
	cluster         string
	rowSecurity     string // enabled, forced, or off but forced; "" is off
}

// columnStorage is how a column is kept; "" is the default.
type columnStorage struct {
	compression string
	storage     string
	statistics  string
	options     []resource.Field
	notNullName string // "" is the usual one; from Postgres 18
}

// constraintIndex is what the index of a constraint has of its own, and the comments.
type constraintIndex struct {
	with         []resource.Field
	tablespace   string
	comment      string
	indexComment string
}

// exclusion is an exclusion constraint; the columns of its key are not used.
type exclusion struct {
	key
	on     []string // elements with their operators
	method string   // "" is btree
	where  string
}

// statistic is an object of extended statistics.
type statistic struct {
	name    string
	on      []string
	kinds   []string // in order; nil is all
	target  string
	comment string
	at      *resource.Range
}

const (
	identityFull    = "full"
	identityNothing = "nothing"
	rowSecurityOff  = "off"
	rowEnabled      = "enabled"
	rowForced       = "forced"
	rowOffForced    = "off, forced"
)

func decodeTableStorage(attrs resource.Value) tableStorage {
	s := tableStorage{
		unlogged: attrs.Get("unlogged").Bool(), with: decodeOptions(attrs.Get("with")), tablespace: attrs.Get("tablespace").Str(),
		accessMethod: attrs.Get("access_method").Str(), replicaIdentity: attrs.Get("replica_identity").Str(),
		cluster: attrs.Get("cluster").Str(), rowSecurity: attrs.Get("row_security").Str(),
	}
	if s.accessMethod == "heap" {
		s.accessMethod = ""
	}
	if s.rowSecurity == rowSecurityOff {
		s.rowSecurity = ""
	}
	return s
}

// decodeOptions reads storage parameters, in the order of their names, which Postgres writes small.
func decodeOptions(v resource.Value) []resource.Field {
	var out []resource.Field
	for _, f := range v.Fields() {
		out = append(out, resource.Field{Name: strings.ToLower(f.Name), Value: f.Value, At: f.At})
	}
	slices.SortFunc(out, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func decodeColumnStorage(v resource.Value, typ string) columnStorage {
	s := columnStorage{
		compression: v.Get("compression").Str(), storage: v.Get("storage").Str(), statistics: v.Get("statistics").Str(),
		options: decodeOptions(v.Get("with")), notNullName: v.Get("not_null_name").Str(),
	}
	if s.storage != "" {
		if canonical, ok := staticType(typ); ok && s.storage == storageOf(canonical) {
			s.storage = ""
		}
	}
	return s
}

// storageOf is where long values of a type of pg_catalog stand unless told.
func storageOf(typ string) string {
	base, _ := typeShape(typ)
	switch {
	case strings.HasSuffix(typ, "[]"):
		return "extended"
	case base == "numeric", base == "inet", base == "cidr":
		return "main"
	case fixedSize(typ) > 0:
		return "plain"
	default:
		return "extended"
	}
}

// fixedSizes are the bytes of the types whose values all have as many.
var fixedSizes = map[string]int{
	"boolean": 1, "smallint": 2, "integer": 4, "bigint": 8, "real": 4, "double precision": 8, "date": 4, "uuid": 16, "money": 8,
	"timestamp without time zone": 8, "timestamp with time zone": 8, "time without time zone": 8, "time with time zone": 12,
	"interval": 16, "oid": 4, "name": 64, `"char"`: 1, "macaddr": 6, "macaddr8": 8, "point": 16, "line": 24, "lseg": 32, "box": 32,
	"circle": 24, "pg_lsn": 8, "xid": 4, "xid8": 8, "cid": 4, "tid": 6,
	"regclass": 4, "regproc": 4, "regprocedure": 4, "regtype": 4, "regrole": 4, "regnamespace": 4, "regconfig": 4,
}

func fixedSize(typ string) int {
	if b := serialInteger[typ]; b != "" {
		typ = b
	}
	base, _ := typeShape(typ)
	return fixedSizes[base]
}

func decodeConstraintIndex(v resource.Value) constraintIndex {
	return constraintIndex{
		with: decodeOptions(v.Get("with")), tablespace: v.Get("tablespace").Str(),
		comment: v.Get("comment").Str(), indexComment: v.Get("index_comment").Str(),
	}
}

func decodeExclusion(f resource.Field) exclusion {
	x := exclusion{key: decodeKey(f), on: f.Value.Get("on").StringList(), where: f.Value.Get("where").Str()}
	if m := strings.ToLower(f.Value.Get("method").Str()); m != "btree" {
		x.method = m
	}
	return x
}

// statisticKinds are all kinds, as they are meant when none is said.
var statisticKinds = []string{"dependencies", "mcv", "ndistinct"}

func decodeStatistic(f resource.Field) statistic {
	v := f.Value
	s := statistic{name: f.Name, target: v.Get("target").Str(), comment: v.Get("comment").Str(), at: rangeOf(f), on: v.Get("on").StringList()}
	for _, k := range v.Get("kinds").StringList() {
		s.kinds = append(s.kinds, strings.ToLower(k))
	}
	slices.Sort(s.kinds)
	if s.kinds = slices.Compact(s.kinds); slices.Equal(s.kinds, statisticKinds) {
		s.kinds = nil
	}
	return s
}

func (s *tableStorage) encode(o *object, w resource.Value) {
	o.flag("unlogged", s.unlogged, w.Get("unlogged"))
	o.objects("with", s.with, w.Get("with"))
	o.text("tablespace", s.tablespace, w.Get("tablespace"))
	o.text("access_method", s.accessMethod, w.Get("access_method"))
	o.text("replica_identity", s.replicaIdentity, w.Get("replica_identity"))
	o.text("cluster", s.cluster, w.Get("cluster"))
	o.text("row_security", s.rowSecurity, w.Get("row_security"))
}

func (s *columnStorage) encode(o *object, w resource.Value) {
	o.text("compression", s.compression, w.Get("compression"))
	o.text("storage", s.storage, w.Get("storage"))
	o.number("statistics", s.statistics, w.Get("statistics"))
	o.objects("with", s.options, w.Get("with"))
	o.text("not_null_name", s.notNullName, w.Get("not_null_name"))
}

func (x *constraintIndex) encode(o *object, w resource.Value) {
	o.objects("with", x.with, w.Get("with"))
	o.text("tablespace", x.tablespace, w.Get("tablespace"))
	o.text("comment", x.comment, w.Get("comment"))
	o.text("index_comment", x.indexComment, w.Get("index_comment"))
}

func (x *exclusion) entry(w resource.Value) resource.Field {
	var o object
	o.texts("on", x.on, w.Get("on"))
	o.text("method", x.method, w.Get("method"))
	o.text("where", x.where, w.Get("where"))
	o.fields = append(o.fields, x.encode(w, false).Fields()...)
	return resource.Field{Name: x.name, Value: o.done().At(w.Range()), At: x.at}
}

func (s *statistic) entry(w resource.Value) resource.Field {
	var o object
	o.texts("on", s.on, w.Get("on"))
	o.texts("kinds", s.kinds, w.Get("kinds"))
	o.number("target", s.target, w.Get("target"))
	o.text("comment", s.comment, w.Get("comment"))
	return resource.Field{Name: s.name, Value: o.done().At(w.Range()), At: s.at}
}

func (t *table) exclusion(name string) *exclusion {
	return byName(t.exclusions, name, func(x *exclusion) string { return x.name })
}

func (t *table) statistic(name string) *statistic {
	return byName(t.statistics, name, func(s *statistic) string { return s.name })
}

// settleName leaves the name of an identity's sequence out where it is the usual one.
func (id *identity) settleName(table, column string) {
	if id != nil && id.sequence.name == catalog.ObjectName(table, column, "seq") {
		id.sequence = place{}
	}
}

// options writes storage parameters as they stand between parentheses.
func options(fields []resource.Field) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = optionName(f.Name) + " = " + sqltext.Literal(f.Value.Str())
	}
	return strings.Join(out, ", ")
}

// optionName writes the name of a storage parameter: toast.x is one of the table that long values stand in.
func optionName(name string) string {
	if rest, ok := strings.CutPrefix(name, "toast."); ok {
		return "toast." + sqltext.Ident(rest)
	}
	return sqltext.Ident(name)
}

// ddl writes what stands behind the columns in CREATE TABLE.
func (s *tableStorage) ddl() string {
	text := ""
	if s.accessMethod != "" {
		text += " USING " + sqltext.Ident(s.accessMethod)
	}
	if len(s.with) > 0 {
		text += " WITH (" + options(s.with) + ")"
	}
	if s.tablespace != "" {
		text += " TABLESPACE " + sqltext.Ident(s.tablespace)
	}
	return text
}

func (x *constraintIndex) ddl() string {
	text := ""
	if len(x.with) > 0 {
		text += " WITH (" + options(x.with) + ")"
	}
	if x.tablespace != "" {
		text += " USING INDEX TABLESPACE " + sqltext.Ident(x.tablespace)
	}
	return text
}

func (x *exclusion) ddl() string {
	text := "CONSTRAINT " + sqltext.Ident(x.name) + " EXCLUDE"
	if x.method != "" {
		text += " USING " + sqltext.Ident(x.method)
	}
	text += " (" + strings.Join(x.on, ", ") + ")"
	if len(x.include) > 0 {
		text += " INCLUDE (" + sqltext.Idents(x.include) + ")"
	}
	text += x.constraintIndex.ddl()
	if x.where != "" {
		text += " WHERE (" + x.where + ")"
	}
	return text + deferral(x.deferrable, x.initiallyDeferred)
}

func (s *statistic) create(t *table) string {
	text := "CREATE STATISTICS " + place{t.schema, s.name}.String()
	if len(s.kinds) > 0 {
		text += " (" + strings.Join(s.kinds, ", ") + ")"
	}
	return text + " ON " + strings.Join(s.keys(t), ", ") + " FROM " + t.place.String()
}

// keys writes what a statistics object is on: whatever is not a column stands in parentheses.
func (s *statistic) keys(t *table) []string {
	out := make([]string, len(s.on))
	for i, key := range s.on {
		out[i] = key
		if schema, name, ok := sqltext.SplitQualified(key); !ok || schema != "" || t.column(name) == nil {
			out[i] = "(" + key + ")"
		}
	}
	return out
}

// settleTablespaces leaves the database's own tablespace out.
func (t *table) settleTablespaces(usual string) {
	all := []*string{&t.tablespace}
	if t.primaryKey != nil {
		all = append(all, &t.primaryKey.tablespace)
	}
	for i := range t.uniques {
		all = append(all, &t.uniques[i].tablespace)
	}
	for i := range t.exclusions {
		all = append(all, &t.exclusions[i].tablespace)
	}
	for i := range t.indexes {
		all = append(all, &t.indexes[i].tablespace)
	}
	for _, s := range all {
		if *s == usual {
			*s = ""
		}
	}
}

// numbersItself tells whether a column has a sequence of the usual name, which goes by its column's.
func (c *column) numbersItself() bool {
	return isSerial(c.typ) || c.identity != nil && c.identity.sequence == (place{})
}
