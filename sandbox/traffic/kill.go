package traffic

import (
	"fmt"
	"os"
	"slices"
)

// Kill ends a client process with SIGKILL at a call that is counted from the moment of arming: Request 1 is the next
// request. Exactly one of Request and Statement is set. With After, the call has its effect and the client never hears
// of it; without, it has none.
type Kill struct {
	PID       int  `json:"pid"`
	Request   int  `json:"request,omitempty"`
	Statement int  `json:"statement,omitempty"`
	After     bool `json:"after,omitempty"`
}

// ArmKill arms a kill. It strikes once.
func (l *Log) ArmKill(k Kill) error {
	if k.PID <= 1 || k.PID == os.Getpid() {
		return fmt.Errorf("kill: pid %d is not a client: name the process that is to die", k.PID)
	}
	if (k.Request > 0) == (k.Statement > 0) || k.Request < 0 || k.Statement < 0 {
		return fmt.Errorf("kill: set request or statement to the number of the call, counted from now, 1 or more")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kills = append(l.kills, &k)
	return nil
}

// strike counts down the kills of one counter and phase; l.mu is held. The answer is to be called without the lock.
func (l *Log) strike(counter func(*Kill) *int, after bool) func() bool {
	var due []int
	l.kills = slices.DeleteFunc(l.kills, func(k *Kill) bool {
		n := counter(k)
		if *n == 0 || k.After != after {
			return false
		}
		if *n--; *n > 0 {
			return false
		}
		due = append(due, k.PID)
		return true
	})
	return func() bool {
		for _, pid := range due {
			if p, err := os.FindProcess(pid); err == nil {
				p.Kill() // fails when it is dead already
			}
		}
		return len(due) > 0
	}
}
