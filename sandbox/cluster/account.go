package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system user who runs the server. It switches nothing when that is the current user.
type account struct {
	name     string
	uid, gid int
	switches bool
}

// processUser is the current user, or for root, whom Postgres refuses: postgres, else nobody.
func processUser() (account, error) {
	if os.Geteuid() != 0 {
		return account{name: strconv.Itoa(os.Geteuid()), uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			continue
		}
		return account{name: name, uid: uid, gid: gid, switches: true}, nil
	}
	return account{}, fmt.Errorf("postgres cannot run as root, and there is no user postgres or nobody to run it as: " +
		"start as an ordinary user")
}

// apply makes cmd run as the account, in a session of its own: a Ctrl-C in the terminal, or a signal to the whole
// process group, is the parent's to handle.
func (a account) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	if a.switches {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// own gives a path to the account.
func (a account) own(path string) error {
	if !a.switches {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// canEnter says whether the account can traverse dir and every folder above it.
func (a account) canEnter(dir string) bool {
	if !a.switches {
		return true
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}
