package session

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/resource"
)

// work is a stage with what a run says of it: an apply of one stage.
type work struct {
	*Session
	l    *Ledger
	run  resource.Run
	told resource.Memory
	rows []resource.RunStep
}

// openOn takes hold of a connection and opens a stage in it.
func openOn(ctx context.Context, conn *pgx.Conn, scope resource.Scope, stage resource.Stage, o Options) (*work, error) {
	l, err := Hold(ctx, func(context.Context) (*pgx.Conn, error) {
		if conn.IsClosed() {
			return nil, net.ErrClosed
		}
		return conn, nil
	}, scope, o)
	if err != nil {
		return nil, err
	}
	s, err := l.Open(ctx, stage)
	if err != nil {
		l.Close()
		return nil, err
	}
	run := o.Run
	run.ID, run.Started = cmp.Or(run.ID, "r"+strconv.Itoa(int(conn.PgConn().PID()))), l.o.Now()
	return &work{Session: s.(*Session), l: l, run: run}, nil
}

// Run does a step and keeps what became of it.
func (w *work) Run(ctx context.Context, st *resource.Step, fill resource.Fill, progress func(string)) (map[string]resource.Value, error) {
	row := resource.RunStep{N: len(w.rows) + 1, ID: st.ID, Address: st.Address, Title: st.Title, Action: st.Action, Stage: w.stage, System: "test", Started: w.o.Now(), Outcome: resource.Done}
	for _, s := range st.Statements {
		row.Statements = append(row.Statements, s.SQL.String())
	}
	yields, err := w.Session.Run(ctx, st, fill, progress)
	row.Ended = w.o.Now()
	if err != nil {
		row.Outcome, row.Error = resource.Failed, err.Error()
	}
	w.rows = append(w.rows, row)
	return yields, err
}

// Record tells the ledger of things.
func (w *work) Record(ctx context.Context, entries []resource.Entry, gone []resource.Address) error {
	w.told.Run, w.told.Steps = w.run, w.rows
	w.told.Entries = slices.DeleteFunc(w.told.Entries, func(e resource.Entry) bool { return slices.Contains(gone, e.Address) })
	w.told.Entries, w.told.Gone = append(w.told.Entries, entries...), append(w.told.Gone, gone...)
	if w.stage == resource.Database {
		return w.Session.Record(ctx, w.told)
	}
	_, err := w.l.Write(ctx, w.told)
	return err
}

// Commit ends the run.
func (w *work) Commit(ctx context.Context) error {
	defer w.l.Close()
	w.run.Outcome, w.run.Ended = resource.Done, w.o.Now()
	if w.failed == nil && !w.closed {
		if err := w.Record(ctx, nil, nil); err != nil {
			return err
		}
	}
	return w.Session.Commit(ctx)
}

// Rollback ends it, too, and tells the ledger, if there is one.
func (w *work) Rollback(ctx context.Context) error {
	defer w.l.Close()
	err := w.Session.Rollback(ctx)
	if w.conn.IsClosed() || len(w.rows) == 0 || w.run.Outcome == resource.Done {
		return err
	}
	for i := range w.rows {
		if w.stage == resource.Database && w.rows[i].Outcome == resource.Done {
			w.rows[i].Outcome = resource.RolledBack
		}
	}
	w.run.Outcome, w.run.Ended = resource.Failed, w.o.Now()
	_, told := w.l.Write(context.WithoutCancel(ctx), resource.Memory{Run: w.run, Steps: w.rows})
	return errors.Join(err, told)
}
