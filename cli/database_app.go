package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/runtime/doctor"
)

// appSecret is the variable with an OAuth secret of an app's service
// principal. With it tellr is the app; without, it can only take its role.
const appSecret = "TELLR_APP_CLIENT_SECRET"

// actAs makes the connection the app's own where there is a secret of its
// service principal, and else one that takes its role after the login.
func (p *program) actAs(ctx context.Context, r *reached, label string) error {
	app, err := chooseApp(r, label)
	if err != nil {
		return err
	}
	clients, err := p.clients(ctx, r, []*resource.Resource{app})
	if err != nil {
		return err
	}
	client := clients[app.Address]
	if client == "" {
		return fail(fmt.Sprintf("%s is not there yet, so nobody can act as it", app.Address), "", "tellr apply "+r.environment.File)
	}
	r.client = client
	if s, _ := app.Attrs.Get("database").Get("schema").Ref(); s.Kind != "" {
		if i := slices.IndexFunc(r.environment.Resources, func(x *resource.Resource) bool { return x.Address == s }); i >= 0 {
			r.schemas = []string{r.environment.Resources[i].Name()} // what the app itself is told
		}
	}
	secret := p.getenv(appSecret)
	if secret == "" {
		r.role = client
		return nil
	}
	p.redact.learn(secret)
	deployer := r.env
	r.env = func(name string) string {
		switch name {
		case "DATABRICKS_CLIENT_ID":
			return client
		case "DATABRICKS_CLIENT_SECRET":
			return secret
		case "DATABRICKS_AUTH_TYPE":
			return "oauth-m2m"
		case "DATABRICKS_TOKEN":
			return ""
		}
		return deployer(name)
	}
	r.config.User = client
	return nil
}

// chooseApp is the app with a label among those of the instance.
func chooseApp(r *reached, label string) (*resource.Resource, error) {
	var names []string
	label = strings.TrimPrefix(label, "app.")
	for _, a := range r.apps {
		name := strings.TrimPrefix(a.Address.String(), "app.")
		if names = append(names, name); name == label {
			return a, nil
		}
	}
	switch {
	case len(r.apps) == 1 && label == anyApp:
		return r.apps[0], nil
	case len(r.apps) == 0:
		return nil, fail(fmt.Sprintf("no app of environment %s is bound to %s", r.environment.Name, r.instance.Address), "",
			"leave out --as-app, or bind one: app \"web\" { database = { instance = "+r.instance.Address.String()+" } }")
	case label == anyApp:
		return nil, fail(fmt.Sprintf("%d apps are bound to %s", len(r.apps), r.instance.Address), "", "choose one: --as-app="+strings.Join(names, ", --as-app="))
	default:
		return nil, fail(fmt.Sprintf("no app %q is bound to %s", label, r.instance.Address), "", "there is: "+strings.Join(names, ", "))
	}
}

// clients asks the workspace for the service principals of apps; "" for one
// that is not there.
func (p *program) clients(ctx context.Context, r *reached, apps []*resource.Resource) (map[resource.Address]string, error) {
	of := plan.Environment{Name: r.environment.Name, File: r.environment.File, Profile: r.environment.Profile, Host: r.environment.Host}
	out := map[resource.Address]string{}
	for _, provider := range p.providers(of, p.Build.Version) {
		if provider.Name() != "app" {
			continue
		}
		// Nothing of the release is asked for: its files need not be here.
		scope := resource.Scope{System: resource.System{Provider: provider.Name(), Name: "workspace/app"}, Environment: of.Name}
		for _, a := range apps {
			scope.Wanted = append(scope.Wanted, resource.Wanted{Address: a.Address, Locate: resource.Object(resource.F("name", resource.String(a.Name())))})
		}
		snap, err := provider.Read(ctx, scope, p.services(secrets{}, r.environment.Dir))
		if err != nil {
			return nil, err
		}
		for _, a := range apps {
			if live := snap.Object(a.Address); live != nil {
				out[a.Address] = live.Attrs.Get("service_principal_client_id").Str()
			}
		}
	}
	return out, nil
}

// needs are what an app is granted in the files, by schema, or what an app
// usually needs where nothing is granted.
func (r *reached) needs(app *resource.Resource) []doctor.Need {
	var out []doctor.Need
	for _, g := range r.environment.Resources {
		if g.Kind.Name != "grants" || !grantedTo(g.Attrs.Get("to"), app.Address) {
			continue
		}
		a := g.Attrs
		n := doctor.Need{Schema: a.Get("schema").Str(), OnSchema: a.Get("on_schema").StringList(), Tables: a.Get("tables").StringList(), Sequences: a.Get("sequences").StringList()}
		if ref, ok := a.Get("schema").Ref(); ok {
			n.Schema = ref.Name
			for _, s := range r.environment.Resources {
				if s.Address == ref {
					n.Schema = s.Name()
				}
			}
		}
		if !slices.Contains(r.schemas, n.Schema) {
			continue // of another instance
		}
		if len(n.OnSchema)+len(n.Tables)+len(n.Sequences)+len(a.Get("functions").StringList()) == 0 { // what grants means then
			n.OnSchema, n.Tables, n.Sequences = []string{"USAGE", "CREATE"}, []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, []string{"USAGE", "SELECT"}
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		for _, s := range r.schemas {
			out = append(out, doctor.Usual(s))
		}
	}
	return out
}

func grantedTo(to resource.Value, app resource.Address) bool {
	for _, g := range append(slices.Clone(to.Items()), to) {
		if a, ok := g.Ref(); ok && a == app {
			return true
		}
		for h := range g.Holes {
			if h.Ref.Address == app {
				return true
			}
		}
	}
	return false
}
