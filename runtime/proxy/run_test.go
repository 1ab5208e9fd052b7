package proxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/sandbox"
)

// process is the test binary as tellr run.
type process struct {
	*exec.Cmd
	w        *world
	out, err syncBuffer
	dir      string
}

// start runs a command under the proxy, in a folder of its own.
func (w *world) start(patience time.Duration, args ...string) *process {
	w.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), w: w, dir: w.TempDir()}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PG") && !strings.HasPrefix(entry, "DATABRICKS_") {
			p.Env = append(p.Env, entry)
		}
	}
	p.Env = append(append(p.Env, w.appEnv()...), "TELLR_TEST_RUN="+patience.String(), "DIR="+p.dir)
	p.Stdout, p.Stderr, p.Dir = &p.out, &p.err, p.dir
	p.WaitDelay = 5 * time.Second
	return p
}

func (w *world) started(patience time.Duration, args ...string) *process {
	w.Helper()
	p := w.start(patience, args...)
	must(w.T, p.Start())
	w.Cleanup(func() {
		if p.ProcessState == nil {
			p.Process.Kill()
			p.Wait()
		}
		if w.Failed() {
			w.Logf("stdout: %s\nstderr: %s", p.out.String(), p.err.String())
		}
	})
	return p
}

// ends waits for the process and gives its exit status.
func (p *process) ends() int {
	p.w.Helper()
	done := make(chan error, 1)
	go func() { done <- p.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
			p.w.Fatal(err)
		}
	case <-time.After(time.Minute):
		p.w.Fatalf("it does not end: %s%s", p.out.String(), p.err.String())
	}
	if p.ProcessState.Exited() {
		return p.ProcessState.ExitCode()
	}
	return -1
}

// file waits until the command has written a file, and gives what is in it.
func (p *process) file(name string) string {
	p.w.Helper()
	var data []byte
	if !eventually(30*time.Second, func() bool {
		var err error
		data, err = os.ReadFile(filepath.Join(p.dir, name))
		return err == nil && len(data) > 0
	}) {
		p.w.Fatalf("no %s: %s%s", name, p.out.String(), p.err.String())
	}
	return strings.TrimSpace(string(data))
}

func TestRunExitStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143, "kill -KILL $$": 137, "exit 255": 255} {
		if got := w.started(0, "sh", "-c", script).ends(); got != want {
			t.Errorf("%s: %d, want %d", script, got, want)
		}
	}
	notExecutable := filepath.Join(t.TempDir(), "script")
	must(t, os.WriteFile(notExecutable, []byte("exit 0"), 0o644))
	for command, want := range map[string]int{"no-such-command": 127, "/no/such/command": 127, notExecutable: 126} {
		if got := w.started(0, command).ends(); got != want {
			t.Errorf("%s: %d, want %d", command, got, want)
		}
	}
	must(t, w.Arm(sandbox.Fault{Route: credentials, Status: 403, ErrorCode: "PERMISSION_DENIED", Count: -1}))
	p := w.started(0, "touch", "began")
	if got := p.ends(); got != 78 || !strings.Contains(p.err.String(), "CAN_USE") {
		t.Errorf("%d: %s", got, p.err.String())
	}
	if _, err := os.Stat(filepath.Join(p.dir, "began")); err == nil {
		t.Error("the command was started without a token")
	}
	w.Disarm()
	must(t, w.Arm(sandbox.Fault{Route: credentials, Status: 503, Count: 3})) // a bad moment is waited for
	if got := w.started(0, "true").ends(); got != 0 {
		t.Error(got)
	}
}

