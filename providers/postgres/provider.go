package postgres

import (
	"fmt"
	"slices"
	"sync"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// Name is the provider's, in System.Provider.
const Name = "postgres"

// Provider is the engine's way to everything inside a database.
type Provider struct {
	mu sync.Mutex
	// indexes are the configurations that Scopes saw, by environment: a desired thing refers to others by address, and
	// Normalize is told of one thing only.
	indexes map[string]*index
	views   map[*resource.Snapshot]*view
	// last is the answer of the last Scopes: a plan asks it before the read and after it, with the same things.
	last answer
}

// answer is what Scopes said of some desired things.
type answer struct {
	environment string
	desired     []*resource.Resource
	scopes      []resource.Scope
	ds          resource.Diagnostics
}

func (a answer) to(environment string, desired []*resource.Resource) bool {
	return a.scopes != nil && a.environment == environment && slices.Equal(a.desired, desired)
}

// New makes a provider; one serves any number of environments.
func New() *Provider {
	return &Provider{indexes: map[string]*index{}, views: map[*resource.Snapshot]*view{}}
}

// Name implements [resource.Provider].
func (p *Provider) Name() string { return Name }

// Kinds implements [resource.Provider].
func (p *Provider) Kinds() []*resource.Kind { return Kinds() }

// Scopes implements [resource.Provider]: one scope a database.
func (p *Provider) Scopes(environment string, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.last.to(environment, desired) {
		x := newIndex(desired)
		p.indexes[environment] = x
		clear(p.views)
		p.last = answer{environment: environment, desired: slices.Clone(desired)}
		p.last.scopes, p.last.ds = scopes(environment, x, desired)
	}
	out := slices.Clone(p.last.scopes)
	for i := range out {
		out[i].Wanted = slices.Clone(out[i].Wanted) // the engine fills what the workspace knows
	}
	return out, p.last.ds
}

// Normalize implements [resource.Provider].
func (p *Provider) Normalize(r *resource.Resource, live *resource.Snapshot) (resource.Value, resource.Diagnostics) {
	v, err := p.view(live)
	if err != nil {
		return r.Attrs, unreadable(r, err)
	}
	n := &normalizer{view: v}
	spec, mine := specs[r.Kind.Name]
	if !mine || !n.known(r) {
		return r.Attrs, n.ds
	}
	n.notBoth(r)
	return spec.normalize(n, r), n.ds
}

func unreadable(r *resource.Resource, err error) resource.Diagnostics {
	var ds resource.Diagnostics
	ds.Errorf(r.Range, "the recorded state of the database cannot be read",
		"record it again with tellr plan --save-snapshot, with this version of tellr", "%v", err)
	return ds
}

// view makes a snapshot ready, once.
func (p *Provider) view(s *resource.Snapshot) (*view, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.views[s]; v != nil {
		return v, nil
	}
	x := p.indexes[s.Scope.Environment]
	if x == nil {
		x = newIndex(nil)
	}
	v, err := newView(s, x)
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", s.Scope.System, err)
	}
	p.views[s] = v
	return v, nil
}

// asked gives what a scope asks.
func (p *Provider) asked(scope resource.Scope) (catalog.Ask, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.indexes[scope.Environment]
	if x == nil {
		return catalog.Asked(scope)
	}
	return askedQuestions(scope, x)
}

// Steps implements [resource.Provider].
func (p *Provider) Steps(req resource.StepsRequest) ([]*resource.Step, resource.Diagnostics) {
	v, err := p.view(req.Live)
	if err != nil {
		return nil, unreadable(&resource.Resource{}, err)
	}
	return newPlanner(v, req).plan()
}
