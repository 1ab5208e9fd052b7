package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type sandboxOptions struct {
	Command       []string // empty: only start it, and wait
	Latency       time.Duration
	ClockRate     float64
	Postgres      string
	PGVersion     int
	TokenLifetime time.Duration
	Install       bool
}

func newSandboxCommand(p *program) *cobra.Command {
	o := sandboxOptions{}
	cmd := &cobra.Command{
		Use:   "sandbox [-- COMMAND ARGS...]",
		Short: "Run a workspace on this machine",
		Long: `sandbox starts a stand-in Databricks workspace on this machine: the API that tellr
calls, in front of real Postgres clusters. With a command, it runs the command in
it and ends with the command's exit status; everything is gone afterwards.
Without one it prints DATABRICKS_HOST and DATABRICKS_TOKEN, which any Databricks
client needs, and runs until it is interrupted.`,
		Example: `  # the whole loop, without a workspace
  tellr sandbox -- tellr apply environments/dev.hcl

  # a shell in which every Databricks client speaks to the sandbox
  tellr sandbox -- bash

  # fetch Postgres beforehand, for a machine that has no network later
  tellr sandbox --install

  # a slow workspace, with tokens that expire in seconds
  tellr sandbox --latency 200ms --token-lifetime 5s -- make test`,
		Annotations: exits{
			exitDone:  "done, or interrupted; with a command: its exit status, whatever it is",
			exitError: "the sandbox could not start",
		}.annotations(),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return fail("the command of a sandbox stands after two dashes", "", "tellr sandbox -- "+strings.Join(args, " "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Command = args
			return p.runSandbox(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.Latency, "latency", 0, "make every API call take `TIME` longer, such as 50ms")
	f.Float64Var(&o.ClockRate, "clock-rate", 1, "let the workspace's clock run `N` times as fast, so that tokens expire early")
	f.StringVar(&o.Postgres, "postgres", "", "folder `DIR` of the Postgres to use; else TELLR_POSTGRES, tellr's cache, PATH")
	f.IntVar(&o.PGVersion, "pg-version", 0, "Postgres `VERSION` of all instances, 16, 17 or 18; 0 is as Lakebase has it")
	f.DurationVar(&o.TokenLifetime, "token-lifetime", time.Hour, "how long a database token is valid, as `TIME` on the workspace's clock")
	f.BoolVar(&o.Install, "install", false, "fetch every Postgres version that is not on this machine, through npm, and end")
	return cmd
}

func (p *program) runSandbox(ctx context.Context, o sandboxOptions) error {
	if o.Install {
		return p.sandbox.install(ctx, o, p.streams)
	}
	if len(o.Command) == 0 {
		p.stopping = "Stopping the sandbox."
		return p.sandbox.serve(ctx, o, p.streams)
	}
	p.deaf() // the command decides what an interrupt means
	code, err := p.sandbox.run(ctx, o, p.streams)
	if err != nil {
		return err
	}
	return status(code)
}
