package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tellr-dev/tellr/sandbox"
)

// mode is how a run comes to its end.
type mode string

const (
	kill   mode = "killed"
	cut    mode = "connection reset"
	silent mode = "connection silent, then interrupted"
)

var modes = []mode{kill, cut, silent}

// point is one moment of a run that comes again in every run of its phase: the
// n-th request, statement or login of the same words.
type point struct {
	what  string
	n     int
	after bool
}

func (p point) String() string {
	when := "before"
	if p.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s (%d)", when, p.what, p.n)
}

// crash is a point and what happens there.
type crash struct {
	phase int
	mode  mode
	point point
}

func (c crash) String() string { return string(c.mode) + " " + c.point.String() }

// class is what the sample has at least one of.
func (c crash) class() string {
	word, rest, _ := strings.Cut(c.point.what, " ")
	switch {
	case word == "GET" || word == "login":
	case word == "POST" || word == "PATCH" || word == "PUT" || word == "DELETE":
		word = "write"
	case strings.Contains(rest, "tellr."):
		word = "ledger"
	case strings.Contains(rest, "COMMIT"):
		word = "commit"
	case strings.Contains(rest, "CONCURRENTLY"):
		word = "concurrently"
	case strings.Contains(rest, "SELECT"):
		word = "look"
	default:
		word = "statement"
	}
	return fmt.Sprint(word, " ", c.point.after)
}

var (
	uuids   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	numbers = regexp.MustCompile(`\b[0-9a-f]*\d[0-9a-f]{5,}\b|\b\d+\b`)
	blanks  = regexp.MustCompile(`\s+`)
)

// words are how a moment is known again in another environment.
func words(id string, m sandbox.Moment) string {
	var text string
	switch {
	case m.Request != nil:
		text = m.Request.Method + " " + m.Request.Path
		if path, ok := strings.CutPrefix(m.Request.Query, "path="); ok {
			text += "?path=" + path
		}
	case m.Statement.Kind == "login":
		return "login"
	default:
		text = string(m.Statement.Kind) + " " + m.Statement.SQL
	}
	text = strings.ReplaceAll(text, "shop-"+id, "shop-X")
	text = numbers.ReplaceAllString(uuids.ReplaceAllString(text, "UUID"), "#")
	text = blanks.ReplaceAllString(text, " ")
	if m.Statement != nil && strings.Contains(m.Statement.SQL, "tellr.") && !strings.Contains(text[:min(len(text), 110)], "tellr.") {
		return text[:min(len(text), 100)] + " … tellr."
	}
	return text[:min(len(text), 110)]
}

// observe gives the points of what f does. Of reads only the moment before
// counts, since after it nothing is different; polls of one thing, which
// differ from run to run, count twice at most.
func (w *world) observe(id string, f func()) []point {
	var mu sync.Mutex
	count := map[string]int{}
	var points []point
	w.sb.Judge(func(m sandbox.Moment) sandbox.Verdict {
		mu.Lock()
		defer mu.Unlock()
		what := words(id, m)
		if !m.After {
			count[what]++
		}
		p := point{what, count[what], m.After}
		reads := strings.HasPrefix(what, "GET ")
		if !reads || !m.After && p.n <= 2 {
			points = append(points, p)
		}
		return sandbox.Pass
	})
	defer w.sb.Judge(nil)
	f()
	return points
}

// crashed is how a run ended that was to crash.
type crashed struct {
	result
	reached bool
}

// crash runs a command, which crashes as it is told.
func (w *world) crash(id string, c *crash, args []string) crashed {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 4*time.Minute)
	defer cancel()
	events := id + ".jsonl"
	cmd := w.command(ctx, append(slices.Clone(args), "--json-into", events)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // to see where it hangs
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var mu sync.Mutex
	count := map[string]int{}
	reached := false
	hit := make(chan struct{})
	w.sb.Judge(func(m sandbox.Moment) sandbox.Verdict {
		mu.Lock()
		defer mu.Unlock()
		what := words(id, m)
		if !m.After {
			count[what]++
		}
		if reached || (point{what, count[what], m.After}) != c.point {
			return sandbox.Pass
		}
		reached = true
		close(hit)
		if c.mode == silent {
			return sandbox.Silent
		}
		if c.mode == kill {
			_ = cmd.Process.Kill() // it may be gone already
		}
		return sandbox.Cut
	})
	defer w.sb.Judge(nil)
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	ended := make(chan struct{})
	if c.mode == silent {
		go func() {
			select {
			case <-hit:
				_ = cmd.Process.Signal(os.Interrupt) // it may be gone already
			case <-ended:
			}
		}()
	}
	err := cmd.Wait()
	close(ended)
	w.jsonLines(events)
	r := crashed{result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}, reached}
	name := fmt.Sprintf("tellr %s, %s", strings.Join(args, " "), c)
	switch {
	case ctx.Err() != nil:
		w.Errorf("%s: it hangs\n%s", name, r.err)
	case leaked(r.out+r.err) != "":
		w.Errorf("%s: the secret is in the output:\n%s%s", name, r.out, r.err)
	case strings.Contains(r.err, "panic:") || strings.Contains(r.err, "goroutine "):
		w.Errorf("%s: it panics:\n%s", name, r.err)
	case !reached && err != nil:
		w.Errorf("%s: it failed by itself, %v:\n%s", name, err, r.err)
	case c.mode == silent && reached && r.code != 130 && r.code != 0:
		w.Errorf("%s: exit %d, want 130, or 0 if the interrupt came too late\n%s%s", name, r.code, r.out, r.err)
	case c.mode == cut && r.code != 0 && !strings.Contains(r.err, "error: "):
		w.Errorf("%s: exit %d without a word\n%s%s", name, r.code, r.out, r.err)
	}
	return r
}
