package lakebase

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// systemName is the system in which instances are read and changed.
const systemName = "workspace/lakebase"

// Provider is the provider of instances, and the host of their databases.
type Provider struct {
	connect workspace.Connect
	kind    *resource.Kind
}

var (
	_ resource.Provider = (*Provider)(nil)
	_ resource.Host     = (*Provider)(nil)
)

// New makes the provider. connect is called only when an instance of the
// workspace is wanted.
func New(connect workspace.Connect) *Provider {
	return &Provider{connect: connect, kind: instanceKind()}
}

// Name is "lakebase".
func (p *Provider) Name() string { return "lakebase" }

// Kinds lists the kind instance.
func (p *Provider) Kinds() []*resource.Kind { return []*resource.Kind{p.kind} }

// Scopes gives one scope with all instances; none if there are none.
func (p *Provider) Scopes(environment string, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	var ds resource.Diagnostics
	scope := resource.Scope{System: resource.System{Provider: p.Name(), Name: systemName}, Environment: environment}
	for _, r := range desired {
		if r.Kind.Name != p.kind.Name {
			continue
		}
		if name := r.Attrs.Get("name"); !name.Known() {
			ds.Errorf(name.Range(), "the name of an instance must be known when the plan is made", "write it as text or from a variable",
				"%s takes it from something that is made later: %s", r.Address, name.Show())
			continue
		}
		locate := []resource.Field{resource.F("name", resource.String(r.Name())), resource.F("type", resource.String(typeOf(r.Attrs)))}
		if r.Attrs.Get("existing").Bool() {
			locate = append(locate, resource.F("existing", resource.Bool(true)))
		}
		if url := r.Attrs.Get(plain).Get("url"); !url.IsNull() {
			locate = append(locate, resource.F("url", url))
		}
		if c := r.Attrs.Get("connection"); !c.IsNull() {
			locate = append(locate, resource.F("connection", c))
		}
		scope.Wanted = append(scope.Wanted, resource.Wanted{Address: r.Address, Locate: resource.Object(locate...)})
	}
	if len(scope.Wanted) == 0 {
		return nil, ds
	}
	return []resource.Scope{scope}, ds
}

// Normalize gives the settings in the form in which they are read: durations
// in their largest unit, and nothing of an instance that tellr does not manage.
func (p *Provider) Normalize(r *resource.Resource, live *resource.Snapshot) (resource.Value, resource.Diagnostics) {
	ds := usable(r, factsOf(live)[r.Address.String()], live.Object(r.Address) != nil)
	kind := typeOf(r.Attrs)
	out := resource.Object(resource.F("name", resource.String(r.Name()).At(r.Attrs.Get("name").Range())))
	if kind != plain {
		settings := resource.Object().At(r.Attrs.Get(kind).Range())
		if !r.Attrs.Get("existing").Bool() {
			for _, f := range r.Attrs.Get(kind).Fields() {
				settings = settings.With(f.Name, canonical(f.Name, f.Value))
			}
		}
		out = out.With(kind, settings)
	}
	for _, keep := range []string{plain, "existing", "connection"} {
		if v := r.Attrs.Get(keep); !v.IsNull() {
			out = out.With(keep, v)
		}
	}
	return out, ds
}

func canonical(name string, v resource.Value) resource.Value {
	if !v.Known() || v.IsNull() {
		return v
	}
	switch name {
	case "retention", "suspend_after":
		if d, err := workspace.ParseDuration(v.Str()); err == nil {
			return resource.String(workspace.FormatDuration(d)).At(v.Range())
		}
	case "min_cu", "max_cu":
		if f, ok := v.Float(); ok {
			return resource.Float(f).At(v.Range())
		}
	}
	return v
}

// usable says why a desired instance cannot be had, if so.
func usable(r *resource.Resource, f fact, there bool) resource.Diagnostics {
	var ds resource.Diagnostics
	name, kind := r.Name(), typeOf(r.Attrs)
	at := r.Attrs.Get("name").Range()
	if at.IsZero() {
		at = r.Range
	}
	switch {
	case there:
	case f.Conflict == autoscaling:
		ds.Errorf(at, "the name is taken by another type of instance", "write `autoscaling { … }` in place of `provisioned`, or choose another name",
			"%s is declared as provisioned, and %q is an autoscaling project", r.Address, name)
	case f.Conflict == provisioned:
		ds.Errorf(at, "the name is taken by another type of instance", "write `provisioned { … }`, or choose another name",
			"%s is declared as autoscaling, and %q is a provisioned instance", r.Address, name)
	case f.Deleted != "":
		until := ""
		if f.Purge != "" {
			until = " until " + f.Purge
		}
		ds.Errorf(at, "the name belongs to a deleted project", "run `databricks postgres undelete-project projects/"+name+
			"` to have it and its data back, wait until it is purged, or choose another name",
			"project %q was deleted on %s, and Lakebase keeps its name and data%s", name, f.Deleted, until)
	case r.Attrs.Get("existing").Bool() && kind != plain:
		ds.Errorf(at, "the existing instance is not there", "correct the name, apply the environment that owns it first, or leave out `existing` to have it made",
			"%s is marked as existing, and the workspace has no %s instance %q", r.Address, kind, name)
	}
	for _, d := range ds {
		d.Address = r.Address
	}
	return ds
}

// fact is what planning needs to know of an instance besides its attributes.
type fact struct {
	// Unready says what the instance is doing, if it is not ready for use.
	Unready string `json:"unready,omitempty"`
	// Stopped: a provisioned instance that does not run.
	Stopped bool `json:"stopped,omitempty"`
	// Going: a provisioned instance that is being deleted.
	Going bool `json:"going,omitempty"`
	// Deleted is when a project was deleted that still holds its name, Purge
	// is when it will give it up.
	Deleted string `json:"deleted,omitempty"`
	Purge   string `json:"purge,omitempty"`
	// Conflict is the type of the instance that has the name, if it is not
	// the declared one.
	Conflict string `json:"conflict,omitempty"`
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

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Open starts work on instances. The client is built at the first step.
func (p *Provider) Open(_ context.Context, scope resource.Scope, _ resource.Stage, _ resource.Services) (resource.Session, error) {
	return &session{connect: p.connect, scope: scope}, nil
}
