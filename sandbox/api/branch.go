package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

// branch is one Postgres with its endpoints.
type branch struct {
	project          *project
	id, uid          string
	created, updated time.Time
	changed          time.Time // of state
	deleted, purge   time.Time
	expires          time.Time
	protected        bool
	source           *branch
	sourceLSN        string
	sourceTime       string
	state, pending   string
	endpoints        map[string]*endpoint
	roleIDs          map[string]string // role id → Postgres role
	databaseIDs      map[string]string // database id → Postgres database
	sessions         int
	lastActive       time.Time
	postgres         *lakebase.Server // nil until it has started
	asleep           bool             // scaled to zero
	stopped          bool             // by the user, on a provisioned instance
	power            sync.Mutex       // held while Postgres is started or stopped; taken before Server.mu
}

type wireBranch struct {
	Name       string            `json:"name,omitempty"`
	Parent     string            `json:"parent,omitempty"`
	UID        string            `json:"uid,omitempty"`
	CreateTime *string           `json:"create_time,omitempty"`
	UpdateTime *string           `json:"update_time,omitempty"`
	Spec       *wireBranchSpec   `json:"spec,omitempty"`
	Status     *wireBranchStatus `json:"status,omitempty"`
}

type wireBranchSpec struct {
	Source     string     `json:"source_branch,omitempty"`
	SourceLSN  string     `json:"source_branch_lsn,omitempty"`
	SourceTime string     `json:"source_branch_time,omitempty"`
	Expire     *time.Time `json:"expire_time,omitempty"`
	TTL        *seconds   `json:"ttl,omitempty"`
	NoExpiry   *bool      `json:"no_expiry,omitempty"`
	Protected  bool       `json:"is_protected,omitempty"`
}

type wireBranchStatus struct {
	BranchID   string  `json:"branch_id"`
	State      string  `json:"current_state"`
	Pending    string  `json:"pending_state,omitempty"`
	Changed    *string `json:"state_change_time,omitempty"`
	Default    bool    `json:"default,omitempty"`
	Protected  bool    `json:"is_protected,omitempty"`
	Source     string  `json:"source_branch,omitempty"`
	SourceLSN  string  `json:"source_branch_lsn,omitempty"`
	SourceTime string  `json:"source_branch_time,omitempty"`
	Expire     *string `json:"expire_time,omitempty"`
	DeleteTime *string `json:"delete_time,omitempty"`
	PurgeTime  *string `json:"purge_time,omitempty"`
	Size       int64   `json:"logical_size_bytes,omitempty"`
}

func (b *branch) name() string { return b.project.name() + "/branches/" + b.id }

func (b *branch) wire() wireBranch {
	w := wireBranch{Name: b.name(), Parent: b.project.name(), UID: b.uid, CreateTime: optionalStamp(b.created),
		UpdateTime: optionalStamp(b.updated), Status: &wireBranchStatus{BranchID: b.id, State: b.state, Pending: b.pending,
			Changed: optionalStamp(b.changed), Default: b.project.defaultBranch == b.name(), Protected: b.protected,
			SourceLSN: b.sourceLSN, SourceTime: b.sourceTime, Expire: optionalStamp(b.expires),
			DeleteTime: optionalStamp(b.deleted), PurgeTime: optionalStamp(b.purge)}}
	if b.source != nil {
		w.Status.Source = b.source.name()
	}
	return w
}

// ready enters state READY; Server.mu is held.
func (b *branch) ready() {
	b.state, b.pending, b.changed, b.lastActive = "READY", "", b.project.server.now(), b.project.server.now()
}

// startBranch makes the Postgres of a root branch, without Server.mu.
func (s *Server) startBranch(ctx context.Context, b *branch, owner *Identity) error {
	opts := s.opts.Postgres
	opts.Version = b.project.version
	role := lakebase.Role{Name: owner.UserName, Identity: lakebase.User}
	if owner.ServicePrincipal {
		role.Identity = lakebase.ServicePrincipal
	}
	pg, err := lakebase.Start(ctx, opts, role)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.postgres = pg
	b.databaseIDs["databricks-postgres"] = lakebase.DefaultDatabase // [doc]
	b.roleIDs[ownerRoleID(owner)] = owner.UserName
	return nil
}

