package render

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Printer shows the events of a read or an apply while they happen. Event may
// be called from several goroutines; Close ends the printing and may be called
// twice.
type Printer interface {
	Event(resource.Event)
	Close()
}

// ProgressOptions say how events are shown.
type ProgressOptions struct {
	Color bool
	// Width of the terminal in columns; 0 means 80.
	Width int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	// heartbeat is how often a log says that a step still waits.
	heartbeat = 10 * time.Second
	// redraw is how often the live line of a terminal moves.
	redraw = 200 * time.Millisecond
)

// NewPlain prints lines that are only ever appended, for logs: one for each
// step that ends, and one every ten seconds for each that goes on.
func NewPlain(w io.Writer, o ProgressOptions) Printer {
	p := newProgress(w, o)
	p.run(time.Second)
	return p
}

// NewTerminal prints a line for each step that ends, and below them one live
// line with a bar, the time and what is being waited for.
func NewTerminal(w io.Writer, o ProgressOptions) Printer {
	p := newProgress(w, o)
	p.live = true
	p.run(redraw)
	return p
}

// progress is both printers: the terminal's adds the live line.
type progress struct {
	w    *bufio.Writer // flushed after each event, so that a terminal gets it in one go
	s    Style
	o    ProgressOptions
	live bool

	mu     sync.Mutex
	begun  time.Time
	total  int
	ended  int
	active map[string]*waiting
	drawn  int // columns of the live line that stands on the terminal
	last   string
	stop   chan struct{}
	closed sync.Once
	done   sync.WaitGroup
}

// waiting is a step, or the read of a system, that has begun.
type waiting struct {
	name    string
	title   string
	begun   time.Time
	said    time.Time // when a log last heard of it
	message string
	order   int
}

func newProgress(w io.Writer, o ProgressOptions) *progress {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Width = cmp.Or(o.Width, 80)
	return &progress{w: bufio.NewWriter(w), s: NewStyle(o.Color), o: o, active: map[string]*waiting{}, stop: make(chan struct{})}
}

func (p *progress) run(every time.Duration) {
	p.done.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				p.tick()
			case <-p.stop:
				return
			}
		}
	})
}

// Close removes the live line and stops the clock.
func (p *progress) Close() {
	p.closed.Do(func() {
		close(p.stop)
		p.done.Wait()
		p.mu.Lock()
		defer p.unlock()
		p.erase()
	})
}

// unlock lets out what was printed. Progress that cannot be shown is no reason
// to stop.
func (p *progress) unlock() {
	_ = p.w.Flush()
	p.mu.Unlock()
}

// tick runs with the clock.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.unlock()
	now := p.o.Now()
	if p.live {
		p.draw(now)
		return
	}
	for _, x := range p.waits() {
		if now.Sub(x.said) < heartbeat {
			continue
		}
		x.said = now
		p.print(x.name, x.title, p.s.Muted("still at it after "+duration(now.Sub(x.begun).Round(time.Second))+colon(x.message)))
	}
}

// Event takes one event.
func (p *progress) Event(e resource.Event) {
	p.mu.Lock()
	defer p.unlock()
	now := p.o.Now()
	if p.begun.IsZero() {
		p.begun = now
	}
	if e.Total > 0 && e.Step != nil {
		p.total = e.Total
	}
	switch e.Kind {
	case resource.ReadStarted:
		p.begin("read "+e.System, "reading "+oneLine(e.System), "", now)
	case resource.ReadDone:
		delete(p.active, "read "+e.System)
	case resource.StageStarted:
		p.erase()
		fmt.Fprintf(p.w, "%s %s\n", p.s.Heading(string(e.Stage)+":"), p.s.Muted(Count(e.Total, "step")))
	case resource.StepStarted:
		p.begin(e.Step.ID, oneLine(e.Step.Address.String()), oneLine(e.Step.Title), now)
	case resource.StepProgress:
		if x := p.active[e.Step.ID]; x != nil {
			x.message = oneLine(e.Message)
		}
	case resource.StepDone:
		p.end(e, p.s.Good("done"), now)
	case resource.StepFailed:
		p.end(e, p.s.Error("failed"), now)
	case resource.StepDoubt:
		p.end(e, p.s.Warning("in doubt"), now)
	}
	if p.live {
		p.draw(now)
	}
}

func (p *progress) begin(id, name, title string, now time.Time) {
	p.active[id] = &waiting{name: name, title: title, begun: now, said: now, order: len(p.active)}
}

func (p *progress) end(e resource.Event, how string, now time.Time) {
	elapsed := e.Elapsed
	if x := p.active[e.Step.ID]; x != nil && elapsed == 0 {
		elapsed = now.Sub(x.begun)
	}
	delete(p.active, e.Step.ID)
	p.ended++
	p.print(oneLine(e.Step.Address.String()), oneLine(e.Step.Title), how+p.s.Muted(" "+duration(elapsed)))
}

// print writes one line for good.
func (p *progress) print(name, title, how string) {
	p.erase()
	n := fmt.Sprint(p.total)
	prefix := ""
	if p.total > 0 {
		prefix = p.s.Muted(fmt.Sprintf("[%*d/%s]", len(n), p.ended, n)) + " "
	}
	if title != "" {
		name += p.s.Muted("  " + title)
	}
	fmt.Fprintf(p.w, "%s%s  %s\n", prefix, name, how)
}

// waits lists what has begun, the longest first.
func (p *progress) waits() []*waiting {
	return slices.SortedFunc(maps.Values(p.active), func(a, b *waiting) int {
		return cmp.Or(a.begun.Compare(b.begun), cmp.Compare(a.order, b.order), cmp.Compare(a.name, b.name))
	})
}

// draw writes the live line over the old one, without escape sequences: a
// carriage return, the line, and blanks over what is left of the old.
func (p *progress) draw(now time.Time) {
	waits := p.waits()
	if len(waits) == 0 && (p.total == 0 || p.ended >= p.total) {
		p.erase()
		return
	}
	line := duration(now.Sub(p.begun).Truncate(100 * time.Millisecond))
	if p.total > 0 {
		line = bar(p.ended, p.total) + fmt.Sprintf(" %d/%d  ", p.ended, p.total) + line
	}
	if len(waits) > 0 {
		x := waits[0]
		line += "  " + x.name + colon(cmp.Or(x.message, x.title))
		if len(waits) > 1 {
			line += fmt.Sprintf(" (+%d)", len(waits)-1)
		}
	}
	line = clip(line, p.o.Width-1)
	if line == p.last && p.drawn > 0 {
		return
	}
	n := columns(line)
	fmt.Fprint(p.w, "\r"+line+strings.Repeat(" ", max(0, p.drawn-n)))
	p.last, p.drawn = line, n
}

func (p *progress) erase() {
	if p.drawn > 0 {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

// bar draws how far the steps are.
func bar(n, of int) string {
	const width = 20
	full := min(width, n*width/max(1, of))
	return strings.Repeat("━", full) + strings.Repeat("─", width-full)
}

func colon(message string) string {
	if message == "" {
		return ""
	}
	return ": " + message
}
