package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/runtime/lakebase"
	"github.com/tellr-dev/tellr/runtime/proxy"
)

type runOptions struct {
	proxyFlags
	listen string
	vars   string
	drain  time.Duration
}

func newRunCommand(p *program) *cobra.Command {
	o := runOptions{proxyFlags: proxyFlags{pool: "none", logLevel: "warn"}, vars: "all"}
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARGS...]",
		Short: "Run a command that reaches Lakebase as any Postgres",
		Long: `run starts a proxy that knows Lakebase's tokens, and COMMAND with DATABASE_URL,
JDBC_DATABASE_URL and the PG* variables of that proxy in its environment. The
command, in whatever language, never sees a token and never notices that one
expires. Which database it is comes from the environment, as Databricks Apps
sets it. What it replaces stays readable as TELLR_UPSTREAM_*.

Signals go to the command. After SIGTERM the proxy works on until the command has
ended, or --drain is over; all is done within the 15 seconds that Databricks Apps
gives. Where the database needs no tokens, the command is run as it is.`,
		Example: `  # in app.yaml
  #   command: ["./bin/tellr", "run", "--", "python", "app.py"]

  # a program that opens a connection for each request
  tellr run --pool session -- node server.js

  # any Postgres tool
  tellr run -- psql`,
		Annotations: exits{
			exitDone:                "done; in general the command's exit status, and 128 and the number of the signal that ended it",
			exitError:               "the proxy could not start",
			proxy.ExitNotConfigured: "no token can be had: the environment or the workspace's answer says why",
			proxy.ExitNotExecutable: "COMMAND may not be executed",
			proxy.ExitNotFound:      "there is no such COMMAND",
		}.annotations(),
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return fail("tellr run needs a command", "", "for example: tellr run -- python app.py")
			case cmd.ArgsLenAtDash() != 0:
				return fail("the command stands after two dashes", "", "tellr run -- "+strings.Join(args, " "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runRun(cmd.Context(), o, cmd.Flags().Changed("listen"), args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "listen on `ADDRESSES` of loopback; port 0 takes a free one")
	o.add(f)
	f.Var(&choice{&o.vars, []string{"all", "url"}}, "vars", "`WHICH` variables COMMAND gets: all; url, which leaves out PG*, for code that takes PGHOST and PGUSER for Lakebase")
	f.DurationVar(&o.drain, "drain", 12*time.Second, "let the command take `TIME` to end after SIGTERM")
	return cmd
}

func (p *program) runRun(ctx context.Context, o runOptions, listenSet bool, args []string) error {
	opts, err := o.complete(p, o.listen, listenSet)
	if err != nil {
		return err
	}
	p.deaf() // the command decides what an interrupt means
	proxy.Protect()
	p.halve()
	ctx, end := context.WithCancel(ctx)
	defer end()
	command := proxy.Command{Args: args, Env: os.Environ(), Stdin: p.streams.In, Stdout: p.streams.Out, Stderr: p.streams.Err,
		Terminal: p.InTerminal, Orphans: true, Patience: o.drain, OnlyURL: o.vars == "url",
		Started: func(ctx context.Context, pr *proxy.Proxy) (func(), error) {
			proxy.StaySmall(ctx)
			return serveHealth(ctx, o.health, pr)
		}}
	code, err := proxy.Run(ctx, command, opts, func(ctx context.Context) (*lakebase.Connector, error) {
		return p.connector(ctx, &o.proxyFlags, opts.Log)
	})
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		switch code {
		case proxy.ExitNotFound:
			err = fail("there is no command "+args[0], err.Error(), "check its name and PATH")
		case proxy.ExitNotExecutable:
			err = fail(args[0]+" may not be executed", err.Error(), "chmod +x makes a script executable; its first line names its interpreter")
		default:
			err = connectFailure(err)
		}
		_ = p.conclude(ctx, err) // shows it
	}
	return status(code)
}

// splitList takes a list apart at its commas.
func splitList(s string) []string {
	var list []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
