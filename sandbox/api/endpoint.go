package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tellr-dev/tellr/runtime/pgwire"
	"github.com/tellr-dev/tellr/sandbox/gateway"
)

const (
	readWrite = "ENDPOINT_TYPE_READ_WRITE"
	readOnly  = "ENDPOINT_TYPE_READ_ONLY"
)

// endpoint is one compute of a branch, with an address at the gateway. It is a gateway.Endpoint.
type endpoint struct {
	branch           *branch
	id, uid          string
	kind             string
	created, updated time.Time
	endpointSpec
	state, pending string
	listener       *gateway.Listener
}

var _ gateway.Endpoint = (*endpoint)(nil)

// endpointSpec is what can be changed in place.
type endpointSpec struct {
	limits
	disabled bool
	group    endpointGroup
}

// limits are a compute's size. suspend 0 is never.
type limits struct {
	minCU, maxCU float64
	suspend      time.Duration
	settings     map[string]string
}

type endpointGroup struct {
	Min      int  `json:"min"`
	Max      int  `json:"max"`
	Readable bool `json:"enable_readable_secondaries,omitempty"`
}

type wireLimits struct {
	Min          *float64          `json:"autoscaling_limit_min_cu,omitempty"`
	Max          *float64          `json:"autoscaling_limit_max_cu,omitempty"`
	NoSuspension *bool             `json:"no_suspension,omitempty"`
	Suspend      *seconds          `json:"suspend_timeout_duration,omitempty"`
	PgSettings   map[string]string `json:"pg_settings,omitempty"`
}

type wireEndpoint struct {
	Name       string              `json:"name,omitempty"`
	Parent     string              `json:"parent,omitempty"`
	UID        string              `json:"uid,omitempty"`
	CreateTime *string             `json:"create_time,omitempty"`
	UpdateTime *string             `json:"update_time,omitempty"`
	Spec       *wireEndpointSpec   `json:"spec,omitempty"`
	Status     *wireEndpointStatus `json:"status,omitempty"`
}

type wireEndpointSpec struct {
	wireLimits
	Type     string         `json:"endpoint_type,omitempty"`
	Disabled bool           `json:"disabled,omitempty"`
	Group    *endpointGroup `json:"group,omitempty"`
	Settings *wireSettings  `json:"settings,omitempty"`
}

type wireSettings struct {
	PgSettings map[string]string `json:"pg_settings,omitempty"`
}

type wireEndpointStatus struct {
	EndpointID string         `json:"endpoint_id"`
	Type       string         `json:"endpoint_type"`
	Min        float64        `json:"autoscaling_limit_min_cu"`
	Max        float64        `json:"autoscaling_limit_max_cu"`
	Disabled   bool           `json:"disabled,omitempty"`
	State      string         `json:"current_state"`
	Pending    string         `json:"pending_state,omitempty"`
	Group      *endpointGroup `json:"group,omitempty"`
	Hosts      *wireHosts     `json:"hosts,omitempty"`
	LastActive *string        `json:"last_active_time,omitempty"`
	Settings   *wireSettings  `json:"settings,omitempty"`
	Suspend    *seconds       `json:"suspend_timeout_duration,omitempty"`
}

type wireHosts struct {
	Host     string `json:"host,omitempty"`
	ReadOnly string `json:"read_only_host,omitempty"`
}

// take reads what is given and leaves the rest.
func (l *limits) take(w *wireLimits) {
	if w.Min != nil {
		l.minCU = *w.Min
	}
	if w.Max != nil {
		l.maxCU = *w.Max
	}
	if w.NoSuspension != nil && *w.NoSuspension {
		l.suspend = 0
	}
	if w.Suspend != nil {
		l.suspend = time.Duration(*w.Suspend)
	}
	if w.PgSettings != nil {
		l.settings = w.PgSettings
	}
}

func (l limits) wire() *wireLimits {
	w := &wireLimits{Min: &l.minCU, Max: &l.maxCU, Suspend: optionalSeconds(l.suspend), PgSettings: l.settings}
	if l.suspend == 0 {
		yes := true
		w.NoSuspension = &yes
	}
	return w
}

