package api

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// project is a Lakebase project: branches, each with its own Postgres.
type project struct {
	server  *Server
	id, uid string
	owner   string // creator's user name
	created, updated, deleted,
	purge time.Time

	projectSpec
	version  int
	branches map[string]*branch
	busy     *operation
	instance *instance // set when it stands behind a provisioned instance
}

// projectSpec is what can be changed in place.
type projectSpec struct {
	displayName   string
	retention     time.Duration
	nativeLogin   bool
	defaults      limits
	defaultBranch string
	budgetPolicy  string
	tags          []tag
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type wireProject struct {
	Name          string             `json:"name,omitempty"`
	UID           string             `json:"uid,omitempty"`
	ProjectID     string             `json:"project_id,omitempty"`
	CreateTime    *string            `json:"create_time,omitempty"`
	UpdateTime    *string            `json:"update_time,omitempty"`
	DeleteTime    *string            `json:"delete_time,omitempty"`
	PurgeTime     *string            `json:"purge_time,omitempty"`
	InitialBranch *wireInitialBranch `json:"initial_branch_spec,omitempty"`
	Initial       *wireEndpointSpec  `json:"initial_endpoint_spec,omitempty"`
	Spec          *wireProjectSpec   `json:"spec,omitempty"`
	Status        *wireProjectStatus `json:"status,omitempty"`
}

type wireInitialBranch struct {
	Protected bool `json:"is_protected,omitempty"`
}

type wireProjectSpec struct {
	PgVersion     int         `json:"pg_version,omitempty"`
	DisplayName   string      `json:"display_name,omitempty"`
	Retention     *seconds    `json:"history_retention_duration,omitempty"`
	NativeLogin   bool        `json:"enable_pg_native_login,omitempty"`
	Defaults      *wireLimits `json:"default_endpoint_settings,omitempty"`
	DefaultBranch string      `json:"default_branch,omitempty"`
	BudgetPolicy  string      `json:"budget_policy_id,omitempty"`
	Tags          []tag       `json:"custom_tags,omitempty"`
}

type wireProjectStatus struct {
	wireProjectSpec
	ProjectID  string  `json:"project_id"`
	Owner      string  `json:"owner"`
	SizeLimit  int64   `json:"branch_logical_size_limit_bytes"`
	LastActive *string `json:"compute_last_active_time,omitempty"`
	Size       int64   `json:"synthetic_storage_size_bytes"`
}

func (p *project) name() string   { return "projects/" + p.id }
func (p *project) object() object { return object{"database-projects", p.id} }

func (p *project) wire() wireProject {
	w := wireProject{Name: p.name(), UID: p.uid, CreateTime: optionalStamp(p.created), UpdateTime: optionalStamp(p.updated),
		DeleteTime: optionalStamp(p.deleted), PurgeTime: optionalStamp(p.purge),
		Status: &wireProjectStatus{ProjectID: p.id, Owner: p.owner, SizeLimit: 8796093022208}}
	w.Status.wireProjectSpec = wireProjectSpec{PgVersion: p.version, DisplayName: p.displayName,
		Retention: optionalSeconds(p.retention), NativeLogin: p.nativeLogin, Defaults: p.defaults.wire(),
		DefaultBranch: p.defaultBranch, BudgetPolicy: p.budgetPolicy, Tags: p.tags}
	return w
}

// projectID: [sdk] 1 to 63 characters, begins with a letter, lower case letters, digits and hyphens.
var projectID = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (s *Server) createProject(c *call) (any, error) {
	id := c.query("project_id")
	if !projectID.MatchString(id) {
		return nil, invalid("Field 'project_id' must be 1-63 characters, begin with a lower case letter, and hold only lower case letters, digits and hyphens; got '%s'", id)
	}
	var body wireProject
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	s.purgeExpired()
	if _, taken := s.projects[id]; taken { // soft-deleted too: the id stays reserved [issue CLI #5414 #5801]
		return nil, alreadyExists("project", id)
	}
	spec := body.Spec
	if spec == nil {
		spec = &wireProjectSpec{}
	}
	version := spec.PgVersion
	if version == 0 {
		version = s.projectVersion()
	}
	if version < 16 || version > 18 {
		return nil, invalid("Field 'spec.pg_version' must be one of 16, 17, 18; got %d", version)
	}
	p := s.newProject(id, c.me, version)
	if spec.DisplayName != "" {
		p.displayName = spec.DisplayName
	}
	if spec.Retention != nil {
		p.retention = time.Duration(*spec.Retention)
	}
	if spec.Defaults != nil {
		p.defaults.take(spec.Defaults)
	}
	p.nativeLogin, p.budgetPolicy, p.tags = spec.NativeLogin, spec.BudgetPolicy, spec.Tags
	if err := p.validate(); err != nil {
		return nil, err
	}
	first := p.defaults
	group := endpointGroup{1, 1, false}
	if body.Initial != nil {
		first.take(&body.Initial.wireLimits)
		if body.Initial.Group != nil {
			group = *body.Initial.Group
		}
	}
	if err := errors.Join(first.validate("initial_endpoint_spec"), group.validate(first)); err != nil {
		return nil, err
	}
	return s.launchProject(p, c.me, first, group, body.InitialBranch != nil && body.InitialBranch.Protected), nil
}

// projectVersion: the default is 17. [doc]
func (s *Server) projectVersion() int {
	if v := s.opts.Postgres.Version; v != 0 {
		return v
	}
	return cluster.DefaultVersion
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// newProject has the service's defaults. [sdk; observed 1/1 CU and 24 h]
func (s *Server) newProject(id string, owner *Identity, version int) *project {
	p := &project{server: s, id: id, uid: uuid(), owner: owner.UserName, created: s.now(), updated: s.now(), version: version,
		branches: map[string]*branch{}}
	p.projectSpec = projectSpec{displayName: id, retention: 7 * 24 * time.Hour,
		defaults: limits{minCU: 1, maxCU: 1, suspend: 24 * time.Hour}, defaultBranch: p.name() + "/branches/production"}
	return p
}

// launchProject enters a project with all that the platform makes with it: branch production, its endpoint primary,
// database databricks_postgres, the creator's role. [doc]
func (s *Server) launchProject(p *project, owner *Identity, first limits, group endpointGroup, protected bool) *operation {
	s.projects[p.id] = p
	s.acls[p.object()] = []acl{{owner.principal(), canManage}}
	root := &branch{project: p, id: "production", uid: uuid(), created: s.now(), updated: s.now(), protected: protected,
		state: "INIT", changed: s.now(), roleIDs: map[string]string{}, databaseIDs: map[string]string{}, endpoints: map[string]*endpoint{}}
	p.branches[root.id] = root
	primary, err := s.newEndpoint(root, "primary", readWrite, first, group)
	return s.start(p, func(ctx context.Context) (func() any, error) {
		if err != nil {
			return nil, err
		}
		if err := s.startBranch(ctx, root, owner); err != nil {
			return nil, err
		}
		return func() any {
			root.ready()
			primary.settle()
			return p.wire()
		}, nil
	})
}

func (p *projectSpec) validate() error {
	if n := len(p.displayName); n < 1 || n > 256 { // [sdk]
		return invalid("Field 'spec.display_name' must have 1 to 256 characters; got %d", n)
	}
	if p.retention < 48*time.Hour || p.retention > 35*24*time.Hour { // [sdk] 2 to 35 days
		return invalid("Field 'spec.history_retention_duration' must be between 172800s and 3024000s")
	}
	return p.defaults.validate("spec.default_endpoint_settings")
}

// find returns a project that the caller may use; soft-deleted ones are found. s.mu is held.
func (s *Server) findProject(c *call, level permission) (*project, error) {
	s.purgeExpired()
	p, ok := s.projects[c.path("project")]
	if !ok {
		return nil, notFound("project")
	}
	return p, s.demand(c, p.object(), level)
}

func (s *Server) getProject(c *call) (any, error) {
	p, err := s.findProject(c, canUse)
	if err != nil {
		return nil, err
	}
	return p.wire(), nil
}

func (s *Server) listProjects(c *call) (any, error) {
	s.purgeExpired()
	list := []wireProject{}
	for _, id := range slices.Sorted(maps.Keys(s.projects)) {
		p := s.projects[id]
		if s.may(c.me, p.object(), canUse) && (p.deleted.IsZero() || c.query("show_deleted") == "true") {
			list = append(list, p.wire())
		}
	}
	return page(c, "projects", list)
}

func projectMask() []maskRow[projectSpec] {
	const d = "spec.default_endpoint_settings."
	return []maskRow[projectSpec]{
		{"spec.display_name", nil, func(to, from *projectSpec) { to.displayName = from.displayName }},
		{"spec.history_retention_duration", nil, func(to, from *projectSpec) { to.retention = from.retention }},
		{"spec.enable_pg_native_login", nil, func(to, from *projectSpec) { to.nativeLogin = from.nativeLogin }},
		{"spec.default_branch", nil, func(to, from *projectSpec) { to.defaultBranch = from.defaultBranch }},
		{"spec.budget_policy_id", nil, func(to, from *projectSpec) { to.budgetPolicy = from.budgetPolicy }},
		{"spec.custom_tags", nil, func(to, from *projectSpec) { to.tags = from.tags }},
		{d + "autoscaling_limit_min_cu", nil, func(to, from *projectSpec) { to.defaults.minCU = from.defaults.minCU }},
		{d + "autoscaling_limit_max_cu", nil, func(to, from *projectSpec) { to.defaults.maxCU = from.defaults.maxCU }},
		{d + "pg_settings", nil, func(to, from *projectSpec) { to.defaults.settings = from.defaults.settings }},
		{d + "suspension", []string{d + "no_suspension", d + "suspend_timeout_duration"},
			func(to, from *projectSpec) { to.defaults.suspend = from.defaults.suspend }},
	}
}

func (s *Server) updateProject(c *call) (any, error) {
	p, err := s.findProject(c, canManage)
	if err != nil {
		return nil, err
	}
	if err := p.alive(); err != nil {
		return nil, err
	}
	if err := p.idle(); err != nil {
		return nil, err
	}
	var body wireProject
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		body.Spec = &wireProjectSpec{}
	}
	from := projectSpec{displayName: body.Spec.DisplayName, nativeLogin: body.Spec.NativeLogin,
		defaultBranch: body.Spec.DefaultBranch, budgetPolicy: body.Spec.BudgetPolicy, tags: body.Spec.Tags}
	if body.Spec.Retention != nil {
		from.retention = time.Duration(*body.Spec.Retention)
	}
	if body.Spec.Defaults != nil {
		from.defaults.take(body.Spec.Defaults)
	}
	next := p.projectSpec
	if err := applyMask(c, c.query("update_mask"), projectMask(), &next, &from); err != nil {
		return nil, err
	}
	if err := next.validate(); err != nil {
		return nil, err
	}
	if next.defaultBranch != p.defaultBranch && p.branchByName(next.defaultBranch) == nil {
		return nil, notFound("branch")
	}
	return s.start(p, func(context.Context) (func() any, error) {
		return func() any {
			p.projectSpec, p.updated = next, s.now()
			return p.wire()
		}, nil
	}), nil
}

func (p *project) branchByName(name string) *branch {
	for _, b := range p.branches {
		if b.name() == name {
			return b
		}
	}
	return nil
}

// alive refuses to change what is soft-deleted.
func (p *project) alive() error {
	if !p.deleted.IsZero() {
		return badRequest("project %s is deleted: undelete it first", p.id)
	}
	return nil
}

// deleteProject: without purge the id stays reserved, GET shows delete_time, undelete restores. [doc][issue CLI #5414]
func (s *Server) deleteProject(c *call) (any, error) {
	p, err := s.findProject(c, canManage)
	if err != nil {
		return nil, err
	}
	purge := c.query("purge") == "true"
	if !p.deleted.IsZero() && !purge {
		return nil, notFound("project")
	}
	if err := p.idle(); err != nil {
		return nil, err
	}
	return s.start(p, func(context.Context) (func() any, error) {
		if purge {
			if err := p.close(); err != nil {
				return nil, err
			}
		}
		return func() any {
			if purge {
				s.forgetProject(p)
			} else {
				p.deleted, p.purge = s.now(), s.now().Add(7*24*time.Hour)
				p.dropSessions()
			}
			return nil
		}, nil
	}), nil
}

func (s *Server) forgetProject(p *project) {
	delete(s.projects, p.id)
	delete(s.acls, p.object())
	if p.instance != nil {
		delete(s.instances, p.instance.name)
		delete(s.acls, p.instance.object())
	}
}

func (s *Server) undeleteProject(c *call) (any, error) {
	p, err := s.findProject(c, canManage)
	if err != nil {
		return nil, err
	}
	if p.deleted.IsZero() {
		return nil, badRequest("project %s is not deleted", p.id)
	}
	return s.start(p, func(context.Context) (func() any, error) {
		return func() any { p.deleted, p.purge = time.Time{}, time.Time{}; return p.wire() }, nil
	}), nil
}

// purgeExpired removes what was soft-deleted long ago and branches at their expiry; s.mu is held.
func (s *Server) purgeExpired() {
	for _, p := range s.projects {
		if !p.purge.IsZero() && s.now().After(p.purge) {
			s.forgetProject(p)
			s.later(0, func(context.Context) { s.report("purge "+p.id, p.close()) })
			continue
		}
		for _, b := range p.branches {
			if (!b.expires.IsZero() && s.now().After(b.expires)) || (!b.purge.IsZero() && s.now().After(b.purge)) {
				delete(p.branches, b.id)
				s.later(0, func(context.Context) { s.report("expire "+b.name(), b.close()) })
			}
		}
	}
}

func (s *Server) report(what string, err error) {
	if err != nil {
		s.fail(what, err)
	}
}

func (p *project) dropSessions() {
	for _, b := range p.branches {
		b.dropSessions()
	}
}

// close ends all branches, without Server.mu.
func (p *project) close() error {
	p.server.mu.Lock()
	branches := slices.Collect(maps.Values(p.branches))
	p.server.mu.Unlock()
	var errs []error
	for _, b := range branches {
		errs = append(errs, b.close())
	}
	return errors.Join(errs...)
}

// page cuts a list by page_size and page_token. [sdk: at most 100]
func page[T any](c *call, field string, list []T) (any, error) {
	size, start := 100, 0
	if text := c.query("page_size"); text != "" {
		n, err := parsePositive(text)
		if err != nil {
			return nil, invalid("page_size: %s", err)
		}
		size = min(n, 100)
	}
	if text := c.query("page_token"); text != "" {
		n, err := parsePositive(text)
		if err != nil || n > len(list) {
			return nil, invalid("page_token '%s' is unknown", text)
		}
		start = n
	}
	answer := map[string]any{field: list[start:min(start+size, len(list))]}
	if start+size < len(list) {
		answer["next_page_token"] = itoa(start + size)
	}
	return answer, nil
}
