package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// systemName is the system in which apps are read and changed.
const systemName = "workspace/app"

// running is the state of an app that a release asks for.
const running = "RUNNING"

// Provider is the provider of apps.
type Provider struct {
	connect workspace.Connect
	kind    *resource.Kind
}

var _ resource.Provider = (*Provider)(nil)

// New makes the provider. connect is called only when an app is wanted.
func New(connect workspace.Connect) *Provider {
	return &Provider{connect: connect, kind: appKind()}
}

// Name is "app".
func (p *Provider) Name() string { return "app" }

// Kinds lists the kind app.
func (p *Provider) Kinds() []*resource.Kind { return []*resource.Kind{p.kind} }

// Scopes gives one scope with all apps; none if there are none. What an app
// needs of its instance and schema follows from their configuration, and goes
// with the scope.
func (p *Provider) Scopes(environment string, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	var ds resource.Diagnostics
	all := make(map[resource.Address]*resource.Resource, len(desired))
	for _, r := range desired {
		all[r.Address] = r
	}
	scope := resource.Scope{System: resource.System{Provider: p.Name(), Name: systemName}, Environment: environment}
	for _, r := range desired {
		if r.Kind.Name != p.kind.Name {
			continue
		}
		if name := r.Attrs.Get("name"); !name.Known() {
			ds.Errorf(name.Range(), "the name of an app must be known when the plan is made", "write it as text or from a variable",
				"%s takes it from something that is made later: %s", r.Address, name.Show())
			continue
		}
		b, d := bindingOf(r, all)
		if d != nil {
			ds = append(ds, d)
			continue
		}
		scope.Wanted = append(scope.Wanted, resource.Wanted{Address: r.Address, Locate: locate(r, b, all)})
	}
	if len(scope.Wanted) == 0 {
		return nil, ds
	}
	return []resource.Scope{scope}, ds
}

func locate(r *resource.Resource, b binding, all map[resource.Address]*resource.Resource) resource.Value {
	out := resource.Object(resource.F("name", resource.String(r.Name())))
	if s := r.Attrs.Get("user_api_scopes"); !s.IsNull() {
		out = out.With("user_api_scopes", s)
	}
	if b.kind != "" {
		out = out.With("binding", b.locate())
		if ref, ok := r.Attrs.Get("database").Get("schema").Ref(); ok && all[ref] != nil {
			name := all[ref].Attrs.Get("name")
			if name.IsNull() {
				name = resource.String(all[ref].Name())
			}
			out = out.With("schema", name)
		}
	}
	rel := r.Attrs.Get("release")
	if rel.Get("source").IsNull() {
		return out // no release, or one that only the ledger remembers
	}
	from := ""
	if at := rel.Get("source").Range(); !at.IsZero() {
		from = at.File
	} else if !r.Range.IsZero() {
		from = r.Range.File
	}
	want := resource.Object(resource.F("source", rel.Get("source")), resource.F("from", resource.String(from)))
	if x := rel.Get("exclude"); !x.IsNull() {
		want = want.With("exclude", x)
	}
	var secrets []resource.Value
	for h := range rel.Get("env").Holes {
		if h.IsSecret() {
			secrets = append(secrets, resource.Secret(h.Secret))
		}
	}
	if len(secrets) > 0 {
		want = want.With("secrets", resource.List(secrets...))
	}
	return out.With("release", want)
}

// Normalize gives an app in the form in which it is read: its binding as an
// app resource, its release as the folder that its content names.
func (p *Provider) Normalize(r *resource.Resource, live *resource.Snapshot) (resource.Value, resource.Diagnostics) {
	var ds resource.Diagnostics
	at := wanted(live, r.Address)
	f := factsOf(live)[r.Address.String()]
	out := resource.Object(resource.F("name", resource.String(r.Name()).At(r.Attrs.Get("name").Range())))
	for _, name := range []string{"description", "compute_size", "user_api_scopes"} {
		if v := r.Attrs.Get(name); !v.IsNull() {
			out = out.With(name, v)
		}
	}
	b := located(at.Get("binding"))
	if v := b.value(); !v.IsNull() {
		if app := live.Object(r.Address); app != nil {
			v = v.With("role", app.Attrs.Get("service_principal_client_id"))
		}
		out = out.With("binding", v.At(r.Attrs.Get("database").Range()))
	}
	if r.Attrs.Get("release").IsNull() {
		return out, nil
	}
	rel, problem := releaseOf(r, at, f, f.host(b), at.Get("schema"))
	if problem != nil {
		return out, append(ds, problem)
	}
	path := resource.Unknown(resource.AttrRef{Address: r.Address, Attr: "release_path"})
	if known, ok := rel.path(); ok {
		path = resource.String(known)
	}
	place := r.Attrs.Get("release").Range()
	return out.With("release", resource.Object(
		resource.F("source_code_path", path.At(place)),
		resource.F("status", resource.String(running).At(place))).At(place)), ds
}