// What the command finds: a database, its streams, and nothing that leads elsewhere.
func TestRunEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.start(0, "sh", "-c", `env; psql -XAtc "SELECT 'as ' || current_user"; cat >&2`)
	p.Stdin = strings.NewReader("through stdin")
	must(t, p.Start())
	if p.ends() != 0 {
		t.Fatal(p.err.String())
	}
	vars := map[string]string{}
	for line := range strings.Lines(p.out.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		vars[name] = value
	}
	role := getenv(w.appEnv())("PGUSER")
	for name, want := range map[string]string{"PGHOST": "127.0.0.1", "PGUSER": role, "PGDATABASE": "databricks_postgres", "PGSSLMODE": "disable",
		"PGGSSENCMODE": "disable", "TELLR_UPSTREAM_PGHOST": getenv(w.appEnv())("PGHOST"), "TELLR_UPSTREAM_LAKEBASE_ENDPOINT": endpoint,
		"LAKEBASE_ENDPOINT": "", "PGSSLROOTCERT": "", "as " + role: "", "PGAPPNAME": "tellr/slides-app"} {
		if vars[name] != want {
			t.Errorf("%s is %q, want %q", name, vars[name], want)
		}
	}
	if _, ok := vars["as "+role]; !ok || !strings.Contains(p.err.String(), "through stdin") {
		t.Errorf("%s%s", p.out.String(), p.err.String())
	}
	password := vars["PGPASSWORD"]
	if len(password) < 50 || vars["DATABASE_URL"] != fmt.Sprintf("postgresql://%s:%s@127.0.0.1:%s/databricks_postgres?sslmode=disable", role, password, vars["PGPORT"]) ||
		!strings.HasPrefix(vars["JDBC_DATABASE_URL"], "jdbc:postgresql://127.0.0.1:"+vars["PGPORT"]+"/databricks_postgres?") {
		t.Errorf("%v", vars)
	}
	if strings.Contains(p.err.String(), password) {
		t.Error("the password is in the log")
	}
}

// A command that needs no proxy gets none.
func TestRunWithoutLakebase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.start(0, "sh", "-c", "echo $DATABASE_URL $PGHOST")
	p.Env = append(p.Env, "DATABASE_URL=postgres://a:b@db.example.com/x", "LAKEBASE_ENDPOINT=", "PGHOST=keep")
	must(t, p.Start())
	if code := p.ends(); code != 0 || strings.TrimSpace(p.out.String()) != "postgres://a:b@db.example.com/x keep" {
		t.Errorf("%d %s%s", code, p.out.String(), p.err.String())
	}
}

func TestRunPassesSignalsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for name, s := range map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "USR1": syscall.SIGUSR1,
		"USR2": syscall.SIGUSR2, "WINCH": syscall.SIGWINCH, "TERM": syscall.SIGTERM} {
		p := w.started(time.Minute, "sh", "-c", "trap 'echo heard > heard; exit 33' "+name+"; echo on > on; while :; do sleep 0.05; done")
		p.file("on")
		must(t, p.Process.Signal(s))
		if code := p.ends(); code != 33 || p.file("heard") != "heard" {
			t.Errorf("%s: %d", name, code)
		}
	}
}

// After SIGTERM the command still has its database, new connections and new tokens included.
func TestRunTermLeavesTheCommandItsDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3*time.Second)
	p := w.started(time.Minute, "sh", "-c", `trap 'psql -XAtc "SELECT 40 + 2" > answer 2>&1; exit 0' TERM; echo on > on; while :; do sleep 0.05; done`)
	p.file("on")
	before := w.tokens()
	w.ExpireTokens()
	must(t, p.Process.Signal(syscall.SIGTERM))
	if code := p.ends(); code != 0 || p.file("answer") != "42" || w.tokens() == before {
		t.Errorf("%d %s", code, p.file("answer"))
	}
}

// One that does not end is first taken its sessions, then its life.
func TestRunTermIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.started(500*time.Millisecond, "sh", "-c", `trap '' TERM; echo on > on; psql -Xc "SELECT pg_sleep(600)" > answer 2>&1; sleep 600 & sleep 600`)
	p.file("on")
	if !eventually(20*time.Second, func() bool {
		for _, s := range w.Statements() {
			if strings.Contains(s.SQL, "pg_sleep") {
				return true
			}
		}
		return false
	}) {
		t.Fatal("nothing runs")
	}
	must(t, p.Process.Signal(syscall.SIGTERM))
	if code := p.ends(); code != 137 || !strings.Contains(p.file("answer"), "tellr proxy is shutting down") {
		t.Errorf("%d %s", code, p.file("answer"))
	}
}

// SIGTERM before there is a command ends the start, and there never is one.
func TestRunTermDuringStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	must(t, w.Arm(sandbox.Fault{Route: credentials, Slow: 30e9, Count: -1}))
	p := w.started(0, "touch", "began")
	if !eventually(20*time.Second, func() bool { return strings.Contains(p.err.String(), "proxy: listening") }) {
		t.Fatal(p.err.String())
	}
	must(t, p.Process.Signal(syscall.SIGTERM))
	if code := p.ends(); code != 143 {
		t.Errorf("%d %s", code, p.err.String())
	}
	w.Disarm()
	if _, err := os.Stat(filepath.Join(p.dir, "began")); err == nil {
		t.Error("the command was started")
	}
}

func alive(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && syscall.Kill(n, 0) == nil
}

