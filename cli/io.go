package cli

import (
	"io"
	"os"
	"os/signal"
	"os/user"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// IO is everything outside of the program that a command touches, besides
// files and the network. A test brings its own.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// Getenv looks up a variable of the process environment.
	Getenv func(name string) (string, bool)
	// InTerminal, OutTerminal and ErrTerminal tell whether a person is there.
	InTerminal, OutTerminal, ErrTerminal bool
	// Width of the terminal in columns; 0 if there is none.
	Width int
	Now   func() time.Time
	// Who runs tellr, as user@machine.
	Who   func() string
	Build Build
	// Interrupts gives the signals that ask to stop; nil if there are none.
	Interrupts func() (signals <-chan os.Signal, stop func())
	// Exit ends the process at once; for the second interrupt only.
	Exit func(code int)
}

// Build says which tellr this is.
type Build struct {
	Version string // "v1.2.3", or "devel"
	Commit  string // "" if it was built outside of a checkout
	Go      string
	System  string // linux/amd64
}

// System is the process itself.
func System() IO {
	return IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Getenv:      os.LookupEnv,
		InTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width:       width(),
		Now:         time.Now,
		Who:         who,
		Build:       build(),
		Interrupts:  interrupts,
		Exit:        os.Exit,
	}
}

func width() int {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			return w
		}
	}
	return 0
}

func who() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

func build() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Version: "devel"}
	}
	b := Build{Version: info.Main.Version, Go: info.GoVersion}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	arch := map[string]string{}
	for _, s := range info.Settings {
		arch[s.Key] = s.Value
	}
	b.Commit = arch["vcs.revision"]
	b.System = arch["GOOS"] + "/" + arch["GOARCH"]
	return b
}

func interrupts() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	return c, func() { signal.Stop(c) }
}

// colored decides on colour: by the flag, else by NO_COLOR (any text), TERM
// and whether the stream is a terminal.
func (io IO) colored(flag string, terminal bool) bool {
	switch flag {
	case "always":
		return true
	case "never":
		return false
	}
	if v, ok := io.Getenv("NO_COLOR"); ok && v != "" {
		return false
	}
	return terminal && !io.dumb()
}

// dumb tells whether the terminal cannot redraw a line.
func (io IO) dumb() bool {
	t, _ := io.Getenv("TERM")
	return strings.EqualFold(t, "dumb")
}
