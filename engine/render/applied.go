package render

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Outcome is what became of a plan's steps.
type Outcome struct {
	Done, Failed, NotStarted, InDoubt []*resource.Step
	Elapsed                           time.Duration
	// URLs at which what was released can be seen.
	URLs []string
}

// listed is how many steps of each fate are named.
const listed = 20

// Applied says how an apply ended. If all went well, that is one line, and the
// URLs; if not, it lists what is done, failed, in doubt and not started.
//
//	Apply complete: 31 created, 2 updated, 0 destroyed in 4.2s.
func Applied(w io.Writer, p *plan.Plan, o Outcome, opt Options) error {
	b := bufio.NewWriter(w)
	s := NewStyle(opt.Color)
	if len(o.Failed)+len(o.NotStarted)+len(o.InDoubt) == 0 {
		word := "Apply"
		if p.Destroy {
			word = "Destroy"
		}
		line := fmt.Sprintf("%s complete: %d created, %d updated, %d destroyed", word, p.Summary.Create, p.Summary.Update, p.Summary.Destroy)
		if p.Summary.Replace > 0 {
			line += fmt.Sprintf(", %d replaced", p.Summary.Replace)
		}
		for _, x := range []struct {
			n    int
			what string
		}{{p.Summary.Adopt, "adopted"}, {p.Summary.Move, "moved"}, {p.Summary.Forget, "forgotten"}} {
			if x.n > 0 {
				line += fmt.Sprintf(", %d %s", x.n, x.what)
			}
		}
		if p.Empty() {
			line += "; only the ledger was changed"
		}
		fmt.Fprintf(b, "\n%s\n", s.Good(line+" in "+duration(o.Elapsed)+"."))
		for _, u := range o.URLs {
			fmt.Fprintf(b, "%s\n", oneLine(u))
		}
		return b.Flush()
	}
	fmt.Fprintf(b, "\n%s\n", s.Error("Apply not complete after "+duration(o.Elapsed)+"."))
	list := func(title string, steps []*resource.Step, paint func(string) string) {
		if len(steps) == 0 {
			return
		}
		fmt.Fprintf(b, "%s %s\n", paint(title+":"), Count(len(steps), "step"))
		for i, x := range steps {
			if i == listed && len(steps) > listed+1 {
				fmt.Fprintf(b, "  %s\n", s.Muted("… and "+Count(len(steps)-i, "more step")))
				break
			}
			fmt.Fprintf(b, "  %s%s\n", oneLine(x.Address.String()), s.Muted("  "+oneLine(x.Title)))
		}
	}
	list("done", o.Done, s.Good)
	list("failed", o.Failed, s.Error)
	list("in doubt", o.InDoubt, s.Warning)
	list("not started", o.NotStarted, s.Muted)
	fmt.Fprintf(b, "Nothing is lost: the next plan reads the world and says what is left.\n")
	return b.Flush()
}
