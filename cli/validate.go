package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/graph"
	"github.com/tellr-dev/tellr/engine/resource"
)

type validateOptions struct {
	Files []string
	Vars  variables
}

func newValidateCommand(p *program) *cobra.Command {
	o := validateOptions{}
	cmd := &cobra.Command{
		Use:        "validate ENV.hcl...",
		Short:      "Check files without network",
		SuggestFor: []string{"check", "lint"},
		Long: `validate reads environments with all that they include, and checks what can be
checked offline: syntax, names, types, references, cycles, the platform's
limits. All errors of all files come in one run. What env() names is not needed.`,
		Example: `  tellr validate environments/dev.hcl
  tellr validate environments/*.hcl`,
		Annotations: exits{
			exitDone:  "the files are valid",
			exitError: "they are not",
		}.annotations(),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return one("an environment file", "tellr validate environments/dev.hcl")(cmd, args)
			}
			return nil
		},
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Files = args
			return p.runValidate(cmd.Context(), o)
		},
	}
	o.Vars.flag(cmd)
	return cmd
}

func (p *program) runValidate(ctx context.Context, o validateOptions) error {
	vars, err := o.Vars.parse()
	if err != nil {
		return err
	}
	bad := false
	for _, file := range o.Files {
		if err := p.validate(file, vars); err != nil {
			bad = true
			_, ds := p.explain(ctx, err)
			p.diagnose(ds)
		}
	}
	if bad {
		return status(exitError)
	}
	return nil
}

func (p *program) validate(file string, vars map[string]string) error {
	env, err := p.load(file, "validate", vars)
	if err != nil {
		return err
	}
	if _, ds := graph.New(env.Resources); ds.HasErrors() {
		return ds
	}
	p.say("%s is valid: environment %s, %s in %s.", file, env.Name, things(env.Resources), files(len(env.Sources)))
	return nil
}

func things(rs []*resource.Resource) string {
	if len(rs) == 1 {
		return "1 thing"
	}
	return fmt.Sprintf("%d things", len(rs))
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
