package fake

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Kinds of the fake world: a host of databases, an account whose id is known
// only after it is made (and which has a late part), and a box in a database.
var (
	Host = &resource.Kind{
		Name: "host", Doc: "A host of databases.", Order: 10, Stage: resource.Workspace, Data: true,
		Attrs: []resource.Attr{
			{Name: "name", Type: resource.Text, Immutable: true},
			{Name: "size", Type: resource.Whole, Unset: resource.Unmanaged},
			{Name: "address", Type: resource.Text, Computed: true, Shape: "host"},
			{Name: "path", Type: resource.Text, Computed: true, Shape: "path"},
		},
		Derive: func(r *resource.Resource) []resource.Field {
			return []resource.Field{resource.F("path", resource.String("hosts/"+r.Name()))}
		},
	}
	Account = &resource.Kind{
		Name: "account", Doc: "An account.", Order: 20, Stage: resource.Workspace,
		Parts: []resource.KindPart{{Name: "late", Order: 90, Stage: resource.Release}},
		Attrs: []resource.Attr{
			{Name: "name", Type: resource.Text},
			{Name: "host", Type: resource.RefTo("host")},
			{Name: "motto", Type: resource.Text, Part: "late", Unset: resource.Unmanaged},
			{Name: "id", Type: resource.Text, Computed: true, Shape: "uuid"},
		},
	}
	Box = &resource.Kind{
		Name: "box", Doc: "A box in a database.", Order: 50, Stage: resource.Database, Data: true,
		Attrs: []resource.Attr{
			{Name: "host", Type: resource.RefTo("host"), Required: true, CreateOnly: true},
			{Name: "owner", Type: resource.Text},
			{Name: "label", Type: resource.Text},
			{Name: "items", Type: resource.MapOf(resource.ObjectOf(resource.Attr{Name: "n", Type: resource.Whole})), Data: true},
		},
	}
)

// World is what is live: attributes by address. It is a provider of all three
// kinds, and of the systems "workspace" and one database per host.
type World struct {
	mu     sync.Mutex
	Things map[resource.Address]resource.Value
	Ledger []resource.Entry
	Runs   []resource.Run // as the ledger has them, the first first
	Log    []string       // step IDs as they ran, "commit", "rollback"
	FailAt string         // the step that fails
	Locked bool           // by another apply
	held   int
	OnOpen func(resource.Stage) // when a stage begins, behind the lock
	// Identities of things; "1" for those that are not here.
	Identities map[resource.Address]string
	// Place is the identity of all systems.
	Place string
	// Reads counts what was read, by system.
	Reads map[string]int
}

// New is an empty world.
func New() *World {
	return &World{Things: map[resource.Address]resource.Value{}, Identities: map[resource.Address]string{}, Reads: map[string]int{}}
}

func (w *World) Name() string            { return "fake" }
func (w *World) Kinds() []*resource.Kind { return []*resource.Kind{Host, Account, Box} }

// KindSet is the kinds by name.
func KindSet() resource.Kinds {
	return resource.Kinds{"host": Host, "account": Account, "box": Box}
}

func (w *World) Scopes(env string, desired []*resource.Resource) ([]resource.Scope, resource.Diagnostics) {
	ws := resource.Scope{System: resource.System{Provider: "fake", Name: "workspace"}, Environment: env}
	var dbs []resource.Scope
	for _, r := range desired {
		want := resource.Wanted{Address: r.Address, Locate: r.Attrs}
		if r.Kind != Box {
			ws.Wanted = append(ws.Wanted, want)
			continue
		}
		host, _ := r.Attrs.Get("host").Ref()
		name := host.String() + "/db"
		i := slices.IndexFunc(dbs, func(s resource.Scope) bool { return s.System.Name == name })
		if i < 0 {
			i = len(dbs)
			dbs = append(dbs, resource.Scope{System: resource.System{Provider: "fake", Name: name, Host: host}, Environment: env})
		}
		dbs[i].Wanted = append(dbs[i].Wanted, want)
	}
	return append([]resource.Scope{ws}, dbs...), nil
}

func (w *World) Read(_ context.Context, scope resource.Scope, _ resource.Services) (*resource.Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Reads[scope.System.Name]++
	if err := scope.Meets(w.Place); err != nil {
		return nil, err
	}
	scope.Identity = w.Place
	snap := &resource.Snapshot{Scope: scope}
	host := scope.System.Host
	if !host.IsZero() {
		if _, ok := w.Things[host]; !ok {
			snap.Absent = true
			return snap, nil
		}
		snap.Ledger = slices.Clone(w.Ledger)
		snap.Doubts = w.doubts()
		resource.Readdress(snap.Ledger, scope.Moved)
	}
	seen := map[resource.Address]bool{}
	add := func(a resource.Address) {
		if v, ok := w.Things[a]; ok && !seen[a] && (a.Kind == "box") != host.IsZero() {
			seen[a] = true
			snap.Objects = append(snap.Objects, &resource.Live{Address: a, Identity: w.identity(a), Attrs: v, Rows: 7})
		}
	}
	for _, want := range scope.Wanted {
		add(want.Address)
	}
	for _, e := range snap.Ledger {
		add(e.Address)
	}
	return snap, nil
}

func (w *World) identity(a resource.Address) string {
	if id, ok := w.Identities[a]; ok {
		return id
	}
	return "1"
}

func (w *World) Normalize(r *resource.Resource, _ *resource.Snapshot) (resource.Value, resource.Diagnostics) {
	return r.Attrs, nil
}

