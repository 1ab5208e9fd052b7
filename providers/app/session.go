package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/databricks/databricks-sdk-go/service/apps"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// session runs steps on apps. It may be used by several goroutines.
type session struct {
	workspace.NoLedger
	connect workspace.Connect
	scope   resource.Scope
	dir     string // of the environment file
}

const mayManage = "CAN_MANAGE on the app"

// Run sends the step's call, or writes its files, and waits for what it brings
// about.
func (s *session) Run(ctx context.Context, step *resource.Step, fill resource.Fill, progress func(string)) (map[string]resource.Value, error) {
	if progress == nil {
		progress = func(string) {}
	}
	kind := ""
	if step.Wait != nil {
		kind = step.Wait.Kind
	}
	if kind == waitName {
		return nameRelease(step, fill)
	}
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if step.Upload != nil {
		target, err := workspace.Filled(step.Upload.Target, fill)
		if err != nil {
			return nil, err
		}
		return nil, s.upload(ctx, c, step, target.Str(), progress)
	}
	out, err := s.run(ctx, c, step, kind, fill, progress)
	return out, workspace.Explain(err, step.Title, mayManage)
}

func (s *session) run(ctx context.Context, c *workspace.Client, step *resource.Step, kind string, fill resource.Fill, progress func(string)) (map[string]resource.Value, error) {
	if kind == waitDeployment {
		return nil, s.deploy(ctx, c, step, fill, progress)
	}
	if step.Call != nil {
		err := c.Do(ctx, step.Call, fill, progress, nil)
		switch {
		case workspace.IsExists(err) && step.Call.Method == "POST" && kind == waitSettled:
			err = s.taken(ctx, c, step, fill, progress, err)
		case workspace.IsMissing(err) && (step.Call.Method == "DELETE" || step.Wait == nil):
			err = nil
		case err != nil && kind == waitGone:
			// A second delete of an app that is on its way out is refused.
			if app, _, gerr := getApp(ctx, c, step.Wait.Path.Str()); gerr == nil && computeState(app) == string(apps.ComputeStateDeleting) {
				err = nil
			}
		case err != nil && kind == waitActive:
			// So is the start of one that runs or starts.
			if app, _, gerr := getApp(ctx, c, step.Wait.Path.Str()); gerr == nil && slices.Contains([]apps.ComputeState{apps.ComputeStateActive, apps.ComputeStateStarting}, apps.ComputeState(computeState(app))) {
				err = nil
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if step.Wait == nil {
		return nil, nil
	}
	return s.wait(ctx, c, step.Wait, progress)
}

// wait polls until the condition of a step holds. The SDK's own waiters panic
// on an app without compute status and take STOPPED for a failure.
// [reference §1.3]
func (s *session) wait(ctx context.Context, c *workspace.Client, w *resource.Wait, progress func(string)) (map[string]resource.Value, error) {
	var out map[string]resource.Value
	name := w.Path.Str()
	return out, c.Wait(ctx, w, progress, func(ctx context.Context) (bool, string, error) {
		if w.Kind == waitUpdate {
			return s.updated(ctx, c, name)
		}
		app, _, err := getApp(ctx, c, name)
		if w.Kind == waitGone && workspace.IsMissing(err) {
			return true, "", nil
		}
		if err != nil {
			return false, "", err
		}
		state := computeState(app)
		switch w.Kind {
		case waitGone:
			return false, "it is " + state, nil
		case waitSettled, waitActive:
			if state == string(apps.ComputeStateError) {
				return false, "", computeFailed(app)
			}
			if state == string(apps.ComputeStateActive) || state == string(apps.ComputeStateStopped) && w.Kind == waitSettled {
				out = computed(app)
				return true, state, nil
			}
			return false, "its compute is " + orUnknown(state), nil
		default:
			return false, "", fmt.Errorf("the plan waits for %q, which this version of tellr does not know", w.Kind)
		}
	})
}

func (s *session) updated(ctx context.Context, c *workspace.Client, name string) (bool, string, error) {
	up, err := c.Apps.GetUpdate(ctx, apps.GetAppUpdateRequest{AppName: name})
	if err != nil || up.Status == nil {
		return false, "not said", err
	}
	switch up.Status.State {
	case apps.AppUpdateUpdateStatusUpdateStateSucceeded, apps.AppUpdateUpdateStatusUpdateStateNotUpdated:
		return true, "", nil
	case apps.AppUpdateUpdateStatusUpdateStateFailed:
		return false, "", &resource.Diagnostic{Severity: resource.Error, Summary: "the update of app " + name + " failed",
			Detail: up.Status.Message, Cure: "correct what it names and apply again"}
	default:
		return false, string(up.Status.State), nil
	}
}

func computeFailed(app *apps.App) error {
	return &resource.Diagnostic{Severity: resource.Error, Summary: "the compute of app " + app.Name + " failed to start",
		Detail: app.ComputeStatus.Message, Cure: "apply again to start it anew; if it fails again, see the app's page in the workspace"}
}

// taken decides what a taken name means: an app on its way out is waited for,
// one that is what the step asked for was made by an earlier try of this same
// call, and anything else is another's.
func (s *session) taken(ctx context.Context, c *workspace.Client, step *resource.Step, fill resource.Fill, progress func(string), refused error) error {
	name := step.Wait.Path.Str()
	app, _, err := getApp(ctx, c, name)
	if workspace.IsMissing(err) || err == nil && computeState(app) == string(apps.ComputeStateDeleting) {
		gone := &resource.Wait{Kind: waitGone, For: "the earlier app " + name + " is gone", Path: step.Wait.Path, Timeout: removeTime}
		if _, err := s.wait(ctx, c, gone, progress); err != nil {
			return err
		}
		return c.Do(ctx, step.Call, fill, progress, nil)
	}
	if err != nil {
		return err
	}
	var at resource.Value
	for _, w := range s.scope.Wanted {
		if w.Address == step.Address {
			at = w.Locate
		}
	}
	if ok, differs := workspace.Has(liveAttrs(app, at), step.Changes, sameScopes); !ok {
		return &resource.Diagnostic{Severity: resource.Error, Err: refused, Address: step.Address, Range: differs.At,
			Summary: "the name " + name + " is already taken",
			Detail:  fmt.Sprintf("someone else made it after the plan was made: its %s is not %s", differs.Path, differs.Desired.Show()),
			Cure:    "plan again to see how it differs, or choose another name"}
	}
	return nil
}

// sameScopes compares lists without order.
func sameScopes(c resource.Change, live resource.Value) bool {
	a, b := slices.Clone(c.Desired.StringList()), slices.Clone(live.StringList())
	slices.Sort(a)
	slices.Sort(b)
	return c.Desired.Kind() == resource.KindList && slices.Equal(a, b)
}

// nameRelease computes the name of a release, now that all of it is known.
func nameRelease(step *resource.Step, fill resource.Fill) (map[string]resource.Value, error) {
	of := step.Wait.Path
	app := of.Get("app").Str()
	var failed error
	env := of.Get("env").Fill(func(h resource.Hole) (resource.Value, bool) {
		if h.IsSecret() {
			return resource.Value{}, false
		}
		v, err := fill(h)
		if err != nil {
			failed = err
		}
		return v, err == nil
	})
	if failed != nil {
		return nil, failed
	}
	folder, ok := releasePath(of.Get("root").Str(), of.Get("files").Str(), of.Get("command"), env, func(source string) (string, bool) {
		v, err := fill(resource.Hole{Secret: source})
		if err != nil {
			failed = err
			return "", false
		}
		hash, err := secretHash(app, source, v.Str())
		if err != nil {
			failed = err
		}
		return hash, err == nil
	})
	if failed == nil && !ok {
		failed = fmt.Errorf("naming the release of %s: not all of it is known", step.Address)
	}
	if failed != nil {
		return nil, failed
	}
	return map[string]resource.Value{"release_path": resource.String(folder)}, nil
}
