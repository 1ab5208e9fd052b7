package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// endTimeout bounds what is written when the caller's context has ended.
const endTimeout = 15 * time.Second

// Book is one run as it is written into the ledgers of its databases. Its
// methods may be called from several goroutines.
type Book struct {
	run resource.Run
	svc resource.Services

	mu    sync.Mutex
	pages []*page
}

// page is the part of a book that one database keeps. The first keeps the steps
// of the workspace too.
type page struct {
	scope  resource.Scope
	keeper resource.Keeper
	ledger resource.Ledger    // nil while the database is not there
	steps  []resource.RunStep // that are not written yet
	// shaky: the run changes the host, so the database may be away for a while,
	// or for good.
	shaky, gone bool
}

// ID makes the ID of a run: two that differ in anything differ in it.
func ID(r resource.Run) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", r.Environment, r.Plan, r.By(), r.Started.UnixNano()))
	return hex.EncodeToString(sum[:])[:10]
}

// Open takes the lock of the run's environment in each database that is there.
// The error wraps resource.ErrLocked if another apply is at work.
func Open(ctx context.Context, scopes []resource.Scope, providers []resource.Provider, svc resource.Services) (*Book, error) {
	b := &Book{run: svc.Run, svc: svc}
	for _, scope := range scopes {
		if k := keeper(providers, scope); k != nil {
			b.pages = append(b.pages, &page{scope: scope, keeper: k})
		}
	}
	for _, p := range b.pages {
		l, err := p.keeper.Hold(ctx, p.scope, svc)
		if err != nil {
			b.Close()
			return nil, err
		}
		p.ledger = l
	}
	return b, nil
}

// keeper is the provider of a database, if it remembers.
func keeper(providers []resource.Provider, scope resource.Scope) resource.Keeper {
	if scope.System.Host.IsZero() {
		return nil
	}
	for _, p := range providers {
		if k, ok := p.(resource.Keeper); ok && p.Name() == scope.System.Provider {
			return k
		}
	}
	return nil
}

// Begin writes that the run begins. The world was read behind the lock, so
// what earlier runs left in doubt is settled.
func (b *Book) Begin(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.pages {
		if p.ledger == nil {
			continue
		}
		if _, err := p.ledger.Write(ctx, resource.Memory{Run: b.run, Settle: true}); err != nil {
			return err
		}
	}
	return nil
}

// Settle writes that nothing is in doubt any more, of a run that has nothing to
// do.
func (b *Book) Settle(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.pages {
		if p.ledger == nil {
			continue
		}
		if _, err := p.ledger.Write(ctx, resource.Memory{Settle: true}); err != nil {
			return err
		}
	}
	return nil
}

// Hold gives the ledger of a system, whose database is there by now; nil if the
// system has none.
func (b *Book) Hold(ctx context.Context, system string) (resource.Ledger, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(system)
	if p == nil || p.scope.System.Name != system {
		return nil, nil
	}
	if err := b.hold(ctx, p); err != nil {
		return nil, err
	}
	return p.ledger, nil
}

func (b *Book) hold(ctx context.Context, p *page) error {
	if p.ledger != nil {
		return nil
	}
	l, err := p.keeper.Hold(ctx, p.scope, b.svc)
	if err != nil {
		return err
	}
	if l == nil {
		var ds resource.Diagnostics
		ds.Errorf(nil, "the database of "+p.scope.System.Name+" is not there", "plan again", "its host %s does not exist", p.scope.System.Host)
		return ds
	}
	p.ledger, p.shaky = l, false
	return nil
}

// page is that of a system: its own, or else the first; nil if there is none.
func (b *Book) page(system string) *page {
	i := slices.IndexFunc(b.pages, func(p *page) bool { return p.scope.System.Name == system })
	switch {
	case i >= 0:
		return b.pages[i]
	case len(b.pages) > 0:
		return b.pages[0]
	}
	return nil
}

