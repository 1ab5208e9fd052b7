package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/render"
)

// help prints a command's help: purpose, usage, commands, flags, examples and
// exit status.
func help(p *program, cmd *cobra.Command) {
	s := render.NewStyle(p.outColored())
	var b strings.Builder
	b.WriteString(cmd.Short + ".\n\n")
	if cmd.Long != "" {
		b.WriteString(strings.TrimSpace(cmd.Long) + "\n\n")
	}
	b.WriteString(s.Heading("USAGE") + "\n  " + usageLine(cmd) + "\n\n")
	for _, g := range cmd.Groups() {
		b.WriteString(s.Heading(g.Title) + "\n")
		for _, c := range cmd.Commands() {
			if c.GroupID == g.ID && !c.Hidden {
				fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
			}
		}
		b.WriteByte('\n')
	}
	if cmd.HasParent() && cmd.HasSubCommands() {
		b.WriteString(s.Heading("COMMANDS") + "\n")
		for _, c := range cmd.Commands() {
			fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
		}
		b.WriteByte('\n')
	}
	if flags := strings.TrimRight(cmd.Flags().FlagUsagesWrapped(100), "\n"); flags != "" {
		b.WriteString(s.Heading("FLAGS") + "\n" + flags + "\n\n")
	}
	b.WriteString(s.Heading("EXAMPLES") + "\n" + strings.TrimRight(cmd.Example, "\n") + "\n\n")
	b.WriteString(s.Heading("EXIT STATUS") + "\n" + cmd.Annotations[exitStatusKey])
	fmt.Fprint(p.Out, b.String())
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasSubCommands() && !cmd.HasParent() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return strings.TrimSpace(strings.TrimSuffix(cmd.CommandPath(), cmd.Name())+cmd.Use) + " [flags]"
}

func newHelpCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       "Show the help of a command",
		Long:        "help shows what a command is for, how it is called, and what its exit status means.",
		Example:     "  tellr help plan",
		Annotations: exits{exitDone: "done", exitError: "there is no such command"}.annotations(),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if !c.Hidden && len(args) == 0 {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 || len(args) > 0 && of == cmd.Root() {
				return unknownCommand(cmd.Root(), args[0])
			}
			of.InitDefaultHelpFlag()
			help(p, of)
			return nil
		},
	}
}
