package lakebase

import (
	"context"
	"net"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/postgres"
)

// findHost asks for the host of a named database.
func (w *workspace) findHost(ctx context.Context, r *Resolution) error {
	host := ""
	err := w.do(ctx, "find the host of "+r.target(), func(api *client.DatabricksClient) error {
		if r.Kind == KindAutoscaling {
			e, err := postgres.NewPostgres(api).GetEndpoint(ctx, postgres.GetEndpointRequest{Name: r.Endpoint})
			if err == nil && e.Status != nil && e.Status.Hosts != nil {
				host = e.Status.Hosts.Host
			}
			return err
		}
		i, err := database.NewDatabase(api).GetDatabaseInstanceByName(ctx, r.Instance)
		if err == nil {
			host = i.ReadWriteDns
		}
		return err
	})
	if err != nil {
		return err
	}
	if host == "" {
		return failf(ErrWaking, "find the host of "+r.target(), "it has none yet")
	}
	r.Host = host
	r.from(settingHost, "api: "+r.target())
	if h, p, err := net.SplitHostPort(host); err == nil {
		r.Host = h
		return r.setPort(p, "api: "+r.target())
	}
	return nil
}

// findKind finds the instance or endpoint of a host: instances by one list, endpoints by walking projects and branches.
// Instances come first, because behind each is a project that has the same host.
func (w *workspace) findKind(ctx context.Context, r *Resolution) error {
	if r.Kind == KindAutoscaling && r.Endpoint != "" || r.Kind == KindProvisioned && r.Instance != "" {
		return nil
	}
	op := "find the Lakebase database of host " + r.Host
	if r.Kind != KindAutoscaling {
		err := w.do(ctx, op, func(api *client.DatabricksClient) error {
			all, err := database.NewDatabase(api).ListDatabaseInstancesAll(ctx, database.ListDatabaseInstancesRequest{})
			for _, i := range all {
				if r.isAt(i.ReadWriteDns) || r.isAt(i.ReadOnlyDns) {
					r.Kind, r.Instance = KindProvisioned, i.Name
				}
			}
			return err
		})
		if err != nil && r.Kind == KindProvisioned && r.Instance == "" {
			return fail(ErrInstanceMissing, op, err)
		}
		if err != nil && codeOfExplained(err) == ErrMintUnavailable {
			return err
		}
	}
	if r.Instance == "" && r.Kind != KindProvisioned {
		if err := w.do(ctx, op, func(api *client.DatabricksClient) error { return findEndpoint(ctx, api, r) }); err != nil {
			if codeOfExplained(err) == ErrMintUnavailable {
				return err
			}
			return fail(ErrKindUnknown, op, err)
		}
	}
	switch {
	case r.Kind == KindProvisioned && r.Instance != "":
		r.from(settingInstance, "api: the instance of this host")
	case r.Kind == KindProvisioned:
		return failf(ErrInstanceMissing, op, "no instance that this identity may see has it")
	case r.Endpoint != "":
		r.Kind = KindAutoscaling
		r.from(settingEndpoint, "api: the endpoint of this host")
	default:
		return failf(ErrKindUnknown, op, "no instance and no endpoint that this identity may see has it")
	}
	if r.Source(settingKind) == "api" {
		r.from(settingKind, "api: found by host")
	}
	return nil
}

func findEndpoint(ctx context.Context, api *client.DatabricksClient, r *Resolution) error {
	pg := postgres.NewPostgres(api)
	projects, err := pg.ListProjectsAll(ctx, postgres.ListProjectsRequest{})
	if err != nil {
		return err
	}
	for _, p := range projects {
		branches, err := pg.ListBranchesAll(ctx, postgres.ListBranchesRequest{Parent: p.Name})
		if err != nil {
			return err
		}
		for _, b := range branches {
			endpoints, err := pg.ListEndpointsAll(ctx, postgres.ListEndpointsRequest{Parent: b.Name})
			if err != nil {
				return err
			}
			for _, e := range endpoints {
				if e.Status == nil || e.Status.Hosts == nil {
					continue
				}
				if h := e.Status.Hosts; r.isAt(h.Host) || r.isAt(h.ReadOnlyHost) || r.isAt(h.ReadWritePooledHost) || r.isAt(h.ReadOnlyPooledHost) {
					r.Endpoint = e.Name
					return nil
				}
			}
		}
	}
	return nil
}

// isAt compares with a host that the API names, perhaps with its port.
func (r *Resolution) isAt(host string) bool {
	if h, p, err := net.SplitHostPort(host); err == nil {
		return h == r.Host && p == portText(r.Port)
	}
	return host != "" && host == r.Host
}
