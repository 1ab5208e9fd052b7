package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// Exit statuses of Run that are not the command's, as shells and BSD's sysexits have them.
const (
	ExitNotConfigured = 78  // no token: the environment is wrong, or the workspace refuses
	ExitNotExecutable = 126 // the command may not be executed
	ExitNotFound      = 127 // there is no such command
)

// Databricks Apps sends SIGKILL 15 seconds after SIGTERM. Within these, one after the other: the command ends by itself;
// its sessions do; it is killed.
const (
	commandTime = 12 * time.Second
	drainTime   = 1500 * time.Millisecond
)

// Command is what Run runs.
type Command struct {
	Args []string
	Env  []string // of the command, before the database in it is replaced
	// OnlyURL gives the command DATABASE_URL and no PG* variable, for code that takes PGHOST and PGUSER for a sign of Lakebase.
	OnlyURL bool
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Terminal says that a person sits at stdin: then its signals reach the command without help.
	Terminal bool
	// Orphans adopts what the command leaves behind, as process 1 must, and reaps it. Only for a process that has no other
	// children than the command.
	Orphans bool
	// Started, if set, is called with the proxy before the command is started; stop when all is over.
	Started func(context.Context, *Proxy) (stop func(), err error)
	// Patience is how long the command may take to end after SIGTERM; 12 seconds when 0.
	Patience time.Duration
}

// Run starts a proxy, runs a command with its variables, and gives the command's exit status; 128 and the signal's number
// when a signal ended it. Signals to this process go to the command. After SIGTERM the proxy works on until the command has
// ended or its patience is over; within 15 seconds everything is. connect makes the connector, once signals are heard.
// Where the database needs no tokens and no pool is asked for, the command is run as it is. An error goes with one of the statuses above, or with 1.
func Run(ctx context.Context, command Command, opts Options, connect func(context.Context) (*lakebase.Connector, error)) (code int, err error) {
	signals := make(chan os.Signal, 32)
	signal.Notify(signals, forwarded()...)
	defer signal.Stop(signals)
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if command.Patience <= 0 {
		command.Patience = commandTime
	}
	if _, err := exec.LookPath(command.Args[0]); err != nil && !errors.Is(err, exec.ErrDot) {
		if errors.Is(err, fs.ErrPermission) {
			return ExitNotExecutable, fmt.Errorf("run: %w", err)
		}
		return ExitNotFound, fmt.Errorf("run: %w", err)
	}
	// A signal before there is a command ends the start.
	starting, stop := context.WithCancel(ctx)
	defer stop()
	var early os.Signal
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for {
			select {
			case s := <-signals:
				if ends(s) {
					early = s
					stop()
					return
				}
			case <-starting.Done():
				return
			}
		}
	}()
	proxy, env, closeAll, err := prepare(starting, command, opts, connect)
	stop()
	<-heard
	defer closeAll()
	if early != nil {
		return 128 + number(early), nil
	}
	if err != nil {
		code := 1
		var known *lakebase.Error
		if errors.As(err, &known) {
			code = ExitNotConfigured
		}
		return code, err
	}
	c := &child{command: command, env: env, signals: signals, log: opts.Log, proxy: proxy}
	return c.run(ctx)
}

// prepare makes a proxy that works, or none where none is needed, and the command's environment.
func prepare(ctx context.Context, command Command, opts Options, connect func(context.Context) (*lakebase.Connector, error)) (p *Proxy, env []string, closeAll func(), err error) {
	closeAll = func() {}
	connector, err := connect(ctx)
	if err != nil {
		return nil, nil, closeAll, err
	}
	closeAll = func() { connector.Close() }
	if r := connector.Resolution(); r.Kind == lakebase.KindURL && !opts.Pool {
		opts.Log.Info("run: the database needs no tokens, so the command gets it as it is", "database", r.String(), "from", r.Source("kind"))
		return nil, command.Env, closeAll, nil
	}
	made, err := New(connector, opts)
	if err != nil {
		return nil, nil, closeAll, err
	}
	closeAll = func() { made.Close(); connector.Close() }
	if err := made.Start(ctx); err != nil {
		return nil, nil, closeAll, err
	}
	if err := FirstToken(ctx, connector); err != nil {
		return nil, nil, closeAll, err
	}
	if command.Started != nil {
		stop, err := command.Started(ctx, made)
		if err != nil {
			return nil, nil, closeAll, err
		}
		closeAll = func() { made.Close(); stop(); connector.Close() }
	}
	return made, childEnvironment(command.Env, command.variables(made)), closeAll, nil
}

