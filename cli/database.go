package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/runtime/doctor"
	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// reaching says which database of an environment a command speaks to, and as
// whom.
type reaching struct {
	file     string
	vars     variables
	instance string // label; "" is the only one, or main
	asApp    string // label of an app; anyApp is the only one; "" is the deployer
	name     string // application_name
}

// anyApp is --as-app without a label.
const anyApp = "*"

func (r *reaching) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.instance, "instance", "", "`LABEL` of the instance, where the environment has several and none is main")
	cmd.Flags().StringVar(&r.asApp, "as-app", "", "as the app `LABEL` instead of the deployer; write --as-app=LABEL, or --as-app where there is one")
	cmd.Flags().Lookup("as-app").NoOptDefVal = anyApp
	r.vars.flag(cmd)
}

// wordApart refuses a label that stands apart from --as-app, where it would be
// an argument.
func wordApart(cmd *cobra.Command, args []string) error {
	if f := cmd.Flags().Lookup("as-app"); f.Changed && f.Value.String() == anyApp && len(args) > 1 {
		label := args[len(args)-1]
		if strings.HasSuffix(label, ".hcl") {
			label = args[0]
		}
		return fail("a label of --as-app is joined to it", "without one it is the only app there is", "write --as-app="+label)
	}
	return nil
}

// reached is a database that a command can connect to.
type reached struct {
	env     func(string) string // what the connector sees
	config  lakebase.Config
	options []lakebase.Option
	sslmode string // what the files say; verify-full if nothing

	environment *config.Environment
	instance    *resource.Resource
	schemas     []string // search_path
	apps        []*resource.Resource
	client      string // service principal of the app that is asked for
	// role is to be taken after the login: the app's, for a deployer who has
	// no secret of it.
	role string
}

// process is the database of the process's environment.
func (p *program) process(name string) *reached {
	return &reached{env: p.getenv, config: lakebase.Config{Application: name}, sslmode: "verify-full"}
}

// getenv looks up a variable; "" if it is not set.
func (p *program) getenv(name string) string {
	v, _ := p.Getenv(name)
	return v
}

