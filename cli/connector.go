package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/runtime/proxy"
)

// proxyFlags are what tellr run and tellr proxy have in common.
type proxyFlags struct {
	proxy.Options
	pool         string
	health       string
	logLevel     string
	minTokenLife time.Duration
}

func (o *proxyFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.Socket, "socket", "", "folder `DIR` for a Unix socket, for processes of this user, without a password; instead of --listen")
	f.BoolVar(&o.LocalTLS, "local-tls", false, "encrypt towards clients over TCP too, and refuse those that do not")
	f.StringVar(&o.Certificate, "tls-cert", "", "certificate `FILE` for --local-tls, in PEM; else one is made for this run")
	f.StringVar(&o.Key, "tls-key", "", "`FILE` of its key")
	f.IntVar(&o.MaxConns, "max-conns", 100, "let `N` clients have a session at the same time; 0 is no limit")
	f.DurationVar(&o.Queue, "queue", 5*time.Second, "let a client beyond --max-conns wait for `TIME`")
	f.Var(&choice{&o.pool, []string{"none", "session"}}, "pool", "`WHICH` pooling: session keeps the sessions of clients that leave for the next; none")
	f.StringVar(&o.health, "http", "", "serve /livez, /readyz and /metrics on `ADDRESS` of loopback, such as 127.0.0.1:9090")
	f.Var(&choice{&o.logLevel, []string{"debug", "info", "warn", "error"}}, "log", "log from `LEVEL` on: debug, info, warn or error")
	f.DurationVar(&o.minTokenLife, "min-token-life", 30*time.Second, "take a token that lives less than `TIME` for a wrong clock; a sandbox may give shorter ones")
}

// complete checks the flags and makes the options of them.
func (o *proxyFlags) complete(p *program, listen string, listenSet bool) (proxy.Options, error) {
	if o.MaxConns < 0 {
		return o.Options, fail("--max-conns must not be negative", "", "0 is no limit")
	}
	if (o.Certificate == "") != (o.Key == "") {
		return o.Options, fail("--tls-cert and --tls-key go together", "", "give both, or neither: then a certificate is made")
	}
	o.LocalTLS = o.LocalTLS || o.Certificate != ""
	o.Pool = o.pool == "session"
	if o.Socket == "" || listenSet {
		o.Listen = splitList(listen)
	}
	o.Log = p.logger(o.logLevel)
	return o.Options, nil
}

func (p *program) logger(level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // one of the flag's words
	return slog.New(slog.NewTextHandler(p.Err, &slog.HandlerOptions{Level: l}))
}

// halve leaves half of the processors to the application and the database, which have the work: with fewer threads the
// proxy also takes less time for each statement. GOMAXPROCS in the environment decides otherwise.
func (p *program) halve() {
	if v, _ := p.Getenv("GOMAXPROCS"); v == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)/2))
	}
}

// connector makes the authenticator from the process environment.
func (p *program) connector(ctx context.Context, o *proxyFlags, log *slog.Logger) (*lakebase.Connector, error) {
	getenv := func(name string) string { v, _ := p.Getenv(name); return v }
	return lakebase.New(ctx, lakebase.WithEnv(getenv), lakebase.WithLogger(log), lakebase.WithMinTokenTTL(o.minTokenLife),
		lakebase.WithSocket(pgwire.Direct))
}

// connectFailure words an error of the connector or the proxy.
func connectFailure(err error) error {
	var known *lakebase.Error
	if !errors.As(err, &known) {
		return err
	}
	entry, _ := known.Code.Lookup()
	detail := known.Op
	if known.Err != nil {
		detail += ": " + known.Err.Error()
	}
	return fail(entry.Meaning, detail, known.Hint)
}

// controlPath is where tellr proxy wait, status and stop find a proxy.
func (p *program) controlPath(given string) string {
	if given != "" {
		return given
	}
	if dir, ok := p.Getenv("XDG_RUNTIME_DIR"); ok && dir != "" {
		return filepath.Join(dir, "tellr", "proxy.sock")
	}
	return filepath.Join(os.TempDir(), "tellr-"+strconv.Itoa(os.Getuid()), "proxy.sock")
}

// serveHealth opens the address of --http; nothing when it is empty.
func serveHealth(ctx context.Context, address string, pr *proxy.Proxy) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	l, err := proxy.ListenHealth(ctx, address)
	if err != nil {
		return nil, err
	}
	server := proxy.NewServer(pr.Health())
	go server.Serve(l) //nolint:errcheck // it ends by Close
	return func() { server.Close() }, nil
}
