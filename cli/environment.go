package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// variables are values given by --var name=value.
type variables []string

func (v *variables) flag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar((*[]string)(v), "var", nil, "value of a variable, `NAME=VALUE`; wins over TELLR_VAR_NAME; may be repeated")
}

func (v variables) parse() (map[string]string, error) {
	out := map[string]string{}
	for _, s := range v {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, fail(fmt.Sprintf("--var %s gives no value", s), "", "write --var name=value")
		}
		if _, ok := out[name]; ok {
			return nil, fail(fmt.Sprintf("--var gives %s twice", name), "", "give it once")
		}
		out[name] = value
	}
	return out, nil
}

// load reads an environment file, shows all that is wrong with it, and gives
// no environment if anything is.
func (p *program) load(file, verb string, vars map[string]string) (*config.Environment, error) {
	if err := findFile(file, verb); err != nil {
		return nil, err
	}
	if isPlanFile(file) {
		return nil, fail(file+" is a saved plan, not an environment", "", "tellr show "+file+" shows it, tellr apply "+file+" runs it")
	}
	collect := p.collectLate()
	env, ds := config.Load(file, config.Options{Kinds: p.kindSet(), Vars: vars, Getenv: p.Getenv})
	if env != nil {
		p.sources = env.Sources
	}
	if ds.HasErrors() {
		return nil, ds
	}
	p.diagnose(ds) // warnings
	collect.loaded(len(env.Resources))
	return env, nil
}

// secrets reads secrets from their sources.
type secrets struct {
	getenv func(string) (string, bool)
	vars   map[string]string
	redact *redactor
}

// read gives a secret, and sees to it that it is never written.
func (s secrets) read(source string) (string, error) {
	v, err := s.find(source)
	if err == nil {
		s.redact.learn(v)
	}
	return v, err
}

func (s secrets) find(source string) (string, error) {
	name, ok := strings.CutPrefix(source, "env.")
	if !ok {
		return config.SecretValue(source, config.Options{Vars: s.vars, Getenv: s.getenv})
	}
	if v, ok := s.getenv(name); ok && v != "" {
		return v, nil
	}
	return "", fmt.Errorf("the environment variable %s is not set", name)
}

// check finds all secrets that are missing, each at a place where it is used,
// before anything is called.
func (s secrets) check(uses []config.SecretUse) resource.Diagnostics {
	var ds resource.Diagnostics
	said := map[string]bool{}
	for _, use := range uses {
		if said[use.Source] {
			continue
		}
		if _, err := s.read(use.Source); err != nil {
			said[use.Source] = true
			cure := ""
			if name, ok := strings.CutPrefix(use.Source, "env."); ok {
				cure = fmt.Sprintf("set it for tellr: %s=… tellr …", name)
			}
			ds = append(ds, &resource.Diagnostic{Severity: resource.Error, Summary: err.Error(), Cure: cure, Range: use.At})
		}
	}
	return ds
}

// services are what providers use of the outside.
func (p *program) services(s secrets, dir string) resource.Services {
	return resource.Services{Secret: s.read, Now: p.Now, Dir: dir, Run: p.ran(dir), Redact: p.redact.text}
}

// planning is what a plan is made of.
type planning struct {
	file    string
	vars    variables
	destroy bool
	forget  []resource.Address
	undo    string // a run to go back to before; "" for none
	permits permits
	from    string // a recorded snapshot; "" reads the world
	save    string // where to record the snapshot
	verb    string
}

// planned is a plan with what an apply of it needs.
type planned struct {
	plan      *plan.Plan
	providers []resource.Provider
	services  resource.Services
}

// makePlan goes from the files and the world to a plan.
func (p *program) makePlan(ctx context.Context, o planning, emit resource.Emit) (*planned, error) {
	vars, err := o.vars.parse()
	if err != nil {
		return nil, err
	}
	env, err := p.load(o.file, o.verb, vars)
	if err != nil {
		return nil, err
	}
	commit := sync.OnceValue(func() string { return p.commit(env.Dir) })
	go commit() // git takes its time, which the read of the world takes too
	sec := secrets{p.Getenv, vars, p.redact}
	if o.from == "" {
		if ds := sec.check(env.Secrets); len(ds) > 0 {
			return nil, ds
		}
	}
	of := plan.Environment{Name: env.Name, Description: env.Description, File: env.File, Profile: env.Profile, Host: env.Host}
	out := &planned{providers: p.providers(of, p.Build.Version), services: p.services(sec, env.Dir)}
	desired := env.Resources
	var back *plan.Reversal
	if o.undo != "" {
		if back, desired, err = p.reverse(ctx, o, env, out); err != nil {
			return nil, err
		}
	}
	snaps, err := p.snapshots(ctx, o, env, desired, out, emit)
	if err != nil {
		return nil, err
	}
	built, ds := plan.Build(plan.Request{
		Environment: of, Desired: desired, Providers: out.providers, Snapshots: snaps,
		Destroy: o.destroy, Undo: back, Moved: env.Moved, Forget: o.forget, Allow: o.permits.Destroy, AllowRewrite: o.permits.Rewrite, AllowCheck: o.permits.Check, AtOnce: o.permits.AtOnce,
		Rules: env.Rules, Dir: env.Dir, Version: p.Build.Version, Meta: p.meta(commit()),
	})
	if ds.HasErrors() || built == nil {
		return nil, ds
	}
	out.plan = built // its notes hold what remains of ds
	return out, nil
}

// snapshots reads the world, or a recorded one.
func (p *program) snapshots(ctx context.Context, o planning, env *config.Environment, desired []*resource.Resource, with *planned, emit resource.Emit) ([]*resource.Snapshot, error) {
	if o.from != "" {
		return readSnapshots(o.from, env.Name)
	}
	snaps, ds := plan.Read(ctx, plan.ReadRequest{
		Environment: env.Name, Desired: desired, Moved: env.Moved, Providers: with.providers, Services: with.services, Emit: emit,
	})
	if ds.HasErrors() {
		return nil, ds
	}
	p.diagnose(ds)
	if o.save != "" {
		return snaps, writeSnapshots(o.save, env.Name, p.Build.Version, snaps)
	}
	return snaps, nil
}
