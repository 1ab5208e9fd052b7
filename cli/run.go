package cli

import (
	"context"
	"fmt"

	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

// program is one run of tellr: its streams, its parts, and what the commands
// share.
type program struct {
	IO
	wiring
	color   string            // --color
	command string            // the shape of the command line
	sources map[string][]byte // files that messages point into

	// stopping is what the first interrupt says; deaf ends the listening to
	// interrupts, for a command that leaves them to another program.
	stopping string
	deaf     func()
	// streams are the process's own, for a command that hands them on; what
	// tellr itself writes goes through redact.
	streams IO
	redact  *redactor
}

// Run runs tellr with some arguments and gives the exit status.
func Run(ctx context.Context, args []string, io IO) int {
	return run(ctx, args, io, realWiring())
}

func run(ctx context.Context, args []string, io IO, w wiring) int {
	p := &program{IO: io, wiring: w, color: "auto", deaf: func() {}, streams: io, redact: &redactor{}}
	p.Out, p.Err = p.redact.writer(io.Out), p.redact.writer(io.Err)
	p.stopping = "Interrupted: nothing new is started, waiting for what runs. Interrupt again to stop at once."
	ctx, stop := p.interruptible(ctx)
	defer stop()
	root := newRootCommand(p)
	if err := checkArguments(root, args); err != nil {
		return p.conclude(ctx, err)
	}
	root.SetArgs(append([]string{}, args...)) // of nil, cobra would make the arguments of the process
	return p.conclude(ctx, root.ExecuteContext(ctx))
}

// interruptible gives a context that the first interrupt cancels; the second
// ends the process.
func (p *program) interruptible(ctx context.Context) (context.Context, func()) {
	if p.Interrupts == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	signals, stop := p.Interrupts()
	p.deaf = stop
	go func() {
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				if n == 0 {
					return
				}
				<-signals
			case <-signals:
			}
			if n > 0 {
				fmt.Fprintln(p.Err, "\nInterrupted twice: stopping at once. What was running is in doubt; the next plan settles it.")
				p.Exit(exitInterrupted)
				return
			}
			fmt.Fprintln(p.Err, "\n"+p.stopping)
			cancel(errInterrupted)
		}
	}()
	return ctx, func() { stop(); cancel(nil) }
}

// diagnose shows messages on standard error.
func (p *program) diagnose(ds resource.Diagnostics) {
	if len(ds) == 0 {
		return
	}
	// There is nowhere to report that standard error cannot be written.
	_ = render.Diagnostics(p.Err, ds, render.DiagnosticOptions{
		Color: p.colored(p.color, p.ErrTerminal), Width: p.width(p.ErrTerminal), Sources: p.sources,
	})
}

// say prints a line on standard output.
func (p *program) say(format string, args ...any) {
	fmt.Fprintf(p.Out, format+"\n", args...)
}

// progress is the printer of events that suits standard error.
func (p *program) progress() render.Printer {
	o := render.ProgressOptions{Color: p.colored(p.color, p.ErrTerminal), Width: p.Width, Now: p.Now}
	if p.ErrTerminal && !p.dumb() {
		return render.NewTerminal(p.Err, o)
	}
	return render.NewPlain(p.Err, o)
}

// rendering is how results are shown on standard output.
func (p *program) rendering() render.Options {
	return render.Options{Color: p.outColored(), Width: p.width(p.OutTerminal)}
}

// width is the terminal's, and the renderer's own for anything else: a file
// must not depend on the window that a command ran in.
func (p *program) width(terminal bool) int {
	if terminal {
		return p.Width
	}
	return 0
}

func (p *program) outColored() bool { return p.colored(p.color, p.OutTerminal) }
