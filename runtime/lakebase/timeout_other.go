//go:build !linux

package lakebase

import "syscall"

// userTimeout is Linux's.
func userTimeout(_, _ string, _ syscall.RawConn) error { return nil }