// reach finds the database of an environment. It asks the workspace only for
// an app's service principal, and for the host of an instance with a password
// of its own.
func (p *program) reach(ctx context.Context, o reaching, verb string) (*reached, error) {
	vars, err := o.vars.parse()
	if err != nil {
		return nil, err
	}
	env, err := p.load(o.file, verb, vars)
	if err != nil {
		return nil, err
	}
	r := &reached{environment: env, sslmode: "verify-full", config: lakebase.Config{Application: o.name}}
	if r.instance, err = chooseInstance(env, o.instance); err != nil {
		return nil, err
	}
	r.env = p.deployerEnv(env)
	r.schemas, r.apps = inhabitants(env, r.instance.Address)
	sec := secrets{p.Getenv, vars, p.redact}
	if err := p.locate(ctx, r, sec); err != nil {
		return nil, err
	}
	if o.asApp != "" {
		if err := p.actAs(ctx, r, o.asApp); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// chooseInstance is the instance with a label, or the one that is meant
// without.
func chooseInstance(env *config.Environment, label string) (*resource.Resource, error) {
	var all []*resource.Resource
	var names []string
	for _, r := range env.Resources {
		if r.Kind.Name == "instance" {
			all = append(all, r)
			names = append(names, strings.TrimPrefix(r.Address.String(), "instance."))
		}
	}
	label = strings.TrimPrefix(label, "instance.")
	want := label
	if want == "" {
		want = "main"
	}
	for i, r := range all {
		if names[i] == want {
			return r, nil
		}
	}
	switch {
	case len(all) == 0:
		return nil, fail("environment "+env.Name+" has no instance, so there is no database", "", `write instance "main" { … }; tellr schema instance shows how`)
	case label == "" && len(all) == 1:
		return all[0], nil
	case label == "":
		return nil, fail(fmt.Sprintf("environment %s has %d instances, and none is called main", env.Name, len(all)), "", "choose one with --instance: "+strings.Join(names, ", "))
	default:
		return nil, fail(fmt.Sprintf("environment %s has no instance %q", env.Name, label), "", "there is: "+strings.Join(names, ", "))
	}
}

// inhabitants are the schemas of an instance by their live names, the bound
// app's own first, and the apps that are bound to it.
func inhabitants(env *config.Environment, instance resource.Address) (schemas []string, apps []*resource.Resource) {
	names := map[resource.Address]string{}
	var order []resource.Address
	for _, r := range env.Resources {
		in, _ := r.Attrs.Get("instance").Ref()
		bound, _ := r.Attrs.Get("database").Get("instance").Ref()
		switch {
		case r.Kind.Name == "schema" && in == instance:
			names[r.Address] = r.Name()
			order = append(order, r.Address)
		case r.Kind.Name == "app" && bound == instance:
			apps = append(apps, r)
		}
	}
	said := map[resource.Address]bool{}
	add := func(a resource.Address) {
		if name := names[a]; name != "" && !said[a] {
			said[a] = true
			schemas = append(schemas, name)
		}
	}
	for _, a := range apps {
		s, _ := a.Attrs.Get("database").Get("schema").Ref()
		add(s)
	}
	for _, a := range order {
		add(a)
	}
	return schemas, apps
}

// deployerEnv is the process's environment as far as it says who is logged in
// where. What names a database there is another one's.
func (p *program) deployerEnv(env *config.Environment) func(string) string {
	another := map[string]bool{"DATABRICKS_APP_NAME": true}
	for _, v := range lakebase.Variables() {
		another[v] = v != "PGSSLROOTCERT" && v != "DATABRICKS_CLIENT_ID"
	}
	return func(name string) string {
		switch {
		case another[name]:
			return ""
		case name == "DATABRICKS_HOST" && env.Host != "":
			return env.Host
		case name == "DATABRICKS_CONFIG_PROFILE" && env.Profile != "":
			return env.Profile
		case name == "DATABRICKS_CLIENT_ID" && (p.getenv("DATABRICKS_CLIENT_SECRET") == "" || p.getenv("DATABRICKS_AUTH_TYPE") == "pat"):
			return "" // who it names is not who is logged in
		}
		return p.getenv(name)
	}
}

// locate says how the connector finds the instance: as tellr itself does, with
// what `connection` overrides.
func (p *program) locate(ctx context.Context, r *reached, sec secrets) error {
	if ds := sec.check(secretsOf(r.environment, r.instance)); len(ds) > 0 {
		return ds
	}
	facts := map[string]string{}
	if r.instance.Kind.Derive != nil {
		for _, f := range r.instance.Kind.Derive(r.instance) {
			facts[f.Name] = f.Value.Str()
		}
	}
	if facts["type"] == "postgres" {
		e, err := p.plainEndpoint(ctx, r, sec)
		if err != nil {
			return err
		}
		p.redact.learn(e.URL)
		r.config.URL = e.URL
		return nil
	}
	if r.config.Endpoint = facts["endpoint_path"]; r.config.Endpoint == "" {
		r.config.Instance = facts["instance_name"]
	}
	c := r.instance.Attrs.Get("connection").Fill(func(h resource.Hole) (resource.Value, bool) {
		if !h.IsSecret() {
			return resource.Value{}, false
		}
		s, err := sec.read(h.Secret)
		return resource.String(s), err == nil // checked above
	})
	r.config.Host, r.config.User, r.config.Database = c.Get("host").Str(), c.Get("user").Str(), c.Get("database").Str()
	if h, port, err := net.SplitHostPort(r.config.Host); err == nil {
		n, _ := strconv.ParseUint(port, 10, 16) // a port that is none is found when it is connected to
		r.config.Host, r.config.Port = h, uint16(n)
	}
	if n, ok := c.Get("port").Int(); ok {
		r.config.Port = uint16(n)
	}
	if mode := c.Get("sslmode").Str(); mode != "" {
		r.sslmode = mode
	}
	if password := c.Get("password").Str(); password != "" {
		return p.withPassword(ctx, r, password)
	}
	switch r.sslmode {
	case "allow", "prefer", "require": // through a tunnel, say, the server has another name; tellr itself connects so too
		r.options = append(r.options, lakebase.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	}
	return nil
}

// secretsOf are the secrets that a resource needs.
func secretsOf(env *config.Environment, r *resource.Resource) []config.SecretUse {
	var uses []config.SecretUse
	for h := range r.Attrs.Holes {
		for _, use := range env.Secrets {
			if h.Secret == use.Source {
				uses = append(uses, use)
			}
		}
	}
	return uses
}

// plainEndpoint asks the provider for the URL of a plain Postgres.
func (p *program) plainEndpoint(ctx context.Context, r *reached, sec secrets) (resource.Endpoint, error) {
	of := plan.Environment{Name: r.environment.Name, File: r.environment.File, Profile: r.environment.Profile, Host: r.environment.Host}
	providers := p.providers(of, p.Build.Version)
	scopes, ds := plan.Scopes(of.Name, r.environment.Resources, providers)
	if ds.HasErrors() {
		return resource.Endpoint{}, ds
	}
	svc := plan.WithEndpoints(p.services(sec, r.environment.Dir), providers, scopes)
	return svc.Endpoint(ctx, r.instance.Address, "")
}

// withPassword is for an instance whose role has a password of its own: no
// token is asked for.
func (p *program) withPassword(ctx context.Context, r *reached, password string) error {
	c, err := lakebase.New(ctx, append(r.options, lakebase.WithEnv(r.env), lakebase.WithConfig(r.config))...)
	if err != nil {
		return explainDatabase(err)
	}
	at := c.Resolution()
	address := c.Address()
	if err := c.Close(); err != nil {
		return err
	}
	u := url.URL{Scheme: "postgresql", User: url.UserPassword(at.User, password), Host: address, Path: "/" + at.Database,
		RawQuery: url.Values{"sslmode": {r.sslmode}}.Encode()}
	p.redact.learn(password)
	r.config = lakebase.Config{URL: u.String(), Application: r.config.Application}
	return nil
}

// connector makes the connector of a database.
func (r *reached) connector(ctx context.Context) (*lakebase.Connector, error) {
	options := append([]lakebase.Option{lakebase.WithEnv(r.env), lakebase.WithConfig(r.config), lakebase.WithLazyRefresh()}, r.options...)
	c, err := lakebase.New(ctx, options...)
	if err != nil {
		return nil, r.explain(err)
	}
	return c, nil
}

// explain words an error of the connector, and says more where the files do.
func (r *reached) explain(err error) error {
	err = explainDatabase(err)
	var ds resource.Diagnostics
	if e := lakebase.Explain(err); e != nil && r.environment != nil && errors.As(err, &ds) && len(ds) == 1 {
		ds[0].Cure = r.cure(doctor.Check{Code: e.Code, Cure: ds[0].Cure})
	}
	return err
}

// cure is what to do about a failure in words of the environment's file.
func (r *reached) cure(c doctor.Check) string {
	apply := "tellr apply " + r.environment.File
	switch {
	case c.Code == lakebase.ErrMintNotFound:
		return fmt.Sprintf("if %s is not made yet: %s; else %s", r.instance.Address, apply, c.Cure)
	case c.Name == doctor.SetRole && c.Code == lakebase.ErrPermission:
		return secretCure(r.role, c.Cure)
	}
	return strings.Replace(c.Cure, "run tellr apply", "run "+apply, 1)
}

// explainDatabase turns an error of the connector into a message of what is
// wrong, why, and what to do.
func explainDatabase(err error) error {
	var worded resource.Diagnostics
	e := lakebase.Explain(err)
	if e == nil || errors.As(err, &worded) {
		return err
	}
	entry, _ := e.Code.Lookup()
	d := &resource.Diagnostic{Severity: resource.Error, Summary: entry.Meaning, Cure: e.Hint, Err: err}
	if d.Detail = e.Op; e.Err != nil {
		if d.Detail != "" {
			d.Detail += ": "
		}
		d.Detail += e.Err.Error()
	}
	return resource.Diagnostics{d}
}
