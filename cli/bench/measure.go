package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

type bench struct {
	tellr, dir string
	runs       int
	rows       int
}

// cost is what one run of a command took.
type cost struct {
	wall, cpu time.Duration
	memory    int64 // bytes, at the most
}

// once runs a command and takes the operating system's own account of it.
func once(ctx context.Context, dir string, env []string, args ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stderr = &out
	start := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(start)}
	if err != nil {
		said := out.String()
		return c, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, said[max(0, len(said)-2000):])
	}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.memory = u.Maxrss * 1024
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return c, nil
}

// command is one of several that are measured in turns.
type command struct {
	dir     string
	env     []string
	args    []string
	prepare func() error // before each run; not measured
}

// inTurns runs commands A B A B … and gives the median of each.
func (b *bench) inTurns(ctx context.Context, commands ...command) ([]cost, error) {
	all := make([][]cost, len(commands))
	for i := range b.runs + 1 {
		for j, c := range commands {
			if c.prepare != nil {
				if err := c.prepare(); err != nil {
					return nil, err
				}
			}
			got, err := once(ctx, c.dir, c.env, c.args...)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				all[j] = append(all[j], got)
			}
		}
	}
	out := make([]cost, len(commands))
	for j, costs := range all {
		out[j] = cost{
			wall:   median(costs, func(c cost) int64 { return int64(c.wall) }),
			cpu:    median(costs, func(c cost) int64 { return int64(c.cpu) }),
			memory: int64(median(costs, func(c cost) int64 { return c.memory })),
		}
	}
	return out, nil
}

func median(costs []cost, of func(cost) int64) time.Duration {
	values := make([]int64, len(costs))
	for i, c := range costs {
		values[i] = of(c)
	}
	slices.Sort(values)
	return time.Duration(values[len(values)/2])
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond)) }

func mb(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/(1<<20)) }

// row prints a figure beside its aim.
func row(name, figure, aim string, met bool) {
	fmt.Printf("  %-62s %-30s %-16s %s\n", name, figure, aim, map[bool]string{true: "pass", false: "miss"}[met])
}

func ratio(a, b time.Duration) string { return fmt.Sprintf("%.2f×", float64(a)/float64(b)) }
