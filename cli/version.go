package cli

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/plan"
)

func newVersionCommand(p *program) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show which tellr this is",
		Long:  "version prints the version, the commit that it was built of, Go's and the system's.",
		Example: `  tellr version
  tellr version --json`,
		Annotations: exits{exitDone: "done"}.annotations(),
		Args:        none,
		RunE:        func(*cobra.Command, []string) error { return p.runVersion(asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func (p *program) runVersion(asJSON bool) error {
	b := p.Build
	if asJSON {
		return json.NewEncoder(p.Out).Encode(struct {
			Version string `json:"version"`
			Commit  string `json:"commit,omitempty"`
			Go      string `json:"go"`
			System  string `json:"system"`
			// PlanFormat is the version of the plan files that it reads.
			PlanFormat int `json:"plan_format"`
		}{b.Version, b.Commit, b.Go, b.System, plan.Format})
	}
	p.say("%s", strings.Join(strings.Fields("tellr "+b.Version+" "+b.Commit[:min(12, len(b.Commit))]+" "+b.Go+" "+b.System), " "))
	return nil
}
