package session

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

//go:embed ledger.sql
var ledgerSQL string

// stepRow is one row of tellr.step.
type stepRow struct {
	address, hash  string
	started, ended time.Time
	outcome, err   string
}

// statementHash is what the ledger remembers of a step's statements: holes are
// not filled, so it tells nothing of secrets.
func statementHash(step *resource.Step) string {
	h := sha256.New()
	for _, st := range step.Statements {
		h.Write([]byte(st.SQL.String()))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// putObjects looks the identities up where the things now are: what was just
// made has an OID that nobody knew before. The name of a thing that stands in a
// schema is q; it is NULL, and so is what is looked up by it, for other things.
const putObjects = `
INSERT INTO tellr.object (environment, address, kind, schema, identity, attrs, source, protected, by, at)
SELECT $1, e.address, e.kind, e.schema,
  coalesce(CASE e.kind
    WHEN 'schema' THEN (SELECT n.oid::text FROM pg_namespace n WHERE n.nspname = e.schema)
    WHEN 'grants' THEN (SELECT n.oid::text FROM pg_namespace n WHERE n.nspname = e.schema)
    WHEN 'role' THEN (SELECT r.oid::text FROM pg_roles r WHERE r.rolname = e.attrs->>'name')
    WHEN 'table' THEN to_regclass(q)::oid::text
    WHEN 'sequence' THEN to_regclass(q)::oid::text
    WHEN 'enum' THEN to_regtype(q)::oid::text
    WHEN 'domain' THEN to_regtype(q)::oid::text
    WHEN 'composite_type' THEN to_regtype(q)::oid::text
    WHEN 'range_type' THEN to_regtype(q)::oid::text
    WHEN 'function' THEN to_regproc(q)::oid::text -- NULL if there are overloads
    WHEN 'procedure' THEN to_regproc(q)::oid::text
    WHEN 'aggregate' THEN to_regproc(q)::oid::text
    WHEN 'policy' THEN (SELECT p.oid::text FROM pg_policy p WHERE p.polrelid = to_regclass(q) AND p.polname = e.attrs->>'name')
    WHEN 'view' THEN to_regclass(q)::oid::text
    WHEN 'materialized_view' THEN to_regclass(q)::oid::text
    WHEN 'rule' THEN (SELECT r.oid::text FROM pg_rewrite r WHERE r.ev_class = to_regclass(q) AND r.rulename = e.attrs->>'name')
    WHEN 'event_trigger' THEN (SELECT t.oid::text FROM pg_event_trigger t WHERE t.evtname = e.attrs->>'name')
    WHEN 'trigger' THEN (SELECT t.oid::text FROM pg_trigger t WHERE t.tgrelid = to_regclass(q) AND t.tgname = e.attrs->>'name')
  END, e.identity), e.attrs, e.source, e.protected, e.by, e.at
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::boolean[], $10::text[], $11::timestamptz[])
  AS e(address, kind, schema, name, identity, attrs, source, protected, by, at)
CROSS JOIN LATERAL (SELECT CASE WHEN e.schema <> '' AND e.name <> '' THEN quote_ident(e.schema) || '.' || quote_ident(e.name) END) AS l(q)
ON CONFLICT (environment, address) DO UPDATE
SET kind = excluded.kind, schema = excluded.schema, identity = excluded.identity, attrs = excluded.attrs, source = excluded.source, protected = excluded.protected,
  by = excluded.by, at = excluded.at`

// standsIn gives the schema of a thing and its name there; for a part of a
// table, such as a trigger, the name of that. Both are "" for what stands in no
// schema.
func standsIn(kind string, attrs resource.Value) (schema, name string) {
	switch {
	case kind == "schema":
		return attrs.Get("name").Str(), ""
	case attrs.Has("table"):
		if schema, name, ok := sqltext.SplitQualified(attrs.Get("table").Str()); ok {
			return schema, name
		}
		return "", ""
	}
	return attrs.Get("schema").Str(), attrs.Get("name").Str()
}

const putRun = `
WITH r AS (
  INSERT INTO tellr.run (environment, stage, plan, who, version, started, ended, outcome)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id)
INSERT INTO tellr.step (run, n, address, statement, started, ended, outcome, error)
SELECT r.id, s.n, s.address, s.statement, s.started, s.ended, s.outcome, nullif(s.error, '')
FROM r, unnest($9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::text[])
  WITH ORDINALITY AS s(address, statement, started, ended, outcome, error, n)`

// flush writes all that was recorded, in the transaction that is open; with an
// outcome, also the run and its steps.
func (s *Session) flush(ctx context.Context, outcome string) error {
	// Steps may have changed role and path.
	if _, err := s.exec(ctx, "RESET ROLE;\nSET LOCAL search_path = pg_catalog;\n"+ledgerSQL); err != nil {
		return ledgerError(err)
	}
	b := &pgx.Batch{}
	if err := s.queueObjects(b); err != nil {
		return err
	}
	if outcome != "" {
		s.queueRun(b, outcome)
	}
	if err := s.conn.SendBatch(ctx, b).Close(); err != nil {
		return ledgerError(err)
	}
	s.entries, s.gone = nil, nil
	if outcome != "" {
		s.steps = nil
	}
	return nil
}

func (s *Session) queueObjects(b *pgx.Batch) error {
	if len(s.gone) > 0 {
		gone := make([]string, len(s.gone))
		for i, a := range s.gone {
			gone[i] = a.String()
		}
		b.Queue("DELETE FROM tellr.object WHERE environment = $1 AND address = ANY ($2::text[])", s.scope.Environment, gone)
	}
	if len(s.entries) == 0 {
		return nil
	}
	// The last record of an address counts: an INSERT may not meet the same row twice.
	last := map[resource.Address]int{}
	for i, e := range s.entries {
		last[e.Address] = i
	}
	var address, kind, schema, name, identity, attrs, source, by, at []string
	var protected []bool
	for i, e := range s.entries {
		if last[e.Address] != i {
			continue
		}
		text, err := json.Marshal(e.Attrs)
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Address, err)
		}
		value, err := e.Attrs.Value()
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Address, err)
		}
		in, called := standsIn(e.Address.Kind, value)
		schema, name = append(schema, in), append(name, called)
		address, kind, identity = append(address, e.Address.String()), append(kind, e.Address.Kind), append(identity, e.Identity)
		attrs, source, protected = append(attrs, string(text)), append(source, e.Source), append(protected, e.Protected)
		by, at = append(by, cmp.Or(e.By, s.o.Who)), append(at, cmp.Or(e.At, s.o.Now().UTC().Format(time.RFC3339)))
	}
	b.Queue(putObjects, s.scope.Environment, address, kind, schema, name, identity, attrs, source, protected, by, at)
	return nil
}

