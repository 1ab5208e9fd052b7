package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/proxy"
)

type proxyOptions struct {
	proxyFlags
	listen          string
	control         string
	minDrain, drain time.Duration
}

func newProxyCommand(p *program) *cobra.Command {
	o := proxyOptions{proxyFlags: proxyFlags{pool: "none", logLevel: "info"}}
	cmd := &cobra.Command{
		Use:   "proxy [wait | status | stop]",
		Short: "Let any Postgres client on this machine reach Lakebase",
		Long: `proxy listens on loopback, or a Unix socket, and gives whoever may connect a
session at the database that the environment names. It logs in with tokens, and
renews them; clients never see one. Over TCP a client needs the password that
"tellr proxy status --env" prints with all else that it needs: for this user only.

On SIGTERM or an interrupt it is not ready any more, goes on for --min-drain, then
accepts nobody, ends sessions as soon as nobody waits for an answer, ends the rest
after --drain, and exits with 0. To run it around one command: tellr run.`,
		Example: `  # a proxy in the background, and psql through it
  tellr proxy &
  tellr proxy wait
  eval "$(tellr proxy status --env)"
  psql -c 'SELECT current_user'
  tellr proxy stop

  # with pooling, for clients of this user only, with metrics
  tellr proxy --socket /tmp/pg --pool session --http 127.0.0.1:9090`,
		Annotations: exits{
			exitDone:                "done: asked to stop, and every session has ended",
			exitError:               "the proxy could not start",
			exitInterrupted:         "interrupted twice: sessions were cut",
			proxy.ExitNotConfigured: "no token can be had: the environment or the workspace's answer says why",
		}.annotations(),
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runProxy(cmd.Context(), o, cmd.Flags().Changed("listen"))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.listen, "listen", "localhost:5432", "listen on `ADDRESSES` of loopback, with commas between; port 0 takes a free one")
	o.add(f)
	f.BoolVar(&o.AnyAddress, "i-know", false, "allow --listen on addresses that others can reach: the password crosses the network in the clear, unless there is --local-tls")
	f.DurationVar(&o.minDrain, "min-drain", 0, "go on accepting for `TIME` when asked to stop, until nobody is sent here any more")
	f.DurationVar(&o.drain, "drain", 10*time.Second, "let sessions take `TIME` to come to an end")
	control := func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&o.control, "control", "", "`SOCKET` that wait, status and stop use; else one in XDG_RUNTIME_DIR or the temporary folder")
	}
	control(cmd)
	cmd.AddCommand(newProxyWaitCommand(p, &o, control), newProxyStatusCommand(p, &o, control), newProxyStopCommand(p, &o, control))
	return cmd
}

