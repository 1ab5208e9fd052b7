package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/ledger"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

type historyOptions struct {
	File  string
	Run   string // "" lists them
	Limit int
	JSON  bool
	Vars  variables
}

func newHistoryCommand(p *program) *cobra.Command {
	o := historyOptions{}
	cmd := &cobra.Command{
		Use:        "history ENV.hcl [RUN]",
		Short:      "Show who applied what, and when",
		SuggestFor: []string{"log", "runs", "ledger"},
		Long: `history lists the applies that the ledger in the environment's databases
remembers, the latest first. With a RUN, of which the first digits are enough, it
shows that one in full: each step with its statements or its call, when it
began, how long it took, how it ended. Nothing is changed.

An outcome is done, failed, interrupted, running (it is at work now) or in doubt
(nobody saw its end; the next plan says what is left). A commit with + had changes
that were not committed.

With --json, a list is {"environment", "runs": […]}, and one run is an object.
A run has id, environment, plan, who, host, command, commit, dirty, version,
started, ended, outcome and changed; one in full also steps and changes, which
hold what each thing was before and after.`,
		Example: `  tellr history environments/prod.hcl
  tellr history environments/prod.hcl 3f9a12

  # who changed this table?
  tellr history environments/prod.hcl --limit 0 --json | jq -r '.runs[].id' |
    xargs -n1 tellr history environments/prod.hcl --json | jq 'select(.changes[]?.address == "table.orders") | .who'`,
		Annotations: exits{
			exitDone:        "done, also if nothing is remembered",
			exitError:       "error, or there is no such run",
			exitInterrupted: "interrupted",
		}.annotations(),
		Args:              oneOrTwo("an environment file, and maybe a run", "tellr history environments/dev.hcl"),
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			if len(args) == 2 {
				o.Run = args[1]
			}
			return p.runHistory(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Limit, "limit", 20, "list the last `N` runs; 0 is all")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	o.Vars.flag(cmd)
	return cmd
}

func (p *program) runHistory(ctx context.Context, o historyOptions) error {
	if o.Limit < 0 {
		return fail("--limit must not be negative", "", "leave it out for 20, or write 0 for all")
	}
	m, err := p.memories(o.File, "history", o.Vars)
	if err != nil {
		return err
	}
	if o.Run != "" {
		return p.showRun(ctx, m, o)
	}
	runs, err := ledger.History(ctx, m.scopes, m.providers, m.services, o.Limit)
	if err != nil {
		return err
	}
	if o.JSON {
		if runs == nil {
			runs = []resource.Run{}
		}
		return p.writeJSON(jsonHistory{m.environment.Name, runs})
	}
	if len(runs) > 0 {
		return render.History(p.Out, runs, p.rendering())
	}
	there, err := m.there(ctx)
	switch {
	case err != nil:
		return err
	case !there:
		p.say("Environment %s has no database yet, so no run is remembered.", m.environment.Name)
	default:
		p.say("No run of environment %s is remembered: nothing was applied to it yet.", m.environment.Name)
	}
	return nil
}

type jsonHistory struct {
	Environment string         `json:"environment"`
	Runs        []resource.Run `json:"runs"`
}

func (p *program) showRun(ctx context.Context, m *memories, o historyOptions) error {
	run, err := m.find(ctx, o.Run)
	switch {
	case err != nil:
		return err
	case o.JSON:
		return p.writeJSON(run)
	}
	return render.Run(p.Out, run, p.rendering())
}

// find gives the one run in full whose ID begins so.
func (m *memories) find(ctx context.Context, id string) (resource.Run, error) {
	runs, err := ledger.Find(ctx, m.scopes, m.providers, m.services, id)
	switch {
	case err != nil:
		return resource.Run{}, err
	case len(runs) == 0:
		return resource.Run{}, fail(fmt.Sprintf("environment %s has no run %s", m.environment.Name, id), "", "tellr history "+m.environment.File+" lists them")
	case len(runs) > 1:
		var ids []string
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return resource.Run{}, fail(fmt.Sprintf("%d runs of environment %s begin with %s", len(runs), m.environment.Name, id), strings.Join(ids, ", "), "write more digits")
	}
	return runs[0], nil
}

func (p *program) writeJSON(v any) error {
	enc := json.NewEncoder(p.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// memories are the databases of an environment, which remember what was done to
// it.
type memories struct {
	environment plan.Environment
	scopes      []resource.Scope
	providers   []resource.Provider
	services    resource.Services
}

// memories finds the databases of an environment, without a look at what is in
// them.
func (p *program) memories(file, verb string, given variables) (*memories, error) {
	vars, err := given.parse()
	if err != nil {
		return nil, err
	}
	env, err := p.load(file, verb, vars)
	if err != nil {
		return nil, err
	}
	sec := secrets{p.Getenv, vars, p.redact}
	for _, r := range env.Resources {
		if r.Kind.Name == "instance" {
			if ds := sec.check(secretsOf(env, r)); len(ds) > 0 {
				return nil, ds
			}
		}
	}
	of := plan.Environment{Name: env.Name, File: env.File, Profile: env.Profile, Host: env.Host}
	return remembering(of, env.Resources, p.providers(of, p.Build.Version), p.services(sec, env.Dir))
}

func remembering(of plan.Environment, desired []*resource.Resource, providers []resource.Provider, svc resource.Services) (*memories, error) {
	scopes, ds := plan.Scopes(of.Name, desired, providers)
	if ds.HasErrors() {
		return nil, ds
	}
	return &memories{environment: of, scopes: scopes, providers: providers, services: plan.WithEndpoints(svc, providers, scopes)}, nil
}

// there tells whether any of the databases is there.
func (m *memories) there(ctx context.Context) (bool, error) {
	for _, s := range m.scopes {
		if s.System.Host.IsZero() {
			continue
		}
		e, err := m.services.Endpoint(ctx, s.System.Host, s.System.Database)
		if err != nil || !e.Absent {
			return err == nil, err
		}
	}
	return false, nil
}
