package proxy

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"unsafe"
)

// Of linux/prctl.h and linux/wait.h.
const (
	prSetDumpable       = 4
	prSetChildSubreaper = 36
	prSetNoNewPrivs     = 38
	waitAll             = 0
)

// Protect keeps other processes of the same user, and core dumps, from what is in this one's memory: tokens and
// credentials. A command that it runs is not affected.
func Protect() { prctl(prSetDumpable, 0) }

func prctl(option, value uintptr) {
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, option, value, 0, 0, 0, 0) // what an old kernel lacks is done without
}

// isolate gives the command a process group of its own, unless a terminal needs it in this one, and lets it hear SIGTERM when
// this process dies.
func isolate(cmd *exec.Cmd, terminal bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !terminal, Pdeathsig: syscall.SIGTERM}
}

// onOneThread runs f on a thread that lives as long as f: the death signal of a command is tied to the thread that
// started it. What the command starts cannot gain privileges.
func onOneThread(f func()) {
	runtime.LockOSThread()
	prctl(prSetNoNewPrivs, 1)
	f() // the thread ends with the goroutine, and no other one gets it
}

// becomeParent makes this process the parent of orphans below it, as process 1 is anyway.
func becomeParent() { prctl(prSetChildSubreaper, 1) }

// adopt reaps children that end, but for the command, which exec waits for.
func adopt(command int) (stop func()) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			reap(command)
			select {
			case <-ended:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(ended)
		close(quit)
		<-done
	}
}

// reap takes leave of all that have ended. While the command is one of them, the others wait for the next time.
func reap(command int) {
	for {
		var info [128]byte // siginfo_t
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, waitAll, 0, uintptr(unsafe.Pointer(&info)), syscall.WEXITED|syscall.WNOHANG|syscall.WNOWAIT, 0, 0)
		pid := int(*(*int32)(unsafe.Pointer(&info[8+unsafe.Sizeof(uintptr(0))])))
		if errno != 0 || pid == 0 || pid == command {
			return
		}
		_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	}
}
