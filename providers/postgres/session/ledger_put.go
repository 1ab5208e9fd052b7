package session

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

//go:embed ledger.sql
var ledgerSQL string

// putObjects looks the identities up where the things now are: what was just
// made has an OID that nobody knew before. The name of a thing that stands in a
// schema is q; it is NULL, and so is what is looked up by it, for other things.
const putObjects = `
INSERT INTO tellr.object (environment, address, kind, schema, identity, attrs, source, protected, by, at, run, tx)
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
    WHEN 'extension' THEN (SELECT x.oid::text FROM pg_extension x WHERE x.extname = e.name)
    WHEN 'collation' THEN (SELECT c.oid::text FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
                           WHERE n.nspname = e.schema AND c.collname = e.name AND c.collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
                           ORDER BY c.collencoding DESC LIMIT 1) -- the encoding's own comes first
    WHEN 'event_trigger' THEN (SELECT t.oid::text FROM pg_event_trigger t WHERE t.evtname = e.attrs->>'name')
    WHEN 'trigger' THEN (SELECT t.oid::text FROM pg_trigger t WHERE t.tgrelid = to_regclass(q) AND t.tgname = e.attrs->>'name')
  END, e.identity), e.attrs, e.source, e.protected, e.by, e.at, $12, pg_current_xact_id()
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::boolean[], $10::text[], $11::timestamptz[])
  AS e(address, kind, schema, name, identity, attrs, source, protected, by, at)
CROSS JOIN LATERAL (SELECT CASE WHEN e.schema <> '' AND e.name <> '' THEN quote_ident(e.schema) || '.' || quote_ident(e.name) END) AS l(q)
ON CONFLICT (environment, address) DO UPDATE
SET kind = excluded.kind, schema = excluded.schema, identity = excluded.identity, attrs = excluded.attrs, source = excluded.source, protected = excluded.protected,
  by = excluded.by, at = excluded.at, run = excluded.run, tx = excluded.tx`

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

// put writes what is to be remembered, in the transaction that is open. What was
// there before is read from the ledger itself, so that comes first.
func (h *hold) put(ctx context.Context, m resource.Memory) error {
	// Steps may have changed role and path.
	if _, err := h.exec(ctx, "RESET ROLE;\nSET LOCAL search_path = pg_catalog;\n"+ledgerSQL); err != nil {
		return ledgerError(err)
	}
	b := &pgx.Batch{}
	if m.Settle {
		b.Queue(settleRuns, h.scope.Environment, m.Run.ID)
	}
	if m.Run.ID != "" {
		h.queueRun(b, m.Run)
		if err := h.queueSteps(b, m); err != nil {
			return err
		}
		if err := h.queueChanges(b, m); err != nil {
			return err
		}
	}
	if err := h.queueObjects(b, m); err != nil {
		return err
	}
	if err := h.conn.SendBatch(ctx, b).Close(); err != nil {
		return ledgerError(err)
	}
	return nil
}

// settleRuns: a run that is not over although another one has the lock, was cut
// off.
const settleRuns = `
WITH r AS (
  UPDATE tellr.run SET outcome = 'in doubt', settled = now()
  WHERE environment = $1 AND id <> $2 AND outcome IN ('running', 'in doubt') AND settled IS NULL RETURNING id)
UPDATE tellr.step s SET outcome = 'in doubt' FROM r WHERE s.environment = $1 AND s.run = r.id AND s.outcome = 'running'`

const putRun = `
INSERT INTO tellr.run (environment, id, plan, destroy, who, host, login, command, commit, dirty, version, started, ended, outcome)
VALUES ($1, $2, $3, $4, $5, $6, session_user, $7, $8, $9, $10, $11, nullif($12, '')::timestamptz, $13)
ON CONFLICT (environment, id) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome, seen = now()`

func (h *hold) queueRun(b *pgx.Batch, r resource.Run) {
	b.Queue(putRun, h.scope.Environment, r.ID, r.Plan, r.Destroy, r.Who, r.Host, r.Command, r.Commit, r.Dirty, r.Version,
		timestamp(r.Started), timestamp(r.Ended), string(cmp.Or(r.Outcome, resource.Running)))
}

// A step that is over stays as it is: a connection that was lost at COMMIT says
// in doubt of what the server did.
const putSteps = `
INSERT INTO tellr.step (environment, run, n, id, address, title, action, stage, system, statements, call, lost, started, ended, outcome, error)
SELECT $1, $2, s.n, s.id, s.address, s.title, s.action, s.stage, s.system,
  CASE WHEN s.statements <> '[]' THEN ARRAY(SELECT jsonb_array_elements_text(s.statements)) END,
  s.call, s.lost, nullif(s.started, '')::timestamptz, nullif(s.ended, '')::timestamptz, s.outcome, nullif(s.error, '')
FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::jsonb[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
  AS s(n, id, address, title, action, stage, system, statements, call, started, ended, outcome, error, lost)
ON CONFLICT (environment, run, n) DO UPDATE
SET started = excluded.started, ended = excluded.ended, outcome = excluded.outcome, error = excluded.error
WHERE tellr.step.outcome = 'running'`

