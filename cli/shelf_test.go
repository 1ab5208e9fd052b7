package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tellr-dev/tellr/engine/resource"
)

// shelf is a small world of boxes, which hold data, for tests that need no
// workspace and no database.
type shelf struct {
	mu     sync.Mutex
	boxes  map[resource.Address]resource.Value
	locked bool
	// failAt is a step that fails; hangAt one that waits for an interrupt.
	failAt, hangAt string
	hanging        chan struct{} // closed when the step hangs
	reads          int
	secret         string // as the last step read it
}

func newShelf() *shelf {
	return &shelf{boxes: map[resource.Address]resource.Value{}, hanging: make(chan struct{})}
}

var boxKind = &resource.Kind{
	Name: "box", Doc: "A box on a shelf. It holds data.", Data: true, Stage: resource.Workspace, Order: 1,
	Example: "box \"a\" {\n  label = \"tea\"\n}\n",
	Attrs: []resource.Attr{
		{Name: "label", Doc: "What is written on it.", Type: resource.Text},
		{Name: "key", Doc: "What opens it.", Type: resource.Text, Sensitive: true, CreateOnly: true},
		{Name: "url", Doc: "Where to see it.", Type: resource.Text, Computed: true, Shape: "url"},
	},
}

func (s *shelf) Name() string            { return "shelf" }
func (s *shelf) Kinds() []*resource.Kind { return []*resource.Kind{boxKind} }

func (s *shelf) Scopes(env string, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	scope := resource.Scope{System: resource.System{Provider: "shelf", Name: "shelf"}, Environment: env}
	for _, r := range desired {
		scope.Wanted = append(scope.Wanted, resource.Wanted{Address: r.Address})
	}
	return []resource.Scope{scope}, nil
}

func (s *shelf) Read(_ context.Context, scope resource.Scope, _ resource.Services) (*resource.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	snap := &resource.Snapshot{Scope: scope}
	for _, w := range scope.Wanted {
		if v, ok := s.boxes[w.Address]; ok {
			snap.Objects = append(snap.Objects, &resource.Live{Address: w.Address, Identity: "1", Attrs: v})
		}
	}
	return snap, nil
}

func (s *shelf) Normalize(r *resource.Resource, _ *resource.Snapshot) (resource.Value, resource.Diagnostics) {
	return r.Attrs, nil
}

func (s *shelf) Steps(req resource.StepsRequest) ([]*resource.Step, resource.Diagnostics) {
	var steps []*resource.Step
	for _, d := range req.Deltas {
		if d.Action == resource.NoOp {
			continue
		}
		step := &resource.Step{
			ID: d.Address.String(), Address: d.Address, Action: d.Action, Stage: resource.Workspace,
			Title: string(d.Action) + " box", Changes: d.Changes,
			Call: &resource.Call{Method: "DELETE", Path: resource.String("/boxes/" + d.Address.Name)},
		}
		if d.Desired != nil {
			step.Call.Method, step.Call.Body = "PUT", d.Desired.Attrs
			step.Yields = []resource.Yield{{Attr: "url", Shape: "url"}}
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func (s *shelf) Open(context.Context, resource.Scope, resource.Stage, resource.Services) (resource.Session, error) {
	if s.locked {
		return nil, fmt.Errorf("ann@laptop has been at work since noon: %w", resource.ErrLocked)
	}
	return (*shelfSession)(s), nil
}

type shelfSession shelf

func (s *shelfSession) Run(ctx context.Context, step *resource.Step, fill resource.Fill, _ func(string)) (map[string]resource.Value, error) {
	if step.ID == s.hangAt {
		close(s.hanging)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if step.ID == s.failAt {
		return nil, errors.New("the shelf is full")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if step.Action == resource.Delete {
		delete(s.boxes, step.Address)
		return nil, nil
	}
	for h := range step.Call.Body.Holes {
		v, err := fill(h)
		if err != nil {
			return nil, err
		}
		s.secret = v.Str()
	}
	url := resource.String("https://shelf.example.com/" + step.Address.Name)
	s.boxes[step.Address] = resource.Object(resource.F("label", step.Call.Body.Get("label")), resource.F("url", url))
	return map[string]resource.Value{"url": url}, nil
}

func (s *shelfSession) Record(context.Context, resource.Memory) error {
	return nil
}
func (s *shelfSession) Commit(context.Context) error   { return nil }
func (s *shelfSession) Rollback(context.Context) error { return nil }
