package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tellr-dev/tellr/engine/resource"
)

// History lists runs, a line each:
//
//	RUN         STARTED (UTC)        BY          OUTCOME  CHANGED               TOOK  PLAN      COMMIT
//	3f9a12cd04  2026-03-01 12:00:31  ann@laptop  done     2 created, 1 updated  4.2s  ab12cd34  0123456
func History(w io.Writer, runs []resource.Run, opt Options) error {
	s := NewStyle(opt.Color)
	rows := [][]string{{"RUN", "STARTED (UTC)", "BY", "OUTCOME", "CHANGED", "TOOK", "PLAN", "COMMIT"}}
	for _, r := range runs {
		rows = append(rows, []string{
			r.ID, moment(r.Started), oneLine(r.By()), string(r.Outcome), changed(r.Changed), took(r.Started, r.Ended), short(r.Plan, 8), commit(r),
		})
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	b := bufio.NewWriter(w)
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			text := cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)+2)
			switch {
			case n == 0:
				text = s.Muted(text)
			case i == 0:
				text = s.Heading(text)
			case i == 3:
				text = fate(s, runs[n-1].Outcome)(text)
			}
			line.WriteString(text)
		}
		fmt.Fprintln(b, strings.TrimRight(line.String(), " "))
	}
	return b.Flush()
}

// Run shows one run in full: who, when, what, and each step with what it did.
func Run(w io.Writer, r resource.Run, opt Options) error {
	s := NewStyle(opt.Color)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s  %s\n", s.Heading("Run "+r.ID+" of environment "+oneLine(r.Environment)), fate(s, r.Outcome)(string(r.Outcome)))
	fact := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "  %s %s\n", s.Muted(fmt.Sprintf("%-8s", name)), oneLine(text))
		}
	}
	started := moment(r.Started) + " UTC"
	if t := took(r.Started, r.Ended); t != "" {
		started += ", took " + t
	}
	at := r.Commit
	if r.Dirty {
		at += " and changes that are not committed"
	}
	plan := ""
	if r.Plan != "" {
		plan = "sha256:" + r.Plan
	}
	fact("by", r.By())
	fact("started", started)
	fact("command", r.Command)
	fact("commit", strings.TrimPrefix(at, " and "))
	fact("plan", plan)
	fact("tellr", r.Version)
	fact("changed", changed(r.Changed))
	var stage resource.Stage
	for _, x := range r.Steps {
		if x.Stage != stage {
			stage = x.Stage
			fmt.Fprintf(b, "\n%s\n", s.Heading(oneLine(string(stage))))
		}
		line := strings.TrimRight(fmt.Sprintf("%s  %s  %s", oneLine(x.Address.String()), s.Muted(oneLine(x.Title)), took(x.Started, x.Ended)), " ")
		fmt.Fprintf(b, "  %3d  %s  %s\n", x.N, fate(s, x.Outcome)(fmt.Sprintf("%-11s", x.Outcome)), line)
		if x.Call != "" {
			fmt.Fprintf(b, "       %s\n", oneLine(x.Call))
		}
		for _, st := range x.Statements {
			for _, l := range strings.Split(strings.TrimRight(printable(st), "\n ;")+";", "\n") {
				fmt.Fprintf(b, "       %s\n", l)
			}
		}
		if x.Error != "" {
			fmt.Fprintf(b, "       %s %s\n", s.Error("error:"), oneLine(x.Error))
		}
	}
	return b.Flush()
}

// fate paints a text as its outcome asks for.
func fate(s Style, o resource.Outcome) func(string) string {
	switch o {
	case resource.Done:
		return s.Good
	case resource.Failed:
		return s.Error
	case resource.InDoubt, resource.Interrupted, resource.Running:
		return s.Warning
	default:
		return s.Muted
	}
}

// changed counts things by what a run did to them: "2 created, 1 updated".
func changed(n map[resource.Action]int) string {
	var out []string
	words := []struct {
		action resource.Action
		word   string
	}{
		{resource.Create, "created"}, {resource.Update, "updated"}, {resource.Replace, "replaced"}, {resource.Delete, "destroyed"},
		{resource.Adopt, "adopted"}, {resource.Move, "moved"}, {resource.Forget, "forgotten"},
	}
	for _, x := range words {
		if k := n[x.action]; k > 0 {
			out = append(out, fmt.Sprintf("%d %s", k, x.word))
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

// took is how long something took; "" if nobody saw its end.
func took(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return duration(to.Sub(from))
}

func moment(t time.Time) string { return t.UTC().Format(time.DateTime) }

func commit(r resource.Run) string {
	text := short(r.Commit, 7)
	if r.Dirty {
		text += "+" // and what is not committed
	}
	return text
}

func short(text string, n int) string { return text[:min(n, len(text))] }
