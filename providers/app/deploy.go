package app

import (
	"context"
	"fmt"

	"github.com/databricks/databricks-sdk-go/service/apps"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// deploy deploys a release and waits until the app runs. A deployment that
// succeeded does not prove that the process stays up.
func (s *session) deploy(ctx context.Context, c *workspace.Client, step *resource.Step, fill resource.Fill, progress func(string)) error {
	name, id := step.Wait.Path.Get("app").Str(), step.Wait.Path.Get("deployment").Str()
	if step.Call != nil {
		// A new app gets a deployment of a default page by itself, and only
		// one can be under way.
		if err := s.free(ctx, c, name, step.Wait, progress); err != nil {
			return err
		}
		var made apps.AppDeployment
		if err := c.Do(ctx, step.Call, fill, progress, &made); err != nil {
			return err
		}
		id = made.DeploymentId
	}
	if id != "" {
		if err := s.deployed(ctx, c, name, id, step.Wait, progress); err != nil {
			return err
		}
	}
	return s.runs(ctx, c, name, step.Wait, progress)
}

func (s *session) free(ctx context.Context, c *workspace.Client, name string, w *resource.Wait, progress func(string)) error {
	of := &resource.Wait{For: "no other deployment of app " + name + " is under way", Timeout: w.Timeout}
	return c.Wait(ctx, of, progress, func(ctx context.Context) (bool, string, error) {
		app, _, err := getApp(ctx, c, name)
		if err != nil {
			return false, "", err
		}
		if p := app.PendingDeployment; p != nil && p.DeploymentId != "" {
			return false, "deployment " + p.DeploymentId + " is under way", nil
		}
		return true, "", nil
	})
}

func (s *session) deployed(ctx context.Context, c *workspace.Client, name, id string, w *resource.Wait, progress func(string)) error {
	of := &resource.Wait{For: "the deployment of app " + name + " is done", Timeout: w.Timeout}
	return c.Wait(ctx, of, progress, func(ctx context.Context) (bool, string, error) {
		d, err := c.Apps.GetDeploymentByAppNameAndDeploymentId(ctx, name, id)
		if err != nil || d.Status == nil {
			return false, "not said", err
		}
		switch d.Status.State {
		case apps.AppDeploymentStateSucceeded:
			return true, "", nil
		case apps.AppDeploymentStateFailed:
			return false, "", &resource.Diagnostic{Severity: resource.Error, Summary: "the deployment of app " + name + " failed", Detail: d.Status.Message,
				Cure: "correct what it names, and see the deployment's log on the app's page or with `databricks apps logs " + name + "`"}
		case apps.AppDeploymentStateCancelled:
			return false, "", &resource.Diagnostic{Severity: resource.Error, Summary: "the deployment of app " + name + " was cancelled", Detail: d.Status.Message,
				Cure: "someone stopped it or deployed something else; plan again"}
		default:
			return false, orElse(d.Status.Message, string(d.Status.State)), nil
		}
	})
}

// runs waits for a running app. A crash counts when it is seen twice, since
// the first look may still show the app as it was.
func (s *session) runs(ctx context.Context, c *workspace.Client, name string, w *resource.Wait, progress func(string)) error {
	crashes := 0
	return c.Wait(ctx, w, progress, func(ctx context.Context) (bool, string, error) {
		app, _, err := getApp(ctx, c, name)
		if err != nil {
			return false, "", err
		}
		state, message := appState(app)
		switch apps.ApplicationState(state) {
		case apps.ApplicationStateRunning:
			return true, state, nil
		case apps.ApplicationStateCrashed:
			if crashes++; crashes > 1 {
				return false, "", &resource.Diagnostic{Severity: resource.Error, Summary: "app " + name + " is deployed and has crashed", Detail: message,
					Cure: fmt.Sprintf("see its log at %s/logz or with `databricks apps logs %s`; then correct the source and apply again", app.Url, name)}
			}
		}
		return false, "it is " + orElse(message, orUnknown(state)), nil
	})
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
