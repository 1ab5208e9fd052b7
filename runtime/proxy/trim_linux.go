package proxy

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// Trim gives back memory that only the start of the program needed: what is free of its heap, and the pages of its file
// that were read. Those that are needed again are read again, from the system's cache; most never are.
func Trim() {
	debug.FreeOSMemory()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		// 00400000-01319000 r-xp 00000000 fd:01 1234567   /usr/bin/tellr
		line := lines.Text()
		addresses, rest, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(rest, "r-xp") && !strings.HasPrefix(rest, "r--p") || !strings.HasSuffix(line, " "+program) {
			continue
		}
		from, to, _ := strings.Cut(addresses, "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_DONTNEED) // else it stays
		}
	}
}
