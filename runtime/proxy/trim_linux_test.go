package proxy

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// mapped is how much of files is in memory, in kB.
func mapped(t *testing.T) (kB int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "RssFile: %d kB", &kB); n == 1 {
			return kB
		}
	}
	t.Skip("this kernel does not tell")
	return 0
}

// What only the start needed is given back, and the program goes on.
func TestTrim(t *testing.T) {
	before := mapped(t)
	Trim()
	if after := mapped(t); after > before/2 {
		t.Errorf("%d kB of files in memory, %d before", after, before)
	}
	Trim()
}
