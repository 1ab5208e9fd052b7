package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

// lines is what a command tells a program while it works: on standard output
// with --json, in a file beside the human output with --json-into, or nowhere.
type lines struct {
	*render.JSONLines
	file *os.File // of --json-into; nil without
}

func jsonIntoFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "json-into", "", "write the events as JSON lines into `FILE` too, as they happen")
}

// linesTo tells a program on a stream.
func (p *program) linesTo(w io.Writer) *lines {
	return &lines{JSONLines: render.NewJSONLines(w, render.ProgressOptions{Now: p.Now})}
}

// linesInto opens the file of --json-into, before anything is read. It is none
// of the files that the command uses for something else.
func (p *program) linesInto(name string, others ...string) (*lines, error) {
	if name == "" {
		return p.linesTo(io.Discard), nil
	}
	for _, other := range others {
		if other != "" && sameFile(name, other) {
			return nil, fail("--json-into would overwrite "+other, "this command reads or writes that file itself; nothing was read or changed",
				"name another file")
		}
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, private)
	if err != nil {
		return nil, fail("cannot write "+name, reason(err)+"; nothing was read or changed", "name a file that --json-into can write")
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() { // a pipe keeps its mode
		if err := f.Chmod(private); err != nil {
			f.Close()
			return nil, fail("cannot make "+name+" private", reason(err)+"; nothing was read or changed", "name a file of your own")
		}
	}
	l := p.linesTo(p.redact.writer(f))
	l.file = f
	return l, nil
}

// sameFile tells whether two names lead to one file, be it there or not.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	full, errX := filepath.Abs(a)
	other, errY := filepath.Abs(b)
	return errX == nil && errY == nil && full == other
}

// tee hands an event to the printer and to the lines.
func (l *lines) tee(p render.Printer) resource.Emit {
	return func(e resource.Event) {
		p.Event(e)
		l.Event(e)
	}
}

// end writes how the command ended, and gives back its error.
func (l *lines) end(ctx context.Context, p *program, err error, o render.Outcome) error {
	code, ds := p.ending(ctx, err)
	l.Diagnostics(ds)
	l.Result(code, o)
	if l.file == nil {
		return err
	}
	wrong := l.Err()
	if closed := l.file.Close(); wrong == nil {
		wrong = closed
	}
	if wrong != nil {
		p.diagnose(resource.Diagnostics{{Severity: resource.Warning, Summary: l.file.Name() + " is incomplete",
			Detail: fmt.Sprintf("--json-into could not go on writing it: %s", reason(wrong)), Cure: "what happened is shown here"}})
	}
	return err
}
