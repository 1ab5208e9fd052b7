package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Options say how a plan is shown.
type Options struct {
	Color bool
	// Width in columns, at which values break into lines; statements never
	// do. 0 means 100.
	Width int
	// Summary lists the things alone, without changes and statements.
	Summary bool
}

// Text shows a plan to its reviewer: what is refused first, then what is lost,
// what changes and what is new, each thing with its cause, its place and the
// exact statements or call. The last line is stable: see [Counts].
func Text(w io.Writer, p *plan.Plan, o Options) error {
	o.Width = cmp0(o.Width, 100)
	t := &textWriter{b: bufio.NewWriterSize(w, 64<<10), o: o, s: NewStyle(o.Color)}
	if p.Empty() {
		t.nothing(p)
	}
	if p.Idle() {
		return t.b.Flush()
	}
	t.destroy = p.Destroy
	if p.Empty() {
		t.line(0, "")
	} else {
		t.header(p)
	}
	for _, sec := range sections(p, t.s) {
		t.section(sec)
		if sec.symbol == "!" {
			t.unblock(p)
		}
	}
	t.footer(p)
	return t.b.Flush()
}

type textWriter struct {
	b *bufio.Writer
	o Options
	s Style
	// destroy: who moved is no question, the user takes all down.
	destroy bool
}

// line writes a line at an indentation of n.
func (t *textWriter) line(n int, text string) {
	if text != "" {
		t.b.WriteString(strings.Repeat(" ", n))
		t.b.WriteString(text)
	}
	t.b.WriteByte('\n')
}

// nothing says that the world stays as it is.
func (t *textWriter) nothing(p *plan.Plan) {
	env, file := oneLine(p.Environment.Name), oneLine(p.Environment.File)
	if p.Destroy {
		t.line(0, "Nothing to destroy. Of "+env+", nothing is there.")
	} else if u := p.Undo; u != nil {
		t.line(0, "Nothing to undo. "+env+" is as it was before run "+oneLine(u.Run)+", or nothing of that comes back.")
	} else {
		line := fmt.Sprintf("No changes. %s matches %s.", env, file)
		switch {
		case p.Summary.Forget == len(p.Steps) && !p.Idle():
			line = "No changes in the world. The ledger of " + env + " forgets what follows."
		case !p.Idle():
			line += " The ledger is told what follows."
		}
		t.line(0, line)
	}
	if p.Idle() {
		t.undeclared(p)
		t.ignored(p)
		t.notes(p)
	}
}

func (t *textWriter) header(p *plan.Plan) {
	head := "Environment " + oneLine(p.Environment.Name)
	if p.Destroy {
		head = "Destroy environment " + oneLine(p.Environment.Name)
	}
	var where []string
	for _, x := range []string{p.Environment.File, p.Environment.Host, p.Environment.Profile} {
		if x != "" {
			where = append(where, oneLine(x))
		}
	}
	t.line(0, t.s.Heading(head)+t.s.Muted("  "+strings.Join(where, "  ")))
	t.undo(p)
	t.careful(p)
	t.line(0, "")
}

// undo says what the plan goes back to.
func (t *textWriter) undo(p *plan.Plan) {
	u := p.Undo
	if u == nil {
		return
	}
	line := fmt.Sprintf("Undo run %s of %s by %s", u.Run, u.Started, u.By)
	if len(u.Later) > 0 {
		line += ", and what came after it: " + strings.Join(u.Later, ", ")
	}
	t.line(0, oneLine(line))
}

// largeTable is from where on a lock or a copy of a table is said first.
const largeTable = 100 << 20

// careful says before all else which large tables nobody can use for a while.
func (t *textWriter) careful(p *plan.Plan) {
	for _, s := range p.Steps {
		for _, st := range s.Statements {
			for _, h := range st.Hazards {
				if (h.Kind == resource.HazardLock || h.Kind == resource.HazardRewrite) && h.Bytes >= largeTable {
					t.line(0, t.s.Warning("careful:")+" "+oneLine(h.Detail)+", "+touched(h.Rows, h.Bytes)+t.s.Muted(" ("+printable(s.Guard())+")"))
				}
			}
		}
	}
}

func (t *textWriter) section(sec *section) {
	t.line(0, sec.paint(sec.title)+t.s.Muted(": "+kinds(sec.things)))
	if !t.o.Summary {
		t.line(0, "")
	}
	reason := ""
	for _, x := range sec.things {
		if step := x.steps[0]; step.Action.OnlyLedger() && step.Action != resource.Move {
			// Why is mostly the same for many, and said once before them.
			if step.Reason != reason && !t.o.Summary {
				reason = step.Reason
				t.line(4, t.s.Muted(oneLine(reason)))
			}
			t.heading(sec, x)
			continue
		}
		t.heading(sec, x)
		if t.o.Summary {
			if sec.symbol == "!" {
				t.blocks(x)
			}
			continue
		}
		t.thing(sec, x)
		t.line(0, "")
	}
	if t.o.Summary || reason != "" {
		t.line(0, "")
	}
}

func (t *textWriter) heading(sec *section, x *thing) {
	head := sec.paint(sec.symbol + " " + printable(x.address.String()))
	if c := x.cause(sec.symbol); c != "" && !t.destroy {
		head += "  " + t.s.Update(c)
		if a := x.applied(); a != "" {
			head += t.s.Muted("; " + a)
		}
	}
	if at := x.place(); at != "" {
		head += "  " + t.s.Muted(oneLine(at))
	}
	t.line(2, head)
}