// running is the branch's Postgres, awake. Called without Server.mu.
func (b *branch) running(ctx context.Context) (*lakebase.Server, *pgwire.Error) {
	s := b.project.server
	b.power.Lock()
	defer b.power.Unlock()
	s.mu.Lock()
	pg, asleep, gone := b.postgres, b.asleep, b.stopped || !b.deleted.IsZero() || !b.project.deleted.IsZero()
	s.mu.Unlock()
	if gone {
		return nil, &pgwire.Error{Code: pgwire.CodeCannotConnectNow, Message: "the database system is shut down"}
	}
	if pg == nil {
		return nil, &pgwire.Error{Code: pgwire.CodeCannotConnectNow, Message: "the database system is starting up"}
	}
	if asleep {
		if !s.pause(s.opts.Delays.Wake) {
			return nil, &pgwire.Error{Code: pgwire.CodeAdminShutdown, Message: "the workspace ends"}
		}
		if err := pg.Cluster().Resume(ctx); err != nil {
			s.fail("wake "+b.name(), err)
			return nil, &pgwire.Error{Code: pgwire.CodeCannotConnectNow, Message: "the database system is starting up"}
		}
		s.mu.Lock()
		b.asleep, b.lastActive = false, s.now()
		s.mu.Unlock()
	}
	return pg, nil
}

// Suspend scales a branch to zero at once: sessions end, Postgres stops. The next connection wakes it.
func (s *Server) suspend(b *branch) error {
	b.power.Lock()
	defer b.power.Unlock()
	s.mu.Lock()
	pg := b.postgres
	already := b.asleep
	b.asleep = true
	s.mu.Unlock()
	if pg == nil || already {
		return nil
	}
	return pg.Cluster().Stop()
}

// dozes puts a branch to sleep whose endpoint has been without sessions for its suspend timeout; s.mu is held. It is
// asked wherever the difference can be seen.
func (s *Server) dozes(b *branch) {
	primary := b.readWrite()
	if primary == nil || primary.suspend == 0 || b.sessions > 0 || b.asleep || b.postgres == nil || b.stopped ||
		b.state != "READY" || s.now().Sub(b.lastActive) < primary.suspend {
		return
	}
	s.later(0, func(context.Context) { s.report("suspend "+b.name(), s.suspend(b)) })
}

func (b *branch) readWrite() *endpoint {
	for _, e := range b.endpoints {
		if e.kind == readWrite {
			return e
		}
	}
	return nil
}

func (b *branch) dropSessions() {
	for _, e := range b.endpoints {
		e.listener.DropSessions()
	}
}

// close ends the branch's addresses and its Postgres, without Server.mu: sessions that end take it.
func (b *branch) close() error {
	s := b.project.server
	s.mu.Lock()
	endpoints, pg := slices.Collect(maps.Values(b.endpoints)), b.postgres
	s.mu.Unlock()
	var errs []error
	for _, e := range endpoints {
		errs = append(errs, e.listener.Close())
	}
	if pg != nil {
		errs = append(errs, pg.Close())
	}
	return errors.Join(errs...)
}

// findBranch returns a branch that the caller may use; s.mu is held.
func (s *Server) findBranch(c *call, level permission) (*branch, error) {
	p, err := s.findProject(c, level)
	if err != nil {
		return nil, err
	}
	b, ok := p.branches[c.path("branch")]
	if !ok {
		return nil, notFound("branch")
	}
	return b, nil
}

// changeable is findBranch for a change: nothing may be deleted or busy.
func (s *Server) changeable(c *call) (*branch, error) { return s.changeableAt(c, canManage) }

