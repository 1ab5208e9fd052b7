package lakebase

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"golang.org/x/sync/errgroup"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// readers bounds the requests under way at once.
const readers = 8

// Read answers for all instances at once. A plain Postgres is always there,
// and asks for no login.
func (p *Provider) Read(ctx context.Context, scope resource.Scope, _ resource.Services) (*resource.Snapshot, error) {
	type found struct {
		live *resource.Live
		fact fact
	}
	if slices.ContainsFunc(scope.Wanted, func(w resource.Wanted) bool { return w.Locate.Get("type").Str() != plain }) {
		c, err := p.connect(ctx)
		if err != nil {
			return nil, err
		}
		if scope, err = c.Scope(scope); err != nil {
			return nil, err
		}
	}
	all := make([]found, len(scope.Wanted))
	errs := make([]error, len(scope.Wanted))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, w := range scope.Wanted {
		group.Go(func() error {
			all[i].live, all[i].fact, errs[i] = p.readOne(ctx, w)
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
		if all[i].live != nil {
			snap.Objects = append(snap.Objects, all[i].live)
		}
		if all[i].fact != (fact{}) {
			known[w.Address.String()] = all[i].fact
		}
	}
	var err error
	if len(known) > 0 {
		snap.Facts, err = json.Marshal(known)
	}
	return snap, err
}

func (p *Provider) readOne(ctx context.Context, w resource.Wanted) (*resource.Live, fact, error) {
	name, kind := w.Locate.Get("name").Str(), w.Locate.Get("type").Str()
	if kind == plain {
		return &resource.Live{Address: w.Address, Attrs: resource.Object(
			resource.F("name", resource.String(name)), resource.F("type", resource.String(plain)))}, fact{}, nil
	}
	c, err := p.connect(ctx)
	if err != nil {
		return nil, fact{}, err
	}
	var live *resource.Live
	var f fact
	if kind == provisioned {
		live, f, err = readProvisioned(ctx, c, name)
	} else {
		live, f, err = readProject(ctx, c, name)
	}
	if err != nil {
		return nil, f, workspace.Explain(err, "reading "+what(kind, name), "CAN_USE on the instance")
	}
	if live == nil && !f.Going && f.Deleted == "" {
		// Since March 2026 the two APIs show each other's instances in part,
		// so the other one is asked only when the declared one has nothing.
		if f.Conflict, err = otherType(ctx, c, kind, name); err != nil {
			return nil, f, workspace.Explain(err, "reading "+what(kind, name), "CAN_USE on the instance")
		}
	}
	if live != nil {
		live.Address = w.Address
	}
	return live, f, nil
}

func what(kind, name string) string {
	if kind == provisioned {
		return "instance " + name
	}
	return "project " + name
}

// otherType tells whether the name belongs to the type that was not declared.
func otherType(ctx context.Context, c *workspace.Client, kind, name string) (string, error) {
	if kind == provisioned {
		pr, err := c.Postgres.GetProject(ctx, postgres.GetProjectRequest{Name: projectPath(name)})
		if workspace.IsMissing(err) || err == nil && pr.DeleteTime != nil {
			return "", nil
		}
		return autoscaling, err
	}
	in, err := c.Database.GetDatabaseInstanceByName(ctx, name)
	if workspace.IsMissing(err) || err == nil && in.State == database.DatabaseInstanceStateDeleting {
		return "", nil
	}
	return provisioned, err
}

func readProject(ctx context.Context, c *workspace.Client, name string) (*resource.Live, fact, error) {
	pr, err := c.Postgres.GetProject(ctx, postgres.GetProjectRequest{Name: projectPath(name)})
	if workspace.IsMissing(err) {
		return nil, fact{}, nil
	}
	if err != nil {
		return nil, fact{}, err
	}
	if pr.DeleteTime != nil {
		f := fact{Deleted: date(pr.DeleteTime.AsTime())}
		if pr.PurgeTime != nil {
			f.Purge = date(pr.PurgeTime.AsTime())
		}
		return nil, f, nil
	}
	if pr.Status != nil && pr.Status.DefaultBranch != "" && pr.Status.DefaultBranch != branchPath(name) {
		return nil, fact{}, &resource.Diagnostic{Severity: resource.Error, Summary: "the project has another default branch than production",
			Detail: "project " + name + " has " + pr.Status.DefaultBranch + "; tellr works with the branch that every new project has",
			Cure:   "make production the default branch of the project, or use another project"}
	}
	var ep *postgres.Endpoint
	err = c.Settle(ctx, func(ctx context.Context) (bool, string, error) {
		ep, err = c.Postgres.GetEndpoint(ctx, postgres.GetEndpointRequest{Name: endpointPath(name)})
		if workspace.IsMissing(err) { // the project is being made
			ep = &postgres.Endpoint{}
			return false, "its endpoint is not there yet", nil
		}
		// A change on its way lands soon; a first start is waited for by a step.
		return err != nil || ep.Status == nil || ep.Status.PendingState == "" || ep.Status.CurrentState == postgres.EndpointStatusStateInit, "", err
	})
	if err != nil {
		return nil, fact{}, err
	}
	f := fact{}
	if ready, state := endpointReady(ep); !ready {
		f.Unready = state
	}
	return &resource.Live{Identity: pr.Uid, Attrs: projectAttrs(name, pr, ep)}, f, nil
}

// endpointReady tells whether an endpoint accepts connections and stays as it
// is: an idle one wakes by itself.
func endpointReady(ep *postgres.Endpoint) (bool, string) {
	s := ep.Status
	switch {
	case s == nil:
		return false, "its endpoint is not there yet"
	case s.PendingState != "":
		return false, "its endpoint becomes " + string(s.PendingState)
	case s.CurrentState != postgres.EndpointStatusStateActive && s.CurrentState != postgres.EndpointStatusStateIdle:
		return false, "its endpoint is " + string(s.CurrentState)
	case s.Hosts == nil || s.Hosts.Host == "":
		return false, "its endpoint has no host yet"
	default:
		return true, string(s.CurrentState)
	}
}

func projectAttrs(name string, pr *postgres.Project, ep *postgres.Endpoint) resource.Value {
	var settings []resource.Field
	if s := pr.Status; s != nil {
		if s.PgVersion != 0 {
			settings = append(settings, resource.F("pg_version", resource.Int(int64(s.PgVersion))))
		}
		if d := s.HistoryRetentionDuration; d != nil {
			settings = append(settings, resource.F("retention", resource.String(workspace.FormatDuration(d.AsDuration()))))
		}
		if s.DisplayName != "" {
			settings = append(settings, resource.F("display_name", resource.String(s.DisplayName)))
		}
		settings = append(settings, resource.F("enable_pg_native_login", resource.Bool(s.EnablePgNativeLogin)))
	}
	host := ""
	if s := ep.Status; s != nil {
		settings = append(settings,
			resource.F("min_cu", resource.Float(s.AutoscalingLimitMinCu)),
			resource.F("max_cu", resource.Float(s.AutoscalingLimitMaxCu)))
		// The status has no word for "never": it has no timeout then.
		suspend := never
		if d := s.SuspendTimeoutDuration; d.AsDuration() > 0 {
			suspend = workspace.FormatDuration(d.AsDuration())
		}
		settings = append(settings, resource.F("suspend_after", resource.String(suspend)))
		if s.Hosts != nil {
			host = s.Hosts.Host
		}
	}
	return liveAttrs(name, autoscaling, resource.Object(settings...), host, pr.Uid,
		resource.F("branch_path", resource.String(branchPath(name))),
		resource.F("endpoint_path", resource.String(endpointPath(name))),
		resource.F("database_path", resource.String(databasePath(name))))
}

func readProvisioned(ctx context.Context, c *workspace.Client, name string) (*resource.Live, fact, error) {
	var in *database.DatabaseInstance
	err := c.Settle(ctx, func(ctx context.Context) (bool, string, error) {
		var err error
		in, err = c.Database.GetDatabaseInstanceByName(ctx, name)
		if workspace.IsMissing(err) {
			in = nil
			return true, "", nil
		}
		return err == nil && in.State != database.DatabaseInstanceStateUpdating, "", err
	})
	if err != nil || in == nil {
		return nil, fact{}, err
	}
	if in.State == database.DatabaseInstanceStateDeleting {
		return nil, fact{Going: true}, nil
	}
	f := fact{Stopped: in.State == database.DatabaseInstanceStateStopped}
	if ready, state := instanceReady(in); !ready {
		f.Unready = state
	}
	return &resource.Live{Identity: in.Uid, Attrs: provisionedInstance(name, in)}, f, nil
}

// instanceReady tells whether an instance has come to rest. STOPPED is rest
// too; the SDK's waiter does not know that.
func instanceReady(in *database.DatabaseInstance) (bool, string) {
	switch in.State {
	case database.DatabaseInstanceStateStopped:
		return true, string(in.State)
	case database.DatabaseInstanceStateAvailable:
		if in.ReadWriteDns == "" {
			return false, "it has no host yet"
		}
		return true, string(in.State)
	default:
		return false, "it is " + string(in.State)
	}
}

// provisionedInstance reads the effective_ twins: what was sent is not
// answered. [reference §1.1]
func provisionedInstance(name string, in *database.DatabaseInstance) resource.Value {
	capacity := in.Capacity
	if capacity == "" {
		capacity = in.EffectiveCapacity
	}
	var settings []resource.Field
	if capacity != "" {
		settings = append(settings, resource.F("capacity", resource.String(capacity)))
	}
	if in.EffectiveNodeCount != 0 {
		settings = append(settings, resource.F("node_count", resource.Int(int64(in.EffectiveNodeCount))))
	}
	if days := in.EffectiveRetentionWindowInDays; days != 0 {
		settings = append(settings, resource.F("retention", resource.String(workspace.FormatDuration(time.Duration(days)*24*time.Hour))))
	}
	settings = append(settings,
		resource.F("stopped", resource.Bool(in.EffectiveStopped)),
		resource.F("enable_readable_secondaries", resource.Bool(in.EffectiveEnableReadableSecondaries)),
		resource.F("enable_pg_native_login", resource.Bool(in.EffectiveEnablePgNativeLogin)))
	return liveAttrs(name, provisioned, resource.Object(settings...), in.ReadWriteDns, in.Uid)
}

func liveAttrs(name, kind string, settings resource.Value, host, uid string, more ...resource.Field) resource.Value {
	fields := []resource.Field{
		resource.F("name", resource.String(name)),
		resource.F(kind, settings),
	}
	if host != "" {
		fields = append(fields, resource.F("host", resource.String(host)))
	}
	fields = append(fields,
		resource.F("port", resource.Int(defaultPort)),
		resource.F("database", resource.String(databaseName)),
		resource.F("uid", resource.String(uid)),
		resource.F("type", resource.String(kind)),
		resource.F("instance_name", resource.String(name)))
	return resource.Object(append(fields, more...)...)
}