// thing shows what happens to one thing, step by step.
func (t *textWriter) thing(sec *section, x *thing) {
	if step := x.steps[0]; step.Action.OnlyLedger() {
		t.line(4, oneLine(step.Title)+t.s.Muted("; "+oneLine(step.Reason)))
		return
	}
	reason := x.steps[0].Reason
	if reason != "" && (sec.symbol != "+" || x.cause(sec.symbol) != "") {
		t.line(4, t.s.Muted(oneLine(reason)))
	}
	whole := sec.symbol == "+" || sec.symbol == "-"
	for _, step := range x.steps {
		// What a whole thing is made of, SQL says by itself.
		titled := !whole || len(x.steps) > 1 && len(step.Statements) == 0
		remark := step.Reason
		if remark == reason {
			remark = ""
		}
		t.step(sec, step, titled, remark)
	}
}

// blocks says why each step of a thing may not run.
func (t *textWriter) blocks(x *thing) {
	for _, step := range x.steps {
		t.block(step)
	}
}

func (t *textWriter) block(step *resource.Step) {
	if step.Blocked == nil {
		return
	}
	line := t.s.Blocked("blocked:") + " " + oneLine(step.Blocked.Reason)
	if len(step.Blocked.Allow) == 0 {
		line += t.s.Muted(" (nothing allows it)")
	}
	t.line(6, line)
}

// unblock says how to go on after a refusal.
func (t *textWriter) unblock(p *plan.Plan) {
	flags := Flags(p.Steps)
	if flags == "" {
		return
	}
	command := "apply"
	if p.Destroy {
		command = "destroy"
	}
	if p.Undo != nil {
		flags = "--undo " + p.Undo.Run + " " + flags
	}
	t.line(2, t.s.Help("To allow it, if you mean it:"))
	t.line(2, fmt.Sprintf("  tellr %s %s %s", command, shellQuote(oneLine(p.Environment.File)), printable(flags)))
	t.line(0, "")
}

func (t *textWriter) footer(p *plan.Plan) {
	if p.Summary.Unchanged > 0 {
		t.line(0, t.s.Muted("Unchanged: "+thousands(int64(p.Summary.Unchanged))+"."))
	}
	t.along(p)
	t.undeclared(p)
	t.ignored(p)
	t.notes(p)
	if h := hazardCounts(p); h != "" {
		t.line(0, t.s.Warning("Hazards:")+" "+h+".")
	}
	t.line(0, t.s.Muted(stages(p)))
	t.line(0, t.s.Heading(Counts(p)))
}

// along names what changes, or goes, without a step of its own.
func (t *textWriter) along(p *plan.Plan) {
	const most = 5
	var names []string
	for _, a := range p.Along() {
		names = append(names, a.String())
	}
	if len(names) == 0 {
		return
	}
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %s more", thousands(int64(n)))
	}
	t.line(0, t.s.Muted("Changing along, without steps of their own: "+printable(strings.Join(names, ", "))+more+"."))
}

// stages words how the steps run.
func stages(p *plan.Plan) string {
	n := map[resource.Stage]int{}
	for _, s := range p.Steps {
		n[s.Stage]++
	}
	var parts []string
	for _, st := range resource.Stages {
		if n[st] == 0 {
			continue
		}
		part := fmt.Sprintf("%s %s", st, thousands(int64(n[st])))
		switch st {
		case resource.Prepare:
			part += " committed first"
		case resource.Database:
			part += " in one transaction"
		case resource.Online:
			part += " each by itself, while the database is used"
		}
		if p.Destroy {
			parts = append([]string{part}, parts...)
		} else {
			parts = append(parts, part)
		}
	}
	return "Steps: " + strings.Join(parts, ", then ") + "."
}

// ignored lists the differences that the user asked to ignore, with the reason
// of each.
func (t *textWriter) ignored(p *plan.Plan) {
	if len(p.Ignored) == 0 {
		return
	}
	t.line(0, t.s.Muted("Ignored drift:"))
	for _, x := range p.Ignored {
		line := printable(x.Address.String()+"."+x.Change.Path.String()) + t.s.Muted(" ("+oneLine(x.Reason)+")")
		if at := x.At.String(); at != "" {
			line += "  " + t.s.Muted(oneLine(at))
		}
		t.line(2, line)
		t.change(4, x.Change, false)
	}
}

// undeclared says in one line what is there and was left alone.
func (t *textWriter) undeclared(p *plan.Plan) {
	var parts []string
	for _, u := range p.Undeclared {
		names := u.Names
		more := ""
		if len(names) > 3 {
			names, more = names[:3], ", …"
		}
		part := Count(len(u.Names), oneLine(u.Kind))
		if u.Where != "" {
			part += " in " + oneLine(u.Where)
		}
		parts = append(parts, part+" ("+oneLine(strings.Join(names, ", "))+more+")")
	}
	if len(parts) > 0 {
		t.line(0, t.s.Muted("Not declared, left alone: "+strings.Join(parts, "; ")+"."))
	}
}

// notes are the plan's own warnings, a line each; their cures included.
func (t *textWriter) notes(p *plan.Plan) {
	for _, n := range p.Notes {
		line := t.s.Warning("note:") + " " + oneLine(n.Summary)
		if n.Detail != "" {
			if !strings.HasSuffix(line, "?") {
				line += ":"
			}
			line += " " + oneLine(n.Detail)
		}
		if at := n.Range.String(); at != "" {
			line += t.s.Muted(" (" + oneLine(at) + ")")
		}
		t.line(0, line)
		if n.Cure != "" {
			t.line(6, t.s.Help("help:")+" "+oneLine(n.Cure))
		}
	}
}
