//go:build !linux

package pgwire

import "net"

// Direct is Linux's.
func Direct(conn net.Conn) net.Conn { return conn }
