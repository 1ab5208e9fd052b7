package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCompletionCommand(p *program) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash | zsh | fish | powershell",
		Short: "Print a script that completes commands in a shell",
		Long: `completion prints a script that teaches a shell to complete tellr's commands,
flags, environment files and kinds.`,
		Example: `  # bash, for this session; for good: into ~/.bashrc
  source <(tellr completion bash)

  # zsh, for good
  tellr completion zsh > "${fpath[1]}/_tellr"

  # fish, for good
  tellr completion fish > ~/.config/fish/completions/tellr.fish

  # PowerShell, for this session
  tellr completion powershell | Out-String | Invoke-Expression`,
		Annotations: exits{exitDone: "done", exitError: "there is no script for that shell"}.annotations(),
		ValidArgs:   shells,
		Args:        one("the name of a shell", "tellr completion bash"),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(p.Out, true)
			case "zsh":
				return root.GenZshCompletion(p.Out)
			case "fish":
				return root.GenFishCompletion(p.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(p.Out)
			}
			cure := "there are bash, zsh, fish and powershell"
			if near := nearest(args[0], shells); near != "" {
				cure = "did you mean " + near + "?"
			}
			return fail(fmt.Sprintf("there is no completion for %q", args[0]), "", cure)
		},
	}
}
