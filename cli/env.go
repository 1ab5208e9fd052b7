package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/runtime/lakebase"
)

type envOptions struct {
	JSON bool
	Ask  bool
}

func newEnvCommand(p *program) *cobra.Command {
	o := envOptions{}
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Explain which database an application here connects to",
		Long: `env reads the environment variables of this process as the connector (tellr run,
tellr proxy, the Go package) does, and prints each value with where it came from,
what is missing, and what to add. It shows no secret and asks nobody, unless
--ask lets it ask the workspace for what the variables leave open.

All spellings in use are known: the platform's PG* variables, LAKEBASE_*,
DATABASE_URL. One that is empty, or holds the text None, counts as unset.`,
		Example: `  # in the console of an app, or with its variables
  tellr env

  # with the host, kind and user that only the workspace knows
  tellr env --ask

  tellr env --json | jq -r '.settings[] | select(.name == "host").value'`,
		Annotations: exits{
			exitDone:  "a database is named, or the local default is what is meant",
			exitError: "none is, or the variables contradict each other, or --ask got no answer",
		}.annotations(),
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runEnv(cmd, o) },
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&o.Ask, "ask", false, "ask the workspace for what the variables leave open")
	return cmd
}

// explained is the environment as tellr env shows it.
type explained struct {
	Settings  []setting  `json:"settings"`
	Variables []variable `json:"variables"`
	Notes     []string   `json:"notes"`
	Advice    []string   `json:"advice"`
	Error     *problem   `json:"error,omitempty"`
}

type setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"` // never a secret
	Use   string `json:"use"`
}

type problem struct {
	Code   lakebase.Code `json:"code"`
	Detail string        `json:"detail"`
	Cure   string        `json:"cure"`
}

func (p *program) runEnv(cmd *cobra.Command, o envOptions) error {
	for _, name := range []string{"PGPASSWORD", "DATABASE_URL", "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET"} {
		if v := p.getenv(name); v != "" {
			p.redact.learn(v)
		}
	}
	r, err := lakebase.Resolve(p.getenv, lakebase.Config{})
	if err != nil {
		r = nil
	} else if o.Ask {
		var c *lakebase.Connector
		if c, err = lakebase.New(cmd.Context(), lakebase.WithEnv(p.getenv), lakebase.WithLazyRefresh()); err == nil {
			r = c.Resolution()
			err = c.Close()
		}
	}
	x := p.explained(r, err)
	if o.JSON {
		data, jerr := json.MarshalIndent(x, "", "  ")
		if jerr != nil {
			return jerr
		}
		p.say("%s", data)
	} else {
		p.printEnv(x)
	}
	if err != nil {
		if o.JSON {
			return status(exitError)
		}
		return explainDatabase(err)
	}
	return nil
}