func (w *World) Steps(req resource.StepsRequest) ([]*resource.Step, resource.Diagnostics) {
	var steps []*resource.Step
	for _, d := range req.Deltas {
		if d.Action == resource.NoOp {
			continue
		}
		s := &resource.Step{
			ID: d.Address.String(), Address: d.Address, Action: d.Action, Stage: d.Kind.Stage,
			Title: string(d.Action) + " " + d.Address.Kind, Changes: d.Changes,
		}
		if d.Desired != nil {
			owner := d.Desired.Attrs.Get("owner")
			s.Call = &resource.Call{Method: "PUT", Path: resource.String("/" + d.Address.String()), Body: d.Desired.Attrs}
			if !owner.IsNull() {
				s.Reason = "for " + owner.Show()
			}
		}
		switch {
		case d.Address.Kind == "host" && d.Action == resource.Create:
			s.Yields = []resource.Yield{{Attr: "address", Shape: "host"}}
		case d.Address.Kind == "account" && d.Action == resource.Create:
			s.Yields = []resource.Yield{{Attr: "id", Shape: "uuid"}}
		}
		for _, c := range d.Changes {
			if c.Destroys {
				s.Path, s.Destroys = c.Path, true
			}
		}
		steps = append(steps, s)
		if d.Desired != nil && d.Desired.Attrs.Has("motto") && d.Action != resource.Delete {
			steps = append(steps, &resource.Step{
				ID: d.Address.String() + "/late", Address: d.Address, Action: resource.Update, Stage: resource.Release,
				Node: resource.Node{Address: d.Address, Part: "late"}, Title: "set motto",
				Call: &resource.Call{Method: "PUT", Path: resource.String("/motto"), Body: d.Desired.Attrs.Get("motto")},
			})
		}
	}
	return steps, nil
}

func (w *World) Open(_ context.Context, scope resource.Scope, stage resource.Stage, _ resource.Services) (resource.Session, error) {
	if w.OnOpen != nil {
		w.OnOpen(stage)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &session{w: w, transaction: stage == resource.Database}
	return s, nil
}

// Endpoint makes the world a Host.
func (w *World) Endpoint(context.Context, resource.Scope, resource.Address, string, resource.Services) (resource.Endpoint, error) {
	return resource.Endpoint{}, nil
}

// ErrFail is what a step named by FailAt ends with.
var ErrFail = errors.New("it fails as the test asked")

type session struct {
	w           *World
	transaction bool
	undo        []func()
	memory      resource.Memory
	closed      bool
}

func (s *session) Run(ctx context.Context, step *resource.Step, fill resource.Fill, _ func(string)) (map[string]resource.Value, error) {
	w := s.w
	body := resource.Null()
	if step.Call != nil {
		var missing error
		body = step.Call.Body.Fill(func(h resource.Hole) (resource.Value, bool) {
			v, err := fill(h)
			if err != nil {
				missing = err
			}
			return v, err == nil
		})
		if missing != nil {
			return nil, missing
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if step.ID == w.FailAt {
		return nil, ErrFail
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.Log = append(w.Log, step.ID)
	if step.Action.OnlyLedger() {
		return nil, nil
	}
	old, had := w.Things[step.Address]
	s.undo = append(s.undo, func() {
		if had {
			w.Things[step.Address] = old
		} else {
			delete(w.Things, step.Address)
		}
	})
	if step.Action == resource.Delete && len(step.Path) == 0 {
		delete(w.Things, step.Address)
		return nil, nil
	}
	if step.Node.Part == "late" {
		w.Things[step.Address] = old.With("motto", body)
		return nil, nil
	}
	yields := map[string]resource.Value{}
	for _, y := range step.Yields {
		v := resource.String("h1.example.com")
		if y.Shape == "uuid" {
			v = resource.String("11111111-2222-3333-4444-555555555555")
		}
		yields[y.Attr] = v
		body = body.With(y.Attr, v)
	}
	for _, f := range old.Fields() {
		if a, _ := KindSet()[step.Address.Kind].Attr(f.Name); a.Computed {
			body = body.With(f.Name, f.Value)
		}
	}
	w.Things[step.Address] = body.Without("motto")
	return yields, nil
}

func (s *session) Record(_ context.Context, m resource.Memory) error {
	s.memory = m
	return nil
}

func (s *session) Commit(context.Context) error {
	s.closed = true
	s.w.mu.Lock()
	s.w.remember(s.memory)
	s.w.mu.Unlock()
	s.log("commit")
	return nil
}

func (s *session) Rollback(context.Context) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.transaction {
		for _, f := range slices.Backward(s.undo) {
			f()
		}
	}
	s.log("rollback")
	return nil
}

func (s *session) log(what string) {
	if s.transaction {
		s.w.mu.Lock()
		defer s.w.mu.Unlock()
		s.w.Log = append(s.w.Log, what)
	}
}

// Make is a desired thing of the fake world.
func Make(k *resource.Kind, name string, fields ...resource.Field) *resource.Resource {
	r := &resource.Resource{
		Address: resource.Address{Kind: k.Name, Name: name}, Kind: k, Attrs: resource.Object(fields...),
		Range: &resource.Range{File: "env.hcl", Line: 1, Column: 1},
	}
	for _, f := range fields {
		a, _ := k.Attr(f.Name)
		f.Value.Refs(func(on resource.Address, at *resource.Range) {
			r.Deps = append(r.Deps, resource.Dep{Part: a.Part, On: on, At: at})
		})
		for h := range f.Value.Holes {
			if !h.IsSecret() {
				r.Deps = append(r.Deps, resource.Dep{Part: a.Part, On: h.Ref.Address})
			}
		}
	}
	return r
}
