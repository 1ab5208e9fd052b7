package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// Options are what a session needs to know besides its scope. The zero value
// works.
type Options struct {
	// Plan is the plan's SHA-256, for the ledger.
	Plan string
	// Who runs tellr, and its version, for the ledger and for others who look
	// at the server.
	Who, Version string
	// LockPatience is how long to wait for another apply to end. 0 is three
	// seconds: the server may need a moment to notice that a process is gone.
	LockPatience time.Duration
	// LockTimeout of each statement; 0 is 5 seconds.
	LockTimeout time.Duration
	// Patience is how long a concurrent index build may wait for transactions
	// that began before it; 0 is 15 minutes.
	Patience time.Duration
	// Look is how often a concurrent index build is looked at; 0 is a quarter
	// of a second.
	Look time.Duration
	// StatementTimeout of each statement in a transaction; 0 is an hour.
	StatementTimeout time.Duration
	Now              func() time.Time
	// Sleep waits between attempts.
	Sleep func(context.Context, time.Duration) error
}

const (
	// lockTimeout is how long a statement waits for a lock, and so how long
	// the application may queue behind it.
	lockTimeout = 5 * time.Second
	// attempts is how often a transaction begins again because of a lock.
	attempts = 5
	// endTimeout bounds what is done on the way out, when the caller's context
	// has ended.
	endTimeout = 10 * time.Second
)

// Session is a stage at work in one database. It owns its connection.
type Session struct {
	conn    *pgx.Conn
	scope   resource.Scope
	stage   resource.Stage
	o       Options
	started time.Time

	done    []string // messages of the open transaction, to run again
	steps   []stepRow
	entries []resource.Entry
	gone    []resource.Address
	failed  error // why nothing more runs
	closed  bool
}

var _ resource.Session = (*Session)(nil)

// Open starts a stage on a connection, which it closes in the end, also when
// it fails. It takes the environment's lock, and for the Database stage begins
// the transaction.
func Open(ctx context.Context, conn *pgx.Conn, scope resource.Scope, stage resource.Stage, o Options) (*Session, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.LockPatience == 0 {
		o.LockPatience = 3 * time.Second
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = lockTimeout
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	if o.Look == 0 {
		o.Look = time.Second / 4
	}
	if o.StatementTimeout == 0 {
		o.StatementTimeout = time.Hour
	}
	s := &Session{conn: conn, scope: scope, stage: stage, o: o, started: o.Now()}
	if err := s.open(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	name := "tellr apply env=" + s.scope.Environment + " by=" + s.o.Who
	_, err := s.exec(ctx, "SET application_name = "+sqltext.Literal(name)+
		";\nSET search_path = pg_catalog;\nSET TimeZone = 'UTC';\nSET standard_conforming_strings = on;\nSET client_min_messages = warning")
	if err != nil {
		return fmt.Errorf("prepare the connection: %w", err)
	}
	if err := lock(ctx, s.conn, s.scope.Environment, s.o); err != nil {
		return err
	}
	if err := s.mayRecord(ctx); err != nil {
		return err
	}
	if s.stage != resource.Database {
		return nil
	}
	_, err = s.exec(ctx, s.begin())
	return err
}

// mayRecord finds out before the work whether the ledger can be written after
// it.
func (s *Session) mayRecord(ctx context.Context) error {
	var may, there bool
	err := s.conn.QueryRow(ctx, `SELECT coalesce((SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'tellr'),
		has_database_privilege(current_database(), 'CREATE')),
		EXISTS (SELECT FROM pg_class c WHERE c.relname = 'version' AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'tellr'))`).
		Scan(&may, &there)
	if err != nil {
		return err
	}
	if !may {
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the ledger cannot be written, so nothing is changed",
			Detail: sqltext.Ident(s.conn.Config().User) + " may neither use schema tellr nor make one", Cure: ledgerCure}
	}
	if !there {
		return nil
	}
	var version int
	if err := s.conn.QueryRow(ctx, "SELECT max(version) FROM tellr.version").Scan(&version); err != nil {
		return ledgerError(err)
	}
	if version > catalog.LedgerVersion {
		return catalog.ErrLedgerTooNew
	}
	return nil
}

// begin opens a transaction in which no statement waits for long, and none
// depends on settings of the role or the database.
func (s *Session) begin() string {
	return fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\nSET LOCAL search_path = pg_catalog;\nSET LOCAL lock_timeout = %d;\n"+
		"SET LOCAL statement_timeout = %d;\nSET LOCAL check_function_bodies = off;\nSET LOCAL idle_in_transaction_session_timeout = '10min'",
		s.o.LockTimeout.Milliseconds(), s.o.StatementTimeout.Milliseconds())
}

// Run does one step's statements. A step yields nothing here: what statements
// make is known before. After a failure the transaction is rolled back, and
// nothing more runs.
func (s *Session) Run(ctx context.Context, step *resource.Step, fill resource.Fill, progress func(string)) (map[string]resource.Value, error) {
	if s.closed {
		return nil, ErrClosed
	}
	if s.failed != nil {
		return nil, fmt.Errorf("%w: %w", ErrClosed, s.failed)
	}
	if progress == nil {
		progress = func(string) {}
	}
	row := stepRow{address: step.Address.String(), hash: statementHash(step), started: s.o.Now(), outcome: "done"}
	err := s.run(ctx, step, fill, progress)
	row.ended = s.o.Now()
	if err != nil {
		row.outcome, row.err = "failed", err.Error()
		s.failed = err
		if s.stage == resource.Database {
			s.rollback(ctx) // at once: locks are held
		}
		var d *resource.Diagnostic
		var pg *pgconn.PgError
		if errors.As(err, &d) && errors.As(err, &pg) {
			if who := whoGrants(ctx, s.conn, pg); who != "" {
				d.Cure = who
			}
		}
	}
	s.steps = append(s.steps, row)
	return nil, err
}

