//go:build unix

package proxy

import (
	"os"
	"os/exec"
	"syscall"
)

// forwarded are the signals that are the command's.
func forwarded() []os.Signal {
	return []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH}
}

// fromTerminal says whether the terminal sends a signal to the command itself.
func fromTerminal(s os.Signal) bool {
	return s == syscall.SIGINT || s == syscall.SIGQUIT || s == syscall.SIGWINCH
}

// endGroup asks what is left of a command's process group to end.
func endGroup(pid int) {
	_ = syscall.Kill(-pid, syscall.SIGTERM) // there may be none left
}

func killGroup(cmd *exec.Cmd, group bool) {
	if group {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		return
	}
	_ = cmd.Process.Kill() // likewise
}
