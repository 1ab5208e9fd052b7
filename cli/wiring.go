package cli

import (
	"context"
	"slices"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/app"
	"github.com/tellr-dev/tellr/providers/lakebase"
	"github.com/tellr-dev/tellr/providers/postgres"
	"github.com/tellr-dev/tellr/providers/workspace"
	"github.com/tellr-dev/tellr/sandbox"
)

// wiring is the parts of which the commands are made. Nothing in it touches
// the network before a provider is asked to.
type wiring struct {
	kinds     func() []*resource.Kind
	providers func(env plan.Environment, version string) []resource.Provider
	sandbox   sandboxes
}

// sandboxes runs the bundled workspace: around a command, or until the context
// ends.
type sandboxes struct {
	run     func(context.Context, sandboxOptions, IO) (int, error)
	serve   func(context.Context, sandboxOptions, IO) error
	install func(ctx context.Context, o sandboxOptions, io IO) error
}

func realWiring() wiring {
	return wiring{
		kinds: func() []*resource.Kind {
			return slices.Concat(lakebase.Kinds(), app.Kinds(), postgres.Kinds(), []*resource.Kind{plan.CheckKind})
		},
		providers: func(env plan.Environment, version string) []resource.Provider {
			connect := workspace.Connector(workspace.Options{Profile: env.Profile, Host: env.Host, Version: version})
			return []resource.Provider{lakebase.New(connect), app.New(connect), postgres.New()}
		},
		sandbox: sandboxes{
			run: func(ctx context.Context, o sandboxOptions, io IO) (int, error) {
				return sandbox.Run(ctx, o.options(io), o.Command, io.In, io.Out, io.Err)
			},
			serve: func(ctx context.Context, o sandboxOptions, io IO) error {
				return sandbox.Serve(ctx, o.options(io), io.Out)
			},
			install: func(ctx context.Context, o sandboxOptions, io IO) error {
				return sandbox.Install(ctx, o.Postgres, io.Err)
			},
		},
	}
}

func (o sandboxOptions) options(io IO) sandbox.Options {
	return sandbox.Options{
		Latency: o.Latency, ClockRate: o.ClockRate, TokenLifetime: o.TokenLifetime,
		PostgresVersion: o.PGVersion, Postgres: o.Postgres, Log: io.Err,
	}
}

// kindSet is the kinds by name.
func (w wiring) kindSet() resource.Kinds {
	set := resource.Kinds{}
	for _, k := range w.kinds() {
		set[k.Name] = k
	}
	return set
}
