package proxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// listen opens all listeners, or none.
func (p *Proxy) listen(ctx context.Context) (all []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			all = nil
		}
	}()
	for _, address := range p.opts.Listen {
		list, err := listenTCP(ctx, address, p.opts.AnyAddress)
		if err != nil {
			return all, err
		}
		all = append(all, list...)
	}
	if p.opts.Socket != "" {
		l, err := listenUnix(ctx, p.opts.Socket, p.opts.socketPort())
		if err != nil {
			return all, err
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		return nil, errors.New("proxy: neither an address nor a socket to listen on")
	}
	return all, nil
}

func (o Options) socketPort() int {
	if o.SocketPort == 0 {
		return 5432
	}
	return o.SocketPort
}

// listenTCP opens an address of loopback. localhost is both of its addresses, of which a machine may have one.
func listenTCP(ctx context.Context, address string, any bool) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("proxy: listen on %q: write host:port: %w", address, err)
	}
	config := net.ListenConfig{KeepAlive: 30 * time.Second}
	if host == "localhost" {
		first, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		_, port, _ = net.SplitHostPort(first.Addr().String())
		second, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", port))
		if err != nil { // no IPv6 here, or the port is another program's there, which a client would reach instead
			if c, dialErr := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp6", net.JoinHostPort("::1", port)); dialErr == nil {
				c.Close()
				first.Close()
				return nil, fmt.Errorf("proxy: %w", err)
			}
			return []net.Listener{first}, nil
		}
		return []net.Listener{first, second}, nil
	}
	if ip := net.ParseIP(host); !any && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("proxy: %s is no loopback address: whoever reaches it could try passwords; write 127.0.0.1 or [::1]", address)
	}
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return []net.Listener{l}, nil
}

// maxSocketPath is what fits into a socket's address on every system.
const maxSocketPath = 103

// listenUnix opens DIR/.s.PGSQL.PORT for this user only.
func listenUnix(ctx context.Context, dir string, port int) (net.Listener, error) {
	return listenSocket(ctx, filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(port)))
}

// listenSocket opens a Unix socket that only its user may use, in a folder where nobody else can put another in its
// place. It takes the place of a socket that nobody listens on any more, and of nothing else.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("proxy: the socket's path %s has %d bytes, and at most %d fit; choose a shorter folder", path, len(path), maxSocketPath)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := private(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return l, nil
}

// private refuses a folder in which others may replace files.
func private(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	if sticky := info.Mode()&fs.ModeSticky != 0; !sticky && (info.Mode().Perm()&0o022 != 0 || !mine(info)) {
		return fmt.Errorf("proxy: others may write to the folder %s, and so put their socket in place of this one; make it your own: chmod 700 %s, or choose another", dir, dir)
	}
	return nil
}

func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	if info.Mode()&fs.ModeSocket == 0 || !mine(info) {
		return fmt.Errorf("proxy: %s exists, and is no socket of this user", path)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	if err == nil {
		conn.Close()
		return fmt.Errorf("proxy: somebody listens on %s already", path)
	}
	return os.Remove(path)
}