// validate: [sdk] at least 0.5, at most 64, max−min ≤ 16, suspension 60 s to 7 days.
func (l limits) validate(field string) error {
	switch {
	case l.minCU < 0.5:
		return invalid("Field '%s.autoscaling_limit_min_cu' must be at least 0.5; got %v", field, l.minCU)
	case l.maxCU > 64:
		return invalid("Field '%s.autoscaling_limit_max_cu' must be at most 64; got %v", field, l.maxCU)
	case l.maxCU < l.minCU:
		return invalid("Field '%s.autoscaling_limit_max_cu' must not be less than autoscaling_limit_min_cu; got %v and %v", field, l.maxCU, l.minCU)
	case l.maxCU-l.minCU > 16:
		return invalid("'%s': the difference of autoscaling_limit_max_cu and autoscaling_limit_min_cu must not exceed 16 CU; got %v and %v", field, l.maxCU, l.minCU)
	case l.suspend != 0 && (l.suspend < time.Minute || l.suspend > 7*24*time.Hour):
		return invalid("Field '%s.suspend_timeout_duration' must be between 60s and 604800s", field)
	}
	return nil
}

// validate: [sdk] min equals max; high availability is 2 to 4 and needs no_suspension.
func (g endpointGroup) validate(l limits) error {
	switch {
	case g.Min != g.Max || g.Min < 1 || g.Max > 4:
		return invalid("Field 'group': min and max must be equal and between 1 and 4; got %d and %d", g.Min, g.Max)
	case g.Max > 1 && l.suspend != 0:
		return invalid("Field 'group': more than one compute requires no_suspension")
	}
	return nil
}

func (e *endpoint) name() string { return e.branch.name() + "/endpoints/" + e.id }

// Name is how the endpoint is recorded: a provisioned instance's by the instance.
func (e *endpoint) Name() string {
	if i := e.branch.project.instance; i != nil && e.branch.source == nil && e.kind == readWrite {
		return "instances/" + i.name
	}
	return e.name()
}

// Wake is the gateway's way to the branch's Postgres.
func (e *endpoint) Wake(ctx context.Context) (string, *pgwire.Error) {
	s := e.branch.project.server
	s.mu.Lock()
	disabled, init := e.disabled, e.state == "INIT"
	s.mu.Unlock()
	if disabled || init {
		return "", &pgwire.Error{Code: pgwire.CodeCannotConnectNow, Message: "the database system is starting up"}
	}
	pg, refused := e.branch.running(ctx)
	if refused != nil {
		return "", refused
	}
	return pg.Cluster().Socket(), nil
}

// Settings are what a session of the endpoint begins with: a read-only endpoint writes nothing.
func (e *endpoint) Settings() map[string]string {
	if e.kind == readOnly {
		return map[string]string{"default_transaction_read_only": "on"}
	}
	return nil
}

// Opened counts sessions: a branch without any may sleep.
func (e *endpoint) Opened() func() {
	s, b := e.branch.project.server, e.branch
	count := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b.sessions += n
		b.lastActive = s.now()
	}
	count(1)
	return func() { count(-1) }
}

func (e *endpoint) wire() wireEndpoint {
	state := e.state
	if e.branch.asleep && state == "ACTIVE" || e.disabled && state == "ACTIVE" {
		state = "IDLE"
	}
	w := wireEndpoint{Name: e.name(), Parent: e.branch.name(), UID: e.uid, CreateTime: optionalStamp(e.created),
		UpdateTime: optionalStamp(e.updated), Status: &wireEndpointStatus{EndpointID: e.id, Type: e.kind, Min: e.minCU, Max: e.maxCU,
			Disabled: e.disabled, State: state, Pending: e.pending, LastActive: optionalStamp(e.branch.lastActive),
			Suspend: optionalSeconds(e.suspend)}}
	group := e.group
	w.Status.Group = &group
	if len(e.settings) > 0 {
		w.Status.Settings = &wireSettings{PgSettings: e.settings}
	}
	if e.state != "INIT" {
		w.Status.Hosts = &wireHosts{Host: e.listener.Host()}
		if e.kind == readOnly || e.group.Readable && e.group.Max > 1 {
			w.Status.Hosts.ReadOnly = e.listener.Host()
		}
	}
	return w
}

