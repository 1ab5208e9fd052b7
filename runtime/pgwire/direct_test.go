package pgwire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// connected are both ends of a connection, the first made direct.
func connected(t *testing.T, network string) (a, b net.Conn) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		conn, _ := l.Accept()
		accepted <- conn
	}()
	a, err = net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b = <-accepted; b == nil {
		t.Fatal("not accepted")
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return Direct(a), b
}

// A direct connection is a connection: whole writes to a reader that is slow, the end of the other side, deadlines,
// Close while somebody waits, and errors as package net has them.
func TestDirect(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			a, b := connected(t, network)
			sent := bytes.Repeat([]byte("0123456789abcde\n"), 1<<18) // more than a socket holds
			written := make(chan error)
			go func() {
				n, err := a.Write(sent)
				if n != len(sent) {
					t.Errorf("%d bytes written", n)
				}
				written <- err
			}()
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("%v, equal: %v", err, bytes.Equal(got, sent))
			}
			if err := <-written; err != nil {
				t.Error(err)
			}

			if n, err := a.Read(nil); n != 0 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			read := make(chan error)
			go func() { _, err := io.ReadFull(a, got[:4]); read <- err }()
			b.Write([]byte("ab"))
			b.Write([]byte("cd"))
			if err := <-read; err != nil || string(got[:4]) != "abcd" {
				t.Errorf("%q %v", got[:4], err)
			}

			a.SetReadDeadline(time.Unix(1, 0))
			var timeout net.Error
			if _, err := a.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("a deadline that is over: %v", err)
			}
			a.SetReadDeadline(time.Time{})
			go func() { _, err := a.Read(got); read <- err }()
			a.SetReadDeadline(time.Now().Add(time.Millisecond)) // while it waits
			if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a deadline while it waits: %v", err)
			}
			a.SetReadDeadline(time.Time{})

			b.(interface{ CloseWrite() error }).CloseWrite()
			if n, err := a.Read(got); n != 0 || err != io.EOF {
				t.Errorf("the end: %d %v", n, err)
			}
			if err := a.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Error(err)
			}
			var op *net.OpError
			if _, err := a.Write(sent); !errors.Is(err, syscall.EPIPE) || !errors.As(err, &op) || op.Op != "write" {
				t.Errorf("after the end: %v", err)
			}
			b.Close()
			a.Close()
			if _, err := a.Read(got); !errors.Is(err, net.ErrClosed) {
				t.Errorf("closed: %v", err)
			}

			a, b = connected(t, network)
			go func() { _, err := a.Read(got); read <- err }()
			go func() { _, err := a.Write(sent); written <- err }()
			a.Close()
			if err := <-read; !errors.Is(err, net.ErrClosed) {
				t.Errorf("closed while it reads: %v", err)
			}
			if err := <-written; !errors.Is(err, net.ErrClosed) {
				t.Errorf("closed while it writes: %v", err)
			}
			b.Close()
		})
	}
	a, b := net.Pipe()
	defer b.Close()
	if Direct(a) != a {
		t.Error("a pipe is no socket")
	}
}

// Passing a message on allocates nothing.
func TestDirectAllocatesNothing(t *testing.T) {
	a, b := connected(t, "tcp")
	b = Direct(b)
	buf := make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := a.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(b, buf); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
