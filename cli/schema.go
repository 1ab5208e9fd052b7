package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

type schemaOptions struct {
	Kind   string // "" is all
	Format string
}

func newSchemaCommand(p *program) *cobra.Command {
	o := schemaOptions{Format: "text"}
	cmd := &cobra.Command{
		Use:   "schema [KIND]",
		Short: "Show the blocks that files can have, and their attributes",
		Long: `schema lists the kinds of things that a file can declare, or shows one of them:
what it is, each attribute with its type and its rules, and an example. It is the
table that tellr itself reads files, compares and documents by.`,
		Example: `  tellr schema
  tellr schema table
  tellr schema --format json > schema.json
  tellr schema --format markdown > docs/reference.md`,
		Annotations: exits{exitDone: "done", exitError: "there is no such kind"}.annotations(),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return one("at most one kind", "tellr schema table")(cmd, args)
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return p.kindSet().Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Kind = args[0]
			}
			return p.runSchema(o)
		},
	}
	cmd.Flags().Var(&choice{&o.Format, []string{"text", "json", "markdown"}}, "format", "how to show it: `FORMAT` is text, json or markdown")
	return cmd
}

func (p *program) runSchema(o schemaOptions) error {
	all := p.kinds()
	set := p.kindSet()
	kind := set[o.Kind]
	if o.Kind != "" {
		if kind == nil {
			cure := "there are: " + strings.Join(set.Names(), ", ")
			if near := nearest(o.Kind, set.Names()); near != "" {
				cure = "did you mean " + near + "?"
			}
			return fail("there is no kind "+o.Kind, "", cure)
		}
		all = []*resource.Kind{kind}
	}
	ro := p.rendering()
	switch {
	case o.Format == "json":
		return render.SchemaJSON(p.Out, all)
	case o.Format == "markdown":
		return render.SchemaMarkdown(p.Out, all)
	case kind != nil:
		return render.SchemaText(p.Out, kind, ro)
	default:
		return render.SchemaList(p.Out, all, ro)
	}
}
