package resource

import (
	"fmt"
	"slices"
	"strings"
)

// Range is a place in a configuration file. Lines and columns count from 1,
// columns in characters; bytes count from 0. The zero Range is "nowhere". There
// is one for every value, so it is kept small.
type Range struct {
	File      string `json:"file"`
	Line      int32  `json:"line"`
	Column    int32  `json:"column"`
	EndLine   int32  `json:"end_line,omitempty"`
	EndColumn int32  `json:"end_column,omitempty"`
	Byte      int32  `json:"-"`
	EndByte   int32  `json:"-"`
}

// IsZero tells whether the range is nowhere.
func (r *Range) IsZero() bool { return r == nil || r.File == "" }

// String gives file:line, or "" for nowhere.
func (r *Range) String() string {
	if r.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// Severity tells whether a diagnostic stops the run.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is a message for the user in four parts: what is wrong (Summary),
// where (Range, with its source line), why (Detail) and what to do (Cure).
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail,omitempty"`
	Cure     string   `json:"cure,omitempty"`
	Range    *Range   `json:"range,omitempty"`
	Source   string   `json:"source,omitempty"` // the source line, when known
	Address  Address  `json:"address,omitzero"`
	Err      error    `json:"-"` // the cause, for errors.Is
}

// Error gives the message in one line.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if at := d.Range.String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(d.Summary)
	if d.Detail != "" {
		b.WriteString(": " + d.Detail)
	}
	if d.Cure != "" {
		b.WriteString("; " + d.Cure)
	}
	return b.String()
}

func (d *Diagnostic) Unwrap() error { return d.Err }

// Diagnostics is a list of messages; it is an error when one of them is.
type Diagnostics []*Diagnostic

// Errorf appends an error at a place. cure may be "".
func (ds *Diagnostics) Errorf(at *Range, summary, cure, detail string, args ...any) {
	*ds = append(*ds, &Diagnostic{Severity: Error, Summary: summary, Detail: fmt.Sprintf(detail, args...), Cure: cure, Range: at})
}

// Warnf appends a warning at a place. cure may be "".
func (ds *Diagnostics) Warnf(at *Range, summary, cure, detail string, args ...any) {
	*ds = append(*ds, &Diagnostic{Severity: Warning, Summary: summary, Detail: fmt.Sprintf(detail, args...), Cure: cure, Range: at})
}

// HasErrors tells whether one of the messages is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Err gives the diagnostics as an error, or nil if none of them is one.
func (ds Diagnostics) Err() error {
	if ds.HasErrors() {
		return ds
	}
	return nil
}

// Error gives all messages, a line each.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors, for errors.Is and errors.As.
func (ds Diagnostics) Unwrap() []error {
	errs := make([]error, len(ds))
	for i, d := range ds {
		errs[i] = d
	}
	return errs
}

// Sort orders messages by file, line and column, those without a place last,
// and drops repetitions.
func (ds Diagnostics) Sort() Diagnostics {
	out := slices.Clone(ds)
	slices.SortStableFunc(out, func(a, b *Diagnostic) int {
		if a.Range.IsZero() || b.Range.IsZero() {
			switch {
			case a.Range.IsZero() && b.Range.IsZero():
				return 0
			case a.Range.IsZero():
				return 1
			default:
				return -1
			}
		}
		if c := strings.Compare(a.Range.File, b.Range.File); c != 0 {
			return c
		}
		if a.Range.Line != b.Range.Line {
			return int(a.Range.Line - b.Range.Line)
		}
		return int(a.Range.Column - b.Range.Column)
	})
	return slices.CompactFunc(out, func(a, b *Diagnostic) bool { return a.Error() == b.Error() })
}
