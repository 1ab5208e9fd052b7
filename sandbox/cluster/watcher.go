package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// watcher removes what a cluster leaves when its parent dies without Close. It is a shell that reads a pipe which only
// the parent holds: the end of the pipe is the end of the parent, by whatever signal. Lines in the pipe tell which
// server to stop, 0 for none. It stops by SIGQUIT: a server that is killed with SIGKILL would leave its shared memory.
type watcher struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

const watchScript = `
trap '' INT TERM HUP
pid=0
while read -r line; do pid=$line; done
if [ "$pid" -gt 1 ]; then
  kill -QUIT "$pid" 2>/dev/null
  n=0
  while kill -0 "$pid" 2>/dev/null && [ -e "$1/data/postmaster.pid" ] && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.05; done
fi
rm -rf -- "$1"
`

func startWatcher(dir string) (*watcher, error) {
	cmd := exec.Command("/bin/sh", "-c", watchScript, "tellr-postgres-watcher", dir)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin:" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the watcher: %w", err)
	}
	return &watcher{cmd: cmd, pipe: pipe}, nil
}

// watch names the server that is to be stopped; 0 when there is none.
func (w *watcher) watch(pid int) error {
	_, err := fmt.Fprintln(w.pipe, pid)
	return err
}

// finish lets the watcher do its work and waits for it.
func (w *watcher) finish() error {
	w.pipe.Close()
	return w.cmd.Wait()
}

// TempDir makes a temporary folder that is removed with the parent's death, if remove is not called before.
func TempDir(pattern string) (dir string, remove func() error, err error) {
	if dir, err = os.MkdirTemp("", pattern); err != nil {
		return "", nil, err
	}
	w, err := startWatcher(dir)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() error { return errors.Join(w.finish(), os.RemoveAll(dir)) }, nil
}
