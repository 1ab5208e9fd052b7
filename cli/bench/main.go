package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	tellr := flag.String("tellr", "bin/tellr", "the tellr to measure")
	only := flag.String("only", "", "one of start, offline, live, apply, proxy, load; all but load when empty")
	runs := flag.Int("runs", 5, "counted runs of each command, after one that is not")
	rows := flag.Int("rows", 1_000_000, "rows of the table that is changed under load")
	flag.Parse()
	if err := run(context.Background(), *tellr, *only, *runs, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, tellr, only string, runs, rows int) error {
	tellr, err := filepath.Abs(tellr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tellr-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	b := &bench{tellr: tellr, dir: dir, runs: runs, rows: rows}
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"start", b.start}, {"offline", b.offline}, {"live", b.live}, {"apply", b.apply}, {"proxy", b.proxy}, {"load", b.load},
	} {
		if only == "" || only == part.name {
			if err := part.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	return nil
}
