package lakebase

import "syscall"

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h.
const tcpUserTimeout = 18

// userTimeout lets a connection fail whose data nobody acknowledges for a minute, instead of after the quarter of an hour
// of the kernel's retransmissions. Keep-alives do not notice while data is under way.
func userTimeout(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, 60_000) // a unix socket has none
	})
}
