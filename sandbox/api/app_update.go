package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

// patchApp is the legacy update without a mask: what is in the body is replaced. [issue TF #5944: compute_size, even
// unchanged, makes it fail]
func (s *Server) patchApp(c *call) (any, error) {
	var body wireApp
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if c.has("compute_size") {
		return nil, badRequest("Compute size updates are not supported in this update API")
	}
	s.mu.Lock()
	a, err := s.changeableApp(c)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	next := a.appSpec
	for _, field := range appFields() {
		if c.has(field.path) {
			field.apply(&next, &body.appSpec)
		}
	}
	answer, targets, err := s.adopt(c, a, next)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return answer, s.rebind(c, a, targets)
}

// adopt checks and enters a new specification; s.mu is held. The targets are what Postgres is to be bound to.
func (s *Server) adopt(c *call, a *app, next appSpec) (wireApp, []target, error) {
	if err := next.validate(); err != nil {
		return wireApp{}, nil, err
	}
	targets, err := s.targets(c, next.Resources)
	if err != nil {
		return wireApp{}, nil, err
	}
	before, _ := s.targets(c, a.Resources) // what is gone meanwhile needs no revoking
	for _, t := range before {
		if !slices.ContainsFunc(targets, t.same) {
			t.remove = true
			targets = append([]target{t}, targets...)
		}
	}
	a.appSpec, a.updater, a.updated = next, c.me.UserName, s.now()
	return a.wire(), targets, nil
}

// rebind carries bindings out, removals first.
func (s *Server) rebind(c *call, a *app, targets []target) error {
	for _, t := range targets {
		if t.remove {
			if err := s.unbind(c.r.Context(), a, t, c.me.UserName); err != nil {
				return err
			}
		}
	}
	return s.bind(c.r.Context(), a, targets)
}

func (s *Server) changeableApp(c *call) (*app, error) {
	a, err := s.findApp(c, canManage)
	if err != nil {
		return nil, err
	}
	if a.compute == "DELETING" {
		return nil, badRequest("Cannot update app %s as it is not terminal with state DELETING", a.name)
	}
	return a, nil
}

type wireUpdate struct {
	appSpec
	Status wireState `json:"status"`
}

func appFields() []maskRow[appSpec] {
	type A = appSpec
	return []maskRow[A]{
		{"description", nil, func(to, from *A) { to.Description = from.Description }},
		{"budget_policy_id", nil, func(to, from *A) { to.BudgetPolicy = from.BudgetPolicy }},
		{"usage_policy_id", nil, func(to, from *A) { to.UsagePolicy = from.UsagePolicy }},
		{"resources", nil, func(to, from *A) { to.Resources = from.Resources }},
		{"user_api_scopes", nil, func(to, from *A) { to.Scopes = from.Scopes }},
		{"forward_user_access_token", nil, func(to, from *A) { to.ForwardToken = from.ForwardToken }},
		{"compute_size", nil, func(to, from *A) { to.ComputeSize = from.ComputeSize }},
		{"compute_min_instances", nil, func(to, from *A) { to.MinInstances = from.MinInstances }},
		{"compute_max_instances", nil, func(to, from *A) { to.MaxInstances = from.MaxInstances }},
		{"git_repository", nil, func(to, from *A) { to.Repository = from.Repository }},
		{"telemetry_export_destinations", nil, func(to, from *A) { to.Telemetry = from.Telemetry }},
	}
}

