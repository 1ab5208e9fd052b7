package api

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

// instance is a provisioned database instance. Since 2026-03-12 the service makes an autoscaling project behind it, whose
// id is the instance's name, pinned to Postgres 16; projects made by the postgres API are not visible here.
// [doc oltp/upgrade-to-autoscaling][github databricks-agent-skills]
type instance struct {
	name    string
	project *project
	state   string
	instanceSpec
	parent *wireInstanceRef
}

// instanceSpec is what can be changed in place.
type instanceSpec struct {
	capacity    string
	nodes       int
	readable    bool
	nativeLogin bool
	retention   int
	stopped     bool
	usagePolicy string
	tags        []tag
}

type wireInstanceRef struct {
	Name       string `json:"name,omitempty"`
	UID        string `json:"uid,omitempty"`
	BranchTime string `json:"branch_time,omitempty"`
	LSN        string `json:"lsn,omitempty"`
	Effective  string `json:"effective_lsn,omitempty"`
}

// wireInstance has the plain names of input-only fields for requests and their effective_ twins for answers. [sdk]
type wireInstance struct {
	Name           string            `json:"name"`
	Capacity       string            `json:"capacity,omitempty"`
	Nodes          *int              `json:"node_count,omitempty"`
	Readable       *bool             `json:"enable_readable_secondaries,omitempty"`
	NativeLogin    *bool             `json:"enable_pg_native_login,omitempty"`
	Retention      *int              `json:"retention_window_in_days,omitempty"`
	Stopped        *bool             `json:"stopped,omitempty"`
	UsagePolicy    *string           `json:"usage_policy_id,omitempty"`
	Tags           []tag             `json:"custom_tags,omitempty"`
	Parent         *wireInstanceRef  `json:"parent_instance_ref,omitempty"`
	Children       []wireInstanceRef `json:"child_instance_refs,omitempty"`
	State          string            `json:"state,omitempty"`
	ReadWriteDNS   string            `json:"read_write_dns,omitempty"`
	ReadOnlyDNS    string            `json:"read_only_dns,omitempty"`
	PgVersion      string            `json:"pg_version,omitempty"`
	UID            string            `json:"uid,omitempty"`
	Creator        string            `json:"creator,omitempty"`
	CreationTime   string            `json:"creation_time,omitempty"`
	EffCapacity    string            `json:"effective_capacity,omitempty"`
	EffNodes       int               `json:"effective_node_count,omitempty"`
	EffReadable    *bool             `json:"effective_enable_readable_secondaries,omitempty"`
	EffNativeLogin *bool             `json:"effective_enable_pg_native_login,omitempty"`
	EffRetention   int               `json:"effective_retention_window_in_days,omitempty"`
	EffStopped     *bool             `json:"effective_stopped,omitempty"`
	EffUsagePolicy string            `json:"effective_usage_policy_id,omitempty"`
	EffTags        []tag             `json:"effective_custom_tags,omitempty"`
}

func (i *instance) object() object { return object{"database-instances", i.name} }

func (s *Server) instanceRoutes(handle func(string, handler)) {
	const root = "/api/2.0/database"
	handle("POST "+root+"/instances", s.prepared(s.instanceVersion, locked(s.createInstance)))
	handle("GET "+root+"/instances", locked(s.listInstances))
	handle("GET "+root+"/instances:findByUid", locked(s.findInstanceByUID))
	handle("GET "+root+"/instances/{instance}", locked(s.getInstance))
	handle("PATCH "+root+"/instances/{instance}", locked(s.updateInstance))
	handle("DELETE "+root+"/instances/{instance}", locked(s.deleteInstance))
	handle("GET "+root+"/instances/{instance}/databases", as(s.listInstanceDatabases)) // undocumented [cli]
	handle("POST "+root+"/instances/{instance}/roles", as(s.createInstanceRole))
	handle("GET "+root+"/instances/{instance}/roles", as(s.listInstanceRoles))
	handle("GET "+root+"/instances/{instance}/roles/{name}", as(s.getInstanceRole))
	handle("DELETE "+root+"/instances/{instance}/roles/{name}", as(s.deleteInstanceRole))
	handle("POST "+root+"/credentials", locked(s.createInstanceCredential))
}