func (s *Server) createBranch(c *call) (any, error) {
	p, err := s.findProject(c, canManage)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.alive(), p.idle()); err != nil {
		return nil, err
	}
	var body wireBranch
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		return nil, invalid("Field 'branch.spec' is required and was not provided")
	}
	id := c.query("branch_id")
	if id == "" {
		id = "br-" + randomHex(6)
	}
	if !projectID.MatchString(id) {
		return nil, invalid("Field 'branch_id' must be 1-63 characters, begin with a lower case letter, and hold only lower case letters, digits and hyphens; got '%s'", id)
	}
	if old, taken := p.branches[id]; taken {
		if c.query("replace_existing") != "true" || !old.deleted.IsZero() {
			return nil, alreadyExists("branch", id)
		}
		return s.replaceBranch(c, old, body.Spec)
	}
	source := p.branchByName(p.defaultBranch)
	if body.Spec.Source != "" {
		source = p.branchByName(body.Spec.Source)
	}
	if source == nil || !source.deleted.IsZero() {
		return nil, notFound("branch")
	}
	b := &branch{project: p, id: id, uid: uuid(), created: s.now(), updated: s.now(), changed: s.now(), state: "INIT", pending: "READY",
		source: source, sourceLSN: body.Spec.SourceLSN, sourceTime: body.Spec.SourceTime,
		roleIDs: maps.Clone(source.roleIDs), databaseIDs: maps.Clone(source.databaseIDs), endpoints: map[string]*endpoint{}}
	if err := b.expiry(body.Spec, true); err != nil {
		return nil, err
	}
	if err := b.protect(body.Spec.Protected); err != nil {
		return nil, err
	}
	primary, err := s.newEndpoint(b, "primary", readWrite, p.defaults, endpointGroup{1, 1, false})
	if err != nil {
		return nil, err
	}
	p.branches[id] = b
	return s.start(p, func(ctx context.Context) (func() any, error) {
		pg, refused := source.running(ctx)
		if refused != nil {
			return nil, refused
		}
		copied, err := pg.Fork(ctx) // all data of the source, as of now
		if err != nil {
			return nil, err
		}
		return func() any {
			b.postgres = copied
			b.ready()
			primary.settle()
			return b.wire()
		}, nil
	}), nil
}

func (s *Server) replaceBranch(c *call, b *branch, spec *wireBranchSpec) (any, error) {
	if err := b.expiry(spec, true); err != nil {
		return nil, err
	}
	if err := b.protect(spec.Protected); err != nil {
		return nil, err
	}
	return s.start(b.project, func(context.Context) (func() any, error) {
		return func() any { b.updated = s.now(); return b.wire() }, nil
	}), nil
}

// protect: only one branch of a project may be protected. [doc oltp/projects/manage-branches]
func (b *branch) protect(on bool) error {
	if on {
		for _, other := range b.project.branches {
			if other != b && other.protected && other.deleted.IsZero() {
				return badRequest("branch %s is protected already: a project can have one protected branch", other.id)
			}
		}
	}
	b.protected = on
	return nil
}

// expiry reads the oneof expire_time, ttl, no_expiry; at most 30 days. [sdk] The root branch has none.
func (b *branch) expiry(spec *wireBranchSpec, required bool) error {
	now := b.project.server.now()
	given := 0
	for _, set := range []bool{spec.Expire != nil, spec.TTL != nil, spec.NoExpiry != nil} {
		given += boolInt(set)
	}
	switch {
	case given > 1:
		return invalid("Only one of 'spec.expire_time', 'spec.ttl', 'spec.no_expiry' may be set")
	case given == 0 && required && b.source != nil:
		return invalid("One of 'spec.expire_time', 'spec.ttl', 'spec.no_expiry' is required")
	case spec.NoExpiry != nil && !*spec.NoExpiry:
		return invalid("Field 'spec.no_expiry' can only be true")
	case spec.NoExpiry != nil:
		b.expires = time.Time{}
	case spec.Expire != nil:
		b.expires = *spec.Expire
	case spec.TTL != nil:
		b.expires = now.Add(time.Duration(*spec.TTL))
	}
	if !b.expires.IsZero() && (b.expires.Before(now) || b.expires.After(now.Add(30*24*time.Hour+time.Minute))) {
		return invalid("The expiration of a branch must be in the future and at most 30 days away")
	}
	return nil
}

