//go:build unix

package proxy

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// mine says whether a file is of this user.
func mine(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// enoughFiles refuses a limit that the process cannot keep: each client takes two files.
func enoughFiles(clients int) error {
	const others = 64
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil //nolint:nilerr // then nobody knows, and it shows later
	}
	if need := uint64(2*clients + others + maxStrangers); need > uint64(limit.Cur) {
		return fmt.Errorf("proxy: %d clients take up to %d open files, and this process may have %d: raise ulimit -n, or lower the limit of clients", clients, need, limit.Cur)
	}
	return nil
}

// quiet says whether a connection is open and nothing has come on it, without waiting.
func quiet(conn net.Conn) bool {
	for {
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = inner.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		open = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	})
	return err == nil && open
}