// variables are those of the proxy that the command gets.
func (c *Command) variables(p *Proxy) []Variable {
	vars := p.Environment()
	if c.OnlyURL {
		vars = slices.DeleteFunc(vars, func(v Variable) bool { return strings.HasPrefix(v.Name, "PG") })
	}
	return vars
}

// FirstToken gets a token, for a quarter of a minute also while the workspace's API has a bad moment. Where none is
// needed it does nothing.
func FirstToken(ctx context.Context, connector *lakebase.Connector) error {
	if !connector.Resolution().Kind.IsLakebase() {
		return nil
	}
	deadline := time.Now().Add(15 * time.Second)
	for {
		_, err := connector.Token(ctx)
		var known *lakebase.Error
		if err == nil || !errors.As(err, &known) || known.Code != lakebase.ErrMintUnavailable || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// child is the running command.
type child struct {
	command Command
	env     []string
	signals <-chan os.Signal
	log     *slog.Logger
	proxy   *Proxy // nil when none is needed
}

func (c *child) run(ctx context.Context) (code int, err error) {
	cmd := exec.Command(c.command.Args[0], c.command.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = c.command.Stdin, c.command.Stdout, c.command.Stderr, c.env
	cmd.WaitDelay = time.Second // for streams that are no files, and that a grandchild holds
	isolate(cmd, c.command.Terminal)
	if c.command.Orphans {
		becomeParent()
	}
	started, ended := make(chan error), make(chan error, 1)
	go onOneThread(func() {
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	})
	if err := <-started; err != nil {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOEXEC) {
			return ExitNotExecutable, fmt.Errorf("run: %w", err)
		}
		return ExitNotFound, fmt.Errorf("run: %w", err)
	}
	if c.command.Orphans {
		defer adopt(cmd.Process.Pid)()
	}
	c.log.Debug("run: started", "command", c.command.Args[0], "pid", cmd.Process.Pid)
	err = c.wait(ctx, cmd, ended)
	if !c.command.Terminal {
		endGroup(cmd.Process.Pid) // what the command left behind
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return 1, fmt.Errorf("run: %w", err)
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// wait passes signals on until the command has ended, which it must in time after SIGTERM.
func (c *child) wait(ctx context.Context, cmd *exec.Cmd, ended <-chan error) error {
	var late, kill <-chan time.Time
	done := ctx.Done()
	term := func() {
		if late == nil {
			late, kill = time.After(c.command.Patience), time.After(c.command.Patience+drainTime+500*time.Millisecond)
			if c.proxy != nil {
				c.proxy.Retire()
			}
		}
	}
	drained := make(chan struct{}, 1)
	for {
		select {
		case err := <-ended:
			return err
		case <-done:
			done = nil
			c.signal(cmd, syscall.SIGTERM)
			term()
		case s := <-c.signals:
			if !c.command.Terminal || !fromTerminal(s) {
				c.signal(cmd, s)
			}
			if s == syscall.SIGTERM {
				term()
			}
		case <-late:
			c.log.Warn("run: the command has not ended in time, and its sessions are ended", "after", c.command.Patience)
			if c.proxy != nil {
				go func() { c.proxy.Drain(drainTime); drained <- struct{}{} }()
			}
		case <-drained:
		case <-kill:
			c.log.Warn("run: the command has not ended in time, and is killed")
			killGroup(cmd, !c.command.Terminal)
		}
	}
}

func (c *child) signal(cmd *exec.Cmd, s os.Signal) {
	if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.log.Warn("run: a signal could not be passed on", "signal", s.String(), "error", err)
	}
}

// ends says whether a signal asks a program to end that does nothing about it.
func ends(s os.Signal) bool {
	return s == os.Interrupt || s == syscall.SIGTERM || s == syscall.SIGHUP
}

func number(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return int(n)
	}
	return 0
}
