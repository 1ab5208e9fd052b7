package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// remember stores the server's form of each expression that the scope asks
// for, so that the next read asks nothing. It is no more than a help: what
// cannot be answered is left out, and a failure harms nothing else.
func (s *Session) remember(ctx context.Context) error {
	if len(s.scope.Ask) == 0 {
		return nil
	}
	ask, err := catalog.Asked(s.scope)
	if err != nil {
		return err
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
