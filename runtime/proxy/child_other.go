//go:build !linux

package proxy

// Protect is Linux's.
func Protect() {}

func onOneThread(f func()) { f() }

func becomeParent() {}

func adopt(int) (stop func()) { return func() {} }
