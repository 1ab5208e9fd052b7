package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// app is a Databricks App. Its service principal is made with it and goes with it.
type app struct {
	name, id, url    string
	identity         *Identity
	creator, updater string
	created, updated time.Time
	appSpec

	compute        string // compute_status.state
	computeMessage string
	status         string // app_status.state
	statusMessage  string
	active         *deployment
	pending        *deployment
	deployments    []*deployment
	defaultSource  string
	update         *wireUpdate // the last asynchronous update
	moving         int         // counts transitions of the compute; an older one that ends late changes nothing
}

// appSpec is what CreateUpdate can change. [sdk; cli's list of fields]
type appSpec struct {
	Description  string          `json:"description,omitempty"`
	BudgetPolicy string          `json:"budget_policy_id,omitempty"`
	UsagePolicy  string          `json:"usage_policy_id,omitempty"`
	Resources    []wireResource  `json:"resources,omitempty"`
	Scopes       []string        `json:"user_api_scopes,omitempty"`
	ForwardToken *bool           `json:"forward_user_access_token,omitempty"`
	ComputeSize  string          `json:"compute_size,omitempty"`
	MinInstances int             `json:"compute_min_instances,omitempty"`
	MaxInstances int             `json:"compute_max_instances,omitempty"`
	Repository   *wireRepository `json:"git_repository,omitempty"`
	Telemetry    []any           `json:"telemetry_export_destinations,omitempty"`
}

type wireRepository struct {
	Provider   string `json:"provider,omitempty"`
	URL        string `json:"url,omitempty"`
	AutoDeploy bool   `json:"auto_deploy,omitempty"`
	Credential string `json:"caller_credential_id,omitempty"`
}

type wireState struct {
	State   string `json:"state"`
	Message string `json:"message,omitempty"`
}

type wireApp struct {
	Name string `json:"name"`
	ID   string `json:"id,omitempty"`
	appSpec
	URL            string          `json:"url,omitempty"`
	Creator        string          `json:"creator,omitempty"`
	CreateTime     string          `json:"create_time,omitempty"`
	Updater        string          `json:"updater,omitempty"`
	UpdateTime     string          `json:"update_time,omitempty"`
	ClientID       string          `json:"service_principal_client_id,omitempty"`
	PrincipalID    int64           `json:"service_principal_id,omitempty"`
	PrincipalName  string          `json:"service_principal_name,omitempty"`
	OAuthClient    string          `json:"oauth2_app_client_id,omitempty"`
	OAuthID        string          `json:"oauth2_app_integration_id,omitempty"`
	ComputeStatus  *wireState      `json:"compute_status,omitempty"`
	AppStatus      *wireState      `json:"app_status,omitempty"`
	Active         *wireDeployment `json:"active_deployment,omitempty"`
	Pending        *wireDeployment `json:"pending_deployment,omitempty"`
	DefaultSource  string          `json:"default_source_code_path,omitempty"`
	EffBudget      string          `json:"effective_budget_policy_id,omitempty"`
	EffUsage       string          `json:"effective_usage_policy_id,omitempty"`
	EffScopes      []string        `json:"effective_user_api_scopes,omitempty"`
	Space          string          `json:"space,omitempty"`
	SourceCodePath string          `json:"source_code_path,omitempty"`
	GitSource      any             `json:"git_source,omitempty"`
}

func (a *app) object() object { return object{"apps", a.name} }

func (a *app) wire() wireApp {
	yes := true
	w := wireApp{Name: a.name, ID: a.id, appSpec: a.appSpec, URL: a.url, Creator: a.creator, CreateTime: stamp(a.created),
		Updater: a.updater, UpdateTime: stamp(a.updated), ClientID: a.identity.UserName, PrincipalID: a.identity.id,
		PrincipalName: a.identity.DisplayName, OAuthClient: a.id, OAuthID: a.id,
		ComputeStatus: &wireState{a.compute, a.computeMessage}, AppStatus: &wireState{a.status, a.statusMessage},
		Active: a.active.wire(), Pending: a.pending.wire(), DefaultSource: a.defaultSource,
		EffBudget: a.BudgetPolicy, EffUsage: a.UsagePolicy}
	if w.ForwardToken == nil {
		w.ForwardToken = &yes // [issue CLI] backend default
	}
	// [issue TF #4760] the service adds scopes of its own to what users ask for
	w.EffScopes = append([]string{"iam.access-control:read", "iam.current-user:read"}, a.Scopes...)
	return w
}

