package proxy

import (
	"os"
	"os/exec"
)

func forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

func fromTerminal(s os.Signal) bool { return s == os.Interrupt }

func isolate(*exec.Cmd, bool) {}

func endGroup(int) {}

func killGroup(cmd *exec.Cmd, _ bool) {
	_ = cmd.Process.Kill() // it may have ended
}
