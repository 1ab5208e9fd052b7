// Package api is the stand-in workspace: the Databricks REST API that tellr calls, with real state behind it.
//
// In: HTTP requests in the shapes that the Databricks SDK sends. Out: answers in the shapes, states and errors of the real
// service; each database instance and each branch is a real Postgres, reached through the gateway.
//
// Rules carry a mark that says where they are known from: [sdk] the SDK's types and comments, [doc] the documentation,
// [issue] a public issue of the CLI or the Terraform provider, [cli] the CLI's code, [inferred] reasoning. A request for
// a route that is not here gets a 404 that names it. What the real service is known to refuse is refused.
//
// Order of one call: fault and kill hooks → authentication → permission → the handler → record → answer. One mutex guards
// all state; handlers hold it, except while they wait for Postgres. What takes time on the real service (an instance
// that starts, a deployment) runs in goroutines that Close waits for.
package api