// wire is what GET answers. tags are echoed on create and update only [sdk].
func (s *Server) wireInstance(i *instance, echoTags bool) wireInstance {
	p := i.project
	root := p.branches["production"]
	w := wireInstance{Name: i.name, Capacity: i.capacity, State: i.state, UID: p.uid, Creator: p.owner,
		CreationTime: stamp(p.created), PgVersion: "PG_VERSION_" + itoa(p.version), Parent: i.parent,
		EffCapacity: i.capacity, EffNodes: i.nodes, EffReadable: &i.readable, EffNativeLogin: &i.nativeLogin,
		EffRetention: i.retention, EffStopped: &i.stopped, EffUsagePolicy: i.usagePolicy}
	if echoTags {
		w.Tags, w.EffTags = i.tags, i.tags
	}
	if e := root.endpoints["primary"]; e != nil && i.state != "STARTING" {
		w.ReadWriteDNS = e.listener.Host()
		if i.readable {
			w.ReadOnlyDNS = e.listener.Host()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.instances)) {
		if child := s.instances[name]; child.parent != nil && child.parent.Name == i.name {
			w.Children = append(w.Children, wireInstanceRef{Name: name, UID: child.project.uid})
		}
	}
	return w
}

// take reads what is given of the changeable fields.
func (spec *instanceSpec) take(w *wireInstance) {
	if w.Capacity != "" {
		spec.capacity = w.Capacity
	}
	set(&spec.nodes, w.Nodes)
	set(&spec.readable, w.Readable)
	set(&spec.nativeLogin, w.NativeLogin)
	set(&spec.retention, w.Retention)
	set(&spec.stopped, w.Stopped)
	set(&spec.usagePolicy, w.UsagePolicy)
	if w.Tags != nil {
		spec.tags = w.Tags
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// cuOf is the autoscaling size of a capacity: 16 GB against 2 GB a unit. [inferred]
func cuOf(capacity string) float64 {
	return map[string]float64{"CU_1": 8, "CU_2": 16, "CU_4": 32, "CU_8": 64}[capacity]
}

func (spec *instanceSpec) validate() error {
	switch {
	case cuOf(spec.capacity) == 0: // [sdk]
		return invalid("Invalid capacity '%s': must be one of CU_1, CU_2, CU_4, CU_8", spec.capacity)
	case spec.nodes < 1 || spec.nodes > 3:
		return invalid("node_count must be between 1 and 3; got %d", spec.nodes)
	case spec.readable && spec.nodes < 2:
		return invalid("enable_readable_secondaries requires node_count greater than 1")
	case spec.retention < 2 || spec.retention > 35:
		return invalid("retention_window_in_days must be between 2 and 35; got %d", spec.retention)
	}
	return nil
}

// instanceName: 1 to 63 characters, letters, digits and hyphens. [sdk][doc]
var instanceName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{0,62}$`)

// instanceVersion: a database of this API is pinned to 16. [doc]
func (s *Server) instanceVersion() int {
	if v := s.opts.Postgres.Version; v != 0 {
		return v
	}
	return 16
}

func (s *Server) createInstance(c *call) (any, error) {
	var body wireInstance
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if !instanceName.MatchString(body.Name) {
		return nil, invalid("Invalid instance name '%s': 1-63 characters, letters, digits and hyphens, beginning with a letter", body.Name)
	}
	if _, taken := s.instances[body.Name]; taken {
		return nil, refuse(http.StatusConflict, "ALREADY_EXISTS", "Database instance '%s' already exists", body.Name)
	}
	if _, taken := s.projects[body.Name]; taken { // the id of the project behind it
		return nil, refuse(http.StatusConflict, "ALREADY_EXISTS", "Database instance '%s' already exists", body.Name)
	}
	if len(s.instances) >= 10 { // [tf docs]
		return nil, refuse(http.StatusBadRequest, "QUOTA_EXCEEDED", "The limit of 10 database instances in the workspace is reached")
	}
	i := &instance{name: body.Name, state: "STARTING", instanceSpec: instanceSpec{capacity: "CU_2", nodes: 1, retention: 7}}
	i.take(&body)
	if err := i.validate(); err != nil {
		return nil, err
	}
	var parent *instance
	if body.Parent != nil {
		if parent = s.instances[body.Parent.Name]; parent == nil {
			return nil, instanceMissing(body.Parent.Name)
		}
		if err := s.demand(c, parent.project.object(), canManage); err != nil {
			return nil, err
		}
		i.parent = &wireInstanceRef{Name: parent.name, UID: parent.project.uid, BranchTime: body.Parent.BranchTime, Effective: body.Parent.LSN}
	}
	version := s.instanceVersion()
	if parent != nil {
		version = parent.project.version
	}
	p := s.newProject(i.name, c.me, version)
	p.instance, i.project = i, p
	p.nativeLogin = i.nativeLogin
	s.projects[p.id], s.instances[i.name] = p, i
	s.acls[p.object()] = []acl{{c.me.principal(), canManage}}
	root := &branch{project: p, id: "production", uid: uuid(), created: s.now(), updated: s.now(), state: "INIT", changed: s.now(),
		roleIDs: map[string]string{}, databaseIDs: map[string]string{}, endpoints: map[string]*endpoint{}}
	p.branches[root.id] = root
	cu := cuOf(i.capacity)
	primary, err := s.newEndpoint(root, "primary", readWrite, limits{minCU: cu, maxCU: cu}, endpointGroup{i.nodes, i.nodes, i.readable})
	if err != nil {
		s.forgetProject(p)
		return nil, err
	}
	owner := c.me
	s.transition(i, "AVAILABLE", func(ctx context.Context) error {
		if parent == nil {
			return s.startBranch(ctx, root, owner)
		}
		pg, refused := parent.project.branches["production"].running(ctx)
		if refused != nil {
			return refused
		}
		copied, err := pg.Fork(ctx)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		root.postgres = copied
		root.databaseIDs["databricks-postgres"] = lakebase.DefaultDatabase
		return nil
	}, func() {
		root.ready()
		primary.state, primary.pending = "ACTIVE", ""
		if i.stopped {
			root.stopped, i.state = true, "STOPPED"
		}
	})
	return s.wireInstance(i, true), nil
}

// transition runs work in the background and then enters a state, no sooner than the delay; s.mu is held.
func (s *Server) transition(i *instance, state string, work func(ctx context.Context) error, then func()) {
	s.later(0, func(ctx context.Context) {
		began := time.Now()
		err := work(ctx)
		if !s.pause(s.opts.Delays.Instance - time.Since(began)) {
			return
		}
		if err != nil { // stays in its state, as a service that has a problem does
			s.fail("instance "+i.name, err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		i.state = state
		then()
	})
}

func instanceMissing(name string) error {
	return refuse(http.StatusNotFound, "NOT_FOUND", "Database instance '%s' not found", name)
}

func (s *Server) findInstance(c *call, level permission) (*instance, error) {
	i, ok := s.instances[c.path("instance")]
	if !ok {
		return nil, instanceMissing(c.path("instance"))
	}
	return i, s.demand(c, i.project.object(), level)
}

func (s *Server) getInstance(c *call) (any, error) {
	i, err := s.findInstance(c, canUse)
	if err != nil {
		return nil, err
	}
	return s.wireInstance(i, false), nil
}

func (s *Server) findInstanceByUID(c *call) (any, error) {
	for _, i := range s.instances {
		if i.project.uid == c.query("uid") {
			return s.wireInstance(i, false), s.demand(c, i.project.object(), canUse)
		}
	}
	return nil, instanceMissing(c.query("uid"))
}

func (s *Server) listInstances(c *call) (any, error) {
	list := []wireInstance{}
	for _, name := range slices.Sorted(maps.Keys(s.instances)) {
		if i := s.instances[name]; s.may(c.me, i.project.object(), canUse) {
			list = append(list, s.wireInstance(i, false))
		}
	}
	return page(c, "database_instances", list)
}

// updateInstance: an empty mask or * is every field that is given. [sdk]
func (s *Server) updateInstance(c *call) (any, error) {
	i, err := s.findInstance(c, canManage)
	if err != nil {
		return nil, err
	}
	var body wireInstance
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Name != "" && body.Name != i.name {
		return nil, invalid("Field 'name' cannot be changed")
	}
	next := i.instanceSpec
	if mask := c.query("update_mask"); mask == "" || mask == "*" {
		next.take(&body)
	} else {
		var from instanceSpec
		from.take(&body)
		copies := map[string]func(){
			"capacity": func() { next.capacity = from.capacity }, "custom_tags": func() { next.tags = from.tags },
			"enable_pg_native_login":      func() { next.nativeLogin = from.nativeLogin },
			"enable_readable_secondaries": func() { next.readable = from.readable },
			"node_count":                  func() { next.nodes = from.nodes }, "stopped": func() { next.stopped = from.stopped },
			"retention_window_in_days": func() { next.retention = from.retention },
			"usage_policy_id":          func() { next.usagePolicy = from.usagePolicy },
		}
		for _, path := range splitMask(mask) {
			apply, ok := copies[path]
			if !ok { // name, parent_instance_ref, pg_version and what is output only
				return nil, invalid("Field '%s' in update_mask cannot be updated", path)
			}
			if !c.has(path) { // a zero value needs to be sent: an absent one means its default
				continue
			}
			apply()
		}
	}
	if err := next.validate(); err != nil {
		return nil, err
	}
	switch {
	case i.state != "AVAILABLE" && i.state != "STOPPED":
		return nil, refuse(http.StatusConflict, "RESOURCE_CONFLICT", "Database instance '%s' is %s, try again once it is AVAILABLE", i.name, i.state)
	case i.stopped && next.stopped: // [issue CLI #3373]
		return nil, refuse(http.StatusBadRequest, "INVALID_STATE", "Database instance '%s' is stopped and cannot be updated: start it first", i.name)
	}
	root := i.project.branches["production"]
	was := i.stopped
	i.instanceSpec, i.state = next, "UPDATING"
	i.project.nativeLogin = next.nativeLogin
	state := "AVAILABLE"
	if next.stopped {
		state = "STOPPED"
	}
	s.transition(i, state, func(ctx context.Context) error {
		switch {
		case next.stopped && !was:
			err := s.suspend(root)
			s.mu.Lock()
			defer s.mu.Unlock()
			root.stopped = true
			return err
		case was && !next.stopped:
			s.mu.Lock()
			root.stopped = false
			s.mu.Unlock()
			_, refused := root.running(ctx)
			if refused != nil {
				return refused
			}
		}
		return nil
	}, func() {
		e := root.endpoints["primary"]
		e.minCU, e.maxCU = cuOf(next.capacity), cuOf(next.capacity)
		e.group = endpointGroup{next.nodes, next.nodes, next.readable}
	})
	return s.wireInstance(i, true), nil
}

// deleteInstance: purge=false is refused; absent counts as true; force deletes child instances too. [sdk]
func (s *Server) deleteInstance(c *call) (any, error) {
	i, err := s.findInstance(c, canManage)
	if err != nil {
		return nil, err
	}
	if c.query("purge") == "false" {
		return nil, invalid("purge=false is not supported: set purge to true or omit it")
	}
	doomed := []*instance{i}
	for n := 0; n < len(doomed); n++ {
		for _, other := range s.instances {
			if other.parent != nil && other.parent.Name == doomed[n].name {
				doomed = append(doomed, other)
			}
		}
	}
	if len(doomed) > 1 && c.query("force") != "true" {
		return nil, badRequest("Database instance '%s' has child instance '%s': set force to delete it too", i.name, doomed[1].name)
	}
	for _, d := range doomed {
		s.forgetProject(d.project)
		d.state = "DELETING"
		s.later(0, func(context.Context) { s.report("delete instance "+d.name, d.project.close()) })
	}
	return nil, nil
}

func (s *Server) createInstanceCredential(c *call) (any, error) {
	var body struct {
		Names []string `json:"instance_names"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if len(body.Names) == 0 {
		return nil, invalid("Field 'instance_names' is required and was not provided")
	}
	var endpoints []*endpoint
	for _, name := range body.Names {
		i, ok := s.instances[name]
		if !ok {
			return nil, instanceMissing(name)
		}
		if err := s.demand(c, i.project.object(), canUse); err != nil {
			return nil, err
		}
		endpoints = append(endpoints, i.project.branches["production"].endpoints["primary"])
	}
	value, expires := s.issue(c.me, s.opts.TokenLifetime, endpoints...)
	return map[string]any{"token": value, "expiration_time": stamp(expires)}, nil
}

// Roles of an instance. [sdk; "not public, UI only"]
