package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// thing is all that a plan does to one thing under one heading.
type thing struct {
	address resource.Address
	steps   []*resource.Step
}

// section is one heading of a plan's text.
type section struct {
	title  string
	symbol string
	paint  func(string) string
	things []*thing
}

// sections sorts a plan's steps for a reader: what is refused first, then what
// loses something, what changes, what is new. Within a section things stand in
// the order in which they are made.
func sections(p *plan.Plan, s Style) []*section {
	all := []*section{
		{title: "Blocked", symbol: "!", paint: s.Blocked},
		{title: "Destroy", symbol: "-", paint: s.Destroy},
		{title: "Replace", symbol: "±", paint: s.Replace},
		{title: "Update", symbol: "~", paint: s.Update},
		{title: "Create", symbol: "+", paint: s.Create},
		{title: "Move", symbol: ">", paint: s.Muted},
		{title: "Adopt", symbol: "=", paint: s.Muted},
		{title: "Forget", symbol: "x", paint: s.Muted},
	}
	whole := actions(p.Steps)
	at := make(map[resource.Address]*thing, len(p.Steps))
	blocked, told := map[resource.Address]*thing{}, map[resource.Address]*thing{}
	for _, step := range p.Steps {
		i, seen := 0, blocked
		switch {
		case step.Action.OnlyLedger():
			i, seen = sectionOf(step.Action), told
		case step.Blocked == nil:
			i, seen = sectionOf(whole[step.Address]), at
		}
		t := seen[step.Address]
		if t == nil || step.Action.OnlyLedger() {
			t = &thing{address: step.Address}
			seen[step.Address] = t
			all[i].things = append(all[i].things, t)
		}
		t.steps = append(t.steps, step)
	}
	return slices.DeleteFunc(all, func(x *section) bool { return len(x.things) == 0 })
}

func sectionOf(a resource.Action) int {
	switch a {
	case resource.Delete:
		return 1
	case resource.Replace:
		return 2
	case resource.Create:
		return 4
	case resource.Move:
		return 5
	case resource.Adopt:
		return 6
	case resource.Forget:
		return 7
	default:
		return 3
	}
}

// actions says of each thing what all its steps together do to it: the steps
// about the whole thing decide, a step about a part changes it.
func actions(steps []*resource.Step) map[resource.Address]resource.Action {
	type seen struct{ made, gone, again, part bool }
	all := map[resource.Address]seen{}
	for _, s := range steps {
		x := all[s.Address]
		switch {
		case s.Action.OnlyLedger():
			continue
		case len(s.Path) > 0:
			x.part = true
		case s.Action == resource.Create:
			x.made = true
		case s.Action == resource.Delete:
			x.gone = true
		case s.Action == resource.Replace:
			x.again = true
		}
		all[s.Address] = x
	}
	out := make(map[resource.Address]resource.Action, len(all))
	for a, x := range all {
		switch {
		case x.again || x.made && x.gone:
			out[a] = resource.Replace
		case x.gone:
			out[a] = resource.Delete
		case x.made:
			out[a] = resource.Create
		default:
			out[a] = resource.Update
		}
	}
	return out
}

// kinds words what a section holds: "1 app, 28 tables".
func kinds(things []*thing) string {
	n := map[string]int{}
	var names []string
	for _, t := range things {
		if n[t.address.Kind] == 0 {
			names = append(names, t.address.Kind)
		}
		n[t.address.Kind]++
	}
	for i, name := range names {
		names[i] = Count(n[name], name)
	}
	return strings.Join(names, ", ")
}

// cause sums up who moved a thing; "" where a reader would not ask, for a new
// thing that the files ask for.
func (t *thing) cause(symbol string) string {
	config, drift := false, false
	for _, s := range t.steps {
		config = config || s.Cause != resource.CauseDrift
		drift = drift || s.Cause == resource.CauseDrift || s.Cause == resource.CauseBoth
	}
	switch {
	case config && drift:
		return "config and drift"
	case drift:
		return "drift"
	case symbol == "+" || t.steps[0].Action.OnlyLedger():
		return ""
	default:
		return "config"
	}
}

// applied says who applied the thing last, where that explains a drift; "" if
// nobody knows.
func (t *thing) applied() string {
	for _, s := range t.steps {
		if s.Applied != nil {
			return AppliedBy(s.Applied)
		}
	}
	return ""
}

// AppliedBy words a run of the past: "last applied 2026-11-02 by anna, run 3f9c2a".
func AppliedBy(a *resource.Applied) string {
	text := "last applied"
	if day, _, ok := strings.Cut(a.At, "T"); ok {
		text += " " + oneLine(day)
	}
	if a.By != "" {
		text += " by " + oneLine(a.By)
	}
	if a.Run != "" {
		text += ", run " + oneLine(a.Run)
	}
	return text
}

// place is where the thing stands in the files; of a thing's steps, the first
// that has a place.
func (t *thing) place() string {
	for _, s := range t.steps {
		if at := s.At.String(); at != "" {
			return at
		}
	}
	return ""
}

// Flags gives the flags that lift the blocks of steps, each once, ready for a
// shell; "" if there is nothing to allow. A block that nothing lifts is left
// out.
func Flags(steps []*resource.Step) string {
	var out []string
	for _, s := range steps {
		if s.Blocked == nil {
			continue
		}
		for _, p := range s.Blocked.Allow {
			if f := "--" + p.Flag + " " + shellQuote(p.Name); !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return strings.Join(out, " ")
}

// shellQuote quotes a word for a POSIX shell where it needs it.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Counts is a plan in one line: what happens to how many things, and its hash.
//
//	Plan: 2 to create, 1 to update, 0 to destroy. sha256:ab12cd34
func Counts(p *plan.Plan) string {
	line := fmt.Sprintf("Plan: %d to create, %d to update, %d to destroy", p.Summary.Create, p.Summary.Update, p.Summary.Destroy)
	if p.Summary.Replace > 0 {
		line += fmt.Sprintf(", %d to replace", p.Summary.Replace)
	}
	for _, x := range []struct {
		n    int
		what string
	}{{p.Summary.Adopt, "adopt"}, {p.Summary.Move, "move"}, {p.Summary.Forget, "forget"}} {
		if x.n > 0 {
			line += fmt.Sprintf(", %d to %s", x.n, x.what)
		}
	}
	if p.Summary.Blocked > 0 {
		line += fmt.Sprintf(", %d blocked", p.Summary.Blocked)
	}
	return line + ". sha256:" + ShortHash(p)
}

// hazardWords are the kinds of hazards as a reader says them.
func hazardWords(k resource.HazardKind) string {
	return oneLine(strings.ReplaceAll(string(k), "_", " "))
}

// hazardCounts sums up a plan's hazards: "1 rewrite (about 1,000,000 rows, 81 MB), 2 lock".
func hazardCounts(p *plan.Plan) string {
	var parts []string
	for _, c := range p.Summary.Hazards {
		part := thousands(int64(c.Statements)) + " " + hazardWords(c.Kind)
		if n := touched(c.Rows, c.Bytes); n != "" {
			part += " (" + n + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// ShortHash is the beginning of a plan's hash, as people write it.
func ShortHash(p *plan.Plan) string { return p.SHA256[:min(8, len(p.SHA256))] }
