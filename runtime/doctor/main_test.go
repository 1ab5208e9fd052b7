package doctor_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails when a goroutine of an examination outlives it.
func TestMain(m *testing.M) {
	code := m.Run()
	for deadline := time.Now().Add(10 * time.Second); code == 0; {
		stacks := make([]byte, 8<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		left := ""
		for _, of := range []string{"tellr/runtime/", "jackc/pgx"} {
			for i, stack := range strings.Split(string(stacks), "\n\n") {
				if i > 0 && strings.Contains(stack, of) {
					left += stack + "\n\n"
				}
			}
		}
		if left == "" {
			break
		}
		if time.Now().After(deadline) {
			fmt.Fprintln(os.Stderr, "goroutines are left:\n"+left)
			code = 1
		}
		<-time.After(10 * time.Millisecond)
	}
	os.Exit(code)
}
