package proxy

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// samePeer refuses clients of a Unix socket that are another user's; root may do anything anyway.
func samePeer(conn net.Conn) error {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("%T is no Unix socket", conn)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var peer *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return allowed(int(peer.Uid), os.Getuid())
}

func allowed(peer, own int) error {
	if peer != 0 && peer != own {
		return fmt.Errorf("the socket is of user %d, and the client is user %d", own, peer)
	}
	return nil
}
