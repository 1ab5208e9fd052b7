package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// shownFiles is how many files of an upload are named.
const shownFiles = 5

// step shows one step below its thing: what changes, and what exactly is done.
// For a new thing the statements say it all.
func (t *textWriter) step(sec *section, step *resource.Step, titled bool, reason string) {
	changes := step.Changes
	if sec.symbol == "+" && !bare(step) {
		changes = nil
	}
	if titled && step.Title != "" && !saysItself(step, changes) {
		t.line(4, t.s.Heading(oneLine(step.Title)))
	}
	if reason != "" {
		t.line(6, t.s.Muted(oneLine(reason)))
	}
	t.block(step)
	several := mixed(changes)
	for _, c := range changes {
		t.change(6, c, several)
	}
	t.statements(step)
	t.call(step.Call)
	t.upload(step.Upload)
	if w := step.Wait; w != nil {
		line := "wait until " + oneLine(w.For)
		if w.Timeout > 0 {
			line += t.s.Muted(", at most " + duration(time.Duration(w.Timeout)*time.Second))
		}
		t.line(6, line)
	}
	if step.NoUndo != "" && (step.Destroys || step.Blocked != nil) {
		t.line(6, t.s.Destroy("cannot be undone: "+oneLine(step.NoUndo)))
	}
}

// saysItself tells whether a title would only repeat the one change below it.
func saysItself(step *resource.Step, changes []resource.Change) bool {
	return len(changes) == 1 && len(step.Path) > 0 && slices.Equal(step.Path, changes[0].Path) && len(step.Statements) > 0
}

// bare tells whether a step shows nothing of its own but its changes.
func bare(s *resource.Step) bool {
	return len(s.Statements) == 0 && s.Call == nil && s.Upload == nil
}

// mixed tells whether changes have different causes, so that each must say its
// own.
func mixed(cs []resource.Change) bool {
	for _, c := range cs {
		if c.Cause != cs[0].Cause || c.Cause == resource.CauseBoth {
			return true
		}
	}
	return false
}

// statements shows SQL as it will run, with what it does to others before it.
func (t *textWriter) statements(step *resource.Step) {
	last := ""
	for _, st := range step.Statements {
		if h := effects(st); h != last {
			if h != "" {
				t.line(6, t.s.Muted("-- "+oneLine(h)))
			}
			last = h
		}
		for _, h := range st.Hazards {
			t.hazard(h)
		}
		if st.Batch != nil {
			t.line(6, t.s.Muted(fmt.Sprintf("-- in batches, each a transaction of its own: $1 and $2 go by %s up to (%s), again until a pass touches no row",
				thousands(st.Batch.Size), oneLine(st.Batch.End.String()))))
		}
		sql := strings.TrimRight(printable(st.SQL.String()), "; \n\t")
		for line := range strings.SplitSeq(sql+";", "\n") {
			t.line(6, t.holes(line))
		}
	}
}

// holes makes the places that are filled later stand out.
func (t *textWriter) holes(line string) string {
	if !t.o.Color || !strings.Contains(line, "{{") {
		return line
	}
	var b strings.Builder
	for {
		i := strings.Index(line, "{{")
		j := strings.Index(line, "}}")
		if i < 0 || j < i {
			return b.String() + line
		}
		b.WriteString(line[:i] + t.s.Help(line[i:j+2]))
		line = line[j+2:]
	}
}

// hazard shows a danger that the effects of a statement do not say yet.
func (t *textWriter) hazard(h resource.Hazard) {
	switch h.Kind {
	case resource.HazardLock, resource.HazardRewrite, resource.HazardScan:
		return
	}
	line := "-- " + hazardWords(h.Kind) + ": " + oneLine(h.Detail)
	if n := touched(h.Rows, h.Bytes); n != "" {
		line += ", " + n
	}
	t.line(6, t.s.Warning(line))
}

// effects words what a statement does to those who use the table meanwhile.
func effects(st resource.Statement) string {
	var parts []string
	if st.Lock != "" {
		lock := st.Lock + " lock"
		if st.LockOn != "" {
			lock += " on " + st.LockOn
		}
		parts = append(parts, lock)
	}
	if st.Rewrite {
		parts = append(parts, "rewrites the table")
	}
	if st.Scan {
		parts = append(parts, "reads the whole table")
	}
	if n := touched(st.Rows, st.Bytes); n != "" {
		parts = append(parts, n)
	}
	return strings.Join(parts, ", ")
}

// touched words how much a statement touches; "" if that is not known.
func touched(rows, bytes int64) string {
	var parts []string
	if rows > 0 {
		parts = append(parts, "about "+Count(int(rows), "row"))
	}
	if bytes > 0 {
		parts = append(parts, size(bytes))
	}
	return strings.Join(parts, ", ")
}

// call shows an API call: method, path with its query, body as JSON.
func (t *textWriter) call(c *resource.Call) {
	if c == nil {
		return
	}
	line := c.Method + " " + oneLine(plain(c.Path))
	sep := "?"
	for _, q := range c.Query {
		line += sep + oneLine(q.Name) + "=" + oneLine(plain(q.Value))
		sep = "&"
	}
	t.line(6, t.holes(line))
	if c.Body.IsNull() {
		return
	}
	for l := range strings.SplitSeq(jsonText(c.Body, t.o.Width-8), "\n") {
		t.line(8, t.holes(l))
	}
}

// upload sums up the files that go to the workspace.
func (t *textWriter) upload(u *resource.Upload) {
	if u == nil {
		return
	}
	var bytes int64
	for _, f := range u.Files {
		bytes += f.Size
	}
	line := fmt.Sprintf("upload %s (%s)", Count(len(u.Files), "file"), size(bytes))
	if u.Source != "" {
		line += " from " + oneLine(u.Source)
	}
	t.line(6, line+" to "+t.holes(oneLine(plain(u.Target))))
	for i, f := range u.Files {
		if i == shownFiles && len(u.Files) > shownFiles+1 {
			t.line(8, t.s.Muted("… and "+Count(len(u.Files)-i, "more file")))
			return
		}
		t.line(8, oneLine(f.Path)+t.s.Muted("  "+size(f.Size)))
	}
}

// plain gives the text of a string or template, holes as {{app.slides.url}}.
func plain(v resource.Value) string {
	if v.Kind() != resource.KindTemplate {
		if s := v.Str(); s != "" || v.Kind() == resource.KindString {
			return s
		}
		return v.Show()
	}
	var b strings.Builder
	for _, p := range v.Parts() {
		switch {
		case p.Hole == nil:
			b.WriteString(p.Text)
		case p.Hole.IsSecret():
			b.WriteString("(sensitive)")
		default:
			b.WriteString("{{" + p.Hole.String() + "}}")
		}
	}
	return b.String()
}

// duration words a time as people say it: 340ms, 4.2s, 1m20s, 1h5m.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + "s"
	}
	h, m, s := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	out := ""
	if h > 0 {
		out += fmt.Sprintf("%dh", h)
	}
	if m > 0 {
		out += fmt.Sprintf("%dm", m)
	}
	if s > 0 && h == 0 {
		out += fmt.Sprintf("%ds", s)
	}
	return out
}
