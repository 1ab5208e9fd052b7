package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

// The exit status of every command.
const (
	exitDone        = 0
	exitError       = 1
	exitChanges     = 2
	exitStale       = 3
	exitLocked      = 4
	exitBlocked     = 5
	exitInterrupted = 130
)

// status is the end of a command that is no error, or whose errors are already
// shown.
type status int

func (s status) Error() string { return "" }

// fail makes an error for the user of what is wrong, why, and what to do.
func fail(summary, detail, cure string) error {
	return resource.Diagnostics{{Severity: resource.Error, Summary: summary, Detail: detail, Cure: cure}}
}

// errInterrupted is the cause of a context that a signal ended.
var errInterrupted = errors.New("interrupted")

// conclude shows an error, if it is one, and gives the exit status.
func (p *program) conclude(ctx context.Context, err error) int {
	code, ds := p.ending(ctx, err)
	p.diagnose(ds)
	return code
}

// ending is the exit status of a command, and what there is to say of it.
func (p *program) ending(ctx context.Context, err error) (int, resource.Diagnostics) {
	var s status
	switch {
	case errors.As(err, &s):
		return int(s), nil
	case err == nil:
		return exitDone, nil
	}
	return p.explain(ctx, err)
}

// explain words an error for the user and gives its exit status.
func (p *program) explain(ctx context.Context, err error) (int, resource.Diagnostics) {
	var (
		blocked *apply.Blocked
		stale   *apply.Stale
		where   *resource.Elsewhere
	)
	switch {
	case errors.Is(context.Cause(ctx), errInterrupted):
		return exitInterrupted, interruption(err)
	case errors.As(err, &blocked):
		return exitBlocked, explainBlocked(blocked)
	case errors.As(err, &stale):
		return exitStale, explainStale(stale)
	case errors.As(err, &where):
		return exitError, resource.Diagnostics{{
			Severity: resource.Error, Summary: "the plan was made for another place, so nothing was applied", Detail: where.Error(),
			Cure: "apply it where it was made for (the profile, the host, the connection's URL), or make a plan here",
		}}
	case errors.Is(err, resource.ErrLocked):
		return exitLocked, plan.Diagnose(err)
	default:
		return exitError, plan.Diagnose(err)
	}
}

// interruption keeps what went wrong besides the interrupt itself.
func interruption(err error) resource.Diagnostics {
	ds := resource.Diagnostics{{Severity: resource.Error, Summary: "interrupted"}}
	for _, d := range plan.Diagnose(err) {
		if !errors.Is(d, context.Canceled) && !errors.Is(d, errInterrupted) {
			ds = append(ds, d)
		}
	}
	return ds
}

func explainBlocked(b *apply.Blocked) resource.Diagnostics {
	var detail []string
	for _, s := range b.Steps {
		detail = append(detail, s.Guard()+": "+s.Blocked.Reason)
	}
	cure := ""
	if flags := render.Flags(b.Steps); flags != "" {
		cure = "if you mean it: " + flags
	}
	return resource.Diagnostics{{
		Severity: resource.Error, Summary: "the plan has blocked steps, so nothing was applied",
		Detail: strings.Join(detail, "\n"), Cure: cure,
	}}
}

func explainStale(s *apply.Stale) resource.Diagnostics {
	detail := ""
	for _, m := range s.Moved {
		detail += m.What + "\n"
	}
	summary := "the plan is stale: what it read has changed since, so nothing was applied"
	if s.Begun {
		summary = "the plan is stale: what it read has changed since it began, so the rest was not applied"
	}
	return resource.Diagnostics{{
		Severity: resource.Error, Summary: summary,
		Detail: detail, Cure: "make the plan again, review it, and apply that",
	}}
}
