package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Options are what a session needs to know besides its scope. The zero value
// works.
type Options struct {
	// Run is the apply, for the ledger and for others who look at the server.
	Run resource.Run
	// Silence is after how long without a sign of life of this process the
	// server ends the connection, and with it the lock; 0 is 90 seconds.
	Silence time.Duration
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

// complete fills in what is 0.
func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	o.Silence = cmp.Or(o.Silence, silence)
	o.LockPatience = cmp.Or(o.LockPatience, 3*time.Second)
	o.LockTimeout = cmp.Or(o.LockTimeout, lockTimeout)
	o.Patience = cmp.Or(o.Patience, patience)
	o.Look = cmp.Or(o.Look, time.Second/4)
	o.StatementTimeout = cmp.Or(o.StatementTimeout, time.Hour)
	return o
}

// Session is a stage at work in one database, on the connection that has the
// lock.
type Session struct {
	*hold
	stage resource.Stage

	done   []string // messages of the open transaction, to run again
	memory resource.Memory
	failed error // why nothing more runs
	closed bool
}

var _ resource.Session = (*Session)(nil)

// Open implements [resource.Ledger]: for the Database stage it begins the
// transaction.
func (l *Ledger) Open(ctx context.Context, stage resource.Stage) (resource.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.retake(ctx); err != nil {
		return nil, err
	}
	s := &Session{hold: l.hold, stage: stage}
	if stage == resource.Database {
		if _, err := s.exec(ctx, s.begin()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// begin opens a transaction in which no statement waits for long, and none
// depends on settings of the role or the database.
func (s *Session) begin() string {
	return fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\nSET LOCAL search_path = pg_catalog;\nSET LOCAL lock_timeout = %d;\n"+
		"SET LOCAL statement_timeout = %d;\nSET LOCAL check_function_bodies = off",
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
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.run(ctx, step, fill, progress)
	if err != nil {
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

// Record notes what to write with the work in the Database stage, when it
// commits. What the other stages did is there already, and is written by
// [Ledger.Write].
func (s *Session) Record(_ context.Context, m resource.Memory) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.failed != nil:
		return fmt.Errorf("%w: %w", ErrClosed, s.failed)
	case s.stage != resource.Database:
		return errors.New("there is no transaction to record in")
	}
	s.memory = m
	return nil
}
