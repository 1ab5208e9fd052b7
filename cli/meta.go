package cli

import (
	"os/exec"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// meta says who made a plan, when, and of which commit. It is no part of the
// plan's hash.
func (p *program) meta(commit string) plan.Meta {
	return plan.Meta{Created: p.Now().UTC().Format(time.RFC3339), By: p.Who(), Commit: commit}
}

// ran is what the ledger remembers of the process.
func (p *program) ran(dir string) resource.Run {
	run := resource.Run{Who: p.Who(), Command: p.command, Version: p.Build.Version, Commit: p.commit(dir), Dirty: dirty(dir)}
	if i := strings.LastIndexByte(run.Who, '@'); i > 0 {
		run.Who, run.Host = run.Who[:i], run.Who[i+1:]
	}
	return run
}

// dirty tells whether git knows of changes that are not committed.
func dirty(dir string) bool {
	out, err := exec.Command("git", "-C", dir, "status", "--porcelain", "--", ".").Output()
	return err == nil && len(out) > 0
}

// commit is the one that is checked out: as CI says, else as git says; "" if
// neither knows.
func (p *program) commit(dir string) string {
	for _, name := range []string{"GITHUB_SHA", "CI_COMMIT_SHA"} {
		if v, ok := p.Getenv(name); ok && v != "" {
			return v
		}
	}
	out, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