func (s *Server) getBranch(c *call) (any, error) {
	b, err := s.findBranch(c, canUse)
	if err != nil {
		return nil, err
	}
	return b.wire(), nil
}

func (s *Server) listBranches(c *call) (any, error) {
	p, err := s.findProject(c, canUse)
	if err != nil {
		return nil, err
	}
	list := []wireBranch{}
	for _, id := range slices.Sorted(maps.Keys(p.branches)) {
		if b := p.branches[id]; b.deleted.IsZero() || c.query("show_deleted") == "true" {
			list = append(list, b.wire())
		}
	}
	return page(c, "branches", list)
}

func (s *Server) updateBranch(c *call) (any, error) {
	b, err := s.changeable(c)
	if err != nil {
		return nil, err
	}
	var body wireBranch
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		body.Spec = &wireBranchSpec{}
	}
	next := wireBranchSpec{Protected: b.protected}
	rows := []maskRow[wireBranchSpec]{
		{"spec.is_protected", nil, func(to, from *wireBranchSpec) { to.Protected = from.Protected }},
		{"spec.expiration", []string{"spec.expire_time", "spec.ttl", "spec.no_expiry"}, func(to, from *wireBranchSpec) {
			to.Expire, to.TTL, to.NoExpiry = from.Expire, from.TTL, from.NoExpiry
		}},
	}
	if err := applyMask(c, c.query("update_mask"), rows, &next, body.Spec); err != nil {
		return nil, err
	}
	if err := b.expiry(&next, false); err != nil {
		return nil, err
	}
	if err := b.protect(next.Protected); err != nil {
		return nil, err
	}
	return s.start(b.project, func(context.Context) (func() any, error) {
		return func() any { b.updated = s.now(); return b.wire() }, nil
	}), nil
}

func (s *Server) deleteBranch(c *call) (any, error) {
	b, err := s.findBranch(c, canManage)
	if err != nil {
		return nil, err
	}
	purge := c.query("purge") == "true"
	if !b.deleted.IsZero() && !purge {
		return nil, notFound("branch")
	}
	if b.source == nil || b.project.defaultBranch == b.name() {
		return nil, managedByParent("cannot delete root branch %s: it is deleted with its project", b.id) // [cli]
	}
	if b.protected { // [issue]
		return nil, badRequest("branch %s is protected: set is_protected to false first", b.id)
	}
	if err := b.project.idle(); err != nil {
		return nil, err
	}
	for _, other := range b.project.branches {
		if other.source == b && other.deleted.IsZero() {
			return nil, badRequest("branch %s has child branch %s: delete that first", b.id, other.id)
		}
	}
	return s.start(b.project, func(context.Context) (func() any, error) {
		if purge {
			if err := b.close(); err != nil {
				return nil, err
			}
		}
		return func() any {
			if purge {
				delete(b.project.branches, b.id)
			} else {
				b.deleted, b.purge, b.state = s.now(), s.now().Add(7*24*time.Hour), "DELETED"
				b.dropSessions()
			}
			return nil
		}, nil
	}), nil
}

func (s *Server) undeleteBranch(c *call) (any, error) {
	b, err := s.findBranch(c, canManage)
	if err != nil {
		return nil, err
	}
	if b.deleted.IsZero() {
		return nil, badRequest("branch %s is not deleted", b.id)
	}
	if err := b.project.idle(); err != nil {
		return nil, err
	}
	return s.start(b.project, func(context.Context) (func() any, error) {
		return func() any { b.deleted, b.purge = time.Time{}, time.Time{}; b.ready(); return b.wire() }, nil
	}), nil
}

// unavailable words a branch that cannot be asked now as an API error.
func unavailable(b *branch, e *pgwire.Error) error {
	return refuse(http.StatusConflict, "ABORTED", "branch %s: %s", b.id, fmt.Sprint(e.Message))
}