// updateApp is CreateUpdate: a mask of fields relative to app, each replaced wholesale; one update at a time; a masked
// field that is absent from the body is cleared. [cli][issue CLI #4607 …]
func (s *Server) updateApp(c *call) (any, error) {
	var body struct {
		App  wireApp `json:"app"`
		Mask string  `json:"update_mask"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	a, err := s.changeableApp(c)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	answer, targets, err := s.beginUpdate(c, a, body.App.appSpec, body.Mask)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := s.rebind(c, a, targets); err != nil {
		s.mu.Lock()
		a.update.Status = wireState{"FAILED", err.Error()}
		s.mu.Unlock()
	}
	return answer, nil
}

func (s *Server) beginUpdate(c *call, a *app, from appSpec, mask string) (*wireUpdate, []target, error) {
	if a.update != nil && a.update.Status.State == "IN_PROGRESS" {
		return nil, nil, refuse(http.StatusConflict, "RESOURCE_CONFLICT", "An update of app %s is in progress", a.name)
	}
	if strings.Contains(mask, " ") {
		return nil, nil, invalid("update_mask must not contain spaces")
	}
	paths := splitMask(mask)
	if len(paths) == 0 {
		return nil, nil, invalid("Field 'update_mask' is required and was not provided")
	}
	next := a.appSpec
	for _, path := range paths {
		found := false
		for _, field := range appFields() {
			if field.path == path || path == "*" {
				field.apply(&next, &from)
				found = true
			}
		}
		if !found {
			return nil, nil, invalid("Unknown field path in update_mask: %s", path)
		}
	}
	if next.ComputeSize == "" {
		next.ComputeSize = "MEDIUM"
	}
	if next.ComputeSize != a.ComputeSize && a.compute != "ACTIVE" && a.compute != "STOPPED" {
		return nil, nil, badRequest("Cannot update app %s as its compute is %s", a.name, a.compute)
	}
	resized := next.ComputeSize != a.ComputeSize && a.compute == "ACTIVE"
	_, targets, err := s.adopt(c, a, next)
	if err != nil {
		return nil, nil, err
	}
	update := &wireUpdate{appSpec: next, Status: wireState{"IN_PROGRESS", "App update is in progress."}}
	a.update = update
	if resized { // a change of size restarts the compute
		s.move(a, "UPDATING", "ACTIVE")
	}
	begun := *update
	s.later(s.opts.Delays.Compute, func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if update.Status.State == "IN_PROGRESS" {
			update.Status = wireState{"SUCCEEDED", "App updated successfully."}
		}
	})
	return &begun, targets, nil
}

func (s *Server) getUpdate(c *call) (any, error) {
	a, err := s.findApp(c, canUse)
	if err != nil {
		return nil, err
	}
	if a.update == nil {
		return wireUpdate{Status: wireState{State: "NOT_UPDATED"}}, nil
	}
	return *a.update, nil
}

// bind grants an app what its resources name, outside the lock.
func (s *Server) bind(ctx context.Context, a *app, targets []target) error {
	s.mu.Lock()
	for _, r := range a.Resources {
		if r.Secret != nil && s.scopes[r.Secret.Scope] != nil {
			s.scopes[r.Secret.Scope].acls[a.identity.UserName] = r.Secret.Permission
		}
	}
	s.mu.Unlock()
	for _, t := range targets {
		if t.remove || t.branch == nil {
			continue
		}
		pg, refused := t.branch.running(ctx)
		if refused != nil {
			return unavailable(t.branch, refused)
		}
		if err := pg.BindApp(ctx, a.identity.UserName, t.database); err != nil {
			if errors.Is(err, lakebase.ErrNoDatabase) {
				return refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Database %s does not exist", t.database)
			}
			return err
		}
		s.mu.Lock()
		t.branch.roleIDs["dbrx-apps-"+a.identity.UserName] = a.identity.UserName // [doc]
		s.grant(t.branch.project.object(), a.identity.principal(), canUse)
		s.mu.Unlock()
	}
	return nil
}

// unbind undoes bind. A target that is gone needs nothing.
func (s *Server) unbind(ctx context.Context, a *app, t target, remover string) error {
	if t.branch == nil {
		return nil
	}
	pg, refused := t.branch.running(ctx)
	if refused != nil {
		return nil
	}
	heir := remover // needs a role; else what the app owns goes to the project's owner [doc; the second is inferred]
	if _, err := pg.LookUp(ctx, remover); err != nil {
		heir = t.branch.project.owner
	}
	if err := pg.UnbindApp(ctx, a.identity.UserName, heir); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(t.branch.roleIDs, "dbrx-apps-"+a.identity.UserName)
	s.revoke(t.branch.project.object(), a.identity.principal())
	return nil
}