func (s *Server) appRoutes(handle func(string, handler)) {
	const root = "/api/2.0/apps"
	handle("POST "+root, as(s.createApp))
	handle("GET "+root, locked(s.listApps))
	handle("GET "+root+"/{app}", locked(s.getApp))
	handle("PATCH "+root+"/{app}", as(s.patchApp))
	handle("DELETE "+root+"/{app}", locked(s.deleteApp))
	handle("POST "+root+"/{app}/start", locked(s.startApp))
	handle("POST "+root+"/{app}/stop", locked(s.stopApp))
	handle("POST "+root+"/{app}/update", as(s.updateApp))
	handle("GET "+root+"/{app}/update", locked(s.getUpdate))
	handle("POST "+root+"/{app}/deployments", locked(s.deploy))
	handle("GET "+root+"/{app}/deployments", locked(s.listDeployments))
	handle("GET "+root+"/{app}/deployments/{deployment}", locked(s.getDeployment))
}

// appName: [sdk] 2 to 30 characters, lower case letters, digits and hyphens.
var appName = regexp.MustCompile(`^[a-z0-9-]{2,30}$`)

func (spec *appSpec) validate() error {
	switch {
	case len(spec.Description) > 500:
		return invalid("description must have at most 500 characters; got %d", len(spec.Description))
	case !slices.Contains([]string{"MEDIUM", "LARGE", "XLARGE"}, spec.ComputeSize): // LIQUID was removed [issue TF #5206]
		return invalid("compute_size '%s' is not one of MEDIUM, LARGE, XLARGE", spec.ComputeSize)
	case (spec.MinInstances == 0) != (spec.MaxInstances == 0): // [sdk]
		return invalid("compute_min_instances and compute_max_instances must be set together")
	case spec.MinInstances > spec.MaxInstances || spec.MinInstances < 0:
		return invalid("compute_min_instances must be at least 1 and not exceed compute_max_instances")
	case spec.Repository != nil && (spec.Repository.URL == "" || len(spec.Repository.URL) > 300):
		return invalid("git_repository.url must have 1 to 300 characters")
	}
	seen := map[string]bool{}
	for _, r := range spec.Resources {
		if err := r.validate(); err != nil {
			return err
		}
		if seen[r.Name] {
			return invalid("resource name '%s' is used twice", r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}

func (s *Server) createApp(c *call) (any, error) {
	var body wireApp
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if !appName.MatchString(body.Name) {
		return nil, invalid("Invalid app name '%s': 2-30 characters, lower case letters, digits and hyphens", body.Name)
	}
	if body.ComputeSize == "" {
		body.ComputeSize = "MEDIUM"
	}
	if err := body.validate(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if _, taken := s.apps[body.Name]; taken { // also while it is DELETING [issue CLI #4176]
		s.mu.Unlock()
		return nil, refuse(http.StatusConflict, "RESOURCE_ALREADY_EXISTS", "An app with the same name already exists: %s", body.Name)
	}
	if len(s.apps) >= 100 { // [doc]
		s.mu.Unlock()
		return nil, refuse(http.StatusBadRequest, "RESOURCE_LIMIT_EXCEEDED", "The limit of 100 apps in the workspace is reached")
	}
	targets, err := s.targets(c, body.Resources)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	clientID := uuid()
	a := &app{name: body.Name, id: uuid(), creator: c.me.UserName, updater: c.me.UserName, created: s.now(), updated: s.now(),
		url: fmt.Sprintf("https://%s-%s.aws.databricksapps.com", body.Name, workspaceID), appSpec: body.appSpec,
		status: "UNAVAILABLE", statusMessage: "App has not been deployed yet. Run your app by deploying source code"}
	// A new service principal each time: a re-created app is somebody else to Postgres. [issue, design]
	a.identity = s.addIdentity(Identity{UserName: clientID, DisplayName: "app-" + randomHex(3) + " " + body.Name, ServicePrincipal: true})
	s.apps[a.name] = a
	s.acls[a.object()] = []acl{{c.me.principal(), canManage}}
	if c.query("no_compute") == "true" {
		a.compute, a.computeMessage = "STOPPED", "App compute is stopped."
	} else {
		s.move(a, "STARTING", "ACTIVE")
	}
	answer := a.wire()
	s.mu.Unlock()
	if err := s.bind(c.r.Context(), a, targets); err != nil {
		return nil, err
	}
	return answer, nil
}

// move lets the compute go through one state to another; s.mu is held.
func (s *Server) move(a *app, through, to string) {
	a.moving++
	mine := a.moving
	a.compute, a.computeMessage = through, "App compute is "+strings.ToLower(through)+"."
	s.later(s.opts.Delays.Compute, func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a.moving == mine {
			a.compute, a.computeMessage = to, "App compute is "+strings.ToLower(to)+"."
		}
	})
}

func (s *Server) findApp(c *call, level permission) (*app, error) {
	a, ok := s.apps[c.path("app")]
	if !ok {
		return nil, appMissing(c.path("app"))
	}
	return a, s.demand(c, a.object(), level)
}

func appMissing(name string) error {
	return refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "App with name %s does not exist or is deleted.", name)
}

func (s *Server) getApp(c *call) (any, error) {
	a, err := s.findApp(c, canUse)
	if err != nil {
		return nil, err
	}
	return a.wire(), nil
}

func (s *Server) listApps(c *call) (any, error) {
	list := []wireApp{}
	for _, name := range slices.Sorted(maps.Keys(s.apps)) {
		if a := s.apps[name]; s.may(c.me, a.object(), canUse) {
			list = append(list, a.wire())
		}
	}
	return page(c, "apps", list)
}

// deleteApp returns at once; the app stays in state DELETING for a while. [issue CLI #4176]
func (s *Server) deleteApp(c *call) (any, error) {
	a, err := s.findApp(c, canManage)
	if err != nil {
		return nil, err
	}
	if a.compute == "DELETING" {
		return nil, badRequest("Cannot delete app %s as it is not terminal with state DELETING", a.name)
	}
	targets, _ := s.targets(c, a.Resources)
	a.moving++
	a.compute, a.computeMessage = "DELETING", "App is being deleted."
	a.status, a.statusMessage, a.active, a.pending = "UNAVAILABLE", "", nil, nil
	remover := c.me.UserName
	s.later(s.opts.Delays.Delete, func(ctx context.Context) {
		for _, t := range targets {
			s.report("unbind app "+a.name, s.unbind(ctx, a, t, remover))
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.apps, a.name)
		delete(s.acls, a.object())
		delete(s.identities, a.identity.UserName)
	})
	return a.wire(), nil
}

func (s *Server) startApp(c *call) (any, error) {
	a, err := s.findApp(c, canManage)
	if err != nil {
		return nil, err
	}
	if a.compute != "STOPPED" && a.compute != "ERROR" {
		return nil, badRequest("Cannot start app %s as it is not terminal with state %s", a.name, a.compute)
	}
	s.move(a, "STARTING", "ACTIVE")
	return a.wire(), nil
}

// stopApp clears the deployments; a start needs a new one. [cli]
func (s *Server) stopApp(c *call) (any, error) {
	a, err := s.findApp(c, canManage)
	if err != nil {
		return nil, err
	}
	if a.compute != "ACTIVE" && a.compute != "ERROR" {
		return nil, badRequest("Cannot stop app %s as it is not terminal with state %s", a.name, a.compute)
	}
	a.active, a.pending = nil, nil
	a.status, a.statusMessage = "UNAVAILABLE", "App compute is stopped."
	s.move(a, "STOPPING", "STOPPED")
	return a.wire(), nil
}
