package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

// WithEndpoints completes services with the way to a database: the provider
// whose kind hosts it is asked, with the scope in which the host is found.
func WithEndpoints(svc resource.Services, providers []resource.Provider, scopes []resource.Scope) resource.Services {
	svc.Endpoint = func(ctx context.Context, host resource.Address, database string) (resource.Endpoint, error) {
		for _, p := range providers {
			h, ok := p.(resource.Host)
			if !ok || !slices.ContainsFunc(p.Kinds(), func(k *resource.Kind) bool { return k.Name == host.Kind }) {
				continue
			}
			i := slices.IndexFunc(scopes, func(s resource.Scope) bool { return s.System.Provider == p.Name() })
			if i < 0 {
				return resource.Endpoint{}, fmt.Errorf("%s is not among what was read", host)
			}
			return h.Endpoint(ctx, scopes[i], host, database, svc)
		}
		return resource.Endpoint{}, fmt.Errorf("%s hosts no database", host)
	}
	return svc
}