func (p *program) explained(r *lakebase.Resolution, err error) explained {
	x := explained{Settings: []setting{}, Variables: []variable{}, Notes: []string{}, Advice: []string{}}
	used := map[string][]string{}
	if r != nil {
		for _, s := range r.Settings() {
			x.Settings = append(x.Settings, setting(s))
			if name, ok := strings.CutPrefix(s.Source, "env "); ok {
				used[name] = append(used[name], s.Name)
			}
		}
		x.Notes = append(x.Notes, r.Notes...)
		x.Advice = append(x.Advice, p.advice(r)...)
	}
	names := append(lakebase.Variables(), "DATABRICKS_HOST", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_TOKEN", "DATABRICKS_AUTH_TYPE", "DATABRICKS_CONFIG_PROFILE")
	for _, name := range names {
		if v, set := p.Getenv(name); set {
			x.Variables = append(x.Variables, variable{name, disclosed(name, v), p.use(name, v, used[name], r)})
		}
	}
	if e := lakebase.Explain(err); e != nil {
		x.Error = &problem{Code: e.Code, Cure: e.Hint}
		entry, _ := e.Code.Lookup()
		x.Error.Detail = entry.Meaning
		if e.Err != nil {
			x.Error.Detail += ": " + e.Err.Error()
		}
	}
	return x
}

// disclosed is a variable's value without what is secret in it.
func disclosed(name, value string) string {
	switch name {
	case "PGPASSWORD", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_TOKEN":
		if strings.TrimSpace(value) == "" || value == "None" {
			return value
		}
		return shown
	case "DATABASE_URL":
		u, err := url.Parse(value)
		if err != nil || u.Host == "" {
			if value == "" || value == "None" {
				return value
			}
			return shown // what cannot be taken apart may hold a password anywhere
		}
		if _, has := u.User.Password(); has {
			u.User = url.User(u.User.Username())
		}
		q := u.Query()
		for _, secret := range []string{"password", "sslpassword"} {
			if q.Has(secret) {
				q.Set(secret, shown)
			}
		}
		u.RawQuery = q.Encode()
		return strings.ReplaceAll(u.String(), url.QueryEscape(shown), shown)
	}
	return value
}

// use says what became of a variable.
func (p *program) use(name, value string, settings []string, r *lakebase.Resolution) string {
	switch v := strings.TrimSpace(value); {
	case v == "":
		return "empty, which counts as unset"
	case v == "None":
		return "the text None, which counts as unset"
	case len(settings) > 0:
		slices.Sort(settings)
		return strings.Join(slices.Compact(settings), ", ")
	case name == "DATABRICKS_APP_NAME":
		return "says that this is an app"
	case strings.HasPrefix(name, "DATABRICKS_") && r != nil:
		if !r.Kind.IsLakebase() {
			return "not needed: no token is"
		}
		return "login to the workspace"
	case name == "LAKEBASE_TYPE" && r != nil && string(r.Kind) == v:
		return "agrees with the kind"
	case r == nil:
		return "set"
	case name == "PGPASSWORD" && r.Kind == lakebase.KindURL && r.Source("kind") == "env DATABASE_URL":
		return "password, if the URL has none"
	case name == "PGPASSWORD" && r.Kind == lakebase.KindURL:
		return "password"
	}
	return "not used"
}

// advice is what would make the environment better.
func (p *program) advice(r *lakebase.Resolution) []string {
	var out []string
	set := func(name string) bool { v := strings.TrimSpace(p.getenv(name)); return v != "" && v != "None" }
	if r.Kind.IsLakebase() {
		if !set("DATABRICKS_HOST") && !set("DATABRICKS_CONFIG_PROFILE") {
			out = append(out, "tokens come from a workspace, and no variable names one: set DATABRICKS_HOST, or DATABRICKS_CONFIG_PROFILE; else the profile DEFAULT is used")
		}
		if set("DATABRICKS_CLIENT_ID") && !set("DATABRICKS_CLIENT_SECRET") && !set("DATABRICKS_TOKEN") {
			out = append(out, "DATABRICKS_CLIENT_ID is set without DATABRICKS_CLIENT_SECRET: set both, or neither")
		}
		if r.Kind == lakebase.KindUnknown {
			out = append(out, "each start asks the workspace which database has this host: name it in app.yaml, {name: LAKEBASE_ENDPOINT, valueFrom: postgres}, "+
				"or for a provisioned instance {name: LAKEBASE_INSTANCE, value: NAME}")
		} else if r.Host == "" {
			out = append(out, "each start asks the workspace for the host: set PGHOST to spare that")
		}
		if r.User == "" {
			out = append(out, "each start asks the workspace who it is: set PGUSER to spare that")
		}
	}
	if r.Kind != lakebase.KindURL && r.Schema == "" {
		out = append(out, "no schema is named, so the role's own search_path decides: set LAKEBASE_SCHEMA (the Python original took app_data)")
	}
	if r.Kind == lakebase.KindURL && r.Schema != "" && r.Source("schema") != "option" {
		out = append(out, "LAKEBASE_SCHEMA does not apply to a database that is used as its URL says: write options=-csearch_path%3D"+r.Schema+" into the URL")
	}
	if r.Kind == lakebase.KindLocal {
		out = append(out, "nothing names a database: set DATABASE_URL, or LAKEBASE_ENDPOINT (projects/P/branches/B/endpoints/E), or LAKEBASE_INSTANCE with PGHOST")
	}
	return out
}

func (p *program) printEnv(x explained) {
	s := render.NewStyle(p.outColored())
	table := func(rows [][3]string) {
		w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
		for _, r := range rows {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", r[0], r[1], r[2])
		}
		_ = w.Flush() // nobody is left to be told that standard output is gone
	}
	if len(x.Settings) > 0 {
		p.say("%s", s.Heading("CONNECTION"))
		var rows [][3]string
		for _, v := range x.Settings {
			rows = append(rows, [3]string{v.Name, cmp.Or(v.Value, "(asked when connecting)"), v.Source})
		}
		table(rows)
	}
	if len(x.Variables) > 0 {
		p.say("%s", s.Heading("VARIABLES"))
		var rows [][3]string
		for _, v := range x.Variables {
			rows = append(rows, [3]string{v.Name, cmp.Or(v.Value, `""`), v.Use})
		}
		table(rows)
	} else {
		p.say("No variable that names a database is set.")
	}
	for _, n := range x.Notes {
		p.say("note: %s", n)
	}
	for _, a := range x.Advice {
		p.say("%s %s", s.Help("help:"), a)
	}
}
