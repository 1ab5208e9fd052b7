package cli

import (
	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/graph"
)

type graphOptions struct {
	File   string
	Format string
	Vars   variables
}

func newGraphCommand(p *program) *cobra.Command {
	o := graphOptions{Format: "mermaid"}
	cmd := &cobra.Command{
		Use:   "graph ENV.hcl",
		Short: "Draw what depends on what",
		Long: `graph prints the things of an environment with their references, without network:
as Mermaid, which GitHub draws in Markdown, or as DOT for Graphviz.`,
		Example: `  tellr graph environments/dev.hcl
  tellr graph environments/dev.hcl --format dot | dot -Tsvg > dev.svg`,
		Annotations:       exits{exitDone: "done", exitError: "error"}.annotations(),
		Args:              one("an environment file", "tellr graph environments/dev.hcl"),
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(_ *cobra.Command, args []string) error {
			o.File = args[0]
			return p.runGraph(o)
		},
	}
	cmd.Flags().Var(&choice{&o.Format, []string{"mermaid", "dot"}}, "format", "how to draw it: `FORMAT` is mermaid or dot")
	o.Vars.flag(cmd)
	return cmd
}

func (p *program) runGraph(o graphOptions) error {
	vars, err := o.Vars.parse()
	if err != nil {
		return err
	}
	env, err := p.load(o.File, "graph", vars)
	if err != nil {
		return err
	}
	g, ds := graph.New(env.Resources)
	if ds.HasErrors() {
		return ds
	}
	text := g.Mermaid()
	if o.Format == "dot" {
		text = g.DOT()
	}
	_, err = p.Out.Write([]byte(text))
	return err
}
