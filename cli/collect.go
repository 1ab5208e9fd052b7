package cli

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

const (
	// untilCollected is how much memory, in bytes, a plan may take before anything is collected: what is collected before
	// would cost time, and save memory that nobody misses.
	untilCollected = 96 << 20
	// many is from how many things on a plan would rather do more work than take more memory: the collector then lets what
	// is no longer used be a third of what is, and not as much again.
	many = 8000
)

// collection is how the garbage collector works while a plan is made.
type collection struct {
	began   atomic.Bool
	percent atomic.Int32
}

// collectLate puts the first collection off. It gives nil, which does nothing, if the environment has a say in it.
func (p *program) collectLate() *collection {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, set := p.Getenv(name); set {
			return nil
		}
	}
	c := &collection{}
	c.percent.Store(100)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(untilCollected)
	runtime.AddCleanup(new([16]byte), (*collection).begin, c) // run by the first collection
	return c
}

// begin is the end of the delay.
func (c *collection) begin() {
	c.began.Store(true)
	debug.SetGCPercent(int(c.percent.Load()))
	debug.SetMemoryLimit(math.MaxInt64)
}

// loaded says how many things the plan is of.
func (c *collection) loaded(things int) {
	if c == nil || things <= many {
		return
	}
	c.percent.Store(35)
	if c.began.Load() {
		c.begin()
	}
}
