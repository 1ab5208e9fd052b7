package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"golang.org/x/sync/errgroup"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// readers bounds the apps that are read at once.
const readers = 8

// Read answers for all apps at once. It also looks at what the releases are
// made of: the source folders, the secrets, the host of the bound instance.
func (p *Provider) Read(ctx context.Context, scope resource.Scope, svc resource.Services) (*resource.Snapshot, error) {
	c, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	if scope, err = c.Scope(scope); err != nil {
		return nil, err
	}
	lives := make([]*resource.Live, len(scope.Wanted))
	found := make([]fact, len(scope.Wanted))
	errs := make([]error, len(scope.Wanted))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, w := range scope.Wanted {
		group.Go(func() error {
			lives[i], found[i], errs[i] = readOne(ctx, c, w, svc)
			return nil
		})
	}
	_ = group.Wait() // each error is kept in errs, so that all are reported
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	snap := &resource.Snapshot{Scope: scope}
	known := facts{}
	for i, w := range scope.Wanted {
		if lives[i] != nil {
			snap.Objects = append(snap.Objects, lives[i])
		}
		known[w.Address.String()] = found[i]
	}
	snap.Facts, err = json.Marshal(known)
	return snap, err
}

func readOne(ctx context.Context, c *workspace.Client, w resource.Wanted, svc resource.Services) (*resource.Live, fact, error) {
	var f fact
	name := w.Locate.Get("name").Str()
	if rel := w.Locate.Get("release"); !rel.IsNull() {
		f.Source = readSource(rel, svc.Dir)
		if err := f.readSecrets(name, rel.Get("secrets"), svc); err != nil {
			return nil, f, err
		}
	}
	if b := located(w.Locate.Get("binding")); b.kind == autoscaling {
		ep, err := c.Postgres.GetEndpoint(ctx, postgres.GetEndpointRequest{Name: b.endpoint})
		switch {
		case workspace.IsMissing(err):
		case err != nil:
			return nil, f, workspace.Explain(err, "reading the instance of app "+name, "CAN_USE on the instance")
		case ep.Status != nil && ep.Status.Hosts != nil:
			f.Host = ep.Status.Hosts.Host
		}
	}
	app, raw, err := f.settled(ctx, c, name)
	if err != nil || app == nil {
		return nil, f, workspace.Explain(err, "reading app "+name, "CAN_MANAGE on the app")
	}
	f.Compute = computeState(app)
	if f.Compute == string(apps.ComputeStateDeleting) {
		f.Going = true
		return nil, f, nil
	}
	f.Resources = raw
	f.Active, f.Pending = deploymentOf(app.ActiveDeployment), deploymentOf(app.PendingDeployment)
	if f.Active != nil && isReleasePath(f.Active.Path) {
		f.Released = readManifest(ctx, c, f.Active.Path)
	}
	attrs := liveAttrs(app, w.Locate)
	if live := attrs.Get("binding"); !live.IsNull() {
		known, err := hasRole(ctx, c, located(w.Locate.Get("binding")), app.ServicePrincipalClientId)
		if err != nil {
			return nil, f, workspace.Explain(err, "reading the Postgres role of app "+name, "CAN_USE on the instance")
		}
		if known {
			attrs = attrs.With("binding", live.With("role", resource.String(app.ServicePrincipalClientId)))
		}
	}
	return &resource.Live{Address: w.Address, Identity: app.Id, Attrs: attrs}, f, nil
}

// hasRole tells whether a bound database knows an app. Who may not see the
// roles cannot tell; that is no reason to change anything.
func hasRole(ctx context.Context, c *workspace.Client, b binding, role string) (bool, error) {
	var err error
	known := false
	if b.kind == autoscaling {
		var roles []postgres.Role
		roles, err = c.Postgres.ListRolesAll(ctx, postgres.ListRolesRequest{Parent: b.branch})
		known = slices.ContainsFunc(roles, func(r postgres.Role) bool { return r.Status != nil && r.Status.PostgresRole == role })
	} else {
		_, err = c.Database.GetDatabaseInstanceRoleByInstanceNameAndName(ctx, b.instanceName, role)
		known = err == nil
	}
	switch {
	case workspace.IsMissing(err):
		return false, nil
	case errors.Is(err, apierr.ErrPermissionDenied):
		return true, nil
	default:
		return known, err
	}
}

// settled reads an app when no update and no deployment of it is under way,
// or as it is if that takes long; nil if there is none.
func (f *fact) settled(ctx context.Context, c *workspace.Client, name string) (app *apps.App, raw []json.RawMessage, err error) {
	err = c.Settle(ctx, func(ctx context.Context) (bool, string, error) {
		app, raw, err = getApp(ctx, c, name)
		if workspace.IsMissing(err) {
			return true, "", nil
		}
		if err != nil {
			return false, "", err
		}
		f.Updating = false
		if computeState(app) == string(apps.ComputeStateDeleting) {
			return true, "", nil
		}
		up, err := c.Apps.GetUpdate(ctx, apps.GetAppUpdateRequest{AppName: name})
		// An app that was never updated has no update to tell of.
		f.Updating = err == nil && up.Status != nil && up.Status.State == apps.AppUpdateUpdateStatusUpdateStateInProgress
		state, _ := appState(app)
		return !f.Updating && app.PendingDeployment == nil && state != string(apps.ApplicationStateDeploying), "", nil
	})
	return app, raw, err
}