// releaseOf gathers what is to run. host and schema are those of the bound
// database, or holes.
func releaseOf(r *resource.Resource, at resource.Value, f fact, host, schema resource.Value) (release, *resource.Diagnostic) {
	rel := r.Attrs.Get("release")
	if f.Source == nil {
		f.Source = readSource(at.Get("release"), "")
	}
	if p := f.Source.Problem; p != nil {
		place := rel.Get("source").Range()
		if place.IsZero() {
			place = r.Range
		}
		return release{}, &resource.Diagnostic{Severity: resource.Error, Summary: p.Summary, Detail: p.Detail, Cure: p.Cure, Range: place, Address: r.Address}
	}
	if len(f.NoSecrets) > 0 {
		return release{}, &resource.Diagnostic{Severity: resource.Error, Summary: "a secret of the release is missing", Detail: listed(f.NoSecrets),
			Cure: "set it, also for a plan: the release's name depends on it (by a slow hash)", Range: rel.Get("env").Range(), Address: r.Address}
	}
	out := release{root: rel.Get("workspace_path").Str(), files: f.Source.Files, command: rel.Get("command"), secrets: f.Secrets}
	out.env = environment(rel.Get("env"), databaseEnv(located(at.Get("binding")), host, schema))
	if !rel.Get("workspace_path").Known() {
		return release{}, &resource.Diagnostic{Severity: resource.Error, Summary: "the folder of the releases must be known when the plan is made",
			Detail: "workspace_path is " + rel.Get("workspace_path").Show(), Cure: "write it as text or from a variable",
			Range: rel.Get("workspace_path").Range(), Address: r.Address}
	}
	return out, nil
}

func listed(m map[string]string) string {
	lines := make([]string, 0, len(m))
	for k, v := range m {
		lines = append(lines, k+": "+v)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func wanted(s *resource.Snapshot, a resource.Address) resource.Value {
	if s != nil {
		for _, w := range s.Scope.Wanted {
			if w.Address == a {
				return w.Locate
			}
		}
	}
	return resource.Object()
}

// fact is what planning needs to know of an app besides its attributes.
type fact struct {
	Compute string `json:"compute,omitempty"` // state of the compute, "" if not said
	Going   bool   `json:"going,omitempty"`   // it is being deleted
	// Updating: an update of the app is under way.
	Updating bool `json:"updating,omitempty"`
	// Resources are the app's resources, as they were read.
	Resources []json.RawMessage `json:"resources,omitempty"`
	// Active and Pending are the app's deployments.
	Active  *deployment `json:"active,omitempty"`
	Pending *deployment `json:"pending,omitempty"`
	// Host is the live host of the bound instance; "" if there is none yet.
	Host string `json:"host,omitempty"`
	// Source is what was found in the source folder.
	Source *source `json:"source,omitempty"`
	// Secrets holds the slow hash of each secret of the release, by source;
	// NoSecrets says why one cannot be read.
	Secrets   map[string]string `json:"secrets,omitempty"`
	NoSecrets map[string]string `json:"no_secrets,omitempty"`
	// Released is what tellr wrote beside the release that is deployed.
	Released *manifest `json:"released,omitempty"`
}

type deployment struct {
	ID    string `json:"id"`
	Path  string `json:"path"`
	State string `json:"state,omitempty"`
}

// source is a source folder, or what is wrong with it.
type source struct {
	Dir     string          `json:"dir,omitempty"` // relative to the environment file
	Files   []resource.File `json:"files,omitempty"`
	Problem *trouble        `json:"problem,omitempty"`
}

type trouble struct {
	Summary string `json:"summary"`
	Detail  string `json:"detail,omitempty"`
	Cure    string `json:"cure,omitempty"`
}

// host is the live host of the bound instance, or the hole for one.
func (f fact) host(b binding) resource.Value {
	if f.Host == "" {
		return resource.Unknown(resource.AttrRef{Address: b.instance, Attr: "host"})
	}
	return resource.String(f.Host)
}

type facts map[string]fact // by address; encoding/json sorts the keys

func factsOf(s *resource.Snapshot) facts {
	var f facts
	if s != nil && len(s.Facts) > 0 {
		// A snapshot that was written by another version counts as one
		// without facts.
		_ = json.Unmarshal(s.Facts, &f)
	}
	return f
}

// Open starts work on apps. The client is built at the first step.
func (p *Provider) Open(_ context.Context, scope resource.Scope, _ resource.Stage, svc resource.Services) (resource.Session, error) {
	return &session{connect: p.connect, scope: scope, dir: svc.Dir}, nil
}