func (s *Session) run(ctx context.Context, step *resource.Step, fill resource.Fill, progress func(string)) error {
	unfilled := func(err error) error {
		return &resource.Diagnostic{Severity: resource.Error, Range: step.At, Address: step.Address, Err: err,
			Summary: fmt.Sprintf("%s: %s failed", step.Address, step.Title), Detail: err.Error()}
	}
	if len(step.Statements) == 0 {
		return ctx.Err()
	}
	if s.stage != resource.Database {
		statements := make([]onlineStatement, len(step.Statements))
		for i, st := range step.Statements {
			var err error
			if statements[i], err = fillOnline(st, fill); err != nil {
				return unfilled(err)
			}
		}
		for _, st := range statements {
			if err := s.online(ctx, st, progress); err != nil {
				return explainAt(step, []filled{st.filled}, 0, err)
			}
		}
		return nil
	}
	statements := make([]filled, len(step.Statements))
	for i, st := range step.Statements {
		f, err := fillSQL(st.SQL, fill)
		if err != nil {
			return unfilled(err)
		}
		statements[i] = f
	}
	// One message for the step: a round trip each would cost more than most statements.
	texts := make([]string, len(statements))
	for i, f := range statements {
		texts[i] = f.text
	}
	message := strings.Join(texts, between)
	if changesPrivileges(step) {
		if err := s.lockPrivileges(ctx, progress); err != nil {
			return explainAt(step, statements, 0, err)
		}
	}
	completed, err := s.transact(ctx, message, progress)
	if err != nil {
		return explainAt(step, statements, completed, err)
	}
	s.done = append(s.done, message)
	return nil
}

// between ends a statement even if it ends in a comment.
const between = "\n;\n"

// explainAt finds the statement that failed: by the place that the server
// names, else by the number of those that were done.
func explainAt(step *resource.Step, statements []filled, completed int, err error) error {
	at := -1
	n := min(completed, len(statements)-1)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Position > 0 {
		texts := make([]string, len(statements))
		for i, f := range statements {
			texts[i] = f.text
		}
		offset := byteOffset(strings.Join(texts, between), int(pg.Position))
		for i, t := range texts {
			if offset >= 0 && offset <= len(t) {
				n, at = i, offset
				break
			}
			offset -= len(t) + len(between)
		}
	}
	// A secret of one statement may be in what the server says of another.
	f := statements[n]
	f.secrets = map[string]string{}
	for _, other := range statements {
		for value, source := range other.secrets {
			f.secrets[value] = source
		}
	}
	return explain(step, f, at, err)
}

// transact runs a message in the open transaction. If it cannot get a lock in
// time, the transaction gives back the locks that it has, waits, and begins
// again with all that was done in it.
func (s *Session) transact(ctx context.Context, message string, progress func(string)) (completed int, err error) {
	for n := 1; ; n++ {
		if n > 1 {
			err = s.again(ctx)
		}
		if err == nil {
			completed, err = s.exec(ctx, message)
		}
		if err == nil && s.conn.PgConn().TxStatus() != 'T' {
			err = errEnded
		}
		why := s.retry(err)
		if err == nil || why == "" || n == attempts || ctx.Err() != nil {
			return completed, err
		}
		progress(fmt.Sprintf("%s: begin again, attempt %d of %d", why, n+1, attempts))
		if _, err := s.exec(ctx, "ROLLBACK"); err != nil {
			return 0, err
		}
		if err := s.o.Sleep(ctx, backoff(n+2, 5*time.Second)); err != nil {
			return 0, err
		}
	}
}

// errEnded: a statement committed or rolled back by itself.
var errEnded = errors.New("the statement ended the transaction: COMMIT, ROLLBACK and the like may not be in it")

func (s *Session) again(ctx context.Context) error {
	if s.conn.PgConn().TxStatus() == 'I' {
		if _, err := s.exec(ctx, s.begin()); err != nil {
			return err
		}
	}
	for _, message := range s.done {
		if _, err := s.exec(ctx, message); err != nil {
			return err
		}
	}
	return nil
}

func waitsForLock(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "55P03" || pg.Code == "40P01")
}

// exec sends a message of one or more statements, and tells how many were
// done.
func (s *Session) exec(ctx context.Context, message string) (completed int, err error) {
	results := s.conn.PgConn().Exec(ctx, message)
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err == nil {
			completed++
		}
	}
	return completed, results.Close()
}

// Record notes what to write with the work: in the Database stage when it
// commits, in the Online stage at once, since the work is there already.
func (s *Session) Record(ctx context.Context, entries []resource.Entry, gone []resource.Address) error {
	if s.closed {
		return ErrClosed
	}
	if s.stage == resource.Database && s.failed != nil {
		return fmt.Errorf("%w: %w", ErrClosed, s.failed)
	}
	for _, a := range gone {
		for i := len(s.entries) - 1; i >= 0; i-- {
			if s.entries[i].Address == a {
				s.entries = append(s.entries[:i], s.entries[i+1:]...)
			}
		}
	}
	s.entries, s.gone = append(s.entries, entries...), append(s.gone, gone...)
	if s.stage == resource.Database {
		return nil
	}
	return s.journal(ctx, "")
}
