package catalog

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// LedgerVersion is the version of schema tellr that this program reads and
// writes.
const LedgerVersion = 2

// LockKey is the advisory lock of an environment. Locks are a database's own,
// so environments that share one still have a lock each.
func LockKey(environment string) int64 {
	sum := sha256.Sum256([]byte("tellr apply\x00" + environment))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// ledgerTooNew is the SQLSTATE by which read.sql refuses a later ledger.
const ledgerTooNew = "TL001"

// ErrLedgerTooNew: the ledger was written by a later tellr.
var ErrLedgerTooNew = errors.New("the ledger was written by a newer tellr")

// LedgerTooNew says so of a ledger's version, and what made it.
func LedgerTooNew(version int, maker string) error {
	cure := "install a newer tellr"
	if maker != "" {
		cure = "install tellr " + maker + " or later"
	}
	return &resource.Diagnostic{Severity: resource.Error, Summary: ErrLedgerTooNew.Error() + ", so nothing is done", Err: ErrLedgerTooNew, Cure: cure,
		Detail: fmt.Sprintf("schema tellr has version %d, and this tellr knows versions up to %d", version, LedgerVersion)}
}

//go:embed read.sql read_*.sql
var readFiles embed.FS

// The namespaces of the scope. As an array sub-select it is computed once in
// a query, before any row.
const (
	namespaces = `SELECT s.oid FROM pg_namespace s WHERE s.nspname = ANY (current_setting('tellr.schemas')::text[])`
	inSchemas  = `ANY (ARRAY(` + namespaces + `))`
)

// sections are the queries of the read in order: those of read.sql come first.
var sections = readSections()

type section struct{ name, sql string }

func readSections() []section {
	var out []section
	files, _ := readFiles.ReadDir(".") // compiled in, and in order of their names: read.sql before read_*.sql
	for _, f := range files {
		text, _ := readFiles.ReadFile(f.Name())
		out = append(out, parseSections(string(text))...)
	}
	return out
}

func parseSections(text string) []section {
	var out []section
	for _, part := range strings.Split(text, "\n-- == ")[1:] {
		name, sql, _ := strings.Cut(part, "\n")
		sql = strings.ReplaceAll(sql, "$schemas", inSchemas)
		sql = strings.ReplaceAll(sql, "$namespaces", namespaces)
		out = append(out, section{name: name, sql: strings.TrimSpace(sql)})
	}
	return out
}

// readMessage is the whole read as one text. roles is an expression that gives the names of those that are wanted.
func readMessage(environment string, schemas []string, roles string, serverVersion int) string {
	setRole, memberOptions := "'MEMBER'", "NULL, NULL"
	if serverVersion >= 160000 {
		setRole, memberOptions = "'SET'", "m.inherit_option, m.set_option"
	}
	period, enforced := "false", "true"
	if serverVersion >= 180000 {
		period, enforced = "k.conperiod", "k.conenforced"
	}
	versioned := strings.NewReplacer("$set_role", setRole, "$member_options", memberOptions, "$period", period, "$enforced", enforced)
	var b strings.Builder
	b.WriteString("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n")
	b.WriteString("SET LOCAL search_path = pg_catalog;\n" + zone)
	// To print an expression the server opens its table: behind a long ALTER TABLE a read would hang for as long.
	b.WriteString("SET LOCAL lock_timeout = '10s';\n")
	// Compiling a catalog query costs more than running it.
	b.WriteString("SET LOCAL jit = off;\n")
	b.WriteString("SELECT set_config('tellr.environment', " + sqltext.Literal(environment) + ", true), " +
		"set_config('tellr.schemas', " + sqltext.Literal(textArray(schemas)) + ", true), " +
		"set_config('tellr.roles', " + roles + ", true), set_config('tellr.elsewhere', '{}', true), " +
		"set_config('tellr.ledger_version', '" + strconv.Itoa(LedgerVersion) + "', true), " +
		"set_config('tellr.lock', '" + strconv.FormatInt(LockKey(environment), 10) + "', true);\n")
	for _, s := range sections {
		b.WriteString(versioned.Replace(s.sql))
		b.WriteByte('\n')
	}
	b.WriteString("COMMIT;")
	return b.String()
}

// Script is the message of a read as a script for psql, so that a benchmark
// can set the one beside the other.
func Script(environment string, schemas []string, serverVersion int) string {
	return readMessage(environment, schemas, rolesOf(nil, false), serverVersion)
}

// before is the number of results ahead of the first section.
const before = 6

// textArray writes texts as an array value.
func textArray(items []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// run sends the message and hands each row to the section's taker.
func run(ctx context.Context, conn *pgx.Conn, message string, take map[string]func(row)) error {
	pc := conn.PgConn()
	results := pc.Exec(ctx, message)
	words := interner{}
	for n := 0; results.NextResult(); n++ {
		reader := results.ResultReader()
		var taker func(row)
		if n >= before && n-before < len(sections) {
			taker = take[sections[n-before].name]
		}
		for reader.NextRow() {
			if taker != nil {
				taker(row{values: reader.Values(), words: words})
			}
		}
		if _, err := reader.Close(); err != nil {
			break // results.Close tells
		}
	}
	err := results.Close()
	if err != nil && !pc.IsClosed() && pc.TxStatus() != 'I' {
		// The connection may be used again, whatever became of ctx.
		_, rollback := conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, rollback)
	}
	return explain(err)
}

func explain(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch {
	case pg.Code == ledgerTooNew:
		version, _ := strconv.Atoi(pg.Message) // read.sql writes a number
		return LedgerTooNew(version, pg.Detail)
	case pg.Code == "55P03":
		return fmt.Errorf("a table is locked by somebody's change, so it cannot be read (see pg_stat_activity); try again when that is done: %w", err)
	case pg.Code == "42501" && strings.Contains(pg.Message, "tellr"):
		return fmt.Errorf("the ledger (schema tellr) was made by another role and may not be read: %w; its owner runs: "+
			"GRANT USAGE ON SCHEMA tellr TO you; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tellr TO you", err)
	}
	return err
}

// row is one row in text format; it is valid until the next.
type row struct {
	values [][]byte
	words  interner
}

// interner shares equal texts: a database has few different types, names of
// columns and privileges.
type interner map[string]string

func (in interner) text(b []byte) string {
	if len(b) > 128 {
		return string(b)
	}
	if s, ok := in[string(b)]; ok {
		return s
	}
	s := string(b)
	in[s] = s
	return s
}

func (r row) null(i int) bool   { return r.values[i] == nil }
func (r row) text(i int) string { return r.words.text(r.values[i]) }

// name is a text that few others equal, such as the name of a table or an index.
func (r row) name(i int) string { return string(r.values[i]) }

func (r row) flag(i int) bool { return len(r.values[i]) == 1 && r.values[i][0] == 't' }

// char is a value of type "char"; 0 for none.
func (r row) char(i int) byte {
	if len(r.values[i]) == 0 {
		return 0
	}
	return r.values[i][0]
}

func (r row) number(i int) int64 { return number(r.values[i]) }
func (r row) oid(i int) uint32   { return uint32(number(r.values[i])) }

func number(b []byte) int64 {
	var n int64
	neg := false
	for i, c := range b {
		switch {
		case c == '-' && i == 0:
			neg = true
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0') // min bigint wraps to itself when negated
		}
	}
	if neg {
		return -n
	}
	return n
}

// numbers reads an int2vector ("1 2") or an array ("{1,2}").
func (r row) numbers(i int) []int16 {
	var out []int16
	b := r.values[i]
	for len(b) > 0 {
		start := 0
		for start < len(b) && (b[start] == '{' || b[start] == '}' || b[start] == ',' || b[start] == ' ') {
			start++
		}
		end := start
		for end < len(b) && (b[end] == '-' || b[end] >= '0' && b[end] <= '9') {
			end++
		}
		if end > start {
			out = append(out, int16(number(b[start:end])))
		}
		b = b[end:]
		if end == start {
			break
		}
	}
	return out
}
