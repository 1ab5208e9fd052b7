package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/runtime/doctor"
)

type doctorOptions struct {
	reaching
	JSON bool
}

func newDoctorCommand(p *program) *cobra.Command {
	o := doctorOptions{}
	o.name = "tellr doctor"
	cmd := &cobra.Command{
		Use:   "doctor [ENVIRONMENT.hcl]",
		Short: "Find out why the database cannot be used",
		Long: `doctor goes the way of a connection, one step a line: environment, workspace, token,
DNS, TCP, TLS, login, then the role and what it may do with the schema, its tables
and sequences, and with those to come. What fails is followed by its cure.

Without a file it examines what this process's environment names, as an
application would: run it in the app's console. With one it connects as the
deployer and looks at what each app that is bound to the instance may do.

It changes nothing. It logs in, which wakes a compute that is suspended.`,
		Example: `  tellr doctor
  tellr doctor environments/dev.hcl
  TELLR_APP_CLIENT_SECRET=… tellr doctor environments/dev.hcl --as-app
  tellr doctor --json | jq '.checks[] | select(.outcome == "FAIL")'`,
		Annotations: exits{exitDone: "nothing failed; there may be warnings", exitError: "a check failed, or the environment file is wrong"}.annotations(),
		Args:        atMostOne("an environment file", "tellr doctor environments/dev.hcl"), ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.file = args[0]
			}
			return p.runDoctor(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object")
	o.flags(cmd)
	return cmd
}

func (p *program) runDoctor(ctx context.Context, o doctorOptions) error {
	r, err := p.database(ctx, o.reaching, "doctor")
	if err != nil {
		return err
	}
	for _, name := range []string{"PGPASSWORD", "DATABASE_URL", "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET"} {
		if v := p.getenv(name); v != "" {
			p.redact.learn(v)
		}
	}
	req := doctor.Request{Env: r.env, Config: r.config, Options: r.options, As: r.role, Source: o.file, Now: p.Now}
	if r.environment != nil {
		req.Cure = r.cure
	}
	if r.environment != nil && r.client == "" && len(r.apps) > 0 {
		asking, cancel := context.WithTimeout(ctx, 20*time.Second) // an API that is down is tried for minutes
		clients, err := p.clients(asking, r, r.apps)
		cancel()
		for _, a := range r.apps {
			account := doctor.Account{Label: a.Address.String(), Role: clients[a.Address], Needs: r.needs(a)}
			switch {
			case err != nil: // where the workspace is what fails, its own check says so
				d := plan.Diagnose(err)[0]
				account.Absent, account.Cure = "its role is not known: "+d.Summary+": "+d.Detail, d.Cure
			case account.Role == "":
				account.Absent, account.Cure = "the app is not there yet", "tellr apply "+o.file
			}
			req.Accounts = append(req.Accounts, account)
		}
	}
	if r.environment != nil && len(req.Accounts) == 0 {
		a := doctor.Account{Role: r.client}
		if r.client != "" {
			for _, app := range r.apps {
				if label := app.Address.String(); "app."+strings.TrimPrefix(o.asApp, "app.") == label || o.asApp == anyApp {
					a.Label, a.Needs = label, r.needs(app)
				}
			}
		} else {
			for _, s := range r.schemas {
				a.Needs = append(a.Needs, doctor.Usual(s))
			}
		}
		req.Accounts = []doctor.Account{a}
	}
	s := render.NewStyle(p.outColored())
	if !o.JSON {
		req.Tell = func(c doctor.Check) { p.printCheck(s, c) }
	}
	checks := doctor.Examine(ctx, req)
	if o.JSON {
		if err := p.checksJSON(checks); err != nil {
			return err
		}
	} else {
		p.verdict(checks)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if doctor.Failed(checks) {
		return status(exitError)
	}
	return nil
}

// printCheck prints a check on a line, and its cure on the next.
func (p *program) printCheck(s render.Style, c doctor.Check) {
	word := fmt.Sprintf("%-7s", c.Outcome)
	switch c.Outcome {
	case doctor.OK:
		word = s.Good(word)
	case doctor.Warn:
		word = s.Warning(word)
	case doctor.Fail:
		word = s.Error(word)
	case doctor.Skipped:
		word = s.Muted(word)
	}
	detail := c.Detail
	if c.Of != "" {
		detail = c.Of + ": " + detail
	}
	if c.Code != "" {
		detail += " [" + string(c.Code) + "]"
	}
	took := ""
	if c.Outcome != doctor.Skipped {
		took = s.Muted(fmt.Sprintf(" (%s)", brief(c.Took)))
	}
	p.say("%s %-11s  %s%s", word, c.Name, oneLine(detail), took)
	if c.Cure != "" && c.Outcome != doctor.Skipped {
		p.say("%s %s", strings.Repeat(" ", 20)+s.Help("help:"), oneLine(c.Cure))
	}
}

// oneLine is a text without line ends, which what a server says may have.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func brief(d time.Duration) string {
	if d < time.Millisecond {
		return "0 ms"
	}
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// verdict sums the checks up.
func (p *program) verdict(checks []doctor.Check) {
	count := map[doctor.Outcome]int{}
	var failed []string
	for _, c := range checks {
		count[c.Outcome]++
		if c.Outcome == doctor.Fail {
			failed = append(failed, c.Name)
		}
	}
	switch {
	case len(failed) > 0:
		p.say("\nFailed: %s. %d ok, %d skipped.", strings.Join(failed, ", "), count[doctor.OK], count[doctor.Skipped])
	case count[doctor.Warn] > 0:
		p.say("\nIt works, with %d to look at.", count[doctor.Warn])
	default:
		p.say("\nAll is well.")
	}
}

// jsonCheck is a check as tellr doctor --json prints it.
type jsonCheck struct {
	Check   string         `json:"check"`
	Of      string         `json:"of,omitempty"`
	Outcome doctor.Outcome `json:"outcome"`
	Detail  string         `json:"detail"`
	Code    string         `json:"code,omitempty"`
	Cure    string         `json:"cure,omitempty"`
	Took    int64          `json:"took_ms"`
}

func (p *program) checksJSON(checks []doctor.Check) error {
	out := struct {
		OK     bool        `json:"ok"`
		Checks []jsonCheck `json:"checks"`
	}{OK: !doctor.Failed(checks)}
	for _, c := range checks {
		out.Checks = append(out.Checks, jsonCheck{c.Name, c.Of, c.Outcome, c.Detail, string(c.Code), c.Cure, c.Took.Milliseconds()})
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	p.say("%s", data)
	return nil
}
