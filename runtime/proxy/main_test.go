package proxy_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be a program with tellr run in it, and fails when a goroutine of the package outlives
// the tests.
func TestMain(m *testing.M) {
	if code, ok := asProgram(); ok {
		os.Exit(code)
	}
	code := m.Run()
	if code == 0 {
		if left := leaks(10*time.Second, "tellr/runtime/", "jackc/pgx"); left != "" {
			fmt.Fprintln(os.Stderr, "goroutines are left:\n"+left)
			code = 1
		}
	}
	os.Exit(code)
}

// leaks waits for goroutines that run code of packages or functions to end, and shows those that do not.
func leaks(patience time.Duration, of ...string) string {
	var left []string
	eventually(patience, func() bool {
		buf := make([]byte, 8<<20)
		buf = buf[:runtime.Stack(buf, true)]
		left = nil
		for i, stack := range strings.Split(string(buf), "\n\n") {
			if i > 0 && slices.ContainsFunc(of, func(name string) bool { return strings.Contains(stack, name) }) {
				left = append(left, stack)
			}
		}
		return len(left) == 0
	})
	return strings.Join(left, "\n\n")
}

// eventually waits for a condition; false when it did not come in time.
func eventually(patience time.Duration, condition func() bool) bool {
	for deadline := time.Now().Add(patience); ; {
		if condition() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		<-time.After(10 * time.Millisecond)
	}
}
