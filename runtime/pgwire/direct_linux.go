package pgwire

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// Direct makes reads and writes of a socket cheaper for a program that does little else: Go's scheduler is not told of
// the system calls, which never block, since the socket does not. When it is told, and all processors were idle, it
// wakes its monitor thread for each of them, which costs a third of the time that passing a small message on takes.
// Deadlines and Close work as before. What is no socket is returned as it is.
func Direct(conn net.Conn) net.Conn {
	socket, ok := conn.(interface {
		net.Conn
		syscall.Conn
		CloseWrite() error
	})
	if !ok {
		return conn
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return conn
	}
	d := &direct{Conn: conn, half: socket}
	d.in.when, d.in.try = raw.Read, d.in.read
	d.out.when, d.out.try = raw.Write, d.out.write
	return d
}

type direct struct {
	net.Conn
	half    interface{ CloseWrite() error }
	in, out transfer
}

// transfer is one direction, and what is under way in it. Its functions are made once, not for each call.
type transfer struct {
	mu    sync.Mutex
	when  func(func(fd uintptr) (done bool)) error // calls when the socket is ready, until it is done
	try   func(fd uintptr) (done bool)
	b     []byte
	n     int
	errno syscall.Errno
}

// NetConn is the socket itself.
func (d *direct) NetConn() net.Conn { return d.Conn }

// CloseWrite is as of a TCP or Unix connection.
func (d *direct) CloseWrite() error { return d.half.CloseWrite() }

// Read implements net.Conn.
func (d *direct) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := d.in.do(p)
	if err != nil {
		return n, d.failed("read", err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (d *direct) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := d.out.do(p)
	if err != nil {
		return n, d.failed("write", err)
	}
	return n, nil
}

func (t *transfer) do(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b, t.n, t.errno = p, 0, 0
	err := t.when(t.try)
	t.b = nil
	if err == nil && t.errno != 0 {
		err = t.errno
	}
	return t.n, err
}

func (t *transfer) read(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&t.b[0])), uintptr(len(t.b)))
		switch errno {
		case 0:
			t.n = int(n)
			return true
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			t.errno = errno
			return true
		}
	}
}

func (t *transfer) write(fd uintptr) bool {
	for t.n < len(t.b) {
		rest := t.b[t.n:]
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&rest[0])), uintptr(len(rest)))
		switch errno {
		case 0:
			t.n += int(n)
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			t.errno = errno
			return true
		}
	}
	return true
}

// failed words an error as package net does.
func (d *direct) failed(op string, err error) error {
	if errno, ok := err.(syscall.Errno); ok { // else package net has worded it
		return &net.OpError{Op: op, Net: d.RemoteAddr().Network(), Source: d.LocalAddr(), Addr: d.RemoteAddr(), Err: os.NewSyscallError(op, errno)}
	}
	return err
}
