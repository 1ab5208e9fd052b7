//go:build !linux

package proxy

// Protect and Trim are Linux's.
func Protect() {}

// Trim does nothing here.
func Trim() {}

func onOneThread(f func()) { f() }

func becomeParent() {}

func adopt(int) (stop func()) { return func() {} }
