package render

import (
	"fmt"
	"strings"
)

// Line is one line of a comparison: kept (' '), removed ('-') or added ('+').
type Line struct {
	Op   byte
	Text string
}

// lcsLimit bounds the table of the comparison: texts that differ in more than
// about 2,000 lines are shown as replaced whole.
const lcsLimit = 4 << 20

// DiffLines compares two texts line by line.
func DiffLines(a, b string) []Line {
	x, y := lines(a), lines(b)
	var out []Line
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		out = append(out, Line{' ', x[head]})
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	out = append(out, diffMiddle(x[head:len(x)-tail], y[head:len(y)-tail])...)
	for _, t := range x[len(x)-tail:] {
		out = append(out, Line{' ', t})
	}
	return out
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// diffMiddle walks the table of longest common subsequences.
func diffMiddle(x, y []string) []Line {
	var out []Line
	i, j := 0, 0
	if len(x)*len(y) <= lcsLimit && len(x) > 0 && len(y) > 0 {
		w := len(y) + 1
		table := make([]int32, (len(x)+1)*w)
		for i := len(x) - 1; i >= 0; i-- {
			for j := len(y) - 1; j >= 0; j-- {
				if x[i] == y[j] {
					table[i*w+j] = table[(i+1)*w+j+1] + 1
				} else {
					table[i*w+j] = max(table[(i+1)*w+j], table[i*w+j+1])
				}
			}
		}
		for i < len(x) && j < len(y) {
			switch {
			case x[i] == y[j]:
				out = append(out, Line{' ', x[i]})
				i, j = i+1, j+1
			case table[(i+1)*w+j] >= table[i*w+j+1]:
				out = append(out, Line{'-', x[i]})
				i++
			default:
				out = append(out, Line{'+', y[j]})
				j++
			}
		}
	}
	for ; i < len(x); i++ {
		out = append(out, Line{'-', x[i]})
	}
	for ; j < len(y); j++ {
		out = append(out, Line{'+', y[j]})
	}
	return out
}

// near keeps the changed lines and those around them; a gap is a line with
// Op '@' that says how many lines are left out.
func near(ls []Line, around int) []Line {
	keep := make([]bool, len(ls))
	for i, l := range ls {
		if l.Op == ' ' {
			continue
		}
		for j := max(0, i-around); j <= min(len(ls)-1, i+around); j++ {
			keep[j] = true
		}
	}
	var out []Line
	for i := 0; i < len(ls); {
		if keep[i] {
			out = append(out, ls[i])
			i++
			continue
		}
		from := i
		for i < len(ls) && !keep[i] {
			i++
		}
		out = append(out, Line{'@', Count(i-from, "line") + " as before"})
	}
	return out
}

// UnifiedDiff compares two versions of a file in the form that patch(1)
// reads; "" if they are the same.
func UnifiedDiff(name, a, b string, color bool) string {
	const around = 3
	s, ls := NewStyle(color), DiffLines(a, b)
	var out strings.Builder
	atA, atB := 1, 1
	for i := 0; i < len(ls); {
		if ls[i].Op == ' ' {
			atA, atB, i = atA+1, atB+1, i+1
			continue
		}
		from := max(0, i-around)
		to, quiet := i, 0 // the hunk ends after a run of kept lines
		for j := i; j < len(ls) && quiet <= 2*around; j++ {
			if ls[j].Op == ' ' {
				quiet++
			} else {
				quiet, to = 0, j+1
			}
		}
		end := min(len(ls), to+around)
		nA, nB := 0, 0
		for _, l := range ls[from:end] {
			if l.Op != '+' {
				nA++
			}
			if l.Op != '-' {
				nB++
			}
		}
		if out.Len() == 0 {
			out.WriteString(s.Heading("--- a/"+name) + "\n" + s.Heading("+++ b/"+name) + "\n")
		}
		out.WriteString(s.Help(fmt.Sprintf("@@ -%d,%d +%d,%d @@", atA-(i-from), nA, atB-(i-from), nB)) + "\n")
		for _, l := range ls[from:end] {
			out.WriteString(paintLine(s, l, "") + "\n")
		}
		for _, l := range ls[i:end] {
			if l.Op != '+' {
				atA++
			}
			if l.Op != '-' {
				atB++
			}
		}
		i = end
	}
	return out.String()
}

// paintLine writes a line with its mark; gap keeps mark and text apart.
func paintLine(s Style, l Line, gap string) string {
	switch l.Op {
	case '+':
		return s.Create("+" + gap + l.Text)
	case '-':
		return s.Destroy("-" + gap + l.Text)
	case '@':
		return s.Muted("… " + l.Text)
	default:
		return " " + gap + l.Text
	}
}
