package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	port := os.Getenv("DATABRICKS_APP_PORT")
	if port == "" {
		port = "8000"
	}
	listener, err := net.Listen("tcp", ":"+port)
	if err == nil {
		err = run(ctx, listener, os.Getenv)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and then lets requests finish: Databricks Apps kills a process 15 seconds after its SIGTERM.
func run(ctx context.Context, listener net.Listener, getenv func(string) string) error {
	db, err := lakebase.New(ctx, lakebase.WithEnv(getenv), lakebase.WithLogger(slog.Default()))
	if err != nil {
		return err
	}
	defer db.Close()
	pool, err := db.Pool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()

	server := &http.Server{Handler: service(pool, db.Status), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	slog.Info("listening", "address", listener.Addr().String(), "database", db.Resolution())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 12*time.Second)
	defer cancel()
	if err := server.Shutdown(last); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
