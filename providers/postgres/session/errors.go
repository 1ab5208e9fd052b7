package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// ErrInDoubt: the connection was lost while COMMIT was under way, so it is not
// known whether the work is there. The next read tells.
var ErrInDoubt = errors.New("it is in doubt whether the changes were committed")

// ErrClosed: the session has ended, by Commit, Rollback or a failure.
var ErrClosed = errors.New("the session has ended")

func longestFirst(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	return out
}

// serverSays is all that the server says, in one line.
func serverSays(pg *pgconn.PgError) string {
	b := fmt.Sprintf("%s (SQLSTATE %s)", pg.Message, pg.Code)
	if pg.Detail != "" {
		b += "; " + pg.Detail
	}
	if pg.Hint != "" {
		b += "; hint: " + pg.Hint
	}
	if pg.Where != "" {
		b += "; in " + strings.Join(strings.Fields(pg.Where), " ")
	}
	return b
}

// clean is a copy of the server's error without the values of secrets.
func (f filled) clean(pg *pgconn.PgError) *pgconn.PgError {
	c := *pg
	for _, s := range []*string{&c.Message, &c.Detail, &c.Hint, &c.Where, &c.InternalQuery} {
		*s = f.redact(*s)
	}
	return &c
}

// explain turns the failure of a statement into a message for the user.
func explain(step *resource.Step, f filled, position int, err error) *resource.Diagnostic {
	d := &resource.Diagnostic{Severity: resource.Error, Range: step.At, Address: step.Address,
		Summary: fmt.Sprintf("%s: %s failed", step.Address, cmp.Or(step.Title, string(step.Action)))}
	var pg *pgconn.PgError
	var late *waited
	switch {
	case errors.As(err, &late):
		d.Err = err
		d.Detail = err.Error() + "; statement: " + f.excerpt(-1)
		d.Cure = "end those transactions (SELECT pg_terminate_backend(pid)), or wait for them, and apply again; nobody was kept from working meanwhile"
	case errors.Is(err, context.Canceled):
		d.Err = err
		d.Detail = "interrupted; statement: " + f.excerpt(-1)
	case errors.As(err, &pg):
		pg = f.clean(pg)
		d.Err = pg
		d.Detail = serverSays(pg) + "; statement: " + f.excerpt(position)
		d.Cure = cure(pg)
	case errors.Is(err, context.DeadlineExceeded):
		d.Err = err
		d.Detail = "interrupted; statement: " + f.excerpt(-1)
	default:
		d.Err = err
		d.Detail = f.redact(innermost(err)) + "; statement: " + f.excerpt(-1)
		d.Cure = "the connection was lost before anything was committed: apply again"
	}
	var rest *left
	if errors.As(err, &rest) && late == nil {
		d.Detail += rest.note()
	}
	return d
}

// cure says what to do about the errors that users meet.
func cure(pg *pgconn.PgError) string {
	switch pg.Code {
	case "55P03":
		return fmt.Sprintf("something else holds a lock on it for longer than %s, which is how long a change waits so that the application "+
			"does not queue behind it: look for long transactions (pg_stat_activity), then apply again", lockTimeout)
	case "57014":
		return "it ran into the statement timeout, or somebody cancelled it: apply again when the server is less busy"
	case "40P01":
		return "two transactions waited for each other: apply again"
	case "42P07", "42P06", "42710", "42723":
		return "something of that name appeared after the plan was made: plan again"
	case "42P01", "3F000", "42704", "42883", "42703":
		return "what it needs is not there: if it was there when the plan was made, plan again; names in expressions and bodies need their schema"
	case "23505":
		return "existing rows have the same key: remove the duplicates, then apply again"
	case "23502":
		return "existing rows have nulls in that column: fill them (or give the column a default), then apply again"
	case "23514":
		return "existing rows break the check: correct them, or declare it with not_valid = true"
	case "23503":
		return "existing rows refer to rows that are not there: correct them, or declare the foreign key with not_valid = true"
	case "2BP01":
		return "other things depend on it: declare what becomes of them, or drop them first"
	case "42804", "22P02":
		return "existing values do not fit the new type: convert them first"
	case "0A000":
		return "the server cannot do this here"
	case "53300":
		return "too many connections: end some, or raise the limit (a larger compute has more)"
	case "53200":
		return "one transaction touches more tables than the server has locks for: raise max_locks_per_transaction, " +
			"or make so many tables in several applies (include some files now, the others in the next)"
	case "53100":
		return "the disk is full"
	case "57P01", "57P02", "57P03":
		return "the server is restarting; nothing was committed: apply again"
	case "25006":
		return "this is a read-only server: connect to the primary"
	}
	return ""
}