// getApp reads an app, and its resources as they came: what the SDK does not
// know of them must survive an update.
func getApp(ctx context.Context, c *workspace.Client, name string) (*apps.App, []json.RawMessage, error) {
	var raw json.RawMessage
	if err := c.Get(ctx, "/api/2.0/apps/"+name, nil, &raw); err != nil {
		return nil, nil, err
	}
	var app apps.App
	var list struct {
		Resources []json.RawMessage `json:"resources"`
	}
	if err := errors.Join(json.Unmarshal(raw, &app), json.Unmarshal(raw, &list)); err != nil {
		return nil, nil, fmt.Errorf("reading the answer for app %s: %w", name, err)
	}
	return &app, list.Resources, nil
}

// computeState is "" for an app that says nothing of it, which the SDK's own
// waiter does not survive.
func computeState(app *apps.App) string {
	if app.ComputeStatus == nil {
		return ""
	}
	return string(app.ComputeStatus.State)
}

func appState(app *apps.App) (state, message string) {
	if app.AppStatus == nil {
		return "", ""
	}
	return string(app.AppStatus.State), app.AppStatus.Message
}

func deploymentOf(d *apps.AppDeployment) *deployment {
	if d == nil {
		return nil
	}
	out := &deployment{ID: d.DeploymentId, Path: strings.TrimSuffix(d.SourceCodePath, "/")}
	if d.Status != nil {
		out.State = string(d.Status.State)
	}
	return out
}

func liveAttrs(app *apps.App, locate resource.Value) resource.Value {
	out := resource.Object(resource.F("name", resource.String(app.Name)), resource.F("description", resource.String(app.Description)))
	size := string(app.ComputeSize)
	if size == "" {
		size = "MEDIUM" // what the platform takes for none [reference §1.3]
	}
	out = out.With("compute_size", resource.String(size))
	out = out.With("user_api_scopes", liveScopes(app.UserApiScopes, locate.Get("user_api_scopes").StringList()))
	if ours, ok := bound(app.Resources, located(locate.Get("binding"))); ok {
		out = out.With("binding", boundValue(ours))
	}
	if !locate.Get("release").IsNull() {
		out = out.With("release", liveRelease(app))
	}
	for name, v := range computed(app) {
		out = out.With(name, v)
	}
	return workspace.Sorted(out)
}

// liveScopes leaves out what the server adds by itself (iam.…), unless the
// files name it.
func liveScopes(live, desired []string) resource.Value {
	var out []string
	for _, s := range live {
		if !strings.HasPrefix(s, "iam.") || slices.Contains(desired, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return resource.Strings(out...)
}

func liveRelease(app *apps.App) resource.Value {
	out := resource.Object()
	if d := deploymentOf(app.ActiveDeployment); d != nil && d.Path != "" && (d.State == "" || d.State == string(apps.AppDeploymentStateSucceeded)) {
		out = out.With("source_code_path", resource.String(d.Path))
	}
	if state, _ := appState(app); state != "" {
		out = out.With("status", resource.String(state))
	}
	return out
}

// computed gives what the platform decides, as far as it has.
func computed(app *apps.App) map[string]resource.Value {
	out := map[string]resource.Value{}
	for name, s := range map[string]string{
		"url": app.Url, "id": app.Id, "service_principal_client_id": app.ServicePrincipalClientId, "service_principal_name": app.ServicePrincipalName,
	} {
		if s != "" {
			out[name] = resource.String(s)
		}
	}
	if app.ServicePrincipalId != 0 {
		out["service_principal_id"] = resource.Int(app.ServicePrincipalId)
	}
	return out
}

// readSource scans the source folder; what is wrong with it is reported when
// it is compared, at its place in the file.
func readSource(rel resource.Value, dir string) *source {
	out := &source{}
	if !rel.Get("source").Known() || !rel.Get("exclude").Known() {
		out.Problem = &trouble{Summary: "the source of a release must be known when the plan is made",
			Detail: "source or exclude comes from something that is made later", Cure: "write it as text or from a variable"}
		return out
	}
	found, err := findSource(rel.Get("source").Str(), rel.Get("from").Str(), dir)
	if err == nil {
		out.Dir = relativeTo(dir, found)
		out.Files, err = scan(found, rel.Get("exclude").StringList())
	}
	if err != nil {
		var d *resource.Diagnostic
		if errors.As(err, &d) {
			out.Problem = &trouble{Summary: d.Summary, Detail: d.Detail, Cure: d.Cure}
		} else {
			out.Problem = &trouble{Summary: "the source folder cannot be read", Detail: err.Error(), Cure: "make it readable, or exclude what is not"}
		}
	}
	return out
}

// relativeTo gives a folder as seen from another one, with slashes, so that a
// plan does not depend on where the repository lies.
func relativeTo(dir, name string) string {
	base, err1 := filepath.Abs(dir)
	target, err2 := filepath.Abs(name)
	if errors.Join(err1, err2) != nil || filepath.IsAbs(name) && !filepath.IsAbs(dir) {
		return filepath.ToSlash(name)
	}
	rel, err := filepath.Rel(base, target)
	if err != nil {
		return filepath.ToSlash(name)
	}
	return filepath.ToSlash(rel)
}

func (f *fact) readSecrets(app string, list resource.Value, svc resource.Services) error {
	for _, v := range list.Items() {
		for h := range v.Holes {
			if f.Secrets[h.Secret] != "" || svc.Secret == nil {
				continue
			}
			s, err := svc.Secret(h.Secret)
			if err != nil {
				if f.NoSecrets == nil {
					f.NoSecrets = map[string]string{}
				}
				f.NoSecrets[h.Secret] = err.Error()
				continue
			}
			hash, err := secretHash(app, h.Secret, s)
			if err != nil {
				return fmt.Errorf("hashing %s: %w", h.Secret, err)
			}
			if f.Secrets == nil {
				f.Secrets = map[string]string{}
			}
			f.Secrets[h.Secret] = hash
		}
	}
	return nil
}