// Started writes that a step begins which no transaction undoes. An error says
// that the lock was lost, so the step may not begin.
func (b *Book) Started(ctx context.Context, s resource.RunStep) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(s.System)
	if p == nil {
		return nil
	}
	p.note(s)
	if err := b.write(ctx, p, resource.Memory{}); err != nil && !p.shaky {
		p.forget(s.N)
		return err
	}
	for _, p := range b.pages {
		p.shaky = p.shaky || p.scope.System.Host == s.Address && s.Action != resource.Create
	}
	return nil
}

// Ended writes how a step ended. What cannot be written now is written with
// what comes next, or at the end.
func (b *Book) Ended(ctx context.Context, s resource.RunStep) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(s.System)
	if p == nil {
		return
	}
	p.note(s)
	for _, p := range b.pages {
		if p.scope.System.Host == s.Address && (s.Action == resource.Delete || s.Action == resource.Replace) && s.Outcome == resource.Done {
			p.drop()
			p.gone = s.Action == resource.Delete
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_ = b.write(ctx, p, resource.Memory{}) // it stays noted
}

// Undone keeps the steps of a transaction that did not come to be, until the
// end of the run.
func (b *Book) Undone(system string, steps []resource.RunStep) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.page(system); p != nil {
		for _, s := range steps {
			p.note(s)
		}
	}
}

// Memory completes what a system's transaction writes by the run, and by what
// waits to be written there.
func (b *Book) Memory(system string, m resource.Memory) resource.Memory {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.Run = b.run
	if p := b.page(system); p != nil {
		m.Steps = append(slices.Clone(p.steps), m.Steps...)
	}
	return m
}

// Committed says that what [Book.Memory] gave last for a system is written.
func (b *Book) Committed(system string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.page(system); p != nil {
		p.steps = nil
	}
}

// Write remembers in a system what no transaction of a stage did.
func (b *Book) Write(ctx context.Context, system string, m resource.Memory) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(system)
	if p == nil || p.gone {
		return nil
	}
	if len(m.Entries) > 0 {
		if err := b.hold(ctx, p); err != nil {
			return err
		}
	}
	return b.write(ctx, p, m)
}

// End writes how the run ended, with steps that were not begun, and gives the
// locks back.
func (b *Book) End(ctx context.Context, outcome resource.Outcome, at time.Time, rest []resource.RunStep) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	b.run.Outcome, b.run.Ended = outcome, at
	for _, s := range rest {
		if p := b.page(s.System); p != nil {
			p.note(s)
		}
	}
	var errs []error
	for _, p := range b.pages {
		if p.gone {
			continue
		}
		if p.ledger == nil && p.shaky && b.hold(ctx, p) != nil {
			continue // away for good: nothing remembers there
		}
		if err := b.write(ctx, p, resource.Memory{}); err != nil && !p.shaky {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close gives the locks back.
func (b *Book) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.close()
}

func (b *Book) close() {
	for _, p := range b.pages {
		p.drop()
	}
}

// write adds what waits.
func (b *Book) write(ctx context.Context, p *page, m resource.Memory) error {
	if p.ledger == nil {
		return nil
	}
	m.Run, m.Steps = b.run, append(slices.Clone(p.steps), m.Steps...)
	written, err := p.ledger.Write(ctx, m)
	if written {
		p.steps = nil
	}
	if err != nil && p.shaky {
		p.drop()
	}
	return err
}

// note keeps a step to be written; what is said of it last counts.
func (p *page) note(s resource.RunStep) {
	p.forget(s.N)
	p.steps = append(p.steps, s)
}

func (p *page) forget(n int) {
	p.steps = slices.DeleteFunc(p.steps, func(o resource.RunStep) bool { return o.N == n })
}

func (p *page) drop() {
	if p.ledger != nil {
		p.ledger.Close()
		p.ledger = nil
	}
}