func (h *hold) queueSteps(b *pgx.Batch, m resource.Memory) error {
	if len(m.Steps) == 0 {
		return nil
	}
	var n []int32
	var id, address, title, action, stage, system, statements, call, started, ended, outcome, errs, lost []string
	for _, s := range m.Steps {
		texts := s.Statements
		if texts == nil {
			texts = []string{}
		}
		text, err := json.Marshal(texts)
		if err != nil {
			return fmt.Errorf("record step %s: %w", s.ID, err)
		}
		n = append(n, int32(s.N)) // a plan of so many steps cannot be held
		id, address, title, action = append(id, s.ID), append(address, s.Address.String()), append(title, s.Title), append(action, string(s.Action))
		stage, system, statements, call = append(stage, string(s.Stage)), append(system, s.System), append(statements, string(text)), append(call, s.Call)
		started, ended = append(started, timestamp(s.Started)), append(ended, timestamp(s.Ended))
		outcome, errs, lost = append(outcome, string(s.Outcome)), append(errs, plain(s.Error)), append(lost, s.Lost)
	}
	b.Queue(putSteps, h.scope.Environment, m.Run.ID, n, id, address, title, action, stage, system, statements, call, started, ended, outcome, errs, lost)
	return nil
}

const putChanges = `
INSERT INTO tellr.change (environment, run, address, action, before, after, moved, partial)
SELECT $1, $2, c.address, c.action, CASE WHEN c.before IS NULL OR c.moved THEN c.before ELSE coalesce(o.attrs, c.before) END, c.after, c.moved, c.partial
FROM unnest($3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::boolean[], $8::boolean[]) AS c(address, action, before, after, moved, partial)
LEFT JOIN tellr.object o ON o.environment = $1 AND o.address = c.address
ON CONFLICT (environment, run, address) DO UPDATE SET after = excluded.after, partial = excluded.partial`

func (h *hold) queueChanges(b *pgx.Batch, m resource.Memory) error {
	if len(m.Changes) == 0 {
		return nil
	}
	var address, action []string
	var before, after []*string
	var moved, partial []bool
	for _, c := range m.Changes {
		was, err := remembered(c.Before)
		if err != nil {
			return fmt.Errorf("record what %s was: %w", c.Address, err)
		}
		is, err := remembered(c.After)
		if err != nil {
			return fmt.Errorf("record what %s is: %w", c.Address, err)
		}
		address, action, before, after = append(address, c.Address.String()), append(action, string(c.Action)), append(before, was), append(after, is)
		moved, partial = append(moved, c.Moved), append(partial, c.Partial)
	}
	b.Queue(putChanges, h.scope.Environment, m.Run.ID, address, action, before, after, moved, partial)
	return nil
}

// remembered is a value as JSON; nil, which is NULL, for null.
func remembered(r resource.Remembered) (*string, error) {
	text, err := json.Marshal(r)
	if err != nil || string(text) == "null" {
		return nil, err
	}
	s := string(text)
	return &s, nil
}

func (h *hold) queueObjects(b *pgx.Batch, m resource.Memory) error {
	if len(m.Gone) > 0 {
		gone := make([]string, len(m.Gone))
		for i, a := range m.Gone {
			gone[i] = a.String()
		}
		b.Queue("DELETE FROM tellr.object WHERE environment = $1 AND address = ANY ($2::text[])", h.scope.Environment, gone)
	}
	if len(m.Entries) == 0 {
		return nil
	}
	// The last record of an address counts: an INSERT may not meet the same row twice.
	last := map[resource.Address]int{}
	for i, e := range m.Entries {
		last[e.Address] = i
	}
	var address, kind, schema, name, identity, attrs, source, by, at []string
	var protected []bool
	for i, e := range m.Entries {
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
		by, at = append(by, cmp.Or(e.By, m.Run.By())), append(at, cmp.Or(e.At, h.o.Now().UTC().Format(time.RFC3339)))
	}
	b.Queue(putObjects, h.scope.Environment, address, kind, schema, name, identity, attrs, source, protected, by, at, m.Run.ID)
	return nil
}

// plain is a text as a column can hold it: what a server answered may be
// anything.
func plain(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
}

// timestamp writes a time; "" for none.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
