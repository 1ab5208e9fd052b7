package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const exitStatusKey = "exit status"

func newRootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "tellr",
		Short: "Deploy a Databricks App with its Lakebase Postgres database",
		Long: `tellr deploys a Databricks App together with its Lakebase Postgres database from
one HCL file per environment: instance, app, schema, grants, tables, release.

plan reads the files and the live world and shows exactly what would run: the
SQL, the API calls. apply runs that very plan and decides nothing. There is no
state file.`,
		Example: `  # try it, without a workspace
  tellr sandbox -- tellr apply environments/dev.hcl

  # what would change, then make it so
  tellr plan environments/dev.hcl
  tellr apply environments/dev.hcl`,
		Annotations: exits{
			exitDone:        "done",
			exitError:       "error",
			exitChanges:     "changes are pending (plan --detailed-exitcode)",
			exitStale:       "the world moved since the plan was made; nothing was applied",
			exitLocked:      "another apply is at work",
			exitBlocked:     "the plan would destroy what nobody allowed it to; nothing was applied",
			exitInterrupted: "interrupted",
		}.annotations(),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
		Args:             cobra.ArbitraryArgs,
		PersistentPreRun: func(cmd *cobra.Command, args []string) { p.command = shape(cmd, args) },
	}
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.PersistentFlags().Var(&choice{&p.color, []string{"auto", "always", "never"}}, "color",
		"colour the output: `WHEN` is auto (on a terminal, unless NO_COLOR is set), always or never")
	root.PersistentFlags().BoolP("help", "h", false, "show this help")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(p, cmd) })
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelpCommand(p))
	group := func(title string, cmds ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: title, Title: title})
		for _, c := range cmds {
			c.GroupID = title
		}
		root.AddCommand(cmds...)
	}
	group("DEPLOY", newPlanCommand(p), newApplyCommand(p), newDestroyCommand(p), newShowCommand(p), newHistoryCommand(p), newForgetCommand(p), newUnlockCommand(p))
	group("FILES", newValidateCommand(p), newImportCommand(p), newFmtCommand(p), newGraphCommand(p), newSchemaCommand(p))
	group("CONNECT", newRunCommand(p), newProxyCommand(p), newEnvCommand(p), newTokenCommand(p), newPsqlCommand(p), newDoctorCommand(p))
	group("MORE", newSandboxCommand(p), newVersionCommand(p), newCompletionCommand(p))
	root.SetHelpCommandGroupID("MORE")
	return root
}

// exits says what the exit statuses of a command mean.
type exits map[int]string

// annotations keeps the meanings with the command, for its help.
func (e exits) annotations() map[string]string {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(e)) {
		fmt.Fprintf(&b, "  %-3d  %s\n", code, e[code])
	}
	return map[string]string{exitStatusKey: b.String()}
}

// shape is a command line as the ledger remembers it: of a variable only the
// name, since its value may be a secret.
func shape(cmd *cobra.Command, args []string) string {
	words := append([]string{cmd.CommandPath()}, args...)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			switch name, _, _ := strings.Cut(v, "="); {
			case f.Name == "var":
				words = append(words, "--var", name+"=…")
			case f.Value.Type() == "bool" && v == "true":
				words = append(words, "--"+f.Name)
			default:
				words = append(words, "--"+f.Name, v)
			}
		}
	})
	return strings.Join(words, " ")
}

// choice is a flag with a few words to choose from.
type choice struct {
	to    *string
	words []string
}

func (c *choice) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

func (c *choice) Type() string { return "string" }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.words, s) {
		return fmt.Errorf("choose one of %s", strings.Join(c.words, ", "))
	}
	*c.to = s
	return nil
}

var _ pflag.Value = (*choice)(nil)

// unknownCommand suggests what was meant: another command, or plan for a file.
func unknownCommand(root *cobra.Command, name string) error {
	if strings.HasSuffix(name, ".hcl") {
		return fail(fmt.Sprintf("%s is a file, not a command", name), "", "to see what would change: tellr plan "+name)
	}
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
			if slices.Contains(c.SuggestFor, name) {
				return fail(fmt.Sprintf("there is no command %q", name), "", fmt.Sprintf("did you mean: tellr %s", c.Name()))
			}
		}
	}
	if near := nearest(name, names); near != "" {
		return fail(fmt.Sprintf("there is no command %q", name), "", fmt.Sprintf("did you mean: tellr %s", near))
	}
	return fail(fmt.Sprintf("there is no command %q", name), "", "tellr help lists the commands")
}

// flagError words what pflag found wrong.
func flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	more := cmd.CommandPath() + " --help lists the flags"
	switch {
	case errors.As(err, &missing):
		name := missing.GetSpecifiedName()
		if missing.GetSpecifiedShortnames() != "" {
			return fail(fmt.Sprintf("there is no flag -%s", name), "", more)
		}
		if name == "version" {
			more = "tellr version"
		} else if near := nearest(name, flagNames(cmd)); near != "" {
			more = "did you mean --" + near + "?"
		}
		return fail(fmt.Sprintf("%s has no flag --%s", cmd.CommandPath(), name), "", more)
	case errors.As(err, &valueless):
		return fail(fmt.Sprintf("--%s needs a value", valueless.GetFlag().Name), "", cmd.CommandPath()+" --help shows how it is written")
	case errors.As(err, &invalid):
		return fail(fmt.Sprintf("%q is not a value for --%s", invalid.GetValue(), invalid.GetFlag().Name), "", wanted(invalid))
	default:
		return fail(err.Error(), "", more)
	}
}

// wanted says what a flag takes.
func wanted(e *pflag.InvalidValueError) string {
	switch e.GetFlag().Value.Type() {
	case "int":
		return "it takes a whole number"
	case "float64":
		return "it takes a number"
	case "bool":
		return "it takes true or false, or nothing"
	case "duration":
		return "it takes a time such as 50ms or 2m"
	default:
		return errors.Unwrap(e).Error()
	}
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
