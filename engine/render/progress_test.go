package render

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tellr-dev/tellr/engine/resource"
)

// clock is a time that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time           { return c.t }
func (c *clock) pass(d time.Duration)     { c.t = c.t.Add(d) }
func newClock() *clock                    { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }
func (c *clock) options() ProgressOptions { return ProgressOptions{Now: c.now, Width: 72} }

// story is an apply as the engine tells it; between is called after each event.
func story(c *clock, tell func(resource.Event), between func()) {
	steps := fromNothing().Steps
	e := func(x resource.Event) { x.Time = c.t; tell(x); between() }
	of := func(i int, k resource.EventKind) resource.Event {
		return resource.Event{Kind: k, Step: steps[i], N: i + 1, Total: len(steps), Stage: steps[i].Stage, System: steps[i].System}
	}
	e(resource.Event{Kind: resource.ReadStarted, System: "workspace"})
	c.pass(300 * time.Millisecond)
	e(resource.Event{Kind: resource.ReadDone, System: "workspace"})
	e(resource.Event{Kind: resource.StageStarted, Stage: resource.Workspace, Total: 2})
	e(of(0, resource.StepStarted))
	e(of(1, resource.StepStarted))
	c.pass(4 * time.Second)
	done := of(1, resource.StepDone)
	done.Elapsed = 4 * time.Second
	e(done)
	progress := of(0, resource.StepProgress)
	progress.Message = "the instance is STARTING"
	e(progress)
	c.pass(11 * time.Second)
	between()
	done = of(0, resource.StepDone)
	done.Elapsed = 75 * time.Second
	e(done)
	e(resource.Event{Kind: resource.StageStarted, Stage: resource.Database, Total: 4})
	e(of(2, resource.StepStarted))
	c.pass(12 * time.Millisecond)
	e(of(2, resource.StepDone))
	e(of(3, resource.StepStarted))
	failed := of(3, resource.StepFailed)
	failed.Err = errors.New("permission denied")
	e(failed)
	doubt := of(7, resource.StepDoubt)
	e(doubt)
	e(resource.Event{Kind: resource.StageDone, Stage: resource.Database, Err: failed.Err})
	e(of(4, resource.StepSkipped))
	e(resource.Event{Kind: resource.ApplyDone, Elapsed: 20 * time.Second, Total: len(steps), Err: failed.Err})
}

func TestPlainProgress(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := newProgress(&b, c.options())
	story(c, p.Event, p.tick)
	golden(t, "progress-plain", b.String())
}

func TestTerminalProgress(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := newProgress(&b, c.options())
	p.live = true
	story(c, p.Event, p.tick)
	p.Close()
	got := b.String()
	// A carriage return is shown as ⏎, so that the file can be read.
	golden(t, "progress-terminal", strings.ReplaceAll(got, "\r", "⏎\n"))
	if strings.Contains(got, "\x1b") {
		t.Error("an escape sequence without colour")
	}
	for _, l := range strings.FieldsFunc(got, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if columns(strings.TrimRight(l, " ")) >= 72 && strings.Contains(l, "━") {
			t.Errorf("the live line is wider than the terminal: %q", l)
		}
	}
}

func TestJSONLines(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := NewJSONLines(&b, c.options())
	story(c, p.Event, func() {})
	p.Close()
	golden(t, "progress-json", b.String())
	s := bufio.NewScanner(strings.NewReader(b.String()))
	for s.Scan() {
		var e JSONEvent
		if err := json.Unmarshal(s.Bytes(), &e); err != nil || e.Type == "" || e.Time == "" {
			t.Errorf("%v in %s", err, s.Text())
		}
	}
}

// docs/plans.md names each type of line and each field, and no others.
func TestVocabularyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/plans.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## What a program can follow\n")
	_, section, _ = strings.Cut(section, "|---|---|---|\n")
	table, _, found := strings.Cut(section, "\n\n")
	if !found {
		t.Fatal("docs/plans.md has no table of the lines")
	}
	said := map[string]bool{"type": true}
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(table, -1) {
		said[m[1]] = true
	}
	want := map[string]bool{"plan": true, "diagnostic": true, "result": true}
	for _, k := range resource.EventKinds {
		want[string(k)] = true
	}
	var fields func(reflect.Type)
	fields = func(x reflect.Type) {
		for i := range x.NumField() {
			f := x.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous:
				fields(f.Type.Elem())
			case name != "-":
				want[name] = true
			}
		}
	}
	for _, line := range []any{JSONEvent{}, JSONPlan{}, JSONDiagnostic{}, JSONResult{}} {
		fields(reflect.TypeOf(line))
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("-in the code +in docs/plans.md\n%s", diff)
	}
}

// TestPrintersTogether: events come from several goroutines while the clock
// ticks.
func TestPrintersTogether(t *testing.T) {
	for _, p := range []Printer{NewPlain(io.Discard, ProgressOptions{}), NewTerminal(io.Discard, ProgressOptions{}), NewJSONLines(io.Discard, ProgressOptions{})} {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { story(newClock(), p.Event, func() {}) })
		}
		wg.Wait()
		p.Close()
		p.Close()
	}
}

func TestApplied(t *testing.T) {
	p := everyAction()
	for name, o := range map[string]Outcome{
		"applied":           {Done: p.Steps, Elapsed: 4200 * time.Millisecond, URLs: []string{"https://app.example.com"}},
		"applied-partially": {Done: p.Steps[:2], Failed: p.Steps[2:3], InDoubt: p.Steps[3:4], NotStarted: large(30).Steps, Elapsed: 75 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := Applied(&b, p, o, Options{}); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.String())
		})
	}
}
