package lakebase

import (
	"context"
	"fmt"

	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// session runs steps on instances. It may be used by several goroutines.
type session struct {
	workspace.NoLedger
	connect workspace.Connect
	scope   resource.Scope
}

const mayManage = "CAN_MANAGE on the instance"

// Run sends the step's call and waits for what it brings about.
func (s *session) Run(ctx context.Context, step *resource.Step, fill resource.Fill, progress func(string)) (map[string]resource.Value, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	operation := ""
	if step.Call != nil {
		var answer struct {
			Name string `json:"name"` // of the operation; of the instance, for the older API
		}
		err := c.Do(ctx, step.Call, fill, progress, &answer)
		switch {
		case err == nil && step.Wait.Kind != waitInstance && step.Wait.Kind != waitNoMore:
			operation = answer.Name
		case workspace.IsExists(err) && step.Call.Method == "POST":
			err = s.ours(ctx, c, step, err)
		case workspace.IsMissing(err) && step.Call.Method == "DELETE":
			err = nil
		}
		if err != nil {
			return nil, workspace.Explain(err, step.Title, mayManage)
		}
	}
	if operation != "" {
		err := s.operation(ctx, c, operation, step.Wait, progress)
		if workspace.IsExists(err) && step.Call.Method == "POST" {
			err = s.ours(ctx, c, step, err)
		}
		if err != nil && !(workspace.IsMissing(err) && step.Wait.Kind == waitGone) {
			return nil, workspace.Explain(err, step.Title, mayManage)
		}
	}
	out, err := s.wait(ctx, c, step.Wait, progress)
	return out, workspace.Explain(err, step.Title, mayManage)
}

// operation waits for the end of a long-running operation. The SDK's own
// waiter loses the error's code. [reference §1.2]
func (s *session) operation(ctx context.Context, c *workspace.Client, name string, w *resource.Wait, progress func(string)) error {
	return c.Wait(ctx, w, progress, func(ctx context.Context) (bool, string, error) {
		op, err := c.Postgres.GetOperation(ctx, postgres.GetOperationRequest{Name: name})
		if err != nil {
			return false, "", err
		}
		if op.Done && op.Error != nil {
			return false, "", &workspace.Failed{Operation: name, Code: string(op.Error.ErrorCode), Message: op.Error.Message}
		}
		return op.Done, "in progress", nil
	})
}

// wait polls until the condition of a step holds, and gives what is known
// then.
func (s *session) wait(ctx context.Context, c *workspace.Client, w *resource.Wait, progress func(string)) (map[string]resource.Value, error) {
	var out map[string]resource.Value
	name := w.Path.Str()
	return out, c.Wait(ctx, w, progress, func(ctx context.Context) (bool, string, error) {
		switch w.Kind {
		case waitUpdated:
			return true, "", nil // the operation's end is all
		case waitProject, waitEndpoint:
			ep, err := c.Postgres.GetEndpoint(ctx, postgres.GetEndpointRequest{Name: endpointPath(name)})
			if workspace.IsMissing(err) {
				return false, "its endpoint is not there yet", nil
			}
			if err != nil {
				return false, "", err
			}
			ready, state := endpointReady(ep)
			if !ready {
				return false, state, nil
			}
			pr, err := c.Postgres.GetProject(ctx, postgres.GetProjectRequest{Name: projectPath(name)})
			if err != nil {
				return false, "", err
			}
			out = map[string]resource.Value{"host": resource.String(ep.Status.Hosts.Host), "uid": resource.String(pr.Uid)}
			return true, state, nil
		case waitGone:
			pr, err := c.Postgres.GetProject(ctx, postgres.GetProjectRequest{Name: projectPath(name)})
			if workspace.IsMissing(err) {
				return true, "", nil
			}
			if err == nil && pr.DeleteTime != nil {
				return false, "it is being purged", nil
			}
			return false, "it is still there", err
		case waitInstance:
			in, err := c.Database.GetDatabaseInstanceByName(ctx, name)
			if err != nil {
				return false, "", err
			}
			ready, state := instanceReady(in)
			if ready {
				out = map[string]resource.Value{"uid": resource.String(in.Uid)}
				if in.ReadWriteDns != "" {
					out["host"] = resource.String(in.ReadWriteDns)
				}
			}
			return ready, state, nil
		case waitNoMore:
			in, err := c.Database.GetDatabaseInstanceByName(ctx, name)
			if workspace.IsMissing(err) {
				return true, "", nil
			}
			if err != nil {
				return false, "", err
			}
			return false, "it is " + string(in.State), nil
		default:
			return false, "", fmt.Errorf("the plan waits for %q, which this version of tellr does not know", w.Kind)
		}
	})
}

// ours decides what a taken name means: if the thing that has it is what the
// step asked for, an earlier try of this same call made it, and its answer was
// lost; anything else is another's.
func (s *session) ours(ctx context.Context, c *workspace.Client, step *resource.Step, taken error) error {
	name := step.Wait.Path.Str()
	var live *resource.Live
	var err error
	if step.Wait.Kind == waitInstance {
		live, _, err = readProvisioned(ctx, c, name)
	} else {
		live, _, err = readProject(ctx, c, name)
	}
	if err != nil {
		return err
	}
	if live == nil {
		return taken
	}
	if ok, c := workspace.Has(live.Attrs, step.Changes, unread(live.Attrs)); !ok {
		return &resource.Diagnostic{Severity: resource.Error, Err: taken, Address: step.Address, Range: c.At,
			Summary: "the name " + name + " is already taken",
			Detail:  fmt.Sprintf("someone else made it after the plan was made: its %s is not %s", c.Path, c.Desired.Show()),
			Cure:    "plan again to see how it differs, or choose another name",
		}
	}
	return nil
}

// unread passes over what the live thing cannot say yet: the settings of an
// endpoint that is still being made.
func unread(live resource.Value) func(resource.Change, resource.Value) bool {
	return func(c resource.Change, v resource.Value) bool { return v.IsNull() && len(c.Path) == 2 }
}
