package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/sandbox/gateway"
	"github.com/tellr-dev/tellr/sandbox/lakebase"
	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// Options of a workspace. All fields but User, Now, Log, and Gateway may be zero.
type Options struct {
	User          string           // e-mail of the workspace's first user, an administrator
	Now           func() time.Time // the sandbox's clock
	Latency       time.Duration    // added to each call
	TokenLifetime time.Duration    // of database credentials; 0 is an hour, as the service has it
	Delays        Delays
	Postgres      lakebase.Options // Version: 0 is 17 for projects and 16 for provisioned instances
	Log           *traffic.Log
	Gateway       *gateway.Gateway
	Errors        *slog.Logger // of work in the background; nil is silent
}

// Delays are how long state transitions take at least, in real time. The zero value of each is no delay beyond the work.
type Delays struct {
	Instance   time.Duration // STARTING and UPDATING → AVAILABLE
	Operation  time.Duration // a long-running operation of the postgres API
	Settle     time.Duration // pending_state after an operation
	Wake       time.Duration // an idle endpoint's first connection
	Compute    time.Duration // an app's compute: STARTING, STOPPING, UPDATING
	Deployment time.Duration // IN_PROGRESS → SUCCEEDED or FAILED
	Delete     time.Duration // an app's DELETING → gone
}

// Server is one workspace. It is an http.Handler.
type Server struct {
	opts    Options
	now     func() time.Time
	log     *traffic.Log
	gateway *gateway.Gateway
	mux     *http.ServeMux

	background context.Context
	stop       context.CancelFunc
	work       sync.WaitGroup

	mu          sync.Mutex
	nextID      int64
	identities  map[string]*Identity // by user name
	tokens      map[string]*token    // workspace tokens
	credentials map[string]*credential
	projects    map[string]*project
	instances   map[string]*instance
	operations  map[string]*operation
	apps        map[string]*app
	files       map[string]*file
	scopes      map[string]*scope
	acls        map[object][]acl
	lastReads   map[string][]byte // answers of GETs, for stale reads
}

// New makes a workspace with its first user.
func New(opts Options) *Server {
	if opts.TokenLifetime == 0 {
		opts.TokenLifetime = time.Hour // [doc oltp/projects/authentication]
	}
	if opts.Errors == nil {
		opts.Errors = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{opts: opts, now: opts.Now, log: opts.Log, gateway: opts.Gateway, background: ctx, stop: stop,
		nextID:     1000,
		identities: map[string]*Identity{}, tokens: map[string]*token{}, credentials: map[string]*credential{},
		projects: map[string]*project{}, instances: map[string]*instance{}, operations: map[string]*operation{},
		apps: map[string]*app{}, files: map[string]*file{}, scopes: map[string]*scope{}, acls: map[object][]acl{},
		lastReads: map[string][]byte{}}
	s.AddIdentity(Identity{UserName: opts.User, Admin: true})
	s.makeRoot()
	s.mux = s.routes()
	return s
}

// Close ends work in the background and removes every Postgres. The gateway is the caller's to close.
func (s *Server) Close() error {
	s.stop()
	s.work.Wait()
	s.mu.Lock()
	projects := slices.Collect(maps.Values(s.projects))
	s.mu.Unlock()
	var errs []error
	for _, p := range projects {
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}

// later runs f in the background after a delay, unless the server closes first. f takes the lock itself.
func (s *Server) later(delay time.Duration, f func(ctx context.Context)) {
	s.work.Go(func() {
		if s.pause(delay) {
			f(s.background)
		}
	})
}

// pause waits; false says that the server closes.
func (s *Server) pause(delay time.Duration) bool {
	select {
	case <-s.background.Done():
		return false
	case <-time.After(delay):
		return true
	}
}

func (s *Server) fail(what string, err error) {
	if s.background.Err() == nil {
		s.opts.Errors.Error("sandbox: "+what, "error", err)
	}
}

// id numbers a new object; s.mu is held.
func (s *Server) id() int64 {
	s.nextID++
	return s.nextID
}

// stamp writes a time as the service does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// optionalStamp is nil for no time.
func optionalStamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}

// routes is the whole API. Patterns are those of net/http.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(pattern string, h handler) { mux.Handle(pattern, s.wrap(h)) }
	s.identityRoutes(handle, mux)
	s.instanceRoutes(handle)
	s.postgresRoutes(handle)
	s.appRoutes(handle)
	s.fileRoutes(handle)
	s.secretRoutes(handle)
	s.permissionRoutes(handle)
	mux.Handle("/", s.wrap(func(c *call) (any, error) {
		return nil, &Error{http.StatusNotFound, "ENDPOINT_NOT_FOUND",
			fmt.Sprintf("No API found for '%s %s'", c.r.Method, c.r.URL.Path), nil}
	}))
	return mux
}

// ServeHTTP answers one call of the workspace.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }
