//go:build unix && !linux

package proxy

import (
	"os/exec"
	"syscall"
)

func isolate(cmd *exec.Cmd, terminal bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !terminal}
}