func (s *Session) queueRun(b *pgx.Batch, outcome string) {
	var address, hash, result, errs []string
	var started, ended []string
	for _, r := range s.steps {
		address, hash, result, errs = append(address, r.address), append(hash, r.hash), append(result, r.outcome), append(errs, r.err)
		started, ended = append(started, timestamp(r.started)), append(ended, timestamp(r.ended))
	}
	b.Queue(putRun, s.scope.Environment, string(s.stage), s.o.Plan, s.o.Who, s.o.Version, timestamp(s.started), timestamp(s.o.Now()), outcome,
		list(address), list(hash), list(started), list(ended), list(result), list(errs))
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// list is an empty array rather than NULL.
func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// remember stores the server's form of each expression that the scope asks
// for, so that the next read asks nothing. It is no more than a help: what
// cannot be answered is left out, and a failure harms nothing else.
func (s *Session) remember(ctx context.Context) error {
	if len(s.scope.Ask) == 0 {
		return nil
	}
	var ask catalog.Ask
	if err := json.Unmarshal(s.scope.Ask, &ask); err != nil {
		return fmt.Errorf("read what the plan asks: %w", err)
	}
	version, err := serverVersion(s.conn)
	if err != nil {
		return err
	}
	questions := catalog.Questions(ask, version)
	keys := make([]string, len(questions))
	for i, q := range questions {
		keys[i] = q.Key
	}
	b := &pgx.Batch{}
	b.Queue("DELETE FROM tellr.canon WHERE environment = $1 AND key <> ALL ($2::text[])", s.scope.Environment, keys)
	b.Queue("SELECT key FROM tellr.canon WHERE environment = $1", s.scope.Environment)
	b.Queue("SAVEPOINT tellr_canon")
	results := s.conn.SendBatch(ctx, b)
	known := map[string]bool{}
	_, err = results.Exec()
	if err == nil {
		var rows pgx.Rows
		if rows, err = results.Query(); err == nil {
			var key string
			_, err = pgx.ForEachRow(rows, []any{&key}, func() error { known[key] = true; return nil })
		}
	}
	if err = errors.Join(err, results.Close()); err != nil {
		return ledgerError(err)
	}
	var open []catalog.Question
	for _, q := range questions {
		if !known[q.Key] {
			open = append(open, q)
		}
	}
	if len(open) == 0 {
		return nil
	}
	answers, err := catalog.Canonicalise(ctx, s.conn, open)
	if err != nil {
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || ctx.Err() != nil {
			return err
		}
		_, err := s.exec(ctx, "ROLLBACK TO SAVEPOINT tellr_canon")
		return err
	}
	var key, canonical []string
	for _, q := range open {
		if a, ok := answers[q.Key]; ok && a.Error == "" {
			key, canonical = append(key, q.Key), append(canonical, a.Text)
		}
	}
	if len(key) == 0 {
		return nil
	}
	_, err = s.conn.Exec(ctx, `INSERT INTO tellr.canon (environment, key, canonical) SELECT $1, k.key, k.canonical
		FROM unnest($2::text[], $3::text[]) AS k(key, canonical) ON CONFLICT DO NOTHING`, s.scope.Environment, key, canonical)
	return err
}

// serverVersion is server_version_num, of which only the major part counts.
func serverVersion(conn *pgx.Conn) (int, error) {
	var major int
	if _, err := fmt.Sscanf(conn.PgConn().ParameterStatus("server_version"), "%d", &major); err != nil {
		return 0, fmt.Errorf("read the server's version: %w", err)
	}
	return major * 10000, nil
}

func ledgerError(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	d := &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger cannot be written, so nothing was changed", Detail: serverSays(pg), Err: pg}
	if pg.Code == "42501" {
		d.Cure = ledgerCure
	}
	return d
}

const ledgerCure = "the ledger is schema tellr of this database: the database's owner runs GRANT CREATE ON DATABASE … TO you, " +
	"or, where another role made it, that role runs GRANT USAGE ON SCHEMA tellr TO you and " +
	"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tellr TO you"