// newEndpoint makes an endpoint in state INIT; s.mu is held.
func (s *Server) newEndpoint(b *branch, id, kind string, l limits, g endpointGroup) (*endpoint, error) {
	e := &endpoint{branch: b, id: id, uid: uuid(), kind: kind, created: s.now(), updated: s.now(), state: "INIT", pending: "ACTIVE",
		endpointSpec: endpointSpec{limits: l, group: g}}
	listener, err := s.gateway.Listen(e)
	if err != nil {
		return nil, err
	}
	e.listener = listener
	b.endpoints[id] = e
	return e, nil
}

// settle keeps pending_state for a while after an operation. Until it is empty, changes are refused. [issue TF #5482]
func (e *endpoint) settle() {
	s := e.branch.project.server
	e.pending = "ACTIVE"
	s.later(s.opts.Delays.Settle, func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		e.state, e.pending = "ACTIVE", ""
	})
}

func (e *endpoint) settled() error {
	if e.pending != "" {
		return refuse(http.StatusConflict, "ABORTED", "endpoint %s: reconciliation is in progress, try again later", e.id)
	}
	return nil
}

func (s *Server) findEndpoint(c *call, level permission) (*endpoint, error) {
	b, err := s.findBranch(c, level)
	if err != nil {
		return nil, err
	}
	e, ok := b.endpoints[c.path("endpoint")]
	if !ok {
		return nil, notFound("endpoint")
	}
	return e, nil
}

func (s *Server) getEndpoint(c *call) (any, error) {
	e, err := s.findEndpoint(c, canUse)
	if err != nil {
		return nil, err
	}
	s.dozes(e.branch)
	return e.wire(), nil
}

func (s *Server) listEndpoints(c *call) (any, error) {
	b, err := s.findBranch(c, canUse)
	if err != nil {
		return nil, err
	}
	s.dozes(b)
	list := []wireEndpoint{}
	for _, id := range slices.Sorted(maps.Keys(b.endpoints)) {
		list = append(list, b.endpoints[id].wire())
	}
	return page(c, "endpoints", list)
}

func (s *Server) createEndpoint(c *call) (any, error) {
	b, err := s.changeable(c)
	if err != nil {
		return nil, err
	}
	var body wireEndpoint
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil || (body.Spec.Type != readWrite && body.Spec.Type != readOnly) {
		return nil, invalid("Field 'endpoint.spec.endpoint_type' is required: %s or %s", readWrite, readOnly)
	}
	id := c.query("endpoint_id")
	if id == "" {
		id = "ep-" + randomHex(6)
	}
	if !projectID.MatchString(id) {
		return nil, invalid("Field 'endpoint_id' must be 1-63 characters, begin with a lower case letter, and hold only lower case letters, digits and hyphens; got '%s'", id)
	}
	spec := endpointSpec{limits: b.project.defaults, group: endpointGroup{1, 1, false}}
	spec.replace(body.Spec)
	if err := spec.validate(); err != nil {
		return nil, err
	}
	if old, taken := b.endpoints[id]; taken {
		if c.query("replace_existing") != "true" {
			return nil, alreadyExists("endpoint", id)
		}
		if old.kind != body.Spec.Type {
			return nil, badRequest("Field 'endpoint.spec.endpoint_type' cannot be changed")
		}
		return s.reshape(old, spec)
	}
	if body.Spec.Type == readWrite { // [sdk] one read-write endpoint a branch
		return nil, badRequest("branch %s has a read-write endpoint already", b.id)
	}
	e, err := s.newEndpoint(b, id, body.Spec.Type, spec.limits, spec.group)
	if err != nil {
		return nil, err
	}
	e.disabled = spec.disabled
	return s.start(b.project, func(context.Context) (func() any, error) {
		return func() any { e.settle(); return e.wire() }, nil
	}), nil
}

func (e *endpointSpec) replace(w *wireEndpointSpec) {
	e.take(&w.wireLimits)
	e.disabled = w.Disabled
	if w.Group != nil {
		e.group = *w.Group
	}
	if w.Settings != nil {
		e.settings = w.Settings.PgSettings
	}
}

func (e endpointSpec) validate() error {
	if err := e.limits.validate("spec"); err != nil {
		return err
	}
	return e.group.validate(e.limits)
}