// What a command leaves behind ends with it; what it orphans meanwhile is reaped.
func TestRunGrandchildren(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.started(0, "sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $! > grandchild; exit 3")
	grandchild := p.file("grandchild")
	if code := p.ends(); code != 3 {
		t.Error(code)
	}
	if !eventually(10*time.Second, func() bool { return !alive(grandchild) }) {
		t.Error("a grandchild lives on")
	}
	if runtime.GOOS != "linux" {
		return
	}
	p = w.started(0, "sh", "-c", `(sh -c 'echo $$ > orphan; while [ ! -e go ]; do sleep 0.02; done' &); while [ ! -e done ]; do sleep 0.02; done; exit 4`)
	orphan := p.file("orphan")
	parent := func() string {
		stat, err := os.ReadFile("/proc/" + orphan + "/stat")
		if err != nil {
			return "gone"
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		return fields[1]
	}
	if !eventually(10*time.Second, func() bool { return parent() == strconv.Itoa(p.Process.Pid) }) {
		t.Errorf("the orphan's parent is %s, not %d", parent(), p.Process.Pid)
	}
	must(t, os.WriteFile(filepath.Join(p.dir, "go"), nil, 0o644))
	if !eventually(10*time.Second, func() bool { return parent() == "gone" }) {
		t.Error("the orphan is not reaped")
	}
	must(t, os.WriteFile(filepath.Join(p.dir, "done"), nil, 0o644))
	if code := p.ends(); code != 4 {
		t.Error(code)
	}
}

// As process 1 of a container, where everything orphaned ends up.
func TestRunAsProcess1(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").Run(); err != nil {
		t.Skipf("no name spaces here: %v", err)
	}
	w := newWorld(t, 0)
	p := w.start(0, "sh", "-c", `
		echo "parent $PPID"
		for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.05 &); done
		n=0; while [ $n -lt 200 ] && [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 6 ]; do sleep 0.05; n=$((n+1)); done
		grep -l '^State:.Z' /proc/[0-9]*/status
		exit 5`)
	p.Args = append([]string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child", os.Args[0]}, p.Args[1:]...)
	path, err := exec.LookPath("unshare")
	must(t, err)
	p.Path = path
	must(t, p.Start())
	if code := p.ends(); code != 5 || strings.TrimSpace(p.out.String()) != "parent 1" {
		t.Errorf("%d %s %s", code, p.out.String(), p.err.String())
	}
}

// When the proxy is killed the command hears of it.
func TestRunKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("Linux tells a process of its parent's death")
	}
	w := newWorld(t, 0)
	p := w.started(0, "sh", "-c", "trap 'echo heard > heard; exit' TERM; echo on > on; while :; do sleep 0.05; done")
	p.file("on")
	must(t, p.Process.Kill())
	p.ends()
	if got := p.file("heard"); got != "heard" {
		t.Error(got)
	}
}

// tokens counts the requests for database tokens so far.
func (w *world) tokens() (n int) {
	for _, r := range w.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/credentials") {
			n++
		}
	}
	return n
}

// tellr is stopped, as a machine that sleeps stops everything, for longer than a token lives: a command that connects
// all the while waits, and is not failed once.
func TestRunSleeps(t *testing.T) {
	t.Parallel()
	const life = 3 * time.Second
	w := newWorld(t, life)
	if _, err := exec.LookPath("psql"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	p := w.started(0, "sh", "-c", `echo 0 > $DIR/made
n=0
while [ ! -e $DIR/enough ]; do
	psql -XAtqc 'SELECT 1' || exit 3
	n=$((n+1)); echo $n > $DIR/next; mv $DIR/next $DIR/made
done`)
	made := func() int {
		n, _ := strconv.Atoi(p.file("made"))
		return n
	}
	more := func() {
		t.Helper()
		if before := made(); !eventually(time.Minute, func() bool { return made() >= before+3 || p.ended() }) {
			t.Fatalf("%d connections, and no more", made())
		}
	}
	for range 2 {
		more()
		must(t, p.Process.Signal(syscall.SIGSTOP))
		<-time.After(2 * life)
		must(t, p.Process.Signal(syscall.SIGCONT))
	}
	more()
	must(t, os.WriteFile(filepath.Join(p.dir, "enough"), nil, 0o644))
	if code := p.ends(); code != 0 {
		t.Errorf("exit status %d: %s%s", code, p.out.String(), p.err.String())
	}
	if n := made(); n < 9 {
		t.Errorf("%d connections", n)
	}
}

// ended says whether the process is gone, without waiting for it.
func (p *process) ended() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