func (p *program) runProxy(ctx context.Context, o proxyOptions, listenSet bool) error {
	opts, err := o.complete(p, o.listen, listenSet)
	if err != nil {
		return err
	}
	proxy.Protect()
	p.halve()
	p.stopping = "Ending the sessions. Interrupt again to cut them."
	control, err := proxy.ListenControl(ctx, p.controlPath(o.control))
	if err != nil {
		return fail("another proxy may be running", err.Error(), "tellr proxy status shows it; tellr proxy --control SOCKET starts another")
	}
	defer control.Close()
	configured := func(err error) error {
		var known *lakebase.Error
		if ctx.Err() != nil {
			return nil // asked to stop while it started
		}
		if errors.As(err, &known) {
			_ = p.conclude(ctx, connectFailure(err)) // shows it
			return status(proxy.ExitNotConfigured)
		}
		return err
	}
	connector, err := p.connector(ctx, &o.proxyFlags, opts.Log)
	if err != nil {
		return configured(err)
	}
	defer connector.Close()
	pr, err := proxy.New(connector, opts)
	if err != nil {
		return configured(err)
	}
	defer pr.Close()
	if err := proxy.FirstToken(ctx, connector); err != nil {
		return configured(err)
	}
	if err := pr.Start(ctx); err != nil {
		return fail("the proxy cannot listen", err.Error(), "tellr proxy --listen localhost:5433 takes another port, and port 0 a free one")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := proxy.NewServer(pr.Control(stop))
	go server.Serve(control) //nolint:errcheck // it ends by Close
	defer server.Close()
	stopHealth, err := serveHealth(ctx, o.health, pr)
	if err != nil {
		return err
	}
	defer stopHealth()
	proxy.StaySmall(ctx)
	<-ctx.Done()
	pr.Retire()
	if o.minDrain > 0 {
		<-time.After(o.minDrain)
	}
	pr.Drain(o.drain)
	return nil
}

func newProxyWaitCommand(p *program, o *proxyOptions, control func(*cobra.Command)) *cobra.Command {
	timeout := time.Duration(0)
	cmd := &cobra.Command{
		Use:         "wait",
		Short:       "Wait until the proxy is ready",
		Long:        "wait returns when a proxy of this user is ready: it listens, and has a token.",
		Example:     "  tellr proxy & tellr proxy wait && psql",
		Annotations: exits{exitDone: "it is ready", exitError: "it was not ready in time"}.annotations(),
		Args:        none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			last := "no proxy answers"
			for {
				_, err := p.askProxy(ctx, o.control, http.MethodGet, "/readyz")
				if err == nil {
					return nil
				}
				if ctx.Err() == nil {
					last = err.Error()
				}
				select {
				case <-ctx.Done():
					if cmd.Context().Err() != nil {
						return cmd.Context().Err()
					}
					return fail(fmt.Sprintf("the proxy is not ready after %s", timeout), last, "its own messages say why")
				case <-time.After(50 * time.Millisecond):
				}
			}
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "give up after `TIME`")
	control(cmd)
	return cmd
}

func newProxyStatusCommand(p *program, o *proxyOptions, control func(*cobra.Command)) *cobra.Command {
	asJSON, env := false, false
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the proxy is, or what its clients need",
		Long: `status shows a proxy of this user: whether it is ready, its clients and sessions,
and its token. With --env it prints what a client needs as a shell's export lines,
the password too.`,
		Example: `  tellr proxy status
  tellr proxy status --json
  eval "$(tellr proxy status --env)"`,
		Annotations: exits{exitDone: "it is ready", exitError: "it is not, or there is none"}.annotations(),
		Args:        none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if env {
				return p.proxyEnvironment(cmd.Context(), o.control)
			}
			return p.proxyStatus(cmd.Context(), o.control, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	cmd.Flags().BoolVar(&env, "env", false, "print what a client needs, as export lines with the password")
	control(cmd)
	return cmd
}

func newProxyStopCommand(p *program, o *proxyOptions, control func(*cobra.Command)) *cobra.Command {
	cmd := &cobra.Command{
		Use:         "stop",
		Short:       "Stop the proxy as SIGTERM does",
		Long:        "stop asks a proxy of this user to end its sessions and itself, and does not wait.",
		Example:     "  tellr proxy stop",
		Annotations: exits{exitDone: "it was asked", exitError: "there is none"}.annotations(),
		Args:        none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := p.askProxy(cmd.Context(), o.control, http.MethodPost, "/stop")
			return err
		},
	}
	control(cmd)
	return cmd
}

func (p *program) proxyEnvironment(ctx context.Context, control string) error {
	body, err := p.askProxy(ctx, control, http.MethodGet, "/environment")
	if err != nil {
		return err
	}
	var vars []proxy.Variable
	if err := json.Unmarshal(body, &vars); err != nil {
		return err
	}
	for _, v := range vars {
		p.say("export %s='%s'", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
	}
	return nil
}

func (p *program) proxyStatus(ctx context.Context, control string, asJSON bool) error {
	body, err := p.askProxy(ctx, control, http.MethodGet, "/status")
	if err != nil {
		return err
	}
	var st proxy.Status
	if err := json.Unmarshal(body, &st); err != nil {
		return err
	}
	if asJSON {
		p.say("%s", strings.TrimSpace(string(body)))
	} else {
		p.say("%s", describe(st, p.Now()))
	}
	if !st.Ready {
		return status(exitError)
	}
	return nil
}

// describe is a proxy for a person.
func describe(st proxy.Status, now time.Time) string {
	var b strings.Builder
	ready := "ready"
	if !st.Ready {
		ready = "not ready: " + st.Reason
	}
	limit := "no limit"
	if st.MaxConns > 0 {
		limit = fmt.Sprintf("at most %d", st.MaxConns)
	}
	fmt.Fprintf(&b, "%s, since %s\n", ready, now.Sub(st.Began).Round(time.Second))
	fmt.Fprintf(&b, "listens on  %s\n", strings.Join(st.Addresses, ", "))
	fmt.Fprintf(&b, "database    %s on %s as %s\n", st.Database, st.Token.Host, st.Role)
	fmt.Fprintf(&b, "clients     %d with a session (%s), %d waiting\n", st.Active, limit, st.Waiting)
	if st.Pool {
		fmt.Fprintf(&b, "pool        %d sessions idle; %d made, used again %d times\n", st.Idle, st.Opened, st.Reused)
	}
	if !st.Token.Kind.IsLakebase() {
		b.WriteString("password    as the environment gives it")
		return b.String()
	}
	fmt.Fprintf(&b, "token       %s", st.Token.State)
	if !st.Token.Expiry.IsZero() {
		fmt.Fprintf(&b, ", runs out in %s", st.Token.Expiry.Sub(now).Round(time.Second))
	}
	return b.String()
}

// askProxy asks a proxy of this user over its socket. An answer that is none is an error with its text.
func (p *program) askProxy(ctx context.Context, control, method, path string) ([]byte, error) {
	socket := p.controlPath(control)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		var refused *net.OpError
		if errors.As(err, &refused) && refused.Op == "dial" {
			return nil, fail("there is no proxy", refused.Error(), "start one: tellr proxy")
		}
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, resource.Diagnostics{{Severity: resource.Error, Summary: strings.TrimSpace(string(body))}}
	}
	return body, nil
}
