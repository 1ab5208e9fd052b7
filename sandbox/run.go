package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// Run starts a sandbox, runs a command with its variables in the environment, and cleans up. It returns the command's
// exit code, or for a command that was killed 128 and the signal's number, as shells do. An error says that the command
// could not be run. SIGINT, SIGTERM, SIGHUP and SIGQUIT to this process go to the command; when ctx ends, it gets SIGTERM
// and ten seconds.
func Run(ctx context.Context, opts Options, command []string, stdin io.Reader, stdout, stderr io.Writer) (exitCode int, err error) {
	if len(command) == 0 {
		return 0, errors.New("sandbox: no command to run")
	}
	// From here on signals are the command's to decide about: its end is ours.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	sb, err := Start(ctx, opts)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, sb.Close()) }()

	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.Env = sb.environment(os.Environ())
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("sandbox: %w", err)
	}
	// A terminal sends Ctrl-C to the command itself.
	file, ok := stdin.(*os.File)
	interactive := ok && term.IsTerminal(int(file.Fd()))
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if interactive && (s == os.Interrupt || s == syscall.SIGQUIT) {
					continue
				}
				cmd.Process.Signal(s) // fails when it has ended
			case <-ended:
				return
			}
		}
	}()
	waitErr := cmd.Wait()
	close(ended)
	if cmd.ProcessState == nil {
		return 0, waitErr
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// environment is base with the sandbox's variables, and without what would lead a client elsewhere.
func (sb *Sandbox) environment(base []string) []string {
	var env []string
	for _, entry := range base {
		if !strings.HasPrefix(entry, "DATABRICKS_") && !strings.HasPrefix(entry, "PGSSL") {
			env = append(env, entry)
		}
	}
	return append(env, sb.Env()...)
}

// Install fetches the Postgres of every version that a sandbox may want and that is not on this machine. dir is as in
// [Options.Postgres].
func Install(ctx context.Context, dir string, progress io.Writer) error {
	for _, major := range cluster.Versions() {
		if _, err := cluster.Find(ctx, dir, major); err == nil {
			continue
		}
		if err := cluster.Install(ctx, major, progress); err != nil {
			return err
		}
	}
	return nil
}

// Serve starts a sandbox, prints its variables as a shell's export lines, and serves until ctx ends.
func Serve(ctx context.Context, opts Options, out io.Writer) error {
	sb, err := Start(ctx, opts)
	if err != nil {
		return err
	}
	for _, entry := range sb.Env() {
		key, value, _ := strings.Cut(entry, "=")
		if _, err := fmt.Fprintf(out, "export %s='%s'\n", key, strings.ReplaceAll(value, "'", `'\''`)); err != nil {
			return errors.Join(err, sb.Close())
		}
	}
	<-ctx.Done()
	return sb.Close()
}
