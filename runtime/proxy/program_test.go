package proxy_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/proxy"
)

// asProgram lets the test binary run its arguments as tellr run does.
func asProgram() (code int, ok bool) {
	patience, ok := os.LookupEnv("TELLR_TEST_RUN")
	if !ok {
		return 0, false
	}
	os.Unsetenv("TELLR_TEST_RUN")
	d, err := time.ParseDuration(patience)
	if err != nil {
		panic(err)
	}
	proxy.Protect()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	command := proxy.Command{Args: os.Args[1:], Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Orphans: true, Patience: d}
	code, err = proxy.Run(context.Background(), command, proxy.Options{Listen: []string{"127.0.0.1:0"}, Log: log},
		func(ctx context.Context) (*lakebase.Connector, error) {
			return lakebase.New(ctx, lakebase.WithMinTokenTTL(time.Second), lakebase.WithLogger(log))
		})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code, true
}