var (
	deniedFor = regexp.MustCompile(`^permission denied for ([a-z ]+?) (.+)$`)
	ownerOf   = regexp.MustCompile(`^must be owner of ([a-z ]+?) (.+)$`)
)

// whoGrants finds out, on a connection whose transaction has ended, who owns
// what the deployer may not touch, and writes the statement that the owner
// runs.
func whoGrants(ctx context.Context, conn *pgx.Conn, pg *pgconn.PgError) string {
	if pg.Code != "42501" || conn.IsClosed() {
		return ""
	}
	owner := ownerOf.FindStringSubmatch(pg.Message)
	m := owner
	if m == nil {
		if m = deniedFor.FindStringSubmatch(pg.Message); m == nil {
			return ""
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	kind, name := m[1], strings.Trim(m[2], `"`)
	var query string
	switch kind {
	case "schema":
		query = `SELECT '', nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1`
	case "database":
		query = `SELECT '', datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1`
	case "function", "procedure":
		query = `SELECT n.nspname, p.oid::regprocedure::text, pg_get_userbyid(p.proowner) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.proname = $1 AND n.nspname !~ '^pg_'`
	case "type":
		query = `SELECT n.nspname, t.typname, pg_get_userbyid(t.typowner) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
			WHERE t.typname = $1 AND n.nspname !~ '^pg_'`
	default:
		query = `SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relname = $1 AND n.nspname !~ '^pg_'`
	}
	rows, err := conn.Query(ctx, query+" ORDER BY 1 LIMIT 3", name)
	if err != nil {
		return ""
	}
	type place struct{ schema, name, owner string }
	places, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p place, err error) {
		return p, r.Scan(&p.schema, &p.name, &p.owner)
	})
	if err != nil || len(places) == 0 {
		return ""
	}
	me := sqltext.Ident(conn.Config().User)
	p := places[0]
	for _, q := range places {
		if q.owner != conn.Config().User {
			p = q
			break
		}
	}
	what := sqltext.Qualified(p.schema, p.name)
	if kind == "function" || kind == "procedure" {
		what = p.name
	}
	words := strings.ToUpper(kind)
	if kind == "relation" {
		words = "TABLE"
	}
	by := sqltext.Ident(p.owner)
	if owner != nil {
		return fmt.Sprintf("%s %s is owned by %s, who runs ALTER %s %s OWNER TO %s; or who administers that role runs GRANT %s TO %s",
			kind, what, by, words, what, me, by, me)
	}
	privilege := map[string]string{"schema": "USAGE, CREATE", "database": "CREATE", "function": "EXECUTE", "type": "USAGE", "sequence": "ALL"}[kind]
	return fmt.Sprintf("%s %s is owned by %s, who runs GRANT %s ON %s %s TO %s", kind, what, by, cmp.Or(privilege, "ALL"), words, what, me)
}

// byteOffset turns the server's position, in characters from 1, into an
// offset; -1 if there is none.
func byteOffset(text string, position int) int {
	if position < 1 {
		return -1
	}
	at := 0
	for range position - 1 {
		if at >= len(text) {
			return -1
		}
		_, n := utf8.DecodeRuneInString(text[at:])
		at += n
	}
	return at
}