func endpointMask() []maskRow[endpointSpec] {
	return []maskRow[endpointSpec]{
		{"spec.autoscaling_limit_min_cu", nil, func(to, from *endpointSpec) { to.minCU = from.minCU }},
		{"spec.autoscaling_limit_max_cu", nil, func(to, from *endpointSpec) { to.maxCU = from.maxCU }},
		{"spec.disabled", nil, func(to, from *endpointSpec) { to.disabled = from.disabled }},
		{"spec.group", nil, func(to, from *endpointSpec) { to.group = from.group }},
		{"spec.settings.pg_settings", nil, func(to, from *endpointSpec) { to.settings = from.settings }},
		{"spec.suspension", []string{"spec.no_suspension", "spec.suspend_timeout_duration"},
			func(to, from *endpointSpec) { to.suspend = from.suspend }},
	}
}

func (s *Server) updateEndpoint(c *call) (any, error) {
	e, err := s.findEndpoint(c, canManage)
	if err != nil {
		return nil, err
	}
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	if err := e.settled(); err != nil {
		return nil, err
	}
	var body wireEndpoint
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		body.Spec = &wireEndpointSpec{}
	}
	var from endpointSpec
	from.replace(body.Spec)
	next := e.endpointSpec
	if err := applyMask(c, c.query("update_mask"), endpointMask(), &next, &from); err != nil {
		return nil, err
	}
	if err := next.validate(); err != nil {
		return nil, err
	}
	return s.reshape(e, next)
}

// reshape changes an endpoint in place. A change of size of a running compute keeps its address.
func (s *Server) reshape(e *endpoint, next endpointSpec) (any, error) {
	return s.start(e.branch.project, func(context.Context) (func() any, error) {
		return func() any {
			e.endpointSpec, e.updated = next, s.now()
			if next.disabled {
				e.listener.DropSessions()
			}
			e.settle()
			return e.wire()
		}, nil
	}), nil
}

func (s *Server) deleteEndpoint(c *call) (any, error) {
	e, err := s.findEndpoint(c, canManage)
	if err != nil {
		return nil, err
	}
	if e.kind == readWrite {
		return nil, managedByParent("cannot delete read-write endpoint %s: it is deleted with its branch", e.id) // [cli]
	}
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	if err := e.settled(); err != nil {
		return nil, err
	}
	return s.start(e.branch.project, func(context.Context) (func() any, error) {
		return func() any {
			delete(e.branch.endpoints, e.id)
			s.later(0, func(context.Context) { s.report("close "+e.name(), e.listener.Close()) })
			return nil
		}, nil
	}), nil
}

// createPostgresCredential: [sdk] ttl or expire_time; [doc] 300 s to an hour.
func (s *Server) createPostgresCredential(c *call) (any, error) {
	var body struct {
		Endpoint string     `json:"endpoint"`
		Expire   *time.Time `json:"expire_time"`
		TTL      *seconds   `json:"ttl"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Endpoint == "" {
		return nil, invalid("Field 'endpoint' is required and was not provided")
	}
	e := s.endpointByName(body.Endpoint)
	if e == nil {
		return nil, notFound("endpoint")
	}
	if err := s.demand(c, e.branch.project.object(), canUse); err != nil {
		return nil, err
	}
	lifetime := s.opts.TokenLifetime
	asked := lifetime
	if body.TTL != nil {
		asked = time.Duration(*body.TTL)
	} else if body.Expire != nil {
		asked = body.Expire.Sub(s.now())
	}
	if (body.TTL != nil || body.Expire != nil) && (asked < 299*time.Second || asked > time.Hour) {
		return nil, invalid("Field 'ttl' must be between 300s and 3600s")
	}
	value, expires := s.issue(c.me, min(asked, lifetime), e)
	return map[string]any{"token": value, "expire_time": stamp(expires)}, nil
}

func (s *Server) endpointByName(name string) *endpoint {
	for _, p := range s.projects {
		for _, b := range p.branches {
			for _, e := range b.endpoints {
				if e.name() == name && p.deleted.IsZero() && b.deleted.IsZero() {
					return e
				}
			}
		}
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }

func parsePositive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err == nil && n < 1 {
		err = strconv.ErrRange
	}
	return n, err
}
