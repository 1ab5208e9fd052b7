package ledger

import (
	"context"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Holders says who holds the lock of the scopes' environment, in each database
// where somebody does.
func Holders(ctx context.Context, scopes []resource.Scope, providers []resource.Provider, svc resource.Services) ([]resource.Holder, error) {
	var out []resource.Holder
	for _, scope := range scopes {
		k := keeper(providers, scope)
		if k == nil {
			continue
		}
		h, err := k.Holder(ctx, scope, svc)
		if err != nil {
			return nil, err
		}
		if h != nil {
			out = append(out, *h)
		}
	}
	return out, nil
}

// Evict ends the session of a holder, in its database.
func Evict(ctx context.Context, scopes []resource.Scope, providers []resource.Provider, svc resource.Services, holder resource.Holder) error {
	for _, scope := range scopes {
		if k := keeper(providers, scope); k != nil && scope.System.Name == holder.System {
			return k.Evict(ctx, scope, holder, svc)
		}
	}
	return nil
}
