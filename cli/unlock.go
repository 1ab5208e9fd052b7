package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/resource"
)

type unlockOptions struct {
	File string
	Yes  bool
	Vars variables
}

func newUnlockCommand(p *program) *cobra.Command {
	o := unlockOptions{}
	cmd := &cobra.Command{
		Use:   "unlock ENV.hcl",
		Short: "End the session of an apply that is dead and holds the lock",
		Long: `unlock shows who holds the lock of the environment, asks, and ends that session at
the server. What it had not committed is rolled back.

It is seldom needed. The lock ends with the process that took it; and if its
machine or its network is gone, the server ends the session after a minute and a
half without a sign of life.

It needs the role that the holder is logged in as, or one that is a member of it,
or pg_signal_backend.`,
		Example:     `  tellr unlock environments/dev.hcl`,
		Annotations: exits{exitDone: "the lock is free", exitError: "error, or the answer was not yes", exitInterrupted: "interrupted"}.annotations(),
		Args:        one("an environment file", "tellr unlock environments/dev.hcl"),

		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return p.runUnlock(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	o.Vars.flag(cmd)
	return cmd
}

// alive is how long ago a sign of life may be of a holder that is at work: one
// comes at least every quarter of a minute.
const alive = 45 * time.Second

func (p *program) runUnlock(ctx context.Context, o unlockOptions) error {
	m, err := p.memories(o.File, "unlock", o.Vars)
	if err != nil {
		return err
	}
	holders, err := ledger.Holders(ctx, m.scopes, m.providers, m.services)
	if err != nil {
		return err
	}
	if len(holders) == 0 {
		p.say("Nobody holds the lock of environment %s.", m.environment.Name)
		return nil
	}
	for _, h := range holders {
		p.say("The lock of environment %s in %s is held by %s.", m.environment.Name, h.System, h.String())
		if h.Quiet >= 0 && h.Quiet < alive {
			p.diagnose(resource.Diagnostics{{Severity: resource.Warning, Summary: "the holder is alive",
				Detail: fmt.Sprintf("it gave a sign of life %s ago; to end it now rolls back what it is doing", h.Quiet),
				Cure:   "better wait: tellr apply --lock-timeout 10m"}})
		}
	}
	if !o.Yes {
		if !p.InTerminal {
			return fail("nobody can be asked: standard input is not a terminal", "nothing was ended", "add --yes")
		}
		if err := p.ask(ctx, "End that session", "nothing was ended"); err != nil {
			return err
		}
	}
	for _, h := range holders {
		if err := ledger.Evict(ctx, m.scopes, m.providers, m.services, h); err != nil {
			return err
		}
	}
	p.say("The lock of environment %s is free. The next plan says what is left to do.", m.environment.Name)
	return nil
}
